"""Commit and rerun in a real terminal: `cdbg rerun`, and the dashboard's `C`, freeze and list of what is left."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support import IMAGE, Docker, Run, eventually
from tests.terminal.tmux import Tmux

LABEL = "label=dev.cdbg.session"
LeftBehind = Callable[[], str]
Start = Callable[..., Tmux]


@pytest.fixture
def start(tmux: Tmux, engine_url: str, tmp_path: Path) -> Start:
    """Starts cdbg with these words; the user's own settings are out of reach."""

    def start(*words: str, size: tuple[int, int] = (160, 45)) -> Tmux:
        config = tmp_path / "config" / "cdbg"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(f'toolbox = "{IMAGE}"\n')
        env = {
            "DOCKER_HOST": engine_url,
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(config.parent),
            "XDG_STATE_HOME": str(tmp_path / "state"),
        }
        tmux.start([sys.executable, "-m", "cdbg_tui", *words], size, env)
        return tmux

    return start


@pytest.fixture
def bare(docker: Docker, run: Run, tmp_path: Path) -> Iterator[str]:
    """A dead container of an image that holds one static program and no shell."""
    maker = run("true")
    (tmp_path / "root").mkdir()
    docker("cp", f"{maker}:/bin/busybox", str(tmp_path / "root" / "true"))
    archive = tmp_path / "root.tar"
    subprocess.run(["tar", "-C", str(tmp_path / "root"), "-cf", str(archive), "true"], check=True)
    docker("import", str(archive), "cdbg-test/bare:1")
    options = ["--user", "1000", "--read-only"]
    docker(
        "wait", run("/true", "--token", "hunter2", name="cdbg-t-bare", image="cdbg-test/bare:1", options=options)
    )
    yield "cdbg-t-bare"
    docker("rm", "-f", "cdbg-t-bare", check=False)
    docker("rmi", "cdbg-test/bare:1")


def cdbg_in(terminal: Tmux) -> psutil.Process:
    below = psutil.Process(int(terminal.flag("pane_pid"))).children(recursive=True)
    return next(process for process in below if "cdbg_tui" in process.cmdline())


class TestCommand:
    def test_opens_a_shell_where_there_is_none_asks_and_removes(
        self, start: Start, bare: str, left_behind: LeftBehind
    ) -> None:
        terminal = start("rerun", bare)
        screen = terminal.wait_for("/ $")
        assert "hunter2" not in screen
        assert "static busybox" in screen
        terminal.type("ls -d /true /proc; id -u; echo $CDBG_COMMAND")
        terminal.wait_for(re.compile(r"^/proc +/true\n1000\n/true --token hunter2$", re.M))
        assert "cdbg-cdbg-t-bare" in left_behind()
        terminal.type("exit 3")
        terminal.wait_for("Keep what rerun of cdbg-t-bare made? [y/N]")
        terminal.keys("Enter")
        terminal.wait_for("nothing is left behind")
        terminal.wait_for("[left 3]")
        assert left_behind() == ""
        assert terminal.tty() == terminal.tty_before

    def test_keeps_when_told_so(self, start: Start, bare: str, left_behind: LeftBehind) -> None:
        terminal = start("rerun", bare, "--keep")
        terminal.wait_for("/ $")
        terminal.type("exit")
        terminal.wait_for("kept: container cdbg-cdbg-t-bare")
        terminal.wait_for("[left 0]")
        assert "cdbg-rerun/cdbg-t-bare" in left_behind()

    def test_ctrl_c_at_the_question_removes(self, start: Start, bare: str, left_behind: LeftBehind) -> None:
        terminal = start("rerun", bare)
        terminal.wait_for("/ $")
        terminal.type("exit")
        terminal.wait_for("[y/N]")
        terminal.keys("C-c")
        terminal.wait_for("[left 0]")
        assert left_behind() == ""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_ended_by_a_signal_it_leaves_nothing(
        self, start: Start, bare: str, left_behind: LeftBehind, number: int
    ) -> None:
        terminal = start("rerun", bare)
        terminal.wait_for("/ $")
        cdbg_in(terminal).send_signal(number)
        terminal.wait_for(f"[left {128 + number}]")
        assert left_behind() == ""
        assert terminal.tty() == terminal.tty_before

    def test_when_its_terminal_is_closed_it_leaves_nothing(
        self, start: Start, bare: str, left_behind: LeftBehind
    ) -> None:
        terminal = start("rerun", bare)
        terminal.wait_for("/ $")
        program = cdbg_in(terminal)
        terminal.close()
        eventually(lambda: not program.is_running(), seconds=30)
        eventually(lambda: not left_behind(), seconds=30)

    def test_when_the_docker_command_line_is_killed_it_leaves_nothing(
        self, start: Start, bare: str, left_behind: LeftBehind
    ) -> None:
        terminal = start("rerun", bare)
        terminal.wait_for("/ $")
        [child] = cdbg_in(terminal).children()
        child.kill()
        terminal.wait_for("the docker command line was ended by SIGKILL")
        terminal.wait_for("[left 137]")
        assert left_behind() == ""

    def test_ctrl_c_while_the_image_is_made_waits_for_that_and_removes_it(
        self, start: Start, bare: str, left_behind: LeftBehind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate, real = tmp_path / "gate", shutil.which("docker")
        slow = f'case "$*" in *commit*) until test -e {gate}; do sleep 0.05; done;; esac; exec {real} "$@"'
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "docker").write_text(f"#!/bin/sh\n{slow}\n")
        (tmp_path / "bin" / "docker").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
        terminal = start("rerun", bare)
        terminal.wait_for("commit --change")
        terminal.keys("C-c")
        gate.touch()
        terminal.wait_for("was not started: interrupted")
        terminal.wait_for("[left 130]")
        assert left_behind() == ""

    def test_a_loop_is_frozen_by_an_option_and_the_way_back_is_told(
        self, start: Start, run: Run, docker: Docker, left_behind: LeftBehind
    ) -> None:
        looping = run("sh", "-c", "exit 7", name="cdbg-t-loop", options=["--restart", "on-failure:1000"])
        eventually(lambda: int(docker("inspect", "-f", "{{.RestartCount}}", looping).stdout) > 2)
        terminal = start("rerun", "cdbg-t-loop", "--freeze", "--remove")
        terminal.wait_for("update --restart=on-failure:1000 cdbg-t-loop puts it back")
        terminal.wait_for("/ #")
        terminal.type("exit")
        terminal.wait_for("[left 0]")
        assert left_behind() == ""
        assert docker("inspect", "-f", "{{.State.Status}}", looping).stdout.strip() == "exited"

    def test_choices_are_options(self, start: Start, bare: str, left_behind: LeftBehind) -> None:
        terminal = start("rerun", bare, "--root", "--writable", "--no-network", "--remove")
        terminal.wait_for("/ #")
        terminal.type("touch /x; ls /x /sys/class/net")
        terminal.wait_for(re.compile(r"^/x\n+/sys/class/net:\nlo$", re.M))
        terminal.type("exit")
        terminal.wait_for("nothing is left behind")
        terminal.wait_for("[left 0]")
        assert left_behind() == ""


