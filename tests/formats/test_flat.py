"""Laws of Office documents in one XML file: as the package that lies in it; changes, comments and notes told apart."""

import base64
import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import warm
from witnessmark.model.derivative import Outcome

PNG = b"\x89PNG\r\n\x1a\n"
PKG = "http://schemas.microsoft.com/office/2006/xmlPackage"
W = "http://schemas.microsoft.com/office/word/2003/wordml"
AML = "http://schemas.microsoft.com/aml/2001/core"


def flat(package, **binaries):
    """Lay a package flat."""
    parts = []
    with zipfile.ZipFile(io.BytesIO(package)) as source:
        for name in source.namelist():
            if name != "[Content_Types].xml":
                text = source.read(name).decode()
                parts.append(
                    f'<pkg:part pkg:name="/{name}" pkg:contentType="x"><pkg:xmlData>{text}</pkg:xmlData></pkg:part>'
                )
    for name, data in binaries.items():
        letters = base64.encodebytes(data).decode()
        parts.append(
            f'<pkg:part pkg:name="/word/media/{name}" pkg:contentType="y"><pkg:binaryData>{letters}</pkg:binaryData></pkg:part>'
        )
    return f'<?xml version="1.0"?><pkg:package xmlns:pkg="{PKG}">{"".join(parts)}</pkg:package>'.encode()


def wordml(body, properties=""):
    return (
        f'<?xml version="1.0"?><w:wordDocument xmlns:w="{W}" xmlns:aml="{AML}" xmlns:o="urn:schemas-microsoft-com:office:office" '
        f'xmlns:wx="http://schemas.microsoft.com/office/word/2003/auxHint">{properties}<w:body>{body}</w:body></w:wordDocument>'
    ).encode()


def said(text):
    return f"<w:r><w:t>{text}</w:t></w:r>"


def annotation(kind, inner, author="Ode Marr"):
    return (
        f'<aml:annotation aml:id="1" w:type="Word.{kind}" aml:author="{author}" aml:createdate="2031-05-04T02:00:00Z">'
        f"<aml:content>{inner}</aml:content></aml:annotation>"
    )


def test_a_flat_package_is_read_as_what_lies_in_it(read):
    found = read(flat(warm._docx(), picture=b"\x89PNG\r\n\x1a\n"), "a.xml")
    assert found.media_type == "application/vnd.ms-package.flat+xml"
    assert found.ended == Outcome.OK, found.detail
    assert found.visible_text.strip() == warm._WORDS.strip()
    assert ("deleted text", "d\n") in found.hidden_pieces
    assert found.observed("date.archived") == []  # nothing in the file says when its parts were packed
    assert [(member.name, member.data) for member in found.members] == [("word/media/picture", b"\x89PNG\r\n\x1a\n")]


def test_a_flat_workbook_is_a_workbook(read):
    found = read(flat(warm._xlsx()), "a.xml")
    assert "x 1" in " ".join(found.visible_text.split())


BODY = (
    f"<w:p>{said('The doors are ')}"
    + annotation("Deletion", "<w:r><w:delText>open</w:delText></w:r>")
    + annotation("Insertion", said("locked"))
    + f"<w:r><w:footnote><w:p>{said('two keys')}</w:p></w:footnote></w:r>{said('.')}"
    + annotation("Comment", f"<w:p>{said('who?')}</w:p>")
    + "</w:p>"
    + f'<w:p><w:pPr><w:listPr><w:ilvl w:val="0"/><wx:t wx:val="1."/></w:listPr></w:pPr>{said("first")}</w:p>'
    + f"<w:tbl><w:tr><w:tc><w:p>{said('a')}</w:p></w:tc><w:tc><w:p>{said('b')}</w:p></w:tc></w:tr></w:tbl>"
    + '<w:p><w:r><w:pict><w:binData w:name="wordml://1.jpg">/9j/</w:binData></w:pict></w:r></w:p>'
    + f'<w:sectPr><w:hdr w:type="odd"><w:p>{said("Lantern Watch")}</w:p></w:hdr></w:sectPr>'
)


def test_a_document_of_2003_tells_changes_notes_and_comments_apart(read):
    about = "<o:DocumentProperties><o:Author>Ada Tern</o:Author><o:Created>2031-05-04T02:00:00Z</o:Created></o:DocumentProperties>"
    found = read(wordml(BODY, about), "a.xml")
    assert found.media_type == "application/vnd.ms-wordml"
    assert found.ended == Outcome.OK, found.detail
    lines = [line for line in found.visible_text.splitlines() if line.strip()]
    assert lines == ["Lantern Watch", "The doors are locked.", "1. first", "a\tb", "two keys"]
    assert ("deleted text", "open\n") in found.hidden_pieces
    assert ("comment", "Ode Marr: who?\n") in found.hidden_pieces
    assert ("metadata: Author", "Ada Tern\n") in found.hidden_pieces
    assert found.observed("office.changes") == [{"authors": ["Ode Marr"], "count": 2}]
    assert found.observed("date.created")[0]["utc"] == "2031-05-04T02:00:00Z"
    assert [(member.name, member.data) for member in found.members] == [("1.jpg", b"\xff\xd8\xff")]


