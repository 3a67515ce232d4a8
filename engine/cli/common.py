"""What the commands share: exit codes, problems told in plain words, option types, output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

import typer

CLEAR: Final = 0
"""Exit code: everything is clear."""
FOUND: Final = 1
"""Exit code: something was found; wins over `NOT_EXAMINED`."""
USAGE: Final = 2
"""Exit code: the command line is wrong."""
NOT_EXAMINED: Final = 3
"""Exit code: something could not be examined."""
INTERRUPTED: Final = 130
"""Exit code: Ctrl-C."""


NOTHING_NAMED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no_names": ("no file was named on standard input.", "标准输入中没有文件名。"),
        "no_recording": (
            "the folder holds no recording. Name a file to have it examined whatever its extension.",
            "文件夹中没有录音录像。直接指定文件时不限扩展名。",
        ),
        "no_match": ("no file matches. Check the pattern.", "没有匹配的文件，请核对通配符。"),
    }
)
"""Why a user's words stand for no recording, in English and Chinese."""


class Problem(Exception):  # noqa: N818  (not every problem is an error of the program)
    """Something that stops a command; `main` prints it as one line and exits with `code`."""

    def __init__(self, message: str, code: int = NOT_EXAMINED) -> None:
        self.code = code
        super().__init__(message)


class Lang(StrEnum):
    """Languages of the texts."""

    ZH = "zh"
    EN = "en"


class ProgressMode(StrEnum):
    """How progress is shown on standard error."""

    AUTO = "auto"
    JSON = "json"
    NONE = "none"


def system_language() -> Lang:
    """The reader's language, from the environment; English unless it says Chinese."""
    names = ("UNBROKEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    value = next((os.environ[n] for n in names if os.environ.get(n)), "")
    return Lang.ZH if value.lower().startswith("zh") else Lang.EN


def bilingual(en: str, zh: str) -> str:
    """The text in the reader's language, for help and for errors of the command line."""
    return zh if system_language() is Lang.ZH else en


Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|FOLDER|GLOB|-...",
        help=bilingual(
            "Recordings: files, folders (searched through), globs, or - for names on standard input.",
            "录像或录音：文件、文件夹（含子文件夹）、通配符；- 表示从标准输入读取文件名。",
        ),
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help=bilingual("Write to this file instead of standard output.", "写入该文件，而不是标准输出。"),
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        metavar="N",
        help=bilingual(
            "Files worked on at the same time (default: by processors).", "同时处理的文件数（默认按处理器数）。"
        ),
    ),
]
Language = Annotated[
    Lang | None,
    typer.Option(
        "--lang", help=bilingual("Language of the texts (default: from LANG).", "文本语言（默认取自 LANG）。")
    ),
]
Progress = Annotated[
    ProgressMode,
    typer.Option(
        "--progress",
        help=bilingual(
            "Progress on standard error: a bar on a terminal, JSON lines, or nothing.",
            "在标准错误输出显示进度：终端进度条、JSON 行或不显示。",
        ),
    ),
]


def say(message: str) -> None:
    """One line for a person, on standard error."""
    print(message, file=sys.stderr, flush=True)


def on_one_line(text: str) -> str:
    """Text without control characters: a file name must neither steer the terminal nor break a line."""
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in whole)


def recordings(words: list[str]) -> list[str]:
    """The recordings that a user's words stand for.

    Raises
    ------
    Problem
        Wrong usage, if they stand for none.
    """
    from engine.archive.inputs import UsageError, resolve

    try:
        return resolve(words)
    except UsageError as error:
        what = bilingual(*NOTHING_NAMED[error.reason])
        name = on_one_line(error.word) + bilingual(": ", "：") if error.word else ""
        raise Problem(name + what, USAGE) from error


def check_folder(folder: Path | None) -> None:
    """Fail at once where the folder for proofs does not exist."""
    if folder is not None and not folder.is_dir():
        raise Problem(
            bilingual(f"{folder}: no such folder; create it first.", f"{folder}：文件夹不存在，请先创建。"), USAGE
        )


def make_folder(folder: Path | None) -> None:
    """Make the folder for proofs, with those above it, where it does not exist.

    Raises
    ------
    Problem
        Wrong usage where something else stands in its place; else that it cannot be made.
    """
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        name = on_one_line(str(error.filename or folder))
        raise Problem(
            bilingual(f"{name}: is a file; name a folder.", f"{name}：是文件，请指定文件夹。"), USAGE
        ) from error
    except OSError as error:
        name, why = on_one_line(str(folder)), error.strerror or str(error)
        raise Problem(
            bilingual(
                f"{name}: the folder cannot be made: {why}. Choose another place with --out-dir.",
                f"{name}：无法创建文件夹：{why}。请用 --out-dir 指定其他位置。",
            )
        ) from error


def file_words(lang: Lang | None) -> Callable[[str], str | None]:
    """What is wrong with a file, by reason, in the words of every report."""

    def words(reason: str) -> str | None:
        from engine.report.texts import Texts

        texts = Texts.load((lang or system_language()).value)
        return texts.get("reason", reason) if texts.has("reason", reason) else None

    return words


def exit_code(found: bool, not_examined: bool) -> int:
    """The exit code of a command over several files; found wins."""
    if found:
        return FOUND
    return NOT_EXAMINED if not_examined else CLEAR


def cannot_write(path: str | os.PathLike[str], error: OSError) -> Problem:
    """The problem of an output that cannot be written."""
    why = error.strerror or str(error)
    return Problem(
        bilingual(
            f"{os.fspath(path)}: cannot be written: {why}. Choose another place with --output, or free some space.",
            f"{os.fspath(path)}：无法写入：{why}。请用 --output 指定其他位置，或释放磁盘空间。",
        )
    )


def write_output(text: str, output: Path | None) -> None:
    """Write `text` to standard output, or to a file that appears whole or not at all.

    A reader that goes away (``| head``) is no fault and changes no exit code: 0 would say "all clear".

    Raises
    ------
    Problem
        If the file cannot be written. Nothing half-written is left.
    """
    if output is None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            forget_output()
        return
    try:
        write_file(output, text.encode("utf-8"))
    except OSError as error:
        raise cannot_write(output, error) from error


def forget_output() -> None:
    """Let nothing be written to standard output any more, not even at the end of the program."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_output(output: Path | None) -> None:
    """Fail at once, not after hours of work, where `output` cannot be written."""
    if output is None or (output.exists() and not output.is_file() and not output.is_dir()):
        return
    if output.is_dir():
        raise Problem(bilingual(f"{output}: is a folder; name a file.", f"{output}：是文件夹，请指定文件名。"), USAGE)
    parent = output.parent
    if not parent.is_dir():
        raise Problem(
            bilingual(
                f"{output}: the folder {parent} does not exist; create it first.",
                f"{output}：文件夹 {parent} 不存在，请先创建。",
            ),
            USAGE,
        )
    if not os.access(parent, os.W_OK):
        raise cannot_write(output, PermissionError(13, os.strerror(13)))


def write_file(path: Path, data: bytes) -> None:
    """Write through a temporary name, sync and rename: the file is there whole or not at all.

    A device or a pipe (``/dev/stdout``, a named pipe) is written directly.
    """
    if path.exists() and not path.is_file():
        with open(path, "wb") as device:
            device.write(data)
        return
    from engine.proofs.files import unpublished

    def write(name: str) -> None:
        Path(name).write_bytes(data)

    with unpublished(path, write) as whole:
        whole.publish()
