"""Letters in pictures: found by tesseract where it is, marked as read by a machine everywhere, never published unmarked."""

import io
import json
import os
import shutil
from pathlib import Path

import pypdf
import pytest
from PIL import Image
from pypdf import generic

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.demo.drawing import typed_page
from witnessmark.demo.write_pdf import Line, Page, Properties, pdf
from witnessmark.intake import ocr
from witnessmark.work import programs

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract", path=programs.PLACES) is None, reason="tesseract is not installed"
)
LINES = (("ORDER No. 27", 46), ("The south gate is opened at seven.", 32), ("Carts are searched.", 32))


def scan(lines=LINES, kind="PNG"):
    out = io.BytesIO()
    typed_page(lines, "a scan").save(out, kind)
    return out.getvalue()


def two_pages():
    """A PDF whose first page has text of its own and whose second is a picture."""
    picture = typed_page(LINES, "second", tilt=0.3)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    day = "D:20180309080000Z"
    first = Page((Line("This page was typed."),))
    return pdf((first, Page(jpeg=(out.getvalue(), *picture.size))), Properties("Order", "Clerk", day, day))


def unnamed():
    """A PDF of one page, a picture and over it letters that the file gives no names to."""
    writer = pypdf.PdfWriter(io.BytesIO(two_pages()))
    writer.remove_page(0)
    inner = "<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"
    font = f"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[{inner}]>>"
    page = writer.pages[0]
    made = generic.read_object(io.BytesIO(font.encode()), writer)
    page["/Resources"][generic.NameObject("/Font")] = generic.DictionaryObject({generic.NameObject("/U"): made})
    drawn = generic.StreamObject()
    drawn.set_data(page.get_contents().get_data() + b"\nBT /U 8 Tf 60 40 Td <00390052005500510044> Tj ET")
    page[generic.NameObject("/Contents")] = writer._add_object(drawn)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def seen(wm, tmp_path_factory):
    leak = tmp_path_factory.mktemp("pictures") / "leak"
    leak.mkdir()
    (leak / "scan.png").write_bytes(scan())
    (leak / "paper.pdf").write_bytes(two_pages())
    (leak / "note.txt").write_text("A note with text of its own.")
    (leak / "unnamed.pdf").write_bytes(unnamed())
    Image.new("L", (300, 200), 90).save(leak / "wall.png")
    Image.new("L", (8, 8), 90).save(leak / "dot.png")
    (leak / "broken.png").write_bytes(scan()[:3000])
    place = leak.parent / "archive"
    before = wm.good("compile", place, leak, "--no-programs", "--json").last
    return place, before, wm.good("compile", place, "--ocr", "eng", "--json").last


@pytest.fixture
def unseen(wm, tmp_path):
    """What to compile: a scan, and a PDF of two pages of which one is empty paper."""
    leak = tmp_path / "leak"
    leak.mkdir()
    (leak / "scan.png").write_bytes(scan())
    day = "D:20180309080000Z"
    blank = io.BytesIO()
    Image.new("L", (600, 800), 250).save(blank, "JPEG")
    pages = (Page((Line("This page was typed."),)), Page(jpeg=(blank.getvalue(), 600, 800)))
    (leak / "typed.pdf").write_bytes(pdf(pages, Properties("Order", "Clerk", day, day)))
    return tmp_path / "archive", leak


@needs_tesseract
def test_what_has_no_text_is_looked_at_without_being_asked_for_once(wm, unseen):
    place, leak = unseen
    ran = wm.good("compile", place, leak, "--json").last
    assert {name: ran["ocr"][name] for name in ("known", "exhibits", "with_text")} == {
        "known": 2,
        "exhibits": 2,
        "with_text": 1,
    }
    assert (ran["without_text"], ran["not_found"], ran["by_fewer_packs"]) == (0, [], 0)
    assert wm.files(place)["scan.png"]["machine_read"].startswith("tesseract ")
    before = wm.entries(place)
    again = wm.good("compile", place, leak, "--json").last
    assert again["ocr"] is None
    assert wm.entries(place) == before


