"""Files with a secret in each place where a reader of the page does not see it; each place has a word of its own."""

import base64
import io
import struct
import zlib

from PIL import Image
from tests.forge.xps_forge import ROOT, box, canvas, glyphs
from tests.forge.xps_forge import xps as made_xps

from witnessmark.demo.write_zip import packed

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
P = "http://schemas.openxmlformats.org/package/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CORE = (
    f'<cp:coreProperties xmlns:cp="{P}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
CORE_LINK = (
    f'<Relationships xmlns="{P}/relationships"><Relationship Id="R9" Target="docProps/core.xml" '
    f'Type="{P}/relationships/metadata/core-properties"/></Relationships>'
)


class Secrets:
    """Words by place; none is part of another, none is a word of any language."""

    def __init__(self):
        self.by_place = {}

    def __call__(self, place):
        word = f"Zqx{len(self.by_place):03d}vorl{zlib.crc32(place.encode()):08x}"
        self.by_place[place] = word
        return word


def _core(hide, kind):
    return (
        f"{CORE}<dc:title>{hide(f'{kind} core title')}</dc:title><dc:subject>{hide(f'{kind} core subject')}</dc:subject>"
        f"<dc:creator>{hide(f'{kind} core creator')}</dc:creator><cp:keywords>{hide(f'{kind} core keywords')}</cp:keywords>"
        f"<dc:description>{hide(f'{kind} core description')}</dc:description>"
        f"<cp:lastModifiedBy>{hide(f'{kind} core last modified by')}</cp:lastModifiedBy>"
        f"<cp:category>{hide(f'{kind} core category')}</cp:category>"
        '<dcterms:created xsi:type="dcterms:W3CDTF">2018-02-09T08:00:00Z</dcterms:created></cp:coreProperties>'
    )


def _app(hide, kind):
    space = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
    return (
        f'<Properties xmlns="{space}"><Company>{hide(f"{kind} company")}</Company>'
        f"<Manager>{hide(f'{kind} manager')}</Manager><Template>{hide(f'{kind} template')}</Template></Properties>"
    )


def _custom(hide, kind):
    base = "http://schemas.openxmlformats.org/officeDocument/2006"
    return (
        f'<Properties xmlns="{base}/custom-properties" xmlns:vt="{base}/docPropsVTypes"><property '
        f'fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="{hide(f"{kind} custom name")}">'
        f"<vt:lpwstr>{hide(f'{kind} custom value')}</vt:lpwstr></property></Properties>"
    )


def _package(parts, main, main_type, hide, kind, relations, overrides):
    """Return an office package of these parts."""
    rels = "".join(f'<Relationship Id="{i}" Type="{t}" Target="{p}"{m}/>' for i, t, p, m in relations)
    named = {
        main: main_type,
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
        "docProps/custom.xml": "application/vnd.openxmlformats-officedocument.custom-properties+xml",
        **overrides,
    }
    types = "".join(f'<Override PartName="/{name}" ContentType="{value}"/>' for name, value in named.items())
    folder, _, name = main.rpartition("/")
    whole = {
        "[Content_Types].xml": f'<Types xmlns="{P}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{P}/relationships">'
        f'<Relationship Id="r1" Type="{R}/officeDocument" Target="{main}"/>'
        f'<Relationship Id="r2" Type="{P}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        f'<Relationship Id="r3" Type="{R}/extended-properties" Target="docProps/app.xml"/>'
        f'<Relationship Id="r4" Type="{R}/custom-properties" Target="docProps/custom.xml"/></Relationships>',
        f"{folder}/_rels/{name}.rels": f'<Relationships xmlns="{P}/relationships">{rels}</Relationships>',
        "docProps/core.xml": _core(hide, kind),
        "docProps/app.xml": _app(hide, kind),
        "docProps/custom.xml": _custom(hide, kind),
        "customXml/item1.xml": f"<data>{hide(f'{kind} custom xml')}</data>",
        **parts,
    }
    entries = [(name, data if isinstance(data, bytes) else data.encode()) for name, data in whole.items()]
    entries.append((f"notes/{hide(f'{kind} name of a stray part')}.txt", hide(f"{kind} stray part").encode()))
    return packed(entries, comment=hide(f"{kind} zip comment"))


