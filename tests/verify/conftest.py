"""The forge, and one genuine edition on disk that no test changes."""

import shutil
from pathlib import Path

import pytest
from tests.forge import edition_forge, stamp_forge


@pytest.fixture(scope="session")
def forge():
    return edition_forge


@pytest.fixture(scope="session")
def stamps():
    return stamp_forge


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
