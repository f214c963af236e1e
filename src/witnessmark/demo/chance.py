"""Chance that repeats itself: the same words give the same draws, on every machine and Python version."""

import random


def draws(words: str) -> random.Random:
    """Return a generator that depends on these words only; nothing secret may ever come from it."""
    return random.Random(words)  # noqa: S311 - repeatable on purpose
