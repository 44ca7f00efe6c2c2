"""`python -m driver` is `ev-driver`."""

from driver.cli import main

raise SystemExit(main())
