"""Measure the road on real files: each speed beside a yardstick that is run in the same minute.

    python benchmarks/bench.py [ITEM …]      items: seal read cell peers hostile corpus replay index verify

Needs the folder of real files beside the project (`../shared/corpus`, or WITNESSMARK_CORPUS) for `corpus`, `read`,
`cell` and `peers`; `verify` makes the
demo when it is not there. Prints a Markdown table; `docs/benchmarks.md` holds one run.
"""

import contextlib
import csv
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import ledger
from measure import Cost, machine, paired, percentile, run

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
CORPUS = Path(os.environ.get("WITNESSMARK_CORPUS") or SHARED / "corpus")
SCORE = CORPUS.parent / "tools" / "score.py"
SUFFIXES = ".txt,.csv,.html,.htm,.pdf,.docx,.xlsx,.eml,.zip,.tar,.gz,.tgz"
WITNESSMARK = str(Path(sys.executable).parent / "witnessmark")


def row(name: str, value: str, yardstick: str = "", ratio: str = "", asked: str = "") -> None:
    print(f"| {name} | {value} | {yardstick} | {ratio} | {asked} |", flush=True)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    folder = Path(
        tempfile.mkdtemp(prefix="witnessmark-bench-", dir=ROOT.parent if os.access(ROOT.parent, os.W_OK) else None)
    )
    try:
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def witnessmark(*arguments: str | Path) -> Cost:
    cost = run([WITNESSMARK, *map(str, arguments)])
    if cost.code not in (0, 2):
        raise SystemExit(f"witnessmark {arguments[0]} ended with {cost.code}")
    return cost


def seal() -> None:
    """Sealing against `sha256sum; cp; sync -f`."""
    with scratch() as folder:
        big = folder / "big"
        big.mkdir()
        for number in range(64):
            (big / f"{number:03}.bin").write_bytes(random.Random(number).randbytes(8 << 20))
        _seal_ratio("sealing, 64 files of 8 MiB", folder, big, "≤ 1.3")
        if CORPUS.is_dir():
            _seal_ratio("sealing, the corpus", folder, CORPUS, "≤ 2.5")


def _seal_ratio(name: str, folder: Path, source: Path, asked: str) -> None:
    run(["cat", *map(str, [p for p in source.rglob("*") if p.is_file()][:4000])])  # both find the files in memory

    def ours() -> float:
        target = folder / "archive"
        cost = witnessmark("compile", target, source, "--seal-only")
        shutil.rmtree(target)
        return cost.wall

    def theirs() -> float:
        target = folder / "copy"
        script = f"find '{source}' -type f -print0 | xargs -0 sha256sum > '{folder}/sums'; cp -r '{source}' '{target}'; sync -f '{target}'"
        cost = run(["sh", "-c", script])
        subprocess.run(["chmod", "-R", "u+w", target], check=False)
        shutil.rmtree(target)
        return cost.wall

    one, other, ratio = paired(ours, theirs)
    row(name, f"{one:.2f} s", f"sha256sum; cp; sync -f: {other:.2f} s", f"{ratio:.2f}", asked)


def corpus() -> None:
    """Compile the whole corpus and score it."""
    with scratch() as folder:
        archive = folder / "archive"
        cost = witnessmark("compile", archive, CORPUS, "--no-programs", "--json")
        summary = json.loads(cost.output.decode().splitlines()[-1])
        listed = sum(1 for p in CORPUS.rglob("*") if p.is_file() and not p.is_symlink())
        refused = sum(summary["refused"].values())
        row("corpus: files in = exhibits + refusals", f"{listed} = {summary['exhibits']} + {refused}", "", "", "equal")
        row("corpus: contents read, components", f"{summary['read']}, {summary['components']}")
        row("corpus: outcomes", ", ".join(f"{k} {v}" for k, v in sorted(summary["outcomes"].items())))
        row("corpus: wall, CPU", f"{cost.wall:.1f} s, {cost.cpu:.1f} s")
        row("corpus: contents per CPU-second, all formats", f"{summary['read'] / cost.cpu:.0f}")
        row("corpus: memory, all processes", f"{cost.memory / 1e6:.0f} MB", "", "", "< 1000 MB")
        more = witnessmark("compile", archive, "--json")
        done = json.loads(more.output.decode().splitlines()[-1])
        pages, office = (done["ocr"] or {}).get("pages", 0), (done["office"] or {}).get("tried", 0)
        told = f"{pages} pages, {office} documents: {more.wall:.0f} s, {more.cpu:.0f} CPU-s"
        row("corpus: what has no text, by programs of the machine", told)
        again = witnessmark("compile", archive, CORPUS, "--json")
        new = json.loads(again.output.decode().splitlines()[-1])["exhibits"]
        row("corpus: the same folder again", f"{new} new, {again.wall:.1f} s", "", "", "0 new")
        results = folder / "results.jsonl"
        with open(results, "wb") as out:
            subprocess.run([WITNESSMARK, "files", str(archive), "--json", "--text"], stdout=out, check=True)
        _score(results, folder)
        size = lambda name: sum(p.stat().st_size for p in (archive / name).rglob("*") if p.is_file())
        row("corpus: index size", f"{size('index') / 1e6:.1f} MB")
        row("corpus: events, log", f"{size('vault/events') / 1e6:.1f} MB, {size('log') / 1e6:.1f} MB")
        _search(archive)


