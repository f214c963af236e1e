"""The examples in the specification are what the code writes."""

import hashlib
from pathlib import Path

from witnessmark.archive import keys
from witnessmark.archive import open as shown
from witnessmark.archive.folder import Archive
from witnessmark.model import codec
from witnessmark.model.event import Event
from witnessmark.settings import Settings

SPEC = Path(__file__).resolve().parents[2] / "docs" / "spec"
ORIGIN = "archive.invalid/tarnpapersexampl"


class Counted:
    """Bytes that are the hashes of 0, 1, 2…: for an example that can be computed again, and for nothing else."""

    def __init__(self) -> None:
        self._next = 0

    def __call__(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            out += hashlib.sha256(b"%d" % self._next).digest()
            self._next += 1
        return out[:count]


def examples(name: str) -> set[str]:
    return {line[4:] for line in (SPEC / name).read_text().split("\n") if line.startswith("    ")}


def test_the_example_of_the_ledger_is_what_is_written(tmp_path):
    root, entropy = tmp_path / "a", Counted()
    Archive.create(root, Settings(ORIGIN, pad=2), entropy=entropy)
    finding = codec.to_base64(bytes.fromhex("abcdef1234567890") * 4)
    with Archive.writing(root, entropy=entropy) as archive:
        batch = archive.ledger.batch()
        batch.add(Event("hold", {"finding": finding, "sealed": "2032-06-12", "state": "held"}))
        (one,) = archive.ledger.commit(batch)
        (field,) = shown.opening(archive.ledger, one.index, ["sealed"]).fields
    lines = examples("ledger.md")
    for name in ("vault/events/0000000000000000.jsonl", "log/checkpoint", "log.vkey"):
        for line in (root / name).read_text().split("\n"):
            assert not line or line in lines, name
    bundle = (root / "log/tile/entries/000.p/2").read_bytes()
    assert {bundle[:35].hex(), bundle[35:].hex()} <= lines
    assert codec.encode(field) in lines


def test_the_example_of_the_archive_is_what_is_written():
    lines = examples("archive.md")
    settings = Settings(ORIGIN, prefix="TP", title="The Tarn Papers", keeper="Kestria Watch")
    for line in settings.text().split("\n"):
        assert line.startswith("#") or not line or line in lines
    for line in keys.key_text(Counted()(32), ORIGIN).split("\n"):
        assert not line or line in lines
    entropy = Counted()
    seed = entropy(32)
    sealed = keys.sealed_text(keys.SealedKey.seal(seed, "night keys", entropy=entropy), ORIGIN)
    assert set(sealed.split("\n")) - {""} <= lines
