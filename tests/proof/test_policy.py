"""Laws of policies: strict lines, who must have seen a checkpoint, and by when."""

import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged, Falsified, Undecided
from witnessmark.model import codec
from witnessmark.proof import cosignature, note
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import Note, Signature, Vkey
from witnessmark.proof.policy import Policy, Seen

ORIGIN = "archive.invalid/kestriaaaaaaaaaa"


def key(number):
    private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return private, private.public_key().public_bytes_raw()


LOG, LOG_PUBLIC = key(99)
LOG_VKEY = Vkey.for_ed25519(ORIGIN, LOG_PUBLIC)
NAMES = ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
WITNESSES = {name: key(number) for number, name in enumerate(NAMES, 1)}
VKEYS = {name: Vkey.for_cosigner(f"{name.lower()}.example", public) for name, (_, public) in WITNESSES.items()}
BODY = Checkpoint(ORIGIN, 3, bytes(32)).text
TWO_LEVELS = (
    f"log {LOG_VKEY.text}\n\n"
    + "".join(f"witness {name} {VKEYS[name].text}\n" for name in NAMES)
    + "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n"
    "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)


def signed(times, log=True):
    whole = note.sign(BODY, ORIGIN, LOG_PUBLIC, LOG.sign)
    lines = note.parse(whole).signatures if log else ()
    return Note(BODY, (*lines, *(line(name, time) for name, time in times)))


def line(name, time, body=BODY):
    private, public = WITNESSES[name]
    return cosignature.make(body, VKEYS[name].name, public, private.sign, time)


def bad(text, number):
    with pytest.raises(Damaged, match=rf"line {number} of the policy"):
        Policy.parse(text)


def test_the_example_of_c2sp_is_read_and_written_again():
    policy = Policy.parse(TWO_LEVELS)
    assert (len(policy.logs), len(policy.witnesses), policy.quorum) == (1, 6, "X-and-Y")
    assert [(group.name, group.least) for group in policy.groups] == [
        ("X-witnesses", 2),
        ("Y-witnesses", 1),
        ("X-and-Y", 2),
    ]
    assert Policy.parse(policy.text) == policy


def test_blanks_tabs_comments_and_urls_change_nothing():
    text = TWO_LEVELS.replace("log ", " \tlog\t ", 1).replace("\n\n", " https://log.example/ \n # a comment \n \t\n", 1)
    policy = Policy.parse(text)
    assert policy.logs[0].url == "https://log.example/"
    assert policy.groups == Policy.parse(TWO_LEVELS).groups


def test_the_quorum_is_met_exactly_when_its_rule_says_so_and_by_the_earliest_such_time():
    policy = Policy.parse(TWO_LEVELS)
    times = {name: 1000 + 7 * i % 5 + i for i, name in enumerate(NAMES)}
    lines = {name: line(name, time) for name, time in times.items()}
    log = signed(()).signatures
    for picked in itertools.chain.from_iterable(itertools.combinations(NAMES, n) for n in (0, 2, 3, 6)):
        met = policy.check(Note(BODY, (*log, *(lines[name] for name in picked))))

        def holds(names):
            return len([n for n in names if n[0] == "X"]) >= 2 and any(n[0] == "Y" for n in names)

        assert met.quorum == holds(picked)
        by = [t for t in sorted(times.values()) if holds([n for n in picked if times[n] <= t])]
        assert met.time == (by[0] if by else None)
        assert {seen.name for seen in met.witnesses} == set(picked)


def test_two_lines_by_one_witness_count_once_and_at_the_earlier_time():
    policy = Policy.parse(f"log {LOG_VKEY.text}\nwitness w {VKEYS['X1'].text}\nquorum w\n")
    assert policy.check(signed([("X1", 50), ("X1", 40)])).witnesses == (Seen("w", 40),)
    assert policy.check(signed([("X1", 50), ("X1", 40)])).time == 40


def test_no_witness_is_asked_for_by_none():
    met = Policy.parse(f"log {LOG_VKEY.text}\nquorum none\n").check(signed(()))
    assert (met.quorum, met.time, met.witnesses, met.log) == (True, None, (), LOG_VKEY)


def test_a_known_key_with_a_bad_line_makes_the_note_false_also_beyond_the_quorum():
    policy = Policy.parse(TWO_LEVELS.replace("quorum X-and-Y", "quorum none"))
    with pytest.raises(Falsified):
        policy.check(Note(BODY, (*signed(()).signatures, line("Y3", 7, BODY + "more\n"))))
    zero = Signature(
        VKEYS["Y3"].name, VKEYS["Y3"].key_id, bytes(8) + WITNESSES["Y3"][0].sign(cosignature.message(BODY, 0))
    )
    with pytest.raises(Falsified):
        policy.check(Note(BODY, (*signed(()).signatures, zero)))


def test_lines_of_unknown_witnesses_change_nothing():
    policy = Policy.parse(f"log {LOG_VKEY.text}\nwitness w {VKEYS['X1'].text}\nquorum w\n")
    assert not policy.check(signed([("X2", 5)])).quorum


def test_a_witness_cannot_stand_in_for_the_log():
    policy = Policy.parse(TWO_LEVELS)
    with pytest.raises(Falsified):
        policy.check(signed([(name, 5) for name in NAMES], log=False))


def test_a_trusted_log_cannot_sign_in_the_name_of_another():
    other = Vkey.for_ed25519("archive.invalid/other", LOG_PUBLIC)
    policy = Policy.parse(f"log {other.text}\nquorum none\n")
    whole = note.sign(BODY, other.name, LOG_PUBLIC, LOG.sign)
    with pytest.raises(Falsified, match="in its own name"):
        policy.check(note.parse(whole))


def test_a_policy_without_a_log_needs_one_from_elsewhere():
    policy = Policy.parse("quorum none\n")
    with pytest.raises(Undecided):
        policy.check(signed(()))
    assert policy.check(signed(()), [LOG_VKEY]).quorum


def test_an_authority_is_named_in_a_line_that_other_tools_skip():
    policy = Policy.parse(f"#authority tsa {codec.to_base64(bytes(32))}\nquorum none\n")
    assert [(found.name, found.certificate) for found in policy.authorities] == [("tsa", bytes(32))]
    assert Policy.parse(policy.text) == policy
    bad("#authority tsa AAAA\nquorum none\n", 1)
    bad("#authority tsa\nquorum none\n", 1)
    bad(f"#authority a {codec.to_base64(bytes(32))}\n#authority b {codec.to_base64(bytes(32))}\nquorum none\n", 2)
    assert Policy.parse("# authority in a comment\n#authorities\nquorum none\n").authorities == ()


W = f"witness w {VKEYS['X1'].text}\n"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("quorum none", 1),
        ("quorum none\r\n", 1),
        ("quorum none\x0b\n", 1),
        ("quorum none\n\x7f\n", 2),
        ("quorum none\nquorum none\n", 2),
        ("quorum none extra\n", 1),
        ("quorum w\n" + W, 1),
        ("quorum\u00a0none\n", 1),
        ("trust everyone\nquorum none\n", 1),
        ("Quorum none\n", 1),
        (f"log {LOG_VKEY.text} a b\nquorum none\n", 1),
        (f"log {VKEYS['X1'].text}\nquorum none\n", 1),
        (f"witness w {LOG_VKEY.text}\nquorum w\n", 1),
        ("log nonsense\nquorum none\n", 1),
        (f"log {LOG_VKEY.text}\nlog {Vkey.for_ed25519('other', LOG_PUBLIC).text}\nquorum none\n", 2),
        (W + f"witness v {Vkey.for_cosigner('other', VKEYS['X1'].public).text}\nquorum w\n", 2),
        (W + f"witness w {VKEYS['X2'].text}\nquorum w\n", 2),
        (f"witness none {VKEYS['X1'].text}\nquorum none\n", 1),
        (W + "group none 1 w\nquorum none\n", 2),
        (W + "group w 1 w\nquorum w\n", 2),
        (W + "group g 1 g\nquorum g\n", 2),
        (W + "group g 1 none\nquorum g\n", 2),
        (W + "group g any\nquorum g\n", 2),
        (W + "group g 0 w\nquorum g\n", 2),
        (W + "group g 2 w\nquorum g\n", 2),
        (W + "group g 01 w\nquorum g\n", 2),
        (W + "group g +1 w\nquorum g\n", 2),
        (W + "group g 1 w w\nquorum g\n", 2),
        (W + "group g 1 w\ngroup h 1 w\nquorum g\n", 3),
    ],
)
def test_a_line_that_is_wrong_is_named_by_its_number(text, number):
    bad(text, number)


