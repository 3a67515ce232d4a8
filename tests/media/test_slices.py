"""Coded facts of packets: headers written bit by bit here, and real small encodes."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.columns import NO_ORDER
from engine.media.model import MediaInfo, StreamInfo
from engine.media.reader import open_recording
from engine.media.slices import FactsCollector

LIMIT = 1 << 13


class Writer:
    """Writes bits as text: the naive twin of the reader."""

    def __init__(self) -> None:
        self.bits = ""

    def u(self, count: int, value: int) -> Writer:
        self.bits += format(value, f"0{count}b") if count else ""
        return self

    def ue(self, value: int) -> Writer:
        text = format(value + 1, "b")
        self.bits += "0" * (len(text) - 1) + text
        return self

    def payload(self) -> bytes:
        bits = self.bits + "1"
        bits += "0" * (-len(bits) % 8)
        return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def escaped(payload: bytes) -> bytes:
    """With emulation prevention, as H.264, section 7.4.1 asks."""
    out = bytearray()
    for byte in payload:
        if len(out) >= 2 and out[-1] == out[-2] == 0 and byte <= 3:
            out.append(3)
        out.append(byte)
    return bytes(out)


@dataclass
class Packet:
    """What the collector reads of a packet."""

    data: memoryview
    row: int
    stream: int = 0
    index: int = 0

    @property
    def size(self) -> int:
        return len(self.data)


def media(codec: str, extradata: bytes = b"", audio: str = "") -> MediaInfo:
    video = StreamInfo(0, 1, "video", codec, Fraction(1, 25), 0, None, extradata, width=64, height=64)
    sound = StreamInfo(1, 2, "audio", audio, Fraction(1, 48000), 0, None)
    return MediaInfo("clip", 1, "mov,mp4,m4a,3gp,3g2,mj2", (video, sound) if audio else (video,))


def facts(codec: str, packets: list[bytes], extradata: bytes = b"") -> np.ndarray:
    collector = FactsCollector(media(codec, extradata))
    for row, data in enumerate(packets):
        collector.packet(Packet(memoryview(bytearray(data)), row))  # type: ignore[arg-type]
    return collector.finish().pictures


# ---- H.264 ------------------------------------------------------------------------------------


def avc_sps(
    frame_num_bits: int = 4, order_bits: int = 6, gaps: int = 0, order_type: int = 0, profile: int = 77
) -> bytes:
    w = Writer().u(8, profile).u(8, 0).u(8, 30).ue(0)
    if profile == 100:
        w.ue(1).ue(0).ue(0).u(1, 0).u(1, 0)
    w.ue(frame_num_bits - 4).ue(order_type)
    if order_type == 0:
        w.ue(order_bits - 4)
    w.ue(1).u(1, gaps).ue(3).ue(3).u(1, 1).u(1, 1).u(1, 0).u(1, 0)
    return b"\x67" + escaped(w.payload())


def avc_pps() -> bytes:
    return b"\x68" + escaped(Writer().ue(0).ue(0).u(1, 0).u(1, 0).payload())


def avc_slice(
    frame_num: int, order: int | None = None, idr_id: int | None = None, reference: int = 2, kind: int = 5,
    frame_num_bits: int = 4, order_bits: int = 6,
) -> bytes:  # fmt: skip
    unit_type = 1 if idr_id is None else 5
    w = Writer().ue(0).ue(kind).ue(0).u(frame_num_bits, frame_num)
    if idr_id is not None:
        w.ue(idr_id)
    if order is not None:
        w.u(order_bits, order)
    return bytes([reference << 5 | unit_type]) + escaped(w.payload() + b"\xa5\x00\x00\x00\x5a" * 3)


def with_lengths(*units: bytes) -> bytes:
    return b"".join(len(u).to_bytes(4, "big") + u for u in units)


def with_codes(*units: bytes) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + u for u in units)


def avcc(*sets: bytes) -> bytes:
    sps, pps = sets
    sized = [len(s).to_bytes(2, "big") + s for s in (sps, pps)]
    return b"\x01\x4d\x00\x1e\xff\xe1" + sized[0] + b"\x01" + sized[1]


@given(
    frame_num=st.integers(0, 15), order=st.integers(0, 63), idr_id=st.one_of(st.none(), st.integers(0, 65535)),
    reference=st.integers(0, 3), kind=st.sampled_from([0, 1, 2, 5, 6, 7]), codes=st.booleans(),
    profile=st.sampled_from([77, 100]),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_what_is_written_is_read(frame_num, order, idr_id, reference, kind, codes, profile):
    sps, pps = avc_sps(profile=profile), avc_pps()
    unit = avc_slice(frame_num, order, idr_id, reference, kind)
    row = (
        facts("h264", [with_codes(sps, pps, unit)])[0]
        if codes
        else facts("h264", [with_lengths(unit)], avcc(sps, pps))[0]
    )
    assert row["frame_num"] == frame_num
    assert row["idr_id"] == (-1 if idr_id is None else idr_id)
    assert row["reference"] == (reference > 0)
    assert row["slice"] == kind % 5
    assert row["order"] == (order if order <= 32 else order - 64)  # 8.2.1.1: nearest to 0
    assert row["random_access"] == (0 if idr_id is None else 2)
    assert bool(row["sets"]) == codes
    assert bool(int(row["units"]) >> 7 & 1) == codes


def test_wide_numbers_and_gaps_flag_are_read():
    sps = avc_sps(frame_num_bits=16, order_bits=16, gaps=1)
    unit = avc_slice(40000, 3, 0, frame_num_bits=16, order_bits=16)
    row = facts("h264", [with_lengths(unit)], avcc(sps, avc_pps()))[0]
    assert (row["frame_num"], row["frame_num_bits"], row["gaps_allowed"], row["order"]) == (40000, 16, 1, 3)


def test_emulation_prevention_in_the_header_is_removed():
    sps = avc_sps(frame_num_bits=16, order_bits=16)
    unit = avc_slice(0, 2, 32767, frame_num_bits=16, order_bits=16)
    assert b"\x00\x00\x03" in unit[:8]
    row = facts("h264", [with_lengths(unit)], avcc(sps, avc_pps()))[0]
    assert (row["frame_num"], row["idr_id"], row["order"]) == (0, 32767, 2)


def test_the_order_count_goes_on_beyond_its_bits():
    orders = [2 * i for i in range(100)]
    units = [avc_slice(i % 16, o % 64, 0 if i == 0 else None) for i, o in enumerate(orders)]
    rows = facts("h264", [with_lengths(u) for u in units], avcc(avc_sps(), avc_pps()))
    assert rows["order"].tolist() == orders


def test_without_parameter_sets_only_the_head_of_the_slice_is_known():
    row = facts("h264", [with_codes(avc_slice(3, 4, 1))])[0]
    assert (row["type"], row["random_access"], row["frame_num"], row["order"]) == (5, 2, -1, NO_ORDER)


def test_a_damaged_configuration_still_tells_how_units_are_split():
    record = avcc(avc_sps(), avc_pps())[:-3]
    row = facts("h264", [with_lengths(avc_sps(), avc_pps(), avc_slice(3, 4, 1))], record)[0]
    assert (row["frame_num"], row["idr_id"]) == (3, 1)


def test_sets_in_the_stream_take_over_and_their_digest_changes():
    first, second = avc_sps(4), avc_sps(8)
    rows = facts("h264", [
        with_codes(first, avc_pps(), avc_slice(1, 0, 0)), with_codes(first, avc_pps(), avc_slice(1, 0, 0)),
        with_codes(second, avc_pps(), avc_slice(200, 0, 0, frame_num_bits=8)),
    ])  # fmt: skip
    assert rows["frame_num"].tolist() == [1, 1, 200]
    assert rows["sets"][0] == rows["sets"][1] != rows["sets"][2]


def test_encoder_name_recovery_point_and_delimiter():
    name = b"\x06\x05\x20" + bytes(range(1, 17)) + b"x264 - core 164" + b"\x80"
    point = b"\x06\x06\x01\xc4\x80"
    sets = avcc(avc_sps(), avc_pps())
    rows = facts("h264", [
        with_lengths(b"\x09\x10", name, avc_slice(0, 0, 0)), with_lengths(point, avc_slice(1, 2)),
        with_lengths(avc_slice(2, 4)),
    ], sets)  # fmt: skip
    assert rows["banner"].tolist() == [True, False, False]
    assert rows["random_access"].tolist() == [2, 1, 0]
    assert [int(u) >> 9 & 1 for u in rows["units"]] == [1, 0, 0]


@pytest.mark.parametrize("data", [
    b"", b"\x00", b"\x00\x00\x00\x00" * 50, with_lengths(b""), b"\xff\xff\xff\xff\x65", b"\x00\x00\x00\x09\x65\x88",
    with_codes(b""), b"\x00\x00\x01", b"\x00\x00\x01\x65", with_lengths(b"\x65" + b"\x00" * 200), with_lengths(b"\x41"),
    with_lengths(b"\x67" + b"\x00" * 400), with_lengths(b"\x67\x4d\x00\x1e" + b"\x00\x00\x03" * 100),
])  # fmt: skip
@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("prefixed", [True, False])
def test_broken_packets_leave_nothing_and_raise_nothing(data, codec, prefixed):
    record = avcc(avc_sps(), avc_pps()) if codec == "h264" else b"\x01" + bytes(20) + b"\x03\x00"
    row = facts(codec, [data], record if prefixed else b"")[0]
    assert row["frame_num"] in (-1, 0)
    assert row["order"] == NO_ORDER


@given(data=st.binary(max_size=400), extra=st.binary(max_size=80), codec=st.sampled_from(["h264", "hevc"]))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_survived(data, extra, codec):
    good = with_codes(avc_sps(), avc_pps()) if codec == "h264" else b"".join(HEVC_SETS)
    for prefix in (b"", good):
        facts(codec, [prefix + data, data], extra)


@given(cuts=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=8), stop=st.integers(0, 200))
@settings(max_examples=200, deadline=None)
def test_changed_and_truncated_packets_stay_within_their_ranges(cuts, stop):
    data = bytearray(with_codes(avc_sps(), avc_pps(), avc_slice(3, 8, 1)))
    for at, byte in cuts:
        data[at % len(data)] = byte
    row = facts("h264", [bytes(data[: max(stop, 4)])])[0]
    assert -1 <= row["frame_num"] < 1 << 16
    assert -1 <= row["idr_id"] < 1 << 16
    assert row["order"] == NO_ORDER or abs(int(row["order"])) < 1 << 17


# ---- HEVC -------------------------------------------------------------------------------------


def hevc_unit(kind: int, payload: bytes) -> bytes:
    return bytes([kind << 1, 1]) + escaped(payload)


def hevc_sps(order_bits: int = 8) -> bytes:
    w = Writer().u(4, 0).u(3, 0).u(1, 1).u(32, 0x01600000).u(32, 0).u(32, 93).ue(0)
    w.ue(1).ue(64).ue(64).u(1, 0).ue(0).ue(0).ue(order_bits - 4).u(1, 1).ue(4).ue(2).ue(0)
    for _ in range(6):
        w.ue(0)
    w.u(1, 0).u(2, 0).u(1, 0)
    w.ue(2)
    w.ue(1).ue(0).ue(0).u(1, 1)  # set 0: the picture before
    # set 1, told by set 0 moved by -1: before it -1 (used) and -2 (kept, not used)
    w.u(1, 1).u(1, 1).ue(0).u(1, 0).u(1, 1).u(1, 1)
    w.u(1, 0).u(1, 0).u(1, 0).u(1, 0).u(1, 0)
    return hevc_unit(33, w.payload())


def hevc_pps() -> bytes:
    return hevc_unit(34, Writer().ue(0).ue(0).u(1, 0).u(1, 0).u(3, 0).u(1, 0).u(1, 0).payload())


HEVC_SETS = [b"\x00\x00\x01" + hevc_sps(), b"\x00\x00\x01" + hevc_pps()]


def hevc_picture(kind: int, order: int, which: int = 0, own: tuple[int, ...] = (), bits: int = 8) -> bytes:
    w = Writer().u(1, 1)
    if 16 <= kind <= 23:
        w.u(1, 0)
    w.ue(0).ue(1)
    if kind not in (19, 20):
        w.u(bits, order % (1 << bits))
        if own:
            w.u(1, 0).u(1, 0).ue(len(own)).ue(0)  # own set, told plainly
            last = 0
            for delta in own:
                w.ue(last - delta - 1).u(1, 1)
                last = delta
        else:
            w.u(1, 1).u(1, which)
    return b"".join(HEVC_SETS) + b"\x00\x00\x01" + hevc_unit(kind, w.payload() + b"\x55" * 8)


def test_hevc_order_counts_and_references_are_followed():
    rows = facts("hevc", [hevc_picture(19, 0), *(hevc_picture(1, n) for n in range(1, 600))])
    assert rows["order"].tolist() == list(range(600))
    assert not rows["missing"].any()
    assert rows["random_access"].tolist() == [2] + [0] * 599


def test_hevc_a_lost_reference_is_missed_once_by_each_picture_that_needs_it():
    kept = [n for n in range(1, 40) if n not in (20, 21)]
    rows = facts("hevc", [hevc_picture(19, 0), *(hevc_picture(1, n) for n in kept)])
    lacking = [([0, *kept])[i] for i in np.flatnonzero(rows["missing"])]
    assert lacking == [22]


def test_hevc_a_set_told_by_another_names_its_pictures():
    kept = [n for n in range(1, 40) if n != 20]
    rows = facts("hevc", [hevc_picture(19, 0), *(hevc_picture(1, n, which=1) for n in kept)])
    assert [([0, *kept])[i] for i in np.flatnonzero(rows["missing"])] == [21]  # -2 is kept, not used


def test_hevc_a_picture_that_is_not_kept_is_missing_although_it_came():
    rows = facts("hevc", [
        hevc_picture(19, 0), hevc_picture(1, 1), hevc_picture(1, 2), hevc_picture(1, 3, own=(-1, -3)),
        hevc_picture(1, 4, own=(-1,)),
    ])  # fmt: skip
    assert rows["missing"].tolist() == [0, 0, 0, 1, 0]  # picture 2 let go of picture 0


def test_hevc_leading_pictures_at_the_start_are_skipped_and_in_the_middle_are_not():
    start = [hevc_picture(21, 8), hevc_picture(9, 7, own=(-1, -2)), hevc_picture(1, 9)]
    assert not facts("hevc", start)["missing"].any()
    middle = [hevc_picture(19, 0), hevc_picture(1, 1), hevc_picture(21, 8, own=(-1,)), hevc_picture(9, 7, own=(-1, -2))]
    assert facts("hevc", middle)["missing"].tolist()[-1] == 2


# ---- real encoders, and sound -----------------------------------------------------------------


def encode(path: Path, codec: str, options: dict[str, str], frames: int = 60) -> Path:
    rng = np.random.default_rng(3)
    base = rng.integers(0, 255, (96, 128), np.uint8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for i in range(frames):
            picture = np.full((144, 128), 128, np.uint8)
            picture[:96] = np.roll(base, i, axis=1)
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def read(path: Path):
    with open_recording(path) as recording:
        collector = FactsCollector(recording.media)
        for packet in recording.packets():
            collector.packet(packet)
        return collector.finish(), recording.packet_table()


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".mkv", ".h264"])
@pytest.mark.parametrize("b_frames", ["0", "3"])
def test_x264_numbers_as_the_standard_asks_in_any_container(tmp_path, suffix, b_frames):
    path = encode(tmp_path / f"a{suffix}", "libx264", {"g": "20", "bf": b_frames, "sc_threshold": "0"})
    coded, table = read(path)
    pictures = coded.pictures
    assert len(pictures) == 60
    assert table.key[pictures["row"]].tolist() == (pictures["random_access"] == 2).tolist()
    assert pictures["idr_id"][pictures["idr_id"] >= 0].tolist() == [0, 1, 0]
    assert np.flatnonzero(pictures["banner"]).tolist() == [0]
    starts = np.flatnonzero(pictures["random_access"] == 2)
    for part in np.split(np.arange(60), starts[1:]):
        if b_frames != "0":
            assert np.sort(pictures["order"][part]).tolist() == list(range(0, 40, 2))
        assert (pictures["frame_num"][part[0]], pictures["slice"][part[0]]) == (0, 2)


@pytest.mark.parametrize(("params", "kind"), [("open-gop=1", 1), ("open-gop=0", 2)])
def test_x265_refers_to_nothing_that_is_not_there(tmp_path, params, kind):
    options = {"preset": "ultrafast", "x265-params": f"log-level=none:keyint=20:scenecut=0:bframes=3:{params}"}
    coded, _ = read(encode(tmp_path / "a.mp4", "libx265", options))
    pictures = coded.pictures
    starts = np.flatnonzero(pictures["random_access"])
    assert len(starts) == 3
    assert pictures["random_access"][starts[1]] == kind
    assert not pictures["missing"].any()


def test_the_name_of_x265_stands_before_the_first_picture(tmp_path):
    options = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=20"}
    coded, _ = read(encode(tmp_path / "a.hevc", "libx265", options))
    keys = np.flatnonzero(coded.pictures["random_access"])
    assert np.flatnonzero(coded.pictures["banner"]).tolist() == keys.tolist()  # raw files repeat it


def test_marks_of_the_sound_encoder_are_found(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=48000, layout="mono")
        for i in range(600):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 48000, i * 1024
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    coded, _ = read(path)
    assert coded.marks.tolist() == [0, 256, 512]
    assert len(coded) == 0


# ---- quantisers -------------------------------------------------------------------------------

# x264 and x265 at a constant quantiser: I pictures 3 below (ip ratio 1.4), B pictures 2 above (pb ratio 1.3),
# B pictures that others refer to 1 above
COUNTED = {
    "cabac, weights, pyramid": ("libx264", "aq-mode=0:bframes=3:weightp=2:ref=4:weightb=1:b-pyramid=strict"),
    "cavlc": ("libx264", "cabac=0:bframes=0:weightp=0:8x8dct=0"),
    "interlaced": ("libx264", "interlaced=1:bframes=2"),
    "open groups": ("libx264", "open-gop=1:keyint=20:bframes=2"),
    "hevc": ("libx265", "log-level=none:bframes=4:weightb=1:keyint=20"),
    "hevc, weights": ("libx265", "log-level=none:weightp=1:bframes=3:ref=4:no-wpp=1"),
}


@pytest.mark.parametrize("name", COUNTED)
def test_quantisers_are_those_that_the_encoder_was_told(tmp_path: Path, name: str) -> None:
    encoder, options = COUNTED[name]
    path = tmp_path / "a.mp4"
    tune = f"qp=30:{options}"
    flag = "x264-params" if encoder == "libx264" else "x265-params"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "mandelbrot=size=320x240:rate=25", "-t", "2", "-vf",
               "fade=in:0:30,format=yuv420p", "-c:v", encoder, f"-{flag}", tune, path]  # fmt: skip
    subprocess.run(command, check=True)
    with open_recording(path) as recording:
        collector = FactsCollector(recording.media)
        for packet in recording.packets():
            collector.packet(packet)
    pictures = collector.finish().pictures
    expected = {2: {27}, 0: {30}, 1: {31, 32}}
    for kind in np.unique(pictures["slice"]).tolist():
        assert set(pictures["qp"][pictures["slice"] == kind].tolist()) <= expected[kind], kind
    assert len(np.unique(pictures["content"])) == len(pictures)


def test_equal_packets_have_equal_digests_and_others_do_not() -> None:
    unit = avc_slice(1, 2, None)
    first, again, longer = facts("h264", [with_codes(avc_sps(), avc_pps(), unit)] * 2 + [with_codes(unit, b"\x0c")])
    assert first["content"] == again["content"] != longer["content"]
