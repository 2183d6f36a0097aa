"""What differs between two containers, or a container and its image, by meaning."""

from __future__ import annotations

from typing import Any

from cdbg_tui.model.compare import containers, differences, shown, with_image
from cdbg_tui.model.text import MASK

ONE: dict[str, Any] = {
    "Id": "1" * 64,
    "Created": "2026-11-22T14:00:00Z",
    "Path": "serve",
    "Args": ["--port", "80"],
    "Name": "/one",
    "Image": "sha256:x",
    "LogPath": f"/var/{'1' * 64}-json.log",
    "State": {"Status": "running", "Pid": 7, "StartedAt": "a", "ExitCode": 0},
    "Config": {
        "Hostname": "1" * 12,
        "Env": ["A=1", "B=2", "DB_PASSWORD=one"],
        "Labels": {"x": "1"},
        "ExposedPorts": {"80/tcp": {}},
        "Image": "web:1",
        "Tty": False,
    },
    "HostConfig": {
        "Memory": 64,
        "CapAdd": ["A", "B"],
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
        "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
        "Dns": [],
    },
    "Mounts": [
        {"Type": "volume", "Name": "data", "Destination": "/data", "RW": True},
        {"Type": "volume", "Name": "0" * 64, "Destination": "/anon", "RW": True},
    ],
    "NetworkSettings": {
        "SandboxKey": "/x",
        "IPAddress": "10.0.0.2",
        "Networks": {"shop": {"IPAddress": "10.0.0.2", "Aliases": ["web", "1" * 12]}},
    },
}
OTHER: dict[str, Any] = {
    **ONE,
    "Id": "2" * 64,
    "Created": "2026-11-23T14:00:00Z",
    "Name": "/two",
    "LogPath": f"/var/{'2' * 64}-json.log",
    "State": {"Status": "running", "Pid": 8, "StartedAt": "b", "ExitCode": 0},
    "Config": {**ONE["Config"], "Hostname": "2" * 12, "Env": ["B=2", "DB_PASSWORD=one", "A=1"]},
    "HostConfig": {**ONE["HostConfig"], "CapAdd": ["B", "A"], "Dns": None},
    "Mounts": [
        {"Type": "volume", "Name": "f" * 64, "Destination": "/anon", "RW": True},
        {"Type": "volume", "Name": "data", "Destination": "/data", "RW": True},
    ],
    "NetworkSettings": {
        "SandboxKey": "/y",
        "IPAddress": "10.0.0.3",
        "Networks": {"shop": {"IPAddress": "10.0.0.3", "Aliases": ["web", "2" * 12]}},
    },
}


def found(left: dict[str, Any], right: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    return {(row.section, row.key): shown(row, revealed=False) for row in differences(containers(left, right))}


def test_order_and_noise_are_no_difference() -> None:
    assert found(ONE, OTHER) == {}
    rows = containers(ONE, OTHER)
    noisy = {row.key for row in rows if row.differs}
    assert {"Id", "Created", "Name", "LogPath", "Pid", "StartedAt", "Hostname", "SandboxKey"} <= noisy
    assert len(differences(rows, everything=True)) == len(rows)


def test_what_differs_is_told_by_meaning() -> None:
    changed = {
        **OTHER,
        "Args": ["--port", "81"],
        "Image": "sha256:y",
        "Config": {
            **OTHER["Config"],
            "Hostname": "chosen",
            "Env": ["B=3", "C=", "DB_PASSWORD=two"],
            "Labels": {"x": "2"},
            "Tty": True,
        },
        "HostConfig": {
            "Memory": 128,
            "CapAdd": ["A"],
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]},
            "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 9}],
        },
        "Mounts": [{"Type": "volume", "Name": "data", "Destination": "/data", "RW": False}],
        "State": {"Status": "exited", "ExitCode": 137},
        "NetworkSettings": {"Networks": {"back": {"Aliases": None}}},
    }
    assert found(ONE, changed) == {
        ("process", "command line"): ("serve --port 80", "serve --port 81"),
        ("image", "id"): ("sha256:x", "sha256:y"),
        ("environment", "A"): ("1", ""),
        ("environment", "B"): ("2", "3"),
        ("environment", "C"): ("", ""),
        ("environment", "DB_PASSWORD"): (MASK, f"{MASK} (another)"),
        ("labels", "x"): ("1", "2"),
        ("ports", "80/tcp"): ("published at 8080", "published at 127.0.0.1:8080"),
        ("networks", "shop"): ("joined, known as web", ""),
        ("networks", "back"): ("", "joined"),
        ("mounts", "/data"): ("volume data, read-write", "volume data, read-only"),
        ("mounts", "/anon"): ("volume without a name, read-write", ""),
        ("limits and rights", "Memory"): ("64 B", "128 B"),
        ("limits and rights", "CapAdd"): ("A B", "A"),
        ("limits and rights", "Ulimits nofile"): ("hard 2, soft 1", "hard 9, soft 1"),
        ("settings", "Tty"): ("", "true"),
        ("state", "Status"): ("running", "exited"),
        ("state", "ExitCode"): ("", "137"),
        ("settings", "Hostname"): ("1" * 12, "chosen"),
    }


def test_a_secret_in_arguments_is_not_shown_and_equal_ones_are_equal() -> None:
    left = {**ONE, "Args": ["--password", "s3cret"]}
    assert found(left, {**left}) == {}
    told = found(left, {**left, "Args": ["--password", "other"]})
    assert told == {
        ("process", "command line"): (f"serve --password {MASK}", f"serve --password {MASK} (another)")
    }


def test_against_the_image_is_what_run_has_made() -> None:
    image = {
        "Id": "sha256:x",
        "Config": {"Env": ["A=1"], "Cmd": ["serve"], "ExposedPorts": {"80/tcp": {}}, "Hostname": "builder"},
    }
    rows = with_image({**ONE, "Config": {**ONE["Config"], "Cmd": ["serve"]}}, image)
    told = {(row.section, row.key): shown(row, revealed=False) for row in differences(rows)}
    assert told == {
        ("environment", "B"): ("", "2"),
        ("environment", "DB_PASSWORD"): ("", MASK),
        ("labels", "x"): ("", "1"),
    }
