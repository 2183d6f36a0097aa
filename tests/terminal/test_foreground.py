"""The terminal is given away and comes back whole, whatever the child does to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdbg_tui.sessions.plan import Plan
from cdbg_tui.tui import foreground
from tests.support import Docker, Run
from tests.terminal.app_under_test import AppUnderTest
from tests.terminal.conftest import Session
from tests.terminal.tmux import Tmux

LEAVE_A_MESS = (
    "stty raw -echo; printf '\\033[?1049h\\033[?1003h\\033[?1006h\\033[?2004h'; "
    "printf '\\033[?25l\\033[?1h\\033=\\033[4h\\033[?7l'; kill -9 $$"
)


def assert_alive_and_leaves_well(terminal: Tmux) -> None:
    """The app still draws and hears keys, and after it quits the terminal is as it was before."""
    terminal.keys("k")
    terminal.wait_for("keys 1")
    assert terminal.flag("alternate_on") == "1"
    assert terminal.flag("mouse_any_flag") == "1"
    terminal.keys("q")
    terminal.wait_for("[left 0]")
    assert terminal.tty() == terminal.tty_before
    assert terminal.modes() == terminal.modes_before


def test_quitting_without_a_session_leaves_the_terminal_as_before(session: Session) -> None:
    assert_alive_and_leaves_well(session("true"))


def test_a_shell_answers_and_its_end_is_told(session: Session) -> None:
    terminal = session("sh", banner=["WELCOME \x1b]0;evil\x07to it"])
    terminal.keys("r")
    terminal.wait_for("$ sh")
    assert "WELCOME to it" in terminal.screen()
    terminal.type("echo answer=$((6*7)) $LEFT_TO_THE_CHILD")
    terminal.wait_for("answer=42 inherited")
    terminal.type("exit")
    terminal.wait_for(re.compile(r"\[information\] the session left after \d+ s$", re.M))
    assert_alive_and_leaves_well(terminal)


def test_ctrl_c_reaches_the_child_alone(session: Session) -> None:
    terminal = session("sh", "-c", "trap 'exit 130' INT; echo child is $((1+1)); while :; do sleep 0.1; done")
    terminal.keys("r")
    terminal.wait_for("child is 2")
    terminal.keys("C-c")
    terminal.wait_for("with 130 (Ctrl+C)")
    assert_alive_and_leaves_well(terminal)


def test_ctrl_c_ends_a_child_that_does_not_handle_it_and_nothing_waits_for_enter(session: Session) -> None:
    terminal = session("sh", "-c", "echo child is $((1+1)); exec sleep 1000")
    terminal.keys("r")
    terminal.wait_for("child is 2")
    terminal.keys("C-c")
    terminal.wait_for("ended by SIGINT")
    assert_alive_and_leaves_well(terminal)


def test_ctrl_backslash_reaches_the_child_alone(session: Session) -> None:
    terminal = session("sh", "-c", "echo child is $((1+1)); exec sleep 1000")
    terminal.keys("r")
    terminal.wait_for("child is 2")
    terminal.keys("C-\\")
    terminal.wait_for("SIGQUIT")
    terminal.wait_for("Press Enter to go back.")
    terminal.keys("Enter")
    terminal.wait_for("[error] the session: the docker command line was ended by SIGQUIT")
    assert_alive_and_leaves_well(terminal)


@pytest.mark.parametrize("key", ["Enter", "C-c"])
def test_a_killed_child_is_told_and_waits_for_a_key(session: Session, key: str) -> None:
    terminal = session("sh", "-c", "kill -9 $$")
    terminal.keys("r")
    terminal.wait_for("Press Enter to go back.")
    terminal.keys(key)
    terminal.wait_for("[error] the session: the docker command line was ended by SIGKILL")
    assert_alive_and_leaves_well(terminal)


def test_raw_mode_mouse_and_alternate_screen_left_on_are_undone(session: Session) -> None:
    terminal = session("sh", "-c", LEAVE_A_MESS)
    terminal.keys("r")
    terminal.wait_for("Press Enter to go back.")
    assert terminal.flag("alternate_on") == "0"
    assert terminal.tty() == terminal.tty_before
    terminal.keys("Enter")
    terminal.wait_for("outcome: [error]")
    assert_alive_and_leaves_well(terminal)


def test_a_shell_with_job_control_that_is_killed_gives_the_terminal_back(session: Session) -> None:
    terminal = session("bash", "--norc", "-i")
    terminal.keys("r")
    terminal.wait_for(re.compile(r"^bash-.*[#$]$", re.M))
    terminal.type("kill -9 $$")
    terminal.wait_for("Press Enter to go back.")
    terminal.keys("Enter")
    terminal.wait_for("outcome: [error]")
    assert_alive_and_leaves_well(terminal)


def test_a_resize_during_the_session_reaches_the_child_and_then_the_app(session: Session) -> None:
    terminal = session("sh")
    terminal.wait_for("size 120x40")
    terminal.keys("r")
    terminal.wait_for("$ sh")
    terminal.resize(90, 30)
    terminal.type("stty size")
    terminal.wait_for("30 90")
    terminal.type("exit")
    terminal.wait_for("size 90x30")
    terminal.wait_for("the session left after")
    assert_alive_and_leaves_well(terminal)


def test_keys_that_the_child_did_not_read_are_not_the_apps(session: Session, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    waits = f"echo child is $((1+1)); until test -e {gate}; do sleep 0.05; done"
    terminal = session("sh", "-c", waits)
    terminal.keys("r")
    terminal.wait_for("child is 2")
    terminal.keys("q", "q", "Enter", "q")
    terminal.wait_for("qq")
    gate.touch()
    terminal.wait_for("the session left after")
    assert_alive_and_leaves_well(terminal)


def test_a_program_that_is_missing_is_a_sentence(session: Session) -> None:
    terminal = session("no-such-docker", "run")
    terminal.keys("r")
    terminal.wait_for("[error] the session: there is no no-such-docker on your PATH.")
    assert_alive_and_leaves_well(terminal)


def test_a_program_that_cannot_be_started_is_a_sentence(session: Session, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    terminal = session(str(broken))
    terminal.keys("r")
    terminal.wait_for("Press Enter to go back.")
    terminal.keys("Enter")
    terminal.wait_for(re.compile(r"\[error\] the session:[^:]*could\s+not\s+be\s+started"))
    assert_alive_and_leaves_well(terminal)


def test_a_failed_preparation_is_told_and_the_clean_up_still_runs(session: Session, tmp_path: Path) -> None:
    mark, started = tmp_path / "cleaned", tmp_path / "started"
    terminal = session(
        "touch",
        str(started),
        prepare=[["sh", "-c", "echo hidden; echo the engine says no >&2; exit 3"]],
        cleanup=[["touch", str(mark)]],
    )
    terminal.keys("r")
    terminal.wait_for("[error] the session was not started: the engine says no")
    assert mark.exists()
    assert not started.exists()
    assert_alive_and_leaves_well(terminal)


def test_a_plan_that_asks_is_not_cleaned_before_the_answer(session: Session, tmp_path: Path) -> None:
    mark = tmp_path / "cleaned"
    terminal = session("true", asks_to_keep=True, cleanup=[["touch", str(mark)]])
    terminal.keys("r")
    terminal.wait_for(re.compile("the session left after 0 s ASKS"))
    assert not mark.exists()
    assert_alive_and_leaves_well(terminal)


def test_a_pull_shows_its_progress_and_its_failure_ends_the_session(session: Session, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    pulls = f"echo progress $((50+1)) percent; until test -e {gate}; do sleep 0.05; done; exit 1"
    terminal = session("true", pull=["sh", "-c", pulls])
    terminal.keys("r")
    terminal.wait_for("progress 51 percent")
    gate.touch()
    terminal.wait_for("[error] the session was not started: its image could not be pulled")
    assert_alive_and_leaves_well(terminal)


def test_a_shell_in_a_real_container(session: Session, run: Run, engine_url: str, docker: Docker) -> None:
    container = run("sleep", "1000", options=["--init"])
    terminal = session("docker", "--host", engine_url, "exec", "-it", container[:12], "sh")
    terminal.keys("r")
    terminal.wait_for("/ #")
    terminal.type("stty size; hostname; sleep 1000")
    terminal.wait_for("40 120")
    terminal.wait_for(re.compile(f"^{container[:12]}", re.M))
    terminal.keys("C-c")
    terminal.resize(100, 30)
    terminal.type('until [ "$(stty size)" = "30 100" ]; do :; done; echo still $((40+2))')
    terminal.wait_for("still 42")
    docker("kill", container)
    terminal.wait_for("was killed after")
    terminal.wait_for("(137)")
    terminal.wait_for("size 100x30")
    assert_alive_and_leaves_well(terminal)


async def test_an_app_without_a_terminal_says_so() -> None:
    plan = Plan("the session", ("true",))
    app = AppUnderTest(plan)
    async with app.run_test() as pilot:
        await pilot.press("r")
        assert "cannot be handed over" in app.told


def test_clean_up_tolerates_what_is_gone_and_tells_the_rest() -> None:
    plan = Plan(
        "the session",
        ("true",),
        cleanup=(
            ("sh", "-c", "echo 'Error: No such container: x' >&2; exit 1"),
            ("sh", "-c", "echo 'image is in use' >&2; exit 1"),
        ),
    )
    assert foreground.clean(plan) == ("image is in use",)
