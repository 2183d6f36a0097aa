"""One container's log: its end followed, its earlier lines, the whole of it in a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from cdbg_tui.engine import private
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, engine_errors
from cdbg_tui.engine.log_requests import (
    READ_SECONDS,
    broken,
    checked,
    exact_seconds,
    is_unreadable,
    latest,
    log_path,
    read_records,
    since_params,
    torn,
    unreadable,
)
from cdbg_tui.engine.threads import begin
from cdbg_tui.model.log import SYSTEM, Frames, LogBatch, parse, split_frames, stamp_of

BATCH_SECONDS = 0.1
"""No two batches follow each other faster."""

UNREAD_BATCHES = 2
"""So many may wait to be taken; then reading stops, and the engine keeps the rest."""

UNPARSED_BYTES = 4 << 20
"""So many are read ahead."""

GAP_LINES = 100_000
"""So many lines are made up for where a log is taken up again."""

_FLUSH_SECONDS = 0.15
_MISSED_LINES = 256
_SETTLED_SECONDS = 0.015
_OPENING_SECONDS = 0.15
_MANY, _TOO_MANY = 100, 8_000
_BUSY_PIECE = 16 * 1024
_BUSY_RATE = 1 << 20
_BUSY_SECONDS = 0.001
_CALM_SECONDS = 0.02


class LogTail:
    """The end of one container's log, followed in threads of its own until it ends or is closed.

    The first batch comes as soon as the last *tail* lines have, or as it is clear that there are none.
    A log that has ended is taken up again by a new tail with *after*, the records last shown: it begins
    where they end, and repeats none of them.

    The engine hands over whole lines only: a prompt without a line break is seen when its line ends.
    """

    def __init__(
        self,
        engine: Engine,
        container_id: str,
        tty: bool,
        deliver: Callable[[LogBatch], None],
        *,
        tail: int = 1000,
        since: float | None = None,
        after: Sequence[bytes] = (),
    ) -> None:
        self._engine = engine
        self._id = container_id
        self._deliver = deliver
        self._frames = Frames(tty=tty)
        self._tty = tty
        self._shown = latest(after)
        self._last = deque(after, _MISSED_LINES)
        # The engine counts the tail from the end, whatever came since: a gap must not be cut off.
        self._tail = max(tail, GAP_LINES) if after else tail
        self._since = since_params(since, after)
        self._path = log_path(container_id, follow=1, tail=self._tail, **self._since)
        self._closed = threading.Event()
        self._changed = threading.Condition()
        # Under the condition: what the reader has for the deliverer.
        self._close_stream: Callable[[], None] | None = None
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._is_open = self._is_done = self._has_settled = False
        self._problem: EngineError | None = None
        self._unread = threading.Semaphore(UNREAD_BATCHES)
        for name, work in (("log-read", self._read), ("log-deliver", self._hand_over)):
            begin(work, f"{name}-{container_id[:12]}")

    def close(self) -> None:
        """End at once; nothing is delivered any more."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()
            close_stream = self._close_stream
        self._unread.release()
        if close_stream:
            close_stream()

    def _read(self) -> None:
        problem = None
        try:
            stream = self._engine.stream(self._path)
            with self._changed:
                self._close_stream = stream.close
                self._is_open = True
                self._changed.notify_all()
            if self._closed.is_set():
                stream.close()
            with contextlib.closing(stream):
                pace = _Pace()
                for piece in stream:
                    self._keep(piece)
                    if self._has_settled:
                        time.sleep(pace.after(len(piece)))
        except EngineError as error:
            problem = self._explained(error)
        finally:
            with self._changed:
                self._problem, self._is_done = problem, True
                self._changed.notify_all()

    def _keep(self, piece: bytes) -> None:
        with self._changed:
            self._pieces.append(piece)
            self._size += len(piece)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._size <= UNPARSED_BYTES or self._closed.is_set())

    def _explained(self, error: EngineError) -> EngineError:
        with contextlib.suppress(EngineError):
            return unreadable(self._engine, self._id) if is_unreadable(error) else error
        return error

    def _hand_over(self) -> None:
        self._settle()
        first, ended, problem = True, False, None
        while not ended and not self._closed.is_set():
            self._unread.acquire()
            records, ended, problem = self._collect(wait=not first)
            if records or (first and not problem):
                self._send(LogBatch(records, first=first, taken=self._unread.release))
                first = False
            else:
                self._unread.release()
            if not ended:
                # More than can be read in passing need not move so often: drawing costs more than reading. But
                # what is read ahead has an end, and a writer that comes up to it would not be caught up with.
                is_paced = _MANY <= len(records) < _TOO_MANY
                self._closed.wait(2 * BATCH_SECONDS if is_paced else BATCH_SECONDS)
        what, advice = (problem.what, problem.advice) if problem else ("", "")
        missed = [] if problem else self._missed()
        if self._closed.is_set():  # what nobody takes makes no room
            return
        self._unread.acquire()
        self._send(LogBatch(missed, first, True, what, advice, self._unread.release))

    def _send(self, batch: LogBatch) -> None:
        if not self._closed.is_set():
            self._deliver(batch)

    def _missed(self) -> list[bytes]:
        """Return what came last and was not sent: engines end a stream before a last unfinished line.

        That line, often the one that says why, is written to the log only when the process has ended.
        """
        if self._closed.wait(_FLUSH_SECONDS):
            return []
        self._shown = latest(self._last)
        since = since_params(None, self._last) or self._since
        tail = _MISSED_LINES if self._last else min(self._tail, _MISSED_LINES)
        path = log_path(self._id, tail=tail, **since)
        with contextlib.suppress(EngineError):
            return self._fresh(list(read_records(self._engine, path, self._tty)))
        return []

    def _settle(self) -> None:
        """Wait until the opening lines are there, or clearly none."""
        with self._changed:
            self._changed.wait_for(self._is_opened)
            deadline = time.monotonic() + _OPENING_SECONDS
            while not self._is_over() and (left := deadline - time.monotonic()) > 0:
                patience = _SETTLED_SECONDS if self._size else 4 * _SETTLED_SECONDS
                if not self._changed.wait(min(left, patience)):
                    break
            self._has_settled = True

    def _is_opened(self) -> bool:
        return self._is_open or self._is_over()

    def _is_over(self) -> bool:
        return self._is_done or self._closed.is_set()

    def _collect(self, *, wait: bool) -> tuple[list[bytes], bool, EngineError | None]:
        """Return the records read since, whether those are the last, and what broke."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._size or self._is_over())
            pieces, self._pieces, self._size = self._pieces, deque(), 0
            ended, problem = self._is_done, self._problem
            self._changed.notify_all()
        try:
            with engine_errors(self._engine.endpoint.url):
                records: list[bytes] = []
                while pieces:  # not in one: megabytes, their frames and their lines would stand side by side
                    records += self._frames.feed(pieces.popleft())
                if ended:
                    problem = problem or (torn() if self._frames.is_torn else None)
                    records += self._frames.end()
                records = self._fresh(checked(records))
                self._last.extend(records)
                return records, ended, problem
        except EngineError as error:
            if self._close_stream:
                self._close_stream()
            return [], True, error

    def _fresh(self, records: list[bytes]) -> list[bytes]:
        """Return *records* without those that were shown before the seam."""
        if not self._shown or not records:
            return records
        fresh = [record for record in records if not self._is_repeated(record)]
        if fresh:
            self._shown.clear()
        return fresh

    def _is_repeated(self, record: bytes) -> bool:
        if self._shown[record] <= 0:
            return False
        self._shown[record] -= 1
        return True


class _Pace:
    """How long to leave a stream alone after a reading.

    The engine sends each line by itself: a pause makes one reading of many. It must be shorter than it
    takes to fill the socket, where the engine would have to wait.
    """

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._got = 0
        self._is_busy = False

    def after(self, size: int) -> float:
        """Return the seconds to wait after a reading of *size* bytes."""
        now = time.monotonic()
        self._got += size
        if now - self._since > BATCH_SECONDS:
            self._is_busy = self._got > _BUSY_RATE * (now - self._since)
            self._since, self._got = now, 0
        return _BUSY_SECONDS if self._is_busy or size > _BUSY_PIECE else _CALM_SECONDS


def earlier(
    engine: Engine,
    container_id: str,
    tty: bool,
    before: bytes,
    have: int,
    count: int = 1000,
    *,
    since: float | None = None,
) -> list[bytes]:
    """Return the up to *count* records that precede the one with the stamp *before*, none before *since*.

    Fewer than *count* mean that there are none before them.

    The engine first takes the last so many records of a log and then leaves out those after a time, so
    it is asked for those that are had too. Meanwhile the log grows, and a long line is several records:
    what is asked for is doubled until it is enough.

    Raises:
        EngineError: the log cannot be read.
    """
    oldest = _oldest(engine, container_id, tty)
    if not oldest or not before or oldest >= before:
        return []
    # Lines of stdout and stderr may stand in the log a little out of their order in time.
    until = exact_seconds(before, later=0.001)
    asked, found = have + count, None
    while True:
        records = deque[bytes](maxlen=count)
        path = log_path(container_id, until=until, tail=asked)
        for record in read_records(engine, path, tty):
            if stamp_of(record) == before:
                break
            records.append(record)
        else:
            records = deque((one for one in records if stamp_of(one) < before), count)
        is_all = bool(records) and (stamp_of(records[0]) <= oldest or asked > 1 << 30)
        if is_all or len(records) >= count or (asked > 1 << 30 and found == records):
            return [one for one in records if since is None or (parse(one).time or 0) >= since]
        asked, found = asked * 2, records


def _oldest(engine: Engine, container_id: str, tty: bool) -> bytes:
    """Return the stamp of the first record that the engine still has."""
    for record in read_records(engine, log_path(container_id, tail="all"), tty):
        return stamp_of(record)
    return b""


def save(
    engine: Engine,
    container_id: str,
    tty: bool,
    path: Path,
    *,
    since: float | None = None,
    timestamps: bool = False,
    on_progress: Callable[[int], None] | None = None,
    cancelled: threading.Event | None = None,
    overwrite: bool = False,
) -> int | None:
    """Write the whole log, or that *since* a time, to *path*; return its size, None when *cancelled*.

    The bytes are those that the container wrote, escape sequences and all: a file is not a terminal. It
    is for the user alone (0600), and appears under its name only when it is whole.

    Raises:
        EngineError: the log cannot be read.
        FileExistsError: there is such a file, and *overwrite* is not set.
        OSError: it cannot be written.
    """
    if not overwrite and os.path.lexists(path):
        raise FileExistsError(f"{path} exists")
    source = log_path(container_id, timestamps=int(timestamps), **since_params(since, ()))
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    with private.until_exit(name):
        try:
            with open(handle, "wb") as file:
                written = 0
                for piece in _texts(engine, source, tty):
                    if cancelled and cancelled.is_set():
                        return None
                    written += file.write(piece)
                    if on_progress:
                        on_progress(written)
                _sync(file)
            if overwrite:
                os.replace(name, path)
            else:
                # Unlike a rename, a link never takes the place of a file that came up meanwhile.
                os.link(name, path)
            return written
        except EngineError as error:
            raise (unreadable(engine, container_id) if is_unreadable(error) else error) from error


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _texts(engine: Engine, path: str, tty: bool) -> Iterator[bytes]:
    """Yield the bytes of a log as the container wrote them, a stamp before each line if asked for."""
    rest = b""
    stamps: dict[int, bytes] = {}
    with contextlib.closing(engine.stream(path, patience=READ_SECONDS)) as stream:
        for piece in stream:
            if tty:
                yield piece
                continue
            with engine_errors(engine.endpoint.url):
                frames, rest = split_frames(rest + piece)
            texts = [_text(one, payload, stamps) for one, payload in frames]
            yield b"".join(texts)
    if rest:
        raise torn()


def _text(stream: int, payload: bytes, stamps: dict[int, bytes]) -> bytes:
    """Return the text of a frame, without the stamp if it goes on with its stream's unfinished line."""
    if stream == SYSTEM:
        raise broken(payload)
    stamp = stamp_of(b" " + payload)
    unfinished = stamps.pop(stream, b"")
    if stamp and not payload.endswith(b"\n"):
        stamps[stream] = stamp
    if unfinished and unfinished == stamp:
        return payload[len(stamp) + 1 :]
    return b"\n" + payload if unfinished else payload
