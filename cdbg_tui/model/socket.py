"""Sockets that wait to be spoken to, as the kernel lists them for a network namespace."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterable
from dataclasses import dataclass

_LISTEN, _UNCONNECTED = "0A", "07"
"""States of /proc/net/tcp and /proc/net/udp (include/net/tcp_states.h)."""


@dataclass(frozen=True, slots=True)
class Socket:
    """A TCP socket that listens, or a UDP socket that is bound."""

    protocol: str
    """``tcp`` or ``udp``."""
    address: str
    """As bound: ``0.0.0.0``, ``::``, ``127.0.0.1``."""
    port: int
    waiting: int = 0
    """Connections that were made to it and that nobody has accepted yet."""

    @property
    def is_loopback(self) -> bool:
        """Whether only processes of the same network namespace can reach it."""
        return ipaddress.ip_address(self.address).is_loopback

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}" + ("" if self.protocol == "tcp" else f"/{self.protocol}")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process of the machine that has a port."""

    protocol: str
    port: int
    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (PID {self.pid})"


def parse(text: str, protocol: str) -> tuple[Socket, ...]:
    """Return the waiting sockets in the text of ``/proc/PID/net/{tcp,tcp6,udp,udp6}`` (proc(5)).

    Addresses are words of 32 bits in the machine's own byte order, in hexadecimal. The receive queue of a
    listening socket counts connections (inet_diag(7)).
    """
    wanted = _LISTEN if protocol == "tcp" else _UNCONNECTED
    found = []
    for row in (line.split() for line in text.splitlines()[1:]):
        if len(row) < 5 or row[3] != wanted:
            continue
        address, _, port = row[1].partition(":")
        waiting = int(row[4].partition(":")[2], 16) if protocol == "tcp" else 0
        found.append(Socket(protocol, _address(address), int(port, 16), waiting))
    return tuple(found)


def _address(text: str) -> str:
    words = (int(text[start : start + 8], 16) for start in range(0, len(text), 8))
    address = ipaddress.ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
    return str(getattr(address, "ipv4_mapped", None) or address)


def at(sockets: Iterable[Socket], port: int, protocol: str) -> tuple[Socket, ...]:
    """Return those that wait at *port*."""
    return tuple(one for one in sockets if (one.port, one.protocol) == (port, protocol))
