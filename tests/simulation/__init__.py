"""
The simulation: all four programs as they are, in one thread, on a clock, a network, a broker and a disk that a seed rules.

`loop.py` is the time, `wire.py` and `listening.py` the network, `topics.py` and `bus.py` the broker, `books.py` the
database. `programs.py` puts the real programs on them, `access.py` gives them their secrets, `people.py` uses them, `scale.py`
says how large it all is and what breaks when, `world.py` breaks it, `evidence.py` collects what the auditor of tests/faults
judges, `trial.py` runs one seed from its first moment to the verdict, `rounds.py` many of them. Nothing of the product
is written again here, and nothing of it is patched.
"""
