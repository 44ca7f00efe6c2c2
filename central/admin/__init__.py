"""The operator's command line. It talks to Central like any other client and imports nothing else of it, but for `--database` (direct.py)."""
