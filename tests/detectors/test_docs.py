"""docs/detectors.md says what the detectors' docstrings say."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from engine.detectors.registry import BUILT_IN

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_detectors_is_current() -> None:
    spec = spec_from_file_location("detector_docs", ROOT / "tools" / "detector_docs.py")
    assert spec is not None
    assert spec.loader is not None
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    page = tool.document()
    assert all(f"\n## {d.name}\n" in page for d in BUILT_IN)
    assert page == (ROOT / "docs" / "detectors.md").read_text(encoding="utf-8"), "run: python tools/detector_docs.py"
