"""One container's log: frames of the engine's stream to lines, lines to what is shown.

A kept line is one `bytes` object, its first byte the stream, because a log view keeps a hundred thousand
of them: everything else is worked out for the few that are on the screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from struct import unpack_from

from cdbg_tui.model.text import clean, is_plain
from cdbg_tui.model.units import epoch

STDOUT, STDERR, SYSTEM = 1, 2, 3
"""The streams of a frame; what comes on the last is the engine's own word that reading failed."""

LONGEST_LINE = 64 * 1024
"""Bytes kept of one line; the rest of it is dropped, and said so."""

LONGEST_SHOWN = 8 * 1024
"""Characters shown of one line; a search looks at all that is kept."""

LONGEST_FRAME = 16 << 20
"""No engine sends longer frames: a header that says so is no header."""

_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) ?", re.ASCII)
# As the engine writes them, always with nine digits.
_ENGINE_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d) ", re.ASCII)
_CUT = b" \xe2\x80\xa6[line cut]"
_MARK = [bytes((stream,)) for stream in range(256)]
_SGR = re.compile(r"(?:\x1b\[|\x9b)[0-9;:]*m")


def _nothing() -> None:
    """Stand in for the acknowledgement that nobody waits for."""


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Some kept lines on their way from a log to who shows it.

    *first* marks the opening one, which comes also when there is no line yet; *ended* the last one.
    *problem* and *advice* say why it ended where it did not do so by itself. Who has taken the records
    calls *taken*: more are read only then.
    """

    records: list[bytes]
    first: bool = False
    ended: bool = False
    problem: str = ""
    advice: str = ""
    taken: Callable[[], None] = field(default=_nothing, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as it is shown: foreign text, not cleaned yet."""

    stream: int
    time: float | None
    stamp: str
    text: str


def parse(record: bytes) -> LogLine:
    """Take a kept line apart. Bytes that are not UTF-8 become U+FFFD."""
    match = _STAMP.match(record, 1)
    start = match.end() if match else 1
    stamp = record[1:start].decode("ascii").rstrip()
    return LogLine(
        stream=record[0],
        time=epoch(stamp) if stamp else None,
        stamp=stamp,
        text=record[start:].decode("utf-8", "replace"),
    )


def stamp_of(record: bytes) -> bytes:
    """Return the engine's time stamp of a kept line as bytes; stamps of one log sort as their times do."""
    match = _STAMP.match(record, 1)
    return match[0].rstrip() if match else b""


def visible(text: str) -> str:
    """Return what a terminal would leave standing of a line that returns to its start, as progress bars do.

    The colours set before the last return stay in force.
    """
    text = text.rstrip("\r")
    if "\r" not in text:
        return text
    gone, _, rest = text.rpartition("\r")
    return "".join(_SGR.findall(gone)) + rest


def plain_text(record: bytes) -> str:
    """Return the text of a kept line as it is searched and measured: cleaned, without colours."""
    match = _STAMP.match(record, 1)
    text = record[match.end() if match else 1 :].decode("utf-8", "replace")
    if is_plain(text):
        return text
    return clean(visible(text)).expandtabs()


def split_frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the whole frames in *data*, each its stream and its payload, and the bytes that are left.

    Raises:
        ValueError: these are no frames.
    """
    frames: list[tuple[int, bytes]] = []
    start, end = 0, len(data)
    while end - start >= 8:
        stream, length = unpack_from(">BxxxL", data, start)
        stop = start + 8 + length
        if stop > end:
            if length > LONGEST_FRAME:
                raise ValueError("its log stream has no frames: is it that of a TTY?")
            break
        frames.append((stream, data[start + 8 : stop]))
        start = stop
    return frames, data[start:]


class Frames:
    """Bytes of a log stream to kept lines, whatever way the stream is cut into pieces.

    Without a TTY the engine sends frames: an 8-byte header (stream, three zeros, big-endian length) and
    a payload that is a line, or a piece of at most 16 KiB of one. With a TTY it sends the bare text. The
    streams are asked for with time stamps. Those stand at the start of each piece, and pieces of one line
    bear the same: another stamp begins another line, also where a container that was started again had
    left its last line, a prompt, without a line break.
    """

    def __init__(self, *, tty: bool) -> None:
        self._tty = tty
        self._rest = b""
        self._open: dict[int, tuple[bytes, bytearray]] = {}

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes of the stream and return the lines that they complete.

        Raises:
            ValueError: these are no frames.
        """
        lines: list[bytes] = []
        if self._tty:
            self._take(STDOUT, b"", data, lines)
            return lines
        frames, self._rest = split_frames(self._rest + data if self._rest else data)
        for stream, payload in frames:
            # The common case, a frame that is one whole line, without a detour.
            whole = payload.find(b"\n") == len(payload) - 1 and len(payload) <= LONGEST_LINE
            if whole and payload and stream not in self._open:
                lines.append(_MARK[stream] + payload[: -2 if payload[-2:] == b"\r\n" else -1])
            else:
                self._take_frame(stream, payload, lines)
        return lines

    @property
    def is_torn(self) -> bool:
        """Whether what came ends within a frame: no engine ends a log so unless it dies."""
        return bool(self._rest)

    def end(self) -> list[bytes]:
        """Return what was left unfinished when the stream ended: the prompt without a line break."""
        lines: list[bytes] = []
        for stream, (stamp, body) in self._open.items():
            self._close(stream, stamp + body, lines)
        self._open.clear()
        self._rest = b""
        return lines

    def _take_frame(self, stream: int, data: bytes, lines: list[bytes]) -> None:
        match = _STAMP.match(data)
        stamp = match[0] if match else b""
        unfinished = self._open.get(stream)
        if unfinished and stamp and unfinished[0] != stamp:
            self._close(stream, b"".join(self._open.pop(stream)), lines)
        self._take(stream, stamp, data[len(stamp) :], lines)

    def _take(self, stream: int, stamp: bytes, data: bytes, lines: list[bytes]) -> None:
        *whole, rest = data.split(b"\n")
        for piece in whole:
            head, body = self._open.pop(stream, (stamp, bytearray()))
            self._close(stream, b"".join((head, body, piece)), lines)
        if rest or (stamp and not whole):
            _, tail = self._open.setdefault(stream, (stamp, bytearray()))
            # Past the longest line there is nothing to keep, but its end must still be found.
            tail += rest[: max(0, LONGEST_LINE + 1 - len(tail))]

    def _close(self, stream: int, body: bytes, lines: list[bytes]) -> None:
        for line in _untangled(body) if self._tty else (body,):
            if len(line) > LONGEST_LINE:
                line = line[:LONGEST_LINE] + _CUT
            lines.append(_MARK[stream] + line.removesuffix(b"\r"))


def _untangled(line: bytes) -> Iterator[bytes]:
    """Yield the lines that stand in one *line* of a TTY's stream, without the stamps inside of them.

    The bare text has no frames: the stamp of a further piece of a long line stands in the middle of it,
    and so does that of the first line after a prompt when the container was started again. The program's
    own stamps are never later than the engine's, which sets its own when it reads the line.
    """
    start = _STAMP.match(line)
    if start is None:
        yield line
        return
    stamp, kept, done = start[0], [start[0]], start.end()
    for inner in _ENGINE_STAMP.finditer(line, done):
        if inner[0] < stamp:
            continue
        kept.append(line[done : inner.start()])
        done = inner.end()
        if inner[0] > stamp:
            yield b"".join(kept)
            stamp, kept = inner[0], [inner[0]]
    kept.append(line[done:])
    yield b"".join(kept)
