"""Real terminals that end with their test."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.terminal.tmux import Tmux

ROOT = Path(__file__).parents[2]


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
