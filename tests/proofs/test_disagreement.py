"""Marks that some players heed and others do not: Matroska, AVI and transport streams."""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media.disagreement import disagreements
from engine.proofs.seal import seal
from engine.proofs.verify import Status, verify

FORMAT = {"mkv": "matroska,webm", "avi": "avi", "ts": "mpegts"}


@pytest.fixture(scope="module")
def sealed(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("proofs")
    return {name: (clips[name], seal(clips[name], folder).seal) for name in FORMAT}


def answer(sealed, tmp_path: Path, name: str, data: bytes) -> tuple[Status, str]:
    source, proof = sealed[name]
    target = tmp_path / source.name
    target.write_bytes(data)
    result = verify(target, proof)
    return result.status, result.reason


# ---- Matroska ---------------------------------------------------------------------------------


def element(kind: int, *content: bytes) -> bytes:
    data = b"".join(content)
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + (len(data) | 1 << 56).to_bytes(8, "big") + data


def number(kind: int, value: int) -> bytes:
    return element(kind, value.to_bytes(8, "big"))


def span(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends; its identifier has as many bytes as its marker says."""
    width = 9 - data[at].bit_length()
    more = 9 - data[at + width].bit_length()
    size = int.from_bytes(data[at + width : at + width + more], "big") & ((1 << 7 * more) - 1)
    return at + width + more, at + width + more + size


def in_segment(data: bytes, change) -> bytes:
    """The file with its segment's parts changed: a list of whole elements."""
    at = data.index(bytes.fromhex("18538067"))
    start, end = span(data, at)
    parts = []
    while start < end:
        stop = span(data, start)[1]
        parts.append(data[start:stop])
        start = stop
    return data[:at] + element(0x18538067, *change(parts))


def with_chapters(ordered: int):
    """Two chapters with a hole between them."""
    atoms = [
        element(0xB6, number(0x73C4, n), number(0x91, a * 10**6), number(0x92, b * 10**6), number(0x4598, 1))
        for n, a, b in ((1, 0, 800), (2, 1200, 2000))
    ]
    edition = element(0x45B9, number(0x45BC, 1), number(0x45DB, 1), number(0x45DD, ordered), *atoms)
    return lambda parts: [*parts, element(0x1043A770, edition)]


def with_track(*more: bytes, of: int = 0):
    """Something more in the first track, or in the one behind it."""

    def change(parts):
        out = []
        for part in parts:
            if part.startswith(bytes.fromhex("1654ae6b")):
                start, end = span(part, 0)
                pieces = []
                while start < end:
                    stop = span(part, start)[1]
                    pieces.append(part[start:stop])
                    start = stop
                first = [n for n, p in enumerate(pieces) if p[0] == 0xAE][of]
                pieces[first] = element(0xAE, pieces[first][span(pieces[first], 0)[0] :], *more)
                part = element(0x1654AE6B, *(p for p in pieces if p[0] != 0xBF))
            out.append(part)
        return out

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (with_chapters(1), (Status.NOT_OK, "ambiguous")),
        (with_chapters(0), (Status.OK_WITH_MISSING_INFO, "content_whole")),
        (with_track(number(0xB9, 0)), (Status.NOT_OK, "track_disabled")),
        (with_track(number(0xB9, 1)), (Status.OK_WITH_MISSING_INFO, "content_whole")),
        (with_track(number(0x537F, 10**9)), (Status.NOT_OK, "ambiguous")),
        (with_track(element(0x23314F, struct.pack(">f", 1))), (Status.OK_WITH_MISSING_INFO, "content_whole")),
        (with_track(number(0xB9, 0), number(0xB9, 1)), (Status.NOT_OK, "track_disabled")),
    ],
)
def test_ordered_chapters_and_tracks_of_matroska(sealed, tmp_path, change, expected):
    data = in_segment(sealed["mkv"][0].read_bytes(), change)
    assert answer(sealed, tmp_path, "mkv", data) == expected


def elements(data: bytes) -> list[bytes]:
    """Whole elements that stand one after the other."""
    found, at = [], 0
    while at < len(data):
        stop = span(data, at)[1]
        found.append(data[at:stop])
        at = stop
    return found


def with_blocks(track: int, change):
    """Each simple block of one track, changed; `change` gets its number in the track and its content."""

    def changed(parts):
        count, out = 0, []
        for part in parts:
            if part.startswith(bytes.fromhex("1f43b675")):
                inside = []
                for piece in elements(part[span(part, 0)[0] :]):
                    content = piece[span(piece, 0)[0] :]
                    if piece[0] == 0xA3 and content[0] == 0x80 | track:
                        piece, count = change(count, content), count + 1
                    inside.append(piece)
                part = element(0x1F43B675, *inside)
            out.append(part)
        return out

    return changed


def invisible(number: int, content: bytes) -> bytes:
    """Ten pictures that are to be decoded and not to be shown."""
    flags = content[3] | (8 if 20 <= number < 30 else 0)
    return element(0xA3, content[:3], bytes([flags]), content[4:])


