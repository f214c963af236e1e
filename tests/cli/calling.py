"""Calls the command line as a person would: in this process or in one of its own; shared by several rooms' tests."""

import contextlib
import fcntl
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from witnessmark.cli.main import main
from witnessmark.demo.write_docx import Core, docx, plain
from witnessmark.demo.write_mail import Part, message
from witnessmark.demo.write_zip import packed

REASONS = """\
question = "Does the form fit?"
codebook = "form/1"
field = "historian of administration"
method = "Compared letterhead and numbering."
reasons = "The number follows the usage."
alternatives = "A clerk could have written it later."
would_change_my_mind = "A register with another number seventeen."
limits = "I saw the text only."
"""
HEADER = "exhibit,publish,title,language,open,decided_by,decided_on,reason"


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def objects(self):
        """The JSON objects it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self):
        return self.objects[-1]

    @property
    def sentence(self):
        """The one sentence it said on standard error; nothing else may stand there but a usage line before it."""
        assert "Traceback" not in self.err, self.err
        said = [line for line in self.err.splitlines() if line.startswith(("witnessmark: ", "verify: "))]
        assert len(said) == 1, self.err
        assert self.err.splitlines()[-1] == said[0]
        assert "our bug" not in said[0], said[0]
        return said[0]


def _accepting(words):
    """The words of a command that reads files, with the word that any grade will do: these files are ours."""
    reads = words and words[0] == "compile" and "--accept-grade" not in words
    return (*words, "--accept-grade", "D") if reads else words


def call(*words) -> Ran:
    """Run a command in this process; one that reads files of ours may do it in cells of any grade."""
    return call_strictly(*_accepting(words))


def call_strictly(*words) -> Ran:
    """Run a command in this process as it stands."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in words])
        except SystemExit as end:  # --help and --version
            code = end.code or 0
    return Ran(code, out.getvalue(), err.getvalue())


def good(*words) -> Ran:
    """Run a command that has to succeed, and to say nothing on standard error."""
    ran = call(*words)
    assert (ran.code, ran.err) == (0, ""), (words, ran)
    return ran


def argv(*words):
    """Return the words that start a command in a process of its own."""
    return [sys.executable, "-m", "witnessmark", *(os.fspath(word) for word in _accepting(words))]


def alone(*words, **more) -> Ran:
    """Run a command in a process of its own."""
    done = subprocess.run(
        argv(*words), capture_output=True, text=True, encoding="utf-8", check=False, timeout=120, **more
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def files(archive):
    """Return what `files --json` says, by printed path; no path may stand there twice."""
    rows = good("files", archive, "--json").objects
    assert len({row["path"] for row in rows}) == len(rows)
    return {row["path"]: row for row in rows}


def digests(archive):
    """Return the sealed (path, digest) pairs, read from the ledger itself, with repetitions."""
    from witnessmark.archive.folder import Archive
    from witnessmark.catalogue.query import Catalogue

    with Archive.reading(Path(archive)) as opened, Catalogue.open(opened) as catalogue:
        return sorted((row.printed, row.exhibit.digest.hex) for row in catalogue.exhibits())


def entries(archive):
    """Return how large the ledger is."""
    return good("status", archive, "--json").last["entries"]


def decide(place: Path, *rows) -> Path:
    """Write a decision file; a row is exhibit, publish, then what differs from the defaults by name."""
    lines = [HEADER]
    for exhibit, publish, *more in rows:
        cells = {"title": "A paper", "language": "en", "open": "", "by": "two editors", "on": "2032-07-01"}
        cells |= {"reason": "Why it is so."} | (more[0] if more else {})
        words = (exhibit, publish, *(cells[name] for name in ("title", "language", "open", "by", "on", "reason")))
        lines.append(",".join('"' + word.replace('"', '""') + '"' for word in words))
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


ORDER = "On the doors of Centre 3.\nAll doors are to be locked with the double lock.\n"
CONFLICT = docx(
    plain("Report on the inspection of the kitchen.", "Nothing was found."),
    Core("Report", "Clerk", "2018-03-09T08:00:00Z", "2018-02-09T08:00:00Z"),
)


def leak(folder: Path) -> Path:
    """Write a small leak: plain text, a table, twins, a zip in a zip, mail with a table, an odd name, a date conflict."""
    inner = packed([("copies/order.txt", ORDER.encode()), ("copies/odd.txt", b"Night keys are counted twice.\n")])
    outer = packed([("inner.zip", inner), ("note.txt", b"A list of copies.\n")])
    mail = message(
        (("From", "a@kestria.example"), ("To", "b@kestria.example"), ("Subject", "Keys"),
         ("Date", "Mon, 5 Mar 2018 08:00:00 +0300")),
        (Part("text/plain", b"The register is attached.\n"), Part("text/csv", b"door,key\n1,double\n", "register.csv")),
    )  # fmt: skip
    written = {
        b"orders/order.txt": ORDER.encode(),
        b"orders/copy of order.txt": ORDER.encode(),
        b"orders/report.docx": CONFLICT,
        b"table.csv": b"door,key,night\n1,double,yes\n2,single,no\n",
        "notices/通知.txt".encode(): "关于夜间钥匙保管的通知。各宿舍夜间上双锁，钥匙由两名值班员分别保管。\n".encode(),
        b"mail.eml": mail,
        b"disk.zip": outer,
        b"disk-again.zip": outer,
        b"speeches/\xe9t\xe9.txt": "The café of Centre 3 serves tea to visitors only, it is said.\n".encode("cp1252"),
        b"empty.txt": b"",
    }
    for name, data in written.items():
        place = os.path.join(os.fsencode(folder), name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as out:
            out.write(data)
        os.utime(place, (1_600_000_000, 1_600_000_000))
    return folder


def demo(factory) -> Path:
    """Run the demo once for a whole test session, also where several processes test; return its folder."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    place = shared / "the-demo"
    with open(shared / "the-demo.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "told.txt").exists():
            shutil.rmtree(place, ignore_errors=True)
            ran = alone("demo", place)
            assert ran.code == 0, ran.err
            (place / "told.txt").write_text(ran.out, encoding="utf-8")
    return place


def copied(archive: Path, place: Path) -> Path:
    """Return a copy of an archive that a test may change."""
    return Path(shutil.copytree(archive, place))
