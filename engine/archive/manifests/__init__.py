"""The files in which departments declare archives, devices and cases (TOML and CSV)."""

from engine.archive.manifests.load import load_archive
from engine.archive.manifests.problems import ManifestProblem
from engine.archive.manifests.records import LoadedArchive, LoadedCase

__all__ = ["LoadedArchive", "LoadedCase", "ManifestProblem", "load_archive"]
