"""What Outlook keeps of a message ([MS-OXPROPS]): properties by number, those who got it, what was attached.

Three formats hold it (MSG, PST, TNEF); each reader fills an `Item`, and here it is told what it says.
"""

import io
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from witnessmark.cell.report import Relay, Report, Source
from witnessmark.formats import dates, encodings, html, lzfu, mail_fields, mime, rtf
from witnessmark.formats.windows_codecs import codec_of_page
from witnessmark.model.exhibit import PathStep

Plain = str | bytes | int
OTHER_FORM = "other form of the message"
SUBJECT, CLASS, BODY, RTF, HTML, HEADERS = 0x0037, 0x001A, 0x1000, 0x1009, 0x1013, 0x007D
DATA, METHOD, SHORT_NAME, LONG_NAME, MEDIA_TYPE, CONTENT_ID = 0x3701, 0x3705, 0x3704, 0x3707, 0x370E, 0x3712
EMBEDDED, OLE = 5, 6
_SENT, _DELIVERED, _CREATED, _MODIFIED = 0x0039, 0x0E06, 0x3007, 0x3008
_TIMES = {_SENT: "sent", _DELIVERED: "received", _CREATED: "created", _MODIFIED: "modified"}
_KINDS = {1: "To", 2: "Cc", 3: "Bcc"}
NAMES: Mapping[int, str] = {
    0x0E1D: "Normalized subject", 0x0070: "Conversation topic", 0x0042: "Sent on behalf of", 0x0C1A: "Sender",
    0x0040: "Received by", 0x0044: "Received for", 0x0E02: "Bcc", 0x0E03: "Cc", 0x0E04: "To", 0x1035: "Message-ID",
    0x1042: "In-Reply-To", 0x1039: "References", 0x3FFA: "Last modified by", 0x3FF8: "Created by",
    0x3001: "Display name",
    0x3A06: "Given name", 0x3A11: "Surname", 0x3A16: "Company", 0x3A17: "Title", 0x3A18: "Department",
    0x3A08: "Business telephone", 0x3A09: "Home telephone", 0x3A1C: "Mobile telephone", 0x3A24: "Business fax",
    0x3A15: "Postal address", 0x3A26: "Country", 0x3A27: "Locality", 0x3A28: "State", 0x3A29: "Street",
    0x3A4F: "Nickname", 0x3A51: "Home page", 0x3A02: "Callback telephone", 0x3004: "Comment", 0x3A45: "Prefix",
    0x0065: "Sent on behalf of, address", 0x0C1F: "Sender, address", 0x5D01: "Sender, SMTP", 0x5D02: "On behalf, SMTP",
}  # fmt: skip
"""Properties whose words are told, and what they are called."""


@dataclass(slots=True)
class Item:
    """A message, contact, appointment, note: its properties, recipients, attachments, and names of named properties."""

    properties: dict[int, Plain]
    recipients: list[dict[int, Plain]] = field(default_factory=list)
    attachments: Callable[[], Iterator["Attachment"]] = lambda: iter(())
    names: Mapping[int, str] = field(default_factory=dict)

    def text(self, *numbers: int) -> str:
        """Return the first of these properties that says something."""
        return text_of(self.properties, *numbers)


@dataclass(slots=True)
class Attachment:
    """A file, or another item, attached to one."""

    properties: dict[int, Plain]
    blocks: Callable[[], Iterator[bytes]]
    item: Item | None = None
    size: int = 0

    @property
    def name(self) -> str:
        """Its file name, or what comes nearest; never empty."""
        name = text_of(self.properties, LONG_NAME, SHORT_NAME, 0x3001)
        name = re.sub(r"[/\\\0]", "_", name).strip()[:200]
        if self.item is not None:
            return (name or "message").removesuffix(".msg").removesuffix(".eml") + ".eml"
        return name if name not in ("", ".", "..") else "attachment"


def text_of(properties: Mapping[int, Plain], *numbers: int) -> str:
    """Return the first of these properties that is text and says something."""
    for number in numbers:
        value = properties.get(number)
        if isinstance(value, str) and value.strip("\0 \r\n"):
            return clean(value.strip("\0"))
    return ""


