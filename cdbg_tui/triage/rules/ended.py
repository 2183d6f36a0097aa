"""How it ended: causes that exit code, State, kill events and the words of a crash tell."""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Iterable

from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.model.units import exact_span, size
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.exits import explain, signal_name

LOOK_INSIDE = (Step("see what it changed on disk", key="d"), Step("rerun it under a shell", key="c"))

_CAUSES = {
    "SIGINT": "sigint",
    "SIGTERM": "sigterm",
    "SIGKILL": "sigkill-not-oom",
    "SIGSEGV": "segfault",
    "SIGABRT": "abort",
    "SIGFPE": "sigfpe",
    "SIGBUS": "sigbus",
    "SIGILL": "illegal-instruction",
}


def code_proof(evidence: Evidence) -> Proof:
    """Return the exit code as a proof."""
    return Proof("inspect", f"State.ExitCode = {evidence.exit_code}")


def oom_killed(evidence: Evidence) -> Finding | None:
    """The kernel killed it for memory, or killed a child without which it gave up."""
    code = evidence.exit_code
    if not evidence.has_failed or not evidence.was_out_of_memory or evidence.signals_sent():
        return None
    if code in (128 + signal.SIGTERM, 128 + signal.SIGINT) or _was_long_before(evidence):
        return None
    limit, main = evidence.host.get("Memory") or 0, code == 128 + signal.SIGKILL
    who = "the main process" if main else f"a child of it, and the main process ended with {code}"
    words = f"The kernel killed {who}: " + (
        f"the container used its whole {size(limit)} limit."
        if limit
        else "the machine, not the container, was out of memory."
    )
    steps = LOOK_INSIDE[1:] + more_memory(evidence, limit)
    proof = (
        *_oom_proof(evidence),
        code_proof(evidence),
        Proof("inspect", f"memory limit {size(limit)}" if limit else "no memory limit of its own"),
        *kernel_proof(evidence, "Killed process"),
    )
    certainty = Certainty.CERTAIN if main else Certainty.LIKELY
    return Finding("oom-killed", "OOM-killed", words, certainty, proof=proof, next=steps)


def more_memory(evidence: Evidence, limit: int) -> tuple[Step, ...]:
    """Return the step that doubles a limit of so many bytes; none where there is no limit."""
    more = str(limit * 2)
    command = ("docker", "update", "--memory", more, "--memory-swap", more, evidence.container.name)
    return (Step("give it more memory", command=command),) if limit else ()


def _was_long_before(evidence: Evidence) -> bool:
    """Tell whether the last time that memory ran out is known, and was not about its end."""
    times = [event.time for event in evidence.events if event.action == "oom"]
    return bool(times) and max(times) < (evidence.finished or 0.0) - 60


def _oom_proof(evidence: Evidence) -> tuple[Proof, ...]:
    flag = (Proof("inspect", "State.OOMKilled = true"),) if evidence.container.oom_killed else ()
    heard = any(event.action == "oom" for event in evidence.events)
    return flag + ((Proof("events", "oom"),) if heard else ())


def kernel_proof(evidence: Evidence, *words: str) -> tuple[Proof, ...]:
    """Return the last line of the kernel's log that has one of *words*."""
    lines = [line for line in evidence.kernel or () if any(word in line for word in words)]
    return tuple(Proof("kernel log", line) for line in lines[-1:])


def stopped(evidence: Evidence) -> Finding | None:
    """Somebody stopped or killed it through the engine."""
    code, sent = evidence.exit_code, evidence.signals_sent()
    if code is None or not sent or evidence.container.is_up:
        return None
    proof = (*_sent_proof(sent), code_proof(evidence))
    asked = [number for number in sent if number in _stop_signals(evidence)]
    if code == 137 and sent[-1] == 9:
        return _not_in_time(evidence, asked[-1], proof) if asked else _killed_by_hand(proof)
    # Other signals say something else to a process: SIGHUP to read its settings again, SIGUSR1 as it likes.
    deadly = asked[-1] if asked and code < 128 else code - 128
    if deadly not in sent:
        return None
    name = _name(deadly)
    as_asked = "and it ended as asked" + (f", with exit code {code} of its own" if 0 < code < 128 else "")
    return Finding(
        _CAUSES.get(name, "sigterm"),
        "Stopped",
        f"Somebody stopped it through the engine ({name}), {as_asked}.",
        weight=Weight.FINE,
        proof=proof,
    )


