"""Filter, order and groups of the list."""

from __future__ import annotations

import time

import pytest

from cdbg_tui.model.container import (
    COMPOSE_PROJECT,
    SESSION_LABEL,
    TARGET_LABEL,
    Container,
    Health,
    State,
)
from cdbg_tui.model.query import Row, families, matches, rows


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


def beside(name: str, target: str, kind: str = "sidecar", **more: str) -> Container:
    return container(name, "", None, **{SESSION_LABEL: kind, TARGET_LABEL: f"id-{target}", **more})


def indented(made: list[Row]) -> list[str]:
    return [
        f"  {row.container.name} {row.beside}" if row.container and row.beside else shown([row])[0] for row in made
    ]


SESSIONS = [beside("cdbg-z", "z"), beside("cdbg-b", "b", "rerun"), *ALL, beside("stray", "gone")]


def test_a_sessions_container_stands_under_its_target_in_whatever_order_and_is_not_counted() -> None:
    lines = ["Auth:1", "c", "shop:2", "a", "z", "  cdbg-z sidecar", "-:3", "A2", "b", "  cdbg-b rerun", "stray"]
    assert indented(rows(SESSIONS, order=by_name)) == lines
    backwards = [
        "Auth:1",
        "c",
        "shop:2",
        "z",
        "  cdbg-z sidecar",
        "a",
        "-:3",
        "stray",
        "b",
        "  cdbg-b rerun",
        "A2",
    ]
    assert indented(rows(SESSIONS, order=by_name, backwards=True)) == backwards


def test_a_session_is_hidden_with_its_target() -> None:
    assert indented(rows(SESSIONS, order=by_name, folded=frozenset({"shop", ""}))) == [
        "Auth:1",
        "c",
        "shop:2",
        "-:3",
    ]
    only_a = rows(SESSIONS, order=by_name, keep=lambda one: one.name == "a")
    assert indented(only_a) == ["shop:1", "a"]
    only_z = rows(SESSIONS, order=by_name, keep=lambda one: one.name == "z")
    assert indented(only_z) == ["shop:1", "z", "  cdbg-z sidecar"]


def test_sessions_of_sessions_belong_to_the_first_target() -> None:
    both = [container("web"), beside("one", "web"), beside("two", "one")]
    assert indented(rows(both, order=by_name)) == ["web", "  one sidecar", "  two sidecar"]


def test_labels_that_lead_in_a_circle_hide_nothing() -> None:
    ring = [beside("x", "y"), beside("y", "x"), beside("self", "self"), beside("to-ring", "x")]
    assert {row.container.id for row in rows(ring, order=by_name) if row.container} == {one.id for one in ring}
    labelled = container("web", "", None, **{TARGET_LABEL: "id-x"})
    assert labelled in families([labelled, container("x")])[0]


def test_five_hundred_containers_are_arranged_at_once() -> None:
    many = [container(f"c{number}", f"p{number % 20}") for number in range(400)]
    many += [beside(f"s{number}", f"c{number}") for number in range(100)]
    began = time.perf_counter()
    made = rows(many, order=by_name)
    took = time.perf_counter() - began
    assert len(made) == 520
    assert sum(bool(row.beside) for row in made) == 100
    assert took < 0.05