@pytest.mark.parametrize("text", ["", W, "\n" * 5000 + "quorum none\n", "#" * (1 << 18) + "\nquorum none\n"])
def test_a_policy_without_a_quorum_or_too_large_is_refused(text):
    with pytest.raises(Damaged, match="policy"):
        Policy.parse(text)


def test_names_are_bytes_and_never_folded():
    kelvin = f"witness K {VKEYS['X1'].text}\nwitness \u212a {VKEYS['X2'].text}\ngroup \u00e9 1 K\ngroup e\u0301 1 \u212a\nquorum \u00e9\n"
    assert [group.name for group in Policy.parse(kelvin).groups] == ["\u00e9", "e\u0301"]
    raw = f"witness \udcff {VKEYS['X1'].text}\nquorum \udcff\n".encode("utf-8", "surrogateescape")
    assert Policy.parse(Policy.parse(raw).text) == Policy.parse(raw)
    bad(b"log \xff" + LOG_VKEY.text.encode() + b"\nquorum none\n", 1)


def test_thirty_two_of_each_and_more_are_read():
    lines = []
    for number in range(100):
        public = key(number)[1]
        lines.append(f"log {Vkey.for_ed25519(f'l{number}', public).text}\n")
        lines.append(f"witness w{number} {Vkey.for_cosigner(f'w{number}', public).text}\ngroup g{number} 1 w{number}\n")
    policy = Policy.parse("".join(lines) + "group all all " + " ".join(f"g{n}" for n in range(100)) + "\nquorum all\n")
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups)) == (100, 100, 101)


@given(st.binary(max_size=300))
def test_no_bytes_bring_more_than_a_sentence(data):
    try:
        Policy.parse(data)
    except Damaged as error:
        assert "policy" in str(error)


@given(st.data())
def test_a_policy_with_one_byte_changed_is_read_or_refused_by_line(data):
    octets = bytearray(TWO_LEVELS.encode())
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        Policy.parse(bytes(octets))
    except Damaged as error:
        assert "policy" in str(error)
