"""Enforcement activities held against a rule pack: pure functions on plain data, no files."""
