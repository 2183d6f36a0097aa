"""Ends the program with its terminal, also where no signal tells that it is gone.

Textual reads the end of a terminal for ever and hangs when it can no longer write, so this neither waits
for its loop nor runs on it.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time

GRACE_SECONDS = 60.0
"""So long may a handler of SIGHUP clean up."""


def watch(fd: int = 0) -> None:
    """Begin to wait for the end of the terminal on *fd*; costs nothing until then."""
    threading.Thread(target=_wait, args=(fd,), name="hangup", daemon=True).start()


def _wait(fd: int) -> None:
    poll = select.poll()
    poll.register(fd, 0)  # hanging up is reported without being asked for
    [(_, what)] = poll.poll()
    if what & (select.POLLHUP | select.POLLERR):  # not POLLNVAL: where a terminal cannot be polled
        _leave()


def _leave() -> None:
    # What is still written goes nowhere: an error would end the thread that writes, and block who feeds it.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    # The signal that the terminal's end should have sent: who has to clean up hears it.
    is_heard = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    if is_heard:
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(GRACE_SECONDS)
    os._exit(128 + signal.SIGHUP)
