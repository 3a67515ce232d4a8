"""Packets of transport streams, written byte by byte, against a naive reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.media import transport
from engine.media.transport import TransportFacts, scan_transport

VIDEO, SOUND = 0x100, 0x101


def packet(
    pid: int, counter: int, *, start: bool = False, payload: bool = True, clock: int | None = None,
    announced: bool = False, fill: int = 0,
) -> bytes:  # fmt: skip
    """One packet of 188 bytes; `clock` in ticks of 27 MHz."""
    field = b""
    if clock is not None or announced or not payload:
        base, extension = divmod(clock or 0, 300)
        stamp = (base << 15 | 0x3F << 9 | extension).to_bytes(6, "big") if clock is not None else b""
        flags = (0x80 if announced else 0) | (0x10 if clock is not None else 0)
        body = bytes([flags]) + stamp
        body = body if payload else body.ljust(183, b"\xff")
        field = bytes([len(body)]) + body
    control = (0x20 if field else 0) | (0x10 if payload else 0)
    head = bytes([0x47, 0x40 * start | pid >> 8, pid & 0xFF, control | counter & 15])
    return (head + field).ljust(188, bytes([fill]))


def stream(count: int, pid: int = VIDEO, first: int = 0, every: int = 5) -> list[bytes]:
    """Packets of one stream, a unit every `every` packets, a clock each tenth of a second."""
    return [packet(pid, first + n, start=n % every == 0, clock=2_700_000 * n, fill=n % 251) for n in range(count)]


def read(folder: Path, *packets: bytes) -> TransportFacts:
    path = folder / "a.ts"
    path.write_bytes(b"".join(packets))
    facts = scan_transport(path, VIDEO)
    assert facts is not None
    return facts


def told(facts: TransportFacts) -> list[tuple[str, int, int]]:
    return [(e.kind, e.packet, e.count) for e in facts.events]


def test_a_whole_stream_has_no_events(tmp_path: Path) -> None:
    facts = read(tmp_path, *stream(100))
    assert (facts.packets, facts.units, facts.pids, facts.clocked) == (100, 20, (VIDEO,), (VIDEO,))
    assert facts.events == ()
    assert sum(facts.counts) == 0


@pytest.mark.parametrize("missing", [1, 7, 15])
def test_lost_packets_are_counted_where_they_are(tmp_path: Path, missing: int) -> None:
    packets = [packet(VIDEO, n, start=n % 5 == 0, fill=n) for n in range(60)]
    facts = read(tmp_path, *packets[:20], *packets[20 + missing :])
    assert told(facts) == [("lost", 20, missing)]
    assert facts.events[0].unit == 4 + (missing % 5 == 0)


def test_sixteen_lost_packets_leave_nothing(tmp_path: Path) -> None:
    packets = [packet(VIDEO, n) for n in range(60)]
    assert told(read(tmp_path, *packets[:20], *packets[36:])) == []


def test_a_discontinuity_that_is_announced_is_told_apart(tmp_path: Path) -> None:
    packets = stream(20)
    facts = read(tmp_path, *packets, packet(VIDEO, 11, announced=True, clock=9), packet(VIDEO, 12, clock=2_700_009))
    assert told(facts) == [("signalled", 20, 0)]


def test_one_duplicate_is_allowed_and_a_different_packet_of_one_number_is_not(tmp_path: Path) -> None:
    packets = [packet(VIDEO, n, fill=n) for n in range(20)]
    assert told(read(tmp_path, *packets[:10], packets[9], *packets[10:])) == [("duplicate", 10, 1)]
    other = packet(VIDEO, 9, fill=99)
    assert told(read(tmp_path, *packets[:10], other, *packets[10:])) == [("lost", 10, 15)]
    thrice = read(tmp_path, *packets[:10], packets[9], packets[9], *packets[10:])
    assert [e.kind for e in thrice.events] == ["duplicate", "lost"]


def test_packets_without_payload_do_not_count(tmp_path: Path) -> None:
    packets = [packet(VIDEO, n) for n in range(20)]
    filler = packet(VIDEO, 9, payload=False)
    assert told(read(tmp_path, *packets[:10], filler, *packets[10:])) == []


@pytest.mark.parametrize("step_s", [-3.0, 7.5])
def test_a_clock_that_leaps_is_told_with_its_step(tmp_path: Path, step_s: float) -> None:
    ticks = round(step_s * 27e6)
    late = [packet(VIDEO, n, clock=200 * 27_000_000 + 2_700_000 * n + (ticks if n >= 15 else 0)) for n in range(30)]
    (event,) = read(tmp_path, *late).events
    assert (event.kind, event.packet) == ("clock_jump", 15)
    assert event.step_s == pytest.approx(step_s + 0.1)


def test_a_clock_that_wraps_around_does_not_leap(tmp_path: Path) -> None:
    top = (1 << 33) * 300
    packets = [packet(VIDEO, n, clock=(top - 27_000_000 + 2_700_000 * n) % top) for n in range(40)]
    assert told(read(tmp_path, *packets)) == []


def test_bytes_that_are_no_packets_are_skipped_and_counted(tmp_path: Path) -> None:
    packets = stream(40)
    facts = read(tmp_path, *packets[:20], b"abc", *packets[20:])
    assert told(facts) == [("unsynchronised", 20, 3)]
    assert facts.packets == 40


def test_packets_of_192_and_204_bytes(tmp_path: Path) -> None:
    packets = stream(40)
    timed = read(tmp_path, *(b"\1\2\3\4" + p for p in packets))
    parity = read(tmp_path, *(p + bytes(16) for p in packets))
    assert (timed.packet_bytes, parity.packet_bytes) == (192, 204)
    assert (timed.packets, parity.packets) == (40, 40)
    assert told(timed) == told(parity) == []


def test_other_files_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello" * 300)
    assert scan_transport(path, VIDEO) is None


def naive(packets: list[bytes]) -> list[tuple[str, int, int]]:
    """Losses by counters alone, packet by packet."""
    last: dict[int, int] = {}
    found = []
    for number, data in enumerate(packets):
        pid, counter = (data[1] & 31) << 8 | data[2], data[3] & 15
        if pid in last and counter != (last[pid] + 1) % 16:
            found.append(("lost", number, (counter - last[pid] - 1) % 16))
        last[pid] = counter
    return found


@settings(max_examples=150, deadline=None)
@given(kept=st.lists(st.booleans(), min_size=30, max_size=200), piece=st.sampled_from([188, 500, 1 << 20]))
def test_losses_are_those_of_the_naive_reader(tmp_path_factory, kept, piece) -> None:
    """Any packets of two streams left out, in pieces of any size."""
    every = [packet((VIDEO, SOUND)[n % 2], n // 2, fill=n % 251) for n in range(len(kept))]
    left = [p for p, k in zip(every, kept, strict=True) if k]
    if len(left) < 8:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "PIECE", max(piece, 1200))
        facts = read(tmp_path_factory.getbasetemp(), *left)
    assert [e for e in told(facts) if e[0] == "lost"] == naive(left)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=3000))
def test_arbitrary_bytes_behind_true_packets_are_read_without_an_error(tmp_path_factory, data: bytes) -> None:
    facts = read(tmp_path_factory.getbasetemp(), *stream(8), data)
    assert facts.packets <= 8 + len(data) // 188
