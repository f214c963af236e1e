"""Laws of a program behind walls: whatever it tries costs it its run, and nothing is left of it."""

import errno
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest
from tests.cell.forked import forked

from witnessmark.cell import kernel, landlock, namespaces
from witnessmark.cell.confine import Grade, Walls
from witnessmark.cell.launch import SEEN
from witnessmark.cell.program import Allowed, Command, Ended, run
from witnessmark.errors import DiskFailure

PYTHON = os.path.realpath(sys.executable)
SPACES = (*namespaces.Space,)
OFFERED = kernel.IS_KNOWN and landlock.abi() >= 6
APART = OFFERED and len(forked(lambda: [space.name for space in namespaces.leave(*SPACES)])[0]) == len(SPACES)
needs_walls = pytest.mark.skipif(not OFFERED, reason="this kernel has not all of the walls")
needs_spaces = pytest.mark.skipif(not APART, reason="this system forbids namespaces")
ANY = "D"
MARK = f"mark-{uuid4().hex}"  # other runs may be beside this one
QUICK = Allowed(wall=20.0, cpu=10, memory=256 << 20, disk=8 << 20, processes=8, output=1 << 16)


def fake(script, *arguments, allowed=QUICK):
    """A program of the test's own: the interpreter with a script that lies in the program's folder."""
    said = ("-I", "-S", "{folder}/fake.py", *map(str, arguments))
    return Command(PYTHON, said, {"fake.py": script.encode()}, (sys.base_prefix,), allowed)


def ran(tmp_path, script, *arguments, allowed=QUICK, accepted=ANY, **more):
    found = run(fake(script, *arguments, allowed=allowed), tmp_path, accepted=accepted, **more)
    assert list(tmp_path.iterdir()) == [], "its folder is gone"
    return found


def alive(mark):
    """The processes whose command line holds the mark."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (place / "cmdline").read_bytes():
                found.append(place.name)
        except OSError:
            continue
    return found


TRYING = """
import os, sys, json, socket, ctypes
def tried(act):
    try:
        return repr(act())
    except OSError as error:
        return error.errno
outside, port, parent, local = sys.argv[1:]
def connect(kind, where):
    with socket.socket(kind) as s:
        return s.connect(where)
