"""The vocabulary: frozen values that every room shares; no files, no clock."""
