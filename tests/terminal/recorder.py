"""A program in a pty and all that it wrote, to be replayed up to any moment: tmux shows only what is now."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import pyte

SECONDS = 20.0


class Recorder:
    """One program in one pty of *size* columns and rows, killed by its own id when the block is left."""

    def __init__(self, argv: Sequence[str], size: tuple[int, int], env: Mapping[str, str]) -> None:
        self._size = size
        self.chunks: list[bytes] = []
        # Held open on both sides: a terminal does not end with its program.
        self._fd, self._slave = os.openpty()
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.settings_before = self.settings()
        self._program = subprocess.Popen(
            argv,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, **env},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._program.kill()
        self._program.wait()
        os.close(self._fd)
        os.close(self._slave)

    @property
    def raw(self) -> bytes:
        """All that it wrote."""
        return b"".join(self.chunks)

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._program.pid

    def settings(self) -> list[Any]:
        """Return the terminal's line settings."""
        return termios.tcgetattr(self._fd)

    def type(self, text: str) -> None:
        """Type *text*; a carriage return is Enter."""
        os.write(self._fd, text.encode())

    def read_until(self, condition: Callable[[], bool]) -> None:
        """Read what it writes until *condition* holds."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"not within {SECONDS} s on\n" + "\n".join(self.screen().display)
            if select.select([self._fd], [], [], 0.02)[0]:
                self.chunks.append(os.read(self._fd, 1 << 16))

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal of another size; the kernel tells the program."""
        self._size = (columns, rows)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self._program.send_signal(number)

    def wait(self) -> int:
        """Read to the program's end and what it wrote last, and return its exit status."""
        self.read_until(lambda: self._program.poll() is not None)
        while select.select([self._fd], [], [], 0)[0]:
            self.chunks.append(os.read(self._fd, 1 << 16))
        return self._program.returncode

    def screen(self) -> pyte.Screen:
        """Return the screen as it is now."""
        *_, last = self.screens()
        return last

    def picture(self, length: int) -> Frame:
        """Return the screen as it was after so many bytes."""
        screen = pyte.Screen(*self._size)
        pyte.ByteStream(screen).feed(self.raw[:length])
        return frame(screen)

    def screens(self) -> Iterator[pyte.Screen]:
        """Yield the screen as it was after each piece that was read: always the same object, changed."""
        screen = pyte.Screen(*self._size)
        stream = pyte.ByteStream(screen)
        yield screen
        for chunk in self.chunks:
            stream.feed(chunk)
            yield screen


Cell = tuple[str, str, str, bool]
Frame = list[list[Cell]]


def frame(screen: pyte.Screen) -> Frame:
    """Return every cell of a screen: its text, colour, background, and whether it is bold."""
    rows, columns, cells = range(screen.lines), range(screen.columns), screen.buffer
    return [[(cells[y][x].data, cells[y][x].fg, cells[y][x].bg, cells[y][x].bold) for x in columns] for y in rows]
