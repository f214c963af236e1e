"""The site of the demo, and a headless Chromium to look at it; skipped where there is none."""

import importlib.util
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent


def _load(name, place):
    # Tests are imported one by one; these modules are shared by several of them.
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, place)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The site of a demo that was run once; no test changes it."""
    return _load("calling", _HERE.parent / "cli" / "calling.py").demo(tmp_path_factory) / "site"


@pytest.fixture(scope="session")
def chromium():
    module = _load("chromium", _HERE / "chromium.py")
    if module.found() is None:
        pytest.skip("there is no Chromium here")
    with module.Chromium() as browser:
        yield browser
