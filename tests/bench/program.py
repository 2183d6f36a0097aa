"""A program in a pty: what it wrote when, and what it costs."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import pyte

KEYS = {"down": "\x1b[B", "up": "\x1b[A", "esc": "\x1b", "ctrl+c": "\x03", "ctrl+q": "\x11"}
_QUESTION = re.compile(rb"\x1b\[6n|\x1b\[c|\x1b\[0c")


@dataclass(frozen=True)
class Spec:
    """How a program is started, and gone about in."""

    name: str
    argv: tuple[str, ...]
    quit: str = "q"
    panel: tuple[str, str] = ("?", "")
    """The key that opens a panel, and a word that is on the screen then; Esc closes it. Empty if it has none."""
    has_logs: bool = True


BARE = Spec(
    "bare table", (sys.executable, "-m", "tests.bench.floor"), quit="ctrl+q", panel=("", ""), has_logs=False
)


class Program:
    """One program, ended with the block."""

    columns, rows = 160, 45
    """Of the terminal."""

    def __init__(self, spec: Spec, env: Mapping[str, str]) -> None:
        self.spec = spec
        self.chunks: list[tuple[float, bytes]] = []
        """What it wrote, and when, by the monotonic clock."""
        self.started = time.monotonic()
        self.ended: float | None = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
            os.execvpe(spec.argv[0], spec.argv, {**os.environ, **env})  # noqa: S606
        self._process = psutil.Process(self.pid)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.ended is None:
            os.kill(self.pid, signal.SIGKILL)
        self._reader.join()
        os.close(self._fd)

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        while True:
            poll.poll()
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:  # its end has been closed
                break
            if not data:
                break
            self._came(time.monotonic(), data)
            if _QUESTION.search(data):  # a program may wait for where the cursor is, and what terminal this is
                os.write(self._fd, b"\x1b[1;1R" if b"6n" in data else b"\x1b[?62;c")
        os.waitpid(self.pid, 0)
        self.ended = time.monotonic()

    def _came(self, when: float, data: bytes) -> None:
        self.chunks.append((when, data))

    def press(self, key: str) -> float:
        """Press a key; return when."""
        now = time.monotonic()
        os.write(self._fd, KEYS.get(key, key).encode())
        return now

    def type(self, text: str) -> None:
        """Type *text*."""
        os.write(self._fd, text.encode())

    def settle(self, seconds: float = 0.15, at_most: float = 1.5) -> None:
        """Wait until it has written nothing for so long, or goes on and on."""
        deadline = time.monotonic() + at_most
        while time.monotonic() < deadline:
            last = self.chunks[-1][0] if self.chunks else self.started
            if time.monotonic() - max(last, deadline - at_most) > seconds:
                return
            time.sleep(0.01)

    def wait_for(self, pattern: bytes, seconds: float = 40) -> float | None:
        """Return when *pattern* was first written, None if it was not within *seconds*."""
        found = re.compile(pattern)
        deadline = time.monotonic() + seconds
        at, seen = 0, b""
        while time.monotonic() < deadline:
            while at < len(self.chunks):
                when, data = self.chunks[at]
                at += 1
                seen = (seen + data)[-(len(data) + 200) :]
                if found.search(seen):
                    return when
            time.sleep(0.005)
        return None

    def frames(self, since: float = 0.0, until: float = float("inf")) -> Iterator[tuple[float, bytes]]:
        """Yield what it wrote between two moments, in pieces that came together, with the time of their end."""
        held, last = b"", 0.0
        for when, data in list(self.chunks):
            if not since <= when < until:
                continue
            if held and when - last > 0.002:
                yield last, held
                held = b""
            held, last = held + data, when
        if held:
            yield last, held

    def screen(self, until: float = float("inf")) -> tuple[pyte.Screen, pyte.ByteStream]:
        """Return the screen as it was at a moment, and what feeds it."""
        screen = pyte.Screen(self.columns, self.rows)
        stream = pyte.ByteStream(screen)
        stream.feed(b"".join(data for when, data in list(self.chunks) if when < until))
        return screen, stream

    @property
    def written(self) -> int:
        """How many bytes it wrote."""
        return sum(len(data) for _, data in list(self.chunks))

    def _family(self) -> Sequence[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def cpu(self) -> float:
        """Return the seconds of CPU that it has used, with its children, those that ended included."""
        times = self._process.cpu_times()
        living = sum(sum(child.cpu_times()[:2]) for child in self._process.children(recursive=True))
        return float(sum(times[:4]) + living)

    def memory(self) -> float:
        """Return its share of memory (PSS) in MiB."""
        total = 0
        for process in self._family():
            found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process.pid}/smaps_rollup").read_text(), re.M)
            total += int(found[1]) if found else 0
        return total / 1024
