"""A time stamp authority of the invented Republic of Kestria: certificates made here, answers by `openssl ts`."""

import datetime as dt
import hashlib
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONF = """\
[tsa]
default_tsa = box
[box]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def _name(common):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Republic of Kestria"),
                      x509.NameAttribute(NameOID.COMMON_NAME, common)])  # fmt: skip


def _certificate(subject, issuer, key, signer, begins, ends, *, is_root):
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if not is_root:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(signer, hashes.SHA256())


class AuthorityInABox:
    """A root, a signer under it, and `openssl ts -reply`; `days` is how long the signer's certificate is still good."""

    def __init__(self, folder: Path, days: int = 30, name: str = "Hall of Clocks") -> None:
        self.folder = folder
        folder.mkdir()
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)  # noqa: TID251 - openssl ts asks the clock
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        begins, ends = now - dt.timedelta(days=400), now + dt.timedelta(days=400)
        self.root = _certificate(f"{name} Root", f"{name} Root", root_key, root_key, begins, ends, is_root=True)
        signer = _certificate(name, f"{name} Root", key, root_key, begins, now + dt.timedelta(days=days), is_root=False)
        pem = serialization.Encoding.PEM
        (folder / "root.pem").write_bytes(self.root.public_bytes(pem))
        (folder / "signer.pem").write_bytes(signer.public_bytes(pem))
        (folder / "key.pem").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        (folder / "serial").write_text("01\n")
        (folder / "conf").write_text(_CONF)

    @property
    def root_pem(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the root, as a policy names an authority."""
        return hashlib.sha256(self.root.public_bytes(serialization.Encoding.DER)).digest()

    def openssl(self, *words):
        return subprocess.run(["openssl", *map(str, words)], cwd=self.folder, capture_output=True, check=False)

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        done = self.openssl(
            "ts", "-reply", "-config", "conf", "-section", "box", "-queryfile", "query", "-signer", "signer.pem",
            "-inkey", "key.pem", "-out", "response",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return (self.folder / "response").read_bytes()

    def agrees(self, response: bytes, query: bytes) -> bool:
        """Whether `openssl ts -verify`, asked as a stranger would, accepts a response to a request."""
        (self.folder / "asked").write_bytes(query)
        (self.folder / "given").write_bytes(response)
        done = self.openssl("ts", "-verify", "-in", "given", "-queryfile", "asked", "-CAfile", "root.pem")
        return done.returncode == 0


@pytest.fixture
def make_authority(tmp_path):
    """Make an authority in a box under a name; its signer's certificate is good for so many days yet."""

    def make(name="Hall of Clocks", days=30):
        return AuthorityInABox(tmp_path / name.replace(" ", "-"), days, name)

    return make
