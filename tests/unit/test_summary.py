"""What inspect says, in the words of those who ask."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cdbg_tui.model.around import Around
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
    assert mount.path == ".Mounts[0]"
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
    check, timing, head, said = found.children
    assert check.shown(revealed=False) == f"curl --token {MASK} localhost"
    assert timing.value == "every 30.0 s, timeout 30.0 s, 3 retries"
    assert (head.value, head.note) == (None, "output")
    assert said.value == "refused"
    assert said.key.split()[-1] == "1"
    assert len(said.key) == len(head.key)


def test_a_probe_tells_how_long_it_took_and_has_its_lines_below() -> None:
    probe = {
        "Start": "2026-11-22T14:00:00.1Z",
        "End": "2026-11-22T14:00:00.35Z",
        "ExitCode": 7,
        "Output": "one\ntoken=s3cret\n",
    }
    config = {"Healthcheck": {"Test": ["CMD", "x"], "Interval": 2_000_000_000, "StartPeriod": 60_000_000_000}}
    found = entry("health", State={"Health": {"Log": [probe]}}, Config=config)
    assert found.children[1].value == "every 2.0 s, timeout 30.0 s, 3 retries, not counted in the first 1 min"
    row = found.children[-1]
    assert row.key.split()[2:] == ["250", "ms", "7"]
    assert [line.shown(revealed=False) for line in row.children] == ["one", f"token={MASK}"]
    assert "s3cret" not in row.shown(revealed=False)


IMAGE = {
    "RepoDigests": ["web@sha256:abc"],
    "Created": "2026-11-20T00:00:00Z",
    "Os": "linux",
    "Architecture": "amd64",
    "Size": 1 << 20,
    "Config": {
        "Env": ["PATH=/bin", "MODE=production", "DB_PASSWORD=old"],
        "Labels": {"team": "shop"},
        "User": "app",
        "Cmd": ["serve"],
        "Entrypoint": ["tini"],
    },
}


def around_image(**more: Any) -> Around:
    return Around(image=IMAGE, now=1_763_800_000.0, **more)


def test_variables_and_labels_tell_where_they_come_from() -> None:
    env = ["PATH=/bin", "MODE=debug", "DB_PASSWORD=new", "EXTRA=1"]
    details = {"Id": "a" * 64, "Config": {"Env": env, "Labels": {"team": "shop", "mine": "1"}}}
    found = {one.key: one for one in summary(details, around_image())}
    assert [(one.key, one.note) for one in found["environment"].children] == [
        ("MODE", "given at run; the image has production"),
        ("DB_PASSWORD", f"given at run; the image has {MASK}"),
        ("EXTRA", "given at run"),
        ("PATH", "from the image"),
    ]
    assert [(one.key, one.note) for one in found["labels"].children] == [
        ("mine", "given at run"),
        ("team", "from the image"),
    ]
    assert all(one.path.startswith(".Config.Env[") for one in found["environment"].children)
    assert not any(one.note for one in summary(details, Around()) if one.key == "environment")


def test_command_and_user_tell_where_they_come_from() -> None:
    config = {"User": "app", "WorkingDir": "/x", "Cmd": ["other"], "Entrypoint": ["tini"]}
    found = {one.key: one for one in summary({"Id": "a" * 64, "Config": config}, around_image())}
    assert found["command"].note == "arguments given at run"
    assert found["user"].note == "from the image"
    assert found["directory"].note == "given at run"


def test_the_image_has_digest_and_age() -> None:
    details = {"Id": "a" * 64, "Image": "sha256:" + "b" * 64, "Config": {"Image": "web:1"}}
    around = Around(image=IMAGE, now=datetime(2026, 11, 23, 1, tzinfo=UTC).timestamp())
    [found] = [one for one in summary(details, around) if one.key == "image"]
    told = {one.key: one.value or "" for one in found.children}
    assert told["digest"] == "web@sha256:abc"
    assert told["built"].endswith(", 3 d ago")
    assert told["platform"] == "linux/amd64, 1.0 MiB"


def test_an_image_that_is_gone_is_said_to_be() -> None:
    [found] = [
        one
        for one in summary({"Id": "a" * 64}, Around(unseen={"image": "the image has been removed"}))
        if one.key == "image"
    ]
    assert found.note == "cannot be seen: the image has been removed"


def test_a_name_that_means_another_image_by_now_is_told() -> None:
    details = {"Id": "a" * 64, "Image": "sha256:" + "b" * 64, "Config": {"Image": "web:1"}}
    rows = ({"Id": "a" * 64, "Image": "sha256:" + "b" * 64},)
    [found] = [one for one in summary(details, around_image(rows=rows)) if one.key == "image"]
    assert "another image" in found.note
