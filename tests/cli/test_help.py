"""The page about the command line is what the commands say of themselves."""

import json
import re
import subprocess
import sys

import pytest
from tests.cli import make_help

from witnessmark import __version__
from witnessmark.cli.main import VERBS
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How


@pytest.fixture(scope="module")
def page():
    return make_help.PLACE.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.version_info[:2] > (3, 12), reason="later versions of Python break usage lines in other places")
def test_every_help_on_the_page_is_up_to_date(page, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert make_help.missing(page) == []
    assert make_help.pasted(page) == page, "run tests/cli/make_help.py"


def test_the_page_names_every_field_of_files(wm, compiled, page):
    table = page.partition("| field |")[2].partition("\n\n")[0]
    named = {word for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for word in re.findall(r"`(\w+)`", row)}
    rows = wm.good("files", compiled, "--json", "--text", "--observations").objects
    assert named == {name for row in rows for name in row}
    example = re.search(r'^\{"id".*?\}$', page, re.MULTILINE | re.DOTALL)
    assert set(json.loads(example[0])) | {"text", "observations", "path_b64"} == named
    assert all(f"`{word.value}`" in table for word in (*Outcome, *ExhibitKind, *How))
    assert wm.files(compiled).keys()


def test_every_exit_code_is_on_the_page_and_in_the_help(page):
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert codes == {0, 1, 2, 64, 65, 70, 74, 75, 130}
    whole = make_help.help_of("")
    assert all(re.search(rf"\b{code}\b", whole) for code in codes)


@pytest.mark.parametrize("verb", [name for name, _ in VERBS])
def test_every_command_explains_itself(wm, verb):
    ran = wm.call(verb, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "--json" in ran.out and "example" in ran.out


def test_the_whole_explains_itself(wm):
    ran = wm.call("--help")
    assert ran.code == 0
    assert all(caption in " ".join(ran.out.split()) for _, caption in VERBS)
    assert wm.call("--version").out == f"witnessmark {__version__}\n"


def test_looking_needs_no_parser_and_no_server():
    """`witnessmark --help` starts without the engines that other verbs need."""
    code = "import sys; from witnessmark.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print([name for name in ('tantivy', 'jinja2', 'lxml', 'PIL', 'pypdfium2', 'cryptography') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
