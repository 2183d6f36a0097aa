"""The headers of a tar archive that comes as a stream: what each file is called and is, nothing of what it holds.

`tarfile` is slower and reads an extended header of whatever length into memory; at a header that
is damaged it takes the archive for ended. An image has hundreds of thousands of files, and was made by
somebody else: here memory is bounded, and damage is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

BLOCK = 512
LONGEST_EXTENSION = 1 << 20
"""Bytes of an extended header; one that is longer is refused."""
LARGEST = 1 << 60

REGULAR, HARD_LINK, SYMBOLIC_LINK, DIRECTORY = b"0", b"1", b"2", b"5"
_WITHOUT_CONTENT = (b"1", b"2", b"3", b"4", b"5", b"6")
_ZEROS = bytes(BLOCK)


class DamagedTarError(ValueError):
    """What came is no tar archive, or ends too early, or says what cannot be."""


class Header(NamedTuple):
    """What an archive says of one file."""

    name: str
    flag: bytes
    """The type flag; old ways to write a regular file or a directory are made one."""
    size: int
    """As the header says, also for what has no content."""
    stored: int
    """Bytes of content that follow."""
    mode: int
    uid: int
    gid: int
    modified: int
    link: str


class Source:
    """Bytes that come in pieces, read once, from their beginning."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._have = b""
        self._at = 0
        self.taken = 0
        """Bytes that were read or skipped."""

    def read(self, size: int) -> bytes:
        """Return the next *size* bytes, fewer at the end."""
        end = self._at + size
        if end > len(self._have):
            return b"".join(self.part(size, to_its_end=False))
        got = self._have[self._at : end]
        self._at = end
        self.taken += size
        return got

    def part(self, size: int, *, to_its_end: bool = True) -> Iterator[bytes]:
        """Yield the next *size* bytes, in pieces.

        Raises:
            DamagedTarError: they end before, and that is not expected.
        """
        while size > 0:
            if self._at >= len(self._have):
                self._have, self._at = next(self._pieces, b""), 0
                if not self._have:
                    if to_its_end:
                        raise DamagedTarError("it ends in the middle of a file")
                    return
            piece = self._have[self._at : self._at + size] if self._at or size < len(self._have) else self._have
            self._at += len(piece)
            self.taken += len(piece)
            size -= len(piece)
            yield piece

    def peek(self, size: int) -> bytes:
        """Return up to *size* bytes that come next, without taking them."""
        while len(self._have) - self._at < size and (piece := next(self._pieces, b"")):
            self._have, self._at = self._have[self._at :] + piece, 0
        return self._have[self._at : self._at + size]

    def skip(self, size: int) -> None:
        """Pass over the next *size* bytes.

        Raises:
            DamagedTarError: they end before.
        """
        if self._at + size <= len(self._have):
            self._at += size
            self.taken += size
            return
        for _ in self.part(size):
            pass


def headers(source: Source) -> Iterator[Header]:
    """Yield each file's header; what of its content is not read meanwhile is passed over.

    Raises:
        DamagedTarError: see there.
    """
    extended: dict[str, bytes] = {}
    while (block := source.read(BLOCK)) and block != _ZEROS:
        if len(block) < BLOCK:
            raise DamagedTarError("it ends in the middle of a header")
        header = _parsed(block)
        if header.flag in (b"x", b"X", b"g", b"L", b"K"):
            if header.size > LONGEST_EXTENSION:
                raise DamagedTarError(f"an extended header of {header.size:,} bytes")
            content = source.read(header.size)
            if len(content) < header.size:
                raise DamagedTarError("it ends in the middle of a header")
            source.skip(-header.size % BLOCK)
            if header.flag == b"L":
                extended["path"] = content.rstrip(b"\0")
            elif header.flag == b"K":
                extended["linkpath"] = content.rstrip(b"\0")
            elif header.flag != b"g":  # of a global one, engines make no use
                extended.update(_records(content))
            continue
        if header.flag == b"S":
            header = header._replace(flag=REGULAR, size=max(0, _number(block[483:495])))
            more = block[482]
            while more:
                extension = source.read(BLOCK)
                if len(extension) < BLOCK:
                    raise DamagedTarError("it ends in the middle of a header")
                more = extension[504]
        if extended:
            header = _extended(header, extended)
            extended = {}
        end = source.taken + header.stored
        yield header
        source.skip(end - source.taken + -header.stored % BLOCK)


