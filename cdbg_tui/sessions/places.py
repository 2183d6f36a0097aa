"""Where a session opens: in place of the dashboard, or beside it in a pane or window of tmux.

A program of ours runs the plan there, as it would be run here (`pane`), and tells what came of it. Both ends
speak over a socket in a private directory: what a plan says is on no disk and in no list of processes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import cdbg_tui
from cdbg_tui.engine.debug import log
from cdbg_tui.engine.gate import check_session
from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.building import Failed
from cdbg_tui.sessions.plan import Argv, Plan
from cdbg_tui.sessions.running import Outcome, clean

HERE, SPLIT, WINDOW = "here", "split", "window"
PLACES = (HERE, SPLIT, WINDOW)
SIDE_BY_SIDE = 160
"""From so many columns on a split is beside, not below: each half then still shows a line of a log."""
_START_SECONDS = 20.0
# Wherever this program was loaded from, and nothing that lies in the current directory.
_RUNNER = "import sys; sys.path.append(sys.argv[1]); from cdbg_tui.sessions.pane import main; main(sys.argv[2])"


def has_tmux(env: Mapping[str, str] = os.environ) -> bool:
    """Tell whether this terminal is a pane of tmux, and its command is here."""
    return bool(env.get("TMUX") and env.get("TMUX_PANE")) and shutil.which("tmux") is not None


def tmux_argv(place: str, title: str, columns: int, command: Argv, env: Mapping[str, str] = os.environ) -> Argv:
    """Return what has tmux run *command* beside the pane of this program, *columns* wide."""
    if place == WINDOW:
        # Next to that of TMUX_PANE, which tmux reads itself.
        # tmux reads formats in a name, and runs #(commands) in them.
        name = re.sub(r"[^\w .-]", "", one_line(title))[:30]
        return ("tmux", "new-window", "-a", "-n", name, "--", *command)
    way = "-h" if columns >= SIDE_BY_SIDE else "-v"
    return ("tmux", "split-window", way, "-t", env["TMUX_PANE"], "--", *command)


def open_beside(plan: Plan, place: str, columns: int) -> Outcome:
    """Run *plan* in a pane or window of tmux, and return what came of it when it is over.

    It blocks as long as the session lasts: call it from a thread. If what runs the plan there is killed, its
    clean-up is run here.

    Raises:
        EngineError: sessions are refused.
    """
    check_session()
    log.debug("session in a %s: %s", place, plan.shown())
    folder = Path(tempfile.mkdtemp(prefix="cdbg-", dir=os.environ.get("XDG_RUNTIME_DIR") or None))
    try:
        path = folder / "s"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ear:
            ear.bind(str(path))
            ear.listen(1)
            ear.settimeout(_START_SECONDS)
            command = (sys.executable, "-P", "-c", _RUNNER, str(Path(cdbg_tui.__file__).parents[1]), str(path))
            done = subprocess.run(
                tmux_argv(place, plan.title, columns, command),
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
            )
            if done.returncode:
                return Outcome(f"{plan.title} was not started: tmux says {one_line(done.stderr.strip())}", "error")
            wire, _ = ear.accept()
    except OSError as error:
        return Outcome(f"{plan.title} was not started beside: {error.strerror or error}", "error")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with wire:
        return _followed(wire, plan)


def _followed(wire: socket.socket, plan: Plan) -> Outcome:
    told = b""
    try:
        wire.settimeout(None)
        wire.sendall(json.dumps({"plan": asdict(plan), "env": dict(os.environ), "cwd": os.getcwd()}).encode())
        wire.shutdown(socket.SHUT_WR)
        told = _read(wire)
        values = json.loads(told)
        failed = values["failed_build"]
        return Outcome(
            values["line"],
            values["severity"],
            status=values["status"],
            failed_build=Failed(**{**failed, "lines": tuple(failed["lines"]), "lacking": tuple(failed["lacking"])})
            if failed
            else None,
        )
    except (OSError, ValueError):
        # It ended without a word: it was killed, and could not clean up.
        complaints = clean(plan)
        return Outcome("; ".join([f"{plan.title}: what ran it was killed", *complaints]), "warning")


def _read(wire: socket.socket) -> bytes:
    pieces = []
    while piece := wire.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)
