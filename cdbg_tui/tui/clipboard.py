"""To the clipboard, wherever that is: through tmux, the desktop's own, the terminal (OSC 52), or a file."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from cdbg_tui.config import state_dir
from cdbg_tui.engine import private
from cdbg_tui.engine.gate import reading
from cdbg_tui.model.text import is_safe

ROUTE_SECONDS = 2.0
OSC52_BYTES = 64 << 10
"""Terminals cut a longer payload, or drop it."""


def copy(text: str, write_osc52: Callable[[str], None], env: Mapping[str, str] = os.environ) -> str:
    """Copy *text* by the best route that works, and return that route in words for a toast.

    It may block for some seconds, on a hung X server say: call it from a thread. *write_osc52* is given
    the text when the terminal is to set the clipboard; whether it did, nobody can know.
    """
    if not is_safe(text):
        return "not copied: it holds control characters, which would act on whatever it is pasted into"
    if env.get("TMUX") and _to_tmux(text, env):
        return "copied via tmux"
    if native := _to_desktop(text, env):
        return f"copied via the clipboard ({native})"
    if len(text.encode()) <= OSC52_BYTES and _has_osc52(env):
        write_osc52(text)
        return "copied via the terminal (OSC 52)"
    try:
        path = _to_file(text, env)
    except OSError as error:
        return f"not copied: there is no clipboard, and no file could be written ({error.strerror})"
    return f"no clipboard in reach: written to {path}"


def _to_tmux(text: str, env: Mapping[str, str]) -> bool:
    """Fill tmux's newest buffer and, from 3.2 on, the clipboard of the terminal that it runs in.

    Its own handling of OSC 52 drops that of applications unless set-clipboard is "on".
    """
    if shutil.which("tmux", path=env.get("PATH")) is None:
        return False
    return any(_fed(("tmux", "load-buffer", *option, "-"), text, env) for option in (("-w",), ()))


def _fed(argv: tuple[str, ...], text: str, env: Mapping[str, str]) -> bool:
    try:
        with reading():
            done = subprocess.run(
                argv,
                check=False,
                input=text.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(env),
                timeout=ROUTE_SECONDS,
            )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _to_desktop(text: str, env: Mapping[str, str]) -> str:
    """Copy by pyperclip, and return the name of what it used; nothing if there is none or it hangs.

    Over ssh it would be the clipboard of a machine at which nobody sits.
    """
    if env.get("SSH_CONNECTION") or env.get("SSH_TTY"):
        return ""
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    if os.uname().sysname != "Darwin" and not any(env.get(name) for name in displays):
        return ""
    used: list[str] = []

    def work() -> None:
        import pyperclip

        # Its programs fail in ways of their own; the next route is the answer to all of them.
        with contextlib.suppress(Exception), reading():
            put, _ = pyperclip.determine_clipboard()
            put(text)
            used.append(getattr(put, "__name__", "copy_native").removeprefix("copy_").replace("_", "-"))

    worker = threading.Thread(target=work, name="clipboard", daemon=True)
    worker.start()
    worker.join(ROUTE_SECONDS)
    return used[0] if used else ""


def _has_osc52(env: Mapping[str, str]) -> bool:
    """Tell whether the terminal may set the clipboard; tmux was asked before, and drops it."""
    if env.get("TERM_PROGRAM") == "Apple_Terminal" or env.get("TERM", "dumb") in ("dumb", "linux", ""):
        return False
    return not env.get("TMUX")


def _to_file(text: str, env: Mapping[str, str]) -> Path:
    path = state_dir(env) / "copied.txt"
    private.write(path, text)
    return path