@needs_tesseract
def test_text_is_the_files_own_where_no_letters_were_found(wm, unseen, tmp_path):
    place, leak = unseen
    wm.good("compile", place, leak)
    (row,) = [r for r in wm.good("files", place, "--json", "--observations").objects if r["path"] == "typed.pdf"]
    assert row["machine_read"] is None
    assert [value["page"] for name, value in row["observations"] if name == "ocr.page"] == [2]
    assert wm.call("text", place, "path:typed.pdf").err == ""
    wm.good(
        "publish", place, tmp_path / "site", "--decisions", wm.decide(tmp_path / "d.csv", ("path:typed.pdf", "text"))
    )


@needs_tesseract
def test_a_scan_is_looked_at_whatever_line_an_app_put_on_it(wm, unseen):
    place, leak = unseen
    out = io.BytesIO()
    picture = typed_page(LINES, "behind")
    picture.save(out, "JPEG", quality=80)
    day, jpeg = "D:20180309080000Z", (out.getvalue(), *picture.size)
    long = tuple(
        Line(f"Line {number} of a long letter that was typed over a picture of paper.") for number in range(20)
    )
    pages = (Page((Line("Scanned by PaperCam"),), jpeg=jpeg), Page(long, jpeg=jpeg), Page((Line("A short letter."),)))
    (leak / "app.pdf").write_bytes(pdf(pages, Properties("Order", "Clerk", day, day)))
    wm.good("compile", place, leak)
    (row,) = [
        r for r in wm.good("files", place, "--json", "--text", "--observations").objects if r["path"] == "app.pdf"
    ]
    observed = [value for name, value in row["observations"] if name == "pdf.pictured"]
    assert [(one["page"], one["share"] >= 90) for one in observed] == [(1, True), (2, True)]
    first, second, third = row["text"].partition("--- hidden")[0].split("\f")
    assert first.startswith("Scanned by PaperCam")
    assert "Carts are searched." in first
    assert first.count("PaperCam") == 1
    assert "Carts" not in second, "a page with a text of its own"
    assert third.strip() == "A short letter."


@needs_tesseract
def test_more_packs_than_there_were_are_told_of_and_make_nothing_due(wm, unseen, monkeypatch):
    place, leak = unseen
    wm.good("compile", place, leak)
    before = wm.entries(place)
    monkeypatch.setattr(ocr, "chosen", lambda recogniser, _: (*recogniser.packs, "xyz"))
    ran = wm.good("compile", place, "--json").last
    assert (ran["ocr"], ran["by_fewer_packs"]) == (None, 2)
    assert "--ocr looks again" in wm.good("compile", place).out
    assert wm.entries(place) == before


@needs_tesseract
def test_a_search_that_came_to_its_end_is_not_made_again_and_one_that_is_forgotten_is(wm, unseen):
    place, leak = unseen
    (leak / "plain.pdf").write_bytes(pdf((Page((Line("Typed."),)),), Properties("A", "B", "D:2018", "D:2018")))
    assert wm.good("compile", place, leak, "--json").last["ocr"]["known"] == 3
    (leak / "other.png").write_bytes(scan((("ORDER No. 28", 46),)))
    assert wm.good("compile", place, leak, "--json").last["ocr"]["known"] == 1
    wm.good("rebuild", place)
    assert wm.good("compile", place, "--json").last["ocr"]["known"] == 1, (
        "the PDF with text on its page, looked at anew"
    )


@needs_tesseract
def test_without_programs_nothing_is_looked_at_and_what_is_left_is_told(wm, unseen):
    place, leak = unseen
    ran = wm.good("compile", place, leak, "--no-programs", "--json").last
    assert (ran["ocr"], ran["without_text"], ran["not_found"]) == (None, 1, [])
    assert "letters were not looked for" in wm.good("compile", place, "--no-programs").out


