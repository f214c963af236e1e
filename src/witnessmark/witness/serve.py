"""A witness over HTTP (C2SP tlog-witness): add-checkpoint for logs, and the last checkpoint for monitors.

Rules for whoever changes this file:
- An answer says a status and one sentence; it never says where something lies on this machine.
- Header, body, time and connections are capped before anything is read into memory.
- Who asked is not written down.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import LineTooLong
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from witnessmark.errors import WitnessmarkError, WrongUsage
from witnessmark.witness import request as requests
from witnessmark.witness.cosign import cosign
from witnessmark.witness.keep import Folder
from witnessmark.witness.refusal import REFUSALS, OtherSize
from witnessmark.witness.wire import Incoming

LARGEST_HEADER = 1 << 14
SECONDS = 10.0
"""How long a client may take to send one request, and how long a connection is kept open between two."""
MOST_CONNECTIONS = 64

_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint\Z")
_LENGTH = re.compile(r"(?:0|[1-9][0-9]{0,9})\Z")
_PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Happened:
    """One request for a cosignature, and how it was answered."""

    status: int
    says: str
    origin: str = ""
    size: int | None = None


class Server(ThreadingHTTPServer):
    """A witness on one address; each connection has its thread, and the folder's lock keeps them apart."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64
    allow_reuse_address = True

    def __init__(
        self, folder: Folder, host: str, port: int, *, clock: Callable[[], int], tell: Callable[[Happened], None]
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.tell = tell
        self.is_stopping = False
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise WrongUsage(f"nothing can listen on {host} port {port}: {error.strerror or error}") from error

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection if there is room for it."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._guard:
            self._open.add(request)
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread could be started
            self._leave(request)
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._leave(request)

    def _leave(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Say that something broke, not where, nor for whom."""
        self.tell(Happened(500, "a connection ended with an error"))

    def stop(self) -> None:
        """Stop after the requests that are under way; connections that wait for another one are ended."""
        self.is_stopping = True
        self.shutdown()
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    server_version = "witnessmark"
    sys_version = ""
    server: Server
    timeout: ClassVar[float] = SECONDS
    disable_nagle_algorithm: ClassVar[bool] = True

    def setup(self) -> None:
        """Read through a hand that counts."""
        super().setup()
        # An answer may be due before a first line was read.
        self.command, self.requestline, self.request_version = "", "", self.protocol_version
        self.rfile.close()
        self.rfile = Incoming(self.connection, LARGEST_HEADER, SECONDS)  # type: ignore[assignment]

    def handle_one_request(self) -> None:
        """Read one request and answer it."""
        self.rfile.begin()  # type: ignore[attr-defined]
        if self.server.is_stopping:
            self.close_connection = True
            return
        try:
            super().handle_one_request()
        except LineTooLong:
            self._refuse(431, "the lines before the request's body are too long")
        except OSError:
            # The client went away or was too slow: nothing is left to say.
            self.close_connection = True

    def do_GET(self) -> None:
        """Answer a monitor with the last checkpoint of a log."""
        found = _CHECKPOINT.match(self.path)
        text = None
        try:
            text = self.server.folder.published(found[1]) if found else None
        except WitnessmarkError:
            self._refuse(500, "the witness cannot read its record")
            return
        if text is None:
            self._refuse(404, "nothing was cosigned here")
        else:
            self._answer(200, text)

    def do_POST(self) -> None:
        """Answer a log that asks for a cosignature."""
        if self.path != "/add-checkpoint":
            self._refuse(404, "a log asks at /add-checkpoint")
            return
        length = self.headers.get_all("Content-Length") or []
        if len(length) != 1 or "Transfer-Encoding" in self.headers or not _LENGTH.match(length[0]):
            self._refuse(411, "a request says its length")
            return
        if int(length[0]) > requests.LARGEST:
            self._refuse(413, "a request has at most 128 KiB")
            return
        body = self.rfile.read(int(length[0]))
        if len(body) != int(length[0]):
            self._refuse(400, "the request is cut short")
            return
        self._cosign(body)

    def _cosign(self, body: bytes) -> None:
        origin, size = "", None
        try:
            asked = requests.Request.parse(body)
            origin, size = asked.head.origin, asked.head.size
            cosigned = cosign(self.server.folder, asked, clock=self.server.clock)
        except REFUSALS as error:
            if isinstance(error, OtherSize):
                self._answer(error.status, f"{error.size}\n", "text/x.tlog.size")
            else:
                self._answer(error.status, f"{error}\n")
            # The name of a log that is not known is a stranger's text: it is not repeated.
            known = "" if error.status == HTTPStatus.NOT_FOUND else origin
            self.server.tell(Happened(error.status, str(error), known, size if known else None))
        except WitnessmarkError as error:
            self._refuse(500, "the witness cannot keep its record: nothing was cosigned")
            self.server.tell(Happened(500, str(error), origin, size))
        else:
            self._answer(200, cosigned.text)
            self.server.tell(Happened(200, "cosigned", origin, size))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what could not be read as a request: one plain sentence."""
        with contextlib.suppress(ValueError):
            message = message or HTTPStatus(code).phrase
        self._refuse(int(code), message or "not a request")

    def _refuse(self, status: int, sentence: str) -> None:
        # What was not read of this request must not be read as the next one.
        self.close_connection = True
        self._answer(status, f"{sentence}\n")

    def _answer(self, status: int, text: str, kind: str = _PLAIN) -> None:
        data = text.encode("utf-8", "replace")
        self.connection.settimeout(SECONDS)
        # Whatever was asked, and in which version, the answer has a status line.
        self.request_version = self.protocol_version
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write nothing down about clients."""
