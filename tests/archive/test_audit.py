import hashlib
import random
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.archive import segment
from witnessmark.archive.audit import Part, audit
from witnessmark.archive.folder import Archive
from witnessmark.archive.stamp import time_query
from witnessmark.errors import BrokenEvidence, DiskFailure, WrongUsage
from witnessmark.model.digest import Digest


@pytest.fixture
def sealed(root, entropy, commit) -> Path:
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a", "b")
        commit(archive, "c")
    return root


def problems(root):
    with Archive.reading(root) as archive:
        return list(audit(archive))


def content(root, text):
    hex_ = Digest.of(text.encode()).hex
    return root / "vault/content" / hex_[:2] / hex_[2:]


def test_an_untouched_archive_has_no_problem(sealed):
    assert problems(sealed) == []


def test_changed_content_is_named_with_its_exhibit(sealed):
    content(sealed, "b").chmod(0o600)
    content(sealed, "b").write_text("x")
    (problem,) = problems(sealed)
    assert (problem.part, problem.exhibit) == (Part.CONTENT, "b")
    assert str(content(sealed, "b").relative_to(sealed)) in problem.sentence
    assert "(exhibit b): its bytes have changed" in problem.sentence


def test_missing_content_is_named_with_its_exhibit(sealed):
    content(sealed, "c").unlink()
    (problem,) = problems(sealed)
    assert (problem.part, problem.exhibit) == (Part.CONTENT, "c")


def test_a_folder_in_the_place_of_a_content_is_named(sealed):
    content(sealed, "c").unlink()
    content(sealed, "c").mkdir()
    (problem,) = problems(sealed)
    assert (problem.part, problem.exhibit) == (Part.CONTENT, "c")
    assert problem.says == f"{content(sealed, 'c')} could not be read: Is a directory"


def test_an_event_swapped_for_another_is_named_though_its_crc_fits(sealed, tmp_path, entropy, commit):
    other = tmp_path / "other"
    shutil.copytree(sealed, other)
    first, second = (sealed / f"vault/events/{n:016d}.jsonl" for n in (0, 8))

    lines = segment.load(first)
    head, _, tail = segment.body(segment.load(second)[0]).partition(b'"i":')
    index = segment.parse(lines[1]).index
    rest = tail[tail.index(b",") :]
    lines[1] = segment.finish(head + b'"i":', index, rest).rstrip(b"\n")
    first.write_bytes(b"".join(line + b"\n" for line in lines))
    (problem,) = problems(sealed)
    assert problem.part is Part.EVENT
    assert f"it is not what entry {index} of the log closes" in problem.sentence
    assert "0000000000000000.jsonl line 2" in problem.where


def test_every_byte_of_the_archive_is_covered(sealed, tmp_path):
    """One changed byte anywhere in log or vault is named, or the archive refuses to open."""
    untouched = {"vault/lock", "vault/keys/log.key"}
    for path in sorted(sealed.rglob("*")):
        name = str(path.relative_to(sealed))
        if not path.is_file() or name in untouched or name == "witnessmark.toml":
            continue
        data, mode = path.read_bytes(), path.stat().st_mode
        path.chmod(0o600)
        for at in {0, len(data) // 3, len(data) // 2, len(data) - 1}:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            try:
                assert problems(sealed), f"{name} byte {at}"
            except (BrokenEvidence, DiskFailure, WrongUsage):
                assert name in {"log.vkey", "log/checkpoint"}
        path.write_bytes(data)
        path.chmod(mode)
    assert problems(sealed) == []


def test_every_file_of_the_archive_is_missed(sealed):
    for path in sorted((sealed / "log").rglob("*")) + sorted((sealed / "vault/events").rglob("*")):
        if not path.is_file() or path.name in {"checkpoint"} or path.parent.name == "checkpoint.archive":
            continue
        data = path.read_bytes()
        path.unlink()
        assert problems(sealed), path
        path.write_bytes(data)


def test_every_byte_of_what_others_said_is_covered(sealed):
    """Junk, another checkpoint's words, or a changed byte among the anchors is named."""
    from witnessmark.archive.anchors import Anchors, Sort
    from witnessmark.proof import cosignature
    from witnessmark.proof.note import Vkey

    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    key = Vkey.for_cosigner("desk.example/witness", private.public_key().public_bytes_raw())
    (sealed / "policy").write_text(f"witness desk {key.text}\nquorum desk\n")
    with Archive.writing(sealed, entropy=random.Random(3).randbytes) as archive:
        anchors, size = Anchors(archive), archive.ledger.size
        text = anchors.note(size).text
        line = cosignature.make(text, key.name, key.public, private.sign, 1_971_497_172).line
        anchors.keep(size, Sort.COSIGNATURE, f"{line}\n".encode())
        anchors.blind(size, lambda: bytes(16))
        anchors.ask(size, lambda: time_query(text.encode(), bytes(range(8))))
    assert problems(sealed) == []
    folder = sealed / "log/anchors" / str(size)
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        for changed in (data[:-1], bytes([data[0] ^ 1]) + data[1:] if path.suffix != ".nonce" else data[1:]):
            path.write_bytes(changed)
            assert [problem.part for problem in problems(sealed)] == ["anchor"], path.name
        path.write_bytes(data)
    for name in ("junk", "0123456789abcdef.tsr", "0123456789abcdef.ots", "0123456789abcdef.cosigned"):
        (folder / name).write_bytes(b"junk")
        assert [problem.where for problem in problems(sealed)] == [f"log/anchors/{size}/{name}"]
        (folder / name).unlink()
    for sort in Sort:
        data = b"junk of the right name"
        (folder / f"{hashlib.sha256(data).hexdigest()[:16]}.{sort}").write_bytes(data)
        found = problems(sealed)
        assert bool(found) == (sort is not Sort.CERTIFICATE), sort
        (folder / f"{hashlib.sha256(data).hexdigest()[:16]}.{sort}").unlink()
    folder.rename(folder.with_name("999"))
    assert [problem.part for problem in problems(sealed)] == ["anchor"]
