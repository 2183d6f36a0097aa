"""What a file is, told from its first bytes; and its text, whatever it is coded in."""

from __future__ import annotations

import gzip
import importlib.util
import io
import struct
import sys
import tarfile
import zipfile

import pytest

from cdbg_tui.model.filetype import decoded, file_type, looks_like_log


def elf(kind: int, machine: int = 62, *, notes: bytes = b"") -> bytes:
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    head = ident + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0, 64, 0, 0, 64, 56, 1 if notes else 0, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(notes), len(notes), 4) + notes if notes else head


def core_note(kind: int, body: bytes) -> bytes:
    return struct.pack("<III", 5, len(body), kind) + b"CORE\0\0\0\0" + body


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    return buffer.getvalue()


def jar() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "x")
    return buffer.getvalue()


PYC = importlib.util.MAGIC_NUMBER + bytes(12)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "empty"),
        (gzip.compress(b"x" * 100, mtime=0), "gzip, compressed"),
        (b"\x28\xb5\x2f\xfd\x04\x00\x01\x02", "zstd, compressed"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG picture"),
        (b"%PDF-1.7\n", "PDF document"),
        (b"SQLite format 3\0\x10\0", "SQLite database"),
        (b"JAVA PROFILE 1.0.2\0\0\0\0\x08", "Java heap dump (hprof)"),
        (b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x20", "Java class, for Java 17"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02\0\0\0\x07", "macOS program for several processors (Mach-O)"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01", "macOS program (Mach-O)"),
        (b"MZ\x90\0\x03\0\0\0\x04\0\0\0", "Windows program (PE)"),
        (tar(), "tar archive"),
        (jar(), "Java archive (jar)"),
        (PYC, "Python bytecode (pyc)"),
        (elf(2), "ELF program for amd64, statically linked"),
        (elf(1, 183), "ELF object for arm64"),
        (bytes(range(256)), "data"),
        (b"MZ is how this text begins\n", "text"),
        (b"plain\n", "text"),
        ("grüße\n".encode(), "text, UTF-8"),
        ("grüße, und noch mehr\n".encode("latin-1"), "text, taken for Latin-1: it is no UTF-8"),
        ("grüße ".encode() * 9 + b"\xff\n", "text, UTF-8 with bytes that are none"),
        ("hi\n".encode("utf-16"), "text, UTF-16"),
    ],
)
def test_the_type_is_named(head: bytes, words: str) -> None:
    assert file_type(head).words == words


def test_a_program_of_this_machine_names_its_loader() -> None:
    with open(sys.executable, "rb") as program:
        assert "ELF program for " in file_type(program.read(1 << 16)).words


def test_a_core_dump_says_of_which_program_and_why() -> None:
    status = struct.pack("<iiih", 0, 0, 0, 11) + bytes(98)
    program = bytes(40) + b"java".ljust(16, b"\0") + b"java -Xmx1g -jar api.jar".ljust(80, b"\0")
    words = file_type(elf(4, notes=core_note(1, status) + core_note(3, program))).words
    assert words == "ELF core dump for amd64 of java -Xmx1g -jar api.jar, ended by SIGSEGV"


def test_a_core_dump_whose_headers_lead_nowhere_is_one_all_the_same() -> None:
    assert file_type(elf(4, notes=core_note(1, bytes(8)))[:125]).words == "ELF core dump for amd64"


@pytest.mark.parametrize(
    ("path", "lines", "is_log"),
    [
        ("/var/log/app.log", [], True),
        ("/var/log/app.log.1", [], True),
        ("/var/log/syslog", [], True),
        ("/tmp/hs_err_pid7.log", [], False),
        ("/data/out", ["2026-01-15 10:00:00 a", "2026-01-15 10:00:01 b", "", "[15/Jan/2026:10:00 c"], True),
        ("/etc/app.ini", ["a=1", "b=2", "c=3"], False),
    ],
)
def test_a_log_is_known_by_its_name_or_its_times(path: str, lines: list[str], is_log: bool) -> None:
    assert looks_like_log(path, lines) is is_log


@pytest.mark.parametrize(
    ("data", "encoding", "start", "text"),
    [
        ("ab\u00fc".encode()[:-1], "utf-8", 0, "ab"),
        ("\u00fcab".encode()[1:], "utf-8", 7, "ab"),
        (b"a\xffb", "utf-8", 0, "a\ufffdb"),
        (b"\0a\0b\0", "utf-16-le", 7, "ab"),
        ("hi".encode("utf-16"), "utf-16", 0, "hi"),
        (b"gr\xfc\xdfe", "latin-1", 0, "grüße"),
    ],
)
def test_text_is_decoded_without_the_halves_of_letters(data: bytes, encoding: str, start: int, text: str) -> None:
    assert decoded(data, encoding, start=start) == text
