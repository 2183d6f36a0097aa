"""What is the same for all containers: asked for once, kept for a while, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.model.container import Container, State
from cdbg_tui.triage.shared import Shared


class Counting:
    """An engine that knows every image and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        return {"Id": path}


def test_an_answer_is_asked_for_once_while_it_holds() -> None:
    engine = Counting()
    shared = Shared(cast(Engine, engine))
    assert shared.image("a") == shared.image("a") != shared.image("b")
    assert len(engine.asked) == 2


def test_what_took_long_is_not_asked_for_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    class Slow(Counting):
        def get(self, path: str) -> dict[str, Any]:
            now[0] += 0.5
            return super().get(path)

    engine = Slow()
    shared = Shared(cast(Engine, engine), seconds=5.0)
    for at, times in ((0.0, 1), (6.0, 1), (49.0, 1), (51.0, 2)):
        now[0] = max(now[0], at)
        shared.machine()
        assert len(engine.asked) == times


def test_an_image_is_asked_for_less_often_than_what_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    engine = Counting()
    shared = Shared(cast(Engine, engine), seconds=5.0)
    for at, machine, image in ((0.0, 1, 1), (6.0, 2, 1), (59.0, 3, 1), (61.0, 3, 2)):
        now[0] = at
        shared.machine()
        shared.image("a")
        paths = [path.partition("/json")[0] for path in engine.asked]
        assert (paths.count("/version"), paths.count("/images/a")) == (machine, image)


def test_old_answers_are_dropped_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdbg_tui.triage.shared.MOST_ANSWERS", 10)
    monkeypatch.setattr("cdbg_tui.triage.shared.DEAR", 0)
    shared = Shared(cast(Engine, Counting()), seconds=0.0)
    for number in range(100):
        shared.image(str(number))
    assert len(shared._answers) <= 11
    assert len(shared._locks) <= 12


def test_an_old_answer_that_is_asked_for_anew_while_others_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdbg_tui.triage.shared.MOST_ANSWERS", 3)
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    engine = Counting()
    shared = Shared(cast(Engine, engine), seconds=5.0)
    for name in ("a", "b", "c", "a", "d", "e", "f"):
        now[0] += 1000
        shared.image(name)
    assert len(engine.asked) == 7


class Listing(Counting):
    """An engine with one container."""

    def rows(self, path: str, made: Callable[[Any], Any]) -> list[Any]:
        self.asked.append(path)
        return [made({"Id": "ab" * 32, "Names": ["/one"], "State": "exited", "Status": "Exited (1) 2 hours ago"})]


def test_the_engine_is_asked_who_is_around_only_while_nobody_knows() -> None:
    engine = Listing()
    known: list[tuple[Container, ...] | None] = [None]
    shared = Shared(cast(Engine, engine), containers=lambda: known[0])
    assert [one.name for one in shared.containers()] == ["one"]
    assert shared.containers() is shared.containers()
    assert len(engine.asked) == 1
    known[0] = (Container("cd" * 32, "two", "x", State.RUNNING),)
    assert shared.containers() is known[0]
    assert len(engine.asked) == 1


def test_an_inspection_tells_networks_and_names_and_leaves_the_rest_as_it_is() -> None:
    network = {"IPAddress": "172.18.0.2", "Aliases": ["db"]}

    class Inspected(Counting):
        def get(self, path: str) -> dict[str, Any]:
            return {**super().get(path), "NetworkSettings": {"Networks": {"back": network}}}

    engine = Inspected()
    shared = Shared(cast(Engine, engine))
    container = Container("cd" * 32, "two", "x", State.RUNNING)
    for _ in range(2):
        found = shared.inspected(container)
        assert found == replace(container, networks={"back": "172.18.0.2"}, aliases=frozenset({"db"}))
    assert len(engine.asked) == 1
