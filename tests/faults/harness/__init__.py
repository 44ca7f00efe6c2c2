"""
The fault harness: real programs over sockets that it can cut, a seeded schedule of faults, and the evidence for the audit.

schedule.py is pure; programs.py, links.py and servers.py break one thing each; apps.py, operator.py and topics.py are the
load; network.py puts all together and knows how to break, heal and rest it; trial.py is one run from start to verdict.
"""
