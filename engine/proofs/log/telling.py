"""What the log says to people: texts in English and Chinese."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from engine.proofs.log.texts import TEXTS

if TYPE_CHECKING:
    from engine.proofs.log.attach import Attached
    from engine.proofs.log.check import LogReport, SealReport
    from engine.proofs.log.standing import LogStanding

_STATUS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "added": ("added to the log as entry {}", "已记入日志，条目号 {}"),
        "known": ("in the log already, entry {}", "此前已记入日志，条目号 {}"),
        "renewed": (
            "in the log, entry {}; the cosigned checkpoint was added to the seal",
            "已在日志中，条目号 {}；联署检查点已写入封存证明",
        ),
        "failed": ("NOT in the log", "未记入日志"),
    }
)


def words(reason: str, detail: str, chinese: bool) -> str:
    """A reason in a sentence without the stop at its end, with what was seen."""
    from engine.proofs.telling import text_of

    return text_of(TEXTS, reason, detail, chinese)


def attached_line(found: Attached, chinese: bool) -> str:
    """What came of one seal."""
    status = _STATUS[found.status][int(chinese)].format(found.index)
    colon, stop = ("：", "。") if chinese else (": ", ".")
    if found.status != "failed":
        return f"{found.seal}{colon}{status}"
    between = "。" if chinese else ". "
    return f"{found.seal}{colon}{status}{between}{words(found.reason, found.detail, chinese)}{stop}"


def attached_json(found: Attached) -> dict[str, Any]:
    """The same as JSON."""
    reason = f"{found.reason}: {found.detail}" if found.detail else found.reason
    return {"seal": str(found.seal), "status": found.status, "index": found.index, "reason": reason or None}


def standing_line(found: LogStanding, chinese: bool, now: float | None = None) -> str:
    """What the log says about a seal, with the age of the newest cosignature."""
    return note_line(found.note(), chinese, now)


def note_line(note: Mapping[str, Any], chinese: bool, now: float | None = None) -> str:
    """An entry of ``other`` that `LogStanding.note` made, in words."""
    change, log, index = note["change"], note.get("log"), note.get("index")
    if change == "not_logged":
        return "封存证明未附入日志证明" if chinese else "the seal carries no proof that it is in a log"
    place = f"日志 {log} 第 {index} 条" if chinese else f"entry {index} of the log {log}"
    if change == "log_invalid":
        return f"所附{place}的证明不成立" if chinese else f"the proof that it is {place} does not hold"
    if change == "log_untrusted":
        return f"{place}，该日志不在受信任之列" if chinese else f"{place}, which is not a trusted one"
    if change == "logged":
        return (
            f"{place}，尚无受信任见证方联署，日志管理者仍可改写"
            if chinese
            else f"{place}, not cosigned by a trusted witness yet: whoever runs the log could still rewrite it"
        )
    return _cosigned(note, place, chinese, time.time() if now is None else now)


def _cosigned(note: Mapping[str, Any], place: str, chinese: bool, now: float) -> str:
    names = ("、" if chinese else ", ").join(note["witnesses"])
    old = age(note["at"], chinese, now)
    if chinese:
        return f"{place}，由 {names} 联署（最早 {note['since']}，最近 {note['at']}，{old}）"
    return f"{place}, cosigned by {names} (first {note['since']}, last {note['at']}, {old})"


def age(at: str, chinese: bool, now: float) -> str:
    """How long ago a time was, in its largest unit."""
    import datetime

    try:
        passed = now - datetime.datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError):
        return "时间无法识别" if chinese else "at no time"
    if passed < -60:
        return "晚于本机时钟" if chinese else "later than this computer's clock"
    for seconds, one, many, zh in ((86400, "day", "days", "天"), (3600, "hour", "hours", "小时")):
        if passed >= seconds:
            count = int(passed // seconds)
            return f"{count} {zh}前" if chinese else f"{count} {one if count == 1 else many} ago"
    count = max(int(passed // 60), 0)
    return f"{count} 分钟前" if chinese else f"{count} minute{'' if count == 1 else 's'} ago"


def log_lines(report: LogReport, chinese: bool, now: float | None = None) -> list[str]:
    """What a log itself looks like."""
    lines, at = [], report.checkpoint
    name = at.origin if at else str(report.folder)
    colon, stop = ("：", "。") if chinese else (": ", ".")
    if at is not None and not report.reason:
        root, count = at.root.hex(), f"{at.size} {'entry' if at.size == 1 else 'entries'}"
        lines.append(f"{name}：{at.size} 条，根 {root}" if chinese else f"{name}: {count}, root {root}")
        if report.continues is not None:
            old = report.continues
            lines.append(f"  与 {old} 条时的检查点连续" if chinese else f"  continues the checkpoint of size {old}")
    if report.reason:
        lines.append(f"{name}{colon}{words(report.reason, report.detail, chinese)}{stop}")
    if at is not None and not report.trusted:
        lines.append(
            "  日志公钥取自日志文件夹本身；用 --log-keys 给出从可靠渠道取得的公钥"
            if chinese
            else "  the log's key is the folder's own word; give one from a source that is trusted with --log-keys"
        )
    lines += ["  " + line for line in _witness_lines(report, chinese, now)]
    return lines


def _witness_lines(report: LogReport, chinese: bool, now: float | None) -> list[str]:
    from engine.proofs.log.standing import spelled

    if report.checkpoint is None:
        return []
    if report.cosigned is None:
        return ["尚无受信任见证方联署" if chinese else "not cosigned by a trusted witness"]
    lines = []
    for name, when in report.times:
        at = spelled(when)
        old = age(at, chinese, time.time() if now is None else now)
        size = report.cosigned.size
        if chinese:
            lines.append(f"由 {name} 联署至第 {size} 条（{at}，{old}）")
        else:
            lines.append(f"cosigned by {name} at size {size} ({at}, {old})")
    return lines


def seal_line(report: SealReport, chinese: bool, now: float | None = None) -> str:
    """What a log says about one seal."""
    colon, stop = ("：", "。") if chinese else (": ", ".")
    if report.reason or report.standing is None:
        return f"{report.seal}{colon}{words(report.reason, report.detail, chinese)}{stop}"
    return f"{report.seal}{colon}{standing_line(report.standing, chinese, now)}{stop}"
