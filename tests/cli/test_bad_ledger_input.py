"""Bad input to whatever guards, checks, copies or destroys: one clear sentence, the documented exit code, nothing lost.

Every file that a person may name is given in every bad form, to every verb that takes it; no call is exempt.
"""

import os
import resource
import signal

import pytest

from witnessmark.proof.note import Vkey

VKEY = Vkey.for_ed25519("archive.invalid/tarnpapersexampl", bytes(range(32)))
REFUSED = {1, 2, 64, 65, 74, 75}


def missing(place):
    pass


def folder(place):
    place.mkdir()


def empty(place):
    place.write_bytes(b"")


def garbage(place):
    place.write_bytes(bytes(range(256)) * 40)


def zeros(place):
    place.write_bytes(bytes(5000))


def surrogates(place):
    place.write_bytes("x\n\n\u2014 \ud800 AAAA\n".encode("utf-8", "surrogatepass"))


def long_line(place):
    place.write_bytes(b"a" * 300_000)


def many_lines(place):
    place.write_bytes(b"a 1 b\n" * 100_000)


def huge(place):
    with place.open("wb") as out:
        out.truncate(1 << 42)


def dangling(place):
    place.symlink_to("nowhere")


def loop(place):
    place.symlink_to(place.name)


def link_to_a_folder(place):
    place.with_name("behind").mkdir()
    place.symlink_to("behind")


def endless(place):
    place.symlink_to("/dev/zero")


def broken_zip(place):
    place.write_bytes(b"PK\x03\x04" + bytes(60) + b"PK\x05\x06" + b"\xff" * 18)


def broken_der(place):
    place.write_bytes(b"\x30\x84\xff\xff\xff\xff" + bytes(30))


def broken_ots(place):
    place.write_bytes(
        bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294") + b"\x01\x08" * 40
    )


FORMS = [
    *(missing, folder, empty, garbage, zeros, surrogates, long_line, many_lines, huge, dangling, loop),
    *(link_to_a_folder, endless, broken_zip, broken_der, broken_ots),
]

DELIVERY = (
    *("add", "--medium", "m", "--operator", "o", "--method", "d", "--hand-over", "2032-06-09: A -> B"),
    *("--by", "a", "--by", "b"),
)

# `F` stands for the bad file, `A` for a sound archive, `P` for one whose key is sealed, `W` for a sound witness, `S` for an edition's folder, `N` for a
# place where nothing is, `E` for an exhibit.
CALLS = {
    "verify a site": ("verify", "F"),
    "verify with a key": ("verify", "S", "--key", "F"),
    "verify with a policy": ("verify", "S", "--policy", "F"),
    "verify with a header": ("verify", "S", "--key", VKEY.text, "--bitcoin-header", "F"),
    "verify at least": ("verify", "S", "--key", VKEY.text, "--at-least", "F"),
    "audit": ("audit", "F"),
    "repair from": ("audit", "A", "--repair-from", "F"),
    "copy from": ("copy", "F", "N"),
    "erase in": ("erase", "F", "E", "--reason", "r", "--by", "a", "--by", "b"),
    "erase with a passphrase": ("erase", "P", "E", "--reason", "r", "--by", "a", "--by", "b", "--passphrase-file", "F"),
    "custody in": ("custody", "F", "add", "--medium", "disk"),
    "custody with a passphrase": ("custody", "P", *DELIVERY, "--passphrase-file", "F"),
    "report in": ("report", "F", "custody", "E"),
    "keys in": ("keys", "F", "show"),
    "keys passphrase": ("keys", "A", "passphrase", "--new-passphrase-file", "F"),
    "keys rotate in": ("keys", "F", "rotate", "--reason", "r"),
    "keys rotate with a passphrase": ("keys", "P", "rotate", "--reason", "r", "--passphrase-file", "F"),
    "keys export in": ("keys", "F", "export", "--to", "N"),
    "stamp in": ("stamp", "F"),
    "stamp import": ("stamp", "A", "--import", "F"),
    "stamp online": ("stamp", "A", "--online", "--authorities", "F"),
    "stamp with a policy": ("stamp", "A:F=policy"),
    "stamp export with a policy": ("stamp", "A:F=policy", "--export", "N"),
    "stamp import with a policy": ("stamp", "A:F=policy", "--import", "S"),
    "witness key of": ("witness", "key", "F"),
    "witness trusts by": ("witness", "trust", "F", "--log", VKEY.text),
    "witness trusts": ("witness", "trust", "W", "--log", "F"),
    "witness cosigns by": ("witness", "cosign", "F", "S/request"),
    "witness cosigns": ("witness", "cosign", "W", "F"),
    "witness serves": ("witness", "serve", "F", "--listen", "127.0.0.1:0"),
}
# What is written: there these forms are not all bad, but none may be a bug, and what lies there stays.
TARGETS = {
    "copy to": ("copy", "A", "F"),
    "export a key to": ("keys", "A", "export", "--to", "F"),
    "export a request to": ("stamp", "A", "--export", "F"),
    "report to": ("report", "A", "custody", "E", "--to", "F"),
    "make a witness in": ("witness", "init", "F", "--name", "w.example"),
}


