"""What is done to containers, on a real engine."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from cdbg_tui.engine import control
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect
from tests.support import Docker, Run, eventually

DEAF = ("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
FOREVER = ("sleep", "1000")


def state(engine: Engine, container: str) -> dict[str, Any]:
    answer: dict[str, Any] = inspect(engine, container)["State"]
    return answer


def test_stop_waits_for_the_containers_own_time_out_and_then_kills(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An ordinary call would give up long before the container does.
    monkeypatch.setattr(control, "CALL_SECONDS", 0.5)
    container = run(*DEAF, options=["--stop-timeout=2"])
    began = time.monotonic()
    control.stop(engine, container)
    took = time.monotonic() - began
    after = state(engine, container)
    assert (after["Status"], after["ExitCode"]) == ("exited", 137)
    assert 2 <= took < 10


def test_restart_keeps_the_containers_own_time_out(engine: Engine, run: Run) -> None:
    container = run(*DEAF, options=["--stop-timeout=1"])
    before = state(engine, container)["StartedAt"]
    began = time.monotonic()
    control.restart(engine, container)
    took = time.monotonic() - began
    after = state(engine, container)
    assert after["Running"]
    assert after["StartedAt"] > before
    assert 1 <= took < 8  # docker-py's restart would have waited ten


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ({}, control.STOP_SECONDS + control.MARGIN_SECONDS),
        ({"StopTimeout": 300}, 300 + control.MARGIN_SECONDS),
        ({"StopTimeout": 0}, control.MARGIN_SECONDS),
        ({"StopTimeout": -1}, None),
    ],
)
def test_patience_is_longer_than_the_stop_time_out(config: dict[str, int], seconds: float | None) -> None:
    assert control.stop_patience(config) == seconds


def test_start_and_stop_are_content_with_what_is_already_so(engine: Engine, run: Run) -> None:
    container = run(*FOREVER, options=["--stop-timeout=0"], start=False)
    control.start(engine, container)
    control.start(engine, container)
    assert state(engine, container)["Running"]
    control.stop(engine, container)
    control.stop(engine, container)
    assert not state(engine, container)["Running"]


def test_pause_freezes_and_unpause_thaws(engine: Engine, run: Run) -> None:
    container = run(*FOREVER)
    control.pause(engine, container)
    assert state(engine, container)["Paused"]
    control.unpause(engine, container)
    assert not state(engine, container)["Paused"]


def test_kill_sends_the_signal_asked_for(engine: Engine, run: Run, docker: Docker) -> None:
    container = run("sh", "-c", "trap 'echo got usr1' USR1; echo ready; while :; do sleep 0.1; done")
    eventually(lambda: "ready" in docker("logs", container).stdout)
    control.kill(engine, container, "USR1")
    eventually(lambda: "got usr1" in docker("logs", container).stdout)
    control.kill(engine, container)
    eventually(lambda: state(engine, container)["ExitCode"] == 137)


def test_remove_refuses_what_runs_unless_forced(engine: Engine, run: Run) -> None:
    container = run(*FOREVER)
    with pytest.raises(EngineError) as refused:
        control.remove(engine, container)
    assert refused.value.kind == "conflict"
    assert "running" in refused.value.what  # the engine's own words, not the HTTP library's
    control.remove(engine, container, force=True)
    with pytest.raises(EngineError) as gone:
        inspect(engine, container)
    assert gone.value.kind == "missing"


@pytest.mark.parametrize("volumes", [True, False])
def test_remove_takes_anonymous_volumes_only_when_asked(
    engine: Engine, run: Run, docker: Docker, volumes: bool
) -> None:
    container = run("true", options=["--volume=/data"])
    [mount] = json.loads(docker("inspect", "--format={{json .Mounts}}", container).stdout)
    control.remove(engine, container, force=True, volumes=volumes)
    left = docker("volume", "inspect", mount["Name"], check=False).returncode == 0
    assert left is not volumes
    if left:
        docker("volume", "rm", mount["Name"])


def test_a_container_that_is_gone_is_missing(engine: Engine) -> None:
    for act in (control.start, control.stop, control.pause, control.kill, control.remove):
        with pytest.raises(EngineError) as gone:
            act(engine, "0" * 64)
        assert gone.value.kind == "missing"


def test_the_command_line_says_the_same() -> None:
    assert control.command("stop", "web") == ("stop", "web")
    assert control.command("kill", "web", signal="HUP") == ("kill", "--signal", "HUP", "web")
    assert control.command("kill", "web") == ("kill", "web")
    assert control.command("remove", "web") == ("rm", "web")
    assert control.command("remove", "web", force=True, volumes=True) == (
        "rm",
        "--force",
        "--volumes",
        "web",
    )


def test_the_command_line_removes_a_real_container(docker: Docker, run: Run) -> None:
    container = run(*FOREVER)
    docker(*control.command("remove", container, force=True, volumes=True))
    assert docker("inspect", container, check=False).returncode != 0
