"""A small archive whose declarations are right, to be made wrong in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SETTINGS = """\
schema = "unbroken.archive/1"
department = "某市人民防空办公室"
timezone = "Asia/Shanghai"
rule_pack = "zj-rf-2019"
items = ["公告"]

[overrides]
coverage_tolerance_s = 120
"""

DEVICES = r"""schema = "unbroken.devices/1"

[[devices]]
serial = "DSJ0457"
kind = "body_camera"
filename = '(?P<device>DSJ\d{4})_(?P<date>\d{8})_(?P<time>\d{6})_(?P<seq>\d{4})'
segment_s = 300

[[devices]]
serial = "CAM1"
kind = "cctv"
"""

CASE = """\
schema = "unbroken.case/1"

[case]
id = "杭人防检字〔2026〕12号"
activity = "行政检查"
start = 2026-03-05T09:30:00+08:00
end = 2026-03-05T10:12:00+08:00
place = "某小区"
officers = ["330101", "330102"]
dispute = false
outcome = "guided"
permanent = []
closed = 2026-03-06

[[recordings]]
path = "DSJ0457_20260305_092950_0001.mp4"
device = "DSJ0457"
imported = 2026-03-05T16:40:00+08:00
backup = "../../backup/DSJ0457_20260305_092950_0001.mp4"

[[recordings]]
path = "photos/IMG_0031.jpg"
clock_check = { device = 2026-03-05T09:00:03+08:00, reference = 2026-03-05T09:00:00+08:00 }

[[interruptions]]
start = 2026-03-05T09:51:00+08:00
end = 2026-03-05T09:53:30+08:00
reason = "battery"
device = "DSJ0457"

[[exemptions]]
reason = "urgent"
basis = "…"
approved_by = "330001"
approved = 2026-03-06

[[moments]]
kind = "signing"
at = 2026-03-05T10:08:00+08:00

[export_extension]
approved_by = "330001"
approved = 2026-03-05T18:00:00+08:00
"""

CASE_PATH = "2026/杭人防检字12号/case.toml"

Put = Callable[[str, str | bytes], Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write a file below the archive."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def archive(tmp_path: Path, put: Put) -> Path:
    """A right archive with one case."""
    put("archive.toml", SETTINGS)
    put("devices.toml", DEVICES)
    put(CASE_PATH, CASE)
    return tmp_path