Said = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def said(engine_url: str, tmp_path: Path) -> Said:
    """Runs `cdbg rerun` with these words and without a terminal."""

    def said(*words: str) -> subprocess.CompletedProcess[str]:
        config = tmp_path / "config" / "cdbg"
        config.mkdir(parents=True)
        (config / "config.toml").write_text(f'toolbox = "{IMAGE}"\n')
        argv = [sys.executable, "-m", "cdbg_tui", "--host", engine_url, "rerun", *words]
        env = {**os.environ, "XDG_CONFIG_HOME": str(config.parent)}
        return subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=env)

    return said


class TestWithoutATerminal:
    def test_print_shows_the_commands_and_makes_nothing(
        self, said: Said, engine_url: str, bare: str, left_behind: LeftBehind
    ) -> None:
        done = said(bare, "--print", "--read-only")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"docker --host {engine_url} commit ")
        assert "cdbg-rerun/cdbg-t-bare:" in done.stdout
        assert left_behind() == ""

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ((), "needs a terminal"),
            (("--strace", "--print"), "cannot be started under strace"),
            (("--busybox", "cdbg-test/bare:1", "--print"), "cdbg-test/bare:1 has no static busybox"),
            (("--busybox", "cdbg-test/none:1", "--print"), "docker pull cdbg-test/none:1 fetches it"),
        ],
    )
    def test_what_cannot_be_had_is_a_sentence_and_125(
        self, said: Said, bare: str, left_behind: LeftBehind, options: tuple[str, ...], words: str
    ) -> None:
        done = said(bare, *options)
        assert done.returncode == 125
        assert words in done.stderr
        assert left_behind() == ""

    @pytest.mark.parametrize("options", [(), ("--freeze",)])
    def test_the_living_are_refused_and_keep_their_policy(
        self, said: Said, run: Run, docker: Docker, options: tuple[str, ...]
    ) -> None:
        alive = run("sleep", "1000", name="cdbg-t-alive", options=["--restart", "always"])
        done = said("cdbg-t-alive", *options, "--print")
        assert done.returncode == 125
        assert "is alive" in done.stderr
        assert docker("inspect", "-f", "{{.HostConfig.RestartPolicy.Name}}", alive).stdout.strip() == "always"


def selected(terminal: Tmux, name: str) -> Tmux:
    """Go to the container *name* of the dashboard."""
    terminal.wait_for(re.compile(r"\d+ up .*\d+ dead"))
    terminal.keys("/")
    terminal.wait_for("label:key=value")
    terminal.type(name)
    terminal.wait_for(f"/{name} ─╯")
    eventually(lambda: not re.search(rf"│ {name} +│", terminal.screen()))
    terminal.wait_for(re.compile(rf"(triage|logs) · {name}"))
    return terminal


