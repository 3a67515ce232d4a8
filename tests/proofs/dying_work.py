"""What is ended in the middle: see `dying`."""

from __future__ import annotations

from pathlib import Path

import pandas  # noqa: F401 - pyarrow loads it where it is first used: once here, not in every child
import rfc3161_client  # noqa: F401

from engine.proofs.renew import attach_response
from engine.proofs.seal import Supersede, seal


def first(recording: str) -> None:
    assert seal(recording).status in ("sealed", "already_sealed")


def again(recording: str) -> None:
    assert seal(recording, supersede=Supersede("copied again")).status in ("sealed", "already_sealed")


def stamp(recording: str, response: str) -> None:
    result = attach_response(recording, Path(response).read_bytes())
    assert result.status in ("stamped", "renewed"), result
