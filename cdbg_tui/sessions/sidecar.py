"""A toolbox beside a container: in its PID and network namespaces, in a root of its own.

Nothing is written into the target, so it may be distroless, read-only or of another user; its files are
reached through /proc, for which SYS_PTRACE is the one capability needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.model.rights import PTRACE, Rights, ids, sees
from cdbg_tui.sessions.life import Life
from cdbg_tui.sessions.plan import (
    NO_DETACH,
    SESSION_LABEL,
    TARGET_LABEL,
    Docker,
    Plan,
    Refusal,
    object_name,
)
from cdbg_tui.sessions.profiles import GENERAL, Profile, own_user

TARGET_ROOT = "/target"
NOT_ROOTS = "/tmp"  # noqa: S108 - a tmpfs of the sidecar's own: who is not root cannot write into its /
_BEST_SHELL = "for s in zsh bash ash sh; do command -v $s >/dev/null && exec $s; done"
_UNSEEN = "The kernel does not let this sidecar see the files of its target."

# environ has NUL between variables, and anything else in them. Line ends inside a value are another byte while
# sed quotes: the first that the whole of it does not contain. What is no name of a variable, what shells keep for
# themselves, and what they would run is left out; the toolbox's own programs stay first on the PATH.
_SOURCED = r"""
for b in 001 002 003 004 005 006 016 017; do [ "$(tr -dc "\\$b" <"$p/environ")" ] || break; done
tr "\000\n" "\n\\$b" <"$p/environ" | LC_ALL=C sed -e '/^[A-Za-z_][A-Za-z_0-9]*=/!d' \
-e '/^\(UID\|EUID\|PPID\|SHELLOPTS\|BASHOPTS\|BASH_ENV\|BASH_VERSINFO\|ENV\|IFS\|PROMPT_COMMAND\)=/d' \
-e "s/'/'\\\\''/g; s/=/='/; s/\$/'/; s/^PATH='/PATH=\"\$PATH:\"'/; s/^/export /" | tr "\\$b" '\n' >"$t.env"
"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was chosen for one sidecar."""

    profile: Profile = GENERAL
    user: str = ""
    """As ``docker run --user`` takes it; empty for the profile's own."""
    volumes: bool = False
    ipc: bool = False
    stands_in_root: bool = False
    """With the root of the target as its own; the toolbox must be static."""
    command: tuple[str, ...] = ()
    terminal: bool = True
    pull: bool = False


@dataclass(frozen=True, slots=True)
class Toolbox:
    """An image and what is known of it."""

    image: str
    shell: str = "sh"
    """A POSIX shell in it, which chooses the best one there is."""
    static: str = ""
    """Where a busybox lies in it that runs in any root."""
    note: str = ""
    """What is to be told of it, as a sentence."""


PLAIN = Wishes()


def sidecar_plan(
    details: Mapping[str, Any],
    docker: Docker,
    toolbox: Toolbox,
    suffix: str,
    wishes: Wishes = PLAIN,
    rights: Rights | None = None,
) -> Plan | Refusal:
    """Plan a sidecar for the container whose inspection is *details*.

    *suffix* makes its name its own; *rights* are those of the target's main process, where they were looked for.
    """
    target = from_inspect(details)
    if refusal := sidecar_refusal(target) or _not_to_be_had(details, target, toolbox, wishes):
        return refusal
    profile = wishes.profile
    user = wishes.user or own_user(profile, rights)
    hidden = unseen(details, wishes, rights)
    is_root = ids(user)[0] == 0
    place = TARGET_ROOT if is_root else NOT_ROOTS + TARGET_ROOT
    name = object_name(target.name, suffix)
    words = ("sh",) if toolbox.shell.endswith("/busybox") else ()
    joined = f"container:{target.id[:12]}"
    script = _script(details, target, toolbox, wishes, place, is_unseen=bool(hidden))
    argv = docker(
        "run", "--rm", "-it" if wishes.terminal else "-i", *NO_DETACH,
        "--name", name,
        "--label", f"{SESSION_LABEL}=sidecar",
        "--label", f"{TARGET_LABEL}={target.id}",
        "--pid", joined,
        "--network", joined,
        *_ipc(details, joined, wishes),
        *profile.options(),
        *_confinement(details, profile),
        *(("--volumes-from", target.id[:12]) if wishes.volumes else ()),
        *(() if is_root else ("--tmpfs", NOT_ROOTS)),
        "--user", user,
        "--workdir", "/",
        "--entrypoint", toolbox.shell,
        toolbox.image,
        *words, "-c", script,
        *(("sidecar", *wishes.command) if wishes.command else ()),
    )  # fmt: skip
    return Plan(
        title=f"sidecar of {target.name}",
        pull=docker("pull", toolbox.image) if wishes.pull else (),
        argv=argv,
        brief=tuple(_brief(wishes, place) if word is script else word for word in argv),
        cleanup=(docker("rm", "--force", "--volumes", name),),
        removes_itself=True,
        banner=_banner(details, target, toolbox, wishes, rights, user, place),
        life=Life(
            target.name,
            str((details.get("State") or {}).get("StartedAt") or ""),
            docker("inspect", "--type", "container", "--format", "{{json .State}}", target.id),
        ),
    )


