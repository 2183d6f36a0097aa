"""What holds a running container back: which counter, meter or process tells it, and what is no fault."""

from __future__ import annotations

from typing import Any

import pytest

from cdbg_tui.model.finding import Certainty, Weight
from cdbg_tui.model.process import Descriptors, Process, Waits
from cdbg_tui.model.sample import Counters, Usage
from cdbg_tui.model.socket import Socket
from cdbg_tui.triage.evidence import Evidence
from tests.unit.seen import STARTED, causes, evidence, found


def running(*log: str, **fields: Any) -> Evidence:
    return evidence("running", 0, *log, fields=fields)


def process(pid: int, state: str = "S", age: float = 60.0) -> Process:
    return Process(pid, 1, pid, "root", state, 0.0, 0, 1, age, f"job {pid}")


def test_page_cache_is_no_memory_that_it_needs() -> None:
    cached = Usage(memory=95, active_cache=80, memory_limit=100)
    assert causes(running(usage=cached)) == []
    assert causes(running(usage=Usage(memory=95, active_cache=1, memory_limit=100))) == ["memory-near-limit"]


def test_zombies_that_stay() -> None:
    dead = tuple(process(pid, "Z") for pid in range(2, 6))
    finding = found(running(processes=(process(1), *dead)), "zombie-processes")
    assert "4 zombies" in finding.title
    assert "job 1 (PID 1)" in finding.explanation


@pytest.mark.parametrize(
    "processes",
    [
        (process(1), process(2, "Z"), process(3, "Z")),
        (process(1), *(process(pid, "Z", age=0.5) for pid in range(2, 9))),
        (process(1), *(process(pid, "D") for pid in range(2, 9))),
        None,
    ],
)
def test_few_or_fresh_zombies_are_no_fault(processes: tuple[Process, ...] | None) -> None:
    assert causes(running(processes=processes)) == []


def test_open_files_near_the_limit() -> None:
    full = Descriptors(7, "gw", 1020, 1024)
    assert found(running(descriptors=(full,)), "fd-leak").certainty is Certainty.LIKELY
    sure = running("accept: Too many open files", descriptors=(Descriptors(1, "sh", 3, 1024), full))
    assert found(sure, "fd-leak").certainty is Certainty.CERTAIN
    assert "gw (7): 1020 of 1024" in found(sure, "fd-leak").proof[0].text


def test_a_complaint_about_files_is_over_where_few_are_open() -> None:
    assert causes(running("EMFILE: too many open files", descriptors=(Descriptors(7, "gw", 10, 1024),))) == []
    assert causes(running("EMFILE: too many open files")) == ["fd-leak"]  # they could not be counted


def test_no_more_processes() -> None:
    seen = running(
        "fork: retry: Resource temporarily unavailable",
        usage=Usage(pids=12, pids_limit=12),
        counters=Counters(forks_refused=20),
    )
    assert found(seen, "pids-limit-hit").certainty is Certainty.CERTAIN
    assert causes(running(usage=Usage(pids=12, pids_limit=12))) == ["pids-limit-hit"]


@pytest.mark.parametrize(
    ("usage", "refused"),
    [(Usage(pids=3, pids_limit=12), 0), (Usage(pids=3, pids_limit=12), 5), (Usage(pids=3000), 0)],
)
def test_a_limit_that_is_not_reached_now_is_no_fault(usage: Usage, refused: int) -> None:
    assert causes(running("all is well", usage=usage, counters=Counters(forks_refused=refused))) == []


def test_a_child_that_was_killed_for_memory() -> None:
    seen = running("worker 7 was killed by signal 9", counters=Counters(oom_kills=2))
    assert "2 processes" in found(seen, "oom-in-child").explanation
    assert causes(running(counters=Counters(oom_kills=0))) == []


LISTENING = (Socket("tcp", "0.0.0.0", 8080),)


@pytest.mark.parametrize("calls", [{"pause": 1}, {"futex": 8}, {"flock": 1, "futex": 2}])
def test_it_listens_and_nothing_in_it_waits_for_a_connection(calls: dict[str, int]) -> None:
    finding = found(running("locking", sockets=LISTENING, waits=Waits(calls, 1.0, 0)), "app-hung")
    assert finding.certainty is Certainty.LIKELY
    assert "0.0.0.0:8080" in finding.explanation


def test_all_that_is_stopped_is_let_go_on() -> None:
    processes = (process(40, "T"),)
    seen = running(sockets=LISTENING, waits=Waits({"stopped": 3}, 1.0, 0), processes=processes)
    finding = found(seen, "app-hung")
    assert finding.title == "Stopped by a signal"
    assert finding.next[0].command == ("docker", "exec", "api", "kill", "-CONT", "40")


def test_connections_that_pile_up_make_it_certain() -> None:
    queued = (Socket("tcp", "::", 8080, waiting=3),)
    assert (
        found(running(sockets=queued, waits=Waits({"futex": 1}, 1.0, 0)), "app-hung").certainty
        is Certainty.CERTAIN
    )
    busy = found(running(sockets=queued, waits=Waits({"running": 1}, 1.0, 900)), "app-hung")
    assert "3 connections have not been accepted" in busy.explanation


@pytest.mark.parametrize(
    ("sockets", "waits"),
    [
        (LISTENING, Waits({"accept": 1}, 1.0, 0)),
        (LISTENING, Waits({"futex": 30, "epoll_wait": 1}, 1.0, 0)),
        (LISTENING, Waits({"clock_nanosleep": 1}, 1.0, 5)),
        (LISTENING, Waits({"running": 1}, 1.0, 0)),
        (LISTENING, None),
        ((), Waits({"pause": 1}, 1.0, 0)),
        ((Socket("udp", "0.0.0.0", 53),), Waits({"pause": 1}, 1.0, 0)),
    ],
)
def test_a_server_that_waits_or_works_is_not_hung(sockets: tuple[Socket, ...], waits: Waits | None) -> None:
    assert causes(running(sockets=sockets, waits=waits)) == []


def test_a_flood_of_lines() -> None:
    assert causes(running("DEBUG 1", log_rate=2000.0)) == ["log-flood"]
    assert causes(running("INFO 1", log_rate=100.0)) == []


def test_a_log_that_nobody_keeps_is_the_reason_only_where_one_is_missed() -> None:
    none = {"LogConfig": {"Type": "none"}}
    failed = found(evidence("exited", 1, host=none), "log-driver-none")
    assert (failed.weight, causes(evidence("exited", 1, host=none))[0]) == (Weight.FAULT, "log-driver-none")
    calm = found(evidence("running", host=none), "log-driver-none")
    assert (calm.weight, calm.certainty) == (Weight.NOTE, Certainty.POSSIBLE)
    assert causes(evidence("exited", 137, host=none, OOMKilled=True))[0] == "oom-killed"


def test_the_memory_of_a_child_is_no_matter_in_a_loop() -> None:
    looping = evidence("running", restarts=5, now=STARTED + 0.5, fields={"counters": Counters(oom_kills=1)})
    assert "oom-in-child" not in causes(looping)
