"""The guide to checking with other tools: each of its commands runs, and says no where something was changed."""

import csv
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from witnessmark.cli.main import main
from witnessmark.model import codec

HERE = Path(__file__).resolve()
PAGE = HERE.parents[2] / "docs" / "guide" / "check-with-other-tools.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
TOOLS = ("bash", "openssl", "sha256sum", "base64", "awk", "od", "node")

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"one of {', '.join(TOOLS)} is not here"
)


@pytest.fixture
def place(tmp_path, make_authority, monkeypatch, capsys):
    """A folder as the guide asks for: an archive that was stamped and then published."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = main([str(word) for word in words])
        out = capsys.readouterr()
        assert code == 0, out
        return out.out

    (tmp_path / "leak").mkdir()
    for number in range(3):
        (tmp_path / "leak" / f"order-{number}.txt").write_text(f"Order {number} on the doors of Centre 3.\n" * 3)
    run("compile", "archive", "leak", "--prefix", "TP")
    box = make_authority()
    shutil.copy(box.folder / "root.pem", "root.pem")
    key = run("witness", "init", "w", "--name", "desk.example/w", "--log", "archive/log.vkey").splitlines()[1]
    (tmp_path / "desk.vkey").write_text(key + "\n")
    policy = f"witness desk {key}\nquorum desk\n#authority clocks {codec.to_base64(box.digest)}\n"
    (tmp_path / "archive" / "policy").write_text(policy)
    run("stamp", "archive", "--export", "request.zip")
    with zipfile.ZipFile("request.zip") as made:
        made.extractall("out")
    run("witness", "cosign", "w", "out/witness/desk/request.txt", "--out", "answer.txt")
    (tmp_path / "answer.tsr").write_bytes(box.answer((tmp_path / "out" / "request.tsq").read_bytes()))
    run("stamp", "archive", "--import", "answer.txt", "answer.tsr", "root.pem")
    with open("decisions.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow("exhibit,publish,title,language,open,decided_by,decided_on,reason".split(","))
        for number in range(2):
            rows.writerow([f"path:order-{number}.txt", "text", "An order", "en", "", "two editors", "2032-07-01", ""])
    run("publish", "archive", "site", "--decisions", "decisions.csv")
    shutil.copy(tmp_path / "archive" / "log.vkey", "log.vkey")
    shutil.copy(HERE.with_name("tlog_tiles_check.mjs"), tmp_path)
    (tmp_path / "p").write_text(f"log {(tmp_path / 'log.vkey').read_text()}" + policy)
    return tmp_path


def shell(place, blocks):
    """Run blocks of the guide as one script; any command that fails ends it."""
    script = "set -euo pipefail\n" + "\n".join(blocks)
    return subprocess.run(["bash", "-c", script], cwd=place, capture_output=True, text=True, timeout=60, check=False)


def test_every_command_of_the_guide_runs_and_our_verifier_agrees(place, capsys):
    assert len(BLOCKS) == 10
    done = shell(place, BLOCKS)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    assert done.stdout.count("Signature Verified Successfully") == 2
    assert "Verification: OK" in done.stderr + done.stdout
    assert main(["verify", "site", "--policy", "p", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(row["existed_by"] for row in rows if "existed_by" in row)
    assert any("signed by 'clocks' of your policy" in says for row in rows for says in row["says"])
    # What the guide's commands refuse, one change at a time, is what our verifier refuses.
    anchor = next((place / "site/proof/anchors").iterdir())
    for path in (
        place / "site/e/tp-00001/text.txt",
        place / "site/manifest",
        place / "archive/log/checkpoint",
        place / "site/e/tp-00001/exhibit.json",
        place / "site/e/tp-00001/proof/text.tlog-proof",
        anchor / "checkpoint",
        next(anchor.glob("*.tsr")),
        place / "archive/log/tile/0/000",
    ):
        before = path.read_bytes()
        at = _middle(path, before)
        path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
        assert shell(place, BLOCKS).returncode != 0, path
        path.write_bytes(before)
    assert shell(place, BLOCKS).returncode == 0


def _middle(path, data):
    """Return a place whose change must be seen: in a text's letters, in a signed root, in a digest."""
    if path.name == "exhibit.json":
        return data.index(b'["text","') + 12
    if path.name.endswith("checkpoint"):
        return data.index(b"\n", data.index(b"\n") + 1) + 3
    return len(data) // 2
