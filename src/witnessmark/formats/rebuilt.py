"""Puts a message together again from Outlook's properties, as RFC 5322 text that says of itself that it was.

Everything is written block by block, so that a large attachment passes through little memory.
"""

import binascii
import hashlib
import struct
from collections.abc import Iterator
from itertools import chain

from witnessmark.formats import mail_fields, mapi
from witnessmark.formats.mapi import Item

DEEPEST = 8
LARGEST_INSIDE = 128 << 20
"""Bytes of an attachment that still goes into the message; a larger one stands beside it."""
_LINE = 57 * 4096


def blocks(item: Item, origin: str, depth: int = 0) -> Iterator[bytes]:
    """Yield the bytes of a message."""
    plain, page = item.text(mapi.BODY).replace("\r\n", "\n").replace("\n", "\r\n"), mapi.html_of(item)
    seed = hashlib.sha256(f"{depth}\0{mapi.subject(item)}\0{plain}\0{page}".encode("utf-8", "replace")).hexdigest()
    outer, inner = f"=_outer-{seed[:32]}", f"=_inner-{seed[32:]}"
    head = [f"{mail_fields.REBUILT}: from the properties of {origin}; these are not the bytes that were sent"]
    head += [f"{name}: {mapi.clean(value)}" for name, value in mapi.fields(item)]
    for name, number in (("X-Outlook-Created", 0x3007), ("X-Outlook-Modified", 0x3008)):
        moment = mapi.when(item.properties.get(number))
        if moment is not None:
            head.append(f"{name}: {moment.isoformat(timespec='seconds')}")
    head += [f"X-Outlook-Class: {mapi.clean(item.text(mapi.CLASS))[:200]}", "MIME-Version: 1.0"]
    head.append(f'Content-Type: multipart/mixed; boundary="{outer}"')
    yield ("\r\n".join(line.replace("\r", " ").replace("\n", " ") for line in head) + "\r\n\r\n").encode()
    yield f'--{outer}\r\nContent-Type: multipart/alternative; boundary="{inner}"\r\n\r\n'.encode()
    if plain or not page:
        yield from _text(inner, "plain", plain)
    if page:
        yield from _text(inner, "html", page)
    yield f"--{inner}--\r\n".encode()
    if not item.text(mapi.CLASS).upper().startswith("IPM.NOTE"):
        said = "".join(f"{name}: {value}\r\n" for name, value in mapi.told(item))
        if said:
            yield from _text(outer, "plain", said)
    document = b"" if plain or page else mapi.rtf_of(item)
    if document:
        yield from _file(outer, "application/rtf", "body.rtf", iter((document,)))
    for attachment in item.attachments():
        yield from _attachment(outer, attachment, origin, depth)
    yield f"--{outer}--\r\n".encode()


def _attachment(outer: str, attachment: mapi.Attachment, origin: str, depth: int) -> Iterator[bytes]:
    name = mapi.clean(attachment.name)
    if attachment.item is not None:
        if depth >= DEEPEST:
            yield from _text(outer, "plain", f"[{name}: messages nest deeper than {DEEPEST} levels]\r\n")
            return
        yield f"--{outer}\r\nContent-Type: message/rfc822\r\n{_disposition(name)}\r\n\r\n".encode()
        yield from blocks(attachment.item, origin, depth + 1)
        yield b"\r\n"
    elif attachment.size > LARGEST_INSIDE:
        yield from _text(outer, "plain", f"[{name}: {attachment.size} bytes, stands beside this message]\r\n")
    else:
        kind = mapi.text_of(attachment.properties, mapi.MEDIA_TYPE)
        known = kind.isascii() and "/" in kind and not set(kind) & set(' ;"\r\n') and not kind.startswith("multipart")
        stated = mapi.text_of(attachment.properties, mapi.CONTENT_ID)
        yield from _file(outer, kind if known else "application/octet-stream", name, attachment.blocks(), stated)


def _disposition(name: str) -> str:
    letters = "".join(
        chr(byte) if 48 <= byte < 58 or 65 <= byte < 91 or 97 <= byte < 123 or byte in b"-._" else f"%{byte:02X}"
        for byte in name.encode("utf-8", "replace")
    )
    return f"Content-Disposition: attachment; filename*=utf-8''{letters}"


def _file(outer: str, kind: str, name: str, data: Iterator[bytes], stated: str = "") -> Iterator[bytes]:
    head = f"--{outer}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n{_disposition(name)}\r\n"
    if stated:
        head += f"Content-ID: <{' '.join(stated.split())}>\r\n"
    yield (head + "\r\n").encode()
    kept = b""
    for block in data:
        kept += block
        if len(kept) >= _LINE:
            whole = len(kept) - len(kept) % 57
            yield _lines(kept[:whole])
            kept = kept[whole:]
    yield _lines(kept) + b"\r\n"


def _lines(data: bytes) -> bytes:
    """Return bytes in base64, in lines of 76 letters (RFC 2045, section 6.8)."""
    text = binascii.b2a_base64(data, newline=False)
    whole = len(text) - len(text) % 76
    lines = [*chain.from_iterable(struct.iter_unpack("76s", text[:whole])), text[whole:]]
    return b"\r\n".join(lines)


def _text(boundary: str, kind: str, text: str) -> Iterator[bytes]:
    head = f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    yield (head + mapi.clean(text) + "\r\n").encode()
