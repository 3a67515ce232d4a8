"""Texts about the log, by reason, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "busy": (
            "another program keeps it locked; try again when that has ended",
            "正被其他程序占用，请待其结束后重试",
        ),
        "denied": ("it cannot be read", "无法读取"),
        "no_log": (
            "there is no log; make one with `unbroken log init`, or name its folder with --log",
            "没有存证日志；可运行 unbroken log init 建立，或用 --log 指定其文件夹",
        ),
        "no_log_config": (
            "no unbroken-log.toml names a log here; name the log's folder with --log",
            "此处没有指明存证日志的 unbroken-log.toml，请用 --log 指定日志文件夹",
        ),
        "log_config": (
            "unbroken-log.toml has to name the log's folder as `log`, and may name its key as `key`",
            "unbroken-log.toml 须用 log 指明日志文件夹，可用 key 指明日志密钥，不得有其他内容",
        ),
        "log_exists": ("there is a log already", "该处已有存证日志"),
        "log_key": (
            "the key is not this log's; give the key that was made with it",
            "密钥与该日志不符，请使用建立该日志时的密钥",
        ),
        "key_in_log": (
            "the private key would lie in the log's folder, which others are to read; choose another place",
            "日志文件夹供他人读取，私钥不得放在其中，请更换位置",
        ),
        "log_passphrase": (
            "the passphrase of the log's key is not given; set UNBROKEN_KEY_PASSPHRASE, or name a file with "
            "--passphrase-file; `unbroken log append` adds it then",
            "未给出日志密钥口令；请设置环境变量 UNBROKEN_KEY_PASSPHRASE 或用 --passphrase-file 指定文件，"
            "再运行 unbroken log append 补记",
        ),
        "log_key_missing": (
            "the log's private key is not named; name it with --key",
            "未指明日志私钥，请用 --key 指定",
        ),
        "log_differs": (
            "the log's files do not give the root of its checkpoint: they were changed; nothing is added to it",
            "日志文件与其检查点的根不符，日志已被改动；不再向其追加",
        ),
        "log_rollback": (
            "the log holds fewer entries than it did: entries were taken out of it",
            "日志条目少于此前记录，日志被回退",
        ),
        "log_fork": (
            "the log does not continue the one that was seen before: entries of it were replaced",
            "日志与此前所见不连续，已有条目被替换（日志分叉）",
        ),
        "log_unknown": (
            "the witness has not seen this log yet; give the log's key with --log-key, from a source that is trusted",
            "见证方首次见到该日志，请用 --log-key 给出从可靠渠道取得的日志公钥",
        ),
        "tile_missing": ("a file of the log is missing", "日志缺少文件"),
        "tile_damaged": ("a file of the log was changed", "日志文件被改动"),
        "entry_too_long": ("an entry has at most 65,535 bytes", "日志条目不得超过 65535 字节"),
        "not_logged": ("it is not in the log", "未记入日志"),
        "log_invalid": (
            "it claims to be in the log, and the proof of that does not hold",
            "所附入日志证明不成立",
        ),
        "not_in_log": ("no trusted log is shown to hold the proof", "没有记入受信任存证日志的证明"),
        "not_cosigned": (
            "the proof is in a trusted log, and no trusted witness has cosigned that it is",
            "已记入受信任存证日志，但尚无受信任见证方联署",
        ),
        "note_malformed": ("the checkpoint is no signed note", "检查点不是格式正确的签名文本"),
        "checkpoint_malformed": ("the checkpoint is not in its one form", "检查点格式不正确"),
        "checkpoint_foreign": (
            "the checkpoint is not signed by this log's key",
            "检查点不是由该日志的密钥签署",
        ),
        "note_signature": ("a signature of the checkpoint does not verify", "检查点上的签名校验不通过"),
        "origin_malformed": (
            "a log's name has 1 to 255 characters, no spaces, no plus sign",
            "日志名称须为 1 至 255 个字符，不含空格和加号",
        ),
        "vkey_malformed": (
            "not a verifier key; it reads NAME+8 digits+base64, as `unbroken log init` prints it",
            "不是校验公钥；格式为“名称+8 位十六进制+base64”，由 unbroken log init 给出",
        ),
        "vkeys_unreadable": (
            "the file of trusted logs and witnesses cannot be read",
            "受信任日志和见证方的公钥文件无法读取",
        ),
        "skey_malformed": ("not a private key of a signed note", "不是签名文本的私钥"),
        "witness_key": ("a witness signs with a cosignature key", "见证方须使用联署密钥"),
        "state_unreadable": (
            "the witness's memory cannot be read; it must not sign as if it had seen nothing; restore the file",
            "见证方状态文件无法读取；见证方不得在不知此前状态时签署，请恢复该文件",
        ),
        "cosignature_stale": (
            "a newer cosigned checkpoint is kept already",
            "已保存更新的联署检查点",
        ),
        "cannot_write": (
            "it cannot be written; free some space, or choose another place",
            "无法写入，请释放磁盘空间或更换位置",
        ),
    }
)
"""Reason -> text in English and Chinese; for others see `engine.proofs.telling`."""
