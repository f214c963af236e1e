"""Arithmetic that a stranger can repeat: bytes in, bytes out; the standard library only."""
