"""Laws of the runner: every job comes back as one exact outcome, and nothing is left behind."""

import json
import mmap
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from witnessmark.cell import messages
from witnessmark.cell.budget import Budget, Budgets, Spent
from witnessmark.cell.confine import Limits, Walls
from witnessmark.cell.grade import observe
from witnessmark.cell.nursery import Nursery, Readers, environment
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, PathStep
from witnessmark.work.reading import Gathering
from witnessmark.work.runner import Runner

PATIENT = Limits(wall=20.0, cpu=20)


def processes(marker):
    """The processes whose command line holds a text: forks of the nursery hold its arguments too."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                line = Path(f"/proc/{name}/cmdline").read_bytes().decode(errors="replace")
                state = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if marker in line:
                found.append((int(name), state))
    return found


def ours():
    return processes(f'"parent": {os.getpid()},')


def descriptors():
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
def patient(store, readers):
    with Runner(store, 2, PATIENT, readers=readers) as made:
        yield made


def observed(store, result):
    return json.loads(store.read(result.observations))


def test_a_plain_reading_gives_type_text_and_grade(read, store):
    result = read("quick", "Kestria, Тарн, བོད་\n".encode())
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert (result.media_type, result.kind, result.grade) == ("text/plain", ExhibitKind.DOCUMENT, "C")
    assert store.read(result.visible).decode() == "Kestria, Тарн, བོད་\n"
    assert result.characters == len("Kestria, Тарн, བོད་\n")
    assert result.visible_size == len("Kestria, Тарн, བོད་\n".encode())
    assert (result.hidden, result.observations, result.members, result.refused) == (None, None, (), ())


def test_everything_a_reader_may_say_arrives_cleaned(read, store):
    result = read("everything")
    assert (result.outcome, result.detail) == (Outcome.PARTIAL, "half of it")
    assert store.read(result.visible).decode() == (
        "first page\nsecond line with\ufffd dirt \ufffd\fsaid while a member was open"
    )
    assert store.read(result.hidden).decode() == "[comment] line one line two\n[hidden [sheet)] x\n"
    assert result.languages == ("ug", "zh")
    assert result.tools == {"canary": "1.0"}
    first, second = result.members
    assert first.path == (PathStep("folder"), PathStep("a?", b"a\xff"))
    assert (first.how, first.stated, store.read(first.digest), first.size) == (
        How.COPIED,
        {"mtime": "12"},
        b"member bytes",
        12,
    )
    assert (second.how, store.read(second.digest), second.size) == (How.DECODED, b"", 0)
    (refused,) = result.refused
    assert (refused.path, refused.outcome, refused.detail, refused.stated) == (
        (PathStep("link"),),
        Outcome.REFUSED_POLICY,
        "a link",
        {"size": 3},
    )
    kept = observed(store, result)
    assert kept["observations"] == [
        ["a.date", {"raw": "2032", "deep": [1, None, True, str(2**60), "1.5", "/w=="]}],
        ["inside", 1],
    ]
    assert kept["truncated"] is False
    assert [member["digest"] for member in kept["members"]] == [first.digest.hex, second.digest.hex]
    assert kept["refused"] == [
        {"path": [{"name": "link"}], "outcome": "refused-policy", "detail": "a link", "stated": {"size": 3}}
    ]


EXACT = [
    ("segfault", Outcome.CRASH, "the reader died of SIGSEGV"),
    ("abort", Outcome.CRASH, "the reader died of SIGABRT"),
    ("kill_itself", Outcome.CRASH, "the reader died of SIGKILL"),
    ("kill_its_zygote", Outcome.CRASH, "the reader took its keeper down with it"),
    ("exit_silently", Outcome.CRASH, "the reader ended without an answer (exit 0)"),
    ("exit_by_exception", Outcome.CORRUPT, "the reader gave up: SystemExit: 0"),
    ("odd_exception", Outcome.CORRUPT, "the reader gave up: Odd"),
    ("interrupt", Outcome.CORRUPT, "the reader gave up: KeyboardInterrupt"),
    ("recurse", Outcome.REFUSED_LIMIT, "nested too deeply to be read"),
    ("stopped", Outcome.ENCRYPTED, "a password is asked for"),
    ("claim_violation", Outcome.CORRUPT, "as if"),
    ("lie_about_length", Outcome.VIOLATION, "the reader sent a frame longer than its kind may be"),
    ("malformed_json", Outcome.VIOLATION, "the reader sent what is not strict JSON"),
    ("unknown_kind", Outcome.VIOLATION, "the reader sent a frame of an unknown kind"),
    ("half_a_frame", Outcome.VIOLATION, "the reader left in the middle of a frame"),
    ("allocate_at_once", Outcome.MEMORY, "reading it took more memory than a file may"),
    ("allocate", Outcome.MEMORY, "reading it took more memory than a file may"),
    ("abort_near_limit", Outcome.MEMORY, "the reader died of SIGABRT near its memory limit"),
    ("flood_raw", Outcome.VIOLATION, "the reader sent more text than a file may"),
    ("flood_empty_frames", Outcome.VIOLATION, "the reader sent more text than a file may"),
    ("flood_text", Outcome.PARTIAL, "more text than is kept of one file"),
    ("grandchild", Outcome.OK, ""),
]


@pytest.mark.parametrize(("canary", "outcome", "detail"), EXACT, ids=[row[0] for row in EXACT])
def test_each_misdeed_has_its_exact_outcome(store, readers, job, canary, outcome, detail):
    limits = Limits(wall=20.0, cpu=20, text=8 << 20) if canary.startswith("flood") else PATIENT
    before = descriptors()
    with Runner(store, 2, limits, readers=readers) as runner:
        (result,) = runner.run([job(canary)])
        assert (result.outcome, result.detail) == (outcome, detail)
        (after,) = runner.run([job("quick")])
        assert after.outcome is Outcome.OK
    assert ours() == []
    assert descriptors() == before


CLOSED = (Outcome.VIOLATION, "the reader made a system call that is closed to it")
BEHIND_WALLS = {
    "kill_its_zygote": CLOSED,
    "grandchild": CLOSED,
    "write_file": CLOSED,
    "stop_its_zygote": CLOSED,
    "spawn": CLOSED,
    "kill_zygote_and_leave_grandchild": CLOSED,
}


@pytest.mark.skipif(observe(Walls()).grade != "A", reason="this machine has not all of the walls")
@pytest.mark.parametrize("canary", [*(row[0] for row in EXACT), *list(BEHIND_WALLS)[2:]])
def test_behind_the_kernels_walls_each_misdeed_has_its_exact_outcome_too(store, confined, job, canary, tmp_path):
    limits = Limits(wall=20.0, cpu=20, text=8 << 20) if canary.startswith("flood") else PATIENT
    before = descriptors()
    with Runner(store, 2, limits, readers=confined) as runner:
        (result,) = runner.run([job(canary, str(tmp_path / "written").encode())])
        expected = {name: (outcome, detail) for name, outcome, detail in EXACT} | BEHIND_WALLS
        assert (result.outcome, result.detail) == expected[canary]
        assert result.grade == "A"
        (after,) = runner.run([job("quick")])
        assert after.outcome is Outcome.OK
    assert ours() == []
    assert descriptors() == before
    assert not (tmp_path / "written").exists()


@pytest.mark.skipif(observe(Walls()).grade != "A", reason="this machine has not all of the walls")
@pytest.mark.parametrize("canary", ["loop", "sleep_ignoring_sigterm"])
def test_a_deadline_is_kept_behind_the_walls(store, confined, job, canary):
    with Runner(store, 2, Limits(wall=0.5), readers=confined) as runner:
        list(runner.run([job("quick")]))
        (result,) = runner.run([job(canary)])
    assert (result.outcome, 0.5 <= result.seconds <= 1.0) == (Outcome.TIMEOUT, True)
    assert ours() == []


def test_a_grade_that_the_attack_does_not_bear_out_is_not_believed(store, job):
    heard = Gathering(store, job("quick"), Budget(), "C")
    heard.take(messages.Confined("A"))
    assert heard.finish(Outcome.OK, "", 0.0).grade == "C"


@pytest.mark.parametrize("canary", ["loop", "sleep_ignoring_sigterm", "stop_its_zygote"])
def test_a_deadline_is_kept_within_half_a_second(store, readers, job, canary):
    with Runner(store, 2, Limits(wall=0.5), readers=readers) as runner:
        list(runner.run([job("quick")]))
        (result,) = runner.run([job(canary)])
    assert (result.outcome, result.detail) == (Outcome.TIMEOUT, "not read after 0.5 s")
    assert 0.5 <= result.seconds <= 1.0
    assert ours() == []


def test_what_was_said_before_a_deadline_is_kept(read, store):
    result = read("loop")
    assert result.media_type == "text/plain"
    assert store.read(result.visible) == b"kept before the loop."


def test_the_processors_time_is_limited(store, readers, job):
    with Runner(store, 1, Limits(wall=20.0, cpu=1), readers=readers) as runner:
        (result,) = runner.run([job("burn")])
    assert (result.outcome, result.detail) == (Outcome.TIMEOUT, "not read after 1 s of the processor's time")


def test_writing_a_file_is_a_violation_and_writes_nothing(patient, job, tmp_path):
    target = tmp_path / "written"
    (result,) = patient.run([job("write_file", str(target).encode())])
    assert (result.outcome, result.detail) == (Outcome.VIOLATION, "the reader tried to write a file")
    assert target.read_bytes() == b""


def test_what_a_child_in_company_leaves_behind_ends_with_it(store, readers, job):
    with Runner(store, 1, readers=readers) as runner:
        (result,) = runner.run([job("grandchild")])
        assert result.outcome is Outcome.OK
        list(runner.run(job(f"quick:{number}", b"word") for number in range(16)))
        assert len(ours()) == 3  # the nursery, the zygote, and the child that reads now
    assert ours() == []


def test_a_file_that_kills_in_company_is_judged_alone_and_spoils_no_other(store, readers, job):
    names = ["quick:1", "segfault", "quick:2", "exit_silently", "quick:3"]
    with Runner(store, 1, readers=readers) as runner:
        found = {result.job.name: result.outcome for result in runner.run(job(name, b"word") for name in names)}
    assert [found[name] is Outcome.OK for name in names] == [True, False, True, False, True]
    assert found["segfault"] is found["exit_silently"] is Outcome.CRASH


def test_no_descendant_of_a_child_outlives_it(store, readers, job):
    with Runner(store, 2, Limits(wall=0.5), readers=readers, company=False) as runner:
        (result,) = runner.run([job("grandchild")])
        assert result.outcome is Outcome.OK
        assert len(ours()) == 2  # the nursery and one zygote
        (result,) = runner.run([job("spawn", f"1000.{os.getpid()}".encode())])
        assert result.outcome is Outcome.TIMEOUT
        assert processes(f"sleep\x001000.{os.getpid()}") == []
        (result,) = runner.run([job("kill_zygote_and_leave_grandchild")])
        assert result.outcome is Outcome.CRASH
    assert ours() == []


def test_an_exceptions_message_is_plain_and_short(read):
    result = read("hostile_message")
    assert result.outcome is Outcome.CORRUPT
    assert result.detail.startswith("the reader gave up: Shown: [31mredlong long")
    assert result.detail.isascii()
    assert len(result.detail) <= 150


def test_a_member_that_breaks_is_dropped_and_listed(read):
    result = read("broken_member")
    assert result.outcome is Outcome.CORRUPT
    assert [member.path[0].name for member in result.members] == ["good"]
    assert [(refused.path[0].name, refused.outcome) for refused in result.refused] == [("bad", Outcome.CORRUPT)]


def test_too_many_observations_are_cut_and_said_to_be(patient, job, store):
    (result,) = patient.run([job("many_observations")])
    kept = observed(store, result)
    assert result.outcome is Outcome.OK
    assert kept["truncated"] is True
    assert len(kept["observations"]) == 20_000


def test_a_name_too_long_to_keep_stops_the_reading_in_order(read, store):
    result = read("long_names")
    assert result.outcome is Outcome.REFUSED_LIMIT
    assert store.read(result.visible) == b"kept"


def small_budgets(**most):
    class Small(Budgets):
        def of(self, root, *, root_size=None):
            if root not in self._of:
                self._of[root] = Budget(**most)
            return self._of[root]

    return Small()


def test_a_bomb_stops_at_the_budget_and_what_was_whole_is_kept(store, readers, job):
    for canary, kept, outcome in (("flood_member", 0, Outcome.REFUSED_LIMIT), ("flood_member_raw", 1, Outcome.PARTIAL)):
        with Runner(store, 1, PATIENT, readers=readers, budgets=small_budgets(most_octets=32 << 20)) as runner:
            (result,) = runner.run([job(canary)])
        assert result.outcome is outcome
        assert len(result.members) == kept
        assert [(refused.path[0].name, refused.outcome) for refused in result.refused] == [
            ("bomb", Outcome.REFUSED_LIMIT)
        ]


def test_members_past_the_root_s_number_are_refused(store, readers, job):
    with Runner(store, 1, PATIENT, readers=readers, budgets=small_budgets(most_entries=100)) as runner:
        (result,) = runner.run([job("flood_members")])
    assert (result.outcome, result.detail) == (Outcome.PARTIAL, "too many members in one received file")
    assert len(result.members) == 100


def test_one_budget_serves_all_containers_of_a_root(store, readers, job):
    budgets = small_budgets(most_octets=100 << 20)
    with Runner(store, 1, PATIENT, readers=readers, budgets=budgets) as runner:
        results = [
            next(iter(runner.run([job("big_member", bytes([depth]), depth=depth, root_id="one")])))
            for depth in range(2)
        ]
    assert [result.outcome for result in results] == [Outcome.OK, Outcome.REFUSED_LIMIT]
    assert budgets.of("one").octets > 64 << 20


def test_no_member_is_taken_out_below_the_depth(read):
    assert read("too_deep", depth=19).outcome is Outcome.OK
    result = read("too_deep", depth=20)
    assert (result.outcome, result.members) == (Outcome.REFUSED_LIMIT, ())


def test_a_budget_goes_on_where_an_earlier_run_stopped(store, readers, job):
    budgets = Budgets(lambda root: Spent(0, (2 << 30) - 1000, 5))
    with Runner(store, 1, PATIENT, readers=readers, budgets=budgets) as runner:
        (result,) = runner.run([job("big_member", depth=1, root_id="one")])
    assert result.outcome is Outcome.REFUSED_LIMIT


@pytest.mark.parametrize(("page", "tuned"), [(4096, {"GLIBC_TUNABLES"}), (16384, set()), (65536, set())])
def test_the_heap_grows_by_large_pages_only_where_they_are_small_ones(page, tuned):
    assert set(environment(page)) == {"LANG", "TZ", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"} | tuned


def test_a_child_gets_nothing_but_its_file_and_its_pipe(read, store):
    facts = dict(observed(store, read("environment"))["observations"])
    assert set(facts["environ"]) == set(environment(mmap.PAGESIZE))
    assert len(facts["open"]) == 6  # three on /dev/null, file, pipe, and the socket on which it gets small files
    assert facts["session"] is True
    assert facts["writes"] is False
    assert not any("content" in word for word in facts["argv"])


def test_a_thousand_files_come_back_once_each_and_leave_nothing(store, readers, job):
    digest = job("quick", b"word").digest
    before, taken = descriptors(), []

    def jobs():
        for number in range(1000):
            taken.append(number)
            made = job(f"quick:{number}", b"word")
            assert made.digest == digest
            yield made

    with Runner(store, 2, readers=readers) as runner:
        seen = set()
        for result in runner.run(jobs()):
            assert result.outcome is Outcome.OK
            assert len(taken) - len(seen) <= 4  # lazily: no more than are being read
            seen.add(result.job.name)
        assert len(ours()) <= 5  # the nursery, two zygotes, and a child of each that waits for a small file
    assert len(seen) == 1000
    assert ours() == []
    assert descriptors() == before


def test_hostile_neighbours_harm_no_honest_file(store, readers, job):
    bad = ["segfault", "abort", "kill_its_zygote", "unknown_kind", "exit_silently", "grandchild"]
    jobs = [job(name) for number in range(10) for name in (bad[number % 6], f"quick:{number}")]
    with Runner(store, 2, PATIENT, readers=readers) as runner:
        results = list(runner.run(jobs))
    assert len(results) == 20
    assert all(result.outcome is Outcome.OK for result in results if result.job.name.startswith("quick"))


def test_closing_a_run_early_leaves_no_process(store, readers, job):
    before = descriptors()
    runner = Runner(store, 2, PATIENT, readers=readers)
    run = runner.run(job(name) for name in ["quick", *["loop"] * 5])
    assert next(run).outcome is Outcome.OK
    started = time.monotonic()
    run.close()
    assert time.monotonic() - started < 2
    assert ours() == []
    assert descriptors() == before


def test_a_run_outside_a_with_block_ends_its_processes(store, readers, job):
    runner = Runner(store, 2, readers=readers)
    assert [result.outcome for result in runner.run([job("quick")])] == [Outcome.OK]
    assert ours() == []


def test_a_slow_caller_costs_no_reader_its_deadline(store, readers, job):
    with Runner(store, 1, Limits(wall=0.8), readers=readers) as runner:
        run = runner.run([job("quick:1"), job("slow_to_say"), job("quick:2")])
        outcomes = []
        for result in run:
            outcomes.append(result.outcome)
            time.sleep(1.0)
    assert outcomes == [Outcome.OK] * 3


def test_when_the_parent_is_killed_everything_ends(store, readers, tmp_path, job):
    job("loop")
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(f"""
        import importlib.util, pathlib, threading, time
        spec = importlib.util.spec_from_file_location("c", {str(Path(__file__).parent / "conftest.py")!r})
        c = importlib.util.module_from_spec(spec); spec.loader.exec_module(c)
        from witnessmark.work.runner import Runner
        from witnessmark.work.reading import Job
        store = c.FakeStore(pathlib.Path({str(store.folder)!r}))
        digest = store.put(b"x")
        for result in Runner(store, 2, readers=c.READERS).run(Job(digest, 1, n) for n in ["quick", "loop", "loop"]):
            print("started", flush=True)
        """)
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    marker = f'"parent": {parent.pid},'
    try:
        assert parent.stdout.readline() == b"started\n"
        time.sleep(0.2)
        assert len(processes(marker)) == 5  # the nursery, two zygotes, two children
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    until = time.monotonic() + 3
    while processes(marker) and time.monotonic() < until:
        time.sleep(0.02)
    assert processes(marker) == []


def test_a_parser_that_does_not_load_is_named_and_stops_nothing(store, readers, job):
    broken = Readers(readers.entry, ("no_such_parser", "canary_readers:no_such_function"), readers.paths)
    with Runner(store, 1, readers=broken) as runner:
        (result,) = runner.run([job("quick")])
    assert result.outcome is Outcome.OK
    assert set(runner.failures) == {"no_such_parser", "canary_readers:no_such_function"}
    assert "ModuleNotFoundError" in runner.failures["no_such_parser"]


def test_a_dead_nursery_is_replaced(store, readers, job):
    with Runner(store, 1, PATIENT, readers=readers) as runner:
        list(runner.run([job("quick")]))
        nursery = next(pid for pid, _ in sorted(ours()))
        os.kill(nursery, signal.SIGKILL)
        results = list(runner.run([job("quick:1"), job("quick:2")]))
    assert len(results) == 2
    assert results[-1].outcome is Outcome.OK
    assert ours() == []


def test_a_nursery_cleans_up_when_let_go(readers):
    nursery = Nursery(readers)
    zygote = nursery.zygote()
    assert len(ours()) == 2
    zygote.close()
    nursery.close()
    assert ours() == []


def test_a_large_file_gets_time_by_its_size_and_a_small_one_none(tmp_path):
    from witnessmark.cell.confine import SECOND_OF

    limits = Limits(wall=2.0, cpu=3)
    assert limits.sized(SECOND_OF - 1) == limits
    assert limits.sized(10 * SECOND_OF) == Limits(wall=12.0, cpu=13)
    assert limits.sized(10 * SECOND_OF).times(4) == Limits(wall=48.0, cpu=52, memory=4 << 30)
