"""Points of a page and how one space lies in another: a matrix of six numbers, as PDF, OFD and metafiles write it."""

from typing import Final

Matrix = tuple[float, float, float, float, float, float]
"""`a b c d e f`: a point `x y` lies at `ax + cy + e`, `bx + dy + f`."""

SAME: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def combined(outer: Matrix, inner: Matrix) -> Matrix:
    """Return the matrix of a space within another."""
    a, b, c, d, _, _ = outer
    e, f = moved(outer, inner[4:])
    return (
        a * inner[0] + c * inner[1],
        b * inner[0] + d * inner[1],
        a * inner[2] + c * inner[3],
        b * inner[2] + d * inner[3],
        e,
        f,
    )


def moved(matrix: Matrix, point: tuple[float, float]) -> tuple[float, float]:
    """Return where a point of a space lies in the one around it."""
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f
