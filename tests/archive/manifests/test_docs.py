"""The page on archive files: its samples load, and it names every field and word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from engine.archive.manifests import load_archive
from engine.archive.manifests.schema import words_of
from engine.rules.cases import manifest

PAGE = Path(__file__).parents[3] / "docs" / "case-files.md"
MODELS = [m for m in vars(manifest).values() if isinstance(m, type) and issubclass(m, BaseModel) and m.model_fields]


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_samples_load_without_a_fault(page: str, tmp_path: Path) -> None:
    blocks = re.findall(r"## (\S+\.toml)\n\n```toml\n(.*?)```", page, re.DOTALL)
    assert [name for name, _ in blocks] == ["archive.toml", "devices.toml", "case.toml"]
    for name, text in blocks:
        path = tmp_path / ("2026/x/" if name == "case.toml" else "") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    loaded = load_archive(tmp_path)
    assert loaded.all_problems() == ()
    (one,) = loaded.cases
    assert one.case is not None
    assert one.case.model_fields_set == set(type(one.case).model_fields)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_field_and_word_is_on_the_page(page: str, model: type[BaseModel]) -> None:
    words = set(model.model_fields)
    for field in model.model_fields.values():
        words |= set(words_of(field.annotation))
    assert sorted(w for w in words if not re.search(rf"\b{w}\b", page)) == []
