r"""Words of a drawing as they show: what AutoCAD writes between them to set letters, and signs it has no letter for.

By Autodesk's DXF Reference and the documentation of its text commands: `%%d` in single lines; `\P`, `\S1/2;`,
`\fArial;` in several; `\U+4E2D` and `\M+1889F` in both, a control character as `^` and a letter.
"""

import re
from typing import Final

_SIGNS: Final = {"d": "°", "p": "±", "c": "⌀", "%": "%"}
_SINGLE: Final = re.compile(r"%%(?:(\d{3})|(.))", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\U\+([0-9A-Fa-f]{4})|\\M\+([1-5])([0-9A-Fa-f]{4})")
_PAGES: Final = {"1": "cp932", "2": "cp950", "3": "cp949", "4": "cp1361", "5": "gbk"}
_CARET: Final = re.compile(r"\^(.)", re.DOTALL)
_SEVERAL: Final = re.compile(
    r"\\(?:(?P<sign>[\\{}])|(?P<line>[PNX])|(?P<blank>~)|[LlOoKk]"
    r"|S(?P<stack>(?:\\.|[^;\\])*);?|[ACcFfHQTWp][^;\\]*;?|(?P<other>.))|(?P<brace>[{}])",
    re.DOTALL,
)
_STACKED: Final = re.compile(r"(?<!\\)[#^]|(?<!\\)/")


def single(text: str) -> str:
    """Return what a line of text shows."""
    return _SINGLE.sub(_of_single, _unescaped(_without_carets(text)))


def several(text: str) -> str:
    """Return what text of several lines shows."""
    return _SINGLE.sub(_of_single, _SEVERAL.sub(_of_several, _unescaped(_without_carets(text))))


def _of_single(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1])) if 32 <= int(match[1]) < 256 else ""
    letter = match[2].lower()
    return _SIGNS.get(letter, "" if letter in "uok" else match[0])


def _of_several(match: re.Match[str]) -> str:
    if match["sign"]:
        return match["sign"]
    if match["line"]:
        return "\n"
    if match["blank"]:
        return "\u00a0"
    if match["stack"] is not None:
        parts = [part.strip() for part in _STACKED.split(match["stack"], maxsplit=1)]
        return "/".join(part.replace("\\", "") for part in parts if part)
    return match["other"] or ""


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(_of_escaped, text) if "\\" in text else text


def _of_escaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return bytes.fromhex(match[3]).decode(_PAGES[match[2]], "replace").strip("\0")


def _without_carets(text: str) -> str:
    return _CARET.sub(_of_caret, text) if "^" in text else text


def _of_caret(match: re.Match[str]) -> str:
    if match[1] == " ":
        return "^"
    return {"J": "\n", "I": "\t", "M": ""}.get(match[1].upper(), match[0])