@pytest.fixture(scope="module")
def houses(wm, compiled, tmp_path_factory):
    """An archive, a witness, the folder of something like an edition, one exhibit; no test changes them."""
    base = tmp_path_factory.mktemp("houses")
    wm.good("witness", "init", base / "witness", "--name", "w.example")
    (base / "site" / "proof").mkdir(parents=True)
    (base / "site" / "manifest").write_bytes(b"x\n")
    (base / "site" / "request").write_bytes(b"x\n")
    secret = base / "secret"
    secret.write_text("night keys are counted twice\n")
    secret.chmod(0o600)
    wm.good("keys", wm.copied(compiled, base / "sealed"), "passphrase", "--new-passphrase-file", secret)
    return {
        "A": compiled,
        "P": base / "sealed",
        "W": base / "witness",
        "S": base / "site",
        "E": wm.good("files", compiled, "--json").objects[0]["id"],
    }


def words_of(call, houses, place, tmp_path):
    for word in call:
        if word == "F":
            yield place
        elif word == "N":
            yield tmp_path / "nothing"
        elif word.startswith("A:F="):
            yield houses["bent"]
        elif word.startswith("S/"):
            yield houses["S"] / word[2:]
        else:
            yield houses.get(word, word)


def looks(folder):
    """Return what an archive or a witness holds for good; locks and projections may come and go."""
    places = [path for name in ("log", "logs", "vault") for path in sorted((folder / name).rglob("*"))]
    return {str(path): path.read_bytes() for path in places if path.is_file() and path.name != "lock"}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_whatever_stands_in_a_file_s_place_is_refused_in_one_sentence(form, wm, houses, compiled, tmp_path):
    place = tmp_path / "given"
    form(place)
    bent = wm.copied(compiled, tmp_path / "bent")
    with_policy = {name for name, call in CALLS.items() if any(word.startswith("A:") for word in call)}
    form(bent / "policy")
    known = houses | {"bent": bent}
    before = [looks(known[name]) for name in "APW"]
    for name, call in CALLS.items():
        if name in with_policy and form is missing:
            continue  # An archive needs no policy.
        ran = wm.call(*words_of(call, known, place, tmp_path))
        assert ran.code in REFUSED, (name, ran)
        assert "Traceback" not in ran.err + ran.out, (name, ran)
        assert "our bug" not in ran.err, (name, ran)
        if ran.err:
            assert ran.sentence, (name, ran)
            assert len(ran.err) < 1000, (name, ran)
        else:
            # The verb itself told what was refused, in its own words.
            assert name.startswith(("stamp import", "verify")), (name, ran)
            assert ran.out, name
    assert [looks(known[name]) for name in "APW"] == before
    assert not (tmp_path / "nothing").exists()


def place_of(form, folder):
    folder.mkdir()
    place = folder / "given"
    form(place)
    return place


@pytest.mark.parametrize("form", [folder, garbage, dangling, loop, link_to_a_folder, endless], ids=lambda f: f.__name__)
def test_where_something_lies_already_nothing_is_overwritten(form, wm, houses, tmp_path):
    for name, call in TARGETS.items():
        place = place_of(form, tmp_path / name.replace(" ", "-"))
        held = place.read_bytes() if form is garbage else None
        ran = wm.call(*words_of(call, houses, place, tmp_path))
        assert ran.code in REFUSED | {0}, (name, ran)
        assert ran.code == 0 or ran.sentence, (name, ran)
        if ran.code == 0:
            assert form in (folder, dangling, link_to_a_folder), (name, ran)
        if held is not None:
            assert place.read_bytes() == held, name


def test_a_verb_that_writes_refuses_while_another_writes(wm, archive, tmp_path):
    from witnessmark.archive.folder import Archive

    name = wm.good("files", archive, "--json").objects[0]["id"]
    answer = tmp_path / "answer.txt"
    answer.write_text("x\n")
    with Archive.writing(archive, entropy=os.urandom):
        for words in (
            ("erase", archive, name, "--reason", "r", "--by", "a", "--by", "b"),
            ("custody", archive, *DELIVERY),
            ("keys", archive, "rotate", "--reason", "r"),
            ("keys", archive, "retire", "--reason", "r"),
            ("keys", archive, "passphrase", "--remove"),
            ("stamp", archive, "--export", tmp_path / "request.zip"),
            ("stamp", archive, "--import", answer),
            ("audit", archive, "--repair-from", archive),
        ):
            ran = wm.call(*words)
            assert ran.code == 75 and "try again" in ran.sentence, (words, ran)
    assert not (tmp_path / "request.zip").exists()


def test_files_that_nobody_may_read_are_named(wm, compiled, houses, tmp_path):
    """The superuser reads everything: the refusal is made with a mode for everybody else, and skipped as root."""
    if os.geteuid() == 0:
        pytest.skip("no mode stops the superuser")
    place = tmp_path / "shut"
    place.write_bytes(b"x")
    place.chmod(0)
    for name, call in CALLS.items():
        if not any(word.startswith("A:") for word in call):
            ran = wm.call(*words_of(call, houses, place, tmp_path))
            assert ran.code in REFUSED and "shut" in ran.err + ran.out, (name, ran)


def test_a_copy_onto_a_full_disk_is_no_archive_and_the_next_run_ends_it(wm, compiled, tmp_path):
    """A limit on the length of a file stands for a disk that is full: every write beyond it fails."""

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))

    target = tmp_path / "target"
    ran = wm.alone("copy", compiled, target, preexec_fn=limited)
    assert ran.code == 74 and ran.sentence, ran
    assert wm.call("status", target).code == 65, "half a copy is no archive"
    wm.good("copy", compiled, target)
    wm.good("audit", target)
