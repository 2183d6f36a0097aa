"""What kind of file some bytes are, told from the first of them, as file(1) does; and whether they are text."""

from __future__ import annotations

import codecs
import re
import struct
from dataclasses import dataclass

from cdbg_tui.model.program import HEAD_BYTES, identify

SAMPLE_BYTES = 1 << 16
"""So much of a file decides whether it is text."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with byte order mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# What text may hold besides letters: bell, backspace, tab, the line's ends, form feed, escape.
_ODD = bytes(set(range(0x20)) - {7, 8, 9, 10, 11, 12, 13, 27} | {0x7F})
_MOST_ODD = 0.02
_SIGNAL_WORDS = {
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    5: "SIGTRAP",
    3: "SIGQUIT",
    31: "SIGSYS",
    24: "SIGXCPU",
    25: "SIGXFSZ",
}


@dataclass(frozen=True, slots=True)
class FileType:
    """The kind of a file in words, and how its text is coded; *encoding* is empty of what is no text."""

    words: str
    encoding: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it is shown as text unless asked otherwise."""
        return bool(self.encoding)


def file_type(head: bytes) -> FileType:
    """Return what a file is that begins with *head*."""
    if not head:
        return FileType("empty", "utf-8")
    for mark, encoding, words in _BOMS:
        if head.startswith(mark):
            return FileType(f"text, {words}", encoding)
    text = _text(head[:SAMPLE_BYTES])
    words, is_sure = _by_magic(head)
    if words and (is_sure or text is None):
        return FileType(words)
    return text or FileType("data")


def _text(sample: bytes) -> FileType | None:
    """Return how text is coded; None of what is none."""
    if b"\0" in sample or len(sample) - len(sample.translate(None, _ODD)) > _MOST_ODD * len(sample):
        return None
    if sample.isascii():
        return FileType("text", "utf-8")
    try:
        # The sample may end within a letter.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        high = sum(byte >= 0x80 for byte in sample)
        letters = sum(map(len, _UTF8_LETTER.findall(sample)))
        if letters > high / 2:
            return FileType("text, UTF-8 with bytes that are none", "utf-8")
        if high > len(sample) / 3:
            return None
        return FileType("text, taken for Latin-1: it is no UTF-8", "latin-1")
    return FileType("text, UTF-8", "utf-8")


_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1f\x8b", "gzip, compressed"),
    (0, b"\x28\xb5\x2f\xfd", "zstd, compressed"),
    (0, b"BZh", "bzip2, compressed"),
    (0, b"\xfd7zXZ\0", "xz, compressed"),
    (0, b"\x04\x22\x4d\x18", "lz4, compressed"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (0, b"\xff\xd8\xff", "JPEG picture"),
    (0, b"GIF8", "GIF picture"),
    (0, b"%PDF-", "PDF document"),
    (0, b"SQLite format 3\0", "SQLite database"),
    (0, b"JAVA PROFILE 1.0", "Java heap dump (hprof)"),
    (0, b"\xca\xfe\xd0\x0d", "Java packed archive"),
    (0, b"MZ", "Windows program (PE)"),
    (0, b"\xfe\xed\xfa\xce", "macOS program (Mach-O)"),
    (0, b"\xfe\xed\xfa\xcf", "macOS program (Mach-O)"),
    (0, b"\xce\xfa\xed\xfe", "macOS program (Mach-O)"),
    (0, b"\xcf\xfa\xed\xfe", "macOS program (Mach-O)"),
    (0, b"\0asm", "WebAssembly module"),
    (0, b"!<arch>\n", "ar archive"),
    (0, b"\xed\xab\xee\xdb", "RPM package"),
    (0, b"LPKSHHRH", "systemd journal"),
    (0, b"\xd4\xc3\xb2\xa1", "network capture (pcap)"),
    (0, b"\xa1\xb2\xc3\xd4", "network capture (pcap)"),
    (0, b"\x0a\x0d\x0d\x0a", "network capture (pcapng)"),
    (0, b"REDIS0", "Redis dump (RDB)"),
    (0, b"\x93NUMPY", "NumPy array"),
    (0, b"PAR1", "Parquet table"),
    (257, b"ustar", "tar archive"),
)


def _by_magic(head: bytes) -> tuple[str, bool]:
    """Return what the first bytes mean, and whether no text would begin with them."""
    if words := _by_structure(head):
        return words, True
    for at, magic, words in _MAGIC:
        if head[at : at + len(magic)] == magic:
            return words, len(magic) > _SHORT
    return "", False


_SHORT = 4


