"""The recordings that vectors begin with, and their honest proofs."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vectors.media import (
    PICTURES,
    RATE,
    STEP,
    TICK,
    Movie,
    Track,
    aac_entry,
    box,
    clip_tracks,
    movie,
    picture,
    pps,
    sample,
    sps,
    video_track,
)
from vectors.proof import (
    Json,
    Proof,
    Stream,
    canonical,
    proof_of,
)

NAME = "clip.mov"


def sets(*units: bytes) -> bytes:
    """The normal form of an H.264 configuration."""
    return b"h264\0" + sample(*units)


def picture_stream(pictures: Sequence[bytes], offsets: Sequence[int]) -> Stream:
    units = [(p, n * STEP, at, len(p)) for n, (p, at) in enumerate(zip(pictures, offsets, strict=True))]
    return Stream("video", "h264", TICK, sets(sps(), pps()), units, "length4", {"width": 16, "height": 16})


def sound_stream(samples: bytes, offset: int) -> Stream:
    blocks = [
        (samples[at : at + 2048], at // 2, offset + at, len(samples[at : at + 2048]))
        for at in range(0, len(samples), 2048)
    ]
    return Stream("audio", "pcm_s16le", RATE, b"pcm_s16le\0" + b"8000 1", blocks, "samples", {"sample_rate": RATE})


@dataclass(frozen=True)
class Base:
    """A recording with its honest proof, and the tracks that it was made of."""

    tracks: list[Track]
    made: Movie
    proof: Proof

    @property
    def media(self) -> bytes:
        return b"".join(s for t in self.tracks for s in t.samples)


def clip(extra: bytes = b"", seed: int = 0) -> Base:
    """Eight pictures and sound; `extra` is one more unit in every picture."""
    tracks = clip_tracks()
    units = [sample(picture(n, seed), *([extra] if extra else [])) for n in range(PICTURES)]
    tracks[0] = replace(tracks[0], samples=units)
    made = movie(tracks)
    streams = [picture_stream(units, made.offsets[0]), sound_stream(tracks[1].samples[0], made.offsets[1][0])]
    return Base(tracks, made, proof_of(made.data, NAME, streams))


def long_clip() -> Base:
    """More leaves than one row group holds: one picture, and 4,100 blocks of AAC that nobody has to hear."""
    blocks = [b"\x01\x40" + struct.pack(">I", n) for n in range(4100)]
    tracks = [video_track([sample(picture(0))]), Track("soun", RATE, blocks, 1024, [aac_entry()])]
    made = movie(tracks)
    units = [(b, n * 1024, at, len(b)) for n, (b, at) in enumerate(zip(blocks, made.offsets[1], strict=True))]
    aac = Stream("audio", "aac", RATE, b"aac\0" + b"2 8000 1 0", units, "packet", {"sample_rate": RATE})
    return Base(tracks, made, proof_of(made.data, NAME, [picture_stream(tracks[0].samples, made.offsets[0]), aac]))


def remuxed(base: Base) -> bytes:
    """The same content, the media a hundred bytes further back: every leaf has to be compared."""
    return movie(base.tracks, box("free", bytes(92))).data


def superseded(proof: Proof) -> Json:
    from blake3 import blake3

    seal = blake3(canonical(proof.header)).hexdigest()
    return {"root": proof.header["tree"]["root"], "seal": seal, "reason": "example"}
