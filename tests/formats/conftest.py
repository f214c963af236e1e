"""Reading bytes in this process, as the cell's child would."""

import pytest
from tests.formats import collector


@pytest.fixture(scope="session")
def read():
    """A function of bytes and a name that returns all that a reader reported."""
    return collector.run_bytes
