"""How large proofs are: bytes a leaf, and a video frame with sound."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bench import proofs, samples
from bench.results import Budget, Row, Settings, Suite
from bench.samples import Sample
from bench.stats import Spread

HOW = """\
Recordings of an hour with sound (six minutes in a quick run), no two packets alike, so that no digest compresses;
small pictures, because their size does not enter the proof. Bytes a leaf are those of both files less 16 KB, which the
seal may take whatever the length."""

FIXED_BYTES: Final = 16_000


def recordings(seconds: int) -> tuple[Sample, ...]:
    """H.264 and HEVC with AAC in MP4, MJPEG with PCM in AVI."""
    return (
        Sample("hour-h264", 128, 72, seconds, samples.H264_CHEAP),
        Sample("hour-hevc", 128, 72, seconds, samples.HEVC_CHEAP),
        Sample("hour-mjpeg", 128, 72, seconds, samples.MJPEG, samples.PCM, 8000, ".avi"),
    )


def measure(settings: Settings) -> tuple[Row, ...]:
    """Two rows a codec."""
    rows: list[Row] = []
    with proofs.scratch(settings.cache) as folder:
        for sample in recordings(360 if settings.quick else 3600):
            rows += _rows(sample, proofs.linked(sample.file(settings.cache), folder))
    return tuple(rows)


def _rows(sample: Sample, path: Path) -> list[Row]:
    proofs.seal(path)
    size = sum(p.stat().st_size for p in proofs.proof_files(path))
    leaves = leaf_count(path)
    what = f"{sample.name}, {sample.frames} pictures, {leaves} leaves, {size / 1e6:.2f} MB"
    a_leaf, a_frame = (size - FIXED_BYTES) / leaves, size / sample.frames
    command = f"unbroken seal {path.name}"
    return [
        Row(f"{what}: a leaf", "bytes", _exact(a_leaf), command, budget=Budget(42.0, "at most", "own")),
        Row(f"{what}: a picture with its sound", "bytes", _exact(a_frame), command),
    ]


def leaf_count(path: Path) -> int:
    """Leaves in a recording's proof, by its Parquet file."""
    import pyarrow.parquet as pq

    (leaves,) = [p for p in proofs.proof_files(path) if p.suffix == ".parquet"]
    return int(pq.ParquetFile(leaves).metadata.num_rows)


def _exact(value: float) -> Spread:
    return Spread(value, value, value, 1)


SUITE = Suite("proof-size", "Size of proofs", HOW, measure)
