"""The catalogue says what the ledger means, as of any checkpoint, and can always be made again."""

import shutil
import sqlite3

import pytest

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.model import codec
from witnessmark.model.accession import Refusal, RefusalReason
from witnessmark.model.attestation import Attestation, Reviewer
from witnessmark.model.decision import Decision
from witnessmark.model.derivative import Outcome
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.event import Event
from witnessmark.model.exhibit import ExhibitKind, PathStep
from witnessmark.model.finding import ExaminationRun, Finding, FindingClass, Hold
from witnessmark.model.public_id import PublicId
from witnessmark.model.release import Release
from witnessmark.model.words import FindingOutcome, HoldState, Publish

AT = "2032-06-12T09:41:00Z"


@pytest.fixture
def catalogue(keeper):
    with Catalogue.open(keeper.archive) as found:
        yield found


def finding(exhibit: Commitment, outcome=FindingOutcome.CONFLICTS) -> Finding:
    says = ("dates", "1", FindingClass.STRUCTURAL, "When?", outcome, "later", "A date is later.", {"days": 2})
    return Finding(exhibit, *says, ("Clocks go wrong.",), ("The clock was wrong.",))


def decision(exhibit: Commitment, publish: Publish) -> Decision:
    return Decision(exhibit, publish, "An order", "en", (), "I. Mavrel", "2032-06-13", "")


def dump(catalogue: Catalogue) -> list[object]:
    rows = list(catalogue.exhibits())
    about = [(catalogue.findings(r.commitment), catalogue.attestations(r.commitment)) for r in rows]
    rest = [catalogue.accessions(), catalogue.reviewers(), catalogue.decisions(), catalogue.releases()]
    return [rows, about, rest, list(catalogue.due("1", "{}")), catalogue.counts("1", "{}"), catalogue.held()]


def full(keeper) -> tuple[Commitment, Commitment]:
    """Seal a folder with a container in it, read it, and say something about it."""
    accession = keeper.accession(refusals=(Refusal((PathStep("a link"),), RefusalReason.SYMLINK),))
    order = keeper.exhibit(accession, "orders/17.txt", b"Keys at night")
    case = keeper.exhibit(accession, "case.zip", b"PK")
    inner = keeper.exhibit(accession, "deep/inner.zip", b"PK2", case)
    keeper.exhibit(accession, "copy.txt", b"Keys at night", inner)
    keeper.read(b"Keys at night", "Keys at night", "Comment: ask M.", languages=("en",), characters=13)
    keeper.read(
        b"PK", kind=ExhibitKind.CONTAINER, media_type="application/zip", outcome=Outcome.PARTIAL, detail="Half."
    )
    keeper.commit()
    return order, case


def test_an_exhibit_is_given_back_whole(keeper, catalogue):
    order, _ = full(keeper)
    catalogue.catch_up(keeper.archive)
    row = catalogue.by_commitment(order)
    assert (row.printed, row.source, row.depth, row.sealed, row.at) == ("orders/17.txt", "leak", 0, AT[:10], AT)
    assert row.root_id == row.exhibit.id
    assert keeper.archive.ledger.recorded(row.index).commitment == row.commitment == order
    reading = row.reading
    assert reading is not None
    assert (reading.derivative.languages, reading.derivative.outcome) == (("en",), Outcome.OK)
    assert keeper.archive.store.read(reading.visible.digest, 99) == b"Keys at night"
    assert keeper.archive.store.read(reading.hidden.digest, 99) == b"Comment: ask M."
    assert keeper.archive.ledger.recorded(reading.hidden_index).fields["step"] == "hidden"


def test_exhibits_come_in_the_order_of_their_sealing_with_their_printed_paths(keeper, catalogue):
    full(keeper)
    catalogue.catch_up(keeper.archive)
    rows = list(catalogue.exhibits())
    assert [(row.printed, row.depth) for row in rows] == [
        ("orders/17.txt", 0),
        ("case.zip", 0),
        ("case.zip!/deep/inner.zip", 1),
        ("case.zip!/deep/inner.zip!/copy.txt", 2),
    ]
    assert rows[3].container_id == rows[2].exhibit.id
    assert rows[3].root_id == rows[1].exhibit.id
    assert rows[2].exhibit.container == rows[1].commitment
    assert [row.printed for row in catalogue.exhibits(rows[1].index)] == [row.printed for row in rows[2:]]
    assert list(catalogue.components(rows[1].commitment)) == [rows[2]]
    assert list(catalogue.occurrences(rows[0].exhibit.handle)) == [rows[0], rows[3]]


