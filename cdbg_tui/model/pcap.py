"""The pcap format: a stream of it cut at its packets, and a line for each that says what it is.

pcap-savefile(5); link types at https://www.tcpdump.org/linktypes.html.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass

FILE_HEADER, RECORD_HEADER = 24, 16
LARGEST = 1 << 20
"""No packet is longer: tcpdump keeps 256 KiB of each at most."""
# The four magic numbers: byte order, and the fraction of a second that the second word counts.
_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}


class NotPcapError(ValueError):
    """What came is no pcap, or no longer."""


@dataclass(frozen=True, slots=True)
class Record:
    """One packet as it stands in a file: *raw* with its header; *when* in seconds since 1970."""

    raw: bytes
    when: float

    @property
    def frame(self) -> bytes:
        """The packet itself, as far as it was kept."""
        return self.raw[RECORD_HEADER:]


class Cutter:
    """Cuts a stream into whole packets: what is cut off at its end never comes out."""

    def __init__(self) -> None:
        self._rest = b""
        self._order, self._fraction = "", 1
        self.header = b""
        """What a file begins with; empty until it has come."""
        self.link = 0

    @property
    def is_cut(self) -> bool:
        """Whether the stream has stopped within a packet."""
        return bool(self._rest)

    def feed(self, piece: bytes) -> Iterator[Record]:
        """Take the next piece of the stream, and yield the packets that it completes.

        Raises:
            NotPcapError: it is none.
        """
        self._rest += piece
        if not self.header:
            if self._rest[:4] and not any(magic.startswith(self._rest[:4]) for magic in _MAGIC):
                raise NotPcapError("what came is no pcap")
            if len(self._rest) < FILE_HEADER:
                return
            self.header, self._rest = self._rest[:FILE_HEADER], self._rest[FILE_HEADER:]
            self._order, self._fraction = _MAGIC[self.header[:4]]
            [link] = struct.unpack_from(self._order + "I", self.header, 20)
            self.link = link & 0xFFFF
        at, rest = 0, self._rest
        while len(rest) - at >= RECORD_HEADER:
            seconds, fraction, kept, _ = struct.unpack_from(self._order + "IIII", rest, at)
            if kept > LARGEST:
                self._rest = rest[at:]
                raise NotPcapError(f"a packet of {kept} bytes is none")
            end = at + RECORD_HEADER + kept
            if len(rest) < end:
                break
            yield Record(rest[at:end], seconds + fraction / self._fraction)
            at = end
        self._rest = rest[at:]


_ETHERNET, _RAW, _SLL, _SLL2 = 1, 101, 113, 276
_HEADS = {_ETHERNET: (14, 12), _SLL: (16, 14), _SLL2: (20, 0)}
"""Of each link type: how long its head is, and where in it the protocol stands."""
_IPV4, _IPV6, _ARP, _VLAN = 0x0800, 0x86DD, 0x0806, 0x8100
_TCP, _UDP = 6, 17
_NAMES = {1: "icmp", 2: "igmp", 47: "gre", 50: "esp", 58: "icmp6", 132: "sctp"}
_FLAGS = ((0x02, "S"), (0x01, "F"), (0x04, "R"), (0x08, "P"), (0x10, "."))
"""As tcpdump writes them."""


def summary(link: int, frame: bytes) -> str:
    """Return what a packet is in a line: from where, to where, which protocol, how much in it."""
    try:
        return _frame(link, frame)
    except (struct.error, IndexError, ValueError):
        return f"{len(frame)} bytes, cut short"


def _frame(link: int, frame: bytes) -> str:
    if link == _RAW:
        return _network(_IPV6 if frame[0] >> 4 == 6 else _IPV4, frame)
    if link not in _HEADS:
        return f"{len(frame)} bytes of link type {link}"
    length, where = _HEADS[link]
    [protocol] = struct.unpack_from(">H", frame, where)
    if protocol == _VLAN:
        [protocol] = struct.unpack_from(">H", frame, length + 2)
        length += 4
    return _network(protocol, frame[length:])


def _network(protocol: int, packet: bytes) -> str:
    if protocol == _ARP:
        words = {1: "who has", 2: "answer"}.get(packet[7], "")
        return f"arp {words} {ipaddress.IPv4Address(packet[24:28])}"
    if protocol == _IPV4:
        length, inner = (packet[0] & 15) * 4, packet[9]
        [total, _, offset] = struct.unpack_from(">HHH", packet, 2)
        source, target = (str(ipaddress.IPv4Address(packet[at : at + 4])) for at in (12, 16))
        if offset & 0x1FFF:
            return f"{source} → {target} fragment"
    elif protocol == _IPV6:
        length, inner = 40, packet[6]
        total = 40 + int.from_bytes(packet[4:6], "big")
        source, target = (f"[{ipaddress.IPv6Address(packet[at : at + 16])}]" for at in (8, 24))
    else:
        return f"protocol {protocol:#06x}, {len(packet)} bytes"
    return _transport(inner, packet[length:], total - length, source, target)


def _transport(protocol: int, segment: bytes, length: int, source: str, target: str) -> str:
    if protocol not in (_TCP, _UDP):
        return f"{source} → {target} {_NAMES.get(protocol, f'protocol {protocol}')} {length} B"
    sender, receiver = struct.unpack_from(">HH", segment)
    ends = f"{source}:{sender} → {target}:{receiver}"
    if protocol == _UDP:
        return f"{ends} udp {length - 8} B"
    flags = "".join(letter for bit, letter in _FLAGS if segment[13] & bit)
    return f"{ends} tcp [{flags}] {length - (segment[12] >> 4) * 4} B"
