"""It runs, but a limit holds it back, or it is stuck: what counters, processes and meters show."""

from __future__ import annotations

import re
from collections.abc import Callable

from cdbg_tui.model.container import State
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.model.process import Waits
from cdbg_tui.model.socket import Socket
from cdbg_tui.model.units import percent, size
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.rules.ended import kernel_proof, more_memory
from cdbg_tui.triage.word import is_short_of_memory, is_throttled

DESCRIPTORS_FROM = 0.9
ZOMBIES_FROM = 3
ZOMBIE_SECONDS = 1.0
"""A zombie that is younger may just be about to be waited for."""
FLOOD_FROM = 500.0
"""Lines a second."""
RECENT = 40
"""So many lines before now tell of what goes on."""


def _running(evidence: Evidence) -> bool:
    return evidence.container.state is State.RUNNING


def _said(evidence: Evidence, words: re.Pattern[str]) -> Line | None:
    return next((line for line in reversed(evidence.log[-RECENT:]) if words.search(line.text)), None)


def _quoted(line: Line | None) -> tuple[Proof, ...]:
    return (line.proof,) if line else ()


def paused(evidence: Evidence) -> Finding | None:
    """It is frozen."""
    if evidence.container.state is not State.PAUSED:
        return None
    return Finding(
        "paused",
        "Paused",
        "All its processes are frozen (docker pause): it holds its memory and ports, and answers nothing.",
        weight=Weight.WARNING,
        proof=(Proof("inspect", "State.Status = paused"),),
        next=(Step("unpause it", key="x"),),
    )


def cpu_throttled(evidence: Evidence) -> Finding | None:
    """Its CPU limit holds it back."""
    usage = evidence.usage
    if usage is None or not usage.cpu_limit or not is_throttled(usage):
        return None
    more = ("docker", "update", "--cpus", f"{usage.cpu_limit * 2:g}", evidence.container.name)
    return Finding(
        "cpu-throttled",
        "Throttled",
        f"Its CPU limit of {usage.cpu_limit:g} cores holds it back.",
        weight=Weight.WARNING,
        proof=(Proof("cgroup", f"throttled in {percent(usage.throttled or 0)} of the enforcement periods"),),
        next=(Step("give it more CPU", command=more),),
    )


def memory_near_limit(evidence: Evidence) -> Finding | None:
    """It is about to run out of memory."""
    usage = evidence.usage
    if usage is None or not is_short_of_memory(usage):
        return None
    limit = usage.memory_limit or 0
    share = percent(usage.memory_needed_of_limit or 0)
    return Finding(
        "memory-near-limit",
        "Memory near its limit",
        f"It needs {size(usage.memory_needed or 0)} of {size(limit)}; the page cache, which can be taken back, is "
        "not counted. A little more, and the kernel kills it.",
        weight=Weight.WARNING,
        proof=(Proof("cgroup", f"memory {share} of the limit"),),
        next=more_memory(evidence, limit),
    )


def oom_in_child(evidence: Evidence) -> Finding | None:
    """The kernel killed a process of it for memory, and the main process lives on."""
    killed = evidence.counters.oom_kills or 0
    if not evidence.container.is_up or evidence.is_looping or not (killed or evidence.was_out_of_memory):
        return None
    limit = evidence.host.get("Memory") or 0
    times = f"{killed} processes of it" if killed > 1 else "a process of it"
    words = f"The kernel killed {times} for memory" + (f" (the limit is {size(limit)})" if limit else "")
    proof = [Proof("cgroup", f"oom_kill {killed}")] if killed else []
    proof += [Proof("inspect", "State.OOMKilled = true")] if evidence.container.oom_killed else []
    proof += [Proof("events", "oom") for event in evidence.events if event.action == "oom"][:1]
    return Finding(
        "oom-in-child",
        "A child was OOM-killed",
        f"{words}; the main process lives on.",
        Certainty.CERTAIN if killed else Certainty.LIKELY,
        Weight.WARNING,
        (*proof, *kernel_proof(evidence, "Killed process"), *_quoted(_said(evidence, _KILLED))),
        more_memory(evidence, limit),
    )


