"""Signatures of programs on heads written byte by byte, each with a near miss; then real copies of a clip."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

import heads as h

from engine.detectors.dates import disagreements
from engine.detectors.edit_trace import DETECTOR
from engine.detectors.signatures import signatures
from engine.features.tables import Features
from engine.findings import Finding, Kind, Level, Severity
from engine.media.coded_facts import PICTURE, CodedFacts
from engine.media.errors import MediaError
from engine.media.model import Dates, Fact, MediaInfo, Structure
from engine.media.reader import open_recording
from engine.media.slices import FactsCollector
from engine.media.structure import read_structure
from engine.report.texts import Texts
from fixtures.stream import stream

PACKETS = stream("25fps: I24P")
DAY = 86_400
MADE = 3_600_086_400
"""Seconds since 1904: 2018-01-29T16:00:00Z."""


def found(
    structure: Structure, *names: str, seconds: float = 10.0, tags: dict[str, str] | None = None
) -> list[Finding]:
    media = MediaInfo("clip", 1, "mov", (), tags or {}, duration_s=10.0, structure=structure)
    coded = CodedFacts("", np.empty(0, PICTURE), np.empty(0, np.int32), names)
    findings = DETECTOR.propose(Features(media, PACKETS, None, None, coded=coded), DETECTOR.options).findings
    for finding in findings:
        assert (finding.severity, finding.level, finding.stream) == (Severity.NOTICE, Level.E1, "container")
        assert (finding.start_s, finding.end_s) == (None, None)
        for language in ("en", "zh"):
            assert "—" not in Texts.load(language).message(finding).replace("——", "")
    return list(findings)


@pytest.fixture
def of(tmp_path: Path) -> Callable[[bytes], list[Finding]]:
    """Bytes of a file's head -> findings."""

    def make(data: bytes) -> list[Finding]:
        path = tmp_path / "head"
        path.write_bytes(data)
        return found(read_structure(path))

    return make


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(f.template, str(f.params.get("tool", f.params.get("first")))) for f in findings]


FFMPEG = "FFmpeg (libavformat)"
ADOBE = "Adobe Premiere / Media Encoder"
ISOM = h.brands("isom", 512, "isom", "iso2", "avc1", "mp41")
GST = h.brands("mp42", 0, "mp42", "mp41", "isom", "iso2")
PLAIN = h.track(b"VideoHandler\0", entry=h.visual("avcC", "btrt"))
META = h.items()


def tool(*user: bytes, tracks: bytes = PLAIN) -> bytes:
    return ISOM + h.movie(tracks, h.box("udta", *user))


