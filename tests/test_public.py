"""The public surface: small, listed, cheap to import, and as the README says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).parent.parent
HEAVY = ("numpy", "av", "numba", "skimage", "pyarrow", "blake3", "pydantic", "rich", "typer")


def test_all_equals_the_visible_names() -> None:
    assert sorted(engine.__all__) == dir(engine)
    for name in engine.__all__:
        assert getattr(engine, name) is not None
    with pytest.raises(AttributeError):
        engine.no_such_name  # noqa: B018 - the access is the test


def test_importing_the_engine_imports_nothing_heavy() -> None:
    code = f"import sys, engine; print([m for m in {HEAVY!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_example_in_the_readme_runs(tmp_path: Path) -> None:
    from fixtures.camera import Camera, record

    example = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(example) == 1
    record(Camera(width=320, height=180, seconds=3), tmp_path / "clip.mp4")
    result = subprocess.run(
        [sys.executable, "-c", example[0]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    verdict, status = result.stdout.strip().splitlines()
    assert verdict.startswith("clear")
    assert status == "OK"


def test_every_relative_link_of_the_documents_leads_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
