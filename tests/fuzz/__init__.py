"""
Fuzzing: what must hold for any bytes at all. `python3 -m deploy fuzz` runs it (see __main__.py).

`targets.py` says what must hold, `frames.py` makes frames that are nearly right, `guided.py` lets atheris look for bytes
that reach new code, `flood.py` runs millions of frames at full speed. `corpus/` has one folder a target: what once was a
finding, or leads somewhere special; `test_corpus.py` replays it and needs no atheris. Whole histories against a running
Central are hypothesis's business (tests/integration/central/test_any_history.py).
"""
