"""COMPILE: from a folder of anything to sealed, unpacked, read exhibits."""
