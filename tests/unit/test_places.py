"""Where a session opens: what tmux is told, and how a plan comes through to the program that runs it there."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from cdbg_tui.sessions.life import Life
from cdbg_tui.sessions.pane import plan_of
from cdbg_tui.sessions.places import SPLIT, WINDOW, has_tmux, tmux_argv
from cdbg_tui.sessions.plan import Plan

ENV = {"TMUX": "/tmp/tmux-0/default,1,0", "TMUX_PANE": "%7"}


@pytest.mark.parametrize(("columns", "way"), [(80, "-v"), (159, "-v"), (160, "-h"), (200, "-h")])
def test_a_split_is_beside_where_there_is_room(columns: int, way: str) -> None:
    assert tmux_argv(SPLIT, "shell in web-1", columns, ("run", "it"), ENV) == (
        "tmux", "split-window", way, "-t", "%7", "--", "run", "it",
    )  # fmt: skip


def test_a_window_comes_next_and_its_name_runs_nothing() -> None:
    argv = tmux_argv(WINDOW, "#(touch /x) in #{pane_id} web-1", 80, ("run",), ENV)
    assert argv == ("tmux", "new-window", "-a", "-n", "touch x in pane_id web-1", "--", "run")


@pytest.mark.parametrize("lacks", ENV)
def test_outside_tmux_there_is_none(lacks: str) -> None:
    assert not has_tmux({name: value for name, value in ENV.items() if name != lacks})


@pytest.mark.parametrize("life", [None, Life("web-1", "2026-11-25T14:00:00Z", ("docker", "inspect"))])
def test_a_plan_comes_through_json_as_it_was(life: Life | None) -> None:
    plan = Plan(
        "the session",
        ("docker", "run"),
        banner=("one", "two"),
        prepare=(("a", "b"), ("c",)),
        cleanup=(("d",),),
        asks_to_keep=True,
        still_runs=("e",),
        life=life,
    )
    assert plan_of(json.loads(json.dumps(asdict(plan)))) == plan
