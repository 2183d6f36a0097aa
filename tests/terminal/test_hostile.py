"""The program in a real terminal, and its command line, on an engine and containers that say the worst.

Of every byte that it writes it must be known that the program itself writes such a thing.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyte
import pytest
from rich.cells import get_character_cell_size

from tests.engine.hostile import hostile_container, hostile_engine
from tests.hostile import acting, strays
from tests.support import Docker, Run, eventually
from tests.terminal.recorder import Recorder

NAME = "hostile-pty"
ROOT = Path(__file__).parents[2]
SIZE = (160, 45)


@pytest.fixture
def hostile(engine_url: str, run: Run, docker: Docker, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment in which the engine is a hostile one, with hostile containers on it."""
    living, _ = hostile_container(run, docker, NAME)
    eventually(
        lambda: docker("inspect", "-f", "{{.State.Health.Status}}", living).stdout.strip() == "unhealthy", 30
    )
    (tmp_path / "config" / "cdbg").mkdir(parents=True)
    (tmp_path / "config" / "cdbg" / "config.toml").write_text('toolbox = "busybox:latest"\n')
    with hostile_engine(tmp_path / "hostile.sock", engine_url) as url:
        yield {
            "DOCKER_HOST": url,
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "TMUX": "",
            "SSH_CONNECTION": "1",
        }
    docker("rm", "--force", f"{NAME}-dead", check=False)
    docker("rmi", "--force", f"{NAME}:made", check=False)


class Seen(Recorder):
    """A program in a pty, its screen kept as it goes on."""

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__([sys.executable, "-m", "cdbg_tui"], SIZE, env)
        self._screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0

    def screen(self) -> pyte.Screen:
        """Return the screen as it is now."""
        for chunk in self.chunks[self._fed :]:
            self._stream.feed(chunk)
        self._fed = len(self.chunks)
        return self._screen

    def text(self) -> str:
        """Return what is on the screen; the terminal's own way to ask fails at an accent with no letter."""
        buffer = self.screen().buffer
        return "\n".join("".join(buffer[y][x].data for x in range(SIZE[0])) for y in range(SIZE[1]))

    def leave(self, word: str) -> None:
        """Press Esc, and read until *word* is gone: what is typed behind it at once would be a key with Alt."""
        self.type("\x1b")
        self.read_until(lambda: word not in self.text())

    def shows(self, *words: str) -> None:
        """Read until all *words* are on the screen."""
        self.read_until(lambda: all(word in self.text() for word in words))


