"""Laws of reading PDF: only what a reader of the page sees is visible text; all else in the file is kept apart."""

import base64
import io
import re
import subprocess
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats import collector

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.formats import dates
from witnessmark.formats.pdf import read_pdf
from witnessmark.model.derivative import Outcome

SECRET = "Kestrelnest"


def read(reader, data, name="x"):
    """Call one reader as the child would, with a stopped reading turned into its outcome."""
    collected = collector.Collected()
    try:
        reader(Source(io.BytesIO(data), len(data), name), collected)
    except ReadingStopped as stopped:
        collected.outcome(stopped.outcome, stopped.detail)
    return collected


def pdf(*contents, page="", extra=(), catalog="", info="", trailer="", box="0 0 600 800"):
    """Return a PDF of one page per content stream; extra objects get the numbers from 10 on."""
    count = len(contents)
    numbers = [40 + 2 * place for place in range(count)]
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R {catalog}>>".encode(),
        2: f"<</Type/Pages/Count {count}/Kids[{' '.join(f'{n} 0 R' for n in numbers)}]>>".encode(),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        4: f"<<{info}>>".encode(),
    }
    for number, content in zip(numbers, contents, strict=True):
        packed = zlib.compress(content.encode("latin-1"))
        objects[number] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents {number + 1} 0 R"
            f"/Resources<</Font<</F 3 0 R>>/XObject<</X 10 0 R>>/Properties<</L 11 0 R>>>>{page}>>"
        ).encode()
        objects[number + 1] = f"<</Length {len(packed)}/Filter/FlateDecode>>stream\n".encode() + packed + b"\nendstream"
    for place, body in enumerate(extra):
        objects[10 + place] = body if isinstance(body, bytes) else body.encode()
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += f"trailer<</Size 200/Root 1 0 R/Info 4 0 R {trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def text(words, place="50 700", before=""):
    return f"BT /F 14 Tf {before} {place} Td ({words}) Tj ET\n"


def stream(head, body):
    return f"<<{head}/Length {len(body)}>>stream\n{body}\nendstream"


