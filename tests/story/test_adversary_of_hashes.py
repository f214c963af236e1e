"""An adversary who owns all originals: no hash of what is withheld stands in the public log or in an edition.

They have every file, every path, every text and every field that they can guess, twelve ways to hash a thing, and a
hundred thousand guesses beside the truth; they look at every token of 16 to 64 bytes in `log/` and in the site, as it
stands, in hexadecimal and in base64. What goes out by decision is no secret, and is left out of what they look for.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import shutil
import zipfile
from pathlib import Path
from random import Random

import pytest

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.model import codec

ZERO = bytes(32)
KNOWN_KEYS = (b"", b"witnessmark", b"key", b"salt", ZERO)
FIELDS = ("digest", "size", "path", "text", "handle", "source", "detail", "media_type", "title", "reason")

CONSTRUCTIONS = {
    "SHA-256": lambda x: [hashlib.sha256(x).digest()],
    "SHA-1": lambda x: [hashlib.sha1(x).digest()],
    "MD5": lambda x: [hashlib.md5(x).digest()],
    "SHA-512 and SHA-384": lambda x: [hashlib.sha512(x).digest(), hashlib.sha384(x).digest()],
    "SHA3-256": lambda x: [hashlib.sha3_256(x).digest()],
    "BLAKE2b and BLAKE2s": lambda x: [
        hashlib.blake2b(x, digest_size=32).digest(),
        hashlib.blake2b(x, digest_size=16).digest(),
        hashlib.blake2s(x).digest(),
    ],
    "SHA-256 of the SHA-256, raw and as text": lambda x: [
        hashlib.sha256(hashlib.sha256(x).digest()).digest(),
        hashlib.sha256(hashlib.sha256(x).hexdigest().encode()).digest(),
    ],
    "leaf and node of RFC 6962": lambda x: [
        hashlib.sha256(b"\x00" + x).digest(),
        hashlib.sha256(b"\x00\x01" + hashlib.sha256(x).digest()).digest(),
        hashlib.sha256(b"\x01" + x).digest(),
    ],
    "git blob": lambda x: [hashlib.new(name, b"blob %d\0" % len(x) + x).digest() for name in ("sha1", "sha256")],
    "HMAC with a known key": lambda x: [hmac.digest(key, x, "sha256") for key in KNOWN_KEYS],
    "our entry without a salt": lambda x: [
        hashlib.sha256(b"witnessmark/entry/v1\0" + salt + x).digest() for salt in (b"", ZERO)
    ],
    "our field without a salt": lambda x: [
        hashlib.sha256(b"witnessmark/field/v1\0" + salt + name.encode() + b"\0" + x).digest()
        for salt in (b"", ZERO)
        for name in FIELDS
    ],
}
LENGTHS = (16, 20, 28, 32, 48, 64)
_HEX = re.compile(rb"[0-9a-fA-F]{32,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{21,}={0,2}")
SOME = pytest.mark.parametrize("count", [400, pytest.param(100_000, marks=pytest.mark.soak)])


def tokens(data):
    """Yield every run of 16 to 64 bytes that can be a digest: raw at each place, and decoded from its spellings."""
    for whole in (data, *_decoded(data)):
        for at in range(len(whole) - 15):
            for length in LENGTHS:
                if at + length <= len(whole):
                    yield whole[at : at + length]


def _decoded(data):
    for found in _HEX.findall(data):
        for start in (0, 1):
            text = found[start:]
            yield bytes.fromhex(text[: len(text) // 2 * 2].decode())
    for found in _BASE64.findall(data):
        text = found.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        for start in range(4):
            part = text[start:]
            try:
                yield base64.b64decode(
                    part[: len(part) // 4 * 4]
                    + (b"" if len(part) % 4 < 2 else part[len(part) // 4 * 4 :] + b"=" * (-len(part) % 4))
                )
            except (binascii.Error, ValueError):
                continue


def files(root):
    """Yield name and bytes of each file below a folder; a zip's members too."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".woff2":  # fonts are the same in every edition of every archive
            yield str(path.relative_to(root)), path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    yield from ((f"{path.name}!{name}", packed.read(name)) for name in packed.namelist())


