"""Real terminals that end with their test."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.support import Docker
from tests.terminal.dashboard import Open, type_filter
from tests.terminal.tmux import Tmux

ROOT = Path(__file__).parents[2]
LABEL = "label=dev.cdbg.session"


class Session(Protocol):
    """Starts the app under test with a plan of these fields, and returns its terminal."""

    def __call__(self, *argv: str, **fields: object) -> Tmux:
        """Start the app; *argv* is what its plan runs."""


@pytest.fixture
def tmux() -> Iterator[Tmux]:
    """A terminal in which nothing runs yet."""
    with Tmux() as terminal:
        yield terminal


@pytest.fixture
def session(tmux: Tmux) -> Session:
    """Starts the app under test, which is left at its first frame."""

    def start(*argv: str, **fields: object) -> Tmux:
        plan = json.dumps({"title": "the session", "argv": argv, **fields})
        command = [sys.executable, "-m", "tests.terminal.app_under_test", plan]
        tmux.start(command, env={"PYTHONPATH": str(ROOT), "LEFT_TO_THE_CHILD": "inherited"})
        tmux.wait_for("outcome: none yet")
        return tmux

    return start


@pytest.fixture
def cdbg(tmux: Tmux, engine_url: str, tmp_path: Path) -> Open:
    """Opens the dashboard; the user's own settings are out of reach."""

    def open_(name: str = "", *, size: tuple[int, int] = (160, 45), settings: str = "", host: str = "") -> Tmux:
        config = tmp_path / "config" / "cdbg"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(settings or 'toolbox = "busybox:latest"\n')
        env = {
            "DOCKER_HOST": host or engine_url,
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(config.parent),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        tmux.start([sys.executable, "-m", "cdbg_tui"], size, env)
        if name:
            tmux.wait_for(re.compile(r"\d+ up .*\d+ dead"))
            tmux.keys("/")
            tmux.wait_for("label:key=value")
            type_filter(tmux, name)
        return tmux

    return open_


@pytest.fixture
def left_behind(docker: Docker) -> Iterator[Callable[[], str]]:
    """Names what sessions have left on the engine; the test ends with nothing there."""
    ways = (
        (("ps", "-a", "--format", "{{.Names}}"), ("rm", "-f")),
        (("images", "--format", "{{.Repository}}:{{.Tag}}"), ("rmi", "-f")),
        (("volume", "ls", "--format", "{{.Name}}"), ("volume", "rm")),
    )

    def names() -> str:
        return "".join(docker(*words, "--filter", LABEL).stdout for words, _ in ways)

    yield names
    for words, remove in ways:
        for name in docker(*words, "--filter", LABEL).stdout.split():
            docker(*remove, name, check=False)
