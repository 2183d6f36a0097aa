"""The diff browser: its tree, columns, tabs and keys, without an engine."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.model.file import File, FileKind
from cdbg_tui.model.filetree import FileTree, weights
from cdbg_tui.model.owners import Owners
from cdbg_tui.model.reasons import candidates
from cdbg_tui.tui.screens.changes import Changes
from cdbg_tui.tui.screens.file_rows import Row, columns_for, when_written
from cdbg_tui.tui.screens.file_source import Act, Tab
from tests.tui.stage import NOTHING, Stage, on_stage

CHANGES = [
    Change("/etc", Kind.MODIFIED),
    Change("/etc/new", Kind.ADDED),
    Change("/etc/passwd", Kind.MODIFIED),
    Change("/srv", Kind.ADDED),
    Change("/srv/data", Kind.ADDED),
    Change("/usr/bin/gone", Kind.DELETED),
]
VOLUME = Mount("volume", "", "/srv/data", True, "data")
NOW = time.time()


class Asked:
    """Stands for what reads: it keeps what it was asked for."""

    def __init__(self) -> None:
        self.wanted: list[tuple[object, ...]] = []
        self.is_closed = False

    def read(self) -> None:
        """Keep it."""
        self.wanted.append(("read",))

    def list_files(self, tab: Tab) -> None:
        """Keep it."""
        self.wanted.append(("list", tab))

    def enter(self, point: str) -> None:
        """Keep it."""
        self.wanted.append(("enter", point))

    def act(self, how: Act, path: str, change: Kind | None, line: str, *, is_image: bool) -> None:
        """Keep it."""
        self.wanted.append((how, path, change, line, is_image))

    def close(self) -> None:
        """Keep it."""
        self.is_closed = True


def browser(*mounts: Mount, is_up: bool = False, at: str = "", line: str = "") -> tuple[Changes, Asked]:
    """Return a browser, and what stands for an engine behind it."""
    screen, asked = Changes("id", "web-1", mounts, is_up=is_up, at=at, line=line), Asked()
    screen.source = asked
    return screen, asked


async def test_how_far_a_reading_is_stands_below_what_is_read() -> None:
    screen, _ = browser()
    async with on_stage(screen) as (app, pilot):
        screen.show(CHANGES)
        await pilot.press("tab")
        progress = Progress()
        progress.files, progress.bytes = 2, 5000
        screen.reads(Tab.CONTAINER, progress)
        await pilot.pause()
        rows = [row.strip() for row in app.rows if row.strip()]
        assert rows[1:3] == ["reading the container's file system …", "2 files, 4.9 KiB · Esc cancels"]


async def test_what_cannot_be_read_again_stays() -> None:
    screen, asked = browser()
    async with on_stage(screen) as (app, pilot):
        screen.show(CHANGES)
        await pilot.press("tab")
        screen.listed(Tab.CONTAINER, *everything())
        await pilot.pause()
        assert "hosts" not in app.text
        await pilot.press("z", "r")
        await pilot.pause()
        assert asked.wanted[-1] == ("list", Tab.CONTAINER)
        assert "etc/" not in app.text
        screen.failed(Tab.CONTAINER, "The engine is gone.")
        await pilot.pause()
        assert "hosts" in app.text
        assert [note.message for note in app._notifications] == ["The engine is gone."]


def file(path: str, kind: FileKind = FileKind.REGULAR, size: int = 0, link: str = "", age: float = 60) -> File:
    """Return a file of which everything is known."""
    return File(path, kind, size, 0o644, 0, 33, NOW - age, link)


def everything(*more: File) -> tuple[FileTree, dict[str, tuple[int, float]]]:
    """Return a whole file system."""
    tree = FileTree(
        [
            file("/etc/new", size=2048),
            file("/etc/passwd", size=100),
            file("/etc/hosts", size=10),
            file("/srv/data", FileKind.DIRECTORY),
            *more,
        ]
    )
    return tree, dict(weights(tree))


def row(app: Stage, name: str) -> str:
    """Return the row with a name; nothing where it has none."""
    return next((one for one in app.rows[2:-2] if name in one), "")


async def test_it_opens_at_once_and_fills_later() -> None:
    screen, asked = browser(VOLUME)
    async with on_stage(screen) as (app, pilot):
        assert "asking the engine" in app.text
        assert "0 added" not in app.text
        screen.show(CHANGES)
        await pilot.pause()
        for words in ("web-1", "2 added", "1 modified", "1 deleted", "A new", "C passwd", "D gone"):
            assert words in app.text
        assert "mount point: volume data" in row(app, "data/")
        await pilot.press("escape")
        await pilot.pause()
        assert app.result is None
    assert asked.is_closed


async def test_columns_fill_without_anything_moving() -> None:
    screen, _ = browser()
    screen.show(CHANGES)
    async with on_stage(screen, (140, 30)) as (app, pilot):
        await pilot.press("slash", *"passwd", "enter")
        await pilot.pause()
        before = [one[60:] for one in app.rows[2:12]]
        screen.learn({"/etc/new": file("/etc/new", size=2048), "/etc/passwd": file("/etc/passwd", size=100)})
        screen.learned(Owners({0: "root"}, {33: "www-data"}))
        screen.complete()
        await pilot.pause()
        assert [one[60:] for one in app.rows[2:12]] == before
        for words in ("2.0 KiB", "-rw-r--r--", "root:www-data"):
            assert words in row(app, "A new")
        assert "2.1 KiB" in row(app, "etc/")
        assert "2 added 2.0 KiB · C 1 modified 100 B" in app.text
        assert "100 bytes" in app.rows[-3]


async def test_at_80_columns_sizes_and_names_are_left() -> None:
    screen, _ = browser()
    screen.show(CHANGES)
    screen.learn({"/etc/new": file("/etc/new", size=2048)})
    async with on_stage(screen, (80, 24)) as (app, _):
        assert "2.0 KiB" in row(app, "A new")
        assert "-rw-r--r--" not in row(app, "A new")
    assert columns_for(160) == ("size", "mode", "owner", "time")
    assert columns_for(90) == ("size", "owner", "time")
    assert columns_for(50) == ("size",)
    assert columns_for(20) == ()


def test_times_are_those_of_ls() -> None:
    there = time.mktime((2026, 11, 5, 12, 48, 0, 0, 0, -1))
    assert when_written(there, there + 60) == "Nov  5 12:48"
    assert when_written(there, there + 86400 * 300) == "Nov  5  2026"
    assert when_written(0, there) == ""
    assert when_written(1e30, there) == ""


async def test_what_came_before_the_screen_is_shown() -> None:
    screen, _ = browser()
    screen.show(CHANGES)
    async with on_stage(screen) as (app, _):
        assert "etc/" in app.text


async def test_it_says_when_there_is_nothing_or_the_engine_fails() -> None:
    screen, asked = browser()
    async with on_stage(screen) as (app, pilot):
        screen.show([])
        await pilot.pause()
        assert "Nothing was changed on disk" in app.text
        screen.fail("There is no such container.")
        await pilot.pause()
        assert "There is no such container." in app.text
        await pilot.press("r")
        await pilot.pause()
        assert asked.wanted == [("read",)]


async def test_each_kind_can_be_hidden() -> None:
    screen, _ = browser()
    screen.show(CHANGES)
    async with on_stage(screen) as (app, pilot):
        await pilot.press("a")
        await pilot.pause()
        assert "A new" not in app.text
        assert "srv/" not in app.text
        assert "C passwd" in app.text
        assert "2 added (hidden)" in app.text
        await pilot.press("m", "ctrl+r")
        await pilot.pause()
        assert "Every kind of change is hidden" in app.text
        await pilot.press("ctrl+a", "c", "d")
        await pilot.pause()
        assert "etc/" in app.text


async def test_files_are_ordered_by_size_and_time() -> None:
    screen, _ = browser()
    screen.show([Change("/a", Kind.ADDED), Change("/b", Kind.ADDED)])
    screen.learn({"/a": file("/a", size=1, age=5), "/b": file("/b", size=2, age=50)})
    async with on_stage(screen) as (app, pilot):
        order = {"path": "ab", "size": "ba", "time": "ab"}
        for word, names in order.items():
            assert f"by {word}" in app.text
            at = [next(n for n, one in enumerate(app.rows) if f"A {name}" in one) for name in names]
            assert at == sorted(at)
            await pilot.press("s")
            await pilot.pause()
        assert "by path" in app.text


async def test_what_may_tell_why_is_offered_at_the_top() -> None:
    screen, asked = browser()
    changes = [Change(path, Kind.ADDED) for path in ("/a/core.12", "/a/run.log", "/a/x", "/b/empty.err")]
    async with on_stage(screen) as (app, pilot):
        screen.know((), NOW, is_up=False)
        screen.show(changes, candidates(change.path for change in changes))
        await pilot.pause()
        assert "what may tell why" in app.rows[2]
        assert "◆ core file" in row(app, "/a/core.12")
        screen.learn({"/b/empty.err": file("/b/empty.err"), "/a/run.log": file("/a/run.log", size=5, age=2)})
        screen.complete()
        await pilot.pause()
        assert "/b/empty.err" not in "\n".join(app.rows[:5])
        assert "before its end" not in app.rows[-3]
        await pilot.press("j")
        await pilot.pause()
        assert "2.0 s before its end" in app.text
        await pilot.press("enter", "y")
        await pilot.pause()
        assert asked.wanted == [("view", "/a/run.log", Kind.ADDED, "", False)]
        assert app.copied == ["/a/run.log"]


async def test_enter_views_folds_and_says_what_is_empty() -> None:
    screen, asked = browser()
    screen.show([*CHANGES, Change("/void", Kind.ADDED)])
    screen.learn({"/void": file("/void", FileKind.DIRECTORY)})
    async with on_stage(screen) as (app, pilot):
        await pilot.press("g", "enter")
        await pilot.pause()
        assert "passwd" not in app.text
        await pilot.press("enter", "j", "j", "enter")
        await pilot.pause()
        assert asked.wanted == [("view", "/etc/passwd", Kind.MODIFIED, "", False)]
        await pilot.press("slash", *"gone", "enter", "enter", "slash", *"void", "enter", "enter")
        await pilot.pause()
        assert asked.wanted[1:] == [("view", "/usr/bin/gone", Kind.DELETED, "", False)]
        assert "empty" in row(app, "void/")


async def test_keys_ask_for_copies_a_pager_and_an_export() -> None:
    screen, asked = browser()
    screen.show(CHANGES)
    async with on_stage(screen) as (_, pilot):
        await pilot.press("g", "ctrl+s", "o", "X")
        await pilot.pause()
    assert [one[:2] for one in asked.wanted] == [("copy", "/etc"), ("edit", "/etc"), ("export", "/")]


async def test_it_opens_at_a_file_and_its_line() -> None:
    screen, asked = browser(at="/etc/passwd", line="root:x")
    screen.show(CHANGES)
    async with on_stage(screen) as (app, pilot):
        assert "/etc/passwd" in app.rows[-2] + app.rows[-3]
        await pilot.press("enter", "k", "enter")
        await pilot.pause()
    assert asked.wanted == [
        ("view", "/etc/passwd", Kind.MODIFIED, "root:x", False),
        ("view", "/etc/new", Kind.ADDED, "", False),
    ]


async def test_a_tab_shows_everything_at_the_same_place() -> None:
    screen, asked = browser()
    screen.show(CHANGES)
    async with on_stage(screen) as (app, pilot):
        await pilot.press("slash", *"passwd", "enter", "escape", "tab")
        await pilot.pause()
        assert asked.wanted == [("list", Tab.CONTAINER)]
        assert "reading the container's file system" in app.text
        screen.listed(Tab.CONTAINER, *everything())
        await pilot.pause()
        assert "all files of web-1" in app.text
        assert "hosts" in app.text
        assert "C passwd" in app.text
        await pilot.press("y", "]")
        await pilot.pause()
        assert app.copied == ["/etc/passwd"]
        tree = FileTree([file("/etc/hosts", size=3), file("/usr/bin/gone", size=40)])
        screen.listed(Tab.IMAGE, tree, weights(tree))
        await pilot.pause()
        assert "files of the image of web-1" in app.text
        await pilot.press("y", "enter", "slash", *"gone", "enter", "enter", "tab")
        await pilot.pause()
        assert app.copied == ["/etc/passwd", "/etc"]
        assert asked.wanted[-1] == ("view", "/usr/bin/gone", None, "", True)
        assert "40 B" in row(app, "D gone")
        assert "in the image" in app.text
        await pilot.press("ctrl+u", "ctrl+u", "shift+tab")
        await pilot.pause()
        assert "files of the image" in app.text
        assert asked.wanted.count(("list", Tab.CONTAINER)) == 1


async def test_reading_shows_how_far_it_is_and_can_be_cancelled() -> None:
    screen, _ = browser()
    screen.show(CHANGES)
    async with on_stage(screen) as (app, pilot):
        await pilot.press("tab")
        progress = Progress()
        progress.files, progress.bytes = 4210, 3 << 20
        screen.reads(Tab.CONTAINER, progress)
        await pilot.pause()
        assert "4,210 files, 3.0 MiB · Esc cancels" in app.text
        await pilot.press("escape")
        await pilot.pause()
        assert progress.is_cancelled
        assert app.result is NOTHING
        screen.failed(Tab.CONTAINER, "It was cancelled.")
        await pilot.pause()
        assert "It was cancelled." in app.text
        await pilot.press("tab", "tab", "escape")
        await pilot.pause()
        assert app.result is None


async def test_a_link_is_followed_within_the_container_only() -> None:
    screen, asked = browser(VOLUME)
    links = {"/up": "../../../etc/passwd", "/dead": "/nowhere", "/round": "round", "/vol": "srv/data/x"}
    screen.show([*CHANGES, *(Change(path, Kind.ADDED) for path in links)])
    found = [file(path, FileKind.LINK, link=link) for path, link in links.items()]
    screen.learn({one.path: one for one in found})
    async with on_stage(screen, (160, 30)) as (app, pilot):
        assert "→ ../../../etc/passwd  (held in by the container's root)" in row(app, "A up")
        await pilot.press("slash", *"up", "enter", "escape", "enter")
        await pilot.pause()
        assert asked.wanted == [("list", Tab.CONTAINER)]
        screen.listed(Tab.CONTAINER, *everything(*found))
        await pilot.pause()
        assert "(leads nowhere)" in row(app, "A dead")
        assert "(leads nowhere)" in row(app, "A round")
        await pilot.press("y", "slash", *"dead", "enter", "escape", "enter", "y")
        await pilot.pause()
        assert app.copied == ["/etc/passwd", "/dead"]
        assert "leads nowhere" in app.rows[-2] + app.rows[-3]
        assert "(leads nowhere)" not in row(app, "A vol")
        await pilot.press("slash", *(["backspace"] * 4), *"vol", "enter", "escape", "enter")
        await pilot.pause()
        assert "leads into /srv/data, which has not been entered" in row(app, "A vol")


async def test_a_mount_is_entered_like_a_directory() -> None:
    screen, asked = browser(VOLUME, Mount("bind", "/x", "/opt/one.conf", False))
    screen.show(CHANGES)
    screen.learn_mounted([File("/opt/one.conf", size=7)])
    async with on_stage(screen) as (app, pilot):
        await pilot.press("slash", *"data", "enter", "escape", "right")
        await pilot.pause()
        assert asked.wanted == [("enter", "/srv/data")]
        screen.reads("/srv/data", Progress())
        await pilot.pause()
        assert "reading" in row(app, "data/")
        tree = FileTree([file("/srv/data", FileKind.DIRECTORY), file("/srv/data/table.db", size=5)])
        screen.entered("/srv/data", tree, weights(tree), "after 2 files")
        await pilot.pause()
        assert "table.db" in app.text
        assert "cut off after 2 files" in row(app, "data/")
        await pilot.press("r")
        assert asked.wanted.pop() == ("enter", "/srv/data")
        await pilot.press("tab")
        screen.listed(Tab.CONTAINER, *everything())
        await pilot.pause()
        await pilot.press("slash", *"table", "enter", "enter", "slash", *"one.conf", "enter", "enter")
        await pilot.pause()
        assert [one[:2] for one in asked.wanted[2:]] == [
            ("view", "/srv/data/table.db"),
            ("view", "/opt/one.conf"),
        ]


@pytest.mark.parametrize(("is_up", "words"), [(True, "a shell inside does"), (False, "with the container's end")])
async def test_what_is_in_memory_cannot_be_entered(is_up: bool, words: str) -> None:
    screen, asked = browser(Mount("tmpfs", "", "/scratch", True), is_up=is_up)
    screen.show(CHANGES)
    async with on_stage(screen, (160, 30)) as (app, pilot):
        await pilot.press("slash", *"scratch", "enter", "enter", "right")
        await pilot.pause()
        assert words in row(app, "scratch/")
        assert asked.wanted == []


async def test_unfolding_everything_looks_into_no_mount() -> None:
    screen, asked = browser(VOLUME)
    screen.show(CHANGES)
    async with on_stage(screen) as (app, pilot):
        await pilot.press("z", "z")
        await pilot.pause()
        assert "data/" in app.text
        assert asked.wanted == []


async def test_a_search_finds_what_is_folded_and_copies_the_path_as_it_is() -> None:
    screen, _ = browser()
    screen.show([*CHANGES, Change("/odd/[/x]日本/found", Kind.ADDED), Change("/odd/\x1b[2Jevil", Kind.ADDED)])
    async with on_stage(screen) as (app, pilot):
        await pilot.press("z", "slash", *"found", "enter", "y")
        await pilot.pause()
        assert "1 of 1" in app.text
        assert app.copied == ["/odd/[/x]日本/found"]
        await pilot.press("slash", *(["backspace"] * 5), *"evil", "enter", "y")
        await pilot.pause()
        assert len(app.copied) == 1
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert app.result is None


async def test_a_name_that_is_no_text_is_asked_for_as_it_is() -> None:
    screen, asked = browser()
    screen.show([Change("/bad\ufffd", Kind.ADDED)])
    screen.learn({"/bad\ufffd": file("/bad\udcff")})
    async with on_stage(screen) as (app, pilot):
        await pilot.press("enter", "y")
        await pilot.pause()
        assert app.copied == []
    assert asked.wanted == [("view", "/bad\udcff", Kind.ADDED, "", False)]


async def test_what_is_read_again_keeps_what_was_open_and_the_cursor() -> None:
    screen, _ = browser()
    screen.show(CHANGES)
    async with on_stage(screen) as (app, pilot):
        await pilot.press("slash", *"passwd", "enter")
        await pilot.pause()
        screen.show([*CHANGES, Change("/etc/another", Kind.ADDED)])
        await pilot.pause()
        assert "A another" in app.text
        await pilot.press("z", "z", "z", "l", "l")
        screen.show([*CHANGES, Change("/etc/another", Kind.ADDED)])
        await pilot.pause()
        assert "C passwd" in app.text
        assert "A data" not in app.text
        screen.fail("There is no such container.")
        await pilot.press("slash", *(["backspace"] * 6), *"passwd", "enter", "y")
        await pilot.pause()
        assert app.copied == ["/etc/passwd"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(lambda i: f"/spool/{i}", id="in one directory"),
        pytest.param(lambda i: f"/a{i % 20}/b{i % 400}/c{i % 4000}/{i}", id="in 4,420 directories"),
    ],
)
async def test_20_000_changes_open_and_scroll_at_once(path: Callable[[int], str]) -> None:
    changes = [Change(path(i), Kind.ADDED) for i in range(20_000)]
    screen, _ = browser()
    async with on_stage(screen) as (app, pilot):
        began = time.process_time()
        screen.show(changes)
        await pilot.pause()
        opened = time.process_time() - began
        assert "20,000 added" in app.text
        began = time.process_time()
        screen.learn({change.path: file(change.path, size=1) for change in changes})
        await pilot.pause()
        learned = time.process_time() - began
        assert "19.5 KiB" in app.text
        await pilot.press("z")
        await pilot.pause()
        began = time.process_time()
        await pilot.press("G")
        await pilot.pause()
        scrolled = time.process_time() - began
        assert opened < 1
        assert learned < 1
        assert scrolled < 1


async def test_a_path_deeper_than_any_stack_can_be_browsed() -> None:
    deep = "/".join(["", *(f"d{i}" for i in range(3_000)), "bottom"])
    screen, _ = browser()
    screen.show([Change(deep, Kind.ADDED)])
    async with on_stage(screen) as (app, pilot):
        await pilot.press("z", "slash", *"bottom", "enter", "y")
        await pilot.pause()
        assert app.copied == [deep]


def test_a_row_is_told_from_the_one_at_the_top() -> None:
    assert Row("/a") != Row("/a", is_telling=True)
