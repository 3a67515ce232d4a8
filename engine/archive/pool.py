"""Many files, several at a time, each in a process of its own that may break without harm to the others.

A slot is a thread with one worker process. The worker does one file after another; if it dies
(a decoder that crashes, memory that runs out), exactly the file it was working on is lost, the
slot starts a new worker, and the rest goes on.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

Tick = Callable[[float, float], None]
"""Called by a task as it goes: (seconds of footage done, seconds in all or 0 if unknown)."""

Task = Callable[[str, Tick], T]
"""What is done with a file, in the worker; must be picklable."""

Failure = Callable[[str, str, str], T]
"""(path, reason, detail) -> the result of a file whose worker gave none."""

_RECORD: Final = struct.Struct("<dd")
_PARENT_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of Linux's prctl(2)."""
POLL_S: Final = 0.1
TICK_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a batch has come, for progress views.

    Attributes
    ----------
    files_done, files
        Files finished, and in all.
    seconds_done
        Seconds of footage worked through, finished files and running ones.
    elapsed_s
        Wall time since the start.
    running
        (path, seconds done, seconds in all or 0) of the files being worked on.
    share
        0..1, of the whole batch by bytes; what a bar shows and the time left is judged by.
    size
        Bytes of all files together.
    """

    files_done: int
    files: int
    seconds_done: float
    elapsed_s: float
    running: tuple[tuple[str, float, float], ...]
    share: float
    size: int = 0


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """Results in the order of the paths. `interrupted`: Ctrl-C came; unfinished files are left out."""

    results: tuple[T, ...]
    interrupted: bool = False


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def plan(files: int, jobs: int | None) -> tuple[int, int]:
    """(files at a time, decoder threads for each), so that together they fill the processors.

    Examples
    --------
    >>> plan(1, None)[0], plan(10, 3)[0]
    (1, 3)
    """
    cores = processors()
    at_a_time = max(1, min(files, jobs or cores))
    return at_a_time, max(1, cores // at_a_time)


def run(
    task: Task[T],
    paths: Sequence[str],
    failure: Failure[T],
    jobs: int = 1,
    watch: Callable[[Standing], None] | None = None,
    patience_s: float = 900.0,
) -> Batch[T]:
    """Do `task` for each path.

    Parameters
    ----------
    task
        Runs in a worker process; what it raises becomes a failure with reason ``internal``.
    paths
        Files, in the order in which results are wanted.
    failure
        Makes the result of a file whose worker died (``worker_died``), stood still for
        `patience_s` (``no_progress``) or raised (``internal``).
    jobs
        Worker processes.
    watch
        Called in this thread several times a second, and once at the end.
    patience_s
        Seconds without any progress after which a worker is ended.
    """
    board: _Board[T] = _Board(paths)
    with tempfile.TemporaryDirectory(prefix="unbroken-") as scratch:
        slots = [_Slot(board, task, failure, patience_s, Path(scratch) / str(n)) for n in range(jobs)]
        for slot in slots:
            slot.start()
        interrupted = _wait(slots, board, watch)
    return Batch(board.in_order(), interrupted)


def run_here(
    task: Task[T],
    paths: Sequence[str],
    failure: Failure[T],
    watch: Callable[[Standing], None] | None = None,
) -> Batch[T]:
    """Do `task` for each path in this process, one after the other: nothing has to be started.

    For short work on one file. A task that breaks the process breaks the batch; see `run`.

    Parameters
    ----------
    task, paths, failure, watch
        As of `run`.
    """
    board: _Board[T] = _Board(paths)
    try:
        while (number := board.take()) is not None:
            tick = _Teller(board, number, watch)
            try:
                result = task(paths[number], tick)
            except Exception as error:
                result = failure(paths[number], *_internal(error))
            board.put(number, result, tick.at)
            if watch is not None:
                watch(board.standing([]))
    except KeyboardInterrupt:
        return Batch(board.in_order(), interrupted=True)
    return Batch(board.in_order())


def _wait(slots: Sequence[_Slot[T]], board: _Board[T], watch: Callable[[Standing], None] | None) -> bool:
    interrupted = False
    try:
        while any(slot.is_alive() for slot in slots):
            for slot in slots:
                slot.join(POLL_S / len(slots))
            if watch is not None:
                watch(board.standing([s.running() for s in slots]))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        board.stop.set()
        for slot in slots:
            slot.join()
    return interrupted


class _Board(Generic[T]):
    """What is still to do, and what is done; shared by the slots."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = paths
        self.stop = threading.Event()
        self._sizes = [_size(p) for p in paths]
        self._lock = threading.Lock()
        self._next = 0
        self._results: dict[int, T] = {}
        self._seconds = 0.0
        self._began = time.monotonic()

    def take(self) -> int | None:
        """The number of the next path, or None if nothing is left or the batch is stopped."""
        with self._lock:
            if self.stop.is_set() or self._next >= len(self.paths):
                return None
            self._next += 1
            return self._next - 1

    def put(self, number: int, result: T, seconds: float) -> None:
        with self._lock:
            self._results[number] = result
            self._seconds += seconds

    def in_order(self) -> tuple[T, ...]:
        return tuple(self._results[n] for n in sorted(self._results))

    def standing(self, running: Sequence[tuple[int, float, float] | None]) -> Standing:
        with self._lock:
            busy = [r for r in running if r is not None and r[0] not in self._results]
            done = sum(self._sizes[n] for n in self._results)
            part = sum(self._sizes[n] * min(1.0, at / total) for n, at, total in busy if total > 0)
            return Standing(
                files_done=len(self._results),
                files=len(self.paths),
                seconds_done=self._seconds + sum(at for _, at, _ in busy),
                elapsed_s=time.monotonic() - self._began,
                running=tuple((self.paths[n], at, total) for n, at, total in busy),
                share=(done + part) / max(1, sum(self._sizes)),
                size=sum(self._sizes),
            )


