"""Filter, order and groups of the list."""

from __future__ import annotations

import pytest

from cdbg_tui.model.container import COMPOSE_PROJECT, Container, Health, State
from cdbg_tui.model.query import Row, matches, rows


def container(name: str, project: str = "", code: int | None = None, **labels: str) -> Container:
    labels |= {COMPOSE_PROJECT: project} if project else {}
    state = State.RUNNING if code is None else State.EXITED
    return Container(f"id-{name}", name, "redis:7", state, exit_code=code, health=Health.HEALTHY, labels=labels)


ONE = container("Web-1", "shop", 137, **{"team": "Blue", "dev.tier": "front"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "web",
        "WEB",
        "redis",
        "exited",
        "137",
        "healthy",
        "oom",
        "id-web",
        "web 137",
        "!mysql",
        "!",
        "label:team",
        "label:team=blue",
        "label:tier=front",
        "label:team=",
        "!label:team=red",
        "web !running",
    ],
)
def test_a_filter_that_fits(text: str) -> None:
    assert matches(ONE, text, "OOM-killed")


@pytest.mark.parametrize(
    "text", ["mysql", "web mysql", "!web", "running", "label:red", "label:team=red", "!label:team", "138", "web*"]
)
def test_a_filter_that_does_not_fit(text: str) -> None:
    assert not matches(ONE, text, "OOM-killed")


def by_name(one: Container) -> object:
    return one.name.lower()


def shown(made: list[Row]) -> list[str]:
    return [row.container.name if row.container else f"{row.project or '-'}:{row.count}" for row in made]


ALL = [container("b"), container("z", "shop"), container("a", "shop"), container("c", "Auth"), container("A2")]


def test_projects_stand_in_order_then_those_on_their_own() -> None:
    assert shown(rows(ALL, order=by_name)) == ["Auth:1", "c", "shop:2", "a", "z", "-:2", "A2", "b"]


def test_without_projects_there_are_no_headings() -> None:
    assert shown(rows([container("b"), container("a")], order=by_name)) == ["a", "b"]
    assert rows([], order=by_name) == []


def test_a_folded_project_keeps_its_heading_and_its_count() -> None:
    made = rows(ALL, order=by_name, folded=frozenset({"shop", ""}))
    assert shown(made) == ["Auth:1", "c", "shop:2", "-:2"]
    assert [row.folded for row in made] == [False, False, True, True]


def test_what_is_filtered_away_is_not_counted_and_its_heading_goes() -> None:
    assert shown(rows(ALL, order=by_name, keep=lambda one: one.name in ("a", "b"))) == ["shop:1", "a", "-:1", "b"]


@pytest.mark.parametrize(("backwards", "names"), [(False, ["y", "x", "u", "v"]), (True, ["x", "y", "u", "v"])])
def test_unknown_values_come_last_in_either_direction(backwards: bool, names: list[str]) -> None:
    made = [container("v"), container("x", code=2), container("u"), container("y", code=1)]
    assert shown(rows(made, order=lambda one: one.exit_code, backwards=backwards)) == names


def test_equals_stand_in_order_of_their_names() -> None:
    made = [container("b", code=1), container("a", code=1), container("C", code=1)]
    for backwards in (False, True):
        assert shown(rows(made, order=lambda one: one.exit_code, backwards=backwards)) == ["a", "b", "C"]


def test_a_row_is_about_the_same_across_changes() -> None:
    keys = [row.key for row in rows(ALL, order=by_name)]
    assert len(set(keys)) == len(keys)
    assert "id-a" in keys
    assert "project shop" in keys