# program -> a head that it could have written, and one that differs in what matters
HEADS: list[tuple[str, bytes, bytes]] = [
    (FFMPEG, tool(h.items(("©too", "Lavf59.27.100"))), tool(h.items(("©too", "Lavish 2")))),
    (FFMPEG, h.brands("qt  ", 512, "qt  ") + h.movie(h.box("udta", h.said("©swr", "Lavf59.27.100"))),
     h.brands("qt  ", 512, "qt  ") + h.movie(h.box("udta", h.said("©swr", "Camera 59")))),
    (FFMPEG, ISOM + h.movie(h.track(b"V\0", entry=h.visual("avcC", vendor=b"FFMP"))),
     ISOM + h.movie(h.track(b"V\0", entry=h.visual("avcC", vendor=b"appl")))),
    (FFMPEG, ISOM + h.movie(h.keyed(encoder="Lavf58.29.100")), ISOM + h.movie(h.keyed(encoder="Camera"))),
    (FFMPEG, h.matroska("Lavf59.27.100", "Lavf59.27.100"), h.matroska("Recorder 59", "Recorder 59")),
    (FFMPEG, h.avi(h.chunk("LIST", b"INFO", h.chunk("ISFT", b"Lavf62.12.101\0"))),
     h.avi(h.chunk("LIST", b"INFO", h.chunk("ISFT", b"CanonMVI01\0")))),
    (FFMPEG, h.transport("FFmpeg", "Service01"), h.transport("Recorder", "Service01")),
    ("mkvmerge", h.matroska("libebml v1.4.4 + libmatroska v1.7.1", "mkvmerge v74.0.0 ('You Oughta Know') 64-bit"),
     h.matroska("libebml v1.4.4 + libmatroska v1.7.1", "recorder 74")),
    ("GStreamer", GST + h.movie(PLAIN) + h.xmp('x:xmptk="GStreamer"'),
     GST + h.movie(PLAIN) + h.xmp('x:xmptk="Camera"')),
    ("GStreamer", h.matroska("GStreamer matroskamux version 1.22.0", "GStreamer Matroska muxer"), h.matroska("G", "G")),
    ("GPAC (MP4Box)", ISOM + h.box("free", b"IsoMedia File Produced with GPAC 26.08-DEV\0"),
     ISOM + h.box("free", b"IsoMedia File Produced with a recorder\0")),
    ("L-SMASH", h.brands("mp42", 0) + h.movie(PLAIN) + h.box("free", b"Multiplexed by L-SMASH"),
     h.brands("mp42", 0) + h.movie(PLAIN) + h.box("free", b"Multiplexed by L")),
    ("Bento4", h.brands("mp42", 1) + h.movie(h.track(b"Bento4 Video Handler\0")),
     h.brands("mp42", 1) + h.movie(h.track(b"Video Handler\0"))),
    ("Bento4", h.brands("mp42", 1) + h.movie(h.track(b"V\0", entry=h.visual("avcC", "avcC"))),
     h.brands("mp42", 1) + h.movie(h.track(b"V\0", entry=h.visual("avcC", "btrt")))),
    ("VLC", tool(h.said("©enc", "vlc 3.0.24 stream output")), tool(h.said("©enc", "camera 3"))),
    ("HandBrake", tool(h.items(("©too", "HandBrake 1.6.1 2023012900"))), tool(h.items(("©too", "Hand 1.6.1")))),
    ("HandBrake", h.matroska("Lavf59.27.100", "HandBrake 1.6.1 2023012900"), h.matroska("Libav", "Hand 1")),
    ("MEncoder", h.avi(h.chunk("LIST", b"INFO", h.chunk("ISFT", b"MEncoder UNKNOWN-12\0"))),
     h.avi(h.chunk("LIST", b"INFO", h.chunk("ISFT", b"Encoder 12\0")))),
    ("MEncoder", h.avi(h.chunk("JUNK", b"[= MPlayer junk data! =][= MPlayer")),
     h.avi(h.chunk("JUNK", b"junk data! junk"))),
    ("x264 (command line)", h.matroska("Haali Matroska Writer b0", "x264 r3095 baee400"), h.matroska("Writer", "x2")),
    ("Mediabunny", ISOM + h.movie(h.track(b"MediabunnyVideoHandler\0")),
     ISOM + h.movie(h.track(b"MediaVideoHandler\0"))),
    ("MP4Box.js", h.brands("iso4", 0, "iso4") + h.movie(h.track(b"Track created with MP4Box.js\0")),
     h.brands("iso4", 0, "iso4") + h.movie(h.track(b"Track created\0"))),
    (ADOBE, h.brands("mp42", 0) + h.movie(h.track(b"\x1fMainconcept Video Media Handler")) + h.xmp(
        "<xmp:CreatorTool>Adobe Premiere Pro CC 2017.1 (Macintosh)</xmp:CreatorTool>"),
     h.brands("mp42", 0) + h.movie(h.track(b"V\0")) + h.xmp("<xmp:CreatorTool>Camera Pro</xmp:CreatorTool>")),
    (ADOBE, h.brands("mp42", 0) + h.xmp('stEvt:softwareAgent="Adobe Adobe Media Encoder CC 2017.1 (Macintosh)"'),
     h.brands("mp42", 0) + h.xmp('x:xmptk="Adobe XMP Core 5.6-c140"')),
    ("MainConcept", h.brands("mp42", 0) + h.movie(h.track(b"\x1fMainconcept Video Media Handler")),
     h.brands("mp42", 0) + h.movie(h.track(b"\x12Video Media Handler"))),
    ("CapCut / 剪映",
     tool(h.items(("©too", "Lavf57.71.100")), h.keyed(artwork='{"data":{"os":"ios","product":"vicut"}}')),
     ISOM + h.movie(PLAIN, h.keyed(artwork='{"data":{"os":"ios","product":"camera"}}'))),
    ("CapCut / 剪映",
     ISOM + h.movie(PLAIN, h.keyed(comment='{"data":{"x":"' + 900 * "y" + '"},"source_type":"vicut"}')),
     ISOM + h.movie(PLAIN, h.keyed(comment='{"data":{"x":"' + 900 * "y" + '"},"source_type":"live"}'))),
    ("TikTok / 抖音 (TEEditor)", ISOM + h.movie(PLAIN, h.keyed(software='{{"publicMode":"1"},{"TEEditor":"2"}}')),
     ISOM + h.movie(PLAIN, h.keyed(software='{{"publicMode":"1"}}'))),
    ("Final Cut Pro / Final Cut Studio",
     h.brands("qt  ", 0, "qt  ") + h.movie(h.keyed(com__apple__finalcutstudio__media__uuid="931BAE98")),
     h.brands("qt  ", 0, "qt  ") + h.movie(h.keyed(com__apple__quicktime__software="15.2"))),
    ("YouTube (Google)", h.brands("isom", 0) + h.movie(h.track(b"ISO Media file produced by Google Inc.\0")),
     h.brands("isom", 0) + h.movie(h.track(b"ISO Media file produced by a camera\0"))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "head", "miss"), HEADS)
