"""Laws of editions that others have seen: what goes out, what it counts, what only the reader's own trust shows."""

import dataclasses
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.archive import stamp
from witnessmark.archive.anchors import Anchors
from witnessmark.edition import anchors as carrying
from witnessmark.edition.anchors import Carried
from witnessmark.errors import WrongUsage
from witnessmark.proof import cosignature, note, ots
from witnessmark.proof.note import Vkey
from witnessmark.proof.policy import Policy
from witnessmark.verify.__main__ import main
from witnessmark.verify.checks import verify_site
from witnessmark.verify.witnessed import Reader

NOW = 1_971_497_172


class Partner:
    def __init__(self, name: str, seed: int) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.vkey = Vkey.for_cosigner(name, self.key.public_key().public_bytes_raw())

    def line(self, text: str, at: int = NOW) -> bytes:
        return (cosignature.make(text, self.vkey.name, self.vkey.public, self.key.sign, at).line + "\n").encode()


DESK, HALL, ELSE = Partner("desk.example/w", 7), Partner("hall.example/w", 8), Partner("else.example/w", 9)


def policy_text(*partners: Partner, quorum: str = "all", log: str = "") -> str:
    rows = [f"witness {one.vkey.name.partition('.')[0]} {one.vkey.text}" for one in partners]
    rows.append(f"group many {quorum} " + " ".join(one.vkey.name.partition(".")[0] for one in partners))
    return "\n".join([*([f"log {log}"] if log else []), *rows, "quorum many"]) + "\n"


def block(content: bytes) -> tuple[bytes, bytes]:
    """Return an OpenTimestamps proof that leads straight to a block, and that block's header (with easy work)."""
    digest = hashlib.sha256(content).digest()
    height = b"\x05"
    proof = (
        ots.MAGIC + b"\x01\x08" + digest + b"\x00" + bytes.fromhex("0588960d73d71901") + bytes([len(height)]) + height
    )
    # A target so easy that almost any header holds the work; the first nonce that does is taken.
    for nonce in range(100):
        header = bytes(36) + digest + struct.pack("<II", NOW + 999, 0x207FFFFF) + struct.pack("<I", nonce)
        work = hashlib.sha256(hashlib.sha256(header).digest()).digest()
        if int.from_bytes(work, "little") <= 0x7FFFFF << 8 * (0x20 - 3):
            return proof, header
    raise AssertionError


@pytest.fixture
def stamped(made: Any) -> Any:
    """The usual archive, whose checkpoint of everything sealed so far was seen by two of three witnesses."""
    (made.root / "policy").write_text(policy_text(DESK, HALL, ELSE, quorum="2"))
    with made.writing() as archive:
        asked = stamp.ask(archive, made.entropy)
        for answer in (DESK.line(asked.text), HALL.line(asked.text, NOW + 60), block(asked.text.encode())[0]):
            assert all(isinstance(one, stamp.Taken) for one in stamp.take(archive, "x", answer))
    made.stamped = asked
    return made


@pytest.fixture
def key(made: Any) -> Vkey:
    return Vkey.parse(made.vkey())


@pytest.fixture
def shown(stamped: Any, rows: Any) -> Path:
    site = stamped.folder / "witnessed"
    stamped.publish(site, stamped.decisions(*rows()))
    return site


def exhibits(site: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(site.glob("e/*/exhibit.json"))]


def reader(text: str = "", *headers: bytes) -> Reader:
    return Reader(Policy.parse(text) if text else None, headers)


def test_without_a_policy_an_edition_carries_nothing_of_this(made: Any, rows: Any, key: Vkey) -> None:
    with made.writing() as archive:
        stamp.ask(archive, made.entropy)
    site = made.folder / "plain"
    made.publish(site, made.decisions(*rows()))
    assert not list(site.glob("proof/anchors")) and not (site / "proof/policy").exists()
    assert json.loads((site / "proof/keys.json").read_text())["witnesses"] == []
    assert all(one["answers"]["witnessed"] == {"count": 0, "names": [], "of": 0} for one in exhibits(site))
    assert verify_site(str(site), key).exit_code == 0


def test_witnesses_are_counted_by_the_edition_s_policy(shown: Path, key: Vkey) -> None:
    report = verify_site(str(shown), key)
    assert report.exit_code == 0, [v for v in report.verdicts if v.exit]
    for one in exhibits(shown):
        assert one["answers"]["witnessed"] == {"count": 2, "names": ["desk.example/w", "hall.example/w"], "of": 3}
        assert one["answers"]["sealed"]["clock"] == "witnessed"
    said = report.exhibits[0].sentences[1]
    assert said == (
        "Seen by 2 of the 3 witnesses of this edition: desk.example/w, hall.example/w, as many as it asks for by "
        "2032-06-22T06:07:12Z."
    )
    assert report.exhibits[0].bound is None
    assert any("at the latest" in line for line in report.not_shown)
    page = (shown / "e/tp-00001/index.html").read_text()
    assert "<bdi>2</bdi> of <bdi>3</bdi>" in page and "desk.example/w" in page and "others saw it since" in page


