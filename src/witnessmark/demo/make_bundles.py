"""Bundles, copies and odd records: a zip in a zip, a tar.gz, a locked zip, the same bytes in two folders."""

import gzip
import io
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime

from witnessmark.demo import write_zip
from witnessmark.demo.chance import draws
from witnessmark.demo.make_orders import order_pdf
from witnessmark.demo.make_speeches import opening_text
from witnessmark.demo.truth import Family, FileTruth, Made, Secret
from witnessmark.demo.words import KESTRIAN
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind

LIST_OF_COPIES = (
    "List of copies\n\nOrder No. 17 was copied four times: to both shifts, to the advisers, and to the archive.\n"
    "The copy of the second shift was not given back.\n"
)
PASSWORD = b"lantern"


def bundles(seed: int) -> Iterator[Made]:
    """Yield the bundles and copies."""
    yield _zip_in_zip()
    yield _week()
    yield _locked(seed)
    yield Made(_copy("backup/opening-of-centre-3.txt", "speeches/opening-of-centre-3.txt", "text/plain", "en"),
               opening_text(), "2016-09-01T06:00:00Z")  # fmt: skip
    yield Made(_copy("backup/order-17.pdf", "orders/order-17.pdf", "application/pdf", KESTRIAN),
               order_pdf(17), "2018-03-04T14:00:00Z")  # fmt: skip


def records(seed: int) -> Iterator[Made]:
    """Yield the odd ones: no bytes at all, bytes that say nothing, two bytes a character, a name that lies."""
    yield Made(_record("empty.txt", "text/plain", ()), b"", "2018-05-01T06:00:00Z")
    noise = draws(f"noise {seed}").randbytes(4096)
    unreadable = (Outcome.UNSUPPORTED,)
    yield Made(_record("door-controller.bin", "application/octet-stream", (), unreadable, ExhibitKind.OTHER),
               b"\x01\xfeKDC3" + noise, "2018-05-01T06:00:00Z")  # fmt: skip
    diary = "Diary of the east gate\nNight of 4 March: key 4A out at 21.34, back at 6.00.\nNothing else to report.\n"
    yield Made(_record("diary-east-gate.txt", "text/plain", ("key 4A out at 21.34",), encoding="utf-16"),
               b"\xff\xfe" + diary.encode("utf-16-le"), "2018-03-05T06:05:00Z")  # fmt: skip
    # the right-to-left override makes a file manager show "slip-fdp.txt" as "slip-txt.pdf"
    text = "This file is a text, whatever its name seems to say.\n"
    yield Made(_record("slip-\u202efdp.txt", "text/plain", ("whatever its name seems to say",)),
               text.encode(), "2018-05-02T06:00:00Z")  # fmt: skip


def _record(
    name: str,
    media_type: str,
    phrases: tuple[str, ...],
    outcomes: tuple[Outcome, ...] = (Outcome.OK,),
    kind: ExhibitKind = ExhibitKind.DOCUMENT,
    encoding: str = "",
) -> FileTruth:
    return FileTruth(
        f"records/{name}",
        Family.RECORD,
        media_type,
        kind,
        language="en" if phrases else "",
        phrases=phrases,
        outcomes=outcomes,
        encoding=encoding,
    )


def _copy(path: str, of: str, media_type: str, language: str) -> FileTruth:
    return FileTruth(path, Family.BUNDLE, media_type, ExhibitKind.DOCUMENT, language=language, same_as=of)


def _zip_in_zip() -> Made:
    secret = Secret("QUILLMARK-27", "comment of the inner zip", read=False)
    inner = write_zip.packed(
        (("copies/list-of-copies.txt", LIST_OF_COPIES.encode()), ("copies/beds.csv", b"bed,state\r\n7,empty\r\n")),
        comment=secret.word,
    )
    outer = write_zip.packed((("inner.zip", inner), ("read-me.txt", b"Disk of the second shift, spring 2018.\n")))
    truth = FileTruth(
        "backup/disk-of-the-second-shift.zip",
        Family.BUNDLE,
        "application/zip",
        ExhibitKind.CONTAINER,
        language="",
        secrets=(secret,),
        members=("inner.zip", "inner.zip!/copies/list-of-copies.txt", "inner.zip!/copies/beds.csv", "read-me.txt"),
    )
    return Made(truth, outer, "2018-11-05T03:12:30Z")


def _week() -> Made:
    files = (
        ("week-11/monday.txt", "Monday: 372 persons at table.\n"),
        ("week-11/tuesday.txt", "Tuesday: 371 persons at table. Bed 7 is empty.\n"),
    )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o644
            entry.mtime = int(datetime(2018, 3, 13, 6, tzinfo=UTC).timestamp())
            archive.addfile(entry, io.BytesIO(text.encode()))
    packed = gzip.compress(out.getvalue(), 6, mtime=int(datetime(2018, 3, 17, 6, tzinfo=UTC).timestamp()))
    truth = FileTruth(
        "backup/week-11.tar.gz",
        Family.BUNDLE,
        "application/gzip",
        ExhibitKind.CONTAINER,
        language="",
        members=("week-11.tar", *(f"week-11.tar!/{name}" for name, _ in files)),
    )
    return Made(truth, packed, "2018-03-17T06:00:30Z")


def _locked(seed: int) -> Made:
    head = draws(f"locked {seed}").randbytes(11)
    text = b"What is in here stays in here: the list of dormitory 4.\n"
    truth = FileTruth(
        "backup/locked.zip",
        Family.BUNDLE,
        "application/zip",
        ExhibitKind.CONTAINER,
        language="",
        outcomes=(Outcome.ENCRYPTED,),
    )
    return Made(truth, write_zip.locked("dormitory-4.txt", text, PASSWORD, head), "2018-11-05T03:20:00Z")
