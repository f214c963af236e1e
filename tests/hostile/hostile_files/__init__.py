"""The hostile corpus: files made by code that try to break, fool or use whoever reads them; every one is harmless.

The families are named in `specimen.FAMILIES`; the table of all files, with what has to come of each, is `table.files`.
"""
