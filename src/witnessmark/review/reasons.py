"""A reviewer's reasons: the TOML file that stands behind an answer, checked whole before anything is signed."""

import tomllib
from dataclasses import dataclass

from witnessmark.errors import Damaged, WrongUsage

_REQUIRED = ("question", "method", "reasons", "alternatives", "would_change_my_mind", "limits")
_OPTIONAL = ("codebook", "field")
_LARGEST = 1 << 20

EXAMPLE = """\
# A reviewer's reasons (TOML). All are signed. question, codebook and field are shown wherever the answer is: name
# nobody there. The others are shown when every exhibit that is judged is shown, or a decision opens them.
question = "Does the form of this document fit the office and the time it names?"
codebook = "form/1"                       # optional: the name and version of the codebook
field = "historian of administration"     # optional: what you know
method = "Compared letterhead, numbering and signature block with 212 published orders."
reasons = "The register number and the formula of the opening line follow the usage of 2031."
alternatives = "A clerk of the same office could have written it at any later time."
would_change_my_mind = "A register of March 2031 in which the number stands for another order."
limits = "I saw the text only, not the paper."
"""


@dataclass(frozen=True, slots=True)
class Reasons:
    """What a reviewer says behind an answer; `alternatives` and `would_change_my_mind` are never empty."""

    question: str
    codebook: str
    field: str
    method: str
    reasons: str
    alternatives: str
    would_change_my_mind: str
    limits: str


def load(path: str) -> Reasons:
    """Return the reasons in a TOML file.

    Raises:
        Damaged: when it cannot be read.
        WrongUsage: when a field is missing, empty, unknown or no text.
    """
    try:
        with open(path, "rb") as source:
            raw = source.read(_LARGEST + 1)
    except OSError as error:
        raise Damaged(f"the reasons {path} cannot be read: {error.strerror}") from error
    if len(raw) > _LARGEST:
        raise WrongUsage(f"the reasons {path} are longer than 1 MiB")
    try:
        found = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Damaged(f"the reasons {path} are no TOML in UTF-8: {error}") from error
    unknown = sorted(set(found) - set(_REQUIRED) - set(_OPTIONAL))
    if unknown:
        raise WrongUsage(f"the reasons {path} hold an unknown field: {unknown[0][:60]!r}")
    for name in _REQUIRED:
        text = found.get(name)
        if not isinstance(text, str) or not text.strip():
            raise WrongUsage(
                f"the reasons {path} lack the field {name}: write it in words, it is part of what is signed"
            )
    for name in _OPTIONAL:
        if not isinstance(found.get(name, ""), str):
            raise WrongUsage(f"the reasons {path}: {name} is text")
    return Reasons(**{name: found.get(name, "").strip() for name in (*_REQUIRED, *_OPTIONAL)})
