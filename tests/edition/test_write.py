"""Publishing: whole or not at all, nothing without a decision, the same bytes again."""

import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from witnessmark.catalogue.query import Catalogue
from witnessmark.edition import folder as folders
from witnessmark.edition import write
from witnessmark.edition.folder import Folder
from witnessmark.errors import Damaged, DiskFailure, Undecided, WrongUsage
from witnessmark.proof.note import Vkey
from witnessmark.verify.checks import verify_site


def contents(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}


def exhibits(site: Path) -> dict[str, Any]:
    found = [json.loads(path.read_bytes()) for path in sorted(site.glob("e/*/exhibit.json"))]
    return {opened(one, "decision")["title"]: one for one in found}


def opened(exhibit: Any, role: str, number: int = 0) -> dict[str, Any]:
    rows = [row for row in exhibit["openings"] if row["role"] == role]
    return {name: json.loads(text) for name, _, text in rows[number]["fields"]}


def test_an_edition_agrees_with_its_log_and_with_the_key_from_outside(made: Any, site: Path) -> None:
    report = verify_site(str(site), Vkey.parse(made.vkey()))
    assert [verdict for verdict in report.verdicts if verdict.exit] == []
    assert report.exit_code == 0
    assert len(report.exhibits) == 4


def test_nothing_that_nobody_decided_goes_out(made: Any, site: Path) -> None:
    files = contents(site)
    opened_digest = hashlib.sha256(b"door,key\n1,double\n").hexdigest()
    secrets = [secret for secret in made.secrets if secret != opened_digest]
    assert len(secrets) > 20
    for path, data in files.items():
        for secret in secrets:
            assert secret.encode() not in data, path
    names = " ".join(files)
    assert not any(secret.lower() in names for secret in secrets)


def test_what_is_not_decided_is_counted_nowhere(site: Path) -> None:
    assert len(exhibits(site)) == 4
    assert b"undecided.txt" not in b"".join(contents(site).values())
    assert "<bdi>4</bdi> exhibits, kept by" in (site / "index.html").read_text()


def test_only_the_named_fields_open(site: Path) -> None:
    order = exhibits(site)["Order No. 17 <b>&"]
    assert set(opened(order, "exhibit")) == {"handle", "sealed"}
    assert set(opened(order, "reading")) == {"handle", "step", "version", "sealed", "kind", "outcome"}
    assert "observed" not in opened(order, "finding")
    assert opened(order, "decision")["decided_by"] == "two editors"
    assert "decided_by" not in opened(exhibits(site)["A roster"], "decision")


def test_a_file_goes_out_byte_for_byte_with_its_digest(site: Path) -> None:
    keys = exhibits(site)["Register of keys"]
    data = (site / "e" / keys["id"].lower() / "file.csv").read_bytes()
    assert data == b"door,key\n1,double\n"
    assert opened(keys, "exhibit")["digest"] == hashlib.sha256(data).hexdigest()


def test_a_text_is_the_visible_derivative_and_no_more(site: Path) -> None:
    order = exhibits(site)["Order No. 17 <b>&"]
    data = (site / "e" / order["id"].lower() / "text.txt").read_bytes()
    assert data.decode().startswith("INTERIOR SECURITY")
    assert opened(order, "text")["text"] == hashlib.sha256(data).hexdigest()


def test_a_finding_that_waits_is_not_shown_and_that_it_waits_is(site: Path) -> None:
    notice = exhibits(site)["بۇيرۇق: ئىشىكلەر"]
    assert [row["role"] for row in notice["openings"]].count("finding") == 0
    assert notice["answers"]["reviewed"]["waiting"] == 1
    page = (site / "e" / notice["id"].lower() / "index.html").read_text()
    assert "for a person" in page


def test_a_considered_finding_is_shown_with_its_innocent_explanations(site: Path) -> None:
    order = exhibits(site)["Order No. 17 <b>&"]
    assert order["answers"]["reviewed"]["waiting"] == 0
    assert order["answers"]["reviewed"]["findings"]["conflicts"] == 1
    assert "Innocent explanations" in (site / "e" / order["id"].lower() / "index.html").read_text()


def test_whoever_disagrees_stands_first(site: Path) -> None:
    order = exhibits(site)["Order No. 17 <b>&"]
    page = (site / "e" / order["id"].lower() / "index.html").read_text()
    assert page.index("Orrin Brandveth") < page.index("Tessel Quorn") < page.index("Ilva Mavrel")


def test_reasons_that_speak_of_an_exhibit_not_shown_stay_shut(made: Any, rows: Callable[..., Any], site: Path) -> None:
    keys = exhibits(site)["Register of keys"]
    judged = next(row for row in keys["openings"] if row["role"] == "attestation")
    assert [name for name, _, _ in judged["disclosed"]] == ["name"]
    place = made.folder / "second"
    made.publish(place, made.decisions(*rows(keys=("keys.csv", "file", "Register of keys", "en", "reasons", ""))))
    judged = next(row for row in exhibits(place)["Register of keys"]["openings"] if row["role"] == "attestation")
    assert "reasons" in [name for name, _, _ in judged["disclosed"]]


