"""What `tools/fuzz.py` feeds with damaged bytes: each parser, what it may refuse with, and seeds for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

Parse = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Target:
    """A parser under test.

    Parameters
    ----------
    parse
        Called with any bytes.
    refusals
        What it may raise for bytes that are not what it reads.
    seeds
        Names of the seeds that are damaged for it.
    share
        Its part of all cases; slow ones get a small one.
    """

    parse: Parse
    refusals: tuple[type[Exception], ...]
    seeds: tuple[str, ...]
    share: float = 1.0


class _Scratch:
    """A file in memory, for parsers that open one by its name."""

    def __init__(self) -> None:
        self._descriptor = os.memfd_create("fuzz")
        self.path = f"/proc/self/fd/{self._descriptor}"

    def holding(self, data: bytes) -> str:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, data, 0)
        return self.path


def targets(made: Mapping[str, bytes]) -> Mapping[str, Target]:
    """All parsers by name; `made` is what `seeds` gives."""
    return {**_containers(), **_bitstreams(), **_kernels(), **_proofs(made), **_telemetry()}


def _containers() -> dict[str, Target]:
    from engine.media.boxes import read_boxes
    from engine.media.riff_index import read_index
    from engine.media.structure import read_structure
    from engine.media.transport import scan_transport

    scratch = _Scratch()
    return {
        "boxes": Target(lambda d: read_boxes(scratch.holding(d)), (), ("mp4", "fragmented")),
        "structure_mp4": Target(lambda d: read_structure(scratch.holding(d)), (), ("mp4", "mov", "fragmented")),
        "structure_ebml": Target(lambda d: read_structure(scratch.holding(d)), (), ("mkv",)),
        "structure_riff": Target(lambda d: read_structure(scratch.holding(d)), (), ("avi", "wav")),
        "riff_index": Target(lambda d: read_index(scratch.holding(d)), (), ("avi",)),
        "structure_ts": Target(lambda d: read_structure(scratch.holding(d)), (), ("ts",)),
        "transport": Target(lambda d: scan_transport(scratch.holding(d), 0x100), (), ("ts",)),
    }


def _bitstreams() -> dict[str, Target]:
    from engine.media import aac, av1, bitstream, latm, vvc
    from engine.media.bitstream import BitstreamError
    from engine.media.headers import HeaderReader
    from engine.media.model import StreamInfo
    from engine.media.photo_parts import photo_parts

    def unit(data: bytes) -> None:
        for codec in ("h264", "hevc"):
            for piece in bitstream.split_start_codes(data):
                bitstream.kind_of(codec, piece)
                try:
                    bitstream.set_number(codec, piece)
                except BitstreamError:
                    continue

    def field(data: bytes) -> None:
        facts = bitstream.SpsFacts(8, False, True)
        bitstream.lone_field(bitstream.split_start_codes(data), dict.fromkeys(range(256), facts))

    def loas(data: bytes) -> None:
        mux, _ = latm.read_loas(data, None)
        latm.read_loas(data, mux)

    def open_units(data: bytes) -> None:
        for piece in av1.open_bitstream_units(data):
            assert len(piece) <= len(data)

    def headers(codec: str) -> Parse:
        stream = StreamInfo(0, 1, "video", codec, Fraction(1, 25), 0, None)

        def parse(data: bytes) -> None:
            reader = HeaderReader(replace(stream, extradata=data))
            reader.packet(0, data)
            assert len(reader.finish().rows) == 1

        return parse

    refused = (BitstreamError,)
    return {
        "lengths": Target(lambda d: bitstream.split_lengths(d, 4), refused, ("avc", "hevc")),
        "configuration_h264": Target(lambda d: bitstream.configuration("h264", d), refused, ("avcc",)),
        "configuration_hevc": Target(lambda d: bitstream.configuration("hevc", d), refused, ("hvcc",)),
        "configuration_vvc": Target(vvc.configuration, refused, ("hvcc",)),
        "units": Target(unit, refused, ("annexb", "annexb_hevc")),
        "sps": Target(bitstream.sps_facts, refused, ("sps",)),
        "pps": Target(bitstream.pps_numbers, refused, ("sps",)),
        "fields": Target(field, refused, ("annexb",)),
        "asc": Target(aac.audio_specific_config, refused, ("asc", "adts")),
        "adts": Target(aac.read_adts, refused, ("adts",)),
        "program": Target(aac.split_program, refused, ("adts",)),
        "latm": Target(loas, refused, ("loas",)),
        "av1": Target(open_units, refused, ("annexb",)),
        "headers_mpeg4": Target(headers("mpeg4"), (), ("mpeg4",)),
        "headers_mpeg2": Target(headers("mpeg2video"), (), ("mpeg2",)),
        "headers_jpeg": Target(headers("mjpeg"), (), ("jpeg", "picture")),
        "photo": Target(photo_parts, (BitstreamError, ValueError), ("jpeg", "png")),
    }


def _kernels() -> dict[str, Target]:
    from engine.kernels import avc, hevc
    from engine.kernels import columns as c
    from engine.kernels.bits import reader

    def facts(codec: str, prefix: int) -> Parse:
        tables = avc.tables() if codec == "h264" else hevc.tables()
        module, state, out = (avc if codec == "h264" else hevc), reader(), np.empty(c.COUNT, np.int64)

        def parse(data: bytes) -> None:
            array = np.frombuffer(data or b"\0", np.uint8)
            module.scan(array, prefix, *tables, state, module.BANNER, out)
            assert -1 <= out[c.QP] <= 51
            assert -1 <= out[c.SLICE] <= 2

        return parse

    return {
        "scan_avc": Target(facts("h264", 4), (), ("avc",), 2.0),
        "scan_avc_codes": Target(facts("h264", 0), (), ("annexb",), 2.0),
        "scan_hevc": Target(facts("hevc", 4), (), ("hevc",), 2.0),
        "scan_hevc_codes": Target(facts("hevc", 0), (), ("annexb_hevc",), 2.0),
    }


def _proofs(made: Mapping[str, bytes]) -> dict[str, Target]:
    from engine.archive.manifests.reading import decoded, parsed
    from engine.proofs import envelope
    from engine.proofs.parquet import read_leaves
    from engine.proofs.problems import ProofProblem

    scratch = _Scratch()
    header = envelope.from_bytes(made["seal"]).header

    def document(data: bytes) -> None:
        text = decoded(data, "archive.toml")
        if isinstance(text, str):
            parsed(text, "archive.toml")

    def leaves(data: bytes) -> None:
        read_leaves(scratch.holding(data), header)

    return {
        "seal": Target(envelope.from_bytes, (ProofProblem,), ("seal",), 0.5),
        "leaves": Target(leaves, (ProofProblem,), ("leaves",), 0.1),
        "toml": Target(document, (), ("toml",), 0.3),
    }


def _telemetry() -> dict[str, Target]:
    from engine.media import telemetry_binary, telemetry_gpmf, telemetry_text

    def boxes(data: bytes) -> None:
        telemetry_binary.gps_boxes(BytesIO(data), len(data))

    return {
        "gpmf": Target(telemetry_gpmf.gpmf_times, (), ("gpmf",)),
        "camm": Target(telemetry_binary.camm_times, (), ("gpmf",)),
        "gps_boxes": Target(boxes, (), ("mp4", "gps")),
        "nmea": Target(telemetry_text.nmea_times, (), ("nmea",)),
        "written": Target(telemetry_text.written_times, (), ("nmea",)),
    }


# ---- seeds ------------------------------------------------------------------------------------

HEAD = 48 << 10
"""Bytes of a seed at most: what parsers read stands at the beginning of a file, or at its end."""


def seeds() -> dict[str, bytes]:
    """Small recordings in every container, their packets and configurations, a seal and its leaves."""
    from engine.proofs.seal import seal
    from fixtures.camera import Camera, record
    from fixtures.writing import SoundFormat

    found: dict[str, bytes] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        sound = SoundFormat("aac", 48000, 1)
        for suffix in ("mp4", "mov", "mkv", "ts"):
            camera = Camera(width=64, height=48, seconds=0.4, sound=sound, suffix=f".{suffix}")
            found[suffix] = record(camera, folder / f"a.{suffix}").read_bytes()
        mjpeg = Camera(width=64, height=48, seconds=0.2, codec="mjpeg", sound=None, suffix=".avi")
        found["avi"] = record(mjpeg, folder / "a.avi").read_bytes()
        record(Camera(width=64, height=48, seconds=0.4, codec="hevc", sound=None), folder / "h.mp4")
        found |= _packets(folder / "a.mp4", "avc", "avcc") | _packets(folder / "h.mp4", "hevc", "hvcc")
        record(Camera(width=64, height=48, seconds=0.4, codec="mpeg4", sound=None), folder / "m.mp4")
        record(Camera(width=64, height=48, seconds=0.4, codec="mpeg2video", sound=None), folder / "m2.mp4")
        found |= _packets(folder / "m.mp4", "mpeg4", "vol") | _packets(folder / "m2.mp4", "mpeg2", "sequence")
        found["mpeg4"] = found["vol"] + found["mpeg4"]
        found |= _packets(folder / "a.avi", "picture", "none")
        sealed = seal(folder / "a.mp4")
        assert sealed is not None
        found["seal"] = (folder / "a.mp4.unbroken.json").read_bytes()
        found["leaves"] = (folder / "a.mp4.unbroken.parquet").read_bytes()
        found["fragmented"] = _fragmented(folder)
        found["loas"] = _loas(folder)
    return {name: data if len(data) <= HEAD else data[:HEAD] for name, data in (found | _written(found)).items()}


def _packets(path: Path, name: str, record: str) -> dict[str, bytes]:
    """Packets and configurations of a recording."""
    from engine.media.reader import open_recording

    with open_recording(path) as recording:
        media = recording.media
        assert media.video is not None
        packets = [bytes(p.data) for p in recording.packets() if p.stream == media.video.index]
        found = {record: media.video.extradata, name: packets[0]}
        if media.audio is not None:
            found["asc"] = media.audio.extradata
    return found


def _fragmented(folder: Path) -> bytes:
    import av

    with (
        av.open(str(folder / "a.mp4")) as old,
        av.open(str(folder / "f.mp4"), "w", options={"movflags": "frag_keyframe+empty_moov"}) as new,
    ):
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return (folder / "f.mp4").read_bytes()


def _loas(folder: Path) -> bytes:
    """The first frame of sound in LATM."""
    source, target = str(folder / "a.mp4"), str(folder / "a.latm")
    command = ["ffmpeg", "-v", "error", "-i", source, "-vn", "-c", "copy", "-f", "latm", target]
    subprocess.run(command, check=True)
    data = (folder / "a.latm").read_bytes()
    return data[: 3 + ((data[1] & 0x1F) << 8 | data[2])]


def _written(found: Mapping[str, bytes]) -> dict[str, bytes]:
    """Seeds that are written here, or made of others."""
    from engine.media.bitstream import configuration, split_lengths

    def codes(codec: str, record: str, name: str) -> bytes:
        units = [*configuration(codec, found[record]).units, *split_lengths(found[name], 4)]
        return b"".join(b"\0\0\0\1" + u for u in units)

    avc = configuration("h264", found["avcc"]).units
    raw = bytes(range(64))
    adts = bytes([0xFF, 0xF1, 0x4C, 0x40, 0x0A, 0x3F, 0xFC]) + raw
    block = b"DEVC\0\1\0\x08STRMc\0\x08GPSUc\x10\0\1" + b"200305093000.000"
    return {
        "annexb": codes("h264", "avcc", "avc"),
        "annexb_hevc": codes("hevc", "hvcc", "hevc"),
        "sps": avc[0],
        "adts": adts,
        "wav": b"RIFF\x64\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\xbb\0\0\0\x77\1\0\2\0\x10\0data\x40\0\0\0" + raw,
        "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xda\0\x08\1\1\0\0\x3f\0" + raw + b"\xff\xd9",
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU\0\0\0\0IEND\xaeB`\x82",
        "gpmf": block,
        "gps": b"\0\0\0\x18moov\0\0\0\x10gps \0\0\0\1\0\0\0\1" + found["mp4"][:4096],
        "nmea": b"$GPRMC,093000.00,A,3012.34,N,12012.34,E,0.0,0.0,050320,,,A*6C\r\n2020-03-05 09:30:00\n",
        "toml": b'schema = "unbroken.archive/1"\ndepartment = "x"\n[calendar]\ndays = [2020-01-01]\n',
    }
