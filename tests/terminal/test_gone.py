"""A container, or the terminal, is gone in the middle of a session: it is told, and nothing is left."""

from __future__ import annotations

import re
from collections.abc import Callable

import psutil
import pytest

from tests.support import Docker, Run, eventually, lives
from tests.terminal.dashboard import Open, leaves_well

NAME = "cdbg-t-going"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("e", rf"shell in {NAME} was killed after .*: its container ended"),
        ("s", rf"sidecar of {NAME} was ended after .*: {NAME} was removed"),
    ],
    ids=["shell", "sidecar"],
)
def test_removed_in_a_session(
    cdbg: Open, run: Run, docker: Docker, left_behind: Callable[[], str], key: str, said: str
) -> None:
    target = run("sleep", "1000", name=NAME)
    terminal = cdbg(NAME)
    terminal.keys(key)
    terminal.wait_for("/ #")
    terminal.type("vi")
    terminal.wait_for(re.compile(r"^~\s*$", re.M))
    docker("rm", "--force", target)
    impostor = run("sleep", "1000", name=NAME)
    eventually(lambda: re.search(said, re.sub(r"[│▌\s]+", " ", terminal.screen())))
    terminal.wait_for("? keys")
    terminal.keys("x")
    terminal.wait_for(f"{NAME} ({impostor[:12]})")
    terminal.keys("Escape")
    eventually(lambda: "esc leaves" not in terminal.screen())
    leaves_well(terminal)
    assert left_behind() == ""


def test_the_terminal_closed_beside_a_container(cdbg: Open, run: Run, left_behind: Callable[[], str]) -> None:
    run("sleep", "1000", name=NAME)
    terminal = cdbg(NAME)
    stage = psutil.Process(int(terminal.flag("pane_pid")))
    [program] = [one for one in stage.children(recursive=True) if "cdbg_tui" in one.cmdline()]
    terminal.keys("s")
    terminal.wait_for("/ #")
    assert left_behind()
    terminal.close()
    eventually(lambda: not lives(program), seconds=30)
    assert left_behind() == ""