def clean(text: str) -> str:
    """Return text that can be written as UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def value_of(kind: int, raw: bytes, page: int = 0) -> Plain | None:
    """Return a property's value by its type ([MS-OXCDATA], 2.11.1); None for those of no use here."""
    if kind == 0x1F:
        return raw[: len(raw) & ~1].decode("utf-16-le", "replace").rstrip("\0")
    if kind == 0x1E:
        return letters(raw.rstrip(b"\0"), page)
    if kind in (0x02, 0x0B):
        return struct.unpack_from("<h", raw)[0] if len(raw) >= 2 else None
    if kind == 0x03:
        return struct.unpack_from("<i", raw)[0] if len(raw) >= 4 else None
    if kind in (0x14, 0x40):
        return struct.unpack_from("<q", raw)[0] if len(raw) >= 8 else None
    return raw if kind in (0x0102, 0x0D, 0x48) else None


def letters(raw: bytes, page: int = 0) -> str:
    """Return text of one byte a letter, by its code page where that holds."""
    declared = "utf-8" if page == 65001 else codec_of_page(page)
    return raw.decode(encodings.choose(raw, declared).name, "replace") if raw else ""


def when(ticks: Plain | None) -> datetime | None:
    """Return the instant of a FILETIME: 100 ns since 1601 UTC."""
    if not isinstance(ticks, int) or ticks <= 0:
        return None
    found = dates.from_filetime(ticks).local
    return None if found is None else found.replace(tzinfo=UTC)


def subject(item: Item) -> str:
    """Return the subject, without the two marks that tell how long its prefix is ([MS-PST], 2.5.3.1.1.1)."""
    found = item.text(SUBJECT)
    return found[2:] if found[:1] == "\x01" else found or item.text(0x0E1D, 0x0070)


def fields(item: Item) -> list[tuple[str, str]]:
    """Return the header fields: those that came with the message, then what its properties alone say."""
    raw = item.text(HEADERS)
    if raw.startswith("Microsoft Mail Internet Headers"):
        raw = raw.partition("\n")[2]
    sent = mime.split(raw.encode("utf-8", "replace")).fields if raw else []
    found = [(name, value) for name, value in sent if not name.lower().startswith(("content-", "mime-version"))]
    have = {name.lower() for name, _ in found}
    for name, value in (("From", _sender(item)), *_recipients(item), ("Date", _date(item)), ("Subject", subject(item))):
        if value and name.lower() not in have:
            found.append((name, value))
    for name, number in (("Message-ID", 0x1035), ("In-Reply-To", 0x1042), ("References", 0x1039)):
        if item.text(number) and name.lower() not in have:
            found.append((name, item.text(number)))
    stated = next((mime.words(value) for name, value in sent if name.lower() == "subject"), None)
    if stated is not None and subject(item) and stated.split() != subject(item).split():
        found.append(("X-Outlook-Subject", subject(item)))
    return [(name, " ".join(value.split())) for name, value in found]


def _sender(item: Item) -> str:
    name, address = item.text(0x0042, 0x0C1A), item.text(0x5D02, 0x5D01, 0x0065, 0x0C1F)
    return _person(name, address)


def _person(name: str, address: str) -> str:
    if not address or address == name:
        return name
    return f"{name} <{address}>" if name else address


def _recipients(item: Item) -> Iterator[tuple[str, str]]:
    by_kind: dict[str, list[str]] = {}
    for one in item.recipients:
        kind = one.get(0x0C15)
        person = _person(text_of(one, 0x3001, 0x5FF6), text_of(one, 0x39FE, 0x3003))
        if person:
            by_kind.setdefault(_KINDS.get(kind & 15, "To") if isinstance(kind, int) else "To", []).append(person)
    for name, number in (("To", 0x0E04), ("Cc", 0x0E03), ("Bcc", 0x0E02)):
        yield name, ", ".join(by_kind.get(name, [])) or item.text(number)


def _date(item: Item) -> str:
    moment = when(item.properties.get(_SENT)) or when(item.properties.get(_DELIVERED))
    return "" if moment is None else format_datetime(moment)


def page_of(item: Item) -> int:
    """Return the code page that the item states."""
    for number in (0x3FDE, 0x3FFD):
        page = item.properties.get(number)
        if isinstance(page, int) and page > 0:
            return page
    return 0


