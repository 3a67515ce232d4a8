#!/usr/bin/env python3
"""Write docs/attacks.md from vectors/attacks.toml and vectors/index.json; `--check` fails if it is stale."""

from __future__ import annotations

import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "attacks.md"

HEAD = """# Attacks

What was tried against recordings, proofs, logs, excerpts and the access register, and what is answered. Made by
`tools/attack_table.py` from `vectors/attacks.toml` and `vectors/index.json`; the tests run every vector and every test
named here, and check that this page is what they say.

A **vector** is a recording with a proof in which one thing is wrong (`vectors/README.md`); its result is the answer of
`unbroken verify`, or of the check of one frame's proof. Where that is not `NOT_OK`, it is said what is missing: with
trusted keys a stripped or foreign signature is at best `OK_WITH_MISSING_INFO`, and a seal that was taken away leaves a
recording `NOT_SEALED`. A test is named where an attack takes more than files, or has many variants.

| attack | class | shown by | result | message |
|---|---|---|---|---|
"""


def attacks() -> list[dict[str, Any]]:
    """The table of attacks, in its order."""
    found: list[dict[str, Any]] = tomllib.loads((ROOT / "vectors" / "attacks.toml").read_text(encoding="utf-8"))[
        "attack"
    ]
    return found


def vectors() -> dict[str, list[dict[str, Any]]]:
    """Attack -> the vectors that are of it."""
    found = defaultdict(list)
    for entry in json.loads((ROOT / "vectors" / "index.json").read_text(encoding="utf-8"))["vectors"]:
        if entry["attack"]:
            found[entry["attack"]].append(entry)
    return found


def message(reason: str) -> str:
    """What is said for a reason, in English, without the advice behind it."""
    from engine.proofs.telling import TABLES

    return next(table[reason][0] for table in TABLES if reason in table).split(";")[0]


def each_once(values: Sequence[str]) -> str:
    return "<br>".join(dict.fromkeys(v for v in values if v))


def row(attack: dict[str, Any], mine: Sequence[dict[str, Any]]) -> str:
    """One line of the table."""
    tests = attack.get("tests", [])
    shown = [", ".join(f"`{v['name']}`" for v in mine)]
    shown += [f"`{t['test'].split('::')[1]}`" for t in tests]
    results = [v["expected"]["status"] for v in mine] + [t.get("result", "") for t in tests]
    reasons = [v["expected"]["reason"] for v in mine] + [t.get("said", "") for t in tests]
    said = each_once([message(r) for r in reasons if r] + [attack.get("message", "")])
    return (
        f"| {attack['name']} | {attack['class']} | {each_once(shown)} | {each_once(results) or 'refused'} | {said} |\n"
    )


def page() -> str:
    """The whole page."""
    by_attack = vectors()
    return HEAD + "".join(row(a, by_attack.get(a["name"], [])) for a in attacks())


def main() -> int:
    new = page()
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text(encoding="utf-8") != new)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
