"""Questions to an engine from the app's thread, answered on the app's thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from textual.message_pump import MessagePump

from cdbg_tui import crash
from cdbg_tui.engine.debug import log, since
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.threads import begin
from cdbg_tui.tui.messages import Answered

T = TypeVar("T")


class Asking:
    """Runs blocking calls in daemon threads; of two questions under one key only the newer is answered.

    A daemon thread a call, not Textual's workers: theirs are few, and are joined at exit, where one that
    waits for a hung engine would keep the app from quitting.
    """

    def __init__(self, pump: MessagePump) -> None:
        self._pump = pump
        self._number = 0
        self._open: dict[str, tuple[int, Callable[[Any], None], Callable[[EngineError], None]]] = {}

    def ask(
        self,
        key: str,
        question: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[EngineError], None],
    ) -> None:
        """Call *question* in the background, then *then* with its answer or *failed* with its error."""
        self.follow(key, lambda: iter((question(),)), then, failed)

    def follow(
        self,
        key: str,
        question: Callable[[], Iterator[T]],
        then: Callable[[T], None],
        failed: Callable[[EngineError], None],
    ) -> None:
        """Ask a question whose answer becomes better: *then* is called with each."""
        self._number += 1
        number = self._number
        self._open[key] = (number, then, failed)

        def run() -> None:
            began, error = time.monotonic(), None
            try:
                for answer in question():
                    self._pump.post_message(Answered(key, number, answer))
                    if not self._is_open(key, number):
                        return
            except EngineError as failure:
                error = failure
            except OSError as failure:
                error = EngineError(
                    "refused", f"{failure.filename or 'it failed'}: {failure.strerror or failure}."
                )
            except Exception as failure:  # noqa: BLE001 - a thread that dies would leave who asked waiting
                path = crash.report(failure, f"while “{key.partition(' ')[0]}” was asked")
                error = EngineError("refused", f"{crash.told(failure, path, goes_on=True)}.")
            log.debug("asked “%s”: %s after %s", key, error.what if error else "answered", since(began))
            self._pump.post_message(Answered(key, number, None, error, is_last=True))

        begin(run, f"ask {key}")

    def _is_open(self, key: str, number: int) -> bool:
        return key in self._open and self._open[key][0] == number

    def forget(self, key: str) -> None:
        """Drop the answer to a question that nobody waits for any more."""
        self._open.pop(key, None)

    def answered(self, message: Answered) -> None:
        """Hand an answer to who asked; late ones are dropped."""
        if not self._is_open(message.key, message.number):
            return
        _, then, failed = self._open[message.key]
        if message.is_last:
            del self._open[message.key]
        if message.error is not None:
            failed(message.error)
        elif not message.is_last:
            then(message.answer)
