"""The walk: every regular file once, everything else refused with its reason, no link followed."""

import os
import socket

import pytest

from witnessmark.errors import Damaged, WrongUsage
from witnessmark.intake.walk import FoundFile, source_root, walk
from witnessmark.model.accession import Refusal, RefusalReason
from witnessmark.model.exhibit import printed


def seen(folder):
    found = list(walk(source_root(str(folder))))
    files = [printed(item.path) for item in found if isinstance(item, FoundFile)]
    refused = {printed(item.path): item.reason for item in found if isinstance(item, Refusal)}
    return files, refused


def test_every_regular_file_is_seen_once_in_a_fixed_order(tmp_path):
    for name in ("b.txt", "a.txt", "sub/deep/c.txt", "sub/b.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert seen(tmp_path)[0] == ["a.txt", "b.txt", "sub/b.txt", "sub/deep/c.txt"]


def test_links_pipes_and_sockets_are_refused_with_their_reason(tmp_path):
    (tmp_path / "kept.txt").write_text("x")
    (tmp_path / "link").symlink_to("kept.txt")
    (tmp_path / "folder-link").symlink_to("/")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "s"))
        files, refused = seen(tmp_path)
    assert files == ["kept.txt"]
    assert refused == {
        "link": RefusalReason.SYMLINK,
        "folder-link": RefusalReason.SYMLINK,
        "pipe": RefusalReason.FIFO,
        "s": RefusalReason.SOCKET,
    }


def test_a_name_that_is_no_utf8_keeps_its_bytes(tmp_path):
    raw = os.fsencode(str(tmp_path)) + b"/r\xe9sum\xe9.txt"
    with open(raw, "wb") as out:
        out.write(b"x")
    (found,) = walk(source_root(str(tmp_path)))
    assert isinstance(found, FoundFile)
    assert found.path[0].as_bytes == b"r\xe9sum\xe9.txt"
    assert "\ufffd" in found.path[0].name


def test_a_single_file_is_its_own_name(tmp_path):
    (tmp_path / "one.txt").write_text("x")
    assert seen(tmp_path / "one.txt")[0] == ["one.txt"]


def test_a_missing_source_is_one_sentence(tmp_path):
    with pytest.raises(Damaged, match="cannot be read"):
        source_root(str(tmp_path / "nothing"))


def test_a_pipe_as_source_is_wrong_usage(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WrongUsage):
        source_root(str(tmp_path / "pipe"))


def test_three_hundred_levels_are_walked_without_recursion(tmp_path):
    folder = tmp_path
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=descriptor)
        deeper = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = deeper
    os.close(os.open("leaf.txt", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)
    files, refused = seen(tmp_path)
    assert len(files) + len(refused) == 1
