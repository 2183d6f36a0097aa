"""It never started: what the engine said when it tried.

Engines frame the runtime's words differently at both ends, so only what stands between is matched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from cdbg_tui.model.container import State
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.exits import never_started

NEXT = (Step("see its configuration", key="i"), Step("try to start it again", key="x"))


def start_error(evidence: Evidence) -> str:
    """Return why the engine could not start it the last time it tried; empty where it could."""
    container = evidence.container
    return "" if container.state in (State.RUNNING, State.PAUSED) else container.error


def found(evidence: Evidence, cause: str, title: str, words: str, *proof: Proof, certain: bool = True) -> Finding:
    """Return a finding on a start that failed; the engine's own words are its first proof."""
    error = start_error(evidence)
    before = "It ran before, but could not be started again. " if evidence.started else "It has never run. "
    own = (Proof("inspect", f"State.Error = {error}"),) if error else ()
    certainty = Certainty.CERTAIN if certain else Certainty.LIKELY
    return Finding(cause, title, (before if error else "") + words, certainty, proof=own + proof, next=NEXT)


def with_steps(finding: Finding, *steps: Step) -> Finding:
    """Return *finding* with other next steps."""
    return replace(finding, next=steps)


_USER = re.compile(
    r"unable to find (?P<what>user|group) (?P<name>[^:]{1,200}): |no matching entries in (?:passwd|group)"
)
_DEVICE = re.compile(
    r"gathering device information|could not select device driver|unresolvable CDI|nvidia-container-cli|"
    r"no known GPU vendor|unknown or invalid runtime name|error adding device|not a device node|GPU vendor"
)
_DEVICE_NAME = re.compile(r'"?(/dev/[^":]{1,200})"?')
_MISMATCH = re.compile(
    r"[Aa]re you trying to mount a directory (?:onto|on to) a file|"
    r"(?:mount|rootfs).{0,800}(?:not a directory|is a directory)"
)
_MOUNT_TARGET = re.compile(r'to rootfs at "(?P<target>[^"]{1,500})"|mounting "(?P<source>[^"]{1,500})"')
_NETWORK = re.compile(
    r"network (?P<name>\S{1,200}) not found|"
    r"cannot join network (?:namespace )?of a (?:non running|restarting) container|"
    r"joining network namespace of container: No such container|[Nn]o such network|could not find (?:a )?network"
)
_LINK = re.compile(r"Cannot link to a (?:non running|restarting) container: (?P<name>\S{1,200})")
_SOURCE = re.compile(r"bind source path does not exist: (?P<path>.{1,500}?)(?:\"|$|: unknown)")


def user_not_found(evidence: Evidence) -> Finding | None:
    """The image has no such account."""
    match = _USER.search(start_error(evidence))
    if match is None:
        return None
    what, user = match["what"] or "user", match["name"] or evidence.config.get("User") or ""
    file = "/etc/group" if what == "group" else "/etc/passwd"
    words = f"{file} in the image has no {what} “{user}”; a number needs none."
    return found(evidence, "user-not-found", f"No {what} {user}", words)


def device_missing(evidence: Evidence) -> Finding | None:
    """The machine lacks the device, or the driver that would hand it out."""
    error = start_error(evidence)
    if not _DEVICE.search(error):
        return None
    match = _DEVICE_NAME.search(error)
    requests = evidence.host.get("DeviceRequests") or ()
    if match:
        words, title = f"The engine's machine has no device {match[1]}.", f"No device {match[1]}"
    elif requests or "gpu" in error.lower() or "nvidia" in error.lower():
        words, title = (
            "The engine's machine has no GPU driver that it knows (--gpus asks for one).",
            "No GPU driver",
        )
    else:
        words, title = (
            "The engine's machine cannot give it the device or runtime that it asks for.",
            "Device missing",
        )
    return found(evidence, "device-missing", title, words)


def mount_type_mismatch(evidence: Evidence) -> Finding | None:
    """A directory is mounted where the image has a file, or the other way round."""
    error = start_error(evidence)
    if not _MISMATCH.search(error):
        return None
    target = next((m["target"] for m in _MOUNT_TARGET.finditer(error) if m["target"]), "")
    mount = evidence.mount_of(target) if target else None
    words = "A directory is mounted where the image has a file, or a file where it has a directory."
    if mount is not None:
        words = (
            f"{mount.source} on the engine's machine is mounted on {mount.target}: one is a directory, the other "
            "a file. The engine makes a directory where the source of -v does not exist."
        )
    title = f"{mount.target} is mounted from the wrong kind" if mount else "Mount of the wrong kind"
    return found(evidence, "mount-type-mismatch", title, words)


