"""Laws of archived web pages: every answer comes out as a browser had it, and nothing is asked of any server."""

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome

PAGE = b"<html><p>The doors are locked at night.</p></html>"
PLACE = "http://lantern.example/doors?night=1"


def record(kind, block, uri=PLACE, media_type="application/http; msgtype=response"):
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Date: 2032-06-11T10:00:00Z\r\n"
    head += f"WARC-Target-URI: {uri}\r\n" if uri else ""
    return f"{head}Content-Type: {media_type}\r\nContent-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def answer(body, *fields):
    head = "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/html", *fields])
    return f"{head}\r\n\r\n".encode() + body


def chunked(body, size=7):
    out = b"".join(
        f"{len(body[at : at + size]):x}\r\n".encode() + body[at : at + size] + b"\r\n"
        for at in range(0, len(body), size)
    )
    return out + b"0\r\n\r\n"


def bodies(found):
    return [(member.name, bytes(member.data)) for member in found.members]


def test_every_answer_is_a_member_and_the_rest_is_hidden(read):
    data = record("warcinfo", b"software: lantern\r\n", "", "application/warc-fields")
    data += record("request", b"GET /doors HTTP/1.1\r\nHost: lantern.example\r\n\r\n")
    data += record("response", answer(PAGE)) + record("resource", b"\x89PNG", "http://lantern.example/a.png")
    found = read(data, "a.warc")
    assert found.media_type == "application/warc"
    assert bodies(found) == [(PLACE, PAGE), ("http://lantern.example/a.png", b"\x89PNG")]
    assert "software: lantern" in found.hidden_text
    assert "GET /doors" in found.hidden_text
    assert found.observed("warc.records") == [{"warcinfo": 1, "request": 1, "response": 1, "resource": 1}]
    assert found.ended == Outcome.OK


def test_chunks_are_joined_and_packings_undone(read):
    packed = gzip.compress(PAGE, mtime=0)
    raw = zlib.compressobj(wbits=-15)
    deflated = raw.compress(PAGE) + raw.flush()
    data = b"".join(
        record("response", block)
        for block in (
            answer(chunked(PAGE), "Transfer-Encoding: chunked"),
            answer(chunked(packed), "Transfer-Encoding: chunked", "Content-Encoding: gzip"),
            answer(zlib.compress(PAGE), "Content-Encoding: deflate"),
            answer(deflated, "Content-Encoding: deflate"),
        )
    )
    found = read(data, "a.warc")
    assert [body for _, body in bodies(found)] == [PAGE] * 4


def test_a_body_that_is_not_packed_as_it_says_comes_as_it_stands(read):
    data = record("response", answer(PAGE, "Content-Encoding: gzip"))
    data += record("response", answer(PAGE, "Transfer-Encoding: chunked"))
    assert [body for _, body in bodies(read(data, "a.warc"))] == [PAGE, PAGE]


def test_an_archive_that_breaks_off_keeps_what_was_whole(read):
    data = record("response", answer(PAGE)) + record("response", answer(PAGE))[:-30]
    found = read(data, "a.warc")
    assert found.ended == Outcome.PARTIAL
    assert bodies(found)[0] == (PLACE, PAGE)
    lying = record("response", answer(PAGE)) + b"WARC/1.0\r\nWARC-Type: response\r\n\r\n"
    assert read(lying, "a.warc").ended == Outcome.PARTIAL


def test_an_arc_is_read_too(read):
    block = answer(PAGE)
    data = b"filedesc://a.arc 0.0.0.0 20320611100000 text/plain 5\n1 0 I\n\n"
    data += f"{PLACE} 192.0.2.7 20320611100001 text/html {len(block)}\n".encode() + block + b"\n"
    found = read(data, "a.arc")
    assert found.media_type == "application/x-ia-arc"
    assert bodies(found) == [(PLACE, PAGE)]
    assert found.ended == Outcome.OK


@given(st.binary(max_size=300))
def test_noise_behind_a_true_beginning_is_no_crash(read, noise):
    assert isinstance(read(b"WARC/1.0\r\n" + noise, "a.warc").ended, Outcome)
    assert isinstance(read(record("response", b"HTTP/1.1 200 OK\r\n" + noise), "a.warc").ended, Outcome)
