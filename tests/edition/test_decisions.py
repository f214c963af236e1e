"""The decision file: taken whole, or refused whole with the row and the reason."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.catalogue.query import Catalogue
from witnessmark.edition import decisions
from witnessmark.errors import WrongUsage
from witnessmark.model.words import Publish

HEADER = "exhibit,publish,title,language,open,decided_by,decided_on,reason\n"


def parse(made: Any, text: str) -> Any:
    with made.writing() as archive, Catalogue.open(archive) as catalogue:
        return decisions.parse(text, catalogue, {})


def row(made: Any, **changed: str) -> str:
    cells = {
        "exhibit": made.ids["order.pdf"],
        "publish": "text",
        "title": "Order",
        "language": "en",
        "open": "",
        "decided_by": "two editors",
        "decided_on": "2032-07-01",
        "reason": "",
    } | changed
    return ",".join(cells.values()) + "\n"


def test_a_row_says_what_goes_out(made: Any) -> None:
    (found,) = parse(made, HEADER + row(made, open="path decided_by path", language="art-x-kestrian"))
    assert found.number == 2
    assert found.decision.publish is Publish.TEXT
    assert found.decision.open == ("decided_by", "path")
    assert found.decision.exhibit == made.exhibits["order.pdf"]


def test_a_path_names_an_exhibit(made: Any) -> None:
    with made.writing() as archive, Catalogue.open(archive) as catalogue:
        printed = catalogue.exhibit(made.ids["order.pdf"]).printed
    (found,) = parse(made, HEADER + row(made, exhibit=f"path:{printed}"))
    assert found.decision.exhibit == made.exhibits["order.pdf"]


def test_a_public_id_names_an_exhibit_once_it_has_one(made: Any, site: Path, rows: Any) -> None:
    text = HEADER + "".join(row(made, exhibit=f"TP-0000{n}", publish="nothing", reason="Gone.") for n in range(1, 5))
    assert len(parse(made, text)) == 4


def test_a_mark_at_the_start_and_empty_rows_are_no_matter(made: Any, tmp_path: Path) -> None:
    path = tmp_path / "with-mark.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + row(made) + "\n,,,,,,,\n").replace("\n", "\r\n").encode())
    assert len(parse(made, decisions.read(path))) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"exhibit": "aaaaaaaaaaaaaaaa"}, "no exhibit is called"),
        ({"exhibit": "path:nowhere"}, "no exhibit is called"),
        ({"exhibit": "order"}, "names no exhibit"),
        ({"exhibit": ""}, "names no exhibit"),
        ({"publish": "all"}, "'all' is no word for publish"),
        ({"publish": ""}, "'' is no word for publish"),
        ({"publish": "pages"}, "cannot be published yet"),
        ({"publish": "nothing"}, "reason is empty"),
        ({"publish": "file"}, "only plain text and CSV go out as a file"),
        ({"open": "path;size"}, "is no field that can be opened"),
        ({"open": "id"}, "'id' is no field that can be opened"),
        ({"open": "handle"}, "'handle' is no field that can be opened"),
        ({"open": "digest"}, "opens with publish = file only"),
        ({"open": "path size"}, "opens with publish = file only"),
        ({"publish": "nothing", "reason": "Safety", "open": "characters"}, "would tell the size of a text"),
        ({"language": "english"}, "no language tag"),
        ({"decided_on": "1.7.2032"}, "write the day as"),
        ({"decided_on": "2032-02-30"}, "write the day as"),
        ({"decided_on": "20320701"}, "write the day as"),
        ({"decided_on": ""}, "write the day as"),
        ({"title": '"two\nlines"'}, "title holds a line break"),
    ],
)
def test_one_wrong_row_refuses_the_file_and_says_why(made: Any, changed: dict[str, str], says: str) -> None:
    with pytest.raises(WrongUsage) as raised:
        parse(made, HEADER + row(made, exhibit=made.ids["notice.html"]) + row(made, **changed))
    assert says in str(raised.value)
    assert "row 3" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_attributes_that_may_be_a_checksum_open_with_the_file_only(made: Any) -> None:
    with made.writing() as archive, Catalogue.open(archive) as catalogue:
        plain = catalogue.exhibit(made.ids["order.pdf"])
    facts = replace(plain.exhibit.filesystem, attributes=(("user.sha256", b"0" * 64),))
    marked = replace(plain, exhibit=replace(plain.exhibit, filesystem=facts))
    for publish in Publish:
        decisions._check_facts(plain, ("filesystem",), publish)
        decisions._check_facts(marked, ("path",), publish)
    decisions._check_facts(marked, ("filesystem",), Publish.FILE)
    for publish in (Publish.NOTHING, Publish.TEXT):
        with pytest.raises(WrongUsage, match="extended attributes"):
            decisions._check_facts(marked, ("filesystem",), publish)


def test_a_picture_without_text_has_no_text_to_show(made: Any) -> None:
    with pytest.raises(WrongUsage, match="no text that a reader would see"):
        parse(made, HEADER + row(made, exhibit=made.ids["gate.jpg"]))


def test_two_rows_for_one_exhibit_are_refused(made: Any) -> None:
    with pytest.raises(WrongUsage, match="row 3 .* has a row already, row 2"):
        parse(made, HEADER + row(made) + row(made, publish="nothing", reason="No."))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the first row"),
        (HEADER.replace("title", "titel"), "the first row"),
        (HEADER.replace(",", ";"), "the first row"),
        (HEADER + "a,b\n", "row 2 has 2 cells where 8 belong"),
        (HEADER + 'a,"b\n', "is no CSV"),
    ],
)
def test_what_is_no_decision_file_is_refused(made: Any, text: str, says: str) -> None:
    with pytest.raises(WrongUsage, match=says):
        parse(made, text)


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="there is no decision file"):
        decisions.read(tmp_path / "none.csv")
    with pytest.raises(WrongUsage, match="there is no decision file"):
        decisions.read(tmp_path)
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongUsage, match="no UTF-8"):
        decisions.read(tmp_path / "latin.csv")


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading_of_rows(text: str) -> None:
    for start in ("", HEADER):
        try:
            found = list(decisions._rows(start + text))
        except WrongUsage:
            continue
        assert all(len(cells) == 8 for _, cells in found)


def test_a_wrong_row_leaves_no_trace_in_the_ledger(made: Any, rows: Any) -> None:
    with made.writing() as archive:
        before = archive.ledger.size
    with pytest.raises(WrongUsage):
        made.publish(made.folder / "site", made.decisions(*rows(), ("zzz", "text", "", "", "", "")))
    with made.writing() as archive:
        assert archive.ledger.size == before
    assert not (made.folder / "site").exists()
