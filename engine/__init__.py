"""unbroken: is this recording whole, and can that be proved later?

The public interface; names are resolved when they are first used, so that ``import engine``
costs nothing.

Examples
--------
>>> import engine
>>> report = engine.inspect("recording.mp4")   # doctest: +SKIP
>>> report.verdict                             # doctest: +SKIP
<Verdict.CLEAR: 'clear'>
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine._version import __version__

if TYPE_CHECKING:
    from engine.archive.audit.result import ArchiveReport
    from engine.archive.audit.run import AuditOptions, audit
    from engine.archive.batch import inspect_many
    from engine.archive.inspect import inspect
    from engine.features.folder import read_features, write_features
    from engine.features.onepass import extract
    from engine.features.tables import AudioTable, Features, FrameTable
    from engine.findings import Evidence, Examined, FileReport, Finding, Level, Outcome, Severity, Verdict
    from engine.media.errors import MediaError
    from engine.media.model import MediaInfo, PacketTable
    from engine.proofs.excerpt import excerpt
    from engine.proofs.policy import Policy
    from engine.proofs.prove import prove
    from engine.proofs.sample import verify_sample
    from engine.proofs.seal import seal
    from engine.proofs.verify import verify

_HOMES = {
    "audit": "engine.archive.audit.run",
    "ArchiveReport": "engine.archive.audit.result",
    "AuditOptions": "engine.archive.audit.run",
    "inspect": "engine.archive.inspect",
    "inspect_many": "engine.archive.batch",
    "seal": "engine.proofs.seal",
    "verify": "engine.proofs.verify",
    "verify_sample": "engine.proofs.sample",
    "prove": "engine.proofs.prove",
    "Policy": "engine.proofs.policy",
    "excerpt": "engine.proofs.excerpt",
    "extract": "engine.features.onepass",
    "read_features": "engine.features.folder",
    "write_features": "engine.features.folder",
    "Features": "engine.features.tables",
    "FrameTable": "engine.features.tables",
    "AudioTable": "engine.features.tables",
    "PacketTable": "engine.media.model",
    "MediaInfo": "engine.media.model",
    "MediaError": "engine.media.errors",
    "Evidence": "engine.findings",
    "Examined": "engine.findings",
    "FileReport": "engine.findings",
    "Finding": "engine.findings",
    "Level": "engine.findings",
    "Outcome": "engine.findings",
    "Severity": "engine.findings",
    "Verdict": "engine.findings",
}

__all__ = [
    "ArchiveReport",
    "AudioTable",
    "AuditOptions",
    "Evidence",
    "Examined",
    "Features",
    "FileReport",
    "Finding",
    "FrameTable",
    "Level",
    "MediaError",
    "MediaInfo",
    "Outcome",
    "PacketTable",
    "Policy",
    "Severity",
    "Verdict",
    "__version__",
    "audit",
    "excerpt",
    "extract",
    "inspect",
    "inspect_many",
    "prove",
    "read_features",
    "seal",
    "verify",
    "verify_sample",
    "write_features",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
