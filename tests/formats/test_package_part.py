"""Parts of packages: what is unpacked at once is what a stream gives, or nothing."""

import io
import zipfile
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import package_part

CONTENTS = st.lists(st.tuples(st.text(min_size=1, max_size=8), st.binary(max_size=300)), min_size=1, max_size=4)
METHODS = st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))


def packed(contents: list[tuple[str, bytes]], method: int) -> bytearray:
    """Return a zip of some entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for place, (name, data) in enumerate(contents):
            target.writestr(f"{place}{name}", data)
    return bytearray(out.getvalue())


@given(CONTENTS, METHODS)
def test_small_parts_are_unpacked_at_once(contents: list[tuple[str, bytes]], method: int) -> None:
    whole = io.BytesIO(packed(contents, method))
    with zipfile.ZipFile(whole) as source:
        for entry, (_, data) in zip(source.infolist(), contents, strict=True):
            found = package_part.unpacked(whole, entry, package_part.SMALL)
            assert found == (data if method != zipfile.ZIP_BZIP2 else None)


@given(CONTENTS, METHODS, st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4))
def test_of_damaged_parts_nothing_is_given_that_a_stream_does_not_give(
    contents: list[tuple[str, bytes]], method: int, damage: list[tuple[int, int]]
) -> None:
    data = packed(contents, method)
    for place, byte in damage:
        data[place % len(data)] = byte
    whole = io.BytesIO(data)
    with suppress(zipfile.BadZipFile, ValueError, NotImplementedError), zipfile.ZipFile(whole) as source:
        for entry in source.infolist():
            found = package_part.unpacked(whole, entry, package_part.SMALL)
            assert found is None or found == source.read(entry)


def test_a_part_larger_than_there_is_room_for_is_left_to_a_stream() -> None:
    whole = io.BytesIO(packed([("a", bytes(100))], zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(whole) as source:
        assert package_part.unpacked(whole, source.infolist()[0], 99) is None
        assert package_part.unpacked(whole, source.infolist()[0], 100) == bytes(100)
