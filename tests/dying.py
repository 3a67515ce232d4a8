"""Work that is ended by SIGKILL at its n-th step on the file system, for every n.

A process that has loaded the engine and runs one thread forks one child for each case; the child
ends itself. Steps are the calls that change files (before and after each), and every so many bytes
of what is written, by a limit on the size of files (SIGXFSZ, which ends a process as hard).
"""

from __future__ import annotations

import importlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

STEPS = ("fsync", "replace", "rename", "unlink", "chmod", "fchmod", "link", "ftruncate", "mkdir", "write")
KILLED = (-signal.SIGKILL, -signal.SIGXFSZ)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _watch(step: int) -> None:
    """End this process before (even) or after (odd) step n // 2."""
    count = iter(range(1_000_000))

    def dying(call):
        def stepped(*arguments, **named):
            number = next(count)
            if number == step // 2 and step % 2 == 0:
                _die()
            result = call(*arguments, **named)
            if number == step // 2:
                _die()
            return result

        return stepped

    for name in STEPS:
        setattr(os, name, dying(getattr(os, name)))


def _limit(size: int) -> None:
    """End this process when a file that it writes grows beyond `size` bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _case(line: str, work) -> int:
    kind, number = line.split()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            (_watch if kind == "step" else _limit)(int(number))
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _serve(module: str, function: str, *arguments: str) -> None:
    work = getattr(importlib.import_module(module), function)
    for line in sys.stdin:
        print(_case(line, lambda: work(*arguments)), flush=True)


class Mortal:
    """Runs ``module.function(*arguments)`` again and again, each time ending it at another place.

    `folder` is where the module lies if it is one of the tests'.
    """

    def __init__(self, folder: Path, module: str, function: str, *arguments: object) -> None:
        places = [str(Path(__file__).parent), str(folder)]
        code = f"import sys; sys.path[:0] = {places}; import dying; dying._serve(*sys.argv[1:])"
        command = [sys.executable, "-c", code, module, function, *map(str, arguments)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Mortal:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)

    def run(self, kind: str, number: int) -> int:
        """Exit code of one run; negative: the signal that ended it."""
        assert self._process.stdin
        assert self._process.stdout
        print(kind, number, file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def deaths(self, reset: Callable[[], None], sizes: int = 1000) -> Iterator[tuple[str, int]]:
        """Yields after each death, until a run comes to its end; then the same by bytes written.

        Parameters
        ----------
        reset
            Makes the state before each run.
        sizes
            Between two limits on the size of files, in bytes.
        """
        for kind, width in (("step", 1), ("size", sizes)):
            for number in range(0, 10_000):
                reset()
                code = self.run(kind, number * width)
                if code == 0:
                    break
                assert code in KILLED, (kind, number, code)
                yield kind, number * width
