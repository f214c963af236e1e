"""Nothing under GPL, LGPL or AGPL is needed at run time."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PERMISSIVE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|PSF|HPND|MIT-CMU|Zlib|ISC|CC0)\b|Redistribution and use", re.IGNORECASE
)
COPYLEFT = re.compile(r"\b(A|L)?GPL|GNU (Affero|Lesser|General)", re.IGNORECASE)


def _needed():
    """Return every distribution that an installation without extras pulls in."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    waiting, found = [Requirement(text) for text in wanted], set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting.extend(Requirement(text) for text in importlib.metadata.requires(name) or ())
    return sorted(found)


def _stated(name):
    """Return what a distribution states as its licence."""
    metadata = importlib.metadata.metadata(name)
    classifiers = [row for row in metadata.get_all("Classifier") or [] if row.startswith("License")]
    return " / ".join((metadata.get("License-Expression") or "", metadata.get("License") or "", *classifiers))


@pytest.mark.parametrize("name", _needed())
def test_run_time_dependency_is_permissive(name):
    stated = _stated(name)
    assert PERMISSIVE.search(stated), f"{name} states no licence that we know: {stated!r}"
    assert not COPYLEFT.search(stated), f"{name}: {stated!r}"


def test_the_programs_themselves_are_counted():
    needed = _needed()
    assert {"cryptography", "pypdfium2", "tantivy"} <= set(needed)
    assert "pytest" not in needed
