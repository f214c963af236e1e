"""Laws of our PNG: everybody's reader sees the same pixels, and there is one spelling of them."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from witnessmark.proof import png


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.randoms(use_true_random=False))
def test_everybodys_reader_sees_the_same_pixels(width, height, channels, noise):
    pixels = noise.randbytes(width * height * channels)
    made = png.encode(width, height, channels, pixels)
    with Image.open(io.BytesIO(made)) as found:
        assert (found.size, found.mode) == ((width, height), "L" if channels == 1 else "RGB")
        seen = found.tobytes()
    if channels == 3:
        seen = bytes(seen[at + 2 - k] for at in range(0, len(seen), 3) for k in range(3))
    assert seen == pixels
    assert made == png.encode(width, height, channels, pixels)


def test_it_holds_three_chunks_and_no_more():
    made = png.encode(2, 1, 1, b"ab")
    assert [made[at : at + 4] for at in (12, 37)] == [b"IHDR", b"IDAT"]
    assert made.endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize(
    "what", [(0, 1, 1, b""), (1, 0, 1, b""), (1, 1, 2, b"ab"), (2, 2, 1, b"abc"), (1, 1, 3, b"ab")]
)
def test_what_is_no_picture_is_refused(what):
    with pytest.raises(ValueError, match="no picture"):
        png.encode(*what)