def test_a_program_that_signs(of, name: str, head: bytes, miss: bytes) -> None:
    assert said(of(head)) == [("edit_trace_written", name)]
    assert of(miss) == []


def test_every_signature_of_a_writer_is_tried() -> None:
    assert {name for name, _, _ in HEADS} == {s.name for s in signatures()["writer"]}


LAYOUTS: list[tuple[str, bytes, bytes]] = [
    (FFMPEG, tool(META), ISOM + h.movie(PLAIN, h.box("udta", META), scale=6000)),
    ("GStreamer", GST + h.box("free") + h.box("mdat") + h.movie(h.track(b"VideoHandler\0", user=META)),
     GST + h.box("free") + h.box("mdat") + h.movie(h.track(b"VideoHandler\0"))),
    ("VLC", h.brands("isom", 0, "mp41", "avc1") + h.movie(PLAIN, scale=90000) + h.box("wide") + h.box("mdat"),
     h.brands("isom", 0, "mp41", "avc1") + h.movie(PLAIN, scale=90000) + h.box("free") + h.box("mdat")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "head", "miss"), LAYOUTS)
def test_a_program_that_leaves_out_its_name(of, name: str, head: bytes, miss: bytes) -> None:
    assert said(of(head)) == [("edit_trace_layout", name)]
    assert of(miss) == []


def test_a_structure_that_a_program_writes_names_it_where_nothing_else_does(of) -> None:
    """A re-save without any name: no item of metadata, no handler of its own, but the program's way to build."""
    data = h.box("minf", h.box("hdlr", bytes(4), b"dhlrurl ", bytes(12)))
    bare = h.brands("qt  ", 512, "qt  ") + h.movie(h.track(b"\x05Video", entry=data))
    assert said(of(bare)) == [("edit_trace_layout", "FFmpeg (libavformat), MOV")]
    assert of(h.brands("qt  ", 0, "qt  ") + h.movie(h.track(b"\x05Video", entry=data))) == []


def test_every_layout_is_tried() -> None:
    assert {name for name, _, _ in LAYOUTS} == {s.name for s in signatures()["writer"] if s.layout}


# ---- what an earlier recorder left ------------------------------------------------------------

GOPRO = h.track(b"\tGoPro AVC", entry=h.visual("avcC", "btrt", compressor="GoPro AVC encoder"))
LAVF = h.box("udta", h.items(("©too", "Lavf59.27.100")))


