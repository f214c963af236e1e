"""Fixtures that every room's tests may use."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.cli import calling

settings.register_profile("default", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files beside the project; tests pass without it."""
    if not CORPUS.is_dir():
        pytest.skip("the folder of real files is not beside the project")
    return CORPUS


@pytest.fixture(autouse=True, scope="session")
def _state_of_the_session(tmp_path_factory):
    """What the program remembers of its signatures outside its archives stays with the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WITNESSMARK_STATE", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _state_of_the_test(tmp_path_factory, monkeypatch, _state_of_the_session):
    """Each test has a machine of its own: copies of one archive that two tests write to are no conflict."""
    monkeypatch.setenv("WITNESSMARK_STATE", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="session")
def wm():
    """The command line."""
    return calling


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


@pytest.fixture(scope="session")
def demo(wm, tmp_path_factory):
    """The folder of a demo that was run once; no test changes it."""
    return wm.demo(tmp_path_factory)