def docx(hide):
    """Return a Word file whose shown text is one sentence."""
    h = lambda place: hide(f"docx {place}")  # noqa: E731
    run = lambda text, style="": f"<w:r><w:rPr>{style}</w:rPr><w:t>{text}</w:t></w:r>"  # noqa: E731
    white, tiny, gone = '<w:color w:val="FFFFFF"/>', '<w:sz w:val="1"/>', '<w:rStyle w:val="Gone"/>'
    mark = 'w:id="7" w:date="2018-02-09T08:00:00Z"'
    picture = (
        '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        f'<wp:docPr id="1" name="{h("picture name")}" descr="{h("picture description")}" title="{h("picture title")}"/>'
        "</wp:inline></w:drawing></w:r>"
    )
    body = (
        f"<w:p>{run('The visible sentence of the letter.')}</w:p>"
        f'<w:p><w:del {mark} w:author="{h("author of a deletion")}"><w:r><w:delText>{h("deleted text")}</w:delText></w:r>'
        f'</w:del><w:moveFrom {mark} w:author="x"><w:r><w:t>{h("moved text")}</w:t></w:r></w:moveFrom>'
        f'<w:ins {mark} w:author="{h("author of an insertion")}">{run("inserted")}</w:ins></w:p>'
        f"<w:p>{run(h('vanished run'), '<w:vanish/>')}{run(h('white run'), white)}"
        f"{run(h('tiny run'), tiny)}{run(h('run of a vanishing style'), gone)}</w:p>"
        f'<w:p><w:pPr><w:pStyle w:val="GonePara"/></w:pPr>{run(h("paragraph of a vanishing style"))}</w:p>'
        f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DOCVARIABLE {h("field code")}</w:instrText>'
        f'</w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:fldSimple w:instr="AUTHOR {h("simple field code")}"/></w:p>'
        f'<w:p><w:bookmarkStart w:id="3" w:name="{h("bookmark name")}"/><w:bookmarkEnd w:id="3"/>'
        f'<w:hyperlink r:id="rLink" w:tooltip="{h("tooltip of a link")}">{run("a link")}</w:hyperlink></w:p>'
        f'<w:p>{picture}<w:commentRangeStart w:id="1"/>{run("with a comment")}<w:commentRangeEnd w:id="1"/></w:p>'
        f'<w:sdt><w:sdtPr><w:alias w:val="{h("alias of a control")}"/><w:tag w:val="{h("tag of a control")}"/>'
        f'<w:dropDownList><w:listItem w:displayText="{h("choice not taken")}" w:value="{h("value not taken")}"/>'
        f"</w:dropDownList></w:sdtPr><w:sdtContent><w:p>{run('taken')}</w:p></w:sdtContent></w:sdt>"
        f"<w:tbl><w:tr><w:trPr><w:del {mark} w:author='x'/></w:trPr><w:tc><w:p><w:del {mark} w:author='x'><w:r><w:delText>"
        f"{h('deleted row')}</w:delText></w:r></w:del></w:p></w:tc></w:tr></w:tbl>"
    )
    head = f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>'
    styles = (
        f'<w:styles xmlns:w="{W}"><w:style w:type="character" w:styleId="Gone"><w:name w:val="{h("style name")}"/>'
        '<w:rPr><w:vanish/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="GonePara"><w:rPr><w:vanish/></w:rPr>'
        "</w:style></w:styles>"
    )
    parts = {
        "word/document.xml": f"{head}{body}</w:body></w:document>",
        "word/styles.xml": styles,
        "word/comments.xml": f'<w:comments xmlns:w="{W}"><w:comment w:id="1" w:author="{h("author of a comment")}" '
        f'w:initials="{h("initials")}"><w:p>{run(h("comment"))}</w:p></w:comment></w:comments>',
        "word/settings.xml": f'<w:settings xmlns:w="{W}"><w:docVars><w:docVar w:name="{h("variable name")}" '
        f'w:val="{h("variable value")}"/></w:docVars></w:settings>',
        "word/footnotes.xml": f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="9"><w:p>{run(h("note nobody refers to"))}'
        "</w:p></w:footnote></w:footnotes>",
        "word/header9.xml": f'<w:hdr xmlns:w="{W}"><w:p>{run(h("header that no section uses"))}</w:p></w:hdr>',
        "word/people.xml": f'<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"><w15:person '
        f'w15:author="{h("people part")}"/></w15:people>',
        "word/media/image1.png": png(hide, "docx picture"),
        "word/embeddings/inside.txt": h("embedded file").encode(),
    }
    relations = [
        ("rStyles", f"{R}/styles", "styles.xml", ""),
        ("rComments", f"{R}/comments", "comments.xml", ""),
        ("rSettings", f"{R}/settings", "settings.xml", ""),
        ("rNotes", f"{R}/footnotes", "footnotes.xml", ""),
        ("rHead", f"{R}/header", "header9.xml", ""),
        ("rImage", f"{R}/image", "media/image1.png", ""),
        ("rFile", f"{R}/package", "embeddings/inside.txt", ""),
        ("rLink", f"{R}/hyperlink", f"https://{h('target of a link')}.example/", ' TargetMode="External"'),
    ]
    overrides = {
        "word/styles.xml": f"{WORD}.styles+xml",
        "word/comments.xml": f"{WORD}.comments+xml",
        "word/settings.xml": f"{WORD}.settings+xml",
        "word/footnotes.xml": f"{WORD}.footnotes+xml",
        "word/header9.xml": f"{WORD}.header+xml",
    }
    return _package(parts, "word/document.xml", f"{WORD}.document.main+xml", hide, "docx", relations, overrides)


