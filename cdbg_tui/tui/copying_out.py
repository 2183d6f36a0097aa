"""Files out of a container: copied to where the user says, opened in a pager, or the whole of it as an archive."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual.content import Content

from cdbg_tui.engine import copying
from cdbg_tui.engine.archive import Listing, listing
from cdbg_tui.engine.copying import Copied, target_of
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.gate import reading
from cdbg_tui.engine.inside import follow, nothing_at
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.file import File, FileKind, is_known
from cdbg_tui.model.page import TextPage
from cdbg_tui.model.tempname import safe_name
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size
from cdbg_tui.sessions.plan import Plan
from cdbg_tui.tui import foreground
from cdbg_tui.tui.paint import plain, shorten
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.form import Field, Form
from cdbg_tui.tui.screens.listing import ListingView
from cdbg_tui.tui.screens.progress import ProgressBox, Told
from cdbg_tui.tui.widgets.page_rows import widths

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

MOST_OPENED = 256 << 20
"""A bigger file is copied out, not opened."""
T = TypeVar("T")
Write = Callable[[Path, bool, Progress], Copied]
"""Writes to a path, perhaps over what is there."""


# Copying to a place that the user names


def copy_out(app: CdbgApp, container_id: str, name: str, path: str) -> None:
    """Ask where a file or directory shall go, and copy it there."""

    def target(typed: str) -> Path:
        return target_of(_place(typed), path)

    def write(to: Path, overwrite: bool, progress: Progress) -> Copied:
        return copying.copy_out(app.engine, container_id, path, to, overwrite=overwrite, progress=progress)

    def command(to: Path) -> str:
        return shlex.join(app.engine.docker("cp", f"{_called(app, container_id, name)}:{path}", str(to)))

    title = Content("copy ") + plain(shorten(one_line(path), 60))
    _ask(app, title, Field("path", "to", "./"), target, command, write)


def export(app: CdbgApp, container_id: str, name: str) -> None:
    """Write a container's whole file system as an archive, or list it."""
    choices = [
        Choice("tar", Content("write it to a tar archive"), "t", plain("docker export")),
        Choice("list", Content("list it"), "l", plain("docker export | tar tv")),
    ]

    def chosen(which: str | None) -> None:
        if which == "tar":
            _export_to_file(app, container_id, name)
        elif which == "list":
            _list(app, container_id, name)

    app.push_screen(Choose(Content("the whole file system of ") + plain(one_line(name)), choices), chosen)


def _export_to_file(app: CdbgApp, container_id: str, name: str) -> None:
    suggested = f"{safe_name(name)}-{_stamp(app)}.tar"

    def target(typed: str) -> Path:
        to = _place(typed)
        return to / suggested if os.path.isdir(to) else to

    def write(to: Path, overwrite: bool, progress: Progress) -> Copied:
        return copying.export(app.engine, container_id, to, overwrite=overwrite, progress=progress)

    def command(to: Path) -> str:
        return shlex.join(app.engine.docker("export", "--output", str(to), _called(app, container_id, name)))

    title = Content("export ") + plain(one_line(name)) + Content(", without its volumes")
    _ask(app, title, Field("path", "to file", suggested), target, command, write)


def _called(app: CdbgApp, container_id: str, name: str) -> str:
    """Return what a command line calls a container: its name, or the id of one that stands for an image."""
    known = app.roster.containers.get(container_id)
    return name if known is not None and known.name == name else container_id[:12]


def _stamp(app: CdbgApp) -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(app.now()))


def _ask(
    app: CdbgApp,
    title: Content,
    field: Field,
    target: Callable[[str], Path],
    command: Callable[[Path], str],
    write: Write,
) -> None:
    """Ask for a place, showing what becomes of it and the docker command that does the same; then write."""

    def preview(values: dict[str, str]) -> str:
        try:
            to = target(values["path"])
        except EngineError as error:
            return error.what
        return f"→ {to}  ({_what_is_there(to)})\n{command(to)}"

    def copied(values: dict[str, str]) -> str:
        try:
            return command(target(values["path"]))
        except EngineError:
            return ""

    def answered(values: dict[str, str] | None) -> None:
        if values is None or not values["path"].strip():
            return
        try:
            _write(app, title, target(values["path"]), write)
        except EngineError as error:
            app.say(error.what, "error")

    app.push_screen(Form(title, [field], preview, copied), answered)


def _place(typed: str) -> Path:
    """Return what was typed as an absolute path.

    Raises:
        EngineError: it names a user who is not there.
    """
    try:
        return Path(os.path.abspath(Path(typed.strip() or ".").expanduser()))
    except RuntimeError as error:  # ~somebody
        raise EngineError("refused", f"{typed.strip()}: there is no such user.") from error


