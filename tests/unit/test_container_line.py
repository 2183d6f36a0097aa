"""One container as a line of cells, and which of them a change repaints."""

from __future__ import annotations

import random

import pytest
from rich.cells import cell_len

from cdbg_tui.model.container import Container, Health, Port, State
from cdbg_tui.model.finding import Weight
from cdbg_tui.model.query import Row
from cdbg_tui.model.sample import Usage
from cdbg_tui.triage.word import Word, word
from cdbg_tui.tui.cells import Cell
from cdbg_tui.tui.panes.container_line import COLUMNS, ORDERS, glyph, heading, heads, layout, line, state_words
from cdbg_tui.tui.widgets.line_list import changed_cells

NOW = 100_000.0
USAGE = Usage(cpu=1.234, memory=1023 << 20)
NAMES = {
    "short": "api",
    "long": "averyveryverylongprojectname-averyveryverylongservicename-12",
    "wide": "漢字" * 20,
    "hostile": "x\x1b]52;c;b3du\x07\x1b[2Jy\u202e\n[red]z",
}
PORTS = tuple(Port(8000 + n, "tcp", 18000 + n) for n in range(9))


def container(state: State = State.RUNNING, name: str = "api", **others: object) -> Container:
    fields: dict[str, object] = {"created": NOW - 9000, "since": NOW - 600} | others
    return Container("ab" * 32, name, "registry.example.org/team/api:1.2.3", state, **fields)  # type: ignore[arg-type]


def text_of(cells: list[Cell]) -> str:
    return "".join(cell.text for cell in cells)


def drawn(one: Container, width: int = 160, usage: Usage | None = None, indent: str = "") -> str:
    return text_of(line(Row("", one), layout(width), usage, word(one, usage), NOW, indent))


@pytest.mark.parametrize("width", [66, 76, 80, 100, 120, 160, 240])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", State)
def test_every_line_is_as_wide_as_its_columns(width: int, name: str, state: State) -> None:
    widths = layout(width)
    one = container(state, NAMES[name], exit_code=127, ports=PORTS, restarts=123456, health=Health.UNHEALTHY)
    for indent in ("", "  "):
        cells = line(Row("", one), widths, USAGE, word(one), NOW, indent)
        assert cell_len(text_of(cells)) == sum(widths.values())
        assert text_of(cells).isprintable()
    assert cell_len(text_of(heads(widths, "cpu", True))) == sum(widths.values())


def test_the_columns_fit_and_the_least_telling_are_left_out_first() -> None:
    assert set(layout(160)) == {column.name for column in COLUMNS}
    gone = [
        set(layout(wide)) - set(layout(narrow))
        for wide, narrow in zip((160, 92, 84, 72), (92, 84, 72, 66), strict=True)
    ]
    assert set.union(*gone) == {"age", "image", "rst", "ports"}
    for width in range(61, 250):
        widths = layout(width)
        assert sum(widths.values()) <= width
        assert all(widths[column.name] > column.least for column in COLUMNS if column.name in widths)
    assert {"name", "state", "cpu", "memory"} <= set(layout(30))


def test_a_running_one_has_its_figures() -> None:
    text = drawn(container(health=Health.HEALTHY, ports=PORTS[:1], restarts=3), usage=USAGE)
    for part in (
        "● api",
        "up 10 min  healthy",
        "123 %",
        "1023 MiB",
        "18000→8000",
        "registry.example.org",
        " 2 h",
    ):
        assert part in text


def test_a_dead_ones_verdict_stands_where_the_figures_would() -> None:
    one = container(State.EXITED, exit_code=137, oom_killed=True)
    for width in (66, 80, 160):
        assert "✖ api" in drawn(one, width, USAGE)
        assert "OOM-killed · 137 · 10 min ago" in drawn(one, width, USAGE)
    assert "%" not in drawn(one, usage=USAGE)


@pytest.mark.parametrize("code", [0, 1, 126, 127, 134, 137, 139, 143, 159, 255])
def test_a_verdict_is_never_cut(code: int) -> None:
    one = container(State.EXITED, exit_code=code, since=NOW - 59 * 60)
    assert f"{word(one).text} · {code} · 59 min ago" in drawn(one, 66)


@pytest.mark.parametrize(
    ("one", "sign"),
    [
        (container(), Cell("●", "good")),
        (container(health=Health.UNHEALTHY), Cell("▲", "warn")),
        (container(State.PAUSED), Cell("▲", "warn")),
        (container(State.EXITED, exit_code=1), Cell("✖", "bad")),
        (container(State.EXITED, exit_code=0), Cell("○", "dim")),
        (container(State.CREATED), Cell("○", "dim")),
        (container(State.CREATED, error="no"), Cell("✖", "bad")),
        (container(State.RESTARTING), Cell("✖", "bad")),
    ],
)
def test_the_sign_of_a_state(one: Container, sign: Cell) -> None:
    assert glyph(one, word(one)) == sign


