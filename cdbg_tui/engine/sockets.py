"""What waits to be spoken to in a container's network, as the kernel lists it for one of its processes."""

from __future__ import annotations

import contextlib

from cdbg_tui.model.socket import Socket, parse

_TABLES = (("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp"))
_MOST = 4 << 20
"""Bytes read of a table: the kernel lists what listens first, and connections, which may be many, after it."""


def waiting(pid: int) -> tuple[Socket, ...]:
    """Return the sockets in the network namespace of a process that wait for others, as this machine counts.

    Raises:
        OSError: the process is gone, or may not be looked at.
    """
    found: list[Socket] = []
    for name, protocol in _TABLES:
        # Without IPv6 its tables are not there; a process that is gone has none at all.
        with contextlib.suppress(FileNotFoundError) if name.endswith("6") else contextlib.nullcontext():
            found += parse(_text(f"/proc/{pid}/net/{name}"), protocol)
    return tuple(found)


def _text(path: str) -> str:
    with open(path, "rb") as file:
        data = file.read(_MOST)
    if len(data) == _MOST:
        data = data.rpartition(b"\n")[0]
    return data.decode("ascii", "replace")
