"""What is the same for all containers: asked for once, kept for a while, and not for ever."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from cdbg_tui.engine.client import Engine
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
        shared.image("a")
        assert len(engine.asked) == times


def test_old_answers_are_dropped_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdbg_tui.triage.shared.MOST_ANSWERS", 10)
    monkeypatch.setattr("cdbg_tui.triage.shared.DEAR", 0)
    shared = Shared(cast(Engine, Counting()), seconds=0.0)
    for number in range(100):
        shared.image(str(number))
    assert len(shared._answers) <= 11
    assert len(shared._locks) <= 12
