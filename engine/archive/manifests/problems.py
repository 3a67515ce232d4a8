"""What is wrong with a declared file: place, field, and what to do, in both languages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final, Literal

from engine.archive.manifests.words import WORDS

Grade = Literal["error", "warning"]
"""An ``error`` keeps a case (or a file) from being used; a ``warning`` does not."""

SHOWN: Final = 80
"""Characters of a faulty value that a message shows."""


@dataclasses.dataclass(frozen=True, slots=True)
class ManifestProblem:
    """One fault of a declared file.

    Parameters
    ----------
    file
        Relative to the archive, with ``/``.
    line
        1-based; None where a whole file or a folder is meant.
    field
        Dotted path in the file (``recordings[2].imported``), or the column of a CSV file; empty if none.
    problem
        Identifier of what is wrong; a key of `WORDS`.
    params
        What the text needs: ``value``, ``nearest``, ``known``, ...
    grade
        Whether the case or file can still be used.
    """

    file: str
    line: int | None
    field: str
    problem: str
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)
    grade: Grade = "error"

    def place(self) -> str:
        """File and line, as compilers write them."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def text(self, language: Literal["en", "zh"]) -> str:
        """What is wrong and what to do, without the place."""
        words = WORDS[self.problem][0 if language == "en" else 1]
        named = {k: v if k in ("known", "why") else shortened(v) for k, v in self.params.items()}
        message = words.format_map({"field": self.field, **named})
        if nearest := named.get("nearest"):
            message += f" Did you mean '{nearest}'?" if language == "en" else f"是否应为“{nearest}”？"
        return message

    def as_line(self, language: Literal["en", "zh"]) -> str:
        """Place, field and text in one line; a warning says that it is one."""
        graded = "" if self.grade == "error" else "warning: " if language == "en" else "提示："
        named = f"{self.field}: " if self.field else ""
        return f"{self.place()}: {graded}{named}{self.text(language)}"


def nearest(word: str, known: Iterable[str]) -> dict[str, str]:
    """The parameter ``nearest`` with the known word that is most like `word`; empty where none is."""
    lowered = {k.lower(): k for k in known}
    close = get_close_matches(word.lower()[:SHOWN], lowered, n=1, cutoff=0.6)
    return {"nearest": lowered[close[0]]} if close else {}


def listed(known: Iterable[str]) -> str:
    """Words in one line."""
    return ", ".join(known)


def shortened(value: object) -> str:
    """A value as a message shows it: one line, not too long, nothing that steers a terminal."""
    text = str(value)
    text = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in whole)
