"""Under --read-only only reading reaches the engine, and no program is started: every key, every command."""

from __future__ import annotations

import os
import re
import socket
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from cdbg_tui import cli
from cdbg_tui.config import Config
from cdbg_tui.engine import control, freezing, gate, images
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.image_files import ImageFiles
from cdbg_tui.sessions.custom import read_command
from cdbg_tui.tui.actions import ACTIONS
from cdbg_tui.tui.app import CdbgApp
from cdbg_tui.tui.controlling import VERBS
from cdbg_tui.tui.wishes import WISHES, granted
from tests.engine.proxy import Proxy
from tests.support import Run
from tests.tui.opened import opened

PROGRAMS = ("docker", "nsenter", "sudo", "tmux", "tcpdump", "strace", "gdb", "sh", "ssh", "less")
UP, DOWN = "cdbg-r-up", "cdbg-r-down"


class Watched:
    """The engine behind a proxy that notes how it is asked, and programs that note that they were started."""

    def __init__(self, proxy: Proxy, started: Path) -> None:
        self.proxy = proxy
        self.connected: set[str] = set()
        """Where this process has connected to, the proxy included."""
        self._started = started

    @property
    def changes(self) -> list[str]:
        """What was asked of the engine that is not reading."""
        asked = zip(self.proxy.methods, self.proxy.paths, strict=False)
        return [f"{method} {path}" for method, path in asked if method not in ("GET", "HEAD")]

    @property
    def started(self) -> list[str]:
        """The programs that were started, but for the question which version a program has."""
        lines = self._started.read_text().splitlines() if self._started.exists() else []
        return [line for line in lines if not re.fullmatch(r"docker (--host \S+ )?version --format .*", line)]


@pytest.fixture
def both(run: Run) -> tuple[str, str]:
    """The ids of one that runs, and one that is dead and has changed something."""
    return run("sleep", "1000", name=UP), run("sh", "-c", "echo x > /tmp/x; exit 3", name=DOWN)


