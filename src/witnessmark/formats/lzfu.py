"""Unfolds the RTF body of Outlook's messages ([MS-OXRTFCP]) and finds the HTML that it may wrap ([MS-OXRTFEX])."""

import re
import struct

from witnessmark.formats.windows_codecs import codec_of_charset, codec_of_page

LARGEST = 64 << 20
_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_BEGINNING = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n\x00]+)|[\r\n\x00\\]",
    re.DOTALL,
)
_SIGNS = {
    *((b"par", "\r\n"), (b"line", "\r\n"), (b"tab", "\t"), (b"lquote", "\u2018"), (b"rquote", "\u2019")),
    *((b"ldblquote", "\u201c"), (b"rdblquote", "\u201d"), (b"bullet", "\u2022"), (b"endash", "\u2013")),
    *((b"emdash", "\u2014"),),
}
_SPELLED = dict(_SIGNS)
_UNSHOWN = {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pntext", b"generator", b"pict", b"object", b"listtable"}


def unfolded(data: bytes) -> bytes:
    """Return the RTF that a compressed body holds, as much of it as can be read."""
    if len(data) < 16:
        return b""
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    size = min(size, LARGEST)
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED:
        return b""
    window = bytearray(4096)
    window[: len(_BEGINNING)] = _BEGINNING
    place, at, out = len(_BEGINNING), 16, bytearray()
    while at < len(data) and len(out) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not control >> bit & 1:
                window[place] = data[at]
                out.append(data[at])
                place = (place + 1) & 4095
                at += 1
                continue
            if at + 1 >= len(data):
                return bytes(out)
            pair = data[at] << 8 | data[at + 1]
            at += 2
            start, length = pair >> 4, (pair & 15) + 2
            if start == place:
                return bytes(out)
            for i in range(length):
                byte = window[(start + i) & 4095]
                window[place] = byte
                out.append(byte)
                place = (place + 1) & 4095
    return bytes(out[:size])


def wrapped_html(rtf: bytes) -> str | None:
    """Return the HTML that was wrapped in RTF, or None where the RTF is the body itself."""
    if b"\\fromhtml" not in rtf[:2000]:
        return None
    return _Unwrapping().read(rtf)


class _Unwrapping:
    """HTML on its way out of RTF: what stands in `htmltag` groups, and the text between, less what is RTF's alone."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._raw = bytearray()
        self._page = "cp1252"
        self._codec = self._page
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._skip = 0

    def read(self, rtf: bytes) -> str:
        # a group's state: whether it is dropped, stands in a tag, is only RTF's, lists fonts; its codec; its \uc
        state = (False, False, False, False, self._codec, 1)
        outer: list[tuple[bool, bool, bool, bool, str, int]] = []
        starred = False
        for match in _TOKEN.finditer(rtf):
            word, number, code, symbol, brace, text = match.groups()
            dropped, tagged, only_rtf, fonts, codec, _ = state
            shown = not (dropped or fonts or (only_rtf and not tagged))
            if brace == b"{":
                if len(outer) < 5_000:
                    outer.append(state)
                starred = False
            elif brace == b"}":
                state = outer.pop() if outer else state
            elif text is not None:
                self._add(text, codec, shown=shown)
            elif code is not None:
                self._add(bytes([int(code, 16)]), codec, shown=shown)
            elif symbol is not None:
                if symbol == b"*":
                    starred = True
                elif shown:
                    self._say({b"~": "\xa0", b"_": "\u2011", b"-": "\xad"}.get(symbol, symbol.decode("latin-1")), codec)
            elif word is not None:
                state = self._word(word, int(number or 1), state, starred=starred, shown=shown, has_number=bool(number))
                starred = False
        self._flush(self._codec)
        return "".join(self._out)

    def _word(
        self,
        word: bytes,
        number: int,
        state: tuple[bool, bool, bool, bool, str, int],
        *,
        starred: bool,
        shown: bool,
        has_number: bool,
    ) -> tuple[bool, bool, bool, bool, str, int]:
        dropped, tagged, only_rtf, fonts, codec, uc = state
        if word == b"htmltag":
            tagged = True
        elif starred or word in _UNSHOWN:
            fonts = fonts or word == b"fonttbl"
            dropped = dropped or word != b"fonttbl"
        elif word == b"htmlrtf":
            only_rtf = not (has_number and number == 0)
        elif word == b"ansicpg":
            self._page = codec = codec_of_page(number) or codec
        elif word == b"uc":
            uc = max(0, min(number, 8))
        elif word == b"f":
            self._font = number
            codec = codec if fonts else self._fonts.get(number, self._page)
        elif word == b"fcharset" and fonts:
            self._fonts[self._font] = codec_of_charset(number) or self._page
        elif word == b"u" and shown:
            self._flush(codec)
            self._out.append(chr(number & 0xFFFF))
            self._skip = uc
        elif word in _SPELLED and shown:
            self._say(_SPELLED[word], codec)
        return dropped, tagged, only_rtf, fonts, codec, uc

    def _add(self, raw: bytes, codec: str, *, shown: bool) -> None:
        if not shown:
            return
        if self._skip:
            passed = min(self._skip, len(raw))
            self._skip -= passed
            raw = raw[passed:]
        if raw and self._codec != codec:
            self._flush(self._codec)
            self._codec = codec
        self._raw += raw

    def _say(self, text: str, codec: str) -> None:
        self._flush(codec)
        self._out.append(text)

    def _flush(self, codec: str) -> None:
        if self._raw:
            self._out.append(self._raw.decode(self._codec, "replace"))
            self._raw.clear()
        self._codec = codec
