"""The one form that leaves have as a Parquet file, checked before a column is read.

Parquet leaves much open: statistics that no reader checks, dictionaries, pages that no footer
counts, pages that unpack to gigabytes. The format has none of it, so whatever else a file
holds, two readers could see two things in it, or one could be worn out: it is refused.

Source: Apache Parquet format, PageHeader and FileMetaData (parquet.thrift); Thrift compact protocol.
"""

from __future__ import annotations

import os
from typing import BinaryIO, Final

import pyarrow.parquet as pq

from engine.proofs.hashing import DIGEST_SIZE
from engine.proofs.problems import ProofProblem

_MAGIC: Final = b"PAR1"
_GROUP_FOOTER: Final = 4096
"""Bytes of the footer that a row group may take; eight columns take about 800."""
_I32: Final = 0x15
"""Thrift: the next field, a whole number."""
_STRUCT_5: Final = 0x2C
"""Thrift: the field after next, a structure: here field 5 after field 3."""
_HEAD: Final = 64
"""Bytes that hold a page's header."""


def check_footer(path: str | os.PathLike[str], groups: int) -> None:
    """The footer is there and not longer than so many row groups need.

    Raises
    ------
    ProofProblem
        ``leaves_unreadable``.
    OSError
        If the file cannot be read.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 8, 0))
        end = file.read(8)
    length = int.from_bytes(end[:4], "little")
    if end[4:] != _MAGIC or not 0 < length <= size - 12:
        raise ProofProblem("leaves_unreadable", "no Parquet file")
    if length > _GROUP_FOOTER * (groups + 4):
        raise ProofProblem("leaves_unreadable", f"a footer of {length} bytes for {groups} row groups")


def check_pages(path: str | os.PathLike[str], meta: pq.FileMetaData) -> None:
    """Every column of every row group is one page of plain data, and there is nothing between them.

    Parameters
    ----------
    path
        The file.
    meta
        Its footer; number of rows and columns checked.

    Raises
    ------
    ProofProblem
        ``leaves_differ``.
    OSError
        If the file cannot be read.
    """
    at = len(_MAGIC)
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        for group in range(meta.num_row_groups):
            row_group = meta.row_group(group)
            for number in range(row_group.num_columns):
                column = row_group.column(number)
                if column.has_dictionary_page or column.is_stats_set or column.num_values != row_group.num_rows:
                    raise ProofProblem("leaves_differ", "dictionaries, statistics or counts")
                if column.data_page_offset != at:
                    raise ProofProblem("leaves_differ", "bytes between the columns")
                _check_page(file, at, column.total_compressed_size, row_group.num_rows, column.path_in_schema)
                at += column.total_compressed_size
    if at != size - meta.serialized_size - 8:
        raise ProofProblem("leaves_differ", "bytes between the columns and the footer")


def _check_page(file: BinaryIO, at: int, size: int, rows: int, name: str) -> None:
    """One page of plain data, of as many values as there are rows, not longer than these can be."""
    file.seek(at)
    head = file.read(_HEAD)
    place = 0
    fields = []
    for marker in (_I32, _I32, _I32, _STRUCT_5, _I32):
        if place >= len(head) or head[place] != marker:
            raise ProofProblem("leaves_differ", "the header of a page")
        place += 1
        if marker == _I32:
            value, place = _number(head, place)
            fields.append(value)
    kind, unpacked, packed, values = fields
    most = rows * DIGEST_SIZE if name == "digest" else rows * 12 + 1024
    if kind != 0 or values != rows or not 0 <= unpacked <= most or not 0 <= size - packed <= _HEAD:
        raise ProofProblem("leaves_differ", "a page that is not one column's rows")


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A whole number of Thrift's compact protocol, and where the next field begins."""
    value = shift = 0
    while at < len(data) and shift < 42:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
    raise ProofProblem("leaves_differ", "the header of a page")
