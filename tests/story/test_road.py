"""The whole road on a small folder: compile, look, search, authenticate, attest, publish, verify, and again."""

import base64
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

FIELDS = {
    "id", "path", "size", "media_type", "outcome", "detail", "kind", "languages", "characters", "source",
    "container", "how", "sealed", "public_id", "machine_read", "stated",
}  # fmt: skip


def contents(site: Path):
    return {str(path.relative_to(site)): path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def road(wm, leak, tmp_path_factory):
    """The road, gone once: what each command said, by name, and where everything lies."""
    base = tmp_path_factory.mktemp("road")
    archive, said = base / "archive", {}
    said["compile"] = wm.good("compile", archive, leak, "--json")
    said["examined"] = wm.good("authenticate", archive, "--json")
    (base / "keys").mkdir()
    key, why = base / "keys" / "one.pem", base / "keys" / "why.toml"
    why.write_text(wm.REASONS)
    said["key"] = wm.good("attest", archive, "--make-key", key, "--json")
    finding = said["examined"].last["waiting"][0]["finding"]
    said["status held"] = wm.good("status", archive, "--json")
    said["attest"] = wm.good(
        "attest", archive, "path:orders/report.docx", "--as", "I. Mavrel", "--key", key, "--answer", "mostly-fits",
        "--reasons", why, "--considers", finding, "--receipt", base / "receipt", "--json",
    )  # fmt: skip
    rows = wm.decide(
        base / "decisions.csv",
        ("path:orders/report.docx", "text", {"title": "Report on the kitchen"}),
        ("path:table.csv", "file", {"title": "Register", "open": "path size"}),
        ("path:disk.zip!/inner.zip!/copies/order.txt", "text", {"title": "Order, a copy"}),
        ("path:mail.eml", "nothing", {"title": "A letter", "reason": "Names of private people."}),
    )
    site = base / "site"
    said["publish"] = wm.good("publish", archive, site, "--decisions", rows, "--json")
    return base, archive, site, rows, said


def test_files_says_every_documented_field(wm, leak, compiled):
    rows = wm.files(compiled)
    assert set(rows) >= {
        "orders/order.txt", "orders/copy of order.txt", "orders/report.docx", "table.csv", "notices/通知.txt",
        "mail.eml", "mail.eml!/register.csv", "disk.zip", "disk.zip!/note.txt", "disk.zip!/inner.zip",
        "disk.zip!/inner.zip!/copies/order.txt", "disk.zip!/inner.zip!/copies/odd.txt",
        "disk-again.zip!/inner.zip!/copies/odd.txt", "speeches/\ufffdt\ufffd.txt", "empty.txt",
    }  # fmt: skip
    assert len(rows) == 19
    for row in rows.values():
        assert set(row) - {"path_b64"} == FIELDS
        assert row["outcome"] == "ok"
        assert row["source"] == "leak"
    order = rows["orders/order.txt"]
    assert (order["size"], order["media_type"], order["kind"]) == (len(wm.ORDER), "text/plain", "document")
    assert (order["languages"], order["characters"], order["container"]) == (["en"], len(wm.ORDER), None)
    assert rows["notices/通知.txt"]["languages"] == ["zh"]
    inner = rows["disk.zip!/inner.zip"]
    assert inner["container"] == rows["disk.zip"]["id"]
    assert rows["disk.zip!/inner.zip!/copies/odd.txt"]["container"] == inner["id"]
    assert rows["mail.eml!/register.csv"]["how"] == "decoded"
    odd = rows["speeches/\ufffdt\ufffd.txt"]
    assert base64.b64decode(odd["path_b64"]) == b"speeches/\xe9t\xe9.txt"
    assert [path for path, row in rows.items() if "path_b64" in row] == ["speeches/\ufffdt\ufffd.txt"]


def test_files_with_text_gives_the_text_and_the_hidden_after_a_line_that_says_so(wm, compiled):
    rows = {row["path"]: row for row in wm.good("files", compiled, "--json", "--text").objects}
    assert rows["orders/order.txt"]["text"] == wm.ORDER
    shown, _, hidden = rows["orders/report.docx"]["text"].partition("--- hidden text")
    assert "inspection of the kitchen" in shown
    assert "Clerk" in hidden and "Clerk" not in shown
    assert rows["empty.txt"]["text"] == ""


def test_files_with_observations_gives_pairs_of_name_and_value(wm, compiled):
    rows = {row["path"]: row for row in wm.good("files", compiled, "--json", "--observations").objects}
    for row in rows.values():
        assert all(isinstance(name, str) for name, _ in row["observations"])
    said = dict(rows["mail.eml"]["observations"])
    assert "date.sent" in said and said["date.sent"]["raw"]
    assert "text" not in rows["mail.eml"]


def test_text_of_one_exhibit_by_path_and_by_id(wm, compiled):
    assert wm.good("text", compiled, "path:orders/order.txt").out.strip() == wm.ORDER.strip()
    named = wm.files(compiled)["notices/通知.txt"]
    said = wm.good("text", compiled, named["id"], "--json").last
    assert "钥匙" in said["text"]
    assert {name: said[name] for name in named} == named


def test_search_finds_words_phrases_and_names_and_reads_the_query_back(wm, compiled):
    hits = wm.good("search", compiled, '"double lock"', "--json").objects
    paths = {row["path"] for hit in hits for row in hit["exhibits"]}
    assert {"orders/order.txt", "orders/copy of order.txt", "disk.zip!/inner.zip!/copies/order.txt"} <= paths
    assert len(hits) == 1
    snippet = hits[0]["snippets"][0]
    assert [snippet["text"][start:end] for start, end in snippet["marks"]] == ["double lock"]
    hits = wm.good("search", compiled, "钥匙", "--json").objects
    assert [row["path"] for hit in hits for row in hit["exhibits"]] == ["notices/通知.txt"]
    assert "3 hits; understood as: " in wm.good("search", compiled, "double AND NOT (keys OR counted)").out
    assert wm.good("search", compiled, "register NOT register", "--json").out == ""


def test_several_sources_put_their_last_name_before_each_path_and_a_file_is_called_by_its_name(wm, leak, tmp_path):
    other = tmp_path / "elsewhere" / "drop"
    other.mkdir(parents=True)
    shutil.copy(leak / "orders" / "order.txt", other / "order.txt")
    archive = tmp_path / "archive"
    wm.good("compile", archive, leak / "notices", other, leak / "table.csv")
    assert set(wm.files(archive)) == {"notices/通知.txt", "drop/order.txt", "table.csv"}
    assert {row["source"] for row in wm.files(archive).values()} == {"notices", "drop", "table.csv"}
    single = tmp_path / "single"
    wm.good("compile", single, leak / "table.csv", "--seal-only")
    assert list(wm.files(single)) == ["table.csv"]


def test_the_machine_states_a_finding_and_it_waits_for_a_person(road):
    _, _, _, _, said = road
    waiting = said["examined"].last["waiting"]
    assert [row["path"] for row in waiting] == ["orders/report.docx"]
    assert waiting[0]["innocent"]
    assert said["examined"].last["findings"]["conflicts"] == 1
    assert said["status held"].last["waiting"][0]["finding"] == waiting[0]["finding"]


def test_an_attestation_releases_the_finding_it_considers_and_hands_out_a_receipt(wm, road):
    base, archive, _, _, said = road
    assert said["attest"].last["released"] == 1
    assert (base / "receipt").read_text() == said["attest"].last["receipt"]
    status = wm.good("status", archive, "--json").last
    assert (status["waiting"], status["attestations"]) == ([], 1)
    assert stat.S_IMODE((base / "keys" / "one.pem").stat().st_mode) == 0o600


def test_the_edition_agrees_with_the_key_and_only_with_itself_without_it(wm, road):
    _, archive, site, _, said = road
    assert (said["publish"].last["edition"], said["publish"].last["exhibits"]) == (1, 4)
    with_key = wm.call("verify", site, "--key", archive / "log.vkey")
    assert (with_key.code, with_key.err) == (0, "")
    assert wm.call("verify", site, "--key", said["publish"].last["key"], "--json").last["exit"] == 0
    without = wm.call("verify", site)
    assert without.code == 2
    assert "compare this key" in without.out


def test_the_verifier_of_the_edition_needs_nothing_but_python(road):
    _, archive, site, _, _ = road
    command = [sys.executable, "-I", "-S", site / "verify.pyz", site, "--key", archive / "log.vkey"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")


def test_any_change_of_the_edition_is_false_and_the_file_is_named(wm, road, tmp_path):
    _, archive, site, _, _ = road
    for number, name in enumerate(("index.html", "manifest", "e/*/text.txt", "proof/release.tlog-proof")):
        changed = Path(shutil.copytree(site, tmp_path / f"changed-{number}"))
        victim = next(iter(sorted(changed.glob(name))))
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(bytes(data))
        ran = wm.call("verify", changed, "--key", archive / "log.vkey")
        assert ran.code == 1
        assert victim.relative_to(changed).as_posix() in ran.out
    added = Path(shutil.copytree(site, tmp_path / "added"))
    (added / "e" / "more.html").write_text("<p>more</p>")
    ran = wm.call("verify", added, "--key", archive / "log.vkey")
    assert ran.code == 1 and "e/more.html" in ran.out


def test_a_release_is_written_again_byte_for_byte_and_a_second_edition_follows(wm, road, tmp_path):
    _, archive, site, rows, _ = road
    wm.good("publish", archive, tmp_path / "again", "--release", "1")
    assert contents(tmp_path / "again") == contents(site)
    text = rows.read_text() + '"path:empty.txt","nothing","Empty","","","two editors","2032-07-02","Nothing in it."\n'
    more = tmp_path / "more.csv"
    more.write_text(text)
    second = wm.good("publish", archive, tmp_path / "second", "--decisions", more, "--json").last
    assert (second["edition"], second["exhibits"]) == (2, 5)
    assert wm.call("verify", tmp_path / "second", "--key", archive / "log.vkey").code == 0
    for path, data in contents(site).items():
        if path.startswith("e/") and path.endswith(".tlog-proof"):
            assert (tmp_path / "second" / path).read_bytes() == data
    wm.good("publish", archive, tmp_path / "first-again", "--release", "1")
    assert contents(tmp_path / "first-again") == contents(site)
    named = wm.good("files", archive, "--json").objects
    ids = sorted(row["public_id"] for row in named if row["public_id"])
    assert ids == ["WM-00001", "WM-00002", "WM-00003", "WM-00004", "WM-00005"]
    assert wm.good("text", archive, "WM-00001", "--json").last["public_id"] == "WM-00001"


def test_audit_is_silent_on_what_agrees_and_names_what_does_not(wm, archive):
    assert "agrees" in wm.good("audit", archive).out
    assert wm.good("audit", archive, "--json").objects == [{"problems": 0, "exit": 0}]
    victim = max((path for path in (archive / "vault" / "content").rglob("*") if path.is_file()), key=os.path.getsize)
    victim.chmod(0o600)
    data = victim.read_bytes()
    victim.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    ran = wm.call("audit", archive, "--json")
    assert (ran.code, ran.err) == (1, "")
    assert ran.last == {"problems": len(ran.objects) - 1, "exit": 1}
    assert victim.name in ran.objects[0]["where"]
    assert "does not agree" in wm.call("audit", archive).out


def test_status_counts_what_went_in(wm, leak, compiled):
    status = wm.good("status", compiled, "--json").last
    received = sum(1 for path in leak.rglob("*") if path.is_file())
    assert status["received"] == received
    assert status["exhibits"] == status["received"] + status["components"] == len(wm.files(compiled))
    assert (status["due"], status["refused"], status["broken"], status["unknown_events"]) == (0, {}, [], 0)
    assert sum(status["outcomes"].values()) == status["exhibits"]
    text = wm.good("status", compiled).out
    assert status["origin"] in text


def test_the_receipt_is_a_proof_in_the_standard_form(road):
    base, _, _, _, _ = road
    from witnessmark.proof.bundle import ProofBundle

    assert ProofBundle.parse((base / "receipt").read_text()).hashes


def test_no_private_file_is_readable_by_others(road):
    _, archive, _, _, _ = road
    assert stat.S_IMODE(archive.stat().st_mode) == 0o700
    private = [archive / "vault", *(archive / "vault").rglob("*"), archive / "witnessmark.toml"]
    assert [path for path in private if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