def xlsx(hide):
    """Return an Excel file whose shown text is a small table."""
    h = lambda place: hide(f"xlsx {place}")  # noqa: E731
    cell = lambda ref, text, style=0: f'<c r="{ref}" s="{style}" t="inlineStr"><is><t>{text}</t></is></c>'  # noqa: E731
    sheet = lambda inner: f'<worksheet xmlns="{S}" xmlns:r="{R}">{inner}</worksheet>'  # noqa: E731
    shown = sheet(
        '<cols><col min="3" max="3" width="9" hidden="1"/><col min="4" max="4" width="0" customWidth="1"/></cols><sheetData>'
        f'<row r="1">{cell("A1", "door")}{cell("B1", "key")}{cell("C1", h("hidden column"))}{cell("D1", h("column of width 0"))}</row>'
        f'<row r="2" hidden="1">{cell("A2", h("hidden row"))}</row>'
        f'<row r="3" ht="0" customHeight="1">{cell("A3", h("row of height 0"))}</row>'
        f'<row r="4">{cell("A4", "1")}{cell("B4", h("white cell"), 1)}{cell("E4", h("cell of format ;;;"), 2)}'
        f'<c r="F4"><f>CONCATENATE("{h("formula")}")</f><v>7</v></c></row></sheetData>'
        f'<dataValidations count="1"><dataValidation type="list" sqref="A4" promptTitle="{h("prompt title")}" '
        f'prompt="{h("prompt")}"><formula1>"{h("list of choices")}"</formula1></dataValidation></dataValidations>'
        f'<hyperlinks><hyperlink ref="A4" location="{h("location of a link")}" tooltip="{h("tooltip")}"/></hyperlinks>'
    )
    styles = (
        f'<styleSheet xmlns="{S}"><numFmts count="1"><numFmt numFmtId="200" formatCode=";;;"/></numFmts><fonts count="2">'
        '<font><sz val="11"/></font><font><sz val="11"/><color rgb="FFFFFFFF"/></font></fonts><fills count="1"><fill/>'
        '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">'
        '<xf/><xf fontId="1" applyFont="1"/><xf numFmtId="200" applyNumberFormat="1"/></cellXfs></styleSheet>'
    )
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets><sheet name="Keys" sheetId="1" r:id="r1"/>'
        f'<sheet name="{h("name of a hidden sheet")}" sheetId="2" state="hidden" r:id="r2"/>'
        f'<sheet name="{h("name of a very hidden sheet")}" sheetId="3" state="veryHidden" r:id="r3"/></sheets>'
        f'<definedNames><definedName name="{h("defined name")}">Keys!$A$1</definedName></definedNames></workbook>',
        "xl/worksheets/sheet1.xml": shown,
        "xl/worksheets/sheet2.xml": sheet(f'<sheetData><row r="1">{cell("A1", h("hidden sheet"))}</row></sheetData>'),
        "xl/worksheets/sheet3.xml": sheet(
            f'<sheetData><row r="1">{cell("A1", h("very hidden sheet"))}</row></sheetData>'
        ),
        "xl/styles.xml": styles,
        "xl/sharedStrings.xml": f'<sst xmlns="{S}"><si><t>{h("shared string that no cell uses")}</t></si></sst>',
        "xl/comments1.xml": f'<comments xmlns="{S}"><authors><author>{h("author of a comment")}</author></authors>'
        f'<commentList><comment ref="A4" authorId="0"><text><t>{h("comment")}</t></text></comment></commentList></comments>',
        "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships xmlns="{P}/relationships"><Relationship Id="rc" '
        f'Type="{R}/comments" Target="../comments1.xml"/></Relationships>',
        "xl/connections.xml": f'<connections xmlns="{S}"><connection id="1" name="{h("connection")}"/></connections>',
    }
    relations = [
        *((f"r{n}", f"{R}/worksheet", f"worksheets/sheet{n}.xml", "") for n in (1, 2, 3)),
        ("rs", f"{R}/styles", "styles.xml", ""),
        ("rt", f"{R}/sharedStrings", "sharedStrings.xml", ""),
        ("rx", f"{R}/connections", "connections.xml", ""),
    ]
    overrides = {f"xl/worksheets/sheet{n}.xml": f"{SHEET}.worksheet+xml" for n in (1, 2, 3)}
    overrides |= {"xl/styles.xml": f"{SHEET}.styles+xml", "xl/sharedStrings.xml": f"{SHEET}.sharedStrings+xml"}
    overrides |= {"xl/comments1.xml": f"{SHEET}.comments+xml"}
    return _package(parts, "xl/workbook.xml", f"{SHEET}.sheet.main+xml", hide, "xlsx", relations, overrides)


