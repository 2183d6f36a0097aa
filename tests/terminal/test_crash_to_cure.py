"""A container that crashed without a word, from the list to its cure, by keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.support import Docker, Run, eventually
from tests.terminal.dashboard import Open, leaves_well

NAME = "cdbg-t-webd"
# As nginx does: its log is a file, and what it lacks stands nowhere else.
SCRIPT = """\
if [ -d /run/webd ]; then echo serving; exec sleep 600; fi
mkdir -p /var/log/webd
echo '2026/01/15 10:12:44 [emerg] 1#1: open() "/run/webd/webd.pid" failed (2: No such file or directory)' \
  >> /var/log/webd/error.log
exit 1
"""


@pytest.fixture
def webd(run: Run, docker: Docker) -> str:
    """A dead web server whose own log is empty."""
    container = run("sh", "-c", SCRIPT, name=NAME)
    eventually(lambda: docker("inspect", "-f", "{{.State.Status}}", container).stdout.strip() == "exited")
    assert docker("logs", container).stdout == ""
    return container


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
def test_from_a_crash_without_a_word_to_the_cure_by_keys_alone(
    size: tuple[int, int], cdbg: Open, webd: str, docker: Docker, left_behind: Callable[[], str]
) -> None:
    before = set(docker("diff", webd).stdout.splitlines())
    terminal = cdbg(NAME, size=size)

    terminal.keys("d")
    terminal.wait_for(re.compile(r"what may tell why.*/var/log/webd/error\.log", re.S))
    terminal.keys("Enter")
    terminal.wait_for(re.compile(r"\[emerg\].*/run/webd/webd\.pid", re.S))
    terminal.keys("Escape")
    terminal.wait_for("what may tell why")
    terminal.keys("Escape")
    terminal.wait_for("1 containers")

    terminal.keys("c")
    terminal.wait_for(f"rerun of {NAME}")
    terminal.keys("Enter")
    terminal.wait_for("/ #")
    terminal.type('mkdir -p /run/webd; eval "$CDBG_COMMAND" &')
    terminal.wait_for(re.compile(r"serving$", re.M))
    terminal.type("jobs")
    terminal.wait_for(re.compile(r"\[1\]\+? +Running"))
    assert left_behind() != ""
    terminal.type("exit")
    terminal.wait_for("remove what it made?")
    terminal.keys("Enter")
    terminal.wait_for("nothing is left behind")
    leaves_well(terminal)

    assert left_behind() == ""
    assert set(docker("diff", webd).stdout.splitlines()) == before
