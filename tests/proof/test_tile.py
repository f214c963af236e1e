"""Laws of tiles: where they lie, how they grow, and the same bytes as another program's log."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged
from witnessmark.proof import merkle, tile
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import parse


class Folder:
    """Tiles in memory; a partial may be read from the full tile that replaced it."""

    def __init__(self):
        self.files = {}

    def read(self, level, number, width):
        path = tile.path(level, number, width)
        return self.files[path] if path in self.files else self.files[tile.path(level, number)][: 32 * width]


def hashes(size):
    return [merkle.leaf_hash(i.to_bytes(4)) for i in range(size)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((0, 0, 256), "tile/0/000"),
        ((0, 1234067, 256), "tile/0/x001/x234/067"),
        ((0, 1234, 5), "tile/0/x001/234.p/5"),
        ((63, 999, 255), "tile/63/999.p/255"),
        ((1, 1000, 256), "tile/1/x001/000"),
    ],
)
def test_tiles_lie_where_the_standard_says(given, expected):
    assert tile.path(*given) == expected
    assert tile.entries_path(given[1], given[2]) == "tile/entries/" + expected.split("/", 2)[2]


@pytest.mark.parametrize("given", [(64, 0, 256), (-1, 0, 256), (0, -1, 256), (0, 0, 0), (0, 0, 257)])
def test_no_other_tiles_exist(given):
    with pytest.raises(ValueError):
        tile.path(*given)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=256))
def test_bundles_come_back(entries):
    assert tile.parse_bundle(tile.bundle(entries)) == entries


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\x05abc", b"\0\x01", b"\0\x01ab", b"\0\0" * 257])
def test_broken_bundles_are_refused(data):
    with pytest.raises(Damaged):
        tile.parse_bundle(data)


@pytest.mark.parametrize("entries", [[], [b"x" * 65536], [b""] * 257])
def test_bundles_have_limits(entries):
    with pytest.raises(ValueError):
        tile.bundle(entries)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_growing_in_any_steps_gives_the_same_tree(steps):
    folder, size, leaves = Folder(), 0, hashes(sum(steps))
    for step in steps:
        folder.files.update(tile.grow(size, leaves[size : size + step], folder.read))
        size += step
        assert tile.root(size, folder.read) == merkle.tree_root(leaves[:size])


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537, 66049])
def test_proofs_from_tiles_hold_around_tile_borders(size):
    folder, leaves = Folder(), hashes(size)
    folder.files.update(tile.grow(0, leaves, folder.read))
    root = tile.root(size, folder.read)
    draw = random.Random(size)
    for index in {0, size - 1, size // 2, *(draw.randrange(size) for _ in range(5))}:
        merkle.check_inclusion(index, size, leaves[index], tile.inclusion_proof(index, size, folder.read), root)
        old, proof = merkle.tree_root(leaves[: index + 1]), tile.consistency_proof(index + 1, size, folder.read)
        merkle.check_consistency(index + 1, size, old, root, proof)


def test_a_full_tile_goes_with_a_partial_tile_above():
    written = dict(tile.grow(0, hashes(256), Folder().read))
    assert set(written) == {"tile/0/000", "tile/1/000.p/1"}
    assert written["tile/1/000.p/1"] == merkle.tree_root(hashes(256))


def test_nothing_new_writes_nothing():
    assert list(tile.grow(5, [], Folder().read)) == []


def test_a_tile_of_the_wrong_length_is_refused():
    with pytest.raises(Damaged):
        tile.root(3, lambda level, number, width: b"\0" * 95)
    with pytest.raises(ValueError):
        tile.inclusion_proof(3, 3, lambda level, number, width: b"")
    with pytest.raises(ValueError):
        tile.consistency_proof(0, 3, lambda level, number, width: b"")


def test_another_programs_log_is_grown_byte_for_byte(corpus):
    log = corpus / "tlog/tessera-log/log"
    final = tile.parse_bundle((log / "tile/entries/000.p/15").read_bytes())
    folder, compared = Folder(), 0
    for size in range(15):
        checkpoint = Checkpoint.parse(parse((log / f"checkpoint.{size}").read_bytes()).text)
        assert (checkpoint.size, tile.root(size, folder.read)) == (size, checkpoint.root)
        grown = dict(tile.grow(size, [merkle.leaf_hash(final[size])], folder.read))
        grown[tile.entries_path(0, size + 1)] = tile.bundle(final[: size + 1])
        folder.files.update(grown)
        for path, data in grown.items():
            assert (log / path).read_bytes() == data
            compared += 1
    assert compared == 30
