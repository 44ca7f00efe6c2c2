"""Charging points: Monitor, Engine, and many of both in one process."""
