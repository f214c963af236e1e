"""libmagic's table cut down for texts, and its patterns asked of us first: the same answer for a fraction of the time.

Of a text libmagic tries every test that it has, compiles each regular expression anew for each file, and mostly finds
nothing. Two kinds of tests are settled here beforehand. A test for a byte that no text holds cannot come true: such
tests stand in no table for texts. A regular expression stands there, but is shut, and opened for a file in which
Python's own, compiled once, finds it. Everything else is left to libmagic.

Rules for whoever changes this file:
- The answer is libmagic's, always: whatever is in doubt stays open, and what is no plain text gets the whole table.
- The compiled table is read as file 5.41 writes it (`struct magic` of its `magic.h`); any other is let alone.
- A pattern is tried on hostile bytes: none is run here that takes more than the square of what it looks at.
"""

import ctypes
import re
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

import pylibmagic  # noqa: F401 - isort: skip - before magic, as in `detect`
import magic  # isort: skip

VERSION: Final = 16
"""The version of compiled tables that is understood here."""
_MARK: Final = 0xF11E041C
_HEADER: Final = struct.Struct("<4I")
_TEST: Final = struct.Struct("<HBBBBBBBBBBiiIII128s")
_SIZE: Final = 376
_FLAGS_AT: Final = 2
_MOVING, _TURNS = 0x87, 0x60
"""Flags of a test: its place is read from the file or counted from the end; in what turns of libmagic it is tried."""
_STRING, _REGEX, _SEARCH = 5, 17, 20
_WIDTHS: Final = {1: 1, 2: 2, 4: 4, 7: 2, 8: 4, 10: 2, 11: 4, 24: 8, 25: 8, 26: 8}
"""The types of plain whole numbers, and how many bytes they have."""
_ANY_CASE, _KNOWN = 0x0C, 0x6F
"""Flags of strings: capitals count as small letters, or the other way; those, blanks, and turns of libmagic."""
_REGION: Final = 8192
"""Bytes from its place on that a regular expression is tried on, at most (`FILE_REGEX_MAX`)."""
LOOKED_AT: Final = 1 << 20
"""Bytes of a file that libmagic looks at (`FILE_BYTES_MAX`)."""

_NO_TEXT: Final = bytes(i for i in (*range(32), 127) if i not in (7, 8, 9, 10, 12, 13, 27))
"""Bytes that libmagic takes for no text (its `encoding.c`); without them, and without a mark, no text is converted
but from Latin-1 to UTF-8, which leaves every ASCII byte in its order."""
_UTF_8: Final = b"\xef\xbb\xbf"
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"+/v")

_TOKEN: Final = re.compile(
    r"(?P<escaped>\\[^0-9A-Za-z<>`'])|(?P<list>\[\^?\]?(?:\[:space:\]|[^\]\\\[])*\])|(?P<more>[*+?]|\{\d+(?:,\d*)?\})"
    r"|(?P<sign>[()|.$])|(?P<plain>[^\\\[*+?{()|.$^])"
)
_Token = tuple[str, str]
_BLANKS: Final = " \\t\\n\\r\\x0b\\x0c"
_BLANK: Final = re.compile(rb"[\s\x0b]")
_FURTHEST: Final = 64
"""No pattern is shut that begins further into a file."""


