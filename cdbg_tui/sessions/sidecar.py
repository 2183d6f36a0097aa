"""A toolbox beside a container: in its PID and network namespaces, in a root of its own.

Nothing is written into the target, so it may be distroless, read-only or of another user; its files are
reached through /proc, for which SYS_PTRACE is the one capability needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.sessions.plan import (
    NO_DETACH,
    SESSION_LABEL,
    TARGET_LABEL,
    Docker,
    Plan,
    Refusal,
    object_name,
)

TARGET_ROOT = "/target"
_BEST_SHELL = "for s in zsh bash ash sh; do command -v $s >/dev/null && exec $s; done"


def sidecar_plan(
    details: Mapping[str, Any],
    docker: Docker,
    *,
    image: str,
    suffix: str,
    shell: str = "sh",
    pull: bool = False,
) -> Plan | Refusal:
    """Plan a sidecar for the container whose inspection is *details*.

    *shell* is a POSIX shell of the toolbox *image*, which chooses the best one there is; *suffix* makes
    the sidecar's name its own; with *pull*, the image is fetched first.
    """
    target = from_inspect(details)
    if refusal := _refusal(target):
        return refusal
    root, files = _root(details, target)
    name = object_name(target.name, suffix)
    words = ("sh",) if shell.endswith("/busybox") else ()
    return Plan(
        title=f"sidecar of {target.name}",
        pull=docker("pull", image) if pull else (),
        argv=docker(
            "run", "--rm", "-it", *NO_DETACH,
            "--name", name,
            "--label", f"{SESSION_LABEL}=sidecar",
            "--label", f"{TARGET_LABEL}={target.id}",
            "--pid", f"container:{target.id[:12]}",
            "--network", f"container:{target.id[:12]}",
            "--cap-add", "SYS_PTRACE",
            *_confinement(details),
            "--user", "0",
            "--workdir", "/",
            "--entrypoint", shell,
            image,
            *words, "-c", f"ln -sfn {root} {TARGET_ROOT}; {_BEST_SHELL}",
        ),
        cleanup=(docker("rm", "--force", name),),
        removes_itself=True,
        banner=_banner(target, image, files),
    )  # fmt: skip


def _root(details: Mapping[str, Any], target: Container) -> tuple[str, str]:
    """Return the target's root for the sidecar's script, and for the banner.

    The main process is 1 in the PID namespace of the container itself, has its own number in that of the
    host, and a number that only /proc knows in that of another container.
    """
    mode = (details.get("HostConfig") or {}).get("PidMode") or ""
    if mode.startswith("container:"):
        find = f"p=$(grep -ls {target.id} /proc/[0-9]*/cgroup | head -n 1)"
        return f'"$({find}; echo ${{p%/cgroup}}/root)"', "/proc/N/root of its main process"
    path = f"/proc/{target.pid if mode == 'host' else 1}/root"
    return path, path


def _confinement(details: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the sidecar must share with the target for the kernel to let it look into it."""
    words: list[str] = []
    # Docker's AppArmor profile lets its processes trace only those under the same profile.
    if details.get("AppArmorProfile") not in (None, "", "docker-default"):
        words += ["--security-opt", "apparmor=unconfined"]
    if (details.get("HostConfig") or {}).get("UsernsMode") == "host":
        words += ["--userns", "host"]
    return tuple(words)


def _banner(target: Container, image: str, files: str) -> tuple[str, ...]:
    lines = [
        f"{image} beside {target.name}: its processes and its network are yours, the programs are the toolbox's.",
        f"The files of {target.name} are in {TARGET_ROOT} ({files}).",
    ]
    if target.state is State.PAUSED:
        lines.append(f"{target.name} is paused: its processes are there, and frozen.")
    lines.append("exit or Ctrl+D comes back, and removes the sidecar. It ends when its target ends.")
    return tuple(lines)


def _refusal(target: Container) -> Refusal | None:
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