_KILLED = re.compile(r"\b[Kk]illed\b|\b137\b|SIGKILL|signal 9\b")
_NO_FORK = re.compile(
    r"fork\b.{0,80}(?:Resource temporarily unavailable|EAGAIN|retry)|[Cc]an(?:no|')t (?:fork|create thread)|"
    r"unable to create (?:new )?(?:native )?thread|pthread_create failed|can't start new thread|"
    r"newosproc|[Cc]annot fork|posix_spawn.{0,80}EAGAIN|failed to (?:spawn|create) (?:new )?(?:thread|process)"
)


def pids_limit_hit(evidence: Evidence) -> Finding | None:
    """It may not start more processes."""
    usage, refused = evidence.usage, evidence.counters.forks_refused or 0
    limit = (usage.pids_limit if usage else None) or max(0, evidence.host.get("PidsLimit") or 0)
    pids = usage.pids if usage else None
    if not _running(evidence) or not limit:
        return None
    line = _said(evidence, _NO_FORK)
    is_full = pids is not None and pids >= limit
    if not is_full and not (line and (refused or pids is None)):
        return None
    more = ("docker", "update", "--pids-limit", str(limit * 4), evidence.container.name)
    proof = [Proof("cgroup", f"pids {pids} of {limit}")] if pids is not None else []
    proof += [Proof("cgroup", f"refused {refused} times")] if refused else []
    return Finding(
        "pids-limit-hit",
        "Process limit reached",
        f"It may have {limit} processes and threads, and has {pids if pids is not None else 'as many'}.",
        Certainty.CERTAIN if refused or line else Certainty.LIKELY,
        Weight.WARNING,
        (*proof, *_quoted(line)),
        (Step("allow it more", command=more), Step("see its processes", key="5")),
    )


_NO_FILES = re.compile(r"[Tt]oo many open files|\bEMFILE\b|\bENFILE\b|file descriptors? (?:limit|exhausted)")


def fd_leak(evidence: Evidence) -> Finding | None:
    """It holds nearly as many files open as it may."""
    line = _said(evidence, _NO_FILES) if _running(evidence) else None
    worst = max(evidence.descriptors, key=lambda one: one.open / max(1, one.limit), default=None)
    is_full = worst is not None and worst.limit > 0 and worst.open >= DESCRIPTORS_FROM * worst.limit
    if not is_full and (line is None or worst is not None):
        return None
    proof = [Proof("processes", f"{worst.name} ({worst.pid}): {worst.open} of {worst.limit}")] if worst else []
    name = worst.name if worst else "A process"
    count = f" ({worst.open} of {worst.limit})" if worst else ""
    return Finding(
        "fd-leak",
        "Too many open files",
        f"{name} holds nearly as many files and sockets open as it may{count}.",
        Certainty.CERTAIN if is_full and line else Certainty.LIKELY,
        Weight.WARNING,
        (*proof, *_quoted(line)),
        (Step("see what it holds open: ls -l /proc/1/fd", key="s"), Step("raise it with --ulimit nofile=…")),
    )


def zombie_processes(evidence: Evidence) -> Finding | None:
    """Its dead children are not waited for."""
    dead = [one for one in evidence.processes or () if one.state == "Z" and (one.age or 0) >= ZOMBIE_SECONDS]
    if len(dead) < ZOMBIES_FROM:
        return None
    parents = {one.pid: one for one in evidence.processes or ()}
    parent = parents.get(dead[0].parent)
    who = f"{parent.command} (PID {parent.inner_pid or parent.pid})" if parent else "their parent"
    has_init = bool(evidence.host.get("Init"))
    return Finding(
        "zombie-processes",
        f"{len(dead)} zombies",
        f"{len(dead)} of its processes have ended, and {who} does not wait for them. Each takes a PID.",
        weight=Weight.WARNING,
        proof=tuple(Proof("processes", f"{one.pid} Z {one.command}") for one in dead[:3]),
        next=(
            Step("make the program wait for its children" if has_init else "run it with --init, or let it wait()"),
            Step("see its processes", key="5"),
        ),
    )


