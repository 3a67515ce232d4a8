"""Rule packs (data), and what holds a file against them."""

from engine.rules.judge import finding_id, judge
from engine.rules.pack import RulePack, RulePackError, load, names, parse

__all__ = ["RulePack", "RulePackError", "finding_id", "judge", "load", "names", "parse"]