def network_missing(evidence: Evidence) -> Finding | None:
    """Its network is gone, or the container whose network it shares does not run."""
    error, mode = start_error(evidence), str(evidence.host.get("NetworkMode") or "")
    match = _NETWORK.search(error)
    if match is None and not (mode.startswith("container:") and "No such container" in error):
        return None
    if mode.startswith("container:"):
        owner = mode.removeprefix("container:")
        known = next((n for n in evidence.neighbours or () if owner in (n.id, n.name)), None)
        name = known.name if known else owner[:12]
        state = f"is {known.state}" if known else "is gone"
        words = f"It shares the network of the container {name}, which {state}."
        return found(evidence, "network-missing", f"{name} {state}", words)
    name = mode if mode not in ("", "default", "bridge") else (match["name"] if match else "") or "its network"
    words = f"The network {name} does not exist any more; the container was made to be on it."
    step = Step("make it again, then start the container", command=("docker", "network", "create", name))
    return with_steps(found(evidence, "network-missing", f"Network {name} is gone", words), step, *NEXT[1:])


def dead_link(evidence: Evidence) -> Finding | None:
    """A container that it is linked to does not run."""
    match = _LINK.search(start_error(evidence))
    if match is None:
        return None
    name = match["name"].strip("/,")
    return found(
        evidence, "dead-dependency", f"{name} does not run", f"It is linked to {name}, which must run first."
    )


def mount_source_missing(evidence: Evidence) -> Finding | None:
    """The file or directory to be mounted is not on the engine's machine."""
    match = _SOURCE.search(start_error(evidence))
    if match is None:
        return None
    path = match["path"]
    return found(
        evidence, "missing-file-or-dir", f"{path} is not there", f"The engine's machine has no {path} to mount."
    )


_OTHERS: tuple[tuple[str, str, re.Pattern[str], str], ...] = (
    (
        "oom-killed",
        "OOM-killed at the start",
        re.compile(r"container init was OOM-killed"),
        "Its memory limit is too low even for the start.",
    ),
    (
        "start-failed",
        "Its IP address is taken",
        re.compile(r"(?:container networking|endpoint).{0,200}[Aa]ddress already in use$"),
        "Another container, or the machine itself, has the address that it is to have on its network.",
    ),
    ("disk-full", "Disk full", re.compile(r"no space left on device", re.I), "No space was left for the start."),
    (
        "readonly-rootfs-write",
        "Read-only file system",
        re.compile(r"read-only file system", re.I),
        "Something had to be made where the file system is read-only: a mount point that does not exist.",
    ),
    (
        "capability-missing",
        "Not permitted",
        re.compile(r"operation not permitted", re.I),
        "The kernel refused what its configuration asks for.",
    ),
)


def other_words(evidence: Evidence) -> Finding | None:
    """Something that has a name of its own stood in the way of the start."""
    error = start_error(evidence)
    for cause, title, pattern, words in _OTHERS:
        if error and pattern.search(error):
            return found(evidence, cause, title, words)
    return None


def could_not_start(evidence: Evidence) -> Finding | None:
    """The engine could not start it, for whatever reason: the least that is known."""
    if not start_error(evidence):
        return None
    code = int(evidence.state.get("ExitCode") or 0)
    told, again = never_started(code), evidence.started is not None
    return found(
        evidence,
        "start-failed",
        "Could not be started again" if again else told.word[0].upper() + told.word[1:],
        _whose(code) if again else told.meaning,
        *(() if again else (Proof("inspect", f"State.ExitCode = {code}, set by {told.set_by}"),)),
    )


def _whose(code: int) -> str:
    """Say whose the exit code is: a failed start leaves that of the run before, unless it was 0."""
    if code in (126, 127, 128):
        return f"Exit code {code} may be the engine's own: how the run before ended is not to be known."
    return f"Exit code {code} is still that of the run before."


def never_asked(evidence: Evidence) -> Finding | None:
    """It was created and nobody has started it."""
    container = evidence.container
    if container.state is not State.CREATED or container.error:
        return None
    return Finding(
        "created",
        "Not started yet",
        "It was created, and nobody has started it.",
        weight=Weight.FINE,
        proof=(Proof("inspect", "State.Status = created, State.Error is empty"),),
        next=(Step("start it", key="x"),),
    )


RULES: tuple[Callable[[Evidence], Finding | None], ...] = (
    user_not_found,
    device_missing,
    mount_type_mismatch,
    network_missing,
    dead_link,
    mount_source_missing,
    other_words,
    could_not_start,
    never_asked,
)
