"""What the kernel or somebody else refused it: of one that ended for that, and of one that cannot go on."""

from __future__ import annotations

from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.triage.causes import BY_ID
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.rules.lacks import LOOK_INSIDE, certainty, quoted
from cdbg_tui.triage.words.said import keeps_saying, told


def device_not_there(evidence: Evidence) -> Finding | None:
    """It opens a device that the container was not given."""
    one = told(evidence, "device-missing")
    if one is None:
        return None
    path = one.groups.get("path", "a device")
    name = evidence.container.name
    return Finding(
        "device-missing",
        f"No device {path}",
        f"It opens {path}, which {name} was not given, or which its machine does not have.",
        certainty(one),
        proof=(quoted(one), Proof("inspect", f"HostConfig.Devices: {len(evidence.host.get('Devices') or ())}")),
        next=(Step(f"make it anew with --device {path}"), LOOK_INSIDE[1]),
    )


def user_not_there(evidence: Evidence) -> Finding | None:
    """It calls something with the name of an account that the image does not have."""
    one = told(evidence, "user-not-found")
    if one is None:
        return None
    user = one.groups.get("name", "")
    return Finding(
        "user-not-found",
        f"No user {user}",
        f"The image has no account “{user}” in its /etc/passwd or /etc/group.",
        certainty(one),
        proof=(quoted(one),),
        next=(Step(f"make the account {user} in the image, or use a number"), LOOK_INSIDE[1]),
    )


def ended_for_want_of_processes(evidence: Evidence) -> Finding | None:
    """It could not start another process or thread, and gave up."""
    one = told(evidence, "pids-limit-hit")
    if one is None:
        return None
    limit = max(0, evidence.host.get("PidsLimit") or 0)
    name = evidence.container.name
    words = "It could not start another process or thread, and gave up."
    more: tuple[Step, ...] = ()
    if limit:
        words += f" It may have {limit}."
        more = (Step("allow it more", command=("docker", "update", "--pids-limit", str(4 * limit), name)),)
    return Finding(
        "pids-limit-hit",
        "Process limit reached",
        words,
        certainty(one, is_borne_out=bool(limit)),
        proof=(
            quoted(one),
            Proof("inspect", f"HostConfig.PidsLimit = {limit}" if limit else "no limit of its own"),
        ),
        next=(*more, LOOK_INSIDE[1]),
    )


def ended_for_want_of_files(evidence: Evidence) -> Finding | None:
    """It could not open another file or socket, and gave up."""
    one = told(evidence, "fd-leak")
    if one is None:
        return None
    limits = (limit for limit in evidence.host.get("Ulimits") or () if limit.get("Name") == "nofile")
    limit = next((str(limit.get("Soft")) for limit in limits), "")
    return Finding(
        "fd-leak",
        "Too many open files",
        "It held as many files and sockets open as it may" + (f" ({limit})" if limit else "") + ", and gave up.",
        certainty(one, is_borne_out=bool(limit)),
        proof=(quoted(one), *([Proof("inspect", f"ulimit nofile = {limit}")] if limit else [])),
        next=(Step("let it close what it opens, or raise --ulimit nofile=…"), LOOK_INSIDE[1]),
    )


_STUCK = {
    "auth-failure": ("Its login is refused, again and again", "give it other credentials"),
    "disk-full": ("It finds no space to write", "make room, or give it a larger volume"),
    "permission-denied-volume": ("It may not use what lies on a mount", "give its user the right to it"),
    "readonly-rootfs-write": ("It cannot write where the file system is read-only", "give it a volume or a tmpfs"),
}


def runs_and_is_refused(evidence: Evidence) -> Finding | None:
    """It runs, and its last lines tell of nothing but being refused."""
    one = keeps_saying(evidence, *_STUCK)
    if one is None:
        return None
    title, advice = _STUCK[one.cause]
    words = f"It runs, and its last lines tell of nothing else. {BY_ID[one.cause].meaning}"
    if one.cause == "disk-full" and (tmpfs := evidence.host.get("Tmpfs")):
        words += f" It has a tmpfs: {', '.join(f'{path} {options}'.strip() for path, options in tmpfs.items())}."
    return Finding(
        one.cause,
        title,
        words,
        Certainty.LIKELY,
        Weight.WARNING,
        (quoted(one),),
        (Step(advice), Step("see its environment and mounts", key="i")),
    )


RULES = (
    device_not_there,
    user_not_there,
    ended_for_want_of_processes,
    ended_for_want_of_files,
    runs_and_is_refused,
)
