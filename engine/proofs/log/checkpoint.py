"""Checkpoints: what a log says of itself at one size, as the text of a signed note.

Source: https://c2sp.org/tlog-checkpoint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from engine.proofs.base64_text import from_base64, to_base64
from engine.proofs.log.hashes import HASH_SIZE
from engine.proofs.log.note import Note, VerifierKey, is_name
from engine.proofs.problems import ProofProblem

_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\Z")
MAX_SIZE: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, number of entries, and root of the tree over them.

    Parameters
    ----------
    origin
        Name of the log.
    size
        Entries.
    root
        32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """As the text of a note."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @staticmethod
    def parse(text: str) -> Checkpoint:
        """Read the text of a note.

        Raises
        ------
        ProofProblem
            ``checkpoint_malformed``: also where there are lines after the third, which this
            program's logs never write.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.match(lines[1]):
            raise ProofProblem("checkpoint_malformed")
        checkpoint = Checkpoint(lines[0], int(lines[1]), _root(lines[2]))
        if checkpoint.text() != text or checkpoint.size > MAX_SIZE:
            raise ProofProblem("checkpoint_malformed")
        return checkpoint


def _root(text: str) -> bytes:
    root = from_base64(text)
    if root is None or len(root) != HASH_SIZE:
        raise ProofProblem("checkpoint_malformed")
    return root


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that the log's own key signed, with the note that it stands in."""

    checkpoint: Checkpoint
    note: Note
    log: VerifierKey


def open_checkpoint(data: bytes, log: VerifierKey) -> Signed:
    """Read a checkpoint and check the log's signature.

    Raises
    ------
    ProofProblem
        ``note_malformed``, ``checkpoint_malformed``, ``note_signature``; ``checkpoint_foreign`` if the
        log's key did not sign it or it names another origin.
    """
    note = Note.parse(data)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != log.name or not note.verified((log,)):
        raise ProofProblem("checkpoint_foreign", checkpoint.origin[:80])
    return Signed(checkpoint, note, log)


def check_origin(origin: str) -> None:
    """Refuse names that no log may have.

    Raises
    ------
    ProofProblem
        ``origin_malformed``.
    """
    if not is_name(origin) or not origin.isprintable() or len(origin) > 255:
        raise ProofProblem("origin_malformed", origin[:80])
