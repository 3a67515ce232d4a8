"""`unbroken selftest`: known vectors, and a tiny clip through the whole engine."""

from __future__ import annotations

import json
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.common import CLEAR, FOUND, Language, Output, bilingual, system_language, write_output

if TYPE_CHECKING:
    from engine.archive.selftest import KnownClip


class Format(StrEnum):
    """Forms of the result."""

    TEXT = "text"
    JSON = "json"


def command(
    form: Annotated[
        Format, typer.Option("--format", "-f", help=bilingual("Form of the result.", "结果形式。"))
    ] = Format.TEXT,
    output: Output = None,
    lang: Language = None,
) -> int:
    """Run known vectors and a tiny clip, made on the spot, through the whole engine.

    Exit code: 0 passed, 1 failed.
    """
    from engine.archive.selftest import SelfTest, vectors, whole_engine
    from engine.report.texts import Texts

    with tempfile.TemporaryDirectory(prefix="unbroken-selftest-") as folder:
        result = SelfTest((*vectors().checks, whole_engine(_clip(Path(folder)))))
    texts = Texts.load((lang or system_language()).value)
    if form is Format.JSON:
        checks = [{"name": c.name, "result": c.result, "detail": c.detail} for c in result.checks]
        text = json.dumps({"result": result.result, "checks": checks}, ensure_ascii=False, indent=1) + "\n"
    else:
        text = texts.selftest([(c.name, c.result, c.detail) for c in result.checks], result.result)
    write_output(text, output)
    return CLEAR if result.result == "passed" else FOUND


def _clip(folder: Path) -> KnownClip:
    from engine.archive.selftest import KnownClip
    from fixtures.camera import Camera, record
    from fixtures.tamper.registry import tamper

    whole = record(Camera(seed=7, width=320, height=180, seconds=4, gop=25), folder)
    truth = tamper(whole, "gap_copy", 1, folder)[0]
    event = truth.expect[0]
    return KnownClip(str(whole), str(folder / truth.file), event.kinds, event.start_s, event.end_s)
