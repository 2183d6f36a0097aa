"""The demo on a real engine: each container comes to its fate, and nothing stays behind."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cdbg_tui import demo
from cdbg_tui.demo_cast import PARTS
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from tests.support import IMAGE, Docker, eventually

Inspect = Callable[[str], Any]
LABELLED = ("--quiet", "--filter", f"label={demo.LABEL}")


@pytest.fixture(scope="module")
def inspect(engine: Engine) -> Iterator[Inspect]:
    """Looks at a container of the demo, which is up for all tests of this file."""
    demo.up(engine, lambda _: None)
    yield lambda name: engine.get(f"/containers/{name}/json")
    demo.down(engine)


def test_everything_has_the_label_and_a_name_that_says_demo(inspect: Inspect, docker: Docker) -> None:
    listed = docker("ps", "--all", *LABELLED[1:], "--format", "{{.Names}} {{.Image}}").stdout
    assert len(listed.splitlines()) == len(PARTS)
    assert all(re.fullmatch(r"demo-\S+ demo-\S+", row) for row in listed.splitlines())
    assert docker("network", "ls", *LABELLED[1:], "--format", "{{.Name}}").stdout == "demo-shop\n"


def test_web_server_answers_its_health_check_on_a_port_of_this_machine_only(
    inspect: Inspect, docker: Docker
) -> None:
    name = "demo-shop-web-1"
    eventually(lambda: inspect(name)["State"]["Health"]["Status"] == "healthy", 30)
    [binding] = inspect(name)["NetworkSettings"]["Ports"]["8080/tcp"]
    assert binding["HostIp"] == "127.0.0.1"
    eventually(lambda: docker("logs", name).stderr and docker("logs", name).stdout, 30)


def test_worker_is_throttled_and_logs_in_colours(inspect: Inspect, engine: Engine) -> None:
    def throttled() -> int:
        sample = engine.get("/containers/demo-shop-queue-1/stats?stream=false")
        return int(sample["cpu_stats"]["throttling_data"]["throttled_periods"])

    eventually(throttled, 30)
    with engine.api() as api:
        assert b"\x1b[1m" in api.logs("demo-shop-queue-1")


def test_api_is_killed_for_its_memory(inspect: Inspect) -> None:
    state = eventually(lambda: _ended(inspect("demo-shop-api-1")), 60)
    assert state["OOMKilled"]
    assert state["ExitCode"] == 137


def test_migration_calls_a_program_that_is_not_there(inspect: Inspect, docker: Docker) -> None:
    assert eventually(lambda: _ended(inspect("demo-migrate")))["ExitCode"] == 127
    assert "psql: not found" in docker("logs", "demo-migrate").stderr


def test_import_gives_its_reason_in_a_file_only(inspect: Inspect, docker: Docker) -> None:
    name = "demo-invoice-import"
    assert eventually(lambda: _ended(inspect(name)))["ExitCode"] == 1
    logs = docker("logs", name)
    assert "EURO" not in logs.stdout + logs.stderr
    assert "EURO" in docker("cp", f"{name}:/var/log/app/error.log", "-").stdout
    assert {row[:1] for row in docker("diff", name).stdout.splitlines()} == {"A", "C", "D"}


def test_mailer_is_restarted_again_and_again(inspect: Inspect, docker: Docker) -> None:
    eventually(lambda: inspect("demo-mailer")["RestartCount"] >= 2, 30)
    assert "FATAL" in docker("logs", "demo-mailer").stderr


def test_search_fails_its_health_check_with_a_reason(inspect: Inspect) -> None:
    eventually(lambda: inspect("demo-search")["State"]["Health"]["Status"] == "unhealthy", 30)
    assert "503" in json.dumps(inspect("demo-search")["State"]["Health"]["Log"])


def test_cache_is_paused_and_backup_has_finished(inspect: Inspect) -> None:
    assert inspect("demo-cache")["State"]["Paused"]
    assert eventually(lambda: _ended(inspect("demo-backup")))["ExitCode"] == 0


def test_four_of_them_are_a_compose_project(inspect: Inspect, docker: Docker) -> None:
    filters = ("--filter", "label=com.docker.compose.project=shop", *LABELLED[1:])
    template = '{{.Label "com.docker.compose.service"}}'
    services = docker("ps", "--all", *filters, "--format", template).stdout.split()
    assert sorted(services) == ["api", "db", "queue", "web"]


def test_a_stranger_with_one_of_its_names_is_left_alone(engine: Engine, docker: Docker) -> None:
    demo.down(engine)
    stranger = docker("create", "--name=demo-cache", "busybox:latest").stdout.strip()
    try:
        with pytest.raises(EngineError, match="demo-cache"):
            demo.up(engine, lambda _: None)
        assert docker("inspect", "--format={{.Id}}", "demo-cache").stdout.strip() == stranger
        assert not docker("ps", "--all", *LABELLED).stdout
    finally:
        docker("rm", stranger)


def test_nothing_is_left_when_the_dashboard_ends_in_an_error(engine: Engine, docker: Docker) -> None:
    def left() -> list[str]:
        kinds = (("ps", "--all"), ("image", "ls", "--all"), ("network", "ls"))
        return [line for kind in kinds for line in docker(*kind, *LABELLED).stdout.splitlines()]

    def dashboard(endpoint: Endpoint) -> int:
        assert endpoint is engine.endpoint
        volumes.append(_volume(docker))
        assert len(left()) > len(PARTS)
        raise ZeroDivisionError

    volumes: list[str] = []
    with pytest.raises(ZeroDivisionError):
        demo.main(engine.endpoint, dashboard)
    assert left() == []
    assert docker("volume", "inspect", volumes[0], check=False).returncode


def _ended(details: Any) -> Any:
    return details["State"]["Status"] == "exited" and details["State"]


def _volume(docker: Docker) -> str:
    template = "--format={{range .Mounts}}{{.Name}}{{end}}"
    name = docker("inspect", template, "demo-shop-db-1").stdout.strip()
    assert name
    return name


def test_a_second_demo_leaves_the_first_alone(engine: Engine, docker: Docker) -> None:
    with subprocess.Popen(["sleep", "1000"]) as first:
        owner = f"{demo.OWNER}={first.pid}@{socket.gethostname()}"
        docker("create", "--name", "demo-owned", "--label", f"{demo.LABEL}=1", "--label", owner, IMAGE, "true")
        try:
            with pytest.raises(EngineError, match=f"A demo runs already .*: process {first.pid}"):
                demo.up(engine, lambda _: None)
            assert docker("inspect", "demo-owned").returncode == 0
        finally:
            first.terminate()
            docker("rm", "-f", "demo-owned", check=False)
