"""What /proc and the kernel tell of a real container's processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cdbg_tui.engine import cgroups, kernel_log, procfs
from tests.support import Docker, Run, eventually


def pids(one: str) -> list[int]:
    group = cgroups.find(one)
    assert group is not None
    return group.pids()


def test_open_files_and_their_limit(run: Run) -> None:
    script = 'for n in 3 4 5 6 7 8 9; do eval "exec $n</etc/passwd"; done; exec sleep 1000'
    one = run("sh", "-c", script, options=["--ulimit=nofile=32:64"])

    def seen() -> bool:
        [found] = procfs.descriptors(pids(one))
        return (found.name, found.limit) == ("sleep", 32) and found.open >= 10

    eventually(seen)


def test_what_a_thread_waits_for(run: Run) -> None:
    asleep = run("sleep", "1000")
    eventually(lambda: "sleep" in Path(f"/proc/{pids(asleep)[0]}/comm").read_text())
    waits = procfs.waits(pids(asleep), 0.2)
    assert waits is not None
    assert set(waits.calls) & {"nanosleep", "clock_nanosleep"}
    assert waits.switches == 0
    busy = procfs.waits(pids(run("sh", "-c", "while :; do :; done")), 0.2)
    assert busy is not None
    assert busy.calls == {"running": 1}


def test_those_who_are_gone_are_left_out() -> None:
    nobody = int(Path("/proc/sys/kernel/pid_max").read_text())
    assert procfs.descriptors([nobody]) == ()
    assert procfs.waits([nobody], 0.01) is None


@pytest.mark.skipif(not os.access("/dev/kmsg", os.R_OK), reason="the kernel's log may not be read here")
def test_the_kernel_tells_whom_it_killed_for_memory(run: Run, docker: Docker) -> None:
    eater = ("sh", "-c", "x=x; while :; do x=$x$x; done")
    one = run(*eater, options=["--memory=16m", "--memory-swap=16m"])
    docker("wait", one)
    [record] = [
        record for record in kernel_log.records() if record.text.startswith("oom-kill:") and one in record.text
    ]
    assert abs(record.time - time.time()) < 60


def test_the_counters_of_a_group(run: Run) -> None:
    # The shell that is refused a process ends; the group must not end with it.
    script = "sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done; wait'; exec sleep 1000"
    one = run("sh", "-c", script, options=["--pids-limit=4", "--memory=16m", "--memory-swap=16m"])
    group = eventually(lambda: cgroups.find(one))
    assert group is not None
    eventually(lambda: group.forks_refused)
    assert group.oom_kills == 0
