"""``python -m cdbg_tui`` does what the installed ``cdbg`` does."""

import sys

from cdbg_tui.cli import main

sys.exit(main())
