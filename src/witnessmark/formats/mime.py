"""The shape of a message (RFC 2045 and 2046): fields and parts as ranges of its bytes, found without recursion."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import Message

from witnessmark.formats import encodings

DEEPEST = 64
MOST_PARTS = 5000
MOST_FIELDS = 5000
LONGEST_HEAD = 4 << 20
LONGEST_FIELD = 256 << 10
LONGEST_PARAMETERS = 16 << 10
"""Characters of a field in which parameters are looked for; the library takes quadratic time for them."""
PIECE = 1 << 20
# A line of blanks belongs to a folded field (RFC 5322, 4.2) where one goes on behind it; else it ends the header too.
_HEAD_END = re.compile(rb"\r?\n\r?\n|\r\r|\r?\n[ \t]+\r?\n(?![ \t]|[!-9;-~]{1,200}[ \t]*:)")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_FOLD = re.compile(rb"\r\n(?![ \t])|(?<!\r)\n(?![ \t])|\r(?![\n \t])")
_MARK = b"\xef\xbb\xbf"  # an editor's, before the header
_SEPARATORS = (b"From ", b">From ")
_EMPTY_LINES = re.compile(rb"(?:[ \t]{0,1000}(?:\r?\n|\r)){0,1000}")
_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(=\?)")
_UTF_7 = frozenset(("utf-7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "csunicode11utf7"))
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


@dataclass(slots=True)
class Part:
    """A message or a part of one: its fields, where its body lies, what is inside."""

    fields: list[tuple[str, str]]
    start: int
    end: int
    depth: int
    head: Message = field(default_factory=Message)
    inside: list["Part"] = field(default_factory=list)
    outside: list[tuple[int, int]] = field(default_factory=list)  # bytes before the first part and after the last
    odd: list[str] = field(default_factory=list)  # lines amid the fields that are none
    too_deep: bool = False

    @property
    def kind(self) -> str:
        """The media type as declared, in lower case; text/plain when none is."""
        return self.head.get_content_type()

    @property
    def charset(self) -> str | None:
        """The declared character set."""
        return _parameter(self.head, "charset")

    @property
    def name(self) -> str:
        """The file name that the part gives itself, or an empty string."""
        try:
            return words(self.head.get_filename() or "")
        except (MessageError, ValueError, TypeError, LookupError):
            return ""

    @property
    def disposition(self) -> str:
        """`attachment`, `inline`, or an empty string."""
        try:
            return (self.head.get_content_disposition() or "").strip()
        except (MessageError, ValueError):
            return ""

    @property
    def encoding(self) -> str:
        """The transfer encoding, in lower case."""
        return str(self.head.get("Content-Transfer-Encoding", "")).strip().lower()

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the media type."""
        return _parameter(self.head, name)

    def blocks_of(self, data: bytes) -> Iterator[bytes]:
        """Yield the body with its transfer encoding undone, a long one piece by piece."""
        copied = self.encoding in ("", "7bit", "8bit", "binary")
        if self.end - self.start <= PIECE or not (copied or self.encoding == "base64"):
            yield self.bytes_of(data)
            return
        kept = b""
        for start in range(self.start, self.end, PIECE):
            piece = data[start : min(start + PIECE, self.end)]
            if copied:
                yield piece
                continue
            letters = kept + piece.translate(None, _NOT_BASE64)
            whole = len(letters) - len(letters) % 4
            kept = letters[whole:]
            yield binascii.a2b_base64(letters[:whole])
        if len(kept) > 1:
            yield binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))

    def bytes_of(self, data: bytes) -> bytes:
        """Return the body with its transfer encoding undone; damage ends it, no more."""
        body = data[self.start : self.end]
        if self.encoding == "base64":
            letters = body.partition(b"=")[0] if body.count(b"=") <= 2 else body
            letters = letters.translate(None, _NOT_BASE64)
            letters = letters[: len(letters) - (len(letters) % 4 == 1)]
            return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
        if self.encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        if self.encoding in ("uuencode", "x-uuencode", "x-uue"):
            return b"".join(_uu_lines(body))
        return body


def _uu_lines(body: bytes) -> Iterator[bytes]:
    for line in body.splitlines():
        if line.startswith((b"begin ", b"end")) or not line:
            continue
        try:
            yield binascii.a2b_uu(line)
        except binascii.Error:
            continue


def split(data: bytes) -> Part:
    """Return the message with all its parts; what lies deeper than 64 levels stays in one piece."""
    root = _part(data, _after_separator(data), len(data), 0)
    pending, count = [root], 1
    while pending:
        part = pending.pop()
        if not part.kind.startswith("multipart/"):
            continue
        boundary = _parameter(part.head, "boundary")
        ranges = list(_ranges(data, part, boundary)) if boundary else []
        if part.depth >= DEEPEST or count + len(ranges) > MOST_PARTS:
            part.too_deep = bool(ranges)
            continue
        count += len(ranges)
        inner = "message/rfc822" if part.kind == "multipart/digest" else None
        part.inside = [_part(data, start, end, part.depth + 1, inner) for start, end in ranges]
        pending += reversed(part.inside)
    return root


def _after_separator(data: bytes) -> int:
    # The first line of an mbox entry, or lines of blanks before the header, belong to no field.
    start = len(_MARK) if data.startswith(_MARK) else 0
    empty = _EMPTY_LINES.match(data, start)
    start = empty.end() if empty is not None else start
    if data.startswith(_SEPARATORS, start):
        start = data.find(b"\n", start) + 1
    return start


