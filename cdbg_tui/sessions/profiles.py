"""What a sidecar may do: the profiles by the names that ``kubectl debug`` gave them, as a table."""

from __future__ import annotations

from dataclasses import dataclass

from cdbg_tui.model.rights import Rights, capabilities


@dataclass(frozen=True, slots=True)
class Profile:
    """One set of rights; *can* and *cannot* end the sentence "it"."""

    name: str
    can: str
    cannot: str
    added: tuple[str, ...] = ()
    drops_all: bool = False
    privileged: bool = False
    security: tuple[str, ...] = ()
    as_root: bool = True
    """Else as the target's own user, or nobody where that is root."""

    def options(self) -> tuple[str, ...]:
        """Return the words of ``docker run`` that give these rights, and no more."""
        words = ["--privileged"] if self.privileged else []
        words += ["--cap-drop", "ALL"] if self.drops_all else []
        for option, values in (("--cap-add", self.added), ("--security-opt", self.security)):
            for value in values:
                words += [option, value]
        return tuple(words)

    def rights(self, uid: int | None, gid: int | None) -> Rights:
        """Return what a process has under this profile as that user."""
        dropped = ("ALL",) if self.drops_all else ()
        return Rights(uid, gid, capabilities(self.added, dropped, privileged=self.privileged, uid=uid))


GENERAL = Profile(
    "general",
    "sees every file and variable of the target, and traces its processes (strace, gdb)",
    "cannot change its network or mount anything",
    added=("SYS_PTRACE",),
)
PROFILES = (
    GENERAL,
    Profile(
        "netadmin",
        "captures packets, and changes addresses, routes, queues and firewall of the target's network",
        "cannot trace, and sees files only of a target that is root and has no capability more",
        added=("NET_ADMIN", "NET_RAW"),
    ),
    Profile(
        "sysadmin",
        "sees and traces as general, enters namespaces (nsenter), and mounts where AppArmor lets it",
        "cannot change its network, nor use devices of the machine",
        added=("SYS_ADMIN", "SYS_PTRACE"),
    ),
    Profile(
        "privileged",
        "does whatever root on the engine's machine can, devices and kernel settings included",
        "is held back by nothing: a mistake hits the machine",
        privileged=True,
    ),
    Profile(
        "restricted",
        "looks at the target's network and list of processes, with no capability and no way to get one",
        "sees the files only of a target of its own user, and neither traces, captures packets nor pings",
        drops_all=True,
        security=("no-new-privileges",),
        as_root=False,
    ),
)
BY_NAME = {profile.name: profile for profile in PROFILES}
NOBODY = "65534:65534"


def own_user(profile: Profile, target: Rights | None) -> str:
    """Return the user that a sidecar has unless another is chosen, as ``docker run --user`` takes it."""
    if profile.as_root:
        return "0"
    if target is None or not target.uid or target.gid is None:
        return NOBODY
    return f"{target.uid}:{target.gid}"
