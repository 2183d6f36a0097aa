"""Copies of archives that nobody should send: whatever is in them, only the copy is written, whole or not at all.

The archives are the same each time; ``CDBG_FUZZ=20`` tries others, and twenty times as many.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import stat
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdbg_tui.engine import copying, room
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.copying import Copied, copy_out, export
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.engine.room import Room
from tests.engine.archives import Tar, engine_with
from tests.hostile import examples, texts
from tests.support import eventually

MINE = b"this is mine"
Form = Literal[0, 1, 2]
"""Of an archive: USTAR, GNU, PAX."""


class Send(NamedTuple):
    """An engine that sends the archive that is put into *body*."""

    engine: Engine
    body: list[Iterable[bytes]]


@pytest.fixture(scope="module")
def send() -> Iterator[Send]:
    body: list[Iterable[bytes]] = []
    with (
        tempfile.TemporaryDirectory() as home,
        engine_with(Path(home) / "engine.sock", lambda: body[0]) as engine,
    ):
        yield Send(engine, body)


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """A home with something to lose in, beside and above it, which must be as it was."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        top = Path(name)
        home = top / "home"
        home.mkdir()
        (top / "folder").mkdir()
        for lose in (top / "secret", home / "mine", top / "folder/mine"):
            lose.write_bytes(MINE)
        yield home
        assert sorted(os.listdir(top)) == ["folder", "home", "secret"]
        assert os.listdir(top / "folder") == ["mine"]
        assert set(os.listdir(home)) <= {"mine", "copy"}
        for lose in (top / "secret", home / "mine", top / "folder/mine"):
            assert lose.read_bytes() == MINE
            assert (lose.stat().st_nlink, stat.S_IMODE(lose.stat().st_mode)) == (1, 0o644)


PARTS = st.one_of(
    st.sampled_from(
        ("x", "a", "b", "A", "..", ".", "", "mine", "secret", "n" * 255, "n" * 300, "ﬁ", "é", "e\u0301")
    ),
    texts(1).map(lambda text: text.replace("/", "").replace("\ud800", "")),
)
NAMES = st.one_of(
    st.lists(PARTS, min_size=1, max_size=5).map(lambda parts: "/".join(["x", *parts])),
    st.lists(PARTS, min_size=1, max_size=5).map("/".join),
    st.sampled_from(
        (
            "x",
            "/",
            "",
            "/etc/cron.d/job",
            "x/../../mine",
            "../mine",
            "x/" + "d/" * 600 + "f",
            "x/a",
            "x/a/f",
            "x/b",
        )
    ),
)
TARGETS = st.one_of(
    NAMES, st.sampled_from(("/", "..", "../..", "../mine", "../../secret", "../../folder", "x/a", "a", "b"))
)
TYPES = st.sampled_from(
    tarfile.REGTYPE + tarfile.DIRTYPE * 2 + tarfile.SYMTYPE * 3 + tarfile.LNKTYPE * 2 + b"0034567DKLMNSVgxX?\0"
)


class Member(NamedTuple):
    """One member of an archive, of whatever a header can say."""

    name: str
    kind: int
    target: str
    data: bytes
    mode: int
    claims: int
    """By how much its size lies."""
    pax: dict[str, str]


PAX = st.dictionaries(
    st.sampled_from(
        ("path", "linkpath", "size", "mtime", "uid", "GNU.sparse.size", "GNU.sparse.map", "GNU.sparse.name")
    ),
    st.one_of(TARGETS, st.sampled_from(("0", "-1", "512", "1e9", "99999999999999999999", "nan", "0,5,9,1"))),
    max_size=2,
)
MEMBERS = st.builds(
    Member,
    NAMES,
    TYPES,
    TARGETS,
    st.sampled_from((b"", b"x", b"data" * 100, bytes(70_000), b"\0" * 65536 + b"end", b"z" * 513)),
    st.sampled_from((0o644, 0o755, 0o7777, 0o4755, 0o2755, 0o1777, 0)),
    st.sampled_from((0, 0, 0, 0, 0, 1, -1, 600, 1 << 33)),
    st.one_of(st.just({}), st.just({}), PAX),
)


