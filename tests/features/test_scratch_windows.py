"""Windows over wide columns: every row once, with its neighbours, and pages given back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.features.scratch import ScratchColumns, release, windows


def mapped(rows: int) -> np.ndarray:
    columns = ScratchColumns({"a": ((3, 5), np.uint16)})
    columns.extend({"a": np.arange(rows * 15, dtype=np.uint16).reshape(rows, 3, 5)}, rows)
    return columns.finish()["a"]


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 4), st.integers(0, 4))
def test_windows_cover_every_row_once(rows: int, size: int, before: int, after: int) -> None:
    column = mapped(rows)
    seen = []
    for first, last, start, piece in windows(column, size, before, after):
        assert start == max(0, first - before)
        assert np.array_equal(piece, column[start : min(rows, last + after)])
        seen += range(first, last)
    assert seen == list(range(rows))


def test_released_pages_are_read_again() -> None:
    column = mapped(1000)
    before = column.copy()
    release(column)
    assert np.array_equal(column, before)


@pytest.mark.parametrize("plain", [np.zeros(0), np.zeros((4, 2)), np.zeros((9, 2))[1:5]])
def test_columns_in_memory_have_nothing_to_give_back(plain: np.ndarray) -> None:
    release(plain)
    assert len(list(windows(plain, 3))) == -(-len(plain) // 3)