@needs_tesseract
@pytest.mark.parametrize("harm", ["gone", "not JSON"])
def test_damage_to_one_reading_keeps_no_other_from_being_looked_at(wm, unseen, harm):
    place, leak = unseen
    (leak / "other.png").write_bytes(scan((("ORDER No. 28", 46),)))
    wm.good("compile", place, leak, "--no-programs")
    with Archive.reading(place) as archive, Catalogue.open(archive) as catalogue:
        digest = catalogue.exhibit("path:scan.png").reading.derivative.digest
    (kept,) = Path(place).glob(f"vault/*/**/*{digest.hex[4:]}*")
    kept.chmod(0o600)
    kept.unlink() if harm == "gone" else kept.write_bytes(b"no JSON")
    ran = wm.good("compile", place, "--json").last
    assert (ran["ocr"]["known"], ran["ocr"]["exhibits"]) == (3, 2)
    assert wm.files(place)["other.png"]["machine_read"] is not None
    assert wm.good("compile", place, "--json").last["ocr"]["known"] == 1, "what could not be read stays due"
    assert wm.call("audit", place).code == 1


def test_what_is_not_found_is_told_and_the_rest_goes_well(wm, unseen, monkeypatch):
    place, leak = unseen
    monkeypatch.setattr(programs, "PLACES", "/nowhere")
    ran = wm.good("compile", place, leak, "--json").last
    assert (ran["ocr"], ran["without_text"], ran["not_found"]) == (None, 1, ["tesseract"])
    assert "Not found here" in wm.good("compile", place).out


@needs_tesseract
def test_letters_become_visible_text_that_says_who_read_them(wm, seen):
    place, before, after = seen
    assert (before["ocr"], before["without_text"]) == (None, 4)
    files = {row["path"]: row for row in wm.good("files", place, "--json", "--text", "--observations").objects}
    assert "The south gate is opened at seven." in files["scan.png"]["text"]
    assert files["scan.png"]["machine_read"].startswith("tesseract ")
    assert files["scan.png"]["machine_read"].endswith("(eng)")
    assert files["note.txt"]["machine_read"] is None
    own, _, drawn = files["paper.pdf"]["text"].partition("\f")
    assert "This page was typed." in own
    assert "Carts are searched." in drawn
    observed = [value for name, value in files["paper.pdf"]["observations"] if name == "ocr.page"]
    assert [(one["page"], one["ended"], one["packs"]) for one in observed] == [(2, "well", "eng")]
    assert "pdf.info.title" in {name for name, _ in files["paper.pdf"]["observations"]}, "nothing found before is lost"
    assert files["wall.png"]["text"] == files["dot.png"]["text"] == ""
    assert {name: after["ocr"][name] for name in ("exhibits", "with_text")} == {"exhibits": 6, "with_text": 3}
    assert wm.call("audit", place).code == 0
    assert os.listdir(Path(place) / "vault" / "temporary") == []


@needs_tesseract
def test_a_page_whose_letters_the_file_does_not_name_keeps_them_and_gets_what_is_seen(wm, seen):
    place = seen[0]
    (row,) = [
        r for r in wm.good("files", place, "--json", "--text", "--observations").objects if r["path"] == "unnamed.pdf"
    ]
    assert dict(row["observations"])["pdf.unmapped"] == {"page": 1, "characters": 5, "of": 5}
    noise, _, drawn = row["text"].partition("\n")
    assert noise.strip()
    assert "Carts are searched." not in noise
    assert "Carts are searched." in drawn
    assert row["machine_read"].startswith("tesseract ")


@needs_tesseract
def test_it_is_found_by_searching_and_told_beside_the_text(wm, seen):
    place = seen[0]
    assert "[letters read by a machine] " in wm.good("search", place, "carts searched").out
    hits = {hit["path"]: hit for hit in wm.good("search", place, "carts searched OR own", "--json").objects}
    assert hits["scan.png"]["machine_read"].startswith("tesseract ")
    assert hits["note.txt"]["machine_read"] is None
    assert "machine" not in wm.good("search", place, "own").out
    told = wm.call("text", place, "path:scan.png")
    assert told.code == 0
    assert "read by a machine" in told.err
    assert wm.good("text", place, "path:note.txt").err == ""


