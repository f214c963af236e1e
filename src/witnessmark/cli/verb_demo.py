"""`witnessmark demo`: an invented leak, from folder to verified site, in one command; then one byte is changed."""

import argparse
import contextlib
import io
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from witnessmark.catalogue.search import Hits, Search
from witnessmark.cli import compose, say
from witnessmark.cli.main import main
from witnessmark.demo import make, story
from witnessmark.demo.truth import FileTruth
from witnessmark.errors import DiskFailure, Falsified, WrongUsage

_MARK = ".witnessmark-demo"
_PARTS = ("leak", "archive", "state", "keys", "site", "site-changed", "log.vkey", "decisions.csv", "receipts")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "The Republic of Kestria, its people and its papers are invented.\n\nexample:\n  witnessmark demo demo/"
    )
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default="demo", help="where to put it (demo)")
    parser.add_argument("--again", action="store_true", help="throw an earlier demo in FOLDER away first")


def run(arguments: argparse.Namespace) -> int:
    """Tell the whole story and check each of its turns."""
    folder = Path(arguments.folder)
    _prepare(folder, again=arguments.again)
    started = time.monotonic()
    told = _Story(folder)
    with compose.state_in(folder / "state"):
        for number, (title, step) in enumerate(told.steps, 1):
            say.line(f"\n{number}. {title}")
            sys.stdout.flush()
            step()
    say.line(f"\nDone in {say.seconds(time.monotonic() - started)}. Open in a browser, scripts are not needed:")
    say.line(f"  {(folder / 'site' / 'index.html').resolve().as_uri()}")
    return 0


def _prepare(folder: Path, *, again: bool) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            if not (again and (folder / _MARK).exists()):
                raise WrongUsage(f"{str(folder)!r} is not empty: name a new folder, or say --again for an earlier demo")
            for name in _PARTS:
                _remove(folder / name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).write_text("made by `witnessmark demo`; --again may throw it away\n")
    except OSError as error:
        raise DiskFailure(f"{str(folder)!r} cannot be used: {error.strerror}") from error


def _remove(path: Path) -> None:
    if path.is_dir():
        for below in path.rglob("*"):
            if below.is_dir() and not below.is_symlink():
                below.chmod(0o700)
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()