def _sent_proof(sent: Iterable[int]) -> tuple[Proof, ...]:
    """Return each signal once: some containers are sent thousands that are not meant to end them."""
    return tuple(
        Proof("events", f"kill signal={number}" + (f" ({times:,} times)" if times > 1 else ""))
        for number, times in Counter(sent).items()
    )


def _killed_by_hand(proof: tuple[Proof, ...]) -> Finding:
    return Finding(
        "sigkill-not-oom",
        "Killed by hand",
        "Somebody killed it through the engine with SIGKILL (as docker kill does); memory was not why.",
        weight=Weight.WARNING,
        proof=proof,
    )


_NOTICED = re.compile(
    r"\b(?:sig)?term\b|\bsig(?:int|quit)\b|signal|shut(?:ting)?[ -]?down|stopping|terminat|drain|graceful", re.I
)


def _not_in_time(evidence: Evidence, asked: int, proof: tuple[Proof, ...]) -> Finding:
    """It was asked to stop and killed when it had not: it noticed and carried on, or nobody told it."""
    times = {number: when for when, number in evidence.kills()}
    waited = times.get(9, 0.0) - times.get(asked, 0.0)
    name = _name(asked)
    grace = exact_span(waited) if waited >= 0.5 else f"{evidence.config.get('StopTimeout') or 10} s"
    words = f"It was asked to stop with {name} and killed with SIGKILL when it had not ended after {grace}."
    after = (line for line in evidence.log if line.time and line.time >= times.get(asked, 0.0) - 0.5)
    noticed = next((line for line in after if _NOTICED.search(line.text)), None)
    if noticed is not None:
        return Finding(
            "ignores-sigterm",
            f"Ignores {name}",
            f"{words} It noticed the signal and carried on.",
            weight=Weight.WARNING,
            proof=(*proof, noticed.proof),
            next=(Step(f"let it end on {name}, or give it longer: docker stop --time"),),
        )
    shell = _shell_before(evidence)
    if shell:
        words += f" Its main process is a shell ({shell}), which does not pass signals on to what it runs."
    remedy = "start the program with exec in the script, or run the container with --init"
    return Finding(
        "stop-timeout",
        "Did not stop in time",
        words,
        weight=Weight.WARNING,
        proof=(*proof, Proof("inspect", f"command: {' '.join(evidence.command)}")),
        next=(Step(remedy if shell else f"let it end on {name}, or raise --stop-timeout"),),
    )


_SHELLS = re.compile(r"(?:^|/)(?:ba|da|a|k|z)?sh$")


def _shell_before(evidence: Evidence) -> str:
    """Return the shell that is the main process, by its name or as what its script is run with; or nothing."""
    program = evidence.program
    candidates = (evidence.command[0], program.interpreter if program and program.is_script else "")
    return next((one for one in candidates if _SHELLS.search(one)), "")


def _stop_signals(evidence: Evidence) -> set[int]:
    """Return the signals that ask this container to end: the usual ones, and its own STOPSIGNAL."""
    own = str(evidence.config.get("StopSignal") or "").upper()
    number = int(own) if own.isdecimal() else getattr(signal, f"SIG{own.removeprefix('SIG')}", 0)
    return {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, int(number)}


def _name(number: int) -> str:
    return signal_name(number) or f"signal {number}"


# What a shell or a supervisor says of a child that crashed. A runtime that catches the signal ("[signal SIGSEGV"
# in Go's panics) chose its exit code itself, and is no crash.
_CRASHES = {
    "SIGSEGV": re.compile(
        r"^(?!\[signal ).{0,200}(?:Segmentation fault\b|\bSIGSEGV \(0xb\))|(?<!\[)signal (?:11\b|SIGSEGV\b)"
    ),
    "SIGABRT": re.compile(r"(?:^|\s)Aborted\b|(?<!\[)signal (?:6\b|SIGABRT\b)"),
    "SIGBUS": re.compile(r"\bBus error\b|(?<!\[)signal (?:7\b|SIGBUS\b)"),
    "SIGFPE": re.compile(r"\bFloating point exception\b|(?<!\[)signal (?:8\b|SIGFPE\b)"),
    "SIGILL": re.compile(r"\bIllegal instruction\b|(?<!\[)signal (?:4\b|SIGILL\b)"),
}
# What a program says just before it calls abort().
_ABORTS = re.compile(
    r"[Aa]ssertion\b.{0,300}\bfailed|^Assertion failed|terminate called|double free|stack smashing detected|"
    r"(?:malloc|free|realloc|munmap_chunk|calloc)\(\): |buffer overflow detected|"
    r"corrupted (?:size|double|unsorted)"
)
_LAST = 12
"""So many lines before the end are looked through for the words of a crash."""


