"""How it ended: causes that exit code, State and kill events tell."""

from __future__ import annotations

import signal

from cdbg_tui.model.container import State
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.model.units import exact_span, size
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.exits import explain, signal_name

CALM_SECONDS = 3600.0
"""Up for so long, a container is in no restart loop, however often it was restarted before."""

LOOK_INSIDE = (Step("see what it changed on disk", key="d"), Step("rerun it under a shell", key="c"))

_CAUSES = {
    "SIGINT": "sigint",
    "SIGTERM": "sigterm",
    "SIGSEGV": "segfault",
    "SIGABRT": "abort",
    "SIGFPE": "sigfpe",
    "SIGBUS": "sigbus",
    "SIGILL": "illegal-instruction",
}


def _code(evidence: Evidence) -> int | None:
    """Return the exit code of a process that ran and ended; None of any other container."""
    container = evidence.container
    ended = container.state in (State.EXITED, State.DEAD, State.RESTARTING)
    if container.error and container.exit_code in (126, 127, 128):
        return None  # the engine's own, set when it failed to start it again
    return container.exit_code if ended and evidence.started is not None else None


def _code_proof(evidence: Evidence) -> Proof:
    return Proof("inspect", f"State.ExitCode = {evidence.state.get('ExitCode')}")


def oom_killed(evidence: Evidence) -> Finding | None:
    """The kernel killed the main process for memory."""
    code, flagged = _code(evidence), evidence.container.oom_killed
    if code != 137 or not flagged or 9 in evidence.signals_sent():
        return None
    limit = evidence.host.get("Memory") or 0
    name = evidence.container.name
    if limit:
        words = f"The kernel killed the main process: the container used its whole {size(limit)} limit."
        more = Step(
            "give it more memory",
            command=("docker", "update", "--memory", str(limit * 2), "--memory-swap", str(limit * 2), name),
        )
        steps: tuple[Step, ...] = (LOOK_INSIDE[1], more)
    else:
        words = "The kernel killed the main process: the machine, not the container, was out of memory."
        steps = (LOOK_INSIDE[1],)
    proof = (
        Proof("inspect", "State.OOMKilled = true"),
        _code_proof(evidence),
        Proof("inspect", f"memory limit {size(limit)}" if limit else "no memory limit of its own"),
    )
    return Finding("oom-killed", "OOM-killed", words, proof=proof, next=steps)


def oom_in_child(evidence: Evidence) -> Finding | None:
    """A process other than the main one was killed for memory."""
    if not evidence.container.oom_killed or oom_killed(evidence):
        return None
    up = evidence.container.is_up
    return Finding(
        "oom-in-child",
        "A child was OOM-killed",
        "The kernel killed a process in this container for memory. The flag speaks of the whole container: "
        + ("the main process lives on." if up else "the main process ended otherwise."),
        Certainty.LIKELY,
        Weight.WARNING,
        (Proof("inspect", "State.OOMKilled = true"),) + (() if up else (_code_proof(evidence),)),
    )


def stopped(evidence: Evidence) -> Finding | None:
    """Somebody stopped or killed it through the engine."""
    code, sent = _code(evidence), evidence.signals_sent()
    if code is None or not sent:
        return None
    proof = (
        *(Proof("events", f"kill signal={number}") for number in sent),
        _code_proof(evidence),
    )
    asked = [number for number in sent if number in _stop_signals(evidence)]
    if code == 137 and sent[-1] == 9 and asked:
        grace = (evidence.details.get("Config") or {}).get("StopTimeout") or 10
        return Finding(
            "stop-timeout",
            "Did not stop in time",
            f"It was asked to stop with {_name(asked[-1])} and killed with SIGKILL when it had not ended in time "
            f"(its stop time-out is {grace} s).",
            weight=Weight.WARNING,
            proof=proof,
            next=(Step("let it handle the signal, or raise --stop-timeout"),),
        )
    if code == 137 and sent[-1] == 9:
        return Finding(
            "sigkill-not-oom",
            "Killed by hand",
            "Somebody killed it through the engine with SIGKILL (as docker kill does); memory was not why.",
            weight=Weight.WARNING,
            proof=proof,
        )
    # Other signals say something else to a process: SIGHUP to read its settings again, SIGUSR1 as it likes.
    deadly = asked[-1] if asked and code == 0 else code - 128
    if deadly in sent:
        name = _name(deadly)
        return Finding(
            _CAUSES.get(name, "sigterm"),
            "Stopped",
            f"Somebody stopped it through the engine ({name}), and it ended as asked.",
            weight=Weight.FINE,
            proof=proof,
        )
    return None


