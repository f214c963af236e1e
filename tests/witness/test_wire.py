"""Laws of what is read from a connection: counted, within its time, and no more than was asked."""

import socket
import threading
import time
from http.client import LineTooLong

import pytest

from witnessmark.witness.wire import Incoming, Slow


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_lines_and_a_body_come_whole_however_they_are_cut(pair):
    incoming = Incoming(pair[0], 100, 5)
    sender = threading.Thread(target=lambda: [pair[1].sendall(bytes([byte])) for byte in b"one\ntwo\nbody!next\n"])
    sender.start()
    assert [incoming.readline(), incoming.readline(), incoming.read(5)] == [b"one\n", b"two\n", b"body!"]
    incoming.begin()
    assert incoming.readline() == b"next\n"
    sender.join()


def test_an_end_gives_what_is_left(pair):
    pair[1].sendall(b"half")
    pair[1].close()
    incoming = Incoming(pair[0], 100, 5)
    assert [incoming.readline(), incoming.readline(), incoming.read(3)] == [b"half", b"", b""]


def test_all_lines_of_a_request_have_one_limit_and_a_body_has_its_own(pair):
    pair[1].sendall(b"1234\n1234\n1234\n")
    incoming = Incoming(pair[0], 12, 5)
    assert [incoming.readline(), incoming.readline()] == [b"1234\n", b"1234\n"]
    with pytest.raises(LineTooLong):
        incoming.readline()
    incoming.begin()
    assert incoming.readline() == b"1234\n"
    pair[1].sendall(b"x" * 500)
    assert len(incoming.read(500)) == 500
    pair[1].sendall(b"x" * 500)
    with pytest.raises(LineTooLong):
        incoming.readline()


def test_a_client_that_drips_is_let_go_at_the_end_of_its_time(pair):
    incoming = Incoming(pair[0], 1000, 0.2)
    over = threading.Event()

    def drip():
        while not over.wait(0.02):
            pair[1].send(b"a")

    sender = threading.Thread(target=drip)
    sender.start()
    start = time.monotonic()
    with pytest.raises((Slow, TimeoutError)):
        incoming.readline()
    assert time.monotonic() - start < 2
    over.set()
    sender.join()
