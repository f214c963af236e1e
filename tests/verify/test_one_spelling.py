"""Laws of what lies outside the manifest: without the key nobody changes a byte of it unseen, not even harmlessly."""

import pytest

from witnessmark.verify import shown
from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Word

RELEASE, CONTINUES = "proof/release.tlog-proof", "proof/continues.json"


def said(report, file):
    return [verdict.says for verdict in report.verdicts if verdict.file == file and verdict.word is not Word.AGREES]


def bent(edition, key, forge, tmp_path, path, bend):
    data = bend(edition[path])
    assert data != edition[path]
    return verify_site(str(forge.write(edition | {path: data}, tmp_path)), key)


def test_a_signature_line_stands_once(edition, key, forge, tmp_path):
    report = bent(edition, key, forge, tmp_path, RELEASE, lambda data: data + data.splitlines(keepends=True)[-1])
    assert report.exit_code == 1
    assert said(report, RELEASE) == ["its checkpoint carries one signature twice"]


@pytest.mark.parametrize("name", shown.RELEASE)
def test_no_field_of_the_release_can_be_kept_shut(name, edition, key, forge, tmp_path):
    def shut(data):
        def bend(value):
            value["release"]["fields"] = [row for row in value["release"]["fields"] if row[0] != name]

        return forge.bend_json(data, bend)

    report = bent(edition, key, forge, tmp_path, CONTINUES, shut)
    assert report.exit_code == 1
    assert f"keeps the field {name!r} of its release shut, which every edition shows" in said(report, CONTINUES)


def test_the_fields_of_the_release_have_one_order(edition, key, forge, tmp_path):
    for at in range(len(shown.RELEASE) - 1):

        def swap(data, at=at):
            def bend(value):
                rows = value["release"]["fields"]
                rows[at], rows[at + 1] = rows[at + 1], rows[at]

            return forge.bend_json(data, bend)

        report = bent(edition, key, forge, tmp_path / str(at), CONTINUES, swap)
        assert report.exit_code == 1
        assert "opens the fields of its release in another order than every edition" in said(report, CONTINUES)


def test_a_field_of_the_release_that_is_not_known_is_of_a_newer_version(forge, tmp_path):
    house = forge.House(seed=3)
    pages = house.pages(2)
    forge.OPEN["release"] += ("at",)
    try:
        files = house.release(pages, 2)
    finally:
        forge.OPEN["release"] = forge.OPEN["release"][:-1]
    report = verify_site(str(forge.write(files, tmp_path)), house.keeper.vkey)
    assert report.exit_code == 65
    assert said(report, CONTINUES)[0] == "opens the field 'at' of its release, which this program does not know"


def test_no_byte_of_the_three_files_outside_is_free(edition, key, forge, tmp_path):
    """Each byte in turn, bent in one bit: what base64, JSON or a digest would let pass is passed by nobody."""
    from witnessmark.errors import BrokenEvidence
    from witnessmark.proof.succession import Succession
    from witnessmark.verify.sealed import Log
    from witnessmark.verify.shapes import Continues

    def opens(release, continues):
        # The steps of `checks` that concern these two files, without the rest of the edition.
        log = Log(Succession(key), ())
        found = Continues.parse(continues)
        sealed = log.walk(release.decode())
        shown.check_release(found.release)
        return sealed, sealed.opened(found.release), found.chain

    sound = opens(edition[RELEASE], edition[CONTINUES])
    for path in (RELEASE, CONTINUES):
        data = edition[path]
        step = max(1, len(data) // 700)
        for at in range(0, len(data), step):
            files = edition | {path: data[:at] + bytes([data[at] ^ 1 << at % 7]) + data[at + 1 :]}
            try:
                made = opens(files[RELEASE], files[CONTINUES])
            except (BrokenEvidence, UnicodeDecodeError):
                continue
            # What still reads says something else, which the chain's own check sees: the sizes or hashes of its links.
            assert made[:2] == sound[:2]
            assert made[2] != sound[2]
