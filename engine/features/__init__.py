"""One decode pass over a recording, and the tables it yields.

Names are resolved when they are used: the tables alone need neither a decoder nor a compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.features.onepass import PacketObserver, extract
    from engine.features.tables import AudioTable, Features, FrameTable

__all__ = ["AudioTable", "Features", "FrameTable", "PacketObserver", "extract"]

_HOMES = {
    "AudioTable": "engine.features.tables",
    "Features": "engine.features.tables",
    "FrameTable": "engine.features.tables",
    "PacketObserver": "engine.features.onepass",
    "extract": "engine.features.onepass",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
