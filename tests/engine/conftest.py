"""The command line on the test engine, on a terminal of its own, and a network there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.shell import Shell
from tests.support import IMAGE, LABEL, Docker

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cdbg(engine_url: str, tmp_path: Path) -> Iterator[Callable[..., Shell]]:
    """Starts cdbg on a terminal of its own, with settings of its own."""
    config = tmp_path / "config" / "cdbg"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f'toolbox = "{IMAGE}"\n')
    env = {"XDG_CONFIG_HOME": str(config.parent), "XDG_STATE_HOME": str(tmp_path / "state"), "SHELL": "/bin/sh"}
    words = [f"{name}={value}" for name, value in env.items()]
    started: list[Shell] = []

    def start(*argv: str) -> Shell:
        # A terminal that controls it, so that Ctrl+C is a signal.
        front = ("setsid", "--ctty", "--wait", "env", "-C", str(ROOT), *words)
        shell = Shell((*front, sys.executable, "-m", "cdbg_tui", "--host", engine_url, *argv))
        started.append(shell)
        return shell

    yield start
    for shell in started:
        shell.close()


@pytest.fixture
def network(docker: Docker) -> Iterator[str]:
    """A network of the user's own."""
    name = "cdbg-t-network"
    docker("network", "create", "--label", f"{LABEL}=1", name)
    yield name
    docker("network", "rm", name, check=False)
