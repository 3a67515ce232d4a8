"""Tiny recordings, every byte of them written here: H.264 of one macroblock, and a QuickTime movie around it.

No encoder and no muxer takes part, so the same bytes come out on every machine and for every
version of a library. Pictures are 16 x 16, coded as raw samples (I_PCM, ITU-T H.264 section 7.3.5).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

PICTURES = 8
TICK, STEP = 12800, 512  # 25 pictures a second
RATE = 8000


class Bits:
    """Bits written from the highest on."""

    def __init__(self) -> None:
        self._text = ""

    def u(self, count: int, value: int) -> Bits:
        self._text += f"{value:0{count}b}"
        return self

    def ue(self, value: int) -> Bits:
        """Exponential Golomb code, section 9.1."""
        text = f"{value + 1:b}"
        self._text += "0" * (len(text) - 1) + text
        return self

    def align(self) -> Bits:
        self._text += "0" * (-len(self._text) % 8)
        return self

    def stop(self) -> bytes:
        """The bytes with the stop bit of section 7.3.2.11."""
        self._text += "1"
        return self.align().data()

    def data(self) -> bytes:
        return int(self._text, 2).to_bytes(len(self._text) // 8, "big")


def sps(level: int = 10) -> bytes:
    """Sequence parameter set: baseline, one macroblock, pictures shown as decoded."""
    bits = Bits().u(8, 66).u(8, 0).u(8, level).ue(0).ue(0).ue(2).ue(1).u(1, 0).ue(0).ue(0)
    return b"\x67" + bits.u(1, 1).u(1, 1).u(1, 0).u(1, 0).stop()


def pps(quantiser: int = 0) -> bytes:
    """Picture parameter set: CAVLC, one slice group; `quantiser` only makes another one of it."""
    bits = Bits().ue(0).ue(0).u(1, 0).u(1, 0).ue(0).ue(0).ue(0).u(1, 0).u(2, 0)
    return b"\x68" + bits.ue(quantiser).ue(0).ue(0).u(1, 0).u(1, 0).u(1, 0).stop()


def picture(number: int, seed: int = 0) -> bytes:
    """One coded picture, a unit of type 5; no two bytes of it look like a start code."""
    head = Bits().ue(0).ue(7).ue(0).u(4, 0).ue(number % 2).u(1, 0).u(1, 0).ue(0).ue(25).align().data()
    luma = bytes(32 + (x * 3 + y * 5 + number * 17 + seed * 41) % 192 for y in range(16) for x in range(16))
    return b"\x65" + head + luma + bytes([128]) * 128 + b"\x80"


def sound(samples: int, seed: int = 0) -> bytes:
    """Little-endian samples of 16 bits."""
    return struct.pack(f"<{samples}h", *((n * (97 + seed) * 31) % 20011 - 10005 for n in range(samples)))


def sample(*units: bytes) -> bytes:
    """Units behind their lengths, as a movie holds them."""
    return b"".join(struct.pack(">I", len(u)) + u for u in units)


# ---- the movie --------------------------------------------------------------------------------


def box(kind: str, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I4s", len(data) + 8, kind.encode()) + data


def full(kind: str, *content: bytes, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", flags), *content)


def avc_entry(sequence: bytes, picture_set: bytes) -> bytes:
    """Sample description of H.264 whose parameter sets are these."""
    record = b"\x01" + sequence[1:4] + b"\xff\xe1" + struct.pack(">H", len(sequence)) + sequence
    record += b"\x01" + struct.pack(">H", len(picture_set)) + picture_set
    fixed = bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HHIII", 16, 16, 72 << 16, 72 << 16, 0)
    return box("avc1", fixed + struct.pack(">H", 1) + bytes(32) + struct.pack(">Hh", 24, -1), box("avcC", record))


def pcm_entry() -> bytes:
    """Sample description of little-endian 16-bit sound, one channel."""
    return box("sowt", bytes(6) + struct.pack(">HHHIHHHHI", 1, 0, 0, 0, 1, 16, 0, 0, RATE << 16))


def aac_entry() -> bytes:
    """Sample description of AAC LC at 8 kHz, one channel."""
    config = b"\x05\x02\x15\x88"
    decoder = b"\x04" + bytes([13 + len(config)]) + b"\x40\x15" + bytes(11) + config
    stream = b"\x03" + bytes([3 + len(decoder) + 3]) + b"\x00\x01\x00" + decoder + b"\x06\x01\x02"
    fixed = bytes(6) + struct.pack(">HHHIHHHHI", 1, 0, 0, 0, 1, 16, 0, 0, RATE << 16)
    return box("mp4a", fixed, full("esds", stream))


@dataclass(frozen=True)
class Track:
    """A track: samples with their length in ticks, and what they are decoded with.

    `more` boxes stand in the track, `tables` in its sample table, and `reference` takes the place of
    the mark that samples lie in this file. `late` are composition offsets, `described` says which
    entry each sample uses, `edits` are (ticks of the movie, start in ticks of the track); a track is
    chunks of one sample each, but for sound of fixed size, which is one chunk.
    """

    kind: str
    scale: int
    samples: Sequence[bytes]
    step: int
    entries: Sequence[bytes]
    fixed: int = 0
    late: Sequence[int] = ()
    described: Sequence[int] = ()
    edits: Sequence[tuple[int, int]] = ()
    flags: int = 3
    handler: str = ""
    more: bytes = field(default=b"")
    tables: bytes = field(default=b"")
    reference: bytes = field(default=b"")

    @property
    def count(self) -> int:
        """Samples as the index counts them."""
        return sum(map(len, self.samples)) // self.fixed if self.fixed else len(self.samples)

    @property
    def duration(self) -> int:
        return self.count * self.step


def _times(track: Track) -> bytes:
    out = full("stts", struct.pack(">III", 1, track.count, track.step))
    if any(track.late):
        entries = b"".join(struct.pack(">Ii", 1, n) for n in track.late)
        out += full("ctts", struct.pack(">I", len(track.late)), entries, flags=1 << 24)
    return out


def _chunks(track: Track, offsets: Sequence[int]) -> bytes:
    if track.fixed:
        runs, sizes = [(1, track.count, 1)], b""
    else:
        chosen = track.described or [0] * track.count
        runs = [(n + 1, 1, d + 1) for n, d in enumerate(chosen) if n == 0 or d != chosen[n - 1]]
        sizes = b"".join(struct.pack(">I", len(s)) for s in track.samples)
    stsc = full("stsc", struct.pack(">I", len(runs)), *(struct.pack(">III", *r) for r in runs))
    stsz = full("stsz", struct.pack(">II", track.fixed, track.count), sizes)
    starts = offsets[:1] if track.fixed else offsets
    return stsc + stsz + full("stco", struct.pack(">I", len(starts)), *(struct.pack(">I", o) for o in starts))


def trak(number: int, track: Track, offsets: Sequence[int]) -> bytes:
    """A track of the movie's index."""
    length = track.duration * 1000 // track.scale
    matrix = struct.pack(">9I", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    size = (16 << 16, 16 << 16) if track.kind == "vide" else (0, 0)
    volume = 0 if track.kind == "vide" else 256
    tkhd = struct.pack(">IIIIIIIHHHH", 0, 0, number, 0, length, 0, 0, 0, 0, volume, 0)
    head = full("tkhd", tkhd + matrix, struct.pack(">II", *size), flags=track.flags)
    edits = b""
    if track.edits:
        entries = b"".join(struct.pack(">IiI", length_, start, 65536) for length_, start in track.edits)
        edits = box("edts", full("elst", struct.pack(">I", len(track.edits)), entries))
    mdhd = full("mdhd", struct.pack(">IIIIHH", 0, 0, track.scale, track.duration, 0x55C4, 0))
    hdlr = full("hdlr", b"mhlr" + (track.handler or track.kind).encode() + bytes(12) + b"\0")
    media = full("vmhd", bytes(8), flags=1) if track.kind == "vide" else full("smhd", bytes(4))
    data = box("dinf", full("dref", struct.pack(">I", 1), track.reference or full("url ", flags=1)))
    stsd = full("stsd", struct.pack(">I", len(track.entries)), *track.entries)
    table = box("stbl", stsd, _times(track), _chunks(track, offsets), track.tables)
    return box("trak", head, edits, box("mdia", mdhd, hdlr, box("minf", media, data, table)), track.more)


@dataclass(frozen=True)
class Movie:
    """The bytes of a movie, where each track's samples lie, and its index alone."""

    data: bytes
    offsets: list[list[int]]
    moov: bytes


def movie(tracks: Sequence[Track], before: bytes = b"") -> Movie:
    """A movie: type, `before`, media, index; the media of one track after the other."""
    head = box("ftyp", b"qt  ", bytes(4), b"qt  ") + before
    at, offsets = len(head) + 8, []
    for track in tracks:
        ends = list(accumulate(map(len, track.samples), initial=at))
        offsets.append(ends[:-1])
        at = ends[-1]
    length = max(t.duration * 1000 // t.scale for t in tracks)
    matrix = struct.pack(">9I", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    mvhd = struct.pack(">IIIIIH", 0, 0, 1000, length, 65536, 256) + bytes(10) + matrix + bytes(24)
    index = full("mvhd", mvhd, struct.pack(">I", len(tracks) + 1))
    index += b"".join(trak(n + 1, t, o) for n, (t, o) in enumerate(zip(tracks, offsets, strict=True)))
    moov = box("moov", index)
    return Movie(head + box("mdat", *(s for t in tracks for s in t.samples)) + moov, offsets, moov)


def video_track(pictures: Sequence[bytes], **more: object) -> Track:
    """Pictures, each one a sample of one unit, with the usual parameter sets."""
    kept = {"entries": [avc_entry(sps(), pps())], **more}
    return Track("vide", TICK, pictures, STEP, **kept)  # type: ignore[arg-type]


def sound_track(samples: bytes) -> Track:
    return Track("soun", RATE, [samples], 1, [pcm_entry()], fixed=2)


def clip_tracks() -> list[Track]:
    """The tracks of the clip that most vectors begin with: 8 pictures and 0.32 s of sound."""
    pictures = [sample(picture(n)) for n in range(PICTURES)]
    return [video_track(pictures), sound_track(sound(RATE * PICTURES // 25))]
