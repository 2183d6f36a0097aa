"""Copies out of containers: of hostile archives, and of real ones."""

from __future__ import annotations

import os
import stat
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from cdbg_tui.engine import copying
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.copying import Copied, copy_out, export, leads_out
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from tests.engine.archives import DIRECTORY, REGULAR, Tar, engine_with
from tests.support import Docker, Run, eventually

Body = Callable[[], Iterable[bytes]]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The user's directory, beside and above which there is something to lose; it must be as it was."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret").write_text("mine")
    (tmp_path / "folder").mkdir()
    yield home
    assert (tmp_path / "secret").read_text() == "mine"
    assert not list((tmp_path / "folder").iterdir())
    assert {path.name for path in tmp_path.iterdir()} <= {"home", "secret", "folder", "engine.sock"}
    assert not [path for path in home.iterdir() if path.name.startswith(".cdbg-copy-")]


@pytest.fixture
def copied(tmp_path: Path, home: Path) -> Callable[..., Copied]:
    """Copies what an engine sends as the archive of /x to home/copy."""

    def copied(tar: Tar | bytes | Body, *, mode: int = DIRECTORY, progress: Progress | None = None) -> Copied:
        body = tar.whole() if isinstance(tar, Tar) else tar
        pieces: Body = (lambda: [body]) if isinstance(body, bytes) else body
        with engine_with(tmp_path / "engine.sock", pieces, mode=mode) as engine:
            return copy_out(engine, "c", "/x", home / "copy", progress=progress)

    return copied


def names(top: Path) -> list[str]:
    return sorted(str(path.relative_to(top)) for path in top.rglob("*"))


Copy = Callable[..., Copied]


def test_names_that_climb_or_are_absolute_stay_below(home: Path, copied: Copy) -> None:
    tar = Tar().directory("x").file("x/../../secret").file("../secret").file("/etc/cron.d/job").file("x/ok")
    done = copied(tar)
    assert names(home / "copy") == ["cron.d", "cron.d/job", "ok"]
    assert done.left_out == [
        "x/../../secret: its name leads out of the copy",
        "../secret: its name leads out of the copy",
    ]


def test_nothing_is_written_through_a_link(home: Path, copied: Copy) -> None:
    tar = Tar().directory("x").link("x/out", "../../folder").file("x/out/planted").link("x/abs", "/etc")
    copied(tar.file("x/abs/planted"))
    assert names(home / "copy") == ["abs", "abs/planted", "out", "out/planted"]
    assert not any(path.is_symlink() for path in (home / "copy").rglob("*"))


def test_no_link_is_made_through_a_link(tmp_path: Path, home: Path, copied: Copy) -> None:
    tar = Tar().directory("x").link("x/a", f"{tmp_path}/folder").link("x/a/planted", "/etc/passwd")
    done = copied(tar.link("x/d", "e").link("x/d/planted", "y").directory("x/e").hard("x/d/hard", "x/e"))
    assert "planted" not in {path.name for path in tmp_path.rglob("*") if path.is_symlink() and path.exists()}
    assert done.left_out_count >= 3


def test_a_hard_link_by_way_of_a_link_gets_no_file_of_the_user(home: Path, copied: Copy) -> None:
    tar = Tar().directory("x").link("x/up", "../..").hard("x/stolen", "x/up/secret").hard("x/two", "../../secret")
    done = copied(tar.link("x/s", "../../secret").hard("x/three", "x/s"))
    assert names(home / "copy") == []
    assert done.left_out_count == 5


def test_a_chain_that_leads_out_only_as_a_whole_is_left_out(home: Path, copied: Copy) -> None:
    tar = Tar().directory("x").directory("x/a").directory("x/a/b").link("x/deep", "a/b").link("x/a/b/up", "../..")
    # Each by itself looks as if it stayed below.
    tar.link("x/one", "deep/up/..").link("x/two", "deep/../../secret").link("x/fine", "deep/up/deep")
    done = copied(tar)
    assert sorted(path.name for path in (home / "copy").rglob("*") if path.is_symlink()) == [
        *("deep", "fine", "two", "up")
    ]
    # Through “deep”, two steps up are the top of the copy, which has no such file.
    assert os.path.realpath(home / "copy/two") == str(home / "copy/secret")
    assert done.left_out == ["x/one: a link to deep/up/.., out of the copy"]


def test_a_link_out_and_back_in_counts_as_out(home: Path, copied: Copy) -> None:
    tar = Tar().directory("x").file("x/f").link("x/again", "../new/f").link("x/good", "./f")
    assert copied(tar).left_out == ["x/again: a link to ../new/f, out of the copy"]
    assert (home / "copy/good").read_text() == "x"


