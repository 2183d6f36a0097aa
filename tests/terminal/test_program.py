"""The real program in a real terminal, on a real engine: sessions by key, and the way back from them."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from tests.support import Docker, Run, eventually
from tests.terminal.dashboard import Open, leaves_well, type_filter
from tests.terminal.tmux import Tmux

SESSION_LABEL = "dev.cdbg.session"


def docker_cli(terminal: Tmux) -> psutil.Process:
    """Return the docker command line that the dashboard has given the terminal to."""

    def find() -> psutil.Process | None:
        below = psutil.Process(int(terminal.flag("pane_pid"))).children(recursive=True)
        return next((process for process in below if process.name() == "docker"), None)

    found = eventually(find)
    assert found is not None
    return found


@pytest.mark.parametrize("size", [(160, 45), (80, 24)], ids=["160x45", "80x24"])
def test_it_opens_lists_and_leaves_the_terminal_as_before(cdbg: Open, run: Run, size: tuple[int, int]) -> None:
    run("sh", "-c", "exit 3", name="cdbg-t-dead")
    run("sleep", "1000", name="cdbg-t-alive")
    terminal = cdbg("cdbg-t-", size=size)
    screen = terminal.wait_for("cdbg-t-dead")
    assert re.search(r"✖ cdbg-t-dead +failed · 3 · ", screen)
    assert re.search(r"● cdbg-t-alive +up ", screen)
    leaves_well(terminal)


def test_a_shell_inside_answers_takes_ctrl_c_and_a_resize(cdbg: Open, run: Run) -> None:
    container = run("sleep", "1000", name="cdbg-t-shell", options=["--init"])
    terminal = cdbg("cdbg-t-shell")
    terminal.keys("e")
    terminal.wait_for(re.compile(r"^\$ docker exec -it .*/bin/ash", re.M))
    terminal.wait_for("/ #")
    terminal.type("echo answer $((40+2)); hostname; sleep 1000")
    terminal.wait_for("answer 42")
    terminal.wait_for(re.compile(f"^{container[:12]}", re.M))
    terminal.keys("C-c")
    terminal.type("echo alive $((1+1))")
    terminal.wait_for("alive 2")
    terminal.resize(130, 40)
    terminal.type('until [ "$(stty size)" = "40 130" ]; do :; done; echo resized $((1+1))')
    terminal.wait_for("resized 2")
    terminal.type("exit")
    terminal.wait_for(re.compile(r"shell in cdbg-t-shell left after \d+ s"))
    assert max(map(len, terminal.screen().splitlines())) == 130
    leaves_well(terminal)


def test_a_shell_as_another_user_in_another_directory(cdbg: Open, run: Run) -> None:
    run("sleep", "1000", name="cdbg-t-as")
    terminal = cdbg("cdbg-t-as")
    terminal.keys("E")
    terminal.wait_for("shell in cdbg-t-as")
    terminal.type("app", enter=False)
    terminal.wait_for("--user app")
    for _ in range(2):  # Textual keeps the terminal's own cursor in the field that has the focus
        field = terminal.flag("cursor_y")
        terminal.keys("Tab")
        eventually(lambda field=field: terminal.flag("cursor_y") != field)  # type: ignore[misc]
    terminal.type("/tmp", enter=False)
    terminal.wait_for("--user app --workdir /tmp")
    terminal.keys("Enter")
    terminal.wait_for("$ docker exec")
    terminal.type("id -un; pwd")
    terminal.wait_for(re.compile(r"^app\n/tmp$", re.M))
    terminal.type("exit")
    terminal.wait_for("shell in cdbg-t-as as app left")
    leaves_well(terminal)


def test_a_killed_session_that_left_a_mess_is_undone(cdbg: Open, run: Run) -> None:
    run("sleep", "1000", name="cdbg-t-mess")
    terminal = cdbg("cdbg-t-mess")
    terminal.keys("e")
    terminal.wait_for("/ #")
    terminal.type("printf '\\033[?1049h\\033[?1003h\\033[?25l'; echo mess $((1+1))")
    terminal.wait_for("mess 2")
    os.kill(docker_cli(terminal).pid, signal.SIGKILL)
    terminal.wait_for("Press Enter to go back")
    terminal.keys("Enter")
    terminal.wait_for("1 containers")
    terminal.wait_for("SIGKILL")
    leaves_well(terminal)


def test_what_cannot_be_entered_gets_a_sentence_and_the_key_that_helps(
    cdbg: Open, run: Run, docker: Docker
) -> None:
    docker("pause", run("sleep", "1000", name="cdbg-t-paused"))
    run("true", name="cdbg-t-gone")
    terminal = cdbg("cdbg-t-paused")
    terminal.keys("e")
    terminal.wait_for(re.compile(r"cdbg-t-paused is paused.*x: unpause", re.S))
    terminal.keys("Escape")
    eventually(lambda: "/cdbg-t-paused" not in terminal.screen())
    terminal.keys("/")
    terminal.wait_for("label:key=value")
    type_filter(terminal, "cdbg-t-gone")
    terminal.keys("s")
    terminal.wait_for(re.compile(r"cdbg-t-gone does not run.*c: a shell", re.S))
    leaves_well(terminal)


def test_a_sidecar_sees_the_targets_processes_and_files_and_is_gone_after(
    cdbg: Open, run: Run, left_behind: Callable[[], str]
) -> None:
    run("sh", "-c", "echo secret > /tmp/of-the-target; exec sleep 4242", name="cdbg-t-target")
    terminal = cdbg("cdbg-t-target")
    terminal.keys("s")
    terminal.wait_for("files of cdbg-t-target are in /target")
    terminal.wait_for("/ #")
    terminal.type("ps | grep -c '[s]leep 4242'; cat /target/tmp/of-the-target; ls -d /tmp/of-the-target")
    terminal.wait_for(re.compile(r"^1\nsecret\nls: /tmp/of-the-target: No such file", re.M))
    assert "cdbg-t-target" in left_behind()
    terminal.type("exit")
    terminal.wait_for("sidecar of cdbg-t-target left")
    eventually(lambda: not left_behind())
    leaves_well(terminal)


def test_without_the_toolbox_a_local_image_with_a_shell_is_offered(
    cdbg: Open, run: Run, left_behind: Callable[[], str]
) -> None:
    run("sleep", "1000", name="cdbg-t-no-toolbox")
    terminal = cdbg("cdbg-t-no-toolbox", settings='toolbox = "cdbg.invalid/toolbox"\n')
    terminal.keys("s")
    terminal.wait_for("pull cdbg.invalid/toolbox")
    terminal.wait_for("use busybox:latest")
    terminal.keys("Down", "Enter")
    terminal.wait_for("/ #")
    terminal.type("exit")
    terminal.wait_for("sidecar of cdbg-t-no-toolbox left")
    eventually(lambda: not left_behind())
    leaves_well(terminal)


@pytest.fixture
def crashed(run: Run, docker: Docker) -> Iterator[str]:
    """A dead container with a changed file, a volume, a variable and a network."""
    docker("network", "create", "--label", "dev.cdbg.test=1", "cdbg-t-net")
    options: Sequence[str] = (
        "--volume=/data",
        "--env=COLOUR=blue green",
        "--network=cdbg-t-net",
        "--workdir=/tmp",
        "--label=com.docker.compose.project=cdbg-t",
        "--restart=no",
    )
    script = "echo lost > /tmp/note; echo kept > /data/row; echo boom >&2; exit 7"
    container = run("sh", "-c", script, name="cdbg-t-crash", options=options)
    eventually(lambda: docker("inspect", "-f", "{{.State.ExitCode}}", container).stdout.strip() == "7")
    yield "cdbg-t-crash"
    docker("rm", "-fv", container, check=False)
    docker("network", "rm", "cdbg-t-net", check=False)


def test_a_rerun_brings_back_files_volumes_and_environment_and_is_removed_after(
    cdbg: Open, crashed: str, docker: Docker, left_behind: Callable[[], str]
) -> None:
    terminal = cdbg(crashed)
    terminal.keys("c")
    terminal.wait_for("rerun of cdbg-t-crash")
    assert "docker commit" in terminal.screen()
    terminal.keys("Enter")
    terminal.wait_for("/tmp #")
    terminal.type('cat note /data/row; echo "$COLOUR"; pwd')
    terminal.wait_for(re.compile(r"^lost\nkept\nblue green\n/tmp$", re.M))
    name = next(line for line in left_behind().splitlines() if line.startswith("cdbg-cdbg-t-crash"))
    form = "{{.HostConfig.RestartPolicy.Name}} {{json .NetworkSettings.Networks}} {{json .Config.Labels}}"
    said = docker("inspect", "-f", form, name).stdout
    assert said.startswith("no ")
    assert "cdbg-t-net" in said
    assert '"com.docker.compose.project":""' in said
    terminal.type('sh -c "$CDBG_COMMAND"; echo ended with $?')
    terminal.wait_for("ended with 7")
    terminal.type("exit")
    terminal.wait_for("remove what it made?")
    terminal.keys("Enter")
    terminal.wait_for("nothing is left behind")
    assert left_behind() == ""
    assert docker("inspect", "-f", "{{.State.ExitCode}}", crashed).stdout.strip() == "7"
    leaves_well(terminal)


def test_a_rerun_is_kept_if_the_engineer_says_so_and_can_be_removed_later(
    cdbg: Open, crashed: str, left_behind: Callable[[], str]
) -> None:
    terminal = cdbg(crashed)
    terminal.keys("c")
    terminal.wait_for("rerun of cdbg-t-crash")
    terminal.keys("Enter")
    terminal.wait_for("/tmp #")
    terminal.type("exit")
    terminal.wait_for("remove what it made?")
    terminal.keys("n")
    terminal.wait_for("kept: container")
    assert len(left_behind().split()) == 2
    terminal.keys("C-l")
    terminal.wait_for("a removes all")
    terminal.keys("a")
    terminal.wait_for(re.compile("remove cdbg-cdbg-t-crash.*cdbg-rerun/cdbg-t-crash", re.S))
    terminal.keys("y")
    eventually(lambda: not left_behind())
    eventually(lambda: "a removes all" not in terminal.screen())
    leaves_well(terminal)


def test_without_an_engine_there_is_a_sentence_and_it_comes_by_itself_when_the_engine_does(
    cdbg: Open, run: Run, engine_url: str, tmp_path: Path
) -> None:
    run("sleep", "1000", name="cdbg-t-late")
    socket = tmp_path / "late.sock"
    terminal = cdbg(host=f"unix://{socket}")
    screen = terminal.wait_for("There is no engine at")
    assert "Traceback" not in screen
    socket.symlink_to(engine_url.removeprefix("unix://"))
    terminal.keys("r")
    terminal.wait_for(re.compile(r"[1-9]\d* up"))
    leaves_well(terminal)


def test_without_an_engine_q_leaves(cdbg: Open, tmp_path: Path) -> None:
    terminal = cdbg(host=f"unix://{tmp_path}/nowhere.sock")
    terminal.wait_for("There is no engine at")
    leaves_well(terminal)


def test_it_ends_with_its_terminal_even_where_nothing_tells_it(tmux: Tmux, engine_url: str) -> None:
    program = [sys.executable, "-m", "cdbg_tui", "--host", engine_url]
    tmux.start(["sh", "-c", 'trap "" HUP; "$@"', "sh", *program])
    tmux.wait_for("1 containers")
    below = psutil.Process(int(tmux.flag("pane_pid"))).children(recursive=True)
    program_itself = next(process for process in below if "cdbg_tui" in process.cmdline())
    tmux.close()
    eventually(lambda: not program_itself.is_running(), seconds=20)
