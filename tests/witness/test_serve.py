"""Laws of the served witness: a real process on loopback, as a log, a monitor and an attacker meet it."""

import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from witnessmark.proof import note
from witnessmark.witness.keep import Folder


class Served:
    """A witness process, and how a client talks to it."""

    def __init__(self, place):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "witnessmark", "witness", "serve", place, "--listen", "127.0.0.1:0", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = int(json.loads(self.process.stdout.readline())["listening"].rpartition(":")[2])

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def send(self, method, path, body=None, headers=None, over=None):
        connection = over or self.connect()
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        found = answer.status, answer.read().decode(), answer.getheader("Content-Type")
        if over is None:
            connection.close()
        return found

    def ask(self, data, over=None):
        return self.send("POST", "/add-checkpoint", data, over=over)[:2]

    def raw(self, data, wait=5):
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            found = b""
            while part := connection.recv(65536):
                found += part
        return found

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def place(folder, tmp_path):
    return tmp_path / "witness"


@pytest.fixture
def served(place):
    found = Served(place)
    yield found
    if found.process.poll() is None:
        found.end()


def test_a_log_meets_each_answer_of_the_protocol(served, folder, log, liar, make_log):
    with contextlib.closing(served.connect()) as over:
        status, line = served.ask(log.request(0, 1), over)
        assert status == 200
        whole = note.parse(log.checkpoint(1) + line)
        assert note.check(whole, [folder.vkey]) == (folder.vkey,)
        bad = log.request(1, 3).replace(b"\n3\n", b"\n4\n")
        assert served.ask(bad, over)[0] == 403
        assert served.ask(make_log("archive.invalid/other").request(0, 1), over)[0] == 404
        assert served.ask(log.request(1, 3, proof=()), over)[0] == 422
        assert served.ask(log.request(1, 3, proof=(bytes(32),)), over)[0] == 422
        assert served.ask(log.request(1, 3), over)[0] == 200
        assert served.send("POST", "/add-checkpoint", log.request(1, 5), over=over) == (409, "3\n", "text/x.tlog.size")
        assert served.ask(log.request(3, 5), over)[0] == 200
        assert served.ask(log.request(0, 5), over) == (409, "5\n")
        assert served.ask(log.request(5, 3), over)[0] == 400
        assert served.ask(liar.request(5, 5), over)[0] == 422
        assert served.ask(log.request(5, 5), over)[0] == 200
        assert served.ask(b"old 0\n\nnothing\n", over)[0] == 400
    status, rows, err = served.end()
    assert (status, err) == (0, "")
    assert [row["status"] for row in rows] == [200, 403, 404, 422, 422, 200, 409, 200, 409, 400, 422, 200, 400]
    assert folder.kept(log.origin).head.size == 5


def test_a_monitor_gets_the_cosigned_checkpoint_and_nothing_else(served, folder, log):
    path = f"/{hashlib.sha256(log.origin.encode()).hexdigest()}/checkpoint"
    assert served.send("GET", path)[0] == 404
    served.ask(log.request(0, 5))
    status, text, kind = served.send("GET", path)
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert note.check(note.parse(text), [log.vkey, folder.vkey]) == (log.vkey, folder.vkey)
    for other in (
        "/",
        "/key",
        "/../key",
        path.upper(),
        path + "/",
        "/" + "0" * 64 + "/checkpoint",
        path.replace("checkpoint", "keys"),
    ):
        status, text, _ = served.send("GET", other)
        assert (status, text) == (404, "nothing was cosigned here\n")
    assert served.send("POST", "/", b"")[0] == 404
    assert served.send("PUT", path, b"x")[0] == 501


