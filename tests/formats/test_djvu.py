"""Laws of DjVu: each page's text once, in the directory's order, apart from what shows; lies of a directory are told."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge import djvu_forge as forge

from witnessmark.formats import bzz, djvu, djvu_file, djvu_notes
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind

ENDS = (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.UNSUPPORTED)


def unseen(found):
    return [text for label, text in found.hidden_pieces if label.startswith("not seen on page")]


def two_pages(**more):
    return forge.document([(forge.PAGE, forge.page("The doors")), (forge.PAGE, forge.page("The keys"))], **more)


def test_text_outline_notes_and_metadata_come_out_apart(read):
    found = read(forge.specimen(), "orders.djvu")
    assert (found.media_type, found.kind, found.ended, found.detail) == (
        "image/vnd.djvu",
        ExhibitKind.DOCUMENT,
        Outcome.OK,
        "",
    )
    assert found.visible_text == "\f"
    assert found.hidden_pieces == [
        ("names of pages and files", "p0001.djvu\np0003.djvu\np0002.djvu\n"),
        ("bookmarks", "Orders\nThe list\n"),
        ("not seen on page 1", "The doors are locked at night.\n\nDas Tor ist zu.\n"),
        ("not seen on page 2", "Keys are counted twice.\n"),
        ("annotation", 'the order, with a "seal"\n'),
        ("printed header", "Copy 3 of 5\n"),
        ("metadata: Title", "Night orders\n"),
        ("metadata: Author", "Ada Tern\n"),
        ("metadata: Producer", "Kestria Scan 2.1\n"),
        ("metadata: CreationDate", "2031-05-04T02:00:00+02:00\n"),
        ("metadata: note", "ключ\n"),
    ]
    assert found.observed("djvu.pages") == [2]
    assert found.observed("djvu.files") == [{"files": 3, "bundled": True}]
    assert found.observed("djvu.unseen") == [{"page": 1, "characters": 47}, {"page": 2, "characters": 23}]
    paper = {"height": 2200, "dpi": 300, "version": "0.26"}
    assert found.observed("djvu.page") == [
        {"page": 1, "width": 1700, "turned": 0, **paper},
        {"page": 2, "width": 1200, "turned": 90, **paper},
    ]
    assert found.observed("address") == ["http://kestria.example/list", "http://kestria.example/orders"]
    assert found.observed("date.created")[0]["utc"] == "2031-05-04T00:00:00Z"
    assert found.observed("software")[0]["name"] == "Kestria Scan 2.1"


@pytest.mark.parametrize("before", [b"AT&T", b""])
def test_a_single_page_is_read_with_and_without_the_four_letters_before(read, before):
    found = read(before + forge.page("The doors"))
    assert (found.media_type, found.ended, unseen(found)) == ("image/vnd.djvu", Outcome.OK, ["The doors\n"])
    assert found.visible_text == ""


def test_pages_without_text_are_as_scans_are(read):
    found = read(forge.document([(forge.PAGE, forge.page()), (forge.PAGE, forge.page("The keys"))]))
    assert (found.ended, found.visible_text) == (Outcome.OK, "\f")
    assert found.observed("djvu.without_text") == [1]


def test_text_that_is_no_utf_8_is_read_as_what_it_likeliest_is(read):
    found = read(b"AT&T" + forge.page("Двери закрыты на ночь, ключи у двоих.".encode("cp1251")))
    assert unseen(found) == ["Двери закрыты на ночь, ключи у двоих.\n"]


def test_a_page_that_the_directory_does_not_list_is_told_apart(read):
    found = read(two_pages(order=[1]))
    assert unseen(found) == ["The keys\n"]
    assert ("text of a page that is not listed", "The doors\n") in found.hidden_pieces
    assert (found.observed("djvu.unlisted"), found.observed("djvu.pages")) == ([1], [1])


@pytest.mark.parametrize("start", [0, 3, 1 << 31, 0xFFFFFFFF])
def test_entries_that_lead_nowhere_are_counted(read, start):
    found = read(two_pages(extra=[(start, 90, forge.PAGE, b"p0003.djvu")]))
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "1 of 3 pages are not where they should be")
    assert unseen(found) == ["The doors\n", "The keys\n"]


def test_a_page_that_is_listed_twice_is_read_once(read):
    found = read(two_pages(order=[0, 1, 0, 0, 1]))
    assert unseen(found) == ["The doors\n", "The keys\n"]
    assert found.ended is Outcome.PARTIAL


def test_files_that_include_each_other_are_read_once_each(read):
    loop = [
        (
            forge.INCLUDED,
            forge.form(b"DJVI", forge.chunk(b"INCL", b"b"), forge.chunk(b"ANTa", b'(maparea "" "one" ())')),
        ),
        (
            forge.INCLUDED,
            forge.form(b"DJVI", forge.chunk(b"INCL", b"a"), forge.chunk(b"ANTa", b'(maparea "" "two" ())')),
        ),
        (forge.PAGE, forge.page("The doors", forge.chunk(b"INCL", b"a"), forge.chunk(b"INCL", b"c"))),
    ]
    found = read(forge.document(loop, names=[b"a", b"b", b"c"]))
    assert found.ended is Outcome.OK
    assert [text for label, text in found.hidden_pieces if label == "annotation"] == ["one\n", "two\n"]


def test_a_document_whose_pages_are_other_files_says_so(read):
    listed = forge.directory((0, 0, 0), (9, 9, 9), (0, 1, 1), (b"dict.iff", b"p1.djvu", b"p2.djvu"), bundled=False)
    found = read(b"AT&T" + forge.form(b"DJVM", listed))
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "its 2 pages are other files, which it names")
    assert found.hidden_pieces == [("names of pages and files", "dict.iff\np1.djvu\np2.djvu\n")]
    assert (found.visible_text, found.observed("djvu.pages")) == ("", [2])


def test_a_directory_whose_names_are_damaged_still_says_the_order(read):
    whole = two_pages(order=[1, 0])
    at = whole.index(b"DIRM") + 8 + 3 + 8
    found = read(whole[:at] + bytes(9) + whole[at + 9 :])
    assert unseen(found) == ["The keys\n", "The doors\n"]
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "the directory of its pages is damaged")


def test_without_a_directory_pages_come_as_they_lie(read):
    found = read(two_pages().replace(b"DIRM", b"DIRX"))
    assert unseen(found) == ["The doors\n", "The keys\n"]
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "the directory of its pages is missing")


def test_behind_damage_the_directory_finds_the_next_page(read):
    pages = [(forge.PAGE, forge.page(f"Door {number}")) for number in range(5)]
    whole = forge.document(pages)
    at = whole.index(pages[1][1])
    found = read(whole[:at] + bytes(20) + whole[at + 20 :])
    assert unseen(found) == ["Door 0\n", "Door 2\n", "Door 3\n", "Door 4\n"]
    assert found.detail == "its chunks break off; 1 of 5 pages are not where they should be"


def test_a_file_that_is_cut_off_gives_the_pages_that_are_there(read):
    pages = [(forge.PAGE, forge.page(f"Door {number}")) for number in range(5)]
    whole = forge.document(pages)
    found = read(whole[: whole.index(pages[3][1]) + 40])
    assert found.ended is Outcome.PARTIAL
    assert unseen(found)[:3] == ["Door 0\n", "Door 1\n", "Door 2\n"]
    assert read(whole[:16]).ended is Outcome.CORRUPT


@pytest.mark.parametrize("size", [0, 5, 1 << 31])
def test_a_page_of_another_size_than_it_says_takes_no_bytes_of_others(read, size):
    pages = [(forge.PAGE, forge.page(f"Door {number}")) for number in range(4)]
    whole = forge.document(pages)
    at = whole.index(pages[1][1]) + 4
    found = read(whole[:at] + size.to_bytes(4, "big") + whole[at + 4 :])
    assert found.ended is Outcome.PARTIAL
    assert unseen(found)[0] == "Door 0\n"
    assert len(unseen(found)) == len(set(unseen(found)))


@pytest.mark.parametrize("text", [b"", b"\xff\xff\xff", b"\0\0\x09doors", bytes(3)])
def test_a_text_layer_that_breaks_off_gives_what_is_there(read, text):
    found = read(b"AT&T" + forge.form(b"DJVU", forge.info(), forge.chunk(b"TXTa", text)))
    assert found.ended is (Outcome.OK if text in (b"", bytes(3)) else Outcome.PARTIAL)
    assert unseen(found) == (["doors\n"] if b"doors" in text else [])


def test_packed_bytes_unfold_to_no_more_than_is_allowed(read, monkeypatch):
    monkeypatch.setattr(bzz, "FREE", 1_000)
    monkeypatch.setattr(bzz, "FOLD", 10)
    found = read(b"AT&T" + forge.page("a" * 3_000))
    assert (found.ended, unseen(found)) == (Outcome.PARTIAL, [])
    assert found.detail == "1 texts, outlines or annotations would unfold to too much"


def test_all_pages_together_unfold_to_no_more_than_a_bound(read, monkeypatch):
    monkeypatch.setattr(djvu, "MOST_UNFOLDED", 300)
    found = read(forge.document([(forge.PAGE, forge.page(f"Door {number} " * 8)) for number in range(9)]))
    assert 1 <= len(unseen(found)) <= 3
    assert found.detail.endswith("would unfold to too much")


def test_pages_are_read_up_to_a_bound(read, monkeypatch):
    monkeypatch.setattr(djvu, "MOST_PAGES", 3)
    found = read(forge.document([(forge.PAGE, forge.page(f"Door {number}")) for number in range(5)]))
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "the first 3 of 5 pages were read")
    assert len(unseen(found)) == 3


def test_chunks_are_walked_up_to_a_bound(read, monkeypatch):
    monkeypatch.setattr(djvu_file, "MOST_CHUNKS", 5)
    found = read(b"AT&T" + forge.form(b"DJVU", forge.info(), *[forge.chunk(b"TXTa", forge.layer("a"))] * 9))
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "its chunks break off")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('(maparea "" "open', ["open"]),
        ('(maparea "" "a \\"b\\" \\\\ \\q" (rect', ['a "b" \\ \\q']),
        ('(maparea (url "http://kestria.example/" "_top") "\\303\\244" ())', ["ä"]),
        ("(" * 100_000 + 'maparea "" "deep"', []),
        (")" * 100_000 + '(maparea "" "after" ())', ["after"]),
        ("((maparea)) () (metadata) (metadata a (b) (c d) ((e) f)) (xmp) (xmp x) (phead (left b))", []),
        ('(maparea "" ("no comment"))(maparea)(maparea "x")', []),
    ],
)
def test_annotations_of_any_form_are_followed(read, text, said):
    found = read(b"AT&T" + forge.form(b"DJVU", forge.info(), forge.chunk(b"ANTa", text.encode())))
    assert found.ended is Outcome.OK
    assert [words.strip() for label, words in found.hidden_pieces if label == "annotation"] == said


def test_what_many_pages_say_alike_is_told_once(read):
    note = forge.chunk(b"ANTa", b'(maparea "http://kestria.example/" "see" ()) (metadata (title "Orders"))')
    found = read(forge.document([(forge.PAGE, forge.page(None, note)) for _ in range(4)]))
    assert [piece for piece in found.hidden_pieces if "names" not in piece[0]] == [
        ("annotation", "see\n"),
        ("metadata: title", "Orders\n"),
    ]
    assert found.observed("djvu.metadata") == [{"title": "Orders"}]
    assert found.observed("address") == ["http://kestria.example/"]


def test_xmp_in_an_annotation_is_read(read):
    packet = (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:CreatorTool='Kestria Scan'/></rdf:RDF>"
    )
    found = read(b"AT&T" + forge.page(None, forge.chunk(b"ANTa", f'(xmp "{packet}")'.encode())))
    assert found.observed("software")[0]["name"] == "Kestria Scan"


def test_an_outline_that_breaks_off_gives_its_first_titles():
    data = b"\0\x03" + b"\0\0\0\2ab\0\0\0" + b"\0\0\0\1c\0\0\2#1" + b"\0\xff\xff\xffdoor"
    assert list(djvu_notes.titles(data)) == [("ab", ""), ("c", "#1")]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=6))
def test_damage_anywhere_ends_in_an_outcome(read, at, wrong):
    whole = forge.specimen()
    at %= len(whole) - len(wrong)
    found = read(whole[:at] + wrong + whole[at + len(wrong) :])
    assert found.ended in ENDS
    assert sum(len(text) for _, text in found.hidden_pieces) < 200_000


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6), st.randoms())
def test_pages_come_in_the_order_that_the_directory_says(read, texts, chance):
    order = list(range(len(texts)))
    chance.shuffle(order)
    texts = [text.replace("\r", "").replace("\0", "").translate(djvu._LINES).strip("\n ") for text in texts]
    found = read(forge.document([(forge.PAGE, forge.page(text)) for text in texts], order=order))
    assert found.ended is Outcome.OK
    assert unseen(found) == [texts[number] + "\n" for number in order if texts[number]]
    assert found.visible_text == "\f" * (len(texts) - 1)


@pytest.mark.skipif(shutil.which("djvused") is None, reason="DjVuLibre's programs are not on this machine")
def test_djvulibre_reads_the_same_in_what_is_made_here(read, tmp_path):
    data = forge.specimen()
    (tmp_path / "a.djvu").write_bytes(data)

    def said(*command):
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, encoding="utf-8").stdout

    theirs = [page.translate(djvu._LINES).strip("\n ") + "\n" for page in said("djvutxt", "a.djvu").split("\f")[:-1]]
    assert theirs == unseen(read(data))
    outline = said("djvused", "a.djvu", "-u", "-e", "print-outline")
    assert [line.strip() for line in outline.splitlines() if "#" not in line and "//" not in line][1:] == [
        '("Orders"',
        '("The list"',
    ]
    assert "Kestria Scan 2.1" in said("djvused", "a.djvu", "-u", "-e", "select 2; print-merged-ant")