@pytest.fixture
def watched(
    engine_url: str, both: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watched]:
    """Watches what the program does, which finds no program but ours; the gate is open again in the end."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/started\n')
        (folder / name).chmod(0o700)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.chdir(tmp_path)
    proxy = Proxy(tmp_path / "docker.sock", engine_url)
    proxy.open()
    watched = Watched(proxy, tmp_path / "started")
    connect = socket.socket.connect

    def noted(link: socket.socket, address: object) -> None:
        watched.connected.add(str(address))
        connect(link, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", noted)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words, **_: watched.connected.add(f"the name of {words}"))
    yield watched
    assert watched.connected <= {f"{tmp_path}/docker.sock", engine_url.removeprefix("unix://")}
    gate.reopen()
    proxy.close()


@pytest.mark.parametrize("name", [UP, DOWN])
async def test_every_wish_by_its_key_and_below_it(watched: Watched, name: str) -> None:
    gate.shut(gate.BY_FLAG)
    own = read_command({"name": "own", "key": "v", "argv": ["docker", "stop", "{name}"], "run": "background"})
    engine = Engine(find(host=watched.proxy.url))
    async with opened(engine, config=Config(command=(own,))) as seen:
        assert "read-only" in seen.rows[0]
        await seen.go_to(name)
        container = seen.selected
        for action in ACTIONS:
            if action.changes and action.applies(container):
                await seen.pilot.press(action.key.split(",")[0])
                said = f"“{action.label}” does nothing: cdbg was started with --read-only"
                await seen.until(lambda said=said: said in toasts(seen.app))  # type: ignore[misc]
                assert seen.app.screen is seen.app.dashboard
        await seen.pilot.press("v")
        await seen.until(lambda: "Nothing was started: cdbg was started with --read-only" in toasts(seen.app))
        for wish in map(granted, WISHES):
            # Also where a screen asks for it, and no key of the dashboard's: the gate is below all of them.
            wish(seen.app, container)
            await seen.until(lambda: "session" not in seen.app.asking._open)
            await seen.pilot.press("enter")
            while seen.app.screen is not seen.app.dashboard:
                seen.app.pop_screen()
    engine.close()
    assert watched.changes == []
    assert watched.started == []
    assert watched.proxy.asked("/changes")  # what only looks was done


def toasts(app: CdbgApp) -> str:
    """Return what toasts have said."""
    return " ".join(one.message for one in app._notifications)


def test_without_the_gate_this_would_be_noticed(watched: Watched, both: tuple[str, str]) -> None:
    engine = Engine(find(host=watched.proxy.url))
    control.pause(engine, both[0])
    control.unpause(engine, both[0])
    engine.close()
    assert [change.rpartition("/")[2] for change in watched.changes] == ["pause", "unpause"]


def test_what_the_engine_can_be_asked_to_change(watched: Watched, both: tuple[str, str], tmp_path: Path) -> None:
    up, down = both
    engine = Engine(find(host=watched.proxy.url))
    image = str(engine.get(f"/containers/{up}/json")["Image"])
    noted = freezing.Policies(tmp_path / "policies")
    gate.shut(gate.BY_FLAG)
    ways: list[Callable[[], object]] = [partial(verb.do, engine, up) for verb in VERBS]
    ways += [
        lambda: control.remove(engine, down, force=True),
        lambda: freezing.set_policy(engine, up, "no"),
        lambda: ImageFiles(engine, image).container(),
        lambda: images.shell_of(engine, image),
    ]
    for way in ways:
        with pytest.raises(
            EngineError, match="changes something on the engine, and cdbg was started with --read-only"
        ):
            way()
    assert watched.changes == []
    assert noted.of(up) == ""
    assert images.looked_into(engine, lambda _: "found")  # those that a container has been made of
    engine.close()


COMMANDS = {
    "triage": [["triage", DOWN], ["triage", "--all", "--json"], ["triage", UP, "--checklist"]],
    "diff": [["diff", DOWN]],
    "cat": [["cat", f"{DOWN}:/tmp/x"], ["cat", "--image", f"{DOWN}:/etc/passwd"]],
    "cp": [["cp", f"{DOWN}:/tmp/x", "copy"], ["cp", "--image", f"{DOWN}:/etc/passwd", "copy2"]],
    "exec": [["exec", UP, "--", "true"], ["exec", "--print", UP]],
    "attach": [["attach", UP]],
    "nsenter": [["nsenter", UP, "--", "true"]],
    "rerun": [["rerun", DOWN], ["rerun", "--freeze", "--remove", DOWN]],
    "sidecar": [["sidecar", UP, "--", "true"]],
    "image": [["image", DOWN]],
    "report": [["report", DOWN, "-o", "report.tar.gz"]],
    "pcap": [["pcap", UP, "--seconds", "1"], ["pcap", "--print", "--by", "sidecar", UP]],
    "debug": [["debug", DOWN, "--remove"]],
    "demo": [["demo"]],
}


def test_every_command(watched: Watched, both: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert set(cli.COMMANDS) | {"demo"} == set(COMMANDS)
    for command, ways in COMMANDS.items():
        for words in ways:
            status = cli.main(["--read-only", "--host", watched.proxy.url, *words])
            said = capsys.readouterr().err
            if command in cli.LOOKING and "--image" not in words:
                assert status in (0, 1), (words, said)
                assert "read-only" not in said
            elif "--print" in words:
                assert "Traceback" not in said
            else:
                assert status in (1, 125), (words, said)
                assert "cdbg was started with --read-only" in said
            assert watched.changes == [], words
            assert watched.started == [], words
    assert Path("copy").read_text() == "x\n"
    with tarfile.open("report.tar.gz") as archive:  # local files that the user names are no change
        assert archive.getnames()


SECRET = "hunter2-the-secret"  # noqa: S105


@pytest.fixture
def secretive(run: Run) -> str:
    """The name of a dead container that has a secret in its variables, its labels and its command."""
    script = "echo login with API_TOKEN=$API_TOKEN; echo $API_TOKEN > /tmp/x; exit 3"
    options = (f"--env=API_TOKEN={SECRET}", f"--label=db.password={SECRET}")
    run("sh", "-c", script, "sh", "--password", SECRET, name="cdbg-r-secret", options=options)
    return "cdbg-r-secret"


def test_no_secret_is_told_and_all_files_are_for_the_user_alone(
    secretive: str, watched: Watched, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = secretive
    before = os.umask(0)
    try:
        for words in (
            ["--debug", "triage", name],
            ["triage", name, "--json"],
            ["triage", name, "--checklist"],
            ["triage", "--all", "--json"],
            ["diff", name, "--json"],
            ["image", name, "--json"],
            ["report", name, "-o", "secret.tar.gz"],
        ):
            cli.main(["--host", watched.proxy.url, *words])
            told = capsys.readouterr()
            assert told.out or words[0] == "report"
            assert SECRET not in told.out + told.err, words
        control.remove(Engine(find(host=watched.proxy.url)), name, force=True)
    finally:
        os.umask(before)
    with tarfile.open("secret.tar.gz") as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        assert len(files) > 5
        for name, file in files.items():
            assert file is not None
            assert SECRET.encode() not in file.read(), name
    log = (tmp_path / "state" / "cdbg" / "debug.log").read_text()
    assert re.search(r"GET /containers/\S+/json: 200 after \d+\.\d ms", log)
    assert re.search(r"DELETE /v1\.\d+/containers/\S+: 204 after", log)
    assert SECRET not in log
    written = [*tmp_path.glob("*.gz"), *(tmp_path / "state").rglob("*")]
    assert len(written) >= 3
    for path in written:
        assert path.stat().st_mode & 0o077 == 0, path