def test_an_exhibit_answers_to_its_id_its_path_and_its_public_id(keeper, catalogue):
    order, case = full(keeper)
    ids = ((order, "TP-00001"),)
    keeper.add(Release(1, Digest.of(b""), "note", None, "witnessmark 0.1.0", ids, ()).event(AT))
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    row = catalogue.by_commitment(order)
    assert row.public_id == PublicId("TP", 1)
    assert catalogue.by_commitment(case).public_id is None
    for ref in (row.exhibit.id, "path:orders/17.txt", "TP-00001"):
        assert catalogue.exhibit(ref) == row
    for ref in ("TP-00002", "path:orders", "a" * 16, "", "orders/17.txt", "'; DROP TABLE exhibit; --"):
        with pytest.raises(WrongUsage, match="exhibit"):
            catalogue.exhibit(ref)


def test_a_path_that_two_exhibits_share_names_neither(keeper, catalogue):
    accession = keeper.accession()
    keeper.exhibit(accession, "a.txt", b"old")
    keeper.exhibit(accession, "a.txt", b"new")
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    with pytest.raises(WrongUsage, match="2 exhibits are called"):
        catalogue.exhibit("path:a.txt")


def test_the_same_occurrence_is_known_again_however_many_sources_were_given(keeper, catalogue):
    alone, beside, named = (
        keeper.accession("leak", 1),
        keeper.accession("other", 2, root="other"),
        keeper.accession("label", 3, root="third", named=True),
    )
    keeper.exhibit(alone, "a/b.txt", b"one")
    keeper.exhibit(beside, "other/a/b.txt", b"two")
    keeper.exhibit(named, "third/a/b.txt", b"three")
    keeper.commit()
    catalogue.catch_up(keeper.archive)

    def text(*names: str) -> str:
        return codec.encode([PathStep(name).value() for name in names])

    has = catalogue.has
    assert has("leak", text("a", "b.txt"), Digest.of(b"one"))
    assert has("other", text("a", "b.txt"), Digest.of(b"two"))
    assert has("label", text("third", "a", "b.txt"), Digest.of(b"three"))
    assert not has("label", text("a", "b.txt"), Digest.of(b"three"))
    assert not has("leak", text("a", "b.txt"), Digest.of(b"two"))
    assert not has("other", text("a", "b.txt"), Digest.of(b"one"))
    assert not has("leak", text("a/b.txt"), Digest.of(b"one"))
    assert catalogue.next_accession() == 4


def test_a_component_is_known_by_its_container(keeper, catalogue):
    full(keeper)
    catalogue.catch_up(keeper.archive)
    case, inner = catalogue.exhibit("path:case.zip"), catalogue.exhibit("path:case.zip!/deep/inner.zip")
    text = codec.encode([PathStep("deep").value(), PathStep("inner.zip").value()])
    assert catalogue.components_at(case.exhibit.id, text, Digest.of(b"PK2")) == 1
    assert catalogue.components_at(inner.exhibit.id, text, Digest.of(b"PK2")) == 0
    assert not catalogue.has(case.exhibit.id, text, Digest.of(b"PK2"))


def test_a_content_has_one_handle(keeper, catalogue):
    full(keeper)
    catalogue.catch_up(keeper.archive)
    assert catalogue.handle_of(Digest.of(b"PK")) == catalogue.exhibit("path:case.zip").exhibit.handle
    assert catalogue.handle_of(Digest.of(b"unseen")) is None
    assert catalogue.known_size(13)
    assert not catalogue.known_size(14)


def test_due_is_what_no_reading_of_that_version_and_settings_covers(keeper, catalogue):
    full(keeper)
    catalogue.catch_up(keeper.archive)
    (due,) = catalogue.due("1", "{}")
    assert (due.digest, due.name, due.depth, due.size) == (Digest.of(b"PK2"), "inner.zip", 1, 3)
    assert due.root_id == catalogue.exhibit("path:case.zip").exhibit.id
    assert [row.name for row in catalogue.due("2", "{}")] == ["17.txt", "case.zip", "inner.zip"]
    assert len(list(catalogue.due("1", '{"dpi":150}'))) == 3


