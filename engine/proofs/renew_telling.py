"""What stamping seals says to people and to programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.proofs.renew import RenewResult
from engine.proofs.telling import Words, named, no_words, text

SCHEMA: Final = "unbroken.renew/1"

_STATUS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "stamped": ("timestamp added", "已加盖时间戳"),
        "renewed": ("renewed", "已续期"),
        "not_due": ("not due", "尚无需续期"),
        "requested": ("request written", "已生成时间戳请求"),
        "not_ok": ("NOT OK, nothing written", "封存证明有误，未写入任何内容"),
        "refused": ("not stamped", "未能加盖时间戳"),
    }
)

_CHECK: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "verified": ("verified", "已验证"),
        "unchecked": (
            "its authority was not checked; name certificates with --tsa-ca",
            "未验证签发机构，可用 --tsa-ca 指定证书",
        ),
        "untrusted": ("of an authority that is not trusted", "签发机构不受信任"),
    }
)


def renew_json(results: Iterable[RenewResult]) -> dict[str, Any]:
    """Results as `unbroken renew --format json` gives them."""
    return {
        "schema": SCHEMA,
        "files": [
            {
                "path": r.path,
                "status": r.status,
                "reason": f"{r.reason}: {r.detail}" if r.detail else r.reason,
                "seal": str(r.seal) if r.seal else None,
                "time": r.time,
                "tsa": r.tsa,
                "valid_until": r.valid_until,
                "check": r.check,
            }
            for r in results
        ],
    }


def renew_lines(result: RenewResult, chinese: bool, about_file: Words = no_words) -> list[str]:
    """A result for a person, in one line."""
    status = _STATUS[result.status][int(chinese)]
    name = named(result.path)
    if result.reason:
        words = text(result.reason, result.detail, chinese, about_file)
        return [f"{name}：{status}。{words}。" if chinese else f"{name}: {status}. {words}."]
    if result.time is None:
        return [f"{name}：{status}。" if chinese else f"{name}: {status}."]
    check = _CHECK[result.check or "unchecked"][int(chinese)]
    if chinese:
        return [f"{name}：{status}。{result.time}，{result.tsa}，证书有效期至 {result.valid_until}（{check}）。"]
    return [f"{name}: {status}. {result.time}, {result.tsa}, certificate valid until {result.valid_until} ({check})."]
