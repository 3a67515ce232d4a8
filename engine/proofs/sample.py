"""Verification of a drawn part of a recording: its bytes and the rows that tell of them, nothing else.

An answer about what was drawn, never better than ``OK_WITH_MISSING_INFO``. What does not suit is
verified whole, and says why.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from engine.media.errors import MediaError
from engine.media.reader import EXACT_POSITIONS, Recording, open_recording
from engine.media.timeline import IDENTITY
from engine.proofs import envelope
from engine.proofs.container import misleading
from engine.proofs.content import reader_for
from engine.proofs.draw import Draw, Part, detection, parse, rounded_down, sequence, wanted
from engine.proofs.envelope import Seal
from engine.proofs.files import EXCERPT_SUFFIX, Meter, Tick, digest_blake3, file_state, no_tick, proof_paths
from engine.proofs.header import Header
from engine.proofs.leaves import HIDDEN, LeafStream, Leaves
from engine.proofs.notes import Note, runs_of, stretches
from engine.proofs.policy import NO_POLICY, Policy
from engine.proofs.positions import same_content
from engine.proofs.problems import ProofProblem
from engine.proofs.reading import ContentReader
from engine.proofs.stamped import stamps_of
from engine.proofs.tree import GROUP, subtree
from engine.proofs.verify import FrameRun, Status, VerifyResult, believed, check, leaves_beside, verify

_LOOK: Final = 1 << 16
"""Leaves that are looked up at a time."""


def verify_sample(
    path: str | os.PathLike[str],
    draw: Draw | str,
    seed: str | None = None,
    proof: str | os.PathLike[str] | None = None,
    policy: Policy | None = None,
    tick: Tick = no_tick,
) -> VerifyResult:
    """Check a drawn part of a file against its proof.

    Parameters
    ----------
    path
        The file.
    draw
        How much of it, as text (``500``, ``2%``, ``3/7``) or as read by `engine.proofs.draw.parse`.
    seed
        Repeats a draw. None: one that nobody can foresee. Either stands in the result.
    proof, policy, tick
        As of `engine.proofs.verify.verify`.

    Returns
    -------
    VerifyResult
        With a note ``sampled`` (how many of how many, the seed, the chance to meet changed leaves),
        or ``not_sampled`` with the reason why the whole file was verified. Never raises for what the
        file or the proof may hold.

    Raises
    ------
    ValueError
        If the text is no size of a sample.
    """
    draw = parse(draw) if isinstance(draw, str) else draw
    name = os.fspath(path)
    seal_path = Path(proof) if proof is not None else proof_paths(name)[0]
    if seal_path.name.endswith(EXCERPT_SUFFIX) or not os.path.lexists(seal_path):
        return _whole("excerpt", verify(name, proof, policy, tick))
    try:
        seal = envelope.read_seal(seal_path)
    except ProofProblem:
        return verify(name, proof, policy, tick)
    policy = policy or NO_POLICY
    stamps = None
    try:
        stamps = stamps_of(seal, policy)
        order = _Order(draw, seed if seed is not None else secrets.token_hex(16), Meter(tick))
        found = _sampled(name, seal, leaves_beside(seal_path), order)
    except _Unsuited as reason:
        return _whole(str(reason), check(name, seal, leaves_beside(seal_path), policy, tick))
    except ProofProblem as problem:
        found = VerifyResult(name, Status.NOT_OK, problem.reason, detail=problem.detail)
    return believed(policy, seal, stamps, found)


def _whole(reason: str, result: VerifyResult) -> VerifyResult:
    if result.status is Status.NOT_SEALED:
        return result
    note = {"subject": "proof", "change": "not_sampled", "why": reason}
    return replace(result, other=(*result.other, note))


class _Unsuited(Exception):  # noqa: N818 - no error: the file is verified whole
    """Why a draw would say nothing."""


@dataclass(frozen=True, slots=True)
class _Order:
    draw: Draw
    seed: str
    meter: Meter

    def rounds(self, header: Header) -> Iterator[NDArray[np.intp]]:
        """Leaf numbers as they are drawn: as many as will do, then all others."""
        root, some = bytes.fromhex(header.root), 4 * wanted(self.draw, header.leaves) + GROUP
        yield sequence(self.draw, header.leaves, root, self.seed, some)
        if some < header.leaves and not isinstance(self.draw, Part):
            yield sequence(self.draw, header.leaves, root, self.seed, header.leaves)[some:]


def _sampled(name: str, seal: Seal, leaves_path: Path, order: _Order) -> VerifyResult:
    header = seal.header
    before = file_state(name)
    if header.container not in EXACT_POSITIONS:
        raise _Unsuited("positions_not_exact")
    if before.size != header.size:
        raise _Unsuited("size_differs")
    if not leaves_path.exists():
        raise _Unsuited("leaves_missing")
    looked = _Looked()
    try:
        with open(name, "rb") as file:
            for numbers in order.rounds(header):
                with open_recording(name) as recording:
                    _check_suited(header, recording)
                    index = _Index.of(header, recording, numbers)
                # by here the demuxer's own index, large for a day, is gone
                _look(header, leaves_path, order, numbers, _Means(file, index), looked)
                if looked.count == wanted(order.draw, header.leaves):
                    break
    except MediaError as error:
        raise _Unsuited("does_not_open") from error
    except OSError as error:
        raise ProofProblem("denied", error.strerror or str(error)) from error
    if file_state(name) != before:
        raise ProofProblem("changed_while_read")
    return _told(name, header, order, looked)


def _check_suited(header: Header, recording: Recording) -> None:
    """What the header says of the file around its leaves must be there still, or all is looked at."""
    media = recording.media
    if media.format != header.container or misleading(header, media) or len(media.streams) != len(header.streams):
        raise _Unsuited("structure_differs")
    bound = {s.index: s for s in header.leaf_streams()}
    for sealed, stream in zip(header.streams, media.streams, strict=True):
        extradata = blake3(stream.extradata).hexdigest() if stream.extradata else None
        told = (sealed["kind"], sealed["codec"], tuple(sealed["time_base"]), sealed["extradata"])
        if told != (stream.kind, stream.codec, stream.time_base.as_integer_ratio(), extradata):
            raise _Unsuited("structure_differs")
        mine = bound.get(stream.index)
        if mine and mine.timeline.segments != recording.timelines.get(stream.index, IDENTITY).segments:
            raise _Unsuited("structure_differs")


# ---- looking ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Looked:
    """Leaves that were looked at, by stream: their places in the presentation, and which differ."""

    count: int = 0
    pictures: int = 0
    placeless: int = 0
    """Drawn, but without a place of their own: a picture in two packets, a block of PCM in two."""
    bad: dict[int, list[tuple[int, float]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Index:
    """Where drawn leaves lie by the file's own index.

    Attributes
    ----------
    numbers
        (n,) of leaves, rising.
    position, size
        (n,); -1 where the index does not tell.
    readers
        Stream index -> what reads its units.
    """

    numbers: NDArray[np.intp]
    position: NDArray[np.int64]
    size: NDArray[np.int64]
    readers: Mapping[int, ContentReader]

    @classmethod
    def of(cls, header: Header, recording: Recording, numbers: NDArray[np.intp]) -> _Index:
        rising = np.sort(numbers)
        places = np.full((len(rising), 2), -1, np.int64)
        start = 0
        for stream in header.streams:
            if not stream["bound"]:
                continue
            index, count = stream["index"], stream["leaves"]
            first, last = np.searchsorted(rising, (start, start + count)).tolist()
            if stream["framing"] != "samples" and recording.indexed(index) == count:
                for row in range(first, last):
                    places[row] = recording.place(index, int(rising[row]) - start)
            start += count
        readers = {
            s.index: reader_for(recording.media.streams[s.index], header.sealed_sei) for s in header.leaf_streams()
        }
        return cls(rising, places[:, 0], places[:, 1], readers)


@dataclass(frozen=True, slots=True)
class _Means:
    """What leaves are compared with."""

    file: BinaryIO
    index: _Index


def _look(
    header: Header, leaves_path: Path, order: _Order, numbers: NDArray[np.intp], means: _Means, looked: _Looked
) -> None:
    """Row group by row group, until as many leaves as are wanted were found that have a place."""
    if (means.index.position < 0).any():
        _check_covered(leaves_path, header)  # only the header's digest of the whole table vouches for positions
    want = wanted(order.draw, header.leaves)
    at, step = 0, want
    while at < len(numbers) and looked.count < want:
        part = numbers[at : at + min(step, _LOOK)][: want - looked.count]
        at, step = at + len(part), 2 * step
        for drawn, leaves in _rows(header, leaves_path, np.sort(part)):
            if (leaves.position < 0).any():  # not to be looked at alone: nor must a forger say so
                _check_covered(leaves_path, header)
            _compare(drawn, leaves, means, looked, order.meter)


def _check_covered(path: Path, header: Header) -> None:
    state = file_state(path)
    covered = header.payload["leaves"]
    if state.size != covered["size"] or digest_blake3(path, state) != covered["blake3"]:
        raise ProofProblem("leaves_differ")


def _rows(header: Header, path: Path, numbers: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], Leaves]]:
    """The rows of some leaves (numbers rising), after their row group was led to its hash in the header."""
    from engine.proofs.parquet import read_groups  # here: not beside the demuxer's index, large for a day

    sealed = header.groups
    for group, leaves in read_groups(path, header, np.unique(numbers // GROUP).tolist()):
        if subtree(leaves.hashes()) != sealed[group]:
            raise ProofProblem("leaves_differ", f"row group {group}")
        mine = numbers[slice(*np.searchsorted(numbers, (group * GROUP, (group + 1) * GROUP)))]
        yield mine, leaves.taken(mine - group * GROUP)


def _compare(drawn: NDArray[np.intp], leaves: Leaves, means: _Means, looked: _Looked, meter: Meter) -> None:
    """Whether units lie where they did, by the file's own index too, with the content that they had."""
    index = means.index
    at = np.searchsorted(index.numbers, drawn)
    told = index.position[at] >= 0
    elsewhere = told & ((index.position[at] != leaves.position) | (index.size[at] != leaves.size))
    for stream in leaves.streams:
        rows = leaves.rows(stream.index)
        placed = rows[leaves.position[rows] >= 0]
        looked.placeless += len(rows) - len(placed)
        looked.count += len(placed)
        looked.pictures += len(placed) if stream.examined else 0
        times = dict(zip(rows.tolist(), leaves.times(stream).tolist(), strict=True))
        for row in placed.tolist():
            position, size = int(leaves.position[row]), int(leaves.size[row])
            meter.expect(size)
            same = same_content(means.file, index.readers[stream.index], position, size, leaves.digest[row].tobytes())
            if elsewhere[row] or not same:
                looked.bad.setdefault(stream.index, []).append((int(leaves.order[row]), times[row]))
            meter.add(size)


