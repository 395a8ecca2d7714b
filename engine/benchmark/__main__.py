"""`python -P -m fillwright.engine.benchmark engine`: `fillwright bench engine` where no grammar is
installed."""

import sys

from fillwright.engine.benchmark.command import main

sys.exit(main(sys.argv[1:]))