BROKEN = [
    (b"nonsense\r\n\r\n", b" 400 "),
    (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", b" 431 "),
    (b"POST /add-checkpoint HTTP/1.1\r\n" + b"a: b\r\n" * 5000 + b"\r\n", b" 431 "),
    (b"POST /add-checkpoint HTTP/1.1\r\nhost: a\r\n\r\n", b" 411 "),
    (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b" 411 "),
    (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b" 411 "),
    (
        b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b" 411 ",
    ),
    (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", b" 413 "),
    (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 200000\r\n\r\n", b" 413 "),
    (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\nold 0\n", b" 400 "),
    (b"POST /add-checkpoint HTTP/9.9\r\n\r\n", b" 505 "),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b""),
    (b"", b""),
]


def test_a_broken_client_gets_one_sentence_and_no_place_on_this_machine(served, place):
    for data, status in BROKEN:
        # Who sends on after a refusal may find the line cut before the answer is read.
        answer = status
        with contextlib.suppress(OSError):
            answer = served.raw(data)
        assert status in answer.split(b"\r\n")[0]
        for word in (b"Traceback", b"Python", str(place).encode(), b"<html"):
            assert word not in answer
    assert served.send("GET", "/")[0] == 404


def test_a_record_that_cannot_be_read_says_nothing_of_where_it_lies(served, folder, log, place):
    served.ask(log.request(0, 5))
    (folder._place(log.origin) / "checkpoint").write_text("bent")
    status, text = served.ask(log.request(5, 8))
    assert (status, text) == (500, "the witness cannot keep its record: nothing was cosigned\n")


def test_a_stop_waits_for_nobody_who_only_holds_the_line(served):
    held = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(5)]
    held[0].sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\n")
    time.sleep(0.2)
    start = time.monotonic()
    assert served.end(signal.SIGINT)[0] == 0
    assert time.monotonic() - start < 5
    for one in held:
        one.close()


def test_more_connections_than_there_is_room_for_are_let_go(served, log):
    held = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(80)]
    time.sleep(0.3)
    refused = 0
    for one in held:
        one.setblocking(False)
        try:
            refused += one.recv(1) == b""
        except BlockingIOError:
            pass
    assert refused == 80 - 64
    for one in held:
        one.close()
    time.sleep(0.3)
    assert served.ask(log.request(0, 1))[0] == 200


def test_twenty_at_once_over_two_processes_never_get_two_roots_of_one_size(place, folder, log, liar):
    servers = [Served(place), Served(place)]
    try:
        assert servers[0].ask(log.request(0, 3))[0] == 200
        asked = [(servers[n % 2], (log, liar)[n // 2 % 2], 4 + n % 5) for n in range(20)]
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda one: one[0].ask(one[1].request(3, one[2])), asked))
    finally:
        ended = [server.end()[0] for server in servers]
    assert ended == [0, 0]
    cosigned = [(one[1], one[2]) for one, answer in zip(asked, answers, strict=True) if answer[0] == 200]
    # All began at size 3, so one was first and only that one was cosigned.
    assert len(cosigned) == 1
    assert {status for status, _ in answers} == {200, 409}
    winner, size = cosigned[0]
    assert (folder.kept(log.origin).head.size, folder.kept(log.origin).head.root) == (size, winner.root(size))


def test_killed_while_it_answers_it_goes_on_from_what_it_kept(place, folder, log, liar):
    for at in range(3):
        server = Served(place)
        kept = Folder.open(place).kept(log.origin)
        old = 0 if kept is None else kept.head.size
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            body = log.request(old, old + 4)
            connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            time.sleep(0.004 * at)
            os.kill(server.process.pid, signal.SIGKILL)
        server.process.communicate(timeout=20)
        again = Served(place)
        now = Folder.open(place).kept(log.origin)
        size = 0 if now is None else now.head.size
        assert size in {old, old + 4}
        if size > 3:
            assert again.ask(liar.request(size, size + 4))[0] == 422
            assert again.ask(liar.request(size, size))[0] == 422
        assert again.ask(log.request(size, size + 4))[0] == 200
        assert again.end()[0] == 0
