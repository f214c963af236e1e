"""A store in a temporary folder, and a runner whose readers are canaries."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from witnessmark.cell.confine import Limits, Walls
from witnessmark.cell.nursery import Readers
from witnessmark.model.digest import Digest
from witnessmark.work.reading import Job
from witnessmark.work.runner import Runner


class FakeWriter:
    def __init__(self, store):
        self.store, self.data = store, bytearray()

    def write(self, chunk):
        self.data += chunk

    def commit(self):
        data, digest = bytes(self.data), Digest.of(self.data)
        is_new = not self.store.has(digest)
        if is_new:
            self.store.place(digest).write_bytes(data)
        return digest, len(data), is_new

    def abort(self):
        self.data.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class FakeStore:
    """A folder of contents by digest, with the calls that the runner uses."""

    def __init__(self, folder: Path):
        self.folder = folder

    def place(self, digest):
        return self.folder / digest.hex

    def has(self, digest):
        return self.place(digest).exists()

    def open(self, digest):
        return self.place(digest).open("rb")

    def read(self, digest):
        return self.place(digest).read_bytes()

    def put(self, data):
        self.place(Digest(hashlib.sha256(data).hexdigest())).write_bytes(data)
        return Digest.of(data)

    def writer(self):
        return FakeWriter(self)


@pytest.fixture
def store(tmp_path):
    (tmp_path / "content").mkdir()
    return FakeStore(tmp_path / "content")


@pytest.fixture
def job(store):
    """Make the job of a canary: its name is what it does."""

    def make(name, data=b"x", **more):
        return Job(store.put(data), len(data), name, **more)

    return make


WITHOUT = Walls(landlock=False, seccomp=False, namespaces=False)
READERS = Readers("canary_readers:read", ("canary_readers",), (str(Path(__file__).parent),), WITHOUT)
"""Canaries in a cell without the kernel's walls: the parent has to hold by itself."""
CONFINED = replace(READERS, walls=Walls())


@pytest.fixture
def confined():
    return CONFINED


@pytest.fixture
def readers():
    return READERS


@pytest.fixture
def runner(store):
    with Runner(store, 2, Limits(wall=1.0, cpu=20), readers=READERS) as made:
        yield made


@pytest.fixture
def read(runner, job):
    """Read one canary and return its reading."""

    def one(name, data=b"x", **more):
        (result,) = runner.run([job(name, data, **more)])
        return result

    return one
