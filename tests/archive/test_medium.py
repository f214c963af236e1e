"""What the kernel says of the medium: yes, no, or that it cannot be told."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from witnessmark.archive import medium
from witnessmark.archive.medium import Encrypted


@pytest.fixture
def machine(tmp_path):
    """A made-up machine: a disk with a partition, LUKS on another, LVM above both ways."""
    proc, sys = tmp_path / "proc", tmp_path / "sys"
    (proc / "self").mkdir(parents=True)

    def device(number, name, uuid="", slaves=()):
        place = sys / "devices" / name
        (place / "slaves").mkdir(parents=True)
        (place / "dm").mkdir()
        (place / "dm" / "uuid").write_text(uuid)
        for slave in slaves:
            (place / "slaves" / slave).symlink_to(sys / "devices" / slave)
        for folder, link in (("dev/block", number), ("class/block", name)):
            (sys / folder).mkdir(parents=True, exist_ok=True)
            (sys / folder / link).symlink_to(place)

    device("8:1", "sda1")
    device("254:0", "dm-0", "CRYPT-LUKS2-0123-disk", ["sda1"])
    device("254:1", "dm-1", "LVM-abc", ["dm-0"])
    device("254:2", "dm-2", "LVM-abd", ["dm-0", "sda1"])
    device("254:3", "dm-3", "LVM-abe", ["sda1"])

    def under(folder, *mounts):
        lines = [
            f"{n} 1 {number} / {place} rw - {kind} {source} rw"
            for n, (number, place, kind, source) in enumerate(mounts)
        ]
        (proc / "self" / "mountinfo").write_text("\n".join(lines) + "\n")
        return medium.under(folder, proc=proc, sys=sys)

    return under


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        (("8:1", "/", "ext4", "/dev/sda1"), Encrypted.NO),
        (("254:0", "/", "ext4", "/dev/mapper/disk"), Encrypted.YES),
        (("254:1", "/", "xfs", "/dev/mapper/vg-root"), Encrypted.YES),
        (("254:2", "/", "xfs", "/dev/mapper/vg-both"), Encrypted.NO),
        (("254:3", "/", "xfs", "/dev/mapper/vg-bare"), Encrypted.NO),
        (("0:44", "/", "btrfs", "/dev/sda1"), Encrypted.NO),
        (("0:44", "/", "overlay", "overlay"), Encrypted.UNKNOWN),
        (("0:44", "/", "nfs4", "host:/x"), Encrypted.UNKNOWN),
        (("0:44", "/", "tmpfs", "tmpfs"), Encrypted.UNKNOWN),
        (("0:44", "/", "fuse.gocryptfs", "/x"), Encrypted.YES),
        (("9:9", "/", "ext4", "/dev/gone"), Encrypted.UNKNOWN),
    ],
)
def test_what_lies_under_a_folder(machine, tmp_path, mount, said):
    number, place, kind, source = mount
    if source == "/dev/sda1" and number == "0:44":  # found by its name: its number is the file system's own
        assert os.path.basename(os.path.realpath(source)) == "sda1"
    assert machine(tmp_path, mount).encrypted is said


def test_the_nearest_mount_and_of_two_on_one_place_the_later_counts(machine, tmp_path):
    root = ("8:1", "/", "ext4", "/dev/sda1")
    near = ("254:0", str(tmp_path).replace(" ", "\\040"), "ext4", "/dev/mapper/disk")
    assert machine(tmp_path, root, near).encrypted is Encrypted.YES
    assert machine(tmp_path, near, root).encrypted is Encrypted.YES
    assert machine(tmp_path, near, ("8:1", str(tmp_path), "ext4", "/dev/sda1")).encrypted is Encrypted.NO
    beside = ("254:0", str(tmp_path)[:-1], "ext4", "/dev/mapper/disk")
    assert machine(tmp_path, root, beside).encrypted is Encrypted.NO


def test_without_the_kernels_list_nothing_is_told(tmp_path):
    assert medium.under(tmp_path, proc=tmp_path / "none").encrypted is Encrypted.UNKNOWN


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_whatever_the_list_holds_there_is_an_answer(tmp_path, text):
    (tmp_path / "self").mkdir(exist_ok=True)
    (tmp_path / "self" / "mountinfo").write_text(text.replace("\ud800", ""), encoding="utf-8", errors="replace")
    assert medium.under(tmp_path, proc=tmp_path, sys=tmp_path / "no").encrypted is Encrypted.UNKNOWN


def test_this_machine_is_looked_at_without_complaint(tmp_path):
    assert medium.under(tmp_path).why
    assert medium.on_one_disk(tmp_path, tmp_path / "not" / "there")
