"""Make signing keys, and keep the file of keys whose signatures are trusted.

A private key stays with whoever signs (`unbroken seal --key`). The file of trusted keys is for
whoever verifies (`unbroken verify --trusted-keys`).

Exit code: 0 done, 2 wrong usage, 3 not done.
"""

from __future__ import annotations

import contextlib
import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from engine.cli.answers import Format, write_json, write_lines
from engine.cli.common import (
    USAGE,
    Output,
    Problem,
    bilingual,
    check_output,
    on_one_line,
    say,
    write_output,
)
from engine.cli.signers import PassphraseFile, passphrase, problems, signer

if TYPE_CHECKING:
    from engine.proofs.keys import TrustedKey

TrustedFile = Annotated[
    Path,
    typer.Option(
        "--trusted-keys",
        metavar="FILE",
        envvar="UNBROKEN_TRUSTED_KEYS",
        help=bilingual("The file of trusted keys (JSON).", "受信任密钥文件（JSON）。"),
    ),
]
PrivateFile = Annotated[
    Path, typer.Argument(metavar="KEY.pem", help=bilingual("File of the private key.", "私钥文件。"))
]
Name = Annotated[
    str,
    typer.Option(
        "--name", metavar="NAME", help=bilingual("Whose key it is, as answers show it.", "密钥所有人，显示于校验结果。")
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--valid-from",
        metavar="TIME",
        help=bilingual(
            "Signatures before do not count: 2026-01-31, or 2026-01-31T08:00:00+08:00.",
            "此前的签名无效：2026-01-31 或 2026-01-31T08:00:00+08:00。",
        ),
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--valid-until", metavar="TIME", help=bilingual("Signatures after do not count.", "此后的签名无效。")),
]
KeyId = Annotated[
    str,
    typer.Argument(
        metavar="KEYID",
        help=bilingual("The key's identifier, or its first 8 digits or more.", "密钥标识，或其前 8 位以上。"),
    ),
]


def generate(path: PrivateFile, passphrase_file: PassphraseFile = None) -> int:
    """Make an Ed25519 key pair.

    The private half goes into a new file, encrypted with a passphrase; the public half is
    printed, for those who are to trust it.
    """
    from engine.proofs import keyfile

    with problems():
        public = keyfile.generate(path, passphrase(passphrase_file, new=True))
    write_output(public.as_pem(), None)
    say(bilingual(f"key identifier: {public.keyid}", f"密钥标识：{public.keyid}"))
    return 0


def show(path: Annotated[Path, typer.Argument(metavar="KEY.pem")], passphrase_file: PassphraseFile = None) -> int:
    """Show the identifier and the public half of a key, from either half."""
    from engine.proofs import keyfile

    with problems():
        private = b"PRIVATE KEY" in keyfile.read_pem(path)
        key = signer(path, passphrase_file).public if private else keyfile.load_public(path)
    write_output(key.as_pem(), None)
    say(bilingual(f"key identifier: {key.keyid}", f"密钥标识：{key.keyid}"))
    return 0


def trust(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="PUBLIC.pem|KEYS.json",
            help=bilingual(
                "A public key (with --name), or a file of keys: those that take the place of a trusted key are taken.",
                "公钥（须加 --name），或密钥文件：其中由受信任密钥签名替换的密钥将被采用。",
            ),
        ),
    ],
    trusted_keys: TrustedFile,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help=bilingual("Whose key it is.", "密钥所有人。"))
    ] = None,
    valid_from: From = None,
    valid_until: Until = None,
) -> int:
    """Add a key to the file of trusted keys, which is made if it is not there."""
    from engine.proofs import keyfile, keyring
    from engine.proofs.keys import TrustedKey

    with problems():
        if b"-----BEGIN" not in keyfile.read_pem(source):
            return _take_rotations(source, trusted_keys)
        if not name:
            raise Problem(bilingual("--name is missing: whose key is it?", "缺少 --name：请说明密钥所有人。"), USAGE)
        key = TrustedKey(keyfile.load_public(source), name, _time(valid_from), _time(valid_until))
        keyring.change(trusted_keys, lambda keys: keys.added(key))
    say(bilingual(f"trusted: {key.keyid} ({name})", f"已信任：{key.keyid}（{name}）"))
    return 0


def _take_rotations(source: Path, trusted_keys: Path) -> int:
    """New keys that carry the signature of one that is trusted here; the others are named and left."""
    from engine.proofs import keyring

    offered = keyring.read(source)
    taken: list[TrustedKey] = []

    def take(keys: Any) -> Any:
        taken.clear()
        for key in offered.keys:
            old = key.rotated_from.keyid if key.rotated_from else None
            if keys.get(key.keyid) is None and old is not None and keys.get(old) is not None:
                keys = keys.rotated(key)
                taken.append(key)
        return keys

    left = keyring.change(trusted_keys, take)
    for key in taken:
        say(bilingual(f"trusted: {key.keyid} ({key.name})", f"已信任：{key.keyid}（{key.name}）"))
    for key in offered.keys:
        if left.get(key.keyid) is None:
            say(
                bilingual(
                    f"not taken: {key.keyid} ({key.name}): no trusted key signed it. "
                    "Check it with its owner, then trust its public key.",
                    f"未采用：{key.keyid}（{key.name}）：没有受信任密钥为其签名。请与所有人核对后，用公钥添加。",
                )
            )
    return 0


