"""The program, made to fail in a way that no engine and no user brings about: ``python -m … WAY WORDS``."""

from __future__ import annotations

import asyncio
import sys
import threading

from rich.traceback import Traceback

from cdbg_tui import cli
from cdbg_tui.commands import triage
from cdbg_tui.tui import prelude
from cdbg_tui.tui.app import CdbgApp
from cdbg_tui.tui.panes.stats import StatsPane

SECRET = "hunter2-the-secret"  # noqa: S105
"""Held by a variable of what fails, and quoted by the error: it must be nowhere in the end."""


def fail(*_: object, **__: object) -> None:
    """Fail, as a bug of ours does."""
    password = SECRET
    int(f"{password}")


class _Spoiled(CdbgApp):
    def action_help(self) -> None:
        """In a handler of the app's."""
        fail()

    def action_order(self) -> None:
        """In a thread."""
        threading.Thread(target=fail, name="spoiled").start()

    def action_filter(self) -> None:
        """In a task that nobody waits for; it is told of when it is forgotten."""

        async def task() -> None:
            fail()

        asyncio.get_running_loop().create_task(task())

    def action_leave(self) -> None:
        """In a thread of Textual's, which has this called."""
        try:
            fail()
        except ValueError:
            self.panic(Traceback())

    def action_zoom(self) -> None:
        """In what is asked of the engine."""
        self.asking.ask("spoiled", fail, lambda _: None, lambda error: self.say(error.what, "error"))


def main(way: str, *words: str) -> int:
    """Spoil the program in a *way*, and run it."""
    from cdbg_tui.tui.screens.dashboard import Dashboard

    spoiled = {name: name for name in ("help", "order", "filter", "zoom")} | {"back": "leave"}
    for name, way_to in spoiled.items():
        setattr(Dashboard, f"action_{name}", lambda self, to=way_to: getattr(_Spoiled, f"action_{to}")(self.app))
    match way:
        case "render":
            StatsPane.show = fail  # type: ignore[method-assign]
        case "command":
            triage.main = fail  # type: ignore[assignment]
        case "prelude":
            prelude.painted = fail  # type: ignore[assignment]
        case "start":
            CdbgApp.on_load = fail  # type: ignore[attr-defined]
        case _:
            assert way == "key"
    return cli.main(words)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
