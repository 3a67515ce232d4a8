"""Sealing: the proof of a recording, made in one pass over its packets.

A seal is never written over what it contradicts: an existing proof is verified first.
"""

from __future__ import annotations

import datetime
import getpass
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import blake3

from engine._version import __version__
from engine.media.errors import MediaError
from engine.media.model import MediaInfo, StreamInfo
from engine.media.photo_parts import is_photo_format
from engine.media.reader import CodedPacket, open_recording
from engine.media.timeline import StreamTimeline
from engine.proofs import envelope, tree
from engine.proofs.collect import LeafCollector
from engine.proofs.files import (
    STALE_S,
    FileDigests,
    FileState,
    Meter,
    Tick,
    digest_both,
    draft,
    excerpt_proof,
    file_state,
    locked,
    no_tick,
    proof_paths,
    remove_temporaries,
)
from engine.proofs.hashing import FORMAT
from engine.proofs.leaves import LeafStream
from engine.proofs.parquet import group_hashes, write_leaves
from engine.proofs.problems import ProofProblem, plain_detail
from engine.proofs.rowstore import StoredLeaves, Summary
from engine.proofs.signing import Signer
from engine.proofs.standing import SealResult, standing_proof
from engine.proofs.tags import printable, tags_of


@dataclass(frozen=True, slots=True)
class Origin:
    """Who seals what, as declared; all of it is bound by the header.

    Parameters
    ----------
    operator
        Who seals; by default the name of the account.
    device
        Serial number of the recorder.
    clock
        What the sealing time comes from.
    digests
        Further digests of the whole file beside BLAKE3 and SHA-256: ``sm3``.
    """

    operator: str | None = None
    device: str | None = None
    clock: str = "system"
    digests: tuple[str, ...] = ()

    def checked(self) -> Origin:
        """As a header can carry it.

        Raises
        ------
        ProofProblem
            ``declaration_too_long``.
        """
        return replace(
            self,
            operator=self.operator and declared("operator", self.operator, 256),
            device=self.device and declared("device", self.device, 256),
            clock=declared("clock", self.clock, 64),
        )


@dataclass(frozen=True, slots=True)
class Supersede:
    """Why a new proof takes the place of one that the recording does not fit any more."""

    reason: str


def declared(name: str, text: str, limit: int) -> str:
    """A declaration as a header can carry it; errors as of `Origin.checked`."""
    if len(text) > limit:
        raise ProofProblem("declaration_too_long", f"{name}: {limit}")
    return printable(text)


def seal(
    path: str | os.PathLike[str],
    out_dir: str | os.PathLike[str] | None = None,
    supersede: Supersede | None = None,
    origin: Origin | None = None,
    tick: Tick = no_tick,
    signers: Sequence[Signer] = (),
) -> SealResult:
    """Write the proof of a recording beside it, or into `out_dir`.

    Parameters
    ----------
    path
        The recording; it is only read.
    out_dir
        Folder for the two files.
    supersede
        Replaces a proof that the recording does not fit, and binds its root.
    origin
        Who seals.
    tick
        Called with how far it is, in bytes.
    signers
        Sign the header. A proof that stands already gets their signatures added, if every
        byte is as it was sealed.

    Returns
    -------
    SealResult
        Never raises for what a file may hold: refusals are results.
    """
    name = os.fspath(path)
    meter = Meter(tick)
    try:
        sealer = Sealer.start(name, out_dir, supersede, origin, tick, signers)
        if isinstance(sealer, SealResult):
            return sealer
        with open_recording(name) as recording:
            meter.expect(2 * recording.media.size)  # its packets, then its digests
            sealer.begin(recording.media, recording.timelines)
            for packet in recording.passing():
                sealer.packet(packet)
                meter.add(packet.size)
            complete = not recording.cut_short
        return sealer.finish(complete, meter=meter)  # the demuxer's index, large for a day, is gone by now
    except ProofProblem as problem:
        return SealResult(name, "refused", problem.reason, problem.detail)
    except MediaError as error:
        return SealResult(name, "refused", error.reason, plain_detail(error))


