"""AUTHENTICATE by machine: weigh what readers observed; no parser is imported here."""
