"""All containers with what is known of each, and the list that shows them, renewed no faster than the app can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cdbg_tui.engine.stats import Sweep, Targets
from cdbg_tui.model.container import Container
from cdbg_tui.model.finding import Diagnosis
from cdbg_tui.model.sample import History, Usage
from cdbg_tui.tui.in_turn import InTurn
from cdbg_tui.tui.panes.stats import StatsPane
from cdbg_tui.tui.widgets.headline import Headline

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp


class Roster:
    """Takes what engine, meters and triage tell. All of it runs on the app's thread."""

    def __init__(self, app: CdbgApp) -> None:
        self._app = app
        self.containers: dict[str, Container] = {}
        self.usages: dict[str, Usage] = {}
        self.histories: dict[str, History] = {}
        self.knows_dead = True
        """Whether those that do not run are among them."""
        self._changed: set[str] | None = None
        """Those that are others than when the list was last brought up to date; None where some came or went."""
        self._up: tuple[str, ...] = ()
        """Those that were up when the list was last brought up to date."""
        self.renewal = InTurn(app, self._renew)
        self._rewording = InTurn(app, self._reword)
        self._metering = InTurn(app, self._show_sweep)

    # What is told

    def listed(self, containers: Iterable[Container], *, is_whole: bool) -> None:
        """Take over the engine's list; where it is not *whole*, of those that run."""
        before, self.containers = self.containers, {one.id: one for one in containers}
        self.knows_dead, self._changed = is_whole, None
        for one in before.keys() - self.containers.keys():
            self._app.rounds.forget(one)
        self._want_renewal(self.containers.values())
        self._app.judging.want(self.containers.values())

    def changed(self, containers: Iterable[Container], gone: Iterable[str]) -> None:
        """Take over those that are new or different, and drop those that are gone."""
        # A signal or a probe of its health is an event, too.
        different = [one for one in containers if self.containers.get(one.id) != one]
        gone = [one for one in gone if one in self.containers]
        if not different and not gone:
            return
        if gone or any(one.id not in self.containers for one in different):
            self._changed = None
        self.containers.update((one.id, one) for one in different)
        for one in gone:
            del self.containers[one]
            self._app.rounds.forget(one)
        self._want_renewal(different)
        self._app.judging.want(different)

    def learned(self, container: Container) -> None:
        """Take what an inspection tells over into the list, which knows times only as `docker ps` prints them."""
        before = self.containers.get(container.id)
        if before in (None, container):
            return
        self.containers[container.id] = container
        pane = self._app.dashboard.containers
        if before.state != container.state or not pane.change([container], self._app.now()):
            self._want_renewal([container])

    def judged(self, container: Container, diagnosis: Diagnosis) -> None:
        """Let the list show what was found of a container."""
        app = self._app
        if not app.dashboard.is_running or container.id not in self.containers:
            return
        if app.judging.judged(container, diagnosis):
            self._rewording.want()

    def metered(self, sweep: Sweep) -> None:
        """Take over what the meters of some tell."""
        for one, sample in sweep.samples.items():
            if one in self.containers:
                self.usages[one] = self.histories.setdefault(one, History()).add(sample)
        self.show_stats()
        following = self._app.following
        if following.container is not None:
            following.changed(following.container)
        if sweep.is_whole:
            self._metering.want()

    def follow(self) -> None:
        """Show the figures of the container that is looked at now, and have them read first."""
        self.show_stats()
        self._aim()

    # The list, and what goes with it

    def _want_renewal(self, containers: Iterable[Container]) -> None:
        """Tell at once where it is about the one looked at, and in the list when it is its turn."""
        following = self._app.following
        if following.container is not None and following.container.id in self.containers:
            following.changed(self.containers[following.container.id])
        if self._changed is not None:
            self._changed.update(one.id for one in containers)
        self.renewal.want()

    def _renew(self) -> None:
        """Bring the list up to date: where none came or went, without going through thousands."""
        app = self._app
        changed = None if self._changed is None else [self.containers[one] for one in self._changed]
        self._changed = set()
        pane, metered = app.dashboard.containers, len(self.usages)
        if changed is None:
            for known in (self.usages, self.histories):
                for gone in known.keys() - self.containers.keys():
                    del known[gone]
            app.judging.keep(self.containers)
        else:
            app.judging.count_anew(changed)
        for one in [one for one in self.usages if not self.containers[one].is_up]:
            del self.usages[one]
            self.histories.pop(one, None)
        if len(self.usages) != metered:
            self._show_totals()
        if changed is None or not pane.change(changed, app.now()):
            pane.show(self.containers, self.usages, app.now(), app.judging.word)
        app.dashboard.renew()
        self._count()
        self._up = tuple(one for one, container in self.containers.items() if container.is_up)
        self._aim()
        app.judging.want_what_is_seen()
        self.show_stats()

    def _reword(self) -> None:
        self._app.dashboard.containers.reword(self._app.now())
        self._count()

    def _show_sweep(self) -> None:
        self._show_totals()
        self._count()
        self.tick()
        self._aim()
        self._app.judging.want_what_is_seen()
        self._app.sight.changed()

    def tick(self) -> None:
        """Let ages and figures in the list go on."""
        self._app.dashboard.containers.tick(self._app.now())

    def _count(self) -> None:
        up, suffering, dead = self._app.judging.counts()
        self._headline.show_counts(up, suffering, dead if self.knows_dead else None)

    def _show_totals(self) -> None:
        known = self.usages.values()
        cpu, memory = sum(one.cpu or 0.0 for one in known), sum(one.memory or 0 for one in known)
        self._headline.show_totals(cpu, memory)

    @property
    def _headline(self) -> Headline:
        return self._app.dashboard.query_one(Headline)

    # The one looked at

    def _aim(self) -> None:
        looked_at = self._app.following.container
        seen = self._app.dashboard.containers.visible_ids()
        self._app.sweeper.aim(Targets(self._up, seen, looked_at.id if looked_at else ""))

    def show_stats(self) -> None:
        """Show the figures of the container that is looked at, or why there are none."""
        looked_at = self._app.following.container
        history = self.histories.get(looked_at.id) if looked_at else None
        self._app.dashboard.query_one(StatsPane).show(looked_at, history)