class _Story:
    """The turns of the demo, each checked against the truth of the invented leak."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archive = folder / "archive"
        self.truth: tuple[FileTruth, ...] = ()
        self.steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("An invented leak", self.leak),
            ("Compile: seal, unpack, read, index", self.compile),
            ("Search, in five scripts", self.search),
            ("Authenticate: the machine states findings", self.authenticate),
            ("Attest: three invented reviewers sign, one dissents", self.attest),
            ("Publish an edition by decisions", self.publish),
            ("Verify, as a stranger would, with the key from outside", self.verify),
            ("Change one byte in a copy, and verify again", self.tamper),
        )

    def leak(self) -> None:
        self.truth = make.make(self.folder / "leak")
        say.line(f"{say.counted(len(self.truth), 'file')} in {self.folder / 'leak'}")

    def compile(self) -> None:
        self._run(
            "compile", self.archive, self.folder / "leak", "--from", story.LABEL, "--received", "2026",
            "--title", story.TITLE, "--keeper", story.KEEPER, "--prefix", story.PREFIX, "--about", story.ABOUT,
            "--no-passphrase", "--accept-grade", "D", "--no-programs",  # the files are ours
        )  # fmt: skip
        shutil.copy(self.archive / "log.vkey", self.folder / "log.vkey")

    def search(self) -> None:
        with (
            compose.for_reading(str(self.archive)) as (archive, catalogue),
            Search.open(archive, catalogue) as search,
        ):
            for asked in story.SEARCHES:
                hits = search.query(asked.query, limit=100, offset=0)
                paths = {row.printed for hit in hits.hits for row in hit.exhibits}
                missed = [path for path in asked.finds if path not in paths]
                say.line(f"{say.safe(asked.query):<28} {say.counted(hits.total, 'hit')}, first: {_first(hits)}")
                if missed:
                    raise Falsified(f"the search {asked.query!r} should have found {missed[0]!r}")

    def authenticate(self) -> None:
        self._run("authenticate", self.archive)

    def attest(self) -> None:
        keys, receipts = self.folder / "keys", self.folder / "receipts"
        keys.mkdir()
        receipts.mkdir()
        for number, review in enumerate(story.REVIEWS):
            key, why = keys / f"reviewer-{number + 1}.pem", keys / f"reasons-{number + 1}.toml"
            why.write_text(story.reasons(number), encoding="utf-8")
            self._run("attest", self.archive, "--make-key", key, quiet=True)
            considers = ["--considers", self._held(review.considers)] if review.considers else []
            self._run(
                "attest", self.archive, *(f"path:{path}" for path in review.exhibits), "--as", review.reviewer,
                "--key", key, "--answer", review.answer.value, "--reasons", why, *considers,
                "--receipt", receipts / f"reviewer-{number + 1}.tlog-proof", quiet=True,
            )  # fmt: skip
            about = ", ".join(review.exhibits)
            say.line(f"{review.reviewer}: {review.answer.value.replace('-', ' ')} ({about}); receipt kept")

    def _held(self, path: str) -> str:
        with compose.for_reading(str(self.archive)) as (_, catalogue):
            wanted = catalogue.exhibit(f"path:{path}").commitment
            for row in catalogue.held():
                if row.finding.exhibit == wanted:
                    return row.commitment.hex[:16]
        raise Falsified(f"a finding about {path!r} should wait for a person")

    def publish(self) -> None:
        rows = self.folder / "decisions.csv"
        rows.write_text(story.decisions(self.truth, decided_on=compose.clock()[:10]), encoding="utf-8")
        self._run("publish", self.archive, self.folder / "site", "--decisions", rows)

    def verify(self) -> None:
        code, said = self._stranger(self.folder / "site")
        say.line(_shortened(said))
        if code != 0:
            raise Falsified("the edition should agree")

    def tamper(self) -> None:
        changed = self.folder / "site-changed"
        shutil.copytree(self.folder / "site", changed)
        victim = next(iter(sorted((changed / "e").glob("*/text.txt"))))
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(bytes(data))
        name = victim.relative_to(changed).as_posix()
        say.line(f"one bit changed in {name}:")
        code, said = self._stranger(changed)
        shown = [line for line in said.splitlines() if name in line or "does not agree" in line]
        say.line("\n".join(shown[:8]))
        if code != 1 or name not in said:
            raise Falsified("the change should have been named")
        _remove(changed)

    def _stranger(self, site: Path) -> tuple[int, str]:
        """Run the verifier that was published, isolated, with nothing but the standard library."""
        command = [sys.executable, "-I", "-S", str(self.folder / "site" / "verify.pyz"), str(site)]
        command += ["--key", str(self.folder / "log.vkey")]
        say.line("$ python3 -I -S " + " ".join(command[3:]))
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        return done.returncode, done.stdout + done.stderr

    def _run(self, verb: str, *rest: object, quiet: bool = False) -> None:
        """Run one of our own commands as a person would."""
        words = [verb, *map(str, rest)]
        if not quiet:
            say.line("$ witnessmark " + " ".join(f"'{word}'" if " " in word else word for word in words[:4]) + " …")
            code = main(words)
        else:
            with contextlib.redirect_stdout(io.StringIO()):
                code = main(words)
        if code != 0:
            raise Falsified(f"`witnessmark {verb}` ended with {code}")


def _shortened(said: str) -> str:
    """Return what the verifier said of the whole and of the exhibit that reviewers disagree on; the rest is counted."""
    blocks = said.rstrip("\n").split("\n\n")
    about = [block for block in blocks[1:-2] if "does not fit" in block][:1] or blocks[1:2]
    left_out = f"… and {len(blocks) - 3 - len(about)} more exhibits; run the command above to read them all"
    return "\n\n".join([blocks[0], *about, left_out, *blocks[-2:]])


def _first(hits: Hits) -> str:
    return say.safe(hits.hits[0].exhibits[0].printed) if hits.hits else "none"