def _what_is_there(to: Path) -> str:
    """Return what would be overwritten, or else how much can be written."""
    if os.path.lexists(to):
        return "exists: you will be asked" if copying.is_replaceable(to) else "exists: choose another name"
    place = to.parent
    try:
        return f"{size(shutil.disk_usage(place).free)} are free there"
    except OSError as error:
        return f"{place}: {error.strerror or error}"


def _write(app: CdbgApp, title: Content, to: Path, write: Write, *, overwrite: bool = False) -> None:
    """Write in the background, with the figures in sight; ask first where something would be lost."""

    def failed(error: EngineError) -> None:
        if error.kind == "cancelled":
            app.say("cancelled: nothing was written", "warning")
        elif error.kind == "conflict" and not overwrite and copying.is_replaceable(to):
            app.push_screen(
                Confirm(
                    plain(f"{error.what} Overwrite it?"), loss=Content("What it holds is lost."), dangerous=True
                ),
                lambda yes: _write(app, title, to, write, overwrite=True) if yes else None,
            )
        else:
            app.say(f"{error.what} {error.advice}".strip(), "error")

    run(app, title, lambda progress: write(to, overwrite, progress), lambda done: _tell(app, done), failed)


def run(
    app: CdbgApp,
    title: Content,
    work: Callable[[Progress], T],
    then: Callable[[T], None],
    failed: Callable[[EngineError], None],
) -> None:
    """Do *work* in the background, with a key to cancel it, and its figures in sight if it takes a while."""
    progress, finished = Progress(), threading.Event()
    box = ProgressBox(title, progress, finished)

    def working() -> T:
        try:
            return work(progress)
        finally:
            finished.set()

    def close() -> None:
        if box in app.screen_stack:
            # A palette may stand on it.
            while app.screen is not box:
                app.pop_screen()
            app.pop_screen()

    def ended(answer: T) -> None:
        close()
        then(answer)

    def broke(error: EngineError) -> None:
        close()
        failed(error)

    app.push_screen(box)
    app.asking.ask(f"work {id(progress)}", working, ended, broke)


def _tell(app: CdbgApp, done: Copied) -> None:
    """Say what was written where, and what was not."""
    files = f"{done.files:,} file{'' if done.files == 1 else 's'}"
    words = f"{files}, {size(done.bytes)}, written to {done.path}"
    if not done.left_out_count:
        app.say(words)
        return
    more = f"; the first {len(done.left_out):,} are" if done.left_out_count > len(done.left_out) else ""
    told = Content("\n\n").join([plain(one_line(words)), Content(f"{done.left_out_count:,} left out{more}:")])
    app.push_screen(Told(Content("copied"), told, done.left_out))


# Listing the whole file system


def _list(app: CdbgApp, container_id: str, name: str) -> None:
    """Show every file of a container, as ``tar tv`` lists an archive of it."""
    title = Content("list ") + plain(one_line(name))

    def work(progress: Progress) -> tuple[ListingPage, Sequence[int]]:
        page = listing_page(listing(app.engine, container_id, progress=progress))
        return page, widths(page)

    def listed(answer: tuple[ListingPage, Sequence[int]]) -> None:
        page, cells = answer
        head = Content.assemble(
            plain(one_line(name), "bold"),
            (f"  {page.files:,} files, {size(page.bytes)}, without volumes", "$foreground-muted"),
        )
        suggested = f"{safe_name(name)}-{_stamp(app)}.txt"
        app.push_screen(ListingView(app.asking, head, page, cells, lambda: _save(app, page, suggested)))

    run(app, title, work, listed, lambda error: app.say(f"{error.what} {error.advice}".strip(), "error"))


class ListingPage(TextPage):
    """The rows of a listing, and what they sum up to."""

    def __init__(self, rows: Sequence[str], files: Sequence[File], cut: str) -> None:
        notes = [f"… it was ended {cut} …"] if cut else []
        shown = [*map(one_line, rows), *notes]
        super().__init__([*rows, *notes], shown=shown, roles={len(rows): "note"} if cut else {})
        self.files = len(files)
        self.bytes = sum(file.size for file in files)


def listing_page(found: Listing) -> ListingPage:
    """Return a listing as ``tar tv`` prints it, ordered by path."""
    # Of what only leads to others, an archive tells nothing.
    files = sorted(filter(is_known, found.tree), key=lambda file: file.path.split("/"))
    owners = [f"{'?' if file.uid is None else file.uid}/{'?' if file.gid is None else file.gid}" for file in files]
    owner = max(map(len, owners), default=0)
    digits = max((len(str(file.size)) for file in files), default=0)
    rows = [_row(file, whose.ljust(owner), digits) for file, whose in zip(files, owners, strict=True)]
    return ListingPage(rows, files, found.cut)


