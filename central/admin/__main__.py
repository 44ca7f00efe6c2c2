"""`python -m central.admin` is `ev-admin`."""

from central.admin.cli import main

raise SystemExit(main())
