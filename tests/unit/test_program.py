"""What a file is, told from its first bytes."""

from __future__ import annotations

import struct

import pytest

from cdbg_tui.model.program import Program, identify


def elf(machine: int, *, loader: bytes = b"", bits: int = 64, order: str = "<") -> bytes:
    """Return the head of an ELF file with one program header, PT_INTERP if there is a loader."""
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    kind = 3 if loader else 1
    if bits == 64:
        head = struct.pack(order + "HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        segment = struct.pack(order + "IIQQQQQQ", kind, 4, 120, 0, 0, len(loader), len(loader), 1)
    else:
        head = struct.pack(order + "HHIIIIIHHHHHH", 2, machine, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        segment = struct.pack(order + "IIIIIIII", kind, 84, 0, 0, len(loader), len(loader), 4, 1)
    return ident + head + segment + loader


@pytest.mark.parametrize(
    ("head", "machine"),
    [
        (elf(62), "amd64"),
        (elf(183), "arm64"),
        (elf(40, bits=32), "arm"),
        (elf(22, order=">"), "s390x"),
        (elf(999), "machine 999"),
    ],
)
def test_the_machine_of_an_elf_file(head: bytes, machine: str) -> None:
    assert identify("/x", head) == Program("/x", machine=machine)


@pytest.mark.parametrize("bits", [32, 64])
def test_the_loader_of_an_elf_file(bits: int) -> None:
    assert (
        identify("/x", elf(62, loader=b"/lib/ld-musl-x86_64.so.1\0", bits=bits)).interpreter
        == "/lib/ld-musl-x86_64.so.1"
    )


@pytest.mark.parametrize("length", range(0, 130, 3))
def test_a_file_that_is_cut_off_is_no_error(length: int) -> None:
    assert identify("/x", elf(62, loader=b"/lib/ld.so\0")[:length]).path == "/x"


@pytest.mark.parametrize(
    ("head", "interpreter", "crlf"),
    [
        (b"#!/bin/sh\necho\n", "/bin/sh", False),
        (b"#! /usr/bin/env python3\n", "/usr/bin/env", False),
        (b"#!/bin/bash\r\necho\r\n", "/bin/bash", True),
        (b"#!", "", False),
    ],
)
def test_the_interpreter_of_a_script(head: bytes, interpreter: str, crlf: bool) -> None:
    found = identify("/x", head)
    assert (found.interpreter, found.has_crlf, found.is_script) == (interpreter, crlf, True)


def test_text_and_other_bytes() -> None:
    assert identify("/x", b"echo hello\n").is_text
    assert not identify("/x", b"\xca\xfe\xba\xbe\0\0").is_text
