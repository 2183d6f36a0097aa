"""The kernel's lists of sockets."""

from __future__ import annotations

import sys

import pytest

from cdbg_tui.model.socket import Socket, at, parse

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def row(local: str, state: str = "0A", queue: str = "00000000:00000000") -> str:
    if sys.byteorder == "big":
        address, _, port = local.partition(":")
        words = [bytes.fromhex(address[start : start + 8])[::-1].hex() for start in range(0, len(address), 8)]
        local = "".join(words) + ":" + port
    return f"   0: {local} 00000000:0000 {state} {queue} 00:00000000 00000000     0        0 1151 1\n"


@pytest.mark.parametrize(
    ("local", "address", "is_loopback"),
    [
        ("00000000:1F90", "0.0.0.0", False),
        ("0100007F:1F90", "127.0.0.1", True),
        ("0500A8C0:1F90", "192.168.0.5", False),
        ("00000000000000000000000000000000:1F90", "::", False),
        ("00000000000000000000000001000000:1F90", "::1", True),
        ("0000000000000000FFFF00000100007F:1F90", "127.0.0.1", True),
    ],
)
def test_addresses_of_both_kinds(local: str, address: str, is_loopback: bool) -> None:
    [found] = parse(HEAD + row(local), "tcp")
    assert (found.address, found.port, found.is_loopback) == (address, 8080, is_loopback)


def test_only_what_waits_is_listed_with_how_many_wait_for_it() -> None:
    text = HEAD + row("00000000:0050", queue="00000000:00000005") + row("00000000:1F91", "01")
    assert parse(text, "tcp") == (Socket("tcp", "0.0.0.0", 80, 5),)
    assert parse(HEAD + row("00000000:0035", "07", "00000000:000000FF"), "udp") == (Socket("udp", "0.0.0.0", 53),)


@pytest.mark.parametrize("text", ["", HEAD, HEAD + "  0: 00\n"])
def test_an_empty_or_torn_list_has_none(text: str) -> None:
    assert parse(text, "tcp") == ()


def test_words_for_one() -> None:
    assert [str(one) for one in (Socket("tcp", "::", 80), Socket("udp", "0.0.0.0", 53))] == [
        "[::]:80",
        "0.0.0.0:53/udp",
    ]
    assert at((Socket("tcp", "::", 80), Socket("udp", "::", 80)), 80, "udp") == (Socket("udp", "::", 80),)
