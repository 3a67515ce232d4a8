"""How commands answer: as JSON or in lines of the reader's language, and what is wrong with a proof in one line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from engine.cli.common import FOUND, NOT_EXAMINED, Lang, Problem, bilingual, on_one_line, system_language, write_output

Format = Annotated[
    Literal["text", "json"], typer.Option("--format", help=bilingual("How results are written.", "结果格式。"))
]


class ReportFormat(StrEnum):
    """Views of a report."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


class Only(StrEnum):
    """What a report shows."""

    FOUND = "found"


def chinese(lang: Lang | None) -> bool:
    """Whether texts are Chinese; without a choice as the environment says."""
    return (lang or system_language()) is Lang.ZH


def write_json(content: Any, output: Path | None) -> None:
    """Write plain values as indented JSON; errors as of `write_output`."""
    write_output(json.dumps(content, ensure_ascii=False, indent=2) + "\n", output)


def write_lines(lines: Iterable[str], output: Path | None) -> None:
    """Write lines, each without control characters; errors as of `write_output`."""
    write_output("".join(f"{on_one_line(line)}\n" for line in lines), output)


@contextlib.contextmanager
def told(words: Callable[[str, str, bool], str], wrong: Collection[str] = ()) -> Iterator[None]:
    """Turn a `ProofProblem` into one line.

    Parameters
    ----------
    words
        (reason, detail, Chinese) -> the sentence, without its full stop.
    wrong
        Reasons that say that something was found; any other one, that nothing could be examined.

    Raises
    ------
    Problem
        In place of a `ProofProblem`.
    """
    from engine.proofs.problems import ProofProblem

    try:
        yield
    except ProofProblem as problem:
        sentence = words(problem.reason, problem.detail, chinese(None))
        code = FOUND if problem.reason in wrong else NOT_EXAMINED
        raise Problem(on_one_line(sentence) + bilingual(".", "。"), code) from problem
