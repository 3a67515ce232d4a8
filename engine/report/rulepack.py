"""Rule packs as people and programs read them: articles, checks, tolerances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from engine.archive.manifests.problems import ManifestProblem
from engine.rules.cases.catalogue import CHECKS
from engine.rules.pack import Bilingual, CheckRule, RulePack

Language = Literal["en", "zh"]

SCHEMA: Final = "unbroken.rulepacks/1"
_HEADS: Final[Mapping[str, tuple[str, str]]] = {
    "in_force": ("in force since", "施行日期"),
    "digest": ("BLAKE3", "BLAKE3"),
    "articles": ("Articles that are checked", "检查所依据的条文"),
    "needs": ("needs", "要求"),
    "checks": ("Checks", "检查项"),
    "bears_on": ("articles", "条文"),
    "asks": ("asks", "检查内容"),
    "weighs": ("findings", "检查结果及严重程度"),
    "reads": ("tolerances", "所用容差"),
    "blind": ("cannot see", "不能看出"),
    "person": ("what a person must do", "须由人核实"),
    "liability": ("liability", "追责情形"),
    "tolerances": (
        "Tolerances (a department may set others in archive.toml, [overrides])",
        "容差（可在 archive.toml 的 [overrides] 中调整）",
    ),
    "items": ("Activities that must be recorded", "应当记录的执法活动"),
    "unchecked": ("Articles that no machine can check", "无法由机器检查的条文"),
}
_WEIGHTS: Final[Mapping[str, tuple[str, str]]] = {
    "notice": ("notice", "提示"),
    "suspicion": ("suspicion", "可疑"),
    "violation": ("violation", "违规"),
}


def packs_json(packs: Sequence[RulePack]) -> dict[str, Any]:
    """Names, titles and digests."""
    return {"schema": SCHEMA, "packs": [_summary(pack) for pack in packs]}


def pack_json(pack: RulePack) -> dict[str, Any]:
    """The whole pack, with its digest."""
    content = pack.content.model_dump(mode="json", by_alias=True)
    return {"schema": SCHEMA, "packs": [{**_summary(pack), "content": content}]}


def validation_json(pack: RulePack | None, problems: Sequence[ManifestProblem]) -> dict[str, Any]:
    """What validating a pack file came to."""
    faults = [
        {"file": p.file, "line": p.line, "field": p.field, "problem": p.problem, "en": p.text("en"), "zh": p.text("zh")}
        for p in problems
    ]
    return {"schema": SCHEMA, "packs": [] if pack is None else [_summary(pack)], "problems": faults}


def validation_lines(pack: RulePack | None, problems: Sequence[ManifestProblem], language: Language) -> Iterator[str]:
    """What validating a pack file came to, as text."""
    for problem in problems:
        yield problem.as_line(language)
    if pack is not None:
        counts = (len(pack.content.articles), len(pack.content.checks), len(pack.content.tolerances))
        if language == "zh":
            yield (
                f"{pack.name}：有效；条文 {counts[0]} 条、检查项 {counts[1]} 个、容差 {counts[2]} 个  "
                f"BLAKE3 {pack.blake3}"
            )
        else:
            yield (
                f"{pack.name}: valid; {counts[0]} articles, {counts[1]} checks, {counts[2]} tolerances  "
                f"BLAKE3 {pack.blake3}"
            )
    elif language == "zh":
        yield f"共 {len(problems)} 处问题，规则包不可用。"
    else:
        faults = "1 fault" if len(problems) == 1 else f"{len(problems)} faults"
        yield f"{faults}: the pack cannot be used."


def _summary(pack: RulePack) -> dict[str, Any]:
    return {
        "name": pack.name,
        "blake3": pack.blake3,
        "in_force": pack.content.in_force.isoformat(),
        "title": pack.content.title.model_dump(),
        "articles": len(pack.content.articles),
        "checks": len(pack.content.checks),
    }


def packs_lines(packs: Sequence[RulePack], language: Language) -> Iterator[str]:
    """A line for each pack."""
    for pack in packs:
        yield f"{pack.name}  {pack.blake3}  {_told(pack.content.title, language)}"


def pack_lines(pack: RulePack, language: Language) -> Iterator[str]:
    """The whole pack as text."""
    content = pack.content
    yield _told(content.title, language)
    in_force = f"{_head('in_force', language)} {content.in_force.isoformat()}"
    yield f"{pack.name}  {in_force}  {_head('digest', language)} {pack.blake3}"
    yield from _section("items", language)
    for item in content.items:
        yield f"  {item.name}  {item.zh if language == 'zh' else item.en}"
    yield from _section("checks", language)
    for name, rule in content.checks.items():
        yield from _check_lines(name, rule, pack, language)
    yield from _section("tolerances", language)
    for name, tolerance in content.tolerances.items():
        yield f"  {name} = {tolerance.value:g} {tolerance.unit}  {tolerance.zh if language == 'zh' else tolerance.en}"
    yield from _section("articles", language)
    for number, article in content.articles.items():
        needs = f"{_head('needs', language)}{_colon(language)}{_told(article.needs, language)}"
        yield f"  {_numbered(number, language)}  {needs}"
        yield from _quoted(article.zh if language == "zh" else article.en)
    yield from _section("unchecked", language)
    for number, unchecked in content.unchecked.items():
        yield f"  {_numbered(number, language)}  {_told(unchecked.why, language)}"
        yield from _quoted(unchecked.zh)


def _check_lines(name: str, rule: CheckRule, pack: RulePack, language: Language) -> Iterator[str]:
    comma = "、" if language == "zh" else ", "

    def row(head: str, text: str) -> str:
        return f"    {_head(head, language)}{_colon(language)}{text}"

    yield f"  {name}  {_told(rule.title, language)}"
    yield row("bears_on", comma.join(_numbered(a, language) for a in rule.articles))
    yield row("asks", _told(rule.asks, language))
    if rule.severity:
        side = 1 if language == "zh" else 0
        yield row("weighs", comma.join(f"{fact} {_WEIGHTS[w][side]}" for fact, w in rule.severity.items()))
    if tolerances := CHECKS[name].tolerances:
        yield row("reads", comma.join(f"{t} = {pack.content.tolerances[t].value:g}" for t in tolerances))
    yield row("blind", _told(rule.blind, language))
    yield row("person", _told(rule.person, language))
    if rule.liability and pack.content.liability is not None:
        items = pack.content.liability.items
        for item in rule.liability:
            yield row(
                "liability",
                f"{_numbered(pack.content.liability.article, language)} ({item}) {_told(items[item], language)}",
            )


def _section(head: str, language: Language) -> Iterator[str]:
    yield ""
    yield _head(head, language)


def _head(name: str, language: Language) -> str:
    return _HEADS[name][1 if language == "zh" else 0]


def _colon(language: Language) -> str:
    return "：" if language == "zh" else ": "


def _told(text: Bilingual, language: Language) -> str:
    return (text.zh if language == "zh" else text.en).strip()


def _numbered(article: str, language: Language) -> str:
    return f"第{article}条" if language == "zh" else f"Art. {article}"


def _quoted(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        yield f"    {line}"