def test_what_becomes_due_during_a_walk_is_met_by_it(keeper, catalogue):
    keeper.texts(f"text {i}" for i in range(3))
    catalogue.catch_up(keeper.archive)
    names = []
    for due in catalogue.due("2", "{}"):
        names.append(due.name)
        if due.name == "0.txt":
            keeper.texts(["late"], name="late.txt")
            catalogue.catch_up(keeper.archive)
    assert names == ["0.txt", "1.txt", "2.txt", "late.txt"]


def test_due_shrinks_as_contents_are_read_whatever_the_order(keeper, catalogue):
    keeper.texts(f"text {i}" for i in range(4))
    catalogue.catch_up(keeper.archive)

    def due() -> list[str]:
        catalogue.catch_up(keeper.archive)
        return [row.name for row in catalogue.due("2", "{}")]

    assert due() == ["0.txt", "1.txt", "2.txt", "3.txt"]
    for number, left in ((2, ["0.txt", "1.txt", "3.txt"]), (0, ["1.txt", "3.txt"]), (1, ["3.txt"]), (3, [])):
        keeper.read(f"{number}:text {number}".encode(), version="2")
        keeper.commit()
        assert due() == due() == left
    keeper.texts(["late"], name="late.txt")
    assert due() == ["late.txt"]
    catalogue.rebuild(keeper.archive)
    assert due() == ["late.txt"]


def test_the_newest_reading_counts_with_its_own_texts_alone(keeper, catalogue):
    accession = keeper.accession()
    order = keeper.exhibit(accession, "a", b"data")
    keeper.read(b"data", "first", "first hidden", version="1")
    keeper.commit()
    size = keeper.archive.ledger.size
    keeper.read(b"data", "second", version="2")
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    now, then = catalogue.by_commitment(order).reading, catalogue.as_of(size).by_commitment(order).reading
    assert (now.derivative.version, now.hidden) == ("2", None)
    assert keeper.archive.store.read(now.visible.digest, 99) == b"second"
    assert then.derivative.version == "1"
    assert keeper.archive.store.read(then.hidden.digest, 99) == b"first hidden"


def test_a_container_met_again_is_unopened_until_it_has_components_of_its_own(keeper, catalogue):
    _, _ = full(keeper)
    twin = keeper.exhibit(keeper.accession("second", 2), "again.zip", b"PK")
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    assert [row.commitment for row in catalogue.unopened()] == [twin]
    keeper.exhibit(keeper.accession("second", 2), "deep/inner.zip", b"PK2", twin)
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    assert [row.printed for row in catalogue.unopened()] == ["again.zip!/deep/inner.zip"]


def test_a_finding_that_conflicts_waits_until_it_is_considered(keeper, catalogue):
    order, case = full(keeper)
    held = keeper.add(finding(order).event(AT))
    keeper.add(Hold(held, HoldState.HELD).event(AT))
    keeper.add(finding(case, FindingOutcome.SUPPORTS).event(AT))
    keeper.commit()
    size = keeper.archive.ledger.size
    attestation = keeper.add(
        Attestation((order, case), "{}", (("name", "c2FsdA==", '"I. Mavrel"'),), (held,)).event(AT)
    )
    keeper.add(Hold(held, HoldState.CONSIDERED, attestation).event(AT))
    keeper.add(Reviewer("I. Mavrel", "key", "history").event(AT))
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    assert catalogue.held() == []
    (row,) = catalogue.findings(order)
    assert (row.commitment, row.finding, row.hold) == (held, finding(order), HoldState.CONSIDERED)
    assert keeper.archive.ledger.recorded(row.hold_index).fields["state"] == "considered"
    assert [row.hold for row in catalogue.findings(case)] == [None]
    (before,) = catalogue.as_of(size).held()
    assert (before.commitment, before.hold) == (held, HoldState.HELD)
    assert [row.commitment for row in catalogue.attestations(case)] == [attestation]
    assert catalogue.as_of(size).attestations(case) == []
    assert [row.reviewer.name for row in catalogue.reviewers()] == ["I. Mavrel"]
    assert catalogue.index_of(attestation) == catalogue.attestations(order)[0].index


