"""Editions across a handing over of the key: either key checks them, and a forged handing over is false."""

import json
import shutil

import pytest

from witnessmark.catalogue.query import Catalogue
from witnessmark.model import codec
from witnessmark.proof.note import Vkey
from witnessmark.verify.checks import verify_site

AT = "2032-06-20T08:00:00Z"


def rotate(made):
    with made.writing() as archive:
        return archive.rotate_key("yearly", AT, entropy=made.entropy)


@pytest.fixture
def across(made, rows, tmp_path):
    """Keys before, between and after two handings over, and an edition of each."""
    decisions = made.decisions(*rows())
    keys, sites = [Vkey.parse(made.vkey())], []
    for number in range(3):
        if number:
            keys.append(rotate(made))
        sites.append(tmp_path / f"site-{number}")
        made.publish(sites[-1], decisions)
    return keys, sites


def exit_code(site, key):
    return verify_site(str(site), key).exit_code


def test_every_key_of_the_log_checks_every_edition_from_its_time_on(across):
    keys, sites = across
    for number, site in enumerate(sites):
        for key in keys[: number + 1]:
            report = verify_site(str(site), key)
            assert report.exit_code == 0, [one for one in report.verdicts if "agree" not in str(one)]
        for key in keys[number + 1 :]:
            assert exit_code(site, key) == 1, "an edition does not know a key that came later"
        assert exit_code(site, None) == 2
        assert (site / "proof" / "key-1.tlog-proof").exists() == (number > 0)


def test_an_edition_from_before_is_written_again_byte_for_byte(across, made, tmp_path):
    _, sites = across
    for number, site in enumerate(sites, 1):
        again = tmp_path / f"again-{number}"
        made.publish_again(again, number)
        one, other = (
            {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()} for root in (site, again)
        )
        assert one == other


def test_the_proof_of_an_exhibit_stays_the_same_across_a_handing_over(across):
    _, sites = across
    proofs = [
        {p.relative_to(site): p.read_bytes() for p in site.glob("e/*/proof/exhibit.tlog-proof")} for site in sites
    ]
    assert proofs[0] == proofs[1] == proofs[2] != {}


def _keys(site):
    return json.loads((site / "proof" / "keys.json").read_text())


def _without(site, value):
    del value["earlier"]


def _other_size(site, value):
    value["earlier"][0]["size"] += 8


def _swapped(site, value):
    value["earlier"].reverse()


def _stranger(site, value):
    value["earlier"][0]["key"] = Vkey.for_ed25519(Vkey.parse(value["log"]).name, bytes(range(32))).text


def _other_proof(site, value):
    value["earlier"][0]["proof"], value["earlier"][1]["proof"] = (
        value["earlier"][1]["proof"],
        value["earlier"][0]["proof"],
    )


def _other_field(site, value):
    value["earlier"][0]["fields"][0][2] = '"retired"'


def _not_the_event(site, value):
    shutil.copy(site / "proof/release.tlog-proof", site / value["earlier"][0]["proof"])


def _first_left_out(site, value):
    del value["earlier"][0]


@pytest.mark.parametrize(
    "bend", [_without, _other_size, _swapped, _stranger, _other_proof, _other_field, _not_the_event, _first_left_out]
)
@pytest.mark.parametrize("which", [0, 2])
def test_a_forged_handing_over_is_false(across, bend, which):
    keys, sites = across
    value = _keys(sites[2])
    bend(sites[2], value)
    (sites[2] / "proof" / "keys.json").write_bytes(codec.encode_bytes(value))
    assert exit_code(sites[2], keys[which]) == 1


def test_a_retired_key_that_signs_on_is_false(across, made, tmp_path):
    """A thief of the first key goes on with the log as it was before it was handed over."""
    keys, sites = across
    stolen = tmp_path / "stolen"
    shutil.copytree(made.root, stolen)
    assert exit_code(sites[0], keys[0]) == 0
    with made.writing() as archive, Catalogue.open(archive) as catalogue:
        assert len(catalogue.rotations()) == 2
        sizes = archive.ledger.log.keys.sizes
        text = archive.ledger.note(sizes[0])
    # The later edition under the first key alone, with a checkpoint of the time after it: nobody lists that key there.
    value = _keys(sites[1])
    value["log"], value["earlier"] = keys[0].text, []
    del value["earlier"]
    (sites[1] / "proof" / "keys.json").write_bytes(codec.encode_bytes(value))
    assert exit_code(sites[1], keys[0]) == 1
    assert text.count("\u2014") == 2