def _part(data: bytes, start: int, end: int, depth: int, kind: str | None = None) -> Part:
    if data.startswith((b"\r\n", b"\n"), start):  # no header at all
        first = start + (2 if data.startswith(b"\r\n", start) else 1)
        return _with_head(Part([], min(first, end), end, depth), kind)
    found = _HEAD_END.search(data, start, end)
    stop, body = (end, end) if found is None else found.span()
    head = data[start : min(stop, start + LONGEST_HEAD)]
    lines = _lines(head)
    if not lines or lines[0][1] is None:  # text without a header
        return _with_head(Part([], start, end, depth), kind)
    while (
        lines[-1][1] is None and stop - start <= LONGEST_HEAD
    ):  # nothing divides the header from the body, whose first lines these are
        body = start + lines.pop()[0]
    part = Part([field for _, field, _ in lines if field is not None], body, end, depth)
    part.odd = [decoded(line) for _, field, line in lines if field is None and not line.startswith(_SEPARATORS)]
    return _with_head(part, kind)


def _with_head(part: Part, kind: str | None) -> Part:
    if kind is not None:
        part.head.set_default_type(kind)
    for name, value in part.fields:
        if name.lower().startswith("content-") and name not in part.head:
            part.head[name] = value[:LONGEST_PARAMETERS].replace("\n", " ").replace("\r", " ")
    return part


def _lines(head: bytes) -> list[tuple[int, tuple[str, str] | None, bytes]]:
    """Return the unfolded lines of a header: where each begins, the field that it is, if it is one, and its bytes."""
    found: list[tuple[int, tuple[str, str] | None, bytes]] = []
    place = 0
    for line in _FOLD.split(head):
        if len(found) >= MOST_FIELDS:
            break
        match = _FIELD.match(line)
        named = match and (match[1].decode("ascii"), decoded(match[2][:LONGEST_FIELD]).strip())
        if line or not found:
            found.append((place, named, line))
        place += len(line)
        place += 2 if head.startswith(b"\r\n", place) else 1
    return found


def decoded(raw: bytes) -> str:
    """Return a raw header value as text: ASCII and UTF-8 as they are, else the likeliest encoding."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode(encodings.choose(raw).name, "replace")
    return re.sub(r"\r?\n[ \t]|\r[ \t]", " ", text)


def words(value: str) -> str:
    """Return a header value with its encoded words read (RFC 2047); neighbours of one charset are joined first."""
    if "=?" not in value:
        return value
    value = _BETWEEN.sub(r"\1\2", value)
    out: list[str] = []
    held, charset, place = b"", "", 0
    for match in _WORD.finditer(value):
        between = value[place : match.start()]
        name = match[1].lower()
        if held and (between or name != charset):
            out.append(_letters(held, charset))
            held = b""
        out.append(between)
        charset, held, place = name, held + _encoded(match[2], match[3]), match.end()
    out.append(_letters(held, charset))
    return "".join(out) + value[place:]


def _encoded(how: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if how in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b"=20"), header=False)
    letters = raw.translate(None, _NOT_BASE64)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def plain(raw: bytes, charset: str | None) -> tuple[bytes, str | None]:
    """Return a text and its charset, UTF-7 (RFC 2152) made UTF-8: old programs send it; of mail alone it is true."""
    if charset is None or charset.lower() not in _UTF_7 or not raw.isascii():
        return raw, charset
    try:
        return encodings.storable(raw.decode("utf-7")).encode(), "utf-8"
    except UnicodeDecodeError:
        return raw, charset


def _letters(raw: bytes, charset: str | None) -> str:
    if not raw:
        return ""
    raw, charset = plain(raw, charset)
    return raw.decode(encodings.choose(raw, charset).name, "replace")


def _parameter(head: Message, name: str) -> str | None:
    try:
        found = head.get_param(name)
    except (MessageError, ValueError, TypeError, LookupError):
        return None
    if isinstance(found, tuple):
        found = found[2]
    return found.strip() or None if isinstance(found, str) else None


def _ranges(data: bytes, part: Part, boundary: str) -> Iterator[tuple[int, int]]:
    """Yield where the parts inside lie (RFC 2046, section 5.1.1); a missing last boundary is the end."""
    mark = re.escape(boundary.encode("utf-8", "replace"))
    pattern = re.compile(rb"(?:(?<=\n)|(?<=\r)|\A)--" + mark + rb"(--)?[ \t]*(?:\r\n|\n|\r|\Z)")
    start: int | None = None
    for match in pattern.finditer(data, max(part.start - 1, 0), part.end):
        if match.start() < part.start:
            continue
        if start is None:
            part.outside.append((part.start, match.start()))
        else:
            yield start, _without_break(data, start, match.start())
        start = match.end()
        if match[1]:
            part.outside.append((start, part.end))
            return
    if start is not None and start < part.end:
        yield start, part.end


def _without_break(data: bytes, start: int, end: int) -> int:
    # The line break before a boundary belongs to the boundary.
    if end - 2 >= start and data[end - 2 : end] == b"\r\n":
        return end - 2
    return end - 1 if end - 1 >= start and data[end - 1 : end] in (b"\n", b"\r") else end
