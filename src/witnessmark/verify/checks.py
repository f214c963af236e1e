"""Every check of an edition, in one order: keys, manifest, files, release, exhibits, reviewers, continuity.

Rules for whoever changes this file:
- Trust comes from outside: with a key given, every signature is held against that key, never against the folder's.
- Every check is made and noted, also after one has failed; a file that fails is named.
- A file that no check speaks of is not accounted for, and that is false.
"""

import hashlib
import os
from collections.abc import Collection, Sequence
from itertools import pairwise

from witnessmark.errors import BrokenEvidence, Damaged, Falsified, Undecided
from witnessmark.model import codec
from witnessmark.model.codec import Fields
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.public_id import PublicId
from witnessmark.model.words import Kind
from witnessmark.proof import merkle, note
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import Vkey
from witnessmark.proof.policy import NONE, Policy
from witnessmark.proof.succession import Succession
from witnessmark.verify import exhibits, explain, shown, walk, witnessed
from witnessmark.verify.exhibits import Checked, Context
from witnessmark.verify.report import Release, Report, Tally
from witnessmark.verify.sealed import Log, Sealed
from witnessmark.verify.shapes import Continues, Keys, Link
from witnessmark.verify.walk import CONTINUES, LARGEST_JSON, LARGEST_MANIFEST, LARGEST_PROOF, MANIFEST, RELEASE, Site
from witnessmark.verify.witnessed import Anchored, Reader

KEYS = "proof/keys.json"


def verify_site(
    path: str, key: Vkey | None = None, *, at_least: str | None = None, reader: Reader | None = None
) -> Report:
    """Check an edition and return everything that was found.

    Args:
        path: the folder of the edition.
        key: the log's key, got elsewhere than from this folder.
        at_least: a whole checkpoint, got elsewhere, that the edition must not be older than.
        reader: what else the reader brought: a policy, headers of Bitcoin blocks.

    Raises:
        Damaged: when there is no such folder, or it is no edition at all.
    """
    tally = Tally()
    if not os.path.isdir(path):
        raise Damaged(f"{path}: there is no such folder")
    site = Site(os.path.realpath(path), tally)
    if not any(site.has(name) for name in (MANIFEST, KEYS, RELEASE)):
        raise Damaged(f"{path}: this is no edition: it has neither a manifest nor a folder of proofs")
    rows = _manifest(site, tally)
    if rows is None:
        for name in sorted(site.files.keys() - walk.OUTSIDE):
            tally.undecided(name, "no sound manifest says what it must be")
    else:
        walk.account(site, rows, tally)
    reader = reader or Reader()
    key, keys = _keys(site, tally, key, reader.policy)
    used = key or (keys.log if keys else None)
    log = None if used is None else _log(used, keys)
    release, found, anchored = None, tuple[Checked, ...](), Anchored()
    if log is not None:
        _check_handing_over(site, log, keys, tally)
        release, continues = _release(site, log, tally)
        anchored = witnessed.read(site, log, keys, reader, tally)
        context = Context(site, log, keys, release, anchored, tally)
        folders = _folders(context)
        checked = (exhibits.check(context, folder, folders[folder]) for folder in sorted(folders, key=_in_order))
        found = tuple(one for one in checked if one is not None)
        is_whole = keys is not None and len(found) == len(folders)
        _check_pages(context, folders.keys(), found, is_whole=is_whole)
        if is_whole:
            _check_reviewers(context, found)
        _check_continuity(log, continues, tally, is_whole=is_whole)
        _check_at_least(log, at_least, tally)
        _check_quorum(reader.policy, found, tally)
    else:
        tally.undecided("", "without a key no proof can be checked: give one with --key")
    files = dict(site.files) | {path: -1 for path in (rows or {}) if not site.has(path)}
    reports = tuple(one.report for one in found)
    return Report(
        path,
        files,
        tuple(tally.verdicts),
        reports,
        release,
        log.keys.current if log else None,
        key is not None,
        explain.not_shown(is_witnessed=anchored.is_cosigned),
    )


def _manifest(site: Site, tally: Tally) -> dict[str, walk.Row] | None:
    with tally.judging(MANIFEST):
        return walk.parse_manifest(site.read(MANIFEST, LARGEST_MANIFEST))
    return None


def _keys(site: Site, tally: Tally, key: Vkey | None, policy: Policy | None) -> tuple[Vkey | None, Keys | None]:
    """Return the key from outside, if there is one, and those of the folder."""
    trusted = [log.key for log in policy.logs] if policy is not None and key is None else []
    with tally.judging(KEYS):
        keys = Keys.parse(site.read(KEYS, LARGEST_JSON))
        if trusted:
            key = next((one for one in reversed(keys.succession.keys) if one in trusted), trusted[0])
        with tally.judging(KEYS):
            if key is not None and key not in keys.succession.keys:
                raise Falsified("names another key of the log than the one you gave")
            tally.agrees(KEYS, _which(key, keys))
        return key, keys
    return (trusted[0] if trusted else key), None


