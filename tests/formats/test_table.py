"""The table of readers: whole, loadable, and the same as the page that documents it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

from witnessmark.formats import table
from witnessmark.model.exhibit import ExhibitKind

DOCS = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def test_every_row_names_a_reader_that_exists():
    for reader in table.READERS:
        assert callable(getattr(import_module(f"witnessmark.formats.{reader.module}"), reader.function))


def test_no_type_has_two_readers():
    types = [media_type for reader in table.READERS for media_type in reader.types]
    assert len(types) == len(set(types))
    assert all(media_type == media_type.lower() for media_type in types)


def test_the_table_is_pure_data():
    code = (
        "import sys; from witnessmark.formats import table; "
        "print(sorted(n for n in sys.modules if n.split('.')[0] in ('lxml','magic','PIL','numpy','selectolax')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_type_without_a_reader_still_has_a_kind():
    assert table.kind_of("image/flif") is ExhibitKind.PICTURE
    assert table.kind_of("audio/x-unheard-of") is ExhibitKind.RECORDING
    assert table.kind_of("application/octet-stream") is ExhibitKind.OTHER
    assert table.reader_of("image/flif") is None


def test_any_text_and_any_xml_is_read_as_such():
    assert table.reader_of("text/x-unheard-of").function == "read_text"
    assert table.reader_of("application/dita+xml").function == "read_xml"


def test_any_zip_is_taken_apart_as_one():
    assert table.reader_of("application/x-unheard-of+zip") is table.UNPACKED
    assert table.is_unpacked("application/zip")
    assert table.is_unpacked("application/x-unheard-of+zip")
    assert not table.is_unpacked("application/epub+zip")
    assert not table.is_unpacked("application/x-unheard-of")


def test_the_documented_table_is_the_table():
    rows = [
        tuple(cell.strip().strip("`") for cell in line.strip("|\n ").split("|"))
        for line in DOCS.read_text().splitlines()
        if line.startswith("| `") and "/" in line
    ]
    documented = {(kind, found.strip("` ")) for types, kind, *_ in rows for found in types.split(",")}
    assert documented == {(reader.kind.value, found) for reader in table.READERS for found in reader.types}
