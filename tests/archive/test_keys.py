"""The signing key at rest: without the passphrase it signs nothing, and no word of its file can be changed."""

import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.archive import keys
from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.proof import ed25519
from witnessmark.settings import Settings

SEED = bytes(range(32))
GOLDEN = (
    "witnessmark-key/v2 ed25519 scrypt 10 BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc= chacha20poly1305 "
    "BwcHBwcHBwcHBwcH ZUi5BeuduzLFCLnLQIrUpUArUTHSCWaVxCLrEYT8yj+mPXvq9ZJJJjFCENaxygBN"
)


def sevens(count):
    return b"\x07" * count


def sealed(passphrase="night keys", cost=10):
    return keys.SealedKey.seal(SEED, passphrase, entropy=sevens, cost=cost)


@pytest.fixture
def cheap(monkeypatch):
    """Keys that open quickly, as no keeper should have them."""
    seal = keys.SealedKey.seal
    monkeypatch.setattr(keys.SealedKey, "seal", lambda *given, **more: seal(*given, **(more | {"cost": 10})))


def test_the_golden_key_opens_with_its_passphrase():
    assert sealed().text == GOLDEN
    found = keys.parse_key(keys.sealed_text(sealed(), "o"))
    assert found == sealed()
    assert found.open("night keys").seed == SEED


def test_one_word_typed_on_two_keyboards_is_one_passphrase():
    assert sealed("cafe\u0301 1").open("caf\u00e9 1").seed == SEED


@settings(max_examples=20)
@given(st.text(max_size=20), st.text(max_size=20))
def test_only_its_passphrase_opens_a_key(one, other):
    key = sealed(one)
    assert key.open(one).seed == SEED
    if keys.unicodedata.normalize("NFC", one) != keys.unicodedata.normalize("NFC", other):
        with pytest.raises(WrongUsage, match="does not open"):
            key.open(other)


def test_no_word_of_a_sealed_key_can_be_changed():
    words = GOLDEN.split(" ")
    for at in (3, 4, 6, 7):
        changed = list(words)
        changed[at] = "11" if at == 3 else "A" + words[at][1:]
        with pytest.raises(WrongUsage, match="does not open"):
            keys.parse_key(" ".join(changed)).open("night keys")


@pytest.mark.parametrize(
    ("old", "new"),
    [("10", "40"), ("10", "9"), ("10", "010"), ("10", "-1"), ("10", "²"), ("10", "9" * 5000), ("scrypt", "argon2id"),
     ("chacha20poly1305", "none"), ("key/v2", "key/v3"), ("BwcHBwcHBwcHBwcH ", "BwcH "), ("Bwc= ", "Bwd= "), (" ", "  "),
     ("axygBN", "BN")],
)  # fmt: skip
def test_a_hostile_key_file_is_refused_before_anything_is_computed(old, new):
    with pytest.raises(Damaged):
        keys.parse_key(GOLDEN.replace(old, new, 1))


@pytest.fixture
def locked(tmp_path, entropy, cheap):
    root = tmp_path / "locked"
    Archive.create(root, Settings("archive.invalid/kestriaaaaaaaaaa", pad=8), entropy=entropy, passphrase="night keys")
    return root


def test_a_sealed_key_asks_once_and_signs(locked, entropy, commit):
    asked = []

    def passphrase():
        asked.append(1)
        return "night keys"

    assert stat.S_IMODE((locked / "vault/keys/log.key").stat().st_mode) == 0o600
    with Archive.writing(locked, entropy=entropy, passphrase=passphrase) as archive:
        assert asked == []
        archive.unlock()
        commit(archive, "a")
        commit(archive, "b")
        assert list(audit(archive)) == []
        public = archive.ledger.log.vkey.public
    assert asked == [1]
    signer = keys.load(locked / "vault/keys/log.key", public, passphrase)
    assert ed25519.verify(public, b"message", signer.sign(b"message"))


@pytest.mark.parametrize("passphrase", [None, lambda: "day keys"])
def test_without_the_passphrase_nothing_is_sealed_and_the_archive_stays_whole(locked, entropy, commit, passphrase):
    with Archive.writing(locked, entropy=entropy, passphrase=passphrase) as archive:
        with pytest.raises(WrongUsage, match="passphrase"):
            archive.unlock()
        with pytest.raises(WrongUsage, match="passphrase"):
            commit(archive, "a")
    with Archive.reading(locked) as archive:
        assert archive.ledger.size == 0
    with Archive.writing(locked, entropy=entropy, passphrase=lambda: "night keys") as archive:
        assert [one.fields["id"] for one in archive.ledger.replay()] == ["a"]  # whole, and so it is signed now
        assert list(audit(archive)) == []


def test_a_passphrase_can_be_changed_and_taken_away_and_the_key_stays(root, entropy, cheap):
    with Archive.reading(root) as archive:
        vkey = archive.ledger.vkey
    for old, new in ((None, "one"), ("one", "two"), ("two", None)):
        with Archive.writing(root, entropy=entropy, passphrase=lambda old=old: old) as archive:
            archive.change_passphrase(new, entropy=entropy)
            assert archive.is_sealed is (new is not None)
            assert archive.ledger.vkey == vkey
        text = (root / "vault/keys/log.key").read_text()
        assert all(word not in text for word in ("one ", "two ") if new)
    Archive.writing(root, entropy=entropy).close()


def test_a_sealed_key_of_another_log_signs_nothing(locked, entropy, commit):
    with Archive.writing(locked, entropy=entropy, passphrase=lambda: "night keys") as archive:
        path = archive.key_path
    path.write_text(keys.sealed_text(sealed(), "o"))
    with (
        Archive.writing(locked, entropy=entropy, passphrase=lambda: "night keys") as archive,
        pytest.raises(Damaged, match="do not belong together"),
    ):
        archive.unlock()
