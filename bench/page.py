"""The page of figures: tables from measured rows, put between markers of a hand-written text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.results import Budget, Measured, Row, Suite
from bench.stats import Spread


class MarkerError(Exception):
    """A text does not hold exactly one pair of the markers asked for."""


def replaced(text: str, name: str, body: str) -> str:
    """`text` with what stands between the markers of `name` replaced by `body`.

    Raises
    ------
    MarkerError
        If the two markers are not there exactly once, in order.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise MarkerError(f"the text needs one {begin!r} and then one {end!r}")
    head, tail = text.split(begin)[0], text.split(end)[1]
    return f"{head}{begin}\n{body.strip()}\n{end}{tail}"


def put(path: Path, name: str, body: str) -> None:
    """Put `body` between the markers of `name` in a page, and leave the rest of the page as it is.

    Raises
    ------
    MarkerError
        If the page lacks these markers.
    """
    path.write_text(replaced(path.read_text(encoding="utf-8"), name, body), encoding="utf-8")


def demoted(text: str) -> str:
    """A text with each of its headings one level lower, to stand below a heading of the page."""
    return "\n".join(f"#{line}" if line.startswith("#") else line for line in text.splitlines())


def tables(suites: Sequence[Suite], measured: Mapping[str, Measured]) -> str:
    """The sections of all suites that were measured."""
    return "\n\n".join(section(s, measured[s.name]) for s in suites if s.name in measured)


def section(suite: Suite, measured: Measured) -> str:
    """One suite: how, figures, circumstances, commands."""
    lines = [f"### {suite.title}", "", suite.how, "", *table(measured.rows), "", circumstances(measured.circumstances)]
    lines += ["", "<details><summary>Commands</summary>", ""]
    lines += [f"- {r.what}: {_commands(r)}" for r in measured.rows]
    lines += ["", f"All of it: `python -m bench --only {suite.name}`", "", "</details>"]
    return "\n".join(lines)


def table(rows: Sequence[Row]) -> list[str]:
    """Rows as a Markdown table, budget beside what was measured."""
    lines = ["| what | peer | unbroken | unbroken / peer | budget | |", "|---|---|---|---|---|---|"]
    for row in rows:
        peer = f"{spread_text(row.peer)} {row.unit}" if row.peer else ""
        ratio = spread_text(row.ratio) if row.ratio else ""
        own = f"{spread_text(row.own)} {row.unit}"
        lines.append(f"| {row.what} | {peer} | {own} | {ratio} | {budget_text(row.budget)} | {kept_text(row)} |")
    return lines


def budgets(measured: Mapping[str, Measured]) -> str:
    """Every budget, beside what was measured."""
    lines = ["| what | measured | budget | |", "|---|---|---|---|"]
    for row in (r for m in measured.values() for r in m.rows if r.budget):
        lines.append(f"| {row.what} | {judged_text(row)} | {budget_text(row.budget)} | {kept_text(row)} |")
    return "\n".join(lines)


def judged_text(row: Row) -> str:
    """The figure that a row's budget is on, with its unit."""
    if row.budget is not None and row.budget.on == "ratio" and row.ratio is not None:
        return f"{spread_text(row.ratio)} × peer"
    return f"{spread_text(row.own)} {row.unit}"


def short(measured: Mapping[str, Measured]) -> str:
    """What keeps no budget, from the figures alone."""
    with_budget = [r for m in measured.values() for r in m.rows if r.budget]
    missed = [r for r in with_budget if not r.kept]
    if not with_budget:
        return "No budget was measured."
    if not missed:
        return f"All {len(with_budget)} budgets that were measured are kept."
    lines = [f"{len(missed)} of {len(with_budget)} budgets that were measured are not kept:", ""]
    lines += [f"- {r.what}: {judged_text(r)}, budget {budget_text(r.budget)}" for r in missed]
    return "\n".join(lines)


def circumstances(facts: Mapping[str, str]) -> str:
    """Machine, versions and time, in one paragraph."""
    return "Measured: " + "; ".join(f"{k}: {v}" for k, v in facts.items()) + "."


def spread_text(spread: Spread) -> str:
    """Median, and in brackets the range where there is more than one value."""
    if spread.count == 1:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.low)}–{number(spread.high)})"


def number(value: float) -> str:
    """Three significant digits; whole from 100 on."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def budget_text(budget: Budget | None) -> str:
    """A limit in words."""
    return "" if budget is None else f"{'≤' if budget.sense == 'at most' else '≥'} {budget.limit:g}"


def kept_text(row: Row) -> str:
    """Whether the budget is kept."""
    return "" if row.kept is None else ("kept" if row.kept else "**not kept**")


def _commands(row: Row) -> str:
    own = f"`{row.command}`"
    return f"{own} beside `{row.peer_command}`" if row.peer_command else own


def write(path: Path, suites: Sequence[Suite], measured: Mapping[str, Measured], snippet: str) -> None:
    """Put all figures into the page.

    Raises
    ------
    MarkerError
        If the page lacks one of its markers.
    """
    text = path.read_text(encoding="utf-8")
    text = replaced(text, "figures", tables(suites, measured))
    text = replaced(text, "budgets", budgets(measured))
    text = replaced(text, "short", short(measured))
    text = replaced(text, "plain decode", f"```python\n{snippet.strip()}\n```")
    path.write_text(text, encoding="utf-8")
