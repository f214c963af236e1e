"""Numbers, boxes and matrices of OFD as they are written (GB/T 33190-2016, sections 7.3 and 8.5)."""

from typing import Any, Final

from witnessmark.formats.plane import SAME, Matrix

Box = tuple[float, float, float, float]
"""Left, top, width, height."""

LARGEST: Final = 1e7
"""A number beyond this is taken for none."""


def number(text: str | None) -> float | None:
    """Return a finite number, or None for anything else."""
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if abs(found) <= LARGEST else None


def numbers(text: str | None, count: int) -> tuple[float, ...] | None:
    """Return so many numbers with blanks between them, or None for anything else."""
    parts = (text or "").replace(",", " ").split(maxsplit=count)
    found = [number(part) for part in parts[:count]]
    whole = tuple(part for part in found if part is not None)
    return whole if len(whole) == count else None


def box_of(text: str | None) -> Box | None:
    """Return a box that has an area, or None."""
    found = numbers(text, 4)
    return (found[0], found[1], found[2], found[3]) if found and found[2] > 0 and found[3] > 0 else None


def own(element: Any) -> Matrix:
    """Return how an object's space lies in the one around it: turned by its matrix, moved to its boundary's corner."""
    a, b, c, d, e, f = numbers(element.get("CTM"), 6) or SAME
    corner = numbers(element.get("Boundary"), 4) or (0.0, 0.0)
    return a, b, c, d, e + corner[0], f + corner[1]
