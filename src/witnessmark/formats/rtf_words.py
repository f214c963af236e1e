"""The words of RTF that matter for text: destinations, signs, character sets (Rich Text Format 1.9.1)."""

from typing import Final

SIGNS: Final = {
    b"par": "\n",
    b"line": "\n",
    b"lbr": "\n",
    b"row": "\n",
    b"nestrow": "\n",
    b"sect": "\n",
    b"page": "\f",
    b"pagebb": "",
    b"tab": "\t",
    b"cell": "\t",
    b"nestcell": "\t",
    b"emdash": "\u2014",
    b"endash": "\u2013",
    b"emspace": "\u2003",
    b"enspace": "\u2002",
    b"qmspace": "\u2005",
    b"bullet": "\u2022",
    b"lquote": "\u2018",
    b"rquote": "\u2019",
    b"ldblquote": "\u201c",
    b"rdblquote": "\u201d",
    b"zwj": "\u200d",
    b"zwnj": "\u200c",
    b"ltrmark": "\u200e",
    b"rtlmark": "\u200f",
}
"""Control words that stand for a character."""

SYMBOLS: Final = {b"~": "\u00a0", b"_": "\u2011", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
"""Control symbols that stand for a character; an optional hyphen (`\\-`) is no part of a word."""

SHOWN: Final = frozenset(
    (
        *(b"rtf", b"footnote", b"header", b"headerl", b"headerr", b"headerf", b"footer", b"footerl", b"footerr"),
        *(b"footerf", b"pntext", b"listtext", b"fldrslt", b"shptxt", b"dptxbxtext", b"shpinst", b"shp", b"field"),
        *(b"shpgrp", b"shprslt", b"result", b"object", b"shppict", b"nonshppict", b"upr", b"ud", b"pntxta", b"pntxtb"),
        *(b"moMath", b"mr", b"mt", b"mmath", b"do"),
    )
)
"""Destinations whose text a reader of the document sees."""

HIDDEN: Final = {
    b"annotation": "comment",
    b"atnid": "comment author",
    b"atnauthor": "comment author",
    b"atndate": "",
    b"fldinst": "field code",
    b"datafield": "",
    b"bkmkstart": "bookmark",
    b"bkmkend": "",
    b"xe": "index entry",
    b"tc": "contents entry",
    b"tcn": "contents entry",
    b"docvar": "document variable",
    b"ffname": "form field",
    b"ffdeftext": "form field",
    b"ffhelptext": "form field",
    b"ffstattext": "form field",
    b"ffl": "form field",
    b"formfield": "form field",
    b"sn": "shape property name",
    b"sv": "shape property",
    b"revtbl": "changed by",
    b"objname": "object",
    b"objclass": "object",
    b"objalias": "object",
    b"info": "metadata",
    b"userprops": "metadata: property",
    b"template": "metadata: template",
    b"title": "metadata: title",
    b"subject": "metadata: subject",
    b"author": "metadata: author",
    b"manager": "metadata: manager",
    b"company": "metadata: company",
    b"operator": "metadata: operator",
    b"category": "metadata: category",
    b"keywords": "metadata: keywords",
    b"comment": "metadata: comment",
    b"doccomm": "metadata: comment",
    b"hlinkbase": "metadata: address",
    b"propname": "metadata: property",
    b"staticval": "metadata: property",
    b"linkval": "metadata: property",
    b"hlloc": "link",
    b"hlsrc": "link",
    b"hlfr": "link",
    b"filetbl": "file",
    b"password": "password mark",
    b"writereservation": "",
    b"protusertbl": "may edit",
    b"aftncn": "",
    b"ftncn": "",
}
"""Destinations whose text is in the file and not on the page, with the label it gets; an empty label drops it."""

DATES: Final = {b"creatim": "created", b"revtim": "modified", b"printim": "printed", b"buptim": "backed-up"}
PROPERTIES: Final = frozenset(
    (b"title", b"subject", b"author", b"manager", b"company", b"operator", b"category", b"keywords", b"template")
)
