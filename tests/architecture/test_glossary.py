"""The glossary and the code have the same words."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "witnessmark"
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^\| (`[^|]+?`) \|", GLOSSARY, re.MULTILINE)


def _names(place):
    """Every class, function and module name below a folder."""
    for path in place.rglob("*.py"):
        yield path.stem if path.stem != "__init__" else path.parent.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                yield node.name


def _public_classes():
    for path in sorted((SOURCE / "model").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name


@pytest.mark.parametrize("name", sorted(set(_public_classes())))
def test_every_public_class_of_the_vocabulary_has_an_entry(name):
    assert any(f"`{name}`" in entry for entry in ENTRIES)


def test_every_entry_exists_in_code():
    known = set(_names(SOURCE))
    named = {word for entry in ENTRIES for word in re.findall(r"`([^`]+)`", entry)}
    assert named
    assert sorted(named - known) == []


def test_no_word_has_two_entries():
    named = [word for entry in ENTRIES for word in re.findall(r"`([^`]+)`", entry)]
    assert len(named) == len(set(named))