class Sealer:
    """Seals a recording whose packets someone else reads: `start`, `begin`, `packet` …, `finish`."""

    def __init__(
        self,
        path: str,
        out_dir: str | os.PathLike[str] | None,
        state: FileState,
        origin: Origin,
        supersedes: Mapping[str, str] | None,
        signers: Sequence[Signer] = (),
    ) -> None:
        self._path = path
        self._seal, self._leaves = proof_paths(path, out_dir)
        self._state = state
        self._origin = origin
        self._supersedes = supersedes
        self._signers = tuple(signers)
        self._media: MediaInfo | None = None
        self._collector: LeafCollector | None = None

    @staticmethod
    def start(
        path: str | os.PathLike[str],
        out_dir: str | os.PathLike[str] | None = None,
        supersede: Supersede | None = None,
        origin: Origin | None = None,
        tick: Tick = no_tick,
        signers: Sequence[Signer] = (),
    ) -> Sealer | SealResult:
        """A sealer, or the result where nothing is to be sealed: an existing proof comes first.

        Raises
        ------
        ProofProblem
            ``missing``, ``not_a_file``, ``denied``, ``changed_while_read``.
        """
        name = os.fspath(path)
        if os.path.lexists(excerpt_proof(name)):  # a seal beside it would be what verification reads
            return SealResult(name, "refused", "excerpt_here")
        origin = (origin or Origin()).checked()
        state = file_state(name)
        seal_path, leaves_path = proof_paths(name, out_dir)
        remove_temporaries(seal_path.parent, (seal_path, leaves_path), time.time() - STALE_S)
        if not os.path.lexists(seal_path):
            return Sealer(name, out_dir, state, origin, None, signers)
        if supersede is None:
            return standing_proof(name, seal_path, leaves_path, signers, tick)
        replaced = envelope.read_seal(seal_path)
        bound = {
            "root": replaced.header.root,
            "seal": blake3.blake3(replaced.payload).hexdigest(),
            "reason": declared("supersede", supersede.reason, 4096),
        }
        return Sealer(name, out_dir, state, origin, bound, signers)

    def begin(self, media: MediaInfo, timelines: Mapping[int, StreamTimeline]) -> None:
        """Say what is going to be read; call once, before the first packet.

        Raises
        ------
        ProofProblem
            ``leaf_not_built`` or ``nothing_to_bind``.
        """
        self._media = media
        self._collector = LeafCollector(media, timelines)

    def packet(self, packet: CodedPacket) -> None:
        """Take the next packet of the file.

        Raises
        ------
        ProofProblem
            ``leaf_not_built``.
        """
        if self._collector is not None:
            self._collector.packet(packet)

    def finish(
        self,
        complete: bool,
        report_digest: str | None = None,
        digests: FileDigests | None = None,
        meter: Meter | None = None,
    ) -> SealResult:
        """Hash the whole file and write the proof, the seal last.

        Parameters
        ----------
        complete
            Whether the packets were read to the file's end without an error.
        report_digest
            BLAKE3 of the file's entry in the report, hexadecimal.
        digests
            Digests of the whole file, if they are known already and the file is unchanged.
        meter
            Told as the file goes by once more.

        Raises
        ------
        ProofProblem
            ``nothing_to_bind``, ``changed_while_read``, ``cannot_write``.
        """
        if self._collector is None or self._media is None:
            raise ProofProblem("nothing_to_bind")
        found = self._collector.stored()
        if not len(found):
            raise ProofProblem("nothing_to_bind")
        more = self._origin.digests
        if digests is None or digests.sha256 is None or ("sm3" in more and digests.sm3 is None):
            digests = digest_both(self._path, self._state, meter, more)
        if file_state(self._path) != self._state:
            raise ProofProblem("changed_while_read")
        header = self._header(found, digests, complete, report_digest)
        return self._write(found, header)

    def _write(self, found: StoredLeaves, header: dict[str, Any]) -> SealResult:
        """Both files whole and synced under temporary names, then renamed, the seal last.

        Whatever breaks this off, the old proof holds until the leaves are renamed; between the two
        names the old seal stands beside leaves that are not its own, which is `leaves_differ`, never
        a match; and sealing again, with the same options, goes on from there: the seal that is
        there still holds the root that the new one has to bind.
        """
        with draft(self._leaves, lambda name: write_leaves(found, name)) as leaves:
            header["leaves"] = _covered(leaves.temporary)
            made = envelope.Seal.of(header)
            for signer in self._signers:
                made = signer.seal(made)
            data = made.to_bytes()
            # a seal that stands is held against those who add to it; a first one against others who make it
            held = self._seal if self._supersedes else self._seal.parent
            with draft(self._seal, lambda name: _write_bytes(name, data)) as sealed, locked(held):
                if self._supersedes is None and os.path.lexists(self._seal):
                    raise ProofProblem("cannot_write", f"{self._seal}: made by another program meanwhile")
                leaves.publish()
                sealed.publish()
        root = header["tree"]["root"]
        return SealResult(self._path, "sealed", "", "", self._seal, self._leaves, root, len(found))

    def _header(
        self, found: StoredLeaves, digests: FileDigests, complete: bool, report_digest: str | None
    ) -> dict[str, Any]:
        media = self._media
        assert media is not None
        groups = group_hashes(found)
        bound = {s.index: s for s in found.streams}
        return {
            "format": FORMAT,
            "recording": {
                "name": printable(os.path.basename(self._path)),
                "size": digests.size,
                "blake3": digests.blake3,
                "sha256": digests.sha256,
                "sm3": digests.sm3 if "sm3" in self._origin.digests else None,
                "kind": _kind(media, found),
                "container": media.format,
                "movie_time_scale": (media.boxes.movie_time_scale or None) if media.boxes else None,
                "complete": complete,
            },
            "streams": [describe(s, media, bound.get(s.index), found.summaries.get(s.index)) for s in media.streams],
            "tags": tags_of(media),
            "tree": {
                "leaves": len(found),
                "root": tree.root(len(found), groups).hex(),
                "groups": [g.hex() for g in groups],
            },
            "leaves": None,
            "sealed": {
                "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
                "clock": self._origin.clock,
                "host": printable(platform.node())[:256] or None,
                "operator": self._origin.operator or _account(),
                "device": self._origin.device,
                "engine": f"unbroken {__version__}",
            },
            "report": report_digest,
            "supersedes": dict(self._supersedes) if self._supersedes else None,
        }