_SERVING = {
    *("accept", "accept4", "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
    *("io_uring_enter", "rt_sigtimedwait", "recvmsg", "running"),
}
"""Calls in which a thread may be waiting for a connection, or for another process that hands one over."""


def app_hung(evidence: Evidence) -> Finding | None:
    """It holds its port open, and not one of its threads waits for a connection."""
    waits = evidence.waits
    listening = [one for one in evidence.sockets or () if one.protocol == "tcp"]
    if waits is None or not listening or not _running(evidence):
        return None
    queued = [one for one in listening if one.waiting]
    frozen = waits.switches == 0 and not _SERVING & set(waits.calls)
    if not frozen and not queued:
        return None
    if frozen and set(waits.calls) == {"stopped"}:
        return _stopped(evidence, listening[0], waits)
    calls = ", ".join(f"{count} in {call}" for call, count in sorted(waits.calls.items()))
    port = (queued or listening)[0]
    words = f"It listens on {port}, and " + (
        "not one of its threads waits for a connection: whoever connects gets no answer."
        if frozen
        else f"{port.waiting} connections have not been accepted."
    )
    proof = [Proof("sockets", f"{port} LISTEN, {port.waiting} waiting")]
    proof.append(Proof("processes", f"threads: {calls}; {waits.switches} switches in {waits.seconds:g} s"))
    if evidence.log:
        proof.append(Proof("log", evidence.log[-1].text))
    return Finding(
        "app-hung",
        "Hung",
        words,
        Certainty.CERTAIN if frozen and queued else Certainty.LIKELY,
        Weight.WARNING,
        tuple(proof),
        (Step("look at its stack with gdb or strace -p 1 from a toolbox", key="s"),),
    )


def _stopped(evidence: Evidence, port: Socket, waits: Waits) -> Finding:
    first = next((one for one in evidence.processes or () if one.state in "Tt"), None)
    number = str(first.inner_pid or 1) if first else "1"
    return Finding(
        "app-hung",
        "Stopped by a signal",
        f"It listens on {port}, and all its processes are stopped (SIGSTOP, or a debugger): it answers nothing.",
        weight=Weight.WARNING,
        proof=(
            Proof("processes", f"state T: {sum(waits.calls.values())} threads stopped"),
            Proof("sockets", f"{port} LISTEN, {port.waiting} waiting"),
        ),
        next=(Step("let it go on", command=("docker", "exec", evidence.container.name, "kill", "-CONT", number)),),
    )


def log_driver_none(evidence: Evidence) -> Finding | None:
    """It failed, and its logging driver keeps nothing that could say why."""
    driver = str((evidence.host.get("LogConfig") or {}).get("Type") or "")
    if driver != "none":
        return None
    words = "Its logging driver is “none”: whatever it writes is thrown away."
    if evidence.has_failed:
        words += f" It ended with {evidence.exit_code}, and what it said of that is lost."
    return Finding(
        "log-driver-none",
        "Keeps no log",
        words,
        Certainty.CERTAIN if evidence.has_failed else Certainty.POSSIBLE,
        Weight.FAULT if evidence.has_failed else Weight.NOTE,
        (Proof("inspect", "HostConfig.LogConfig.Type = none"),),
        (
            Step("run it once more with --log-driver json-file or local"),
            Step("rerun it under a shell", key="c") if evidence.has_failed else Step("see its output", key="s"),
        ),
    )


def log_flood(evidence: Evidence) -> Finding | None:
    """It writes more lines than anybody can read."""
    rate = evidence.log_rate or 0.0
    if rate < FLOOD_FROM or not _running(evidence):
        return None
    options = (evidence.host.get("LogConfig") or {}).get("Config") or {}
    most = options.get("max-size")
    words = f"It writes about {rate:,.0f} lines a second"
    words += f"; its log is cut at {most} and so holds only moments." if most else ", and nothing limits its size."
    return Finding(
        "log-flood",
        "Log flood",
        words,
        weight=Weight.WARNING,
        proof=(Proof("log", f"{rate:,.0f} lines a second"), Proof("log", evidence.log[-1].text)),
        next=(Step("lower its log level" + ("" if most else ", and set --log-opt max-size")),),
    )


RULES: tuple[Callable[[Evidence], Finding | None], ...] = (
    paused,
    oom_in_child,
    pids_limit_hit,
    fd_leak,
    app_hung,
    cpu_throttled,
    memory_near_limit,
    zombie_processes,
    log_driver_none,
    log_flood,
)
