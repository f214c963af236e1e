"""Judgements as pages count them: by the person and by the signature, never twice."""

import re
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.catalogue.query import Catalogue
from witnessmark.model.words import Answer
from witnessmark.proof.bundle import ProofBundle
from witnessmark.review.attest import Receipt, attest
from witnessmark.review.key import ReviewerKey
from witnessmark.review.reasons import Reasons
from witnessmark.review.sign import Answered


def _attest(made: Any, who: str, answer: Answer, names: list[str], words: str = "It fits.") -> Receipt:
    key = ReviewerKey(Ed25519PrivateKey.from_private_bytes(who.encode().ljust(32)[:32]))
    reasons = Reasons("Does the form fit?", "form/1", "historian", "Compared.", words, "None.", "A register.", "Text.")
    answered = Answered(who, answer, reasons, tuple(made.exhibits[name] for name in names))
    with made.writing() as archive, Catalogue.open(archive) as catalogue:
        return attest(archive, catalogue, answered, key, clock=made.clock, entropy=made.entropy)


def _words(site: Path, title: str) -> str:
    (page,) = [path for path in site.glob("e/*/index.html") if title in path.read_text()]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.read_text())).replace("&nbsp;", " ")


def test_one_person_who_answers_twice_is_one_person(made: Any, rows: Any) -> None:
    _attest(made, "Ilva Mavrel", Answer.CANNOT_TELL, ["keys.csv"], "First look.")
    _attest(made, "Ilva Mavrel", Answer.FITS, ["keys.csv"], "Second look.")
    site = made.folder / "again"
    made.publish(site, made.decisions(*rows()))
    assert "signed by 2 people" in _words(site, "Register of keys")  # she and Sorn Velk, by three answers
    assert "1 fits, 2 cannot tell, 0 do not" in _words(site, "Register of keys")


def test_a_judgement_about_two_exhibits_is_one_judgement(made: Any, site: Path) -> None:
    home = re.sub(r"<[^>]+>", "", (site / "index.html").read_text()).replace("&nbsp;", " ")
    assert "4 signed judgements on 3 exhibits" in home


def test_the_same_judgement_again_is_not_sealed_twice_and_gives_its_receipt(made: Any) -> None:
    """Whoever was interrupted before the receipt was printed runs the same command again."""
    first = _attest(made, "Ilva Mavrel", Answer.FITS, ["keys.csv"])
    again = _attest(made, "Ilva Mavrel", Answer.FITS, ["keys.csv"])
    assert again.commitment == first.commitment
    assert ProofBundle.parse(again.proof).index == first.index
    with made.writing() as archive, Catalogue.open(archive) as catalogue:
        assert len(catalogue.attestations(made.exhibits["keys.csv"])) == 2
    other = _attest(made, "Ilva Mavrel", Answer.FITS, ["keys.csv"], "For another reason.")
    assert other.commitment != first.commitment


def test_who_considered_a_conflict_and_when_is_said_beside_it(site: Path) -> None:
    words = _words(site, "Order No. 17")
    assert "Has considered 1 finding that conflicts, and its innocent explanations." in words