def _which(key: Vkey | None, keys: Keys) -> str:
    if key is None:
        return "names the key that is used here"
    return "names the key you gave" if key == keys.log else "names the key you gave as an earlier key of the log"


def _log(key: Vkey, keys: Keys | None) -> Log:
    """Return the log under a key: with those before and after it, where the edition says how they hand over."""
    if keys is None:
        return Log(Succession(key), ())
    return Log(keys.succession if key in keys.succession.keys else Succession(key), keys.witnesses)


def _check_handing_over(site: Site, log: Log, keys: Keys | None, tally: Tally) -> None:
    """Check that each earlier key handed over: an event in the log, under a checkpoint that both keys signed."""
    if keys is None or log.keys != keys.succession:
        return
    for row, following in zip(keys.earlier, log.keys.keys[1:], strict=True):
        with tally.judging(row.proof):
            sealed = log.walk(site.text(row.proof, LARGEST_PROOF))
            told = sealed.opened(row.fields)
            wanted = ("rotated", codec.to_base64(row.key.public), codec.to_base64(following.public))
            if sealed.kind != Kind.KEY or (told.get("action"), told.get("previous"), told.get("public")) != wanted:
                raise Falsified("is not the event by which this key of the log handed over to the next")
            if sealed.size != row.size:
                raise Falsified("does not stand under the checkpoint at which the key is said to hand over")
            tally.agrees(
                row.proof, f"hands the log over to its next key on {shown.day(told.get('sealed'))}, signed by both"
            )


def _check_quorum(policy: Policy | None, found: Sequence[Checked], tally: Tally) -> None:
    """Check that the witnesses that the reader asks for have seen every exhibit."""
    if policy is None or policy.quorum == NONE:
        return
    unseen = [one.report.id for one in found if not one.is_seen]
    if unseen:
        named = ", ".join(unseen[:3]) + (" …" if len(unseen) > 3 else "")
        tally.undecided(
            "",
            f"the witnesses that your policy asks for have not cosigned a checkpoint that covers {len(unseen)} of "
            f"{len(found)} exhibits: {named}",
        )
    elif found:
        tally.agrees("", "the witnesses that your policy asks for have seen every exhibit")


def _release(site: Site, log: Log, tally: Tally) -> tuple[Release | None, Continues | None]:
    """Walk from the release event to the key, and from the event to the manifest."""
    continues: Continues | None = None
    release: Release | None = None
    sealed: Sealed | None = None
    with tally.judging(CONTINUES):
        continues = Continues.parse(site.read(CONTINUES, LARGEST_JSON))
    with tally.judging(RELEASE):
        found = log.walk(site.text(RELEASE, LARGEST_PROOF))
        if found.kind != Kind.RELEASE:
            raise Falsified(f"proves an entry of kind {found.kind} where a release belongs")
        tally.agrees(RELEASE, f"stands in the log as entry {found.index} of {found.size}")
        sealed = found
    if continues is None or sealed is None:
        tally.undecided(MANIFEST, "no release vouches for it")
        return None, continues
    with tally.judging(CONTINUES):
        fields = sealed.opened(continues.release)
        shown.check_release(continues.release)
        release = _read_release(log, fields, sealed.index, sealed.size)
        tally.agrees(CONTINUES, "opens the release as it was sealed")
    if release is None:
        tally.undecided(MANIFEST, "no release vouches for it")
        return None, continues
    with tally.judging(MANIFEST):
        if hashlib.sha256(site.read(MANIFEST, LARGEST_MANIFEST)).hexdigest() != release.manifest:
            raise Falsified("is not the manifest that was released")
        tally.agrees(MANIFEST, f"is the manifest that edition {release.edition} was released with")
    return release, continues


def _read_release(log: Log, fields: Fields, index: int, latest: int) -> Release:
    match fields:
        case {
            "edition": int() as edition,
            "sealed": str() as sealed,
            "manifest": str() as manifest,
            "checkpoint": str() as text,
            "ids": list() as ids,
            "decisions": list() as decisions,
        } if edition >= 1 and not isinstance(edition, bool):
            checkpoint = log.checkpoint(text)
            if checkpoint.size > index:
                raise Falsified("the release stands in the log before the checkpoint that it speaks of")
            named = dict(map(_named, ids))
            if len(set(named.values())) != len(ids):
                raise Falsified("the release names an exhibit twice")
            rests_on = frozenset(_commitment(text) for text in decisions)
            return Release(
                edition, shown.day(sealed), index, Digest(manifest).hex, checkpoint.size, latest, named, rests_on
            )
    raise Falsified("the release says something else where its edition, day, manifest, checkpoint and lists belong")


def _named(row: object) -> tuple[bytes, str]:
    match row:
        case [str() as commitment, str() as name]:
            return Commitment.parse(commitment).raw, str(PublicId.parse(name))
    raise Damaged("the ids of the release are pairs of commitment and public id")


