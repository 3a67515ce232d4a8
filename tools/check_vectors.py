#!/usr/bin/env python3
"""Run the standalone verifiers over the vectors, and say whether they answer as the index does.

    check_vectors.py DIR        a folder that make_vectors.py wrote

Nothing of the engine takes part: verify_standalone.py and verify_excerpt_standalone.py beside this program are called
as anyone would call them, each on a vector's own files. Prints a table, a row for each class of vectors, and every
vector whose answer is another; exit code 0 if there is none, else 1.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

TOOLS = Path(__file__).parent
INDEX = TOOLS.parent / "vectors" / "index.json"
EXIT = {"OK": 0, "OK_WITH_MISSING_INFO": 0, "NOT_OK": 1, "NOT_SEALED": 3}
EXCERPT = "clip.mov.unbroken-excerpt.json"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments(vector: dict[str, Any], place: Path) -> list[str]:
    """What a verifier is called with: the recording or one frame's proof, and whose signatures count."""
    if "frame.json" in vector["files"]:
        return ["--frame", str(place / "frame.json"), "--proof", str(place / "clip.mov.unbroken.json")]
    keys = ["--trusted-keys", str(place / "keys.json")] if "keys.json" in vector["files"] else []
    return [str(place / "clip.mov"), *keys]


def answer(program: ModuleType, words: list[str]) -> str:
    """The status that a verifier prints, where its exit code says the same; else what it printed."""
    said, before = io.StringIO(), sys.argv
    sys.argv = [str(program.__file__), *words]
    try:
        with contextlib.redirect_stdout(said):
            code = program.main()
    finally:
        sys.argv = before
    text = said.getvalue()
    status = next((s for s in EXIT if f": {s}: " in text), "")
    return status if EXIT.get(status) == code else f"exit code {code}, {text.strip()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    whole, excerpts = load("verify_standalone"), load("verify_excerpt_standalone")
    counts: dict[str, Counter[str]] = {}
    wrong = []
    for vector in json.loads(INDEX.read_text(encoding="utf-8"))["vectors"]:
        program = excerpts if EXCERPT in vector["files"] else whole
        found = answer(program, arguments(vector, folder / vector["name"]))
        counts.setdefault(vector["class"], Counter())[found if found in EXIT else "other"] += 1
        if found != vector["standalone"]:
            wrong.append(f"{vector['name']}: {vector['standalone']} was expected: {found}")
    columns = [*EXIT, "other"] if any(c["other"] for c in counts.values()) else [*EXIT]
    print("| class | vectors |", *(f"{c} |" for c in columns))
    print("|---" * (len(columns) + 2) + "|")
    for kind, of in counts.items():
        print(f"| {kind} | {of.total()} |", *(f"{of[c]} |" for c in columns))
    total = sum(of.total() for of in counts.values())
    print(*wrong, f"{total - len(wrong)} of {total} answered as the index says", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
