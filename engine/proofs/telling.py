"""What proofs say to people and to programs: texts in English and Chinese, and JSON.

Results carry identifiers; here alone they become words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from engine.proofs.seal import SealResult
    from engine.proofs.verify import VerifyResult

VERIFY_SCHEMA: Final = "unbroken.verify/1"
SEAL_SCHEMA: Final = "unbroken.seal/1"

TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # the file
        "missing": ("there is no such file; check the name", "文件不存在，请核对文件名"),
        "folder": ("this is a folder; name a recording", "这是文件夹，请指定录像或录音文件"),
        "not_a_file": ("this is no regular file; name a recording", "不是普通文件，请指定录像或录音文件"),
        "denied": ("the file cannot be read; check its permissions", "文件无法读取，请检查访问权限"),
        "empty": ("the file is empty; copy it again from the device", "文件为空，请从设备重新导出"),
        "changed_while_read": (
            "the file changed while it was read; try again when nothing writes to it",
            "读取期间文件发生变化，请在无程序写入时重试",
        ),
        "no_index": (
            "the file's index is missing: the recording was cut off; copy it again from the device",
            "文件缺少索引，录制或复制未完成，请从设备重新导出",
        ),
        "not_media": ("this is no recording that can be read", "无法识别为录像或录音"),
        "no_streams": ("the file holds neither picture nor sound", "文件中没有画面和声音"),
        "too_many_streams": ("the file has too many streams", "文件中的流过多"),
        "late_stream": ("a stream begins inside the file that its start does not name", "文件中途出现开头未声明的流"),
        "picture_too_large": ("the picture is larger than allowed", "画面尺寸超过限制"),
        "packet_too_large": ("a packet is larger than allowed", "数据包超过限制"),
        # sealing
        "leaf_not_built": (
            "not sealed: this version cannot yet bind",
            "未封存：本版本尚不能绑定此类数据",
        ),
        "nothing_to_bind": ("not sealed: neither picture nor sound", "未封存：没有画面和声音"),
        "cannot_write": (
            "the proof cannot be written; free some space or choose another folder with --out-dir",
            "证明无法写入，请释放磁盘空间，或用 --out-dir 指定其他文件夹",
        ),
        "already_sealed": ("already sealed, and untouched", "已封存，且未被改动"),
        "frame_unknown": ("there is no such frame in the sealed recording", "封存的录像中没有该帧"),
        # verification
        "untouched": ("every byte is as it was sealed", "与封存时逐字节一致"),
        "content_whole": (
            "every sealed picture and sound is there at its time; something around them differs",
            "封存的每帧画面和声音均在原位，其他信息有变化",
        ),
        "leaves_missing": (
            "the file is as it was sealed; the leaves beside the seal are missing",
            "文件与封存时一致；缺少封存文件旁的叶子文件",
        ),
        "differs_and_leaves_missing": (
            "the file is not as it was sealed; which frames differ cannot be told without the leaves",
            "文件与封存时不一致；缺少叶子文件，无法指出具体帧",
        ),
        "frames_differ": ("frames are not as they were sealed", "有画面帧与封存时不一致"),
        "content_differs": ("the sound or a second picture is not as it was sealed", "声音或其他画面与封存时不一致"),
        "stream_removed": ("a sealed stream of picture or sound is gone", "缺少封存时的画面流或声音流"),
        "stream_added": ("a stream of picture or sound was added", "增加了封存时没有的画面流或声音流"),
        "ambiguous": (
            "the file has several indexes: players may show different recordings",
            "文件含多个索引，不同播放器可能显示不同内容",
        ),
        "track_disabled": ("a track that was played is switched off", "有原可播放的轨道被停用"),
        "repeats": ("the presentation shows frames again", "播放时有画面被重复显示"),
        "cut_short": ("the file cannot be read to its end", "文件无法读到结尾"),
        "does_not_open": ("the file does not open any more", "文件已无法打开"),
        "no_seal": ("there is no seal for this file", "没有该文件的封存证明"),
        "seal_unreadable": ("the seal cannot be read", "封存证明无法读取"),
        "seal_differs": ("the seal was changed after it was made", "封存证明在生成后被改动"),
        "format_unknown": ("the seal has a format that this version does not know", "本版本不识别该封存证明的格式"),
        "signature_unknown": (
            "the seal carries a signature that this version cannot check",
            "封存证明带有本版本无法校验的签名",
        ),
        "leaves_unreadable": ("the leaves cannot be read", "叶子文件无法读取"),
        "leaves_differ": ("the leaves are not those that the seal covers", "叶子文件与封存证明不符"),
    }
)
"""Reason -> text in English and Chinese."""

_STATUS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "OK": ("OK", "一致（OK）"),
        "OK_WITH_MISSING_INFO": ("OK, with missing information", "内容一致，部分信息缺失（OK_WITH_MISSING_INFO）"),
        "NOT_OK": ("NOT OK", "不一致（NOT_OK）"),
        "NOT_SEALED": ("not sealed", "未封存（NOT_SEALED）"),
        "sealed": ("sealed", "已封存"),
        "already_sealed": ("already sealed", "此前已封存"),
        "not_ok": ("NOT OK, nothing written", "与已有证明不一致，未写入"),
        "refused": ("refused", "未封存"),
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
        "leaves_missing": ("leaves missing", "缺少叶子文件"),
        "leaves_differ": ("leaves differ", "叶子文件不符"),
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
    }
)

_SHOWN: Final = 20
"""Runs and notes that a text names one by one; JSON names all."""


def text(reason: str, detail: str, chinese: bool) -> str:
    """A reason in words, followed by what was seen."""
    words = TEXTS.get(reason, (reason, reason))[int(chinese)]
    if not detail:
        return words
    return f"{words}：{detail}" if chinese else f"{words}: {detail}"


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


def verify_lines(result: VerifyResult, chinese: bool) -> list[str]:
    """A result for a person: one line, then what differs."""
    status = _STATUS[result.status.value][int(chinese)]
    signature = "签名：无" if chinese else "signature: none"
    lines = [f"{result.path}: {status}. {text(result.reason, result.detail, chinese)} ({signature})"]
    for run in result.frames[:_SHOWN]:
        change = _CHANGES[run.change][int(chinese)]
        span = str(run.start_frame) if run.start_frame == run.end_frame else f"{run.start_frame}-{run.end_frame}"
        lines.append(f"  第 {span} 帧{change}" if chinese else f"  frame {span} {change}")
    lines += ["  " + _note_line(note, chinese) for note in result.other[:_SHOWN]]
    hidden = max(len(result.frames) - _SHOWN, 0) + max(len(result.other) - _SHOWN, 0)
    if hidden:
        lines.append(f"  另有 {hidden} 项，见 --format json" if chinese else f"  and {hidden} more, see --format json")
    return lines


def _note_line(note: Mapping[str, Any], chinese: bool) -> str:
    """One difference around the frames, in words; values as they were found."""
    subject = _SUBJECTS.get(note["subject"], (note["subject"],) * 2)[int(chinese)]
    change = _CHANGES.get(note["change"], (note["change"],) * 2)[int(chinese)]
    words = [f"{subject}：{change}" if chinese else f"{subject}: {change}"]
    if "stream" in note:
        words.append(f"流 {note['stream']}" if chinese else f"stream {note['stream']}")
    if "count" in note or "frames" in note:
        count = note.get("count", note.get("frames"))
        words.append(f"{count} 个单元" if chinese else f"{count} units")
    if note.get("start_s") is not None:
        words.append(f"{note['start_s']:.3f}–{note['end_s']:.3f} s")
    words += [str(note[k]) for k in ("name", "kind", "reason") if k in note]
    if "from" in note:
        words.append(f"{note['from']} → {note['to']}")
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


def seal_lines(result: SealResult, chinese: bool) -> list[str]:
    """A result for a person."""
    status = _STATUS[result.status][int(chinese)]
    if result.status == "sealed":
        count = f"{result.leaf_count} 个单元" if chinese else f"{result.leaf_count} leaves"
        return [f"{result.path}: {status} ({count}) -> {result.seal}"]
    lines = [f"{result.path}: {status}. {text(result.reason, result.detail, chinese)}"]
    if result.status == "not_ok" and result.verification is not None:
        lines += verify_lines(result.verification, chinese)[1:]
    return lines