def _script(
    details: Mapping[str, Any],
    target: Container,
    toolbox: Toolbox,
    wishes: Wishes,
    place: str,
    *,
    is_unseen: bool,
) -> str:
    """Return what the sidecar's first shell does: a link and a file in its own root, then the session itself."""
    lines = [
        _main_process(details, target),
        f"t={place}; ln -sfn $p/root $t",
        *([] if is_unseen else [f"(cd $p/root/) 2>/dev/null || echo '{_UNSEEN}' >&2"]),
        f"{{{_SOURCED}}} 2>/dev/null",
    ]
    if wishes.stands_in_root:
        busybox = toolbox.static
        tools = ":".join(f"/proc/$$/root{folder}" for folder in ("/bin", "/sbin", "/usr/bin", "/usr/sbin"))
        # Not exec'ed: the toolbox is reached from inside through the root of this shell, which stays outside.
        inner = '"$@"' if wishes.command else f"/proc/$$/root{busybox} sh"
        lines += [". $t.env", f"export PATH=$PATH:{tools}", f"{busybox} chroot $p/root {inner}; s=$?; exit $s"]
    elif wishes.command:
        lines.append('exec "$@"')
    else:
        lines.append(_BEST_SHELL)
    return "\n".join(lines)


def _brief(wishes: Wishes, place: str) -> str:
    """Return what the script does, as the screen shows it."""
    then = "chroot …" if wishes.stands_in_root else 'exec "$@"' if wishes.command else "exec the best shell"
    return f"…: link {place}, write {place}.env, {then}"


def _main_process(details: Mapping[str, Any], target: Container) -> str:
    """Return a line of shell that sets p to the directory in /proc of the target's main process.

    It is 1 in the PID namespace of the container itself, has its own number in that of the host, and a number
    that only /proc knows in that of another container.
    """
    mode = _pid_mode(details)
    if not mode.startswith("container:"):
        return f"p=/proc/{target.pid if mode == 'host' else 1}"
    return (
        "p=/proc/1; for c in /proc/[0-9]*/cgroup; do while read -r l; do"
        f" case $l in *{target.id}*) p=${{c%/cgroup}}; break 2;; esac; done <$c; done 2>/dev/null"
    )


def _pid_mode(details: Mapping[str, Any]) -> str:
    return str((details.get("HostConfig") or {}).get("PidMode") or "")


def _ipc(details: Mapping[str, Any], joined: str, wishes: Wishes) -> tuple[str, ...]:
    if not wishes.ipc:
        return ()
    mode = ipc_mode(details)
    return ("--ipc", mode if mode == "host" or mode.startswith("container:") else joined)


def ipc_mode(details: Mapping[str, Any]) -> str:
    """Return whose IPC namespace a container has, in the engine's word."""
    return str((details.get("HostConfig") or {}).get("IpcMode") or "")


def shares_ipc(details: Mapping[str, Any]) -> bool:
    """Tell whether a sidecar can join the container's IPC namespace."""
    return ipc_mode(details) in ("shareable", "host") or ipc_mode(details).startswith("container:")


def _confinement(details: Mapping[str, Any], profile: Profile) -> tuple[str, ...]:
    """Return what the sidecar must share with the target for the kernel to let it look into it."""
    words: list[str] = []
    # Docker's AppArmor profile lets its processes trace only those under the same profile.
    if _has_other_apparmor(details) and not profile.privileged and not profile.drops_all:
        words += ["--security-opt", "apparmor=unconfined"]
    if (details.get("HostConfig") or {}).get("UsernsMode") == "host":
        words += ["--userns", "host"]
    return tuple(words)


def _has_other_apparmor(details: Mapping[str, Any]) -> bool:
    return details.get("AppArmorProfile") not in (None, "", "docker-default")


def needs_rights(wishes: Wishes) -> bool:
    """Tell whether the plan depends on who the target is: not where root with SYS_PTRACE sees everybody."""
    return ids(wishes.user or own_user(wishes.profile, None))[0] != 0 or (
        PTRACE not in wishes.profile.rights(0, 0).capabilities
    )


