"""Attach, host tools, custom commands and sessions beside the dashboard, in a real terminal."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.files import inspect
from cdbg_tui.sessions.history import FILE
from tests.support import IMAGE, Docker, Run, eventually
from tests.terminal.tmux import Tmux

LABEL = "label=dev.cdbg.session"
Start = Callable[..., Tmux]
COMMANDS = """
[[command]]
name = "say its tier"
key = "v"
when = "running"
argv = ["printf", "%s|\\n", "{name}", "{label:tier}"]

[[command]]
name = "count"
key = "V"
run = "background"
confirm = true
argv = ["sh", "-c", "echo one; echo two >&2; exit 3"]

[[command]]
name = "wait"
key = "W"
run = "background"
argv = ["sleep", "4711"]
"""


@pytest.fixture
def start(tmux: Tmux, engine_url: str, tmp_path: Path) -> Start:
    """Starts cdbg with these words; the user's own settings are out of reach."""

    def start(
        *words: str, size: tuple[int, int] = (160, 45), settings: str = "", front: tuple[str, ...] = ()
    ) -> Tmux:
        config = tmp_path / "config" / "cdbg"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(f'toolbox = "{IMAGE}"\n{settings}')
        env = {
            "DOCKER_HOST": engine_url,
            "HOME": str(tmp_path),
            "SHELL": "/bin/sh",
            "XDG_CONFIG_HOME": str(config.parent),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            # Of nobody who may be in a tmux of his own.
            "XDG_RUNTIME_DIR": "",
        }
        tmux.start([*front, sys.executable, "-m", "cdbg_tui", *words], size, env)
        return tmux

    return start


@pytest.fixture
def alone(run: Run, docker: Docker) -> str:
    """The only container that the dashboard has to show first."""
    return run("sh", "-c", "while :; do echo tick; sleep 1; done", name="aaa-web", options=["--label", "tier=web"])


def state(docker: Docker, container: str) -> str:
    return docker("inspect", "--format", "{{.State.Status}}", container).stdout.strip()


def running_here(terminal: Tmux, *words: str) -> list[psutil.Process]:
    """Return the processes below the terminal's server whose command line has *words*."""
    server = psutil.Process(int(terminal.flag("pid")))
    return [one for one in server.children(recursive=True) if set(words) <= set(one.cmdline())]


def two_panes(terminal: Tmux) -> list[str]:
    panes = terminal.panes()
    return panes if len(panes) == 2 else []


class TestAttach:
    def test_with_a_terminal_ctrl_c_is_the_programs_and_the_told_key_leaves(
        self, start: Start, run: Run, docker: Docker
    ) -> None:
        trap = "trap 'echo got ctrl-c' INT; while :; do read x && echo read $x; done"
        container = run("sh", "-c", trap, name="aaa-tty", options=["-it"])
        terminal = start()
        terminal.wait_for("aaa-tty")
        terminal.keys("a")
        told = terminal.wait_for("Ctrl+] leaves")
        assert "Ctrl+C, too" in told
        terminal.keys("Enter")
        terminal.wait_for("$ docker attach")
        terminal.type("hello")
        terminal.wait_for("read hello")
        terminal.keys("C-c")
        terminal.wait_for("got ctrl-c")
        terminal.keys("C-]")
        terminal.wait_for("attached to aaa-tty left after")
        assert "it runs on" in terminal.screen()
        assert state(docker, container) == "running"
        terminal.keys("q")
        terminal.wait_for("[left 0]")
        assert terminal.tty() == terminal.tty_before

    def test_without_input_it_shows_output_and_ctrl_c_leaves(
        self, start: Start, alone: str, docker: Docker
    ) -> None:
        terminal = start("attach", "aaa-web")
        terminal.wait_for("Output only")
        terminal.wait_for(re.compile(r"^tick$", re.M))
        terminal.keys("C-c")
        terminal.wait_for("it runs on")
        terminal.wait_for("[left 0]")
        assert state(docker, alone) == "running"
        assert not running_here(terminal, "attach")

    def test_its_end_is_told_with_its_status(self, start: Start, run: Run) -> None:
        run("sh", "-c", "read x; exit 7", name="aaa-in", options=["-i"])
        terminal = start("attach", "aaa-in")
        terminal.wait_for("$ docker")
        terminal.type("go")
        terminal.wait_for("attached to aaa-in left after")
        terminal.wait_for("[left 7]")


