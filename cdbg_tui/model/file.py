"""One file of a container or image, as its archive tells it."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from enum import Enum


class FileKind(Enum):
    """What a file is; the value is the letter with which ``ls -l`` begins its row."""

    REGULAR = "-"
    DIRECTORY = "d"
    LINK = "l"
    CHARACTER = "c"
    BLOCK = "b"
    FIFO = "p"
    SOCKET = "s"

    @property
    def word(self) -> str:
        """The word for it."""
        return _WORDS[self]


_WORDS = {
    FileKind.REGULAR: "file",
    FileKind.DIRECTORY: "directory",
    FileKind.LINK: "symbolic link",
    FileKind.CHARACTER: "character device",
    FileKind.BLOCK: "block device",
    FileKind.FIFO: "named pipe",
    FileKind.SOCKET: "socket",
}
_OF_MODE = {
    stat.S_IFREG: FileKind.REGULAR,
    stat.S_IFDIR: FileKind.DIRECTORY,
    stat.S_IFLNK: FileKind.LINK,
    stat.S_IFCHR: FileKind.CHARACTER,
    stat.S_IFBLK: FileKind.BLOCK,
    stat.S_IFIFO: FileKind.FIFO,
    stat.S_IFSOCK: FileKind.SOCKET,
}


def kind_of(mode: int) -> FileKind:
    """Return the kind that a POSIX ``st_mode`` tells."""
    return _OF_MODE.get(stat.S_IFMT(mode), FileKind.REGULAR)


@dataclass(frozen=True, slots=True)
class File:
    """A file, a directory, a link, or something that is not for reading.

    Names keep what is no UTF-8 as lone surrogates, as Python's file system functions do, so that what is
    asked for is what is there.
    """

    path: str
    """Absolute inside the container."""
    kind: FileKind = FileKind.REGULAR
    size: int = 0
    """Bytes of content; 0 for what has none."""
    mode: int = 0
    """Permission bits, setuid, setgid and sticky among them: 0o7777 at most."""
    uid: int | None = None
    gid: int | None = None
    """None where the source does not say."""
    modified: float = 0.0
    """Seconds since the epoch; 0 where unknown."""
    link: str = ""
    """Where a symbolic link leads, as it is written there."""
    same_as: str = ""
    """The path of the file of which this is a further name (a hard link); empty for the first."""

    @property
    def name(self) -> str:
        """The last part of its path; ``/`` for the root."""
        return self.path.rpartition("/")[2] or "/"

    @property
    def is_directory(self) -> bool:
        """Whether others may lie below it."""
        return self.kind is FileKind.DIRECTORY

    @property
    def permissions(self) -> str:
        """Kind and mode as ``ls -l`` writes them: ``-rw-r--r--``."""
        return self.kind.value + stat.filemode(self.mode)[1:]


_YEAR_1, _YEAR_9999 = -62_000_000_000, 253_000_000_000


def known_time(seconds: float) -> float:
    """Return a file's time; 0 for one that no calendar has, as file systems and archives may hold it."""
    return float(seconds) if _YEAR_1 < seconds < _YEAR_9999 else 0.0


def as_told(path: str) -> str:
    """Return *path* as the engine's JSON tells it: each byte that is no UTF-8 as U+FFFD (Go's encoding/json)."""
    return path if path.isascii() else "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in path)


def is_known(file: File) -> bool:
    """Tell whether more than its path is known of a file."""
    return file.uid is not None or file.modified > 0
