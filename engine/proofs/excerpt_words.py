"""What proofs of excerpts say in words: texts in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "excerpt_unreadable": ("the proof of the excerpt cannot be read", "节选证明无法读取"),
        "excerpt_differs": (
            "the proof of the excerpt does not follow from the seal that it holds",
            "节选证明与其所含的封存证明不符",
        ),
        "no_times": (
            "the recording carries no times, so that no span of it can be named",
            "该文件不含时间信息，无法按时间节选",
        ),
        "no_time_given": (
            "no time: give seconds (12.5), or minutes and hours (1:02:03.5)",
            "时间格式有误，请使用秒（12.5）或时:分:秒（1:02:03.5）",
        ),
        "span_empty": ("the span ends before it begins", "节选的结束时间不晚于开始时间"),
        "frames_unreadable": ("no frame numbers: give them like 12,20-25", "帧号格式有误，示例：12,20-25"),
        "container_unknown": (
            "files of this ending are not written; name one that ends in .mp4, .mov, .mkv, .ts or, of sound, "
            ".wav, .m4a, .mka",
            "不支持写入该扩展名；请使用 .mp4、.mov、.mkv、.ts，仅有声音时可用 .wav、.m4a、.mka",
        ),
        "target_exists": (
            "there is such a file already; name another with --output",
            "该文件已存在，请用 --output 另行指定",
        ),
        "nothing_in_span": ("nothing of the recording is left to show in this span", "该时间段内没有可出示的内容"),
        "withheld_outside": (
            "frames that are to be withheld are not in the excerpt",
            "要求不予出示的帧不在节选范围内",
        ),
        "unit_gone": (
            "the file is a copy of the sealed recording that has lost what is needed here; cut from the original",
            "该文件是封存文件的副本，已缺少节选所需的数据；请使用原文件节选",
        ),
        "not_carried": (
            "a file of this kind cannot hold this excerpt as it was sealed; name one that ends in .mkv with --output",
            "该封装格式无法原样承载此节选，请用 --output 指定扩展名为 .mkv 的文件",
        ),
        "not_as_measured": (
            "the file's packets are not as they were when they were measured",
            "文件中的数据包与读取时不一致",
        ),
        "not_approved": (
            "the access register holds no approval of this excerpt for this person; have it entered with "
            "`unbroken register add`",
            "调阅登记簿中没有此人节选该部分的审批记录；请先用 unbroken register add 登记审批",
        ),
        "reason_missing": ("an excerpt needs a reason and a name", "节选须写明事由和姓名"),
    }
)
"""Reason -> text in English and Chinese."""


def frames(runs: Iterable[Sequence[int]]) -> str:
    """Runs of frame numbers, both ends included: ``1,200–1,950, 1,953``."""
    return ", ".join(f"{a:,}" if a == b else f"{a:,}–{b:,}" for a, b in runs)


def summary(notes: Iterable[Mapping[str, Any]], chinese: bool) -> str:
    """Which frames of how many an excerpt shows, in a sentence without the stop at its end."""
    note = next(n for n in notes if n["change"] == "shown" and "of" in n and "frames" in n)
    picture, withheld = note["subject"] == "picture", frames(note["withheld"])
    numbers, total = frames(note["frames"]), f"{note['of']:,}"
    if chinese:
        unit = "帧" if picture else "个声音单元"
        part = f"（其中第 {withheld} {unit}不予出示）" if withheld else ""
        whole = f"{'共' if note['exact'] else '至多'} {total} {unit}"
        return f"{whole}，其中第 {numbers} {unit}{part}未经改动；其余部分未出示"
    part = f", of which {withheld} are withheld" if withheld else ""
    total = total if note["exact"] else f"at most {total}"
    return f"{'Frames' if picture else 'Sound frames'} {numbers} of {total}{part}, unaltered; the rest not shown"


def note_lines(note: Mapping[str, Any], chinese: bool) -> list[str]:
    """What an excerpt shows of a stream, or that it shows nothing of it."""
    name = ("画面" if chinese else "picture") if note["subject"] == "picture" else ("声音" if chinese else "sound")
    stream = f"第 {note['stream']} 流" if chinese else f"stream {note['stream']}"
    if note["change"] == "not_shown":
        return [f"{name}：{stream}，未出示" if chinese else f"{name}: {stream}, not shown"]
    span = _span(note, chinese)
    if "frames" not in note:
        units = f"{note['count']:,} / {note['of']:,}"
        away = ("、" if chinese else ", ").join(_span(w, chinese) for w in note["withheld"])
        if chinese:
            away = f"，其中 {away}不予出示" if away else ""
            return [f"{name}：{stream}，出示 {units} 个单元，{span}{away}"]
        away = f", of which {away} are withheld" if away else ""
        return [f"{name}: {stream}, {units} units, {span}{away}"]
    recording = note["recording"]
    lines = [f"原文件：{recording}，{span}" if chinese else f"of the recording {recording}, {span}"]
    if note["for_decoding"]:
        numbers = frames(note["for_decoding"])
        lines.append(
            f"第 {numbers} 帧在所申请时段之外，仅为解码所需"
            if chinese
            else f"frames {numbers} lie outside what was asked for: decoding needs them"
        )
    return lines


def _span(note: Mapping[str, Any], chinese: bool) -> str:
    if note["start_s"] is None:
        return "无时间信息" if chinese else "without times"
    ends = [f"{note[end]:.3f}" for end in ("start_s", "end_s")]
    return "–".join(dict.fromkeys(ends)) + (" 秒" if chinese else " s")