def truth(root, leak):
    """Everything that the owner of the originals has or can guess: files, members, texts, paths, names, sizes."""
    found = {path.read_bytes() for path in leak.rglob("*") if path.is_file()}
    words = set()
    with Archive.reading(root) as archive, Catalogue.open(archive) as catalogue:
        for row in catalogue.exhibits():
            found.add(archive.store.read(row.exhibit.digest, 1 << 26))
            words |= {
                row.printed,
                row.exhibit.digest.hex,
                str(row.exhibit.size),
                *(step.name for step in row.exhibit.path),
            }
            if row.reading is not None:
                for made in (row.reading.visible, row.reading.hidden):
                    if made is not None and made.digest is not None:
                        text = archive.store.read(made.digest, 1 << 26)
                        found.add(text)
                        words |= {line.strip() for line in text.decode().splitlines() if line.strip()}
                        words.add(made.digest.hex)
        for recorded in archive.ledger.replay():
            words |= {codec.encode(value) for value in recorded.fields.values() if not isinstance(value, bytes)}
    found |= {word.encode() for word in words} | {codec.encode(word).encode() for word in words}
    return found - {b""}  # the hash of nothing is the root of an empty log, and tells nothing


def guesses(count):
    """Numbers with eighteen digits, paths and plain words, as an adversary would try them."""
    noise = Random(18)
    for number in range(count):
        match number % 4:
            case 0:
                yield f"{noise.randrange(10**17, 10**18)}".encode()
            case 1:
                yield f"orders/{noise.randrange(2000)}/{number}.docx".encode()
            case 2:
                yield codec.encode(noise.randrange(1 << 24)).encode()
            case _:
                yield noise.randbytes(8 + number % 40)


def digests(candidates):
    """Every digest of every candidate, and by which construction."""
    return {
        digest: name
        for candidate in candidates
        for name, hashes in CONSTRUCTIONS.items()
        for digest in hashes(candidate)
    }


def matches(root, wanted):
    return sorted({(name, wanted[token]) for name, data in files(root) for token in tokens(data) if token in wanted})


def published(site):
    """What the edition shows by decision: its files as they stand, and the values of the fields it opens."""
    shown = {path.read_bytes() for path in site.rglob("*") if path.is_file()}
    for path in [*site.glob("e/*/exhibit.json"), site / "proof" / "continues.json"]:
        for field in _opened(json.loads(path.read_text())):
            shown.add(field.encode())
            try:
                value = json.loads(field)
            except ValueError:
                continue  # another list of three
            shown.add(value.encode() if isinstance(value, str) else field.encode())
    return shown


def _opened(value):
    if isinstance(value, list) and len(value) == 3 and all(isinstance(part, str) for part in value):
        yield value[2]
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _opened(inner)


@pytest.fixture(scope="module")
def owned(demo):
    """What the adversary owns."""
    return truth(demo / "archive", demo / "leak")


def test_there_are_twelve_ways_to_hash_a_thing():
    assert len(CONSTRUCTIONS) == 12
    assert all(len(digest) in LENGTHS for hashes in CONSTRUCTIONS.values() for digest in hashes(b"x"))


@SOME
def test_nothing_in_the_public_log_is_a_hash_of_anything_they_own(demo, owned, count):
    wanted = digests([*owned, *guesses(count)])
    assert len(owned) > 500
    assert matches(demo / "archive" / "log", wanted) == []


@SOME
def test_nothing_in_the_edition_is_a_hash_of_what_is_withheld(demo, owned, count):
    wanted = digests([*(owned - published(demo / "site")), *guesses(count)])
    assert matches(demo / "site", wanted) == []


@pytest.mark.parametrize("spelling", ["raw", "hex", "HEX", "base64", "in a longer word"])
@pytest.mark.parametrize("construction", CONSTRUCTIONS)
def test_the_same_adversary_finds_what_is_planted(demo, owned, tmp_path, construction, spelling):
    target = tmp_path / "log"
    shutil.copytree(demo / "archive" / "log" / "tile", target)
    secret = min(owned, key=lambda one: hashlib.sha256(one).digest())
    digest = CONSTRUCTIONS[construction](secret)[-1]
    planted = {
        "raw": b"\x00\x21\x01" + digest + b"\x01",
        "hex": b'{"d":"' + digest.hex().encode() + b'"}',
        "HEX": digest.hex().upper().encode(),
        "base64": base64.b64encode(digest),
        "in a longer word": base64.b64encode(b"12345" + digest + b"6789"),
    }[spelling]
    victim = next(path for path in sorted(target.rglob("*")) if path.is_file())
    victim.write_bytes(victim.read_bytes()[:64] + planted)
    assert (str(victim.relative_to(target)), construction) in matches(Path(target), digests([secret, *guesses(20)]))
