"""`witnessmark attest`: seal a person's signed answer about exhibits, and hand out a receipt."""

import argparse

from witnessmark.catalogue.query import Catalogue
from witnessmark.cli import compose, passphrase, say
from witnessmark.errors import DiskFailure, WrongUsage
from witnessmark.model.digest import Commitment
from witnessmark.model.words import Answer
from witnessmark.proof import dsse
from witnessmark.review import key as keys
from witnessmark.review import reasons
from witnessmark.review.attest import Receipt, attest
from witnessmark.review.sign import Answered


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "The key is the reviewer's own: made once with --make-key, kept outside the archive.\n\n"
        "examples:\n"
        "  witnessmark attest archive/ --make-key /media/usb/mavrel.pem\n"
        "  witnessmark attest archive/ path:orders/17.pdf --as 'I. Mavrel' --key /media/usb/mavrel.pem \\\n"
        "      --answer mostly-fits --reasons reasons.toml --receipt receipt.tlog-proof\n\n"
        "a file of reasons:\n" + "".join(f"  {row}\n" for row in reasons.EXAMPLE.splitlines())
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("exhibits", metavar="EXHIBIT", nargs="*", help="id, public id, or path: and the path")
    parser.add_argument("--as", dest="name", metavar="NAME", help="the name, or the pseudonym, that signs")
    parser.add_argument("--key", metavar="FILE", help="the reviewer's private key")
    parser.add_argument("--make-key", metavar="FILE", help="make a new key there and stop")
    parser.add_argument("--answer", choices=[answer.value for answer in Answer])
    parser.add_argument("--reasons", metavar="FILE", help="method, reasons, alternatives, limits (TOML)")
    parser.add_argument(
        "--considers", metavar="FINDING", action="append", default=[], help="a held finding that was looked into"
    )
    parser.add_argument("--receipt", metavar="FILE", help="write the receipt there, and what opens it to FILE.fields")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make a key, or sign and seal an answer."""
    if arguments.make_key:
        return _make_key(arguments)
    missing = [name for name in ("name", "key", "answer", "reasons") if getattr(arguments, name) is None]
    if missing or not arguments.exhibits:
        words = {"name": "--as NAME", "key": "--key FILE", "answer": "--answer ANSWER", "reasons": "--reasons FILE"}
        wanted = [words[name] for name in missing] or ["at least one EXHIBIT"]
        raise WrongUsage(f"an attestation also needs {', '.join(wanted)}")
    keys.check_outside(arguments.key, arguments.archive)
    key = keys.load(arguments.key)
    why = reasons.load(arguments.reasons)
    with compose.for_writing(arguments.archive, arguments) as (archive, catalogue):
        exhibits = tuple(catalogue.exhibit(ref).commitment for ref in arguments.exhibits)
        answered = Answered(
            arguments.name,
            Answer(arguments.answer),
            why,
            exhibits,
            tuple(_finding(catalogue, ref, exhibits) for ref in arguments.considers),
        )
        receipt = attest(archive, catalogue, answered, key, clock=compose.clock, entropy=compose.entropy)
    if arguments.receipt:
        try:
            for path, text in ((arguments.receipt, receipt.proof), (f"{arguments.receipt}.fields", receipt.opened)):
                with open(path, "x", encoding="utf-8") as out:
                    out.write(text)
        except OSError as error:
            raise DiskFailure(
                f"the attestation is sealed, but the receipt {arguments.receipt} cannot be written: {error.strerror}"
            ) from error
    _print(arguments, receipt)
    return 0


def _make_key(arguments: argparse.Namespace) -> int:
    keys.check_outside(arguments.make_key, arguments.archive)
    key = keys.make(arguments.make_key, entropy_seed=compose.entropy(32))
    if arguments.json:
        say.line(say.json_line({"key": arguments.make_key, "keyid": dsse.keyid(key.public)}))
    else:
        say.line(f"A new key lies in {say.safe(arguments.make_key)}, readable by you alone and without a passphrase.")
        say.line("Keep it on a medium of your own: whoever holds it can sign in your name.")
    return 0


def _finding(catalogue: Catalogue, ref: str, exhibits: tuple[Commitment, ...]) -> Commitment:
    """Return the finding meant: one that waits, or one about these exhibits that was considered before."""
    rows = [*catalogue.held(), *(row for exhibit in exhibits for row in catalogue.findings(exhibit))]
    found = list({row.commitment for row in rows if ref and row.commitment.hex.startswith(ref.lower())})
    if len(found) != 1:
        raise WrongUsage(
            f"--considers {ref!r} names {'no' if not found else 'more than one'} finding that waits: "
            "`witnessmark status` lists them"
        )
    return found[0]


def _print(arguments: argparse.Namespace, receipt: Receipt) -> None:
    if arguments.json:
        say.line(
            say.json_line(
                {
                    "attestation": receipt.commitment.hex,
                    "index": receipt.index,
                    "size": receipt.size,
                    "released": receipt.released,
                    "receipt": receipt.proof,
                    "fields": [list(field) for field in receipt.fields],
                }
            )
        )
        return
    say.line(f"Sealed as entry {receipt.index:,} of {receipt.size:,}.")
    if receipt.released:
        say.line(f"{say.counted(receipt.released, 'finding')} no longer waits: it was considered.")
    say.line(
        "Receipt: keep both parts. Together they show that this judgement was sealed, should an edition leave it out."
    )
    say.line(receipt.proof.rstrip("\n"))
    say.line(receipt.opened)