def list_(trusted_keys: TrustedFile, form: Format = "text", output: Output = None) -> int:
    """List the trusted keys, with their limits and revocations."""
    from engine.proofs import keyring

    check_output(output)
    with problems():
        keys = keyring.read(trusted_keys)
    if form == "json":
        write_json(keys.as_json(), output)
    else:
        write_lines((_line(key) for key in keys.keys), output)
    return 0


def _line(key: TrustedKey) -> str:
    from engine.proofs.times import spelled

    words = [key.keyid, key.name]
    if key.valid_from:
        words.append(bilingual(f"from {spelled(key.valid_from)}", f"自 {spelled(key.valid_from)}"))
    if key.valid_until:
        words.append(bilingual(f"until {spelled(key.valid_until)}", f"至 {spelled(key.valid_until)}"))
    if key.rotated_from:
        old = key.rotated_from.keyid[:16]
        words.append(bilingual(f"in place of {old}", f"替换 {old}"))
    if key.revoked:
        at, why = spelled(key.revoked.at), key.revoked.reason
        zh = {"compromised": "私钥泄露", "superseded": "已替换", "ceased": "停止使用"}[why]
        words.append(bilingual(f"REVOKED from {at} ({why})", f"自 {at} 起吊销（{zh}）"))
    return "  ".join(words)


def rotate(
    old: Annotated[Path, typer.Argument(metavar="OLD.pem", help=bilingual("The private key until now.", "原私钥。"))],
    new: Annotated[Path, typer.Argument(metavar="NEW.pem", help=bilingual("The public key from now on.", "新公钥。"))],
    trusted_keys: TrustedFile,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help=bilingual("Whose key it is; by default as before.", "密钥所有人，默认不变。")
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> int:
    """Let a new key take the place of a trusted one.

    The old key signs the new one, so that everybody who trusts the old one can take the new one
    from this file: `unbroken keys trust FILE`. The old key's signatures until now stay trusted.
    """
    from engine.proofs import keyfile, keyring
    from engine.proofs.keys import rotate as signed_rotation
    from engine.proofs.times import now

    with problems():
        before, public = signer(old, passphrase_file), keyfile.load_public(new)
        known = keyring.read(trusted_keys).find(before.public.keyid)
        key = signed_rotation(before, public, name or known.name, now())
        keyring.change(trusted_keys, lambda keys: keys.rotated(key))
    say(bilingual(f"trusted from now: {key.keyid} ({key.name})", f"自现在起信任：{key.keyid}（{key.name}）"))
    return 0


def revoke(
    keyid: KeyId,
    reason: Annotated[
        Literal["compromised", "superseded", "ceased"],
        typer.Option(
            "--reason",
            help=bilingual(
                "compromised: somebody else has the private key; only signatures that a timestamp shows to be older "
                "stay trusted. superseded, ceased: it is not used any more; the declared sealing time decides.",
                "compromised：私钥泄露，仅有时间戳证明更早的签名仍可信；superseded、ceased：不再使用，以所声明的封存时间为准。",
            ),
        ),
    ],
    trusted_keys: TrustedFile,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help=bilingual("From when on; by default now.", "吊销起始时间，默认为现在。")
        ),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help=bilingual("What happened.", "说明。"))
    ] = None,
) -> int:
    """Revoke a trusted key from a time on. Its entry stays: what it signed before is checked with it."""
    from engine.proofs import keyring
    from engine.proofs.keys import Revocation
    from engine.proofs.times import now

    with problems():
        revocation = Revocation(_time(at) or now(), reason, note)
        keys = keyring.change(trusted_keys, lambda keys: keys.revoked(keyid, revocation))
        key = keys.find(keyid)
    say(on_one_line(_line(key)))
    return 0


COMMANDS: Final = MappingProxyType(
    {
        "generate": (generate, "生成 Ed25519 密钥对：私钥加密写入新文件，公钥输出到屏幕。"),
        "show": (show, "显示密钥的标识和公钥。"),
        "list": (list_, "列出受信任密钥及其有效期、吊销情况。"),
        "trust": (trust, "将密钥加入受信任密钥文件；文件不存在时自动创建。"),
        "rotate": (rotate, "以新密钥替换受信任的旧密钥，由旧密钥签名；旧密钥此前的签名仍可信。"),
        "revoke": (revoke, "自某一时间起吊销密钥；条目保留，用于校验此前的签名。"),
    }
)


def _time(text: str | None) -> datetime.datetime | None:
    """A time with an offset; a bare date is that day's beginning here."""
    from engine.proofs.times import instant

    if text is None:
        return None
    found = instant(text)
    if found is None:
        with contextlib.suppress(ValueError):
            found = datetime.datetime.combine(datetime.date.fromisoformat(text), datetime.time()).astimezone()
    if found is None:
        raise Problem(
            bilingual(
                f"{on_one_line(text)}: is no time. Write 2026-01-31 or 2026-01-31T08:00:00+08:00.",
                f"{on_one_line(text)}：不是有效时间，请写作 2026-01-31 或 2026-01-31T08:00:00+08:00。",
            ),
            USAGE,
        )
    return found
