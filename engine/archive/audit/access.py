"""What the access register says (Art. 21, 22): whether its chain is whole, and whether every use was approved."""

from __future__ import annotations

from engine.proofs.problems import ProofProblem
from engine.proofs.register import Break, verify
from engine.rules.cases.record import AccessFacts


def access_facts(register: str | None) -> tuple[AccessFacts, ...] | None:
    """What is wrong in the register; empty where nothing is, None where there is no register to look at.

    A break of its chain speaks of every record: what stood behind it is not known.
    """
    if register is None:
        return None
    try:
        broken = verify(register).broken
    except ProofProblem as problem:
        return None if problem.reason == "no_register" else (AccessFacts("chain_broken", detail=problem.reason),)
    return () if broken is None else (_fact(broken),)


def _fact(broken: Break) -> AccessFacts:
    detail = f"{broken.line}: {broken.change}"
    return AccessFacts("not_approved" if broken.change == "unapproved" else "chain_broken", detail=detail)