@pytest.mark.parametrize(
    ("head", "mark"),
    [
        (ISOM + h.movie(GOPRO, LAVF), "GoPro AVC"),
        (ISOM + h.movie(h.track(b"Core Media Video\0"), LAVF), "Core Media Video"),
        (ISOM + h.movie(h.track(b"VideoHandle\0"), LAVF), "VideoHandle"),
        (ISOM + h.movie(h.track(b"Garmin AVC\0"), LAVF), "Garmin AVC"),
        (ISOM + h.movie(PLAIN, h.keyed(major_brand="mp41", encoder="Lavf59.27.100")), "mp41"),
        (ISOM + h.movie(h.track(b"ISO Media file produced by Google Inc.\0"), LAVF), "ISO Media file produced by Goog"),
        (h.brands("XAVC", 1) + h.movie(PLAIN) + h.box("free", b"IsoMedia File Produced with GPAC 2.0\0"), "XAVC/1"),
        (h.matroska("Lavf59.1", "Lavf59.1", tags={"HANDLER_NAME": "\tGoPro AVC"}), "GoPro AVC"),
        (h.matroska("Lavf59.1", "Lavf59.1", tags={"MAJOR_BRAND": "qt  "}), "qt"),
        (h.matroska("libebml", "mkvmerge v74", tags={"ENCODER": "Lavf56.1.0"}), "Lavf56.1.0"),
        (GST + h.movie(PLAIN, h.box("udta", h.items(("©too", "HandBrake 0.9.4")))) + h.xmp('x:xmptk="GStreamer"'),
         "HandBrake 0.9.4"),
    ],
)  # fmt: skip
def test_a_mark_in_another_programs_container(of, head: bytes, mark: str) -> None:
    (finding,) = of(head)
    assert finding.template == "edit_trace_over"
    assert str(finding.params["mark"]).startswith(mark)
    assert any(e.name.startswith("carried.") and str(e.value).startswith(mark) for e in finding.evidence)


@pytest.mark.parametrize(
    "head",
    [
        h.brands("mp41", 538120216, "mp41") + h.movie(GOPRO, made=(MADE, MADE)),
        h.brands("qt  ", 0, "qt  ") + h.movie(h.track(b"\x10Core Media Video"), h.keyed(
            com__apple__quicktime__make="Apple", com__apple__quicktime__creationdate="2018-01-29T17:00:00+0100"),
            made=(MADE, MADE + 1)),
        h.brands("mp42", 0, "isom", "mp42") + h.movie(h.track(b"VideoHandle\0"), h.keyed(com__android__version="9"),
            made=(MADE, MADE)),
        h.brands("XAVC", 1) + h.movie(h.track(b"\x13Video Media Handler"), made=(MADE, MADE)),
        h.avi(h.chunk("LIST", b"INFO", h.chunk("ISFT", b"CanonMVI06\0"))),
        h.brands("mp42", 0, "mp42") + h.movie(PLAIN) + h.xmp('x:xmptk="XMP Core 5.5.0"'),
    ],
)  # fmt: skip
def test_a_cameras_own_file_says_nothing(of, head: bytes) -> None:
    assert of(head) == []


def test_metadata_changed_in_place(of) -> None:
    head = h.brands("mp41", 0, "mp41") + h.movie(GOPRO, made=(MADE, MADE))
    assert said(of(head + h.xmp("x:xmptk='Image::ExifTool 12.57'"))) == [("edit_trace_changed", "ExifTool")]
    assert of(head + h.xmp("x:xmptk='ExifTool'")) == []


def test_one_notice_a_program(of) -> None:
    user = h.box("udta", h.said("©swr", "Lavf59.1"), h.items(("©too", "Lavf59.1")))
    head = ISOM + h.movie(GOPRO, user, h.keyed(encoder="Lavf59.1", major_brand="mp41"))
    (finding,) = of(head)
    assert len(finding.evidence) <= 10


# ---- encoders ---------------------------------------------------------------------------------

X264 = "x264 - core 164 r3095 baee400 - H.264/MPEG-4 AVC codec - options: cabac=1 rc=crf crf=23.0"


@pytest.mark.parametrize(
    ("name", "structure", "coded"),
    [
        ("x264", Structure(), (X264,)),
        ("x264", Structure("mp4", (Fact("compressor", "Lavc59.37.100 libx264"),)), ()),
        ("x264", Structure("mp4", (Fact("compressor", "Lavc59.37.100 libx264"),)), (X264,)),
        ("x264", Structure("matroska", (Fact("mkv.tag.ENCODER", "Lavc61.19.101 libx264"),)), ()),
        ("x265", Structure(), ("x265 (build 199) - 3.5+1-f0c1022b6:[Linux][GCC]",)),
        ("FFmpeg (libavcodec)", Structure(), ("Lavc59.37.100",)),
        ("FFmpeg (libavcodec)", Structure("mp4", (Fact("compressor", "Lavc59.37.100 mpeg4"),)), ()),
        ("Xvid", Structure(), ("XviD0069",)),
    ],
)
def test_encoders_that_sign(name: str, structure: Structure, coded: tuple[str, ...]) -> None:
    (finding,) = found(structure, *coded)
    assert (finding.kind, finding.template, finding.params["tool"]) == (Kind.REENCODE, "reencode_by", name)
    if coded:
        assert any(e.value == coded[0] for e in finding.evidence)


