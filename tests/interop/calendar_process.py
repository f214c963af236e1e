"""A calendar of the invented Republic of Kestria: gathers digests, promises, and mines blocks of a chain of its own.

Speaks the protocol of OpenTimestamps calendars: POST /digest, GET /timestamp/<hex>; for the tests also POST /mine, which
answers with the header of a new block, and GET /seen, what was asked. Run as: calendar_process.py NAME [ANSWER], where
ANSWER makes it a bad one: elsewhere, flood, slow, junk, empty, page, forward=URI.
"""

import hashlib
import http.server
import json
import os
import struct
import sys
import threading
import time

PENDING, BITCOIN = bytes.fromhex("83dfe30d2ef90c8e"), bytes.fromhex("0588960d73d71901")
HEIGHT, CLOCK = 812_345, 1_971_500_000


def number(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def attestation(tag, payload):
    return b"\0" + tag + number(len(payload)) + payload


def sha(data):
    return hashlib.sha256(data).digest()


class Calendar:
    def __init__(self, uri):
        self.uri = uri
        self.lock = threading.Lock()
        self.waiting, self.done, self.seen, self.blocks = [], {}, [], 0

    def submit(self, digest):
        """Put a digest beside another one in a tree, with time and code around it, and promise the result."""
        nonce, other = os.urandom(16), os.urandom(32)
        path = b"\xf0\x10" + nonce + b"\x08" + b"\xf1\x20" + other + b"\x08"
        tip = sha(other + sha(digest + nonce))
        moment, code = struct.pack(">L", CLOCK), os.urandom(8)
        path += b"\xf1\x04" + moment + b"\xf0\x08" + code
        commitment = moment + tip + code
        with self.lock:
            self.waiting.append(commitment)
        uri = self.uri.encode()
        return path + attestation(PENDING, number(len(uri)) + uri)

    def mine(self):
        """Put all that waits into one transaction of a block of three, with easy work; return its header."""
        with self.lock:
            waiting, self.waiting = self.waiting, []
            self.blocks += 1
            root = sha(b"".join(sha(one) for one in waiting))
            before, after = b"\x01\0\0\0 inputs \x6a\x20", b" outputs \0\0\0\0"
            coinbase, last = sha(b"coinbase"), sha(b"another")
            own = sha(sha(before + root + after))
            left = sha(sha(coinbase + own))
            merkle = sha(sha(left + sha(sha(last + last))))
            steps = b"\x08\xf1" + number(len(before)) + before + b"\xf0" + number(len(after)) + after + b"\x08\x08"
            steps += b"\xf1\x20" + coinbase + b"\x08\x08" + b"\xf0\x20" + sha(sha(last + last)) + b"\x08\x08"
            steps += attestation(BITCOIN, number(HEIGHT + self.blocks))
            for at, one in enumerate(waiting):
                head = b"".join(sha(other) for other in waiting[:at])
                tail = b"".join(sha(other) for other in waiting[at + 1 :])
                path = b"\x08"
                path += b"\xf1" + number(len(head)) + head if head else b""
                path += b"\xf0" + number(len(tail)) + tail if tail else b""
                self.done[one] = path + steps
        for nonce in range(10_000):
            header = bytes(36) + merkle + struct.pack("<III", CLOCK + 600 * self.blocks, 0x207FFFFF, nonce)
            if int.from_bytes(sha(sha(header)), "little") <= 0x7FFFFF << 8 * (0x20 - 3):
                return header
        raise AssertionError


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body, kind="application/octet-stream", **more):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def bad(self):
        match sys.argv[2:]:
            case ["elsewhere"]:
                self.answer(302, b"", Location="http://127.0.0.1:9/digest")
            case ["flood"]:
                self.answer(200, bytes(2 << 20))
            case ["slow"]:
                self.send_response(200)
                self.end_headers()
                for _ in range(600):
                    self.wfile.write(b"\x08")
                    self.wfile.flush()
                    time.sleep(0.05)
            case ["junk"]:
                self.answer(200, os.urandom(99))
            case ["empty"]:
                self.answer(200, b"")
            case ["page"]:
                self.answer(200, b"<html>Sign in to this network</html>")
            case _:
                return False
        return True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        calendar = self.server.calendar
        calendar.seen.append([self.path, body.hex(), dict(self.headers)])
        if self.path == "/mine":
            self.answer(200, calendar.mine())
        elif self.path != "/digest" or len(body) > 64:
            self.answer(404 if len(body) <= 64 else 400, b"not found")
        elif not self.bad():
            self.answer(200, calendar.submit(body))

    def do_GET(self):
        calendar = self.server.calendar
        if self.path == "/seen":
            self.answer(200, json.dumps(calendar.seen).encode())
            return
        calendar.seen.append([self.path, "", dict(self.headers)])
        commitment = bytes.fromhex(self.path.removeprefix("/timestamp/"))
        if commitment in calendar.done:
            self.answer(200, calendar.done[commitment])
        else:
            reason = b"Pending confirmation in Bitcoin blockchain" if commitment in calendar.waiting else b"Not found"
            self.answer(404, reason, "text/plain")

    def log_message(self, *_):
        pass


def main():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        own = f"http://127.0.0.1:{server.server_port}"
        forward = [word.partition("=")[2] for word in sys.argv[2:] if word.startswith("forward=")]
        server.calendar = Calendar(forward[0] if forward else own)
        print(own, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
