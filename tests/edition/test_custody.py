"""The custody page: every line rests on an entry, stated days that do not go together are said, names stand whole."""

import html
import shutil
import subprocess
from dataclasses import fields

import pytest

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.edition import custody as page
from witnessmark.edition.custody import NOT_SHOWN
from witnessmark.errors import WrongUsage
from witnessmark.intake import custody
from witnessmark.model.custody import Custody, HandOver

AT = "2032-06-20T08:00:00Z"
CHROMIUM = shutil.which("chromium")


def state(made, *hand_overs, by=("R. Sela", "ئەلى تارن"), **more):
    texts = {"medium": "USB stick", "operator": "R. Sela", "method": "rsync --checksum"} | more
    with Archive.writing(made.root, entropy=made.entropy) as archive, Catalogue.open(archive) as catalogue:
        row = custody.accession_numbered(catalogue, None)
        stated = Custody(
            row.commitment, hand_overs=tuple(map(custody.hand_over, hand_overs)), by=custody.names(by), **texts
        )
        return custody.add(archive, catalogue, stated, AT)


def gather(made, name):
    with Archive.reading(made.root) as archive, Catalogue.open(archive) as catalogue:
        return page.gather(archive, catalogue, catalogue.exhibit(made.ids[name]))


@pytest.fixture
def name(made):
    return next(iter(made.ids))


def test_every_line_rests_on_an_entry_that_says_so(made, name):
    index = state(made, "2032-06: a courier -> R. Sela", "2032-06-09: R. Sela -> Lantern Watch")
    found = gather(made, name)
    assert [(line.when, line.what) for line in found.before[:2]] == [
        ("2032-06", "a courier handed it to R. Sela"),
        ("2032-06-09", "R. Sela handed it to Lantern Watch"),
    ]
    assert {line.entries for line in found.before} == {(index,)}
    with Archive.reading(made.root) as archive:
        kinds = {archive.ledger.recorded(entry).kind for line in found.arrival for entry in line.entries}
        assert archive.ledger.recorded(index).kind == "custody"
    assert kinds == {"accession", "exhibit"}
    assert all(line.says for part in ("before", "arrival", "since") for line in getattr(found, part))
    assert found.fixity.endswith("agrees with the one that was sealed")
    assert found.warnings == ()


def test_days_that_do_not_go_together_are_sealed_and_said(made, name):
    index = state(made, "2032-06-09: A -> B", "2032-06-08: B -> C", "2039: C -> D")
    found = gather(made, name)
    assert any("2032-06-08 after one of 2032-06-09" in warning for warning in found.warnings)
    assert any("2039, after the sealing" in warning for warning in found.warnings)
    assert all(f"Entry {index:,}" in warning for warning in found.warnings)


def test_a_later_statement_stands_beside_the_earlier(made, name):
    first, second = state(made), state(made, medium="two CD-ROMs", note="The stick was a copy of these.")
    found = gather(made, name)
    assert [line.entries for line in found.before] == [(first,), (second,)]


def test_a_content_that_changed_is_said_to_have_changed(made, name):
    with Archive.reading(made.root) as archive, Catalogue.open(archive) as catalogue:
        digest = catalogue.exhibit(made.ids[name]).exhibit.digest
        with archive.store.open(digest) as file:
            place = made.root.resolve() / file.name
    place.chmod(0o600)
    data = bytearray(place.read_bytes())
    data[0] ^= 1
    place.write_bytes(data)
    assert "does not agree" in gather(made, name).fixity
    place.unlink()
    assert "not in the vault" in gather(made, name).fixity


@pytest.mark.parametrize(
    "text", ["", "2032-06-09 A -> B", "2032-13-01: A -> B", "2032-06-31: A -> B", "2032: A", "32: A -> B"]
)
def test_what_is_no_hand_over_is_refused(text):
    with pytest.raises(WrongUsage):
        custody.hand_over(text)


@pytest.mark.parametrize("by", [(), ("A",), ("A", "A"), ("A", " a "), ("A", "")])
def test_two_different_people_state_it(by):
    with pytest.raises(WrongUsage):
        custody.names(by)


def test_an_event_gives_the_statement_back(made):
    stated = Custody(custody_of(made), "m", "o", "x", (HandOver("2032", "A", "B"),), ("A", "B"), "n")
    assert Custody.from_fields(stated.event(AT).fields) == stated
    assert len(fields(Custody)) == 7


def custody_of(made):
    with Archive.reading(made.root) as archive, Catalogue.open(archive) as catalogue:
        return catalogue.accessions()[0].commitment


def test_a_rebuilt_catalogue_tells_the_same(made, name):
    state(made, "2032-06-09: A -> B")
    before = gather(made, name)
    with Archive.writing(made.root, entropy=made.entropy) as archive, Catalogue.open(archive) as catalogue:
        catalogue.rebuild(archive)
    assert gather(made, name) == before


def test_the_page_is_whole_and_escapes_everything(made, name):
    state(made, "2032-06-09: <b>A</b> -> \u202eB", note="<script>alert(1)</script>")
    text = page.render(gather(made, name), title="The Tarn Papers", keeper="Lantern Watch").decode()
    assert "<script" not in text
    assert "<b>A" not in text
    assert "\u202e" not in text
    assert "http" not in text.replace('http-equiv="Content-Security-Policy"', "")
    for sentence in NOT_SHOWN:
        assert sentence in html.unescape(text)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None or shutil.which("pdfinfo") is None, reason="needs Chromium and pdfinfo")
def test_it_prints_on_one_page(made, name, tmp_path):
    state(made, "2032-06-08: a courier -> ئەلى تارن", "2032-06-09: ئەلى تارن -> 灯塔")
    (tmp_path / "page.html").write_bytes(
        page.render(gather(made, name), title="The Tarn Papers", keeper="Lantern Watch")
    )
    subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'page.pdf'}", tmp_path / "page.html"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    told = subprocess.run(["pdfinfo", tmp_path / "page.pdf"], check=True, capture_output=True, text=True).stdout
    assert "Pages:           1\n" in told