class TestDashboard:
    def test_what_is_chosen_is_what_is_run(self, start: Start, bare: str, left_behind: LeftBehind) -> None:
        terminal = selected(start(), bare)
        terminal.keys("C")
        terminal.wait_for("rerun of cdbg-t-bare")
        terminal.keys("Down", "Right", "Down", "Right", "Down", "Right")
        screen = terminal.wait_for(re.compile(r"--network\s+none"))
        assert "hunter2" not in screen
        terminal.keys("Enter")
        terminal.wait_for("/ #")
        terminal.type("touch /x && ls /sys/class/net")
        terminal.wait_for(re.compile(r"^lo$", re.M))
        terminal.type("exit")
        terminal.wait_for("remove what it made?")
        terminal.keys("Enter")
        terminal.wait_for("nothing is left behind")
        assert left_behind() == ""

    def test_the_dashboard_ended_during_a_session_leaves_nothing(
        self, start: Start, bare: str, left_behind: LeftBehind
    ) -> None:
        terminal = selected(start(), bare)
        terminal.keys("c")
        terminal.wait_for("rerun of cdbg-t-bare")
        terminal.keys("Enter")
        terminal.wait_for("/ $")
        cdbg_in(terminal).terminate()
        terminal.wait_for("[left 143]")
        assert left_behind() == ""
        assert terminal.tty() == terminal.tty_before

    def test_a_loop_is_frozen_first_and_its_policy_put_back(
        self, start: Start, run: Run, docker: Docker, left_behind: LeftBehind, tmp_path: Path
    ) -> None:
        looping = run("sh", "-c", "exit 7", name="cdbg-t-loop", options=["--restart", "always"])

        def state(form: str) -> str:
            return docker("inspect", "-f", form, looping).stdout.strip()

        terminal = selected(start(), "cdbg-t-loop")
        eventually(lambda: int(state("{{.RestartCount}}")) > 4)
        terminal.wait_for("restarting")
        terminal.keys("c")
        terminal.wait_for("freeze it first")
        assert "docker update --restart=no cdbg-t-loop" in terminal.screen()
        terminal.keys("f")
        terminal.wait_for("its restart policy was always")
        terminal.wait_for("rerun of cdbg-t-loop")
        assert state("{{.State.Status}} {{.State.ExitCode}} {{.HostConfig.RestartPolicy.Name}}") == "exited 7 no"
        assert "always" in (tmp_path / "state" / "cdbg" / "restart-policies.json").read_text()
        terminal.keys("Escape")
        eventually(lambda: "enter runs" not in terminal.screen())
        terminal.keys("x")
        terminal.wait_for("put back its restart policy always")
        terminal.keys("b")
        terminal.wait_for("has its restart policy always again")
        assert state("{{.HostConfig.RestartPolicy.Name}} {{.State.Status}}") == "always exited"
        assert json.loads((tmp_path / "state" / "cdbg" / "restart-policies.json").read_text()) == {}
        assert left_behind() == ""

    def test_what_is_left_is_listed_and_removed_one_by_one(
        self, start: Start, run: Run, docker: Docker, left_behind: LeftBehind
    ) -> None:
        target = run("true", name="cdbg-t-target")
        labels = ("--label", "dev.cdbg.session=rerun", "--label", f"dev.cdbg.target={target}")
        docker("create", "--name", "cdbg-t-left", *labels, IMAGE, "true")
        docker("create", "--name", "cdbg-t-probe", "--label", "dev.cdbg.session=probe", IMAGE, "true")
        docker("volume", "create", *labels, "cdbg-t-volume")
        docker("commit", "--change", "LABEL dev.cdbg.session=rerun", target, "cdbg-rerun/t-left:1")
        terminal = start()
        terminal.wait_for("cdbg-t-left")
        terminal.keys("C-l")
        screen = terminal.wait_for("a removes all")
        assert re.search(r"container +cdbg-t-left +rerun +cdbg-t-target", screen)
        assert re.search(r"container +cdbg-t-probe +probe", screen)
        assert re.search(r"image +cdbg-rerun/t-left:1 +rerun", screen)
        assert re.search(r"volume +cdbg-t-volume +rerun +cdbg-t-target", screen)
        row = next(line for line in left_behind().splitlines() if line.startswith("cdbg-t"))
        terminal.keys("d")
        terminal.wait_for(re.compile(r"remove cdbg-t-\w+\?"))
        assert "rm --force cdbg-t-" in terminal.screen()
        terminal.keys("y")
        eventually(lambda: row not in left_behind())
        eventually(lambda: len(left_behind().split()) == 3)
        terminal.wait_for(re.compile(r"image +cdbg-rerun/t-left:1"))
        terminal.keys("a")
        terminal.wait_for("What was kept in it is lost.")
        terminal.keys("y")
        eventually(lambda: left_behind() == "")
        eventually(lambda: "a removes all" not in terminal.screen())
