"""Make the picture of a report that stands in the README: a real run over the sample archive.

Run ``python tools/readme_picture.py``; it writes ``docs/images/inspect.svg``.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

import engine
from engine.report.terminal import show
from fixtures.demo import make_archive

TARGET: Final = Path(__file__).parent.parent / "docs" / "images" / "inspect.svg"
COLUMNS: Final = 126
FOLDER: Final = "recordings"
SHOWN: Final = frozenset({"original", "delete", "insert_foreign", "gap_copy", "audio_mute"})
"""Operations whose files are examined: the picture must stay small enough to be looked at."""
LIGHT: Final = TerminalTheme(
    (255, 255, 255),
    (28, 39, 51),
    [
        (28, 39, 51),
        (198, 40, 40),
        (46, 125, 50),
        (166, 98, 0),
        (47, 93, 138),
        (123, 63, 160),
        (0, 121, 130),
        (92, 107, 122),
    ],
)
"""The colours of the page: they can be read on white."""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run() -> str:
    """What ``unbroken inspect recordings/`` shows on a terminal, with its colours."""
    os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS))
    os.environ.pop("NO_COLOR", None)
    stream, home = _Terminal(), Path.cwd()
    with tempfile.TemporaryDirectory(prefix="unbroken-picture-") as scratch:
        os.chdir(scratch)
        try:
            truths = make_archive(Path(FOLDER), os.cpu_count() or 1)
            reports = list(engine.inspect_many([f"{FOLDER}/{t.file}" for t in truths if t.op in SHOWN]))
        finally:
            os.chdir(home)
    show(reports, "en", stream, "passed")
    return stream.getvalue()


def picture(shown: str) -> str:
    """A terminal's text as an SVG that needs nothing else: fonts come from the reader's machine."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ unbroken inspect {FOLDER}/", style="bold"))
    console.print(Text.from_ansi(shown.rstrip("\n")))
    svg = console.export_svg(title="unbroken", theme=LIGHT, unique_id="inspect")
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace(
        "font-family: Fira Code, monospace", "font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, monospace"
    )
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def main() -> int:
    """Write the picture."""
    svg = picture(run())
    if "url(http" in svg or "url('http" in svg:
        print("the picture would fetch something from the network", file=sys.stderr)
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(svg, encoding="utf-8")
    print(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