SHOWN = text("Order seventeen", "50 600")
FORM = "/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>"
IMAGE = "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"
UNSEEN = {
    "render mode 3": pdf(SHOWN + text(SECRET, before="3 Tr")),
    "white on white": pdf(SHOWN + "1 1 1 rg " + text(SECRET)),
    "under a black bar": pdf(SHOWN + text(SECRET) + "0 g 45 690 200 30 re f"),
    "under a white bar": pdf(SHOWN + text(SECRET) + "1 g 45 690 200 30 re f"),
    "under a thick stroke": pdf(SHOWN + text(SECRET) + "30 w 0 G 45 705 m 300 705 l S"),
    "black on a black bar": pdf(SHOWN + "0 g 45 690 200 30 re f " + text(SECRET)),
    "under a picture": pdf(SHOWN + text(SECRET) + "q 200 0 0 30 45 690 cm /X Do Q", extra=[stream(IMAGE, "x")]),
    "outside the page": pdf(SHOWN + text(SECRET, "50 900")),
    "outside the crop box": pdf(SHOWN + text(SECRET, "50 790"), page="/CropBox[0 0 600 650]"),
    "clipped away": pdf(SHOWN + "q 0 0 10 10 re W n " + text(SECRET) + "Q"),
    "in a form, mode 3": pdf(SHOWN + "/X Do", extra=[stream(FORM, text(SECRET, before="3 Tr"))]),
    "in a form, under a bar": pdf(SHOWN + "/X Do 0 g 45 690 200 30 re f", extra=[stream(FORM, text(SECRET))]),
    "of a point": pdf(SHOWN + f"BT /F 1 Tf 50 700 Td ({SECRET}) Tj ET"),
    "of a point by its matrix": pdf(SHOWN + f"BT /F 10 Tf .1 0 0 .1 50 700 Tm ({SECRET}) Tj ET"),
    "in a form that makes it a point": pdf(
        SHOWN + "/X Do", extra=[stream(FORM + "/Matrix[.05 0 0 .05 50 700]", text(SECRET))]
    ),
    "in a form, white": pdf(SHOWN + "/X Do", extra=[stream(FORM, "1 g " + text(SECRET))]),
    "a layer that is off": pdf(
        SHOWN + f"/OC /L BDC {text(SECRET)} EMC",
        extra=["null", "<</Type/OCG/Name(Layer)>>"],
        catalog="/OCProperties<</OCGs[11 0 R]/D<</OFF[11 0 R]>>>>",
    ),
    "a hidden annotation": pdf(
        SHOWN,
        page="/Annots[12 0 R]",
        extra=["null", "null", f"<</Type/Annot/Subtype/Text/F 2/Rect[0 0 9 9]/Contents({SECRET})>>"],
    ),
    "a note that pops up": pdf(
        SHOWN,
        page="/Annots[12 0 R]",
        extra=["null", "null", f"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents({SECRET})>>"],
    ),
    "Info title": pdf(SHOWN, info=f"/Title({SECRET})"),
    "Info author": pdf(SHOWN, info=f"/Author({SECRET})"),
    "bookmark": pdf(
        SHOWN,
        catalog="/Outlines 10 0 R",
        extra=["<</First 11 0 R/Last 11 0 R/Count 1>>", f"<</Title({SECRET})/Parent 10 0 R/Next 11 0 R>>"],
    ),
    "script": pdf(
        SHOWN,
        catalog="/Names<</JavaScript<</Names[(a) 10 0 R]>>>>",
        extra=[f"<</S/JavaScript/JS(app.alert\\('{SECRET}'\\))>>"],
    ),
    "XMP": pdf(
        SHOWN,
        catalog="/Metadata 10 0 R",
        extra=[
            stream(
                "/Type/Metadata/Subtype/XML",
                '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
                f'<r:Description xmlns:d="d" d:note="{SECRET}"/></r:RDF></x:xmpmeta>',
            )
        ],
    ),
}


@pytest.mark.parametrize("place", UNSEEN)
def test_what_a_page_does_not_show_is_hidden_and_kept(place):
    found = read(read_pdf, UNSEEN[place])
    assert SECRET not in found.visible_text
    assert SECRET in found.hidden_text.replace(" ", "").replace("\n", "")
    assert found.visible_text == "Order seventeen\n"


SEEN = {
    "plain": text(SECRET),
    "on a pale bar": "0.9 g 45 690 200 30 re f 0 g " + text(SECRET),
    "white on a dark bar": "0 g 45 690 200 30 re f 1 g " + text(SECRET),
    "over a white page": "1 g 0 0 600 800 re f 0 g " + text(SECRET),
    "underlined": text(SECRET) + "0 g 45 698 200 1 re f",
    "framed": text(SECRET) + "1 w 45 690 200 30 re S",
    "clipped to its cell": "q 40 680 300 60 re W n " + text(SECRET) + "Q",
    "red": "1 0 0 rg " + text(SECRET),
    "stroked": text(SECRET, before="1 Tr"),
    "of a point enlarged by its matrix": f"BT /F 1 Tf 9 0 0 9 50 700 Tm ({SECRET}) Tj ET",
    "of two points": f"BT /F 2 Tf 50 700 Td ({SECRET}) Tj ET",
    "turned": f"BT /F 14 Tf 0 1 -1 0 300 300 Tm ({SECRET}) Tj ET",
    "small": f"BT /F 5 Tf 50 700 Td ({SECRET}) Tj ET 0.9 g 45 690 1 1 re f /X Do",
}


@pytest.mark.parametrize("place", SEEN)
@pytest.mark.parametrize("page", ["", "/Rotate 90", "/CropBox[20 20 590 790]"])
def test_what_a_page_shows_is_visible(place, page):
    found = read(read_pdf, pdf(SHOWN + SEEN[place], page=page, extra=[stream(FORM, text("more", "50 500"))]))
    assert SECRET in found.visible_text
    assert SECRET not in found.hidden_text


