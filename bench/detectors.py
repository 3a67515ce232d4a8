"""All detectors on the tables of an hour."""

from __future__ import annotations

import engine
from bench import usage
from bench.proof_size import recordings
from bench.results import Budget, Row, Settings, Suite
from bench.stats import spread
from engine.detectors.registry import detectors
from engine.features.tables import Features

HOW = """\
The tables of an hour of pictures with sound (six minutes in a quick run) are extracted once; then every detector's
`propose` runs on them, without the second look, which depends on what is found. Processor time."""


def measure(settings: Settings) -> tuple[Row, ...]:
    """All together against the budget, then each."""
    sample = recordings(360 if settings.quick else 3600)[0]
    path = sample.file(settings.cache)
    features = engine.extract(path)
    known = [d.name for d in detectors()]
    propose(features, known)
    where = f"on {sample.frames} pictures"
    command = f'd.propose(engine.extract("{path}"), d.options)'
    times = {name: [_time(features, [name]) for _ in range(settings.rounds(5))] for name in known}
    whole = [sum(each) for each in zip(*times.values(), strict=True)]
    budget = None if settings.quick else Budget(2.0, "at most", "own")
    all_of_them = Row(f"all {len(known)} detectors {where}", "s", spread(whole), command, budget=budget)
    return (all_of_them, *(Row(f"`{n}` {where}", "s", spread(t), command) for n, t in times.items()))


def propose(features: Features, names: list[str]) -> int:
    """Findings and candidates of the named detectors' first step."""
    found = 0
    for detector in detectors():
        if detector.name in names:
            proposal = detector.propose(features, detector.options)
            found += len(proposal.findings) + len(proposal.candidates)
    return found


def _time(features: Features, names: list[str]) -> float:
    return usage.call(lambda: propose(features, names)).cpu_s


SUITE = Suite("detectors", "Detectors on the tables of an hour", HOW, measure)