def test_every_byte_in_a_terminal_is_the_programs_own(
    hostile: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As tmux has it, where pyte gives each half of a flag two cells.
    monkeypatch.setattr("pyte.screens.wcwidth", get_character_cell_size)
    with Seen(hostile) as one:
        one.shows("? keys", "5 processes", NAME)
        one.type("/!-dead !-unstarted\r")
        for keys, word in (
            ("1g", NAME),
            ("3", "3 logs"),
            ("w", "wrap"),
            # Not the log of the dead one, which the list had chosen before and which says the same.
            ("tgG", "following"),
            ("G", "漢漢漢"),
            ("/PWNED\r", "/PWNED"),
        ):
            one.type(keys)
            one.shows(word)
        one.type("n")
        one.shows("Next hit", "went round")
        one.leave("Next hit")
        one.type("4t")
        one.shows("t: findings")
        one.read_until(lambda: not torn(one))  # a frame may be half read
        one.type("1i")
        one.shows("1 summary", "3 compare")
        one.type("zjjjjjjjj2")
        one.type("zjjjjjjjjjjjjjjm")
        one.shows("secrets are shown")
        one.type("q")
        one.shows("? keys")
        one.type("d")
        one.shows("changed files of", "hostile")
        one.read_until(lambda: re.search(r"A [1-9]", one.text()) is not None)  # they are read
        one.type("zjjjjjjjjjj")
        one.type("/all\r")
        one.type("\r")
        one.shows("in hostile", "00000010")
        one.type("x")
        one.shows("35  rgbx")
        one.type("G")
        one.shows("not utf-8")
        one.type("qq")
        one.shows("? keys", "5 processes")
        one.type("yn")
        one.shows("not copied", "control")
        one.type("I")
        one.shows("efficiency")
        one.type("jjq")
        one.shows("5 processes")
        one.type("S")
        one.shows("sidecar of", "esc leaves")
        one.leave("esc leaves")
        one.shows("5 processes")
        one.type("q")
        assert one.wait() == 0
        written = one.raw.decode()
    assert strays(written) == []
    assert "52;c" not in "".join(re.findall(r"\x1b\][^\x07\x1b]*", written))
    text = re.sub(r"\x1b\[[0-9;:?]*[A-Za-z]", "", written)
    for literal in ("[@click=app.quit]", "[/x]", "$name"):
        assert literal in text, f"{literal} was taken for markup"


def torn(one: Seen) -> list[int]:
    """Return the rows in which the frames of the panes do not stand where they do in all others."""
    column = SIZE[0] * 60 // 100
    buffer = one.screen().buffer
    edges = (0, column - 1, column, SIZE[0] - 1)
    return [y for y in range(1, SIZE[1] - 1) if not all(buffer[y][x].data in "│╭╮╰╯▁▂▃▄▅▆▇█▔▕▏" for x in edges)]


ID, DEAD, UNSTARTED = "{living}", "{dead}", "{unstarted}"
COMMANDS = (
    ((0, 1), "triage", "--all"),
    ((0, 1), "triage", ID, "--json"),
    ((0,), "diff", ID),
    ((0,), "diff", ID, "--json"),
    ((0,), "image", ID),
    ((0,), "image", ID, "--json"),
    ((1,), "cat", f"{ID}:/nowhere"),
    ((0,), "cp", f"{ID}:/hostile", "copy"),
    ((1,), "cp", f"{ID}:/hostile", "nowhere/x"),
    ((0,), "report", ID, "-o", "report.tar.gz"),
    ((125,), "exec", "no\x1b]0;PWNED\x07[/x]such"),
    ((2,), "--host", "unix:///nowhere/\x1b]0;PWNED\x07", "triage"),
    ((2,), "--context", "no\x1b[2Jsuch", "triage"),
)
"""What is asked, and the status that it is to end with."""
ONTO_A_TERMINAL = (
    ("triage", ID),
    ("cat", f"{ID}:/hostile/all"),
    ("exec", ID, "--print"),
    ("sidecar", ID, "--print"),
    ("nsenter", ID, "--print"),
    ("attach", ID, "--print"),
    ("rerun", DEAD, "--print"),
    ("rerun", UNSTARTED, "--print"),
    ("pcap", ID, "--print"),
)


@pytest.fixture
def ids(hostile: dict[str, str], docker: Docker) -> dict[str, str]:
    """The containers by what they are."""
    assert hostile
    names = {"living": NAME, "dead": f"{NAME}-dead", "unstarted": f"{NAME}-unstarted"}
    return {one: docker("inspect", "-f", "{{.Id}}", name).stdout.strip() for one, name in names.items()}


def test_every_byte_of_the_command_line_is_the_programs_own(
    hostile: dict[str, str], ids: dict[str, str], tmp_path: Path
) -> None:
    wrong: list[str] = []
    for status, *words in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "cdbg_tui", *(word.format(**ids) for word in words)],
            check=False,
            cwd=tmp_path,
            env={**os.environ, **hostile, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        told = (done.stdout + done.stderr).decode("utf-8", "surrogateescape")
        if found := acting(re.sub("[\t\n]", "", told)):
            wrong.append(f"{words}: {found[:5]} in {told[:300]!r}")
        if done.returncode not in status:
            wrong.append(f"{words}: {done.returncode} {told[-600:]!r}")
    for command in ONTO_A_TERMINAL:
        argv = [sys.executable, "-m", "cdbg_tui", *(word.format(**ids) for word in command)]
        with Recorder(argv, SIZE, hostile) as one:
            one.wait()
            told = one.raw.decode("utf-8", "surrogateescape")
        if found := strays(re.sub("\r\n|\t", " ", told)):
            wrong.append(f"{command} on a terminal: {found[:5]}")
        if "Traceback" in told or not told:
            wrong.append(f"{command} on a terminal: {told[-600:]!r}")
    assert not wrong, "\n".join(wrong)
    assert (tmp_path / "copy/all").is_file()
    with tarfile.open(tmp_path / "report.tar.gz") as tar:
        for member in tar.getmembers():
            data = tar.extractfile(member) or io.BytesIO()
            text = data.read().decode()
            assert not acting(re.sub("[\t\n]", "", text)), member.name
