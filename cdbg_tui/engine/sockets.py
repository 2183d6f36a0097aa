"""What waits to be spoken to in a container's network, as the kernel lists it for one of its processes."""

from __future__ import annotations

import contextlib
import errno
import os
import socket

from cdbg_tui.model.socket import Holder, Socket, parse

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


def table(pid: int) -> tuple[tuple[Socket, int], ...]:
    """Return the same sockets, each with the inode by which the kernel knows it (proc_net_tcp.txt).

    Raises:
        OSError: the process is gone, or may not be looked at.
    """
    found: list[tuple[Socket, int]] = []
    for name, protocol in _TABLES:
        with contextlib.suppress(FileNotFoundError) if name.endswith("6") else contextlib.nullcontext():
            head, *rows = _text(f"/proc/{pid}/net/{name}").splitlines()
            for row in rows:
                inode = row.split()[9:10]
                found += [(one, int(inode[0])) for one in parse(f"{head}\n{row}", protocol) if inode]
    return tuple(found)


def holders() -> tuple[Holder, ...]:
    """Return which processes have which ports in this program's own network; those of others take root to see.

    Raises:
        OSError: the kernel's lists cannot be read.
    """
    import psutil

    found = []
    try:
        for one in psutil.net_connections("inet"):
            protocol = "tcp" if one.type == socket.SOCK_STREAM else "udp"
            if one.pid and one.laddr and (protocol == "udp" or one.status == psutil.CONN_LISTEN):
                with contextlib.suppress(psutil.NoSuchProcess):
                    found.append(Holder(protocol, one.laddr.port, one.pid, psutil.Process(one.pid).name()))
    except psutil.AccessDenied as error:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from error
    return tuple(found)


def _text(path: str) -> str:
    with open(path, "rb") as file:
        data = file.read(_MOST)
    if len(data) == _MOST:
        data = data.rpartition(b"\n")[0]
    return data.decode("ascii", "replace")
