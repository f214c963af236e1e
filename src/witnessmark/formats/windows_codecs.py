"""The codecs behind the numbers of Windows: its code pages, and the character sets of its fonts.

Code pages: MS-UCODEREF, section 2.2.1. Character sets: MS-WMF, section 2.1.1.5 (and the older ones of a Mac).
"""

from typing import Final

WESTERN: Final = "cp1252"
"""What is taken where no other is known."""
_CHARSETS: Final = {
    0: "cp1252",
    77: "mac_roman",
    78: "cp932",
    79: "cp949",
    80: "gb18030",
    81: "big5hkscs",
    83: "mac_greek",
    84: "mac_turkish",
    89: "mac_cyrillic",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "big5hkscs",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp850",
}

_OF_DOS: Final = (437, 720, 737, 775, 850, 852, 855, 857, 858, *range(860, 867), 869, 874)
_PAGES: Final = {
    **{number: f"cp{number}" for number in (*_OF_DOS, 932, 949, *range(1250, 1259))},
    **{28590 + part: f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))},
    708: "iso8859-6",
    936: "gb18030",
    950: "big5hkscs",
    1361: "johab",
    10000: "mac_roman",
    10006: "mac_greek",
    10007: "mac_cyrillic",
    10029: "mac_latin2",
    10081: "mac_turkish",
    20127: "cp1252",
    20866: "koi8-r",
    21866: "koi8-u",
    51932: "euc-jp",
    51949: "euc-kr",
    54936: "gb18030",
    65001: "utf-8",
}


def codec_of_charset(charset: int) -> str | None:
    """Return the codec of a font's character set; None where the document's own counts (default, symbols)."""
    return _CHARSETS.get(charset)


def codec_of_page(page: int) -> str | None:
    """Return the codec of a code page number."""
    return _PAGES.get(page)
