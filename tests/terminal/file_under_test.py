"""The dashboard with one file of one container opened at once: its engine, id and path are the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

import cdbg_tui
from cdbg_tui.config import Config
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.containers import Watch
from cdbg_tui.tui.app import CdbgApp
from cdbg_tui.tui.viewing import Target, view


class FileUnderTest(CdbgApp):
    """Begins with the view of a file."""

    CSS_PATH: ClassVar[list[str]] = [
        str(Path(cdbg_tui.__file__).parent / "tui" / name) for name in ("cdbg.tcss", "screens/screens.tcss")
    ]

    def on_ready(self) -> None:
        """Open the file."""
        view(self, Target(sys.argv[2], "box", sys.argv[3]))


if __name__ == "__main__":
    engine = Engine(find(host=sys.argv[1]))
    FileUnderTest(engine, Watch(engine), Config()).run()
