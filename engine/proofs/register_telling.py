"""What the access register says to people: texts in English and Chinese, and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.proofs.register import Break, Chain
from engine.proofs.register_lines import Entry, Kind, Span
from engine.proofs.register_texts import TEXTS

SCHEMA: Final = "unbroken.register-list/1"

_BREAKS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "edited": ("was edited", "被改动"),
        "removed": ("follows on lines that were removed", "之前有行被删除"),
        "reordered": ("is not in its place", "顺序被调换"),
        "truncated": ("is missing: the remembered head is not in the register", "缺失：登记簿中没有所记的末行"),
        "torn": ("was not written to its end", "未写完"),
        "unapproved": ("enters a use that no approval before it allows", "登记的使用没有相应的审批"),
    }
)

_ACTIONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "view": ("view", "调阅"),
        "copy": ("copy", "复制"),
        "excerpt": ("excerpt", "节选"),
        "export": ("export", "对外提供"),
    }
)

_KINDS: Final[Mapping[Kind, tuple[str, str]]] = MappingProxyType(
    {Kind.APPROVAL: ("approved", "批准"), Kind.USE: ("done", "使用")}
)


def words(reason: str, detail: str, chinese: bool) -> str:
    """A reason in a sentence without the stop at its end, with what was seen."""
    from engine.proofs.telling import text_of

    return text_of(TEXTS, reason, detail, chinese)


def entry_line(entry: Entry, chinese: bool) -> str:
    """An entry for a person."""
    begin = f"{entry.id}  {entry.time}  "
    if entry.kind is Kind.RECOVERY:
        count = entry.torn["bytes"] if entry.torn else 0
        if chinese:
            return f"{begin}{entry.who}：上一行未写完（{count} 字节），不作为登记"
        return f"{begin}{entry.who}: the line before was not written to its end ({count} bytes) and is no entry"
    assert entry.action is not None
    assert entry.what is not None
    action = _ACTIONS[entry.action.value][int(chinese)]
    what = f"{entry.what.name} {span_words(entry.what.span, chinese)}".strip()
    kind, who, approver, reason = _KINDS[entry.kind][int(chinese)], entry.who, entry.approver, entry.reason
    if chinese:
        line = f"{begin}{kind}：{who} {action} {what}；审批人 {approver}；事由：{reason}"
    else:
        line = f"{begin}{kind}: {who}, {action}, {what}; approver {approver}; reason: {reason}"
    if entry.approval is not None:
        line += f"；依据审批 {entry.approval[:16]}" if chinese else f"; on approval {entry.approval[:16]}"
    return line if entry.result is None else f"{line} → {entry.result.name}"


def span_words(span: Span, chinese: bool) -> str:
    """A part of a recording; empty for the whole."""
    parts = []
    if span.frames is not None:
        first, last = span.frames
        parts.append(f"第 {first}–{last} 帧" if chinese else f"frames {first}-{last}")
    if span.ms is not None:
        start, end = (f"{t / 1000:.3f}" for t in span.ms)
        parts.append(f"{start}–{end} 秒" if chinese else f"{start}-{end} s")
    return ("，" if chinese else ", ").join(parts)


def break_line(found: Break, chinese: bool) -> str:
    """The first place where the chain does not hold."""
    what = _BREAKS[found.change][int(chinese)]
    if chinese:
        return f"第 {found.line} 行{what}" + (f"（{found.detail}）" if found.detail else "")
    return f"line {found.line} {what}" + (f" ({found.detail})" if found.detail else "")


def chain_line(chain: Chain, chinese: bool) -> str:
    """A register whose chain holds."""
    count, head = len(chain.entries), chain.head
    if head is None:
        return "没有登记" if chinese else "no entries"
    if chinese:
        return f"{count} 条登记，前后相连无误；末行 {head}"
    return f"{count} {'entry' if count == 1 else 'entries'}, the chain holds; head {head}"


def chain_json(chain: Chain) -> dict[str, Any]:
    """A register as `unbroken register list` and ``verify`` give it with ``--format json``."""
    broken = chain.broken
    return {
        "schema": SCHEMA,
        "head": chain.head,
        "broken": None if broken is None else {"line": broken.line, "change": broken.change, "detail": broken.detail},
        "entries": [entry_json(e) for e in chain.entries],
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry with its fields as they stand in the register, its identifier, hash and line."""
    result = entry.result
    found = {
        "id": entry.id,
        "hash": entry.hash,
        "line": entry.line,
        "sequence": entry.sequence,
        "kind": entry.kind.value,
        "time": entry.time,
        "who": entry.who,
        "approver": entry.approver,
        "reason": entry.reason,
        "action": entry.action.value if entry.action else None,
        "what": entry.what.to_json() if entry.what else None,
        "approval": entry.approval,
        "result": {"name": result.name, "blake3": result.blake3} if result else None,
        "torn": dict(entry.torn) if entry.torn else None,
    }
    return {k: v for k, v in found.items() if v is not None}
