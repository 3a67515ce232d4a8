"""How samples are told to people, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

CHANGES: Final = ("sampled", "not_sampled")
"""Changes of notes that are told here."""

TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "sampled": (
            "what was drawn is as it was sealed; nothing else was checked",
            "抽取的单元与封存时一致，其余部分未校验",
        ),
    }
)
"""Reason -> text."""

_WHY: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "positions_not_exact": (
            "this container does not say where each picture lies",
            "该封装格式不能给出各单元的准确位置",
        ),
        "size_differs": ("it has another size than when it was sealed", "文件大小与封存时不同"),
        "structure_differs": (
            "its index or its streams are not as they were sealed",
            "文件的索引或流的描述与封存时不同",
        ),
        "does_not_open": ("it does not open any more", "文件已无法打开"),
        "leaves_missing": ("the leaves beside the seal are missing", "封存证明旁缺少逐帧摘要文件"),
        "excerpt": ("it is an excerpt, or there is no seal", "该文件为节选，或没有封存证明"),
    }
)
"""Why a file was verified whole."""


def note_line(note: Mapping[str, Any], chinese: bool) -> str:
    """A note ``sampled`` or ``not_sampled`` in words."""
    if note["change"] == "not_sampled":
        why = _WHY[note["why"]][int(chinese)]
        return f"未抽样，已整体校验：{why}" if chinese else f"verified whole, not by sample: {why}"
    chances = [_chance(int(changed), chance, chinese) for changed, chance in note["detects"].items()]
    words = _drawn(note, chinese)
    if note["placeless"]:
        words.append(
            f"另抽到 {note['placeless']} 个单元因不能单独读取而未校验"
            if chinese
            else f"{note['placeless']} more were drawn and cannot be read alone"
        )
    if chinese:
        return "，".join(words) + "；查出改动的概率：" + "，".join(chances)
    return ", ".join(words) + "; chance to meet changed units: " + ", ".join(chances)


def _drawn(note: Mapping[str, Any], chinese: bool) -> list[str]:
    count, of, pictures = note["count"], note["of"], note["pictures"]
    if chinese:
        words = [f"抽样校验 {of} 个单元中的 {count} 个（其中画面 {pictures} 个）"]
        return [*words, f"第 {note['part']} 份" if "part" in note else f"随机种子 {note['seed']}"]
    words = [f"sampled {count} of {of} units ({pictures} pictures)"]
    return [*words, f"part {note['part']}" if "part" in note else f"seed {note['seed']}"]


def _chance(changed: int, chance: float, chinese: bool) -> str:
    share = f"{100 * chance:.4f}".rstrip("0").rstrip(".") + " %"
    return f"改动 {changed} 个时 {share}" if chinese else f"{share} if {changed} {'is' if changed == 1 else 'are'}"
