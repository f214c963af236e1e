"""Whether a time stamp authority's signature holds: asked of the program `openssl`, where it is on the machine.

Rules for whoever changes this file:
- A token counts only when it leads to a certificate that the reader's policy names by its digest; nothing that came
  with the token is trusted.
- Certificates are judged at the time that the token states, not today: authorities' certificates expire, tokens stay.
- No openssl, or one that does not understand the question: undecided, never "agrees".
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from witnessmark.errors import Falsified, Undecided
from witnessmark.model import codec
from witnessmark.proof.policy import Authority
from witnessmark.proof.timestamp import Token

SECONDS = 30
_SAID_YES = "Verification: OK"
_SAID_NO = ("Verification: FAILED", "ts_rsp_verify.c", "certificate verify error", "verify error:")
_ELSEWHERE = ("issuer certificate", "self-signed certificate", "self signed certificate")
"""What openssl says of a certificate that leads to another root than the trusted one: nothing is false then."""


def check(
    response: bytes, content: bytes, authorities: Sequence[Authority], certificates: Iterable[bytes] = ()
) -> tuple[Token, Authority]:
    """Return what a response says about these bytes, and the trusted authority whose signature it carries.

    Args:
        response: the authority's whole response, in DER.
        content: what was stamped.
        authorities: those that the reader trusts.
        certificates: further certificates in DER, to find the way to a trusted one.

    Raises:
        Damaged: when it is no response.
        Falsified: when it is about other bytes, or its signature or a certificate does not hold.
        Undecided: when it cannot be checked here.
    """
    token = Token.parse(response)
    token.check_imprint(content)
    known = {hashlib.sha256(one).digest(): one for one in (*token.certificates, *certificates)}
    candidates = [(one, known[one.certificate]) for one in authorities if one.certificate in known]
    if not candidates:
        raise Undecided("no certificate that the policy names came with this time stamp")
    program = shutil.which("openssl")
    if program is None:
        raise Undecided("the program openssl is not on this machine")
    reasons = list[str]()
    for authority, trusted in candidates:
        says = _ask(program, response, content, trusted, list(known.values()), token)
        if says is None:
            return token, authority
        reasons.append(says)
    wrong = [says for says in reasons if not any(mark in says for mark in _ELSEWHERE)]
    if not wrong:
        raise Undecided("its certificate does not lead to one that the policy names")
    raise Falsified(f"the time stamp's signature or certificate does not hold: {wrong[0]}")


def _ask(
    program: str, response: bytes, content: bytes, trusted: bytes, certificates: Sequence[bytes], token: Token
) -> str | None:
    """Return why openssl says no; None when it says yes."""
    with tempfile.TemporaryDirectory(prefix="witnessmark-") as name:
        folder = Path(name)
        (folder / "response").write_bytes(response)
        (folder / "content").write_bytes(content)
        (folder / "trusted").write_bytes(pem(trusted).encode())
        (folder / "others").write_bytes("".join(map(pem, certificates)).encode())
        words = [program, "ts", "-verify", "-in", "response", "-data", "content", "-CAfile", "trusted"]
        words += ["-untrusted", "others", "-partial_chain", "-attime", str(_seconds(token))]
        try:
            # A configuration of the machine must not decide; nothing is read but the four files.
            done = subprocess.run(
                words,
                cwd=folder,
                env={"OPENSSL_CONF": os.devnull, "PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Undecided("the program openssl could not be run") from error
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode == 0 and _SAID_YES in said:
        return None
    if not any(mark in said for mark in _SAID_NO):
        raise Undecided("the openssl on this machine does not understand the question")
    return _reason(said)


def _seconds(token: Token) -> int:
    return int(datetime.fromisoformat(token.time).timestamp())


def _reason(said: str) -> str:
    """Return the last part of openssl's first error line: its words for the cause."""
    for line in said.split("\n"):
        parts = line.split(":")
        if len(parts) > 5 and "error" in line:
            words = (part.strip() for part in parts[5:])
            return ": ".join(word for word in words if word and not word.isdecimal() and not word.endswith(".c"))[:200]
    return "openssl gives no reason"


def pem(certificate: bytes) -> str:
    """Return a certificate as text (RFC 7468)."""
    text = codec.to_base64(certificate)
    lines = "".join(text[at : at + 64] + "\n" for at in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n"
