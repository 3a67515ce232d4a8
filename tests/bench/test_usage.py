"""What a process costs is told by its own end; a wrong exit is no measurement."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import __main__ as program
from bench import usage


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def test_a_failed_command_is_no_measurement() -> None:
    with pytest.raises(usage.RunError, match=r"exit code 7: told why"):
        usage.process(python("import sys; sys.stderr.write('told why'); sys.exit(7)"))
    usage.process(python("raise SystemExit(7)"), accept=(7,))


def test_a_command_that_does_not_exist_is_named() -> None:
    with pytest.raises(usage.RunError, match="no-such-program"):
        usage.process(["no-such-program"])


def test_peak_memory_is_the_childs_own() -> None:
    ballast = bytearray(300_000_000)
    ballast[::4096] = b"x" * len(ballast[::4096])
    assert usage.process(python("pass")).peak_mb < 100
    assert usage.process(python("x = b'x' * 150_000_000")).peak_mb > 150


def test_mapped_files_are_told_apart_from_own_memory(tmp_path: Path) -> None:
    mapped = tmp_path / "mapped"
    with open(mapped, "wb") as file:
        file.truncate(150_000_000)
    code = f"import mmap, time; f = open({str(mapped)!r}, 'rb'); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)"
    used = usage.watched(python(f"{code}; sum(m[::4096]); time.sleep(0.5)"))
    assert used.peak_mb > 150
    assert 1 < used.own_mb < 100
    grow = python("import time; x = b'x' * 150_000_000; time.sleep(0.5)")
    grown = usage.watched(python(f"import subprocess; subprocess.run({grow!r})"))
    assert grown.own_mb > 150


def test_output_of_the_command_is_thrown_away() -> None:
    got = usage.process(python("print('x' * 1_000_000)"))
    assert got.wall_s > 0
    assert got.cpu_s > 0


def test_processor_time_of_grandchildren_counts() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {burn!r}], check=True)"
    assert usage.process(python(nested)).cpu_s >= 0.3


def test_missing_tools_are_named_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert program.main([]) == 2
    assert "apt install ffmpeg b3sum" in capsys.readouterr().err


def test_a_suite_that_fails_does_not_cost_the_others(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    from bench.results import Row, Settings, Suite
    from bench.stats import spread

    def broken(_: Settings) -> tuple[Row, ...]:
        raise RuntimeError("out of order")

    good = Row("x", "s", spread([1.0]), "c")
    chosen = [Suite("bad", "Bad", "", broken), Suite("good", "Good", "", lambda _: (good,))]
    measured, failed = program.measure(chosen, Settings(True, tmp_path))
    assert failed == ["bad"]
    assert measured["good"].rows == (good,)
    assert "out of order" in capsys.readouterr().out
