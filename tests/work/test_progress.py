"""Laws of progress: it counts, it never promises what it cannot know."""

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome
from witnessmark.model.digest import Digest
from witnessmark.work.due import plan
from witnessmark.work.progress import Progress
from witnessmark.work.reading import Job


def test_nothing_done_says_nothing():
    progress = Progress(files_known=10, octets_known=100)
    assert (progress.rate, progress.seconds_left, progress.failures) == (0.0, 0.0, {})


def test_half_done_takes_as_long_again():
    progress = Progress(files_known=4, octets_known=400)
    progress.done(100, Outcome.OK, seconds=5)
    progress.done(100, Outcome.TIMEOUT, seconds=10)
    assert (progress.files, progress.octets, progress.rate) == (2, 200, 0.2)
    assert progress.seconds_left == 10
    assert progress.failures == {"timeout": 1}


@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(Outcome))), st.integers(0, 50))
def test_what_is_left_is_never_negative_and_ends_at_nothing(files, more):
    progress = Progress()
    for octets, _ in files:
        progress.expect(octets)
    for number, (octets, outcome) in enumerate(files):
        progress.done(octets, outcome, seconds=number + 1)
        assert progress.seconds_left >= 0
    for _ in range(more):
        progress.done(7, Outcome.OK, seconds=100)
    assert progress.seconds_left == 0
    assert sum(progress.outcomes.values()) == progress.files == len(files) + more


def test_a_plan_is_lazy_and_keeps_the_order_of_what_is_due():
    digests = [Digest.of(bytes([n])) for n in range(3)]
    taken = []

    def rows():
        for n, digest in enumerate(digests):
            taken.append(n)
            yield digest, f"{n:032x}", n, f"name {n}", n, "root"

    jobs = plan(rows())
    assert next(jobs) == Job(digests[0], 0, "name 0", 0, "root", "0" * 32)
    assert taken == [0]
    assert [job.digest for job in jobs] == digests[1:]
