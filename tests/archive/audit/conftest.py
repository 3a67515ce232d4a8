"""A small archive: a covered case, one whose recording ends too early, one with faults, and stray records."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures.camera import Camera, record

SETTINGS = """schema = "unbroken.archive/1"
department = "某市人民防空办公室"
timezone = "Asia/Shanghai"
"""
DEVICES = r"""schema = "unbroken.devices/1"
[[devices]]
serial = "DSJ0457"
kind = "body_camera"
filename = '(?P<device>DSJ\d{4})_(?P<date>\d{8})_(?P<time>\d{6})_(?P<seq>\d{4})'
[[devices]]
serial = "CAM0001"
kind = "still_camera"
filename = '(?P<device>CAM\d{4})_(?P<date>\d{8})_(?P<seq>\d{4})'
"""
DAY = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
"""By the wall clock of the devices, which write local time as if it were UTC."""


def clip(folder: Path, at: datetime, number: int, seconds: float = 2.0, seed: int = 0) -> Path:
    """A recording of device DSJ0457, named and stamped as it would."""
    path = folder / f"DSJ0457_{at:%Y%m%d_%H%M%S}_{number:04d}.mp4"
    return record(
        Camera(seed=seed or number, width=160, height=96, seconds=seconds, gop=25, start=at, clocked=False), path
    )


def case(folder: Path, identifier: str, start: str, end: str, rest: str = "", activity: str = "行政检查") -> Path:
    """A case folder with its file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (
        f'schema = "unbroken.case/1"\n[case]\nid = "{identifier}"\nactivity = "{activity}"\n'
        f'start = {start}\nend = {end}\nofficers = ["330101"]\noutcome = "guided"\n'
    )
    (folder / "case.toml").write_text(text + rest, encoding="utf-8")
    return folder


def listing(name: str, more: str = "") -> str:
    """A listed recording."""
    return f'[[recordings]]\npath = "{name}"\ndevice = "DSJ0457"\nimported = 2026-03-05T16:40:00+08:00\n{more}'


def declare(root: Path) -> Path:
    """An archive's own files."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "archive.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "devices.toml").write_text(DEVICES, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """What tests make archives of their own with."""
    return SimpleNamespace(clip=clip, case=case, listing=listing, declare=declare, day=DAY)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive as it was made; tests that change it take a copy (`archive`)."""
    root = declare(tmp_path_factory.mktemp("audit") / "档案")
    backup = tmp_path_factory.mktemp("backup")
    covered = root / "2026" / "1号"
    covered.mkdir(parents=True)
    names = [clip(covered, DAY, 1).name, clip(covered, DAY + timedelta(seconds=2), 2).name]
    for name in names:
        shutil.copyfile(covered / name, backup / name)
    rest = "".join(listing(n, f'backup = "{backup / n}"\n') for n in names)
    case(covered, "1号", "2026-03-05T09:30:00+08:00", "2026-03-05T09:30:04+08:00", rest)
    short = root / "2026" / "2号"
    short.mkdir()
    name = clip(short, DAY + timedelta(hours=2), 5).name
    clip(short, DAY + timedelta(hours=5), 6)
    case(short, "2号", "2026-03-05T11:30:00+08:00", "2026-03-05T11:33:20+08:00", listing(name))
    case(root / "2026" / "3号", "3号", "2026-03-05T12:00:00+08:00", "2026-03-05T11:00:00+08:00")
    clip(root, DAY + timedelta(hours=7), 9)
    return root


@pytest.fixture
def archive(pristine: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(pristine, tmp_path / "档案"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is known of the files of `pristine`, so that they are decoded once for all tests."""
    return str(tmp_path_factory.mktemp("cache"))
