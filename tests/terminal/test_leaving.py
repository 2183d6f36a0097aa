"""Whatever ends the program, and in the middle of whatever: the terminal is as before, and nothing is left."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pyte
import pytest

from tests.engine.proxy import Fault, Proxy
from tests.support import IMAGE, LABEL, Docker, eventually, lives, time_waited
from tests.terminal.modes import modes_after
from tests.terminal.recorder import Recorder
from tests.terminal.tmux import Tmux

SECONDS = 1.0
"""An exit may take so long."""
FLOOD, BIG = "cdbg-l-flood", "cdbg-l-big"
Way = str | signal.Signals
Q, CTRL_C = "q", "\x03"
LEAVE_EVERYWHERE = "\x11"
"""Ctrl+Q: on screens where q only goes back."""


@pytest.fixture(scope="module")
def _containers(docker: Docker) -> Iterator[None]:
    """One that floods its log, one that has changed thousands of files."""
    scripts = {
        FLOOD: "while :; do seq 1 20000; done",
        BIG: "mkdir /d; for i in $(seq 1 3000); do : > /d/$i; done; "
        "dd if=/dev/zero of=/d/big bs=1M count=50; echo made; exec sleep 1000",
    }
    docker("rm", "-fv", *scripts, check=False)
    for name, script in scripts.items():
        docker("run", "-d", f"--label={LABEL}=1", f"--name={name}", IMAGE, "sh", "-c", script)
    eventually(lambda: "made" in docker("logs", BIG).stdout, seconds=30)
    yield
    docker("rm", "-fv", *scripts, check=False)


class Opened(Recorder):
    """The dashboard in a pty, with folders of its own that must be empty in the end."""

    def __init__(self, folder: Path, host: str, **env: str) -> None:
        self.folders = [folder / "tmp", folder / "run", folder / "copies"]
        for one in self.folders:
            one.mkdir()
        own = {
            "DOCKER_HOST": host,
            "HOME": str(folder),
            "TMPDIR": str(self.folders[0]),
            "XDG_RUNTIME_DIR": str(self.folders[1]),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "TMUX": "",
        }
        super().__init__([sys.executable, "-m", "cdbg_tui"], (120, 40), {**own, **env})
        self._screen = pyte.Screen(120, 40)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0
        self.shows("[?] keys")

    def shows(self, words: str) -> None:
        """Wait until *words* are on the screen."""
        self.read_until(lambda: re.search(words, self.now()) is not None)

    def now(self) -> str:
        """Return what is on the screen; only what came since is fed to it."""
        for chunk in self.chunks[self._fed :]:
            self._stream.feed(chunk)
        self._fed = len(self.chunks)
        return "\n".join(self._screen.display)

    def go_to(self, name: str) -> None:
        """Select a container."""
        self.type(f"/{name}")
        self.shows(f"/{name} ─╯")
        self.type("\r")
        self.shows(f"(?s)logs · {name}.*e shell")

    def ends(self, way: Way) -> int:
        """Leave it in a *way*, look at all that may be left, and return the exit status."""
        below = psutil.Process(self.pid).children(recursive=True)
        began, waited = time.monotonic(), time_waited()
        if isinstance(way, signal.Signals):
            self.send(way)
        else:
            self.type(way)
        status = self.wait()
        took, waited = time.monotonic() - began, time_waited() - waited
        assert modes_after(self.raw).are_as_they_began
        assert self.settings() == self.settings_before
        assert b"Traceback" not in self.raw
        # A signal is delivered when the kernel comes to it.
        eventually(lambda: not [process for process in below if lives(process)], seconds=SECONDS)
        assert not [path for folder in self.folders for path in folder.iterdir()]
        # On a machine that has more to do than it can, everything takes longer.
        assert took - waited < SECONDS
        return status


@pytest.fixture
def opened(engine_url: str, tmp_path: Path, _containers: None) -> Iterator[Callable[..., Opened]]:
    """Opens the dashboard, on the engine or another *host*."""
    made: list[Opened] = []

    def open_(host: str = "", **env: str) -> Opened:
        made.append(Opened(tmp_path, host or engine_url, **env))
        return made[-1]

    yield open_
    for one in made:
        one.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("way", "status"),
    [
        (Q, 0),
        (CTRL_C, 0),
        (LEAVE_EVERYWHERE, 0),
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGHUP, 128 + signal.SIGHUP),
        (signal.SIGINT, 128 + signal.SIGINT),
    ],
    ids=str,
)
def test_from_the_list(opened: Callable[..., Opened], way: Way, status: int) -> None:
    assert opened().ends(way) == status


@pytest.mark.parametrize("way", [Q, CTRL_C, signal.SIGTERM], ids=repr)
def test_while_a_log_floods(opened: Callable[..., Opened], way: Way) -> None:
    one = opened()
    one.go_to(FLOOD)
    one.shows(r"│  \d{2,5} ")
    one.ends(way)


@pytest.mark.parametrize("way", [LEAVE_EVERYWHERE, signal.SIGHUP], ids=str)
def test_while_changes_are_read(opened: Callable[..., Opened], proxy: Proxy, way: Way) -> None:
    one = opened(proxy.url)
    one.go_to(BIG)
    proxy.faults["/changes"] = Fault(stalls=True, after=50_000)
    one.type("d")
    one.shows("asking the engine")
    one.ends(way)


@pytest.mark.parametrize("way", [LEAVE_EVERYWHERE], ids=str)
def test_while_a_log_is_saved(opened: Callable[..., Opened], proxy: Proxy, tmp_path: Path, way: Way) -> None:
    one = opened(proxy.url)
    one.go_to(BIG)
    proxy.faults["/logs"] = Fault(stalls=True)
    one.type("3\x13")
    one.shows("to file")
    one.type("\x15" + str(tmp_path / "copies" / "log") + "\r")
    one.read_until(lambda: any((tmp_path / "copies").iterdir()))
    one.ends(way)


@pytest.mark.parametrize("way", [signal.SIGTERM], ids=str)
def test_while_a_copy_runs(opened: Callable[..., Opened], proxy: Proxy, tmp_path: Path, way: Way) -> None:
    one = opened(proxy.url)
    one.go_to(BIG)
    one.type("d")
    one.shows("3,00[0-9]")
    proxy.faults["/archive"] = Fault(stalls=True, after=100_000)
    one.type("\x13")
    one.shows(" to ")
    one.type("\x15" + str(tmp_path / "copies" / "copy") + "\r")
    one.read_until(lambda: any((tmp_path / "copies").iterdir()))
    one.ends(way)


@pytest.mark.parametrize("keys", ["x", "\x10"], ids=["menu", "palette"])
def test_while_a_dialog_is_open(opened: Callable[..., Opened], keys: str) -> None:
    one = opened()
    one.go_to(BIG)
    one.type(keys)
    one.shows("SIGTERM, then|Search for commands")
    one.ends(signal.SIGTERM)


@pytest.mark.parametrize("way", [LEAVE_EVERYWHERE, signal.SIGTERM], ids=str)
def test_while_the_engine_hangs(opened: Callable[..., Opened], proxy: Proxy, way: Way) -> None:
    one = opened(proxy.url)
    one.go_to(BIG)
    proxy.instead[""] = None
    asked = len(proxy.paths)
    one.type("i")
    one.read_until(lambda: len(proxy.paths) > asked)
    one.ends(way)


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_in_a_session(opened: Callable[..., Opened], way: Way) -> None:
    one = opened()
    one.go_to(BIG)
    one.type("e")
    one.shows("/ #")
    assert one.ends(way) == 128 + int(way)


@pytest.mark.parametrize("way", [signal.SIGHUP], ids=str)
def test_while_a_command_of_ones_own_runs(opened: Callable[..., Opened], tmp_path: Path, way: Way) -> None:
    (tmp_path / "config" / "cdbg").mkdir(parents=True)
    (tmp_path / "config" / "cdbg" / "config.toml").write_text(
        '[[command]]\nname = "wait"\nkey = "v"\nrun = "background"\n'
        'argv = ["sh", "-c", "echo begun; sleep 1000 & wait"]\n'
    )
    one = opened()
    one.go_to(BIG)
    one.type("v")
    one.shows("begun")
    eventually(lambda: len(psutil.Process(one.pid).children(recursive=True)) == 2)
    one.ends(way)


def test_a_terminal_that_can_do_nothing_gets_a_sentence(engine_url: str) -> None:
    env = {"DOCKER_HOST": engine_url, "TERM": "dumb"}
    with Recorder([sys.executable, "-m", "cdbg_tui"], (80, 24), env) as one:
        assert one.wait() == 2
        assert one.raw.startswith(b"cdbg: the dashboard needs a terminal")
        assert b"\x1b" not in one.raw
        assert one.settings() == one.settings_before


def test_small_and_large_again(opened: Callable[..., Opened]) -> None:
    one = opened()
    for size in ((20, 5), (120, 40)):
        written = len(one.raw)
        one.resize(*size)
        one.read_until(lambda written=written: len(one.raw) > written)  # type: ignore[misc]
    one.shows("[?] keys")
    one.ends(Q)


@pytest.mark.parametrize("env", [{"TERM": "tmux-256color"}, {"NO_COLOR": "1"}], ids=str)
def test_in_other_terminals(opened: Callable[..., Opened], env: dict[str, str]) -> None:
    one = opened(**env)
    if "NO_COLOR" in env:
        colours = re.compile(rb"\x1b\[[0-9;]*[34]8;2;(\d+);(\d+);(\d+)")
        assert all(red == green == blue for red, green, blue in colours.findall(one.raw))
    assert one.ends(Q) == 0


def test_stopped_where_nobody_can_refuse_and_continued(opened: Callable[..., Opened]) -> None:
    one = opened()
    program = psutil.Process(one.pid)
    for _ in range(2):
        one.send(signal.SIGSTOP)
        eventually(lambda: program.status() == psutil.STATUS_STOPPED)
        written = len(one.raw)
        one.send(signal.SIGCONT)
        one.read_until(lambda written=written: b"\x1b[?1049h" in one.raw[written:])  # type: ignore[misc]
        one.shows("[?] keys")
    one.type("x")
    one.shows("SIGTERM, then")
    one.type("\x1b")
    one.read_until(lambda: "SIGTERM, then" not in one.now())
    assert one.ends(Q) == 0


@pytest.mark.parametrize("by", ["key", "signal"])
def test_stopped_by_the_shell_and_continued(tmux: Tmux, engine_url: str, tmp_path: Path, by: str) -> None:
    env = {"DOCKER_HOST": engine_url, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    tmux.start(["bash", "--norc", "-i"], (120, 40), env)
    tmux.wait_for(re.compile(r"^bash.*[$#]", re.M))
    before = tmux.tty(), tmux.modes()
    tmux.type(f"{sys.executable} -m cdbg_tui")
    tmux.wait_for("? keys")
    for turn in ("one", "two"):
        if by == "key":
            tmux.keys("C-z")
        else:
            below = psutil.Process(int(tmux.flag("pane_pid"))).children(recursive=True)
            next(one for one in below if "cdbg_tui" in one.cmdline()).send_signal(signal.SIGTSTP)
        tmux.wait_for("Stopped")
        eventually(lambda: (tmux.tty(), tmux.modes()) == before)
        tmux.type(f"clear; echo turn-{turn}")
        tmux.wait_for(re.compile(f"^turn-{turn}", re.M))
        tmux.type("fg")
        tmux.wait_for("? keys")
    tmux.keys("q")
    eventually(lambda: tmux.flag("alternate_on") == "0" and "containers" not in tmux.screen())
    tmux.type("echo left $?")
    tmux.wait_for(re.compile("^left 0", re.M))
    assert (tmux.tty(), tmux.modes()) == before
