"""A stream of packets cut at its packets, whatever its pieces are, and a line on each."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from cdbg_tui.model.pcap import Cutter, NotPcapError, summary

MAGIC = {"<": {10**6: 0xA1B2C3D4, 10**9: 0xA1B23C4D}, ">": {10**6: 0xA1B2C3D4, 10**9: 0xA1B23C4D}}


def header(order: str = "<", fraction: int = 10**6, link: int = 1) -> bytes:
    return struct.pack(order + "IHHiIII", MAGIC[order][fraction], 2, 4, 0, 0, 262144, link)


def record(frame: bytes, order: str = "<", when: tuple[int, int] = (7, 500_000)) -> bytes:
    return struct.pack(order + "IIII", *when, len(frame), len(frame)) + frame


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("fraction", [10**6, 10**9])
def test_whole_packets_come_out_of_pieces_of_any_size(order: str, fraction: int) -> None:
    frames = [b"", b"a" * 7, b"b" * 300]
    stream = header(order, fraction) + b"".join(record(one, order, (7, fraction // 2)) for one in frames)
    for length in range(1, len(stream) + 1, 3):
        cutter = Cutter()
        found = [one for at in range(0, len(stream), length) for one in cutter.feed(stream[at : at + length])]
        assert [one.frame for one in found] == frames
        assert [one.when for one in found] == [7.5] * 3
        assert cutter.header + b"".join(one.raw for one in found) == stream
        assert not cutter.is_cut


def test_what_is_cut_off_never_comes_out() -> None:
    stream = header() + record(b"whole") + record(b"cut off")
    for end in range(len(stream) - len(record(b"cut off")) + 1, len(stream)):
        cutter = Cutter()
        assert [one.frame for one in cutter.feed(stream[:end])] == [b"whole"]
        assert cutter.is_cut


def test_what_is_no_pcap_is_told_at_once() -> None:
    for text in (b"docker: Error response", b"\xd4\xc3x", b"\x0a\x0d\x0d\x0a pcapng"):
        with pytest.raises(NotPcapError):
            list(Cutter().feed(text))


def test_a_length_that_no_packet_has_ends_it_after_those_before() -> None:
    packets = Cutter().feed(header() + record(b"good") + struct.pack("<IIII", 0, 0, 2**31, 0))
    assert next(packets).frame == b"good"
    with pytest.raises(NotPcapError):
        next(packets)


def ip4(protocol: int, inner: bytes) -> bytes:
    ends = ipaddress.IPv4Address("10.0.0.1").packed + ipaddress.IPv4Address("10.0.0.2").packed
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(inner), 1, 0, 64, protocol, 0) + ends + inner


TCP = struct.pack(">HHIIBBHHH", 40000, 80, 1, 1, 5 << 4, 0x18, 1, 1, 0) + b"GET /"
UDP = struct.pack(">HHHH", 40000, 53, 8 + 9, 0) + b"012345678"
IP6 = (
    struct.pack(">IHBB", 6 << 28, len(UDP), 17, 64)
    + ipaddress.IPv6Address("::1").packed
    + ipaddress.IPv6Address("fe80::2").packed
)
ARP = bytes(7) + b"\x01" + bytes(16) + ipaddress.IPv4Address("10.0.0.9").packed


@pytest.mark.parametrize(
    ("link", "frame", "line"),
    [
        (1, bytes(12) + b"\x08\x00" + ip4(6, TCP), "10.0.0.1:40000 → 10.0.0.2:80 tcp [P.] 5 B"),
        (1, bytes(12) + b"\x81\x00\x00\x05\x08\x00" + ip4(17, UDP), "10.0.0.1:40000 → 10.0.0.2:53 udp 9 B"),
        (113, bytes(14) + b"\x86\xdd" + IP6 + UDP, "[::1]:40000 → [fe80::2]:53 udp 9 B"),
        (276, b"\x08\x06" + bytes(18) + ARP, "arp who has 10.0.0.9"),
        (101, ip4(1, b"12345678"), "10.0.0.1 → 10.0.0.2 icmp 8 B"),
        (1, bytes(12) + b"\x88\xcc" + bytes(4), "protocol 0x88cc, 4 bytes"),
        (147, b"abc", "3 bytes of link type 147"),
    ],
)
def test_a_packet_in_a_line(link: int, frame: bytes, line: str) -> None:
    assert summary(link, frame) == line


def test_a_packet_that_is_cut_anywhere_still_has_a_line() -> None:
    for link, frame in (
        (1, bytes(12) + b"\x08\x00" + ip4(6, TCP)),
        (276, b"\x08\x06" + bytes(18) + ARP),
        (101, IP6),
    ):
        for end in range(len(frame)):
            assert summary(link, frame[:end])
