"""What a file is that is to be run: told from its first bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MACHINES = {
    3: "386",
    8: "mips",
    20: "ppc",
    21: "ppc64",
    22: "s390x",
    40: "arm",
    62: "amd64",
    183: "arm64",
    243: "riscv64",
    258: "loong64",
}
"""ELF's e_machine (elf(5), the processors' ABI supplements) in the words of Go and of image indexes."""

HEAD_BYTES = 4096
_PT_INTERP = 3


@dataclass(frozen=True, slots=True)
class Program:
    """What was found where a container's command leads; *path* is what it names, absolute if it was found."""

    path: str
    exists: bool = True
    is_directory: bool = False
    executable: bool = True
    """Whether somebody may execute it."""
    machine: str = ""
    """Of an ELF file: the architecture that it is for."""
    interpreter: str = ""
    """Of a script what its first line names; of a dynamically linked program its loader."""
    interpreter_exists: bool | None = None
    is_script: bool = False
    has_crlf: bool = False
    """Whether the first line ends as on Windows: its carriage return becomes part of the interpreter's name."""
    is_text: bool = False
    """Whether it is text without a ``#!`` line, which only a shell would run."""
    is_empty: bool = False


def identify(path: str, head: bytes, *, executable: bool = True) -> Program:
    """Return what the file at *path* is, from its first `HEAD_BYTES` bytes or fewer."""
    if head.startswith(b"\x7fELF"):
        return Program(path, executable=executable, machine=_machine(head), interpreter=_loader(head))
    if head.startswith(b"#!"):
        line = head.partition(b"\n")[0]
        words = line[2:].split()
        name = words[0].decode("utf-8", "replace") if words else ""
        return Program(
            path, executable=executable, interpreter=name, is_script=True, has_crlf=line.endswith(b"\r")
        )
    return Program(path, executable=executable, is_text=b"\0" not in head, is_empty=not head)


def _order(head: bytes) -> str:
    return ">" if head[5:6] == b"\x02" else "<"


def _machine(head: bytes) -> str:
    if len(head) < 20:
        return ""
    [number] = struct.unpack_from(_order(head) + "H", head, 18)
    return MACHINES.get(number, f"machine {number}")


def _loader(head: bytes) -> str:
    """Return the path in the ELF segment PT_INTERP; empty of a static program."""
    order, is_64 = _order(head), head[4:5] == b"\x02"
    try:
        [offset] = struct.unpack_from(order + ("Q" if is_64 else "I"), head, 32 if is_64 else 28)
        size, count = struct.unpack_from(order + "HH", head, 54 if is_64 else 42)
        for index in range(count):
            start = offset + index * size
            if is_64:
                kind, _, where, _, _, length = struct.unpack_from(order + "IIQQQQ", head, start)
            else:
                kind, where, _, _, length = struct.unpack_from(order + "IIIII", head, start)
            if kind == _PT_INTERP:
                return head[where : where + length].rstrip(b"\0").decode("utf-8", "replace")
    except struct.error:
        return ""
    return ""
