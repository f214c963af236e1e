"""`python -m witnessmark`: the same as the command `witnessmark`."""

from witnessmark.cli.main import run

if __name__ == "__main__":
    run()
