"""A rule pack that a department wrote itself: every fault with line, field and nearest known name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.archive.manifests.positions import Path as KeyPath
from engine.archive.manifests.problems import ManifestProblem, listed, nearest
from engine.archive.manifests.reading import Document, parsed, read_bytes
from engine.archive.manifests.schema import Source, dotted, validated
from engine.rules.cases.catalogue import CHECKS, tolerance_names
from engine.rules.pack import CheckRule, PackFile, RulePack, RulePackError, parse


def read_pack_file(path: Path, name: str) -> tuple[RulePack | None, list[ManifestProblem]]:
    """The rule pack of a file, or all its faults.

    Faults of fields are found first; what fields say of each other is looked at when they are right.

    Parameters
    ----------
    path
        The file: TOML in UTF-8, without a mark.
    name
        What messages call it.
    """
    data = read_bytes(path, name)
    if isinstance(data, ManifestProblem):
        return None, [data]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None, [ManifestProblem(name, None, "", "not_utf8")]
    document = parsed(text, name)
    if isinstance(document, ManifestProblem):
        return None, [document]
    try:
        return parse(data, name), []
    except RulePackError as error:
        return None, _faults(document) or [ManifestProblem(name, None, "", "invalid", {"why": str(error)})]


def _faults(document: Document) -> list[ManifestProblem]:
    source = Source(document.name, document.lines.of, dotted)
    _, faults = validated(PackFile, document.tables, source, None)
    of_fields = [f.problem for f in faults if f.path]
    if of_fields:
        return of_fields
    return [source.problem(path, problem, **params) for path, problem, params in _mismatches(document)]


def _mismatches(document: Document) -> Iterator[tuple[KeyPath, str, dict[str, str]]]:
    """What fields say of each other, in a file whose fields are right each for itself."""
    tolerances = set(document.tables.get("tolerances", {}))
    quoted = document.tables["articles"]
    for kind, rule in document.tables["kinds"].items():
        for article in rule["articles"]:
            if article not in quoted:
                yield ("kinds", kind, "articles"), "pack_article_not_quoted", {"value": article}
    for article in document.tables.get("unchecked", {}):
        if article in quoted:
            yield ("unchecked", article), "pack_article_twice", {"value": article}
    liability = (document.tables.get("liability") or {}).get("items", {})
    for name, raw in document.tables.get("checks", {}).items():
        yield from _check(name, CheckRule.model_validate(raw), tolerances, set(quoted), set(liability))
    for name in tolerances:
        if name not in tolerance_names():
            yield ("tolerances", name), "pack_tolerance_unread", nearest(name, tolerance_names())


def _check(
    name: str, rule: CheckRule, tolerances: set[str], quoted: set[str], liability: set[str]
) -> Iterator[tuple[KeyPath, str, dict[str, str]]]:
    known = CHECKS.get(name)
    if known is None:
        yield ("checks", name), "pack_reads_unknown_check", nearest(name, CHECKS)
        return
    for fact in rule.severity:
        if fact not in known.facts:
            params = {"value": fact, "known": listed(known.facts), **nearest(fact, known.facts)}
            yield ("checks", name, "severity"), "pack_unknown_fact", params
    for fact in known.facts:
        if fact not in rule.severity:
            yield ("checks", name, "severity"), "pack_fact_without_weight", {"value": fact}
    for tolerance in known.tolerances:
        if tolerance not in tolerances:
            yield ("checks", name), "pack_tolerance_missing", {"value": tolerance}
    for article in rule.articles:
        if article not in quoted:
            yield ("checks", name, "articles"), "pack_article_not_quoted", {"value": article}
    for item in rule.liability:
        if item not in liability:
            yield ("checks", name, "liability"), "pack_no_liability_item", {"value": item}