@needs_tesseract
def test_where_each_word_stands_is_kept(wm, seen):
    from witnessmark.model.digest import Digest

    with Archive.reading(Path(seen[0])) as archive:
        kept = [one.fields for one in archive.ledger.replay() if one.fields.get("step") == "words"]
        assert sorted(json.loads(one["settings"])["page"] for one in kept) == [1, 1, 2]
        for one in kept:
            told = json.loads(archive.store.read(Digest(one["text"]), 1 << 20))
            words = {word[0]: word[1:] for word in told["words"]}
            left, top, right, bottom, sure = words["searched."]
            assert 0 < left < right <= told["width"]
            assert 0 < top < bottom <= told["height"]
            assert sure >= 50


@needs_tesseract
def test_what_was_looked_at_is_not_looked_at_again(wm, seen, tmp_path):
    place = wm.copied(seen[0], tmp_path / "archive")
    before = wm.entries(place)
    assert wm.good("compile", place, "--ocr", "eng", "--json").last["ocr"]["exhibits"] == 0
    assert wm.entries(place) == before
    wm.good("rebuild", place)
    assert wm.files(place)["scan.png"]["machine_read"] is not None


@needs_tesseract
def test_such_text_is_published_only_where_the_page_says_so(wm, seen, tmp_path):
    place = wm.copied(seen[0], tmp_path / "archive")
    shut = wm.call(
        "publish", place, tmp_path / "site", "--decisions", wm.decide(tmp_path / "d.csv", ("path:scan.png", "text"))
    )
    assert shut.code == 64
    assert "tools" in shut.sentence
    opened = wm.decide(tmp_path / "d2.csv", ("path:scan.png", "text", {"open": "tools"}))
    wm.good("publish", place, tmp_path / "site2", "--decisions", opened)
    (page,) = (tmp_path / "site2").glob("e/*/index.html")
    assert "tesseract" in page.read_text("utf-8")


@pytest.mark.parametrize("words", [("--ocr",), ("--ocr", "xyz"), ("--ocr", "--seal-only"), ("--ocr", "--no-programs")])
def test_what_cannot_be_looked_for_is_one_sentence(wm, tmp_path, monkeypatch, words):
    if words == ("--ocr",):
        monkeypatch.setattr(programs, "PLACES", "/nowhere")
    elif "xyz" in words and shutil.which("tesseract", path=programs.PLACES) is None:
        pytest.skip("tesseract is not installed")
    (tmp_path / "leak").mkdir()
    (tmp_path / "leak" / "note.txt").write_text("A note.")
    ran = wm.call("compile", tmp_path / "archive", tmp_path / "leak", *words)
    assert ran.code == 64
    assert ran.sentence


@needs_tesseract
def test_doctor_lists_packs_and_what_the_lack_of_one_costs(wm):
    found = wm.good("doctor", "--json").last
    assert found["programs"]["tesseract"][0].isdigit()
    assert "eng" in found["programs"]["packs"]
    monkey = programs.Recogniser(programs.Program("tesseract", "/x", "5.3"), ("eng",), tells_scripts=False)
    missing = programs.missing_packs(monkey)
    assert any("Tibetan" in line and "tesseract-ocr-bod" in line for line in missing)
    assert any("osd" in line for line in missing)


def test_packs_are_chosen_by_the_script():
    recogniser = programs.Recogniser(
        programs.Program("tesseract", "/x", "5.3"), ("eng", "chi_sim", "uig", "kaz", "rus"), tells_scripts=True
    )
    assert recogniser.packs_of("Arabic") == ("uig",)
    assert recogniser.packs_of("Cyrillic") == ("kaz", "rus")
    assert recogniser.packs_of("") == ("eng", "chi_sim")
