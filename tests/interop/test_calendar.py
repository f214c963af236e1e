"""Laws of OpenTimestamps, against real calendar processes on loopback that mine blocks of an invented chain."""

import contextlib
import hashlib
import json
import random
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from witnessmark.archive import calendars
from witnessmark.archive.anchors import Anchors, Sort
from witnessmark.archive.folder import Archive
from witnessmark.cli.main import main
from witnessmark.model.event import Event
from witnessmark.proof.ots import Timestamp
from witnessmark.settings import Settings

PROCESS = Path(__file__).with_name("calendar_process.py")


class Calendar:
    """A calendar process, and what only a test asks of it."""

    def __init__(self, *words):
        self.process = subprocess.Popen([sys.executable, PROCESS, "box", *words], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def fetch(self, path, data=None):
        with urllib.request.urlopen(self.url + path, data, timeout=10) as response:
            return response.read()

    def mine(self):
        return self.fetch("/mine", b"")

    @property
    def seen(self):
        return [row for row in json.loads(self.fetch("/seen")) if row[0] != "/mine"]


@pytest.fixture
def calendar():
    with contextlib.ExitStack() as stack:

        def start(*words):
            found = Calendar(*words)
            stack.callback(found.process.stdout.close)
            stack.callback(found.process.wait)
            stack.callback(found.process.kill)
            return found

        yield start


@pytest.fixture
def entropy():
    return random.Random(20320612).randbytes


@pytest.fixture
def root(tmp_path, entropy):
    place = tmp_path / "archive"
    Archive.create(place, Settings("archive.invalid/kestriaaaaaaaaaa", pad=8), entropy=entropy)
    grow(place, entropy)
    return place


def grow(place, entropy):
    with Archive.writing(place, entropy=entropy) as archive:
        batch = archive.ledger.batch()
        batch.add(Event("hold", {"sealed": "2032-06-12", "state": "held", "finding": "x"}))
        archive.ledger.commit(batch)


@pytest.fixture
def run(capsys):
    def run(*words):
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "our bug" not in err and "Traceback" not in err
        return code, out, err

    return run


def proofs(root, size=8):
    with Archive.reading(root) as archive:
        return [Timestamp.parse(data) for data in Anchors(archive).of(size, Sort.PROOF)]


def text(root, size=8):
    with Archive.reading(root) as archive:
        return Anchors(archive).note(size).text.encode()


def test_two_calendars_promise_and_later_lead_to_their_blocks_in_one_proof(calendar, root, run):
    one, two = calendar(), calendar()
    both = ("--calendar", one.url, "--calendar", two.url + "/")
    code, out, err = run("stamp", root, "--online", *both)
    assert (code, err) == (0, "") and out.count("kept     OpenTimestamps, 8 entries: promised by") == 2
    (proof,) = proofs(root)
    assert sorted(found.uri for found in proof.attestations) == sorted([one.url, two.url])
    proof.check_content(text(root))
    assert run("stamp", root)[1].count(f"OpenTimestamps: promised by {min(one.url, two.url)}, ") == 1
    # Nothing is mined yet.
    code, out, err = run("stamp", root, "--upgrade", *both)
    assert code == 2 and out.count("it answered 404: Pending confirmation") == 2 and proofs(root) == [proof]
    headers = [one.mine(), two.mine()]
    code, out, err = run("stamp", root, "--upgrade", "--calendar", one.url)
    assert code == 2 and "kept     OpenTimestamps, 8 entries: leads to Bitcoin block 812346, not checked" in out
    assert f"refused  {two.url}: not asked: if you know this calendar, add --calendar {two.url}" in out
    assert run("stamp", root, "--upgrade", *both, "--json")[0] == 0
    (whole,) = proofs(root)
    assert {found.merkle_root for found in whole.bitcoin} == {header[36:68] for header in headers}
    assert {
        found.check(header) for found in whole.bitcoin for header in headers if header[36:68] == found.merkle_root
    } == {1_971_500_600}
    # All is kept: nobody is asked any more.
    before = len(one.seen), len(two.seen)
    code, out, err = run("stamp", root, "--upgrade", *both)
    assert (code, err) == (
        0,
        "",
    ) and out == "No calendar has promised anything that is still open: there is nothing to upgrade.\n"
    assert (len(one.seen), len(two.seen)) == before
    assert json.loads(run("stamp", root, "--json")[1])["blocks"] == [812346]
    assert run("audit", root)[0] == 0


def test_a_calendar_learns_a_digest_that_is_not_the_checkpoint_s_and_nothing_else(calendar, root, run):
    one, two = calendar(), calendar()
    for _ in range(2):
        run("stamp", root, "--online", "--calendar", one.url, "--calendar", two.url)
    digest = hashlib.sha256(text(root)).digest()
    asked = {row[1] for row in one.seen + two.seen}
    nonce = (root / "log/anchors/8/request.nonce").read_bytes()
    assert asked == {hashlib.sha256(digest + nonce).hexdigest()}
    allowed = {"Host", "Accept", "Accept-Encoding", "Content-Type", "Content-Length", "User-Agent", "Connection"}
    assert {name for row in one.seen for name in row[2]} <= allowed
    assert {row[2]["User-Agent"] for row in one.seen} == {"witnessmark"}


def test_nobody_is_asked_whom_only_a_file_names(calendar, root, run):
    trap = calendar()
    pool, other = calendar(f"forward={trap.url}"), calendar()
    run("stamp", root, "--online", "--calendar", pool.url, "--calendar", other.url)
    code, out, err = run("stamp", root, "--upgrade", "--calendar", pool.url, "--calendar", other.url)
    assert code == 2 and f"refused  {trap.url}: not asked" in out and trap.seen == []
    run("stamp", root, "--upgrade", "--calendar", trap.url)
    assert len(trap.seen) == 1


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("elsewhere", "sends us elsewhere"),
        ("flood", "larger than one mebibyte"),
        ("junk", ""),
        ("empty", "cut short"),
        ("page", "does not know: 0x3c"),
    ],
)
def test_a_bad_calendar_spoils_no_other(calendar, root, run, how, says):
    bad, good = calendar(how), calendar()
    code, out, err = run("stamp", root, "--online", "--calendar", bad.url, "--calendar", good.url)
    assert code in {2, 65} and err == ""
    rows = out.splitlines()
    assert rows[0].startswith(f"refused  {bad.url}: ") and says in rows[0] and rows[1].startswith("kept ")
    assert [one.uri for one in proofs(root)[0].attestations] == [good.url]


