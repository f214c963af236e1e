"""The Merkle tree of RFC 6962: hashes, roots, and the checking of inclusion and consistency proofs.

Rules for whoever changes this file:
- A leaf is hashed with prefix 0x00, a node with 0x01 (RFC 6962, section 2.1): no leaf can stand in for a node.
- A proof has exactly the length that index and size demand; one hash more or less is false.
- The checks work on sizes and hashes alone and never allocate by a number that a proof states.
"""

import hashlib
from collections.abc import Sequence
from hmac import compare_digest

from witnessmark.errors import Falsified

HASH_SIZE = 32
LARGEST_SIZE = 2**63 - 1
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of one leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        # An odd one out goes up unchanged: the same tree as splitting at the largest power of two below n.
        above = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def check_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf stands at `index` in the tree of `size` leaves with this root (RFC 9162, section 2.1.3.2).

    Raises:
        Falsified: when it does not.
    """
    if not 0 <= index < size <= LARGEST_SIZE:
        raise Falsified(f"entry {index} cannot stand in a log of {size} entries")
    if len(leaf_hash) != HASH_SIZE or len(root) != HASH_SIZE:
        raise Falsified("a hash of an inclusion proof has not 32 bytes")
    node, last, found = index, size - 1, leaf_hash
    for step in proof:
        if last == 0 or len(step) != HASH_SIZE:
            raise Falsified("the inclusion proof has another length than index and size demand")
        if node & 1 or node == last:
            found = node_hash(step, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    if last:
        raise Falsified("the inclusion proof has another length than index and size demand")
    if not compare_digest(found, root):
        raise Falsified("the inclusion proof leads to another root")


def check_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """Check that the second tree begins with the first (RFC 9162, section 2.1.4.2).

    Raises:
        Falsified: when it does not, or when the first tree is empty (that would show nothing).
    """
    if not 0 < size1 <= size2 <= LARGEST_SIZE:
        raise Falsified(f"no consistency can be shown from {size1} to {size2} entries")
    if size1 == size2:
        if proof:
            raise Falsified("a consistency proof between equal sizes is empty")
        if not compare_digest(root1, root2):
            raise Falsified("two different trees have the same size: the log was rewritten")
        return
    if any(len(step) != HASH_SIZE for step in proof):
        raise Falsified("a hash of a consistency proof has not 32 bytes")
    old, new = _roots_from_consistency(size1, size2, root1, list(proof))
    if not compare_digest(old, root1):
        raise Falsified("the consistency proof does not lead to the smaller tree's root")
    if not compare_digest(new, root2):
        raise Falsified("the consistency proof does not lead to the larger tree's root")


def _roots_from_consistency(size1: int, size2: int, root1: bytes, proof: list[bytes]) -> tuple[bytes, bytes]:
    if not proof:
        raise Falsified("the consistency proof is empty")
    # A smaller tree that is a complete subtree is not repeated in the proof.
    steps = [root1, *proof] if size1 & (size1 - 1) == 0 else proof
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise Falsified("the consistency proof has another length than the sizes demand")
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    if last:
        raise Falsified("the consistency proof has another length than the sizes demand")
    return old, new
