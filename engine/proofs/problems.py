"""What can go wrong with a proof, with a stable identifier."""

from __future__ import annotations

from typing import Final

from engine.media.errors import MediaError

_TELLING: Final = frozenset({"too_many_streams", "picture_too_large", "packet_too_large"})
"""Reasons of media errors whose detail is a figure; else it is what a library said, in its own words."""


class ProofProblem(Exception):  # noqa: N818 - a problem told to a person, not a bug
    """Something that keeps a proof from being made, read or believed.

    Parameters
    ----------
    reason
        Stable identifier; a key of `engine.proofs.telling.TEXTS`, or of the texts for files.
    detail
        What was seen, in a few words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)

    def __reduce__(self) -> tuple[type[ProofProblem], tuple[str, str]]:
        return ProofProblem, (self.reason, self.detail)


def plain_detail(error: MediaError | ProofProblem) -> str:
    """What was seen, where it is of use to a person."""
    return error.detail if isinstance(error, ProofProblem) or error.reason in _TELLING else ""
