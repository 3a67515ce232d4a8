"""Feed every parser with damaged files, under limits of time and memory, and count what comes of it.

    python tools/fuzz.py --cases 1000000

Cases are made by a seeded mutator from small recordings that `fixtures` makes. Each parser runs in a process
of its own with limits of memory and processor time; its kernels are compiled with checks of every index.
A case that raises what its parser does not promise, runs longer than a second or ends the process is written
to ``tests/corpus`` as hexadecimal text (the test suite reads them all again) and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuzz_targets import Target

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus"
MEMORY = 4 << 30
"""Bytes of address space of a worker: compiled kernels and Arrow take one of them."""
SECONDS = 240
"""Processor time of a worker."""
CASE_SECONDS = 1.0
BATCH = 25_000
KEPT = 5
"""Failures of one worker that are written down."""
INTERESTING = (0, 1, 2, 7, 8, 15, 16, 127, 128, 255, 256, 32767, 65535, 1 << 24, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


class TooSlowError(Exception):
    """A case ran into its limit of time."""


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """A damaged copy of one of the seeds."""
    data = bytearray(chance.choice(seeds))
    for _ in range(1 + min(int(chance.expovariate(0.5)), 12)):
        _damage(data, seeds, chance)
    return bytes(data[: 1 << 17])


def _damage(data: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    """One act of damage, in place. Heads are hit more often than the rest: most of what is read stands there."""
    size = len(data)
    near = size if chance.random() < 0.5 else min(size, 256)
    at = chance.randrange(near) if near else 0
    what = chance.randrange(9)
    if what == 0 and size:
        data[at] ^= 1 << chance.randrange(8)
    elif what == 1 and size:
        data[at] = chance.randrange(256)
    elif what == 2:
        width = chance.choice((1, 2, 4, 8))
        value = chance.choice(INTERESTING) & (1 << 8 * width) - 1
        data[at : at + width] = value.to_bytes(width, chance.choice(("big", "little")))
    elif what == 3:
        del data[at : at + chance.choice((1, 2, 4, 8, 16, 64, 512))]
    elif what == 4:
        data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 8, 64)))
    elif what == 5:
        length = chance.choice((1, 4, 8, 16, 64, 256))
        data[at:at] = data[at : at + length] * chance.choice((1, 2, 8))
    elif what == 6:
        del data[at + 1 :]
    elif what == 7:
        other = chance.choice(seeds)
        start = chance.randrange(len(other)) if other else 0
        data[at : at + 64] = other[start : start + chance.choice((4, 64, 1024))]
    else:
        data[at : at + 16] = chance.choice((b"\0", b"\xff")) * chance.choice((4, 16))


# ---- a worker ---------------------------------------------------------------------------------


def work(name: str, seed: int, cases: int) -> None:
    """Run cases of one parser, and print what came of them as JSON."""
    from fuzz_targets import targets

    stored = {name: bytes.fromhex(text) for name, text in json.loads(sys.stdin.read()).items()}
    target = targets(stored)[name]
    seeds = [stored[s] for s in target.seeds]
    for plain in seeds:  # compiles the kernels, before time is taken
        _outcome(target.parse, target.refusals, plain)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    signal.signal(signal.SIGALRM, _too_slow)
    chance, counts = random.Random(f"{name}:{seed}"), {"read": 0, "refused": 0}
    failures: list[dict[str, str]] = []
    trail = Path(os.environ["FUZZ_TRAIL"])
    slowest = 0.0
    for number in range(cases):
        data = mutated(seeds, chance)
        if number % 64 == 0:
            trail.write_bytes(data)
        signal.setitimer(signal.ITIMER_REAL, CASE_SECONDS)
        began = time.perf_counter()
        fault = _outcome(target.parse, target.refusals, data)
        slowest = max(slowest, time.perf_counter() - began)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if fault in counts:
            counts[fault] += 1
        elif len(failures) < KEPT:
            failures.append({"fault": fault, "data": _shrunk(data, fault, target).hex()})
    print(json.dumps({**counts, "slowest": round(slowest, 4), "failures": failures}))


def _shrunk(data: bytes, fault: str, target: Target) -> bytes:
    """The case without what it does not need to fail in the same way: parts are left out as long as it does."""
    size = len(data) // 2
    while size:
        for at in range(0, len(data), size):
            less = data[:at] + data[at + size :]
            if _outcome(target.parse, target.refusals, less) == fault:
                data = less
                break
        else:
            size //= 2
    return data


def _too_slow(signum: int, frame: FrameType | None) -> None:
    raise TooSlowError


def _outcome(parse, refusals, data: bytes) -> str:  # type: ignore[no-untyped-def]
    """``read``, ``refused``, or what went wrong."""
    try:
        parse(data)
    except refusals:
        return "refused"
    except Exception as error:  # whatever a parser raises that it does not promise is what is looked for
        return f"{type(error).__name__}: {error}"[:200]
    return "read"


# ---- the driver -------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python tools/fuzz.py", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="over all parsers together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", metavar="PARSER")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    if args.worker:
        work(args.worker, args.seed, args.cases)
        return 0
    return drive(args.cases, args.seed, args.only)


def drive(cases: int, seed: int, only: Sequence[str] | None) -> int:
    """Run all parsers, one worker after another, and print a table."""
    from fuzz_targets import seeds, targets

    made = seeds()
    stored = json.dumps({name: data.hex() for name, data in made.items()})
    chosen = {n: t for n, t in targets(made).items() if not only or n in only}
    whole = sum(t.share for t in chosen.values())
    print(f"{'parser':20} {'cases':>9} {'read':>9} {'refused':>9} {'faults':>7} {'slowest, s':>11}")
    total = faults = 0
    for name, target in chosen.items():
        results = list(_batches(name, int(cases * target.share / whole) + 1, seed, stored))
        read, refused = (sum(int(r[k]) for r in results) for k in ("read", "refused"))
        found = [f for r in results for f in r["failures"]]
        count = read + refused + len(found)
        total, faults = total + count, faults + len(found)
        slowest = max((float(r["slowest"]) for r in results), default=0.0)
        print(f"{name:20} {count:9} {read:9} {refused:9} {len(found):7} {slowest:11.4f}", flush=True)
        for number, failure in enumerate(found[:KEPT]):
            CORPUS.mkdir(exist_ok=True)
            (CORPUS / f"{name}-{seed}-{number}.hex").write_text(f"# {failure['fault']}\n{failure['data']}\n")
            print(f"    {failure['fault']}")
    print(f"{total} cases, {faults} faults")
    return 1 if faults else 0


def _batches(name: str, cases: int, seed: int, stored: str) -> Iterator[dict]:  # type: ignore[type-arg]
    """Results of workers; one that died is a failure with the last case that it wrote down."""
    trail = Path(f"/dev/shm/unbroken-fuzz-{os.getpid()}")
    environment = os.environ | {
        "FUZZ_TRAIL": str(trail),
        "NUMBA_BOUNDSCHECK": "1",
        "NUMBA_CACHE_DIR": str(ROOT / ".cache" / "fuzz"),
    }
    for number, left in enumerate(range(cases, 0, -BATCH)):
        command = [sys.executable, __file__, "--worker", name, "--seed", str(seed * 1000 + number)]
        command += ["--cases", str(min(BATCH, left))]
        done = subprocess.run(command, input=stored, capture_output=True, text=True, env=environment, check=False)
        if done.returncode == 0:
            yield json.loads(done.stdout.splitlines()[-1])
        else:
            last = trail.read_bytes().hex() if trail.exists() else ""
            why = (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1]
            yield {"read": 0, "refused": 0, "slowest": 0.0, "failures": [{"fault": f"died: {why}", "data": last}]}
    trail.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
