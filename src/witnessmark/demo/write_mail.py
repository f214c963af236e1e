"""Write e-mails by hand, with fixed boundaries and CRLF lines (RFC 5322, RFC 2045 to 2047)."""

import base64
from dataclasses import dataclass

_TEXT_TYPES = ("text/plain", "text/html")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message: its media type, its bytes, and the file name of an attachment."""

    media_type: str
    data: bytes
    name: str = ""


def message(headers: tuple[tuple[str, str], ...], parts: tuple[Part, ...], *, how: str = "mixed") -> bytes:
    """Return the message; several parts make a multipart of the kind `how`."""
    lines = [f"{name}: {_header(value)}" for name, value in headers]
    lines.append("MIME-Version: 1.0")
    if len(parts) == 1:
        return _join(lines) + _body(parts[0])
    boundary = "=_kestrel_0001"
    lines.append(f'Content-Type: multipart/{how}; boundary="{boundary}"')
    out = _join(lines) + b"\r\n"
    for part in parts:
        out += f"--{boundary}\r\n".encode() + _body(part)
    return out + f"--{boundary}--\r\n".encode()


def _body(part: Part) -> bytes:
    charset = "; charset=utf-8" if part.media_type in _TEXT_TYPES else ""
    named = f'; name="{part.name}"' if part.name else ""
    lines = [f"Content-Type: {part.media_type}{charset}{named}"]
    if part.name:
        lines.append(f'Content-Disposition: attachment; filename="{part.name}"')
    if part.media_type == "message/rfc822":
        return _join(lines) + b"\r\n" + part.data + b"\r\n"
    if part.media_type in _TEXT_TYPES and part.data.isascii() and not part.name:
        lines.append("Content-Transfer-Encoding: 7bit")
        return _join(lines) + b"\r\n" + part.data.replace(b"\n", b"\r\n") + b"\r\n"
    lines.append("Content-Transfer-Encoding: base64")
    return _join(lines) + b"\r\n" + base64.encodebytes(part.data).replace(b"\n", b"\r\n")


def _header(value: str) -> str:
    if value.isascii():
        return value
    return _folded(value)


def _folded(value: str) -> str:
    """Return encoded words of at most 75 characters, none of which splits a character (RFC 2047, section 2)."""
    words: list[str] = []
    chunk = ""
    for character in value:
        if len((chunk + character).encode()) > 42:
            words.append(chunk)
            chunk = ""
        chunk += character
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(word.encode()).decode()}?=" for word in words)


def _join(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()


def single(headers: tuple[tuple[str, str], ...], text: str) -> bytes:
    """Return a message of plain text only."""
    return message(headers, (Part("text/plain", text.encode()),))