@pytest.mark.parametrize(
    ("target", "is_out"),
    [("f", False), ("../f", False), ("../../f", True), ("../b/../f", False), ("/f", True), ("ring", False)],
)
def test_where_a_link_leads(target: str, is_out: bool) -> None:
    assert leads_out(("d", "l"), {("d", "l"): target, ("d", "ring"): "l"}) is is_out


def test_devices_and_pipes_are_named_and_bits_dropped(home: Path, copied: Copy) -> None:
    tar = Tar().directory("x", uid=0).special("x/null", tarfile.CHRTYPE).special("x/sda", tarfile.BLKTYPE)
    done = copied(tar.special("x/pipe", tarfile.FIFOTYPE).file("x/su", mode=0o6755).file("x/open", mode=0o666))
    assert done.left_out == ["x/null: a character device", "x/sda: a block device", "x/pipe: a named pipe"]
    assert names(home / "copy") == ["open", "su"]
    assert stat.S_IMODE((home / "copy/su").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "copy/open").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "copy").stat().st_mode) == 0o700
    assert (home / "copy/su").stat().st_uid == os.getuid()


def test_the_first_of_a_name_stays(home: Path, copied: Copy) -> None:
    tar = Tar().directory("x").file("x/f", b"first").file("x/f", b"second").file("x/f/below").directory("x/f")
    done = copied(tar.directory("x/d").file("x/d").link("x/d", "f").file("x/d/in"))
    assert names(home / "copy") == ["d", "d/in", "f"]
    assert (home / "copy/f").read_bytes() == b"first"
    assert done.left_out_count == 5


def test_names_that_no_file_system_has_are_left_out(home: Path, copied: Copy) -> None:
    tar = Tar().directory("x").file("x/" + "n" * 4096).file("x/ok").file("x/" + "d/" * 1500 + "deep")
    tar.link("x/long", "t" * 5000).file("x/bad\udcff")
    done = copied(tar)
    assert names(home / "copy") == ["bad\udcff", "ok"]
    assert done.left_out_count == 3


