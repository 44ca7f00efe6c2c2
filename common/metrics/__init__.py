"""Figures of a process: what they are (catalogue.py), where they are kept (measures.py), how they are shown (page.py)."""