def _stop_signals(evidence: Evidence) -> set[int]:
    """Return the signals that ask this container to end: the usual ones, and its own STOPSIGNAL."""
    own = str((evidence.details.get("Config") or {}).get("StopSignal") or "").upper()
    number = int(own) if own.isdecimal() else getattr(signal, f"SIG{own.removeprefix('SIG')}", 0)
    return {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, int(number)}


def _name(number: int) -> str:
    return signal_name(number) or f"signal {number}"


def by_its_exit_code(evidence: Evidence) -> Finding | None:
    """What the exit code alone says: the least that is known of every death."""
    code = _code(evidence)
    if code is None:
        return None
    told = explain(code)
    proof = (_code_proof(evidence), Proof("exit code", f"set by {told.set_by}"))
    if code == 0:
        return Finding("clean-exit", "Finished", told.meaning, weight=Weight.FINE, proof=proof)
    if code == 137:
        flag = Proof("inspect", "State.OOMKilled = false")
        return Finding(
            "sigkill-not-oom",
            "Killed",
            f"{told.meaning} The engine did not see it run out of memory, and no event says who sent it: "
            "docker kill, a stop that timed out, or kill -9 on the engine's machine.",
            Certainty.LIKELY,
            proof=(*proof, flag) if not evidence.container.oom_killed else proof,
            next=LOOK_INSIDE,
        )
    title = told.word[0].upper() + told.word[1:]
    causes = {126: "not-executable", 127: "command-not-found"}
    cause = _CAUSES.get(told.signal) or causes.get(code, "app-error")
    fine = told.signal in ("SIGTERM", "SIGINT")
    return Finding(
        cause,
        f"{title} ({told.signal})" if told.signal else f"{title} with exit code {code}",
        told.meaning,
        Certainty.CERTAIN if code in (126, 127) or told.signal else Certainty.POSSIBLE,
        Weight.WARNING if fine else Weight.FAULT,
        proof,
        LOOK_INSIDE,
    )


def how_it_ended(evidence: Evidence) -> Finding | None:
    """The most telling of the three: each next one knows less."""
    return oom_killed(evidence) or stopped(evidence) or by_its_exit_code(evidence)


def restart_loop(evidence: Evidence) -> Finding | None:
    """It dies again and again, and its policy starts it again."""
    container, policy = evidence.container, evidence.host.get("RestartPolicy") or {}
    count = container.restarts or 0
    ran = (evidence.finished or 0) - (evidence.started or 0)
    up_for = evidence.now - (evidence.started or 0)
    usual = (evidence.now - container.created) / (count + 1)
    # The count is never taken back: one that has been up for far longer than it used to be is over it.
    again = count >= 3 and container.is_up and up_for < min(CALM_SECONDS, 3 * usual)
    if container.state is not State.RESTARTING and not again:
        return None
    words = f"It has been restarted {count} times by its policy “{policy.get('Name') or 'no'}”"
    if container.state is State.RESTARTING and ran > 0:
        words += f"; the last run ended after {exact_span(ran)} with exit code {container.exit_code}"
    return Finding(
        "restart-loop",
        "Restart loop",
        words + ".",
        weight=Weight.FAULT if container.state is State.RESTARTING else Weight.WARNING,
        proof=(
            Proof("inspect", f"RestartCount = {count}"),
            Proof("inspect", f"RestartPolicy = {policy.get('Name')}"),
        ),
        next=(Step("stop it, then look inside", key="x"), LOOK_INSIDE[0]),
    )
