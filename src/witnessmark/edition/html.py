"""Pages from templates: escaping always, and a filter for each thing that must be isolated or spelled out.

Rules for whoever changes this file:
- Nothing reaches a page but through a template with autoescape; a missing value is an error, never an empty place.
- A number, date, id or name goes through `num`, `date` or `bdi`; text from exhibits and keepers through `marks`.
- Characters that change the order of text are shown as marks, never passed on.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
CONTROLS: Final = re.compile(
    "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u206a-\u206f\ufff9-\ufffb\U000e0001-\U000e007f]"
)
"""Characters that change the order or the meaning of text without being seen (UAX #9, and tags)."""
_UNSEEN = re.compile("[\x00-\x09\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
SHORT: Final = 160


def isolated(value: object) -> Markup:
    """Return a value whose direction cannot reach its surroundings (HTML, bdi)."""
    return Markup("<bdi>{}</bdi>").format(marked(str(value)))


def identifier(value: str) -> Markup:
    """Return a public id, which must not be broken at its hyphen."""
    return Markup('<bdi class="id">{}</bdi>').format(value)


def number(value: int) -> Markup:
    """Return a whole number with its thousands apart."""
    return Markup("<bdi>{}</bdi>").format(f"{value:,}")


def day(value: str) -> Markup:
    """Return a date as a reader says it; what is no date stands as it is."""
    return Markup('<time datetime="{}"><bdi>{}</bdi></time>').format(value, spoken(value))


def spoken(value: str) -> str:
    """Return `12 June 2032` for `2032-06-12`."""
    found = date.fromisoformat(value)
    return f"{found.day} {MONTHS[found.month - 1]} {found.year}"


def month(value: str) -> str:
    """Return `June 2032` for a day in it."""
    found = date.fromisoformat(value)
    return f"{MONTHS[found.month - 1]} {found.year}"


def marked(value: str) -> Markup:
    """Return a text in which characters that change its order stand as marks that can be seen."""
    clean = str(escape(_UNSEEN.sub("\ufffd", value)))
    return Markup(CONTROLS.sub(_mark, clean))  # noqa: S704 - escaped above; the marks hold hexadecimal digits alone


def _mark(found: re.Match[str]) -> str:
    return f'<bdi class="ctl">⟦U+{ord(found[0]):04X}⟧</bdi>'


def plain(value: str) -> str:
    """Return a text for a place that holds no elements: what changes its order becomes U+FFFD."""
    return CONTROLS.sub("\ufffd", _UNSEEN.sub("\ufffd", value))


def short(value: str) -> str:
    """Return the beginning of a long text."""
    return value if len(value) <= SHORT else value[: SHORT - 1].rsplit(" ", 1)[0] + " …"


def size(value: int) -> Markup:
    """Return a file's size as a reader says it."""
    if value < 1000:
        return isolated(f"{value} bytes")
    return isolated(f"{value / 1000:.1f} KB" if value < 1_000_000 else f"{value / 1_000_000:.1f} MB")


def environment() -> jinja2.Environment:
    """Return the environment in which all pages are rendered."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("witnessmark.edition"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {
        "bdi": isolated,
        "id": identifier,
        "num": number,
        "date": day,
        "marks": marked,
        "plain": plain,
        "short": short,
        "size": size,
    }
    return found


class Pages:
    """All templates, loaded once for an edition."""

    def __init__(self) -> None:
        self._environment = environment()

    def render(self, template: str, values: Mapping[str, Any]) -> bytes:
        """Return one page in UTF-8."""
        return self._environment.get_template(template).render(values).encode()
