"""What an exit code means, and who set it: the process, the shell, the runtime or the engine.

128+n is how a shell and the engine report death by signal n (signal(7)); 126, 127 and 128 are the engine's
own where it could not start the process (moby, daemon/errors.go), and a shell's where a command inside a
script could not be run (POSIX, Shell Command Language 2.8.2); 125 is the docker CLI's.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exit:
    """An exit code explained: *word* for a list, *meaning* as a sentence, *set_by* who chose the number."""

    code: int
    word: str
    meaning: str
    set_by: str
    signal: str = ""


_SIGNAL_WORDS = {
    "SIGHUP": ("hung up", "was told that its terminal or controller is gone"),
    "SIGINT": ("interrupted", "was interrupted, as by Ctrl+C"),
    "SIGQUIT": ("quit", "was told to quit with a core dump, as by Ctrl+\\"),
    "SIGILL": ("illegal instruction", "executed an instruction that this CPU does not have"),
    "SIGTRAP": ("trapped", "hit a breakpoint or trap that no debugger took"),
    "SIGABRT": ("aborted", "aborted itself: a failed assertion, a corrupted heap or an uncaught error"),
    "SIGBUS": (
        "bus error",
        "touched memory with nothing behind it: a truncated mapped file, a full /dev/shm",
    ),
    "SIGFPE": ("arithmetic error", "did impossible arithmetic, as a division by zero"),
    "SIGKILL": ("killed", "was killed, which no process can refuse or notice"),
    "SIGUSR1": ("ended by SIGUSR1", "got SIGUSR1, for which it had no handler"),
    "SIGSEGV": ("segfault", "touched memory that is not its own"),
    "SIGUSR2": ("ended by SIGUSR2", "got SIGUSR2, for which it had no handler"),
    "SIGPIPE": ("broken pipe", "wrote to a pipe or socket that nobody reads any more"),
    "SIGALRM": ("ended by SIGALRM", "let a timer run out for which it had no handler"),
    "SIGTERM": ("terminated", "was asked to end, as docker stop does first"),
    "SIGXCPU": ("CPU time used up", "used more CPU time than its ulimit allows"),
    "SIGXFSZ": ("file too large", "wrote a larger file than its ulimit allows"),
    "SIGSYS": ("forbidden call", "made a system call that its seccomp profile forbids"),
}

_OWN = {
    0: Exit(0, "finished", "The main process ended by itself and reported success.", "the process"),
    1: Exit(1, "failed", "The main process reported a failure; 1 says no more than that.", "the process"),
    2: Exit(
        2,
        "failed",
        "The main process reported a failure; by custom 2 is wrong usage, or a shell's syntax error.",
        "the process",
    ),
    125: Exit(
        125, "docker failed", "The docker command itself failed, before the container ran.", "the docker CLI"
    ),
    126: Exit(
        126,
        "not executable",
        "A command was found but could not be run: no permission, a directory, or no program.",
        "a shell in the container",
    ),
    127: Exit(
        127,
        "command not found",
        "A shell in the container was told to run a command that does not exist there.",
        "a shell in the container",
    ),
    128: Exit(128, "failed", "The main process reported 128, a wrong argument to exit.", "the process"),
    255: Exit(
        255,
        "failed",
        "The main process reported 255 or −1: a failure without a kind, as ssh, perl and new runtimes say it.",
        "the process",
    ),
}

# What the engine itself sets when the process never came to life.
_NOT_STARTED = {
    126: ("not executable", "The engine found the program but could not run it."),
    127: ("program not found", "The engine did not find the program, or could not make one of its mounts."),
    128: ("not started", "The engine gave up before it ran anything: port, network, device, user or mount."),
}


def explain(code: int) -> Exit:
    """Return what exit *code* of a process that ran means."""
    if code in _OWN:
        return _OWN[code]
    name = signal_name(code - 128)
    if name:
        word, meaning = _SIGNAL_WORDS.get(name, (f"ended by {name}", f"got {name}, for which it had no handler"))
        return Exit(
            code,
            word,
            f"{code} is 128 + {code - 128}: the main process {meaning} ({name}).",
            "the kernel, by a signal; or the process itself, if it exits with 128 + n on purpose",
            name,
        )
    return Exit(
        code,
        "failed",
        f"The main process chose {code}; only its own documentation says what for.",
        "the process",
    )


def never_started(code: int) -> Exit:
    """Return what *code* means for a container whose process never came to life."""
    word, meaning = _NOT_STARTED.get(code, ("not started", "The engine could not start the container."))
    return Exit(code, word, meaning, "the engine")


def signal_name(number: int) -> str:
    """Return ``SIGKILL`` for 9; empty where there is no such signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""