def test_the_edition_is_written_again_byte_for_byte_whatever_came_in_since(stamped: Any, shown: Path) -> None:
    with stamped.writing() as archive:
        assert list(stamp.take(archive, "x", ELSE.line(stamped.stamped.text)))
    (stamped.root / "policy").unlink()
    again = stamped.folder / "again"
    stamped.publish_again(again, 1)
    files = {path.relative_to(shown): path.read_bytes() for path in shown.rglob("*") if path.is_file()}
    assert files == {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()}


def test_proofs_stay_the_same_and_the_next_edition_counts_whoever_came_since(
    stamped: Any, shown: Path, rows: Any, key: Vkey
) -> None:
    with stamped.writing() as archive:
        list(stamp.take(archive, "x", ELSE.line(stamped.stamped.text)))
    later = stamped.folder / "later"
    stamped.publish(later, stamped.decisions(*rows()))
    for path in shown.glob("e/*/proof/exhibit.tlog-proof"):
        assert path.read_bytes() == (later / path.relative_to(shown)).read_bytes()
    assert {one["answers"]["witnessed"]["count"] for one in exhibits(later)} == {3}
    assert verify_site(str(later), key).exit_code == 0


def test_the_reader_s_policy_decides_by_key_witnesses_and_quorum(shown: Path, key: Vkey, tmp_path: Path) -> None:
    def ask(text: str) -> Any:
        return verify_site(str(shown), None, reader=reader(text))

    met = ask(policy_text(DESK, HALL, log=key.text))
    assert (met.exit_code, met.is_key_from_outside) == (0, True)
    assert (met.exhibits[0].bound.time, met.exhibits[0].bound.by) == (
        NOW + 60,
        "the witnesses that your policy asks for",
    )
    assert ask(policy_text(DESK, HALL, quorum="any", log=key.text)).exhibits[0].bound.time == NOW
    unmet = ask(policy_text(DESK, HALL, ELSE, log=key.text))
    assert unmet.exit_code == 2
    assert any("have not cosigned a checkpoint that covers 4 of 4" in verdict.says for verdict in unmet.verdicts)
    other = Vkey.for_ed25519(key.name, bytes(32))
    assert ask(policy_text(DESK, log=other.text)).exit_code == 1
    assert ask(policy_text(DESK)).exit_code == 2
    assert verify_site(str(shown), key, reader=reader(policy_text(DESK))).exit_code == 0
    assert ask(f"log {other.text}\nlog {key.text}\nquorum none\n").exit_code == 0


def test_a_block_s_header_from_outside_makes_a_bound(shown: Path, stamped: Any, key: Vkey) -> None:
    header = block(stamped.stamped.text.encode())[1]
    bound = verify_site(str(shown), key, reader=reader("", header)).exhibits[0].bound
    assert (bound.time, bound.by) == (NOW + 999 + 7200, "Bitcoin block 5, whose header you gave")
    assert verify_site(str(shown), key, reader=reader("", bytes(80))).exhibits[0].bound is None
    # Another header with the same root, without the work that it states, is false.
    lying = header[:72] + struct.pack("<I", 0x1D00FFFF) + header[76:]
    assert verify_site(str(shown), key, reader=reader("", lying)).exit_code == 1


def test_what_was_sealed_after_the_checkpoint_is_not_witnessed(stamped: Any, rows: Any, key: Vkey) -> None:
    """A text that is read again later is a new entry: who saw the file sealed has not seen the text."""
    (stamped.root / "policy").write_text(policy_text(DESK, quorum="any"))
    with stamped.writing() as archive:
        size = archive.ledger.size
        note_ = Anchors(archive).whole(size, [DESK.vkey])
    carried = Carried((("proof/policy", policy_text(DESK, log=key.text).encode()),
                       (f"proof/anchors/{size}/checkpoint", note_.whole.encode())))  # fmt: skip
    witnessing = carried.witnessing([key])
    assert witnessing.of(size - 1).names == ("desk.example/w",)
    assert (witnessing.of(size).names, witnessing.of(size).is_quorum, witnessing.time(size)) == ((), False, None)


def _unlisted(carried: Carried, text: str) -> Carried:
    path, data = carried.files[1]
    return dataclasses.replace(
        carried, files=(carried.files[0], (path, data + Partner("x.example", 3).line(text)), *carried.files[2:])
    )


