"""Run a command and print what it cost as JSON. Small on purpose: see `bench.usage.process`."""

import json
import os
import sys
import time


def main(command: list[str]) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    print(
        json.dumps(
            {
                "code": os.waitstatus_to_exitcode(status),
                "wall_s": wall,
                "cpu_s": used.ru_utime + used.ru_stime,
                "peak_mb": used.ru_maxrss * 1024 / 1e6,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
