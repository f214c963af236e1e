"""The forge, and one genuine edition on disk that no test changes."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

_FORGES = Path(__file__).resolve().parent.parent / "forge"


def _load(name):
    # Tests are imported one by one; a forge is a module that several of them share.
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, _FORGES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def forge():
    return _load("edition_forge")


@pytest.fixture(scope="session")
def stamps():
    return _load("stamp_forge")


@pytest.fixture(scope="session")
def house(forge):
    return forge.House()


@pytest.fixture(scope="session")
def edition(house):
    return house.edition()


@pytest.fixture(scope="session")
def key(house):
    return house.keeper.vkey


@pytest.fixture(scope="session")
def _genuine(forge, edition, tmp_path_factory):
    return forge.write(edition, tmp_path_factory.mktemp("genuine"))


@pytest.fixture
def site(_genuine, tmp_path):
    """A copy of the edition that a test may change."""
    return Path(shutil.copytree(_genuine, tmp_path / "site"))