def test_an_edition_is_written_again_byte_for_byte(made: Any, site: Path, rows: Callable[..., Any]) -> None:
    second = made.folder / "second"
    made.day = "2033-01-01"
    made.publish(second, made.decisions(*rows(order=("order.pdf", "nothing", "Order", "en", "", "Withdrawn."))))
    for number, place in ((1, site), (2, second)):
        again = made.folder / f"again-{number}"
        made.publish_again(again, number)
        assert contents(again) == contents(place)


def test_settings_may_change_and_an_old_edition_stays_the_same(made: Any, site: Path) -> None:
    settings = made.root / "witnessmark.toml"
    settings.write_text(settings.read_text().replace("Lantern Watch", "Somebody Else"))
    made.publish_again(made.folder / "again", 1)
    assert contents(made.folder / "again") == contents(site)


def test_proofs_and_ids_stay_the_same_in_later_editions(made: Any, site: Path, rows: Callable[..., Any]) -> None:
    second = made.folder / "second"
    extra = (made.ids["undecided.txt"], "text", "Now decided", "en", "", "")
    published = made.publish(second, made.decisions(*rows(), extra))
    assert published.edition == 2
    before, after = contents(site), contents(second)
    kept = [path for path in before if path.endswith(".tlog-proof") and path.startswith("e/")]
    assert len(kept) > 15
    assert all(before[path] == after[path] for path in kept)
    assert {name: one["id"] for name, one in exhibits(site).items()}.items() <= {
        name: one["id"] for name, one in exhibits(second).items()
    }.items()
    assert exhibits(second)["Now decided"]["id"] == "TP-00005"
    assert verify_site(str(second), Vkey.parse(made.vkey())).exit_code == 0


def test_a_decision_that_is_in_force_is_not_written_twice(made: Any, site: Path, rows: Callable[..., Any]) -> None:
    made.publish(made.folder / "second", made.decisions(*rows()))
    one, two = exhibits(site), exhibits(made.folder / "second")
    assert all(
        [row["fields"] for row in one[name]["openings"]] == [row["fields"] for row in two[name]["openings"]]
        for name in one
    )


def test_what_was_published_never_loses_its_row(made: Any, site: Path, rows: Callable[..., Any]) -> None:
    with pytest.raises(WrongUsage, match=r"TP-0000\d was published before and has no row"):
        made.publish(made.folder / "second", made.decisions(*rows()[1:]))
    assert not (made.folder / "second").exists()


def test_new_ids_are_given_in_an_order_that_is_not_the_files(made: Any, rows: Callable[..., Any]) -> None:
    from witnessmark.edition import plan
    from witnessmark.model.digest import Commitment

    wanted = [Commitment(bytes([number]) * 32) for number in range(40)]
    ids = plan.give_ids(wanted, [], "TP", made.entropy)
    numbers = [ids[commitment].number for commitment in wanted]
    assert sorted(numbers) == list(range(1, 41))
    assert numbers != sorted(numbers)


def test_the_prefix_is_fixed_by_the_first_release(made: Any, site: Path, rows: Callable[..., Any]) -> None:
    settings = made.root / "witnessmark.toml"
    settings.write_text(settings.read_text().replace('"TP"', '"QQ"'))
    with pytest.raises(WrongUsage, match="the first release fixed it as TP"):
        made.publish(made.folder / "second", made.decisions(*rows()))


def test_a_folder_that_holds_something_is_left_alone(made: Any, rows: Callable[..., Any]) -> None:
    place = made.folder / "site"
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    with pytest.raises(WrongUsage, match="is not empty"):
        made.publish(place, made.decisions(*rows()))
    assert contents(place) == {"mine.txt": b"mine"}


def test_an_empty_folder_is_filled(made: Any, rows: Callable[..., Any]) -> None:
    place = made.folder / "site"
    place.mkdir()
    made.publish(place, made.decisions(*rows()))
    assert (place / "manifest").is_file()


def test_nothing_is_published_into_the_archive_or_through_a_link(made: Any, rows: Callable[..., Any]) -> None:
    with pytest.raises(WrongUsage, match="inside the archive"):
        made.publish(made.root / "site", made.decisions(*rows()))
    (made.folder / "link").symlink_to(made.folder / "nowhere")
    with pytest.raises(WrongUsage, match="no folder"):
        made.publish(made.folder / "link", made.decisions(*rows()))


class Killed(BaseException):
    """What a test throws where a process would be killed."""