def test_who_is_asked_is_named_and_never_in_the_clear(root, run):
    before = sorted(str(path) for path in root.rglob("*"))
    for words in (
        ("--online", "--calendar", "https://a.example"),
        ("--online", "--calendar", "https://a.example", "--calendar", "https://a.example/"),
        ("--online", "--calendar", "http://a.example", "--calendar", "https://b.example"),
        ("--online", "--calendar", "https://a.example/path", "--calendar", "https://b.example"),
        ("--online", "--calendar", "https://a.example?x", "--calendar", "https://b.example"),
        ("--online", "--calendar", "file:///etc/passwd", "--calendar", "https://b.example"),
        ("--online", "--calendar", "https://me:word@a.example", "--calendar", "https://b.example"),
        ("--online", "--calendar", "https://[a.example", "--calendar", "https://b.example"),
        ("--upgrade", "--calendar", "http://a.example"),
        ("--calendar", "https://a.example"),
        ("--export", "x.zip", "--calendar", "https://a.example"),
    ):
        code, out, err = run("stamp", root, *words)
        assert (code, out) == (64, "") and err.count("\n") == 1
    assert sorted(str(path) for path in root.rglob("*")) == before


def test_by_file_a_digest_goes_out_and_answers_come_back_under_its_name(calendar, root, run, tmp_path, entropy):
    one = calendar()
    assert run("stamp", root, "--export", tmp_path / "request.zip")[0] == 0
    with zipfile.ZipFile(tmp_path / "request.zip") as made:
        (name,) = (name for name in made.namelist() if name.endswith(".digest"))
        digest, readme = made.read(name), made.read("README.txt").decode()
    assert name == f"{digest.hex()}.digest" and f"> {digest.hex()}-NAME.calendar" in readme
    answer = tmp_path / f"{digest.hex()}-one.calendar"
    answer.write_bytes(one.fetch("/digest", digest))
    # The log goes on; the answer counts for the checkpoint that was asked about.
    grow(root, entropy)
    assert run("stamp", root, "--export", tmp_path / "later.zip")[0] == 0
    code, out, err = run("stamp", root, "--import", answer)
    assert (code, err) == (0, "") and f"8 entries: promised by {one.url}" in out
    assert "(was here before)" in run("stamp", root, "--import", answer)[1]
    assert run("stamp", root, "--export", tmp_path / "third.zip")[0] == 0
    with zipfile.ZipFile(tmp_path / "third.zip") as made:
        readme = made.read("README.txt").decode()
    (promise,) = proofs(root)[0].attestations
    assert f"    {promise.message.hex()}   {one.url}\n" in readme
    one.mine()
    later = tmp_path / f"{promise.message.hex()}.calendar"
    later.write_bytes(one.fetch(f"/timestamp/{promise.message.hex()}"))
    with zipfile.ZipFile(tmp_path / "answers.zip", "w") as made:
        made.write(later, "in a folder/" + later.name)
    code, out, err = run("stamp", root, "--import", tmp_path / "answers.zip")
    assert (code, err) == (0, "") and "leads to Bitcoin block 812346" in out
    # Under the name of nothing that was asked, or under none, an answer is none.
    for wrong in ("00" * 32 + ".calendar", "answer.calendar", digest.hex()):
        place = tmp_path / wrong
        place.write_bytes(answer.read_bytes())
        assert run("stamp", root, "--import", place)[0] in {1, 65}
    assert len(proofs(root)) == 1 and proofs(root, 16) == []


