"""Names that somebody got wrong, and the nearest right one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a message: the nearest known name, or all of them; begins with a semicolon.

    Examples
    --------
    >>> nearest("coverge", ["coverage", "recorded"])
    '; did you mean coverage?'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are: {', '.join(names)}" if names else "; there are none"
