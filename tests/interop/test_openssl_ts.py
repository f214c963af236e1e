"""Laws of time stamps (RFC 3161), against a real authority made here with `openssl ts`."""

import http.server
import random
import shutil
import threading

import pytest

from witnessmark.archive import stamp
from witnessmark.archive.anchors import Anchors, Sort
from witnessmark.archive.folder import Archive
from witnessmark.archive.stamp import Refused
from witnessmark.cli.main import main
from witnessmark.errors import Falsified, Undecided
from witnessmark.model import codec
from witnessmark.model.event import Event
from witnessmark.proof.policy import Authority
from witnessmark.settings import Settings
from witnessmark.verify import authority

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
ORIGIN = "archive.invalid/kestriaaaaaaaaaa"


@pytest.fixture
def entropy():
    return random.Random(20320612).randbytes


@pytest.fixture
def archive(tmp_path, entropy):
    Archive.create(tmp_path / "archive", Settings(ORIGIN, pad=8), entropy=entropy)
    with Archive.writing(tmp_path / "archive", entropy=entropy) as archive:
        grow(archive)
        yield archive


def grow(archive):
    batch = archive.ledger.batch()
    batch.add(Event("hold", {"sealed": "2032-06-12", "state": "held", "finding": "x"}))
    archive.ledger.commit(batch)


def trust(archive, *boxes):
    rows = (f"#authority hall-{n} {codec.to_base64(box.digest)}\n" for n, box in enumerate(boxes))
    (archive.root / "policy").write_text("quorum none\n" + "".join(rows))


def take(archive, *files):
    return [found for data in files for found in stamp.take(archive, "answer", data)]


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def refused(archive, data):
    before = tree(archive.root)
    (found,) = take(archive, data)
    assert isinstance(found, Refused), found
    assert tree(archive.root) == before
    return found.says, found.exit_code


def test_our_request_is_one_and_openssl_agrees_with_us_about_the_answer(archive, entropy, make_authority):
    box, asked = make_authority(), stamp.ask(archive, entropy)
    response = box.answer(asked.query)
    assert box.agrees(response, asked.query)
    shown = box.openssl("ts", "-query", "-in", "query", "-text").stdout.decode()
    assert "Hash Algorithm: sha256" in shown and "Certificate required: yes" in shown
    assert f"Nonce: 0x{stamp.query_nonce(asked.query, asked.text.encode()):016X}" in shown
    trust(archive, box)
    chain, found = take(archive, box.root_pem, response)
    assert chain.sort is Sort.CERTIFICATE and chain.says.endswith(box.digest.hex())
    assert found.says == "checked with openssl: it leads to hall-0"
    assert "Hall of Clocks" in found.who and found.time > 1_600_000_000
    assert Anchors(archive).of(8, Sort.RESPONSE) == [response]
    # A second answer of the same authority, later, adds nothing; another authority's does.
    assert take(archive, box.answer(asked.query))[0].is_new is False
    assert take(archive, make_authority("Tower of Bells").answer(asked.query))[0].is_new


def test_without_a_trusted_certificate_a_time_stamp_is_present_and_not_checked(archive, entropy, make_authority):
    box, asked = make_authority(), stamp.ask(archive, entropy)
    (found,) = take(archive, box.answer(asked.query))
    assert found.says == "present, not checked: no certificate that the policy names came with this time stamp"


def test_without_openssl_a_time_stamp_is_present_and_not_checked(archive, entropy, make_authority, monkeypatch):
    box, asked = make_authority(), stamp.ask(archive, entropy)
    trust(archive, box)
    response = box.answer(asked.query)
    monkeypatch.setattr(authority.shutil, "which", lambda _: None)
    assert take(archive, box.root_pem, response)[1].says.startswith("present, not checked: the program openssl")


def test_an_answer_to_another_request_is_refused(archive, entropy, make_authority):
    box, asked = make_authority(), stamp.ask(archive, entropy)
    other = stamp.time_query(asked.text.encode(), bytes(8))
    says, code = refused(archive, box.answer(other))
    assert code == 1 and "nonce" in says
    assert not box.agrees(box.answer(other), asked.query)


