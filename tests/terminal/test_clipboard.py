"""Text reaches the clipboard that there is, and the route is told."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cdbg_tui.tui.clipboard import OSC52_BYTES, copy
from tests.terminal.tmux import Tmux

TEXT = "docker exec -it 'a b' \"sh\"\n\tö €"


def ignore(_text: str) -> None:
    """Take what the terminal would be sent."""


def bare(tmp_path: Path, **more: str) -> dict[str, str]:
    """An environment with no clipboard in it."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "dumb", **more}


def test_tmux_gets_it_exactly(tmux: Tmux, tmp_path: Path) -> None:
    tmux.start(["true"])
    osc52: list[str] = []
    assert copy(TEXT, osc52.append, bare(tmp_path, **tmux.tmux_env())) == "copied via tmux"
    assert tmux.buffer() == TEXT
    assert osc52 == []


def test_a_terminal_gets_osc_52(tmp_path: Path) -> None:
    osc52: list[str] = []
    env = bare(tmp_path, TERM="xterm-256color")
    assert copy(TEXT, osc52.append, env) == "copied via the terminal (OSC 52)"
    assert osc52 == [TEXT]


def test_over_ssh_the_desktop_of_the_other_machine_is_left_alone(tmp_path: Path) -> None:
    env = bare(tmp_path, TERM="xterm", DISPLAY=":0", SSH_CONNECTION="a 1 b 2")
    assert copy(TEXT, ignore, env) == "copied via the terminal (OSC 52)"


@pytest.mark.parametrize("term", ["dumb", "linux"])
def test_with_no_clipboard_in_reach_it_is_in_a_private_file(tmp_path: Path, term: str) -> None:
    state = tmp_path / "state"
    file = state / "cdbg" / "copied.txt"
    words = copy(TEXT, ignore, bare(tmp_path, TERM=term, XDG_STATE_HOME=str(state)))
    assert words == f"no clipboard in reach: written to {file}"
    assert file.read_text(encoding="utf-8") == TEXT
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_in_the_files_place_is_replaced_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    file = tmp_path / ".local" / "state" / "cdbg" / "copied.txt"
    file.parent.mkdir(parents=True)
    file.symlink_to(precious)
    copy(TEXT, ignore, bare(tmp_path))
    assert precious.read_text() == "mine"
    assert not file.is_symlink()


def test_more_than_a_terminal_takes_goes_to_a_file(tmp_path: Path) -> None:
    osc52: list[str] = []
    words = copy("x" * (OSC52_BYTES + 1), osc52.append, bare(tmp_path, TERM="xterm"))
    assert words.startswith("no clipboard in reach")
    assert osc52 == []


@pytest.mark.parametrize("evil", ["rm \x1b[2K", "a\rb", "a\x9db", "a\N{RIGHT-TO-LEFT OVERRIDE}b", "a\x00"])
def test_control_characters_are_refused_with_a_sentence(tmp_path: Path, evil: str) -> None:
    osc52: list[str] = []
    assert copy(evil, osc52.append, bare(tmp_path, TERM="xterm")).startswith("not copied: ")
    assert osc52 == []


def test_the_desktops_clipboard_is_used_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    xclip = tmp_path / "xclip"
    xclip.write_text(f"#!/bin/sh\ncat > {tmp_path}/clipboard\n")
    xclip.chmod(0o755)
    # pyperclip looks at the process's own environment.
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    words = copy(TEXT, ignore, bare(tmp_path, DISPLAY=":99"))
    assert words == "copied via the clipboard (xclip)"
    assert (tmp_path / "clipboard").read_text(encoding="utf-8") == TEXT