def cut_off(numbers: range, ns: int):
    """Sound of which a span at the end of each block is to be thrown away."""

    def change(number: int, content: bytes) -> bytes:
        if number not in numbers:
            return element(0xA3, content)
        padding = element(0x75A2, ns.to_bytes(8, "big"))
        return element(0xA0, element(0xA1, content[:3], bytes([content[3] & 0x7F]), content[4:]), padding)

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (with_blocks(1, lambda _, content: element(0xA3, content)), (Status.OK_WITH_MISSING_INFO, "content_whole")),
        (with_blocks(1, invisible), (Status.NOT_OK, "ambiguous")),
        (with_blocks(2, cut_off(range(10, 20), 64_000_000)), (Status.NOT_OK, "ambiguous")),
        (with_blocks(2, cut_off(range(10, 20), 0)), (Status.OK_WITH_MISSING_INFO, "content_whole")),
    ],
)
def test_blocks_that_are_not_to_be_shown_or_heard(sealed, tmp_path, change, expected):
    """All coded pictures and sound are there, and players that heed the marks leave some of them out."""
    data = in_segment(sealed["mkv"][0].read_bytes(), change)
    assert answer(sealed, tmp_path, "mkv", data) == expected


def laced(count: int):
    """The sound with `count` frames in each block (EBML lacing), of which only the first has a time."""

    def change(parts):
        out = []
        for part in parts:
            if part.startswith(bytes.fromhex("1f43b675")):
                inside = elements(part[span(part, 0)[0] :])
                contents = [p[span(p, 0)[0] :] for p in inside]
                sound = [n for n, p in enumerate(inside) if p[0] == 0xA3 and contents[n][0] == 0x82]
                for first in range(0, len(sound), count):
                    group = sound[first : first + count]
                    frames = [contents[n][4:] for n in group]
                    sizes = [(len(f) | 0x4000).to_bytes(2, "big") for f in frames[:1]]
                    steps = [len(b) - len(a) for a, b in pairwise(frames[:-1])]
                    sizes += [((step + 0x1FFF) | 0x4000).to_bytes(2, "big") for step in steps]
                    head = contents[group[0]][:3]
                    body = [head, b"\x86", bytes([len(group) - 1]), *sizes, *frames]
                    inside[group[0]] = element(0xA3, *body) if len(group) > 1 else inside[group[0]]
                    for n in group[1:]:
                        inside[n] = b""
                part = element(0x1F43B675, *inside)
            out.append(part)
        return out

    return change


@pytest.mark.parametrize(
    ("count", "expected"),
    [(4, (Status.OK_WITH_MISSING_INFO, "content_whole")), (8, (Status.NOT_OK, "content_differs"))],
)
def test_sound_that_is_counted_on_within_a_block(sealed, tmp_path, count, expected):
    """Each frame is 64 ms long and counted on by 63: the last of four is 3 ms early, of eight 7 ms."""

    def change(parts):
        return with_track(element(0x23E383, (63_400_000).to_bytes(8, "big")), of=1)(laced(count)(parts))

    data = in_segment(sealed["mkv"][0].read_bytes(), change)
    assert answer(sealed, tmp_path, "mkv", data) == expected


@pytest.mark.parametrize("unknown", [False, True])
def test_marks_in_clusters_of_unknown_size(sealed, tmp_path, unknown):
    def change(parts):
        return [b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + p[12:] if p[:4] == b"\x1f\x43\xb6\x75" else p for p in parts]

    def both(parts):
        return change(with_blocks(1, invisible if unknown else lambda _, content: element(0xA3, content))(parts))

    target = tmp_path / "clip.mkv"
    target.write_bytes(in_segment(sealed["mkv"][0].read_bytes(), both))
    assert disagreements(target, "matroska,webm") == (("ambiguous",) if unknown else ())


@pytest.mark.parametrize(
    "more",
    [element(0x23314F, struct.pack(">d", 2)), number(0x56AA, 10**9), element(0xE2, element(0xE9, number(0xED, 1)))],
    ids=["scaled", "delayed", "joined"],
)
def test_tracks_that_only_some_players_scale_delay_or_join(sealed, tmp_path, more):
    target = tmp_path / "clip.mkv"
    target.write_bytes(in_segment(sealed["mkv"][0].read_bytes(), with_track(more)))
    assert disagreements(target, "matroska,webm") == ("ambiguous",)


# ---- AVI --------------------------------------------------------------------------------------


def index(data: bytes) -> tuple[int, list[bytes], list[int]]:
    """Where the index's entries begin, the entries, and which are pictures."""
    at = data.index(b"idx1")
    count = int.from_bytes(data[at + 4 : at + 8], "little") // 16
    entries = [data[at + 8 + 16 * n : at + 24 + 16 * n] for n in range(count)]
    return at + 8, entries, [n for n, e in enumerate(entries) if e[:2] == b"00"]


