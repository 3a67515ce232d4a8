"""Whole passes over four seconds of 1080p H.264: decode, extract, inspect, seal, verify."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import engine
from bench import proofs
from bench.plain_decode import decode
from engine.detectors.runner import examine


@pytest.fixture
def unsealed(recording: Path) -> Iterator[Path]:
    """The recording in a folder of its own."""
    with proofs.scratch(recording.parent) as folder:
        yield proofs.linked(recording, folder)


def test_plain_decode(benchmark: Any, recording: Path) -> None:
    benchmark.pedantic(decode, (str(recording),), rounds=3, warmup_rounds=1)


def test_extract(benchmark: Any, recording: Path) -> None:
    benchmark.pedantic(engine.extract, (recording,), rounds=3, warmup_rounds=1)


def test_inspect(benchmark: Any, recording: Path) -> None:
    benchmark.pedantic(engine.inspect, (recording,), rounds=3, warmup_rounds=1)


def test_detectors(benchmark: Any, recording: Path) -> None:
    features = engine.extract(recording)
    benchmark.pedantic(examine, (features,), rounds=3, warmup_rounds=1)


def test_seal(benchmark: Any, unsealed: Path) -> None:
    benchmark.pedantic(engine.seal, (unsealed,), setup=lambda: proofs.unseal(unsealed), rounds=5, warmup_rounds=1)


def test_verify(benchmark: Any, unsealed: Path) -> None:
    engine.seal(unsealed)
    benchmark.pedantic(engine.verify, (unsealed,), rounds=5, warmup_rounds=1)
