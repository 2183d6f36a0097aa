"""The least that a list of the containers costs in Textual: one request, one table, nothing else."""

from __future__ import annotations

import http.client
import json
import os
import socket

from textual.app import App, ComposeResult
from textual.widgets import DataTable


class _Engine(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["DOCKER_HOST"].removeprefix("unix://"))


class Floor(App[None]):
    """A table of names and states."""

    def compose(self) -> ComposeResult:
        """Compose the table."""
        table: DataTable[str] = DataTable(cursor_type="row")
        table.add_columns("name", "state", "image")
        engine = _Engine("engine")
        engine.request("GET", "/containers/json?all=1")
        for one in sorted(json.load(engine.getresponse()), key=lambda one: str(one["Names"])):
            table.add_row(one["Names"][0][1:], one["Status"], one["Image"])
        yield table


if __name__ == "__main__":
    Floor().run()
