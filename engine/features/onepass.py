"""One pass over a file: packets to whoever watches, pictures and sound to tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.features.picturetrack import PictureTrack
from engine.features.soundtrack import SoundTrack
from engine.features.speech import SpeechMeter
from engine.features.tables import Features
from engine.media.errors import MediaError
from engine.media.frames import decoded, flushed
from engine.media.model import StreamInfo
from engine.media.reader import CodedPacket, Limits, Recording, open_recording
from engine.media.samples import prepare_sound_decoder, samples_of
from engine.media.slices import FactsCollector
from engine.media.telemetry import TelemetryCollector


class PacketObserver(Protocol):
    """Sees every packet of every stream before it is decoded, in the order of the file."""

    def packet(self, packet: CodedPacket, /) -> None:
        """`packet.data` is valid during the call only."""


Progress = Callable[[int, float], None]
"""Called now and then with pictures measured and seconds of presentation reached."""


def extract(
    path: str | os.PathLike[str],
    *,
    observers: Sequence[PacketObserver] = (),
    threads: int = 0,
    limits: Limits | None = None,
    progress: Progress | None = None,
    meter: SpeechMeter | None = None,
) -> Features:
    """Read a file once and measure every presented picture and all sound.

    Parameters
    ----------
    path
        The recording.
    observers
        Offered every packet, also of streams that are not examined.
    threads
        Decoder threads; 0 for one a processor. The tables do not depend on it.
    limits
        What the file may ask for at most.
    progress
        See `Progress`.
    meter
        Listens for speech, one for each recording; without one it is not looked for.

    Returns
    -------
    Features
        `frames` and `audio` are None where there is no such stream. Wide columns are memory
        maps of files that no longer have a name.

    Raises
    ------
    MediaError
        The file cannot be opened (reasons of `open_recording`), or ``scratch_full``: there is
        no room for the wide columns.
    """
    try:
        with open_recording(path, limits) as recording:
            return _Pass(recording, threads, progress, meter).run(observers)
    except OSError as error:
        raise MediaError(path, "scratch_full", error.strerror or str(error)) from error


class _Pass:
    """The streams that are examined, while packets go by."""

    def __init__(
        self, recording: Recording, threads: int, progress: Progress | None, meter: SpeechMeter | None
    ) -> None:
        self._recording = recording
        self._meter = meter
        media = recording.media
        self._pictures = self._picture_track(media.video, threads, progress)
        self._sound = self._sound_track(media.audio)
        self._silent: list[int] = []
        self._coded = FactsCollector(media)
        self._telemetry = TelemetryCollector(media, recording.timelines)

    def _picture_track(self, stream: StreamInfo | None, threads: int, progress: Progress | None) -> PictureTrack | None:
        if stream is None:
            return None
        timeline = self._recording.timelines[stream.index]
        return PictureTrack(stream, self._codec(stream), timeline.place, threads, progress, self._recording.limits)

    def _sound_track(self, stream: StreamInfo | None) -> SoundTrack | None:
        codec = self._codec(stream) if stream else None
        if stream is None or codec is None:
            return None
        prepare_sound_decoder(codec)
        return SoundTrack(stream.time_base, self._recording.timelines[stream.index].place, self._meter)

    def _codec(self, stream: StreamInfo) -> Any:
        """The stream's decoder; None where there is none for it."""
        codec = self._recording.codec(stream.index)
        return codec if codec is not None and codec.codec is not None else None

    def run(self, observers: Sequence[PacketObserver]) -> Features:
        media = self._recording.media
        video = media.video.index if media.video else -1
        audio = media.audio.index if media.audio and self._sound else -1
        try:
            for packet in self._recording.packets():
                for observer in observers:
                    observer.packet(packet)
                self._coded.packet(packet)
                self._telemetry.packet(packet)
                if packet.stream == video and self._pictures:
                    self._pictures.packet(packet)
                elif packet.stream == audio:
                    self._hear(packet)
            return self._finish()
        except BaseException:
            self._close()
            raise

    def _hear(self, packet: CodedPacket) -> None:
        assert self._sound is not None
        frames = decoded(packet)
        if frames is None:
            self._silent.append(packet.row)
        else:
            self._listen(frames)

    def _listen(self, frames: Sequence[Any]) -> None:
        assert self._sound is not None
        for frame in frames:
            samples = samples_of(frame)
            if samples is not None:
                self._sound.add(samples)

    def _finish(self) -> Features:
        media = self._recording.media
        if self._pictures and media.video:
            self._pictures.frames(flushed(self._recording, media.video.index))
        if self._sound and media.audio:
            self._listen(flushed(self._recording, media.audio.index))
        packets = self._recording.packet_table()
        if self._pictures and media.video:
            self._pictures.make_up(packets)
        frames = self._pictures.finish(packets) if self._pictures else None
        origin: Fraction | None = None
        if frames is not None and len(frames):
            origin = frames.origin * frames.time_base
        silent: NDArray[np.int32] = np.asarray(self._silent, np.int32)
        audio = self._sound.finish(origin, silent) if self._sound else None
        return Features(
            media=media,
            packets=packets,
            frames=frames,
            audio=audio,
            coded=self._coded.finish(),
            telemetry=self._telemetry.finish(packets),
        )

    def _close(self) -> None:
        for track in (self._pictures, self._sound):
            if track is not None:
                track.close()
