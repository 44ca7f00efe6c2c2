"""`python -m charging_point.monitor`: the same as ev-monitor."""

import sys

from charging_point.monitor.cli import main

sys.exit(main())
