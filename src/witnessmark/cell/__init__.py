"""Where hostile bytes are read: a killable child behind a narrow pipe; the standard library only."""
