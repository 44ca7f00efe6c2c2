"""
The auditor: judges a network by what it left behind, and knows none of its code.

It imports nothing of central, charging_point, driver or common: formats are read as their documents describe them, and
what is right is computed here anew. history.py says what there is to judge, reading.py reads it, checks.py judges.
"""