def test_a_full_stop_is_small_and_seen():
    assert read(read_pdf, pdf(SHOWN + text(".", "50 500"))).visible_text == "Order seventeen\n.\n"


def test_part_of_a_line_under_a_bar_is_hidden_alone():
    found = read(read_pdf, pdf(text(f"Witness {SECRET} stated") + "0 g 101 695 75 20 re f"))
    assert found.visible_text.split() == ["Witness", "stated"]
    assert SECRET in found.hidden_text


def test_a_word_of_which_a_part_is_seen_can_be_found_whole():
    found = read(read_pdf, pdf(text(f"Witness {SECRET} stated") + "0 g 101 695 20 20 re f"))
    assert SECRET not in found.visible_text
    assert ("words seen in part on page 1", f"{SECRET}\n") in found.hidden_pieces
    whole = read(read_pdf, pdf(text(f"Witness {SECRET} stated") + "0 g 101 695 75 20 re f"))
    assert not any("in part" in where for where, _ in whole.hidden_pieces)


FIELD = "/Type/Annot/Subtype/Widget/Rect[50 500 250 520]/F 4"
FORM_TO_FILL = pdf(
    SHOWN,
    page="/Annots[12 0 R 14 0 R 15 0 R]",
    extra=[
        "null",
        "null",
        f"<<{FIELD}/FT/Ch/T(where)/Opt[(Harbour)[(b)(Old mill)]]>>",
        "<</FT/Tx/T(name)/V(Tern)/TU(Who signed)/Kids[14 0 R]>>",
        f"<<{FIELD}/Parent 13 0 R>>",
        f"<<{FIELD}/FT/Btn/T(agreed)/V/Off/AS/Off>>",
    ],
    catalog="/AcroForm<</Fields[12 0 R 13 0 R 15 0 R]>>",
)


def test_what_there_is_to_choose_in_a_form_and_what_a_field_takes_from_above_are_kept():
    assert {piece for piece in read(read_pdf, FORM_TO_FILL).hidden_pieces if "field" in piece[0]} == {
        ("form field: choice", "Harbour\n"),
        ("form field: choice", "Old mill\n"),
        ("form field", "Tern\n"),
        ("form field", "Who signed\n"),
    }


def test_what_annotations_and_fields_show_is_visible():
    widget = "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Tern)/Rect[50 500 250 520]/AP<</N 13 0 R>>/F 4>>"
    look = stream(
        "/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F 3 0 R>>>>", "BT /F 12 Tf 2 5 Td (Tern) Tj ET"
    )
    found = read(
        read_pdf,
        pdf(
            SHOWN, page="/Annots[12 0 R]", extra=["null", "null", widget, look], catalog="/AcroForm<</Fields[12 0 R]>>"
        ),
    )
    assert "Tern" in found.visible_text
    assert "Tern" not in found.hidden_text


def test_pages_are_divided_by_form_feeds():
    found = read(read_pdf, pdf(text("one"), "", text("three")))
    assert found.visible_text == "one\n\f\fthree\n"
    assert found.observed("pdf.pages") == [3]


def test_dates_programs_and_states_are_observed():
    data = pdf(SHOWN, info="/CreationDate(D:20310504102030+08'00')/ModDate(D:2031)/Producer(Tern PDF 2)")
    found = read(read_pdf, data)
    assert found.observed("date.created")[0] == {
        "raw": "D:20310504102030+08'00'",
        "utc": "2031-05-04T02:20:30Z",
        "local": "2031-05-04T10:20:30",
        "offset": 480,
        "says": "pdf Info CreationDate",
    }
    assert found.observed("date.modified")[0]["local"] == "2031-01-01T00:00:00"
    assert found.observed("software") == [{"name": "Tern PDF 2", "version": "", "says": "pdf Info Producer"}]
    assert (found.observed("pdf.eof"), found.observed("pdf.startxref")) == ([1], [1])
    assert found.observed("pdf.version") == ["1.7"]


