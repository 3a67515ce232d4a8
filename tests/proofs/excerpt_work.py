"""Cutting an excerpt, to be ended in the middle: see `dying`."""

from __future__ import annotations

from engine.proofs.excerpt import excerpt


def cut(recording: str, register: str, target: str) -> None:
    made = excerpt(recording, "0.04", "0.2", register=register, requester="A", reason="x", output=target)
    assert made.status == "made", made