def unseen(details: Mapping[str, Any], wishes: Wishes, rights: Rights | None) -> str:
    """Return why a sidecar will not see its target's files, and what helps, as a sentence; empty where it will."""
    profile, name = wishes.profile, from_inspect(details).name
    seen, why = reach(details, profile, wishes.user or own_user(profile, rights), rights)
    if seen is not False:
        return ""
    helps = "as root it would see them" if profile is GENERAL else "general sees them"
    return f"The files and variables of {name} stay out of reach: {why}; {helps}."


def reach(
    details: Mapping[str, Any], profile: Profile, user: str, rights: Rights | None
) -> tuple[bool | None, str]:
    """Tell whether a sidecar will see its target's files, and if not, why, as a sentence goes on."""
    uid, gid = ids(user)
    # The toolbox may know a group for that user.
    mine = profile.rights(uid, gid if uid == 0 or ":" in user else None)
    if profile.drops_all and _has_other_apparmor(details):
        return False, f"it is confined by another AppArmor profile ({details['AppArmorProfile']})"
    if rights is None:
        return (True, "") if PTRACE in mine.capabilities else (None, "")
    seen = sees(mine, rights)
    if seen is not False:
        return seen, ""
    if None not in (mine.uid, rights.uid) and mine.uid != rights.uid:
        return False, f"it runs as {rights.who}, the sidecar as {mine.who} without SYS_PTRACE"
    more = sorted(rights.capabilities - mine.capabilities)
    if not more:
        return False, "it runs under another group, the sidecar without SYS_PTRACE"
    named = ", ".join(more[:3]) + (f" and {len(more) - 3} more" if len(more) > 3 else "")
    return False, f"it has capabilities that the sidecar lacks ({named})"


def _banner(
    details: Mapping[str, Any],
    target: Container,
    toolbox: Toolbox,
    wishes: Wishes,
    rights: Rights | None,
    user: str,
    place: str,
) -> tuple[str, ...]:
    profile, name = wishes.profile, target.name
    as_whom = "" if user == "0" else f", as user {user}"
    lines = [
        f"{toolbox.image} beside {name}, {profile.name}{as_whom}: it {profile.can};",
        f"it {profile.cannot}.",
    ]
    seen, _ = reach(details, profile, user, rights)
    where = "/proc/N/root" if _pid_mode(details).startswith("container:") else _main_process(details, target)[2:]
    where = where if where.endswith("/root") else f"{where}/root"
    if hidden := unseen(details, wishes, rights):
        lines.append(hidden)
    elif wishes.stands_in_root:
        lines.append(f"You stand in the root of {name}, with its variables; what you write there, it has.")
    else:
        perhaps = "" if seen else ", if it has this very user"
        lines.append(f"The files of {name} are in {place} ({where}){perhaps}; its variables: . {place}.env")
    more = [
        *(["its volumes are mounted where it has them, writable"] if wishes.volumes else []),
        *(["its IPC is shared"] if wishes.ipc else []),
        *([f"{name} is paused: its processes are there, and frozen"] if target.state is State.PAUSED else []),
    ]
    if more:
        text = "; ".join(more)
        lines.append(f"{text[0].upper()}{text[1:]}.")
    if toolbox.note:
        lines.append(toolbox.note)
    lines.append("exit or Ctrl+D comes back, and removes the sidecar. It ends when its target ends.")
    return tuple(lines)


def _not_to_be_had(
    details: Mapping[str, Any], target: Container, toolbox: Toolbox, wishes: Wishes
) -> Refusal | None:
    if wishes.ipc and not shares_ipc(details):
        return Refusal(f"The IPC namespace of {target.name} is its own: --ipc shareable at its start shares it.")
    if not wishes.stands_in_root:
        return None
    if not toolbox.static:
        return Refusal(
            f"{toolbox.image} has no static busybox: its programs need libraries that {target.name} may not have."
            " busybox:musl has one."
        )
    user = wishes.user or own_user(wishes.profile, None)
    if "SYS_CHROOT" not in wishes.profile.rights(*ids(user)).capabilities:
        return Refusal(f"Only root may change its root, and not under the profile {wishes.profile.name}.")
    return None


def sidecar_refusal(target: Container) -> Refusal | None:
    """Say why there is nothing to stand beside; None if there is."""
    if target.is_up:
        return None
    if target.state is State.RESTARTING:
        return Refusal(
            f"{target.name} is between two restarts: there are no namespaces to join.",
            "c",
            "a shell on what it left",
        )
    if target.state in (State.REMOVING, State.DEAD):
        return Refusal(f"{target.name} is being removed.")
    return Refusal(f"{target.name} does not run: there are no namespaces to join.", "c", "a shell on what it left")
