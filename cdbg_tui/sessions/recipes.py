"""The tools that one reaches for when looking at a process or at a network, each by the least that works.

On this machine, by the process's number or in the container's network namespace; in the container, if it has
the tool; else by a sidecar of a toolbox image that has it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cdbg_tui.engine.tools import GUARD, NSENTER, Ground
from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.model.rights import capabilities
from cdbg_tui.model.tempname import safe_name
from cdbg_tui.sessions.plan import (
    NO_DETACH,
    SESSION_LABEL,
    TARGET_LABEL,
    Argv,
    Docker,
    Plan,
    Refusal,
    object_name,
)

PTRACE = "SYS_PTRACE"
UNTIL_INPUT_ENDS = 'exec 3<&0; (cat <&3; kill -INT $$) >/dev/null 2>&1 & exec "$@" 3<&-'
"""Runs its arguments in its own place, and interrupts them when its standard input ends: so a program that a
docker command line started ends with that, even if it is killed."""


class Way(StrEnum):
    """Where the tool runs."""

    HOST = "host"
    EXEC = "exec"
    SIDECAR = "sidecar"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One use of a tool.

    In *line*, ``{pid}`` is the process's number where the tool runs, and ``{root}`` the way to its files.
    """

    id: str
    words: str
    line: str
    on_process: bool = True
    """Else it is for the container's network."""
    caps: tuple[str, ...] = ()
    ending: str = ""
    """Of the file on this side that its output goes to; empty where it goes to the terminal."""
    stays: bool = True
    """Its output is what is wanted: it is not taken from the screen before somebody has read it."""

    @property
    def tool(self) -> str:
        """The program."""
        return shlex.split(self.line)[0]


_TRACE = (PTRACE,)
_ROOT = "-iex 'set sysroot {root}'"
RECIPES = (
    Recipe("strace", "every system call, its children's too", "strace -f -p {pid}", caps=_TRACE),
    Recipe("strace-net", "network calls, with addresses", "strace -f -yy -e trace=network -p {pid}", caps=_TRACE),
    Recipe(
        "strace-files", "what it opens, reads, writes", "strace -f -y -e trace=file,desc -p {pid}", caps=_TRACE
    ),
    Recipe("strace-count", "a table of its calls, by Ctrl+C", "strace -c -f -p {pid}", caps=_TRACE),
    Recipe(
        "strace-save",
        "every system call, with times, to a file here",
        "strace -f -tt -T -o /dev/stdout -p {pid}",
        caps=_TRACE,
        ending="strace",
    ),
    Recipe(
        "gdb-stacks",
        "the stacks of all its threads",
        f"gdb -p {{pid}} -batch {_ROOT} -ex 'thread apply all bt'",
        caps=_TRACE,
    ),
    Recipe("gdb", "a debugger; it stands still meanwhile", f"gdb -q {_ROOT} -p {{pid}}", caps=_TRACE, stays=False),
    Recipe("py-spy-dump", "the Python stacks of all its threads", "py-spy dump --pid {pid}", caps=_TRACE),
    Recipe("py-spy-top", "where its Python spends the time", "py-spy top --pid {pid}", caps=_TRACE),
    Recipe("lsof", "its open files and sockets", "lsof -nPlw -p {pid}", caps=_TRACE),
    Recipe("ss", "sockets, and whose they are", "ss -tunap", on_process=False, caps=_TRACE),
    Recipe("ip-addr", "network interfaces and addresses", "ip addr", on_process=False),
    Recipe("ip-route", "where its packets go", "ip route", on_process=False),
    Recipe("dig", "what a name resolves to there", "dig {nameserver}{name}", on_process=False),
    Recipe("curl", "what it answers, asked from beside it", "curl -sv -m 10 {address}", on_process=False),
)
CAPTURE = Recipe(
    "tcpdump",
    "packets to a .pcap file here",
    "tcpdump -i any -n -U -B 16384 -w -",
    on_process=False,
    caps=("NET_ADMIN", "NET_RAW"),
    ending="pcap",
)
"""Not run as the others are: `sessions.capture`. The kernel keeps 16 MiB of packets for it (-B): of the 2 MiB
that are usual, a download of a few MiB loses the half."""
TOOLS = tuple(dict.fromkeys(recipe.tool for recipe in (*RECIPES, CAPTURE)))


@dataclass(frozen=True, slots=True)
class Subject:
    """The process that is looked at; *inner* is its number in the container, None where that is not known."""

    pid: int
    inner: int | None
    state: str = "S"
    command: str = ""

    @property
    def shown(self) -> str:
        """Its number as the container counts, or as its machine does."""
        return str(self.inner if self.inner is not None else self.pid)

    @property
    def program(self) -> str:
        """What its command line begins with, without the way there."""
        return self.command.partition(" ")[0].rpartition("/")[2]


