import pytest

from witnessmark.archive import segment
from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive
from witnessmark.errors import Damaged
from witnessmark.model.digest import Digest


@pytest.fixture
def unsigned(root, entropy, commit):
    """An archive whose second batch is in the vault and in the tiles, and under no checkpoint."""
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a")
        before = (root / "log/checkpoint").read_bytes()
        commit(archive, "b", "c")
    (root / "log/checkpoint").write_bytes(before)
    (root / "log/checkpoint.archive/16").unlink()
    (root / "vault/lock").write_text("1\n")
    return root


def ids(archive):
    return [one.fields["id"] for one in archive.ledger.replay()]


SECOND = "vault/events/0000000000000008.jsonl"


def test_a_whole_segment_is_signed_with_the_same_salts(unsigned, entropy):
    lines = (unsigned / SECOND).read_bytes()
    tiles = (unsigned / "log/tile/0/000.p/16").read_bytes()
    with Archive.reading(unsigned) as archive:
        assert ids(archive) == ["a"]
    with Archive.writing(unsigned, entropy=entropy) as archive:
        assert ids(archive) == ["a", "b", "c"]
        assert archive.ledger.sizes() == [0, 8, 16]
        assert list(audit(archive)) == []
    assert (unsigned / SECOND).read_bytes() == lines
    assert (unsigned / "log/tile/0/000.p/16").read_bytes() == tiles


def cut_in_half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def cut_before_the_padding_ends(data: bytes) -> bytes:
    by_index = sorted(data.splitlines(keepends=True), key=lambda line: segment.parse(line.rstrip(b"\n")).index)
    return b"".join(by_index[:4])


def doubled(data: bytes) -> bytes:
    return data + data


def flipped(data: bytes) -> bytes:
    return data.replace(b'\\"b\\"', b'\\"x\\"', 1)


def emptied(data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("tear", [cut_in_half, cut_before_the_padding_ends, doubled, flipped, emptied])
def test_a_torn_segment_is_moved_aside_and_the_next_takes_its_place(unsigned, entropy, commit, tear):
    torn = tear((unsigned / SECOND).read_bytes())
    (unsigned / SECOND).write_bytes(torn)
    with Archive.writing(unsigned, entropy=entropy) as archive:
        assert ids(archive) == ["a"]
        assert (unsigned / "vault/events/torn/0000000000000008.jsonl").read_bytes() == torn
        assert not (unsigned / "log/tile/0/000.p/16").exists()
        assert not (unsigned / "log/tile/entries/000.p/16").exists()
        commit(archive, "d")
        assert ids(archive) == ["a", "d"]
        assert list(audit(archive)) == []


def test_what_is_moved_aside_is_never_written_over(unsigned, entropy):
    for count in (1, 2, 3):
        (unsigned / SECOND).write_bytes(b"torn")
        Archive.writing(unsigned, entropy=entropy).close()
        assert len(list((unsigned / "vault/events/torn").iterdir())) == count


def test_a_segment_whose_content_is_missing_is_not_signed(unsigned, entropy):
    digest = Digest.of(b"c")
    (unsigned / "vault/content" / digest.hex[:2] / digest.hex[2:]).unlink()
    with Archive.writing(unsigned, entropy=entropy) as archive:
        assert ids(archive) == ["a"]


def test_tiles_that_do_not_give_the_signed_root_stop_all_signing(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a")
    path = root / "log/tile/0/000.p/8"
    path.write_bytes(bytes(256))
    with pytest.raises(Damaged, match="do not give the root that was signed for size 8"):
        Archive.writing(root, entropy=entropy)
    with Archive.reading(root) as archive:
        assert ids(archive) == ["a"]


def test_a_tree_that_was_signed_is_never_signed_otherwise(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        before = (root / "log/checkpoint").read_bytes()
        commit(archive, "a")
        signed = (root / "log/checkpoint").read_bytes()
    (root / "log/checkpoint").write_bytes(before)
    segment_path = root / "vault/events/0000000000000000.jsonl"
    whole = segment_path.read_bytes()
    for damage in (b"", whole.replace(b"dummy", b"Dummy", 1)):
        segment_path.write_bytes(damage)
        with pytest.raises(Damaged, match="a checkpoint of size 8 was signed"):
            Archive.writing(root, entropy=entropy)
    segment_path.unlink()
    with pytest.raises(Damaged, match="a checkpoint of size 8 was signed"):
        Archive.writing(root, entropy=entropy)
    segment_path.write_bytes(whole)
    with Archive.writing(root, entropy=entropy) as archive:
        assert ids(archive) == ["a"]
    assert (root / "log/checkpoint").read_bytes() == signed


def test_another_batch_cannot_take_the_place_of_a_signed_one(root, tmp_path, entropy, commit):
    """A vault restored from a backup, whose next batch would make a second tree of a size that was signed."""
    with Archive.writing(root, entropy=entropy) as archive:
        before = (root / "log/checkpoint").read_bytes()
        commit(archive, "a")
    (root / "log/checkpoint").write_bytes(before)
    signed = root / "log/checkpoint.archive/8"
    kept = signed.read_bytes()
    signed.unlink()
    (root / "vault/events/0000000000000000.jsonl").unlink()
    with Archive.writing(root, entropy=entropy) as archive:
        signed.write_bytes(kept)
        with pytest.raises(Damaged, match="another checkpoint of size 8"):
            commit(archive, "b")


def test_a_log_restored_in_part_is_refused(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        before = (root / "log/checkpoint").read_bytes()
        commit(archive, "a")
        commit(archive, "b")
    (root / "log/checkpoint").write_bytes(before)
    with pytest.raises(Damaged, match="restored in part"):
        Archive.writing(root, entropy=entropy)


@pytest.fixture
def older_log(root, entropy, commit):
    """An archive whose log/ was restored from an older backup than its vault/: three signed batches, one known."""
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a")
        before = (root / "log/checkpoint").read_bytes()
        commit(archive, "b")
        commit(archive, "c")
        notes = [archive.ledger.note(size) for size in (16, 24)]
    (root / "log/checkpoint").write_bytes(before)
    for size in (16, 24):
        (root / f"log/checkpoint.archive/{size}").unlink()
    return root, notes


def test_a_log_older_than_the_vault_is_made_again_as_it_was_signed(older_log, entropy):
    root, notes = older_log
    with Archive.writing(root, entropy=entropy) as archive:
        assert ids(archive) == ["a", "b", "c"]
        assert [archive.ledger.note(size) for size in (16, 24)] == notes
        assert list(audit(archive)) == []


@pytest.mark.parametrize(("torn", "lost"), [("08", None), ("16", None), (None, "08")])
def test_what_was_reported_is_never_moved_aside(torn, lost, older_log, entropy):
    """A segment that others follow, or that follows one which is lost, was signed: nothing is signed in its place."""
    root, _ = older_log
    events = root / "vault/events"
    if torn:
        (events / f"00000000000000{torn}.jsonl").write_bytes(b"torn")
    if lost:
        (events / f"00000000000000{lost}.jsonl").unlink()
    before = {path.name: path.read_bytes() for path in events.iterdir() if path.is_file()}
    with pytest.raises(Damaged, match="log/ is older than vault/"):
        Archive.writing(root, entropy=entropy)
    assert {path.name: path.read_bytes() for path in events.iterdir() if path.is_file()} == before
