"""Bytes as proofs spell them: base64 with padding (RFC 4648, section 4), of which a value has one spelling."""

from __future__ import annotations

import base64


def to_base64(data: bytes) -> str:
    """The text of some bytes."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: object) -> bytes | None:
    r"""The bytes of a text; None unless it is their one spelling.

    Examples
    --------
    >>> from_base64("AQ=="), from_base64("AR=="), from_base64("AQ"), from_base64(1)
    (b'\x01', None, None, None)
    """
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if to_base64(data) == text else None
