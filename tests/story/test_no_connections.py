"""Nothing phones home: files that are full of addresses are read, and no connection leaves the tree of processes."""

import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from tests.cli.calling import argv

from witnessmark.cell.confine import Limits, Walls
from witnessmark.cell.grade import observe
from witnessmark.demo.write_docx import Core, docx, plain
from witnessmark.demo.write_zip import packed
from witnessmark.formats import warm


class Beacon:
    """A listener on this machine that counts who calls."""

    def __init__(self):
        self.calls = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while True:
            try:
                made, _ = self.listener.accept()
            except OSError:
                return
            self.calls += 1
            made.close()


@pytest.fixture
def beacon():
    made = Beacon()
    yield made
    made.listener.close()


def specimens(address):
    """Files of many formats that name an address where a reader might fetch something."""
    url = f"http://{address}/x"
    yield (
        "page.html",
        (
            f"<!doctype html><base href={url}><link rel=stylesheet href={url}><meta http-equiv=refresh content='0;url={url}'>"
            f"<script src={url}></script><img src={url} srcset='{url} 2x'><iframe src={url}></iframe><p>words</p>"
        ).encode(),
    )
    yield (
        "drawing.svg",
        (
            f"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>"
            f"<image xlink:href='{url}'/><use href='{url}#a'/><text>words</text></svg>"
        ).encode(),
    )
    yield (
        "entity.xml",
        (f"<?xml version='1.0'?><!DOCTYPE a SYSTEM '{url}' [<!ENTITY e SYSTEM '{url}'>]><a>&e; words</a>").encode(),
    )
    yield (
        "letter.eml",
        (
            f"From: a@lantern.example\nTo: b@lantern.example\nSubject: s\nMIME-Version: 1.0\n"
            f"Content-Type: text/html\n\n<img src='{url}'>words\n"
        ).encode(),
    )
    yield (
        "outside.eml",
        (
            f"From: a@lantern.example\nSubject: s\nMIME-Version: 1.0\nContent-Type: message/external-body; "
            f'access-type=URL; URL="{url}"\n\nContent-Type: text/plain\n\n'
        ).encode(),
    )
    document = docx(plain("Report", "words"), Core("Report", "Clerk", "2018-03-09T08:00:00Z", "2018-03-09T08:00:00Z"))
    yield "template.docx", _with_template(document, url)
    yield (
        "link.pdf",
        warm._pdf().replace(
            b"/MediaBox [0 0 612 792]",
            b"/MediaBox [0 0 612 792] /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 99 99] /A << /S /URI /URI ("
            + url.encode()
            + b") >> >>] /AA << /O << /S /SubmitForm /F << /FS /URL /F ("
            + url.encode()
            + b") >> >> >>",
        ),
    )
    yield "list.m3u8", f"#EXTM3U\n#EXTINF:1,\n{url}\n".encode()
    yield (
        "remote.rtf",
        (r"{\rtf1 {\field{\*\fldinst INCLUDEPICTURE " + url + r"}}{\*\template " + url + r"} words}").encode(),
    )


def _with_template(document, url):
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(document)) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
    parts["word/_rels/settings.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{kind}" Target="{url}" TargetMode="External"/></Relationships>'
    ).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def leak(tmp_path, beacon):
    folder = tmp_path / "leak"
    folder.mkdir()
    for name, data in specimens(beacon.address):
        (folder / name).write_bytes(data)
    (folder / "all.zip").write_bytes(packed([(name, data) for name, data in specimens(beacon.address)]))
    return folder


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_no_connection_leaves_the_tree_of_processes(leak, beacon, tmp_path):
    log = tmp_path / "calls"
    command = [
        "strace",
        "-ff",
        "-qq",
        "-e",
        "trace=network",
        "-o",
        log,
        *argv("compile", tmp_path / "archive", leak, "--json"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if "ptrace" in ran.stderr or "PTRACE" in ran.stderr:
        pytest.skip("this system lets nobody be traced")
    assert ran.returncode == 0, ran.stderr
    # A file for each process, so that no call is told in two halves.
    calls = "".join(part.read_text(errors="replace") for part in sorted(tmp_path.glob("calls.*")))
    assert calls.count("socketpair(AF_UNIX") > 2, "the trace saw our own processes"
    asked = re.findall(r"(?:connect|sendto|sendmsg|sendmmsg)\(.*AF_(?:INET6?|PACKET|NETLINK).*", calls)
    # A zygote tries whether its network is empty, and the attack from inside whether it can call out: both fail.
    assert all("127.0.0.1" in call and "sin_port=htons(9)" in call and " = -1 ENETUNREACH" in call for call in asked), (
        asked
    )
    assert beacon.calls == 0


def test_the_network_of_a_cell_has_moved_nothing(beacon, tmp_path):
    if observe(Walls()).grade != "A":
        pytest.skip("this machine has no network to spare")
    from tests.work.conftest import FakeStore

    from witnessmark.work.reading import Job
    from witnessmark.work.runner import Runner

    store = FakeStore(tmp_path)
    jobs = [Job(store.put(data), len(data), name) for name, data in specimens(beacon.address)]
    with Runner(store, 1, Limits()) as runner:
        results = list(runner.run(jobs))
        (zygote,) = runner._idle
        try:
            counters = Path(f"/proc/{zygote._pid}/net/dev").read_text().splitlines()[2:]
        except PermissionError:
            pytest.skip("its counters are not for us to read")
    assert len(results) == len(jobs)
    assert {result.grade for result in results} == {"A"}
    devices = {line.partition(":")[0].strip(): [int(n) for n in line.partition(":")[2].split()] for line in counters}
    assert set(devices) <= {"lo", "sit0", "tunl0", "ip6tnl0"}
    assert all(not any(numbers) for numbers in devices.values())
    assert beacon.calls == 0
