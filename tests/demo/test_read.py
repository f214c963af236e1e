"""What our readers find in the leak, held against its truth."""

from datetime import UTC, datetime
from functools import cache

import pytest
from tests.formats import collector

from witnessmark.demo import make
from witnessmark.demo.truth import SEED, Family
from witnessmark.examine.dates import FileTime
from witnessmark.examine.method import Observed
from witnessmark.model.exhibit import FileFacts, How
from witnessmark.model.words import FindingOutcome

MADE = {made.truth.path: made for made in make.files(SEED)}


@cache
def _read(path):
    return collector.run_bytes(MADE[path].data, path.rpartition("/")[2])


@pytest.mark.parametrize("path", sorted(MADE))
def test_reading_agrees_with_the_truth(path):
    truth, found = MADE[path].truth, _read(path)
    assert found.ended in truth.outcomes, found.detail
    assert found.media_type == truth.media_type
    assert found.kind is truth.kind
    for phrase in truth.phrases:
        assert " ".join(phrase.split()) in " ".join(found.visible_text.split())


@pytest.mark.parametrize("path", sorted(path for path, made in MADE.items() if made.truth.secrets))
def test_secrets_are_hidden_and_never_visible(path):
    truth, found = MADE[path].truth, _read(path)
    hidden = " ".join(text for _, text in found.hidden_pieces)
    assert "quillmark" not in found.visible_text.lower()
    for secret in truth.secrets:
        if secret.read:
            assert secret.word in hidden, secret.where


@pytest.mark.parametrize("path", sorted(path for path, made in MADE.items() if made.truth.members))
def test_members_are_taken_out(path):
    names = {member.name for member in _read(path).members}
    for wanted in MADE[path].truth.members:
        if "!/" not in wanted:
            assert wanted in names


def test_languages_of_the_notices_are_told():
    for path, made in MADE.items():
        truth = made.truth
        if truth.family is Family.NOTICE:
            assert _read(path).codes[:1] == (truth.language.partition("-")[0],), path


def _weigh(path):
    written = datetime.fromisoformat(MADE[path].written).timestamp()
    facts = FileFacts(int(written * 1e9), int(written * 1e9), None, 0, 0, 0o644)
    sealed = datetime(2026, 11, 20, tzinfo=UTC)
    read = _read(path)
    return FileTime().weigh(Observed(tuple(read.observations), read.media_type, facts, How.RECEIVED, sealed))


@pytest.mark.parametrize("path", sorted(MADE))
def test_only_planted_dates_conflict(path):
    weighed = _weigh(path)
    assert (weighed.result if weighed.outcome is FindingOutcome.CONFLICTS else "") == MADE[path].truth.date_conflict
