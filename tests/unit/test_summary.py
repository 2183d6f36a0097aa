"""What inspect says, in the words of those who ask."""

from __future__ import annotations

from typing import Any

import pytest

from cdbg_tui.model.details import Entry
from cdbg_tui.model.summary import command_line, summary
from cdbg_tui.model.text import MASK


def entry(key: str, **details: Any) -> Entry:
    """Return one entry of the summary of a container with these details."""
    return next(one for one in summary({"Id": "a" * 64} | details) if one.key == key)


@pytest.mark.parametrize(
    ("key", "details", "value"),
    [
        ("image", {"Image": "sha256:" + "b" * 64, "Config": {"Image": "web:1"}}, "web:1  (bbbbbbbbbbbb)"),
        ("restart policy", {}, "never"),
        (
            "restart policy",
            {
                "RestartCount": 3,
                "HostConfig": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}},
            },
            "on-failure, at most 5 times; restarted 3 times",
        ),
        ("limits", {}, "none"),
        (
            "limits",
            {"HostConfig": {"Memory": 1 << 26, "MemorySwap": 1 << 27, "NanoCpus": 500_000_000}},
            "memory 64.0 MiB, swap 64.0 MiB, CPU 50.0 % of a core",
        ),
        ("limits", {"HostConfig": {"CpuQuota": 150_000, "PidsLimit": 9}}, "CPU 150 % of a core, 9 processes"),
        ("privileges", {}, "the engine's default"),
        (
            "privileges",
            {"HostConfig": {"Privileged": True, "CapAdd": ["SYS_PTRACE"], "PidMode": "host"}},
            "privileged, +SYS_PTRACE, the host's PID namespace",
        ),
        ("networks", {"HostConfig": {"NetworkMode": "host"}}, "host"),
        ("health", {}, "no health check"),
        ("user", {"Config": {"User": "app"}}, "app"),
        ("engine's error", {"State": {"Status": "created", "Error": "no such file"}}, "no such file"),
    ],
)
def test_the_usual_questions(key: str, details: dict[str, Any], value: str) -> None:
    assert entry(key, **details).value == value


def test_a_death_is_told_with_its_code_and_its_age() -> None:
    state = {
        "Status": "exited",
        "ExitCode": 137,
        "OOMKilled": True,
        "StartedAt": "2026-11-22T14:00:00Z",
        "FinishedAt": "2026-11-22T14:03:00Z",
    }
    value = entry("state", State=state).value or ""
    assert value.startswith("exited, exit code 137, out of memory, started 2026-11-22 ")
    assert value.endswith("after 3 min")


def test_the_command_line_can_be_pasted_and_hides_its_password() -> None:
    found = command_line({"Path": "run", "Args": ["--password", "hunter2", "a b"]})
    assert found.value == "run --password hunter2 'a b'"
    assert found.shown(revealed=False) == f"run --password {MASK} 'a b'"
    assert [child.path for child in found.children] == [".Path", ".Args[0]", ".Args[1]", ".Args[2]"]
    assert all("hunter2" not in child.shown(revealed=False) for child in found.children)


def test_mounts_and_networks_are_named_by_where_they_are() -> None:
    mounts = [{"Type": "bind", "Source": "/a", "Destination": "/b", "RW": False}]
    [mount] = entry("mounts", Mounts=mounts).children
    assert (mount.key, mount.value) == ("/b", "bind /a, read-only")
    networks = {"shop": {"IPAddress": "172.18.0.2", "Gateway": "172.18.0.1", "Aliases": ["web", "aaaa"]}}
    [network] = entry("networks", NetworkSettings={"Networks": networks}).children
    assert (network.key, network.value) == ("shop", "172.18.0.2, gateway 172.18.0.1, known as web")


def test_health_has_its_check_and_what_the_probes_said() -> None:
    probe = {"Start": "2026-11-22T14:00:00Z", "ExitCode": 1, "Output": "refused\n"}
    health = {"Status": "unhealthy", "FailingStreak": 4, "Log": [probe]}
    found = entry(
        "health",
        State={"Health": health},
        Config={"Healthcheck": {"Test": ["CMD-SHELL", "curl --token s3 localhost"]}},
    )
    assert found.value == "unhealthy, 4 failures in a row"
    check, said = found.children
    assert check.shown(revealed=False) == f"curl --token {MASK} localhost"
    assert said.value == "1: refused"
