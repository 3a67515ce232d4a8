"""Private keys and their passphrases, for every command that signs."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.cli.answers import told
from engine.cli.common import USAGE, Problem, bilingual

if TYPE_CHECKING:
    from engine.proofs.signing import Signer

PASSPHRASE_VARIABLE: Final = "UNBROKEN_KEY_PASSPHRASE"

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help=bilingual(
            f"Take the passphrase from this file's first line; else from {PASSPHRASE_VARIABLE}, else it is asked for.",
            f"从该文件首行读取口令；否则取自环境变量 {PASSPHRASE_VARIABLE}，再否则提示输入。",
        ),
    ),
]


def problems() -> AbstractContextManager[None]:
    """Turn what is wrong with keys into one line."""
    from engine.proofs.telling import text

    return told(text)


def signer(path: Path, passphrase_file: Path | None) -> Signer:
    """The signer of a private key file; the passphrase is asked for if it is not given.

    Raises
    ------
    ProofProblem
        As of `keyfile.load`.
    """
    from engine.proofs import keyfile

    keyfile.read_pem(path)  # a wrong name is told before a passphrase is asked for
    return keyfile.load(path, passphrase(passphrase_file))


def passphrase(path: Path | None, new: bool = False) -> str:
    """The passphrase: of a file, the environment, or a person; a new one is asked for twice."""
    if path is not None:
        try:
            with open(path, encoding="utf-8") as file:
                return file.readline(4096).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or bilingual("not text", "不是文本")
            raise Problem(bilingual(f"{path}: cannot be read: {why}", f"{path}：无法读取：{why}")) from error
    if PASSPHRASE_VARIABLE in os.environ:
        return os.environ[PASSPHRASE_VARIABLE]
    if not sys.stdin.isatty():
        raise Problem(
            bilingual(
                f"A passphrase is needed: set {PASSPHRASE_VARIABLE}, or name a file with --passphrase-file.",
                f"需要口令：请设置环境变量 {PASSPHRASE_VARIABLE}，或用 --passphrase-file 指定文件。",
            ),
            USAGE,
        )
    import getpass

    first = getpass.getpass(bilingual("Passphrase of the key: ", "密钥口令："))
    if new and getpass.getpass(bilingual("Once more: ", "再次输入：")) != first:
        raise Problem(bilingual("The two passphrases differ.", "两次输入的口令不一致。"))
    return first
