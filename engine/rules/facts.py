"""Facts of a file that a report shows beside its findings; nothing is computed from them."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from engine.detectors.producers import producer_of
from engine.features.tables import INTERLACED, AudioTable, Features, FrameTable
from engine.media.model import StreamInfo
from engine.media.structure_print import fingerprint

_WRITER: Final = re.compile(
    r"^(ilst\.©too|vendor|compressor|riff\.ISFT|udta\.©(swr|too|fmt|inf|mod|enc)|mkv\..*app|mdta\..*(software|version))$"
)
"""Facts in which firmware and encoders name themselves and their version."""


def media_facts(features: Features) -> dict[str, Any]:
    """Format, streams, and what was decoded of them, as plain values.

    Times are seconds, rates frames or samples a second.
    """
    media, frames = features.media, features.frames
    facts: dict[str, Any] = {
        "format": media.format,
        "duration_s": _duration(features),
        "streams": len(media.streams),
        "video": None if media.video is None else _video(features, media.video, frames),
        "audio": None if media.audio is None else _audio(features, media.audio, features.audio),
    }
    if media.boxes is not None:
        facts["brand"] = media.boxes.major_brand
        facts["fragmented"] = media.boxes.fragmented
    if media.structure.text:
        known = producer_of(media.structure)
        facts["structure"] = {
            "fingerprint": fingerprint(media.structure.text),
            "producer": None if known is None else {"name": known.name, "what": known.what, "evidence": known.evidence},
            "writer": "; ".join(dict.fromkeys(f.value for f in media.structure.facts if _WRITER.search(f.name)))[:400],
        }
    if media.tags:
        facts["tags"] = dict(sorted(media.tags.items()))
    return facts


def _duration(features: Features) -> float | None:
    """Length of the presentation: to the end of the last picture, or of the sound."""
    frames, audio = features.frames, features.audio
    if frames is not None and len(frames):
        return round(frames.time(len(frames) - 1) + 1 / frames.rate, 6)
    if audio is not None and len(audio):
        return round(audio.end_s - audio.start_s, 6)
    return None


def _video(features: Features, stream: StreamInfo, frames: FrameTable | None) -> dict[str, Any]:
    table = features.packets
    rows = table.rows(stream.index)
    facts: dict[str, Any] = {
        "codec": stream.codec,
        "profile": stream.profile,
        "width": stream.width,
        "height": stream.height,
        "pixel_format": stream.pixel_format,
        "rate": None if stream.rate is None else round(float(stream.rate), 3),
        "rotation": stream.rotation,
        "packets": len(rows),
        "key_packets": int(np.count_nonzero(table.key[rows])),
        "hidden_packets": int(np.count_nonzero(table.hidden[rows])),
    }
    quantiser = _quantiser(features)
    if quantiser:
        facts["quantiser"] = quantiser
    if frames is not None:
        flags = np.asarray(frames["flags"], dtype=np.uint8)
        facts |= {
            "frames": len(frames),
            "timed": frames.timed,
            "usual_rate": round(frames.rate, 3),
            "undecodable": len(frames.undecodable),
            "converted": frames.converted,
            "hidden": frames.hidden,
            "interlaced": bool(np.any(flags & INTERLACED)),
        }
    return facts


def _quantiser(features: Features) -> dict[str, float]:
    """Mean quantiser of each kind of picture, as the headers of H.264 and HEVC state it."""
    coded = features.coded
    if coded is None or not len(coded):
        return {}
    kinds, values = coded.pictures["slice"], coded.pictures["qp"]
    chosen = {name: values[(kinds == kind) & (values >= 0)] for name, kind in (("I", 2), ("P", 0), ("B", 1))}
    return {name: round(float(v.mean()), 1) for name, v in chosen.items() if len(v)}


def _audio(features: Features, stream: StreamInfo, audio: AudioTable | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "codec": stream.codec,
        "sample_rate": stream.sample_rate,
        "channels": stream.channels,
        "packets": len(features.packets.rows(stream.index)),
    }
    if audio is not None:
        facts |= {
            "start_s": round(audio.start_s, 6),
            "end_s": round(audio.end_s, 6),
            "undecodable": len(audio.undecodable),
        }
    return facts
