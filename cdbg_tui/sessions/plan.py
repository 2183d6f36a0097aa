"""What a session key launches: plain docker command lines, told before and after in words."""

from __future__ import annotations

import re
import shlex
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cdbg_tui.model.container import SESSION_LABEL, TARGET_LABEL
from cdbg_tui.model.details import hidden, hidden_words, is_secret
from cdbg_tui.model.text import MASK
from cdbg_tui.model.units import exact_span, span
from cdbg_tui.sessions.life import Life

__all__ = ["SESSION_LABEL", "TARGET_LABEL", "Argv", "Docker", "Plan", "Refusal", "failed", "outcome", "shown"]

Argv = tuple[str, ...]
Docker = Callable[..., Argv]
"""Makes the argv of a docker command line for the engine in use: `Engine.docker`."""

# Docker's own detach keys start with Ctrl+P, which every shell's history is on, and a session that is
# detached from stays behind. Nobody presses these two by accident.
NO_DETACH = ("--detach-keys", "ctrl-@,ctrl-_")

DOCKER_FAILED = 125
NOT_EXECUTABLE = 126
NOT_FOUND = 127
# A shell hands on the status of its last command, so 126 and 127 are the engine's only when they come at once.
AT_ONCE_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Build:
    """An image that is built first, in sight."""

    argv: Argv
    """``docker build``, which reads *dockerfile* from its standard input."""
    dockerfile: str
    before: tuple[Argv, ...] = ()
    """What makes the images that it begins with; output hidden."""
    inside: Argv = ()
    """Lists the containers in which it runs commands."""

    def typed(self) -> str:
        """Return it as one types it."""
        end = "END"
        while end in self.dockerfile.splitlines():
            end += "."
        return f"{shlex.join(self.argv)} <<'{end}' &&\n{self.dockerfile}{end}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One session: the commands around an interactive one.

    Banner lines may quote foreign text: whoever shows them cleans them.
    """

    title: str
    """Of what it is, as a sentence goes on from it: ``shell in web-1``."""
    argv: Argv
    """The interactive command, which gets the terminal."""
    banner: tuple[str, ...] = ()
    pull: Argv = ()
    """Run first, in sight: it shows its own progress."""
    build: Build | None = None
    """Then an image is built, in sight as well."""
    prepare: tuple[Argv, ...] = ()
    """Run before, output hidden unless one fails, which ends the session."""
    cleanup: tuple[Argv, ...] = ()
    """Run after, whatever happened."""
    removes_itself: bool = False
    """The command line cleans up itself; `cleanup` is for when it is killed and cannot."""
    never_ran: Argv = ()
    """Prints ``created`` if no container was started: ``docker start`` tells that by no status of its own."""
    asks_to_keep: bool = False
    """Before `cleanup`, the engineer is asked whether it shall be left out."""
    kept: str = ""
    """What to say when it was left out: what is still there, and how to come back to it."""
    still_runs: Argv = ()
    """Prints ``true`` if what was attached to runs on: then it was left, whatever status docker gives that."""
    ends_on_ctrl_c: bool = False
    """Ctrl+C is the way to leave: a command line that does not end by it (later docker attach) is killed."""
    is_local: bool = False
    """The interactive command is a program of this machine, not the docker command line."""
    into: str = ""
    """The file on this side, made anew, that the interactive command's standard output goes to."""
    stays: bool = False
    """Its output is what is wanted: it is left on the screen until Enter is pressed."""
    brief: Argv = ()
    """The interactive command as the screen shows it, where a script in it is too long to be read there."""
    life: Life | None = None
    """Of the container in whose namespaces it lives, and with which it ends."""

    def commands(self) -> str:
        """Return all as one command for a shell, the same that is run.

        One, so that it can be pasted: the lines after the interactive command must not be read by it.
        """
        return self._joined(shlex.join)

    def shown(self) -> str:
        """Return the same with its secrets masked, and its script cut: for the screen, not to be run."""
        return self._joined(shown, self.brief)

    def _joined(self, join: Callable[[Argv], str], brief: Argv = ()) -> str:
        text = "\n".join(self._steps(join, brief))
        if self.into not in ("", "-"):
            text += f" > {shlex.quote(self.into)}"
        after = () if self.removes_itself else self.cleanup
        return "; \\\n".join([text, *(join(argv) for argv in after)])

    def _steps(self, join: Callable[[Argv], str], brief: Argv) -> Iterator[str]:
        first = [self.pull] if self.pull else []
        if self.build:
            first += self.build.before
        yield from (f"{join(argv)} &&" for argv in first)
        if self.build:
            yield self.build.typed()
        yield from (f"{join(argv)} &&" for argv in self.prepare)
        yield join(brief or self.argv)