def is_header(block: bytes) -> bool:
    """Tell whether a tar archive may begin so: with a header whose checksum is right, or with its end."""
    if len(block) < BLOCK:
        return False
    try:
        return block == _ZEROS or _has_right_sum(block)
    except DamagedTarError:
        return False


def _has_right_sum(block: bytes) -> bool:
    told = _number(block[148:156])
    total = 256 + sum(block[:148]) + sum(block[156:BLOCK])
    # Some old programs summed signed bytes.
    return told in (total, total - 256 * sum(byte > 127 for byte in block[:148] + block[156:BLOCK]))


def _parsed(block: bytes) -> Header:
    if not _has_right_sum(block):
        raise DamagedTarError("a header's checksum is wrong")
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        name = _text(block[345:500]) + "/" + name
    flag = block[156:157]
    if flag in (b"\0", b"7"):
        flag = REGULAR
    if flag == REGULAR and name.endswith("/"):
        flag = DIRECTORY
    size = _number(block[124:136])
    if size < 0:
        raise DamagedTarError("a file of less than no bytes")
    return Header(
        name,
        flag,
        size,
        0 if flag in _WITHOUT_CONTENT else size,
        _number(block[100:108]) & 0o7777,
        _number(block[108:116]),
        _number(block[116:124]),
        _number(block[136:148]),
        _text(block[157:257]) if flag in (HARD_LINK, SYMBOLIC_LINK) else "",
    )


def _number(field: bytes) -> int:
    """Return a number: octal digits, or after a byte of 0x80 binary. Negative ones are times before 1970."""
    try:
        if field[0] & 0x80:
            value = int.from_bytes(field, "big", signed=True) if field[0] == 0xFF else 0
            if field[0] != 0xFF:
                value = int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
        else:
            digits = field.partition(b"\0")[0].strip()
            value = int(digits, 8) if digits else 0
    except ValueError:
        raise DamagedTarError("a number in a header is none") from None
    if not -LARGEST < value < LARGEST:
        raise DamagedTarError("a number in a header is out of all bounds")
    return value


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _records(content: bytes) -> dict[str, bytes]:
    """Return the records of a PAX header: ``27 path=usr/share/…\\n`` each."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(content):
        space = content.find(b" ", at, at + 9)
        digits = content[at:space]
        if space < 0 or not digits.isdigit() or (length := int(digits)) <= space - at + 1:
            raise DamagedTarError("an extended header that makes no sense")
        key, equals, value = content[space + 1 : at + length].removesuffix(b"\n").partition(b"=")
        if not equals:
            raise DamagedTarError("an extended header that makes no sense")
        found[key.decode("utf-8", "replace")] = value
        at += length
    return found


def _extended(header: Header, more: dict[str, bytes]) -> Header:
    """Return *header* with what its extended headers say instead."""
    try:
        if "size" in more and header.flag not in _WITHOUT_CONTENT:
            size = int(more["size"])
            header = header._replace(size=size, stored=size)
        for key in ("GNU.sparse.realsize", "GNU.sparse.size"):
            if key in more:
                header = header._replace(size=int(more[key]))
        header = header._replace(uid=int(more.get("uid", header.uid)), gid=int(more.get("gid", header.gid)))
        if "mtime" in more:
            header = header._replace(modified=int(float(more["mtime"])))
    except (ValueError, OverflowError):
        raise DamagedTarError("a number in an extended header is none") from None
    numbers = (header.size, header.stored, header.uid, header.gid, header.modified)
    if min(header.size, header.stored) < 0 or max(map(abs, numbers)) >= LARGEST:
        raise DamagedTarError("a number in an extended header is out of all bounds")
    name = more.get("GNU.sparse.name", more.get("path"))
    if name is not None:
        text = name.decode("utf-8", "surrogateescape")
        header = header._replace(name=text)
        if header.flag == REGULAR and text.endswith("/"):
            header = header._replace(flag=DIRECTORY, stored=0)
    if "linkpath" in more and header.flag in (HARD_LINK, SYMBOLIC_LINK):
        header = header._replace(link=more["linkpath"].decode("utf-8", "surrogateescape"))
    return header
