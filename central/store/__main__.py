"""`python -m central.store` is `ev-database`."""

import sys

from central.store.cli import main

if __name__ == "__main__":
    sys.exit(main())