def shown(argv: Argv) -> str:
    """Return a command line as it is typed, its secrets masked."""
    return typed(_covered(argv))


def typed(covers: Iterable[str]) -> str:
    """Return words as they are typed, what is masked without quotes around it."""
    return " ".join(word if word == MASK else shlex.quote(word) for word in covers)


def _covered(argv: Argv) -> Iterator[str]:
    before = ""
    for word, cover in zip(argv, hidden_words(argv), strict=True):
        name, equals, value = word.partition("=")
        if before == "--env" and equals:
            # What a variable holds may itself be a command line.
            yield f"{name}={MASK if is_secret(name) else _covered_line(value)}"
        else:
            yield cover
        before = word


def _covered_line(value: str) -> str:
    try:
        words = shlex.split(value)
    except ValueError:
        return hidden(value)
    covers = hidden_words(words)
    return hidden(value) if covers == words else typed(covers)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a session cannot be had, and the key that helps instead (empty where none does)."""

    sentence: str
    key: str = ""
    key_text: str = ""


def failed(result: int | OSError, seconds: float) -> bool:
    """Tell whether the interactive command failed as such, rather than end as its user ended it."""
    if isinstance(result, OSError) or result < 0 or result == DOCKER_FAILED:
        return True
    return result in (NOT_EXECUTABLE, NOT_FOUND) and seconds < AT_ONCE_SECONDS


def outcome(plan: Plan, result: int | OSError, seconds: float, ended: str = "") -> str:
    """Return the one line that tells how the interactive command ended.

    *result* is its exit code, minus the signal that killed the docker CLI, or why that did not start; *ended*
    tells what became of the container that it lived in.
    """
    if isinstance(result, OSError):
        return f"{plan.title}: {plan.argv[0]} could not be started: {result.strerror or result}"
    if result < 0:
        name = signal_name(-result)
        if plan.stays and result == -signal.SIGINT:
            return f"{plan.title} left after {span(seconds)} by Ctrl+C"
        if plan.is_local:
            return f"{plan.title}: it was ended by {name}"
        return f"{plan.title}: the docker command line was ended by {name}; what it started may still run"
    lasted = span(seconds) if seconds < 60 else exact_span(seconds)
    if ended:
        return f"{plan.title} was ended after {lasted}: {ended} ({result})"
    if failed(result, seconds):
        return f"{plan.title} did not start: {_START_FAILURES[result]} ({result})"
    if result == 0:
        return f"{plan.title} left after {lasted}"
    if result == 128 + signal.SIGKILL:
        return f"{plan.title} was killed after {lasted} ({result}): its container ended, or its shell was killed"
    if words := _SHELL_STATUS.get(result):
        return f"{plan.title} left after {lasted} with {result} ({words})"
    if 128 < result < 128 + signal.NSIG:
        return f"{plan.title} was ended by {signal_name(result - 128)} after {lasted} ({result})"
    return f"{plan.title} left after {lasted} with status {result}"


_START_FAILURES = {
    DOCKER_FAILED: "docker itself failed",
    NOT_EXECUTABLE: "its command cannot be executed",
    NOT_FOUND: "its command was not found",
}
_SHELL_STATUS = {
    NOT_EXECUTABLE: "its last command could not be executed",
    NOT_FOUND: "its last command was not found",
    128 + signal.SIGINT: "Ctrl+C",
}


def signal_name(number: int) -> str:
    """Return ``SIGKILL`` for 9, and a number's own digits where the system has no name for it."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def object_name(container_name: str, suffix: str) -> str:
    """Return the name of a container that stands beside *container_name*; *suffix* makes it unique."""
    return f"cdbg-{container_name}-{suffix}"


def image_name(container_name: str, fallback: str) -> str:
    """Return *container_name* as an image may be called: engines want lower case and single separators."""
    return re.sub(r"[^a-z0-9]+", "-", container_name.lower()).strip("-") or fallback