class TestExec:
    def test_what_was_chosen_is_offered_again_but_no_secret(
        self, start: Start, alone: str, tmp_path: Path
    ) -> None:
        terminal = start()
        terminal.wait_for("aaa-web")
        terminal.keys("E")
        terminal.wait_for("variables")
        terminal.type("1234:5", enter=False)
        terminal.keys("Tab")
        terminal.type("sh -c 'id; env; sleep 0.5'", enter=False)
        terminal.keys("Tab", "Tab")
        terminal.type("API_TOKEN=hunter2", enter=False)
        shown = terminal.wait_for("--env")
        assert "API_TOKEN=hunter2" not in shown.partition("--env")[2]
        terminal.keys("Enter")
        terminal.wait_for("uid=1234 gid=5")
        terminal.wait_for("API_TOKEN=hunter2")
        terminal.wait_for("sh in aaa-web as 1234:5 left after")
        terminal.keys("E")
        terminal.wait_for("1234:5 · root")
        assert "sh -c 'id; env; sleep 0.5'" in terminal.screen()
        assert "hunter2" not in (tmp_path / "state/cdbg" / FILE).read_text()

    def test_a_pipe_gets_what_the_command_writes_and_nothing_else(self, start: Start, alone: str) -> None:
        terminal = start("exec", "aaa-web", "--env", "A=b c", "--", "sh", "-c", 'echo "<$A>"; exit 9')
        terminal.wait_for(re.compile(r"^<b c>$", re.M))
        terminal.wait_for("[left 9]")


class TestHostTools:
    @pytest.fixture(autouse=True)
    def _as_root(self) -> None:
        if os.geteuid() != 0:
            pytest.skip("host tools take root")

    def test_a_program_of_this_machine_sees_the_targets_addresses(
        self, start: Start, alone: str, engine: Engine
    ) -> None:
        networks = inspect(engine, alone)["NetworkSettings"]["Networks"]
        address = next(iter(networks.values()))["IPAddress"]
        terminal = start()
        terminal.wait_for("aaa-web")
        terminal.keys("n")
        terminal.wait_for("namespaces")
        terminal.wait_for("nsenter --target")
        terminal.keys("Enter")
        terminal.wait_for("You have the network of aaa-web")
        terminal.type("cat /proc/net/fib_trie")
        terminal.wait_for(address)
        terminal.type("exit")
        terminal.wait_for("left after")

    def test_a_target_that_was_restarted_meanwhile_is_not_entered(
        self, start: Start, alone: str, docker: Docker
    ) -> None:
        terminal = start()
        terminal.wait_for("aaa-web")
        terminal.keys("n")
        terminal.wait_for("nsenter --target")
        docker("restart", "--time", "0", alone)
        terminal.keys("Enter")
        terminal.wait_for("aaa-web has ended or restarted: try again.")


class TestCustom:
    def test_a_suspended_one_gets_names_and_labels_as_words_and_its_output_stays(
        self, start: Start, alone: str
    ) -> None:
        terminal = start(settings=COMMANDS)
        terminal.wait_for("aaa-web")
        terminal.keys("v")
        terminal.wait_for(re.compile(r"^aaa-web\|\nweb\|$", re.M))
        terminal.wait_for("Press Enter to go back.")
        terminal.keys("Enter")
        # What was typed before the dashboard is back is forgotten; how it ended stood there before, too.
        terminal.wait_for("z zoom")
        terminal.wait_for("say its tier for aaa-web left after")
        terminal.keys("?")
        terminal.wait_for("Your own")
        assert "say its tier" in terminal.screen()

    def test_one_without_the_label_runs_nothing(self, start: Start, run: Run) -> None:
        run("sleep", "1000", name="aaa-bare")
        terminal = start(settings=COMMANDS)
        terminal.wait_for("aaa-bare")
        terminal.keys("v")
        terminal.wait_for("say its tier: aaa-bare has no label tier.")

    def test_one_in_the_background_is_asked_about_and_shown_with_its_status(
        self, start: Start, alone: str
    ) -> None:
        terminal = start(settings=COMMANDS)
        terminal.wait_for("aaa-web")
        terminal.keys("V")
        terminal.wait_for("Run count for aaa-web (")
        terminal.keys("y")
        terminal.wait_for(re.compile(r"one\s.*\n.*two", re.M))
        terminal.wait_for(re.compile(r"It ended after \d+ s with status 3\."))

    def test_one_that_runs_on_can_be_ended_and_ends_with_the_dashboard(self, start: Start, alone: str) -> None:
        terminal = start(settings=COMMANDS)
        terminal.wait_for("aaa-web")
        terminal.keys("W")
        terminal.wait_for("x ends it")
        eventually(lambda: running_here(terminal, "sleep", "4711"))
        terminal.keys("x")
        terminal.wait_for("It was ended by SIGTERM")
        terminal.keys("Escape")
        eventually(lambda: "esc closes" not in terminal.screen())
        terminal.keys("W")
        terminal.wait_for("It runs …")
        [process] = eventually(lambda: running_here(terminal, "sleep", "4711"))
        terminal.keys("Escape")
        eventually(lambda: "It runs …" not in terminal.screen())
        terminal.keys("q")
        terminal.wait_for("[left 0]")
        eventually(lambda: not process.is_running())