def page(hide, kind="html"):
    """Return a page of HTML whose shown text is one sentence."""
    h = lambda place: hide(f"{kind} {place}")  # noqa: E731
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
        f'<meta name="author" content="{h("meta author")}"><meta property="og:title" content="{h("meta property")}">'
        f'<link rel="author" href="https://{h("link address")}.example/"><base href="https://{h("base address")}.example/">'
        f"<style>/* {h('comment in CSS')} */ p {{ margin: 0 }}</style><script>var x = '{h('script')}';</script>"
        f'<script type=\'application/ld+json\'>{{"name": "{h("data in a script")}"}}</script></head>'
        f'<body data-owner="{h("data attribute")}" id="{h("id")}"><!-- {h("comment")} -->'
        "<p>The visible sentence of the page.</p>"
        f'<p hidden>{h("hidden attribute")}</p><p style="display:none">{h("display none")}</p>'
        f"<p style='visibility: hidden'>{h('visibility hidden')}</p><p style='font-size:0'>{h('font size 0')}</p>"
        f"<p style='opacity:0'>{h('opacity 0')}</p><template>{h('template')}</template><noscript>{h('noscript')}</noscript>"
        f"<img src='x.png' alt='{h('alt text')}' title='{h('title attribute')}' longdesc='{h('long description')}'>"
        f"<a href='https://{h('address of an anchor')}.example/?q=1' title='{h('title of an anchor')}'>a link</a>"
        f"<form action='https://{h('address of a form')}.example/'><input type='hidden' name='{h('name of a field')}' value='{h('value of a hidden field')}'>"
        f"<input type='password' value='{h('password')}'><input placeholder='{h('placeholder')}'></form>"
        f"<span aria-label='{h('aria label')}'></span><iframe srcdoc='{h('source of a frame')}'></iframe>"
        "</body></html>"
    ).encode()


_HARD_RULES = {
    "class that a style sheet hides": ".{} {{ display: none }}",
    "rule with an escape": ".{} {{ d\\69splay: /* so */ no\\6e e }}",
    "rule in media": "@media screen and (min-width: 400px) {{ .{} {{ display: none }} }}",
    "rule in a layer": "@layer a {{ .{} {{ visibility: collapse }} }}",
    "rule inside a rule": "body {{ & .{} {{ opacity: 0 }} }}",
    "rule with a state": ".{}:not(:hover) {{ font-size: 0 }}",
    "rule that nobody can judge": ".{}:has(no-such-thing), .{}:is(div p, body *) {{ display: none }}",
    "rule shown again for paper only": ".{0} {{ display: none }} @media print {{ .{0} {{ display: block }} }}",
    "rule with a variable": ":root {{ --gone: none }} .{} {{ display: var(--gone) }}",
    "off screen by a rule": ".{} {{ position: absolute; left: -9999px }}",
    "clipped": ".{} {{ position: absolute; clip: rect(1px, 1px, 1px, 1px) }}",
    "clip path": ".{} {{ clip-path: inset(50%) }}",
    "indent": ".{} {{ text-indent: -9999px }}",
    "moved away": ".{} {{ transform: translateX(-9999px) }}",
    "scaled away": ".{} {{ transform: scale(0) }}",
    "content visibility": ".{} {{ content-visibility: hidden }}",
    "white on the page": ".{} {{ color: hsl(0 0% 100%) }}",
    "colour of its background by a rule": ".{} {{ color: tomato; background: #ff6347 }}",
    "transparent": ".{} {{ color: rgb(0 0 0 / 0%) }}",
    "font shorthand": ".{} {{ font: 0/0 serif }}",
    "dots": ".{} {{ -webkit-text-security: disc }}",
    "after a comment in a string": ".x {{ content: '/*' }} .{} {{ display: none }} .x {{ content: '*/' }}",
}


