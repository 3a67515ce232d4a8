#!/usr/bin/env python3
"""Write the vectors of the proof format into a folder, or their index into vectors/.

    make_vectors.py --out-dir DIR     every vector's files, in a folder of its own name
    make_vectors.py --index           vectors/index.json anew

Every byte is made by the programs in the folder vectors beside this one: recordings by media.py,
proofs by proof.py, and what is wrong with them by the others. Nothing of the engine
takes part. Needs blake3, pyarrow and cryptography.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from vectors.cases import vectors

INDEX = Path(__file__).parent.parent / "vectors" / "index.json"


def index() -> str:
    """What each vector is, and the answer that is expected."""
    entries = [v.entry() for v in vectors()]
    return json.dumps({"format": "1", "vectors": entries}, ensure_ascii=False, indent=1) + "\n"


def write(folder: Path) -> int:
    """Write all files; how many vectors there are."""
    made = vectors()
    for vector in made:
        place = folder / vector.name
        place.mkdir(parents=True, exist_ok=True)
        for name, data in vector.files.items():
            (place / name).write_bytes(data)
    return len(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out-dir", type=Path, help="where to write the files")
    parser.add_argument("--index", action="store_true", help="write vectors/index.json")
    options = parser.parse_args()
    if options.out_dir:
        print(f"{write(options.out_dir)} vectors in {options.out_dir}")
    if options.index:
        INDEX.parent.mkdir(exist_ok=True)
        INDEX.write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    main()
