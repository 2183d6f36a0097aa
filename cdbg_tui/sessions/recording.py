"""Runs a capture: what tcpdump streams is cut at its packets and written on this side.

Only whole packets are written, so the file can be read at any time and after any end.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from cdbg_tui.engine.debug import log
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.gate import check_session
from cdbg_tui.model.pcap import Cutter, NotPcapError, Record, summary
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size
from cdbg_tui.sessions.capture import Bounds
from cdbg_tui.sessions.plan import Plan
from cdbg_tui.sessions.recipes import UNTIL_INPUT_ENDS
from cdbg_tui.sessions.running import clean

ALIVE_SECONDS = 1.0
"""So often it is asked whether the container still is the one that the capture began in."""
GRACE_SECONDS = 3.0
"""What is asked to end has so long, before it is told to."""
LAG_SECONDS = 1.2
"""So late tcpdump is: the kernel hands packets over in blocks, one that does not fill up after a second. What it
holds when tcpdump is told to end is lost."""
LAST_PACKETS = 20
_PIECE = 1 << 16
_SAID_BYTES = 8192
_HEAD_BYTES = 128
# What tcpdump says of itself when all is well.
_USUAL = re.compile(
    r"listening on|data link type|packets? (captured|received by filter|dropped by)|verbose output suppressed|^$"
)
_DROPPED = re.compile(r"(\d+) packets? dropped by kernel")


class End(StrEnum):
    """What ended a capture, in the words that follow a colon."""

    STOPPED = "stopped"
    PACKETS = "as many packets as were wanted"
    BYTES = "as many bytes as were wanted"
    SECONDS = "the time was over"
    READER = "whoever read it has ended"
    TARGET = "the container ended or restarted"
    TOOL = "tcpdump ended"
    UNREADABLE = "what came was no pcap"
    DISK = "it could not be written"


_LATE = (End.STOPPED, End.SECONDS, End.TARGET)
"""Ends up to which every packet is wanted, be it late."""
_WANTED = (End.STOPPED, End.PACKETS, End.BYTES, End.SECONDS, End.READER)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a capture; *why* has the tool's own words where it failed, *left* what could not be removed."""

    end: End
    packets: int
    bytes: int
    path: str
    """Empty where nothing was written."""
    dropped: int = 0
    why: str = ""
    left: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether it ended as was wanted, with something to read."""
        return self.end in _WANTED and bool(self.path)

    @property
    def line(self) -> str:
        """What came of it, in a line."""
        end = f"{self.end}{f': {self.why}' if self.why else ''}"
        lost = f", {self.dropped:,} more were dropped" if self.dropped else ""
        left = f"; its sidecar could not be removed: {'; '.join(self.left)}" if self.left else ""
        if not self.path:
            return f"nothing was captured: {end}{left}"
        place = "" if self.path == "-" else f" in {self.path}"
        return f"{packets(self.packets)}{lost}, {size(self.bytes)}{place}: {end}{left}"


def packets(count: int) -> str:
    """Return a number of packets in words."""
    return f"{count:,} packet{'' if count == 1 else 's'}"


class Recording:
    """One capture. `run` blocks; what it has so far may be read, and `stop` called, from any thread."""

    def __init__(self, plan: Plan, bounds: Bounds, alive: Callable[[], bool]) -> None:
        """*alive* tells whether the container still is the one to capture from.

        Raises:
            EngineError: the file is there already.
        """
        if plan.into != "-" and os.path.lexists(plan.into):
            raise EngineError("refused", f"{plan.into} is there already, and is not overwritten.")
        self.plan = plan
        self.bounds = bounds
        self._alive = alive
        self._cutter = Cutter()
        self._end: End | None = None
        self._stop = threading.Event()
        self._out = 1 if plan.into == "-" else -1
        self._said = b""
        """What the program wrote on its standard error, the last of it."""
        self._trouble = ""
        self._last: deque[tuple[float, bytes]] = deque(maxlen=LAST_PACKETS)
        self.packets = 0
        self.bytes = 0
        """As long as the file is."""
        self.began = 0.0
        """When tcpdump was there, by the monotonic clock; 0 before."""
        self.finished = threading.Event()
        """Set when nothing runs any more, and the file is complete."""

    @property
    def last(self) -> list[tuple[float, str]]:
        """The last packets: when, and a line on each."""
        return [(when, summary(self._cutter.link, head)) for when, head in tuple(self._last)]

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to end, be it still on its way there."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End it soon."""
        self._stop.set()

    def run(self) -> Recorded:
        """Capture until a bound is reached, it is stopped, or something ends it.

        Raises:
            EngineError: the program cannot be started.
        """
        check_session()
        log.debug("capture: %s", self.plan.shown())
        try:
            return self._run()
        finally:
            self.finished.set()

    def _run(self) -> Recorded:
        try:
            # A session of its own: Ctrl+C on our terminal is for us, who end it in order.
            process = subprocess.Popen(
                self.plan.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(
                "refused", f"{self.plan.argv[0]} could not be started: {error.strerror or error}."
            ) from error
        left: tuple[str, ...] = ()
        try:
            self._read_on(process)
            if self._end in _LATE:
                self._read_late(process)
        finally:
            self._finish(process)
            left = clean(self.plan)
            if self._out > 2:
                os.close(self._out)
        dropped = _DROPPED.search(self._said.decode("utf-8", "replace"))
        end = self._end or End.TOOL
        why = self._why() if end in (End.TOOL, End.UNREADABLE) else self._trouble
        if end is End.TOOL and self.bounds.packets and self.packets >= self.bounds.packets:
            end, why = End.PACKETS, ""
        path = self.plan.into if self._cutter.header and self.bytes else ""
        return Recorded(end, self.packets, self.bytes, path, int(dropped[1]) if dropped else 0, why, left)

    def _read_on(self, process: subprocess.Popen[bytes]) -> None:
        out, err = _pipes(process)
        streams = {out: self._take, err: self._hear}
        asked = time.monotonic()
        while streams:
            for ready in select.select(list(streams), [], [], 0.2)[0]:
                piece = os.read(ready, _PIECE)
                if not piece:
                    del streams[ready]
                elif self._end is None:
                    streams[ready](piece)
                if ready == out and ready not in streams:
                    return  # an engine may keep the other one open
            now = time.monotonic()
            if self._end is None and now - asked >= ALIVE_SECONDS:
                asked = now
                if not self._alive():
                    self._end = End.TARGET
            self._end = self._end or self._bound(now)
            if self._end is not None:
                return

    def _read_late(self, process: subprocess.Popen[bytes]) -> None:
        """Read what came before the end, and is not here yet."""
        out, err = _pipes(process)
        streams, ended = {out: self._take, err: self._hear}, self._end
        deadline = time.monotonic() + LAG_SECONDS
        while out in streams and self._end is ended and (rest := deadline - time.monotonic()) > 0:
            for ready in select.select(list(streams), [], [], rest)[0]:
                if piece := os.read(ready, _PIECE):
                    streams[ready](piece)
                else:
                    del streams[ready]

    def _bound(self, now: float) -> End | None:
        if self._stop.is_set():
            return End.STOPPED
        if self.bounds.seconds and self.began and now - self.began >= self.bounds.seconds:
            return End.SECONDS
        return None

    def _hear(self, piece: bytes) -> None:
        self._said = (self._said + piece)[-_SAID_BYTES:]

    def _take(self, piece: bytes) -> None:
        whole: list[Record] = []
        had_header = bool(self._cutter.header)
        length = self.bytes
        try:
            for record in self._cutter.feed(piece):
                if not had_header and not whole:
                    length = len(self._cutter.header)
                length += len(record.raw)
                if self.bounds.bytes and length > self.bounds.bytes:
                    self._end = End.BYTES
                    break
                whole.append(record)
                if self.bounds.packets and self.packets + len(whole) >= self.bounds.packets:
                    self._end = End.PACKETS
                    break
        except NotPcapError as error:
            self._end, self._trouble = End.UNREADABLE, str(error)
        if self._cutter.header:
            new = b"" if had_header else self._cutter.header
            self._write(new, whole)

    def _write(self, header: bytes, whole: list[Record]) -> None:
        if not self.began:
            self.began = time.monotonic()
        data = header + b"".join(record.raw for record in whole)
        if not data:
            return
        written = 0
        try:
            if self._out < 0:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                self._out = os.open(self.plan.into, flags, 0o600)
            while written < len(data):
                written += os.write(self._out, data[written:] if written else data)
        except BrokenPipeError:
            self._end = End.READER
            return
        except OSError as error:
            self._end, self._trouble = End.DISK, error.strerror or str(error)
        self._count(header, whole, written)

    def _count(self, header: bytes, whole: list[Record], written: int) -> None:
        """Take note of the packets within the bytes *written*; one that is not whole is taken out again."""
        length, count = len(header) if written >= len(header) else 0, 0
        for record in whole:
            if length + len(record.raw) > written:
                break
            length += len(record.raw)
            count += 1
        if length < written and self._out > 2:
            os.ftruncate(self._out, self.bytes + length)
        self.bytes += length
        self.packets += count
        self._last.extend((record.when, record.frame[:_HEAD_BYTES]) for record in whole[:count][-LAST_PACKETS:])

    def _why(self) -> str:
        lines = self._said.decode("utf-8", "replace").splitlines()
        told = [line for line in map(str.strip, lines) if not _USUAL.search(line)]
        told = [line for line in told if not line.startswith(("Run 'docker ", "See 'docker "))] or told
        return one_line(told[-1].removeprefix("tcpdump: ")).rstrip(".") if told else self._trouble

    def _finish(self, process: subprocess.Popen[bytes]) -> None:
        """End the program in order: tcpdump first, whose last words are wanted, then what runs it."""
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        if UNTIL_INPUT_ENDS not in self.plan.argv:
            process.send_signal(signal.SIGINT)
        for more in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self._drained(process, GRACE_SECONDS):
                break
            process.send_signal(more)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def _drained(self, process: subprocess.Popen[bytes], seconds: float) -> bool:
        """Read what still comes, so that nobody waits for a reader; tell whether the program has ended."""
        out, err = _pipes(process)
        deadline = time.monotonic() + seconds
        streams = {out, err}
        while time.monotonic() < deadline:
            if process.poll() is not None and not select.select(list(streams), [], [], 0)[0]:
                return True
            for ready in select.select(list(streams), [], [], 0.05)[0]:
                piece = os.read(ready, _PIECE)
                if not piece:
                    streams.discard(ready)
                elif ready == err:
                    self._hear(piece)
                elif self._end in _LATE:
                    self._take(piece)
        return process.poll() is not None


def _pipes(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    if process.stdout is None or process.stderr is None:
        raise ValueError("it was started without pipes")
    return process.stdout.fileno(), process.stderr.fileno()
