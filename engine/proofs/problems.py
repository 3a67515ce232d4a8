"""What can go wrong with a proof, with a stable identifier."""

from __future__ import annotations


class ProofProblem(Exception):  # noqa: N818 - a problem told to a person, not a bug
    """Something that keeps a proof from being made, read or believed.

    Parameters
    ----------
    reason
        Stable identifier, a key of `engine.proofs.telling.TEXTS`.
    detail
        What was seen, in a few words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)

    def __reduce__(self) -> tuple[type[ProofProblem], tuple[str, str]]:
        return ProofProblem, (self.reason, self.detail)
