"""What the kernel or somebody else refuses: told by the last words of the dead, and by those who repeat themselves."""

# ruff: noqa: E501 - lines stand as programs write them

from __future__ import annotations

import pytest

from cdbg_tui.model.finding import Certainty, Weight
from tests.unit.seen import causes, evidence, found


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: Cannot open TUN/TAP dev /dev/net/tun: No such file or directory (errno=2)",
        "FileNotFoundError: [Errno 2] No such file or directory: '/dev/video0'",
        "open /dev/ttyUSB0: no such file or directory",
    ],
)
def test_a_device_that_it_was_not_given(line: str) -> None:
    assert causes(evidence("exited", 1, line))[0] == "device-missing"


@pytest.mark.parametrize(
    "line", ["open /dev/shm/x: no such file or directory", "cat: /srv/dev/x: No such file or directory"]
)
def test_a_file_that_only_sounds_like_a_device(line: str) -> None:
    assert "device-missing" not in causes(evidence("exited", 1, line))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("chown: unknown user/group nginx:nginx", "nginx:nginx"),
        ("chown: invalid user: 'app'", "app"),
        ("su: user deploy does not exist", "deploy"),
        ('nginx: [emerg] getpwnam("www") failed in /etc/nginx/nginx.conf:2', "www"),
    ],
)
def test_an_account_that_the_image_does_not_have(line: str, name: str) -> None:
    seen = evidence("exited", 1, line)
    assert causes(seen)[0] == "user-not-found"
    assert name in found(seen, "user-not-found").title


@pytest.mark.parametrize(
    "line",
    [
        'Exception in thread "main" java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory',
        "RuntimeError: can't start new thread",
        "runtime: failed to create new OS thread (have 12 already; errno=11)",
        "sh: can't fork: Resource temporarily unavailable",
    ],
)
def test_it_gave_up_for_want_of_a_thread(line: str) -> None:
    seen = found(evidence("exited", 1, line, host={"PidsLimit": 20}), "pids-limit-hit")
    assert (seen.certainty, seen.weight) == (Certainty.CERTAIN, Weight.FAULT)
    assert seen.next[0].command == ("docker", "update", "--pids-limit", "80", "api")
    assert causes(evidence("exited", 1, line, host={"PidsLimit": 20}))[0] == "pids-limit-hit"


def test_it_gave_up_for_want_of_a_file() -> None:
    ulimits = {"Ulimits": [{"Name": "nofile", "Soft": 64, "Hard": 64}]}
    seen = evidence("exited", 1, "accept4: too many open files", "shutting down", host=ulimits)
    assert "(64)" in found(seen, "fd-leak").explanation


REFUSED = "ERROR: heartbeat: WRONGPASS invalid username-password pair or user is disabled."


def test_it_runs_and_says_nothing_but_that_it_is_refused() -> None:
    seen = found(evidence("running", 0, "booting", *[REFUSED] * 7), "auth-failure")
    assert (seen.certainty, seen.weight) == (Certainty.LIKELY, Weight.WARNING)
    full = evidence(
        "running", 0, *["write /data/wal: no space left on device"] * 5, host={"Tmpfs": {"/data": "size=1m"}}
    )
    assert "/data size=1m" in found(full, "disk-full").explanation


@pytest.mark.parametrize(
    "log",
    [
        (REFUSED,) * 3,
        (*(REFUSED,) * 6, "connected to redis", "ready", "processing 1", "processing 2"),
        (REFUSED, "GET / 200", REFUSED, "GET / 200", REFUSED, "GET / 200", REFUSED, "GET / 200"),
        ("ERROR: no rows",) * 8,
    ],
)
def test_a_complaint_among_other_work_is_no_fault(log: tuple[str, ...]) -> None:
    assert causes(evidence("running", 0, *log)) == []