def test_attached_files_and_addresses_come_out():
    extra = [
        "<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F 11 0 R>>>>",
        stream("/Type/EmbeddedFile", "inside"),
        "<</Type/Annot/Subtype/Link/Rect[0 0 90 90]/A<</S/URI/URI(https://example.invalid/)>>>>",
    ]
    found = read(
        read_pdf,
        pdf(SHOWN, page="/Annots[12 0 R]", extra=extra, catalog="/Names<</EmbeddedFiles<</Names[(a) 10 0 R]>>>>"),
    )
    assert [(member.name, bytes(member.data)) for member in found.members] == [("a.txt", b"inside")]
    assert found.observed("address") == ["https://example.invalid/"]


def test_a_password_is_told(corpus):
    found = read(read_pdf, (corpus / "c2pa/c2pa-rs/basic-password.pdf").read_bytes())
    assert found.ended is Outcome.ENCRYPTED


def test_every_bad_redaction_of_the_corpus_stays_hidden(corpus):
    """Covered, white or invisible words: `black_on_black` in Chinese is drawn beyond its bar, so that it is seen."""
    rows = [line.split("\t") for line in (corpus / "truth/redaction-synthetic.tsv").read_text().splitlines()[1:]]
    for file, verdict, method, language, _page, _box, secret, _shown in rows:
        if verdict != "bad" or (method, language) == ("text_black_on_black", "zh"):
            continue
        found = read(read_pdf, (corpus / file).read_bytes())
        assert "".join(secret.split()) not in "".join(found.visible_text.split()), file


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n",
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R]/Count 9>>endobj trailer<</Root 1 0 R>>",
        UNSEEN["script"][:300],
    ],
)
def test_what_is_no_pdf_is_corrupt(data):
    assert read(read_pdf, data).ended is Outcome.CORRUPT


def test_a_page_of_absurd_size_is_not_drawn():
    found = read(read_pdf, pdf(text(SECRET, before="1 g"), box="0 0 200000 200000"))
    assert SECRET not in found.visible_text
    assert SECRET in found.hidden_text


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8))
def test_damage_ends_in_an_outcome(place, noise):
    whole = UNSEEN["XMP"]
    place %= len(whole)
    found = read(read_pdf, whole[:place] + noise + whole[place + len(noise) :])
    found.text.encode()
    assert found.ended in (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.ENCRYPTED)


@given(st.text(max_size=40))
def test_no_date_string_trips_the_readers(raw):
    for parse in (dates.from_pdf, dates.from_iso, dates.from_exif, dates.from_mail):
        assert parse(raw).raw == raw


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_dates_come_back_as_written(clock, offset):
    clock = clock.replace(microsecond=0)
    sign, rest = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    year = f"{clock.year:04}"
    iso = dates.from_iso(f"{year}{clock:-%m-%dT%H:%M:%S}{sign}{rest[0]:02}:{rest[1]:02}")
    pdf_date = dates.from_pdf(f"D:{year}{clock:%m%d%H%M%S}{sign}{rest[0]:02}'{rest[1]:02}'")
    for moment in (iso, pdf_date):
        assert (moment.local, moment.offset) == (clock, offset)


def updated(whole, number, body):
    """Return the PDF with one more revision, in which an object is another."""
    start = whole.rfind(b"startxref")
    previous = int(whole[start + 9 :].split()[0])
    place = len(whole)
    whole += b"%d 0 obj\n" % number + body.encode() + b"\nendobj\n"
    table = len(whole)
    whole += f"xref\n{number} 1\n{place:010d} 00000 n \n".encode()
    return whole + f"trailer<</Size 200/Root 1 0 R/Prev {previous}>>\nstartxref\n{table}\n%%EOF\n".encode()


def test_what_an_earlier_revision_showed_is_hidden_text_of_the_latest():
    whole = pdf(text("The keys lie with Orrin") + SHOWN)
    whole = updated(whole, 41, stream("", text("The keys lie elsewhere") + SHOWN))
    whole = updated(whole, 41, stream("", SHOWN))
    found = read(read_pdf, whole)
    assert found.visible_text.strip() == "Order seventeen"
    assert found.observed("pdf.revisions") == [3]
    assert ("earlier revision 2", "The keys lie elsewhere") in found.hidden_pieces
    assert ("earlier revision 1", "The keys lie with Orrin") in found.hidden_pieces
    assert [one["gone"] for one in found.observed("pdf.revision")] == [1, 1]
    assert "Order seventeen" not in found.hidden_text


