"""Logs of these tests need not outlive the power going off."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)
