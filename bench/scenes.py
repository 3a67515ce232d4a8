"""PySceneDetect, beside `inspect`."""

from __future__ import annotations

from pathlib import Path

from bench import samples, usage
from bench.decode import examine, pair_rows, recording
from bench.results import Row, Settings, Suite
from bench.stats import interleave

HOW = """\
PySceneDetect looks for scene changes in the picture alone, with its defaults (it reduces the picture first);
`inspect` decodes and measures picture and sound, and hashes the file. In process, after one run of each that does
not count. There is no budget: the pair shows where the engine stands."""


def measure(settings: Settings) -> tuple[Row, ...]:
    """Each detector with each backend (in a quick run the one with our decoder) on the 1080p recording."""
    path = recording(samples.FULL_HD, settings)
    examine(path)
    rows: list[Row] = []
    for detector in ("AdaptiveDetector", "ContentDetector"):
        for backend in ("pyav",) if settings.quick else ("opencv", "pyav"):
            peers, owns = interleave(
                settings.rounds(3),
                lambda d=detector, b=backend: usage.call(lambda: detect(path, d, b)),  # type: ignore[misc]
                lambda: usage.call(lambda: examine(path)),
            )
            peer = f'scenedetect {detector}(), open_video("{path}", backend="{backend}")'
            rows += pair_rows(f"{detector}, {backend}", peers, owns, (peer, f'engine.inspect("{path}")'), None)
    return tuple(rows)


def detect(path: Path, detector: str, backend: str) -> int:
    """Number of scenes that PySceneDetect finds."""
    import scenedetect

    manager = scenedetect.SceneManager()
    manager.add_detector(getattr(scenedetect, detector)())
    manager.detect_scenes(scenedetect.open_video(str(path), backend=backend))
    return len(manager.get_scene_list())


SUITE = Suite("scenes", "`inspect` against PySceneDetect", HOW, measure)