def test_an_attribute_under_a_prefix_that_nobody_declared_costs_nothing_else(read):
    odd = annotation("Insertion", said("Added.")).replace("aml:author", "tarn:author")
    whole = read(wordml(f"<w:p>{odd}</w:p>"), "a.xml")
    assert "Added." in whole.visible_text
    assert "gave up" not in whole.detail


def test_what_breaks_off_is_partial_and_its_beginning_is_kept(read):
    whole = wordml(BODY)
    found = read(whole[: whole.index(b"first") + 5], "a.xml")
    assert found.ended == Outcome.PARTIAL
    assert "The doors are locked" in found.visible_text
    package = flat(warm._docx(), picture=b"x" * 999)
    found = read(package[:-400], "a.xml")
    assert found.ended == Outcome.PARTIAL
    assert "The doors" in found.visible_text


@given(
    st.lists(
        st.text(alphabet=st.characters(min_codepoint=0xA1, max_codepoint=0x17F), min_size=1, max_size=9), max_size=8
    )
)
def test_every_paragraph_comes_back(read, words):
    found = read(wordml("".join(f"<w:p>{said(word)}</w:p>" for word in words)), "a.xml")
    assert found.visible_text.splitlines() == words


@given(st.integers(0, 1500), st.binary(max_size=30))
def test_damage_is_no_crash(read, place, noise):
    for data in (wordml(BODY), flat(warm._docx(), picture=b"x")):
        place %= len(data)
        assert isinstance(read(data[:place] + noise + data[place + len(noise) :], "a.xml").ended, Outcome)


FLAT = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="t" xmlns:style="s" xmlns:draw="d" xmlns:dc="c"'


def flat_odf(kind, body):
    return f"""<?xml version="1.0"?>
<office:document {FLAT} office:mimetype="application/vnd.oasis.opendocument.{kind}">
  <office:meta>
    <dc:title>Order of the night</dc:title>
  </office:meta>
  <office:settings><text:p>nobody reads this</text:p></office:settings>
  <office:scripts>Sub Lock</office:scripts>
  <office:styles><style:style style:name="Gone"><style:text-properties text:display="none"/></style:style></office:styles>
  <office:master-styles>
    <style:master-page><text:p>Page 1</text:p></style:master-page>
  </office:master-styles>
  <office:body>
    {body}
  </office:body>
</office:document>
""".encode()


def test_flat_opendocument_is_read_as_its_package_would_be(read):
    body = """<text:p>The doors
      are <text:span>locked</text:span></text:p>
    <text:p text:style-name="Gone">keys</text:p>"""
    for kind in ("text", "spreadsheet", "presentation", "graphics"):
        found = read(flat_odf(kind, body), "a.xml")
        assert found.media_type == f"application/vnd.oasis.opendocument.flat.{kind}"
        assert found.ended == Outcome.OK
        assert found.visible_text == "The doors are locked\nPage 1\n"
        assert dict(found.hidden_pieces) == {
            "script": "Sub Lock\n",
            "hidden text": "keys\n",
            "metadata: title": "Order of the night\n",
        }


def test_what_is_embedded_in_flat_opendocument_is_apart_and_its_data_members(read):
    inner = "<office:document><office:meta><dc:title>x</dc:title></office:meta><office:body><text:p>chart</text:p></office:body></office:document>"
    picture = f"<draw:image><office:binary-data>{base64.encodebytes(PNG).decode()}</office:binary-data></draw:image>"
    found = read(flat_odf("text", f"<text:p>Seen</text:p><draw:object>{inner}</draw:object>{picture}"), "a.fodt")
    assert found.visible_text == "Seen\nPage 1\n"
    assert ("embedded object", "chart\n") in found.hidden_pieces
    assert [(member.name, member.data) for member in found.members] == [("data-1", PNG)]


def test_flat_opendocument_that_breaks_off_is_partial(read):
    whole = flat_odf("text", "<text:p>The doors</text:p><text:p>are locked</text:p>")
    found = read(whole[: whole.index(b"are locked")], "a.fodt")
    assert found.ended == Outcome.PARTIAL
    assert "The doors" in found.visible_text


def test_what_letters_were_before_a_tracked_change_counts_no_more(read):
    inside = annotation("Insertion", annotation("Deletion", ""))
    was = annotation(
        "Formatting", f'{inside}<aml:content><w:rPr><w:vanish/><w:color w:val="FFFFFF"/></w:rPr></aml:content>'
    )
    found = read(wordml(f"<w:p><w:r><w:rPr>{was}<w:b/></w:rPr><w:t>locked</w:t></w:r>{said(' doors')}</w:p>"), "a.xml")
    assert found.visible_text == "locked doors\n"
    assert "locked" not in found.hidden_text
