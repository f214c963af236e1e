"""What stands beside the pages of an OFD document: who made it and when, titles, tags, attachments, signatures, locks.

Signatures are told as they stand (GB/T 33190-2016, section 18): nothing here checks one. Locked packages follow
GM/T 0099: their entry, `Encryptions.xml`, is in the open.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from witnessmark.cell.report import Report
from witnessmark.formats import dates
from witnessmark.formats.encodings import storable
from witnessmark.formats.ofd_parts import LONGEST, Parts, said, texts

ENTRY: Final = "OFD.xml"
LOCKS: Final = "Encryptions.xml"
MOST: Final = 1_000
"""Signatures, attachments, tags and the like that are told of one document."""
MOST_REFERENCES: Final = 500
_SINGLE: Final = re.compile(r"(?<=[-/: ])(?=\d(?!\d))")
_WORDS: Final = ("Title", "Author", "Subject", "Abstract", "Keywords", "DocUsage")
_PROVIDER: Final = ("ProviderName", "Company", "Version")


def read_information(body: Any, report: Report) -> dict[str, str]:
    """Report who made a document, with what and when (section 7.4); return what it is called, and its identifier."""
    about = body.find("{*}DocInfo")
    found = said(about, *_WORDS, "DocID")
    if about is not None and "Keywords" in found:
        found["Keywords"] = ", ".join("".join(word.itertext()).strip() for word in about.iter("{*}Keyword"))[:LONGEST]
    for name in _WORDS:
        if found.get(name):
            report.hidden(f"metadata: {name}", found[name] + "\n")
    when = said(about, "CreationDate", "ModDate")
    for name, what in (("CreationDate", "created"), ("ModDate", "modified")):
        dates.observe(report, what, _moment(when.get(name, "")), f"OFD {name}")
    made = said(about, "Creator", "CreatorVersion")
    dates.observe_software(report, made.get("Creator", ""), made.get("CreatorVersion", ""), "OFD Creator")
    if made.get("Creator"):
        report.hidden("metadata: Creator", made["Creator"] + "\n")
    for element in _some(about, "CustomData"):
        text = _text(element)
        if text:
            report.hidden(storable(f"metadata: {(element.get('Name') or '')[:100]}"), text + "\n")
    return {name.lower(): text[:500] for name, text in found.items()}


def read_document(document: Any, place: str, parts: Parts, report: Report) -> None:
    """Report what a document's root leads to beside pages: titles, permissions, tags, attachments, extensions."""
    titles = [storable(element.get("Title") or "").strip()[:LONGEST] for element in document.iter("{*}OutlineElem")]
    titles += [storable(element.get("Name") or "").strip()[:LONGEST] for element in document.iter("{*}Bookmark")]
    if any(titles):
        report.hidden("bookmarks", "\n".join(title for title in titles if title) + "\n")
    allowed = document.find("{*}Permissions")
    if allowed is not None:
        report.observe("ofd.permissions", list(texts(allowed, 100)))
    for name, reader in (
        ("CustomTags", _read_tags),
        ("Attachments", _read_attachments),
        ("Extensions", _read_extensions),
    ):
        found = parts.follow(place, said(document, name).get(name))
        if found is not None:
            reader(found, parts, report)


def _read_tags(place: str, parts: Parts, report: Report) -> None:
    """Report the custom tags (section 16): what an invoice or a form says of itself in words of its own."""
    for element in _some(parts.root(place), "CustomTag"):
        found = parts.follow(place, said(element, "FileLoc").get("FileLoc"))
        words = list(texts(parts.root(found))) if found is not None else []
        kind = element.get("TypeID") or element.get("NameSpace") or ""
        if words:
            report.hidden(storable(f"custom tag {kind[:100]}".rstrip()), "\n".join(words) + "\n")


def _read_attachments(place: str, parts: Parts, report: Report) -> None:
    """Report the attachments (section 20); those in XML come out as members as the others do."""
    for element in _some(parts.root(place), "Attachment"):
        about = said(element, "Name", "Format", "Size", "CreationDate", "ModDate", "Usage")
        found = parts.follow(place, said(element, "FileLoc").get("FileLoc") or element.get("BaseLoc"))
        if found is not None:
            parts.also.add(found)
        shows = element.get("Visible", "true").strip().lower() != "false"
        stated = {name.lower(): text[:500] for name, text in about.items()}
        report.observe("ofd.attachment", {**stated, "part": storable(found or "")[:500], "shows": shows})
        words = [about[name] for name in ("Name", "Usage") if name in about]
        if words:
            report.hidden("attachment", "\n".join(words) + "\n")


