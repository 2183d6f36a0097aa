"""What is in a file of a container: all of it, or both its ends."""

from __future__ import annotations

import threading

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.contents import contents
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.file import FileKind
from tests.support import Docker, Run, eventually


@pytest.fixture
def dead(run: Run, docker: Docker) -> str:
    script = "seq 1 200000 > /big; printf x > /small; : > /empty; ln -s small /link; mkfifo /pipe; mkdir /d"
    one = run("sh", "-c", script)
    docker("wait", one)
    return one


def test_a_small_file_is_there_whole(engine: Engine, dead: str) -> None:
    found = contents(engine, dead, "/small")
    assert (found.head, found.tail, found.skipped) == (b"x", b"", 0)
    assert (found.file.path, found.file.size) == ("/small", 1)
    assert contents(engine, dead, "/empty").head == b""


def test_of_a_big_file_both_ends(engine: Engine, dead: str) -> None:
    whole = contents(engine, dead, "/big").head
    assert whole == b"".join(b"%d\n" % number for number in range(1, 200_001))
    for head, tail in ((1000, 2000), (70_000, 70_000), (1, 1)):
        found = contents(engine, dead, "/big", head=head, tail=tail)
        assert found.head == whole[:head]
        assert found.tail == whole[-tail:]
        assert found.skipped == len(whole) - head - tail
    only_head = contents(engine, dead, "/big", head=1000, tail=0)
    assert (only_head.head, only_head.tail) == (whole[:1000], b"")


def test_exactly_at_the_limit_it_is_whole(engine: Engine, dead: str) -> None:
    size = contents(engine, dead, "/big").file.size
    assert len(contents(engine, dead, "/big", head=size - 10, tail=10).head) == size
    assert contents(engine, dead, "/big", head=size - 11, tail=10).skipped == 1


@pytest.mark.parametrize(
    ("path", "kind"), [("/link", FileKind.LINK), ("/pipe", FileKind.FIFO), ("/d", FileKind.DIRECTORY)]
)
def test_what_is_no_regular_file_has_no_bytes(engine: Engine, dead: str, path: str, kind: FileKind) -> None:
    found = contents(engine, dead, path)
    assert (found.file.kind, found.head) == (kind, b"")


def test_what_is_not_there_is_missing(engine: Engine, dead: str) -> None:
    with pytest.raises(EngineError) as error:
        contents(engine, dead, "/none")
    assert error.value.kind == "missing"


def test_cancelled_it_ends(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sh", "-c", "dd if=/dev/zero of=/huge bs=1 count=0 seek=20G")
    docker("wait", one)
    progress = Progress()

    def cancel() -> None:
        eventually(lambda: progress.bytes > 10 << 20)
        progress.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(EngineError) as error:
        contents(engine, one, "/huge", progress=progress)
    assert error.value.kind == "cancelled"
