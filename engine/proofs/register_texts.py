"""Texts about the access register, by reason, in English and Chinese."""

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
        "cannot_write": (
            "it cannot be written; free some space, or choose another place",
            "无法写入，请释放磁盘空间或更换位置",
        ),
        "no_register": (
            "there is no access register; `unbroken register add` makes it with its first approval",
            "没有调阅登记簿；首次用 unbroken register add 登记审批时自动建立",
        ),
        "no_approval": (
            "no approval in the access register allows this; enter one with `unbroken register add`",
            "调阅登记簿中没有相应的审批记录；请先用 unbroken register add 登记审批",
        ),
        "own_approval": (
            "nobody approves for themselves; name who approved it",
            "申请人与审批人不得为同一人，请填写审批人",
        ),
        "span_unclear": (
            "the part is not clear; give --frames FIRST-LAST, or both --from and --to, the earlier first",
            "范围不明确；请用 --frames 起-止，或同时给出 --from 和 --to，先早后晚",
        ),
        "register_field": (
            "a field is empty, too long, or has characters that are not printed",
            "有字段为空、过长或含不可见字符",
        ),
        "register_torn": (
            "the access register's last line was not written to its end; close it with `unbroken register recover`",
            "调阅登记簿最后一行未写完；请运行 unbroken register recover 处理",
        ),
        "register_not_torn": ("the last line is whole; there is nothing to recover", "最后一行完整，无需处理"),
        "register_broken": (
            "the access register was changed at this line; see `unbroken register verify`",
            "调阅登记簿在此行被改动；详见 unbroken register verify",
        ),
    }
)
"""Reason -> text in English and Chinese; for others see `engine.proofs.telling`."""