def hard_page(hide):
    """Return a page whose hidden words a browser tells from the shown ones by its styles and by what its tags mean."""
    h = lambda place: hide(f"hard {place}")  # noqa: E731
    rules = "\n".join(rule.replace(".{}", f".c{n}").replace(".{0}", f".c{n}").replace("{{", "{").replace("}}", "}")
                      for n, rule in enumerate(_HARD_RULES.values()))  # fmt: skip
    ruled = "".join(f"<p class='c{n}'>{h(place)}</p>" for n, place in enumerate(_HARD_RULES))
    return (
        f"<!DOCTYPE html><html><head><title>A hard page</title><style>{rules} #off {{ visibility: hidden }}"
        "</style></head><body><p>The visible sentence of the hard page.</p>"
        f"<svg><metadata>{h('SVG metadata')}</metadata><desc>{h('SVG description')}</desc><title>{h('SVG title')}</title>"
        f"<defs><text>{h('SVG definitions')}</text></defs><text fill='none'>{h('SVG text without filling')}</text></svg>"
        f"<datalist><option>{h('list of proposals')}</option></datalist><object data='{h('address of an object')}'>"
        f"{h('words in place of an object')}</object><iframe>{h('words in place of a frame')}</iframe>"
        f"<canvas>{h('canvas')}</canvas><video>{h('video')}</video><noframes>{h('no frames')}</noframes>"
        f"<dialog>{h('dialog that is not open')}</dialog><div popover>{h('popover')}</div>"
        f"<div hidden='until-found'>{h('hidden until found')}</div><title>{h('second title')}</title>"
        f"<math><semantics><mi>x</mi><annotation>{h('note of a formula')}</annotation></semantics></math>"
        f"<select><option label='shown'>{h('option with a label')}</option></select>"
        f"<map><area alt='{h('area')}'></map><input type='checkbox' value='{h('value of a box')}'>"
        f"<div hidden><noscript></div></noscript>{h('after an end tag in noscript')}</div>"
        f"<p id='off'>{h('id that a style sheet hides')}</p>{ruled}<font color='white'>{h('white of old pages')}</font>"
        f"<p style='position:absolute;left:-9999px'>{h('off the screen')}</p>"
        f"<p style='max-height:0;overflow:hidden'>{h('no height')}</p>"
        f"<p style='color:#fff;background:#fff'>{h('white on white')}</p></body></html>"
    ).encode()


def eml(hide):
    """Return a message whose shown text is four header lines and one sentence."""
    h = lambda place: hide(f"eml {place}")  # noqa: E731
    other = page(hide, "html form of a message")
    lines = [
        f"Received: from {h('Received host')}.example by mx.example; Mon, 5 Mar 2018 08:00:02 +0300",
        "From: clerk@kestria.example",
        "To: office@kestria.example",
        f"Cc: {h('Cc')}@kestria.example",
        f"Bcc: {h('Bcc')}@kestria.example",
        f"Reply-To: {h('Reply-To')}@kestria.example",
        "Subject: Keys",
        "Date: Mon, 5 Mar 2018 08:00:00 +0300",
        f"Message-ID: <{h('Message-ID')}@kestria.example>",
        f"In-Reply-To: <{h('In-Reply-To')}@kestria.example>",
        f"X-Mailer: {h('X-Mailer')}",
        f"X-Originating-IP: [{h('X-Originating-IP')}]",
        f"Return-Path: <{h('Return-Path')}@kestria.example>",
        f"Subject: {h('second Subject')}",
        f"Comments: =?utf-8?B?{base64.b64encode(h('encoded Comments').encode()).decode()}?=",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="outer{h("boundary")}"',
        "",
        f"{h('preamble')}",
        f"--outer{hide.by_place['eml boundary']}",
        'Content-Type: multipart/alternative; boundary="inner"',
        "",
        "--inner",
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Description: {h('Content-Description')}",
        f"Content-ID: <{h('Content-ID')}>",
        "",
        "The visible sentence of the message.",
        "--inner",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(other).decode().strip(),
        "--inner--",
        f"--outer{hide.by_place['eml boundary']}",
        f'Content-Type: application/pdf; name="{h("name of an attachment")}.pdf"',
        f'Content-Disposition: attachment; filename="{h("file name of an attachment")}.pdf"',
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(pdf(hide, "attached pdf")).decode().strip(),
        f"--outer{hide.by_place['eml boundary']}--",
        f"{h('epilogue')}",
        "",
    ]
    return "\r\n".join(lines).encode()


