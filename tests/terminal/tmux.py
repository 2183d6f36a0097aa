"""A real terminal to run a program in: a tmux of its own, which can be asked what state it was left in."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

# Waits until the terminal's state was noted, then runs the program as an interactive shell would: a job of
# its own. `cat` keeps the terminal open after it, as the program left it.
_STAGE = r"""
trap : INT QUIT
set -m
echo '[ready]'
read -r _
"$@"
printf '\n[left %s]\n' $?
exec cat
"""
MODES = ("alternate_on", "mouse_any_flag", "cursor_flag", "keypad_flag", "insert_flag", "wrap_flag")
SECONDS = 20.0


class Tmux:
    """One program in one pane of one private tmux server, which `close` ends."""

    def __init__(self) -> None:
        self._socket = f"cdbg-test-{secrets.token_hex(6)}"
        self.tty_before = ""
        """The terminal's settings before the program started, as `tty` returns them."""
        self.modes_before: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(
        self,
        argv: Sequence[str],
        size: tuple[int, int] = (120, 40),
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run *argv* in a terminal of *size* columns and rows."""
        options = [word for name, value in (env or {}).items() for word in ("-e", f"{name}={value}")]
        stage = shlex.join(("sh", "-c", _STAGE, "stage", *argv))
        self._tmux(
            "-f", "/dev/null", "start-server", ";",
            "set-option", "-g", "status", "off", ";",
            "set-option", "-sg", "escape-time", "0", ";",
            "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), *options, stage,
        )  # fmt: skip
        self.wait_for("[ready]")
        self.tty_before = self.tty()
        self.modes_before = self.modes()
        self.keys("Enter")

    def keys(self, *keys: str) -> None:
        """Press *keys*, by tmux's names for them: ``q``, ``C-c``, ``Enter``."""
        self._tmux("send-keys", *keys)

    def type(self, text: str, *, enter: bool = True) -> None:
        """Type *text* letter by letter, and Enter."""
        self._tmux("send-keys", "-l", text)
        if enter:
            self.keys("Enter")

    def keys_to(self, pane: str, *keys: str) -> None:
        """Press *keys* in another pane than the one that has the focus."""
        self._tmux("send-keys", "-t", pane, *keys)

    def screen(self, pane: str = "") -> str:
        """Return what is on the screen, of the pane that has the focus if not told."""
        return self._tmux("capture-pane", "-p", *(("-t", pane) if pane else ()))

    def panes(self) -> list[str]:
        """Return the ids of all panes, in all windows."""
        return self._tmux("list-panes", "-s", "-F", "#{pane_id}").split()

    def kill_pane(self, pane: str) -> None:
        """Close a pane, as its user may at any time."""
        self._tmux("kill-pane", "-t", pane)

    def wait_for(self, what: str | re.Pattern[str], seconds: float = SECONDS) -> str:
        """Wait until *what* is on the screen, and return the screen; fail with the screen if it never is."""
        pattern = what if isinstance(what, re.Pattern) else re.compile(re.escape(what))
        deadline = time.monotonic() + seconds
        while not pattern.search(screen := self.screen()):
            assert time.monotonic() < deadline, f"no {pattern.pattern!r} in {seconds} s on\n{screen}"
            time.sleep(0.03)
        return screen

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal of another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def flag(self, name: str, pane: str = "") -> str:
        """Return one of tmux's variables of the pane: ``alternate_on``, ``pane_tty``, ``pane_pid``."""
        return self._tmux("display-message", *(("-t", pane) if pane else ()), "-p", f"#{{{name}}}").rstrip("\n")

    def modes(self) -> dict[str, str]:
        """Return which of its modes the terminal is in."""
        return {name: self.flag(name) for name in MODES}

    def tty(self) -> str:
        """Return all of the terminal's line settings, as ``stty`` prints them, without its size."""
        argv = ["stty", "-g", "-F", self.flag("pane_tty")]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def tmux_env(self) -> dict[str, str]:
        """Return what makes another tmux client talk to this server: the ``TMUX`` of its pane."""
        return {"TMUX": f"{self.flag('socket_path')},{self.flag('pid')},0"}

    def buffer(self) -> str:
        """Return tmux's newest paste buffer."""
        return self._tmux("show-buffer")

    def close(self) -> None:
        """End the server, and so whatever runs in it."""
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], check=False, stderr=subprocess.DEVNULL)

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *words],
            check=False,
            capture_output=True,
            encoding="utf-8",
            # Spelled out: readline, which pytest loads, puts LINES and COLUMNS behind Python's back.
            env=dict(os.environ),
        )
        assert done.returncode == 0, f"tmux {shlex.join(words)}: {done.stderr}"
        return done.stdout
