"""Tells the languages of a text."""


def languages(text: str) -> tuple[str, ...]:
    """Return the languages of a text, most of it first."""
    return ()