def test_an_exhibit_is_examined_once_by_each_version_and_again_when_it_is_read_later(keeper, catalogue):
    order, _ = full(keeper)
    keeper.add(finding(order).event(AT))
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    assert [row.printed for row in catalogue.unexamined("dates", "1")] == [
        "case.zip",
        "case.zip!/deep/inner.zip",
        "case.zip!/deep/inner.zip!/copy.txt",
    ]
    keeper.add(ExaminationRun("dates", "1", (("not_applicable", 3),), "00").event(AT))
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    assert list(catalogue.unexamined("dates", "1")) == []
    assert len(list(catalogue.unexamined("dates", "2"))) == 4
    keeper.read(b"PK2")
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    assert [row.printed for row in catalogue.unexamined("dates", "1")] == ["case.zip!/deep/inner.zip"]


def test_the_latest_decision_about_an_exhibit_is_in_force(keeper, catalogue):
    order, case = full(keeper)
    for exhibit, publish in ((order, Publish.TEXT), (case, Publish.NOTHING), (order, Publish.FILE)):
        keeper.add(decision(exhibit, publish).event(AT))
    keeper.commit()
    size = keeper.archive.ledger.size
    keeper.add(decision(case, Publish.TEXT).event(AT))
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    assert [row.decision.publish for row in catalogue.decisions()] == [Publish.FILE, Publish.TEXT]
    assert [row.decision.publish for row in catalogue.as_of(size).decisions()] == [Publish.NOTHING, Publish.FILE]
    assert [row.decision.publish for row in catalogue.decisions_about(order)] == [Publish.TEXT, Publish.FILE]


def test_counts_are_those_of_the_ledger(keeper, catalogue):
    order, _ = full(keeper)
    keeper.add(finding(order).event(AT))
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    counts = catalogue.counts("1", "{}")
    assert (counts.exhibits, counts.received, counts.components, counts.contents, counts.octets) == (4, 2, 2, 3, 18)
    assert counts.outcomes == (("ok", 2), ("partial", 1))
    assert counts.media_types == (("text/plain", 2), ("application/zip", 1))
    assert (counts.due, counts.findings, counts.unknown) == (1, (("conflicts", 1),), 0)
    assert [row.refusal.reason for row in catalogue.refusals()] == [RefusalReason.SYMLINK]
    assert len(catalogue.refusals_of("leak")) == 1
    assert catalogue.refusals_of("elsewhere") == []


def test_an_event_of_a_newer_version_is_counted_not_dropped(keeper, catalogue):
    order, _ = full(keeper)
    fields = dict(finding(order).event(AT).fields)
    keeper.add(Event("rumour", {"at": AT, "sealed": AT[:10], "text": "…"}))
    keeper.add(Event("finding", fields | {"outcome": "ambiguous"}))
    keeper.add(Event("derivative", {"at": AT, "sealed": AT[:10], "step": "hologram"}))
    later = keeper.add(Event("exhibit", {"at": AT, "sealed": AT[:10]}))
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    counts = catalogue.counts("1", "{}")
    assert (counts.unknown, counts.unknown_kinds, counts.exhibits) == (4, (("rumour", 1),), 4)
    assert catalogue.index_of(later) < keeper.archive.ledger.size


def test_a_rebuilt_catalogue_says_the_same(keeper, catalogue):
    order, _ = full(keeper)
    keeper.add(Hold(keeper.add(finding(order).event(AT)), HoldState.HELD).event(AT))
    keeper.commit()
    keeper.add(decision(order, Publish.TEXT).event(AT))
    keeper.commit()
    catalogue.catch_up(keeper.archive)
    before = dump(catalogue)
    catalogue.rebuild(keeper.archive)
    assert dump(catalogue) == before
    assert catalogue.notes == []
    with Catalogue.open(keeper.archive) as again:
        assert dump(again) == before
        assert again.notes == []


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_replay_goes_on_where_it_was_stopped(keeper, monkeypatch, chunk):
    monkeypatch.setattr("witnessmark.catalogue.replay._CHUNK", chunk)
    full(keeper)
    with Catalogue.open(keeper.archive) as found:
        before = dump(found)
        assert len(before[0]) == 4
        found.rebuild(keeper.archive)
        assert dump(found) == before


