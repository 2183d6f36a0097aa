"""The terminal: Textual's own driver, but for how it waits.

That looks ten times a second whether the program ends, and waits two tenths when it does; it takes a lone
Esc for one after a tenth at the earliest, and ends at a byte that is no UTF-8. And whatever continues it, it takes
the terminal, even one that it has: with a second reader of keys, and the modes of a dashboard for the user's own.
"""

from __future__ import annotations

import codecs
import io
import os
import select
import signal
import sys
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from typing_extensions import Buffer

ESCAPE_SECONDS = 0.01
"""After so long an Esc is no beginning of another key's sequence (as in tmux): terminals send one in one piece."""
PAUSE_SECONDS = 0.05
"""What comes sooner after something else, as a long paste does, goes on with it."""
ANSWER_SECONDS = 0.1
YOUNG_SECONDS = 1.0
"""What the terminal was asked at the start has its answer by then; else it would end up in the user's shell."""

if "ESCDELAY" not in os.environ:
    constants.ESCAPE_DELAY = ESCAPE_SECONDS  # type: ignore[misc]


class _Forgiving(io.RawIOBase):
    """The terminal's descriptor; where the terminal is gone, what is written goes nowhere.

    An error would end the thread that writes, and block for ever who feeds it.
    """

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return sys.__stderr__.fileno() if sys.__stderr__ is not None else 2

    def write(self, data: Buffer) -> int:
        try:
            return os.write(self.fileno(), data)
        except OSError:
            return memoryview(data).nbytes


def output() -> io.TextIOWrapper:
    """Return what writes to the terminal, as standard error does."""
    encoding = sys.__stderr__.encoding if sys.__stderr__ is not None else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(_Forgiving()), encoding, "backslashreplace")


class Terminal(LinuxDriver):
    """Reads keys when there are some, and ends at once."""

    entered = 0
    """How often the terminal was taken: each time nothing stands on it."""
    read_at = 0.0
    """When it began to send what it has sent last, by the monotonic clock: an Esc is handed over after that."""
    _last_read = 0.0
    _stop: tuple[int, int] | None = None
    """A pipe: a byte in it ends the reading."""
    _began = 0.0

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self.entered += 1
        self._began = monotonic()
        self._close_stop()
        self._stop = os.pipe()
        self._file = output()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _sigcont_application(self, *_: object) -> None:
        # Not at once: this may be the middle of a write, whose queue has a lock, or of taking the terminal.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._retake)

    def _retake(self) -> None:
        """Take the terminal again, on being continued; what may have been made of it meanwhile is given up first.

        SIGSTOP stops without asking, the kernel sends SIGCONT along with SIGHUP (setpgid(2)), and anybody may.
        """
        if not self._auto_restart:
            return
        if self._writer_thread is not None and self._writer_thread.is_alive():
            try:
                is_in_front = os.tcgetpgrp(self.fileno) == os.getpgrp()
            except OSError:  # it is gone
                return
            if not is_in_front:
                # Stopped until it is, as who writes from there; not where no shell is left to bring it there.
                os.kill(os.getpid(), signal.SIGTTOU)
                return
            self.suspend_application_mode()
        elif self._stop is None and not self._must_signal_resume:  # it is being left
            return
        self.resume_application_mode()

    def disable_input(self) -> None:
        """Stop reading."""
        if self._stop is None:
            return
        os.write(self._stop[1], b"\0")
        super().disable_input()
        self._close_stop()

    def _close_stop(self) -> None:
        for end in self._stop or ():
            os.close(end)
        self._stop = None

    def run_input_thread(self) -> None:
        """Hand keys over until it is stopped, or the terminal is gone."""
        if self._stop is None:
            return
        stop = self._stop[0]
        parser = XTermParser(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        poll.register(stop, select.POLLIN)
        while True:
            due = parser._timeout_time  # noqa: SLF001 -- set while an Esc may become a sequence
            patience = None if due is None else max(0.0, due - monotonic()) * 1000
            ready = {fd for fd, _ in poll.poll(patience)}
            if stop in ready:
                break
            if self.fileno in ready:
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:  # it is gone
                    return
                if not data:
                    return
                now = monotonic()
                if now > self._last_read + PAUSE_SECONDS:
                    self.read_at = now
                self._last_read = now
                for message in parser.feed(decode(data)):
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)
        poll.unregister(stop)
        if monotonic() - self._began < YOUNG_SECONDS and poll.poll(ANSWER_SECONDS * 1000):
            with suppress(OSError):  # it is gone
                os.read(self.fileno, 4096)
