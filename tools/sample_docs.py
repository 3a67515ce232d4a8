"""Write docs/sample-archive.md: which check fires in which case of the sample archive, and is silent in which twin.

Run without arguments to write it; with ``--check`` it exits with 1 if the page is not current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from engine.rules.cases.catalogue import CHECKS
from fixtures.archive.placing import ARCHIVE_WIDE, NOT_SHOWN, placed
from fixtures.archive.plan import AS_OF, REFUSED
from fixtures.archive.world import TOLERANCES

TARGET = Path(__file__).resolve().parent.parent / "docs" / "sample-archive.md"

HEAD = """# The sample archive

Generated from `fixtures/archive` by `tools/sample_docs.py`; do not edit.

`unbroken demo --archive DIR` makes it in `DIR/archive`, with backups in `DIR/backup`, audits it, and writes
`DIR/report.html`, `DIR/report.json` and `DIR/what-to-expect.json`. {cases} cases, most of them in {pairs} pairs: in one
case of a pair a check finds a fact; its twin differs in the one thing that makes it legal, and nothing is found there.
The tests audit the archive from end to end and compare every finding of every case: none may be missing, and none more
may be there.

Everything in it is made by rule: pictures, voices that say nothing, names. Activities last {shortest} to {longest} s;
its `archive.toml` sets tolerances to match: {tolerances}.
It is made to be audited as of {as_of}. Backups lie on the same volume, which is noted for each (`backup_weak`).

| check | fact | fires in | because | silent in | because |
|---|---|---|---|---|---|
"""
TAIL = """
A case marked † is refused with file, line and field before it is judged: its paperwork contradicts itself or the
register. The access register speaks of all cases at once: the tests audit with one as it was kept, an edited one and
one with a use that nobody approved.

Facts that the sample does not show; the [pairs on plain data](rules.md) do:

"""


def document() -> str:
    """The whole page."""
    groups = placed()
    plans = [case.plan for first, beside in groups for case in (first, *beside)]
    head = HEAD.format(
        cases=len(plans), pairs=len(groups) // 2, as_of=f"{AS_OF:%Y-%m-%d %H:%M%z}",
        shortest=f"{min(p.seconds for p in plans):g}", longest=f"{max(p.seconds for p in plans):g}",
        tolerances=", ".join(f"`{name}` {value:g}" for name, value in TOLERANCES.items()),
    )  # fmt: skip
    rows = sorted(_rows(), key=lambda r: (list(CHECKS).index(r[0]), r[1]))
    missing = "".join(f"- `{fact}`: {why}\n" for fact, why in NOT_SHOWN.items())
    return head + "".join("| " + " | ".join(row) + " |\n" for row in rows) + TAIL + missing


def _rows() -> Iterator[tuple[str, ...]]:
    groups = placed()
    for (guilty, _), (legal, _) in zip(groups[::2], groups[1::2], strict=True):
        check, fact = split(guilty.pair.fact)
        mark = " †" if guilty.plan.verdict == REFUSED else ""
        yield check, f"`{fact}`", f"{guilty.number}{mark}", guilty.pair.fires, str(legal.number), guilty.pair.silent
    for name, (fires, silent) in ARCHIVE_WIDE.items():
        check, fact = split(name)
        yield check, f"`{fact}`", "all", fires, "all", silent


def split(name: str) -> tuple[str, str]:
    """Check and fact of ``check_fact``."""
    check = next(c for c in CHECKS if name.startswith(f"{c}_"))
    return check, name.removeprefix(f"{check}_")


def main(arguments: list[str]) -> int:
    """Write the page, or say whether it is current."""
    page = document()
    if "--check" in arguments:
        current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == page
        if not current:
            print(f"{TARGET} is not current; run: python tools/sample_docs.py", file=sys.stderr)
        return 0 if current else 1
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
