"""Write docs/rules.md from the rule pack and from the pairs of cases that its checks are tested on.

Run without arguments to write it; with ``--check`` it exits with 1 if the page is not current.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from engine.rules.cases.catalogue import CHECKS
from engine.rules.pack import CheckRule, RulePack, load

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "rules.md"
PACK = "zj-rf-2019"

HEAD = """# Rules

Generated from the rule pack `{name}` by `tools/rules_docs.py`; do not edit.

{title} ({title_zh}), in force since {in_force}. `unbroken rules show {name}` prints the articles in full.

A rule pack is data: one TOML file with its articles quoted, the activities that must be recorded, tolerances, and
checks. For each check it says which articles it bears on, what each fact that it can find weighs, what it cannot see
and what a person must do. The checks themselves are code, by name; a pack may leave checks out. A pack of your own in
the archive's folder is named in `archive.toml` (`rule_pack = "our-rules.toml"`); `unbroken rules validate
our-rules.toml` says what is wrong with it.

## How a case gets its verdict

- Each check answers **found**, **clear** or **not examinable**. Facts weigh *notice*, *suspicion* or *violation*; a
  notice alone leaves the check clear.
- The verdict of a case is the first that applies: violation, suspicion, not examinable, clear. A case is not
  examinable where a check marked *needed* could not be made and nothing worse was found.
- A deadline that has not come by `--as-of` is not due, never a violation. Days whose holidays have not been announced
  cannot count against anybody.
- A gap smaller than the clocks can err is not examinable, never a violation.
- An explained interruption explains a gap that a recorder leaves which stopped and went on. It never explains a
  deletion, an insertion or an edit.

## From a database of your own

Judging needs no files: what is declared and what is measured are plain data (`engine/rules/cases/manifest.py`,
`record.py`), and the answer is a `CaseReport` (`result.py`).

```python
from datetime import datetime

from engine.rules.pack import load
from engine.rules.cases.judge_case import judge_case
from engine.rules.cases.manifest import ArchiveSettings, Case, CaseRecording
from engine.rules.cases.record import BackupFacts, Placement, RecordFacts, Surroundings

at = datetime.fromisoformat
start, end = at("2026-03-05T09:29:50+08:00"), at("2026-03-05T10:12:10+08:00")
case = Case(id="12", activity="行政检查", start=at("2026-03-05T09:30+08:00"), end=at("2026-03-05T10:12+08:00"))
record = RecordFacts(
    path="a.mp4",
    kind="video",
    has_picture=True,
    has_sound=True,
    listed=CaseRecording(path="a.mp4", imported=at("2026-03-05T16:40+08:00")),
    placement=Placement(start, end, 1.0, "file_name"),
    duration_s=2540.0,
    backup=BackupFacts("missing"),
)
report = judge_case(
    case, [record], {{}}, ArchiveSettings(), {{}}, Surroundings(), load("{name}"), at("2026-03-20T12:00+08:00")
)
assert report.verdict == "violation"  # no backup
assert [f.articles for f in report.findings if f.severity] == [("19",)]
```

## Checks

| check | asks | articles | needed |
|---|---|---|---|
"""


def document() -> str:
    """The whole page."""
    pack = load(PACK)
    content = pack.content
    head = HEAD.format(
        name=pack.name, title=content.title.en, title_zh=content.title.zh, in_force=content.in_force.isoformat()
    )
    checks = [(name, content.checks[name]) for name in CHECKS if name in content.checks]
    rows = "".join(_row(name, rule) for name, rule in checks)
    pairs = _pairs()
    sections = "".join(_section(name, rule, pairs) for name, rule in checks)
    return head + rows + sections + _tolerances(pack) + _items(pack) + _liability(pack) + _unchecked(pack)


def _row(name: str, rule: CheckRule) -> str:
    needed = "yes" if rule.needed else ""
    return f"| [`{name}`](#{name}) | {_cell(rule.asks.en)} | {', '.join(rule.articles)} | {needed} |\n"


def _section(name: str, rule: CheckRule, pairs: list[Any]) -> str:
    parts = [
        f"\n## {name}\n\n{rule.title.en} {rule.title.zh}. {rule.asks.en}\n",
        f"\n**What it cannot see.** {rule.blind.en}\n",
        f"\n**What a person must do.** {rule.person.en}\n",
    ]
    reads = ", ".join(f"`{t}`" for t in CHECKS[name].tolerances)
    if reads:
        parts.append(f"\nTolerances: {reads}.\n")
    parts.append("\n| fact | weighs | kind | fires | its twin is silent |\n|---|---|---|---|---|\n")
    parts += [_fact(name, rule, pair) for pair in pairs if pair.check == name]
    return "".join(parts)


def _fact(name: str, rule: CheckRule, pair: Any) -> str:
    known = CHECKS[name].facts.get(pair.fact)
    kind = pair.fact if known is None else known.kind.value
    fact = f"`{pair.fact}`" if known is not None else "any trace in a file"
    weighs = rule.severity.get(pair.fact, "as found")
    return f"| {fact} | {weighs} | `{kind}` | {_cell(pair.fires)} | {_cell(pair.silent)} |\n"


def _tolerances(pack: RulePack) -> str:
    rows = (
        f"| `{name}` | {t.value:g} {t.unit} | {_cell(t.en)} |\n" for name, t in sorted(pack.content.tolerances.items())
    )
    head = "\n## Tolerances\n\nA department sets others under `[overrides]` in `archive.toml`.\n\n"
    return head + "| name | value | what it is |\n|---|---|---|\n" + "".join(rows)


def _items(pack: RulePack) -> str:
    rows = (f"| {i.name} | {i.article} | {_cell(i.en)} |\n" for i in pack.content.items)
    head = "\n## Activities that must be recorded\n\n`items` in `archive.toml` adds others; none can be taken out.\n\n"
    return head + "| activity | article | what it covers |\n|---|---|---|\n" + "".join(rows)


def _liability(pack: RulePack) -> str:
    law = pack.content.liability
    if law is None:
        return ""
    of = {i: [n for n, rule in pack.content.checks.items() if i in rule.liability] for i in law.items}
    rows = (
        f"| {i} | {_cell(text.en)} | {', '.join(f'`{n}`' for n in of[i]) or 'none'} |\n"
        for i, text in law.items.items()
    )
    head = f"\n## Liability\n\nItems of article {law.article}, and the checks whose findings may bear on them. "
    head += "Whether somebody is liable is for people to say.\n\n"
    return head + "| item | text | checks |\n|---|---|---|\n" + "".join(rows)


def _unchecked(pack: RulePack) -> str:
    rows = (f"| {number} | {_cell(a.zh)} | {_cell(a.why.en)} |\n" for number, a in pack.content.unchecked.items())
    head = "\n## Articles that no machine can check\n\n| article | text | why |\n|---|---|---|\n"
    return head + "".join(rows)


def _pairs() -> list[Any]:
    """The pairs of cases of the tests."""
    sys.path.insert(0, str(ROOT / "tests"))
    try:
        return list(import_module("case_twins").TWINS)
    finally:
        sys.path.pop(0)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is current."""
    page = document()
    if "--check" in arguments:
        current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == page
        if not current:
            print(f"{TARGET} is not current; run: python tools/rules_docs.py", file=sys.stderr)
        return 0 if current else 1
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
