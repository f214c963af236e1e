"""Asking witnesses, time stamp authorities and calendars over the network: only where a person asked for it.

Rules for whoever changes this file:
- Time and size of every answer are capped, whatever the server does.
- A redirect is refused: whoever is asked was named by a person.
- No header says who asks, beyond what HTTP needs.
"""

import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, Any
from urllib.parse import urlsplit

from witnessmark.errors import Damaged, WrongUsage

SECONDS = 20.0
LARGEST = 1 << 20
_CHUNK = 1 << 14
_LOOPBACK = {"127.0.0.1", "localhost"}
_MOST_AUTHORITIES = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: a status of HTTP, a body; status 0 where nobody answered."""

    status: int
    body: bytes
    says: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A time stamp authority's name and address."""

    name: str
    url: str


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it becomes the answer."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(url: str, data: bytes, kind: str, wanted: str | None = None) -> Answer:
    """Send bytes of a kind and return what comes back; never raises for what a server does."""
    return _asked(url, data, {"Content-Type": kind} | ({} if wanted is None else {"Accept": wanted}))


def get(url: str, wanted: str) -> Answer:
    """Fetch something of the wanted kind and return what comes back; never raises for what a server does."""
    return _asked(url, None, {"Accept": wanted})


def _asked(url: str, data: bytes | None, header: dict[str, str]) -> Answer:
    # Callers have made sure that the address is http or https (`is_address`).
    request = urllib.request.Request(url, data, header | {"User-Agent": "witnessmark", "Connection": "close"})  # noqa: S310
    opener = urllib.request.build_opener(_Stay)
    deadline = time.monotonic() + SECONDS
    try:
        with opener.open(request, timeout=SECONDS) as response:
            return _read(response.status, response, deadline)
    except urllib.error.HTTPError as error:
        with error:
            if 300 <= error.code < 400:
                return Answer(0, b"", "it sends us elsewhere, and only who was named is asked")
            return _read(error.code, error, deadline)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return Answer(0, b"", f"nobody answered: {reason}")


def _read(status: int, response: IO[bytes], deadline: float) -> Answer:
    body = b""
    try:
        while chunk := response.read1(_CHUNK):  # type: ignore[attr-defined]
            body += chunk
            if len(body) > LARGEST:
                return Answer(0, b"", "its answer is larger than one mebibyte")
            if time.monotonic() > deadline:
                return Answer(0, b"", "it answers too slowly")
    except (OSError, HTTPException) as error:
        return Answer(0, b"", f"its answer broke off: {error}")
    return Answer(status, body)


def parse_authorities(data: bytes) -> list[Server]:
    """Return who is named in a file of lines `NAME URL`; empty lines and those that begin with `#` say nothing.

    Raises:
        Damaged: with the number of the line that is wrong.
    """
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError as error:
        raise Damaged("the file of authorities is no UTF-8") from error
    found: list[Server] = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not is_address(words[1]) or len(found) == _MOST_AUTHORITIES:
            raise Damaged(f"line {number} of the file of authorities is no name and address: `NAME https://…`")
        found.append(Server(*words))
    return found


def is_address(url: str) -> bool:
    """Return whether this is an address that can be asked: http or https, with a host and no name or password."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def address(url: str) -> str:
    """Return the address to which a witness's requests go (C2SP tlog-witness).

    Raises:
        WrongUsage: when it is none.
    """
    if not is_address(url):
        raise WrongUsage(f"{url!r} in ARCHIVE/policy is no address of a witness: it begins with https:// or http://")
    return url.rstrip("/") + "/add-checkpoint"


def calendar(url: str) -> str:
    """Return the address of an OpenTimestamps calendar, in its one spelling.

    Raises:
        WrongUsage: when it is none, or would be asked in the clear.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    is_private = host in _LOOPBACK or host.endswith(".onion")
    if (
        not is_address(url)
        or parts.scheme not in ({"https", "http"} if is_private else {"https"})
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
    ):
        raise WrongUsage(f"{url!r} is no address of a calendar: write it as https://calendar.example")
    return f"{parts.scheme}://{host if port is None else f'{host}:{port}'}"
