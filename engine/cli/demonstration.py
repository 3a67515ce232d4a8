"""The steps of `unbroken demo`, each of which is a command that a user can give alone."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.archive.batch import lost
from engine.archive.guarding import Inspected, Options
from engine.archive.pool import Batch, plan, processors, run
from engine.cli.common import INTERRUPTED, ProgressMode, bilingual, say, write_file
from engine.cli.progress import watching
from engine.proofs.files import proof_paths
from engine.proofs.telling import verify_lines
from engine.proofs.verify import verify
from engine.report.run import Run, sealing_task
from engine.report.terminal import comparison
from engine.report.views import View, render
from fixtures.demo import make_archive

ALTERED_AT: Final = 0.6
"""Where the one byte lies that is changed after sealing, as a share of the file."""


def demonstrate(folder: Path, jobs: int | None, language: str, progress: ProgressMode) -> int:
    """Make an archive, examine and seal it, alter a copy, verify both, and report."""
    say(bilingual(f"Making a sample archive in {folder}", f"正在 {folder} 生成示例档案"))
    truths = make_archive(folder, jobs or processors())
    paths = [str(folder / t.file) for t in truths]
    _forget_proofs(paths)
    batch = _examine(paths, jobs, progress)
    result = Run.of(batch.results, Options(), batch.interrupted)
    if batch.interrupted:
        return INTERRUPTED
    done = {str(folder / t.file): t.op for t in truths}
    print(comparison(result.reports, done, language), end="")
    _verify([Path(p) for p in paths], folder, language)
    page = folder / "report.html"
    write_file(page, render(result, View("html", language)).encode())
    write_file(folder / "report.json", render(result, View("json", language)).encode())
    print(bilingual(f"HTML report: {page.resolve()}", f"HTML 报告：{page.resolve()}"))
    return 0


def _forget_proofs(paths: Sequence[str]) -> None:
    """Proofs of an archive that an earlier demonstration made here."""
    for path in paths:
        for proof in proof_paths(path):
            with suppress(FileNotFoundError):
                proof.unlink()


def _examine(paths: Sequence[str], jobs: int | None, progress: ProgressMode) -> Batch[Inspected]:
    say(bilingual("Sealing and examining it", "正在封存并检验"))
    at_a_time, threads = plan(len(paths), jobs)
    options = Options(threads=threads, exhibits="pictures")
    with watching(progress) as watch:
        return run(sealing_task(options, None), paths, lost, at_a_time, watch)


def _verify(paths: Sequence[Path], folder: Path, language: str) -> None:
    """Verify every recording, and a copy of the first that differs from it by one byte."""
    statuses = [verify(p).status for p in paths]
    matching = sum(s == "OK" for s in statuses)
    print(
        bilingual(
            f"Verified against their proofs: {matching} of {len(paths)} as they were sealed",
            f"按封存证明校验：{len(paths)} 个文件中 {matching} 个与封存时一致",
        )
    )
    altered = folder / "altered-after-sealing" / paths[0].name
    altered.parent.mkdir(exist_ok=True)
    shutil.copyfile(paths[0], altered)
    with open(altered, "r+b") as file:
        file.seek(int(altered.stat().st_size * ALTERED_AT))
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    print(bilingual("A copy with one bit changed, against the same proof:", "改动一个比特的副本，用同一证明校验："))
    for line in verify_lines(verify(altered, proof_paths(paths[0])[0]), language == "zh"):
        print(f"  {line}")
    sys.stdout.flush()
