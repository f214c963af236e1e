"""Reads Rich Text Format: what the page shows, what it does not (comments, deleted and hidden words), what is embedded.

Rules for whoever changes this file:
- Groups are kept on a list, never by recursion; a document that nests deeper than `DEEPEST` is read that far.
- A destination that is not known is no text of the page. What is known to be unseen stands apart with its label.
- Text whose colour is close to its background, or that is a point high or less, counts as hidden.
"""

import re
from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import dates, rtf_objects
from witnessmark.formats.ink import WHITE, Colour, Ink, are_close, over_mark
from witnessmark.formats.rtf_words import (
    DATES,
    HIDDEN,
    PROPERTIES,
    SHOWN,
    SIGNS,
    SYMBOLS,
)
from witnessmark.formats.windows_codecs import codec_of_charset, codec_of_page
from witnessmark.model.derivative import Outcome

LARGEST = 256 << 20
"""Bytes that are read."""
DEEPEST = 5_000
MOST_MARKS = 2_000

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n\x00]+)|[\r\n\x00\\]",
    re.DOTALL,
)
_WORD, _NUMBER, _HEX, _SYMBOL, _BRACE, _TEXT = range(1, 7)
_PAGE, _DROP, _FONTS, _COLOURS, _PICTURE, _OBJECT, _DATE, _UNKNOWN = (
    "page",
    "drop",
    "fonts",
    "colours",
    "picture",
    "object",
    "date",
    "unknown",
)
_RAW: Final = frozenset((_PICTURE, _OBJECT))
_OUTSIDE = 0xFFFFFFFF
_SHEET = 31_680
"""Twips: 22 inches, the longest side of a page that Word knows."""
_WORDS = re.compile(r"[^\W\d_]{3}")
_PROPERTY = re.compile(r"metadata: (\w+)\Z")


class _Group:
    """What holds inside a group; a nested one begins with a copy."""

    __slots__ = (
        *("away", "background", "codec", "colour", "deleted", "label", "paper", "size", "starred", "target", "uc"),
        *("fresh", "mark", "unshown", "vanish"),
    )

    def __init__(self) -> None:
        self.target = _PAGE
        self.label = ""
        self.codec = "cp1252"
        self.uc = 1
        self.vanish = self.deleted = self.starred = self.unshown = self.away = self.fresh = False
        self.colour = self.background = self.mark = self.paper = 0
        self.size = 24


def read_rtf(source: Source, report: Report) -> None:
    """Read an RTF document."""
    data = source.first(LARGEST)
    document = _Document(report)
    document.read(data)
    document.finish()
    if source.size > LARGEST:
        report.outcome(Outcome.PARTIAL, "longer than 256 MiB: read as far as that")
    elif document.problem:
        report.outcome(Outcome.PARTIAL, document.problem)