def _kind(media: MediaInfo, found: StoredLeaves) -> str:
    if not any(s.examined for s in found.streams):
        return "audio"
    # HEIF: pictures are items of the file's own meta box, and there is no movie
    items = media.boxes is not None and "meta" in media.boxes.top_level and "moov" not in media.boxes.top_level
    return "photo" if items or is_photo_format(media.format) else "video"


def describe(
    stream: StreamInfo, media: MediaInfo, bound: LeafStream | None, summary: Summary | None = None
) -> dict[str, Any]:
    """A stream as the header tells it; `bound` and `summary` where it has leaves."""
    tracks = media.boxes.tracks if media.boxes else ()
    track = next((t for t in tracks if t.track_id == stream.id), None)
    aspect = stream.sample_aspect
    return {
        "index": stream.index,
        "kind": stream.kind,
        "codec": stream.codec,
        "bound": bound is not None,
        "examined": bool(bound and bound.examined),
        "time_base": [stream.time_base.numerator, stream.time_base.denominator],
        "leaves": summary.leaves if summary else 0,
        "presented": summary.presented if summary else 0,
        "first": None if summary is None or summary.first is None else str(summary.first),
        "last": None if summary is None or summary.last is None else str(summary.last),
        "configurations": [c.hex() for c in bound.configurations] if bound else [],
        "configuration_sei": [c.hex() for c in bound.configuration_sei] if bound else [],
        "framing": bound.framing if bound else None,
        "extradata": blake3.blake3(stream.extradata).hexdigest() if stream.extradata else None,
        "edits": [[str(s.start), str(s.end), str(s.shift)] for s in bound.timeline.segments]
        if bound and not bound.timeline.trivial
        else None,
        "matrix": (list(track.matrix) or None) if track else None,
        "enabled": track.enabled if track else None,
        "rotation": stream.rotation,
        "sample_aspect": [aspect.numerator, aspect.denominator] if aspect and aspect > 0 else None,
        "width": stream.width,
        "height": stream.height,
        "pixel_format": stream.pixel_format,
        "sample_rate": stream.sample_rate,
        "channels": stream.channels,
        "profile": stream.profile,
        "language": stream.language,
    }


def _account() -> str | None:
    try:
        return printable(getpass.getuser())[:256]
    except (OSError, KeyError, ImportError):
        return None


def _covered(path: Path) -> dict[str, Any]:
    digests = digest_both(path, file_state(path))
    return {"size": digests.size, "blake3": digests.blake3, "sha256": digests.sha256}


def _write_bytes(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
