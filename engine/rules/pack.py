"""What a rule pack is: articles as data, read strictly.

A pack is one TOML file. Its digest is that of its bytes, so that a report says exactly which
rules it was judged by.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from engine.findings import Severity
from engine.rules.cases.catalogue import CHECKS, tolerance_names
from engine.rules.naming import nearest

ArticleNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}$")]
"""A bare article number, without paragraph."""

PurposeName = Literal["inspect", "audit"]
"""What is done: one file is looked at, or an archive is held against the rules."""

SeverityName = Literal["as_found", "notice", "suspicion", "violation"]


class RulePackError(Exception):
    """A rule pack that does not exist or cannot be used."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Bilingual(_Strict):
    """One text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Article(_Strict):
    """An article that bears on recordings: its words, and what it needs of a file."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    needs: Bilingual


class Unchecked(_Strict):
    """An article that no machine can check, and why."""

    zh: str = Field(min_length=1)
    why: Bilingual


class Tolerance(_Strict):
    """A number that a check compares with; departments may set another."""

    value: float = Field(ge=0, allow_inf_nan=False)
    unit: str
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Item(_Strict):
    """A listed activity: one that must be recorded."""

    name: str = Field(min_length=1)
    article: ArticleNumber
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


WeightName = Literal["notice", "suspicion", "violation"]


class CheckRule(_Strict):
    """What a check of a case bears on, how much each fact weighs, and what a reader must know of it.

    Parameters
    ----------
    needed
        Whether a case stays not examinable where this check could not be made.
    severity
        Fact that the check can find -> what it weighs.
    liability
        Items of the liability article that it may bear on.
    asks, blind, person
        What is asked, what the check cannot see, and what a person must do.
    """

    articles: tuple[ArticleNumber, ...] = Field(min_length=1, strict=False)
    needed: bool = False
    severity: Mapping[str, WeightName] = Field(default_factory=dict)
    liability: tuple[str, ...] = Field(default=(), strict=False)
    title: Bilingual
    asks: Bilingual
    blind: Bilingual
    person: Bilingual


class Liability(_Strict):
    """The article on liability, item by item."""

    article: ArticleNumber
    items: Mapping[str, Bilingual]


class KindRule(_Strict):
    """What a kind of finding bears on, and how much it weighs for each purpose."""

    articles: tuple[ArticleNumber, ...] = Field(min_length=1, strict=False)
    inspect: SeverityName = "as_found"
    audit: SeverityName = "as_found"