def test_the_words_of_a_state_begin_with_the_most_telling() -> None:
    def words(one: Container) -> list[str]:
        return [text for text, _ in state_words(one, word(one), NOW)]

    assert words(container()) == ["up 10 min"]
    assert words(container(State.PAUSED)) == ["paused", "10 min"]
    assert words(container(State.RESTARTING, exit_code=1)) == ["restarting", "1", "10 min"]
    assert words(container(State.CREATED)) == ["created", "10 min ago"]
    assert words(container(State.EXITED, exit_code=127)) == ["command not found", "127", "10 min ago"]


def test_ports_that_do_not_fit_are_counted() -> None:
    assert "18000→8000 18001→8001 +7" in drawn(container(ports=PORTS), 200)
    assert "18000→8000… " in drawn(container(ports=PORTS), 108)
    assert "8000" not in drawn(container(ports=(Port(8000),)))


def test_the_title_that_orders_has_an_arrow() -> None:
    assert "memory▼" in text_of(heads(layout(160), "memory", True))
    assert "name▲" in text_of(heads(layout(160), "name", False))


def test_every_order_has_a_key_for_every_container() -> None:
    for key in ORDERS.values():
        made = [
            key(one, usage)
            for one in (container(), container(State.EXITED, exit_code=1))
            for usage in (None, USAGE)
        ]
        known = [one for one in made if one is not None]
        assert sorted(known) is not None
    assert ORDERS["cpu"](container(), None) is None


def test_a_heading_counts_what_it_hides() -> None:
    assert text_of(heading(Row("shop", count=4), 60)) == "▾ shop"
    assert text_of(heading(Row("shop", count=4, folded=True), 60)) == "▸ shop  4"
    assert text_of(heading(Row("", count=4), 60)) == "▾ on their own"
    assert cell_len(text_of(heading(Row(NAMES["wide"], count=4, folded=True), 30))) <= 30
    assert text_of(heading(Row(NAMES["hostile"]), 60)).isprintable()


def test_a_word_of_any_weight_is_drawn() -> None:
    for weight in Weight:
        assert "odd" in text_of(line(Row("", container()), layout(80), None, Word("odd", weight), NOW, ""))


@pytest.mark.parametrize("width", [66, 80, 160])
def test_what_a_session_made_says_whose_it_is(width: int) -> None:
    one = container(name="cdbg-api-1a2b")
    cells = line(Row("", one, beside="sidecar"), layout(width), USAGE, word(one), NOW, "  ")
    text = text_of(cells)
    assert cell_len(text) == sum(layout(width).values())
    assert text.startswith("  └ ● cdbg-")
    assert "sidecar of this" in text
    assert "…n" not in text
    assert ("sidecar of this  up 10 min" in text) == (width == 160)
    hostile = text_of(line(Row("", one, beside=NAMES["hostile"]), layout(width), None, word(one), NOW, ""))
    assert hostile.isprintable()


# changed_cells


def test_only_what_changed_is_repainted() -> None:
    old = [Cell("name  "), Cell("12 %"), Cell(" image")]
    assert changed_cells(old, [old[0], Cell("13 %"), old[2]]) == (6, 10)
    assert changed_cells(old, [Cell("name  ", "bad"), *old[1:]]) == (0, 6)
    assert changed_cells(old, [*old[:2], Cell(" other")]) == (10, 16)
    assert changed_cells(old, [*old[:2], Cell(" im")]) == (10, 16)
    assert changed_cells(old, [*old, Cell("more")]) == (16, 20)
    assert changed_cells([Cell("漢字"), Cell("a")], [Cell("漢字"), Cell("b")]) == (4, 5)


def test_what_is_not_repainted_is_the_same_in_both() -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same lines each time
    texts = ["", "a", "bb", "ccc", "漢", "字字"]

    def made() -> list[Cell]:
        return [Cell(chance.choice(texts), chance.choice(("", "bad"))) for _ in range(chance.randint(0, 6))]

    def painted(cells: list[Cell], width: int) -> list[tuple[str, str]]:
        spots = []
        for cell in cells:
            for letter in cell.text:
                spots += [(letter, cell.role)] + [("", cell.role)] * (cell_len(letter) - 1)
        return spots + [(" ", "")] * (width - len(spots))

    for _ in range(5000):
        old, new = made(), made()
        start, end = changed_cells(old, new)
        width = max(cell_len(text_of(old)), cell_len(text_of(new)), end)
        before, after = painted(old, width), painted(new, width)
        assert start < end
        assert before[:start] == after[:start], (old, new)
        assert before[end:] == after[end:], (old, new)
