"""What archives and exports of real containers list, and what becomes of those that break off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdbg_tui.engine import archive
from cdbg_tui.engine.archive import archive_path, export_path, listing, opened
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.file import File, FileKind
from tests.engine.archives import Tar, engine_with
from tests.engine.proxy import Proxy
from tests.support import Docker, Run, eventually

FILES = (
    r"mkdir -p /srv/a; cd /srv/a; echo one > f; chown 7:8 f; chmod 4750 f; ln f hard; ln -s ../x soft; mkfifo p"
)


def test_the_whole_file_system_of_a_dead_one(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sh", "-c", FILES + "; touch -d @1000000000 f")
    docker("wait", one)
    listed = listing(engine, one)
    assert listed.cut == ""
    found = listed.tree.get("/srv/a/f")
    assert found == File("/srv/a/f", FileKind.REGULAR, 4, 0o4750, 7, 8, 1_000_000_000.0)
    hard = listed.tree.get("/srv/a/hard")
    assert hard is not None
    assert listed.tree.original(hard) == found
    soft, pipe = listed.tree.get("/srv/a/soft"), listed.tree.get("/srv/a/p")
    assert soft is not None
    assert (soft.kind, soft.link) == (FileKind.LINK, "../x")
    assert pipe is not None
    assert pipe.kind is FileKind.FIFO
    assert listed.tree.get("/etc/passwd") is not None


def test_a_mount_point_by_itself_has_what_is_mounted_and_the_root_has_not(
    engine: Engine, run: Run, docker: Docker
) -> None:
    one = run("sh", "-c", "mkdir /data/d; echo x > /data/d/f", options=["--volume=/data"])
    docker("wait", one)
    assert listing(engine, one).tree.get("/data/d/f") is None
    below = listing(engine, one, "/data/").tree
    assert {file.path for file in below} == {"/", "/data", "/data/d", "/data/d/f"}


@pytest.mark.parametrize("state", ["created", "running", "paused", "dead"])
def test_in_every_state(engine: Engine, run: Run, docker: Docker, state: str) -> None:
    one = run("true") if state == "dead" else run("sleep", "1000", start=state != "created")
    if state == "paused":
        docker("pause", one)
    if state == "dead":
        docker("wait", one)
    for path in ("/", "/etc"):
        assert listing(engine, one, path).tree.get("/etc/passwd") is not None
    if state == "paused":
        docker("unpause", one)


def test_what_is_not_there_is_missing(engine: Engine, run: Run) -> None:
    one = run("true", start=False)
    for container, path in ((one, "/none"), ("0" * 64, "/"), ("0" * 64, "/etc")):
        with pytest.raises(EngineError) as error:
            listing(engine, container, path)
        assert error.value.kind == "missing"


def test_a_listing_that_is_too_long_says_that_it_is_cut(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run("true", start=False)
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    listed = listing(engine, one)
    assert listed.cut.startswith("after 10 files; ")
    assert len(listed.tree) <= 12


def test_only_an_archive_holds_the_containers_lock(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sh", "-c", "dd if=/dev/zero of=/big bs=1M count=64")
    docker("wait", one)
    answered = threading.Event()

    def ask() -> None:
        inspect(engine, one)
        answered.set()

    for request, is_held in ((archive_path(one, "/big"), True), (export_path(one), False)):
        answered.clear()
        stream = engine.stream(request)
        next(iter(stream))
        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        assert answered.wait(1.0) is not is_held
        stream.close()
        asking.join(5)
        assert answered.is_set()


@pytest.fixture
def big(run: Run, docker: Docker) -> str:
    one = run("sh", "-c", "dd if=/dev/zero of=/big bs=1 count=0 seek=2G")
    docker("wait", one)
    return one


@pytest.mark.parametrize("path", ["/", "/big"])
def test_cancelled_it_ends_at_once(engine: Engine, big: str, path: str) -> None:
    progress, ended = Progress(), []

    def work() -> None:
        with pytest.raises(EngineError) as error:
            listing(engine, big, path, progress)
        ended.append((error.value.kind, time.monotonic()))

    thread = threading.Thread(target=work)
    thread.start()
    eventually(lambda: progress.bytes > 1 << 20)
    before = time.monotonic()
    progress.cancel()
    thread.join(5)
    [(kind, when)] = ended
    assert kind == "cancelled"
    assert when - before < 0.5  # a tenth where the machine does nothing else


def test_an_engine_that_goes_away_in_the_middle_is_told(proxy: Proxy, big: str) -> None:
    progress = Progress()
    failed: list[EngineError] = []

    def work() -> None:
        with pytest.raises(EngineError) as error:
            listing(Engine(find(host=proxy.url)), big, "/big", progress)
        failed.append(error.value)

    thread = threading.Thread(target=work)
    thread.start()
    eventually(lambda: progress.bytes > 1 << 20)
    proxy.close()
    thread.join(10)
    assert failed
    assert failed[0].kind in ("refused", "unreachable")


def stalled() -> Iterator[bytes]:
    yield Tar().directory("x").open_end()
    threading.Event().wait(20)


def test_an_engine_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    with (
        engine_with(tmp_path / "s", stalled) as engine,
        pytest.raises(EngineError) as error,
        opened(engine, "/containers/c/archive", patience=0.2) as tar,
    ):
        list(archive.members(tar))
    assert error.value.kind == "timeout"


def test_a_silent_engine_is_left_at_once_when_it_is_cancelled(tmp_path: Path) -> None:
    progress = Progress()
    with engine_with(tmp_path / "s", stalled) as engine:
        threading.Thread(target=_cancel_after, args=(progress, lambda: progress.bytes > 0), daemon=True).start()
        with pytest.raises(EngineError) as error:
            listing(engine, "c", "/x", progress)
    assert error.value.kind == "cancelled"


def _cancel_after(progress: Progress, condition: Callable[[], bool]) -> None:
    eventually(condition)
    progress.cancel()


def test_an_absurd_time_is_no_time(tmp_path: Path) -> None:
    tar = (
        Tar().directory("x").file("x/a", pax_headers={"mtime": "1e300"}).file("x/b", pax_headers={"mtime": "nan"})
    )
    with engine_with(tmp_path / "s", lambda: [tar.whole()]) as engine:
        tree = listing(engine, "c", "/x").tree
    assert [file.modified for file in tree.below("/x")] == [0.0, 0.0]