def _kill_at(monkeypatch: pytest.MonkeyPatch, count: int, *, after: type, name: str) -> None:
    real, calls = getattr(after, name), itertools.count(1)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == count:
            raise Killed
        return real(*args, **kwargs)

    monkeypatch.setattr(after, name, wrapped)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_killed_while_rendering_leaves_nothing_and_counts_for_nothing(
    made: Any, rows: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(Folder, "__exit__", lambda *_: None)  # a kill runs no clean-up
    with monkeypatch.context() as inner:
        _kill_at(inner, count, after=Folder, name="write")
        with pytest.raises(Killed):
            made.publish(made.folder / "site", made.decisions(*rows()))
    assert not (made.folder / "site").exists()
    assert made.publish(made.folder / "site", made.decisions(*rows())).edition == 1
    assert verify_site(str(made.folder / "site"), Vkey.parse(made.vkey())).exit_code == 0
    assert sorted(path.name for path in made.folder.iterdir()) == ["archive", "decisions.csv", "site"]


@pytest.mark.parametrize("where", ["write_outside", "keep"])
def test_killed_after_the_release_is_finished_by_its_number(
    made: Any, rows: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    place = made.folder / "site"
    with monkeypatch.context() as inner:
        inner.setattr(write, "_vouch" if where == "write_outside" else "_check_same", _raise_killed)
        if where == "keep":
            inner.setattr(Folder, "keep", _raise_killed)
        with pytest.raises(Killed):
            made.publish(place, made.decisions(*rows()))
    assert not place.exists()
    with pytest.raises(WrongUsage, match="--release 1"):
        made.publish(place, made.decisions(*rows()))
    assert made.publish_again(place, 1).edition == 1
    assert verify_site(str(place), Vkey.parse(made.vkey())).exit_code == 0
    assert not folders.unfinished(place, 1).exists()
    assert made.publish(made.folder / "second", made.decisions(*rows())).edition == 2


def _raise_killed(*_: Any) -> Any:
    raise Killed


def test_a_full_disk_after_the_release_says_how_to_go_on(
    made: Any, rows: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise DiskFailure("the disk is full")

    monkeypatch.setattr(Folder, "keep", full)
    with pytest.raises(DiskFailure, match="edition 1 is recorded: run `publish` with --release 1"):
        made.publish(made.folder / "site", made.decisions(*rows()))


def test_a_catalogue_that_fails_after_the_release_leaves_the_sign_that_it_counts(
    made: Any, rows: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, real = made.folder / "site", Catalogue.catch_up

    def full_after_the_release(self: Catalogue, archive: Any) -> None:
        if any(recorded.kind == "release" for recorded in archive.ledger.replay()):
            raise DiskFailure("the disk is full")
        real(self, archive)

    with monkeypatch.context() as inner:
        inner.setattr(Catalogue, "catch_up", full_after_the_release)
        with pytest.raises(DiskFailure, match="edition 1 is recorded: run `publish` with --release 1"):
            made.publish(place, made.decisions(*rows()))
    with pytest.raises(WrongUsage, match="--release 1"):
        made.publish(place, made.decisions(*rows()))
    assert made.publish_again(place, 1).edition == 1


def test_a_content_that_changed_in_the_vault_stops_the_edition(made: Any, rows: Callable[..., Any]) -> None:
    from witnessmark.archive.folder import Archive
    from witnessmark.model.digest import Digest

    digest = Digest(hashlib.sha256(b"door,key\n1,double\n").hexdigest())
    with Archive.reading(made.root) as archive, archive.store.open(digest) as file:
        path = Path(file.name)
    path.chmod(0o600)
    path.write_bytes(b"door,key\n1,single\n")
    with pytest.raises(Damaged, match="is not what was sealed"):
        made.publish(made.folder / "site", made.decisions(*rows()))
    assert not (made.folder / "site").exists()


def test_another_program_names_what_differs_and_writes_nothing(
    made: Any, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Folder.write

    def other(self: Folder, path: str, data: bytes) -> None:
        real(self, path, data + b"\n" if path in {"check.html", "verify.pyz"} else data)

    monkeypatch.setattr(Folder, "write", other)
    monkeypatch.setattr(write, "PROGRAM", "witnessmark 9.9")
    with pytest.raises(Undecided, match=r"2 files differ: check.html, verify.pyz; nothing was written") as raised:
        made.publish_again(made.folder / "again", 1)
    assert raised.value.exit_code == 2
    assert "witnessmark 9.9" in str(raised.value)
    assert not (made.folder / "again").exists()


def test_an_edition_that_never_was_cannot_be_written_again(made: Any, site: Path) -> None:
    with pytest.raises(WrongUsage, match="there is no edition 7: there are 1"):
        made.publish_again(made.folder / "again", 7)


def test_file_times_tell_the_day_and_no_more(made: Any, site: Path, rows: Callable[..., Any]) -> None:
    again = made.folder / "again"
    made.publish_again(again, 1)
    for place in (site, again):
        times = {path.stat().st_mtime for path in (place, *place.rglob("*"))}
        assert times == {datetime(2032, 7, 9, 0, 0, 1, tzinfo=UTC).timestamp()}