def pdf(hide, kind="pdf"):
    """Return a PDF of one page whose shown text is one sentence, with an earlier state inside."""
    h = lambda place: hide(f"{kind} {place}")  # noqa: E731
    line = lambda text, y, how="0 Tr 0 g": f"BT /F1 12 Tf {how} 1 0 0 1 72 {y} Tm ({text}) Tj ET\n"  # noqa: E731
    shown = (
        line("The visible sentence of the order.", 760)
        + line(h("rendering mode 3"), 740, "3 Tr 0 g")
        + line(h("white on white"), 720, "0 Tr 1 g")
        + line(h("outside the page"), 2000)
        + line(h("under a black box"), 680)
        + "0 g 60 670 400 30 re f\n"
        + f"/Span << /ActualText ({h('actual text')}) >> BDC EMC\n"
        + f"/OC /MC0 BDC {line(h('layer that is off'), 640)} EMC\n"
        + f"BT /F1 1 Tf 0 Tr 0 g 0.01 0 0 0.01 72 600 Tm ({h('tiny text')}) Tj ET\n"
    )
    earlier = line("The visible sentence of the order.", 760) + line(h("earlier state of the page"), 600)
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:creator>{h('XMP creator')}</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
    stream = lambda data, more="": f"<< /Length {len(data)}{more} >>\nstream\n{data}\nendstream"  # noqa: E731
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R /Metadata 8 0 R /Outlines 9 0 R /AcroForm << /Fields [13 0 R] >> "
        "/OCProperties << /OCGs [11 0 R] /D << /OFF [11 0 R] /Order [11 0 R] >> >> "
        f"/Names << /EmbeddedFiles << /Names [(a) 14 0 R] >> /JavaScript << /Names [(j) << /S /JavaScript /JS ({h('JavaScript')}) >>] >> >> "
        f"/PageLabels << /Nums [0 << /P ({h('page label')}) >>] >> >>",
        2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [6 0 R 12 0 R 13 0 R] "
        "/Resources << /Font << /F1 5 0 R >> /Properties << /MC0 11 0 R >> >> >>",
        4: stream(earlier),
        5: "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>",
        6: f"<< /Type /Annot /Subtype /Text /Rect [500 700 520 720] /Contents ({h('note')}) /T ({h('author of a note')}) >>",
        7: f"<< /Title ({h('title')}) /Author ({h('author')}) /Subject ({h('subject')}) /Keywords ({h('keywords')}) "
        f"/Creator ({h('creator')}) /Producer ({h('producer')}) /Odd ({h('a key of its own')}) >>",
        8: stream(xmp, " /Type /Metadata /Subtype /XML"),
        9: "<< /Type /Outlines /First 10 0 R /Last 10 0 R /Count 1 >>",
        10: f"<< /Title ({h('bookmark')}) /Parent 9 0 R /Dest [3 0 R /Fit] >>",
        11: f"<< /Type /OCG /Name ({h('name of a layer')}) >>",
        12: "<< /Type /Annot /Subtype /Link /Rect [72 500 90 520] /A << /S /URI "
        f"/URI (https://{h('address of a link')}.example/) >> >>",
        13: f"<< /Type /Annot /Subtype /Widget /FT /Tx /F 2 /Rect [72 400 200 420] /T ({h('name of a form field')}) "
        f"/V ({h('value of a hidden form field')}) /TU ({h('tooltip of a form field')}) >>",
        14: f"<< /Type /Filespec /F ({h('name of an embedded file')}) /Desc ({h('description of an embedded file')}) "
        "/EF << /F 15 0 R >> >>",
        15: stream(h("embedded file"), " /Type /EmbeddedFile"),
    }
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}
    out += f"% {h('comment in the file')}\n".encode()
    for number, body in objects.items():
        offsets[number] = len(out)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    at = len(out)
    rows = "".join(f"{offsets[n]:010d} 00000 n \n" for n in sorted(offsets))
    trailer = "trailer\n<< /Size 16 /Root 1 0 R /Info 7 0 R"
    out += f"xref\n0 16\n0000000000 65535 f \n{rows}{trailer} >>\nstartxref\n{at}\n%%EOF\n".encode()
    changed = len(out)
    out += f"4 0 obj\n{stream(shown)}\nendobj\n".encode()
    again = len(out)
    out += f"xref\n4 1\n{changed:010d} 00000 n \n{trailer} /Prev {at} >>\nstartxref\n{again}\n%%EOF\n".encode()
    return bytes(out) + f"% {h('after the end')}\n".encode()