class PackFile(_Strict):
    """The file as it stands."""

    schema_: Literal["unbroken.rules/1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    in_force: date
    title: Bilingual
    articles: Mapping[ArticleNumber, Article]
    unchecked: Mapping[ArticleNumber, Unchecked] = Field(default_factory=dict)
    kinds: Mapping[str, KindRule]
    items: tuple[Item, ...] = Field(default=(), strict=False)
    liability: Liability | None = None
    tolerances: Mapping[str, Tolerance] = Field(default_factory=dict)
    checks: Mapping[str, CheckRule] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _checks_fit(self) -> PackFile:
        faults = [fault for name, rule in self.checks.items() for fault in self._faults(name, rule)]
        faults += [
            f"tolerance {name!r} is read by no check{nearest(name, tolerance_names())}"
            for name in self.tolerances
            if name not in tolerance_names()
        ]
        faults += [f"item {i.name!r} names article {i.article}" for i in self.items if i.article not in self.articles]
        names = [i.name for i in self.items]
        faults += [f"item {name!r} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1]
        if self.liability is not None and self.liability.article not in self.articles:
            faults.append(f"liability names article {self.liability.article}, which is not quoted")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults(self, name: str, rule: CheckRule) -> list[str]:
        """What is wrong with one check."""
        known = CHECKS.get(name)
        if known is None:
            return [f"there is no check {name!r}{nearest(name, CHECKS)}"]
        facts = [
            f"check {name!r} cannot find {f!r}{nearest(f, known.facts)}" for f in rule.severity if f not in known.facts
        ]
        facts += [f"check {name!r} does not say what {f!r} weighs" for f in known.facts if f not in rule.severity]
        facts += [f"check {name!r} reads tolerance {t!r}" for t in known.tolerances if t not in self.tolerances]
        quoted = set(self.articles)
        facts += [f"check {name!r} names article {a}, which is not quoted" for a in rule.articles if a not in quoted]
        listed = self.liability.items if self.liability is not None else {}
        facts += [f"check {name!r} names liability item {i!r}" for i in rule.liability if i not in listed]
        return facts

    @model_validator(mode="after")
    def _articles_exist(self) -> PackFile:
        for kind, rule in self.kinds.items():
            missing = [a for a in rule.articles if a not in self.articles]
            if missing:
                raise ValueError(f"kind {kind!r} names articles that the pack does not quote: {', '.join(missing)}")
        both = sorted(set(self.articles) & set(self.unchecked))
        if both:
            raise ValueError(f"articles both checked and unchecked: {', '.join(both)}")
        return self


@dataclass(frozen=True, slots=True)
class RulePack:
    """A pack with the digest of its bytes.

    Parameters
    ----------
    content
        The validated file.
    blake3
        BLAKE3 of its bytes, 64 hexadecimal digits.
    """

    content: PackFile
    blake3: str

    @property
    def name(self) -> str:
        return self.content.name

    def tolerances(self, overrides: Mapping[str, float]) -> dict[str, float]:
        """The tolerances that hold in a department.

        Parameters
        ----------
        overrides
            Values that a department sets, by the tolerance's name; not negative.

        Raises
        ------
        RulePackError
            If one is named that the pack does not have, or has a value that none can have; all
            faults are named, each with the nearest name that there is.
        """
        known = self.content.tolerances
        faults = [f"no tolerance {n!r} in {self.name}{nearest(n, known)}" for n in overrides if n not in known]
        faults += [f"tolerance {n!r} cannot be {v}" for n, v in overrides.items() if not 0 <= v < float("inf")]
        if faults:
            raise RulePackError("overrides: " + "; ".join(faults))
        return {name: float(overrides.get(name, t.value)) for name, t in known.items()}

    def listed(self, activity: str, more: Iterable[str] = ()) -> bool:
        """Whether an activity must be recorded: the pack's items, and what a department adds.

        None of the pack's can be taken out.
        """
        return activity.strip() in {*(item.name for item in self.content.items), *(name.strip() for name in more)}

    def articles_of(self, kind: str) -> tuple[str, ...]:
        """Articles that a kind of finding bears on; none for kinds that the pack does not know."""
        rule = self.content.kinds.get(kind)
        return () if rule is None else rule.articles

    def severity_of(self, kind: str, found: Severity, purpose: PurposeName) -> Severity:
        """What a finding of severity `found` weighs for a purpose."""
        rule = self.content.kinds.get(kind)
        name: SeverityName = "as_found" if rule is None else getattr(rule, purpose)
        return found if name == "as_found" else Severity[name.upper()]


def names() -> tuple[str, ...]:
    """Names of the packs that come with the engine."""
    folder = files("engine.rules").joinpath("packs")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def load(name: str) -> RulePack:
    """A pack that comes with the engine.

    Raises
    ------
    RulePackError
        If there is none of this name; the message lists those that there are.
    """
    if name not in names():
        raise RulePackError(f"no rule pack {name!r}; there are: {', '.join(names())}")
    return parse(files("engine.rules").joinpath("packs", f"{name}.toml").read_bytes(), f"{name}.toml")


def parse(data: bytes, origin: str) -> RulePack:
    """A pack from its bytes.

    Parameters
    ----------
    data
        UTF-8 TOML.
    origin
        Where it comes from, for the message.

    Raises
    ------
    RulePackError
        If it is no TOML, or not what a pack must be; the message names place and fault.
    """
    from blake3 import blake3

    try:
        content = PackFile.model_validate(tomllib.loads(data.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulePackError(f"{origin}: not a TOML file: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'pack'}: {e['msg']}" for e in error.errors())
        raise RulePackError(f"{origin}: {faults}") from error
    return RulePack(content, blake3(data).hexdigest())