# ---- telling ----------------------------------------------------------------------------------


def _told(name: str, header: Header, order: _Order, looked: _Looked) -> VerifyResult:
    frames: tuple[FrameRun, ...] = ()
    notes: list[Note] = [_note(header, order, looked)]
    for stream in header.leaf_streams():
        bad = looked.bad.get(stream.index, ())
        numbers = np.array([n for n, _ in bad], np.int64)
        if stream.examined:
            frames = runs_of({"altered": numbers})
        else:
            notes += _sound(stream, numbers, [t for _, t in bad])
    if looked.bad:
        examined = any(s.examined and s.index in looked.bad for s in header.leaf_streams())
        reason = "frames_differ" if examined else "content_differs"
        return VerifyResult(name, Status.NOT_OK, reason, frames=frames, other=tuple(notes))
    return VerifyResult(name, Status.OK_WITH_MISSING_INFO, "sampled", other=tuple(notes))


def _sound(stream: LeafStream, numbers: NDArray[np.int64], times: Sequence[float]) -> list[Note]:
    shown = np.flatnonzero(numbers != HIDDEN)
    hidden = len(numbers) - len(shown)
    found = stretches(stream, "altered", np.array(times, np.float64), numbers, shown)
    return found + (
        [{"subject": "sound", "change": "altered", "stream": stream.index, "count": hidden}] if hidden else []
    )


def _note(header: Header, order: _Order, looked: _Looked) -> dict[str, Any]:
    """What was drawn, and how sure the answer makes: chances rounded down."""
    part = isinstance(order.draw, Part)
    chances = {
        str(changed): rounded_down(detection(header.leaves, looked.count, changed))
        for changed in sorted({1, min(10, header.leaves), -(-header.leaves // 100)})
    }
    return {
        "subject": "proof",
        "change": "sampled",
        "count": looked.count,
        "of": header.leaves,
        "pictures": looked.pictures,
        "placeless": looked.placeless,
        **({"part": f"{order.draw.number}/{order.draw.parts}"} if isinstance(order.draw, Part) else {}),
        "seed": None if part else order.seed,
        "detects": chances,
    }
