"""Shows one file of a container: reads it in the background, and tells the screen what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content

from cdbg_tui.engine.contents import HEAD_BYTES, TAIL_BYTES, contents
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.image_files import ImageFiles
from cdbg_tui.engine.inside import check_is_there, follow, look
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.change import Kind
from cdbg_tui.model.file import File, FileKind
from cdbg_tui.model.filediff import MOST_BYTES, Version, diff_page
from cdbg_tui.model.filetype import FileType, file_type, looks_like_log
from cdbg_tui.model.hexdump import HexPage
from cdbg_tui.model.page import Ends, Page, TextPage, text_page
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size
from cdbg_tui.tui import copying_out
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.file_view import FileView
from cdbg_tui.tui.screens.prose import prose
from cdbg_tui.tui.widgets.page_rows import widths
from cdbg_tui.tui.widgets.page_view import Spans

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

FILE, DIFF, IMAGE = "file", "diff", "image's version"
_TABS = (FILE, DIFF, IMAGE)


@dataclass(frozen=True)
class Target:
    """Which file is to be shown."""

    container_id: str
    """Whose files are read."""
    name: str
    """Of the container, for the head."""
    path: str
    change: Kind | None = None
    """What the container did to it: of a modified file the image's version can be shown as well, of a
    deleted one only that."""
    image: ImageFiles | None = None
    line: str = ""
    """A line of it to go to, as it stood there."""


@dataclass(frozen=True)
class _Shown:
    """A page, ready for the screen, and what it is a page of."""

    tab: str
    page: Page
    cells: Sequence[int] | None
    at: int
    version: Version | None = None
    kind: FileType | None = None
    is_hex: bool = False
    is_found: bool = True
    """Whether the line that was to be shown is there."""
    is_partial: bool = False
    """Whether a better one follows."""
    colours: Spans | None = None


@dataclass(frozen=True)
class _Nothing:
    """A file without content; the words say what it is."""

    file: File
    words: str


def view(app: CdbgApp, target: Target) -> None:
    """Show a file; the screen is there at once, its content follows."""
    app.push_screen(_Viewing(app, target).screen)


class _Viewing:
    """One file that is looked at."""

    def __init__(self, app: CdbgApp, target: Target) -> None:
        self._app = app
        self._target = target
        self._has_versions = target.change is Kind.MODIFIED and target.image is not None
        self.screen = FileView(app.asking, self._wanted, has_versions=self._has_versions)
        self._tab = IMAGE if target.change is Kind.DELETED else FILE
        self._progress = Progress()
        self._size = 0
        self._shown: _Shown | None = None
        self._as_hex: bool | None = None
        """None while the file's type decides."""
        self._note = ""

    @property
    def _key(self) -> str:
        return f"view {id(self)}"

    @property
    def _image_key(self) -> str:
        return f"image of {self._key}"

    def _wanted(self, what: str) -> None:
        match what:
            case "again":
                self._read(keep=True)
            case "next" | "previous":
                step = 1 if what == "next" else -1
                self._tab = _TABS[(_TABS.index(self._tab) + step) % len(_TABS)]
                self._as_hex = None
                self._read()
            case "hex":
                self._toggle_hex()
            case "tick":
                self._tell()
            case "stop" | "left":
                self._progress.cancel()
                if what == "left":
                    for key in (self._key, self._image_key):
                        self._app.asking.forget(key)
            case "copy_out" | "edit":
                self._take(what)

    def _take(self, what: str) -> None:
        """Copy the file that is shown out, or open it; that of the image where that is shown."""
        do = copying_out.copy_out if what == "copy_out" else copying_out.edit
        target = self._target
        if self._tab != IMAGE:
            do(self._app, target.container_id, target.name, target.path)
        elif target.image is not None:
            self._app.asking.ask(
                self._image_key,
                target.image.container,
                lambda made: do(self._app, made, target.name, target.path),
                lambda error: self._app.say(f"{error.what} {error.advice}", "error"),
            )

    def _toggle_hex(self) -> None:
        shown = self._shown
        if shown is None or shown.version is None or self.screen.is_reading:
            return
        self._as_hex = not shown.is_hex
        version, kind, as_hex = shown.version, shown.kind or FileType("data"), self._as_hex
        tab = self._tab
        self._app.asking.follow(self._key, lambda: self._pages(tab, version, kind, as_hex), self._show, self._fail)

    # Reading. What follows runs in a thread, up to `_show`.

    def _read(self, *, keep: bool = False) -> None:
        """Read what is wanted; with *keep*, what is shown stands until that has come: it may be the last copy."""
        self._progress.cancel()
        progress = self._progress = Progress()
        self._note, self._size = "", 0
        self.screen.is_reading = True
        if not keep or self._shown is None:
            self._shown = None
            self.screen.say(plain("reading …", "$foreground-muted"))
        question = partial(self._diff if self._tab == DIFF else self._content, self._tab, progress)
        self._app.asking.follow(self._key, question, self._show, self._fail)
        self._tell()

    def _container(self, tab: str) -> str:
        if tab != IMAGE:
            return self._target.container_id
        if self._target.image is None:
            raise EngineError("missing", "Of what was deleted, only the image has a copy, and that is not known.")
        return self._target.image.container()

    def _content(self, tab: str, progress: Progress) -> Iterator[_Shown | _Nothing]:
        """Yield the file; of a big one its beginning first."""
        engine, container_id = self._app.engine, self._container(tab)
        path, entry = follow(engine, container_id, self._target.path)
        if entry is None:
            check_is_there(engine, container_id)
            raise _nowhere(self._target.path, path, "the image" if tab == IMAGE else "the container")
        if entry.kind in _WITHOUT_ARCHIVE:
            yield _Nothing(File(path, entry.kind, mode=entry.mode & 0o777), _KIND_WORDS[entry.kind])
            return
        self._size = entry.size
        is_big = entry.size > HEAD_BYTES + TAIL_BYTES
        tails = (0, TAIL_BYTES) if is_big else (TAIL_BYTES,)
        for tail in tails:
            found = contents(engine, container_id, path, tail=tail, progress=progress)
            if found.file.kind is not FileKind.REGULAR:
                yield _Nothing(found.file, _KIND_WORDS.get(found.file.kind, "It has no content."))
                return
            version = Version(found.file, Ends(found.head, found.tail, found.file.size))
            kind = file_type(found.head)
            for shown in self._pages(tab, version, kind, self._as_hex):
                yield replace(shown, is_partial=is_big and not tail)

    def _pages(self, tab: str, version: Version, kind: FileType, as_hex: bool | None) -> Iterator[_Shown]:
        """Yield the page of a file, then the same with its colours."""
        ends = version.ends
        if as_hex if as_hex is not None else not kind.is_text:
            yield _Shown(tab, HexPage(ends), None, 0, version, kind, True)
            return
        page = text_page(ends, kind.encoding or "utf-8")
        at, is_found = self._place(page, bool(ends.missing and ends.tail))
        shown = _Shown(tab, page, widths(page), at, version, kind, is_found=is_found)
        yield shown
        if not ends.missing and b"\x1b" not in ends.head:
            from cdbg_tui.tui.highlighting import colours

            if found := colours(version.file.path, page):
                yield replace(shown, colours=found)

    def _place(self, page: TextPage, is_big: bool) -> tuple[int, bool]:
        """Return the line to begin at, and whether the one that was wanted was found."""
        if self._target.line:
            at = page.locate(self._target.line)
            if at is not None:
                return at, True
        some = [page.text(index) for index in range(min(len(page), 20))]
        to_end = is_big or looks_like_log(self._target.path, some)
        return (max(0, len(page) - 1) if to_end else 0), not self._target.line

    def _diff(self, tab: str, progress: Progress) -> Iterator[_Shown]:
        """Yield what differs between the image's version and the container's."""
        new = self._version(self._target.container_id, "the container", progress)
        old = self._version(self._container(IMAGE), "the image", progress)
        page = diff_page(old, new)
        yield _Shown(tab, page, widths(page), 0)

    def _version(self, container_id: str, whose: str, progress: Progress) -> Version:
        engine, path = self._app.engine, self._target.path
        entry = look(engine, container_id, path)
        if entry is None:
            check_is_there(engine, container_id)
            raise _nowhere(path, path, whose)
        if entry.kind in _WITHOUT_ARCHIVE:
            return Version(File(path, entry.kind, mode=entry.mode & 0o777), Ends(b"", b"", 0))
        self._size = entry.size
        found = contents(engine, container_id, path, head=MOST_BYTES, tail=0, progress=progress)
        return Version(found.file, Ends(found.head, found.tail, found.file.size))

    # Showing, on the app's thread

    def _show(self, shown: _Shown | _Nothing) -> None:
        if not self.screen.is_mounted:
            return
        if isinstance(shown, _Nothing):
            self.screen.is_reading = False
            self.screen.say(prose(shown.words))
            self._tell(shown.file)
            return
        if shown.colours is not None:
            self.screen.colour(shown.page, shown.colours)
            return
        at = shown.at
        before = self._shown
        if before is not None and before.is_partial and self.screen.view.cursor > 0 and not self._target.line:
            at = self.screen.view.current  # somebody reads the beginning already
        self.screen.is_reading = shown.is_partial
        self._shown = shown
        self._note = "" if shown.is_found or shown.is_partial else _LINE_MISSING
        if not len(shown.page):
            self.screen.say(plain("It is empty."))
        else:
            self.screen.show(shown.page, shown.cells, at=0 if shown.is_partial and shown.is_found else at)
        self._tell()

    def _fail(self, error: EngineError) -> None:
        if not self.screen.is_mounted:
            return
        self.screen.is_reading = False
        if self._shown is None:
            self.screen.say(prose(f"{error.what} {error.advice}".strip(), "$text-error"))
        else:
            why = "The reading was ended:" if error.kind == "cancelled" else error.what
            rest = "only its beginning is shown." if self._shown.is_partial else "what is shown was read before."
            self._note = f"{why} {rest if why.endswith(':') else rest.capitalize()}"
        self._tell()

    def _tell(self, file: File | None = None) -> None:
        """Show the head: what the file is, and how far its reading."""
        target, shown = self._target, self._shown
        if shown is not None and shown.version is not None:
            file = shown.version.file
        title = plain(one_line(target.path), "bold")
        if file is not None and file.path != target.path:
            title = Content.assemble(title, " → ", plain(one_line(file.path), "bold"))
        whose = f"  in {one_line(target.name)}"
        if target.change is not None:
            whose += f", {one_line(target.change.word)}"
        lines = [Content.assemble(title, (whose, "$foreground-muted"))]
        if file is not None:
            kind = shown.kind if shown is not None and shown.version is not None else None
            lines.append(plain(_told(file, kind, shown), "$foreground-muted"))
        if target.change is Kind.DELETED:
            lines.append(plain("The container deleted it: this is the image's version.", "$text-warning"))
        elif self._has_versions:
            lines.append(_tab_line(self._tab))
            if self._tab == DIFF:
                signs = (
                    Content.styled("- the image's version", "$text-error"),
                    Content.styled("+ the container's", "$text-success"),
                )
                lines.append(Content("   ").join(signs))
        if self.screen.is_reading:
            done = size(self._progress.bytes) + (f" of {size(self._size)}" if self._size else "")
            lines.append(plain(f"reading … {done} · esc ends it", "$text-accent"))
        elif self._note:
            lines.append(plain(self._note, "$text-warning"))
        self.screen.head(Content("\n").join(lines))


