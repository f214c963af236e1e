"""The truth on disk: contents and events, written here and nowhere else, contents first."""