def test_a_file_saved_once_has_no_earlier_revision():
    found = read(read_pdf, pdf(SHOWN))
    assert found.observed("pdf.revisions") == []
    assert not any(where.startswith("earlier") for where, _ in found.hidden_pieces)


def test_letters_that_the_file_does_not_name_are_observed():
    font = "<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+X/Encoding/Identity-H/DescendantFonts[13 0 R]>>"
    inner = "<</Type/Font/Subtype/CIDFontType2/BaseFont/AAAAAA+X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"
    whole = pdf("BT /G 14 Tf 50 700 Td <00390052005500510044> Tj ET", extra=["<<>>", "<<>>", font, inner]).replace(
        b"/F 3 0 R", b"/G 12 0 R"
    )
    assert read(read_pdf, whole).observed("pdf.unmapped") == [{"page": 1, "characters": 5, "of": 5}]
    assert read(read_pdf, pdf(SHOWN)).observed("pdf.unmapped") == []


def lettered(names):
    """A page of three letters of a font that is drawn here and whose signs have these names."""
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 10 10]/FontMatrix[.1 0 0 .1 0 0]/FirstChar 1/LastChar 3/Widths[8 8 8]"
        f"/Encoding<</Type/Encoding/Differences[1 {names}]>>/CharProcs<<{' '.join(name + ' 13 0 R' for name in names.split())}>>>>"
    )
    glyph = stream("", "8 0 0 0 8 8 d1 0 0 7 7 re f")
    whole = pdf("BT /G 14 Tf 50 700 Td (\\001\\002\\003) Tj ET", extra=["<<>>", "<<>>", font, glyph])
    return whole.replace(b"/F 3 0 R", b"/G 12 0 R")


def test_a_page_whose_letters_the_first_reader_cannot_name_is_read_again_by_the_second():
    found = read(read_pdf, lettered("/k /e /y"))
    assert found.observed("pdf.unmapped") == [{"page": 1, "characters": 3, "of": 3}]
    assert ("page 1, as a second reader has it", "key\n") in found.hidden_pieces
    assert "key" not in found.visible_text


def test_codes_that_no_reader_can_name_are_not_taken_for_letters():
    found = read(read_pdf, lettered("/g1 /g2 /g3"))
    assert found.observed("pdf.unmapped") != []
    assert not any("second reader" in where for where, _ in found.hidden_pieces)


LINE = "the doors are locked at night and two people keep the keys of every ward in a red tin box under this table"


def test_words_of_a_page_that_its_reader_does_not_see_are_observed_by_the_second_reader():
    hidden = (
        "Kestrelnest Lantern Watch Tarn Papers archive of orders sealed before dawn by nobody whom anyone here knew"
    )
    found = read(read_pdf, pdf(text(LINE) + text(hidden, "50 600", "3 Tr "))).observed("pdf.second_reading")
    assert [(said["pages"], said["apart"]) for said in found] == [([1], 0)]
    assert found[0]["unseen"] > 0.3 * found[0]["second"]


def test_two_readers_that_find_the_same_say_nothing():
    assert read(read_pdf, pdf(text(LINE))).observed("pdf.second_reading") == []


def test_what_the_second_reader_leaves_out_for_its_bounds_is_no_difference():
    body = "0 0 m 1 1 l n " * 2000 + text(LINE)
    form = stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>", body)
    found = read(read_pdf, pdf("/X Do", extra=(form,)))
    assert "two people keep the keys" in found.visible_text
    assert found.observed("pdf.second_reading") == []


