"""What proofs say to people and to programs: texts in English and Chinese, and JSON.

Results carry identifiers; here alone they become words.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from engine.proofs import excerpt_words, sample_words
from engine.proofs.keytexts import KEY_TEXTS, signature_words
from engine.proofs.log.texts import TEXTS as LOG_TEXTS
from engine.proofs.register_texts import TEXTS as REGISTER_TEXTS

if TYPE_CHECKING:
    from engine.proofs.standing import SealResult
    from engine.proofs.verify import VerifyResult

VERIFY_SCHEMA: Final = "unbroken.verify/1"
SEAL_SCHEMA: Final = "unbroken.seal/1"

Words = Callable[[str], str | None]
"""Reason -> what is wrong with a file, in the reader's language; None where it is none of a file.

`engine.report` has these texts, above this package; the commands hand them in.
"""


def no_words(_reason: str) -> None:
    """No texts but those of this module."""


TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **KEY_TEXTS,
        # the file
        "missing": ("there is no such file; check the name", "没有该文件，请核对文件名"),
        # sealing
        "leaf_not_built": (
            "this version cannot bind streams of this kind yet",
            "本版本尚不能封存此类码流",
        ),
        "excerpt_here": (
            "it is an excerpt, and the proof beside it says where it comes from; a seal would hide that. Seal the "
            "recording that it was cut from",
            "该文件是节选，旁边已有说明其来源的节选证明，再次封存会将其掩盖；请封存原录像",
        ),
        "nothing_to_bind": ("it holds neither picture nor sound", "文件中既无画面也无声音"),
        "cannot_write": (
            "the proof cannot be written; free some space or choose another folder with --out-dir",
            "证明无法写入，请释放磁盘空间，或用 --out-dir 指定其他文件夹",
        ),
        "already_sealed": ("every byte is as it was sealed", "与封存时逐字节一致"),
        "frame_unknown": ("there is no such frame in the sealed recording", "封存的录像中没有该帧"),
        # verification
        "untouched": ("every byte is as it was sealed", "与封存时逐字节一致"),
        "content_whole": (
            "every sealed picture and sound is there at its time; something around them differs",
            "封存的画面和声音逐帧完整、时间一致，其余信息有变化",
        ),
        "leaves_missing": (
            "the file is as it was sealed; the leaves beside the seal are missing",
            "文件与封存时一致，但封存证明旁缺少逐帧摘要文件",
        ),
        "differs_and_leaves_missing": (
            "the file is not as it was sealed; which frames differ cannot be told without the leaves",
            "文件与封存时不一致；因缺少逐帧摘要文件，无法指明具体帧",
        ),
        "frames_differ": ("pictures are not as they were sealed", "部分画面与封存时不一致"),
        "content_differs": ("the sound or a second picture is not as it was sealed", "声音或其他画面流与封存时不一致"),
        "stream_removed": ("a sealed stream of picture or sound is gone", "缺少封存时的画面流或声音流"),
        "stream_added": ("a stream of picture or sound was added", "增加了封存时没有的画面流或声音流"),
        "ambiguous": (
            "players may show different recordings: the file has several indexes, or marks that only some of them heed",
            "不同播放器可能显示不同内容：文件含多个索引，或含有仅部分播放器识别的标记",
        ),
        "track_disabled": ("a track that was played is switched off", "原可播放的轨道被停用"),
        "repeats": ("the presentation shows frames again", "播放时部分画面被重复显示"),
        "cut_short": ("the file cannot be read to its end", "文件无法读至结尾"),
        "truncated": (
            "the file is cut off: it is the beginning of the one that was sealed",
            "文件被截断，仅为封存时文件的前一部分",
        ),
        "does_not_open": ("the file does not open any more", "文件已无法打开"),
        "no_seal": (
            "there is no seal for this file; make one with `unbroken seal`, or name its place with --proof",
            "没有该文件的封存证明；可运行 unbroken seal 进行封存，或用 --proof 指定证明的位置",
        ),
        "seal_unreadable": ("the seal cannot be read", "封存证明无法读取"),
        "seal_differs": ("the seal was changed after it was made", "封存证明在生成后被改动过"),
        "format_unknown": ("the seal has a format that this version does not know", "本版本不识别该封存证明的格式"),
        "format_draft": (
            "the proof is of the draft format, which is read no more; move its two files away and seal again",
            "该证明为早期草案格式，本版本不再读取；请移走其两个文件后重新封存",
        ),
        # timestamps
        "timestamp_unreadable": ("a timestamp cannot be read", "时间戳无法读取"),
        "timestamp_differs": ("a timestamp is not over this seal", "时间戳与该封存证明不符"),
        "timestamp_bad": (
            "a timestamp claims a trusted authority and does not verify",
            "时间戳自称由受信任机构签发，但验证不通过",
        ),
        "timestamp_order": ("a timestamp is older than what it covers", "时间戳早于其所覆盖的内容"),
        "timestamp_untrusted": (
            "the timestamp is of an authority that is not among those of --tsa-ca; nothing was written",
            "时间戳签发机构不在 --tsa-ca 所列证书之内，未写入任何内容",
        ),
        "unstamped": (
            "every byte is as it was sealed, but no timestamp of a trusted authority holds",
            "与封存时逐字节一致，但没有受信任机构签发且仍有效的时间戳",
        ),
        "rehash_differs": (
            "the digests that were stamped later are not those of these files",
            "后续续期时所记录的摘要与文件不符",
        ),
        "authorities_unreadable": ("certificates cannot be read", "证书无法读取"),
        "tsa_unreachable": (
            "the timestamp authority cannot be reached; check the address, or use --request and --response",
            "无法连接时间戳服务机构，请核对地址，或改用 --request 和 --response 离线方式",
        ),
        "tsa_answer": ("what answers is no timestamp authority; check the address", "该地址不是时间戳服务，请核对地址"),
        "tsa_refused": ("the timestamp authority refused", "时间戳服务机构拒绝了请求"),
        "not_as_sealed": (
            "the recording is not as it was sealed; nothing is stamped over it",
            "文件与封存时不一致，不予加盖时间戳",
        ),
        "leaves_unreadable": ("the leaves cannot be read", "逐帧摘要文件无法读取"),
        "leaves_differ": (
            "the leaves are not those that the seal covers; if sealing anew was broken off, run "
            "`unbroken seal --supersede REASON` again",
            "逐帧摘要文件与封存证明不符；如系重新封存中断所致，请再次运行 unbroken seal --supersede 并写明理由",
        ),
    }
)
"""Reason -> text in English and Chinese."""

TABLES: Final = (TEXTS, excerpt_words.TEXTS, sample_words.TEXTS, REGISTER_TEXTS, LOG_TEXTS)
"""All texts by reason; the first table that has one counts."""

_STATUS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "OK": ("OK", "一致（OK）"),
        "OK_WITH_MISSING_INFO": ("OK, with missing information", "内容一致，部分信息缺失（OK_WITH_MISSING_INFO）"),
        "NOT_OK": ("NOT OK", "不一致（NOT_OK）"),
        "NOT_SEALED": ("not sealed", "未封存（NOT_SEALED）"),
        "sealed": ("sealed", "已封存"),
        "already_sealed": ("already sealed", "此前已封存"),
        "not_ok": ("NOT OK, nothing written", "与已有封存证明不一致，未写入任何文件"),
        "refused": ("not sealed", "未能封存"),
    }
)

_CHANGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "altered": ("altered", "被改动"),
        "deleted": ("deleted", "被删除"),
        "inserted": ("inserted", "被插入"),
        "moved": ("moved in time or order", "时间或顺序被移动"),
        "removed": ("removed", "整条流被移除"),
        "added": ("added", "新增整条流"),
        "configuration": ("decoded with another configuration", "解码参数不同"),
        "hidden": ("hidden by the edit list", "被编辑列表隐藏"),
        "repeats": ("shown again", "重复显示"),
        "never_presented_missing": ("missing, and never shown before", "缺失，封存时本不显示"),
        "never_presented_shown": ("shown, and never shown before", "现被显示，封存时本不显示"),
        "leading_hidden": (
            "before the first picture that can be decoded, now hidden",
            "位于首个可解码画面之前，现被隐藏",
        ),
        "foreign_hidden": ("added, and hidden by the edit list", "新增但被编辑列表隐藏"),
        "time_not_carried": ("times that this container cannot carry", "该封装格式无法记录的时间"),
        "bytes": ("bytes differ", "字节不同"),
        "format": ("format", "封装格式"),
        "tag": ("tag", "标签"),
        "count": ("number of streams", "流的数量"),
        "does_not_open": ("does not open", "无法打开"),
        "cut_off": ("ends before the sealed one did", "结尾早于封存时"),
        "stamped": ("stamped", "已加盖"),
        "renewed": ("renewed", "已续期"),
        "not_stamped": ("none", "无时间戳"),
        "untrusted": ("of no trusted authority", "签发机构不受信任"),
        "renewed_too_late": ("renewed after its certificate had lapsed", "续期时证书已过期"),
        "lapsed": ("certificate lapsed; renew it", "证书已过期，应予续期"),
        "rehash_unchecked": ("a digest that this version cannot compute", "本版本无法计算的摘要算法"),
        "leaves_missing": ("leaves missing", "缺少逐帧摘要文件"),
        "leaves_differ": ("leaves differ", "逐帧摘要文件不符"),
        "seal_missing": ("leaves without their seal", "有逐帧摘要文件而无封存证明"),
        "unsigned": ("not signed", "没有签名"),
        "signature_untrusted": ("no trusted signature", "没有受信任的签名"),
        "signature_invalid": ("a signature does not verify", "签名验证不通过"),
        "rotation": ("rotation", "旋转角度"),
        "matrix": ("display matrix", "显示矩阵"),
        "enabled": ("track switched on", "轨道启用状态"),
        "sample_aspect": ("pixel aspect", "像素宽高比"),
        "edits": ("edit list", "编辑列表"),
        "width": ("width", "宽度"),
        "height": ("height", "高度"),
        "language": ("language", "语言"),
    }
)

_SUBJECTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "picture": ("picture", "画面"),
        "sound": ("sound", "声音"),
        "stream": ("stream", "流"),
        "container": ("container", "封装"),
        "presentation": ("presentation", "播放方式"),
        "proof": ("proof", "证明"),
        "timestamp": ("timestamp", "时间戳"),
    }
)

_CHECKS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "verified": ("verified", "已验证"),
        "untrusted": ("its authority is not trusted", "签发机构不受信任"),
        "unchecked": ("its authority was not checked", "未验证签发机构"),
    }
)
"""How far a timestamp was checked."""

_OF_THE_LOG: Final = ("log_invalid", "not_logged", "log_untrusted", "logged", "cosigned")
"""Changes that `engine.proofs.log` tells in its own words."""

_SHOWN: Final = 20
"""Runs and notes that a text names one by one; JSON names all."""


_OF_THE_FILE: Final = MappingProxyType({"changed_while_read": "changed"})
"""Reasons that the texts for files know by another name."""

_TECHNICAL: Final = ("seal_", "leaves_", "format_", "leaf_", "timestamp_", "tsa_")
"""Beginnings of reasons whose detail is in the words of the format, not in those of a language."""


def text(reason: str, detail: str, chinese: bool, about_file: Words = no_words) -> str:
    """A reason in a sentence, without the stop at its end; in brackets what was seen."""
    own = next((t[reason] for t in TABLES if reason in t), None)
    return _sentence(
        own[int(chinese)] if own else about_file(_OF_THE_FILE.get(reason, reason)), reason, detail, chinese
    )


def text_of(table: Mapping[str, tuple[str, str]], reason: str, detail: str, chinese: bool) -> str:
    """As `text`, with what `table` says of a reason going before all other tables."""
    own = table.get(reason)
    return text(reason, detail, chinese) if own is None else _sentence(own[int(chinese)], reason, detail, chinese)


def _sentence(words: str | None, reason: str, detail: str, chinese: bool) -> str:
    words = words or reason
    words = words[:1].upper() + words[1:].rstrip(".。")
    if not detail:
        return words
    if not chinese:
        return f"{words} ({detail})"
    if reason == "frame_unknown":
        detail = detail.replace("; frames are ", "；帧号范围 ").replace(" to ", "–")
    return f"{words}（{'技术细节：' if reason.startswith(_TECHNICAL) else ''}{detail}）"


def named(path: str) -> str:
    """A path as it is shown."""
    return path.removeprefix(f".{os.sep}")


def _line(path: str, status: str, words: str, chinese: bool) -> str:
    path = named(path)
    if chinese:
        return f"{path}：{status}{'。' if status else ''}{words}。"
    return f"{path}: {status}{'. ' if status else ''}{words}."


def verify_json(results: Iterable[VerifyResult]) -> dict[str, Any]:
    """Results as `unbroken verify --format json` gives them."""
    return {"schema": VERIFY_SCHEMA, "files": [_verify_entry(r) for r in results]}


def _verify_entry(result: VerifyResult) -> dict[str, Any]:
    runs = [{"change": r.change, "start_frame": r.start_frame, "end_frame": r.end_frame} for r in result.frames]
    return {
        "path": result.path,
        "status": result.status.value,
        "reason": f"{result.reason}: {result.detail}" if result.detail else result.reason,
        "signature": result.signature,
        "frames": runs,
        "other": [dict(note) for note in result.other],
    }


def verify_lines(result: VerifyResult, chinese: bool, about_file: Words = no_words) -> list[str]:
    """A result for a person: one line, then what differs."""
    words = text(result.reason, result.detail, chinese, about_file)
    if result.reason == "excerpt":
        words = excerpt_words.summary(result.other, chinese)
    if result.status.value == "NOT_SEALED" and result.reason != "no_seal":
        # whether what is not there, or cannot be read, is sealed is not the question
        return [_line(result.path, "", words, chinese)]
    if result.status.value != "NOT_SEALED" and result.reason != "missing":
        words += signature_words(result.signature, chinese)
    lines = [_line(result.path, _STATUS[result.status.value][int(chinese)], words, chinese)]
    for run in result.frames[:_SHOWN]:
        change = _CHANGES[run.change][int(chinese)]
        span = str(run.start_frame) if run.start_frame == run.end_frame else f"{run.start_frame}-{run.end_frame}"
        lines.append(f"  第 {span} 帧{change}" if chinese else f"  frame {span} {change}")
    for note in result.other[:_SHOWN]:
        own = excerpt_words.note_lines(note, chinese) if note["change"] in ("shown", "not_shown") else None
        lines += ["  " + line for line in own or [_note_line(note, chinese, about_file)]]
    hidden = max(len(result.frames) - _SHOWN, 0) + max(len(result.other) - _SHOWN, 0)
    if hidden:
        lines.append(f"  另有 {hidden} 项，见 --format json" if chinese else f"  and {hidden} more, see --format json")
    return lines


def _note_line(note: Mapping[str, Any], chinese: bool, about_file: Words) -> str:
    """One difference around the frames, in words; values as they were found."""
    if note["change"] in _OF_THE_LOG:
        from engine.proofs.log.telling import note_line

        return f"{_SUBJECTS['proof'][int(chinese)]}{'：' if chinese else ': '}{note_line(note, chinese)}"
    if note["change"] in sample_words.CHANGES:
        return f"{_SUBJECTS['proof'][int(chinese)]}{'：' if chinese else ': '}{sample_words.note_line(note, chinese)}"
    subject = _SUBJECTS.get(note["subject"], (note["subject"],) * 2)[int(chinese)]
    change = _CHANGES.get(note["change"], (note["change"],) * 2)[int(chinese)]
    words = [f"{subject}：{change}" if chinese else f"{subject}: {change}"]
    if "stream" in note:
        words.append(f"第 {note['stream']} 流" if chinese else f"stream {note['stream']}")
    if "count" in note or "frames" in note:
        count = note.get("count", note.get("frames"))
        words.append(f"{count} 个单元" if chinese else f"{count} units")
    if note.get("start_s") is not None:
        span = f"{note['start_s']:.3f}–{note['end_s']:.3f}"
        words.append(f"{span} 秒" if chinese else f"{span} s")
    words += [str(note[k]) for k in ("name", "kind", "time", "tsa") if k in note]
    if "valid_until" in note:
        words.append(f"证书有效期至 {note['valid_until']}" if chinese else f"certificate until {note['valid_until']}")
    if "check" in note:
        words.append(_CHECKS[note["check"]][int(chinese)])
    if "reason" in note:
        words.append(text(note["reason"], "", chinese, about_file))
    if "from" in note:
        none = "无" if chinese else "none"
        before, after = (none if note[k] is None else note[k] for k in ("from", "to"))
        words.append(f"{before} → {after}")
    return ("，" if chinese else ", ").join(words)


def seal_json(results: Iterable[SealResult]) -> dict[str, Any]:
    """Results as `unbroken seal --format json` gives them."""
    return {
        "schema": SEAL_SCHEMA,
        "files": [
            {
                "path": r.path,
                "status": r.status,
                "reason": f"{r.reason}: {r.detail}" if r.detail else r.reason,
                "seal": str(r.seal) if r.seal else None,
                "leaves": str(r.leaves) if r.leaves else None,
                "root": r.root,
                "leaf_count": r.leaf_count,
                "verification": _verify_entry(r.verification) if r.verification else None,
            }
            for r in results
        ],
    }


def seal_lines(result: SealResult, chinese: bool, about_file: Words = no_words) -> list[str]:
    """A result for a person."""
    status = _STATUS[result.status][int(chinese)]
    if result.status == "sealed":
        if chinese:
            return [f"{named(result.path)}：{status}（{result.leaf_count} 个单元）→ {result.seal}"]
        return [f"{named(result.path)}: {status} ({result.leaf_count} leaves) -> {result.seal}"]
    lines = [_line(result.path, status, text(result.reason, result.detail, chinese, about_file), chinese)]
    if result.status == "not_ok" and result.verification is not None:
        lines += verify_lines(result.verification, chinese, about_file)[1:]
    return lines
