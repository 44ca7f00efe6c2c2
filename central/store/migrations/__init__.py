"""Alembic's migrations: how the schema came to be what `tables.py` says."""
