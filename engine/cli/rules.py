"""List rule packs, show what one says, and validate a pack of a department's own.

A rule pack is a TOML file: articles, checks, tolerances and their texts in two languages.

Exit code: 0 done, 1 the pack cannot be used, 2 wrong usage, 3 the file cannot be read.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from engine.cli.answers import Format, chinese, write_json, write_lines
from engine.cli.common import (
    CLEAR,
    FOUND,
    NOT_EXAMINED,
    USAGE,
    Language,
    Output,
    Problem,
    bilingual,
    check_output,
    on_one_line,
)

if TYPE_CHECKING:
    from engine.cli.common import Lang
    from engine.rules.pack import RulePack

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME|FILE.toml",
        help=bilingual("A pack that comes with the engine, or a pack file.", "内置规则包名称，或规则包文件。"),
    ),
]
PackPath = Annotated[Path, typer.Argument(metavar="FILE.toml", help=bilingual("The pack file.", "规则包文件。"))]

UNREADABLE: Final = frozenset({"unreadable", "not_a_file", "linked_file", "too_large"})
"""Problems of the file itself, not of what it says."""


def list_(form: Format = "text", output: Output = None, lang: Language = None) -> int:
    """List the packs that come with the engine, with their digests."""
    from engine.report.rulepack import packs_json, packs_lines
    from engine.rules import pack as packs

    check_output(output)
    known = [packs.load(name) for name in packs.names()]
    if form == "json":
        write_json(packs_json(known), output)
    else:
        write_lines(packs_lines(known, _language(lang)), output)
    return CLEAR


def show(name: Name, form: Format = "text", output: Output = None, lang: Language = None) -> int:
    """Show a pack: its checks with what they weigh, its tolerances, and its articles."""
    from engine.report.rulepack import pack_json, pack_lines

    check_output(output)
    pack = _pack(name, _language(lang))
    if form == "json":
        write_json(pack_json(pack), output)
    else:
        write_lines(pack_lines(pack, _language(lang)), output)
    return CLEAR


def validate(path: PackPath, form: Format = "text", output: Output = None, lang: Language = None) -> int:
    """Validate a pack file: every fault with its line, its field and the nearest known name."""
    from engine.archive.manifests.packfile import read_pack_file
    from engine.report.rulepack import validation_json, validation_lines

    check_output(output)
    pack, problems = read_pack_file(path.resolve(), str(path))
    if form == "json":
        write_json(validation_json(pack, problems), output)
    else:
        write_lines(validation_lines(pack, problems, _language(lang)), output)
    if any(p.problem in UNREADABLE for p in problems):
        return NOT_EXAMINED
    return CLEAR if pack is not None else FOUND


def _pack(name: str, language: Literal["en", "zh"]) -> RulePack:
    from engine.archive.manifests.packfile import read_pack_file
    from engine.rules import pack as packs

    if not name.endswith(".toml"):
        try:
            return packs.load(name)
        except packs.RulePackError as error:
            known = ", ".join(packs.names())
            shown = on_one_line(name)
            raise Problem(
                bilingual(
                    f"{shown}: no such rule pack; there are: {known}. For a file give its name with .toml.",
                    f"{shown}：没有该规则包；现有：{known}。规则包文件请写出含 .toml 的文件名。",
                ),
                USAGE,
            ) from error
    pack, problems = read_pack_file(Path(name).resolve(), name)
    if pack is None:
        more = bilingual("`unbroken rules validate` lists all faults.", "unbroken rules validate 可列出全部问题。")
        raise Problem(f"{on_one_line(problems[0].as_line(language))} {more}")
    return pack


def _language(lang: Lang | None) -> Literal["en", "zh"]:
    return "zh" if chinese(lang) else "en"


COMMANDS: Final = MappingProxyType(
    {
        "list": (list_, "列出内置规则包及其摘要值。"),
        "show": (show, "显示规则包：检查项、容差和条文。"),
        "validate": (validate, "校验规则包文件，列出全部问题及其行号、字段。"),
    }
)
"""Parts of the command, with their help in Chinese."""
