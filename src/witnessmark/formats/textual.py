"""Tells kinds of text apart: messages, mailboxes, HTML, XML by its root, JSON, tables, subtitles, plain text."""

import csv
import io
import json
import re

from witnessmark.formats import encodings, signatures

_FIELD = re.compile(rb"([A-Za-z][A-Za-z0-9_-]{0,60})[ \t]?:")
_MBOX = re.compile(rb"From [^\r\n]{1,200}\r?\n(?:>?[A-Za-z][A-Za-z0-9-]*:|[\r\n])")
_COUNTED = re.compile(rb"\d{1,12}[ \t]*\r?\n(?=[A-Za-z])")
_HTML = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|table|div|span|font|center|frameset|h[1-6]|img|iframe"
    r"|base|p|br|a\s+href|ul|ol|form)\b[^<]{0,2000}>",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\s+(\S{1,80})[^>\[]{0,1000}(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_FLAT = re.compile(r"application/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation|graphics)[\"'-]")
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)([^<]{0,8000})")
# Possessive throughout: the texts are as hostile as the rest, and none of these may look twice at one place.
_SUBRIP = re.compile(r"\s*+\d{1,6}\r?\n\d\d:\d\d:\d\d[,.]\d{3} --> \d\d:\d\d:\d\d[,.]\d{3}")
_DXF = re.compile(
    r"\s*+(?:999\r?\n[^\r\n]*+\r?\n\s*+)*+0\r?\n\s*+SECTION\r?\n\s*+2\r?\n\s*+(?:HEADER|ENTITIES|TABLES|CLASSES|BLOCKS)\r?\n"
)
_ROBOTS = re.compile(r"(?:[^\S\n]*+(?:#[^\n]*+)?\n)*+\s*+(?:user-agent|disallow|allow|sitemap)\s*+:", re.IGNORECASE)
_GRAPHVIZ = re.compile(
    r"\s*+(?:(?://|/\*)[^\n]*+\n\s*+)*+(?:strict\s++)?(?:di)?graph\s++(?:\"[^\"]*+\"|[\w.]*+)\s*+\{", re.IGNORECASE
)
_ROWS_LOOKED_AT = 50


def is_texty(verdict: str) -> bool:
    """Tell whether libmagic's verdict is some kind of text."""
    return verdict.startswith(("text/", "message/")) or verdict in _TEXTY


_TEXTY = {
    "application/json",
    "application/x-ndjson",
    "application/xml",
    "application/javascript",
    "application/csv",
    "application/x-subrip",
    "application/x-wine-extension-ini",
    "application/x-setupscript",
}


_EMPTY_LINES = re.compile(rb"\A(?:[ \t]{0,1000}\r?\n){0,100}")
_PASSED_ON = re.compile(rb"Received:[ \t]+(?:from|by)[ \t]", re.IGNORECASE)
_PARTS = re.compile(
    rb"Content-Type:\s*multipart/[^\r\n;]{1,40};\s*boundary=(?:\"([^\"\r\n]{1,70})\"|([^\s\";]{1,70}))", re.IGNORECASE
)


def message_type(head: bytes, suffix: str) -> str | None:
    """Return the type of a message or mailbox by the header fields it begins with, else None.

    One message after a "From " line is a mailbox of one; where the name calls it a message, the name breaks the tie.
    """
    # Some servers put a line of blanks before a message.
    text = _EMPTY_LINES.sub(b"", head.removeprefix(b"\xef\xbb\xbf"), count=1)
    if _MBOX.match(text):
        line, _, rest = text.partition(b"\n")
        names = _fields(rest)
        if len(names & signatures.HEADERS) >= 1 or re.search(rb"\d\d:\d\d", line):
            alone = suffix in (".eml", ".msg", ".txt") and not re.search(rb"\n\r?\nFrom [^\r\n]*\d\d:\d\d", text)
            return "message/rfc822" if alone else "application/mbox"
    counted = _COUNTED.match(text)
    if counted is not None and len(_fields(text[counted.end() :]) & signatures.HEADERS) >= 2:
        return "message/x-emlx"
    names = _fields(text)
    known = names & signatures.HEADERS
    if "newsgroups" in known and ("path" in known or "message-id" in known or "from" in known):
        return "message/news"
    strong = known - {"path", "status", "comments", "keywords", "organization", "subject", "date", "to", "from"}
    if len(known) >= 2 and (
        strong or {"from", "to"} <= known or {"from", "subject"} <= known or {"from", "date"} <= known
    ):
        return "message/rfc822"
    if len(known) == 1 and strong and len(names) >= 2 and names & {"x-mailer", "received", "return-path"}:
        return "message/rfc822"
    if names == {"received"} and _PASSED_ON.match(text):
        return "message/rfc822"
    parts = _PARTS.match(text)
    if parts is not None and b"\n--" + (parts[1] or parts[2]) in text:
        return "message/rfc822"  # a part that was saved, or a message that lost its other fields
    return None


def _fields(text: bytes) -> set[str]:
    """Return the names of the header fields that a text begins with, up to the first empty or other line."""
    found: set[str] = set()
    for number, ended in enumerate(text[:32_768].split(b"\n")):
        line = ended.rstrip(b"\r")
        if not line:
            break
        if line[:1] in b" \t" and number:
            continue
        match = _FIELD.match(line)
        if match is None:
            if number == 0 and line.startswith(b">From "):
                continue
            break
        found.add(match[1].decode().lower())
    return found


def markup_type(head: bytes) -> str | None:
    """Return the type of XML or HTML that a text is, else None."""
    text = head_text(head).lstrip("\ufeff \t\r\n\x00")
    declared = text.startswith("<?xml")
    body = _COMMENT.sub("", text).lstrip()
    doctype = _DOCTYPE.match(body)
    if doctype is not None:
        body = body[doctype.end() :].lstrip()
        if doctype[1].lower() == "html" and not declared:
            return "text/html"
    root = _ROOT.match(body)
    if root is not None and (declared or doctype is not None or root[1] in signatures.XML_ROOTS or "xmlns" in root[2]):
        flat = _FLAT.search(root[2]) if root[1] == "document" else None
        if flat is not None:
            return f"application/vnd.oasis.opendocument.flat.{flat[1]}"
        apple = _APPLE.search(root[2]) if root[1] in ("document", "presentation") else None
        if apple is not None:
            return _IWORK[apple[1]]
        found = _by_root(root[1], (doctype[0] if doctype else "") + body[:4000])
        if found is not None and (found != "application/xhtml+xml" or declared):
            return found
        if declared and root[1].lower() != "html":
            return "application/xml"
    if _HTML.match(body[:4000]) or (doctype is not None and doctype[1].lower() == "html"):
        return "text/html"
    if declared or (root is not None and text.rstrip("\x00 \t\r\n").endswith(f"</{root[1]}>")):
        return "application/xml"
    return None


_APPLE = re.compile(r"""xmlns:\w{1,20}\s*+=\s*+["']http://developer\.apple\.com/namespaces/(sl|ls|keynote2)["']""")
"""What is Pages', Numbers' or Keynote's own: their packages were folders, of which the document may lie alone."""
_IWORK = {
    "sl": "application/vnd.apple.pages",
    "ls": "application/vnd.apple.numbers",
    "keynote2": "application/vnd.apple.keynote",
}


def _by_root(name: str, near: str) -> str | None:
    media_type = signatures.XML_ROOTS.get(name)
    witness = signatures.XML_WITNESSES.get(name)
    if media_type is None or (witness is not None and witness.decode().lower() not in near.lower()):
        return None
    return media_type


def text_type(head: bytes, verdict: str, suffix: str, *, whole: bool) -> str | None:
    """Return the kind of text that the bytes are, or None when they are no text."""
    if verdict == "application/octet-stream" and not encodings.looks_like_text(head):
        return None
    text = head_text(head).lstrip("\ufeff")
    if _HTML.match(_COMMENT.sub("", text[:20_000]).lstrip()[:4000]):
        return "text/html"
    if text[:1] in "{[" or verdict in ("application/json", "application/x-ndjson"):
        found = _json_type(text, verdict, whole=whole)
        if found is not None:
            return found
    for pattern, media_type in _SHAPES:
        if pattern.match(text):
            return media_type
    if suffix in signatures.BY_NAME and suffix not in (".csv", ".tsv", ".tab"):
        return signatures.BY_NAME[suffix]
    if suffix in (".csv", ".tsv", ".tab") or (suffix in ("", ".dat") and _is_table(text, whole=whole)):
        return (
            "text/tab-separated-values"
            if "\t" in text[:4000] and text[:4000].count("\t") > text[:4000].count(",")
            else "text/csv"
        )
    if verdict in ("text/html", "message/rfc822", "text/vcard", "text/calendar") and verdict != "text/html":
        return "text/plain"
    return _KEPT.get(verdict, "text/plain")


_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (_SUBRIP, "application/x-subrip"),
    (_DXF, "image/vnd.dxf"),
    (_ROBOTS, "text/x-robots"),
    (_GRAPHVIZ, "text/vnd.graphviz"),
    (re.compile(r"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----"), "application/x-x509-cert"),  # RFC 7468
    (re.compile(r"-----BEGIN (?:[A-Z]{2,9} )?(?:(?:PRIVATE|PUBLIC) )?KEY-----"), "application/x-x509-key"),
    (re.compile(r"-----BEGIN (?:PKCS7|CMS)-----"), "application/pkcs7-mime"),
    (re.compile(r"-----BEGIN DSA PARAMETERS-----"), "application/x-x509-dsa-parameters"),
    (re.compile(r"-----BEGIN EC PARAMETERS-----"), "application/x-x509-ec-parameters"),
)
_KEPT: dict[str, str] = {"text/html": "text/html", "text/vtt": "text/vtt", "text/x-msdos-batch": "text/x-msdos-batch"}


def _json_type(text: str, verdict: str, *, whole: bool) -> str | None:
    if verdict in ("application/json", "application/x-ndjson"):
        return verdict
    if whole and text[:1] in "{[":
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return None
        return "application/json"
    return "application/json" if re.match(r'\{\s*"[^"]{0,200}"\s*:|\[\s*\{\s*"', text) else None


def _is_table(text: str, *, whole: bool) -> bool:
    """Tell whether rows of one and the same width above one follow each other: at least four, to be sure."""
    lines = text.splitlines()
    if not whole:
        lines = lines[:-1]
    lines = [line for line in lines[:_ROWS_LOOKED_AT] if line.strip()]
    for delimiter in ",;\t|":
        try:
            widths = {len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)}
        except csv.Error:
            continue
        if len(lines) >= 4 and len(widths) == 1 and min(widths) > 1:
            return True
    return False


def head_text(head: bytes) -> str:
    """Return the beginning of a text for looking at: exact where a mark tells the encoding, else byte by byte."""
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return head[len(mark) :].decode(codec, "replace")
    guessed = encodings.wide(head[:4096])
    if guessed is not None:
        return head.decode(guessed, "replace")
    return head.decode("utf-8", "replace")
