"""From a leak to a public archive that anyone can check."""

__version__ = "0.1.0"
