"""The ledger's own figures: tree, append path, opening and proving in a log of a million entries, audit.

    python benchmarks/ledger.py [tree|append|million|audit]

Each figure is in processor seconds, beside a yardstick that is run in the same minute.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from witnessmark.archive.audit import audit as audit_archive
from witnessmark.archive.disk import Disk
from witnessmark.archive.folder import Archive
from witnessmark.archive.keys import SeedSigner
from witnessmark.archive.layout import Layout
from witnessmark.archive.log import PublicLog
from witnessmark.model.derivative import Derivative, Outcome, StepName
from witnessmark.model.digest import Digest
from witnessmark.model.exhibit import ExhibitKind
from witnessmark.proof import merkle
from witnessmark.proof.note import Vkey
from witnessmark.settings import Settings

ORIGIN = "archive.invalid/benchmarkbenchma"
AT = "2032-06-12T09:41:00Z"


def row(name: str, value: str, yardstick: str = "", ratio: str = "", asked: str = "") -> None:
    """Print one row of the table."""
    print(f"| {name} | {value} | {yardstick} | {ratio} | {asked} |", flush=True)


def spent(work: Callable[[], object]) -> float:
    """Return the processor seconds that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def hashing(count: int) -> float:
    """Return the processor seconds of so many SHA-256 of 65 bytes in a plain loop."""
    data = os.urandom(65)
    return spent(lambda: [hashlib.sha256(data).digest() for _ in range(count)])


def new_log(root: Path) -> tuple[PublicLog, SeedSigner, Disk]:
    """Return a public log without an archive around it."""
    layout = Layout(root)
    for folder in (layout.tiles, layout.checkpoints, layout.temporary):
        folder.mkdir(parents=True)
    signer = SeedSigner(bytes(range(32)))
    log = PublicLog(layout, Vkey.for_ed25519(ORIGIN, signer.public))
    return log, signer, Disk(root, layout.temporary)


