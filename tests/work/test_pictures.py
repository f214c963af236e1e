"""A page becomes pixels and word boxes through the cell: exact, capped, asked for by name from a closed list."""

import io
import json
from dataclasses import replace

import pytest
from PIL import Image, features

from witnessmark.cell import messages
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

    with Runner(store, 1, Limits(), readers=replace(step.READERS, walls=WALLS[request.param]), company=False) as runner:

        def one(data, task="render_page", **parameters):
            job = Job(store.put(data), len(data), "a.pdf", task=task, parameters=tuple(parameters.items()))
            (result,) = runner.run([job])
            return result

        yield one


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


def painted(kind, mode="RGB", colour="white", size=(40, 30), **more):
    image = Image.new(mode, size, colour)
    image.paste({"RGBA": (0, 0, 0, 255), "LA": (0, 255)}.get(mode, 0), (0, 0, 10, 10))
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def rotated():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    return painted("JPEG", exif=exif, quality=95)


def test_pictures_are_drawn_grey_and_on_white(render, store):
    pictures = {
        **{kind: painted(kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM")},
        **{
            mode: painted("PNG", mode, ground)
            for mode, ground in (("L", 255), ("1", 1), ("RGBA", (0,) * 4), ("LA", (0, 0)))
        },
        "16 bits": painted("TIFF", "I;16", 65535),
    }
    for name, data in pictures.items():
        result = render(data, task="render_picture", frame=1, most=10_000)
        assert (name, result.outcome, result.detail) == (name, Outcome.OK, "")
        assert (result.picture.width, result.picture.height, result.picture.channels) == (40, 30, 1)
        pixels = store.read(result.picture.digest)
        assert (name, pixels[2 * 40 + 2] < 60, pixels[25 * 40 + 35] > 200) == (name, True, True)


def test_a_picture_is_turned_upright_and_made_smaller(render, store):
    result = render(rotated(), task="render_picture", frame=1, most=10_000)
    assert (result.picture.width, result.picture.height) == (30, 40)
    pixels = store.read(result.picture.digest)
    assert pixels[2 * 30 + 27] < 60, "what was at the left top is at the right top now"
    small = render(painted("PNG", size=(400, 300)), task="render_picture", frame=1, most=1_200)
    assert (small.picture.width, small.picture.height) == (40, 30)


def test_frames_of_a_tiff_are_pages_and_a_film_has_one(render, store):
    frames = [Image.new("L", (20 + n, 10), 255) for n in range(3)]
    for kind, count in (("TIFF", 3), ("GIF", 1)):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:])
        result = render(out.getvalue(), task="render_picture", frame=count, most=10_000)
        assert result.picture.width == 20 + count - 1
        assert ["picture.frames", count] in json.loads(store.read(result.observations))["observations"]
    assert render(out.getvalue(), task="render_picture", frame=2).outcome is Outcome.CORRUPT


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (b"no picture", Outcome.CORRUPT),
        (painted("PNG")[:60], Outcome.CORRUPT),
        (b"P5 30000 30000 255\n" + bytes(9), Outcome.REFUSED_LIMIT),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", Outcome.CORRUPT),
    ],
)
def test_a_picture_that_cannot_be_decoded_has_an_outcome(render, data, outcome):
    result = render(data, task="render_picture", frame=1)
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
    assert messages.MOST_SIDE == 10_000


def corner(form, **more):
    """A white picture whose upper left corner is red."""
    picture = Image.new("RGB", (60, 40), "white")
    picture.paste((200, 20, 20), (0, 0, 20, 20))
    out = io.BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "AVIF", "WEBP", "TIFF", "BMP"])
def test_a_picture_comes_in_its_colours_where_they_are_asked_for(render, store, form):
    if form == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow knows no AVIF")
    result = render(corner(form), "render_picture", grey=0)
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    drawn = result.picture
    assert (drawn.width, drawn.height, drawn.channels) == (60, 40, 3)
    blue, green, red = store.read(drawn.digest)[(5 * 60 + 5) * 3 :][:3]
    assert (blue < 60, green < 60, red > 160) == (True, True, True)
    grey = render(corner(form), "render_picture", most=600).picture
    assert (grey.channels, grey.width * grey.height <= 600) == (1, True)


def test_what_stands_upright_already_is_not_turned_again(render, store):
    exif = Image.Exif()
    exif[0x112] = 6
    data = corner("PNG", exif=exif)
    assert (render(data, "render_picture").picture.width, render(data, "render_picture").picture.height) == (40, 60)
    upright = render(data, "render_picture", turned=1).picture
    assert (upright.width, upright.height) == (60, 40)
