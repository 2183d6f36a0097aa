"""Whether the pane of tmux that this program runs in can be seen."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from cdbg_tui.engine.gate import reading

_FORMAT = "#{session_attached} #{window_active} #{window_zoomed_flag} #{pane_active}"
_SECONDS = 2.0


def is_in_view(env: Mapping[str, str] = os.environ) -> bool:
    """Tell whether somebody is attached and has our window before him, our pane not behind a zoomed one.

    It asks tmux, which takes some milliseconds; without an answer it is in view.
    """
    argv = ("tmux", "display-message", "-p", "-t", env.get("TMUX_PANE", ""), _FORMAT)
    try:
        with reading():
            said = subprocess.run(
                argv, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS
            )
        attached, is_active_window, is_zoomed, is_active_pane = map(int, said.stdout.split())
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return True
    return bool(attached and is_active_window and (is_active_pane or not is_zoomed))
