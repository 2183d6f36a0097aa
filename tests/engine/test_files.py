"""Changed files and inspect, on a real engine."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from pathlib import Path

import pytest

from cdbg_tui.engine import stream
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import changes, inspect
from cdbg_tui.model.change import Change, Kind
from tests.support import Docker, Run


def test_changes_of_a_dead_container_by_kind(engine: Engine, run: Run, docker: Docker) -> None:
    script = "echo x > /etc/new; echo y >> /etc/passwd; rm /etc/group; mkdir -p /srv/a/b"
    container = run("sh", "-c", script)
    docker("wait", container)
    found = changes(engine, container)
    for expected in (
        Change("/etc/new", Kind.ADDED),
        Change("/etc/passwd", Kind.MODIFIED),
        Change("/etc/group", Kind.DELETED),
        Change("/srv/a/b", Kind.ADDED),
    ):
        assert expected in found
    assert found == sorted(found, key=lambda change: change.path)


def test_changes_of_a_running_container(engine: Engine, run: Run, docker: Docker) -> None:
    container = run("sleep", "1000")
    docker("exec", container, "touch", "/here I am")
    assert Change("/here I am", Kind.ADDED) in changes(engine, container)


def test_an_untouched_container_has_no_changes(engine: Engine, run: Run) -> None:
    container = run("true", start=False)
    assert changes(engine, container) == []


def test_names_that_are_no_text_arrive(engine: Engine, run: Run, docker: Docker) -> None:
    container = run("sh", "-c", r"touch /$'a\nb' /$'\033[2J' /$'bad\xff'")
    docker("wait", container)
    paths = {change.path for change in changes(engine, container)}
    assert {"/a\nb", "/\x1b[2J"} <= paths
    assert any(path.startswith("/bad") for path in paths)


def test_inspect_says_everything(engine: Engine, run: Run) -> None:
    container = run("sleep", "7", options=["--env=A=b"])
    details = inspect(engine, container)
    assert details["Id"] == container
    assert details["Args"] == ["7"]
    assert "A=b" in details["Config"]["Env"]


@pytest.mark.parametrize("ask", [changes, inspect])
def test_a_container_that_is_gone_is_missing(engine: Engine, ask: object) -> None:
    assert callable(ask)
    with pytest.raises(EngineError) as gone:
        ask(engine, "0" * 64)
    assert gone.value.kind == "missing"


def test_changes_wait_for_an_engine_that_must_compare_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "CONNECT_SECONDS", 0.1)
    path = tmp_path / "slow.sock"
    body = b'[{"Path": "/late", "Kind": 1}]'
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def answer() -> None:
            link, _ = server.accept()
            with contextlib.closing(link):
                link.recv(1 << 16)
                time.sleep(0.4)  # the delay is what is tested
                link.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert changes(Engine(find(host=f"unix://{path}")), "x") == [Change("/late", Kind.ADDED)]
        thread.join(5)
