"""What follows the selected container: its log, its processes, its diagnosis. Leaving it closes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.logs import LogTail, earlier
from cdbg_tui.engine.processes import ProcessWatch
from cdbg_tui.model.container import Container
from cdbg_tui.model.finding import Diagnosis, Step, Weight
from cdbg_tui.triage.shared import Shared
from cdbg_tui.triage.word import Word, word
from cdbg_tui.tui.messages import LogRead, ProcessesListed
from cdbg_tui.tui.panes.logs import LogsPane
from cdbg_tui.tui.panes.processes import ProcessesPane
from cdbg_tui.tui.panes.triage import Depth, TriagePane, file_proof

if TYPE_CHECKING:
    from cdbg_tui.triage.checklist import Check
    from cdbg_tui.triage.evidence import Evidence
    from cdbg_tui.triage.network.knock import Attempts
    from cdbg_tui.tui.app import CdbgApp

EARLIER_LINES = 5000
REOPEN_SECONDS = 0.5


class Following:
    """Keeps the panes of the selected container filled. All of it runs on the app's thread.

    Each container looked at, and each life of it, has a generation; what streams of an earlier one still
    hand over is dropped.
    """

    def __init__(self, app: CdbgApp) -> None:
        self._app = app
        self._generation = 0
        self._container: Container | None = None
        self._word: Word | None = None
        self._evidence: Evidence | None = None
        self._diagnosis: Diagnosis | None = None
        self._depth = Depth.CLOSER
        self._attempts: Attempts | None = None
        self._glances = True
        """Whether what the list selected by itself is only glanced at, as long as it shows no sign of trouble."""
        self._tail: LogTail | None = None
        self._log_number = 0
        self._has_log = False
        self._processes: ProcessWatch | None = None
        self._process_number = 0

    @property
    def container(self) -> Container | None:
        """The container that is looked at."""
        return self._container

    @property
    def _logs(self) -> LogsPane:
        return self._app.dashboard.query_one(LogsPane)

    @property
    def _process_pane(self) -> ProcessesPane:
        return self._app.dashboard.query_one(ProcessesPane)

    @property
    def _triage(self) -> TriagePane:
        return self._app.dashboard.query_one(TriagePane)

    def look_at(self, container: Container | None) -> None:
        """Leave the container that was looked at, and look at this one."""
        self.close()
        self._container = container
        self._evidence = self._diagnosis = self._attempts = None
        self._has_log = False
        self._process_pane.say_of(container)
        if container is None:
            self._logs.clear("no container is selected")
            self._triage.say("no container is selected")
            return
        self._logs.clear("opening the log…")
        self._triage.say("looking…")
        self._word = word(container, self._app.roster.usages.get(container.id))
        self._watch_processes()
        self._ask()

    def changed(self, container: Container) -> None:
        """Take note that the container looked at is another one than before, perhaps in a new life."""
        old = self._container
        if old is None or old.id != container.id:
            return
        said = word(container, self._app.roster.usages.get(container.id))
        if said == self._word and old == container:
            return
        self._take(container)
        self._ask()

    def take_up(self) -> None:
        """Ask again for everything about the container, now that an engine that was lost answers again."""
        if self._container is None:
            return
        self._watch_processes()
        self._ask()
        if self._has_log and self._tail is None:
            self.open_log(again=True)

    def _take(self, container: Container) -> None:
        """Know the container that is looked at anew; with another life, its processes are others."""
        old, self._container = self._container, container
        self._word = word(container, self._app.roster.usages.get(container.id))
        is_reborn = container.is_up and old is not None and old.inspected and old.since != container.since
        if old is None or old.is_up != container.is_up or is_reborn:
            self._watch_processes()
            self._process_pane.say_of(container)
        # Whoever finds out that it has ended may be the last to speak of it.
        self._app.roster.show_stats()

    def look_whole(self) -> None:
        """Look at everything from now on: somebody is there, or the engine has had time to breathe."""
        if self._glances:
            self._glances = False
            if self._evidence is None or not self._evidence.is_whole:
                self._depth = Depth.CLOSER
                self._show_diagnosis()
                self._ask()

    def _ask(self) -> None:
        container, app = self._container, self._app
        if container is None:
            return
        one, usage = container.id, app.roster.usages.get(container.id)
        glances = self._glances and app.judging.is_calm(container)

        def look() -> Iterator[tuple[Evidence, Diagnosis]]:
            # Not on the app's thread: an answer that makes no sense is a sentence there, and a crash here; and
            # the rules take their time to load.
            from cdbg_tui.triage.gather import look_closer
            from cdbg_tui.triage.verdict import diagnose, for_engine

            shared = Shared(app.engine, containers=app.rounds.shared.containers)
            for evidence in look_closer(app.engine, one, app.watcher.events_of(one), usage, shared=shared):
                diagnosis = for_engine(diagnose(evidence), app.engine.endpoint.cli)
                yield evidence, diagnosis
                if glances and _is_calm(diagnosis):
                    return

        def found(answer: tuple[Evidence, Diagnosis]) -> None:
            evidence, diagnosis = answer
            self._evidence, self._diagnosis = evidence, diagnosis
            is_enough = glances and _is_calm(diagnosis)
            self._depth = Depth.WHOLE if evidence.is_whole else Depth.GLANCE if is_enough else Depth.CLOSER
            self._take(evidence.container)
            app.roster.learned(evidence.container)
            self._show_diagnosis()
            if evidence.is_whole:
                app.roster.judged(evidence.container, diagnosis)
            if not self._has_log or (self._tail is None and evidence.container.is_up):
                self.open_log(again=self._has_log)

        app.asking.follow("look", look, found, self._failed)

    @property
    def next_commands(self) -> list[Step]:
        """What its diagnosis offers to be run next."""
        findings = self._diagnosis.findings if self._diagnosis else ()
        return [step for finding in findings for step in finding.next if step.command]

    @property
    def file_in_proof(self) -> tuple[str, str]:
        """The first file of the container that proves what was found, and the line in it; empty for none."""
        proof = file_proof(self._diagnosis)
        return (proof.path, proof.line) if proof is not None else ("", "")

    def _show_diagnosis(self) -> None:
        evidence, diagnosis, attempts = self._evidence, self._diagnosis, self._attempts
        if evidence is None or diagnosis is None:
            return

        def checks() -> Sequence[Check]:
            from cdbg_tui.triage.checklist import checklist

            return checklist(evidence, diagnosis, attempts)

        self._triage.show(diagnosis, is_up=evidence.container.is_up, depth=self._depth, checks=checks)

    def connect(self) -> None:
        """Ask the checklist's last questions, which touch the container."""
        evidence, app = self._evidence, self._app
        if evidence is None:
            return

        def knock() -> Attempts:
            from cdbg_tui.triage.network.knock import connections

            return connections(app.engine, evidence)

        def answered(attempts: Attempts) -> None:
            if self._container is not None and self._container.id == evidence.container.id:
                self._attempts = attempts
                self._show_diagnosis()

        app.asking.ask("connect", knock, answered, self._failed)

    def _failed(self, error: EngineError) -> None:
        gone = error.kind == "missing"
        self._triage.say("It has been removed." if gone else f"{error.what} {error.advice}")
        if gone or not self._has_log:
            self._logs.clear("the container has been removed" if gone else error.what)

    # The log

    @property
    def tty(self) -> bool:
        """Whether the container has a terminal, and so a raw log."""
        return bool(self._evidence and self._evidence.container.tty)

    def open_log(self, *, again: bool = False) -> None:
        """Open the log's end; *again* goes on where the lines shown end."""
        if self._container is None:
            return
        self._close_log()
        self._has_log = True
        self._generation += 1
        number = self._log_number = self._generation
        seconds = self._logs.seconds
        since = self._app.now() - seconds if seconds else None
        self._tail = LogTail(
            self._app.engine,
            self._container.id,
            self.tty,
            lambda batch: self._app.tell(LogRead(number, batch)),
            tail=self._app.config.log_lines,
            since=since,
            after=self._logs.seam if again else (),
        )

    def log_read(self, message: LogRead) -> None:
        """Show lines of the log that is open."""
        if message.generation != self._log_number or self._tail is None:
            return
        self._logs.show(message.batch)
        if message.batch.ended:
            self._close_log()
            if not message.batch.problem:
                # A restart may have ended it: by then it is known whether the container lives.
                self._app.set_timer(REOPEN_SECONDS, lambda: self._reopen_if_up(message.generation))

    def _reopen_if_up(self, generation: int) -> None:
        up = self._container is not None and self._container.is_up
        if up and self._tail is None and generation == self._log_number:
            self.open_log(again=True)

    def reopen_log(self) -> None:
        """Read the log anew, in another time window."""
        self._app.asking.forget("earlier")
        self._logs.clear("opening the log…")
        self.open_log()

    def load_earlier(self, first: bytes, have: int) -> None:
        """Read the lines before those that are shown."""
        container, app, tty = self._container, self._app, self.tty
        if container is None:
            return
        one, seconds = container.id, self._logs.seconds
        since = app.now() - seconds if seconds else None

        def failed(error: EngineError) -> None:
            self._logs.show_earlier([], False)
            app.say(f"earlier lines: {error.what}", "error")

        app.asking.ask(
            "earlier",
            lambda: earlier(app.engine, one, tty, first, have, EARLIER_LINES, since=since),
            lambda records: self._logs.show_earlier(records, len(records) < EARLIER_LINES),
            failed,
        )

    # The processes

    def _watch_processes(self) -> None:
        if self._processes is not None:
            self._processes.close()
            self._processes = None
        container = self._container
        if container is None or not self._wants_processes:
            return
        self._generation += 1
        number = self._process_number = self._generation
        self._processes = ProcessWatch(
            self._app.engine,
            container.id,
            container.pid,
            lambda reading: self._app.tell(ProcessesListed(number, reading)),
        )
        self._processes.start()

    @property
    def _wants_processes(self) -> bool:
        # Only while somebody looks: the pane may be hidden on a narrow terminal, or covered.
        is_seen = self._process_pane.is_in_view and not self._app.sight.is_resting
        return is_seen and self._container is not None and self._container.is_up

    def look_at_processes(self) -> None:
        """Begin or end to read processes as their pane comes into view or goes out of it."""
        if self._wants_processes != (self._processes is not None):
            self._watch_processes()

    def processes_listed(self, message: ProcessesListed) -> None:
        """Show a reading of the processes that are watched."""
        if self._processes is None or message.generation != self._process_number:
            return
        reading = message.reading
        if reading.error is not None:
            self._process_pane.say(reading.error.what)
        elif reading.processes or (self._container and self._container.is_up):
            self._process_pane.show(reading.processes, reading.source)

    # Leaving

    def _close_log(self) -> None:
        if self._tail is not None:
            self._tail.close()
            self._tail = None

    def close(self) -> None:
        """Close all streams."""
        self._close_log()
        if self._processes is not None:
            self._processes.close()
            self._processes = None
        for key in ("look", "earlier", "connect"):
            self._app.asking.forget(key)


def _is_calm(diagnosis: Diagnosis) -> bool:
    return all(one.weight in (Weight.FINE, Weight.NOTE) for one in diagnosis.findings)