_LINE_MISSING = "The line that was looked for is not in what is shown."
_KIND_WORDS = {
    FileKind.CHARACTER: "It is a character device: it has no content of its own.",
    FileKind.BLOCK: "It is a block device: it has no content of its own.",
    FileKind.FIFO: "It is a named pipe: what is written into it goes to who reads it, and is kept nowhere.",
    FileKind.SOCKET: "It is a socket: a program listens on it, or did; it has no content.",
    FileKind.DIRECTORY: "It is a directory.",
}


_WITHOUT_ARCHIVE = (FileKind.DIRECTORY, FileKind.SOCKET)
"""Of a socket the engine makes none, and that of a directory is everything below it."""


def _nowhere(path: str, led_to: str, whose: str) -> EngineError:
    if led_to != path:
        return EngineError("missing", f"It is a link to {one_line(led_to)}, and {whose} has nothing there.")
    return EngineError(
        "missing", f"There is nothing at {one_line(path)} in {whose}, or it is a link that leads in a circle."
    )


def _told(file: File, kind: FileType | None, shown: _Shown | None) -> str:
    """Return what is known of a file, on one line."""
    words = [file.permissions]
    if file.uid is not None:
        words.append(f"{file.uid}:{file.gid}")
    if file.kind is FileKind.REGULAR:
        words.append(size(file.size))
    if file.modified:
        words.append(datetime.fromtimestamp(file.modified).strftime("%Y-%m-%d %H:%M:%S"))
    if kind is None or shown is None or shown.version is None:
        return "  ".join([*words, file.kind.word])
    about, ends = [one_line(kind.words)], shown.version.ends
    if kind.is_text and b"\r\n" in ends.head[:HEAD_BYTES]:
        about.append("lines end as on Windows (CRLF)")
    if kind.is_text and not ends.missing and not shown.is_hex:
        about.append(f"{len(shown.page):,} line{'' if len(shown.page) == 1 else 's'}")
    last = ends.tail or ends.head
    if kind.encoding == "utf-8" and last and (ends.tail or not ends.missing) and not last.endswith(b"\n"):
        about.append("no newline at its end")
    if shown.is_hex and kind.is_text:
        about.append("shown as bytes")
    return "  ".join([*words, ", ".join(about)])


def _tab_line(current: str) -> Content:
    tabs = [Content.styled(f" {tab} ", "bold reverse" if tab == current else "$foreground-muted") for tab in _TABS]
    return Content(" ").join(tabs)
