"""The gate that --read-only shuts: what it lets through, and that nothing in the program goes round it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest

import cdbg_tui
from cdbg_tui import cli
from cdbg_tui.commands.arguments import parser
from cdbg_tui.engine import gate
from cdbg_tui.engine.client import _api_client
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.stream import Stream
from cdbg_tui.sessions.background import Background
from cdbg_tui.sessions.plan import Plan
from cdbg_tui.sessions.running import on_terminal, quietly
from cdbg_tui.sessions.signals import Pressed
from cdbg_tui.tui.actions import ACTIONS

ROOT = Path(cdbg_tui.__file__).parent
NOWHERE = Endpoint("unix:///nonexistent/docker.sock", "")
TRUE = Plan("true", (sys.executable, "-c", ""))


@pytest.fixture(autouse=True)
def _shut() -> Iterator[None]:
    gate.shut(gate.BY_FLAG)
    yield
    gate.reopen()


@pytest.mark.parametrize(
    ("method", "path", "passes"),
    [
        ("GET", "/containers/json", True),
        ("HEAD", "/containers/x/archive?path=/", True),
        ("POST", "/containers/x/stop", False),
        ("POST", "/containers/x/exec", False),
        ("PUT", "/containers/x/archive", False),
        ("DELETE", "/containers/x", False),
        ("PATCH", "/x", False),
        ("get", "/x", False),
        ("", "/x", False),
        ("GET", "/v1.41/containers/x/attach/ws?stdin=1", False),
    ],
)
def test_only_requests_that_read_pass(method: str, path: str, passes: bool) -> None:
    if passes:
        gate.check_request(method, path)
        return
    with pytest.raises(EngineError, match="cdbg was started with --read-only"):
        gate.check_request(method, path)
    gate.reopen()
    gate.check_request(method, path)


def test_both_ways_to_the_engine_ask_the_gate_first() -> None:
    with pytest.raises(EngineError, match="--read-only"):
        Stream(NOWHERE, "/x", method="POST")
    with patch("docker.api.client.APIClient._retrieve_server_version", lambda _: "1.41"):
        client = _api_client(NOWHERE)
    with patch("requests.Session.send") as sent:
        for call in (client.post, client.put, client.delete, client.patch):
            with pytest.raises(EngineError, match="--read-only"):
                call("http+docker://localhost/x")
        assert not sent.called
        client.get("http+docker://localhost/x")
        assert sent.called


@pytest.mark.parametrize("way", ["run", "system", "spawnv", "fork", "posix_spawn", "in a thread"])
def test_no_program_is_started_in_whatever_way(way: str, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    argv = ["/bin/sh", "-c", f": > {proof}"]
    failed: list[OSError] = []

    def start() -> None:
        try:
            match way:
                case "system":
                    os.system(argv[-1])  # noqa: S605
                case "spawnv":
                    os.spawnv(os.P_WAIT, argv[0], argv)  # noqa: S606
                case "fork":
                    if not os.fork():
                        os._exit(0)
                case "posix_spawn":
                    os.posix_spawn(argv[0], argv, {})
                case _:
                    subprocess.run(argv, check=True)
        except OSError as error:
            failed.append(error)

    with gate.reading():  # vouches for its own thread only
        if way == "in a thread":
            thread = threading.Thread(target=start)
            thread.start()
            thread.join()
    if way != "in a thread":
        start()
    assert [one.strerror for one in failed] == [gate.BY_FLAG]
    assert not proof.exists()
    with gate.reading():
        subprocess.run(argv, check=True)
    assert proof.exists()


def test_sessions_are_refused_with_a_sentence() -> None:
    outcome = on_terminal(TRUE, Pressed())
    assert outcome.line == "Nothing was started: cdbg was started with --read-only."
    assert outcome.severity == "error"
    with pytest.raises(EngineError, match="Nothing was started: cdbg was started with --read-only"):
        quietly(TRUE)
    assert Background(TRUE.argv).run().words() == "could not be started: cdbg was started with --read-only"


VOUCHED = {
    "engine/connect.py": 1,  # ssh to the engine
    "engine/firewall.py": 1,  # iptables-save
    "engine/toolbox.py": 1,  # docker version
    "sessions/in_view.py": 1,  # tmux display-message
    "triage/network/knock.py": 1,  # a connection, when asked for
    "tui/clipboard.py": 2,  # tmux load-buffer, the desktop's clipboard
    "tui/copying_out.py": 1,  # pager and editor, on a copy of ours
}
"""How often each file vouches for what it starts."""
CONNECT = {"engine/connect.py", "sessions/pane.py", "sessions/places.py", "triage/network/knock.py"}
"""The files that open sockets: to the engine, to our own program in a pane of tmux, to a container's port."""
HTTP = {"http", "urllib3", "httpx", "aiohttp", "websocket", "requests", "docker", "ftplib", "smtplib"}


