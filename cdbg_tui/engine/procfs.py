"""What /proc tells of a container's processes beyond the list of them: open files, and what they wait for.

proc(5): ``fd`` and ``limits`` need the rights of ptrace, as does ``syscall``.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from cdbg_tui.model.process import Descriptors, Waits

MOST_PROCESSES = 200
MOST_THREADS = 2000

# The calls that a thread of a server or a worker is usually found in, by number (the kernel's own tables).
_CALLS = {
    "x86_64": {
        0: "read", 7: "poll", 23: "select", 34: "pause", 35: "nanosleep", 43: "accept", 45: "recvfrom",
        47: "recvmsg", 61: "wait4", 72: "fcntl", 73: "flock", 128: "rt_sigtimedwait", 130: "rt_sigsuspend",
        202: "futex", 230: "clock_nanosleep", 232: "epoll_wait", 247: "waitid", 270: "pselect6", 271: "ppoll",
        281: "epoll_pwait", 288: "accept4", 426: "io_uring_enter", 441: "epoll_pwait2", 449: "futex_waitv",
    },
    "aarch64": {
        22: "epoll_pwait", 25: "fcntl", 32: "flock", 63: "read", 72: "pselect6", 73: "ppoll", 95: "waitid",
        98: "futex", 101: "nanosleep", 115: "clock_nanosleep", 133: "rt_sigsuspend", 137: "rt_sigtimedwait",
        202: "accept", 207: "recvfrom", 212: "recvmsg", 242: "accept4", 260: "wait4", 426: "io_uring_enter",
        441: "epoll_pwait2", 449: "futex_waitv",
    },
}  # fmt: skip


def descriptors(pids: Iterable[int]) -> tuple[Descriptors, ...]:
    """Return how many files processes hold open; those that ended meanwhile or may not be read are left out."""
    found = []
    for pid in list(pids)[:MOST_PROCESSES]:
        with contextlib.suppress(OSError):
            limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii", errors="replace")
            limit = re.search(r"^Max open files +(\d+)", limits, re.MULTILINE)
            if limit is not None:
                count = len(os.listdir(f"/proc/{pid}/fd"))
                found.append(Descriptors(pid, _name(pid), count, int(limit[1])))
    return tuple(found)


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()


def waits(pids: Iterable[int], seconds: float) -> Waits | None:
    """Return what the threads of processes are blocked in, by two looks *seconds* apart; None if not to be seen.

    A thread counts only where both looks found it in the same call.
    """
    before = _threads(pids)
    if not before:
        return None
    # Not a condition that comes true: the time itself is what is measured over.
    time.sleep(seconds)
    after = _threads(pids)
    calls: Counter[str] = Counter()
    switches = 0
    for thread, (call, count) in after.items():
        earlier_call, earlier_count = before.get(thread, ("running", 0))
        calls[call if call == earlier_call else "running"] += 1
        switches += count - earlier_count
    return Waits(calls, seconds, switches) if calls else None


def _threads(pids: Iterable[int]) -> dict[tuple[int, int], tuple[str, int]]:
    """Return of each thread the call that it is blocked in, and its voluntary context switches."""
    names = _CALLS.get(platform.machine(), {})
    found: dict[tuple[int, int], tuple[str, int]] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                if len(found) >= MOST_THREADS:
                    return found
                place = Path(f"/proc/{pid}/task/{thread}")
                with contextlib.suppress(OSError):
                    number = place.joinpath("syscall").read_text(encoding="ascii").split()[0]
                    status = place.joinpath("status").read_text(encoding="utf-8", errors="replace")
                    switches = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.MULTILINE)
                    state = re.search(r"^State:\s*(\S)", status, re.MULTILINE)
                    call = names.get(int(number), f"call {number}") if number.isdigit() else "running"
                    if state and state[1] in "Tt":
                        call = "stopped"
                    found[pid, int(thread)] = (call, int(switches[1]) if switches else 0)
    return found
