"""Known answers: does this installation compute what it should?

`vectors` costs next to nothing and runs with every report. `whole_engine` makes a tiny clip,
takes frames out of it and expects the engine to say so; `unbroken selftest` runs both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

Result = Literal["passed", "failed", "not run"]


@dataclass(frozen=True, slots=True)
class Check:
    """One known answer."""

    name: str
    result: Result
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The result of a self-test, with what it consisted of: "passed" holds for these checks only."""

    checks: tuple[Check, ...]

    @property
    def result(self) -> Result:
        if any(c.result == "failed" for c in self.checks):
            return "failed"
        return "passed" if any(c.result == "passed" for c in self.checks) else "not run"


BLAKE3_EMPTY: Final = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
BLAKE3_1025: Final = "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"
"""Of the bytes 0, 1, ... 250, 0, 1, ... up to 1,025 of them. Source: test_vectors.json of the BLAKE3 team."""


def vectors() -> SelfTest:
    """The known vectors that need neither a file nor a decoder."""
    from engine.proofs import known

    bodies: dict[str, Callable[[], str]] = {
        "blake3": _blake3,
        "canonical_json": _canonical_json,
        "combine": _combine,
        "proof_tree": known.tree,
        "signature": known.signature,
        "log": known.log,
    }
    return SelfTest(tuple(_check(name, body) for name, body in bodies.items()))


def _check(name: str, body: Callable[[], str]) -> Check:
    try:
        fault = body()
    except Exception as error:  # a broken library is exactly what this looks for
        fault = f"{type(error).__name__}: {error}"
    return Check(name, "failed" if fault else "passed", fault)


def _blake3() -> str:
    from blake3 import blake3

    data = bytes(i % 251 for i in range(1025))
    same = blake3(b"").hexdigest() == BLAKE3_EMPTY and blake3(data).hexdigest() == BLAKE3_1025
    return "" if same else "digest differs from the published vector"


def _canonical_json() -> str:
    """The example of RFC 8785, section 3.2.2, shortened."""
    import rfc8785

    value: dict[str, Any] = {"numbers": [333333333.33333329, 1e30, 4.5, 2e-3, 1e-27], "literals": [None, True, False]}
    expected = b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'
    return "" if rfc8785.dumps(value) == expected else "canonical JSON differs from RFC 8785"


def _combine() -> str:
    """One source alone stays a suspicion; two about one event are a violation."""
    from engine.findings import Evidence, Finding, Level, Severity, Source, combine

    def cut(kind: str, source: Source) -> Finding:
        evidence = (Evidence(source, "x", 1.0),)
        return Finding(kind, Severity.VIOLATION, Level.E2, "video", 1.0, 1.04, "x", "selftest", evidence=evidence)

    alone = combine([cut("deletion", Source.PICTURE)])
    both = combine([cut("deletion", Source.PICTURE), cut("audio_gap", Source.SOUND)])
    good = [f.severity for f in alone] == [Severity.SUSPICION] and [f.severity for f in both] == [Severity.VIOLATION]
    return "" if good else "findings are weighed wrongly"


@dataclass(frozen=True, slots=True)
class KnownClip:
    """A clip with a known hole, and the same clip without it.

    Parameters
    ----------
    whole, cut
        The two files.
    kinds
        Kinds of finding that name the hole rightly.
    start_s, end_s
        Where it lies in `cut`, seconds.
    """

    whole: str
    cut: str
    kinds: tuple[str, ...]
    start_s: float
    end_s: float


def whole_engine(clip: KnownClip) -> Check:
    """Examine both clips: the hole must be found where it is, and nothing in the whole one."""
    return _check("clip", lambda: _examine(clip))


def _examine(clip: KnownClip) -> str:
    from engine.archive.inspect import inspect
    from engine.findings import Severity

    whole, cut = inspect(clip.whole), inspect(clip.cut)
    broken = next((r for r in (whole, cut) if r.error is not None), None)
    if broken is not None:
        return f"not examinable: {broken.reason}: {broken.error}"
    loud = [f.kind for f in whole.findings if f.severity > Severity.NOTICE]
    if loud:
        return f"found in the untouched clip: {', '.join(loud)}"
    hits = [
        f
        for f in cut.findings
        if f.severity > Severity.NOTICE and f.kind in clip.kinds and f.start_s is not None and f.end_s is not None
    ]
    near = [f for f in hits if (f.start_s or 0) <= clip.end_s + 0.2 and (f.end_s or 0) >= clip.start_s - 0.2]
    return "" if near else f"the hole at {clip.start_s:.2f} s was not found"
