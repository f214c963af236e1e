"""The closed lists of words that an edition shows, and the one form of names: what a stranger's check needs to know."""

import re
from enum import StrEnum
from functools import lru_cache

from witnessmark.errors import Damaged

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,63}\Z")

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://witnessmark.example/review/v1"
SUBJECT_DIGEST = "witnessmark-entry"

REASON_FIELDS = ("name", "method", "reasons", "alternatives", "would_change_my_mind", "limits")
"""The free texts of an attestation, each an `_sd` field of the signed statement, opened or kept shut one by one."""


class Kind(StrEnum):
    """The kinds of event that this version writes or will write (DESIGN, "Events")."""

    ACCESSION = "accession"
    CUSTODY = "custody"
    EXHIBIT = "exhibit"
    DERIVATIVE = "derivative"
    RENDITION = "rendition"
    UNLOCK = "unlock"
    TEXT_CORRECTION = "text-correction"
    FINDING = "finding"
    EXAMINATION_RUN = "examination-run"
    HOLD = "hold"
    REVIEWER = "reviewer"
    REVIEW_ROUND = "review-round"
    ATTESTATION = "attestation"
    ENTITY_MERGE = "entity-merge"
    ENTITY_SPLIT = "entity-split"
    STATEMENT = "statement"
    LINK = "link"
    CASE = "case"
    DECISION = "decision"
    REDACTION = "redaction"
    APPROVAL = "approval"
    RELEASE = "release"
    REPLY_REQUEST = "reply-request"
    REPLY = "reply"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    ERASURE = "erasure"
    KEY = "key"
    HAND_OVER = "hand-over"


class StepName(StrEnum):
    """The steps whose results are kept."""

    READ = "read"  # type, outcome, observations (JSON)
    VISIBLE = "visible"  # text that a reader of the file sees
    HIDDEN = "hidden"  # text that is in the file and not seen
    PAGE = "page"  # the pixels of one page, or of a frame of a recording, row by row from the top
    PDF = "pdf"  # the document as PDF, made by a program of the machine, for its pages
    WORDS = "words"  # that picture's size, and a box around each word (JSON)
    SOUND = "sound"  # a track of a recording as a WAV, made by a program of the machine


class Publish(StrEnum):
    """What of an exhibit goes out."""

    NOTHING = "nothing"
    TEXT = "text"
    PAGES = "pages"
    FILE = "file"


class FindingOutcome(StrEnum):
    """How a finding bears on its question; never a verdict on the exhibit."""

    SUPPORTS = "supports"
    CONFLICTS = "conflicts"
    NEUTRAL = "neutral"
    NOT_APPLICABLE = "not_applicable"
    COULD_NOT_RUN = "could_not_run"


class HoldState(StrEnum):
    """Whether a conflicting finding still waits for a person."""

    HELD = "held"
    CONSIDERED = "considered"


class Answer(StrEnum):
    """The five answers a reviewer can give to the one question of a codebook."""

    FITS = "fits"
    MOSTLY_FITS = "mostly-fits"
    CANNOT_TELL = "cannot-tell"
    MOSTLY_DOES_NOT = "mostly-does-not"
    DOES_NOT = "does-not"


def check_kind(kind: str) -> str:
    """Return what is the kind of an event in form; an unknown one is from a newer version.

    Raises:
        Damaged: when it is none.
    """
    if not _KIND.match(kind):
        raise Damaged(f"not a kind of event: {kind[:80]!r}")
    return kind


@lru_cache(maxsize=1024)  # the same few stand in every event
def check_field_name(name: str) -> None:
    """Refuse what is no field name.

    Raises:
        Damaged: when it is none.
    """
    if not _NAME.match(name):
        raise Damaged(f"not a field name: {name[:80]!r}")
