"""Lines of text that mixes Chinese and Latin: Chinese may break anywhere but before closing marks."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len
from rich.text import Text

NOT_FIRST: Final = frozenset("，。、；：？！）〕】》」』”’％%…,.;:?!)]}")
"""Characters that no line begins with."""
NOT_LAST: Final = frozenset("（〔【《「『“‘([{")
"""Characters that no line ends with."""


def wrapped(text: Text, width: int) -> list[Text]:
    """`text` in lines of at most `width` cells; a word that is longer is broken.

    Examples
    --------
    >>> [line.plain for line in wrapped(Text("执法活动（有 196 秒），见下"), 10)]
    ['执法活动', '（有 196', '秒），见下']
    """
    if "\n" not in text.plain and cell_len(text.plain) <= width:
        return [text]
    lines: list[Text] = []
    for part in text.split("\n", allow_blank=True):
        breaks = _breaks(part.plain, max(2, width))
        for line in part.divide(breaks):
            line.rstrip()
            lines.append(line)
    return lines


def _breaks(plain: str, width: int) -> list[int]:
    """Where lines begin, the first one left out."""
    breaks: list[int] = []
    start, used, last = 0, 0, 0
    at = 0
    while at < len(plain):
        if at > start and _may_break(plain, at):
            last = at
        size = cell_len(plain[at])
        if used + size > width and not plain[at].isspace() and at > start:
            start = last if last > start else at
            breaks.append(start)
            at, used = start, 0
            continue
        used += size
        at += 1
    return breaks


def _may_break(plain: str, at: int) -> bool:
    """Whether a line may begin with the character at `at`."""
    before, after = plain[at - 1], plain[at]
    if after.isspace() or after in NOT_FIRST or before in NOT_LAST:
        return False
    return before.isspace() or cell_len(before) == 2 or cell_len(after) == 2
