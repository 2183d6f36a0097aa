"""The processes of real containers: out of /proc, and out of the engine's ``top``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from cdbg_tui.engine import cgroups, processes
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.processes import Meter, ProcessesRead, ProcessWatch
from cdbg_tui.model.process import Process, tree
from tests.support import Docker, Run, eventually

FAMILY = ("sh", "-c", "sleep 1001 & sh -c 'sleep 1002 & wait' & wait")
ZOMBIE = ("sh", "-c", "sleep 0.5 & exec sleep 1003")
Start = Callable[[str], list[ProcessesRead]]


def meter(container: str, read: Meter | None = None) -> list[Process]:
    group = cgroups.find(container)
    assert group is not None
    return (read or Meter()).read(group.pids())


@pytest.fixture
def start(engine: Engine) -> Iterator[Start]:
    """Watches the processes of a container."""
    made: list[ProcessWatch] = []

    def start(container: str, pid: int = 0) -> list[ProcessesRead]:
        read: list[ProcessesRead] = []
        watch = ProcessWatch(engine, container, pid, read.append)
        made.append(watch)
        watch.start()
        return read

    yield start
    for watch in made:
        watch.close()


def test_the_tree_with_the_containers_own_pids(run: Run) -> None:
    one = run(*FAMILY)
    eventually(lambda: len(meter(one)) == 4)
    branches = tree(meter(one))
    assert [(branch.depth, branch.process.command) for branch in branches] == [
        (0, " ".join(FAMILY)),
        (1, "sleep 1001"),
        (1, "sh -c sleep 1002 & wait"),
        (2, "sleep 1002"),
    ]
    main = branches[0].process
    assert main.inner_pid == 1
    assert main.pid != 1
    assert all((one.inner_pid or 0) > 1 for one in meter(one) if one.pid != main.pid)
    assert (main.state, main.threads) == ("S", 1)
    assert main.memory
    assert main.age is not None
    assert 0 <= main.age < 600


def test_a_user_has_the_name_that_the_container_gives_it(run: Run, docker: Docker) -> None:
    script = "echo alice:x:1234:1234::/:/bin/sh >> /etc/passwd; exec sleep 1000"
    one = run("sh", "-c", script)
    eventually(lambda: [process.command for process in meter(one)] == ["sleep 1000"])
    docker("exec", "--detach", "--user=1234", one, "sleep", "1001")
    docker("exec", "--detach", "--user=4321", one, "sleep", "1002")
    users = {"sleep 1000": "root", "sleep 1001": "alice", "sleep 1002": "4321"}
    eventually(lambda: {process.command: process.user for process in meter(one)} == users)


@pytest.mark.parametrize(
    "script", ["ln -sf /proc/1/root/etc/shadow /etc/passwd", "rm /etc/passwd; mkfifo /etc/passwd"]
)
def test_a_passwd_that_leads_elsewhere_is_not_read(run: Run, script: str) -> None:
    one = run("sh", "-c", f"{script}; exec sleep 1000")
    eventually(lambda: [process.command for process in meter(one)] == ["sleep 1000"])
    assert [process.user for process in meter(one)] == ["0"]


def test_a_child_that_nobody_waits_for_is_a_zombie(run: Run) -> None:
    one = run(*ZOMBIE)
    eventually(lambda: "Z" in [process.state for process in meter(one)])
    zombie = next(process for process in meter(one) if process.state == "Z")
    parent = next(process for process in meter(one) if process.state != "Z")
    assert zombie.parent == parent.pid
    assert (zombie.command, parent.command) == ("[sleep]", "sleep 1003")
    assert zombie.inner_pid


def test_the_share_of_cpu_comes_with_the_second_reading(run: Run) -> None:
    one, read = run("sh", "-c", "while :; do :; done", options=["--cpus=0.5"]), Meter()
    assert [process.cpu for process in meter(one, read)] == [None]

    def measured() -> float | None:
        return meter(one, read)[0].cpu

    share = eventually(measured)
    assert share is not None
    assert 0 < share < 3


def test_a_title_that_a_process_gives_itself_is_handed_on_as_it_is(run: Run) -> None:
    evil = "\x1b]52;c;x\x07[red]"
    one = run("sh", "-c", "sleep 1000; :", evil)
    eventually(lambda: any(evil in process.command for process in meter(one)))


def test_processes_that_are_gone_are_no_error() -> None:
    assert Meter().read([2**22 - 1, 2**30]) == []


def test_the_watch_reads_at_once_and_again(start: Start, run: Run) -> None:
    one = run(*FAMILY)
    read = start(one)
    eventually(lambda: len(read) >= 2)
    assert [(reading.source, reading.error, reading.container_id) for reading in read[:2]] == [
        ("/proc", None, one)
    ] * 2
    # One that was born between two readings has a share only after the next.
    eventually(lambda: {process.cpu is None for process in read[-1].processes} == {False})


def test_where_the_machine_is_another_the_engine_is_asked(
    start: Start, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "find", lambda *_: None)
    one = run(*FAMILY)
    monkeypatch.setattr(processes, "TOP_SECONDS", 0.2)
    read = start(one)
    eventually(lambda: read and len(read[-1].processes) == 4)
    assert (read[-1].source, read[-1].error) == ("docker top", None)
    branches = tree(read[-1].processes)
    assert [branch.process.command for branch in branches][1:] == [
        "sleep 1001",
        "sh -c sleep 1002 & wait",
        "sleep 1002",
    ]
    main = branches[0].process
    assert (main.user, main.state, main.threads, main.inner_pid) == ("root", "S", 1, None)
    assert main.memory is not None
    assert main.age is not None
    assert main.cpu is not None


def test_a_container_that_does_not_run_is_an_error_in_words(start: Start, run: Run) -> None:
    read = start(run("true", start=False))
    eventually(lambda: read)
    error = read[0].error
    assert error is not None
    assert error.kind == "conflict"
    assert "is not running" in error.what


def test_closing_ends_the_thread(start: Start, engine: Engine, run: Run) -> None:
    before = set(threading.enumerate())
    watch = ProcessWatch(engine, run(*FAMILY), 0, lambda _: None)
    watch.start()
    [thread] = eventually(lambda: [one for one in set(threading.enumerate()) - before if one.name == "processes"])
    watch.close()
    thread.join(2)
    assert not thread.is_alive()
