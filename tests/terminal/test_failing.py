"""When the program fails all the same: the terminal is whole, a report is written, and nothing secret is in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.failing_program import SECRET
from tests.terminal.modes import modes_after
from tests.terminal.recorder import Recorder

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "tests.terminal.failing_program"]
Start = Callable[..., Recorder]


@pytest.fixture
def env(engine_url: str, tmp_path: Path) -> dict[str, str]:
    """A state directory of its own, and a secret that must not be told."""
    return {
        "DOCKER_HOST": engine_url,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "API_TOKEN": "a-token-of-the-environment",
    }


@pytest.fixture
def start(env: dict[str, str]) -> Iterator[Start]:
    """Starts the program, to fail in a *way*."""
    made: list[Recorder] = []

    def start(way: str, *words: str) -> Recorder:
        made.append(Recorder([*PROGRAM, way, *words], (120, 40), env))
        return made[-1]

    yield start
    for one in made:
        one.__exit__(None, None, None)


def report(folder: Path) -> str:
    """Return the one report that there is, which is for nobody else, and says nothing that it must not."""
    state = folder / "state" / "cdbg"
    assert state.stat().st_mode & 0o777 == 0o700
    [path] = state.glob("crash-*.txt")
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert SECRET not in text
    assert "a-token-of-the-environment" not in text
    assert str(folder) not in text
    assert 'int(f"{password}")' in text  # the program's own text is there
    assert "ValueError: invalid literal for int() with base 10: '…" in text
    return text


def is_whole(one: Recorder) -> None:
    """After the end, the terminal is as it was, and nothing was printed but our sentence."""
    assert modes_after(one.raw).are_as_they_began
    assert one.settings() == one.settings_before
    assert SECRET.encode() not in one.raw
    assert b"Traceback" not in one.raw
    assert len(re.findall(rb"cdbg: an error of cdbg's own \(ValueError\) ended it; the report is /", one.raw)) == 1


def ready(one: Recorder) -> None:
    one.read_until(lambda: "? keys" in "\n".join(one.screen().display))


def test_in_a_handler(start: Start, tmp_path: Path) -> None:
    one = start("key", "--debug")
    ready(one)
    one.type("jk?")
    assert one.wait() == 1
    is_whole(one)
    text = report(tmp_path)
    assert "in the dashboard" in text
    assert re.search(r"versions +cdbg \d.*textual 8", text)
    assert re.search(r"engine +\d+\.\d+.*, unix", text)
    assert re.search(r"terminal +120x40, TERM=xterm-256color", text)
    assert re.search(r"key j on Dashboard\n.*key k on Dashboard\n(.*\n)*.*key question_mark on Dashboard", text)
    assert "GET /containers/json" in text.partition("the end of the debug log")[2]


def test_in_a_thread_of_textuals(start: Start, tmp_path: Path) -> None:
    one = start("key")
    ready(one)
    one.type("\x1b")
    assert one.wait() == 1
    assert modes_after(one.raw).are_as_they_began
    assert one.settings() == one.settings_before
    assert b"Traceback" not in one.raw
    [path] = (tmp_path / "state" / "cdbg").glob("crash-*.txt")
    assert re.search(
        r"ValueError in failing_program.py:\d+ action_leave, failing_program.py:\d+ fail", path.read_text()
    )
    assert SECRET not in path.read_text() + one.raw.decode(errors="replace")


@pytest.mark.parametrize("way", ["start", "render"])
def test_before_the_first_frame(start: Start, tmp_path: Path, way: str) -> None:
    one = start(way)
    assert one.wait() == 1
    is_whole(one)
    report(tmp_path)


def test_while_the_first_list_is_painted(start: Start, tmp_path: Path) -> None:
    one = start("prelude")
    ready(one)  # it was only a picture
    one.type("q")
    assert one.wait() == 0
    report(tmp_path)


@pytest.mark.parametrize(
    ("key", "where"),
    [("o", "in the thread “spoiled”"), ("/", "in a task of the dashboard"), ("z", "while “spoiled” was asked")],
)
def test_in_the_background(start: Start, tmp_path: Path, key: str, where: str) -> None:
    one = start("key")
    ready(one)
    one.type(key + key)
    one.read_until(lambda: "it goes on" in "\n".join(one.screen().display))
    one.type("q")
    assert one.wait() == 0
    assert where in report(tmp_path)  # one, though it happened twice


def test_on_the_command_line(env: dict[str, str], tmp_path: Path) -> None:
    argv = [*PROGRAM, "command", "triage", "somebody"]
    done = subprocess.run(argv, env={**os.environ, **env}, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"cdbg: an error of cdbg's own \(ValueError\) ended it; the report is /.*\.\n", done.stderr
    )
    assert "on the command line" in report(tmp_path)
