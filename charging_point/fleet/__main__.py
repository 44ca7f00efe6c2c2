"""`python -m charging_point.fleet` is `ev-fleet`."""

import sys

from charging_point.fleet.cli import main

sys.exit(main())
