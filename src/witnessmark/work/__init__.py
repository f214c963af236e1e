"""How steps are planned and run."""
