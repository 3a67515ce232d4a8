"""Making excerpts: a clip cut from a sealed recording, with its proof, on an approval, entered in the register."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.media.cutting import container_for, cut
from engine.media.errors import MediaError
from engine.proofs import envelope, register
from engine.proofs.envelope import Seal
from engine.proofs.excerpt_check import against, shown
from engine.proofs.excerpt_choice import Choice, choose, parts, path_of, withheld_rows
from engine.proofs.excerpt_file import Clip, Excerpt
from engine.proofs.excerpt_place import beginning, leaf_numbers, runs_of, subset
from engine.proofs.excerpt_request import Request, frame_runs, seconds, spans
from engine.proofs.excerpt_source import Source, open_source
from engine.proofs.files import (
    STALE_S,
    Draft,
    Meter,
    Tick,
    digest_both,
    draft,
    excerpt_proof,
    file_state,
    no_tick,
    proof_paths,
    remove_temporaries,
)
from engine.proofs.header import Header
from engine.proofs.leaves import Leaves
from engine.proofs.multiproof import Run
from engine.proofs.notes import Note
from engine.proofs.problems import ProofProblem, plain_detail
from engine.proofs.register import Action, Entry, Span, Target
from engine.proofs.tags import printable
from engine.proofs.verify import Status, VerifyResult, leaves_beside, verify


@dataclass(frozen=True, slots=True)
class ExcerptResult:
    """What cutting came to.

    Parameters
    ----------
    path
        The recording.
    status
        ``made``, ``not_ok`` (the recording is not as it was sealed) or ``refused``.
    reason, detail
        Identifier, and what was seen; empty where there is nothing to explain.
    clip, proof
        The two files; None where there are none.
    asked
        First and last frame that were asked for.
    shown
        As verification of the excerpt tells it; see `excerpt_check.shown`.
    entry
        The entry of the register.
    verification
        Of the recording.
    """

    path: str
    status: str
    reason: str = ""
    detail: str = ""
    clip: Path | None = None
    proof: Path | None = None
    asked: tuple[int, int] | None = None
    shown: Note | None = None
    entry: Entry | None = None
    verification: VerifyResult | None = None


def excerpt(
    path: str | os.PathLike[str],
    start: Fraction | float | str,
    end: Fraction | float | str,
    *,
    register: str | os.PathLike[str],
    requester: str,
    reason: str,
    withhold: Sequence[tuple[int, int]] | str = (),
    withhold_sound: Sequence[tuple[Fraction | float | str, Fraction | float | str]] | str = (),
    output: str | os.PathLike[str] | None = None,
    proof: str | os.PathLike[str] | None = None,
    tick: Tick = no_tick,
) -> ExcerptResult:
    """Cut a part out of a sealed recording, with a proof that needs neither the recording nor its seal.

    Parameters
    ----------
    path
        The recording; it is verified first, and only read.
    start, end
        As of `Request`; seconds, or text as of `seconds`.
    register, requester, reason, withhold, withhold_sound, output
        As of `Request`; what is withheld also as text, as of `frame_runs` and `spans`.
    proof
        The seal; by default the one beside the recording.
    tick
        Called with how far it is, in bytes.

    Returns
    -------
    ExcerptResult
        Never raises for what files may hold: refusals are results.
    """
    name = os.fspath(path)
    seal_path = Path(proof) if proof is not None else proof_paths(name)[0]
    verification: VerifyResult | None = None
    try:
        request = Request(
            start=seconds(start),
            end=seconds(end),
            register=Path(register),
            requester=requester,
            reason=reason,
            withhold=frame_runs(withhold) if isinstance(withhold, str) else tuple(withhold),
            withhold_sound=spans(withhold_sound),
            output=None if output is None else Path(output),
        )
        target = _target(name, request)
        verification = verify(name, seal_path, tick=tick)
        if verification.status not in (Status.OK, Status.OK_WITH_MISSING_INFO):
            status = "not_ok" if verification.status is Status.NOT_OK else "refused"
            return ExcerptResult(name, status, verification.reason, verification.detail, verification=verification)
        return _make(name, seal_path, request, target, verification)
    except ProofProblem as problem:
        return ExcerptResult(name, "refused", problem.reason, problem.detail, verification=verification)
    except MediaError as error:
        return ExcerptResult(name, "refused", error.reason, plain_detail(error), verification=verification)


def _target(name: str, request: Request) -> Path:
    """Where the clip goes, after everything that can be told from names alone was checked."""
    if request.start >= request.end:
        raise ProofProblem("span_empty")
    if not request.requester.strip() or not request.reason.strip():
        raise ProofProblem("reason_missing")
    if request.output is not None and container_for(request.output) is None:
        raise ProofProblem("container_unknown", request.output.suffix)
    target = request.output or _named_after(name, request)
    for path in (target, excerpt_proof(target), *proof_paths(target)):
        if os.path.lexists(path):
            raise ProofProblem("target_exists", str(path))
    return target


def _named_after(name: str, request: Request) -> Path:
    path = Path(name)
    suffix = path.suffix if container_for(name) else ".mkv"
    start, end = (f"{float(t):.3f}".rstrip("0").rstrip(".") for t in (request.start, request.end))
    return Path(f"{path.stem}.{start}s-{end}s{suffix}")


def _make(name: str, seal_path: Path, request: Request, target: Path, verification: VerifyResult) -> ExcerptResult:
    before = file_state(name)
    remove_temporaries(target.parent, (target, excerpt_proof(target)), time.time() - STALE_S)
    sealed = envelope.read_seal(seal_path)
    source = open_source(name, sealed.header, leaves_beside(seal_path), verification.reason)
    choice = choose(source, name, request.start, request.end)
    approval = _approval(sealed.header, request, choice)
    zero = beginning(sealed.header)
    silent = [(start + zero, end + zero) for start, end in request.withhold_sound]
    withheld = withheld_rows(source.leaves, choice.rows, request.withhold, silent)
    handed = np.setdiff1d(choice.rows, withheld)
    container = container_for(target)
    assert container is not None
    cuts, origin = parts(source, handed)
    access = {source.tracks[i].stream: found for i, found in choice.access.items()}
    with draft(target, lambda out: cut(name, out, container, cuts, access, origin)) as clip:
        if file_state(name) != before:
            raise ProofProblem("changed_while_read")
        found = _excerpt(sealed, source, choice, request, withheld, clip, approval)
        _check(found, clip, container)
        with draft(excerpt_proof(target), lambda out: _write(out, found.to_bytes())) as proof:
            entry = _enter(request, approval, choice, found, target)
            clip.publish()
            proof.publish()
    return ExcerptResult(
        name, "made", "", "", target, excerpt_proof(target), choice.asked, shown(found), entry, verification
    )


def _span(request: Request, choice: Choice) -> Span:
    """The part that was asked for, as the register counts; what comes along for decoding is no part of it."""
    return Span(choice.asked, (floor(request.start * 1000), ceil(request.end * 1000)))


def _approval(header: Header, request: Request, choice: Choice) -> Entry:
    span = _span(request, choice)
    found = register.find_approval(request.register, header.blake3, Action.EXCERPT, span, request.requester)
    if found is None:
        first, last = choice.asked
        raise ProofProblem("not_approved", f"{request.requester}, {first}-{last}")
    return found


def _excerpt(
    sealed: Seal,
    source: Source,
    choice: Choice,
    request: Request,
    withheld: NDArray[np.intp],
    clip: Draft,
    approval: Entry,
) -> Excerpt:
    chosen = subset(source.leaves, choice.rows)
    asked = (round(request.start * 1_000_000), round(request.end * 1_000_000))
    return Excerpt(
        seal=sealed,
        clip=Clip(printable(clip.target.name), digest_both(clip.temporary, file_state(clip.temporary))),
        approval=approval.hash,
        asked=asked,
        leaves=chosen,
        withheld=_numbers(sealed.header, source.leaves, withheld),
        path=path_of(source, chosen),
    )


def _numbers(header: Header, leaves: Leaves, rows: NDArray[np.intp]) -> tuple[Run, ...]:
    return runs_of(leaf_numbers(header, subset(leaves, rows)))


def _check(found: Excerpt, clip: Draft, container: str) -> None:
    """What was written verifies, or it is not handed out: not every container can carry every recording."""
    result = against(str(clip.temporary), found, Meter())
    if result.status is Status.NOT_OK:
        raise ProofProblem("not_carried", f"{container}: {result.reason}")


def _enter(request: Request, approval: Entry, choice: Choice, found: Excerpt, target: Path) -> Entry:
    result = Target(printable(target.name), found.clip.digests.blake3)
    return register.enter_use(
        request.register, approval, span=_span(request, choice), result=result, reason=request.reason
    )


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
