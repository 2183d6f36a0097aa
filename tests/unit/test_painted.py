"""What is sent to the terminal: never more than what differs, and the screen is the same as if all were."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from cdbg_tui.tui.painted import Painted

WIDTH, HEIGHT = 40, 6
CONSOLE = Console(color_system="truecolor", force_terminal=True)
STYLES = [Style(), Style(bold=True), Style(color="#ff0000"), Style(color="#00ff00", bgcolor="#0000ff")]
TEXTS = ["a", "bc", "12.5 %", "│", "名", "名前", "    "]


def whole(*lines: Sequence[Segment]) -> LayoutUpdate:
    """An update that draws these lines from the first column on."""
    return LayoutUpdate([[Strip(line)] for line in lines], Region(0, 0, WIDTH, len(lines)))


def row(*texts: str) -> list[Segment]:
    return [Segment(text) for text in texts]


def test_what_stands_there_already_is_not_sent_again() -> None:
    painted = Painted()
    assert painted.differences(whole(row("cpu ", "12.5 %"), row("memory")), CONSOLE)
    assert painted.differences(whole(row("cpu ", "12.5 %"), row("memory")), CONSOLE) == ""
    assert painted.cells_sent == 0


def test_one_figure_that_changes_is_all_that_is_sent() -> None:
    painted = Painted()
    painted.differences(whole(row("web-1 ", " 12.5 %", "  48.2 MiB"), row("api-1")), CONSOLE)
    assert painted.differences(whole(row("web-1 ", " 13.0 %", "  48.2 MiB"), row("api-1")), CONSOLE) == (
        "\x1b[1;7H 13.0 %"
    )
    assert painted.cells_sent == 7


def test_another_style_is_another_content() -> None:
    painted = Painted()
    painted.differences(whole([Segment("dead")]), CONSOLE)
    assert "dead" in painted.differences(whole([Segment("dead", Style(bold=True))]), CONSOLE)


def test_behind_a_character_whose_width_a_terminal_may_see_otherwise_the_cursor_is_set_anew() -> None:
    assert Painted().differences(whole(row("👩‍🚀", "|", "x")), CONSOLE) == "\x1b[1;1H👩‍🚀\x1b[1;3H|x"


def test_all_is_sent_to_a_terminal_that_was_another_s() -> None:
    painted = Painted()
    first = painted.differences(whole(row("one")), CONSOLE)
    painted.forget()
    assert painted.differences(whole(row("one")), CONSOLE) == first


def test_what_cannot_be_told_is_not_guessed() -> None:
    with pytest.raises(TypeError, match="CompositorUpdate"):
        Painted().differences(CompositorUpdate(), CONSOLE)


def any_line(chance: random.Random, width: int) -> Strip:
    segments: list[Segment] = []
    while (left := width - sum(segment.cell_length for segment in segments)) > 0:
        segment = Segment(chance.choice(TEXTS), chance.choice(STYLES))
        segments.append(segment if segment.cell_length <= left else Segment(" " * left))
    return Strip(segments, width)


def any_cuts(chance: random.Random) -> list[list[int]]:
    """Where the lines of a layout are cut."""
    return [[0, *sorted(chance.sample(range(1, WIDTH), chance.randint(0, 3))), WIDTH] for _ in range(HEIGHT)]


def any_chops(chance: random.Random, cuts: list[list[int]]) -> list[dict[int, Strip | None]]:
    return [{start: any_line(chance, end - start) for start, end in itertools.pairwise(line)} for line in cuts]


def any_spans(chance: random.Random, cuts: list[list[int]]) -> list[tuple[int, int, int]]:
    lines = sorted(chance.sample(range(HEIGHT), chance.randint(1, HEIGHT)))
    ends = [sorted(chance.sample(cuts[y], 2)) for y in lines]
    return [(y, first, last) for y, (first, last) in zip(lines, ends, strict=True)]


@pytest.mark.parametrize("seed", range(20))
def test_the_screen_is_the_same_as_if_all_were_sent(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    painted = Painted()
    screens = pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
    ours, theirs = (pyte.Stream(screen) for screen in screens)
    for step in range(40):
        update: CompositorUpdate
        if step % 8 == 0:  # a new layout draws all
            cuts = any_cuts(chance)
            lines = [[strip for strip in chop.values() if strip] for chop in any_chops(chance, cuts)]
            update = LayoutUpdate([*lines], Region(0, 0, WIDTH, HEIGHT))
        else:
            ends = [line[1:] for line in cuts]
            update = ChopsUpdate(any_chops(chance, cuts), any_spans(chance, cuts), ends)
        theirs.feed(update.render_segments(CONSOLE))
        ours.feed(painted.differences(update, CONSOLE))
        assert screens[0].buffer == screens[1].buffer
