"""What a stranger runs: every check of a published edition; the standard library only."""
