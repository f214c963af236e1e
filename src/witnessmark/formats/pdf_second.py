"""A second reader's look at a few pages of a PDF: where two readers find different words, that is observed.

Two things are asked of each page that is looked at. Whether pdfium and pypdf find the same words: they differ where the
file names its letters in a way that not every program understands. And whether a reader of the page sees what pypdf
finds: not where text is in the page and not on it. Neither is a judgement: `pdf.second_reading` counts words.

Pages on which pdfium could not name many letters are read again, so that they can be found: what pypdf finds there and
pdfium did not is kept as hidden text, for whether the page shows it nobody has measured.

Rules for whoever changes this file: this is the last that is done with a PDF and nothing of its reading hangs on it;
the second reader gets few pages, small ones, and a fraction of a second.
"""

import io
import logging
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pypdf
from pypdf import filters  # noqa: F401 - these are loaded late else, where nothing can be loaded any more
from pypdf._codecs import _codecs, core_font_metrics  # noqa: F401
from pypdf.errors import DependencyError, DeprecationError, PyPdfError
from pypdf.generic import _image_inline, _image_xobject  # noqa: F401

from witnessmark.cell.report import Report
from witnessmark.formats.encodings import storable
from witnessmark.model import text as words

LARGEST: Final = 16 << 20
LONGEST_PAGE: Final = 4_000
"""Characters of a page that is looked at; a longer one is left out."""
FEWEST_WORDS: Final = 20
SECONDS: Final = 0.25
TOKENS: Final = 5_000
"""Words and numbers of a page's drawing; they are counted because nothing looks at the clock meanwhile."""
MOST_PAGES: Final = 100
"""Pages with unnamed letters that are read again."""
MORE_SECONDS: Final = 3.0
MORE_TOKENS: Final = 100_000
SHARE: Final = 0.3
"""From here on words differ so much that it is said."""
_CODES: Final = frozenset(("Cc", "Cn", "Co", "Cs"))
_GLYPH: Final = re.compile(r"(?:(?<=\s)|^)(?:/[A-Za-z][\w.]*)+")
"""A glyph's name as the second reader gives it that knows no letter for it: /g17."""
_BROKEN: Final = (
    PyPdfError, DependencyError, DeprecationError, ValueError, LookupError, TypeError, AttributeError, ImportError,
    NotImplementedError, RecursionError, ArithmeticError, OSError, AssertionError, StopIteration, EOFError,
    UnboundLocalError,
)  # fmt: skip


class _Limits(logging.Handler):
    """Hears when the second reader leaves something out because it reached a bound: it says so to its log alone."""

    reached = False

    def emit(self, record: logging.LogRecord) -> None:
        """Note it, of whatever else it thinks of a file nothing."""
        self.reached |= "maximum" in record.getMessage()


_LIMITS: Final = _Limits()
_LOG: Final = logging.getLogger("pypdf")
_LOG.setLevel(logging.WARNING)
_LOG.addHandler(_LIMITS)
_LOG.propagate = False
_BOUNDS: Final = {
    "jbig2dec_binary": None,  # a program: none is started here
    "disable_legacy_handling": True,
    "maximum_declared_stream_length": LARGEST,
    "array_based_stream_maximum_output_length": LARGEST,
    "lzw_maximum_output_length": LARGEST,
    "run_length_maximum_output_length": LARGEST,
    "zlib_maximum_output_length": LARGEST,
    "zlib_maximum_recovery_input_length": 65_536,
    "stream_decoding_work_maximum_length": 2 * LARGEST,
    "page_tree_maximum_page_entries": 20_000,
    "page_tree_maximum_entries": 20_000,
    "xform_maximum_invocations_per_extraction": 200,
}


class _Enough(Exception):  # noqa: N818 - it says why the second reader stops
    """The second reader has had its time."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the first reader found it: its number, all its words, and those that a reader of it sees."""

    number: int
    found: str
    seen: str


def chosen(count: int) -> frozenset[int]:
    """Return which pages are looked at, counted from 0: the one in the middle, for the first is often a title."""
    return frozenset((count // 2,)) if count else frozenset()


def compare(data: bytes, pages: Iterable[Page], report: Report) -> None:
    """Observe where more than three in ten words are found by one reader only, or are not seen on the page."""
    some = [page for page in pages if page.found.strip() or page.seen.strip()]
    if not some or len(data) > LARGEST or any(len(page.found) > LONGEST_PAGE for page in some):
        return
    second: list[str] = []
    if not _each(data, [page.number for page in some], SECONDS, TOKENS, lambda _, text: second.append(text)):
        return  # what it did not look at is no difference
    report.tool("pypdf", pypdf.__version__)
    first, other = _words(page.found for page in some), _words(second)
    seen = _words(page.seen for page in some)
    both = first | other
    if len(both) < FEWEST_WORDS:
        return
    apart, unseen = len(first ^ other), len(other - seen)
    if apart > SHARE * len(both) or unseen > SHARE * len(other):
        report.observe(
            "pdf.second_reading",
            {
                "reader": f"pypdf {pypdf.__version__}",
                "pages": [page.number for page in some],
                "words": len(first),
                "second": len(other),
                "apart": apart,
                "unseen": unseen,
            },
        )


def read_again(data: bytes, pages: Mapping[int, str], report: Report) -> None:
    """Report what the second reader finds on pages, counted from 1, and the first, whose text is given, did not."""
    if not pages or len(data) > LARGEST:
        return

    def take(number: int, text: str) -> None:
        if _is_written(text) and _words((text,)) - _words((pages[number],)):
            report.tool("pypdf", pypdf.__version__)
            report.hidden(f"page {number}, as a second reader has it", storable(text).strip() + "\n")

    _each(data, pages, MORE_SECONDS, MORE_TOKENS, take)


def _each(data: bytes, numbers: Iterable[int], seconds: float, tokens: int, take: Callable[[int, str], None]) -> bool:
    """Give each page's text by the second reader; tell whether it could, within its time and its bounds."""
    ends = time.process_time() + seconds

    def watch(*_: Any) -> None:
        if time.process_time() > ends:
            raise _Enough

    _LIMITS.reached = False
    try:
        with pypdf.apply_configuration(None, **_BOUNDS, stream_parsing_work_maximum_count=tokens):
            reader = pypdf.PdfReader(io.BytesIO(data))
            for number in numbers:
                text = reader.pages[number - 1].extract_text(visitor_operand_before=watch)
                if _LIMITS.reached:
                    return False
                take(number, text)
    except (*_BROKEN, _Enough, MemoryError):
        return False
    return True


def _is_written(text: str) -> bool:
    """Tell whether these are letters as people write them: where the file names none, codes come out in their place."""
    odd = sum(unicodedata.category(sign) in _CODES and not sign.isspace() for sign in text)
    return (odd + sum(map(len, _GLYPH.findall(text)))) * 20 <= len(text)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in words.words(text)}
