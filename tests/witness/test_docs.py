"""The pages about witnesses and policies say what the code does."""

import re
from pathlib import Path

from witnessmark.proof import policy
from witnessmark.witness import keep, refusal, request, serve

DOCS = Path(__file__).resolve().parents[2] / "docs"
SPEC = (DOCS / "spec/witness.md").read_text(encoding="utf-8")


def test_every_status_of_a_refusal_is_on_the_page_with_its_exit_code():
    rows = re.findall(r"^\| (\d{3}) \| (\d+)", SPEC, re.MULTILINE)
    assert {(str(one.status), str(one.exit_code)) for one in refusal.REFUSALS} <= set(rows)


def test_the_limits_on_the_page_are_those_of_the_code():
    assert f"{serve.LARGEST_HEADER >> 10} KiB (431)" in SPEC
    assert f"{request.LARGEST >> 10} KiB (413)" in SPEC
    assert f"| connections | {serve.MOST_CONNECTIONS};" in SPEC
    assert f"| a request | {serve.SECONDS:.0f} seconds" in SPEC
    assert f"at most {keep.MOST_REFUSED}: evidence" in SPEC


def test_the_policy_on_the_page_is_one():
    text = (DOCS / "spec/policy.md").read_text(encoding="utf-8")
    example = "".join(line[4:] + "\n" for line in text.split("## Lines")[0].split("\n") if line.startswith("    "))
    found = policy.Policy.parse(example)
    assert (found.quorum, len(found.witnesses), len(found.logs)) == ("either", 2, 1)
    assert f"{policy.LARGEST >> 10} KiB, {policy.MOST_LINES} lines, {policy.MOST_OF_EACH} of each" in text