@pytest.mark.parametrize("kind", ["hidden", "twice", "shorter", "cut"])
def test_an_index_that_is_not_what_lies_there(sealed, tmp_path, kind):
    data = sealed["avi"][0].read_bytes()
    at, entries, pictures = index(data)
    ten = pictures[10]
    if kind == "hidden":
        entries[ten] = b"JUNK" + entries[ten][4:]
    elif kind == "twice":
        entries[ten] = entries[pictures[9]]
    elif kind == "shorter":
        entries[ten] = entries[ten][:12] + struct.pack("<I", 10)
    else:
        entries[ten:] = [b"JUNK" + e[4:] for e in entries[ten:]]
    assert len(b"".join(entries)) == 16 * len(entries)
    changed = data[:at] + b"".join(entries) + data[at + 16 * len(entries) :]
    assert answer(sealed, tmp_path, "avi", changed) == (Status.NOT_OK, "ambiguous")


def test_an_avi_without_an_index_is_read_as_it_lies(sealed, tmp_path):
    data = sealed["avi"][0].read_bytes().replace(b"idx1", b"JUNK", 1)
    assert answer(sealed, tmp_path, "avi", data) == (Status.OK_WITH_MISSING_INFO, "content_whole")


@pytest.mark.parametrize(("at", "value", "reason"), [(32, 5, "ambiguous"), (8, 1, "track_disabled")])
def test_a_stream_header_that_hides_pictures(sealed, tmp_path, at, value, reason):
    data = bytearray(sealed["avi"][0].read_bytes())
    struct.pack_into("<I", data, data.index(b"strh") + 8 + at, value)
    assert answer(sealed, tmp_path, "avi", bytes(data)) == (Status.NOT_OK, reason)


# ---- transport streams ------------------------------------------------------------------------


def checked(section: bytes) -> bytes:
    """A section with its CRC-32 of MPEG."""
    value = 0xFFFFFFFF
    for byte in section:
        value ^= byte << 24
        for _ in range(8):
            value = ((value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return section + value.to_bytes(4, "big")


@pytest.mark.parametrize(
    ("kept", "pointer", "expected"),
    [
        (1, 0, (Status.NOT_OK, "ambiguous")),
        (1, 7, (Status.NOT_OK, "ambiguous")),
        (2, 0, (Status.OK_WITH_MISSING_INFO, "content_whole")),
    ],
)
def test_a_program_that_changes_on_the_way(sealed, tmp_path, kept, pointer, expected):
    """The sound is there to the end, and from the third program map on it is not named any more."""
    data = bytearray(sealed["ts"][0].read_bytes())
    maps = [at for at in range(0, len(data), 188) if data[at + 1] & 0x40 and data[at + 4] == 0 and data[at + 5] == 2]
    assert len(maps) > 3
    for at in maps[2:]:
        section = data[at + 5 : at + 8 + (int.from_bytes(data[at + 6 : at + 8], "big") & 0xFFF) - 4]
        first = 12 + (int.from_bytes(section[10:12], "big") & 0xFFF)
        second = first + 5 + (int.from_bytes(section[first + 3 : first + 5], "big") & 0xFFF)
        section[5] += 2  # its version
        section = section[: second if kept == 1 else None]
        section[1:3] = (0xB000 | (len(section) + 1)).to_bytes(2, "big")
        content = bytes([pointer]) + b"\xff" * pointer + checked(bytes(section))
        data[at + 4 : at + 188] = content.ljust(184, b"\xff")
    assert answer(sealed, tmp_path, "ts", bytes(data)) == expected


@pytest.mark.parametrize(
    ("byte", "bit", "pid", "bad"), [(1, 0x80, 256, True), (3, 0x80, 256, True), (1, 0x80, 8191, False)]
)
def test_packets_marked_as_damaged_or_scrambled(sealed, tmp_path, byte, bit, pid, bad):
    data = bytearray(sealed["ts"][0].read_bytes())
    data += bytes.fromhex("471fff10") + b"\xff" * 184  # a packet that is nothing
    places = [p for p in range(0, len(data), 188) if (data[p + 1] & 31) << 8 | data[p + 2] == pid]
    data[places[-1] + byte] |= bit
    status, reason = answer(sealed, tmp_path, "ts", bytes(data))
    assert (status, reason) == ((Status.NOT_OK, "ambiguous") if bad else (Status.OK_WITH_MISSING_INFO, "content_whole"))


# ---- any bytes --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMAT)
def test_nothing_is_said_of_untouched_ones(sealed, name):
    assert disagreements(sealed[name][0], FORMAT[name]) == ()


@pytest.mark.parametrize("name", FORMAT)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_has_an_answer(sealed, tmp_path_factory, name, data):
    content = bytearray(sealed[name][0].read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, min(len(content), 6000) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "file"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert set(disagreements(path, FORMAT[name])) <= {"ambiguous", "track_disabled"}