def main_process(details: Mapping[str, Any]) -> Subject:
    """Return the main process of an inspected container."""
    pid = int((details.get("State") or {}).get("Pid") or 0)
    mode = _pid_mode(details)
    return Subject(pid, pid if mode == "host" else None if mode.startswith("container:") else 1)


def _pid_mode(details: Mapping[str, Any]) -> str:
    return str((details.get("HostConfig") or {}).get("PidMode") or "")


def refusal(target: Container) -> Refusal | None:
    """Say why nothing can be looked at in *target*; None if it can."""
    if target.is_up:
        return None
    if target.state is State.RESTARTING:
        sentence = f"{target.name} is between two restarts: it has no process to look at."
        return Refusal(sentence, "c", "a shell on what it left")
    if target.state in (State.REMOVING, State.DEAD):
        return Refusal(f"{target.name} is being removed.")
    return Refusal(f"{target.name} does not run: it has no process to look at.", "c", "a shell on what it left")


def ways(recipe: Recipe, ground: Ground, subject: Subject) -> dict[Way, str]:
    """Return for each way why it cannot be gone, the least first; empty where it can."""
    if recipe.on_process and subject.state in "ZX":
        return dict.fromkeys(Way, "it has ended: there is nothing left to look at")
    found = {
        Way.HOST: _not_here(recipe, ground),
        Way.EXEC: _not_inside(recipe, ground, subject),
        Way.SIDECAR: _not_beside(recipe, ground),
    }
    if recipe.on_process and not recipe.ending:
        # What goes on inside would go on without its command line, should that be killed; a sidecar is removed.
        found[Way.EXEC] = found.pop(Way.EXEC)
    return found


def _not_here(recipe: Recipe, ground: Ground) -> str:
    needed = [recipe.tool] if recipe.on_process else [recipe.tool, NSENTER]
    if not ground.is_local:
        return "another machine runs it"
    if lacking := [tool for tool in needed if tool not in ground.here]:
        return f"this machine has no {lacking[0]}: install it here"
    return "" if ground.is_root else "only root may: start cdbg with sudo"


def _not_inside(recipe: Recipe, ground: Ground, subject: Subject) -> str:
    if recipe.tool not in ground.own:
        return f"it has no {recipe.tool}"
    if from_inspect(ground.details).state is State.PAUSED:
        return "it is paused: nothing can be started in it"
    # Raw sockets are all that tcpdump cannot do without.
    needed = set(recipe.caps) - {"NET_ADMIN"}
    if lacking := sorted(needed - _capabilities(ground.details)):
        return f"root in it has no {lacking[0]}"
    if recipe.on_process and subject.inner is None:
        return "its number inside is not known on this side"
    if recipe.ending and not ground.own.issuperset(GUARD):
        return "it has no shell to end it by"
    return ""


def _capabilities(details: Mapping[str, Any]) -> frozenset[str]:
    host = details.get("HostConfig") or {}
    privileged = bool(host.get("Privileged"))
    return capabilities(host.get("CapAdd") or (), host.get("CapDrop") or (), privileged=privileged)


def _not_beside(recipe: Recipe, ground: Ground) -> str:
    if not ground.images:
        return f"{ground.toolbox} is not on this engine: docker pull it"
    if not image_for(recipe.tool, ground):
        return f"{' and '.join(ground.images)} {'have' if len(ground.images) > 1 else 'has'} no {recipe.tool}"
    return ""


def image_for(tool: str, ground: Ground) -> str:
    """Return the first image that has a tool, or nothing."""
    return next((image for image, tools in ground.images.items() if tool in tools), "")


def command_line(recipe: Recipe, ground: Ground) -> str:
    """Return the line that is offered to be edited, with what is known of the container filled in."""
    target = from_inspect(ground.details)
    words = recipe.line.replace("{nameserver}", f"@{ground.nameserver} " if ground.nameserver else "")
    return words.replace("{name}", target.name).replace("{address}", _address(ground.details))


def _address(details: Mapping[str, Any]) -> str:
    """Return a URL of the container's own, from inside its network."""
    ports = list((details.get("Config") or {}).get("ExposedPorts") or ())
    ports += list((details.get("NetworkSettings") or {}).get("Ports") or ())
    numbers = sorted({int(port.partition("/")[0]) for port in ports if re.fullmatch(r"\d+/tcp", port)})
    port = numbers[0] if numbers else 80
    scheme = "https" if port in (443, 8443) else "http"
    return f"{scheme}://localhost:{port}/"


def file_name(recipe: Recipe, name: str, stamp: str) -> str:
    """Return what the file on this side is called, if nobody says otherwise."""
    return f"{safe_name(name)}-{stamp}.{recipe.ending}"