def _row(file: File, owner: str, digits: int) -> str:
    when = datetime.fromtimestamp(file.modified).strftime("%Y-%m-%d %H:%M") if file.modified else ""
    leads = (
        f" -> {file.link}" if file.kind is FileKind.LINK else f" link to {file.same_as}" if file.same_as else ""
    )
    return f"{file.permissions} {owner} {file.size:>{digits}} {when:16} {file.path}{leads}"


def _save(app: CdbgApp, page: TextPage, suggested: str) -> None:
    """Ask for a file, and write a listing to it."""

    def target(typed: str) -> Path:
        to = _place(typed)
        return to / suggested if os.path.isdir(to) else to

    def write(to: Path, overwrite: bool, _progress: Progress) -> Copied:
        rows = "".join(f"{page.text(index)}\n" for index in range(len(page)))
        data = rows.encode("utf-8", "surrogateescape")
        try:
            if overwrite:
                to.unlink(missing_ok=True)
            with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
        except FileExistsError as error:
            raise EngineError("conflict", f"{to} exists.", "Choose another name.") from error
        except OSError as error:
            raise EngineError("refused", f"{to} cannot be written: {error.strerror or error}.") from error
        return Copied(to, 1, len(data))

    def command(_to: Path) -> str:
        return ""

    _ask(app, Content("save the listing"), Field("path", "to file", suggested), target, command, write)


# Opening in a pager or an editor


def openers(env: Mapping[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return what may open a text: the variable that names it, and its words; the user's own come first.

    PAGER=cat says that nothing shall page: it would be over before anybody has read a line.
    """
    found = []
    for names in (("PAGER",), ("VISUAL", "EDITOR")):
        for name in names:
            try:
                words = tuple(shlex.split(env.get(name, "")))
            except ValueError:  # a quote that is not closed
                continue
            is_none = name == "PAGER" and words[:1] and Path(words[0]).name == "cat"
            if words and not is_none and shutil.which(words[0], path=env.get("PATH")):
                found.append((f"${name}", words))
                break
    if not found:
        paths = (name for name in ("less", "more") if shutil.which(name, path=env.get("PATH")))
        found = [(name, (name,)) for name in list(paths)[:1]]
    return found


def edit(app: CdbgApp, container_id: str, name: str, path: str) -> None:
    """Open a copy of a file in the user's pager or editor; what is changed in it is lost, and that is said."""
    found = openers(os.environ)
    if not found:
        app.say("There is no program to open it with: set $PAGER or $EDITOR.", "error")
        return
    if len(found) == 1:
        _fetch(app, container_id, path, found[0][1])
        return
    choices = [
        Choice(str(number), plain(shlex.join(words)), key, plain(variable))
        for number, ((variable, words), key) in enumerate(zip(found, "pe", strict=True))
    ]
    title = Content("open a copy of ") + plain(shorten(one_line(path), 60)) + Content(" in")
    app.push_screen(
        Choose(title, choices),
        lambda one: _fetch(app, container_id, path, found[int(one)][1]) if one is not None else None,
    )


def _fetch(app: CdbgApp, container_id: str, path: str, words: tuple[str, ...]) -> None:
    """Copy a file to a place of its own, and open it there."""

    def work(progress: Progress) -> tuple[ExitStack, Path]:
        where, entry = follow(app.engine, container_id, path)
        if entry is None:
            raise nothing_at(app.engine, container_id, path)
        if not entry.is_regular:
            raise EngineError("refused", f"{one_line(path)} is a {entry.kind.word}: there is no text to open.")
        if entry.size > MOST_OPENED:
            raise EngineError(
                "refused",
                f"It is {size(entry.size)} long, {size(MOST_OPENED)} are the most.",
                "Ctrl+S copies it out.",
            )
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cdbg-")))
            copy = folder / safe_name(path)
            copying.copy_out(app.engine, container_id, where, copy, progress=progress)
            copy.chmod(0o400)
            return stack.pop_all(), copy

    def open_it(answer: tuple[ExitStack, Path]) -> None:
        stack, copy = answer
        with stack:
            _open(app, copy, words)

    title = Content("open ") + plain(shorten(one_line(path), 60))

    def failed(error: EngineError) -> None:
        if error.kind != "cancelled":
            app.say(f"{error.what} {error.advice}".strip(), "error")

    run(app, title, work, open_it, failed)


def _open(app: CdbgApp, copy: Path, words: tuple[str, ...]) -> None:
    before = _state(copy)
    program = Path(words[0]).name
    plan = Plan(f"{program} on a copy of {copy.name}", (*words, str(copy)), is_local=True)
    with app.sight.away(), reading():  # it is given a copy of ours
        outcome = foreground.run(app, plan)
    if outcome.severity == "error":
        app.say(outcome.line, "error")
    if _state(copy) != before:
        app.say("What was changed in the copy is gone with it: a container's files are only read here.", "warning")


def _state(copy: Path) -> tuple[int, int, int] | None:
    try:
        told = copy.stat()
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns
