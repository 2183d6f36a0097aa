"""Who a process is to the kernel, and whom it may look into, by the rule of ptrace(2): so /proc/PID/root opens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Bit by bit, as linux/capability.h numbers them.
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip
DEFAULT = frozenset(
    (
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    )
)  # fmt: skip
"""What Docker leaves to root in a container."""
PTRACE = "SYS_PTRACE"
_STATUS_LINE = re.compile(r"^(Uid|Gid|CapPrm):\s+(\S+)(?:\s+(\S+)\s+(\S+))?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rights:
    """A process's ids and permitted capabilities; an id is None where it is not known."""

    uid: int | None
    gid: int | None
    capabilities: frozenset[str] = frozenset()

    @property
    def who(self) -> str:
        """Who that is, in words."""
        if self.uid is None:
            return "another user"
        return "root" if self.uid == 0 else f"uid {self.uid}"


def sees(one: Rights, other: Rights) -> bool | None:
    """Tell whether *one* may open /proc/PID/root and environ of *other*; None where that is not known.

    With SYS_PTRACE always; else with the same ids and no capability less.
    """
    if PTRACE in one.capabilities:
        return True
    if not other.capabilities <= one.capabilities:
        return False
    pairs = ((one.uid, other.uid), (one.gid, other.gid))
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        return False
    return None if any(None in pair for pair in pairs) else True


def capabilities(
    added: Iterable[str], dropped: Iterable[str], *, privileged: bool = False, uid: int | None = 0
) -> frozenset[str]:
    """Return what a container's first process is permitted: that is for root, all others have none.

    Somebody with a name that is not known is not root.
    """
    if uid != 0:
        return frozenset()
    everything = frozenset(CAPABILITIES)
    plus, minus = _names(added), _names(dropped)
    if privileged:
        return everything
    kept = frozenset() if "ALL" in minus else DEFAULT - minus
    return (everything - minus if "ALL" in plus else kept | plus) & everything


def _names(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.upper().removeprefix("CAP_") for word in words)


def configured(details: Mapping[str, Any], passwd: str = "", group: str = "") -> Rights:
    """Return the rights that an inspected container starts with; a name is looked up in its own files."""
    host = details.get("HostConfig") or {}
    uid, gid = ids(str((details.get("Config") or {}).get("User") or ""), passwd, group)
    caps = capabilities(
        host.get("CapAdd") or (), host.get("CapDrop") or (), privileged=bool(host.get("Privileged")), uid=uid
    )
    return Rights(uid, gid, caps)


def ids(user: str, passwd: str = "", group: str = "") -> tuple[int | None, int | None]:
    """Return the numbers that ``USER[:GROUP]`` means, as the engine takes it; None where no file tells."""
    name, _, group_name = user.partition(":")
    name = name or "0"
    uid, gid = (int(name), 0) if name.isdecimal() else (None, None)
    if not name.isdecimal() and name == "root":
        uid, gid = 0, 0
    for row in _rows(passwd, 7):
        if row[0] == name or (name.isdecimal() and row[2] == name):
            uid, gid = int(row[2]), int(row[3])
            break
    if group_name.isdecimal():
        gid = int(group_name)
    elif group_name:
        gid = next((int(row[2]) for row in _rows(group, 3) if row[0] == group_name), None)
    return uid, gid


def _rows(text: str, least: int) -> Iterable[list[str]]:
    for line in text.splitlines():
        row = line.split(":")
        numbers = row[2:4] if least > 3 else row[2:3]
        if len(row) >= least and all(number.isdecimal() for number in numbers):
            yield row


def from_status(text: str) -> Rights | None:
    """Return the rights that ``/proc/PID/status`` tells; None where it does not, or ids are changed half-way."""
    found = {line[1]: line for line in _STATUS_LINE.finditer(text)}
    if set(found) != {"Uid", "Gid", "CapPrm"}:
        return None
    permitted = int(found["CapPrm"][2], 16)
    numbers = []
    for name in ("Uid", "Gid"):
        same = {found[name][place] for place in (2, 3, 4)}
        numbers.append(int(same.pop()) if len(same) == 1 else None)
    names = frozenset(name for bit, name in enumerate(CAPABILITIES) if permitted >> bit & 1)
    return Rights(numbers[0], numbers[1], names)
