"""Columns on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.scratch import ScratchColumns, scratch_folder

LAYOUT = {"n": ((), np.int64), "grid": ((3, 5), np.uint16), "hash": ((), np.uint64), "yes": ((), np.bool_)}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 9000)), max_size=12))
def test_rows_come_back_in_order(blocks: list[int | None]) -> None:
    columns = ScratchColumns(LAYOUT)
    expected: list[int] = []
    for block in blocks:
        if block is None:
            k = len(expected)
            columns.append((k, np.full((3, 5), k % 65536, np.uint16), k, k % 2))
            expected.append(k)
        else:
            many = np.arange(len(expected), len(expected) + block)
            grids = np.broadcast_to(many.astype(np.uint16)[:, None, None], (block, 3, 5))
            columns.extend({"n": many, "grid": grids, "hash": many.astype(np.uint64), "yes": many % 2 == 1}, block)
            expected += many.tolist()
    assert len(columns) == len(expected)
    out = columns.finish()
    assert out["n"].tolist() == expected
    assert out["grid"].shape == (len(expected), 3, 5)
    assert (out["grid"][:, 2, 4] == np.array(expected, np.int64).astype(np.uint16)).all()
    assert (out["yes"] == (np.array(expected, np.int64) % 2 == 1)).all()


def test_columns_of_another_length_are_refused() -> None:
    columns = ScratchColumns({"a": ((), np.int32)})
    with pytest.raises(ValueError, match="3 rows, not 2"):
        columns.extend({"a": np.zeros(3, np.int32)}, 2)
    columns.close()


def test_rows_of_one_chunk_do_not_shine_through_the_next() -> None:
    columns = ScratchColumns({"big": ((200_000,), np.uint8)})
    for k in range(40):
        columns.append((k,))
    assert columns.finish()["big"][:, 7].tolist() == list(range(40))


def test_the_folder_is_on_disk_unless_the_user_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert scratch_folder() is None
    monkeypatch.delenv("TMPDIR")
    assert scratch_folder() in (Path("/var/tmp"), None)
