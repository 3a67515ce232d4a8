"""Small recordings, and files that are none."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from fixtures.camera import Camera, record


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of an untouched recording with sound."""
    return record(
        Camera(seed=3, width=320, height=180, seconds=4, gop=25), tmp_path_factory.mktemp("clip") / "clip.mp4"
    )


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Path:
    """A folder of files that cannot be examined, named after what is wrong with them."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("This is no recording.\n" * 400)
    whole = clip.read_bytes()
    (folder / "no_moov.mp4").write_bytes(whole[: whole.rindex(b"moov") - 4])
    (folder / "noise.ts").write_bytes(np.random.default_rng(1).bytes(200_000))
    _without_packets(folder / "no_packets.mkv")
    unknown = whole.replace(b"avc1", b"zzzz")
    (folder / "unknown_codec.mp4").write_bytes(unknown)
    return folder


def _without_packets(path: Path) -> None:
    """Streams that are announced, and nothing in them."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        container.add_stream("aac", rate=16000)
        container.start_encoding()
