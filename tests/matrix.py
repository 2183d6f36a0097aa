"""Which session can be had of which container: the README shows it, and a real engine is asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Session:
    """A session, by its command: ``cdbg ID NAME``."""

    id: str
    words: str


SESSIONS = (
    Session("exec", "`e` exec"),
    Session("sidecar", "`s` sidecar"),
    Session("attach", "`a` attach"),
    Session("nsenter", "`n` host tools"),
    Session("rerun", "`c` rerun"),
)

SHELL, STATIC, DYNAMIC = "shell", "static", "dynamic"
"""What is in the image: a busybox with its programs; one static program; a program and its libraries."""


@dataclass(frozen=True)
class Target:
    """A container; *refused* maps sessions to words of the sentence that refuses them, all others work."""

    id: str
    words: str
    options: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    image: str = SHELL
    command: tuple[str, ...] = ("sh", "-c", "while :; do echo tick; sleep 1; done")
    state: str = "running"
    maps_users: bool = False
    """Whether it is on an engine that maps users: `tests.engine.test_remapped` has that."""


_LIVES = {"rerun": "is alive"}
_BARE = {**_LIVES, "exec": "has no shell"}


def _down(what: str) -> dict[str, str]:
    return dict.fromkeys(("exec", "sidecar", "attach", "nsenter"), what)


TARGETS = (
    Target("root", "root", refused=_LIVES),
    Target("user", "`USER 1000`", ("--user", "1000"), _LIVES),
    Target("no-caps", "`--cap-drop ALL`", ("--cap-drop", "ALL"), _LIVES),
    Target("more-caps", "added capabilities", ("--cap-add", "NET_ADMIN", "--cap-add", "SYS_ADMIN"), _LIVES),
    Target("read-only", "`--read-only`", ("--read-only",), _LIVES),
    Target("distroless", "distroless", refused=_BARE, image=DYNAMIC, command=("/usr/bin/sleep", "1000")),
    Target("scratch", "scratch: one static binary", refused=_BARE, image=STATIC, command=("/sleep", "1000")),
    Target("pid-host", "`--pid host`", ("--pid", "host"), _LIVES),
    Target("net-host", "`--network host`", ("--network", "host"), _LIVES),
    Target("net-none", "`--network none`", ("--network", "none"), _LIVES),
    Target("net-other", "network of another", ("--network", "container:OTHER"), _LIVES),
    Target("tty", "with a terminal (`-it`)", ("--interactive", "--tty"), _LIVES),
    Target("stdin", "with input only (`-i`)", ("--interactive",), _LIVES),
    Target(
        "paused",
        "paused",
        refused={"exec": "is paused", "attach": "is paused", "rerun": "is paused, not dead"},
        state="paused",
    ),
    Target(
        "restarting",
        "between two restarts",
        ("--restart", "always"),
        _down("is between two restarts"),
        command=("false",),
        state="restarting",
    ),
    Target(
        "created",
        "created, never started",
        refused={**_down("does not run"), "exec": "never ran", "attach": "never ran"},
        state="created",
    ),
    Target("exited", "exited", refused=_down("does not run"), command=("true",), state="exited"),
    Target(
        "no-image",
        "exited, its image removed",
        refused=_down("does not run"),
        command=("true",),
        state="no image",
    ),
    Target("remapped", "root, mapped to another user (`userns-remap`)", refused=_LIVES, maps_users=True),
    Target(
        "remapped-exited",
        "exited, on such an engine",
        refused=_down("does not run"),
        command=("true",),
        state="exited",
        maps_users=True,
    ),
)
