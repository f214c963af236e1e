"""Words in, words out: the command line composes the engines."""