class _Document:
    """One document on its way into a report."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._group = _Group()
        self._outer: list[_Group] = []
        self._ansi = "cp1252"
        self._fonts: dict[int, str | None] = {}
        self._font = 0
        self._default_font: int | None = None
        self._colours: list[Colour | None] = []
        self._channels: dict[bytes, int] = {}
        self._raw = bytearray()
        self._fallback = 0
        self._pieces: list[str] = []
        self._where: str | None = ""
        self._date: dict[bytes, int] = {}
        self._marks: set[str] = set()
        self._objects = rtf_objects.Objects(report)
        self._property = ""
        self.problem = ""

    def read(self, data: bytes) -> None:
        """Go through all tokens."""
        at, end = 0, len(data)
        match = _TOKEN.match
        while at < end:
            token = match(data, at)
            if token is None:  # no byte is without a token; for a change of the pattern that forgets one
                at += 1
                continue
            at = token.end()
            kind = token.lastindex
            if kind == _TEXT:
                self._bytes(token.group(_TEXT))
            elif kind in (_WORD, _NUMBER):
                word, number = token.group(_WORD), token.group(_NUMBER)
                if word == b"bin" and number:
                    count = max(0, int(number))
                    if self._group.target in _RAW:
                        self._objects.binary(data[at : at + count])
                    at += count
                else:
                    self._word(word, None if number is None else max(-_OUTSIDE, min(int(number), _OUTSIDE)))
            elif kind == _HEX:
                self._bytes(bytes((int(token.group(_HEX), 16),)))
            elif kind == _SYMBOL:
                self._symbol(token.group(_SYMBOL))
            elif kind == _BRACE:
                if token.group(_BRACE) == b"{":
                    self._open()
                elif not self._close() and not self._outer:
                    break  # the document has ended; what follows is no RTF
        if self._outer:
            self.problem = self.problem or "the document breaks off inside a group"
        rest = data[at:].strip(b"\x00\r\n\t {}")
        if rest:
            self._report.observe("rtf.after_the_end", {"bytes": len(rest), "begins": rest[:8].hex()})
            text = rest[:100_000].decode(self._ansi, "replace")
            if _WORDS.search(text):
                self._say("after the end of the document", text)

    def finish(self) -> None:
        """Report what is still at hand."""
        self._flush()
        self._put(None)
        if self._marks:
            marks = sorted(self._marks)
            self._report.observe("office.rsids", {"root": "", "count": len(marks), "all": marks[:MOST_MARKS]})

    # Groups

    def _open(self) -> None:
        self._flush()
        self._fallback = 0
        if len(self._outer) >= DEEPEST:
            self.problem = f"groups nest deeper than {DEEPEST}: the rest is read as one"
        self._outer.append(self._group)
        self._group = copy(self._group)
        self._group.starred = False
        self._group.fresh = True

    def _close(self) -> bool:
        self._flush()
        self._fallback = 0
        if not self._outer:
            return False
        closed, self._group = self._group, self._outer.pop()
        if closed.target != self._group.target or closed.label != self._group.label:
            self._leave(closed)
        return bool(self._outer)

    def _leave(self, closed: _Group) -> None:
        if closed.target in _RAW:
            self._objects.end()
        elif closed.target == _DATE:
            self._say_date(closed.label)
        elif closed.label or closed.target == _PAGE:
            self._put(None)

    # Words

    def _word(self, word: bytes, number: int | None) -> None:
        group = self._group
        group.fresh = False
        if self._fallback:
            self._fallback -= 1
            return
        if word == b"u" and number is not None:
            self._flush()
            self._add(chr(number & 0xFFFF))
            self._fallback = group.uc
            return
        self._flush()
        if word in SIGNS:
            self._add(SIGNS[word])
            return
        setter = _SETTERS.get(word)
        if setter is not None:
            setter(self, number)
        elif word in _DESTINATIONS or group.starred:
            self._enter(word)
        elif group.target == _DATE and number is not None:
            self._date[word] = number
        elif group.target == _COLOURS and number is not None:
            self._channels[word] = number & 255
        elif group.target == _PICTURE:
            self._objects.word(word)
        elif word.startswith(b"rsid") or word.endswith(b"rsid"):
            self._mark(word, number)
        group.starred = False

    def _enter(self, word: bytes) -> None:
        """Begin a destination in the group that stands open."""
        group = self._group
        group.starred = False
        if group.target in (_DROP, _UNKNOWN) and word not in _RAW_WORDS:
            return
        if word in _RAW_WORDS:
            group.target, group.label = _RAW_WORDS[word], ""
            self._objects.begin(is_picture=group.target == _PICTURE)
        elif word in DATES:
            group.target, group.label = _DATE, DATES[word]
            self._date = {}
        elif word in SHOWN:
            pass  # what is hidden stays hidden inside it
        elif word in HIDDEN:
            group.label = HIDDEN[word]
            group.target = _PAGE if group.label else _DROP
        else:
            group.target, group.label = _KEPT.get(word, _UNKNOWN), ""

    def _star(self) -> None:
        # It marks a destination only where one can begin; in the midst of a group it says nothing.
        self._group.starred = self._group.fresh

    def _mark(self, word: bytes, number: int | None) -> None:
        if number is not None and len(self._marks) < MOST_MARKS * 5:
            self._marks.add(f"{number & 0xFFFFFFFF:08X}")
            if word == b"rsidroot":
                self._report.observe("rtf.rsid_root", f"{number & 0xFFFFFFFF:08X}")

    def _symbol(self, symbol: bytes) -> None:
        if self._fallback:
            self._fallback -= 1
            return
        self._flush()
        if symbol == b"*":
            self._star()
        elif symbol in SYMBOLS:
            self._add(SYMBOLS[symbol])

    # Text

    def _bytes(self, data: bytes) -> None:
        group = self._group
        if group.target in _RAW:
            self._objects.hexadecimal(data)
            return
        if self._fallback:
            dropped = min(self._fallback, len(data))
            self._fallback -= dropped
            data = data[dropped:]
        if data and group.target not in (_DROP, _UNKNOWN):
            self._raw += data

    def _flush(self) -> None:
        if not self._raw:
            return
        data, self._raw = bytes(self._raw), bytearray()
        target = self._group.target
        if target == _COLOURS:
            for _ in range(data.count(b";")):
                self._colours.append(self._colour())
        elif target == _PAGE:
            self._add(data.decode(self._group.codec, "replace"))

    def _add(self, text: str) -> None:
        group = self._group
        if not text or group.target != _PAGE:
            return
        where = group.label or ("deleted" if group.deleted else "hidden text" if self._is_unseen(group) else "")
        if where != self._where:
            self._put(where)
        self._pieces.append(text)

    def _put(self, where: str | None) -> None:
        """Report what was gathered, and gather for another place."""
        text = _joined("".join(self._pieces))
        self._pieces.clear()
        last, self._where = self._where, where
        if last is None or not text:
            return
        if last == "":
            self._report.visible(text)
        elif last == "shape property name":
            self._property = text.strip()
        elif last == "shape property":
            self._say_property(text.strip())
        elif text.strip():
            self._say(last, text)

    def _say_property(self, value: str) -> None:
        if self._property == "fHidden" and value == "1" and self._outer:
            self._outer[-1].unshown = True  # the group around the pair of name and value is the shape's
        elif _WORDS.search(value) and not self._property.startswith("pSegment"):
            self._say(f"shape {self._property}"[:60], value)

    def _say(self, where: str, text: str) -> None:
        self._report.hidden(where, text.strip() + "\n")
        found = _PROPERTY.match(where)
        if found and found.group(1).encode() in PROPERTIES:
            self._report.observe(f"office.{found.group(1)}", text.strip()[:500])

    def _say_date(self, name: str) -> None:
        date = self._date
        if date.get(b"yr"):
            stamp = f"{date[b'yr']:04}-{date.get(b'mo', 1):02}-{date.get(b'dy', 1):02}"
            stamp += f"T{date.get(b'hr', 0):02}:{date.get(b'min', 0):02}:{date.get(b'sec', 0):02}"
            dates.observe(self._report, name, dates.from_iso(stamp), f"RTF {name}")

    # Looks

    def _is_unseen(self, group: _Group) -> bool:
        if group.vanish or group.unshown or group.away or group.size <= 2:
            return True
        ink: Ink = self._at(group.colour)
        if ink is None:
            ink = over_mark(None, self._at(group.mark))
        if not isinstance(ink, tuple):
            return False
        return are_close(ink, self._at(group.mark) or self._at(group.background) or self._at(group.paper) or WHITE)

    def _at(self, number: int) -> Colour | None:
        return self._colours[number] if 0 < number < len(self._colours) else None

    def _colour(self) -> Colour | None:
        channels, self._channels = self._channels, {}
        if not channels.keys() & {b"red", b"green", b"blue"}:
            return None
        return channels.get(b"red", 0), channels.get(b"green", 0), channels.get(b"blue", 0)

    # What single words set

    def _set_page(self, number: int | None) -> None:
        self._ansi = codec_of_page(number or 0) or self._ansi
        self._group.codec = self._ansi

    def _set_named(self, codec: str) -> None:
        self._ansi = self._group.codec = codec

    def _set_font(self, number: int | None) -> None:
        if self._group.target == _FONTS:
            self._font = number or 0
        else:
            self._group.codec = self._fonts.get(number or 0) or self._ansi

    def _set_charset(self, number: int | None) -> None:
        if self._group.target == _FONTS:
            self._fonts[self._font] = codec_of_charset(number or 0)

    def _set_font_page(self, number: int | None) -> None:
        if self._group.target == _FONTS:
            codec = codec_of_page(number or 0)
            if codec is not None:
                self._fonts[self._font] = codec

    def _set_plain(self, _number: int | None) -> None:
        group = self._group
        group.vanish = group.deleted = False
        group.colour = group.background = group.mark = 0
        group.size = 24
        if self._default_font is not None:
            group.codec = self._fonts.get(self._default_font) or self._ansi

    def _set_default_font(self, number: int | None) -> None:
        self._default_font = number

    def _set_skip(self, number: int | None) -> None:
        self._group.uc = max(0, min(1 if number is None else number, 32))

    def _set_vanish(self, number: int | None) -> None:
        self._group.vanish = number != 0

    def _set_deleted(self, number: int | None) -> None:
        self._group.deleted = number != 0

    def _set_colour(self, number: int | None) -> None:
        self._group.colour = number or 0

    def _set_background(self, number: int | None) -> None:
        self._group.background = number or 0

    def _set_mark(self, number: int | None) -> None:
        self._group.mark = number or 0

    def _set_paper(self, number: int | None) -> None:
        self._group.paper = number or 0

    def _set_size(self, number: int | None) -> None:
        self._group.size = 24 if number is None else number

    def _end_paragraph_looks(self, _number: int | None) -> None:
        self._group.paper = 0
        self._group.away = False

    def _set_edge(self, number: int | None, *, is_far_side: bool) -> None:
        """Hear where a shape begins or ends; beyond any sheet of paper nobody sees it."""
        if number is not None and (number < -_SHEET if is_far_side else number > _SHEET):
            self._group.unshown = True

    def _set_place(self, number: int | None) -> None:
        if number is not None and abs(number) > _SHEET:
            self._group.away = True


_SETTERS: Final[dict[bytes, Callable[[_Document, int | None], None]]] = {
    b"ansi": lambda document, _: document._set_named("cp1252"),
    b"mac": lambda document, _: document._set_named("mac_roman"),
    b"pc": lambda document, _: document._set_named("cp437"),
    b"pca": lambda document, _: document._set_named("cp850"),
    b"ansicpg": _Document._set_page,
    b"deff": _Document._set_default_font,
    b"f": _Document._set_font,
    b"af": _Document._set_font,
    b"fcharset": _Document._set_charset,
    b"cpg": _Document._set_font_page,
    b"plain": _Document._set_plain,
    b"uc": _Document._set_skip,
    b"v": _Document._set_vanish,
    b"deleted": _Document._set_deleted,
    b"cf": _Document._set_colour,
    b"cb": _Document._set_background,
    b"highlight": _Document._set_mark,
    b"chcbpat": _Document._set_background,
    b"cbpat": _Document._set_paper,
    b"pard": _Document._end_paragraph_looks,
    b"fs": _Document._set_size,
    **dict.fromkeys((b"shpleft", b"shptop"), partial(_Document._set_edge, is_far_side=False)),
    **dict.fromkeys((b"shpright", b"shpbottom"), partial(_Document._set_edge, is_far_side=True)),
    **dict.fromkeys((b"posx", b"posy", b"posnegx", b"posnegy"), _Document._set_place),
}
_RAW_WORDS: Final = {b"pict": _PICTURE, b"objdata": _OBJECT}
_KEPT: Final = {b"fonttbl": _FONTS, b"colortbl": _COLOURS, b"nextfile": _DROP}
_TABLES: Final = (
    *(b"stylesheet", b"listtable", b"listoverridetable", b"rsidtbl", b"themedata", b"colorschememapping", b"generator"),
    *(b"datastore", b"latentstyles", b"xmlnstbl", b"pgptbl", b"panose", b"falt", b"pn", b"objsect", b"wgrffmtfilter"),
    *(b"ftnsep", b"ftnsepc", b"aftnsep", b"aftnsepc", b"nonesttables", b"blipuid", b"picprop", b"fontemb", b"fontfile"),
    *(
        b"mmathPr",
        b"listpicture",
        b"background",
        b"defchp",
        b"defpap",
        b"bkmkpub",
        b"private",
        b"oldcprops",
        b"oldpprops",
    ),
)
_DESTINATIONS: Final = frozenset((*SHOWN, *HIDDEN, *DATES, *_KEPT, *_RAW_WORDS, *_TABLES))


def _joined(text: str) -> str:
    """Return text with pairs of surrogates made one character, lone ones U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
