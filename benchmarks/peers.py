"""Reading beside kreuzberg, format by format: whose words are found by whom, and how many files a second of the processor.

kreuzberg (a yardstick only; never installed with the program) is put into an environment of its own beside the project. It
reads in one process, its library loaded beforehand, without walls, cache or recognition of characters; a file that takes it
longer than 20 seconds is killed and counts as read to nothing. Ours reads in cells with all walls up, small files in company,
and what it takes out of a file is read too, as its kin does inside one call.

Three figures tell recall. Rows of truth: of the tables beside the corpus, those that stand in the text. And, because most
files have no such row, each one's words by the other: the mean over files of the share of its words that the other has.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import cells
from witnessmark.archive.folder import Archive
from witnessmark.cell.confine import Walls
from witnessmark.cell.grade import observe
from witnessmark.settings import Settings

VERSION = "4.10.4"
MOST = 60
"""Files of one format; the first by name."""
LARGEST = 4 << 20
ENOUGH = 1_000
"""Readings that a speed is taken from, at least."""
FORMATS: dict[str, tuple[str, ...]] = {
    "docx": (".docx",),
    "xlsx": (".xlsx",),
    "pptx": (".pptx",),
    "pdf": (".pdf",),
    "eml": (".eml",),
    "html": (".html", ".htm"),
    "txt": (".txt",),
    "csv": (".csv", ".tsv"),
    "xml": (".xml",),
    "json": (".json",),
    "rtf": (".rtf",),
    "odt": (".odt",),
    "ods": (".ods",),
    "epub": (".epub",),
    "msg": (".msg",),
    "doc": (".doc",),
    "xls": (".xls",),
    "ppt": (".ppt",),
}
_WORD = re.compile(r"[^\W_]+")
_READ = """
import json, signal, sys, time
import kreuzberg
config = kreuzberg.ExtractionConfig(use_cache=False)
kreuzberg.extract_bytes_sync(b"warm", "text/plain", config=config)
for line in sys.stdin:
    path = json.loads(line)
    signal.alarm(20)
    started = time.process_time()
    try:
        text = kreuzberg.extract_file_sync(path, config=config).content
    except Exception as error:
        text = None
    spent = time.process_time() - started
    signal.alarm(0)
    print(json.dumps([path, spent, text]), flush=True)
"""


def environment(folder: Path) -> Path | None:
    """Return the Python of kreuzberg's environment, made when it is not there; None where it cannot be installed."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        done = subprocess.run([python, "-m", "pip", "install", "--quiet", f"kreuzberg=={VERSION}"], check=False)
        if done.returncode:
            return None
    return python


