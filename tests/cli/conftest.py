"""The command line as a fixture, and a small archive that was compiled once."""

import importlib.util
import sys
from pathlib import Path

import pytest

_PLACE = Path(__file__).resolve().parent / "calling.py"


def _load():
    # Tests are imported one by one; this module is shared by several of them.
    if "calling" not in sys.modules:
        spec = importlib.util.spec_from_file_location("calling", _PLACE)
        module = importlib.util.module_from_spec(spec)
        sys.modules["calling"] = module
        spec.loader.exec_module(module)
    return sys.modules["calling"]


@pytest.fixture(scope="session")
def wm():
    return _load()


@pytest.fixture(scope="session")
def leak(wm, tmp_path_factory):
    """A small leak that no test changes."""
    return wm.leak(tmp_path_factory.mktemp("small") / "leak")


@pytest.fixture(scope="session")
def compiled(wm, leak, tmp_path_factory):
    """The small leak, compiled; no test changes it."""
    place = tmp_path_factory.mktemp("compiled") / "archive"
    wm.good("compile", place, leak)
    return place


@pytest.fixture
def archive(wm, compiled, tmp_path):
    """A copy of the compiled archive that a test may change."""
    return wm.copied(compiled, tmp_path / "archive")