def tree() -> None:
    """The tree alone: tiles and bundles of batches of 10,000 entries, each signed."""
    count, batch = 200_000, 10_000
    entries = [b"\x01" + os.urandom(32) for _ in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        log, signer, disk = new_log(Path(folder))

        def lay() -> None:
            for at in range(0, count, batch):
                log.lay(entries[at : at + batch], disk)
                disk.sync()
                log.sign(at + batch, signer, disk)

        seconds = spent(lay)
    plain = hashing(2 * count)
    row(
        "tree alone, entries per CPU-second, batches of 10,000",
        f"{count / seconds:,.0f}",
        f"two SHA-256 an entry in a loop: {count / plain:,.0f}",
        f"{plain / seconds:.2f}",
        "≥ 100,000",
    )


def _events(count: int) -> list[object]:
    noise = random.Random(7)
    return [
        Derivative(
            handle=noise.randbytes(16).hex(),
            step=StepName.READ,
            version="1",
            digest=Digest(noise.randbytes(32).hex()),
            size=noise.randrange(1 << 20),
            tools={"lxml": "6.1.3"},
            grade="A",
            outcome=Outcome.OK,
            media_type="text/plain",
            kind=ExhibitKind.DOCUMENT,
            languages=("en",),
            characters=noise.randrange(1 << 16),
        ).event(AT)
        for _ in range(count)
    ]


def append() -> None:
    """The whole append path: field salts, records, entries, segment, tree, checkpoint; readings of 16 fields each."""
    count, batch = 20_000, 2_048
    events = _events(count)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "archive"
        Archive.create(root, Settings(origin=ORIGIN), entropy=os.urandom)
        with Archive.writing(root, entropy=os.urandom) as archive:

            def commit() -> None:
                for at in range(0, count, batch):
                    open_batch = archive.ledger.batch()
                    for event in events[at : at + batch]:
                        open_batch.add(event)
                    archive.ledger.commit(open_batch)

            seconds = spent(commit)
    fields = [dict(event.fields) for event in events]
    plain = spent(lambda: [json.dumps(one, sort_keys=True).encode() for one in fields]) + hashing(17 * count)
    row(
        "append path with field salts, events of 16 fields per CPU-second",
        f"{count / seconds:,.0f}",
        f"json.dumps and 17 SHA-256 an event: {count / plain:,.0f}",
        f"{plain / seconds:.2f}",
        "≥ 10,000",
    )


def million() -> None:
    """A log of a million entries: opening it, a proof from cold, and checking one."""
    count, batch = 1_000_000, 20_000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "archive"
        Archive.create(root, Settings(origin=ORIGIN), entropy=os.urandom)
        with Archive.writing(root, entropy=os.urandom) as archive:
            log, disk = archive.ledger.log, archive.store.disk
            kept: dict[int, bytes] = {}
            for at in range(0, count, batch):
                entries = [b"\x01" + os.urandom(32) for _ in range(batch)]
                kept[at] = entries[0]
                log.lay(entries, disk)
                disk.sync()
                log.sign(at + batch, archive._unlocked(), disk)
        began = time.perf_counter()
        with Archive.reading(root) as archive:
            opened = time.perf_counter() - began
            row("open a log of 1,000,000 entries", f"{opened * 1000:.1f} ms", "", "", "< 1 s")
            ledger, size = archive.ledger, archive.ledger.size
            colds, checks = [], []
            for index in sorted(kept):
                with Archive.reading(root) as fresh:
                    began = time.perf_counter()
                    proof = fresh.ledger.inclusion(index, size)
                    colds.append(time.perf_counter() - began)
                root_hash, leaf = ledger.checkpoint().root, merkle.leaf_hash(kept[index])
                began = time.perf_counter()
                merkle.check_inclusion(index, size, leaf, proof, root_hash)
                checks.append(time.perf_counter() - began)
            colds.sort(), checks.sort()
            row("inclusion proof from cold, median", f"{colds[len(colds) // 2] * 1000:.2f} ms", "", "", "< 10 ms")
            row("check of a proof, median", f"{checks[len(checks) // 2] * 1000:.3f} ms", "", "", "< 0.1 ms")


def audit() -> None:
    """The audit against `sha256sum` over the same files, by wall clock: where contents outweigh, and where events do."""
    kinds = (
        ("contents outweigh", 40, 8 << 20, "--seal-only"),
        ("small files, sealed and read", 4_000, 40_000, "--accept-grade=C"),
        ("events outweigh", 4_000, 200, "--seal-only"),
    )
    for name, files, size, how in kinds:
        with tempfile.TemporaryDirectory() as folder:
            leak, root = Path(folder) / "leak", Path(folder) / "archive"
            leak.mkdir()
            noise = random.Random(1)
            for number in range(files):
                (leak / f"{number}.bin").write_bytes(noise.randbytes(size))
            state = os.environ | {"WITNESSMARK_STATE": str(Path(folder) / "state")}
            call = [str(Path(sys.executable).parent / "witnessmark"), "compile", str(root), str(leak), how]
            subprocess.run(call, check=True, capture_output=True, env=state)
            everything = [str(path) for path in root.rglob("*") if path.is_file()]
            octets = sum(os.path.getsize(path) for path in everything)
            with Archive.reading(root) as archive:
                began = time.perf_counter()
                problems = list(audit_archive(archive))
                seconds = time.perf_counter() - began
            assert problems == []
            began = time.perf_counter()
            for at in range(0, len(everything), 1000):
                subprocess.run(["sha256sum", *everything[at : at + 1000]], check=True, capture_output=True)
            plain = time.perf_counter() - began
            row(
                f"audit, {name}: {files:,} files, {octets / 1e6:,.0f} MB",
                f"{octets / seconds / 1e6:,.0f} MB/s",
                f"sha256sum: {octets / plain / 1e6:,.0f} MB/s",
                f"{plain / seconds:.2f}",
                "≥ 0.7",
            )


ITEMS = {"tree": tree, "append": append, "million": million, "audit": audit}

if __name__ == "__main__":
    for item in sys.argv[1:] or ITEMS:
        ITEMS[item]()