def archive(members: Iterable[Member], form: Form, cut: int | None, garbage: bytes) -> bytes:
    """Return the bytes of an archive, cut off and with garbage behind as told."""
    buffer = io.BytesIO()
    for one in members:
        header = tarfile.TarInfo(one.name)
        header.type, header.linkname, header.mode = bytes((one.kind,)), one.target, one.mode
        header.size = max(0, len(one.data) + one.claims)
        header.uid, header.devmajor, header.devminor = 1234, 1, 3
        header.pax_headers = dict(one.pax)
        with contextlib.suppress(ValueError):  # some names no header of this form can hold
            buffer.write(header.tobuf(form, "utf-8", "surrogatepass"))
            buffer.write(one.data + bytes(-len(one.data) % 512))
    whole = buffer.getvalue() + bytes(1024)
    return (whole if cut is None else whole[: len(whole) * cut // 100]) + garbage


def where_it_leads(link: Path) -> Iterator[str]:
    """Yield where the kernel ends up that follows a link, and where a file is made that is made by way of it."""
    for flags in (os.O_PATH, os.O_PATH | os.O_DIRECTORY, os.O_RDONLY | os.O_CREAT | os.O_NONBLOCK):
        with contextlib.suppress(OSError):
            found = os.open(link, flags, 0o600)
            yield os.readlink(f"/proc/self/fd/{found}")
            os.close(found)


def assert_harmless(copy: Path) -> None:
    """Nothing of the copy is special, leads out of it, or is more than its user's."""
    inside = [copy, *(Path(above, name) for above, *below in os.walk(copy) for names in below for name in names)]
    for path in inside:
        found = path.lstat()
        assert found.st_uid == os.getuid()
        if stat.S_ISLNK(found.st_mode):
            assert path != copy
            assert all(Path(one).is_relative_to(os.path.realpath(copy)) for one in where_it_leads(path))
            continue
        assert stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
        assert found.st_mode & 0o7077 == 0, oct(found.st_mode)
        if stat.S_ISREG(found.st_mode) and found.st_size < 1000:
            assert path.read_bytes() != MINE


@examples(150)
@given(
    st.lists(MEMBERS, max_size=8),
    st.sampled_from((0, 1, 2)),
    st.one_of(st.none(), st.none(), st.integers(0, 100)),
    st.sampled_from((b"", b"", b"\x7fELF" * 200, b"\xff" * 512)),
)
def test_of_any_archive_only_the_copy_is_written(
    send: Send, members: list[Member], form: Form, cut: int | None, garbage: bytes
) -> None:
    send.body[:] = [[archive([Member("x", 0x35, "", b"", 0o755, 0, {}), *members], form, cut, garbage)]]
    with place() as home:
        try:
            done = copy_out(send.engine, "c", "/x", home / "copy")
        except EngineError as error:
            done, kind = None, error.kind
        if done is None:
            assert kind in ("refused", "conflict")
            assert not os.path.lexists(home / "copy")
        else:
            assert done.path == home / "copy"
            assert_harmless(done.path)
        shutil.rmtree(home / "copy", ignore_errors=True)


@pytest.mark.parametrize("is_directory", [False, True])
def test_what_came_to_the_name_meanwhile_is_not_overwritten(
    send: Send, monkeypatch: pytest.MonkeyPatch, is_directory: bool
) -> None:
    """Between the last look and the renaming somebody else makes a file of that name."""
    send.body[:] = [
        [Tar().directory("x").file("x/f").whole() if is_directory else Tar().file("x", b"new").whole()]
    ]
    checked = copying._check

    with place() as home:

        def check(final: Path, *, overwrite: bool) -> None:
            checked(final, overwrite=overwrite)
            if any(home.glob(".cdbg-copy-*/new")):
                final.write_bytes(MINE)

        monkeypatch.setattr(copying, "_check", check)
        with pytest.raises(EngineError):
            copy_out(send.engine, "c", "/x", home / "copy")
        assert (home / "copy").read_bytes() == MINE


def disk(free_bytes: int, free_files: int, files: int = 1_000_000) -> os.statvfs_result:
    """Return what a disk of 1 GiB says of itself."""
    return os.statvfs_result((4096, 4096, 1 << 18, 0, free_bytes // 4096, files, 0, free_files, 0, 255))


def fill(one: Room, most: int, count: int, files: int = 0, *, wrote: Callable[[], None] = lambda: None) -> None:
    """Take from a room until *most* have been taken."""
    for _ in range(most):
        one.take(count, files)
        wrote()


def test_a_disk_is_not_filled() -> None:
    left = [200 << 20]

    def wrote() -> None:
        left[0] -= 65536

    one = Room(Path("/x"), lambda _: disk(left[0], 500_000))
    said = r"no room for it in /x: of 5\d\.\d MiB that are free, 51\.2 MiB are left to others"
    with pytest.raises(EngineError, match=said):
        fill(one, 1 << 14, 65536, wrote=wrote)
    assert 0 <= left[0] - (1 << 30) // 20 < 1 << 20


def test_what_others_write_meanwhile_counts() -> None:
    left = [500 << 20]
    one = Room(Path("/x"), lambda _: disk(left[0], 500_000))
    one.take(1 << 20)
    left[0] = 40 << 20
    with pytest.raises(EngineError, match="no room"):
        fill(one, 16, 1 << 20)


def test_as_many_files_as_the_disk_can_hold() -> None:
    left = [5_000]

    def wrote() -> None:
        left[0] -= 1

    one = Room(Path("/x"), lambda _: disk(500 << 20, left[0]))
    with pytest.raises(EngineError, match=r"of 1,\d{3} files that can be added, 1,000 are left to others"):
        fill(one, 10_000, 0, 1, wrote=wrote)
    fill(Room(Path("/x"), lambda _: disk(500 << 20, 0, files=0)), 10_000, 0, 1)


def test_endless_data_and_endless_files_end_where_the_disk_would_be_full(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = os.statvfs(tempfile.gettempdir())
    used = [0]

    def small(where: str) -> os.statvfs_result:
        now = os.statvfs(where)
        taken = (begun.f_bavail - now.f_bavail) * now.f_frsize
        return disk((100 << 20) - max(0, taken), 3_000 - used[0])

    monkeypatch.setattr(room.Room.__init__, "__defaults__", (small,))

    def data() -> Iterator[bytes]:
        yield Tar().directory("x").open_end()
        header = tarfile.TarInfo("x/big")
        header.size = 8 << 30
        yield header.tobuf(tarfile.GNU_FORMAT)
        while True:
            yield b"x" * 65536

    def files() -> Iterator[bytes]:
        yield Tar().directory("x").open_end()
        while True:
            used[0] += 1
            yield Tar().file(f"x/{used[0]}").open_end()

    def links() -> Iterator[bytes]:
        yield Tar().directory("x").file("x/f").open_end()
        for number in range(5_000):
            yield Tar().link(f"x/{number}", "f").open_end()
        used[0] = 2_500
        yield bytes(1024)

    for endless in (data, files, links):
        used[0] = 0
        send.body[:] = [endless()]
        with place() as home, pytest.raises(EngineError, match="no room for it"):
            copy_out(send.engine, "c", "/x", home / "copy")
    send.body[:] = [data()]
    with place() as home, pytest.raises(EngineError, match="no room for it"):
        export(send.engine, "c", home / "copy")


def test_of_endless_links_only_so_many_are_held(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "MOST_KEPT", 3)
    tar = Tar().directory("x").file("x/f")
    for number in range(5):
        tar.link(f"x/l{number}", "f").directory(f"x/d{number}")
    send.body[:] = [[tar.whole()]]
    with place() as home:
        done = copy_out(send.engine, "c", "/x", home / "copy")
        assert done.left_out == ["x/l3: there are too many links", "x/l4: there are too many links"]
        assert sorted(os.listdir(home / "copy")) == ["d0", "d1", "d2", "d3", "d4", "f", "l0", "l1", "l2"]


def test_cancelled_while_links_are_made_it_leaves_nothing(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress()
    made: list[str] = []

    def symlink(target: str, path: str) -> None:
        made.append(path)
        if len(made) == 3:
            progress.cancel()

    monkeypatch.setattr(os, "symlink", symlink)
    tar = Tar().directory("x")
    for number in range(100):
        tar.link(f"x/{number}", "f")
    send.body[:] = [[tar.whole()]]
    with place() as home, pytest.raises(EngineError) as error:
        copy_out(send.engine, "c", "/x", home / "copy", progress=progress)
    assert error.value.kind == "cancelled"
    assert len(made) == 3


@pytest.mark.parametrize("as_archive", [False, True])
def test_until_it_is_whole_nothing_has_its_name(send: Send, as_archive: bool) -> None:
    half, seen = threading.Event(), threading.Event()
    progress = Progress()

    def body() -> Iterator[bytes]:
        yield Tar().directory("x").file("x/a", b"y" * 5000).open_end()
        half.set()
        seen.wait(20)
        yield Tar().file("x/b").whole()

    send.body[:] = [body()]
    failed: list[EngineError] = []

    def work(final: Path) -> None:
        try:
            _copy(send.engine, final, progress, as_archive=as_archive)
        except EngineError as error:
            failed.append(error)

    with place() as home:
        thread = threading.Thread(target=work, args=(home / "copy",))
        thread.start()
        half.wait(20)
        eventually(lambda: any(home.glob(".cdbg-copy-*/new")))
        assert not os.path.lexists(home / "copy")
        assert stat.S_IMODE(next(home.glob(".cdbg-copy-*")).stat().st_mode) == 0o700
        progress.cancel()
        seen.set()
        thread.join(20)
        assert [error.kind for error in failed] == ["cancelled"]
        assert not os.path.lexists(home / "copy")


def _copy(engine: Engine, final: Path, progress: Progress, *, as_archive: bool) -> Copied:
    if as_archive:
        return export(engine, "c", final, progress=progress)
    return copy_out(engine, "c", "/x", final, progress=progress)
