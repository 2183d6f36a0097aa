"""Which panes of tmux can be seen, asked of a real one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from cdbg_tui.sessions.in_view import is_in_view
from tests.support import eventually
from tests.terminal.recorder import Recorder

SOCKET = f"cdbg-t-{os.getpid()}"


def tmux(*words: str) -> str:
    argv = ("tmux", "-L", SOCKET, "-f", "/dev/null", *words)
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def pane(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A pane of a session to which nobody is attached, as the one that this program runs in."""
    monkeypatch.delenv("TMUX", raising=False)
    tmux("new-session", "-d", "cat")
    monkeypatch.setenv("TMUX", tmux("display-message", "-p", "#{socket_path},#{pid},0"))
    monkeypatch.setenv("TMUX_PANE", tmux("display-message", "-p", "#{pane_id}"))
    yield os.environ["TMUX_PANE"]
    tmux("kill-server")


def test_a_pane_is_in_view_where_its_window_is_and_no_other_is_zoomed(pane: str) -> None:
    assert not is_in_view()  # nobody is attached
    env = {"TERM": "xterm-256color", "TMUX": ""}
    with Recorder(("tmux", "-L", SOCKET, "attach"), (80, 24), env):
        eventually(is_in_view)
        tmux("split-window", "cat")
        assert is_in_view()
        tmux("resize-pane", "-Z")
        assert not is_in_view()
        tmux("resize-pane", "-Z")
        tmux("new-window", "cat")
        assert not is_in_view()
        tmux("select-window", "-t", pane)
        assert is_in_view()
    eventually(lambda: not is_in_view())


def test_without_an_answer_it_is_in_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/nowhere,1,0")
    assert is_in_view({"TMUX_PANE": "%0"})
