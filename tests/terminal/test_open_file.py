"""A file of a container in the user's pager or editor: a copy that is gone afterwards, the terminal whole."""

from __future__ import annotations

import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.support import IMAGE, LABEL, Docker, eventually
from tests.terminal.conftest import ROOT
from tests.terminal.tmux import Tmux

NAME = "-rf +x.conf"


class Open(Protocol):
    """Opens the file's view in a terminal whose environment has these variables."""

    def __call__(self, **env: str) -> Tmux:
        """Open it."""


@pytest.fixture(scope="module")
def container(docker: Docker) -> Iterator[str]:
    made = docker(
        "create", f"--label={LABEL}=1", IMAGE, "sh", "-c", f"mkdir /w && echo the only line > '/w/{NAME}'"
    ).stdout.strip()
    docker("start", "--attach", made)
    yield made
    docker("rm", "--force", made)


@pytest.fixture
def open_file(tmux: Tmux, container: str, engine_url: str, tmp_path: Path) -> Open:
    def start(**env: str) -> Tmux:
        command = [sys.executable, "-m", "tests.terminal.file_under_test", engine_url, container, f"/w/{NAME}"]
        without = ["env", *(f"--unset={name}" for name in ("PAGER", "EDITOR", "VISUAL") if name not in env)]
        given = {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), **env}
        tmux.start([*without, *command], env=given)
        tmux.wait_for("the only line")
        return tmux

    return start


def copies(folder: Path) -> list[Path]:
    return list(folder.glob("cdbg-*/*"))


def assert_whole(terminal: Tmux, folder: Path) -> None:
    """The view is there again, nothing is left, and after quitting the terminal is as it was before."""
    terminal.wait_for("^s copy out")
    assert list(folder.glob("cdbg-*")) == []
    assert terminal.flag("alternate_on") == "1"
    terminal.keys("C-q")
    terminal.wait_for("[left 0]")
    assert terminal.tty() == terminal.tty_before
    assert terminal.modes() == terminal.modes_before


def test_a_pager_shows_a_copy_that_nobody_else_may_read(open_file: Open, tmp_path: Path) -> None:
    terminal = open_file(PAGER="less --no-init")
    terminal.keys("o")
    terminal.wait_for(re.compile(r"\(END\)|rf__x\.conf"))
    [copy] = copies(tmp_path)
    assert copy.name == "rf__x.conf"
    assert copy.read_text() == "the only line\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o400
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    terminal.keys("q")
    assert_whole(terminal, tmp_path)


def test_without_either_variable_there_is_a_pager_all_the_same(open_file: Open, tmp_path: Path) -> None:
    terminal = open_file()
    terminal.keys("o")
    eventually(lambda: copies(tmp_path))
    terminal.wait_for(re.compile(r"\(END\)|rf__x\.conf"))
    terminal.keys("q")
    assert_whole(terminal, tmp_path)


def test_what_an_editor_changes_is_said_to_be_lost(open_file: Open, tmp_path: Path) -> None:
    terminal = open_file(EDITOR='sh -c "chmod 600 $0; echo more >> $0"')
    terminal.keys("o")
    terminal.wait_for("What was changed in the copy is gone")
    assert_whole(terminal, tmp_path)


def test_an_editor_that_is_killed_leaves_nothing(open_file: Open, tmp_path: Path) -> None:
    terminal = open_file(EDITOR='sh -c "kill -9 $$"')
    terminal.keys("o")
    terminal.wait_for("it was ended by SIGKILL. Press Enter to go back.")
    terminal.keys("Enter")
    assert_whole(terminal, tmp_path)


def test_a_terminal_that_is_closed_leaves_nothing(open_file: Open, tmp_path: Path) -> None:
    terminal = open_file(PAGER="less")
    terminal.keys("o")
    eventually(lambda: copies(tmp_path))
    terminal.wait_for(re.compile(r"\(END\)|rf__x\.conf"))
    terminal.close()
    eventually(lambda: not list(tmp_path.glob("cdbg-*")))


def test_with_both_set_one_is_chosen(open_file: Open, tmp_path: Path) -> None:
    terminal = open_file(PAGER="less", EDITOR="sh -c 'echo this is the editor; read -r _'")
    terminal.keys("o")
    terminal.wait_for("$PAGER")
    terminal.keys("e")
    terminal.wait_for(re.compile("^this is the editor", re.M))
    terminal.keys("Enter")
    assert_whole(terminal, tmp_path)