print(json.dumps({
    "shadow": tried(lambda: open("/etc/shadow").read()),
    "passwd": tried(lambda: open("/etc/passwd").read()),
    "home": tried(lambda: os.listdir(os.path.expanduser("~root"))),
    "root": tried(lambda: os.listdir("/")),
    "outside": tried(lambda: open(outside).read()),
    "write": tried(lambda: open(outside, "w")),
    "make": tried(lambda: open(os.path.join(os.path.dirname(outside), "made"), "w")),
    "remove": tried(lambda: os.unlink(outside)),
    "mode": tried(lambda: os.chmod(outside, 0o777)),
    "times": tried(lambda: os.utime(outside, (1, 1))),
    "shorten": tried(lambda: os.truncate(outside, 0)),
    "internet": tried(lambda: connect(socket.AF_INET, ("127.0.0.1", int(port)))),
    "internet6": tried(lambda: connect(socket.AF_INET6, ("::1", int(port)))),
    "local": tried(lambda: connect(socket.AF_UNIX, local)),
    "raw": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
    "netlink": tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
    "signal": tried(lambda: os.kill(int(parent), 0)),
    "memory": tried(lambda: open(f"/proc/{parent}/mem", "rb")),
    "told": tried(lambda: open(f"/proc/{parent}/environ", "rb").read()),
    "spaces": tried(lambda: os.unshare(0x10000000) if hasattr(os, "unshare") else ctypes.CDLL(None, use_errno=True).unshare(0x10000000)),
    "environment": sorted(os.environ),
    "open": sorted(int(n) for n in range(3, 64) if not tried(lambda: os.fstat(n)) == 9),
    "own": tried(lambda: open(os.path.expanduser("~/own"), "w").write("x")),
}))
"""


@needs_walls
def test_nothing_outside_its_folder_can_be_read_changed_or_reached(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "of the keeper")
    place = tmp_path / "outside"
    place.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    target = place / "exhibit"
    target.write_text("sealed")
    before = target.stat()
    listening, local = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    local.bind(str(place / "door"))
    local.listen()
    with listening, local:
        found = ran(work, TRYING, target, listening.getsockname()[1], os.getpid(), place / "door")
        for door in (listening, local):
            door.setblocking(False)
            with pytest.raises(BlockingIOError):
                door.accept()
    assert (found.ended, found.status) == (Ended.WELL, 0)
    said = json.loads(found.output)
    closed = {errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR}
    for name in (
        "shadow",
        "passwd",
        "home",
        "root",
        "outside",
        "write",
        "make",
        "remove",
        "shorten",
        "local",
        "memory",
        "told",
    ):
        assert said[name] in closed, name
    for name in ("internet", "internet6", "raw", "netlink"):
        assert said[name] == errno.EAFNOSUPPORT, name
    assert said["signal"] in {errno.EPERM, errno.ESRCH}
    assert said["spaces"] in {errno.EPERM, "-1"}
    assert said["own"] == "1"
    assert said["open"] == []
    assert "SECRET" not in said["environment"]
    after = target.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_ino, target.read_text()) == (
        before.st_mode, before.st_mtime_ns, before.st_ino, "sealed",
    )  # fmt: skip
    assert sorted(one.name for one in place.iterdir()) == ["door", "exhibit"]


@needs_walls
@needs_spaces
def test_the_grade_is_the_one_that_was_observed(tmp_path):
    assert ran(tmp_path, "pass").grade is Grade.A


@pytest.mark.parametrize("uid", [None] if os.getuid() else [None, 65534])
def test_whoever_is_served_after_others_runs_programs_all_the_same_and_they_are_too(uid):
    with tempfile.TemporaryDirectory(prefix="witnessmark-") as place:
        os.chmod(place, 0o777)

        def act():
            ours = os.nice(5)
            found = run(Command("/usr/bin/nice"), Path(place), accepted=ANY)  # says how it is served
            return [found.ended.name, int(found.output or -1) - ours]

        assert forked(act, uid=uid) == (["WELL", 0], None)


@needs_walls
@needs_spaces
@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_an_ordinary_user_has_the_same_walls():
    with tempfile.TemporaryDirectory(prefix="witnessmark-") as place:
        os.chmod(place, 0o777)

        def act():
            look = "read x < /etc/passwd || : > {folder}/made; exec ls / {folder}"
            found = run(Command("/bin/sh", ("-c", look), {"given": b""}), Path(place), accepted=ANY)
            return [found.ended.name, found.grade.value, found.output.decode(), os.listdir(place)]

        assert forked(act, uid=65534) == (["BADLY", "A", "/tmp:\ngiven\nmade\n", []], None)


def test_behind_fewer_walls_than_were_accepted_nothing_runs(tmp_path):
    found = ran(tmp_path, "print('it ran')", accepted="")
    assert (found.ended, found.output) == (Ended.UNCONFINED, b"")


def test_what_it_is_given_and_what_it_makes_pass_and_no_more(tmp_path):
    taken = []
    script = "import sys; d = open(sys.argv[1], 'rb').read(); open(sys.argv[2], 'wb').write(d[::-1]); print('done')"
    found = ran(
        tmp_path, script, "{folder}/exhibit", "{folder}/made", sources={"exhibit": [b"ab", b"c"]}, made=["made"],
        take=lambda name, stream, size: taken.append((stream.read(), size)),
    )  # fmt: skip
    assert (found.ended, found.output, taken) == (Ended.WELL, b"done\n", [(b"cba", 3)])


@pytest.mark.parametrize(
    "script",
    [
        "import os; os.symlink('/etc/hostname', os.path.expanduser('~/made'))",
        "import os; os.mkfifo(os.path.expanduser('~/made'))",
        "import os; os.mkdir(os.path.expanduser('~/made'))",
        "import os; open(os.path.expanduser('~/other'), 'w'); os.link(os.path.expanduser('~/other'), os.path.expanduser('~/made'))",
        "pass",
        "open(__import__('os').path.expanduser('~/made'), 'w').write('x'); raise SystemExit(3)",
    ],
)
def test_only_a_plain_file_of_a_run_that_went_well_is_taken(tmp_path, script):
    taken = []
    found = ran(tmp_path, script, made=["made"], take=lambda name, stream, size: taken.append(size))
    assert taken == []
    refused = "SystemExit" in script or "mkfifo" in script
    assert found.ended is (Ended.BADLY if refused else Ended.WELL)


@pytest.mark.parametrize(
    "end",
    [
        "while True: pass",
        "import time\ntime.sleep(600)",
        "import signal\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: signal.pause()",
    ],
)
def test_what_never_ends_is_ended_at_its_deadline(tmp_path, end):
    started = time.monotonic()
    found = ran(tmp_path, end, MARK, allowed=Allowed(wall=0.5))
    assert found.ended is Ended.TIMEOUT
    assert time.monotonic() - started < 5.0
    assert alive(MARK) == []


def test_the_processors_time_is_counted_too(tmp_path):
    found = ran(tmp_path, "while True: pass", allowed=Allowed(wall=20.0, cpu=1))
    assert (found.ended, found.seconds < 15) == (Ended.TIMEOUT, True)


OPEN = Walls(seccomp=False)
BARE = Walls(landlock=False, seccomp=False, namespaces=False)


@needs_walls
def test_it_starts_no_other_process_and_has_threads(tmp_path):
    script = (
        "import os, subprocess, threading\n"
        "for start in (os.fork, lambda: os.posix_spawn('/bin/true', ['true'], {}), lambda: subprocess.run(['/bin/true'])):\n"
        "    try:\n        start()\n    except OSError as error:\n        print(error.errno)\n"
        "thread = threading.Thread(target=print, args=('a thread',))\nthread.start()\nthread.join()"
    )
    found = ran(tmp_path, script)
    assert (found.ended, found.output.split(b"\n")) == (Ended.WELL, [*[b"%d" % errno.EPERM] * 3, b"a thread", b""])


@pytest.mark.parametrize("walls", [OPEN, BARE], ids=["without a filter", "without any wall"])
@pytest.mark.parametrize("leaves", [False, True], ids=["one group", "a group each"])
def test_more_processes_than_there_may_be_are_ended_with_all_of_them(tmp_path, walls, leaves):
    script = (
        "import os, time\n"
        "for _ in range(24):\n"
        "    if os.fork() == 0:\n"
        f"        {'os.setsid()' if leaves else 'pass'}\n"
        "        time.sleep(600)\n"
        "time.sleep(600)"
    )
    found = ran(tmp_path, script, MARK, walls=walls)
    assert found.ended is Ended.PROCESSES
    assert alive(MARK) == []


def test_more_threads_than_there_may_be_are_ended_with_their_program(tmp_path):
    script = "import threading, time\nfor _ in range(64): threading.Thread(target=time.sleep, args=(600,)).start()"
    if os.getuid() == 0 or not APART:  # where the kernel itself counts, no more can be started
        assert ran(tmp_path, script, MARK).ended is Ended.PROCESSES
    assert alive(MARK) == []


@pytest.mark.soak
@pytest.mark.parametrize("walls", [OPEN, BARE], ids=["without a filter", "without any wall"])
def test_what_forks_for_ever_is_ended_with_all_of_it(tmp_path, walls):
    script = "import os, time\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        time.sleep(0.01)"
    found = ran(tmp_path, script, MARK, allowed=Allowed(wall=10.0, processes=8), walls=walls)
    assert found.ended is Ended.PROCESSES
    assert alive(MARK) == []


@pytest.mark.parametrize("walls", [OPEN, BARE], ids=["without a filter", "without any wall"])
def test_what_it_leaves_behind_is_ended_with_it(tmp_path, walls):
    script = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.close(1)\n"
        "        time.sleep(600)\n"
        "    os._exit(0)\n"
        "os.wait()"
    )
    assert ran(tmp_path, script, MARK, walls=walls).ended is Ended.WELL
    assert alive(MARK) == []


@needs_walls
@needs_spaces
@pytest.mark.parametrize(
    ("walls", "grade"),
    [(Walls(), "A"), (Walls(namespaces=False), "B"), (Walls(landlock=False), "C"), (OPEN, "C"), (BARE, "C")],
)
def test_a_missing_wall_shows_in_the_grade(tmp_path, walls, grade):
    found = ran(tmp_path, "pass", walls=walls)
    assert (found.ended, found.grade) == (Ended.WELL, Grade(grade))


def test_a_flood_is_cut_and_ended(tmp_path):
    found = ran(tmp_path, "import sys\nwhile True: sys.stdout.write('x' * 65536)")
    assert (found.ended, len(found.output)) == (Ended.OUTPUT, QUICK.output)


def test_one_byte_more_than_is_kept_is_a_flood_also_of_a_program_that_is_done_at_once(tmp_path):
    few = Allowed(wall=20.0, output=10)
    for _ in range(10):  # whether the launcher hears of it before the end is chance
        found = ran(tmp_path, "import os; os.write(1, b'x' * 11); os._exit(0)", allowed=few)
        assert (found.ended, found.output) == (Ended.OUTPUT, b"x" * 10)


def test_exactly_as_much_as_is_kept_is_no_flood(tmp_path):
    found = ran(tmp_path, "import sys; sys.stdout.write('x' * 65536)")
    assert (found.ended, len(found.output)) == (Ended.WELL, QUICK.output)


def test_it_cannot_fill_the_disk(tmp_path):
    one = "f = open(__import__('os').path.expanduser('~/big'), 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()"
    assert ran(tmp_path, one).ended in {Ended.BADLY, Ended.DISK}  # Python is told; others die of it
    deadly = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
    assert ran(tmp_path, deadly + one).ended is Ended.DISK
    many = (
        "import os, time\nfor n in range(8): open(os.path.expanduser(f'~/{n}'), 'wb').write(os.urandom(2 << 20))\n"
        "time.sleep(600)"
    )
    assert ran(tmp_path, many).ended is Ended.DISK


def test_it_cannot_take_all_memory(tmp_path):
    script = "x = []\nwhile True: x.append(bytearray(b'x' * (8 << 20)))"
    assert ran(tmp_path, script).ended is Ended.MEMORY
    assert ran(tmp_path, script, allowed=Allowed(wall=20.0, address=128 << 20)).ended is Ended.BADLY


def test_a_crash_and_a_missing_program_are_told_apart(tmp_path):
    crashed = ran(tmp_path, "import os; os.abort()")
    assert (crashed.ended, crashed.status) == (Ended.SIGNAL, 6)
    assert run(Command("/usr/bin/no-such-program"), tmp_path, accepted=ANY).ended is Ended.UNSTARTED
    assert list(tmp_path.iterdir()) == []


def test_without_room_for_its_folder_there_is_one_sentence(tmp_path):
    with pytest.raises(DiskFailure, match="no folder can be made for a program"):
        run(Command("/bin/true"), tmp_path / "missing", accepted=ANY)


def test_nothing_is_left_open(tmp_path):
    ran(tmp_path, "print('warm')")
    before, threads = sorted(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(3):
        ran(tmp_path, "print('x')")
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == (len(before), threads)


def test_a_parent_that_is_killed_takes_everything_with_it(tmp_path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom witnessmark.cell.program import Command, run\n"
        "print('now', flush=True)\n"
        "run(Command(sys.argv[1], ('-I', '-c', 'import time; time.sleep(600)', sys.argv[3] + sys.argv[4])), "
        "Path(sys.argv[2]), accepted='D')"
    )
    words = [PYTHON, str(tmp_path), MARK[:9], MARK[9:]]  # so that the parent's own words do not hold the mark
    with subprocess.Popen([sys.executable, "-c", script, *words], stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"now\n"
        end = time.monotonic() + 20
        while not alive(MARK) and time.monotonic() < end:
            time.sleep(0.02)
        assert alive(MARK)
        parent.kill()
    end = time.monotonic() + 30  # the launcher bears the mark before it has come so far as to ask for its parent
    while alive(MARK) and time.monotonic() < end:
        time.sleep(0.02)
    assert alive(MARK) == []


def test_no_account_key_or_home_is_among_what_programs_see():
    for rule in SEEN:
        for secret in (
            "/etc/shadow",
            "/etc/passwd",
            "/root",
            "/home",
            "/etc/ssl/private",
            "/etc/ssh",
            "/proc/self",
            "/tmp",
            "/var",
        ):
            assert not Path(secret).is_relative_to(rule.path)


def test_the_source_is_streamed(tmp_path):
    big = io.BytesIO(os.urandom(3 << 20))
    script = "import sys, hashlib; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())"
    found = ran(tmp_path, script, "{folder}/x", sources={"x": iter(lambda: big.read(1 << 16), b"")})
    assert found.output.decode().strip() == hashlib.sha256(big.getvalue()).hexdigest()