@dataclass(frozen=True, slots=True)
class _Test:
    """What a test asks, as far as it matters here."""

    level: int
    flags: int
    relation: str
    type: int
    masked: bool
    offset: int
    asked: int
    """Flags of strings and patterns."""
    range: int
    """In how many places from the first on a string is looked for."""
    value: bytes

    @classmethod
    def parse(cls, table: bytes, at: int) -> Self:
        """Return the test at that place of a table."""
        level, flags, _, relation, length, type_, *_, mask_op, _, _, offset, _, _, low, high, value = _TEST.unpack_from(
            table, at
        )
        text = type_ in (_STRING, _REGEX, _SEARCH)
        width = length if text else _WIDTHS.get(type_, 0)
        masked = not text and bool(mask_op or low or high)
        return cls(level, flags, chr(relation), type_, masked, offset, high if text else 0, low, value[:width])

    @property
    def asks_for_no_text(self) -> bool:
        """Tell whether it can only come true where a byte stands that no text holds."""
        if self.relation != "=" or self.flags & _MOVING or self.masked or self.type == _REGEX:
            return False
        return len(self.value.translate(None, _NO_TEXT)) < len(self.value)

    @property
    def pattern(self) -> "Pattern | None":
        """What has to stand in a text for it to come true, where it may be shut until that is found."""
        if self.relation != "=" or self.flags & _MOVING or not 0 <= self.offset < _FURTHEST:
            return None
        any_case = bool(self.asked & _ANY_CASE)
        if self.type == _REGEX:
            return None if self.offset and self.value.startswith(b"^") else Pattern.of(self.value, any_case=any_case)
        if self.type == _SEARCH and self.asked and not self.asked & ~_KNOWN and 0 < self.range <= _REGION - 128:
            # Without flags libmagic has a quick search of its own.
            return Pattern.start_of(self.value, self.offset + self.range, any_case=any_case)
        return None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of POSIX as Python has it, and a word that is in whatever it finds."""

    compiled: re.Pattern[bytes] | None
    """To be looked for behind a line end; None: it might take too long, then the word alone tells."""
    word: bytes
    any_case: bool = False
    """Whether capitals count as small letters; the word is in small ones then."""
    reach: int | None = None
    """In how many bytes the word has to be; None: in all of them."""

    @classmethod
    def start_of(cls, value: bytes, reach: int, *, any_case: bool) -> Self | None:
        """Return the part of a string before its first blank: with some flags more or fewer blanks count as well."""
        word = _BLANK.split(value, maxsplit=1)[0]
        return cls(None, word.lower() if any_case else word, any_case, 1 + reach + len(word)) if word else None

    @classmethod
    def of(cls, posix: bytes, *, any_case: bool = False) -> Self | None:
        """Return the pattern, which may find more than the other does; None where that cannot be made sure.

        Extended expressions (POSIX.1-2017, XBD 9.4) with `REG_NEWLINE`: no negated list holds a line end.
        """
        text = posix.partition(b"\0")[0].decode("latin-1")
        body = text.removeprefix("^")
        tokens = [(str(found.lastgroup), found[0]) for found in _TOKEN.finditer(body)]
        if "".join(said for _, said in tokens) != body or not text.isascii() or "(?" in body:
            return None
        if any(one == two == "more" for (one, _), (two, _) in pairwise(tokens)):
            return None
        word = _longest_word(tokens).encode()
        word = word.lower() if any_case else word
        if text.startswith("^[[:space:]]*"):  # over lines without end: what follows it is enough to look for
            tokens = tokens[2:]
        elif text != body:
            tokens.insert(0, ("plain", "\n"))
        endless = [one for one, (_, said) in pairwise(tokens) if said.endswith(("*", "+", ",}"))]
        if sum(said in (".", ")") or said.startswith("[^") for _, said in endless) > 1:
            return cls(None, word, any_case) if word else None
        flags = re.MULTILINE | (re.IGNORECASE if any_case else 0)
        return cls(re.compile("".join(map(_python, tokens)).encode(), flags), word, any_case)

    def may_be_in(self, text: bytes, lower: bytes) -> bool:
        """Tell whether libmagic may find it; a yes may be wrong.

        Args:
            text: begins with a line end that is not its own.
            lower: the same in small letters.
        """
        if (lower if self.any_case else text).find(self.word, 0, self.reach) < 0:
            return False
        return self.compiled is None or self.compiled.search(text) is not None


def _python(token: _Token) -> str:
    kind, said = token
    if kind == "list":
        said = said.replace("[:space:]", _BLANKS)
        return f"[^\\n{said[2:]}" if said.startswith("[^") else said
    return re.escape(said) if kind == "plain" else said


def _longest_word(tokens: list[_Token]) -> str:
    """Return the longest row of letters that stands outside of all groups and is not optional; "" with a choice."""
    words, depth = [""], 0
    for kind, said in tokens:
        if kind == "sign":
            if said == "|" and depth == 0:
                return ""
            depth += {"(": 1, ")": -1}.get(said, 0)
        if depth == 0 and kind in ("plain", "escaped"):
            words[-1] += said[-1]
            continue
        if kind == "more":
            words[-1] = words[-1][:-1]
        words.append("")
    return max(words, key=len)


@dataclass(frozen=True, slots=True)
class _Shut:
    """A pattern that is shut in the table: where its flags stand, and what they are when it is open."""

    at: int
    flags: int
    pattern: Pattern


def is_text(head: bytes) -> bool:
    """Tell text that libmagic looks at as it is: no byte in it that texts have not, no mark of another encoding."""
    return not head.startswith(_MARKS) and len(head.translate(None, _NO_TEXT)) == len(head)


class TextMagic:
    """libmagic with the table for texts; asked by one thread at a time."""

    def __init__(self, table: bytes) -> None:
        """Cut the table down.

        Raises:
            ValueError: when it is of another version, or not what it says.
        """
        kept, self._shut = _cut_down(table)
        self._table = (ctypes.c_ubyte * len(kept)).from_buffer_copy(kept)
        self._magic = magic.Magic(mime=True, mime_encoding=False)
        buffers = (ctypes.c_void_p * 1)(ctypes.addressof(self._table))
        sizes = (ctypes.c_size_t * 1)(len(kept))
        if magic.libmagic.magic_load_buffers(ctypes.c_void_p(self._magic.cookie), buffers, sizes, ctypes.c_size_t(1)):
            raise ValueError("libmagic does not take the table")

    @classmethod
    def of(cls, file: Path) -> Self | None:
        """Return it for a compiled table; None where that is not there, or not as it is understood here."""
        try:
            return cls(file.read_bytes())
        except (OSError, ValueError):
            return None

    def type_of(self, descriptor: int, head: bytes) -> str:
        """Return what libmagic says of an open file that `is_text`.

        Args:
            descriptor: the file, at its beginning.
            head: its first `LOOKED_AT` bytes.
        """
        seen = [b"\n" + head[: _REGION + _FURTHEST]]
        if head.startswith(_UTF_8):  # libmagic asks most tests of what stands behind the mark
            seen.append(b"\n" + seen[0][1 + len(_UTF_8) :])
        texts = [(text, text.lower()) for text in seen]
        opened = [shut for shut in self._shut if any(shut.pattern.may_be_in(*text) for text in texts)]
        for shut in opened:
            self._table[shut.at] = shut.flags
        try:
            return str(self._magic.from_descriptor(descriptor))
        finally:
            for shut in opened:
                self._table[shut.at] = shut.flags & ~_TURNS


def _cut_down(table: bytes) -> tuple[bytes, list[_Shut]]:
    """Return a table without the tests that come true of no text, and the patterns that are shut in it."""
    if len(table) < _SIZE or len(table) % _SIZE:
        raise ValueError("no table of this version")
    mark, version, count, named = _HEADER.unpack_from(table)
    if (mark, version) != (_MARK, VERSION) or len(table) != (1 + count + named) * _SIZE:
        raise ValueError("no table of this version")
    kept, shut, wanted = bytearray(table[:_SIZE]), list[_Shut](), False
    for at in range(_SIZE, (1 + count) * _SIZE, _SIZE):
        if table[at] == table[at + 1] == 0:  # the level; what is deeper goes with what it belongs to
            test = _Test.parse(table, at)
            wanted = not test.asks_for_no_text
            pattern = test.pattern
            if pattern is not None:
                shut.append(_Shut(len(kept) + _FLAGS_AT, test.flags, pattern))
        if wanted:
            kept += table[at : at + _SIZE]
    for one in shut:
        kept[one.at] = one.flags & ~_TURNS
    _HEADER.pack_into(kept, 0, mark, version, len(kept) // _SIZE - 1, named)
    return bytes(kept + table[(1 + count) * _SIZE :]), shut
