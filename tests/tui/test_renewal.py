"""The list is brought up to date at once where that costs nothing, and in its turn where it does."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from textual.app import App, ComposeResult

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.containers import Changed
from cdbg_tui.model.container import COMPOSE_PROJECT, SESSION_LABEL, TARGET_LABEL, Container, State
from cdbg_tui.model.finding import Diagnosis, Finding, Weight
from cdbg_tui.model.query import rows
from cdbg_tui.model.units import span
from cdbg_tui.tui import in_turn, strain
from cdbg_tui.tui.messages import EngineTold
from cdbg_tui.tui.panes.containers import ContainersPane
from cdbg_tui.tui.screens.dashboard import STRAINED_SETTLE_SECONDS
from tests.support import Run
from tests.tui.opened import Opened, opened


def tell(seen: Opened, name: str) -> None:
    """Have the engine tell of a container of that name; always the same."""
    [first, *_] = seen.app.roster.containers.values()
    seen.app._told(EngineTold(Changed((replace(first, id="f" * 64, name=name),))))


def is_settled(seen: Opened) -> bool:
    """Tell whether nothing more is to come: no whole list behind that of those that run, nothing in its turn."""
    return seen.app.roster.knows_dead and not seen.app.roster.renewal.is_due


def listed(seen: Opened) -> list[str]:
    """Return the names in the list."""
    return [one.name for one in seen.app.dashboard.containers.containers.values()]


async def test_a_list_that_costs_nothing_is_right_at_once(engine: Engine, run: Run) -> None:
    one = run("sleep", "1000", name="cdbg-t-few")
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.roster.containers and is_settled(seen))
        seen.app.roster.renewal.took = 0.0
        tell(seen, "another")
        assert "another" in listed(seen)


async def test_a_list_that_is_dear_has_its_share_of_the_time(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_turn, "SHARE", 0.5)
    one = run("sleep", "1000", name="cdbg-t-dear")
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.roster.containers and is_settled(seen))
        seen.app.roster.renewal.done_at, seen.app.roster.renewal.took = time.monotonic(), 0.5
        for number in range(3):
            tell(seen, f"another-{number}")
            assert f"another-{number}" not in listed(seen)
        await seen.until(lambda: "another-2" in listed(seen))
        assert seen.app.roster.renewal.took < 0.5


async def test_keys_go_before_a_list_that_is_dear_but_not_for_ever(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_turn, "DEAR_SECONDS", -1.0)
    monkeypatch.setattr(in_turn, "PATIENCE_SECONDS", 0.5)
    one = run("sleep", "1000", name="cdbg-t-busy")
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.roster.containers and is_settled(seen))
        began = seen.app.typed_at = time.monotonic()
        tell(seen, "another")
        assert "another" not in listed(seen)

        def is_listed() -> bool:
            seen.app.typed_at = time.monotonic()  # somebody holds a key down
            return "another" in listed(seen)

        await seen.until(is_listed)
        assert time.monotonic() - began >= 0.5


async def test_what_is_learned_of_one_is_put_in_its_place_and_the_rest_left_alone(
    engine: Engine, run: Run
) -> None:
    one = run("sleep", "1000", name="cdbg-t-known")
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.roster.containers and is_settled(seen))
        seen.app.roster.renewal.done_at, seen.app.roster.renewal.took = time.monotonic(), 0.5
        known = seen.app.roster.containers[one]
        seen.app.roster.learned(replace(known, since=seen.app.now() - 7230))
        assert not seen.app.roster.renewal.is_due
        await seen.until(lambda: span(7200) in seen.row_of("cdbg-t-known"))
        seen.app.roster.learned(replace(known, state=State.EXITED, exit_code=3))
        assert seen.app.roster.renewal.is_due


async def test_a_word_that_is_found_reaches_list_headline_and_filter(engine: Engine, run: Run) -> None:
    one = run("sleep", "1000", name="cdbg-t-worded")
    found = Diagnosis((Finding("healthcheck-failing", "It does not answer.", "", weight=Weight.WARNING),))
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.roster.containers and is_settled(seen))
        pane = seen.app.dashboard.containers
        await seen.press("slash", *"unhealthy")
        assert not pane.lines.rows
        seen.app.roster.judged(seen.app.roster.containers[one], found)
        assert not seen.app.roster.renewal.is_due
        await seen.until(lambda: "unhealthy" in seen.row_of("cdbg-t-worded"))
        assert "1 suffering" in seen.rows[0]


async def test_where_time_is_short_steps_in_the_list_come_before_the_panes(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cdbg-t-first", "cdbg-t-second"):
        run("sleep", "1000", name=name)
    async with opened(engine) as seen:
        await seen.go_to("cdbg-t-second")
        monkeypatch.setattr(strain, "RELIEVED", 0.0)
        seen.app.dashboard.strain.is_high = True
        began = time.monotonic()
        await seen.press("k")
        assert seen.selected is not None
        assert seen.selected.name == "cdbg-t-first"
        await seen.until(lambda: seen.is_about("cdbg-t-first"))
        assert time.monotonic() - began >= STRAINED_SETTLE_SECONDS


async def test_work_that_is_dear_lets_a_key_that_has_come_meanwhile_go_first(engine: Engine, run: Run) -> None:
    run("sleep", "1000", name="cdbg-t-turn")
    done: list[str] = []
    async with opened(engine) as seen:
        turn = in_turn.InTurn(seen.app, lambda: done.append("work"))
        turn.want()
        assert done == ["work"]
        turn.took, turn.done_at = 0.006, 0.0
        turn.want()
        seen.app.call_later(done.append, "key")
        await seen.until(lambda: len(done) == 3)
        assert done == ["work", "key", "work"]


class Listing(App[None]):
    """Nothing but the list."""

    def compose(self) -> ComposeResult:
        yield ContainersPane()


async def test_what_changes_in_its_place_is_where_an_order_anew_would_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(3)  # noqa: S311 - the same each time

    def other(one: Container) -> Container:
        match chance.randrange(15):
            case 0:
                return replace(one, name=f"{chance.choice('abc')}{one.id}")
            case 1:
                return replace(one, labels={COMPOSE_PROJECT: chance.choice("pq")})
            case 2:
                return replace(one, labels={SESSION_LABEL: "sidecar", TARGET_LABEL: str(chance.randrange(20))})
            case 3:
                return replace(one, restarts=chance.randrange(2))
            case 4:
                return replace(one, created=float(chance.randrange(50)))
        return replace(one, state=chance.choice([State.RUNNING, State.EXITED]), exit_code=chance.randrange(3))

    anew: list[ContainersPane] = []
    original = ContainersPane.rearrange

    def rearrange(pane: ContainersPane) -> None:
        anew.append(pane)
        original(pane)

    monkeypatch.setattr(ContainersPane, "rearrange", rearrange)
    async with Listing().run_test(size=(120, 30)) as pilot:
        pane = pilot.app.query_one(ContainersPane)
        pane.show({}, {}, 0.0)
        assert pane.lines.empty == "this engine has no containers"
        known = {str(n): Container(str(n), f"c{n}", "image", State.RUNNING) for n in range(20)}
        for turn in range(300):
            for _ in range(chance.randrange(3)):
                one = chance.choice(list(known))
                known[one] = other(known[one])
            if chance.random() < 0.05:
                one = str(100 + turn)
                known[one] = Container(one, one, "image", State.CREATED)
            others = [one for key, one in known.items() if pane.containers.get(key) is not one]
            if chance.random() < 0.5 or not pane.change(others, 0.0):
                pane.show(known, {}, 0.0)
            assert pane.lines.rows == rows(known.values(), order=lambda one: one.name.lower())
            assert pane.lines._restarts == any(one.restarts for one in known.values())
            await pilot.pause()
            seen = [
                pane.lines.scroll_offset.y + y for y in range(min(pane.lines.size.height, len(pane.lines.rows)))
            ]
            for index in seen:
                assert pane.lines._drawn[index] == tuple(pane.lines.line(index, pane.lines.size.width))
        assert 20 < len(anew) < 200
        assert known == pane.containers


async def test_what_an_event_leaves_as_it_was_is_no_news(engine: Engine, run: Run) -> None:
    one = run("sleep", "1000", name="cdbg-t-same")
    async with opened(engine) as seen:
        await seen.until(lambda: seen.is_about("cdbg-t-same") and is_settled(seen))
        seen.app.roster.renewal.done_at, seen.app.roster.renewal.took = time.monotonic(), 0.5
        same = replace(seen.app.roster.containers[one])
        seen.app._told(EngineTold(Changed((same,))))
        assert not seen.app.roster.renewal.is_due
        seen.app._told(EngineTold(Changed((replace(same, restarts=4),))))
        assert seen.app.roster.renewal.is_due


async def test_whoever_begins_or_ends_is_counted_as_a_whole_list_would(engine: Engine, run: Run) -> None:
    chance = random.Random(5)  # noqa: S311 - the same each time
    one = run("sleep", "1000", name="cdbg-t-count")
    async with opened(engine) as seen:
        await seen.until(lambda: one in seen.app.roster.containers and is_settled(seen))
        app = seen.app
        app.watcher.close()
        first = app.roster.containers[one]
        beside = {SESSION_LABEL: "sidecar", TARGET_LABEL: "0"}
        many = {str(n): replace(first, id=str(n), labels=beside if n > 15 else {}) for n in range(20)}
        app.roster.containers.update(many)
        app.judging.keep(app.roster.containers)
        for _ in range(100):
            key = str(chance.randrange(20))
            state = chance.choice([State.RUNNING, State.EXITED, State.PAUSED])
            app.roster.containers[key] = replace(app.roster.containers[key], state=state, exit_code=0)
            app.judging.count_anew([app.roster.containers[key]])
            counted = app.judging.counts()
            app.judging.keep(app.roster.containers)
            assert app.judging.counts() == counted
            assert sum(counted) == 1 + 16