def test_replay_that_was_killed_between_two_transactions_goes_on(keeper, monkeypatch):
    full(keeper)
    monkeypatch.setattr("witnessmark.catalogue.replay._CHUNK", 3)
    with monkeypatch.context() as patch:
        real, calls = sqlite3.Connection, []

        def put(self, seq, chunk, before=__import__("witnessmark.catalogue.replay", fromlist=["Replay"]).Replay._put):
            calls.append(seq)
            if len(calls) == 3:
                raise KeyboardInterrupt
            before(self, seq, chunk)

        patch.setattr("witnessmark.catalogue.replay.Replay._put", put)
        with pytest.raises(KeyboardInterrupt):
            Catalogue.open(keeper.archive)
        assert real is sqlite3.Connection
    with Catalogue.open(keeper.archive) as found:
        assert found.notes == []
        assert len(list(found.exhibits())) == 4


def _spoil(path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "garbage":
        data[:] = b"not a database at all" * 500
    elif how == "cut":
        del data[len(data) // 2 :]
    elif how == "emptied":
        data.clear()
    else:
        data[4096 : 4096 * 3] = bytes(4096 * 2)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", ["garbage", "cut", "emptied", "zeroed", "tables", "version", "missing"])
def test_a_catalogue_that_is_no_use_is_made_again(keeper, how):
    full(keeper)
    path = keeper.archive.catalogue_path
    with Catalogue.open(keeper.archive) as found:
        before = dump(found)
    if how == "missing":
        path.unlink()
    elif how in ("tables", "version"):
        connection = sqlite3.connect(path)
        connection.execute(
            "DROP TABLE event" if how == "tables" else "UPDATE about SET value = '999' WHERE name = 'schema'"
        )
        connection.commit()
        connection.close()
    else:
        _spoil(path, how)
    with Catalogue.open(keeper.archive) as found:
        assert dump(found) == before
        assert bool(found.notes) == (how not in ("missing", "emptied"))


def test_a_catalogue_of_another_ledger_is_made_again(new_keeper):
    one, other = new_keeper(1), new_keeper(2)
    full(one)
    full(other)
    other.texts(["more"])
    Catalogue.open(other.archive).close()
    shutil.copy(other.archive.catalogue_path, one.archive.catalogue_path)
    with Catalogue.open(one.archive) as found:
        assert len(list(found.exhibits())) == 4
        assert found.notes


def test_a_ledger_brought_back_from_an_older_copy_is_not_answered_for_by_a_newer_catalogue(new_keeper, tmp_path):
    one = new_keeper(1)
    full(one)
    one.close()
    shutil.copytree(one.archive.root, tmp_path / "backup")
    with Archive.writing(one.archive.root, entropy=one.random.randbytes) as archive:
        one.archive, one.batch = archive, archive.ledger.batch()
        one.texts(["more"])
        Catalogue.open(archive).close()
    shutil.copy(one.archive.catalogue_path, tmp_path / "backup" / "catalogue.sqlite")
    with Archive.writing(tmp_path / "backup", entropy=one.random.randbytes) as older, Catalogue.open(older) as found:
        assert len(list(found.exhibits())) == 4
        batch = older.ledger.batch()
        batch.add(Event("rumour", {"at": AT}))
        older.ledger.commit(batch)
        found.catch_up(older)
        assert found.counts("1", "{}").unknown == 1
        assert len(list(found.exhibits())) == 4


def test_a_reader_sees_its_own_checkpoint_while_a_writer_goes_on(keeper):
    full(keeper)
    with Archive.reading(keeper.archive.root) as reading:
        keeper.texts(["more"])
        with Catalogue.open(keeper.archive) as ahead, Catalogue.open(reading) as found:
            assert len(list(ahead.exhibits())) == 5
            assert len(list(found.exhibits())) == 4
            assert found.notes == []


def test_two_processes_bring_one_catalogue_up_to_date(keeper):
    with Catalogue.open(keeper.archive) as one, Catalogue.open(keeper.archive) as other:
        full(keeper)
        one.catch_up(keeper.archive)
        other.catch_up(keeper.archive)
        keeper.texts(["more"])
        other.catch_up(keeper.archive)
        one.catch_up(keeper.archive)
        assert dump(one) == dump(other)
        assert len(list(one.exhibits())) == 5


def test_damage_met_while_asking_is_said_in_one_sentence(keeper):
    full(keeper)
    with Catalogue.open(keeper.archive) as found:
        found._connection.execute("DROP TABLE finding")
        with pytest.raises(Damaged, match="witnessmark rebuild"):
            found.held()
