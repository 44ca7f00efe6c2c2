"""`python -m central` is `ev-central`."""

from central.cli import main

main()