@pytest.mark.parametrize("compressor", ["AVC Coding", "GoPro AVC encoder", "H.264", "x264 compatible"])
def test_compressors_of_cameras_are_no_encoders_of_files(compressor: str) -> None:
    assert found(Structure("mp4", (Fact("compressor", compressor),))) == []


def test_where_the_container_has_no_reader_the_tag_counts() -> None:
    assert said(found(Structure(), tags={"ENCODER": "Lavf58.45.100"})) == [("edit_trace_written", FFMPEG)]
    assert found(Structure("mp4"), tags={"encoder": "Lavf58.45.100"}) == []


# ---- dates ------------------------------------------------------------------------------------


def dated(*levels: tuple[str, int, int], facts: tuple[Fact, ...] = (), container: str = "mp4") -> Structure:
    return Structure(container, facts, tuple(Dates(*level) for level in levels))


@pytest.mark.parametrize("apart", [0, 10, 60, 69])
def test_levels_that_a_recorder_dates_at_start_and_end(apart: int) -> None:
    assert found(dated(("mvhd", MADE + apart, MADE + apart), ("tkhd.0", MADE, MADE + apart))) == []


@pytest.mark.parametrize("apart", [71, 3600, 30 * DAY])
def test_levels_that_disagree(apart: int) -> None:
    (finding,) = found(dated(("mvhd", MADE + apart, MADE + apart), ("mdhd.0", MADE, MADE)))
    assert (finding.kind, finding.template) == (Kind.EDIT_TRACE, "dates_levels")
    assert finding.params["first_at"] == "2018-01-29T16:00:00Z"
    assert [e.value for e in finding.evidence if e.name == "apart_s"] == [apart]


def test_modified_days_later() -> None:
    assert found(dated(("mvhd", MADE, MADE + DAY))) == []
    (finding,) = found(dated(("mvhd", MADE, MADE + 2 * DAY), ("tkhd.0", MADE, MADE)))
    assert (finding.template, finding.params["second"]) == ("dates_modified", "mvhd.modified")


def test_a_second_statement_of_the_date() -> None:
    for text in ("2018-01-29T17:00:00+0100", "2018-01-30T10:00:00+0000", "not a date", ""):
        said_twice = (Fact("mdta.com.apple.quicktime.creationdate", text),)
        assert found(dated(("mvhd", MADE, MADE), facts=said_twice)) == []
    said_twice = (Fact("mdta.com.apple.quicktime.creationdate", "2018-02-03T17:00:00+0100"),)
    (finding,) = found(dated(("mvhd", MADE, MADE), facts=said_twice))
    assert (finding.kind, finding.template) == (Kind.CLOCK_OFFSET, "dates_stated")
    assert finding.params["first_at"] == "2018-02-03T16:00:00Z"


def test_matroska_redated_after_it_was_written() -> None:
    nanoseconds = str(540_000_000 * 10**9)  # 2018-02-10T00:00:00Z
    for day, count in (("2018-02-10 00:00:05", 0), ("2018-02-12 00:00:05", 1)):
        facts = (Fact("mkv.date_ns", nanoseconds), Fact("mkv.tag._STATISTICS_WRITING_DATE_UTC", day))
        assert len(disagreements(Structure("matroska", facts), 1.0, 60.0, DAY)) == count


def test_dates_that_are_none_of_the_calendar() -> None:
    wide = dated(
        ("mvhd", 1 << 62, 1 << 63), ("tkhd.0", 5, 5), facts=(Fact("mdta.creation_time", "0001-01-01T00:00+14:00"),)
    )
    found(wide)
    found(dated(("mvhd", 5, 5), facts=(Fact("mdta.creation_time", "9999-12-31T23:59-14:00"),)))


def test_dates_erased_from_a_cameras_file(of) -> None:
    assert said(of(h.brands("mp41", 0) + h.movie(GOPRO))) == [("dates_erased", "GoPro")]
    (finding,) = of(ISOM + h.movie(GOPRO, LAVF))  # one notice: FFmpeg's, with the empty date in its evidence
    assert any(e.name == "creation_time" and e.value == 0 for e in finding.evidence)


# ---- real copies ------------------------------------------------------------------------------


