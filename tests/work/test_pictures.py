"""A page becomes pixels and word boxes through the cell: exact, capped, asked for by name from a closed list."""

import json
from dataclasses import replace

import pytest

from witnessmark.cell import wire
from witnessmark.cell.confine import Limits, Walls
from witnessmark.cell.grade import observe
from witnessmark.formats import warm
from witnessmark.model.derivative import Outcome
from witnessmark.work import step
from witnessmark.work.reading import Job
from witnessmark.work.runner import Runner

WALLS = {
    "walls": Walls(),
    "none": Walls(landlock=False, seccomp=False, namespaces=False),
}


@pytest.fixture(params=sorted(WALLS))
def render(request, store):
    if request.param == "walls" and observe(Walls()).grade > "B":
        pytest.skip("this machine has no walls")

    def one(data, **parameters):
        job = Job(store.put(data), len(data), "a.pdf", task="render_page", parameters=tuple(parameters.items()))
        with Runner(store, 1, Limits(), readers=replace(step.READERS, walls=WALLS[request.param])) as runner:
            (result,) = runner.run([job])
        return result

    return one


def words(store, result):
    kept = json.loads(store.read(result.observations))["observations"]
    return [word for name, value in kept if name == "page.words" for word in value]


def test_a_page_is_drawn_exactly_with_a_box_around_each_word(render, store):
    result = render(warm._pdf(), page=1, dpi=72)
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert (result.picture.width, result.picture.height, result.picture.channels) == (612, 792, 3)
    pixels = store.read(result.picture.digest)
    assert len(pixels) == 612 * 792 * 3
    assert pixels[:3] == b"\xff\xff\xff"
    at = (170 * 612 + 120) * 3  # in the red box, 600 to 640 points from below
    assert pixels[at : at + 3] == b"\x00\x00\xff"
    found = words(store, result)
    assert [word[0] for word in found] == ["The", "doors", "are", "locked", "unseen", "keys"]
    text, left, top, right, bottom = found[0]
    assert 70 <= left < right <= 100
    assert 78 <= top < bottom <= 95
    ink = [pixels[(row * 612 + column) * 3] for row in range(top, bottom) for column in range(left, right)]
    assert min(ink) < 128, "there is ink in the box of a word"


def test_grey_is_one_byte_a_pixel_and_dots_scale(render, store):
    result = render(warm._pdf(), page=1, dpi=144, grey=1)
    assert (result.picture.width, result.picture.height, result.picture.channels) == (1224, 1584, 1)
    assert len(store.read(result.picture.digest)) == 1224 * 1584


@pytest.mark.parametrize(
    ("data", "parameters", "outcome"),
    [
        (warm._pdf(), {"page": 2}, Outcome.CORRUPT),
        (warm._pdf(), {"page": 0}, Outcome.CORRUPT),
        (warm._pdf(), {"page": 1, "dpi": 2400}, Outcome.REFUSED_LIMIT),
        (warm._pdf(), {"page": 1, "dpi": 10**9}, Outcome.REFUSED_LIMIT),
        (warm._pdf(), {"page": 1, "dpi": -5}, Outcome.REFUSED_LIMIT),
        (warm._pdf().replace(b"612 792", b"200000 200000"), {"page": 1, "dpi": 72}, Outcome.REFUSED_LIMIT),
        (b"no pdf", {"page": 1}, Outcome.CORRUPT),
    ],
)
def test_what_cannot_be_drawn_has_an_outcome_and_no_picture(render, data, parameters, outcome):
    result = render(data, **parameters)
    assert (result.outcome, result.picture) == (outcome, None)


def test_a_task_outside_the_list_is_never_run(store):
    job = Job(store.put(b"x"), 1, "x", task="os:system")
    with Runner(store, 1, Limits()) as runner, pytest.raises(KeyError):
        list(runner.run([job]))


@pytest.mark.parametrize(
    ("canary", "outcome"),
    [("lies_about_pixels", Outcome.VIOLATION), ("half_a_picture", Outcome.CORRUPT), ("picture", Outcome.VIOLATION)],
)
def test_a_reader_cannot_smuggle_pixels(store, readers, canary, outcome):
    asked = replace(readers, others=(("draw", "canary_readers:read"),))
    job = Job(store.put(b"x"), 1, canary, task="" if canary == "picture" else "draw")
    with Runner(store, 1, Limits(), readers=asked, company=False) as runner:
        (result,) = runner.run([job])
    assert (result.outcome, result.picture) == (outcome, None)
    assert wire.MOST_SIDE == 10_000
