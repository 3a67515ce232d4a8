"""Facts while they are gathered: each once, few, short, and readable."""

from __future__ import annotations

import re
from typing import Final

from engine.media.model import Dates, Fact, Structure

MAX_FACTS: Final = 256
MAX_TEXT: Final = 200
"""Characters of a value."""
MAX_DATES: Final = 64
_LEAST_TEXT: Final = 8
_UNREADABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_TEXT: Final = re.compile(rb"[\x20-\x7e]{%d,}" % _LEAST_TEXT)


class Facts:
    """Grows while headers are read; `structure` is what is kept."""

    def __init__(self) -> None:
        self._facts: dict[Fact, None] = {}
        self._dates: list[Dates] = []

    def add(self, name: str, value: bytes | str) -> None:
        """Keep a value, without control characters; one that is said twice is kept once."""
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        text = _UNREADABLE.sub(" ", text[: 2 * MAX_TEXT].strip("\x00")).strip()[:MAX_TEXT]
        if text and len(self._facts) < MAX_FACTS:
            self._facts[Fact(name, text)] = None

    def add_printable(self, name: str, value: bytes) -> None:
        """Keep the text that padding holds, if it is text: at least 8 characters in a row."""
        match = _TEXT.search(value)
        if match:
            self.add(name, match[0])

    def date(self, where: str, created: int, modified: int) -> None:
        """Keep the dates of one header."""
        if len(self._dates) < MAX_DATES:
            self._dates.append(Dates(where, created, modified))

    def structure(self, container: str, text: str = "") -> Structure:
        """All that was gathered, and the structure's text."""
        return Structure(container, tuple(self._facts), tuple(self._dates), text)
