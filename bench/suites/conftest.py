"""What the pytest-benchmark suites share. Run them with ``pytest bench/suites``."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from bench import samples
from engine.media.frames import Picture, decoded, pictures_of, prepare_decoder
from engine.media.reader import open_recording

CACHE = Path(".cache/bench")


@pytest.fixture(scope="session")
def recording() -> Path:
    """Four seconds of 1080p H.264 at 8 Mb/s with sound."""
    return samples.cut(samples.FULL_HD.file(CACHE), 4)


@pytest.fixture(scope="session")
def pictures(recording: Path) -> list[Picture]:
    """Twelve decoded pictures with vectors and quantisers, none a key frame."""
    with open_recording(recording) as opened:
        assert opened.media.video is not None
        index = opened.media.video.index
        prepare_decoder(opened.codec(index), 1)
        ready = (p for packet in opened.packets() if packet.stream == index for p in decoded(packet) or ())
        found = [p for p in pictures_of(islice(ready, 16), side_data=True) if not p.key]
    return found[:12]


@pytest.fixture(scope="session")
def pictures_10_bit(pictures: list[Picture]) -> list[Picture]:
    """The same pictures with two more bits a sample."""
    out = []
    for p in pictures:
        luma = ((p.luma.astype(np.uint16) << 2) | (p.luma & 3)).astype(np.uint16)
        out.append(Picture(luma, p.width, 10, p.pts, p.packet, p.kind, p.key, p.corrupt, p.interlaced, p.converted))
    return out
