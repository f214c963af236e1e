"""Laws of the tree: exhaustively on small trees, and against the vectors of others."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Falsified
from witnessmark.proof import merkle, tile

LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(34)]
ROOTS = [merkle.tree_root(LEAVES[:n]) for n in range(34)]


def no_tiles(level, number, width):
    count = 33 >> (8 * level)
    assert level == 0, "33 leaves have one level of tiles"
    return b"".join(LEAVES[number * 256 : min(count, number * 256 + width)])


def test_known_roots():
    # RFC 6962's reference implementation: the eight-leaf tree of its tests.
    leaves = [
        bytes.fromhex(text)
        for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    ]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert hashes[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.tree_root(hashes).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def recursive_root(hashes):
    if len(hashes) < 2:
        return hashes[0] if hashes else merkle.EMPTY_ROOT
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return merkle.node_hash(recursive_root(hashes[:split]), recursive_root(hashes[split:]))


def test_every_small_root_is_that_of_the_definition():
    for size in range(34):
        assert merkle.tree_root(LEAVES[:size]) == recursive_root(LEAVES[:size])


def test_every_leaf_of_every_small_tree_is_included_and_no_other_entry_can_be():
    for size in range(1, 34):
        for index in range(size):
            proof = tile.inclusion_proof(index, size, no_tiles)
            merkle.check_inclusion(index, size, LEAVES[index], proof, ROOTS[size])
            for other in range(34):
                if other != index:
                    with pytest.raises(Falsified):
                        merkle.check_inclusion(index, size, LEAVES[other], proof, ROOTS[size])
                    with pytest.raises(Falsified):
                        merkle.check_inclusion(other, size, LEAVES[index], proof, ROOTS[size])
            for wrong in ([*proof, LEAVES[0]], proof[:-1], [LEAVES[0], *proof]):
                if wrong != proof:
                    with pytest.raises(Falsified):
                        merkle.check_inclusion(index, size, LEAVES[index], wrong, ROOTS[size])


def test_every_small_tree_continues_every_smaller_one_and_no_other():
    for new in range(1, 34):
        for old in range(1, new + 1):
            proof = tile.consistency_proof(old, new, no_tiles)
            merkle.check_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            for wrong in ([*proof, LEAVES[0]], proof[:-1], [LEAVES[0], *proof]):
                if wrong != proof:
                    with pytest.raises(Falsified):
                        merkle.check_consistency(old, new, ROOTS[old], ROOTS[new], wrong)
            with pytest.raises(Falsified):
                merkle.check_consistency(old, new, ROOTS[old - 1], ROOTS[new], proof)
            with pytest.raises(Falsified):
                merkle.check_consistency(old, new, ROOTS[old], ROOTS[new - 1], proof)


def test_each_flipped_bit_of_a_proof_is_false():
    for old in range(1, 10):
        proof = tile.consistency_proof(old, 10, no_tiles)
        for i, step in enumerate(proof):
            for bit in range(0, 256, 37):
                bent = bytes(b ^ (1 << bit % 8 if at == bit // 8 else 0) for at, b in enumerate(step))
                with pytest.raises(Falsified):
                    merkle.check_consistency(old, 10, ROOTS[old], ROOTS[10], [*proof[:i], bent, *proof[i + 1 :]])


def test_nothing_continues_the_empty_tree_and_sizes_have_a_limit():
    for old, new in ((0, 3), (0, 0), (3, 2), (-1, 3), (1, 2**64)):
        with pytest.raises(Falsified):
            merkle.check_consistency(old, new, ROOTS[1], ROOTS[3], [])
    with pytest.raises(Falsified):
        merkle.check_inclusion(0, 2**64, LEAVES[0], [LEAVES[0]] * 64, ROOTS[1])
    with pytest.raises(Falsified):
        merkle.check_inclusion(0, 1, b"short", [], b"short")


def _bytes(text):
    return base64.b64decode(text or "")


def test_vectors_of_others_are_judged_the_same(corpus):
    seen = 0
    for kind in ("inclusion", "consistency"):
        for path in (corpus / "tlog/merkle-vectors" / kind).rglob("*.json"):
            vector = json.loads(path.read_text())
            proof = [_bytes(step) for step in vector.get("proof") or []]
            try:
                if kind == "inclusion":
                    leaf, root = _bytes(vector["leafHash"]), _bytes(vector.get("root"))
                    merkle.check_inclusion(vector["leafIdx"], vector["treeSize"], leaf, proof, root)
                else:
                    sizes = vector["size1"], vector["size2"]
                    merkle.check_consistency(*sizes, _bytes(vector.get("root1")), _bytes(vector.get("root2")), proof)
                refused = False
            except Falsified:
                refused = True
            assert refused == vector["wantErr"], path
            seen += 1
    assert seen == 196


@given(st.lists(st.binary(max_size=40), max_size=40))
def test_a_leaf_cannot_be_taken_for_a_node(leaves):
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    root = merkle.tree_root(hashes)
    if len(hashes) > 1:
        assert root != merkle.leaf_hash(hashes[0] + hashes[-1])
        assert root != hashlib.sha256(b"".join(hashes)).digest()
