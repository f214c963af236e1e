"""Readers of file formats; they run inside the cell's child and return observations."""