def test_nul_in_a_name_is_left_out(home: Path, copied: Copy) -> None:
    raw = bytearray(tarfile.TarInfo("x").tobuf(tarfile.PAX_FORMAT))
    path = tarfile.TarInfo("plain")
    path.pax_headers = {"path": "x/a\0b"}
    assert raw
    done = copied(Tar().directory("x").open_end() + path.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
    assert names(home / "copy") == []
    assert done.left_out_count == 1


@pytest.mark.parametrize("mtime", ["1e400", "-1e400", "nan", "1e30", "-5"])
def test_an_absurd_time_is_no_reason_to_have_no_copy(home: Path, copied: Copy, mtime: str) -> None:
    copied(Tar().directory("x").file("x/f", pax_headers={"mtime": mtime}))
    assert (home / "copy/f").read_bytes() == b"x"


def test_a_size_that_lies_is_no_copy(copied: Copy, home: Path) -> None:
    short = tarfile.TarInfo("x/f")
    for size in (10_000, 1 << 62):
        short.size = size
        with pytest.raises(EngineError, match="cannot be read"):
            copied(Tar().directory("x").open_end() + short.tobuf(tarfile.GNU_FORMAT) + b"only this")
    short.size = 0
    short.pax_headers = {"size": "-1000"}
    with pytest.raises(EngineError):
        copied(Tar().directory("x").file("x/a").open_end() + short.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
    assert not list(home.iterdir())


@pytest.mark.parametrize("keep", [0, 100, 512, 1024, 1536, 1700, 2048])
def test_an_archive_that_breaks_off_is_no_copy(home: Path, copied: Copy, keep: int) -> None:
    whole = Tar().directory("x").file("x/a", b"y" * 600).file("x/b").whole()
    with pytest.raises(EngineError):
        copied(whole[:keep])
    assert not list(home.iterdir())


def test_garbage_after_the_first_file_is_no_copy(home: Path, copied: Copy) -> None:
    with pytest.raises(EngineError, match="garbled"):
        copied(Tar().directory("x").file("x/a").open_end() + b"\x7fELF" * 1000)
    assert not list(home.iterdir())


def test_a_header_that_would_fill_the_memory_is_refused(home: Path, copied: Copy) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 8 << 30
    with pytest.raises(EngineError, match="too long"):
        copied(header.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    assert not list(home.iterdir())


def test_a_sparse_file_of_gnu_tar_is_written_with_its_holes(tmp_path: Path, home: Path, copied: Copy) -> None:
    made = home / "made"
    made.mkdir()
    with open(made / "f", "wb") as file:
        file.seek(5 << 20)
        file.write(b"end")
    done = subprocess.run(
        ["tar", "--sparse", "--format=gnu", "-C", str(home), "-c", "made"], check=True, capture_output=True
    )
    copied(done.stdout)
    copy = home / "copy/f"
    assert copy.read_bytes() == (made / "f").read_bytes()
    assert copy.stat().st_blocks * 512 < 1 << 20


def test_an_endless_archive_ends_when_it_is_cancelled(home: Path, copied: Copy) -> None:
    progress = Progress()
    failed: list[EngineError] = []

    def endless() -> Iterator[bytes]:
        yield Tar().directory("x").open_end()
        number = 0
        while True:
            number += 1
            yield Tar().file(f"x/{number}").open_end()

    def work() -> None:
        with pytest.raises(EngineError) as error:
            copied(endless, progress=progress)
        failed.append(error.value)

    thread = threading.Thread(target=work)
    thread.start()
    eventually(lambda: progress.files > 100)
    progress.cancel()
    thread.join(5)
    assert [error.kind for error in failed] == ["cancelled"]
    assert not list(home.iterdir())


def test_cancelled_before_the_engine_answers_it_ends_at_once(home: Path, copied: Copy) -> None:
    progress, asked, held = Progress(), threading.Event(), threading.Event()

    def silent() -> Iterator[bytes]:
        asked.set()
        held.wait(20)
        yield b""

    def cancel() -> None:
        asked.wait(5)
        progress.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(EngineError) as error:
        copied(silent, progress=progress)
    held.set()
    assert error.value.kind == "cancelled"


def test_a_single_link_or_device_in_place_of_a_file(home: Path, copied: Copy) -> None:
    for tar in (Tar().link("x", "/etc/passwd"), Tar().special("x", tarfile.CHRTYPE)):
        with pytest.raises(EngineError, match="cannot be copied"):
            copied(tar, mode=REGULAR)
    assert not list(home.iterdir())


# Real engines


def test_a_directory_of_a_dead_one(engine: Engine, run: Run, docker: Docker, home: Path) -> None:
    script = r"""mkdir -p /srv/a; cd /srv/a; echo one > f; chmod 750 f; ln f hard; ln -s f soft; ln -s /etc abs
        mkfifo pipe; echo odd > "$(printf 'bad\377')"; echo odd > "$(printf 'a\nb')"; touch -d @1000000000 f"""
    one = run("sh", "-c", script)
    docker("wait", one)
    done = copy_out(engine, one, "/srv/a/", home)
    assert done.path == home / "a"
    assert names(home / "a") == ["a\nb", "bad\udcff", "f", "hard", "soft"]
    assert (home / "a/hard").samefile(home / "a/f")
    assert (home / "a/soft").read_text() == "one\n"
    assert (home / "a/f").stat().st_mtime == 1_000_000_000
    assert stat.S_IMODE((home / "a/f").stat().st_mode) == 0o700
    assert sorted(done.left_out) == ["a/abs: a link to /etc, out of the copy", "a/pipe: a named pipe"]


def test_a_big_file_with_holes_keeps_them(engine: Engine, run: Run, docker: Docker, home: Path) -> None:
    script = "dd if=/dev/zero of=/d bs=1 count=0 seek=200M; echo x | dd of=/d bs=1M seek=100 conv=notrunc"
    one = run("sh", "-c", script)
    docker("wait", one)
    done = copy_out(engine, one, "/d", home)
    copy = home / "d"
    assert copy.stat().st_size == done.bytes == 200 << 20
    assert copy.stat().st_blocks * 512 <= 1 << 20
    with open(copy, "rb") as file:
        file.seek(100 << 20)
        assert file.read(2) == b"x\n"


def test_a_link_is_followed_and_a_conflict_told(engine: Engine, run: Run, home: Path) -> None:
    one = run("true", options=["--hostname=here"], start=False)
    copy_out(engine, one, "/bin/../bin/sh", home)
    with pytest.raises(EngineError) as error:
        copy_out(engine, one, "/bin/sh", home)
    assert error.value.kind == "conflict"
    copy_out(engine, one, "/bin/sh", home, overwrite=True)
    (home / "etc").mkdir()
    for overwrite in (False, True):
        with pytest.raises(EngineError, match="is a directory, which is never overwritten"):
            copy_out(engine, one, "/etc", home, overwrite=overwrite)
    assert not list((home / "etc").iterdir())


def test_a_device_a_pipe_and_the_way_to_one_are_never_overwritten(engine: Engine, run: Run, home: Path) -> None:
    one = run("true", start=False)
    os.mkfifo(home / "pipe")
    (home / "to-pipe").symlink_to("pipe")
    # As /dev/stdout is one.
    (home / "stdout").symlink_to("/proc/self/fd/1")
    for name in ("pipe", "to-pipe", "stdout"):
        for overwrite in (False, True):
            with pytest.raises(EngineError, match="is no file, which is never overwritten") as error:
                copy_out(engine, one, "/etc/passwd", home / name, overwrite=overwrite)
            assert error.value.kind == "conflict"
    assert stat.S_ISFIFO((home / "pipe").stat().st_mode)
    assert (home / "to-pipe").is_symlink()
    assert (home / "stdout").is_symlink()


def test_of_a_container_that_is_gone_that_is_what_is_said(
    engine: Engine, run: Run, docker: Docker, home: Path
) -> None:
    one = run("true", start=False)
    with pytest.raises(EngineError, match="There is nothing at /none in the container"):
        copy_out(engine, one, "/none", home)
    docker("rm", one)
    with pytest.raises(EngineError, match="The container has been removed"):
        copy_out(engine, one, "/etc/passwd", home)


def test_destinations(engine: Engine, run: Run, tmp_path: Path, home: Path) -> None:
    one = run("true", start=False)
    (home / "dangling").symlink_to(tmp_path / "secret.new")
    (home / "inner").mkdir()
    (home / "to-inner").symlink_to("inner")
    (home / "file").write_text("old")
    with pytest.raises(EngineError) as error:
        copy_out(engine, one, "/etc/passwd", home / "dangling")
    assert error.value.kind == "conflict"
    # What is overwritten is the link, never what it leads to.
    copy_out(engine, one, "/etc/passwd", home / "dangling", overwrite=True)
    assert not (home / "dangling").is_symlink()
    copy_out(engine, one, "/etc/passwd", home / "to-inner")
    assert names(home / "inner") == ["passwd"]
    for wrong in (home / "none/x", home / "file/x"):
        with pytest.raises(EngineError, match="cannot be written"):
            copy_out(engine, one, "/etc/passwd", wrong)
    with pytest.raises(EngineError, match="cannot be written"):
        copy_out(engine, one, "/etc", home / "file", overwrite=True)
    assert (home / "file").read_text() == "old"


def test_no_room_is_told_and_leaves_nothing(engine: Engine, run: Run, docker: Docker, home: Path) -> None:
    small = home / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], check=False).returncode:
        pytest.skip("needs the right to mount")
    try:
        one = run("sh", "-c", "mkdir /d; dd if=/dev/urandom of=/d/big bs=1M count=3")
        docker("wait", one)
        with pytest.raises(EngineError, match="There is no room for it in .*/small: of .*, .* left to others"):
            copy_out(engine, one, "/d", small)
        with pytest.raises(EngineError, match="There is no room for it"):
            export(engine, one, small / "all.tar")
        assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", small], check=True)


def test_cancelled_in_the_middle_it_leaves_nothing(
    engine: Engine, run: Run, docker: Docker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run("sh", "-c", "dd if=/dev/zero of=/big bs=1 count=0 seek=300M")
    docker("wait", one)
    progress = Progress()
    zeros = copying._NOTHING

    class Watched(bytes):
        def __eq__(self, other: object) -> bool:
            if progress.bytes > 10 << 20:
                progress.cancel()
            return bytes(self) == other

        __hash__ = bytes.__hash__

    monkeypatch.setattr(copying, "_NOTHING", Watched(zeros))
    with pytest.raises(EngineError) as error:
        copy_out(engine, one, "/big", home, progress=progress)
    assert error.value.kind == "cancelled"
    assert progress.bytes < 300 << 20
    assert not list(home.iterdir())


def test_an_export_is_a_whole_archive(engine: Engine, run: Run, docker: Docker, home: Path) -> None:
    one = run("sh", "-c", "echo x > /here")
    docker("wait", one)
    export(engine, one, home / "all.tar")
    with tarfile.open(home / "all.tar") as tar:
        assert {"here", "etc/passwd"} <= set(tar.getnames())
    assert stat.S_IMODE((home / "all.tar").stat().st_mode) == 0o600
