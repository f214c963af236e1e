"""What a DjVu file says beside its pages: annotations with links and comments, metadata, titles of the outline.

By the DjVu Reference (LizardTech, version 3, November 2005), sections 8.3.3 and 8.3.4; `metadata` and `xmp` are later
additions of DjVuLibre, whose keys are those of a PDF or of BibTeX.

Rules for whoever changes this file: parentheses are followed without recursion; no link is followed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import dates, xmp
from witnessmark.formats.encodings import choose, storable
from witnessmark.formats.octets import observe_pairs

MOST_ANNOTATIONS: Final = 5_000
MOST_ADDRESSES: Final = 200
"""Addresses of one chunk that are observed, as of one page of a PDF."""
_MOST_TOKENS: Final = 500_000
_TOKEN: Final = re.compile(r'[()]|"(?:[^"\\]|\\.)*+"?|[^\s()"]++', re.DOTALL)
_ESCAPE: Final = re.compile(r'((?:\\[0-7]{3})+)|\\([\\"ntr])')
_SIGNS: Final = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\n"}
_PRINTED: Final = {"phead": "printed header", "pfoot": "printed footer"}
_PLACE: Final = re.compile(r"(?:left|center|right)::")

Form = list["str | Form"]
"""A parenthesis: words, strings and other parentheses."""


@dataclass(slots=True)
class Notes:
    """What was told so far of one file, so that pages that say the same have it once."""

    report: Report
    said: set[tuple[str, str]] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    def hide(self, label: str, text: str) -> None:
        """Report a hidden text, once."""
        if text.strip() and (label, text) not in self.said and len(self.said) < MOST_ANNOTATIONS:
            self.said.add((label, text))
            self.report.hidden(label, storable(text).strip() + "\n")

    def lead(self, address: str) -> None:
        """Report where a link leads out of the file, once."""
        if address and not address.startswith("#") and address not in self.addresses:
            self.addresses.add(address)
            self.report.observe("address", storable(address[:2000]))


def decoded(data: bytes) -> str:
    """Return a text of the file: UTF-8, as it has to be, else what it likeliest is."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(choose(data[:65_536]).name, "replace")


def tell_annotations(data: bytes, notes: Notes) -> None:
    """Report the annotations of one chunk (8.3.4)."""
    found, addresses = dict[str, str](), 0
    for form in _parsed(decoded(data)):
        name, rest = form[0], form[1:]
        if name == "maparea":
            address = _address(rest)
            if address and addresses < MOST_ADDRESSES:
                addresses += 1
                notes.lead(address)
            if len(rest) > 1 and isinstance(rest[1], str):
                notes.hide("annotation", rest[1])
        elif name == "metadata":
            found |= dict(_pairs(rest))
        elif name == "xmp":
            for word in _words(rest):
                for packet in xmp.packets(word.encode("utf-8", "replace")):
                    xmp.read_packet(packet, notes.report)
        elif isinstance(name, str) and name in _PRINTED:
            for word in _words(rest):
                notes.hide(_PRINTED[name], _PLACE.sub("", word, count=1))
    _tell_metadata(found, notes)


def _tell_metadata(found: dict[str, str], notes: Notes) -> None:
    fresh = {
        key: value for key, value in found.items() if value.strip() and (f"metadata: {key}", value) not in notes.said
    }
    for key, value in fresh.items():
        notes.hide(f"metadata: {key}", value)
        if key.lower() in ("creator", "producer"):
            dates.observe_software(notes.report, storable(value), "", f"DjVu metadata {key}")
        elif key.lower() in ("creationdate", "moddate"):
            what = "created" if key.lower() == "creationdate" else "modified"
            dates.observe(notes.report, what, dates.from_pdf(storable(value)), f"DjVu metadata {key}")
    if fresh:
        observe_pairs(
            notes.report, "djvu.metadata", {storable(key): storable(value[:500]) for key, value in fresh.items()}
        )


def titles(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield title and link of each line of the outline, in its order (8.3.3)."""
    at = 2
    for _ in range(int.from_bytes(data[:2], "big")):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        title, at = data[at + 4 : at + 4 + size], at + 4 + size
        size = int.from_bytes(data[at : at + 3], "big")
        link, at = data[at + 3 : at + 3 + size], at + 3 + size
        if at > len(data):
            return
        yield decoded(title).strip(), decoded(link)


def _address(rest: Sequence["str | Form"]) -> str:
    first = rest[0] if rest else ""
    if isinstance(first, str):
        return first
    return next(iter(_words(first[1:])), "")


def _pairs(form: Sequence["str | Form"]) -> Iterator[tuple[str, str]]:
    for one in form:
        if isinstance(one, list) and len(one) > 1 and isinstance(one[0], str) and isinstance(one[1], str):
            yield one[0], one[1]


def _words(form: Sequence["str | Form"]) -> Iterator[str]:
    return (word for word in form if isinstance(word, str))


def _parsed(text: str) -> list[Form]:
    """Return the outermost parentheses; an end that is missing is taken to stand at the text's end."""
    outer: Form = []
    open_ones = [outer]
    for count, match in enumerate(_TOKEN.finditer(text)):
        token = match[0]
        if count >= _MOST_TOKENS:
            break
        if token == "(":  # noqa: S105 - a parenthesis
            inner: Form = []
            open_ones[-1].append(inner)
            open_ones.append(inner)
        elif token == ")":  # noqa: S105
            if len(open_ones) > 1:
                open_ones.pop()
        else:
            open_ones[-1].append(_string(token) if token[0] == '"' else token)
    return [form for form in outer if isinstance(form, list) and form]


def _string(token: str) -> str:
    body = token[1:-1] if len(token) > 1 and token.endswith('"') else token[1:]
    if "\\" not in body:
        return body
    return _ESCAPE.sub(_plain, body)


def _plain(match: re.Match[str]) -> str:
    if match[1] is None:
        return _SIGNS[match[2]]
    return decoded(bytes(int(octal, 8) & 0xFF for octal in match[1][1:].split("\\")))
