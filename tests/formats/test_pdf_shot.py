"""Two drawings of a page: where they differ is found as by looking at each pixel."""

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import pdf_shot

SPOTS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=12)


@given(st.integers(1, 9), st.integers(1, 150), SPOTS)
def test_pixels_differ_where_a_colour_does_by_more_than_a_shade(
    width: int, height: int, spots: list[tuple[int, int]]
) -> None:
    one = bytearray(b"\xff") * (4 * width * height)
    other = bytearray(one)
    for place, value in spots:
        other[place % len(other)] = value
    apart = {
        (at // 4 % width, at // 4 // width)
        for at in range(0, len(one), 4)
        if max(abs(a - b) for a, b in zip(one[at : at + 3], other[at : at + 3], strict=True)) > 24
    }
    rows, changed = pdf_shot._differing(one, other, width, height)
    shot = pdf_shot.Shot(width, height, rows, changed, (0, 0), (1, 0), (0, 1))
    assert len(changed) == len(rows) * width
    for x in range(width):
        for y in range(height):
            assert shot.share(x + 0.25, x + 0.5, y + 0.25, y + 0.5) == (float((x, y) in apart), 1)
    share, high = shot.share(0, width - 0.5, 0, height - 0.5)
    assert (round(share * width * height), high) == (len(apart), height)