def _score(results: Path, folder: Path) -> None:
    drop = CORPUS / "truth" / "bad-rows.tsv"
    for name, extra in (("road's formats, strict", ["--strict", "--only", SUFFIXES]), ("all formats", [])):
        done = subprocess.run(
            [sys.executable, SCORE, CORPUS, results, "--drop", drop, "--json", *extra], capture_output=True, check=True
        )
        for found in json.loads(done.stdout)["scores"]:
            if found["section"] == "outcome" or found["score"] is None:
                continue
            row(f"score, {name}: {found['section']}, {found['item']}", f"{found['score']:.3f} ({found['n']})")


QUERIES = (
    "police",
    "report",
    '"united nations"',
    "security AND council",
    "police OR army",
    "president NOT war",
    "human rights",
    "人人",
    '"人人生而自由"',
    "权利",
    "ئىنسان",
    "адам",
    "འགྲོ་བ",
    "tika",
    "test document",
    '"test document"',
    "freedom*",
)


def _search(archive: Path) -> None:
    from witnessmark.archive.folder import Archive
    from witnessmark.catalogue.query import Catalogue
    from witnessmark.catalogue.search import Search

    with Archive.reading(archive) as opened:
        catalogue = Catalogue.open(opened)
        with Search.open(opened, catalogue) as search:
            for query in QUERIES:
                search.query(query, limit=20, offset=0)
            times = []
            for _ in range(10):
                for query in QUERIES:
                    started = time.perf_counter()
                    search.query(query, limit=20, offset=0)
                    times.append(time.perf_counter() - started)
        fts = _fts(opened, catalogue)
        catalogue.close()
    ours, theirs = percentile(times, 0.5), percentile(fts, 0.5)
    row(
        "search, warm, 20 hits with snippets: p50, p99",
        f"{ours * 1e3:.2f} ms, {percentile(times, 0.99) * 1e3:.1f} ms",
        f"SQLite FTS5, ranked top 20 with snippet: {theirs * 1e3:.2f} ms, {percentile(fts, 0.99) * 1e3:.1f} ms",
        f"{ours / theirs:.2f}",
        "p50 < 5 ms",
    )
    cold = witnessmark("search", archive, "police")
    row(
        "search from the command line, open to first result",
        f"{cold.wall:.2f} s",
        f"python -c pass: {run([sys.executable, '-c', 'pass']).wall:.2f} s",
        "",
        "< 1 s",
    )