def _commitment(text: object) -> bytes:
    if not isinstance(text, str):
        raise Damaged("the decisions of the release are commitments")
    return Commitment.parse(text).raw


def _folders(context: Context) -> dict[str, set[str]]:
    """Return the files of each exhibit by its folder."""
    folders: dict[str, set[str]] = {}
    for path in context.site.files:
        parts = path.split("/", 2)
        if len(parts) == 3 and parts[0] == "e":
            folders.setdefault(f"e/{parts[1]}", set()).add(path)
        elif parts[0] == "e":
            context.tally.false(path, "does not belong to an exhibit")
    return folders


def _in_order(folder: str) -> tuple[int, str]:
    """Return a sorting key by which TP-99999 comes before TP-100000."""
    return len(folder), folder


def _check_reviewers(context: Context, found: Sequence[Checked]) -> None:
    """Check that each reviewer in `keys.json` is introduced by the opening that it names."""
    assert context.keys is not None
    introduced: dict[str, tuple[str, str]] = {}
    for one in found:
        introduced |= one.reviewers
    with context.tally.judging(KEYS):
        listed = {(row.name, codec.to_base64(row.public)): row.proof for row in context.keys.reviewers}
        for reviewer, proof in listed.items():
            if introduced.get(proof) != reviewer:
                raise Falsified(f"lists the reviewer {reviewer[0]!r}, whom {proof} does not introduce")
        for proof, reviewer in introduced.items():
            if reviewer not in listed:
                raise Falsified(f"does not list the reviewer whom {proof} introduces")


def _check_pages(context: Context, folders: Collection[str], found: Sequence[Checked], *, is_whole: bool) -> None:
    """Check that each name and each decision of the release has its page, and no exhibit has two."""
    if context.release is None:
        return
    for name in sorted(context.release.ids.values()):
        folder = f"e/{PublicId.parse(name).folder}"
        if folder not in folders:
            context.tally.false(f"{folder}/exhibit.json", f"is missing: the release names {name}")
    if not is_whole:
        return  # Why a page is not sound was said of that page.
    with context.tally.judging(""):
        if unseen := context.release.decisions - {one.decision for one in found}:
            raise Falsified(f"the release rests on {len(unseen)} decisions that have no page here")
    with context.tally.judging(""):
        if len({one.commitment for one in found}) != len(found):
            raise Falsified("two pages show the same exhibit")
    seen: set[str] = set()
    for one in found:
        with context.tally.judging(f"{one.report.folder}/exhibit.json"):
            if one.held & seen:
                raise Falsified("shows the hold of a finding about another exhibit")
        seen |= one.held


def _check_continuity(log: Log, continues: Continues | None, tally: Tally, *, is_whole: bool) -> None:
    """Check that the chain joins every checkpoint in the edition with the next larger one, and nothing else."""
    if continues is None:
        return
    with tally.judging(CONTINUES):
        met = log.checkpoints
        for smaller, larger in pairwise(met):
            if smaller.size == larger.size:
                raise Falsified(f"two different logs of {smaller.size} entries are signed: the log was rewritten")
        if not is_whole:
            raise Undecided("not every checkpoint of this edition could be read, so that the chain cannot be checked")
        if [(link.smaller, link.larger) for link in continues.chain] != [(a.size, b.size) for a, b in pairwise(met)]:
            raise Falsified("does not join exactly the checkpoints of this edition, in rising size")
        for link, (smaller, larger) in zip(continues.chain, pairwise(met), strict=True):
            _check_link(link, smaller, larger)
        tally.agrees(CONTINUES, f"joins the {len(met)} checkpoints of this edition: the log only grew")


def _check_link(link: Link, smaller: Checkpoint, larger: Checkpoint) -> None:
    merkle.check_consistency(smaller.size, larger.size, smaller.root, larger.root, link.proof)


def _check_at_least(log: Log, at_least: str | None, tally: Tally) -> None:
    """Check that the edition is not older than a checkpoint that the reader has."""
    if at_least is None:
        return
    met = {found.size: found for found in log.checkpoints}
    try:
        asked = Log(log.keys, ()).checkpoint(note.parse(at_least).kept(log.keys.keys).whole)
    except BrokenEvidence as error:
        tally.false("", f"the checkpoint given by --at-least does not fit this log: {error}")
        return
    latest = max(met, default=0)
    if asked.size > latest:
        tally.false("", f"older than asked: its newest checkpoint has {latest} entries, yours {asked.size}")
    elif asked.size not in met:
        tally.undecided(
            "",
            "newer than the checkpoint you gave, which is none of its own: "
            "whether its log continues yours cannot be checked here",
        )
    elif met[asked.size] != asked:
        tally.false("", f"another log of {asked.size} entries than the one you have: the log was rewritten")
    else:
        tally.agrees("", "continues the checkpoint you gave")
