"""What threads tell the app, as facts in the past tense; posted from any thread, handled on the app's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.message import Message

from cdbg_tui.engine.containers import News
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.processes import ProcessesRead
from cdbg_tui.engine.stats import Sweep
from cdbg_tui.model.container import Container
from cdbg_tui.model.log import LogBatch
from cdbg_tui.triage.rounds import Judged


class EngineTold(Message):
    """The list of containers, a change in it, or that the engine is lost."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news


class MetersRead(Message):
    """A sweep of samples."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__()
        self.sweep = sweep

    def can_replace(self, message: Message) -> bool:
        """Only the newest sweep matters to an app that is behind."""
        return isinstance(message, MetersRead)


class LogRead(Message):
    """Lines of a log; *generation* tells which of the logs that were opened they belong to."""

    def __init__(self, generation: int, batch: LogBatch) -> None:
        super().__init__()
        self.generation = generation
        self.batch = batch


class ProcessesListed(Message):
    """A reading of one container's processes."""

    def __init__(self, generation: int, reading: ProcessesRead) -> None:
        super().__init__()
        self.generation = generation
        self.reading = reading

    def can_replace(self, message: Message) -> bool:
        """Only the newest reading matters."""
        return isinstance(message, ProcessesListed)


class Answered(Message):
    """A question asked in the background was answered, or failed; with *is_last* nothing more comes."""

    def __init__(
        self, key: str, number: int, answer: Any, error: EngineError | None = None, *, is_last: bool = False
    ) -> None:
        super().__init__()
        self.key = key
        self.number = number
        self.answer = answer
        self.error = error
        self.is_last = is_last


class ContainerJudged(Message):
    """A container was diagnosed in the background."""

    def __init__(self, judged: Judged) -> None:
        super().__init__()
        self.judged = judged


Then = Callable[[Any], None]
Failed = Callable[[EngineError], None]


class Settled(Message):
    """The cursor rests on a container (or on none): now its panes may be filled."""

    def __init__(self, container: Container | None) -> None:
        super().__init__()
        self.container = container


class PanesShown(Message):
    """Other panes than before may be in view."""


class Wished(Message):
    """A key asked for something that is done with the engine; *container* is the selected one."""

    def __init__(self, what: str, container: Container | None) -> None:
        super().__init__()
        self.what = what
        self.container = container
