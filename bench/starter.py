"""Run a command and print what it cost as JSON. Small on purpose: see `bench.usage.process`."""

import json
import os
import sys
import time

WATCH = "--watch"
"""Before the command: look every 50 ms at the memory of its own that each process of the run holds."""


def own_kb(pid: int) -> int:
    """Anonymous memory of a process, kB: without mapped files, which the system can take back at any time."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("RssAnon")), 0)
    except OSError:
        return 0


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children") as children:
                    found += [int(child) for child in children.read().split()]
        except OSError:
            continue
    return found


def main(arguments: list[str]) -> None:
    watch = arguments[:1] == [WATCH]
    command = arguments[1:] if watch else arguments
    null = os.open(os.devnull, os.O_WRONLY)
    own = 0
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
    while True:
        done, status, used = os.wait4(pid, os.WNOHANG if watch else 0)
        wall = time.perf_counter() - began
        if done:
            break
        own = max(own, *(own_kb(p) for p in family(pid)))
        time.sleep(0.05)
    told = {
        "code": os.waitstatus_to_exitcode(status),
        "wall_s": wall,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss * 1024 / 1e6,
        "own_mb": own * 1024 / 1e6,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
