"""The one way through: detected, read by the table's reader, languages told, outcomes of the closed list."""

import gzip

import pytest
from tests.formats.collector import run_bytes

from witnessmark.formats import read, warm
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind


def test_a_file_is_detected_read_and_its_language_told():
    found = run_bytes("All human beings are born free and equal in dignity and rights.\n".encode(), "a.txt")
    assert (found.media_type, found.kind, found.codes) == ("text/plain", ExhibitKind.DOCUMENT, ("en",))
    assert found.ended is Outcome.OK


def test_the_tools_that_told_the_type_are_named():
    assert "libmagic" in run_bytes(b"%PDF-1.4\n", "a").tools


def test_a_type_without_a_reader_is_unsupported_and_named():
    found = run_bytes(b"FLIF41\x00\x00" + bytes(64), "a.flif")
    assert found.media_type == "image/flif"
    assert found.ended is Outcome.UNSUPPORTED


def test_text_is_read_whatever_type_without_a_reader_it_is_of():
    armoured = b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENBFX\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n"
    for data, media_type in (
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "application/x-x509-cert"),
        (armoured, "application/pgp-keys"),
    ):
        found = run_bytes(data, "a")
        assert (found.media_type, found.kind, found.ended) == (media_type, ExhibitKind.DOCUMENT, Outcome.OK)
        assert found.visible_text == data.decode()


def test_a_locked_message_is_no_text_for_being_in_letters():
    found = run_bytes(b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", "a.asc")
    assert (found.media_type, found.ended) == ("application/pgp-encrypted", Outcome.UNSUPPORTED)


def test_a_container_has_members_and_no_language():
    found = run_bytes(gzip.compress(b"text"), "a.gz")
    assert found.kind is ExhibitKind.CONTAINER
    assert found.codes == ()


def test_an_empty_file_is_read():
    assert run_bytes(b"", "a.bin").ended is Outcome.OK


def test_entities_are_left_as_they_are():
    laughs = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>before &y; after</a>'
    found = run_bytes(laughs, "a.xml")
    assert "ha" not in found.visible_text.replace("entit", "")
    assert "before" in found.visible_text
    outside = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
    assert run_bytes(outside, "a.xml").visible_text.strip() == ""


def test_xml_keeps_comments_and_attributes_apart():
    found = run_bytes(b'<?xml version="1.0"?><a name="Ode Marr">text<!-- aside --><b>more</b> tail</a>', "a.xml")
    assert found.visible_text == "more\ntext tail\n"
    assert "aside" in found.hidden_text
    assert "Ode Marr" in found.hidden_text


def test_everything_can_be_loaded_beforehand():
    read.preload()


@pytest.mark.corpus
def test_older_word_keeps_its_text(corpus):
    found = run_bytes((corpus / "office-old/tika/testWORD.doc").read_bytes(), "a.doc")
    assert "Sample Word Document" in found.visible_text or len(found.visible_text) > 100


def test_every_codec_there_is_is_loaded_before_the_walls_go_up():
    names = {"koi8_t", "koi8_u", "cp720", "cp737", "cp874", "cp1006", "mac_arabic", "gb18030", "johab"}
    assert names <= set(warm._CODECS)