def _bent(carried: Carried, text: str) -> Carried:
    path, data = carried.files[1]
    lines = data.decode().split("\n\n")
    bad = DESK.line("another\n").decode()
    whole = lines[0] + "\n\n" + lines[1].split("\n")[0] + "\n" + bad
    return dataclasses.replace(carried, files=(carried.files[0], (path, whole.encode()), *carried.files[2:]))


def _other_size(carried: Carried, text: str) -> Carried:
    size = text.split("\n")[1]
    return dataclasses.replace(
        carried, files=tuple((path.replace(f"/{size}/", "/8/"), data) for path, data in carried.files)
    )


def _stray(carried: Carried, text: str) -> Carried:
    return dataclasses.replace(
        carried, files=(*carried.files, (carried.files[1][0].replace("checkpoint", "x.txt"), b"x"))
    )


def _no_policy(carried: Carried, text: str) -> Carried:
    return dataclasses.replace(carried, files=carried.files[1:])


def _other_ots(carried: Carried, text: str) -> Carried:
    (path, _), other = carried.files[2], block(b"something else")[0]
    return dataclasses.replace(carried, files=(*carried.files[:2], (path, other)))


@pytest.mark.parametrize("lie", [_unlisted, _bent, _other_size, _stray, _other_ots, _no_policy])
def test_anchors_that_lie_make_the_edition_false(
    stamped: Any, rows: Any, key: Vkey, monkeypatch: Any, lie: Any
) -> None:
    gather = carrying.gather
    with stamped.writing() as archive:
        honest = gather(archive, archive.ledger.size).witnessing([key])
    # A keeper who lies about the anchors tells the answers of an honest edition.
    monkeypatch.setattr(carrying, "gather", lambda archive, size: lie(gather(archive, size), stamped.stamped.text))
    monkeypatch.setattr(Carried, "witnessing", lambda *_: honest)
    site = stamped.folder / "lie"
    stamped.publish(site, stamped.decisions(*rows()))
    report = verify_site(str(site), key)
    assert report.exit_code == 1
    assert any(
        v.file.startswith(("proof/anchors/", "proof/policy", "proof/keys")) for v in report.verdicts if v.exit == 1
    )


def test_an_edition_states_no_more_witnesses_than_its_anchors_show(
    stamped: Any, rows: Any, key: Vkey, monkeypatch: Any
) -> None:
    gather = carrying.gather
    with stamped.writing() as archive:
        honest = gather(archive, archive.ledger.size).witnessing([key])
    monkeypatch.setattr(carrying, "gather", lambda archive, size: Carried(gather(archive, size).files[:1]))
    monkeypatch.setattr(Carried, "witnessing", lambda *_: honest)
    site = stamped.folder / "boast"
    stamped.publish(site, stamped.decisions(*rows()))
    report = verify_site(str(site), key)
    assert report.exit_code == 1
    assert any("states other answers" in verdict.says for verdict in report.verdicts)


def test_two_keys_of_one_name_cannot_be_carried(made: Any, rows: Any) -> None:
    twin = Vkey.for_cosigner(DESK.vkey.name, bytes(32))
    (made.root / "policy").write_text(f"witness a {DESK.vkey.text}\nwitness b {twin.text}\nquorum a\n")
    with pytest.raises(WrongUsage, match="one name"):
        made.publish(made.folder / "twins", made.decisions(*rows()))


def test_the_command_takes_policy_and_header(shown: Path, stamped: Any, key: Vkey, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "p").write_text(policy_text(DESK, HALL, log=key.text))
    (tmp_path / "h").write_text(block(stamped.stamped.text.encode())[1].hex() + "\n")
    assert main([str(shown), "--policy", str(tmp_path / "p"), "--bitcoin-header", str(tmp_path / "h"), "--json"]) == 0
    row = next(r for r in map(json.loads, capsys.readouterr().out.splitlines()) if "existed_by" in r)
    assert row["existed_by"] == {"time": "2032-06-22T06:07:12Z", "by": "the witnesses that your policy asks for"}
    (tmp_path / "p").write_text("quorum\n")
    assert main([str(shown), "--policy", str(tmp_path / "p")]) == 65
    assert "line 1 of the policy" in capsys.readouterr().err
    (tmp_path / "h").write_text("00")
    assert main([str(shown), "--bitcoin-header", str(tmp_path / "h")]) == 65
    assert main([str(shown), "--policy", str(tmp_path / "none")]) == 65
    assert note.parse((shown / "proof" / "anchors" / str(stamped.stamped.size) / "checkpoint").read_bytes())