def _fts(opened, catalogue) -> list[float]:
    """Time the same queries in SQLite's own full-text index over the same texts."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE t USING fts5(body)")
    for found in catalogue.exhibits():
        reading = found.reading
        if reading is not None and reading.visible is not None and reading.visible.digest is not None:
            text = opened.store.read(reading.visible.digest, 1 << 28).decode()
            base.execute("INSERT INTO t VALUES (?)", (text,))
    times = []
    for _ in range(3):
        for query in QUERIES:
            started = time.perf_counter()
            with contextlib.suppress(sqlite3.OperationalError):
                base.execute(
                    "SELECT rowid, snippet(t, 0, '[', ']', '…', 20) FROM t WHERE t MATCH ? ORDER BY rank LIMIT 20",
                    (query,),
                ).fetchall()
            times.append(time.perf_counter() - started)
    return times


def read() -> None:
    """Compile the files of the road's formats that have truth rows."""
    names = {
        line[0]
        for table in (
            "tika/text.tsv",
            "tika/mime.tsv",
            "pdf-words.tsv",
            "office-words.tsv",
            "archive-members.tsv",
            "langid.tsv",
        )
        for line in csv.reader(
            open(CORPUS / "truth" / table, encoding="utf-8", errors="replace"), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        if line and line[0].lower().endswith(tuple(SUFFIXES.split(","))) and not line[0].startswith("hostile/")
    }
    with scratch() as folder:
        source = folder / "source"
        kept = 0
        for name in sorted(names):
            if (CORPUS / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CORPUS / name, source / name)
                kept += 1
        whole = witnessmark("compile", folder / "archive", source, "--no-programs", "--json")
        summary = json.loads(whole.output.decode().splitlines()[-1])
        seal_only = witnessmark("compile", folder / "sealed", source, "--seal-only")
        pdfs = [str(p) for p in source.rglob("*.pdf")]
        poppler = (
            run(["sh", "-c", f"find '{source}' -name '*.pdf' -exec pdftotext {{}} - \\;"])
            if shutil.which("pdftotext")
            else None
        )
        row(
            "compile, road's formats with truth rows: files per CPU-second",
            f"{kept / whole.cpu:.0f} ({kept} files, {summary['read']} contents, {whole.cpu:.1f} CPU-s)",
            f"pdftotext, a process a file: {len(pdfs) / poppler.cpu:.0f} ({len(pdfs)} PDFs)" if poppler else "",
            f"{(kept / whole.cpu) / (len(pdfs) / poppler.cpu):.2f}" if poppler else "",
            "≥ 60",
        )
        row("… contents (with members) per CPU-second", f"{summary['read'] / whole.cpu:.0f}")
        row("… of which sealing alone", f"{seal_only.cpu:.1f} CPU-s")
        row("… memory, all processes", f"{whole.memory / 1e6:.0f} MB", "", "", "< 1000 MB")


def cell() -> None:
    """Reading behind the kernel's walls against the same without them."""
    import cells

    with scratch() as folder:
        for line in cells.costs(CORPUS, tuple(SUFFIXES.split(",")), folder):
            row(*line)


def peers() -> None:
    """Reading beside kreuzberg, format by format; it is put into an environment of its own, from PyPI."""
    import peers as beside

    python = beside.environment(ROOT / ".venv-kreuzberg")
    if python is None:
        print("<!-- peers: kreuzberg cannot be installed here -->")
        return
    with scratch() as folder:
        for line in beside.rows(CORPUS, WITNESSMARK, folder, python):
            row(*line)


def hostile() -> None:
    """The hostile corpus, each file read alone, against reading nothing as often."""
    sys.path[:0] = [str(ROOT / "tests" / "hostile"), str(ROOT)]  # the specimens, and the forges that they are made in
    from hostile_files import bench, specimen, table

    files = table.files()
    empty = [specimen.Hostile(0, f"nothing-{n}", specimen.fixed(b"%d" % n), specimen.READ) for n in range(len(files))]
    listener = bench.Listener()
    with scratch() as folder:
        contents, place = bench.Contents(folder), specimen.Place(listener.port, str(folder / "secret"))
        started = time.monotonic()
        idle = bench.read_all(empty, contents, place)
        middle = time.monotonic()
        found = bench.read_all(files, contents, place)
        ended = time.monotonic()
        least = min(each.peak for each in idle.values())
        wrong = late = 0
        for each in files:
            mine = found[each.file_name]
            wrong += any(True for _ in bench.wrongs(each, mine, contents, least))
            late += any(True for _ in bench.delays(each, mine))
    listener.close()
    here, there = ended - middle, middle - started
    row(
        f"hostile corpus, {len(files)} files",
        f"{here:.0f} s",
        f"as many of a few bytes, {there:.0f} s",
        f"{here / there:.1f}",
        "< 300 s",
    )
    row("hostile corpus, as it has to be", f"{1 - wrong / len(files):.1%}", "", "", "100 %")
    row("hostile corpus, over their time", str(late), "", "", "0")
    row(
        "hostile corpus, connections heard",
        str(listener.heard),
        f"{sum(each.beacon for each in files)} beacons",
        "",
        "0",
    )


def replay() -> None:
    """Replay of a ledger of 60,000 events into an empty catalogue."""
    from witnessmark.archive.folder import Archive
    from witnessmark.catalogue.query import Catalogue
    from witnessmark.model.accession import Accession
    from witnessmark.model.digest import Digest
    from witnessmark.model.exhibit import Exhibit, How, PathStep
    from witnessmark.settings import Settings

    with scratch() as folder:
        root = folder / "archive"
        Archive.create(root, Settings(origin="archive.invalid/aaaaaaaaaaaaaaaa"), entropy=os.urandom)
        at = "2032-06-12T09:41:00Z"
        count = 60_000
        with Archive.writing(root, entropy=os.urandom) as archive:
            batch = archive.ledger.batch()
            accession = batch.add(Accession(1, "bench").event(at))
            started = time.process_time()
            for number in range(count):
                name = hashlib.sha256(str(number).encode()).hexdigest()
                batch.add(
                    Exhibit(
                        f"{number:016}".translate(str.maketrans("0189", "abcd")),
                        name[:32],
                        Digest(name),
                        number,
                        (PathStep(f"{number}.txt"),),
                        How.RECEIVED,
                        accession,
                    ).event(at)
                )
                if len(batch) >= 2000:
                    archive.ledger.commit(batch)
                    batch = archive.ledger.batch()
            archive.ledger.commit(batch)
            append = time.process_time() - started
            row(
                "append path with field salts, events per CPU-second",
                f"{count / append:,.0f}",
                "",
                "",
                "≥ 10,000 (next issue)",
            )
            catalogue = Catalogue.open(archive)

            def ours() -> float:
                begun = time.process_time()
                catalogue.rebuild(archive)
                return time.process_time() - begun

            def theirs() -> float:
                begun = time.process_time()
                base = sqlite3.connect(folder / "plain.sqlite")
                base.execute("CREATE TABLE IF NOT EXISTS t (a, b, c, d, e)")
                for path in sorted((root / "vault" / "events").iterdir()):
                    with open(path, encoding="utf-8") as lines:
                        base.executemany("INSERT INTO t VALUES (?,?,?,?,?)", (_plain(line) for line in lines))
                base.commit()
                base.close()
                os.unlink(folder / "plain.sqlite")
                return time.process_time() - begun

            one, other, _ = paired(ours, theirs)
            row(
                "catalogue replay, events per CPU-second",
                f"{count / one:,.0f}",
                f"json.loads + one SQLite insert a line: {count / other:,.0f}",
                f"{other / one:.2f}",
                "≥ 20,000",
            )
            catalogue.close()


def _plain(line: str) -> tuple[object, ...]:
    value = json.loads(line[:-10])
    return (value["i"], value.get("salt"), value.get("record"), len(value.get("fields", ())), value.get("dummy"))


def index() -> None:
    """Index 5,000 pages of 2 kB in five languages, beside SQLite's own full-text index."""
    from witnessmark.archive.folder import Archive
    from witnessmark.catalogue.query import Catalogue
    from witnessmark.catalogue.search import Search
    from witnessmark.model.accession import Accession
    from witnessmark.model.derivative import Derivative, Outcome
    from witnessmark.model.digest import Digest
    from witnessmark.model.exhibit import Exhibit, ExhibitKind, How, PathStep
    from witnessmark.model.words import StepName
    from witnessmark.settings import Settings
    from witnessmark.work import step

    chance = random.Random(7)
    count, at = 5000, "2032-06-12T09:41:00Z"
    sentences = [text for text in _sentences() if text.strip()]
    pages = [
        " ".join(chance.choice(sentences) + f" {chance.randrange(10**6)}" for _ in range(20))[:2000]
        for _ in range(count)
    ]
    with scratch() as folder:
        root = folder / "archive"
        Archive.create(root, Settings(origin="archive.invalid/aaaaaaaaaaaaaaaa"), entropy=os.urandom)
        with Archive.writing(root, entropy=os.urandom) as archive:
            batch = archive.ledger.batch()
            accession = batch.add(Accession(1, "bench").event(at))
            for number, page in enumerate(pages):
                digest, handle = archive.store.put(page.encode()), f"{number:032x}"
                name = f"{number:016}".translate(str.maketrans("0189", "abcd"))
                exhibit = Exhibit(
                    name, handle, digest, len(page), (PathStep(f"{number}.txt"),), How.RECEIVED, accession
                )
                batch.add(exhibit.event(at))
                read = Derivative(
                    handle, StepName.READ, step.VERSION, None, 0, step.SETTINGS, {}, "C", Outcome.OK, "", "text/plain",
                    ExhibitKind.DOCUMENT, ("en",), len(page),
                )  # fmt: skip
                batch.add(read.event(at))
                batch.add(
                    Derivative(
                        handle, StepName.VISIBLE, step.VERSION, Digest(digest.hex), len(page), step.SETTINGS
                    ).event(at)
                )
                if len(batch) >= 2000:
                    archive.ledger.commit(batch)
                    batch = archive.ledger.batch()
            archive.ledger.commit(batch)
            with Catalogue.open(archive) as catalogue:
                started = time.process_time()
                with Search.open(archive, catalogue):
                    spent = time.process_time() - started
        started = time.process_time()
        base = sqlite3.connect(folder / "fts.sqlite")
        base.execute("CREATE VIRTUAL TABLE t USING fts5(body)")
        base.executemany("INSERT INTO t VALUES (?)", ((page,) for page in pages))
        base.commit()
        theirs = time.process_time() - started
    row(
        "index, pages of 2 kB per CPU-second",
        f"{count / spent:,.0f}",
        f"SQLite FTS5, Chinese not cut: {count / theirs:,.0f}",
        f"{theirs / spent:.2f}",
        "≥ 2,000",
    )


def _sentences() -> list[str]:
    """Return invented sentences in the languages of the demo."""
    from witnessmark.demo import words

    found: list[str] = []
    for value in vars(words).values():
        if isinstance(value, str) and len(value) > 30:
            found.append(value)
        elif isinstance(value, dict):
            found += [text for text in value.values() if isinstance(text, str) and len(text) > 20]
        elif isinstance(value, tuple):
            found += [text for text in value if isinstance(text, str) and len(text) > 20]
    return found or ["The doors are locked at night and two people keep the keys."]


def verify() -> None:
    """Verify the demo, and an edition of large opaque files, beside sha256sum."""
    from witnessmark.proof import ed25519

    site, key = ROOT / "demo" / "site", ROOT / "demo" / "log.vkey"
    if not site.is_dir():
        run([WITNESSMARK, "demo", str(ROOT / "demo"), "--again"])
    _verified("verify the demo edition", site, key)
    with scratch() as folder:
        cost = witnessmark("publish", ROOT / "demo" / "archive", folder / "site", "--release", "1")
        row("publish the demo edition again, byte for byte", f"{cost.wall:.2f} s")
        source = folder / "leak"
        source.mkdir()
        for number in range(8):
            words = random.Random(number).randbytes(24 << 20).hex()
            (source / f"{number}.txt").write_text("\n".join(words[i : i + 64] for i in range(0, len(words), 64)))
        witnessmark("compile", folder / "archive", source)
        rows = "".join(f"path:{n}.txt,file,Numbers {n},en,,keeper,2032-06-12,opaque\n" for n in range(8))
        (folder / "d.csv").write_text("exhibit,publish,title,language,open,decided_by,decided_on,reason\n" + rows)
        cost = witnessmark("publish", folder / "archive", folder / "large", "--decisions", folder / "d.csv")
        row("publish 8 files of 51 MB and their texts", f"{cost.wall:.2f} s")
        _verified("verify that edition", folder / "large", folder / "archive" / "log.vkey", asked="≥ 100 MB/s")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")  # RFC 8032, 7.1, test 1
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    started = time.process_time()
    for _ in range(50):
        assert ed25519.verify(public, b"", signature)
    row("one Ed25519 signature in plain Python", f"{(time.process_time() - started) * 20:.2f} ms", "", "", "≤ 20 ms")


def _verified(name: str, site: Path, key: Path, asked: str = "") -> None:
    sizes = [p.stat().st_size for p in site.rglob("*") if p.is_file()]

    def ours() -> float:
        cost = run([sys.executable, "-I", "-S", str(site / "verify.pyz"), str(site), "--key", str(key)])
        if cost.code:
            raise SystemExit(f"verify ended with {cost.code}")
        return cost.wall

    def theirs() -> float:
        return run(["sh", "-c", f"find '{site}' -type f -print0 | xargs -0 sha256sum"]).wall

    one, other, ratio = paired(ours, theirs)
    row(
        f"{name}: {len(sizes)} files, {sum(sizes) / 1e6:.0f} MB",
        f"{one:.2f} s, {sum(sizes) / one / 1e6:.0f} MB/s",
        f"sha256sum: {other:.2f} s",
        f"{ratio:.2f}",
        asked,
    )


ITEMS = {
    "seal": seal,
    "read": read,
    "cell": cell,
    "peers": peers,
    "hostile": hostile,
    "corpus": corpus,
    "replay": replay,
    "index": index,
    "verify": verify,
    **ledger.ITEMS,
}


def main() -> None:
    wanted = sys.argv[1:] or list(ITEMS)
    print(f"{time.strftime('%Y-%m-%d')}, {machine()}\n")
    print("| what | here | yardstick, same minute | ratio | asked |\n|---|---|---|---|---|")
    for name in wanted:
        if name in ("corpus", "read", "cell", "peers") and not CORPUS.is_dir():
            print(f"<!-- {name}: the folder of real files is not beside the project -->")
            continue
        ITEMS[name]()


if __name__ == "__main__":
    main()