def test_the_reader_s_header_makes_the_block_count(wm, calendar, tmp_path):
    archive = tmp_path / "archive"
    (tmp_path / "leak").mkdir()
    (tmp_path / "leak" / "order.txt").write_text("On the doors of Centre 3.\n")
    wm.good("compile", archive, tmp_path / "leak")
    (archive / "policy").write_text("quorum none\n")
    one, two = calendar(), calendar()
    both = ("--calendar", one.url, "--calendar", two.url)
    wm.good("stamp", archive, "--online", *both)
    (tmp_path / "header").write_text(one.mine().hex() + "\n")
    other = two.mine()
    (tmp_path / "bent").write_bytes(one.mine())
    wm.good("stamp", archive, "--upgrade", *both)
    rows = wm.decide(tmp_path / "rows.csv", ("path:order.txt", "text"))
    wm.good("publish", archive, tmp_path / "site", "--decisions", rows)
    words = [sys.executable, "-I", "-S", tmp_path / "site/verify.pyz", tmp_path / "site", "--key", archive / "log.vkey"]
    told = subprocess.run(
        [*words, "--bitcoin-header", tmp_path / "header"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout
    # The header says 1971500600; a block's clock may be two hours off.
    assert "Existed by 2032-06-22T09:03:20Z" in told.stdout and "Bitcoin block 812346" in told.stdout
    without = subprocess.run(words, capture_output=True, text=True, check=False)
    assert without.returncode == 0 and "Bitcoin block" not in without.stdout
    bent = subprocess.run([*words, "--bitcoin-header", tmp_path / "bent"], capture_output=True, text=True, check=False)
    assert "Bitcoin block" not in bent.stdout
    (tmp_path / "header").write_bytes(bytes(36) + other[36:68] + bytes(12))
    lazy = subprocess.run(
        [*words, "--bitcoin-header", tmp_path / "header"], capture_output=True, text=True, check=False
    )
    assert lazy.returncode == 1 and "work" in lazy.stdout


def test_the_library_of_the_project_reads_what_we_write_and_writes_what_we_read(calendar, root, run):
    timestamp = pytest.importorskip("opentimestamps.core.timestamp")
    serialize = pytest.importorskip("opentimestamps.core.serialize")
    remote = pytest.importorskip("opentimestamps.calendar")
    one, two = calendar(), calendar()
    both = ("--calendar", one.url, "--calendar", two.url)
    run("stamp", root, "--online", *both)

    def theirs():
        with Archive.reading(root) as archive:
            (data,) = Anchors(archive).of(8, Sort.PROOF)
        return data, timestamp.DetachedTimestampFile.deserialize(serialize.BytesDeserializationContext(data))

    def alike(ours, other):
        found = [(message, type(att).__name__) for message, att in other.timestamp.all_attestations()]
        mine = [
            (one.message, "PendingAttestation")
            if hasattr(one, "uri")
            else (one.merkle_root, "BitcoinBlockHeaderAttestation")
            for one in ours.attestations
        ]
        assert sorted(found) == sorted(mine)

    alike(proofs(root)[0], theirs()[1])
    # Upgraded by their client's own hand, it is what ours makes, and ours reads it.
    one.mine()
    two.mine()
    _, other = theirs()
    for message, att in list(other.timestamp.all_attestations()):
        upgraded = remote.RemoteCalendar(att.uri).get_timestamp(message)

        def merge(stamp, message=message, upgraded=upgraded):
            if stamp.msg == message:
                stamp.merge(upgraded)
            for below in list(stamp.ops.values()):
                merge(below, message, upgraded)

        merge(other.timestamp)
    context = serialize.BytesSerializationContext()
    other.serialize(context)
    run("stamp", root, "--upgrade", *both)
    alike(proofs(root)[0], theirs()[1])
    assert theirs()[1] == other
    assert set(Timestamp.parse(context.getbytes()).attestations) == set(proofs(root)[0].attestations)


def test_a_proof_that_is_too_much_stays_beside(calendar, root, run, tmp_path):
    """Whoever hands us a proof full of promises cannot keep others' answers out."""
    one, two = calendar(), calendar()
    run("stamp", root, "--export", tmp_path / "x.zip")
    uri = b"https://a.example"
    many = b"".join(
        b"\xff\xf0\x02"
        + n.to_bytes(2, "big")
        + b"\0"
        + bytes.fromhex("83dfe30d2ef90c8e")
        + bytes([len(uri) + 1, len(uri)])
        + uri
        for n in range(255)
    )
    one_more = b"\0" + bytes.fromhex("83dfe30d2ef90c8e") + bytes([len(uri) + 1, len(uri)]) + uri
    full = bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294") + b"\x01\x08"
    (tmp_path / "full.ots").write_bytes(full + hashlib.sha256(text(root)).digest() + many + one_more)
    assert run("stamp", root, "--import", tmp_path / "full.ots")[0] == 0
    assert run("stamp", root, "--online", "--calendar", one.url, "--calendar", two.url)[0] == 0
    assert sorted(len(found.attestations) for found in proofs(root)) == [2, 256]
    with Archive.reading(root) as archive:
        assert len(calendars.promises(Anchors(archive))) == 258
