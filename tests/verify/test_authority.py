"""Laws of asking `openssl`: only what it understood and said yes to counts; a no is a no only in its own words."""

import hashlib
import os
import re
import time
from pathlib import Path

import pytest

from witnessmark.errors import Damaged, Falsified, Undecided
from witnessmark.model import codec
from witnessmark.proof.policy import Authority
from witnessmark.proof.timestamp import Token
from witnessmark.verify import authority

CONTENT = b"what was stamped"
YES = "Using configuration from /dev/null\nVerification: OK\n"
NO = "Verification: FAILED\n"
EXPIRED = (
    "40F7:error:17800064:time stamp routines:ts_verify_cert:certificate verify error:"
    "../crypto/ts/ts_rsp_verify.c:190:Verify error: certificate has expired\n"
)
ELSEWHERE = [
    "x:error:1:lib:f:certificate verify error:a.c:190:Verify error: unable to get local issuer certificate\n",
    "x:error:1:lib:f:certificate verify error:a.c:190:Verify error: self-signed certificate in chain\n",
    "x:error:1:lib:f:certificate verify error:a.c:190:Verify error: self signed certificate\n",
]


@pytest.fixture
def openssl(stamps, tmp_path, monkeypatch):
    made = stamps.Openssl(tmp_path / "openssl")
    monkeypatch.setenv("PATH", str(made.folder))
    return made


def named(name, certificate):
    return Authority(name, hashlib.sha256(certificate).digest())


@pytest.fixture
def ask(stamps, openssl):
    """Ask about a response that holds the certificates 1 and 2; the policy names 1 as `hall`."""
    root, signer = stamps.certificate(1), stamps.certificate(2)

    def asking(*authorities, more=()):
        response = stamps.response(CONTENT, root, signer)
        return authority.check(response, CONTENT, authorities or (named("hall", root),), more)

    return asking


def test_a_yes_counts_for_the_authority_that_was_asked_about(ask, openssl, stamps):
    openssl.answer(0, YES)
    token, trusted = ask()
    assert token == Token.parse(stamps.response(CONTENT, stamps.certificate(1), stamps.certificate(2)))
    assert trusted == named("hall", stamps.certificate(1))


def test_openssl_is_asked_about_four_files_at_the_time_of_the_token_and_with_no_configuration(ask, openssl, stamps):
    openssl.answer(0, YES)
    ask(more=[stamps.certificate(3), stamps.certificate(1)])
    (asked,) = openssl.asked
    words = "ts -verify -in response -data content -CAfile trusted -untrusted others -partial_chain -attime"
    assert asked["words"] == [str(openssl.program), *words.split(), "1970646060"]
    assert asked["environment"] == {"OPENSSL_CONF": os.devnull, "PATH": str(openssl.folder), "LC_ALL": "C"}
    assert asked["given"] == ""
    pem = [authority.pem(stamps.certificate(n)).encode().hex() for n in (1, 2, 3)]
    assert asked["files"] == {
        "content": CONTENT.hex(),
        "others": "".join(pem),
        "response": stamps.response(CONTENT, stamps.certificate(1), stamps.certificate(2)).hex(),
        "trusted": pem[0],
    }
    folder = Path(asked["folder"])
    assert re.fullmatch(r"witnessmark-[a-z0-9_]{8}", folder.name) and not folder.exists()


def test_openssl_is_not_given_what_the_reader_types(ask, openssl):
    openssl.answer(0, YES)
    reading, writing = os.pipe()
    os.write(writing, b"typed")
    os.close(writing)
    kept = os.dup(0)
    try:
        os.dup2(reading, 0)
        ask()
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(reading)
    assert openssl.asked[0]["given"] == ""


@pytest.mark.parametrize("said", ["", "Verification: \n", "usage: ts [-verify]\n"])
def test_a_program_that_ends_well_and_does_not_say_yes_was_not_openssl(said, ask, openssl):
    openssl.answer(0, said)
    with pytest.raises(Undecided, match=r"\Athe openssl on this machine does not understand the question\Z"):
        ask()


@pytest.mark.parametrize("said", [YES, "unknown option -attime\n", ""])
def test_a_program_that_ends_badly_and_does_not_say_no_did_not_understand(said, ask, openssl):
    openssl.answer(1, said)
    with pytest.raises(Undecided, match="does not understand the question"):
        ask()


SAID_NO = [
    (NO, "openssl gives no reason"),
    ("see ts_rsp_verify.c\n", "openssl gives no reason"),
    ("certificate verify error\n", "openssl gives no reason"),
    ("verify error: depth 1\n", "openssl gives no reason"),
    (NO + EXPIRED, "certificate verify error: Verify error: certificate has expired"),
    (NO + "a:error:b:c:d\n" + EXPIRED, "certificate verify error: Verify error: certificate has expired"),
    (NO + "a:b:c:d:e:f:g\n" + EXPIRED, "certificate verify error: Verify error: certificate has expired"),
    (NO + EXPIRED + "x:error:1:lib:f:another\n", "certificate verify error: Verify error: certificate has expired"),
    (NO + "x:error:1:lib:f:message imprint mismatch\n", "message imprint mismatch"),
    (NO + "x:error:1:lib:f: signature failure : a.c : 12 :: digest \n", "signature failure: digest"),
    (NO + "x:error:1:lib:f:" + "y" * 300 + "\n", "y" * 200),
]


@pytest.mark.parametrize(("said", "reason"), SAID_NO)
def test_a_no_is_false_with_the_first_reason_that_openssl_gives(said, reason, ask, openssl):
    openssl.answer(1, said)
    with pytest.raises(Falsified) as caught:
        ask()
    assert str(caught.value) == f"the time stamp's signature or certificate does not hold: {reason}"