class TestBeside:
    """The dashboard in one pane, its sessions in others."""

    @pytest.fixture
    def terminal(self, start: Start, alone: str) -> Tmux:
        """The dashboard, which opens sessions in a split."""
        terminal = start(settings='sessions-open = "split"\n')
        terminal.wait_for("aaa-web")
        return terminal

    def test_the_dashboard_lives_on_and_tells_how_it_ended(self, terminal: Tmux, docker: Docker, run: Run) -> None:
        dashboard = terminal.flag("pane_id")
        terminal.keys("e")
        [_, beside] = eventually(lambda: two_panes(terminal))
        terminal.wait_for("/ #")
        assert "docker exec -it" in terminal.screen()
        run("sleep", "1000", name="bbb-new")
        eventually(lambda: "bbb-new" in terminal.screen(dashboard))
        terminal.type("exit 5")
        eventually(lambda: terminal.panes() == [dashboard])
        assert beside != dashboard
        terminal.wait_for("shell in aaa-web left after")
        terminal.wait_for("with status 5")

    def test_a_window_by_key_and_a_plan_that_asks(self, terminal: Tmux, docker: Docker, run: Run) -> None:
        container = run("true", name="aaa-dead")
        docker("wait", container)
        terminal.wait_for("aaa-dead")
        terminal.keys("O")
        terminal.wait_for("where sessions open (now in a split)")
        terminal.keys("w")
        terminal.wait_for("Sessions open in a new window of tmux.")
        terminal.keys("g", "c")
        terminal.wait_for("enter runs")
        terminal.keys("Enter")
        terminal.wait_for("/ #")
        terminal.type("exit")
        terminal.wait_for("Keep what rerun of aaa-dead made? [y/N]")
        terminal.keys("Enter")
        terminal.wait_for("nothing is left behind")
        assert docker("ps", "--all", "--quiet", "--filter", LABEL).stdout == ""
        assert docker("images", "--quiet", "--filter", LABEL).stdout == ""

    @pytest.mark.parametrize("how", ["its pane", "what runs it"])
    def test_what_is_killed_is_cleaned_up(self, terminal: Tmux, docker: Docker, how: str) -> None:
        dashboard = terminal.flag("pane_id")
        terminal.keys("s")
        [_, beside] = eventually(lambda: two_panes(terminal))
        eventually(lambda: docker("ps", "--quiet", "--filter", LABEL).stdout)
        if how == "its pane":
            terminal.kill_pane(beside)
            terminal.wait_for("sidecar of aaa-web: its pane was closed")
        else:
            os.kill(int(terminal.flag("pane_pid", beside)), signal.SIGKILL)
            terminal.wait_for("sidecar of aaa-web: what ran it was killed")
        assert terminal.panes() == [dashboard]
        eventually(lambda: docker("ps", "--all", "--quiet", "--filter", LABEL).stdout == "")

    def test_a_session_outlives_the_dashboard_and_cleans_up_itself(self, terminal: Tmux, docker: Docker) -> None:
        dashboard = terminal.flag("pane_id")
        terminal.keys("s")
        eventually(lambda: len(terminal.panes()) == 2)
        terminal.wait_for("/ #")
        terminal.keys_to(dashboard, "q")
        eventually(lambda: "[left 0]" in terminal.screen(dashboard))
        terminal.type("echo still $((40+2))")
        terminal.wait_for("still 42")
        terminal.type("exit")
        eventually(lambda: terminal.panes() == [dashboard])
        eventually(lambda: docker("ps", "--all", "--quiet", "--filter", LABEL).stdout == "")

    def test_outside_tmux_it_opens_here_and_says_why(self, start: Start, alone: str) -> None:
        terminal = start(settings='sessions-open = "window"\n', front=("env", "-u", "TMUX"))
        terminal.wait_for("aaa-web")
        terminal.keys("e")
        terminal.wait_for("that takes tmux, so this one opens here.")
        terminal.wait_for("/ #")
        terminal.type("exit")
        terminal.wait_for("shell in aaa-web left after")
