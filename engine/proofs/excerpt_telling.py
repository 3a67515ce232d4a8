"""What cutting an excerpt says to people and to programs."""

from __future__ import annotations

from typing import Any, Final

from engine.proofs.excerpt import ExcerptResult
from engine.proofs.excerpt_words import frames
from engine.proofs.telling import Words, named, no_words, text, verify_json, verify_lines

SCHEMA: Final = "unbroken.excerpt-made/1"


def excerpt_json(result: ExcerptResult) -> dict[str, Any]:
    """A result as `unbroken excerpt --format json` gives it."""
    return {
        "schema": SCHEMA,
        "path": result.path,
        "status": result.status,
        "reason": f"{result.reason}: {result.detail}" if result.detail else result.reason,
        "clip": None if result.clip is None else str(result.clip),
        "proof": None if result.proof is None else str(result.proof),
        "asked": None if result.asked is None else list(result.asked),
        "shown": None if result.shown is None else dict(result.shown),
        "register": None if result.entry is None else {"id": result.entry.id, "hash": result.entry.hash},
        "verification": None if result.verification is None else verify_json([result.verification])["files"][0],
    }


def excerpt_lines(result: ExcerptResult, chinese: bool, about_file: Words = no_words) -> list[str]:
    """A result for a person."""
    name, colon = named(result.path), "：" if chinese else ": "
    if result.status == "made":
        return _made(result, name + colon, chinese)
    words = text(result.reason, result.detail, chinese, about_file)
    status = _STATUS[result.status][int(chinese)]
    lines = [f"{name}{colon}{status}。{words}。" if chinese else f"{name}{colon}{status}. {words}."]
    if result.status == "not_ok" and result.verification is not None:
        lines += verify_lines(result.verification, chinese, about_file)[1:]
    return lines


_STATUS: Final = {
    "not_ok": ("NOT OK, no excerpt made", "与封存证明不一致，未予节选"),
    "refused": ("no excerpt made", "未予节选"),
}


def _made(result: ExcerptResult, beginning: str, chinese: bool) -> list[str]:
    note, entry = result.shown, result.entry
    assert note is not None
    assert entry is not None
    numbers, total = frames(note["frames"]), f"{note['of']:,}"
    if chinese:
        lines = [f"{beginning}已节选第 {numbers} 帧（原文件共 {total} 帧）→ {result.clip}"]
    else:
        lines = [f"{beginning}frames {numbers} of {total} -> {result.clip}"]
    for key, en, zh in _ASIDE:
        if note[key]:
            lines.append(f"  第 {frames(note[key])} 帧{zh}" if chinese else f"  frames {frames(note[key])} {en}")
    lines.append(f"  节选证明：{result.proof}" if chinese else f"  proof: {result.proof}")
    lines.append(f"  已登记，编号 {entry.id}" if chinese else f"  entered in the register as {entry.id}")
    return lines


_ASIDE: Final = (
    ("for_decoding", "came along: decoding needs them", "在所申请时段之外，仅为解码所需"),
    ("withheld", "are withheld", "不予出示"),
)
