"""`python -m steadyline`."""

from steadyline.cli import main

raise SystemExit(main())