def test_two_readers_that_find_different_words_are_observed():
    from witnessmark.formats import pdf_second

    other = "quite other words that stand nowhere on this page of the file yet the first reader found all of them there"
    for words, said in ((LINE, 0), (other, 1)):
        collected = collector.Collected()
        pdf_second.compare(pdf(text(LINE)), [pdf_second.Page(1, words, words)], collected)
        assert len(collected.observed("pdf.second_reading")) == said


@given(st.integers(0, 700), st.binary(max_size=40))
def test_the_second_reader_takes_any_damage_in_silence(place, noise):
    from witnessmark.formats import pdf_second

    data = pdf(text(LINE))
    pdf_second.compare(
        data[:place] + noise + data[place + 1 :], [pdf_second.Page(1, LINE, LINE)], collector.Collected()
    )


def test_the_second_reader_may_find_a_name_too_old():
    whole = pdf(text(" ".join(f"word{number}" for number in range(30))))
    assert read(read_pdf, whole.replace(b"/FlateDecode", b"/Fl        ")).ended == Outcome.OK


def test_the_second_reader_stops_when_its_time_is_over(monkeypatch):
    import time

    from witnessmark.formats import pdf_second

    monkeypatch.setattr(pdf_second, "SECONDS", -1)
    collected = collector.Collected()
    started = time.process_time()
    pdf_second.compare(pdf(text(LINE) * 100), [pdf_second.Page(1, "x " * 30, "y")], collected)
    assert collected.observations == []
    assert time.process_time() - started < 5


def moved(data):
    """Return the PDF with the places of its pages wrong by ten bytes: the table as such can be followed."""
    return re.sub(rb"(4\d 1\n)(\d{10})", lambda found: b"%s%010d" % (found[1], int(found[2]) + 10), data)


def test_a_pdf_whose_table_lies_is_read_by_its_objects_and_that_is_told():
    whole = pdf(text("The doors are locked"), text("Two keys"))
    found = read(read_pdf, moved(whole))
    assert (found.ended, found.visible_text) == (Outcome.OK, read(read_pdf, whole).visible_text)
    assert found.observed("pdf.rebuilt") == [True]
    assert read(read_pdf, whole).observed("pdf.rebuilt") == []


def test_pages_on_which_nothing_is_drawn_are_looked_for_by_their_objects():
    whole = pdf(text("The doors are locked"))
    lost = re.sub(rb"(41 1\n)(\d{10})", rb"\g<1>0000000001", whole)
    found = read(read_pdf, lost)
    assert found.visible_text == read(read_pdf, whole).visible_text
    assert found.observed("pdf.rebuilt") == [True]
    blank = read(read_pdf, pdf(""))
    assert (blank.ended, blank.visible_text, blank.observed("pdf.rebuilt")) == (Outcome.OK, "", [])


def test_a_pdf_of_which_no_object_is_left_stays_corrupt():
    found = read(read_pdf, moved(pdf(text("The doors"))).replace(b" obj\n", b" bjo\n"))
    assert found.ended == Outcome.CORRUPT
    assert found.observed("pdf.rebuilt") == []


def test_nothing_is_loaded_when_a_packed_page_is_read():
    """In a cell nothing can be: a module that is first asked for there costs the whole reading."""
    code = """
import io, sys, zlib
from witnessmark.cell.report import Source
from witnessmark.formats import read, warm
read.preload()
content = zlib.compress(b"BT /F1 12 Tf 72 700 Td (" + b"the doors are locked at night " * 9 + b") Tj ET")
plain = warm._pdf()
start, end = plain.index(b"4 0 obj"), plain.index(b"5 0 obj")
packed = b"4 0 obj\\n<< /Filter /FlateDecode /Length %d >>\\nstream\\n" % len(content) + content + b"\\nendstream\\nendobj\\n"
data = plain[:start] + packed + plain[end:]
before = set(sys.modules)
read.read(Source(io.BytesIO(data), len(data), "a.pdf"), warm.Deaf())
print(sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


LATE = """
import sys
from witnessmark.formats import pdf_second, warm
from witnessmark.formats.read import read
warm.warm(read)
before = set(sys.modules)
class Said(warm.Deaf):
    said = 0
    def observe(self, name, value):
        Said.said += name == "pdf.second_reading"