def png(hide, kind="png"):
    """Return a small PNG with a text chunk, and bytes after its end."""
    out = io.BytesIO()
    Image.new("L", (8, 8), 200).save(out, "PNG")
    data = out.getvalue()
    body = b"tEXtComment\0" + hide(f"{kind} text chunk").encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:] + hide(f"{kind} after the end").encode()


def jpeg(hide):
    """Return a small JPEG with EXIF, XMP, IPTC, a comment, a thumbnail's words, and bytes after its end."""
    h = lambda place: hide(f"jpeg {place}")  # noqa: E731
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x8298] = h("ImageDescription"), h("Artist"), h("Copyright")
    exif[0x010F], exif[0x0110], exif[0x0131] = h("Make"), h("Model"), h("Software")
    exif[0x9C9C] = h("XPComment").encode("utf-16-le")
    inner = exif.get_ifd(0x8769)
    inner[0xA431], inner[0xA430] = h("BodySerialNumber"), h("CameraOwnerName")
    inner[0x9286] = b"ASCII\0\0\0" + h("UserComment").encode()
    gps = exif.get_ifd(0x8825)
    gps[0x001B] = b"ASCII\0\0\0" + h("GPSProcessingMethod").encode()
    out = io.BytesIO()
    Image.new("RGB", (16, 16), (9, 9, 9)).save(out, "JPEG", exif=exif, comment=h("comment").encode())
    data = out.getvalue()
    xmp = (
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>"
        + h("XMP").encode()
        + b"</a></x:xmpmeta>"
    )
    caption = h("IPTC caption").encode()
    iptc = b"\x1c\x02\x78" + struct.pack(">H", len(caption)) + caption
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    for marker, body in ((b"\xff\xe1", xmp), (b"\xff\xed", block)):
        data = data[:2] + marker + struct.pack(">H", len(body) + 2) + body + data[2:]
    return data + h("after the end").encode()


def xps(hide, kind="xps"):
    """Return an XPS of one page whose shown text is one sentence, with words painted over, off the page and beside it."""
    h = lambda place: hide(f"{kind} {place}")  # noqa: E731
    shown = (
        glyphs("The visible sentence of the plan.", y=100)
        + glyphs(h("under a black box"), y=200)
        + box(y=180)
        + glyphs(h("white on white"), y=300, fill="#FFFFFFFF")
        + glyphs(h("not painted"), y=340, fill=None)
        + glyphs(h("clear"), y=380, more='Opacity="0"')
        + glyphs(h("of a point"), y=420, size=1)
        + glyphs(h("outside the page"), y=2000)
        + canvas(glyphs(h("cut away"), y=500), 'Clip="M 0,0 L 700,0 700,50 0,50 Z"')
        + box(
            y=600,
            fill="#FFCCCCCC",
            more=f'AutomationProperties.Name="{h("name of a picture")}" FixedPage.NavigateUri="https://{h("address")}.example/"',
        )
    )
    more = {"docProps/core.xml": _core(hide, kind), "note.txt": h("a file of the package")}
    links = CORE_LINK.replace("</Relationships>", "") + ROOT.partition('/relationships">')[2]
    return made_xps(shown, glyphs(h("page that is not listed")), order=(1,), **{**more, "_rels/.rels": links})
