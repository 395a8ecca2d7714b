"""`python -P -m fillwright.lsp_server` is the `fillwright` command."""

import sys

from fillwright.lsp_server.cli.main import main

sys.exit(main())