def _by_structure(head: bytes) -> str:
    if head.startswith(b"\x7fELF"):
        return _elf(head)
    if head.startswith(b"\xca\xfe\xba\xbe") and len(head) >= 8:
        # Java's class files and macOS's universal programs begin alike; Java's versions begin at 45.
        [version] = struct.unpack_from(">I", head, 4)
        if version < 20:
            return "macOS program for several processors (Mach-O)"
        return f"Java class, for Java {(version & 0xFFFF) - 44}"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "Java archive (jar)" if b"META-INF/" in head[:SAMPLE_BYTES] else "zip archive"
    if head[2:4] == b"\r\n" and len(head) >= 16 and head[:2] > b"\0" and head[4:8] < b"\x04":
        return "Python bytecode (pyc)"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP picture"
    return ""


_ELF_TYPES = {1: "object", 2: "program", 3: "shared object", 4: "core dump"}


def _elf(head: bytes) -> str:
    program = identify("", head[:HEAD_BYTES])
    order = ">" if head[5:6] == b"\x02" else "<"
    kind = struct.unpack_from(order + "H", head, 16)[0] if len(head) >= 18 else 0
    words = ["ELF", _ELF_TYPES.get(kind, f"type {kind}")]
    if kind == 3 and program.interpreter:
        words[1] = "program"  # position-independent
    text = " ".join(words) + (f" for {program.machine}" if program.machine else "")
    if kind == 4:
        return text + _died(head, order)
    if program.interpreter:
        return f"{text}, dynamically linked by {program.interpreter}"
    return f"{text}, statically linked" if kind == 2 else text


_NT_PRSTATUS, _NT_PRPSINFO = 1, 3
_PT_NOTE = 4
_MOST_HEADERS = 64


def _died(head: bytes, order: str) -> str:
    """Return of which program a 64-bit core dump is and what signal ended it, as its notes say (core(5))."""
    if head[4:5] != b"\x02":
        return ""
    name, number = "", 0
    try:
        [offset] = struct.unpack_from(order + "Q", head, 32)
        size, count = struct.unpack_from(order + "HH", head, 54)
        for index in range(min(count, _MOST_HEADERS)):
            kind, _, where, _, _, length = struct.unpack_from(order + "IIQQQQ", head, offset + index * size)
            if kind != _PT_NOTE:
                continue
            at, stop = where, min(where + length, len(head))
            while at + 12 <= stop:
                name_length, body_length, note = struct.unpack_from(order + "III", head, at)
                body = at + 12 + (name_length + 3) // 4 * 4
                if note == _NT_PRSTATUS and not number:
                    [number] = struct.unpack_from(order + "h", head, body + 12)
                elif note == _NT_PRPSINFO:
                    arguments = head[body + 56 : body + 136] or head[body + 40 : body + 56]
                    name = arguments.partition(b"\0")[0].decode("utf-8", "replace").strip()
                at = body + (body_length + 3) // 4 * 4
    except struct.error:
        pass  # its headers lead beyond what is here: what was found until then holds
    words = f" of {name}" if name else ""
    return words + (f", ended by {_SIGNAL_WORDS.get(number, f'signal {number}')}" if number else "")


_TIME = re.compile(
    r"\s*[\[(<]?(?:\d{4}[-/]\d\d[-/]\d\d|\d\d[/.]\w{3}[/.]\d{4}|\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d|"
    r"\d{10}\.\d|(?:[IWEF]\d{4} ))"
)
_LOG_NAME = re.compile(r"(?:\.log|\.err|\.out|\.trace)(?:[.-][\w-]+)?$|^(?:syslog|messages|dmesg|catalina\.out)$")
_LOG_LINES = 20


def looks_like_log(path: str, lines: list[str]) -> bool:
    """Tell whether the end of a file is what one wants to see: by its name, or because its lines bear times."""
    name = path.rpartition("/")[2].lower()
    if _LOG_NAME.search(name) and not name.startswith("hs_err"):
        return True
    some = [line for line in lines[:_LOG_LINES] if line.strip()]
    return len(some) >= 3 and sum(_TIME.match(line) is not None for line in some) > len(some) / 2


_REST_OF_LETTER = re.compile(rb"[\x80-\xbf]{1,3}")


def decoded(data: bytes, encoding: str, *, start: int = 0) -> str:
    """Return *data*, which begins at byte *start* of its file, as text; what is none becomes U+FFFD.

    A letter that is cut off at an end of *data* is left out, not taken for another.
    """
    if start:
        if encoding.startswith("utf-8"):
            cut = _REST_OF_LETTER.match(data)
            data = data[cut.end() :] if cut else data
        elif encoding.startswith(("utf-16", "utf-32")):
            data = data[-start % (2 if "16" in encoding else 4) :]
    return codecs.getincrementaldecoder(encoding)("replace").decode(data)
