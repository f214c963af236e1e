"""AUTHENTICATE by people: signed judgements about exhibits."""
