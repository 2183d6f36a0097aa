"""A container is removed, and another takes its name, between two keys: nothing is ever done to the wrong one."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.config import Config
from cdbg_tui.engine.client import Engine
from cdbg_tui.sessions.plan import Plan
from cdbg_tui.sessions.running import Outcome
from cdbg_tui.tui import foreground
from cdbg_tui.tui.actions import ACTIONS, always
from tests.support import IMAGE, Docker, Run
from tests.tui.opened import Opened, opened

NAME = "a-name"
GONE = re.compile(r"no such container|been removed|is gone|no longer|does not exist|not found", re.IGNORECASE)
DEEDS = {"kill", "stop", "die", "pause", "unpause", "restart", "destroy", "commit", "rename", "update", "attach"}


@dataclass(frozen=True)
class Case:
    """Keys of an action up to its dialog, and those that confirm it; *dialog* is the screen between."""

    action: str
    keys: str
    dialog: str
    then: str = "enter"
    state: str = "running"


CASES = (
    Case("control", "x", "Choose", "t enter"),
    Case("control", "x", "Choose", "p"),
    Case("control", "x t", "Confirm"),
    Case("control", "x K", "Confirm", "y"),
    Case("control", "x d", "Confirm", "y", "dead"),
    Case("control", "x", "Choose", "s", "dead"),
    Case("control", "x", "Choose", "u", "paused"),
    Case("shell_as", "E", "Form"),
    Case("attach", "a", "ShowPlan", state="listening"),
    Case("sidecar_as", "S", "Form"),
    Case("recipes", "t enter", "Form"),
    Case("capture", "p", "Form"),
    Case("rerun", "c", "ShowPlan", state="dead"),
    Case("rerun_as", "C", "Form", state="dead"),
    Case("changes", "d", "Changes", "r"),
    Case("inspect", "i", "Inspect", "r"),
    Case("report", "R", "Form"),
)
AT_ONCE = ("shell", "sidecar", "host_tools", "image", "copy", "debug_image")
"""Actions whose first key does it, or whose dialog is that of another one; `copy` asks the engine nothing."""


def test_each_action_on_a_container_is_here() -> None:
    on_containers = {action.id for action in ACTIONS if action.applies is not always}
    assert on_containers == {case.action for case in CASES} | set(AT_ONCE)


def carry_out(_: Any, plan: Plan) -> Outcome:
    """Run a plan's commands on the real engine, for a terminal that cannot be given away."""
    said = ""
    for argv in (*plan.prepare, plan.argv):
        words = [word for word in argv if word != "-it"]
        done = subprocess.run(
            words, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20
        )
        said = done.stderr
        if done.returncode:
            break
    foreground.clean(plan)
    return Outcome(f"{plan.title}: {said}")


def made(run: Run, docker: Docker, state: str) -> str:
    """Make a container of that name."""
    command = ("true",) if state == "dead" else ("sleep", "1000") if state != "listening" else ("cat",)
    container = run(*command, name=NAME, options=["--interactive"] if state == "listening" else [])
    if state == "paused":
        docker("pause", container)
    return container


def done_to(docker: Docker, container: str, since: str) -> set[str]:
    """Return what the engine says was done to a container."""
    words = ("events", "--since", since, "--until", docker("info", "--format", "{{.SystemTime}}").stdout.strip())
    told = docker(*words, "--filter", f"container={container}", "--format", "{{json .}}").stdout
    return {json.loads(line)["Action"].partition(":")[0] for line in told.splitlines()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.action}: {case.keys} {case.then} {case.state}")
async def test_what_was_begun_for_one_is_never_done_to_another(
    case: Case,
    engine: Engine,
    run: Run,
    docker: Docker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("cdbg_tui.tui.launching.foreground.run", carry_out)
    target = made(run, docker, case.state)
    async with opened(engine, config=Config(toolbox=IMAGE)) as seen:
        await seen.go_to(NAME)
        seen.app.clear_notifications()
        for key in case.keys.split():
            await seen.press(key)
            await seen.until(lambda: seen.app.screen is not seen.app.dashboard)
        await seen.until(lambda: type(seen.app.screen).__name__ == case.dialog)
        if case.dialog == "Confirm":
            assert NAME in seen.text
            assert target[:12] in seen.text
        since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
        docker("rm", "--force", target)
        impostor = made(run, docker, case.state)
        known = {impostor: True, target: False}
        await seen.until(lambda: {one: one in seen.app.containers for one in known} == known)
        await seen.press(*case.then.split())
        await seen.until(lambda: GONE.search(told(seen)))
        assert not done_to(docker, impostor, since) & DEEDS - ({"die"} if case.state == "dead" else {"pause"})
        assert docker("inspect", "--format", "{{.ExecIDs}}", impostor).stdout.strip() in ("[]", "<no value>")


def told(seen: Opened) -> str:
    """Return all toasts, and what a screen says."""
    toasts = " ".join(one.message for one in seen.app._notifications)
    is_screen = seen.app.screen is not seen.app.dashboard
    return toasts + (seen.text if is_screen else "")