def crashed(evidence: Evidence) -> Finding | None:
    """A signal of its own making ended it: by its exit code, or in the words of who saw a child end so."""
    code = evidence.exit_code
    if code is None or code == 0 or evidence.signals_sent():
        return None
    by_code = signal_name(code - 128) if code > 128 else ""
    name, line = _told(evidence, by_code)
    # A runtime that catches the signal and says so chose its exit code itself.
    if not name or (by_code in ("SIGKILL", "SIGTERM", "SIGINT")):
        return None
    told = explain(128 + getattr(signal, name))
    by_words = name != by_code
    words = told.meaning if not by_words else f"The exit code is {code}; the log tells what happened: {name}."
    if line and not by_words and name in _CRASHES and _CRASHES[name].search(line.text):
        # A shell says so of what it ran, and takes over its code.
        words = words.replace("the main process", "a program that the main process ran")
    if by_words and name == "SIGABRT" and by_code == "SIGSEGV":
        words = "It aborted. As process 1 the kernel lets no SIGABRT through to it: abort() then ends in 139."
    proof = [code_proof(evidence)]
    proof += [line.proof] if line else []
    proof += [*kernel_proof(evidence, "segfault at", "trap ", "general protection"), *_core(evidence)]
    return Finding(
        _CAUSES.get(name, "killed-by-signal"),
        f"{told.word[0].upper()}{told.word[1:]} ({name})",
        words,
        Certainty.CERTAIN if not by_words or by_code else Certainty.LIKELY,
        proof=tuple(proof),
        next=LOOK_INSIDE,
    )


def _told(evidence: Evidence, by_code: str) -> tuple[str, Line | None]:
    """Return the signal and the line that tells of it; words correct only a code that can stand for them."""
    fault = next((line for line in evidence.log[-60:] if line.text.startswith("#  SIGSEGV (0xb)")), None)
    if fault and by_code == "SIGABRT":
        return "SIGSEGV", fault  # the JVM catches it, writes a report, and aborts
    for line in reversed(evidence.log[-_LAST:]):
        if by_code in ("SIGSEGV", "SIGABRT") and _ABORTS.search(line.text):
            return "SIGABRT", line
        for name, words in _CRASHES.items():
            if by_code in ("", name) and words.search(line.text):
                return name, line
    return by_code, None


def _core(evidence: Evidence) -> tuple[Proof, ...]:
    paths = [c.path for c in evidence.changes or () if re.search(r"/core(?:\.\d+)?$|/hs_err_pid\d+\.log$", c.path)]
    return tuple(Proof("changed files", f"A {path}", path) for path in paths[:2])


def by_its_exit_code(evidence: Evidence) -> Finding | None:
    """What the exit code alone says: the least that is known of every death."""
    code = evidence.exit_code
    if code is None or evidence.container.is_up:
        return None
    told = explain(code)
    proof = (code_proof(evidence), Proof("exit code", f"set by {told.set_by}"))
    if code == 0:
        return Finding("clean-exit", "Finished", told.meaning, weight=Weight.FINE, proof=proof)
    if code == 137:
        flag = (Proof("inspect", "State.OOMKilled = false"),) if not evidence.container.oom_killed else ()
        return Finding(
            "sigkill-not-oom",
            "Killed",
            f"{told.meaning} The engine did not see it run out of memory, and no event says who sent it: "
            "docker kill, a stop that timed out, or kill -9 on the engine's machine.",
            Certainty.LIKELY,
            proof=(*proof, *flag),
            next=LOOK_INSIDE,
        )
    fallback = {126: "not-executable", 127: "command-not-found"}
    cause = _CAUSES.get(told.signal) or fallback.get(code)
    if cause is None:
        return None
    title = told.word[0].upper() + told.word[1:]
    return Finding(
        cause,
        f"{title} ({told.signal})" if told.signal else f"{title} with exit code {code}",
        told.meaning,
        Certainty.CERTAIN if told.signal else Certainty.POSSIBLE,
        Weight.FINE if told.signal in ("SIGTERM", "SIGINT") else Weight.FAULT,
        proof,
        LOOK_INSIDE,
    )


def how_it_ended(evidence: Evidence) -> Finding | None:
    """The most telling of these: each next one knows less."""
    return oom_killed(evidence) or stopped(evidence) or crashed(evidence) or by_its_exit_code(evidence)


RULES = (how_it_ended,)
