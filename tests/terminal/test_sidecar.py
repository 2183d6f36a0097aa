"""`cdbg sidecar` in a real terminal: the session, its command, its ends, and what is left after each."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support import IMAGE, Docker, Run, eventually
from tests.terminal.tmux import Tmux

LABEL = "label=dev.cdbg.session"
Start = Callable[..., Tmux]
LeftBehind = Callable[[], str]


@pytest.fixture
def left_behind(docker: Docker) -> Iterator[LeftBehind]:
    """Names the containers of sessions; the test ends with none."""

    def names() -> str:
        return docker("ps", "-a", "--filter", LABEL, "--format", "{{.Names}}").stdout

    yield names
    for name in names().split():
        docker("rm", "-f", name, check=False)


@pytest.fixture
def start(tmux: Tmux, engine_url: str, tmp_path: Path) -> Start:
    """Starts cdbg with these words; the user's own settings are out of reach."""

    def start(*words: str, size: tuple[int, int] = (160, 45), terminal: Tmux = tmux) -> Tmux:
        config = tmp_path / "config" / "cdbg"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(f'toolbox = "{IMAGE}"\n')
        env = {
            "DOCKER_HOST": engine_url,
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(config.parent),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        terminal.start([sys.executable, "-m", "cdbg_tui", *words], size, env)
        return terminal

    return start


def cdbg_in(terminal: Tmux) -> psutil.Process:
    """The program in the terminal."""
    stage = psutil.Process(int(terminal.flag("pane_pid")))
    return next(one for one in stage.children(recursive=True) if "cdbg_tui" in one.cmdline())


class TestCommandLine:
    def test_a_session_and_its_status(self, start: Start, run: Run, left_behind: LeftBehind) -> None:
        run("sh", "-c", "echo secret > /of-the-target; exec sleep 4711", name="cdbg-t-beside")
        terminal = start("sidecar", "cdbg-t-beside")
        terminal.wait_for("files of cdbg-t-beside are in /target (/proc/1/root)")
        terminal.wait_for("/ #")
        terminal.type("cat /target/of-the-target; ps | grep -c '[s]leep 4711'")
        terminal.wait_for(re.compile("^secret\n1$", re.M))
        assert "cdbg-cdbg-t-beside-" in left_behind()
        terminal.type("exit 3")
        terminal.wait_for("sidecar of cdbg-t-beside left")
        terminal.wait_for("[left 3]")
        assert left_behind() == ""
        assert terminal.tty() == terminal.tty_before

    def test_a_command_and_nothing_else(self, start: Start, run: Run, left_behind: LeftBehind) -> None:
        run("sleep", "4711", name="cdbg-t-command", options=["--env", "WORDS=a b"])
        terminal = start(
            "sidecar",
            "cdbg-t-command",
            "--profile",
            "sysadmin",
            "--",
            "sh",
            "-c",
            '. /target.env; echo "<$WORDS>"; exit 7',
        )
        screen = terminal.wait_for("[left 7]")
        assert "<a b>" in screen
        assert "beside" not in screen
        assert left_behind() == ""

    def test_printed_it_makes_nothing(self, start: Start, run: Run, left_behind: LeftBehind) -> None:
        run("sleep", "4711", name="cdbg-t-printed")
        terminal = start("sidecar", "cdbg-t-printed", "--print", "--profile", "netadmin")
        screen = terminal.wait_for("[left 0]")
        assert "--cap-add NET_ADMIN --cap-add NET_RAW" in screen.replace("\n", "")
        assert left_behind() == ""

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--ipc",), "The IPC namespace of cdbg-t-refused is its own"),
            (("--image", "cdbg.invalid/x:1"), "The image cdbg.invalid/x:1 is not on this engine"),
            (("--root", "--user", "1000"), "Only root may change its root"),
        ],
    )
    def test_refused_before_anything_is_made(
        self, start: Start, run: Run, left_behind: LeftBehind, words: tuple[str, ...], said: str
    ) -> None:
        run("sleep", "4711", name="cdbg-t-refused")
        terminal = start("sidecar", "cdbg-t-refused", *words)
        screen = terminal.wait_for("[left 125]")
        assert said in screen
        assert left_behind() == ""

    def test_a_pull_that_fails_says_why(self, start: Start, run: Run) -> None:
        run("sleep", "4711", name="cdbg-t-pull")
        terminal = start("sidecar", "cdbg-t-pull", "--image", "127.0.0.1:1/x:1", "--pull")
        screen = terminal.wait_for("[left 125]")
        assert "$ docker" in screen
        assert "was not started: the engine cannot reach the registry: choose a local image" in screen


class TestEnds:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("restart", "-t", "0"), "(restarted|ended) at"),
            (("kill",), "ended at"),
            (("rm", "-f"), "(ended at|was removed)"),
        ],
    )
    def test_that_of_its_target_is_told(
        self, start: Start, run: Run, docker: Docker, left_behind: LeftBehind, words: tuple[str, ...], told: str
    ) -> None:
        run("sleep", "4711", name="cdbg-t-mortal")
        terminal = start("sidecar", "cdbg-t-mortal")
        terminal.wait_for("/ #")
        docker(*words, "cdbg-t-mortal")
        terminal.wait_for(re.compile(f"was ended after .*: cdbg-t-mortal {told}.*: its namespaces are gone", re.S))
        terminal.wait_for("[left 137]")
        assert left_behind() == ""
        assert terminal.tty() == terminal.tty_before

    def test_the_docker_command_line_killed(self, start: Start, run: Run, left_behind: LeftBehind) -> None:
        run("sleep", "4711", name="cdbg-t-child")
        terminal = start("sidecar", "cdbg-t-child")
        terminal.wait_for("/ #")
        [child] = cdbg_in(terminal).children()
        child.kill()
        terminal.wait_for("[left 137]")
        assert left_behind() == ""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_a_signal(self, start: Start, run: Run, left_behind: LeftBehind, number: int) -> None:
        run("sleep", "4711", name="cdbg-t-signal")
        terminal = start("sidecar", "cdbg-t-signal")
        terminal.wait_for("/ #")
        cdbg_in(terminal).send_signal(number)
        terminal.wait_for(f"[left {128 + number}]")
        assert left_behind() == ""

    def test_the_terminal_closed(self, start: Start, run: Run, left_behind: LeftBehind) -> None:
        run("sleep", "4711", name="cdbg-t-closed")
        terminal = start("sidecar", "cdbg-t-closed")
        terminal.wait_for("/ #")
        terminal.close()
        eventually(lambda: not left_behind(), seconds=30)

    def test_cdbg_itself_killed_is_listed_as_left_behind(
        self, start: Start, run: Run, docker: Docker, left_behind: LeftBehind
    ) -> None:
        run("sleep", "4711", name="cdbg-t-killed")
        terminal = start("sidecar", "cdbg-t-killed")
        terminal.wait_for("/ #")
        program = cdbg_in(terminal)
        [child] = program.children()
        program.kill()
        child.kill()
        terminal.wait_for("[left 137]")
        assert "cdbg-cdbg-t-killed-" in left_behind()
        with Tmux() as other:
            start(terminal=other)
            other.wait_for("sidecar of this")
            other.keys("C-l")
            other.wait_for(re.compile("cdbg-cdbg-t-killed-.*in use", re.S))
