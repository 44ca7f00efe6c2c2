"""
When the power goes: real programs on disks of which a cut keeps only what was synced, and the auditor of `..audit` behind it.

shim.c writes down what a program does to its files, shim.py puts it under a program, trace.py reads what it wrote, disk.py
knows what a disk may hold after a cut; machine.py cuts, trial.py runs the whole network, crashes.py goes through every
moment of one small history.
"""
