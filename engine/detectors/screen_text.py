"""Reading a clock that is burnt into the picture: text recognition, and what is a time in it.

Recognition is RapidOCR's (PP-OCR models inside its package; the extra ``ocr``). Nothing is corrected but what no
clock can show: letters that look like digits, a point or a full-width colon between hours and minutes.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.detectors.screen_ticks import Ticking
from engine.features.tables import GRID_ROWS

DAY_S: Final = 86_400
LEAST_HEIGHT: Final = 96
"""Pixels to which a strip is enlarged; below it small letters are not found."""
MARGINS: Final = (0.6, 1.0)
"""Rows of blocks above and below the one that ticks: letters lie across its border or are taller."""
LIKELY: Final = 0.7
"""Confidence of the recogniser from which a text counts."""

_MARKED: Final = (
    r"(?P<half>[AP]M|上午|下午)?\s*(?<!\d)(?P<h>[01]?\d|2[0-3])\s*{0}\s*(?P<m>[0-5]\d)\s*{0}\s*(?P<s>[0-5]\d)(?!\d)"
    r"\s*(?P<after>[AP]M|上午|下午)?"
)
_TIME: Final = re.compile(_MARKED.format("[:：]"), re.IGNORECASE)
_POINTED: Final = re.compile(_MARKED.format("[:：.]"), re.IGNORECASE)
"""A colon may be read as a point; but short dates and coordinates have points, too."""
_CHINESE_TIME: Final = re.compile(
    r"(?P<half>上午|下午)?\s*(?<!\d)(?P<h>[01]?\d|2[0-3])[时時點点](?P<m>[0-5]?\d)分(?P<s>[0-5]?\d)秒(?P<after>)"
)
_DATE: Final = re.compile(
    r"(?<!\d)(?P<y>20\d\d)\s*[-/.年]\s*(?P<mo>1[0-2]|0?[1-9])\s*[-/.月]\s*(?P<d>3[01]|[12]\d|0?[1-9])"
)
_RUN_TOGETHER: Final = re.compile(r"([-/.]\d\d(?:\d\d)?)(?=\d\d[:：][0-5]\d[:：][0-5]\d)")
"""The end of a date whose year comes last, and the time behind it without a space."""
_LOOKALIKES: Final = str.maketrans(
    {"O": "0", "o": "0", "〇": "0", "l": "1", "I": "1", "|": "1", "；": ":", ";": ":", "∶": ":"}
)


@dataclass(frozen=True, slots=True)
class Line:
    """Where a line of text stands: the strip's margin in rows of blocks, and pixels of the enlarged strip."""

    margin: float
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a clock shows: whole seconds since midnight, the date where its order is certain, the text, and where."""

    seconds: int
    day: date | None
    text: str
    line: Line | None = None


@lru_cache(maxsize=1)
def available() -> bool:
    """Whether text recognition is installed and loads: its picture library needs some of the system's."""
    try:
        importlib.import_module("rapidocr")
        importlib.import_module("onnxruntime")
    except (ImportError, OSError):
        return False
    return True


def read(luma: NDArray[np.uint8], place: Ticking, line: Line | None = None) -> Shown | None:
    """The clock in a picture.

    Parameters
    ----------
    luma
        (height, width) uint8.
    place
        Where it ticks: the line of text through that block is read, over the whole width.
    line
        Where it stood in another picture of the recording: read there first, which saves looking for it.
    """
    if line is not None:
        strip = _strip(luma, place.row, line.margin)
        text = _recognised(strip[line.top : line.bottom, line.left : line.right])
        shown = None if text is None else parse(text)
        if shown is not None:
            return replace(shown, line=line)
    for margin in MARGINS:
        shown = _best(_texts(_strip(luma, place.row, margin), margin))
        if shown is not None:
            return shown
    return None


