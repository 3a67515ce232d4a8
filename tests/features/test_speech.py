"""Speech beside its rows: where somebody speaks, where nobody can say, and where nobody listened."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.features import speech
from engine.features.soundtrack import SoundTrack
from engine.features.speech import Heard, SpeechMeter, heard
from engine.features.tables import AUDIO_COLUMNS, AudioTable
from engine.media.samples import Samples

MILLI = Fraction(1, 1000)
NONE = np.zeros(0, np.int32)


class _LoudNetwork:
    """A judge whose answer is known: per cent of full scale."""

    window_size_samples = 512

    def process(self, window: memoryview) -> float:
        return float(np.abs(np.asarray(window)).max())

    def reset(self) -> None:
        pass


class _LoudSieve:
    def is_speech(self, frame: bytes, rate: int) -> bool:
        return bool(np.abs(np.frombuffer(frame, np.int16)).max() > 16000)


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_network", lambda: (_LoudNetwork(), 512))
    monkeypatch.setattr(speech, "_sieve", _LoudSieve)
    return


def table(*runs: Samples, meter: SpeechMeter | None = None) -> AudioTable:
    track = SoundTrack(MILLI, int, meter)
    for samples in runs:
        track.add(samples)
    out = track.finish(None, NONE)
    assert out is not None
    return out


def level(pts: int, *parts: tuple[float, float], rate: int = 16000) -> Samples:
    values = np.concatenate([np.full(round(s * rate), round(v * 32767), np.int16) for s, v in parts])
    return Samples(values[:, None], False, rate, pts, 0)


def test_not_asked_for_is_not_measured() -> None:
    got = table(level(0, (1.0, 0.9)))
    assert set(got.columns) == set(AUDIO_COLUMNS)
    assert (got["speech"] == 255).all()
    assert heard(got) == Heard((), (), ())


@pytest.mark.usefixtures("loud")
@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_rows_stand_where_the_sound_is(rate: int) -> None:
    got = table(level(0, (2.0, 0.0), (3.0, 0.9), (1.0, 0.0), rate=rate), meter=SpeechMeter())
    ((start, end, likely),) = heard(got).speech
    assert start == pytest.approx(2.0, abs=0.05)
    assert end == pytest.approx(5.0, abs=0.05)
    assert likely > 80
    ((first, last),) = heard(got).examined
    assert (first, last) == pytest.approx((0.0, 6.0), abs=0.04)  # the last piece may be too short to judge


@pytest.mark.usefixtures("loud")
def test_pieces_make_no_difference() -> None:
    whole = level(0, (1.0, 0.0), (2.0, 0.9), (1.0, 0.0))
    cuts = np.array_split(whole.values, 17)
    at, pieces = 0, []
    for part in cuts:
        pieces.append(Samples(part, False, 16000, round(at / 16), 0))
        at += len(part)
    a, b = table(whole, meter=SpeechMeter()), table(*pieces, meter=SpeechMeter())
    assert a["speech"].tobytes() == b["speech"].tobytes()
    assert a["voiced"].tobytes() == b["voiced"].tobytes()


@pytest.mark.usefixtures("loud")
def test_a_hole_is_not_examined_and_what_follows_stays_in_place() -> None:
    got = table(level(0, (2.0, 0.0)), level(5000, (1.0, 0.9), (1.0, 0.0)), meter=SpeechMeter())
    out = heard(got)
    edges = [t for stretch in out.examined for t in stretch]
    assert edges == pytest.approx([0.0, 2.0, 5.0, 7.0], abs=0.04)
    assert out.speech[0][0] == pytest.approx(5.0, abs=0.05)
    assert (np.asarray(got["speech"])[200:500] == 255).all()


@pytest.mark.usefixtures("loud")
def test_a_clatter_is_no_speech_and_a_pause_does_not_end_it() -> None:
    clatter = table(level(0, (1.0, 0.0), (0.1, 0.9), (1.0, 0.0)), meter=SpeechMeter())
    assert heard(clatter).speech == ()
    pause = table(level(0, (1.0, 0.9), (0.2, 0.0), (1.0, 0.9)), meter=SpeechMeter())
    assert len(heard(pause).speech) == 1
    breath = table(level(0, (1.0, 0.9), (0.6, 0.0), (1.0, 0.9)), meter=SpeechMeter())
    assert len(heard(breath).speech) == 2


def marked(likely: NDArray[Any], voiced: NDArray[Any]) -> AudioTable:
    values = {name: np.zeros(len(likely), dtype) for name, dtype in AUDIO_COLUMNS.items()}
    values |= {"speech": likely.astype(np.uint8), "voiced": voiced.astype(np.uint8)}
    return AudioTable(0.0, len(likely) / 100, 16000, 1, values, NONE)


def test_where_only_the_coarse_judge_hears_a_voice_nobody_can_say() -> None:
    likely, voiced = np.zeros(600), np.zeros(600)
    voiced[100:300] = 100
    assert heard(marked(likely, voiced)).unclear == ((1.0, 3.0),)
    likely[100:300] = 90
    out = heard(marked(likely, voiced))
    assert out.unclear == ()
    assert [(a, b) for a, b, _ in out.speech] == [(1.0, 3.0)]


def _speech(path: Path) -> NDArray[np.float64]:
    with av.open(str(path)) as container:
        parts = [f.to_ndarray() for f in container.decode(audio=0)]
    return np.concatenate([p.reshape(-1) for p in parts]).astype(np.float64)


@pytest.mark.parametrize(("ratio_db", "found"), [(20, True), (5, True), (None, False)])
def test_mandarin_in_noise(footage: Path, ratio_db: int | None, found: bool) -> None:
    """Real speech from 4 s on, in pink-like noise of that many decibels less; without it, noise alone."""
    voice = _speech(footage / "audio" / "speech_zh_long.wav")
    noise = np.cumsum(np.random.default_rng(3).normal(size=16000 * 14))
    noise -= np.convolve(noise, np.ones(400) / 400, "same")
    scene = np.zeros(16000 * 14)
    if ratio_db is not None:
        scene[64000 : 64000 + len(voice)] = voice
    power = np.sqrt((voice**2).mean()) / 10 ** ((ratio_db or 5) / 20)
    mixed = np.clip(scene + noise / noise.std() * power, -32768, 32767).astype(np.int16)
    out = heard(table(Samples(mixed[:, None], False, 16000, 0, 0), meter=SpeechMeter()))
    assert bool(out.speech) is found
    if found:
        assert out.speech[0][0] == pytest.approx(4.68, abs=0.4)
        assert out.speech[-1][1] == pytest.approx(11.33, abs=0.6)
