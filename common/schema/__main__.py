"""`python -m common.schema` is `ev-schema`."""

from common.schema.cli import main

raise SystemExit(main())
