"""What can go wrong with a file, said so that a person knows what to do next."""

from __future__ import annotations

import os


class MediaError(Exception):
    """A file that cannot be read or examined.

    Parameters
    ----------
    path
        The file.
    reason
        Stable identifier of the problem, such as ``"no_video"``; texts are in
        `engine.report`.
    detail
        What was seen, in a few words, for the log and the report's evidence.
    """

    def __init__(self, path: str | os.PathLike[str], reason: str, detail: str = "") -> None:
        self.path = os.fspath(path)
        self.reason = reason
        self.detail = detail
        super().__init__(f"{self.path}: {reason}{': ' + detail if detail else ''}")

    def __reduce__(self) -> tuple[type[MediaError], tuple[str, str, str]]:
        return MediaError, (self.path, self.reason, self.detail)