def recipe_plan(
    recipe: Recipe,
    way: Way,
    line: str,
    ground: Ground,
    subject: Subject,
    docker: Docker,
    suffix: str,
    into: str = "",
) -> Plan | Refusal:
    """Plan *line*, as one would type it, by *way*; with *into*, its output goes to that file on this side.

    *suffix* makes a sidecar's name its own.
    """
    target = from_inspect(ground.details)
    if dead := refusal(target):
        return dead
    try:
        words = shlex.split(line)
    except ValueError as error:
        return Refusal(f"The command cannot be read: {error}.")
    if not words:
        return Refusal("There is no command.")
    if why := ways(recipe, ground, subject)[way]:
        return Refusal(f"{recipe.tool} by {way}: {why}.")
    if recipe.ending and not into.strip():
        return Refusal("Which file its output shall go to is not said.")
    argv, cleanup = _argv(recipe, way, words, ground, subject, docker, suffix)
    what = f"{words[0]} on {subject.shown}" if recipe.on_process else words[0]
    return Plan(
        title=f"{what} in {target.name}",
        argv=argv,
        cleanup=cleanup,
        removes_itself=True,
        is_local=way is Way.HOST,
        into=into.strip(),
        stays=recipe.stays,
        banner=_banner(recipe, way, target, ground, into.strip()),
    )


def _banner(recipe: Recipe, way: Way, target: Container, ground: Ground, into: str) -> tuple[str, ...]:
    where = {
        Way.HOST: "on this machine",
        Way.EXEC: f"in {target.name}",
        Way.SIDECAR: f"of {image_for(recipe.tool, ground)}, in a sidecar",
    }[way]
    ends = "quit leaves it" if not recipe.stays else "Ctrl+C ends it"
    lines = [f"{recipe.tool} {where}; {ends}, and leaves {target.name} as it was."]
    if into:
        lines.append(f"Its output goes to {into}.")
    if target.state is State.PAUSED:
        lines.append(f"{target.name} is paused: its processes stand still.")
    return tuple(lines)


def _argv(
    recipe: Recipe, way: Way, words: list[str], ground: Ground, subject: Subject, docker: Docker, suffix: str
) -> tuple[Argv, tuple[Argv, ...]]:
    target = from_inspect(ground.details)
    if way is Way.HOST:
        argv = _with_process(words, subject.pid)
        return (argv if recipe.on_process else (*entering(target.pid), *argv)), ()
    if way is Way.EXEC:
        argv = _with_process(words, subject.inner or 0)
        user = ("--user", "0") if recipe.caps else ()
        if recipe.ending:
            return docker("exec", "-i", *user, target.id[:12], "sh", "-c", UNTIL_INPUT_ENDS, "sh", *argv), ()
        return docker("exec", "-it", *NO_DETACH, *user, target.id[:12], *argv), ()
    # By the number that its machine counts, where the container's own cannot be known from here.
    pid = subject.pid if subject.inner is None else subject.inner
    program, *arguments = _with_process(words, pid)
    options, name = beside(recipe, ground, subject, suffix)
    terminal = () if recipe.ending else ("-it", *NO_DETACH)
    image = image_for(recipe.tool, ground)
    argv = docker("run", "--rm", *terminal, *options, "--entrypoint", program, image, *arguments)
    return argv, (docker("rm", "--force", name),)


def entering(pid: int) -> Argv:
    """Return the words that run what follows in the network namespace of a process of this machine."""
    return (NSENTER, "--target", str(pid), "--net", "--")


def _with_process(words: list[str], pid: int) -> Argv:
    root = f"/proc/{pid}/root"
    return tuple(word.replace("{pid}", str(pid)).replace("{root}", root) for word in words)


def beside(recipe: Recipe, ground: Ground, subject: Subject, suffix: str) -> tuple[Argv, str]:
    """Return the options of a sidecar that *recipe* needs, and its name."""
    target = from_inspect(ground.details)
    name = object_name(target.name, suffix)
    host = ground.details.get("HostConfig") or {}
    traces = PTRACE in recipe.caps
    by_machine = recipe.on_process and subject.inner is None
    words = ["--name", name, "--label", f"{SESSION_LABEL}=sidecar", "--label", f"{TARGET_LABEL}={target.id}"]
    if traces:
        words += ["--pid", "host" if by_machine else f"container:{target.id[:12]}"]
    words += ["--network", f"container:{target.id[:12]}"]
    for cap in recipe.caps:
        words += ["--cap-add", cap]
    # Docker's AppArmor profile lets its processes trace only those under the same profile.
    if traces and ground.details.get("AppArmorProfile") not in (None, "", "docker-default"):
        words += ["--security-opt", "apparmor=unconfined"]
    if by_machine or host.get("UsernsMode") == "host":
        words += ["--userns", "host"]
    if recipe.caps:
        words += ["--user", "0"]
    return tuple(words), name