for path in sys.argv[1:]:
    pdf_second.compare(open(path, "rb").read(), [pdf_second.Page(1, "x " * 9, "y")], Said())
assert Said.said == len(sys.argv) - 1, Said.said
print(sorted(set(sys.modules) - before))
"""


def test_the_second_reader_loads_nothing_late(tmp_path):
    """Behind the walls of a cell nothing can be loaded: a late import there made every packed PDF corrupt."""
    picture = "q 99 0 0 99 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q "
    packed = pdf(picture + text(LINE))
    plain = text(LINE).encode("latin-1")
    letters = base64.a85encode(plain) + b"~>"
    head = b"<</Length %d/Filter/ASCII85Decode>>stream\n%b\nendstream" % (len(letters), letters)
    unpacked = pdf("", page="/Annots[]", extra=(b"<<>>", b"<<>>", head)).replace(
        b"/Contents 41 0 R", b"/Contents 12 0 R"
    )
    # nine bits each: clear the table, the letters themselves, clear before it grows, the end
    bits = "".join(
        f"{256:09b}" + "".join(f"{byte:09b}" for byte in plain[at : at + 200]) for at in range(0, len(plain), 200)
    )
    bits += f"{257:09b}"
    lzw = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    head = b"<</Length %d/Filter/LZWDecode>>stream\n%b\nendstream" % (len(lzw), lzw)
    older = pdf("", extra=(b"<<>>", b"<<>>", head)).replace(b"/Contents 41 0 R", b"/Contents 12 0 R")
    paths = []
    for name, data in (("packed", packed), ("letters", unpacked), ("older", older)):
        (tmp_path / name).write_bytes(data)
        paths.append(tmp_path / name)
    done = subprocess.run([sys.executable, "-c", LATE, *paths], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


CHINESE = "<</Type/Font/Subtype/Type0/BaseFont/Song/Encoding/UniGB-UTF16-H/DescendantFonts[13 0 R]>>"
DESCENDANT = (
    "<</Type/Font/Subtype/CIDFontType0/BaseFont/Song/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 5>>"
    "/DW 1000/FontDescriptor 14 0 R>>"
)
DESCRIPTOR = (
    "<</Type/FontDescriptor/FontName/Song/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 880/Descent -120"
    "/CapHeight 880/StemV 80>>"
)


def chinese(before, after, colour="0 g"):
    """Return a PDF of one line in a font that the file does not hold, with paint before it and after it."""
    words = "\u95e8\u5728\u591c\u91cc\u9501\u4e0a".encode("utf-16-be").hex()
    line = f"{colour} BT /C 20 Tf 100 600 Td <{words}> Tj ET\n"
    found = pdf(before + line + after, extra=("null", "null", CHINESE, DESCENDANT, DESCRIPTOR))
    return found.replace(b"/Font<</F 3 0 R>>", b"/Font<</C 12 0 R>>")


def test_a_letter_that_no_font_here_can_draw_is_seen_unless_paint_hides_it():
    bar = "0 g 138 590 44 30 re f\n"  # over the third and the fourth letter
    page = read(read_pdf, chinese("", bar))
    assert [part.strip() for part in page.visible_text.split()] == ["\u95e8\u5728", "\u9501\u4e0a"]
    assert "\u591c\u91cc" in page.hidden_text
    assert "\u591c" not in read(read_pdf, chinese(bar, "")).visible_text, "black on black"
    whole = "\u95e8\u5728\u591c\u91cc\u9501\u4e0a"
    assert read(read_pdf, chinese("1 0.9 0.5 rg 138 590 44 30 re f\n", "")).visible_text.strip() == whole
    for hiding in (chinese("", "1 g 90 580 200 60 re f\n"), chinese("", "", "1 g"), chinese("0 0 50 50 re W n\n", "")):
        found = read(read_pdf, hiding)
        assert (found.visible_text.strip(), whole in found.hidden_text) == ("", True)