def _best(texts: Iterable[tuple[str, Line | None]]) -> Shown | None:
    """The first time of day with its colons; else the only one whose colons may have been read as points."""
    read = ((parse(text), line) for text, line in texts)
    found = [replace(shown, line=line) for shown, line in read if shown is not None]
    whole = [shown for shown in found if _match(shown.text, _TIME, _CHINESE_TIME)]
    return next(iter(whole), found[0] if len(found) == 1 else None)


def parse(text: str) -> Shown | None:
    """The time of day in a text, and the date where the year has four digits.

    Examples
    --------
    >>> parse("DSJ0457 2026-03-05 09:29:50").seconds
    34190
    >>> parse("16:06:01 14/01/19").day is None
    True
    >>> parse("14.01.19 16:06:01").seconds
    57961
    """
    match = _match(text, _TIME, _CHINESE_TIME) or _match(text, _POINTED)
    day = _day(text.translate(_LOOKALIKES))
    if match is None:
        return None
    hour = int(match["h"])
    half = (match["half"] or match["after"] or "").upper()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in ("PM", "下午") else 0)
    return Shown(hour * 3600 + int(match["m"]) * 60 + int(match["s"]), day, text)


def _match(text: str, *forms: re.Pattern[str]) -> re.Match[str] | None:
    """The first time of day in one of the forms; of times with points only if there is no other."""
    plain = text.translate(_LOOKALIKES)
    # a date may run into the time: cut it out first, so that its digits are none of the hour's
    rest = _RUN_TOGETHER.sub(r"\1 ", plain) if _day(plain) is None else _DATE.sub(" ", plain, count=1)
    for form in forms:
        matches = list(form.finditer(rest))
        if matches and (form is not _POINTED or len(matches) == 1):
            return matches[0]
    return None


def _day(text: str) -> date | None:
    match = _DATE.search(text)
    if match is None:
        return None
    try:
        return date(int(match["y"]), int(match["mo"]), int(match["d"]))
    except ValueError:
        return None


def _strip(luma: NDArray[np.uint8], row: int, margin: float) -> NDArray[np.uint8]:
    """The rows of the picture around a row of blocks, enlarged where they are few."""
    height = luma.shape[0]
    first, past = ((row + edge) * height / GRID_ROWS for edge in (-margin, 1 + margin))
    strip = luma[max(0, round(first)) : min(height, round(past))]
    factor = -(-LEAST_HEIGHT // max(strip.shape[0], 1))
    if factor < 2:
        return strip
    from skimage.transform import resize

    larger = resize(strip, (strip.shape[0] * factor, strip.shape[1] * factor), order=1, preserve_range=True)
    return np.asarray(larger, np.uint8)


def _texts(strip: NDArray[np.uint8], margin: float) -> list[tuple[str, Line]]:
    """Lines of text in a strip that are read with some confidence, and where they stand."""
    answer = _engine()(_colour(strip), use_det=True, use_rec=True, use_cls=False)
    parts = (getattr(answer, name, None) for name in ("txts", "scores", "boxes"))
    texts, scores, boxes = (() if part is None else part for part in parts)
    found = []
    for text, score, box in zip(texts, scores, boxes, strict=False):
        corners = np.asarray(box)
        low, high = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
        left, top = np.maximum(low - 2, 0).tolist()
        if score >= LIKELY:
            found.append((str(text), Line(margin, left, top, int(high[0]) + 2, int(high[1]) + 2)))
    return found


def _recognised(line: NDArray[np.uint8]) -> str | None:
    """One line of text, where it is read with some confidence."""
    if line.size == 0:
        return None
    answer = _engine()(_colour(line), use_det=False, use_rec=True, use_cls=False)
    texts = list(getattr(answer, "txts", None) or ())
    scores = list(getattr(answer, "scores", None) or ())
    return str(texts[0]) if texts and scores and scores[0] >= LIKELY else None


def _colour(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[:, :, None], 3, axis=2)


@lru_cache(maxsize=1)
def _engine() -> Any:
    """The recogniser; loading its models takes a second or two, once a process."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Det.limit_type": "max",
            "Det.limit_side_len": 1280,
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