def html_of(item: Item) -> str:
    """Return the HTML body, from its own property or out of the RTF."""
    found = item.properties.get(HTML)
    if isinstance(found, bytes) and found.strip():
        named = re.search(rb"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,40})", found[:4096], re.IGNORECASE)
        page = page_of(item)
        declared = named[1].decode() if named else "utf-8" if page == 65001 else codec_of_page(page)
        return found.decode(encodings.choose(found[: encodings.SAMPLE], declared, whole=False).name, "replace")
    if isinstance(found, str) and found.strip():
        return clean(found)
    wrapped = lzfu.wrapped_html(rtf_of(item))
    return "" if wrapped is None else clean(wrapped)


def rtf_of(item: Item) -> bytes:
    """Return the RTF body."""
    packed = item.properties.get(RTF)
    return lzfu.unfolded(packed) if isinstance(packed, bytes) else b""


def told(item: Item) -> Iterator[tuple[str, str]]:
    """Yield the words of the other properties, each with its name."""
    for number, name in NAMES.items():
        value = item.text(number)
        if value:
            yield name, value
    for number, name in item.names.items():
        named = item.properties.get(number)
        if isinstance(named, str) and named.strip("\0 "):
            yield name, clean(named)


def names_of(entries: bytes, strings: bytes) -> dict[int, str]:
    """Return the names of named properties ([MS-OXMSG], 2.2.3; [MS-PST], 2.4.7)."""
    names: dict[int, str] = {}
    for at in range(0, len(entries) - 7, 8):
        number, guid, index = struct.unpack_from("<IHH", entries, at)
        if guid & 1 and number + 4 <= len(strings):
            (length,) = struct.unpack_from("<I", strings, number)
            raw = strings[number + 4 : number + 4 + (min(length, 512) & ~1)]
            names[0x8000 + index] = clean(raw.decode("utf-16-le", "replace"))
        else:
            names[0x8000 + index] = f"0x{number:04X}"
    return names


class _Aside(Relay):
    """A report to which nothing shows."""

    def visible(self, text: str) -> None:
        """Keep text that would show in another form of the message."""
        self._report.hidden(OTHER_FORM, text)


def tell(item: Item, report: Report) -> None:
    """Report a message: the four lines and one body show, all else stands apart."""
    first: dict[str, str] = {}
    read = [(name, clean(mime.words(value))) for name, value in fields(item)]
    mail_fields.observe([(name, value) for name, value in read if name != "Date" or item.text(HEADERS)], report)
    for name, value in read:
        key = name.title()
        if key in ("From", "To", "Date", "Subject") and key not in first:
            first[key] = value
        else:
            report.hidden(f"header: {name[:60]}", value + "\n")
    report.visible(
        "".join(f"{name}: {first[name]}\n" for name in ("From", "To", "Date", "Subject") if name in first) + "\n"
    )
    for number, what in _TIMES.items():
        moment = when(item.properties.get(number))
        if moment is not None:
            said = dates.from_iso(moment.isoformat(timespec="seconds").replace("+00:00", "Z"))
            dates.observe(report, what, said, f"Outlook property 0x{number:04X}")
    report.observe("mapi.class", item.text(CLASS)[:200])
    _tell_bodies(item, report)
    for name, value in told(item):
        report.hidden(f"property: {name[:60]}", value + "\n")


def _tell_bodies(item: Item, report: Report) -> None:
    plain, page, document = item.text(BODY), html_of(item), rtf_of(item)
    shown: Report = report
    aside = _Aside(report)
    if plain:
        report.visible(plain.replace("\r\n", "\n").rstrip() + "\n")
        shown = aside
    if page:
        html.read_fragment(page, shown)
        shown = aside
    if document and lzfu.wrapped_html(document) is None:
        rtf.read_rtf(Source(io.BytesIO(document), len(document), "body.rtf"), shown)


def step_of(attachment: Attachment, taken: dict[str, int]) -> PathStep:
    """Return a name for an attachment that no other of its message has."""
    name = clean(attachment.name)
    again = taken[name] = taken.get(name, 0) + 1
    if again == 1:
        return PathStep(name)
    stem, dot, ending = name.rpartition(".")
    return PathStep(f"{stem} ({again}){dot}{ending}" if dot else f"{name} ({again})")
