"""How far a long reading is, and the way to end it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cdbg_tui.engine.client import Engine
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
        self._streams: set[Stream] = set()

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants the result any more."""
        return self._cancelled.is_set()

    @contextmanager
    def reading(self, engine: Engine, request: str, *, patience: float) -> Iterator[Stream]:
        """Lend the engine's answer to *request*, which cancelling ends at once, even before it begins.

        Raises:
            EngineError: the engine does not answer, or it was cancelled.
        """
        begun: list[Stream] = []

        def born(stream: Stream) -> None:
            begun.append(stream)
            self.reads(stream)

        try:
            yield engine.stream(request, patience=patience, born=born)
            self.check()
        except EngineError:
            self.check()  # what breaks because it was cancelled is no failure of the engine
            raise
        finally:
            for stream in begun:
                stream.close()
            with self._lock:
                self._streams.difference_update(begun)

    def reads(self, stream: Stream) -> None:
        """Say what is being read, so that cancelling ends it at once.

        Raises:
            EngineError: it was cancelled before.
        """
        with self._lock:
            self._streams.add(stream)
        self.check()

    def cancel(self) -> None:
        """End the reading; who reads gets an `EngineError` of the kind ``cancelled``."""
        self._cancelled.set()
        with self._lock:
            for stream in self._streams:
                stream.close()

    def check(self) -> None:
        """Go on, unless it was cancelled.

        Raises:
            EngineError: it was cancelled.
        """
        if self.is_cancelled:
            raise EngineError("cancelled", "It was cancelled.")
