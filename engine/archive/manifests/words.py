"""Texts of what can be wrong with declared files: identifier -> (English, Chinese)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # files
        "unreadable": (
            "cannot be read: {why}. Check the path and its permissions.",
            "无法读取：{why}。请检查路径和权限。",
        ),
        "not_a_file": ("is not a regular file. Put a plain file here.", "不是普通文件，请改为普通文件。"),
        "linked_file": (
            "is a link; what it declares could lie outside the archive. Put the file itself here.",
            "是符号链接，其内容可能在档案之外。请放入文件本身。",
        ),
        "linked_folder": (
            "is a link to a folder and was not searched. Move the folder itself into the archive.",
            "是指向文件夹的符号链接，未予检索。请将文件夹本身移入档案。",
        ),
        "unreadable_folder": (
            "the folder cannot be searched: {why}. Check its permissions.",
            "文件夹无法检索：{why}。请检查权限。",
        ),
        "no_archive": ("no such folder. Check the path.", "文件夹不存在，请核对路径。"),
        "too_large": (
            "has {size} bytes; at most {limit} are read. Split it.",
            "文件为 {size} 字节，最多读取 {limit} 字节。请拆分。",
        ),
        "not_text": (
            "is neither UTF-8 nor GB 18030 text. Save it as UTF-8.",
            "既不是 UTF-8 也不是 GB 18030 文本。请另存为 UTF-8。",
        ),
        "not_utf8": ("is not UTF-8 text. Save it as UTF-8.", "不是 UTF-8 文本。请另存为 UTF-8。"),
        "not_toml": ("is not TOML: {why}.", "不符合 TOML 语法：{why_zh}。"),
        "not_csv": ("is not CSV: {why}.", "不符合 CSV 格式（引号不成对，或引号之后还有文字）：{why}。"),
        "no_settings": (
            "there is no archive.toml: department unknown, rule pack {pack}, times need an offset. "
            "`unbroken audit --init` writes one.",
            "没有 archive.toml：部门不明，规则包取 {pack}，时间须带时区偏移。可用 unbroken audit --init 生成。",
        ),
        "no_register": (
            "there is no devices.toml: devices cannot be checked. `unbroken audit --init` writes one.",
            "没有 devices.toml，无法核对设备。可用 unbroken audit --init 生成。",
        ),
        "no_cases": (
            "no case yet: neither a case.toml in a folder nor a row in cases.csv.",
            "尚无案件：没有任何文件夹含 case.toml，cases.csv 中也没有数据行。",
        ),
        # fields
        "unknown_field": ("unknown field; known here: {known}.", "未知字段；此处可用字段：{known}。"),
        "misplaced_field": (
            "does not belong here but in {table}: move it above the first [[…]] table.",
            "字段不属于此处，应放在 {table} 中：请移到第一个 [[…]] 之前。",
        ),
        "outside_case_table": ("belongs into the table [case].", "应放在 [case] 表中。"),
        "inside_case_table": (
            "is a table of its own: write [[…]] or [export_extension], not inside [case].",
            "应为单独的表：请写作 [[…]] 或 [export_extension]，不要放在 [case] 中。",
        ),
        "missing_field": ("is missing.", "缺少该字段。"),
        "wrong_schema": ("must be '{expected}', is '{value}'.", "应为“{expected}”，实为“{value}”。"),
        "unknown_word": ("'{value}' is not one of: {known}.", "“{value}”不在可选值中；可选：{known}。"),
        "wrong_type": ("must be {expected_en}, is '{value}'.", "应为{expected_zh}，实为“{value}”。"),
        "empty_text": ("is empty. Write a text or leave the field out.", "为空。请填写，或删去该字段。"),
        "too_long": ("is longer than 2000 characters.", "超过 2000 个字符。"),
        "control_characters": ("contains control characters. Remove them.", "含有控制字符，请删除。"),
        "wrong_form": ("'{value}' does not match {pattern}.", "“{value}”格式不符，应匹配 {pattern}。"),
        "not_positive": ("must be greater than 0, is {value}.", "应大于 0，实为 {value}。"),
        "negative_value": ("must not be negative, is {value}.", "不得为负，实为 {value}。"),
        "not_finite": ("must be a finite number.", "应为有限数值。"),
        "invalid": ("is not valid: {why}.", "无效：{why}。"),
        # times
        "time_without_offset": (
            "has no offset ({value}). Write e.g. 2026-03-05T09:30:00+08:00, or set timezone in archive.toml.",
            "缺少时区偏移（{value}）。请写作 2026-03-05T09:30:00+08:00，或在 archive.toml 中设置 timezone。",
        ),
        "date_without_time": (
            "is a date without a time ({value}). Write e.g. 2026-03-05T09:30:00+08:00.",
            "只有日期、没有时间（{value}）。请写作 2026-03-05T09:30:00+08:00。",
        ),
        "time_for_date": (
            "must be a date, is a time ({value}). Write e.g. 2026-03-05.",
            "应为日期，实为时间（{value}）。请写作 2026-03-05。",
        ),
        "not_a_time": (
            "is not a time ('{value}'). Write e.g. 2026-03-05T09:30:00+08:00.",
            "不是有效时间（“{value}”）。请写作 2026-03-05T09:30:00+08:00。",
        ),
        "not_a_date": (
            "is not a date ('{value}'). Write e.g. 2026-03-05.",
            "不是有效日期（“{value}”）。请写作 2026-03-05。",
        ),
        "year_out_of_range": ("the year must lie in 2000-2099 ({value}).", "年份应在 2000 至 2099 之间（{value}）。"),
        # archive.toml, devices.toml
        "unknown_timezone": (
            "no time zone is named '{value}'. Write e.g. Asia/Shanghai.",
            "没有名为“{value}”的时区。请写作 Asia/Shanghai。",
        ),
        "unknown_pack": (
            "no rule pack '{value}'; there are: {known}; or name a pack file (….toml) in the archive.",
            "没有规则包“{value}”；现有：{known}；也可填写档案内的规则包文件（….toml）。",
        ),
        "bad_pack": (
            "the rule pack {value} cannot be used; its faults are listed with it.",
            "规则包 {value} 无法使用，问题逐条列出。",
        ),
        "unknown_calendar": (
            "no calendar '{value}'; there is: {known}.",
            "没有名为“{value}”的工作日历；可用：{known}。",
        ),
        "unknown_override": (
            "the rule pack has no tolerance of this name; it has: {known}.",
            "规则包中没有该容差；可用：{known}。",
        ),
        "too_large_override": ("is larger than any tolerance can be: {value}.", "超出容差的可能范围：{value}。"),
        "negative_override": ("must not be negative, is {value}.", "不得为负，实为 {value}。"),
        "holiday_and_working_day": (
            "{value} is listed both as holiday and as make-up day.",
            "{value} 同时列为休息日和补班日。",
        ),
        "duplicate_serial": (
            "serial '{value}' is already registered in line {line}.",
            "设备编号“{value}”已在第 {line} 行登记。",
        ),
        "bad_pattern": ("is no regular expression: {why}.", "不是有效的正则表达式：{why_zh}。"),
        "pattern_too_long": ("is longer than {limit} characters.", "超过 {limit} 个字符。"),
        "slow_pattern": (
            "could take very long: {why}. Write out what repeats, e.g. \\d{{4}}.",
            "匹配可能极慢：{why_zh}。请写明重复次数，如 \\d{{4}}。",
        ),
        "unknown_group": ("unknown group '{value}'; used are: {known}.", "未知命名组“{value}”；可用：{known}。"),
        "no_group": (
            "names none of the groups that are used: {known}. Write e.g. (?P<seq>\\d{{4}}).",
            "没有使用任何命名组：{known}。请写作 (?P<seq>\\d{{4}})。",
        ),
        # rule packs
        "pack_reads_unknown_check": ("there is no check of this name.", "没有该名称的检查项。"),
        "pack_unknown_fact": (
            "this check cannot find '{value}'; it can find: {known}.",
            "该检查项没有“{value}”；可用：{known}。",
        ),
        "pack_fact_without_weight": ("does not say what '{value}' weighs.", "未规定“{value}”的严重程度。"),
        "pack_tolerance_missing": (
            "this check reads the tolerance '{value}', which the pack does not have.",
            "该检查项需要容差“{value}”，规则包中没有。",
        ),
        "pack_tolerance_unread": ("no check reads this tolerance.", "没有检查项使用该容差。"),
        "pack_article_not_quoted": ("names article {value}, which is not quoted.", "引用了第{value}条，但未载明条文。"),
        "pack_article_twice": (
            "article {value} is both checked and unchecked.",
            "第{value}条同时列为可检查与不可检查。",
        ),
        "pack_no_liability_item": (
            "names liability item '{value}', which is not listed.",
            "引用了追责情形“{value}”，但未列出。",
        ),
        # cases
        "end_before_start": ("does not lie after the start ({start}).", "不晚于开始时间（{start}）。"),
        "outside_activity": (
            "{value} lies outside the activity ({start} - {end}).",
            "{value} 不在执法活动期间（{start} 至 {end}）。",
        ),
        "overlapping": (
            "overlaps the interruption of line {line} on the same device.",
            "与第 {line} 行同一设备的中断时段重叠。",
        ),
        "unknown_device": (
            "'{value}' is not in devices.toml.",
            "“{value}”未在 devices.toml 中登记。",
        ),
        "absolute_path": (
            "'{value}' is absolute. Recordings lie in the archive: write the path relative to this file.",
            "“{value}”为绝对路径。录音录像应在档案内，请写相对于本文件的路径。",
        ),
        "backslash": ("'{value}': write / between folders, not \\.", "“{value}”：文件夹之间请用 /，不要用 \\。"),
        "outside_archive": (
            "'{value}' leads out of the archive. Recordings lie in the archive.",
            "“{value}”指向档案之外。录音录像应在档案内。",
        ),
        "linked_recording": (
            "'{value}' goes through a link ({link}). Put the file itself into the archive.",
            "“{value}”经过符号链接（{link}）。请将文件本身放入档案。",
        ),
        "listed_twice": ("'{value}' is already listed in line {line}.", "“{value}”已在第 {line} 行列出。"),
        "listed_in_two_cases": (
            "'{value}' is listed by case '{other}', too ({place}).",
            "“{value}”同时被案件“{other}”列出（{place}）。",
        ),
        "duplicate_case": (
            "case '{value}' is already declared in {place}. Give each case its own id.",
            "案件编号“{value}”已在 {place} 中使用。每个案件的编号须唯一。",
        ),
        "unlisted_activity": (
            "'{value}' is on no list of activities that must be recorded; it is counted apart.",
            "“{value}”不在应当记录的执法活动清单中，将单独计数。",
        ),
        "absent_recording": ("{value} is not there.", "“{value}”不存在。"),
        "absent_backup": ("the backup {value} is not there.", "备份“{value}”不存在。"),
        "absent_report": ("the written report {value} is not there.", "书面说明“{value}”不存在。"),
        # CSV
        "duplicate_column": ("the column appears twice.", "该列重复出现。"),
        "missing_column": ("the column is missing.", "缺少该列。"),
        "too_many_cells": ("has {count} cells, the header has {known}.", "有 {count} 个单元格，表头只有 {known} 列。"),
        "no_header": ("has no header row: {known}.", "没有表头行：{known}。"),
        "unknown_case": ("no case '{value}' in cases.csv.", "cases.csv 中没有案件“{value}”。"),
        "spoilt": (
            "the case is not judged until {value} is put right: its declarations may be incomplete.",
            "{value} 更正之前不对本案作出判断：申报内容可能不全。",
        ),
        "not_yes_or_no": ("must be true or false (是 or 否), is '{value}'.", "应为“是”或“否”，实为“{value}”。"),
        "two_names": ("`case` and `id` differ: '{value}' and '{other}'.", "case 与 id 不一致：“{value}”与“{other}”。"),
        "no_rows_for_lack_of_cases": (
            "is not used: there is no cases.csv.",
            "未使用：没有 cases.csv。",
        ),
    }
)

SYNTAX_ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cannot overwrite a value": "同一字段重复赋值",
        "Cannot declare": "表重复定义",
        "Cannot mutate": "表已定义，不能再添加字段",
        "Cannot redefine": "表重复定义",
        "Duplicate inline table key": "行内表中字段重复",
        "Escaped character": "转义字符无效",
        "Unescaped": "字符串中的反斜杠未转义（路径请用 /，或改用单引号）",
        "Expected '=' after": "字段名之后缺少等号",
        "Expected ']": "表头缺少右方括号",
        "Expected newline": "一行只能写一项，此处之后应换行",
        "Expected": "缺少符号",
        "Found invalid character": "存在无效字符",
        "Illegal character": "存在不允许的控制字符或换行",
        "Invalid date or datetime": "日期或时间无效",
        "Invalid hex value": "转义字符无效",
        "Invalid initial character": "字段名无效（中文字段名须加引号）",
        "Invalid statement": "语句无效",
        "Invalid value": "值无效（文本须加引号）",
        "Unclosed array": "列表缺少右方括号",
        "Unclosed inline table": "行内表缺少右花括号",
        "Unterminated string": "字符串缺少结束引号",
        "Exceeds the limit": "数值位数过多",
        "nested too deeply": "嵌套过深",
        "a key has too many parts": "字段名层级过多",
    }
)
"""How messages of the TOML reader begin -> what they say, in Chinese."""


def syntax_zh(message: str) -> str:
    """A message of the TOML reader in Chinese; as it is where it is not known."""
    return next((zh for start, zh in SYNTAX_ZH.items() if message.startswith(start)), message)