@cache
def nodes() -> tuple[tuple[str, ast.AST], ...]:
    """Return all nodes of the program's text that may matter, each with its file."""
    return tuple(
        (str(path.relative_to(ROOT)), node)
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call | ast.Import | ast.ImportFrom)
    )


def called(node: ast.AST) -> str:
    """Return the name of what is called, with at most the one before it; empty where nothing is."""
    if not isinstance(node, ast.Call):
        return ""
    match node.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=before), attr=name):
            return f"{before}.{name}"
    return ""


def callers(*names: str) -> list[str]:
    """Return the files that call something of one of these names, once for each call."""
    return [file for file, node in nodes() if called(node) in names]


def test_who_vouches_for_programs_is_known() -> None:
    named = callers("reading", "gate.reading")
    found = [file for file in named if "engine.gate" in (ROOT / file).read_text(encoding="utf-8")]
    assert {file: found.count(file) for file in found} == VOUCHED


def test_nobody_else_connects_to_anything() -> None:
    assert set(callers("socket.socket", "socket.create_connection", "create_connection")) <= CONNECT
    assert set(callers("open_socket")) == {"engine/connect.py", "engine/stream.py"}
    assert set(callers("Client")) == {"engine/client.py"}
    assert not callers("APIClient", "docker.APIClient", "docker.from_env", "from_env", "DockerClient")
    imported = {
        (file, name.split(".")[0])
        for file, node in nodes()
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([one.name for one in node.names] if isinstance(node, ast.Import) else [str(node.module)])
    }
    assert {file for file, name in imported if name in HTTP} <= {"engine/client.py", "engine/control.py"}
    assert {file for file, name in imported if name == "asyncio"} <= {"tui/failing.py", "tui/leaving.py"}


def test_every_command_either_only_looks_or_is_refused() -> None:
    choices = next(one for one in parser()._actions if one.dest == "command").choices
    assert choices is not None
    assert set(cli.LOOKING) < set(cli.COMMANDS) < set(choices)
    for command in set(choices) - set(cli.LOOKING):
        options = parser().parse_args([command, *(["x"] if command != "demo" else [])])
        assert cli._refusal(options) == f"{command} is refused: {gate.BY_FLAG}."
        if "--print" in parser().parse_args([command, "x"] if command != "demo" else [command]).__dict__:
            assert not cli._refusal(parser().parse_args([command, "x", "--print"]))
    for command in cli.LOOKING:
        assert not cli._refusal(parser().parse_args([command, "x:/x", *(["."] if command == "cp" else [])]))


@pytest.mark.parametrize("words", [["--read-only", "triage", "x"], ["triage", "--read-only", "x"]])
def test_it_may_be_said_before_or_after_the_command(words: list[str]) -> None:
    assert parser().parse_args(words).only_reads


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("", ""),
        ("read-only = false", ""),
        ("read-only = true", "the settings file says read-only = true"),
        ("read-only = tru", "the settings file cannot be read, which may forbid it"),
        ('read-only = "yes"', "the settings file cannot be read, which may forbid it"),
    ],
)
def test_the_settings_may_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, why: str) -> None:
    gate.reopen()
    (tmp_path / "cdbg").mkdir()
    (tmp_path / "cdbg" / "config.toml").write_text(settings)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    cli._settled(parser().parse_args(["triage", "x"]))
    assert gate.shut_by() == why


def test_what_keys_change_is_what_sessions_are_and_the_menu() -> None:
    assert {one.id for one in ACTIONS if one.changes} >= {"shell", "sidecar", "rerun", "capture", "control"}
    assert not {one.id for one in ACTIONS if one.changes} & {"changes", "inspect", "copy", "report", "app.quit"}
