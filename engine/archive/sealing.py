"""Examine and seal one file in one demux pass; the proof binds the digest of the report's entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from blake3 import blake3

from engine.archive.added import contradicted
from engine.archive.guarding import DEFAULTS, Inspected, Options, guarded, known, no_tick, stamp
from engine.archive.inspect import conclude, tables
from engine.archive.pool import Tick
from engine.findings import (
    FileReport,
    Opinion,
    Outcome,
    Verdict,
)
from engine.media.errors import MediaError
from engine.media.reader import CodedPacket, open_recording
from engine.proofs.files import FileDigests, digest_both, file_state
from engine.proofs.problems import ProofProblem
from engine.proofs.seal import Sealer
from engine.proofs.standing import SealResult
from engine.rules.pack import RulePack


@dataclass(frozen=True, slots=True)
class Sealing:
    """How a file is sealed.

    Parameters
    ----------
    entry_bytes
        The report's entry in the form whose digest the proof binds; `engine.report` gives it.
    out_dir
        Folder for proofs; beside the file if None.
    """

    entry_bytes: Callable[[FileReport], bytes]
    out_dir: str | None = None


def inspect_and_seal(path: str, sealing: Sealing, options: Options = DEFAULTS, tick: Tick = no_tick) -> Inspected:
    """Examine a file and write its proof.

    Returns
    -------
    Inspected
        `proof` in the report says what came of the proof. A file that does not fit a proof that
        it already has is a violation; one whose proof could not be written counts as not
        examined, unless something was found in it.
    """
    return guarded(path, lambda: _inspect_and_seal(path, sealing, options, tick))


def _inspect_and_seal(path: str, sealing: Sealing, options: Options, tick: Tick) -> Inspected:
    before = stamp(path)
    try:
        digests = digest_both(path, file_state(path))
        start = Sealer.start(path, sealing.out_dir)
    except ProofProblem as problem:
        reason = "changed" if problem.reason == "changed_while_read" else problem.reason
        raise MediaError(path, reason, problem.detail) from problem
    job = _Job(path, start, sealing, digests, options.pack)

    def examine_whole() -> Inspected:
        job.begin()
        features = tables(path, options, tick, (job,))
        result = conclude(path, before, replace(features, blake3=digests.blake3), options)
        return replace(result, report=job.finish(result.report, complete=not features.packets.cut_short))

    return known(digests.blake3, guarded(path, examine_whole))


class _Job:
    """The sealing of one file beside its examination, which goes on whatever becomes of the seal."""

    def __init__(
        self, path: str, start: Sealer | SealResult, sealing: Sealing, digests: FileDigests, pack: RulePack
    ) -> None:
        self._path = path
        self._pack = pack
        self._sealer = start if isinstance(start, Sealer) else None
        self._result = start if isinstance(start, SealResult) else None
        self._sealing = sealing
        self._digests = digests

    def begin(self) -> None:
        if self._sealer is not None:
            with self._refusing(), open_recording(self._path) as recording:
                self._sealer.begin(recording.media, recording.timelines)

    def packet(self, packet: CodedPacket) -> None:
        if self._sealer is not None and self._result is None:
            with self._refusing():
                self._sealer.packet(packet)

    def finish(self, report: FileReport, complete: bool) -> FileReport:
        """`report` with what came of the proof."""
        if self._sealer is not None and self._result is None:
            digest = blake3(self._sealing.entry_bytes(report)).hexdigest()
            with self._refusing():
                self._result = self._sealer.finish(complete, digest, self._digests)
        assert self._result is not None
        return with_proof(report, self._result, self._pack)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except ProofProblem as problem:
            self._result = SealResult(self._path, "refused", problem.reason, problem.detail)


def with_proof(report: FileReport, result: SealResult, pack: RulePack) -> FileReport:
    """A report that says what came of the proof; see `inspect_and_seal` for what it changes."""
    proof = {
        "status": result.status,
        "reason": result.reason or None,
        "detail": result.detail or None,
        "seal": None if result.seal is None else str(result.seal),
        "root": result.root,
        "leaves": result.leaf_count or None,
    }
    proved = replace(report, proof={k: v for k, v in proof.items() if v is not None})
    if result.status == "not_ok":
        return contradicted(proved, result.reason, result.reason, pack)
    return proved if result.status in ("sealed", "already_sealed") else _unproved(proved, result)


def _unproved(report: FileReport, result: SealResult) -> FileReport:
    if report.verdict is not Verdict.CLEAR:
        return report
    unknown = Opinion(Outcome.NOT_EXAMINABLE, "proof_not_written")
    return replace(
        report,
        verdict=Verdict.NOT_EXAMINABLE,
        reason="proof_not_written",
        integrity=unknown,
        error=result.detail or result.reason,
    )
