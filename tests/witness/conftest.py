"""A small log in memory that can be told to lie, and a witness's folder that trusts it."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.proof import merkle, note, tile
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import Vkey
from witnessmark.witness import request
from witnessmark.witness.keep import Folder

ORIGIN = "archive.invalid/kestriaaaaaaaaaa"
NOW = 1_971_497_172


class Log:
    """A log of at most 255 entries; `lie_from` gives other leaves from there on, under the same key."""

    def __init__(self, origin=ORIGIN, seed=1, lie_from=None):
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.vkey = Vkey.for_ed25519(origin, self.key.public_key().public_bytes_raw())
        self.origin = origin
        self.leaves = [
            hashlib.sha256(b"%d %d" % (n, lie_from is not None and n >= lie_from)).digest() for n in range(255)
        ]

    def root(self, size):
        return merkle.tree_root(self.leaves[:size])

    def text(self, size):
        return Checkpoint(self.origin, size, self.root(size)).text

    def checkpoint(self, size, text=None):
        return note.sign(text or self.text(size), self.origin, self.vkey.public, self.key.sign)

    def proof(self, old, size):
        if not 0 < old < size:
            return ()
        return tuple(tile.consistency_proof(old, size, lambda _, __, width: b"".join(self.leaves[:width])))

    def request(self, old, size, proof=None):
        return request.make(old, self.proof(old, size) if proof is None else proof, self.checkpoint(size))


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def liar():
    """The same log, rewritten from its fourth entry on."""
    return Log(lie_from=3)


@pytest.fixture
def make_log():
    return Log


@pytest.fixture
def folder(tmp_path, log):
    found = Folder.create(tmp_path / "witness", "witness.example/desk", entropy=lambda count: bytes(range(count)))
    found.trust(log.vkey)
    return found


@pytest.fixture
def now():
    """A clock that stands still."""
    return lambda: NOW
