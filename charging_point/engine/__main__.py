"""`python -m charging_point.engine` is `ev-engine`."""

import sys

from charging_point.engine.cli import main

sys.exit(main())