def _read_extensions(place: str, parts: Parts, report: Report) -> None:
    """Report what programs added for themselves (section 17)."""
    for element in _some(parts.root(place), "Extension"):
        about = said(element, "AppName", "Company", "AppVersion", "Date")
        report.observe("ofd.extension", {name.lower(): text[:200] for name, text in about.items()})
        words = list(texts(element, 10_000))
        for extended in element.iter("{*}ExtendData"):
            found = parts.follow(place, _text(extended))
            if found is not None and found.lower().endswith(".xml"):
                words += texts(parts.root(found))
        if words:
            report.hidden("extension", "\n".join(words) + "\n")


def read_signatures(body: Any, parts: Parts, report: Report) -> None:
    """Report each signature or seal: who provides it, how and when it was made, and which parts it says it covers."""
    place = parts.follow(ENTRY, said(body, "Signatures").get("Signatures"))
    for element in _some(parts.root(place), "Signature"):
        found = parts.follow(place or "", element.get("BaseLoc"))
        signature = parts.root(found)
        if signature is None or found is None:
            continue
        about = signature.find("{*}SignedInfo")
        stated = said(about, "SignatureMethod", "SignatureDateTime")
        covered = None if about is None else about.find("{*}References")
        report.observe(
            "ofd.signature",
            {
                "id": storable(element.get("ID") or "")[:100],
                "type": storable(element.get("Type") or "")[:100],
                **_provider(about),
                "method": stated.get("SignatureMethod", "")[:200],
                "time": stated.get("SignatureDateTime", "")[:200],
                "digest": storable("" if covered is None else covered.get("CheckMethod") or "")[:200],
                "covers": _covered(covered),
                "of": len(parts.package.names),
            },
        )
        dates.observe(report, "signed", _moment(stated.get("SignatureDateTime", "")), "OFD SignatureDateTime")
        words = [*_provider(about).values(), *_parameters(about)]
        if any(words):
            report.hidden("signature", "\n".join(word for word in words if word) + "\n")
        for holder in (signature, about.find("{*}Seal") if about is not None else None):
            for name in ("SignedValue", "BaseLoc"):
                parts.follow(found, said(holder, name).get(name))  # a member like any other, or missing


def _provider(about: Any | None) -> dict[str, str]:
    found = said(None if about is None else about.find("{*}Provider"), *_PROVIDER)
    return {name.lower(): text[:200] for name, text in found.items()}


def _covered(references: Any | None) -> list[list[str]]:
    """Return the parts that a signature names, each with the digest that stands beside it."""
    found = list[list[str]]()
    for element in () if references is None else references.iter("{*}Reference"):
        if len(found) < MOST_REFERENCES:
            value = said(element, "CheckValue").get("CheckValue", "")
            found.append([storable(element.get("FileRef") or "")[:300], value[:300]])
    return found


def _parameters(about: Any | None) -> Iterator[str]:
    for element in _some(about, "Parameter"):
        yield storable(f"{(element.get('Name') or '')[:200]}: {_text(element)}".removeprefix(": "))


def read_locks(parts: Parts, report: Report) -> dict[str, str] | None:
    """Report how a package is locked and for whom; return its locked parts as far as they are told, None if it is open.

    The value is what each part was called before.
    """
    place = parts.package.find(LOCKS)
    root = parts.root(place)
    if place is None:
        return None
    locked: dict[str, str] = {}
    for element in _some(root, "EncryptInfo"):
        about = said(element, "EncryptScope", "EncryptDate", "DecryptSeedLoc", "EntriesMapLoc")
        keys = parts.package.root(parts.follow(place, about.get("DecryptSeedLoc")))
        users = [name for user in _some(keys, "UserInfo") if (name := said(user, "UserName").get("UserName"))]
        where = parts.follow(place, about.get("EntriesMapLoc"))
        for entry in _some(parts.package.root(where), "EncryptEntry", 20_000):
            found = parts.follow(where or "", entry.get("EPath"))
            if found is not None:
                locked[found] = storable(entry.get("Path") or "")[:500]
        scope, when = about.get("EncryptScope", ""), about.get("EncryptDate", "")
        report.observe(
            "ofd.encryption", {**_provider(element), "scope": scope[:200], "time": when[:200], "users": users[:100]}
        )
        dates.observe(report, "encrypted", _moment(when), "OFD EncryptDate")
        if users:
            report.hidden("keys are held by", "\n".join(users) + "\n")
    return locked


def _moment(raw: str) -> dates.Moment:
    """Return a date as makers of OFD write it: in a form of ISO 8601, months and days without noughts too."""
    return replace(dates.from_pdf(_SINGLE.sub("0", raw)), raw=raw[: dates.LONGEST])


def _some(root: Any | None, name: str, most: int = MOST) -> Iterator[Any]:
    for count, element in enumerate(() if root is None else root.iter("{*}" + name)):
        if count >= most:
            return
        yield element


def _text(element: Any) -> str:
    return storable(" ".join("".join(element.itertext())[:LONGEST].split()))
