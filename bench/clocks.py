"""``python -m bench.clocks``: how right the clock panel is, on footage whose clocks are known.

Generated recordings carry a burnt-in clock whose offset and rate are known; of real ones (UNBROKEN_FOOTAGE) what
their own clocks say of each other. Needs the extra ``ocr``. The tables go into the page of figures by
``python -m bench --put clocks FILE``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from engine.archive.guarding import Options
from engine.archive.inspect import inspect
from fixtures.camera import Camera, record
from fixtures.tamper import tamper

OFFSETS: Final = (
    (640, 360, datetime(2026, 3, 5, 9, 30, 0, tzinfo=UTC)),
    (640, 360, datetime(2026, 3, 5, 23, 59, 50, 600_000, tzinfo=UTC)),
    (854, 480, datetime(2025, 12, 31, 8, 7, 6, 250_000, tzinfo=UTC)),
    (1280, 720, datetime(2024, 2, 29, 17, 0, 59, 900_000, tzinfo=UTC)),
)
"""Picture size, and what the clock shows at the first picture."""
RATES_PPM: Final = (0.0, 50.0, -200.0)
REAL: Final = (
    "video/handheld_walk_gopro_max.mp4",
    "video/iphone_rotated_gps.mov",
    "video/original_iphonexr_live_hevc_vfr.mov",
    "video/cctv_osd_motorway_foreste_GLITCH168.mp4",
    "video/cctv_osd_tunnel.mp4",
    "video2/trail_chimps_zamba.mp4",
)


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.clocks", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="length of the recordings whose rate is measured")
    parser.add_argument("--work", type=Path, default=Path(".cache/clocks"))
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables to this Markdown file")
    args = parser.parse_args(arguments)
    args.work.mkdir(parents=True, exist_ok=True)
    text = (
        "\n".join([*offsets(args.work), "", *rates(args.work, args.minutes), "", *cut(args.work), "", *real()]) + "\n"
    )
    if args.write:
        args.write.write_text(text, encoding="utf-8")
    print(text)
    return 0


def offsets(work: Path) -> Iterator[str]:
    """The time of the first picture, by the clock in the picture, against what was burnt in."""
    yield "### Time of the first picture, by the clock in the picture (generated, 25 frames a second)"
    yield ""
    yield "| picture | true | told | error, s | stated uncertainty, s |"
    yield "|---|---|---|---|---|"
    for number, (width, height, start) in enumerate(OFFSETS):
        camera = Camera(seed=number, seconds=20, width=width, height=height, start=start)
        clip = record(camera, _folder(work, f"offset-{number}"))
        told = inspect(clip).clocks["start"]
        error = datetime.fromisoformat(told["time"]).replace(tzinfo=UTC) - start
        yield (
            f"| {width}×{height} | {start:%Y-%m-%d %H:%M:%S.%f} | {told['time'].replace('T', ' ')} ({told['clock']}) "
            f"| {error.total_seconds():+.3f} | {told['uncertainty_s']:g} |"
        )


def rates(work: Path, minutes: float) -> Iterator[str]:
    """The rate of the clock in the picture, in recordings whose timestamps were stretched by so many ppm."""
    camera = Camera(seed=7, seconds=minutes * 60, rate=Fraction(10), view="still", quality=30, sound=None)
    clip = next(_folder(work, f"rate-{minutes:g}").glob("*.mp4"), None) or record(
        camera, _folder(work, f"rate-{minutes:g}")
    )
    yield f"### Rate of the clock in the picture over {minutes:g} min (generated, 10 frames a second)"
    yield ""
    yield "The timestamps of the copies are exact. Where a recorder rounds each tick up to a picture (25 a second), the"
    yield "error stays within 20 ppm over 30 min: `tests/detectors/test_clockfit.py`."
    yield ""
    yield "| true, ppm | told, ppm | error, ppm | stated uncertainty, ppm | ticks |"
    yield "|---|---|---|---|---|"
    for ppm in RATES_PPM:
        line = _line(inspect(_stretched(clip, ppm)).clocks, "on_screen")
        rate = line["rate_ppm"]
        yield (
            f"| {ppm:+g} | {rate['value']:+.1f} | {rate['value'] - ppm:+.1f} | {rate['uncertainty']:.0f} "
            f"| {line['readings']} |"
        )


def _stretched(clip: Path, ppm: float) -> Path:
    """A copy whose pictures come so much closer together that the clock in them runs `ppm` fast."""
    if not ppm:
        return clip
    target = clip.with_name(f"{clip.stem}{ppm:+g}.mkv")
    factor = 1 / (1 + ppm * 1e-6)
    copy = ["ffmpeg", "-v", "error", "-y", "-i", clip, "-c", "copy", "-bsf:v", f"setts=ts=round(TS*{factor:.9f})"]
    subprocess.run([*map(str, copy), str(target)], check=True)
    return target


def cut(work: Path) -> Iterator[str]:
    """A cut under a running clock."""
    folder = _folder(work, "cut")
    clip = record(Camera(seed=5, seconds=40, gop=25, start=OFFSETS[0][2]), folder)
    tamper(clip, "cut_copy", 3, folder, name="cut")
    found = [f for f in inspect(folder / "cut.mp4").findings if _with_clock(f)]
    yield "### Three seconds cut out under a running clock (generated, packets copied)"
    yield ""
    yield "| frames | from | to | severity |"
    yield "|---|---|---|---|"
    for finding in found:
        for one in (finding, *finding.parts):
            if one.template.startswith("screen_clock"):
                yield (
                    f"| {one.start_frame}, {one.end_frame} | {one.params['from']} | {one.params['to']} "
                    f"| {finding.severity.label} |"
                )


def _with_clock(finding: Any) -> bool:
    return any(f.template.startswith("screen_clock") for f in (finding, *finding.parts))


def real() -> Iterator[str]:
    """What the clocks of real recordings say of each other."""
    footage = os.environ.get("UNBROKEN_FOOTAGE")
    if not footage:
        return
    yield "### Clocks of real recordings, against the best of each"
    yield ""
    yield "| recording | clock | shows | zone | offset, s |"
    yield "|---|---|---|---|---|"
    for name in REAL:
        path = Path(footage, name)
        if path.is_file():
            for line in inspect(path, Options()).clocks.get("clocks", ()):
                yield _real_row(path.name, line)


def _real_row(name: str, line: Mapping[str, Any]) -> str:
    offset = line["offset_s"]
    told = "reference" if offset is None else f"{offset['value']:+.1f} ± {offset['uncertainty']:.1f}"
    zone = "" if line["zone_s"] is None else f"{line['zone_s'] / 3600:+g} h"
    assumed = " (by comparison)" if line["zone_assumed"] else ""
    return f"| {name} | {line['clock']} | {line['time'].replace('T', ' ')} | {zone}{assumed} | {told} |"


def _line(clocks: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(line for line in clocks["clocks"] if line["clock"] == name)


def _folder(work: Path, name: str) -> Path:
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
