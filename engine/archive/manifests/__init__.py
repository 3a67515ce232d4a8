"""The files in which departments declare archives, devices and cases (TOML and CSV)."""

from engine.archive.manifests.checking import Check, check
from engine.archive.manifests.load import load_archive
from engine.archive.manifests.problems import ManifestProblem
from engine.archive.manifests.records import LoadedArchive, LoadedCase
from engine.archive.manifests.templates import Written, init

__all__ = ["Check", "LoadedArchive", "LoadedCase", "ManifestProblem", "Written", "check", "init", "load_archive"]
