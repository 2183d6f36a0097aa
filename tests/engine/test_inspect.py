"""What inspect shows, on real containers: templates that print the same, who listens, who else is there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.files import inspect
from cdbg_tui.engine.surroundings import around
from cdbg_tui.model.around import Around
from cdbg_tui.model.compare import containers, differences, with_image
from cdbg_tui.model.details import Entry, nodes
from cdbg_tui.model.summary import summary
from cdbg_tui.model.template import go_template
from tests.engine.proxy import Proxy
from tests.support import IMAGE, LABEL, Docker, Run, eventually


@pytest.fixture
def rich(network: str, run: Run, docker: Docker, engine: Engine, tmp_path: Path) -> Iterator[str]:
    """A container with something of everything, that stands still."""
    options = [
        *("--network", network, "--network-alias", "web", "-p", "80", "-p", "127.0.0.1::9000/udp"),
        *("--volume", f"{tmp_path}:/conf:ro", "--volume", "/anon", "--tmpfs", "/scratch:size=1m"),
        *("--mount", "type=tmpfs,destination=/more", "--env", "A=x=y", "--env", "EMPTY=", "--env", 'Q="\\{{.Id}}'),
        *("--label", "com.docker.compose.project=shop", "--label", 'odd"key"{{x}}=1', "--label", "ü=ä"),
        *(
            "--memory",
            "64m",
            "--cpus",
            "0.5",
            "--pids-limit",
            "100",
            "--cap-add",
            "SYS_PTRACE",
            "--cap-drop",
            "MKNOD",
        ),
        *(
            "--ulimit",
            "nofile=1024:2048",
            "--restart",
            "on-failure:3",
            "--dns",
            "192.0.2.1",
            "--add-host",
            "x:192.0.2.2",
        ),
        *("--sysctl", "net.core.somaxconn=128", "--security-opt", "no-new-privileges", "--user", "0:0"),
        *("--log-opt", "max-size=1m", "--device", "/dev/null:/dev/nothing", "--stop-timeout", "1", "--init"),
        *("--health-cmd", "echo probed; exit 1", "--health-interval", "1s", "--health-start-period", "1s"),
    ]
    one = run("httpd", "-f", "-p", "80", options=options)
    eventually(lambda: len((inspect(engine, one)["State"].get("Health") or {}).get("Log") or ()) > 1, 20)
    docker("pause", one)  # or else the next probe changes what is compared
    yield one
    docker("unpause", one)


def leaves(entries: tuple[Entry, ...], details: Any) -> Iterator[tuple[Entry, Any]]:
    """Yield every value of the tree with what the JSON has in its place."""
    values = details.values() if isinstance(details, dict) else details
    for entry, value in zip(entries, values, strict=True):
        if entry.children:
            yield from leaves(entry.children, value)
        else:
            yield entry, value


def test_the_template_of_every_value_prints_it(rich: str, engine: Engine, docker: Docker) -> None:
    details = inspect(engine, rich)

    def printed(one: tuple[Entry, Any]) -> tuple[str, Any, Any]:
        entry, value = one
        template = go_template(entry, details)
        done = docker("inspect", "--format", template, rich, check=False)
        text = done.stdout.removesuffix("\n") if done.returncode == 0 else done.stderr
        if template.startswith("{{json "):
            return template, json.loads(text), value
        return template, text, value if isinstance(value, str) else json.dumps(value)

    all_leaves = list(leaves(nodes(details), details))
    assert len(all_leaves) > 200
    with ThreadPoolExecutor(4) as threads:
        wrong = [one for one in threads.map(printed, all_leaves) if one[1] != one[2]]
    assert wrong == []


@pytest.mark.parametrize("path", [".Config.Env", ".Args", ".Config.Labels", ".HostConfig.Dns"])
def test_the_template_of_a_branch_prints_it_as_json(path: str, rich: str, engine: Engine, docker: Docker) -> None:
    wanted: Any = inspect(engine, rich)
    for step in path.split(".")[1:]:
        wanted = wanted[step]
    template = go_template(Entry("x", None, (Entry("y"),), path))
    assert json.loads(docker("inspect", "--format", template, rich).stdout) == wanted


def last(engine: Engine, one: str) -> Around:
    *_, found = around(engine, inspect(engine, one))
    return found


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="the sockets of another's process take root to see")


@needs_root
def test_who_listens_is_seen_with_its_process(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sh", "-c", "httpd -p 127.0.0.1:81; exec httpd -f -p 80", options=["-p", "80"])
    eventually(lambda: len(last(engine, one).listeners or ()) > 1)
    details = inspect(engine, one)
    [ports] = [entry for entry in summary(details, last(engine, one)) if entry.key == "ports"]
    host = docker("port", one, "80/tcp").stdout.split()[0].rpartition(":")[2]
    told = {entry.key: entry.value or "" for entry in ports.children}
    pid = details["State"]["Pid"]
    assert told[f"{host} → 80/tcp"].startswith(f"httpd (PID {pid}) listens on ")
    assert "127.0.0.1:81" in told["(not declared) → 81/tcp"]


def test_of_a_dead_one_nothing_is_said_to_listen(engine: Engine, run: Run) -> None:
    one = run("true")
    eventually(lambda: inspect(engine, one)["State"]["Status"] == "exited")
    assert last(engine, one).unseen == {"listeners": "it does not run"}


def test_siblings_and_sharers_are_found(engine: Engine, network: str, run: Run, tmp_path: Path) -> None:
    joined = ["--network", network, "--volume", f"{tmp_path}:/conf"]
    one = run("sleep", "1000", options=joined)
    run("sleep", "1000", name="cdbg-t-sibling", options=joined)
    found = {entry.key: entry for entry in summary(inspect(engine, one), last(engine, one))}
    [net] = found["networks"].children
    [sibling] = net.children
    assert sibling.key == "cdbg-t-sibling"
    assert (sibling.value or "").count(".") == 3
    assert found["mounts"].children[0].note == "also used by cdbg-t-sibling (at /conf)"


def test_a_look_around_is_two_requests_and_a_hung_one_holds_up_nothing(
    engine_url: str, engine: Engine, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdbg_tui.engine.surroundings.SECONDS", 1.0)
    one = run("sleep", "1000")
    details = inspect(engine, one)
    proxy = Proxy(tmp_path / "p.sock", engine_url)
    proxy.open()
    seen = Engine(find(host=proxy.url))
    try:
        assert list(around(seen, details))[-1].image is not None
        assert len(proxy.paths) == 2
        proxy.instead["/images/"] = None
        *_, late = around(seen, details)
        assert late.unseen["image"] == "no answer in time"
        assert late.rows is not None
    finally:
        seen.close()
        proxy.close()
    assert threading.active_count() < 50


def test_two_of_the_same_kind_differ_in_nothing_but_what_was_asked(engine: Engine, run: Run) -> None:
    options = ["--env", "A=1", "--volume", "/anon", "--publish", "80", "--memory", "32m"]
    one, other = (run("sleep", "1000", options=[*options, "--env", f"B={number}"]) for number in (1, 2))
    rows = differences(containers(inspect(engine, one), inspect(engine, other)))
    assert [(row.section, row.key) for row in rows] == [("environment", "B")]


def test_against_the_image_only_what_run_gave(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sleep", "1000", options=["--env", "A=1", "--expose", "81"])
    image = json.loads(docker("image", "inspect", IMAGE).stdout)[0]
    rows = differences(with_image(inspect(engine, one), image))
    assert [(row.section, row.key) for row in rows] == [
        ("process", "Cmd"),
        ("environment", "A"),
        ("labels", LABEL),
        ("ports", "81/tcp"),
    ]


def test_a_command_line_to_copy_is_run_as_it_is(rich: str, engine: Engine, engine_url: str) -> None:
    details = inspect(engine, rich)
    label = next(entry for entry, _ in leaves(nodes(details), details) if entry.key == 'odd"key"{{x}}')
    line = shlex.join(("docker", "--host", engine_url, "inspect", "--format", go_template(label), rich))
    done = subprocess.run(["sh", "-c", line], check=True, capture_output=True, text=True)
    assert done.stdout == "1\n"
