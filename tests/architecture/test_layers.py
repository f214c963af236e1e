"""The one direction, from files to archive to edition, and the other contracts between the rooms."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_contracts_between_the_rooms_are_kept():
    program = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_module_begins_with_one_sentence():
    for path in sorted((ROOT / "src" / "witnessmark").rglob("*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert said, path
        assert said.partition("\n")[0].endswith((".", ":")), path


def test_init_files_hold_a_docstring_only():
    for path in sorted((ROOT / "src" / "witnessmark").rglob("__init__.py")):
        if path.parent.name != "witnessmark":
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 1, path
