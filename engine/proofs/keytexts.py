"""What signatures and keys say to people, in English and Chinese; part of `engine.proofs.telling.TEXTS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

KEY_TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "unsigned": (
            "every byte is as it was sealed, but the proof carries no signature",
            "与封存时逐字节一致，但封存证明没有签名",
        ),
        "untrusted": (
            "every byte is as it was sealed, but no signature of the proof is trusted",
            "与封存时逐字节一致，但封存证明的签名均不受信任",
        ),
        "signature_invalid": (
            "a signature names a known key and does not verify: the proof was changed, or somebody else made it",
            "签名所指密钥已知，但验签不通过：封存证明被改动，或由他人制作",
        ),
        "signature_added": ("every byte is as it was sealed; signed now", "与封存时逐字节一致，现已补签"),
        "not_signed": (
            "a proof is signed only where its recording and leaves are as they were sealed, byte for byte",
            "仅当文件和逐帧摘要文件与封存时逐字节一致时，才可补签",
        ),
        "already_signed": ("the key has signed this seal otherwise", "该密钥已对此证明作过不同的签名"),
        "declaration_too_long": (
            "what is declared is too long; so many characters are the most",
            "所声明的内容过长，最多字符数见括号",
        ),
        "key_exists": ("this file is there already; choose another name", "该文件已存在，请另取名称"),
        "key_short_passphrase": (
            "the passphrase is too short; so many characters are the least",
            "口令太短，最少字符数见括号",
        ),
        "key_unreadable": ("this is no key that can be read", "不是可读取的密钥"),
        "key_not_encrypted": (
            "the private key is not encrypted; encrypt it with `openssl pkcs8 -topk8 -scrypt -in KEY -out NEW`",
            "私钥未加密；请用 openssl pkcs8 -topk8 -scrypt -in KEY -out NEW 加密后再用",
        ),
        "key_passphrase": ("the passphrase is wrong, or the key file is damaged", "口令错误，或密钥文件已损坏"),
        "key_algorithm": (
            "keys of this algorithm are not supported; make one with `unbroken keys generate`",
            "不支持该算法的密钥；请用 unbroken keys generate 生成",
        ),
        "key_weak": ("under this public key anybody can sign; do not use it", "该公钥任何人均可伪造签名，请勿使用"),
        "key_known": ("this key is in the file already", "文件中已有该密钥"),
        "key_unknown": (
            "no key, or more than one, has this identifier; give 8 digits of it or more",
            "没有或不止一个密钥符合该标识，请给出至少 8 位",
        ),
        "key_revoked": ("the key was revoked at that time or before", "该密钥在此时间或之前已被吊销"),
        "keys_unreadable": ("the file of trusted keys cannot be used", "受信任密钥文件无法使用"),
        "rotation_invalid": (
            "the key does not carry the signature of a trusted key whose place it takes",
            "该密钥没有所替换的受信任密钥的有效签名",
        ),
        "cannot_write_key": ("it cannot be written; choose another place", "无法写入，请选择其他位置"),
    }
)
"""Reason -> text in English and Chinese."""

STANDINGS_ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "无",
        "trusted": "可信",
        "untrusted": "不在有效期内",
        "revoked": "密钥已吊销",
        "unknown key": "未知密钥",
        "invalid": "验签不通过",
    }
)


def signature_words(signature: str, chinese: bool) -> str:
    """The ``signature`` of an answer, for a person."""
    if not chinese:
        return f" (signature: {signature})"
    parts = []
    for part in signature.split("; "):
        standing = next((s for s in STANDINGS_ZH if part == s or part.startswith(s + " ")), "")
        parts.append(STANDINGS_ZH.get(standing, "") + part[len(standing) :])
    return f"（签名：{'；'.join(parts)}）"