def test_what_openssl_says_beside_its_output_is_heard_and_may_be_any_bytes(ask, openssl):
    openssl.answer(1, "", NO + EXPIRED)
    with pytest.raises(Falsified, match="has expired"):
        ask()
    openssl.program.write_text("#!/bin/sh\nprintf 'Verification: FAILED\\377'\nexit 1\n")
    with pytest.raises(Falsified, match="gives no reason"):
        ask()


@pytest.mark.parametrize("said", ELSEWHERE)
def test_a_way_to_another_root_is_not_false(said, ask, openssl):
    openssl.answer(1, NO + said)
    with pytest.raises(Undecided, match=r"\Aits certificate does not lead to one that the policy names\Z"):
        ask()


def test_each_authority_whose_certificate_is_here_is_asked_until_one_says_yes(ask, openssl, stamps):
    one, two, three = (stamps.certificate(n) for n in (1, 2, 3))
    openssl.answer(1, NO + EXPIRED, pem=authority.pem(one))
    openssl.answer(0, YES, pem=authority.pem(two))
    wanted = named("hall", one), named("tower", two), named("spire", three)
    assert ask(*wanted)[1].name == "tower"
    assert len(openssl.asked) == 2
    with pytest.raises(Falsified, match="has expired"):
        ask(named("hall", one), named("spire", three))


def test_one_no_beside_ways_to_other_roots_is_false(ask, openssl, stamps):
    one, two = stamps.certificate(1), stamps.certificate(2)
    openssl.answer(1, NO + ELSEWHERE[0], pem=authority.pem(one))
    openssl.answer(1, NO + EXPIRED, pem=authority.pem(two))
    for wanted in ((named("hall", one), named("tower", two)), (named("tower", two), named("hall", one))):
        with pytest.raises(Falsified, match="has expired"):
            ask(*wanted)


def test_of_two_noes_the_first_is_given(ask, openssl, stamps):
    one, two = stamps.certificate(1), stamps.certificate(2)
    openssl.answer(1, NO + EXPIRED, pem=authority.pem(one))
    openssl.answer(1, NO + "x:error:1:lib:f:message imprint mismatch\n", pem=authority.pem(two))
    with pytest.raises(Falsified, match="has expired"):
        ask(named("hall", one), named("tower", two))
    with pytest.raises(Falsified, match="mismatch"):
        ask(named("tower", two), named("hall", one))


def test_openssl_has_half_a_minute():
    assert authority.SECONDS == 30


NONE_CAME = r"\Ano certificate that the policy names came with this time stamp\Z"


def test_an_authority_whose_certificate_did_not_come_is_not_asked_about(ask, openssl, stamps):
    openssl.answer(0, YES)
    with pytest.raises(Undecided, match=NONE_CAME):
        ask(named("spire", stamps.certificate(3)))
    with pytest.raises(Undecided, match=NONE_CAME):
        authority.check(stamps.response(CONTENT, stamps.certificate(1)), CONTENT, ())
    assert openssl.asked == []
    # A certificate that lies beside the token does as well.
    assert ask(named("spire", stamps.certificate(3)), more=[stamps.certificate(3)])[1].name == "spire"


def test_a_time_stamp_about_other_bytes_is_false_whoever_signed(openssl, stamps):
    openssl.answer(0, YES)
    for authorities in ([named("hall", stamps.certificate(1))], []):
        with pytest.raises(Falsified, match="about other bytes"):
            authority.check(stamps.response(CONTENT, stamps.certificate(1)), b"other", authorities)
    with pytest.raises(Damaged):
        authority.check(b"x", CONTENT, [named("hall", stamps.certificate(1))])
    assert openssl.asked == []


def test_without_openssl_nothing_is_decided(ask, openssl):
    openssl.program.unlink()
    with pytest.raises(Undecided, match=r"\Athe program openssl is not on this machine\Z"):
        ask()


COULD_NOT = r"\Athe program openssl could not be run\Z"


def test_a_program_that_cannot_be_run_decides_nothing(ask, openssl):
    openssl.program.write_bytes(b"\x7fELF")
    with pytest.raises(Undecided, match=COULD_NOT):
        ask()


def test_a_program_that_does_not_end_decides_nothing(ask, openssl, monkeypatch):
    openssl.program.write_text("#!/bin/sh\nexec /bin/sleep 20\n")
    monkeypatch.setattr(authority, "SECONDS", 0.1)
    start = time.monotonic()
    with pytest.raises(Undecided, match=COULD_NOT):
        ask()
    assert time.monotonic() - start < 10


def test_where_the_machine_names_no_path_openssl_is_told_none(ask, openssl, monkeypatch):
    openssl.answer(0, YES)
    monkeypatch.setattr(authority.shutil, "which", lambda _: str(openssl.program))
    monkeypatch.delenv("PATH")
    assert ask()[1].name == "hall"
    assert openssl.asked[0]["environment"]["PATH"] == ""


@pytest.mark.parametrize("size", [0, 1, 47, 48, 49, 96, 97, 500])
def test_a_certificate_is_written_as_rfc_7468_asks(size):
    data = bytes(range(256)) * 2
    text = authority.pem(data[:size])
    assert text.startswith("-----BEGIN CERTIFICATE-----\n") and text.endswith("\n-----END CERTIFICATE-----\n")
    lines = text.split("\n")[1:-2]
    assert codec.from_base64("".join(lines)) == data[:size]
    assert all(len(line) == 64 for line in lines[:-1])
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]{1,64}", line) for line in lines)