def rows(corpus: Path, witnessmark: str, folder: Path, python: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield a row of the table for each format."""
    truth = _truth(corpus)
    observe(Walls())
    for name, suffixes in FORMATS.items():
        files = [path for path in sorted(corpus.rglob("*")) if path.suffix.lower() in suffixes and path.is_file()]
        files = [path for path in files if path.stat().st_size < LARGEST and "hostile" not in path.parts][:MOST]
        if not files:
            continue
        theirs, their_cost = _theirs(files, python)
        ours = _ours(corpus, files, witnessmark, folder / name)
        speed = _speed(files, folder / f"{name}-cells")
        met = [
            [_folded(row) in _folded(text[path]) for path in files for row in truth.get(_name(corpus, path), ())]
            for text in (ours, theirs)
        ]
        shares = [_share(theirs, ours, files), _share(ours, theirs, files)]
        their_speed = len(files) / their_cost if their_cost else 0.0
        yield (
            f"{name}, {len(files)} files: truth rows met of {len(met[0])}; the other's words found; files per CPU-second",
            f"{sum(met[0])}; {shares[0]:.3f}; {speed:.0f}",
            f"kreuzberg: {sum(met[1])}; {shares[1]:.3f}; {their_speed:.0f} ({sum(not text for text in theirs.values())} without text)",
            f"{speed / their_speed:.2f}" if their_speed else "",
            "recall ≥ its" + (", speed ≥ its" if name in ("docx", "xlsx", "pdf", "eml", "html", "txt") else ""),
        )


def _name(corpus: Path, path: Path) -> str:
    return path.relative_to(corpus).as_posix()


def _truth(corpus: Path) -> dict[str, list[str]]:
    """Return for each file the words and sentences that its tables ask for, less the rows held to be wrong."""
    found: dict[str, list[str]] = defaultdict(list)
    bad = {tuple(line[:3]) for line in _table(corpus / "truth" / "bad-rows.tsv")}
    for line in _table(corpus / "truth" / "tika" / "text.tsv"):
        if line[1] == "text" and ("tika/text.tsv", line[0], line[2]) not in bad:
            found[line[0]].append(line[2])
    for name in ("pdf-words.tsv", "office-words.tsv"):
        for line in _table(corpus / "truth" / name):
            if (name, line[0], "") not in bad:
                found[line[0]] += [word for word in line[2].split(" | ") if word.strip()]
    return found


def _table(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        next(lines)
        for line in lines:
            cells_ = line.rstrip("\n").split("\t")
            if len(cells_) >= 3:
                yield cells_


def _theirs(files: Sequence[Path], python: Path) -> tuple[dict[Path, str], float]:
    texts: dict[Path, str] = dict.fromkeys(files, "")
    cost, waiting = 0.0, list(files)
    while waiting:
        asked = "".join(json.dumps(str(path)) + "\n" for path in waiting)
        done = subprocess.run([python, "-c", _READ], input=asked, capture_output=True, text=True, check=False)
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
        for path, spent, text in answers:
            texts[Path(path)] = text or ""
            cost += spent
        if len(answers) < len(waiting):
            cost += 20.0  # the one that it was at
        waiting = waiting[len(answers) + 1 :]
    return texts, cost


def _ours(corpus: Path, files: Sequence[Path], witnessmark: str, folder: Path) -> dict[Path, str]:
    source = folder / "source"
    for path in files:
        target = source / _name(corpus, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    subprocess.run(
        [witnessmark, "compile", folder / "archive", source, "--no-programs", "--json"], check=True, capture_output=True
    )
    done = subprocess.run(
        [witnessmark, "files", folder / "archive", "--json", "--text"], check=True, capture_output=True, text=True
    )
    texts: dict[Path, str] = dict.fromkeys(files, "")
    for record in map(json.loads, done.stdout.splitlines()):
        path = corpus / record["path"].split("!/", 1)[0]
        if path in texts:
            texts[path] += "\n" + (record.get("text") or "")
    return texts


def _speed(files: Sequence[Path], folder: Path) -> float:
    Archive.create(folder, Settings(origin="bench.example/aaaaaaaaaaaaaaaa"), entropy=os.urandom)
    with Archive.writing(folder, entropy=os.urandom) as archive:
        jobs = list({job.digest: job for job in (cells._job(archive.store, path) for path in files)}.values())
        jobs *= ENOUGH // len(jobs) + 1  # the same again, so that starting the processes does not count
        return cells._run(archive.store, jobs, Walls(), company=True)[0]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _words(text: str) -> set[str]:
    return set(_WORD.findall(unicodedata.normalize("NFKC", text).lower()))


def _share(asked: dict[Path, str], found: dict[Path, str], files: Sequence[Path]) -> float:
    """Return the mean over files of the share of the words of `asked` that `found` has; files without words left out."""
    shares = []
    for path in files:
        words = _words(asked[path])
        if words:
            shares.append(len(words & _words(found[path])) / len(words))
    return sum(shares) / len(shares) if shares else 1.0


def missing(corpus: Path, suffix: str, witnessmark: str, python: Path) -> Iterator[str]:
    """Yield, file by file, the words that kreuzberg has and ours has not, for whoever wants to know why."""
    files = [path for path in sorted(corpus.rglob(f"*.{suffix}")) if path.is_file() and "hostile" not in path.parts]
    files = [path for path in files if path.stat().st_size < LARGEST][:MOST]
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = _ours(corpus, files, witnessmark, Path(folder)), _theirs(files, python)[0]
        for path in files:
            lost = _words(theirs[path]) - _words(ours[path])
            if lost:
                yield f"{_name(corpus, path)}\t{len(lost)} of {len(_words(theirs[path]))}\t{' '.join(sorted(lost)[:30])}"
