"""What can go wrong with a proof, with a stable identifier and texts in two languages."""

from __future__ import annotations


class ProofProblem(Exception):
    """Something that keeps a proof from being made, read or believed.

    Parameters
    ----------
    reason
        Stable identifier, a key of `TEXTS`.
    detail
        What was seen, in a few words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)

    def __reduce__(self) -> tuple[type[ProofProblem], tuple[str, str]]:
        return ProofProblem, (self.reason, self.detail)
