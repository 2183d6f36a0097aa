"""What is known of changed files: the same by the storage driver's directory and by archives."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.engine import metadata as module
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import changes, inspect
from cdbg_tui.engine.metadata import metadata, upper_directory
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.change import Kind
from cdbg_tui.model.file import File, FileKind
from tests.support import Docker, Run

BUSY = r"""
mkdir -p /new/a/b /new/z /new/with/deep; cd /new/a; echo one > f; ln f g; ln -s f s; ln s t
chmod 4711 /new/a/f; chown 12:34 /new/a/b; touch -d @1000000000 /new/a/b; mkfifo /new/p; mknod /new/dev b 7 1
echo odd > "/new/$(printf 'bad\377')"; echo odd > "/$(printf 'a\nb')"; echo more >> /etc/passwd; rm /etc/group
chmod 600 /etc/shadow; rm -rf /home; mkdir /home; echo x > /home/h; rm /bin/arch; mkdir /bin/arch
echo odd > "/$(printf 'odd\377')"; echo y > /bin/arch/in
echo mounted > /new/with/vol/hidden; echo beside > /new/with/beside
"""


def known(engine: Engine, details: Mapping[str, Any]) -> dict[str, File]:
    found: dict[str, File] = {}
    for batch in metadata(engine, details, changes(engine, details["Id"])):
        found |= batch
    return found


def by_archives(details: Mapping[str, Any]) -> dict[str, Any]:
    """What an engine with the containerd image store says: it names no storage driver."""
    return {key: value for key, value in details.items() if key != "GraphDriver"}


@pytest.fixture
def busy(engine: Engine, run: Run, docker: Docker) -> dict[str, Any]:
    one = run("sh", "-c", BUSY, options=["--volume=/new/with/vol", "--tmpfs=/new/tmp"])
    assert docker("wait", one).stdout.strip() == "0"
    return inspect(engine, one)


def test_both_ways_give_the_same_answers(engine: Engine, busy: dict[str, Any]) -> None:
    if upper_directory(engine, busy) is None:
        pytest.skip("the storage driver's directory cannot be read here")
    near, far = known(engine, busy), known(engine, by_archives(busy))
    listed = {change.path for change in changes(engine, busy["Id"]) if change.kind is not Kind.DELETED}
    points = {"/new/with/vol", "/new/tmp"}
    assert set(near) == listed - points
    assert far == near


def test_what_is_known_is_right(engine: Engine, busy: dict[str, Any]) -> None:
    for details in (busy, by_archives(busy)):
        found = known(engine, details)
        first = found["/new/a/f"]
        assert (first.kind, first.size, first.mode, first.uid, first.gid) == (FileKind.REGULAR, 4, 0o4711, 0, 0)
        second = found["/new/a/g"]
        assert (second.size, second.mode, second.same_as) == (4, 0o4711, "/new/a/f")
        assert (found["/new/a/s"].link, found["/new/a/t"].link) == ("f", "f")
        assert (found["/new/a/b"].uid, found["/new/a/b"].gid) == (12, 34)
        assert found["/new/a/b"].modified == 1_000_000_000
        assert found["/new/p"].kind is FileKind.FIFO
        assert found["/new/dev"].kind is FileKind.BLOCK
        assert found["/new/bad\ufffd"].path == "/new/bad\udcff"
        assert found["/bin/arch"].is_directory
        assert "/etc/group" not in found
        assert not any("hidden" in path for path in found)


def test_a_socket_is_known_by_both_ways(engine: Engine, run: Run) -> None:
    one = run("sleep", "1000")
    details = inspect(engine, one)
    with socket.socket(socket.AF_UNIX) as made:
        try:
            made.bind(f"/proc/{details['State']['Pid']}/root/sock")
        except OSError:
            pytest.skip("its file system may not be written by this user")
        for way in (details, by_archives(details)):
            assert known(engine, way)["/sock"].kind is FileKind.SOCKET


def test_where_the_drivers_directory_is_not_this_machines_or_shifted_it_is_not_read(
    engine: Engine, tmp_path: Path
) -> None:
    shifted = tmp_path / "100000.100000/overlay2/x/diff"
    shifted.mkdir(parents=True)
    plain = tmp_path / "overlay2/x/diff"
    plain.mkdir(parents=True)

    def details(upper: Path, driver: str = "overlay2") -> dict[str, Any]:
        return {"GraphDriver": {"Name": driver, "Data": {"UpperDir": str(upper)}}}

    assert upper_directory(engine, details(plain)) == str(plain)
    assert upper_directory(engine, details(shifted)) is None
    assert upper_directory(engine, details(plain / "none")) is None
    assert upper_directory(engine, details(Path("overlay2"))) is None
    assert upper_directory(engine, details(plain, "btrfs")) is None
    assert upper_directory(engine, {"GraphDriver": None}) is None
    assert upper_directory(engine, {}) is None
    assert upper_directory(Engine(find(host="tcp://127.0.0.1:1")), details(plain)) is None


@pytest.mark.parametrize("way", ["near", "far"])
def test_cancelled_it_ends(engine: Engine, busy: dict[str, Any], way: str) -> None:
    progress = Progress()
    progress.cancel()
    details = busy if way == "near" else by_archives(busy)
    with pytest.raises(EngineError) as error:
        list(metadata(engine, details, changes(engine, busy["Id"]), progress))
    assert error.value.kind == "cancelled"


def test_a_big_directory_comes_in_batches(
    engine: Engine, run: Run, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 10)
    one = run("sh", "-c", "mkdir /many; for i in $(seq 35); do echo $i > /many/$i; done")
    docker("wait", one)
    details = inspect(engine, one)
    for way in (details, by_archives(details)):
        batches = list(metadata(engine, way, changes(engine, one)))
        assert len(batches) >= 4
        assert sum(map(len, batches)) == 36
