import os
import random
import tempfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.archive import open as shown
from witnessmark.archive import segment
from witnessmark.archive.folder import Archive
from witnessmark.archive.ledger import Position
from witnessmark.archive.seal import seal, shuffled
from witnessmark.archive.system import System
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.model.event import Event
from witnessmark.proof import merkle, note, opening, tile
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.settings import Settings

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-codec.LARGEST, codec.LARGEST) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
events = st.builds(
    Event, st.sampled_from(["exhibit", "hold", "of-a-newer-version"]), st.dictionaries(names, values, max_size=10)
)


class Quick(System):
    """The operating system without its slow promises."""

    def sync_all(self, path):
        pass

    def sync_file(self, descriptor):
        pass

    def sync_folder(self, path):
        pass


def recomputed(root: Path, size: int) -> tuple[bytes, dict[str, bytes]]:
    """The root and every hash tile of the log, from its entry bundles alone."""
    entries = []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        entries += tile.parse_bundle((root / "log" / tile.entries_path(number, width)).read_bytes())
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    tiles, level, row = {}, 0, leaves
    while row:
        for at in range(0, len(row), 256):
            part = row[at : at + 256]
            tiles[tile.path(level, at // 256, len(part))] = b"".join(part)
        row = [merkle.tree_root(row[at : at + 256]) for at in range(0, len(row) - 255, 256)]
        level += 1
    return merkle.tree_root(leaves) if leaves else merkle.EMPTY_ROOT, tiles


@settings(max_examples=25)
@given(batches=st.lists(st.lists(events, min_size=1, max_size=5), min_size=1, max_size=4), pad=st.integers(1, 9))
def test_replay_gives_what_was_committed_in_logical_order(batches, pad):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "a"
        Archive.create(root, Settings("archive.invalid/kestriaaaaaaaaaa", pad=pad), entropy=os.urandom, system=Quick())
        recorded = []
        with Archive.writing(root, entropy=os.urandom, system=Quick()) as archive:
            for events in batches:
                batch = archive.ledger.batch()
                commitments = [batch.add(event) for event in events]
                done = archive.ledger.commit(batch)
                assert [one.commitment for one in done] == commitments
                assert archive.ledger.size % pad == 0
                recorded += done
        with Archive.reading(root) as archive:
            ledger = archive.ledger
            again = list(ledger.replay())
            assert again == recorded
            assert [(one.kind, dict(one.fields)) for one in again] == [
                (event.kind, dict(event.fields)) for events in batches for event in events
            ]
            assert ledger.broken == []
            for at, one in enumerate(recorded):
                assert ledger.recorded(one.index) == one
                assert list(ledger.replay(one.position)) == recorded[at + 1 :]
            computed, tiles = recomputed(root, ledger.size)
            assert ledger.checkpoint() == Checkpoint(ledger.origin, ledger.size, computed)
            for path, data in tiles.items():
                assert (root / "log" / path).read_bytes() == data


def test_every_entry_is_shown_to_stand_under_every_later_checkpoint(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        recorded = [one for text in "abc" for one in commit(archive, text)]
        ledger = archive.ledger
        assert ledger.sizes() == [0, 8, 16, 24]
        for one in recorded:
            for size in (8, 16, 24):
                if one.index < size:
                    bundle = shown.proof_bundle(ledger, one.index, size)
                    checkpoint = Checkpoint.parse(note.parse(bundle.checkpoint).text)
                    entry = opening.entry(bundle.extra[:32], bundle.extra[32:])
                    assert opening.commitment(entry) == one.commitment
                    merkle.check_inclusion(one.index, size, merkle.leaf_hash(entry), bundle.hashes, checkpoint.root)
        roots = {size: Checkpoint.parse(note.parse(ledger.note(size)).text).root for size in (8, 16, 24)}
        for one, two in ((8, 8), (8, 16), (8, 24), (16, 24)):
            merkle.check_consistency(one, two, roots[one], roots[two], ledger.consistency(one, two))


def test_the_public_log_is_a_signed_checkpoint_and_tiles_and_nothing_else(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a", "b")
        key = note.Vkey.parse((root / "log.vkey").read_text().rstrip("\n"))
        assert archive.ledger.vkey == key.text
        signed = note.parse((root / "log/checkpoint").read_bytes())
        assert note.check(signed, [key]) == (key,)
        assert Checkpoint.parse(signed.text) == archive.ledger.checkpoint()
        assert archive.ledger.note() == archive.ledger.note(8) == (root / "log/checkpoint").read_text()
    files = {str(path.relative_to(root / "log")) for path in (root / "log").rglob("*") if path.is_file()}
    assert files == {
        "checkpoint", "checkpoint.archive/0", "checkpoint.archive/8", "tile/0/000.p/8", "tile/entries/000.p/8",
    }  # fmt: skip
    public = b"".join(path.read_bytes() for path in (root / "log").rglob("*") if path.is_file())

    for line in segment.load(root / "vault/events/0000000000000000.jsonl"):
        read = segment.parse(line)

        assert not read.is_event or read.salt not in public
        assert b"exhibit" not in public


def test_only_the_fields_asked_for_are_opened(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        (one,) = commit(archive, "a")
        opened = shown.opening(archive.ledger, one.index, ["handle", "unknown"])
        assert [name for name, _, _ in opened.fields] == ["handle"]
        assert opening.check_fields(opened.record, opened.fields) == {"handle": "a"}
        assert opening.commitment(opening.entry(opened.salt, opened.record)) == one.commitment
        assert len(opening.parse_record(opened.record)[1]) == 8


def test_no_salt_is_used_twice(root, commit):
    with Archive.writing(root, entropy=os.urandom) as archive:
        commit(archive, "a", "a", "b")
        lines = [segment.parse(line) for line in segment.load(root / "vault/events/0000000000000000.jsonl")]
    salts = [line.salt for line in lines] + [salt for line in lines for _, salt, _ in line.fields]
    assert len(set(salts)) == len(salts)


def test_equal_events_have_unequal_entries(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive:
        batch = archive.ledger.batch()
        assert batch.add(Event("hold", {"a": 1})) != batch.add(Event("hold", {"a": 1}))


def test_the_log_order_tells_nothing_of_the_logical_order():
    drawn = [tuple(shuffled(4, random.Random(seed).randbytes)) for seed in range(2000)]
    assert len(set(drawn)) == 24
    assert all(40 < drawn.count(order) < 140 for order in set(drawn))


def test_an_empty_batch_writes_nothing(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive:
        assert archive.ledger.commit(archive.ledger.batch()) == ()
        assert archive.ledger.size == 0
        assert list(archive.ledger.replay()) == []


def test_a_batch_is_committed_once(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive:
        batch = archive.ledger.batch()
        batch.add(Event("hold", {}))
        assert len(archive.ledger.commit(batch)) == 1
        assert archive.ledger.commit(batch) == ()


def test_dummies_open_to_nothing(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        (one,) = commit(archive, "a")
        for index in set(range(8)) - {one.index}:
            with pytest.raises(WrongUsage, match="dummy"):
                archive.ledger.recorded(index)
            with pytest.raises(WrongUsage, match="dummy"):
                shown.proof_bundle(archive.ledger, index, 8)


@pytest.mark.parametrize("index", [-1, 8, 10**9])
def test_no_entry_beyond_the_ledger(root, entropy, commit, index):
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a")
        for act in (archive.ledger.recorded, lambda i: archive.ledger.inclusion(i, 8)):
            with pytest.raises(WrongUsage):
                act(index)
        with pytest.raises(WrongUsage, match="no checkpoint"):
            archive.ledger.note(7)


@given(event=events, index=st.integers(0, 10**12))
def test_the_quick_and_the_strict_reading_of_a_line_agree(event, index):
    from_seed = random.Random(index).randbytes
    sealed = seal(event, from_seed)
    line = segment.finish(sealed.head, index, sealed.tail).removesuffix(b"\n")
    strict = segment.parse(line)
    found, commitment, kind, fields = segment.read_event(line)
    assert (found, kind, fields) == (strict.index, event.kind, dict(event.fields))
    assert commitment == sealed.commitment == opening.commitment(strict.entry)
    assert opening.parse_record(strict.record)[0] == kind
    assert opening.check_fields(strict.record, strict.fields) == dict(event.fields)
    assert segment.places([line]) == {index: 0}
    assert codec.encode(codec.decode(line[:-9].decode())) == line[:-9].decode()


def both_readings(body):
    """What a line's body is when it is cut at its quotes, and when it is parsed; None where that refuses."""
    try:
        quick = segment._cut(body)
    except Damaged:
        quick = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment, "_cut", lambda _: None)
        try:
            slow = segment.parse(b"%b %08x" % (body, zlib.crc32(body)))
        except Damaged:
            slow = None
    return quick, slow


SIGNS = [
    b"",
    *(bytes([octet]) for octet in b'"\\,:[]{}0-=Aau\x7f\x1f\x80\xc3 '),
    b'\\"',
    b"\x01",
    b'","',
    b'"],["',
    b'],"i":7,"record":"',
]


@given(
    event=events,
    changes=st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 3), st.sampled_from(SIGNS)), max_size=3),
)
def test_a_line_cut_at_its_quotes_is_the_line_that_the_parser_reads(event, changes):
    sealed = seal(event, random.Random(1).randbytes)
    body = sealed.head + b"7" + sealed.tail
    for at, width, new in changes:
        at %= len(body)
        body = body[:at] + new + body[at + width :]
    quick, slow = both_readings(body)
    assert quick is None or quick == slow


def test_a_plain_line_is_cut_and_none_that_was_changed_by_one_sign_is_read_otherwise():
    sealed = seal(Event("hold", {"path": "б/1.txt", "size": 7, "tools": {"a": ["b"]}}), random.Random(1).randbytes)
    body = sealed.head + b"7" + sealed.tail
    quick, slow = both_readings(body)
    assert quick == slow
    assert quick is not None
    for at in range(len(body)):
        for sign in SIGNS:
            for width in (0, 1):
                quick, slow = both_readings(body[:at] + sign + body[at + width :])
                assert quick is None or quick == slow


def test_a_line_whose_record_is_empty_is_none():
    body = b'{"fields":[["path","%b","\\"a\\""]],"i":7,"record":"","salt":"%b"}' % (b"A" * 43 + b"=", b"A" * 43 + b"=")
    assert both_readings(body) == (None, None)


GOLDEN_DUMMY = b'{"dummy":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","i":418} '


def test_a_line_is_canonical_json_a_blank_and_its_crc():
    line = segment.finish(*segment.dummy_halves(b"\x01" + bytes(32))[:1], 418, b"}")
    assert line[:-9] == GOLDEN_DUMMY
    assert segment.parse(line[:-1]) == segment.Line(418, bytes(32), b"", ())


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b'{"dummy":"AA==","i":1}', b'{"i":1,"dummy":""}', b'{"dummy":1,"i":1}',
        b'{"fields":[],"i":true,"record":"","salt":""}', b'{"fields":[["a","b"]],"i":1,"record":"{}","salt":"AA=="}',
        b'{"fields":[1],"i":1,"record":"\\"t\\":\\"","salt":"AA=="}', b'{"fields":[],"i":', b"[" * 5000, b"\xff\xfe",
    ],
)  # fmt: skip
def test_a_line_that_is_none_is_refused_even_with_a_right_crc(body):
    line = b"%b %08x" % (body, zlib.crc32(body))
    for read in (segment.parse, segment.read_event):
        with pytest.raises(Damaged):
            read(line)


def test_a_field_with_two_values_is_refused():
    body = b'{"fields":[["a","s","1,2"]],"i":1,"record":"{\\"t\\":\\"x\\"}","salt":"' + b"A" * 43 + b'="}'
    with pytest.raises(Damaged):
        segment.read_event(b"%b %08x" % (body, zlib.crc32(body)))


def test_a_line_with_any_byte_changed_is_refused(entropy):
    sealed = seal(Event("hold", {"a": "b"}), entropy)
    line = segment.finish(sealed.head, 3, sealed.tail).removesuffix(b"\n")
    for at in range(len(line)):
        changed = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
        for read in (segment.parse, segment.read_event):
            with pytest.raises(Damaged):
                read(changed)


def test_a_broken_line_is_named_and_the_rest_stays_readable(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        recorded = [*commit(archive, "a", "b", "c"), *commit(archive, "d")]
    path = root / "vault/events/0000000000000000.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"\\"b\\""', b'"\\"x\\""', 1))
    with Archive.reading(root) as archive:
        ledger = archive.ledger
        assert list(ledger.replay()) == [recorded[0], *recorded[2:]]
        assert [(one.segment, one.line) for one in ledger.broken] == [(0, 2)]
        with pytest.raises(Damaged, match=r"line 2 of vault/events/0000000000000000\.jsonl"):
            ledger.recorded(recorded[1].index)
        with pytest.raises(Damaged, match="line 2"):
            shown.opening(ledger, recorded[1].index, [])
        assert ledger.recorded(recorded[2].index) == recorded[2]


def test_a_lost_segment_is_named_and_the_rest_stays_readable(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        recorded = [*commit(archive, "a"), *commit(archive, "b"), *commit(archive, "c")]
    (root / "vault/events/0000000000000008.jsonl").unlink()
    with Archive.reading(root) as archive:
        assert list(archive.ledger.replay()) == [recorded[0], recorded[2]]
        assert [(one.segment, one.line) for one in archive.ledger.broken] == [(8, 0)]
        with pytest.raises(Damaged, match="0000000000000008"):
            archive.ledger.recorded(recorded[1].index)


def test_a_segment_cut_short_is_named(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        recorded = commit(archive, "a", "b", "c")
    path = root / "vault/events/0000000000000000.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with Archive.reading(root) as archive:
        assert list(archive.ledger.replay()) == list(recorded[:2])
        assert [(one.segment, one.line) for one in archive.ledger.broken] == [(0, 0)]


def test_events_of_a_batch_may_name_each_other(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive:
        batch = archive.ledger.batch()
        first = batch.add(Event("accession", {"number": 1}))
        batch.add(Event("exhibit", {"accession": str(first)}))
        archive.ledger.commit(batch)
        one, two = archive.ledger.replay()
        assert Commitment.parse(two.fields["accession"]) == one.commitment


def test_positions_rise(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        positions = [one.position for one in (*commit(archive, "a", "b"), *commit(archive, "c"))]
    assert positions == sorted(positions) == [Position(0, 1), Position(0, 2), Position(8, 1)]


def test_a_log_of_more_than_one_tile_agrees_with_a_recomputation(tmp_path, entropy):
    root = tmp_path / "a"
    Archive.create(root, Settings("archive.invalid/kestriaaaaaaaaaa", pad=100), entropy=entropy, system=Quick())
    with Archive.writing(root, entropy=entropy, system=Quick()) as archive:
        for count in (1, 150, 300, 90):
            batch = archive.ledger.batch()
            for number in range(count):
                batch.add(Event("hold", {"number": number}))
            archive.ledger.commit(batch)
            computed, tiles = recomputed(root, archive.ledger.size)
            assert archive.ledger.checkpoint().root == computed
            for path, data in tiles.items():
                assert (root / "log" / path).read_bytes() == data
