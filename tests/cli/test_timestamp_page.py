"""Every command of docs/timestamps.md, in its order, with an authority on this machine in the place of the example."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from made_clips import scenes, write_clip
from timestamping import Authority, serving

from engine.cli.main import run

PAGE = Path(__file__).parents[2] / "docs" / "timestamps.md"
REPLY = "application/timestamp-reply"


def test_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    authority = Authority(tmp_path / "authority")
    shutil.copy(authority.authority, "tsa-ca.pem")
    Path("recordings").mkdir()
    write_clip(Path("recordings/other.mp4"), scenes(3))
    write_clip(Path("clip.mp4"), scenes(3))
    assert run(["seal", "clip.mp4", "recordings/other.mp4"]) == 0
    ran = []
    with serving(lambda body: (200, REPLY, authority.reply(body))) as url:
        for language, code in re.findall(r"```(sh|python)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
            if language == "python":
                exec(code, {})
                continue
            for line in code.strip().splitlines():
                words = shlex.split(line.replace("http://tsa.example/", url))
                if words[0] == "unbroken":
                    assert run(words[1:]) == 0, line
                elif words[0] == "curl":
                    assert url in words
                    Path("clip.tsr").write_bytes(authority.reply(Path("clip.tsq").read_bytes()))
                else:
                    subprocess.run(words, check=True, capture_output=True, timeout=60)
                ran.append(words[0])
    assert ran == ["unbroken"] * 4 + ["curl"] + ["unbroken"] * 3 + ["openssl"] * 2
    shown = capsys.readouterr().out
    assert "timestamp added" in shown
    assert "renewed" in shown
    assert "unchecked" not in shown
