"""`python -m console` is `daemonset-console`."""

import sys

from console.cli import main

sys.exit(main())