class _Slot(threading.Thread, Generic[T]):
    """One worker process and the thread that feeds it."""

    def __init__(self, board: _Board[T], task: Task[T], failure: Failure[T], patience_s: float, record: Path) -> None:
        super().__init__(name=f"slot-{record.name}", daemon=True)
        self._board = board
        self._task = task
        self._failure = failure
        self._patience_s = patience_s
        self._record = record
        self._number: int | None = None
        self._executor: Any = None

    def run(self) -> None:
        # Ctrl-C reaches every process of a terminal, and the batch ends its workers itself. They
        # inherit this thread's mask, so that it cannot hit them while they start; later, when
        # libraries may have cleared the mask, they ignore the signal (`_begin_worker`).
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            while (number := self._board.take()) is not None:
                self._number = number
                result = self._one(self._board.paths[number])
                if result is not None:
                    self._board.put(number, result.value, self._read()[0])
                self._number = None
        finally:
            self._end_worker()

    def running(self) -> tuple[int, float, float] | None:
        """(number of the path, seconds done, seconds in all) of the file being worked on."""
        number = self._number
        return None if number is None else (number, *self._read())

    def _one(self, path: str) -> _Result[T] | None:
        """The result for one file; None if the batch was stopped."""
        self._write_zero()
        try:
            future = self._submit(path)
            why = self._attend(future)
            if why == "stopped":
                return None
            if why == "no_progress":
                self._end_worker()
                return _Result(self._failure(path, "no_progress", f"{self._patience_s:.0f} s"))
            return _Result(future.result())
        except Exception as error:
            self._end_worker()
            return _Result(self._failure(path, *_reason(error)))

    def _attend(self, future: Future[T]) -> str:
        last, since = self._read(), time.monotonic()
        while not wait([future], timeout=POLL_S).done:
            if self._board.stop.is_set():
                return "stopped"
            now = self._read()
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > self._patience_s:
                return "no_progress"
        return "done"

    def _submit(self, path: str) -> Future[T]:
        from loky import ProcessPoolExecutor

        if self._executor is None:
            self._executor = ProcessPoolExecutor(max_workers=1, initializer=_begin_worker)
        future: Future[T] = self._executor.submit(_work, self._task, path, str(self._record))
        return future

    def _end_worker(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, kill_workers=True)

    def _read(self) -> tuple[float, float]:
        try:
            at, total = _RECORD.unpack(self._record.read_bytes())
        except (OSError, struct.error):
            return 0.0, 0.0
        return at, total

    def _write_zero(self) -> None:
        _write_record(self._record, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Result(Generic[T]):
    value: T


@dataclass(slots=True)
class _Ticker:
    """Writes a worker's progress where its slot reads it, a few times a second."""

    record: Path
    last: float = -1.0

    def __call__(self, at: float, total: float) -> None:
        now = time.monotonic()
        if now - self.last >= TICK_EVERY_S:
            self.last = now
            _write_record(self.record, at, total)


@dataclass(slots=True)
class _Teller(Generic[T]):
    """Tells the watch of a batch in this process how far its task is, a few times a second."""

    board: _Board[T]
    number: int
    watch: Callable[[Standing], None] | None
    at: float = 0.0
    last: float = -1.0

    def __call__(self, at: float, total: float) -> None:
        self.at = at
        now = time.monotonic()
        if self.watch is not None and now - self.last >= TICK_EVERY_S:
            self.last = now
            self.watch(self.board.standing([(self.number, at, total)]))


def _write_record(record: Path, at: float, total: float) -> None:
    """Progress is a courtesy: a full disk does not stop the work."""
    try:
        descriptor = os.open(record, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, _RECORD.pack(at, total), 0)
        finally:
            os.close(descriptor)
    except OSError:
        return


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes  # here: a batch without workers starts faster without it

        # No worker outlives the slot that feeds it, whatever ends that one.
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _work(task: Task[T], path: str, record: str) -> T:
    return task(path, _Ticker(Path(record)))


def _reason(error: Exception) -> tuple[str, str]:
    from loky.process_executor import BrokenProcessPool

    if isinstance(error, BrokenProcessPool):
        return "worker_died", ""
    return _internal(error)


def _internal(error: Exception) -> tuple[str, str]:
    return "internal", f"{type(error).__name__}: {error}"


def _size(path: str) -> int:
    try:
        return max(1, os.stat(path).st_size)
    except OSError:
        return 1


__all__ = ["Batch", "Standing", "Task", "Tick", "plan", "processors", "run", "run_here"]
