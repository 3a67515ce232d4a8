"""Recordings that were changed, beside the proof of what they were."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Any

from vectors.bases import Base, clip, superseded
from vectors.media import (
    PICTURES,
    STEP,
    Track,
    avc_entry,
    box,
    full,
    movie,
    picture,
    pps,
    sample,
    sound,
    sound_track,
    sps,
    video_track,
)
from vectors.shape import Vector, vector


def changed_tracks(base: Base) -> Iterator[tuple[str, str, str, str, list[list[Any]], list[Track]]]:
    """Name, attack, what was done, reason, frames, tracks."""
    video, audio = base.tracks
    pictures = list(video.samples)
    flipped = bytearray(pictures[3])
    flipped[200] ^= 1
    one = [["altered", 3, 3]]
    yield (
        "picture-altered",
        "one bit of a picture",
        "one bit of picture 3",
        "frames_differ",
        one,
        [replace(video, samples=[*pictures[:3], bytes(flipped), *pictures[4:]]), audio],
    )
    yield (
        "picture-deleted",
        "pictures deleted",
        "the last picture is gone",
        "frames_differ",
        [["deleted", 7, 7]],
        [replace(video, samples=pictures[:7]), audio],
    )
    added = [["inserted", 8, 8]]
    yield (
        "picture-inserted",
        "pictures inserted",
        "a foreign picture at the end",
        "frames_differ",
        added,
        [replace(video, samples=[*pictures, sample(picture(9, seed=5))]), audio],
    )
    swapped = [pictures[n] for n in (0, 1, 5, 3, 4, 2, 6, 7)]
    both = [["moved", 2, 2], ["moved", 5, 5]]
    yield (
        "pictures-swapped",
        "pictures reordered",
        "pictures 2 and 5 changed places",
        "frames_differ",
        both,
        [replace(video, samples=swapped), audio],
    )
    late = [0] * 5 + [STEP // 2] + [0] * 2
    yield (
        "time-moved",
        "pts of one packet moved",
        "picture 5 is shown half a picture later",
        "frames_differ",
        [["moved", 5, 5]],
        [replace(video, late=late), audio],
    )
    other = [sound_track(sound(len(audio.samples[0]) // 2, seed=3))]
    yield "sound-swapped", "sound swapped", "other sound of the same length", "content_differs", [], [video, *other]
    yield "sound-removed", "sound removed", "the sound track is gone", "stream_removed", [], [video]
    more = video_track([sample(picture(n, seed=7)) for n in range(PICTURES)])
    yield (
        "track-added",
        "second video track added",
        "a second track of pictures",
        "stream_added",
        [],
        [video, audio, more],
    )
    hides = [(240, 2 * STEP)]
    yield (
        "edit-hides",
        "edit list hiding frames",
        "an edit list begins at picture 2",
        "frames_differ",
        [["deleted", 0, 1]],
        [replace(video, edits=hides), audio],
    )
    twice = [(320, 0), (320, 0)]
    yield (
        "edit-repeats",
        "edit list repeating frames",
        "an edit list shows all twice",
        "repeats",
        [],
        [replace(video, edits=twice), audio],
    )
    yield (
        "track-off",
        "track switched off",
        "the picture track is not enabled",
        "track_disabled",
        [],
        [replace(video, flags=2), audio],
    )
    yield (
        "handler-renamed",
        "track of another kind",
        "the handler says text",
        "track_disabled",
        [],
        [replace(video, handler="text"), audio],
    )
    second = avc_entry(sps(11), pps())
    everything = [["altered", 0, 7]]
    yield (
        "configuration-swapped",
        "same content with parameter sets swapped",
        "another level in the SPS",
        ("frames_differ"),
        everything,
        [replace(video, entries=[second]), audio],
    )
    half = [["altered", 4, 7]]
    midway = [0] * 4 + [1] * 4
    yield (
        "configuration-midway",
        "parameter sets changed midway",
        "pictures 4 to 7 use a second description",
        ("frames_differ"),
        half,
        [replace(video, entries=[*video.entries, second], described=midway), audio],
    )
    inband = [*pictures[:4], sample(sps(11), pps(), picture(4)), *pictures[5:]]
    yield (
        "configuration-in-band",
        "parameter sets changed midway",
        "picture 4 carries another SPS",
        ("frames_differ"),
        half,
        [replace(video, samples=inband), audio],
    )


def parser_vectors(base: Base) -> Iterator[Vector]:
    """Files that one player reads as they were sealed, and another one otherwise."""
    proof, (video, audio) = base.proof, base.tracks
    others = list(video.samples)
    others[3] = others[3][:200] + b"\x01" + others[3][201:]
    places = accumulate(map(len, others[:-1]), initial=len(box("ftyp", bytes(12))) + 8)
    table = full("co64", struct.pack(">I", len(others)), *(struct.pack(">Q", at) for at in places))
    two = movie([replace(video, tables=table), audio], box("free", *others)).data
    yield vector(
        "two-tables",
        "file",
        "positions into `free` boxes",
        "a second table of places leads to an altered copy",
        two,
        proof,
        "NOT_OK",
        "ambiguous",
    )
    other = full("url ", b"file:///elsewhere.mov\0")
    yield vector(
        "another-file",
        "file",
        "samples in another file",
        "the pictures are said to lie in another file",
        movie([replace(video, reference=other), audio]).data,
        proof,
        "NOT_OK",
        "ambiguous",
    )
    plain = movie([replace(video, edits=[(240, 2 * STEP)]), audio])
    index = struct.pack(">I", len(plain.moov)) + stored(plain.moov)
    packed = box("moov", box("cmov", box("dcom", b"zlib"), box("cmvd", index)))
    yield vector(
        "packed-index",
        "file",
        "edit list hiding frames",
        "a packed index with an edit list that hides two pictures",
        plain.data[: -len(plain.moov)] + packed,
        proof,
        "NOT_OK",
        "ambiguous",
    )
    yield vector(
        "sound-later",
        "file",
        "sound moved against the pictures",
        "an edit list begins the sound a second later",
        movie([video, replace(audio, edits=[(1000, -1), (320, 0)])]).data,
        proof,
        "NOT_OK",
        "content_differs",
    )
    chapters = box("tref", box("chap", struct.pack(">I", 1)))
    yield vector(
        "chapter-track",
        "file",
        "track of another kind",
        "the pictures are said to be those of chapters",
        movie([video, replace(audio, more=chapters)]).data,
        proof,
        "NOT_OK",
        "stream_removed",
        frames=[["deleted", 0, 7]],
    )
    yield vector(
        "fragment-added",
        "file",
        "pictures inserted",
        "a fragment with a foreign picture behind the file",
        fragmented(base, sample(picture(9, seed=5))),
        proof,
        "NOT_OK",
        "frames_differ",
        frames=[["inserted", 8, 8]],
    )


def stored(data: bytes) -> bytes:
    """A zlib stream of one block that is not compressed (RFC 1950, 1951): the same bytes with every library."""
    size = len(data)
    return b"\x78\x01\x01" + struct.pack("<HH", size, size ^ 0xFFFF) + data + struct.pack(">I", zlib.adler32(data))


def fragmented(base: Base, more: bytes) -> bytes:
    """The movie with a fragment of one picture behind it."""
    defaults = [
        struct.pack(">IIIII", n + 1, 1, t.step, len(more) if n == 0 else 2, 0) for n, t in enumerate(base.tracks)
    ]
    extends = box("mvex", *(full("trex", d) for d in defaults))
    moov = box("moov", base.made.moov[8:], extends)
    head = full("tfhd", struct.pack(">IIII", 1, STEP, len(more), 0), flags=0x20038)
    start = full("tfdt", struct.pack(">I", PICTURES * STEP))

    def fragment(place: int) -> bytes:
        run = full("trun", struct.pack(">Ii", 1, place), flags=1)
        return box("moof", full("mfhd", struct.pack(">I", 1)), box("traf", head, start, run))

    return base.made.data[: -len(base.made.moov)] + moov + fragment(len(fragment(0)) + 8) + box("mdat", more)


def file_vectors(base: Base) -> Iterator[Vector]:
    yield from parser_vectors(base)
    proof, data = base.proof, base.made.data
    for name, attack, done, reason, frames, tracks in changed_tracks(base):
        yield vector(name, "file", attack, done, movie(tracks).data, proof, "NOT_OK", reason, frames=frames)
    late = list(base.tracks[0].samples)
    late[3] = late[3][:200] + b"\x01" + late[3][201:]
    altered = [replace(base.tracks[0], samples=late), base.tracks[1]]
    elsewhere = movie(altered, box("free", base.media)).data
    yield vector(
        "index-leads-elsewhere",
        "file",
        "positions into `free` boxes",
        "the sealed bytes lie at their places, in a free box; the index leads to an altered copy",
        elsewhere,
        proof,
        "NOT_OK",
        "frames_differ",
        frames=[["altered", 3, 3]],
    )
    two = data + movie(altered).moov
    yield vector("two-indexes", "file", "two `moov`", "a second index at the end", two, proof, "NOT_OK", "ambiguous")
    yield vector(
        "cut-off",
        "file",
        "file cut off",
        "the last 100 bytes of the media and the index are gone",
        data[: -len(base.made.moov) - 100],
        proof,
        "NOT_OK",
        "does_not_open",
    )
    yield vector(
        "another-recording",
        "file",
        "proof of another file",
        "another clip under the same name",
        clip(seed=9).made.data,
        proof,
        "NOT_OK",
        "frames_differ",
        frames=[["altered", 0, 7]],
    )
    unknown, known = clip(b"\x1e\x01\x02\x03"), clip(b"\x1e\x01\x02\x04")
    yield vector(
        "unknown-unit",
        "file",
        "unknown NAL types changed",
        "a unit of type 30 in each picture says something else",
        known.made.data,
        unknown.proof,
        "NOT_OK",
        "frames_differ",
        frames=[["altered", 0, 7]],
    )
    newer = clip(seed=9)
    old = newer.proof.edited(lambda h: h.update(supersedes=superseded(proof)))
    yield vector(
        "older-version",
        "file",
        "proof of an older version",
        "the file was sealed anew; this is the old one",
        data,
        old,
        "NOT_OK",
        "frames_differ",
        frames=[["altered", 0, 7]],
    )
    yield vector(
        "newer-version",
        "file",
        "proof of an older version",
        "the new file beside its old proof",
        newer.made.data,
        proof,
        "NOT_OK",
        "frames_differ",
        frames=[["altered", 0, 7]],
    )
