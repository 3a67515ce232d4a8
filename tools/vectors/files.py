"""Recordings that were changed, beside the proof of what they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vectors.bases import Base, clip, superseded
from vectors.media import (
    PICTURES,
    STEP,
    Track,
    avc_entry,
    box,
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


def file_vectors(base: Base) -> Iterator[Vector]:
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
