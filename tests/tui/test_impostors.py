"""A container is removed, and another takes its name, between two keys: nothing is ever done to the wrong one."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.config import Config
from cdbg_tui.engine.client import Engine
from cdbg_tui.model.container import SESSION_LABEL, State
from cdbg_tui.sessions.custom import CustomCommand
from cdbg_tui.sessions.plan import Plan
from cdbg_tui.sessions.running import Outcome
from cdbg_tui.tui import foreground
from cdbg_tui.tui.actions import ACTIONS, always
from tests.support import IMAGE, Docker, Run
from tests.tui.opened import Opened, opened

NAME = "a-name"
GONE = re.compile(r"no such container|been removed|is gone|has ended|does not exist", re.IGNORECASE)
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
    Case("host_tools", "n", "Form"),
)
ASKED = (
    ("shell", "e", "running"),
    ("sidecar", "s", "running"),
    ("image", "I", "running"),
    ("debug_image", "B", "running"),
)
"""Actions without a question before their first deed, which is to ask the engine."""
ON_THE_TERMINAL = (
    ("shell", "e", "running"),
    ("sidecar", "s", "running"),
    ("attach", "a enter", "listening"),
    ("rerun", "c enter", "dead"),
)
"""Actions, and the keys to a session: docker is told on the terminal of what container."""


def test_each_action_on_a_container_is_here() -> None:
    on_containers = {action.id for action in ACTIONS if action.applies is not always}
    assert on_containers == {case.action for case in CASES} | {action for action, _, _ in ASKED} | {"copy"}


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
    if state == "dead":
        docker("wait", container)
    return container


def is_known_as(seen: Opened, state: str) -> bool:
    """Tell whether the list has heard what the selected one has come to: the dialogs offer what fits that."""
    selected = seen.selected
    assert selected is not None
    return {"dead": selected.is_dead, "paused": selected.state is State.PAUSED}.get(state, selected.is_up)


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
        await seen.until(lambda: is_known_as(seen, case.state))
        seen.app.clear_notifications()
        for key in case.keys.split():
            await seen.press(key)
            await seen.until(lambda: seen.app.screen is not seen.app.dashboard)
        await seen.until(lambda: type(seen.app.screen).__name__ == case.dialog)
        is_question = case.dialog not in ("Changes", "Inspect")
        called = f"{NAME} ({target[:12]})" if is_question else NAME
        await seen.until(lambda: called in seen.text)
        since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
        docker("rm", "--force", target)
        impostor = made(run, docker, case.state)
        known = {impostor: True, target: False}
        await seen.until(lambda: {one: one in seen.app.roster.containers for one in known} == known)
        await seen.press(*case.then.split())
        await seen.until(lambda: GONE.search(told(seen)))
        assert nothing_was_done_to(impostor, docker, since, case.state)


def nothing_was_done_to(container: str, docker: Docker, since: str, state: str) -> bool:
    """Tell whether the engine knows of nothing but how it was made; nothing stands beside it either."""
    own = {"die"} if state == "dead" else {"pause"} if state == "paused" else set()
    entered = docker("inspect", "--format", "{{.ExecIDs}}", container).stdout.strip()
    beside = docker("ps", "--all", "--quiet", "--filter", f"label={SESSION_LABEL}").stdout
    return not done_to(docker, container, since) & DEEDS - own and entered in ("[]", "<no value>") and not beside


class Swap:
    """A container of the name, in whose place another one of that name is put, once."""

    def __init__(self, run: Run, docker: Docker, state: str) -> None:
        self._run, self._docker, self.state = run, docker, state
        self.target = made(run, docker, state)
        self.impostor = ""
        self.since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()

    def __call__(self) -> None:
        if not self.impostor:
            self._docker("rm", "--force", self.target)
            self.impostor = made(self._run, self._docker, self.state)

    def clear(self) -> None:
        """Nothing was done to the impostor; make room for the next pair."""
        assert self.impostor
        assert nothing_was_done_to(self.impostor, self._docker, self.since, self.state)
        self._docker("rm", "--force", self.impostor)


async def select(seen: Opened, swap: Swap) -> None:
    """Go to a container that has just been made, from whatever screen."""
    while seen.app.screen is not seen.app.dashboard:
        await seen.press("escape")
    await seen.until(lambda: set(seen.app.roster.containers) == {swap.target})
    await seen.until(lambda: seen.selected is not None and seen.selected.id == swap.target)
    await seen.until(lambda: is_known_as(seen, swap.state))
    seen.app.clear_notifications()


async def test_what_the_engine_is_asked_is_asked_of_the_one_that_was_meant(
    engine: Engine, run: Run, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: list[Swap] = []
    async with opened(engine, config=Config(toolbox=IMAGE)) as seen:
        follow = seen.app.asking.follow

        def swapped(key: str, question: Callable[[], Iterator[Any]], *then: Any) -> None:
            def later() -> Iterator[Any]:
                if before and key.startswith(("session", "image ")):
                    before.pop()()
                return question()

            follow(key, later, *then)

        monkeypatch.setattr(seen.app.asking, "follow", swapped)
        for _, key, state in ASKED:
            swap = Swap(run, docker, state)
            await select(seen, swap)
            before.append(swap)
            await seen.press(key)
            await seen.until(lambda: GONE.search(told(seen)), 6)
            swap.clear()
        swap = Swap(run, docker, "running")
        await select(seen, swap)
        copies: list[str] = []
        monkeypatch.setattr("cdbg_tui.tui.copying.copy", lambda _app, text, _what: copies.append(text))
        await seen.press("y")
        swap()
        await seen.until(lambda: set(seen.app.roster.containers) == {swap.impostor})
        await seen.press("i")
        assert copies == [swap.target]


async def test_a_command_of_ones_own_that_was_agreed_to_for_one_is_not_run_for_another(
    engine: Engine, run: Run, docker: Docker
) -> None:
    command = CustomCommand("end", "v", engine.docker("kill", "{name}"), confirm=True, run="background")
    target = made(run, docker, "running")
    async with opened(engine, config=Config(command=(command,))) as seen:
        await seen.go_to(NAME)
        await seen.press("v")
        await seen.until(lambda: f"Run end for {NAME} ({target[:12]})?" in seen.text)
        docker("rename", target, "renamed")
        impostor = made(run, docker, "running")
        await seen.press("y")
        await seen.until(lambda: "renamed is not what it was" in told(seen))
        await seen.press("v", "y")
        await seen.until(lambda: not seen.app.roster.containers[target].is_up)
        assert docker("inspect", "--format", "{{.State.Running}}", impostor).stdout.strip() == "true"


async def test_what_docker_is_told_on_the_terminal_names_the_one_that_was_meant(
    engine: Engine, run: Run, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(engine, config=Config(toolbox=IMAGE)) as seen:
        for _, keys, state in ON_THE_TERMINAL:
            swap = Swap(run, docker, state)

            def run_late(app: Any, plan: Plan, swap: Swap = swap) -> Outcome:
                swap()
                return carry_out(app, plan)

            monkeypatch.setattr("cdbg_tui.tui.launching.foreground.run", run_late)
            await select(seen, swap)
            for key in keys.split():
                await seen.press(key)
                await seen.until(lambda swap=swap: swap.impostor or seen.app.screen is not seen.app.dashboard)  # type: ignore[misc]
            await seen.until(lambda: GONE.search(told(seen)))
            swap.clear()


def told(seen: Opened) -> str:
    """Return all toasts, and what a screen says."""
    toasts = " ".join(one.message for one in seen.app._notifications)
    is_screen = seen.app.screen is not seen.app.dashboard
    return toasts + (seen.text if is_screen else "")
