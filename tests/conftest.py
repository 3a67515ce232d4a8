"""What all tests share: where real footage is, and small clips made on the spot."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure. Where CI is set the same cases are tried each time, so that a landing
# does not depend on luck; everywhere else the search goes on.
settings.register_profile("unbroken", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("unbroken")

# A shell starts what runs in its background with Ctrl-C ignored, and children inherit that: programs that the
# tests start would never see the Ctrl-C that they are sent.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def footage() -> Path:
    """Folder of real recordings, from the environment; tests that need it skip without."""
    folder = os.environ.get("UNBROKEN_FOOTAGE")
    if not folder or not Path(folder).is_dir():
        pytest.skip("UNBROKEN_FOOTAGE names no folder of real recordings")
    return Path(folder)
