"""How far a long reading is, and the way to end it."""

from __future__ import annotations

import threading

from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.stream import Stream


class Progress:
    """Counted up by the thread that reads; looked at, and cancelled, from any other."""

    def __init__(self) -> None:
        self.bytes = 0
        """Bytes of the archive that have been read."""
        self.files = 0
        """Files of it that have been met."""
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._stream: Stream | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants the result any more."""
        return self._cancelled.is_set()

    def reads(self, stream: Stream) -> None:
        """Say what is being read, so that cancelling ends it at once.

        Raises:
            EngineError: it was cancelled before.
        """
        with self._lock:
            self._stream = stream
        self.check()

    def cancel(self) -> None:
        """End the reading; who reads gets an `EngineError` of the kind ``cancelled``."""
        self._cancelled.set()
        with self._lock:
            if self._stream is not None:
                self._stream.close()

    def check(self) -> None:
        """Go on, unless it was cancelled.

        Raises:
            EngineError: it was cancelled.
        """
        if self.is_cancelled:
            raise EngineError("cancelled", "It was cancelled.")
