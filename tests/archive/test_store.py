import hashlib
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import CHUNK
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.model.digest import Digest
from witnessmark.settings import Settings

EMPTY = Digest(hashlib.sha256(b"").hexdigest())


@pytest.fixture(scope="module")
def shared() -> Archive:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "a"
        Archive.create(root, Settings("archive.invalid/kestriaaaaaaaaaa"), entropy=os.urandom)
        with Archive.writing(root, entropy=os.urandom) as archive:
            yield archive


@given(chunks=st.lists(st.binary(max_size=5000), max_size=8))
def test_what_is_written_is_read_again(shared, chunks):
    data = b"".join(chunks)
    with shared.store.writer() as writer:
        for chunk in chunks:
            writer.write(chunk)
        digest, size, _ = writer.commit()
    assert digest == Digest.of(data)
    assert size == shared.store.size(digest) == len(data)
    assert shared.store.read(digest, len(data)) == data


def test_content_over_one_chunk_is_written_as_it_comes(shared):
    chunk = os.urandom(CHUNK)
    with shared.store.writer() as writer:
        for _ in range(3):
            writer.write(chunk)
        digest, size, new = writer.commit()
    assert (size, new) == (3 * CHUNK, True)
    assert shared.store.read(digest, 3 * CHUNK) == chunk * 3


def test_the_same_content_is_kept_once(shared):
    assert shared.store.put(b"twice") == shared.store.put(b"twice")
    with shared.store.writer() as writer:
        writer.write(b"twice")
        assert writer.commit()[2] is False


def test_what_is_not_committed_leaves_nothing(shared):
    data = os.urandom(CHUNK + 1)
    with shared.store.writer() as writer:
        writer.write(data)
    assert not shared.store.has(Digest.of(data))
    assert [path for path in (shared.root / "vault/temporary").iterdir() if path.is_file()] == []


def test_empty_content_is_content(shared):
    assert shared.store.put(b"") == EMPTY
    assert shared.store.read(EMPTY, 0) == b""


def test_content_can_only_be_read_by_its_owner(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a speech")
        digest = Digest.of(b"a speech")
        place = root / "vault/content" / digest.hex[:2] / digest.hex[2:]
        assert stat.S_IMODE(place.stat().st_mode) == 0o400
        assert stat.S_IMODE((root / "vault").stat().st_mode) == 0o700


def test_a_reader_sees_content_before_and_after_the_sync(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive, Archive.reading(root) as reader:
        digest = archive.store.put(b"new")
        assert reader.store.read(digest, 3) == b"new"
        archive.store.settle()
        assert reader.store.has(digest)
        assert reader.store.read(digest, 3) == b"new"


def test_missing_content_is_named(root):
    with Archive.reading(root) as archive:
        assert not archive.store.has(EMPTY)
        for act in (archive.store.open, archive.store.size):
            with pytest.raises(Damaged, match=EMPTY.hex):
                act(EMPTY)


def test_longer_content_than_belongs_there_is_refused(shared):
    digest = shared.store.put(b"12345")
    with pytest.raises(Damaged, match="longer"):
        shared.store.read(digest, 4)


def test_a_reader_writes_nothing(root):
    with Archive.reading(root) as archive:
        with pytest.raises(WrongUsage):
            archive.store.put(b"x")
        with pytest.raises(WrongUsage):
            archive.ledger.batch()


def test_torn_content_is_moved_aside_and_whole_content_kept(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive:
        whole, torn, empty = (archive.store.put(data) for data in (b"whole", b"torn", b"emptied"))
    new = root / "vault/content/new"
    for digest, left in ((torn, b"to"), (empty, b"")):
        (new / digest.hex).unlink()
        (new / digest.hex).write_bytes(left)
    with Archive.writing(root, entropy=entropy) as archive:
        assert [archive.store.has(digest) for digest in (whole, torn, empty)] == [True, False, False]
        assert [path.name for path in (root / "vault/content/torn").iterdir()] == [torn.hex]
        assert list(new.iterdir()) == []


def test_what_passes_is_read_beside_the_archive_and_leaves_nothing(tmp_path):
    root = tmp_path / "a"
    Archive.create(root, Settings("archive.invalid/kestriaaaaaaaaaa"), entropy=os.urandom)
    with Archive.writing(root, entropy=os.urandom) as archive:
        kept = archive.store.put(b"kept")
        large = os.urandom(3 * CHUNK)
        with archive.store.passing() as passing:
            seen, again = passing.put(large), passing.put(b"kept")
            assert again == kept
            assert passing.read(seen, len(large)) == large
            assert passing.read(kept, 10) == b"kept"
            assert passing.has(seen) and passing.has(kept)
            assert not archive.store.has(seen)
            passing.drop(kept)
            assert passing.read(kept, 10) == b"kept", "a content of the archive stays"
            passing.drop(seen)
            assert not passing.has(seen)
            passing.put(large)
        assert not archive.store.has(seen)
        assert list((root / "vault" / "temporary").iterdir()) == []
        assert archive.store.read(kept, 10) == b"kept"
