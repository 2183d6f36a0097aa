"""What was found of each container, for the list; what is in view and was not looked into is diagnosed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cdbg_tui.model.container import Container, State
from cdbg_tui.model.finding import Diagnosis, Weight
from cdbg_tui.model.query import families
from cdbg_tui.triage.rounds import same_life
from cdbg_tui.triage.word import Word, word, word_of

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

JUDGED_UNSEEN = 200
"""Up to so many containers, those out of sight are diagnosed as well: a filter finds them by their cause."""


class Judging:
    """Asks the app's rounds, and keeps their answers. All of it runs on the app's thread."""

    def __init__(self, app: CdbgApp) -> None:
        self._app = app
        self._found: dict[str, tuple[Container, Word | None]] = {}
        """The list's word for each container that was diagnosed, and as what it was known then."""
        self._alive: set[str] = set()
        self._dead: set[str] = set()

    def keep(self, containers: Mapping[str, Container]) -> None:
        """Forget all but these; what stands beside others, or reads an image, is not counted."""
        for gone in self._found.keys() - containers.keys():
            del self._found[gone]
        own, _ = families(containers.values())
        self._alive = {one.id for one in own if not one.is_dead}
        self._dead = {one.id for one in own if one.is_dead and not one.is_probe}

    def count_anew(self, containers: Iterable[Container]) -> None:
        """Take note that these, which are kept, may have begun or ended."""
        for one in containers:
            now, before = (self._dead, self._alive) if one.is_dead else (self._alive, self._dead)
            if one.id in before:
                before.remove(one.id)
                now.add(one.id)

    def counts(self) -> tuple[int, int, int]:
        """Return how many of those that were to be kept are up, suffer, and are dead."""
        known = self._app.roster.containers
        alive = [known[one] for one in self._alive if one in known]
        up = sum(self.word(one).weight is Weight.FINE for one in alive)
        return up, len(alive) - up, len(self._dead)

    def want(self, containers: Iterable[Container]) -> None:
        """Have these diagnosed in the background; those that ended well, or are many, only where they are seen."""
        app = self._app
        seen = app.dashboard.containers.visible_ids()
        are_few = len(app.roster.containers) <= JUDGED_UNSEEN
        for container in containers:
            if container.id in seen or (are_few and container.exit_code != 0 and not container.is_probe):
                app.rounds.want(container, soon=container.id in seen and not self.is_calm(container))

    def want_what_is_seen(self) -> None:
        """Have those diagnosed that stand in the list's window."""
        known = self._app.roster.containers
        self.want(known[one] for one in self._app.dashboard.containers.visible_ids() if one in known)

    def is_calm(self, container: Container) -> bool:
        """Tell whether a container ended well or runs, and neither its state nor its meters show trouble."""
        if container.state is State.EXITED:
            return container.exit_code == 0 and not container.oom_killed
        fine = word(container, self._app.roster.usages.get(container.id)).weight is Weight.FINE
        return container.state is State.RUNNING and fine and not container.restarts

    def judged(self, container: Container, diagnosis: Diagnosis) -> bool:
        """Take note of what was found of a container; tell whether the list says something else of it now."""
        _, before = self._found.get(container.id, (None, None))
        said = word_of(diagnosis)
        self._found[container.id] = container, said
        return said != before

    def word(self, container: Container) -> Word:
        """Return what the list says of a container: what was found of it, else what its state tells."""
        judged, said = self._found.get(container.id, (None, None))
        if said is not None and judged is not None and same_life(judged, container):
            return said
        return word(container, self._app.roster.usages.get(container.id))
