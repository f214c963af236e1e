"""The site of the demo, and a headless Chromium to look at it; skipped where there is none."""

import pytest
from tests.browser import chromium as browsing


@pytest.fixture(scope="session")
def site(demo):
    """The site of a demo that was run once; no test changes it."""
    return demo / "site"


@pytest.fixture(scope="session")
def chromium():
    if browsing.found() is None:
        pytest.skip("there is no Chromium here")
    with browsing.Chromium() as browser:
        yield browser