def examined(path: Path) -> list[Finding]:
    with open_recording(path) as recording:
        collector = FactsCollector(recording.media)
        for packet in recording.packets():
            collector.packet(packet)
        features = Features(recording.media, recording.packet_table(), None, None, coded=collector.finish())
    return list(DETECTOR.propose(features, DETECTOR.options).findings)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of H.264 and AAC as FFmpeg's library encodes them."""
    path = tmp_path_factory.mktemp("edit") / "clip.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("aac", rate=48000, layout="mono")
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), number, np.uint8), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for first in range(0, 48000, 1024):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            sound.sample_rate, sound.pts, sound.time_base = 48000, first, Fraction(1, 48000)
            out.mux(audio.encode(sound))
        out.mux(audio.encode(None))
    return path


def copied(source: Path, target: Path, **options: str) -> Path:
    with av.open(str(source)) as read, av.open(str(target), "w", options=options) as out:
        streams = {s.index: out.add_stream_from_template(s) for s in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                out.mux(packet)
    return target


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "ts", "flv"])
def test_a_copy_by_ffmpegs_library(clip: Path, tmp_path: Path, suffix: str) -> None:
    findings = examined(copied(clip, tmp_path / f"copy.{suffix}"))
    written = [f for f in findings if f.kind == Kind.EDIT_TRACE]
    assert [f.params["tool"] for f in written] == [FFMPEG]
    assert "x264" in [f.params["tool"] for f in findings if f.kind == Kind.REENCODE]


def test_a_copy_that_leaves_out_the_name(clip: Path, tmp_path: Path) -> None:
    findings = examined(copied(clip, tmp_path / "copy.mp4", fflags="+bitexact"))
    assert said(findings)[0] == ("edit_trace_layout", FFMPEG)


def test_encoders_are_named_with_their_settings(clip: Path) -> None:
    by = {f.params["tool"]: f for f in examined(clip) if f.kind == Kind.REENCODE}
    assert set(by) == {"x264", "FFmpeg (libavcodec)"}
    assert any("options:" in str(e.value) for e in by["x264"].evidence)
    assert any(re.fullmatch(r"Lavc[0-9.]+", str(e.value)) for e in by["FFmpeg (libavcodec)"].evidence)


# ---- real recordings --------------------------------------------------------------------------

ORIGINALS = (
    "drone_coast_gopro_karma.mp4",
    "handheld_walk_gopro_max.mp4",
    "iphone_rotated_gps.mov",
    "original_flir_thermal_vfr.mp4",
    "original_iphonexr_live_hevc_vfr.mov",
    "original_mjpeg_canon_incar.avi",
    "original_mjpeg_canon_s40.avi",
    "original_mjpeg_hp735_oddfps.avi",
    "original_mpeg1_hp435_native_dups.mpg",
    "original_mpeg1_sony_native_dups.mpg",
    "phone_dog_original.mp4",
)


@pytest.mark.parametrize("name", ORIGINALS)
def test_camera_originals_are_not_called_edited(footage: Path, tmp_path: Path, name: str) -> None:
    path = footage / "video" / name
    if not path.exists():
        pytest.skip(f"{name} is not there")
    assert examined(path) == []
    if path.suffix in (".mp4", ".mov"):
        source = shutil.copy(path, tmp_path / name)
        (written,) = [f for f in examined(remuxed(Path(source), tmp_path)) if f.template.startswith("edit_trace")]
        assert written.params["tool"] == FFMPEG


def remuxed(source: Path, folder: Path) -> Path:
    """Its first two seconds of pictures in a container of FFmpeg's."""
    target = folder / "again.mp4"
    with av.open(str(source)) as read, av.open(str(target), "w") as out:
        stream_ = out.add_stream_from_template(read.streams.video[0])
        for number, packet in enumerate(read.demux(read.streams.video[0])):
            if packet.dts is None or number >= 50:
                break
            packet.stream = stream_
            out.mux(packet)
    return target


def test_every_recording_with_a_lavf_name_is_told(footage: Path) -> None:
    told = 0
    for path in sorted((footage / "video2").iterdir()):
        if path.suffix == ".mp4" and b"Lavf" in path.read_bytes()[-4096:]:
            structure = read_structure(path)
            told += 1
            assert found(structure), path.name
    if not told:
        pytest.skip("no such recording")


def test_unreadable_files_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(ISOM + h.box("mdat", bytes(100)))
    with pytest.raises(MediaError):
        examined(tmp_path / "cut.mp4")
