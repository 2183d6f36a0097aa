"""The list that is on the terminal before the dashboard is loaded, and what is typed meanwhile."""

from __future__ import annotations

import signal
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.proxy import Fault, Proxy
from tests.support import Run
from tests.terminal.recorder import Cell, Frame, Recorder

DRIVER = b"\x1b[?1000h"
"""What Textual writes first."""
KEYS = b" keys"
Start = Callable[..., Recorder]


@pytest.fixture
def start(engine_url: str, tmp_path: Path) -> Start:
    """Starts the program; the user's own settings are out of reach."""

    def start(
        *words: str, size: tuple[int, int] = (160, 45), settings: str = "", host: str = engine_url
    ) -> Recorder:
        config = tmp_path / "config" / "cdbg"
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(settings)
        env = {
            "DOCKER_HOST": host,
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(config.parent),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        return Recorder([sys.executable, "-m", "cdbg_tui", *words], size, env)

    return start


@pytest.fixture
def some(run: Run) -> None:
    """Containers of every kind of line: in a project and alone, alive and dead, with a port."""
    label = "--label=com.docker.compose.project=prelude"
    run("sleep", "600", name="prelude-web", options=(label, "--publish=8080"))
    run("sh", "-c", "exit 3", name="prelude-worker", options=(label,))
    run("true", name="prelude-done")
    run("sleep", "600", name="prelude-with-a-name-that-is-longer-than-any-column")


def is_painted(one: Recorder) -> bool:
    return b" dead" in one.raw


def ageless(cell: Cell) -> Cell:
    """Return a cell without its figure: a second may pass between two frames."""
    return ("0" if cell[0].isdigit() else cell[0], *cell[1:])


def seen(cell: Cell) -> tuple[object, ...]:
    """Return what is seen of a cell: of a blank one, only what it stands on."""
    return cell if cell[0].strip() else (" ", cell[2])


def both(one: Recorder) -> tuple[Frame, Frame]:
    """Return the last frame before Textual's and the first whole one of the dashboard: its last line ends it."""
    one.read_until(lambda: DRIVER in one.raw and KEYS in one.raw[one.raw.index(DRIVER) :])
    began = one.raw.index(DRIVER)
    return one.picture(began), one.picture(one.raw.index(KEYS, began) + len(KEYS))


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("size", [(160, 45), (80, 24), (121, 33), (110, 30)])
def test_the_list_is_painted_as_the_dashboard_paints_it(start: Start, size: tuple[int, int]) -> None:
    words = ["--read-only"] if size == (121, 33) else []
    with start(*words, size=size) as one:
        before, after = both(one)
    # Up to the engine's version, which the dashboard may know by then.
    assert [seen(cell) for cell in before[0][:15]] == [seen(cell) for cell in after[0][:15]]
    assert ("read-only" in "".join(cell[0] for cell in before[0])) == bool(words)
    left = size[0] if size[0] < 110 else size[0] * 60 // 100
    # The frame of the list with its titles and lines, up to the column before the scroll bar's.
    rows = [y for y in range(1, size[1] - 2) if before[y][0][0] == "│" and before[y][2][0] != "╭"]
    end = next(y for y in range(1, size[1]) if before[y][0][0] == "╰")
    assert any("prelude-web" in "".join(cell[0] for cell in before[y]) for y in rows if y < end)
    heads = "".join(cell[0] for cell in before[2][:left])
    # The meters may have been read by then.
    figures = range(heads.index("cpu") - 5, heads.index("memory") + 6)
    for y in range(1, end + 1):
        for x in range(2, left - 3):
            if y < 3 or x not in figures:
                assert ageless(before[y][x]) == ageless(after[y][x]), (x, y)
        assert before[y][0] == after[y][0]
        assert before[y][left - 1] == after[y][left - 1]


@pytest.mark.usefixtures("some")
def test_what_runs_is_there_before_the_rest_where_the_engine_takes_its_time(start: Start, proxy: Proxy) -> None:
    proxy.spoil("all=1", Fault(delay=2.0))
    with start(host=proxy.url) as one:
        one.read_until(lambda: b"prelude-web" in one.raw)
        assert "2 up · … dead" in one.screen().display[0]
        assert DRIVER not in one.raw, "painted before the dashboard is there"
        one.read_until(lambda: KEYS in one.raw)
        assert "2 up · … dead" in one.screen().display[0]
        assert "prelude-worker" not in "\n".join(one.screen().display)
        one.read_until(lambda: "prelude-worker" in "\n".join(one.screen().display))
        one.read_until(lambda: "2 up · 2 dead" in one.screen().display[0])


@pytest.mark.usefixtures("some")
def test_what_is_typed_meanwhile_is_heard_in_its_order_and_not_shown(start: Start) -> None:
    with start() as one:
        one.read_until(lambda: is_painted(one))
        assert DRIVER not in one.raw, "the list is there before Textual is"
        one.type("/prelude-w\r")
        one.read_until(lambda: "/prelude-w ─╯" in "\n".join(one.screen().display))
        assert b"prelude-w\r" not in one.raw[: one.raw.index(DRIVER)]
        one.type("q")
        assert one.wait() == 0
        assert one.settings() == one.settings_before


@pytest.mark.usefixtures("some")
def test_quitting_before_the_dashboard_is_there_leaves_the_terminal_as_it_was(start: Start) -> None:
    with start() as one:
        one.read_until(lambda: is_painted(one))
        one.type("q")
        assert one.wait() == 0
        assert one.settings() == one.settings_before
        assert one.raw.rindex(b"\x1b[?1049l") > one.raw.rindex(b"\x1b[?1049h")


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", [b" dead", DRIVER, b"\x1b[?2004h"])
def test_a_signal_before_the_dashboard_is_there_leaves_the_terminal_as_it_was(
    start: Start, number: signal.Signals, moment: bytes
) -> None:
    with start() as one:
        one.read_until(lambda: moment in one.raw)
        one.send(number)
        assert one.wait() == 128 + number
        assert one.settings()[:4] == one.settings_before[:4]
        assert one.settings()[3] & termios.ECHO
        assert one.raw.rindex(b"\x1b[?1049l") > one.raw.rindex(b"\x1b[?1049h")
        assert b"Traceback" not in one.raw


def test_a_setting_that_is_wrong_is_told_on_the_terminal_as_it_was(start: Start) -> None:
    with start(settings='[keys]\nno-such-action = "x"\n') as one:
        assert one.wait() == 2
        assert one.settings() == one.settings_before
        text = one.raw.decode()
        assert "no-such-action" in text.rpartition("\x1b[?1049l")[2]


@pytest.mark.usefixtures("some")
def test_another_theme_or_a_terminal_of_few_colours_gets_the_terminals_own(start: Start) -> None:
    with start(settings='theme = "nord"\n') as one:
        one.read_until(lambda: is_painted(one))
        before = one.raw.partition(DRIVER)[0]
        assert b"38;2;" not in before
        assert b"prelude-web" in before