def test_an_answer_about_another_checkpoint_is_refused(archive, entropy, make_authority):
    box, asked = make_authority(), stamp.ask(archive, entropy)
    for text in (asked.text.replace("kestria", "another"), asked.text.replace("8\n", "9\n", 1)):
        says, code = refused(archive, box.answer(stamp.time_query(text.encode(), entropy(8))))
        assert code == 1 and "about none of the checkpoints that were asked about (size 8)" in says


def test_an_expired_certificate_is_refused(archive, entropy, make_authority):
    box, asked = make_authority(days=-3), stamp.ask(archive, entropy)
    trust(archive, box)
    take(archive, box.root_pem)
    response = box.answer(asked.query)
    assert not box.agrees(response, asked.query)
    says, code = refused(archive, response)
    assert code == 1 and "expired" in says


def test_a_certificate_that_expired_after_the_time_stamp_does_no_harm(make_authority, monkeypatch):
    """Judged when the token was made: an authority's certificate is gone after some years, its tokens are not."""
    box = make_authority()
    response, trusted = box.answer(stamp.time_query(b"x", bytes(8))), [Authority("hall", box.digest)]
    root = codec.from_base64("".join(box.root_pem.decode().split("\n")[1:-2]))
    assert authority.check(response, b"x", trusted, [root])[1].name == "hall"
    # openssl is told the time: a signer that is not good yet, or no more, at that time is refused.
    for days in (-500, 500):
        monkeypatch.setattr(authority, "_seconds", lambda token, days=days: token.no_later_than + days * 86400)
        with pytest.raises(Falsified, match="expired|not yet valid"):
            authority.check(response, b"x", trusted, [root])


def test_a_bent_signature_is_refused(archive, entropy, make_authority):
    box, asked = make_authority(), stamp.ask(archive, entropy)
    trust(archive, box)
    take(archive, box.root_pem)
    response = bytearray(box.answer(asked.query))
    response[-5] ^= 1
    says, code = refused(archive, bytes(response))
    assert code == 1 and "signature" in says


def test_a_token_of_another_authority_does_not_count_with_the_trusted_root_beside_it(make_authority):
    good, bad = make_authority(), make_authority("Tower of Bells")
    root = codec.from_base64("".join(good.root_pem.decode().split("\n")[1:-2]))
    with pytest.raises(Undecided, match="does not lead"):
        authority.check(bad.answer(stamp.time_query(b"x", bytes(8))), b"x", [Authority("hall", good.digest)], [root])
    with pytest.raises(Undecided, match="no certificate"):
        authority.check(bad.answer(stamp.time_query(b"x", bytes(8))), b"x", [Authority("hall", good.digest)])


def test_a_request_that_was_refused_is_no_time_stamp(archive, entropy, make_authority):
    box = make_authority()
    query = stamp.ask(archive, entropy).query
    # SHA-384 is not among the digests that this authority takes: its status is "rejection".
    wrong = box.openssl("ts", "-query", "-sha384", "-data", "conf", "-cert", "-out", "wrong")
    assert wrong.returncode == 0
    response = box.answer((box.folder / "wrong").read_bytes())
    says, code = refused(archive, response)
    assert code == 65 and "granted no time stamp" in says
    assert len(query) == 69


class _Authority(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/timestamp-query"
        if self.path == "/away":
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            return
        body = self.server.box.answer(query) if self.path == "/" else bytes(2 << 20)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def served(make_authority):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Authority) as server:
        server.box = make_authority()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_online_only_who_was_named_is_asked_and_each_answer_is_checked(tmp_path, archive, served, capsys):
    archive.close()
    place = f"http://127.0.0.1:{served.server_port}"
    (tmp_path / "names").write_text(f"# those we ask\nhall {place}/\naway {place}/away\nflood {place}/flood\n")
    trust(archive, served.box)
    code = main(["stamp", str(archive.root), "--online", "--authorities", str(tmp_path / "names")])
    out, err = capsys.readouterr()
    assert (code, err) == (2, "")
    rows = out.splitlines()
    assert rows[0].startswith("kept ") and "present, not checked" in rows[0]
    assert rows[1] == "refused  away: it sends us elsewhere, and only who was named is asked"
    assert rows[2] == "refused  flood: its answer is larger than one mebibyte"
    assert (archive.root / "log/anchors/8/request.tsq").is_file()
