"""A container out of either of the engine's answers about it. The answers are real ones, shortened."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from cdbg_tui.model.container import (
    Container,
    Health,
    Mount,
    Port,
    State,
    from_inspect,
    from_list,
    leeway,
    merged,
    mounts,
    seconds_in,
    wants_inspection,
)
from cdbg_tui.model.units import epoch

NOW = 1795364052.5
HOUR, DAY = 3600, 86400

# GET /containers/json?all=1
LIST_20 = {
    "Id": "033d152ee7f2e80e60c219b6a0d2b8ef6a8ec31804af0101c8a65980a787c49c",
    "Names": ["/fixt"],
    "Image": "busybox",
    "ImageID": "sha256:259fd3866ffb07377bc375a2e57134b9fb50cf2759e8298642cea24cec485199",
    "Command": "sleep 1000",
    "Created": 1795364050,
    "Ports": [
        {"IP": "0.0.0.0", "PrivatePort": 53, "PublicPort": 32768, "Type": "udp"},
        {"IP": "::", "PrivatePort": 53, "PublicPort": 32768, "Type": "udp"},
        {"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 18080, "Type": "tcp"},
        {"PrivatePort": 443, "Type": "tcp"},
    ],
    "Labels": {"com.docker.compose.project": "shop", "dev.cdbg.test": "1"},
    "State": "running",
    "Status": "Up 2 seconds (healthy)",
    "HostConfig": {"NetworkMode": "default"},
    "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "30a553b6", "IPAddress": "172.29.0.3"}}},
    "Mounts": [],
}
LIST_28 = LIST_20 | {
    "Id": "21291ce55edabb5cec0a5bcbff403d2b22fb35a268c7f465e04644eaddc4e505",
    "Ports": [LIST_20["Ports"][3], *LIST_20["Ports"][:3]],  # type: ignore[index]
    "HostConfig": {"NetworkMode": "bridge"},
    "NetworkSettings": {"Networks": {"bridge": {"GwPriority": 0, "DNSNames": None}}},
}
DEAD_28 = {
    "Id": "3ba7f9659bcf4fd014360b9138f9ec9e70bc57c7154057968623bee49cf16e08",
    "Names": ["/fixd"],
    "Image": "busybox",
    "Command": "sh -c 'exit 3'",
    "Created": 1795364048,
    "Ports": [],
    "Labels": {"dev.cdbg.test": "1"},
    "State": "exited",
    "Status": "Exited (3) 2 seconds ago",
    "HostConfig": {"NetworkMode": "bridge"},
    "Mounts": [],
}
# GET /containers/{id}/json
INSPECT_20: dict[str, Any] = {
    "Id": LIST_20["Id"],
    "Created": "2026-11-22T16:14:10.538364633Z",
    "Path": "sleep",
    "Args": ["1000"],
    "State": {
        "Status": "running",
        "Running": True,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": 2323,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "2026-11-22T16:14:11.239186826Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Health": {"Status": "healthy", "FailingStreak": 0, "Log": []},
    },
    "Image": "sha256:259fd3866ffb07377bc375a2e57134b9fb50cf2759e8298642cea24cec485199",
    "Name": "/fixt",
    "RestartCount": 0,
    "Mounts": [],
    "HostConfig": {"NetworkMode": "default", "Memory": 33554432},
    "Config": {"Image": "busybox", "Tty": False, "Labels": LIST_20["Labels"], "StopSignal": None},
    "NetworkSettings": {
        "Ports": {
            "443/tcp": None,
            "53/udp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}, {"HostIp": "::", "HostPort": "32768"}],
            "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}],
        },
        "Networks": {"bridge": {"NetworkID": "30a553b6", "IPAddress": "172.29.0.3", "Aliases": None}},
    },
}
PORTS = (Port(80, "tcp", 18080, "127.0.0.1"), Port(53, "udp", 32768, "0.0.0.0"), Port(443))


def inspected(state: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    return INSPECT_20 | {"State": INSPECT_20["State"] | (state or {})} | others


@pytest.mark.parametrize("row", [LIST_20, LIST_28], ids=["20.10", "28"])
def test_a_row_of_the_list_of_both_engines(row: dict[str, Any]) -> None:
    one = from_list(row, NOW)
    assert (one.name, one.image, one.command, one.state) == ("fixt", "busybox", "sleep 1000", State.RUNNING)
    assert (one.health, one.project, one.created) == (Health.HEALTHY, "shop", 1795364050)
    assert one.since == NOW - 2
    assert one.ports == PORTS
    assert (one.exit_code, one.restarts, one.inspected, one.is_up, one.is_dead) == (None, None, False, True, False)


def test_a_dead_one_in_the_list() -> None:
    one = from_list(DEAD_28, NOW)
    assert (one.state, one.exit_code, one.since) == (State.EXITED, 3, NOW - 2)
    assert one.is_dead
    assert one.ports == ()


def test_what_both_answers_say_is_the_same() -> None:
    listed, looked_at = from_list(LIST_20, NOW), from_inspect(INSPECT_20)
    same = ["id", "name", "image", "state", "command", "health", "ports", "labels", "network_mode", "networks"]
    for name in same:
        assert getattr(listed, name) == getattr(looked_at, name), name
    assert looked_at.since == epoch("2026-11-22T16:14:11.239186826Z")
    assert (looked_at.pid, looked_at.restarts, looked_at.tty, looked_at.inspected) == (2323, 0, False, True)


def test_the_names_that_it_has_on_its_networks() -> None:
    networks = {
        "back": {"IPAddress": "172.18.0.2", "Aliases": ["DB", "21291ce55eda"], "DNSNames": ["fixt", "DB"]},
        "front": {"IPAddress": "", "Aliases": None},
        "lost": None,
    }
    one = from_inspect(inspected(NetworkSettings={"Networks": networks}))
    assert one.networks == {"back": "172.18.0.2", "front": "", "lost": ""}
    assert one.names == {"fixt", one.id[:12], "db", "21291ce55eda"}
    service = dataclasses.replace(one, labels={"com.docker.compose.service": "Store"}, aliases=frozenset())
    assert service.names == {"fixt", one.id[:12], "store"}


def test_the_name_of_a_linked_container_is_its_own() -> None:
    assert from_list(DEAD_28 | {"Names": ["/web/db", "/db"]}, NOW).name == "db"
    assert from_list(DEAD_28 | {"Names": None}, NOW).name == "3ba7f9659bcf"


@pytest.mark.parametrize(
    ("state", "status", "health", "code"),
    [
        ("paused", "Up 9 minutes (Paused)", Health.NONE, None),
        ("running", "Up 9 minutes (unhealthy)", Health.UNHEALTHY, None),
        ("running", "Up 9 minutes (health: starting)", Health.STARTING, None),
        ("restarting", "Restarting (1) Less than a second ago", Health.NONE, 1),
        ("exited", "Exited (137) About an hour ago", Health.NONE, 137),
        ("exited", "Exited (-1) 2 weeks ago", Health.NONE, -1),
        ("created", "Created", Health.NONE, None),
        ("removing", "Removal In Progress", Health.NONE, None),
        ("dead", "Dead", Health.NONE, None),
    ],
)
def test_status_words(state: str, status: str, health: Health, code: int | None) -> None:
    one = from_list(DEAD_28 | {"State": state, "Status": status}, NOW)
    assert (one.state, one.health, one.exit_code) == (State(state), health, code)


def test_a_state_of_a_later_engine_is_taken_for_dead() -> None:
    assert from_list(DEAD_28 | {"State": "hibernating", "Status": ""}, NOW).state is State.DEAD


def test_without_an_age_it_is_as_old_as_its_creation() -> None:
    assert from_list(DEAD_28 | {"State": "created", "Status": "Created"}, NOW).since == DEAD_28["Created"]


def human(seconds: float) -> str:
    """Say a duration as go-units' HumanDuration does, which the engine's Status uses."""
    minutes, hours = int(seconds / 60), int(seconds / 3600 + 0.5)
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return f"{int(seconds)} second{'s' * (int(seconds) != 1)}"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    for limit, name, size in ((14, "days", 24), (60, "weeks", 168), (730, "months", 720)):
        if hours < 24 * limit:
            return f"{hours // size} {name}"
    return f"{int(seconds / 3600) // 24 // 365} years"


AGES = [
    x * step + fraction
    for step in (1, 60, HOUR, DAY)
    for x in range(100)
    for fraction in (0, step * 0.49, step * 0.9)
]


@pytest.mark.parametrize("words", ["Up {}", "Exited (0) {} ago", "Restarting (1) {} ago", "Up {} (healthy)"])
def test_the_true_age_is_within_what_the_words_leave_open(words: str) -> None:
    for true in [*AGES, *(x * 30 * DAY for x in range(40))]:
        said = seconds_in(words.format(human(true)))
        assert said is not None
        younger, older = leeway(said)
        assert said - younger <= true < said + older, (true, human(true))


@pytest.mark.parametrize("words", ["", "Created", "Dead", "Removal In Progress", "Up 3 fortnights", "Up"])
def test_no_age_in_other_words(words: str) -> None:
    assert seconds_in(words) is None


@pytest.mark.parametrize(
    ("state", "since", "code"),
    [
        ({"Status": "exited", "ExitCode": 3, "FinishedAt": "2026-11-22T16:15:00Z"}, "2026-11-22T16:15:00Z", 3),
        ({"Status": "restarting", "ExitCode": 1, "FinishedAt": "2026-11-22T16:15:00Z"}, "2026-11-22T16:15:00Z", 1),
        ({"Status": "paused"}, "2026-11-22T16:14:11.239186826Z", None),
        ({"Status": "created", "StartedAt": "0001-01-01T00:00:00Z"}, "2026-11-22T16:14:10.538364633Z", None),
        (
            {"Status": "created", "ExitCode": 127, "Error": 'exec: "nope"', "StartedAt": "0001-01-01T00:00:00Z"},
            "2026-11-22T16:14:10.538364633Z",
            127,
        ),
    ],
)
def test_since_and_exit_code_of_each_state(state: dict[str, Any], since: str, code: int | None) -> None:
    one = from_inspect(inspected(state))
    assert one.since == epoch(since)
    assert one.exit_code == code


def test_an_answer_with_nothing_in_it_is_still_a_container() -> None:
    bare = from_inspect({"Id": "ab" * 32})
    assert (bare.name, bare.state, bare.ports, bare.labels) == ("abababababab", State.DEAD, (), {})
    nulls = from_inspect(
        {"Id": "ab" * 32, "State": None, "Config": None, "HostConfig": None, "NetworkSettings": None}
    )
    assert nulls.name == bare.name


def test_ports_in_words() -> None:
    assert [str(port) for port in PORTS] == ["18080→80", "32768→53/udp", "443"]
    assert str(Port(6379, "tcp", 6379)) == "6379"


def test_mounts_of_all_kinds() -> None:
    details = {
        "Mounts": [
            {"Type": "volume", "Name": "data", "Source": "/v/data/_data", "Destination": "/data", "RW": True},
            {"Type": "bind", "Source": "/etc/hosts", "Destination": "/hosts", "RW": False},
        ],
        "HostConfig": {"Tmpfs": {"/run": "", "/ro": "size=1m,ro"}},
    }
    assert mounts(details) == (
        Mount("volume", "/v/data/_data", "/data", True, "data"),
        Mount("bind", "/etc/hosts", "/hosts", False),
        Mount("tmpfs", "", "/run", True),
        Mount("tmpfs", "", "/ro", False),
    )
    assert mounts({"Mounts": None, "HostConfig": None}) == ()


def listed(status: str, created_ago: float = 0, state: str = "running") -> Container:
    return from_list(LIST_20 | {"Status": status, "Created": NOW - created_ago, "State": state}, NOW)


@pytest.mark.parametrize(
    ("status", "created_ago", "state"),
    [
        ("Up 2 seconds", 3, "running"),
        ("Up 9 minutes", 9 * 60 + 58, "running"),
        ("Up 3 hours", 2.6 * HOUR, "running"),
        ("Up 3 hours", 3.45 * HOUR, "running"),
        ("Up 6 days", 6.9 * DAY, "running"),
        ("Up 3 weeks", 27 * DAY, "running"),
        ("Exited (0) 3 hours ago", 90 * DAY, "exited"),
        ("Exited (1) 3 hours ago", 90 * DAY, "exited"),
        ("Exited (143) 3 hours ago", 90 * DAY, "exited"),
        ("Up 2 hours (Paused)", 2 * HOUR, "paused"),
    ],
)
def test_a_calm_container_is_not_looked_at(status: str, created_ago: float, state: str) -> None:
    assert not wants_inspection(listed(status, created_ago, state), NOW)


@pytest.mark.parametrize(
    ("status", "created_ago", "state"),
    [
        ("Up 2 seconds", 60, "running"),
        ("Up 5 minutes", 10 * 60, "running"),
        ("Up 3 hours", 10 * HOUR, "running"),
        ("Exited (137) 3 hours ago", 3 * HOUR, "exited"),
        ("Exited (128) 3 hours ago", 3 * HOUR, "exited"),
        ("Created", 60, "created"),
        ("Restarting (1) 5 seconds ago", 60, "restarting"),
    ],
)
def test_one_whose_row_hides_something_is_looked_at_once(status: str, created_ago: float, state: str) -> None:
    one = listed(status, created_ago, state)
    assert wants_inspection(one, NOW)
    assert not wants_inspection(dataclasses.replace(one, inspected=True), NOW)


def known(since_ago: float, **others: Any) -> Container:
    one = from_inspect(INSPECT_20)
    return dataclasses.replace(one, since=NOW - since_ago, restarts=4, health=Health.NONE, **others)


def test_what_was_inspected_outlives_a_list_that_says_the_same() -> None:
    for age in AGES:
        assert merged(old := known(age), listed(f"Up {human(age)}"), NOW) is old, age


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (600, "Up 6 minutes"),
        (600, "Up 3 seconds"),
        (3 * HOUR, "Up 2 hours"),
        (6 * DAY, "Up 4 days"),
        (60, "Up 3 minutes"),
    ],
)
def test_another_life_is_taken_from_the_list(age: float, status: str) -> None:
    assert merged(known(age), new := listed(status), NOW) is new


def test_a_change_that_the_list_tells_is_taken_from_it() -> None:
    for new in (listed("Up 10 minutes (unhealthy)"), listed("Exited (1) 10 minutes ago", state="exited")):
        assert merged(known(600), new, NOW) is new
    for change in ({"name": "other"}, {"networks": {"back": "172.18.0.2"}}):
        new = dataclasses.replace(listed("Up 10 minutes"), **change)
        assert merged(known(600), new, NOW) is new


def test_an_inspection_is_newer_than_what_was_known() -> None:
    new = from_inspect(INSPECT_20)
    assert merged(known(600), new, NOW) is new
    assert merged(None, new, NOW) is new


def test_a_row_that_says_what_is_known_is_no_other_container() -> None:
    uninspected = listed("Up 2 minutes")
    assert merged(uninspected, listed("Up 2 minutes"), NOW) is uninspected
    assert merged(uninspected, dataclasses.replace(listed("Up 2 minutes"), since=NOW - 125), NOW) is uninspected
    for other in (
        listed("Up 2 hours"),
        listed("Exited (1) 2 minutes ago"),
        dataclasses.replace(listed("Up 2 minutes"), name="other"),
        dataclasses.replace(listed("Up 2 minutes"), labels={"a": "b"}),
    ):
        assert merged(uninspected, other, NOW) is other
