"""The engine in use: by the CLI's own contexts, through a tunnel of ssh, and left at any moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cdbg_tui import cli
from cdbg_tui.engine import client, connect
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint, Tls, find
from cdbg_tui.engine.errors import EngineError
from tests.engine.proxy import Fault, Proxy, answer
from tests.support import eventually

# Does with `ssh -L LOCAL:REMOTE … -- WHERE` what ssh does, to a socket of this machine.
FORWARD = """\
import os, signal, socket, sys, threading
spec = sys.argv[sys.argv.index("-L") + 1]
open(os.environ["FAKE_SSH_LOG"], "a").write(repr(sys.argv[1:]) + "\\n")
local, remote = spec.split(":")
server = socket.socket(socket.AF_UNIX)
server.bind(local)
server.listen()
def pour(a, b):
    try:
        while piece := a.recv(65536):
            b.sendall(piece)
        b.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
def serve(link):
    far = socket.socket(socket.AF_UNIX)
    far.connect(remote)
    threading.Thread(target=pour, args=(link, far), daemon=True).start()
    pour(far, link)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""
FakeSsh = Callable[[str], Path]


@pytest.fixture
def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSsh:
    """Puts a program named ssh on the PATH; returns the file in which it notes how it was called."""
    programs, log, temporary = tmp_path / "bin", tmp_path / "calls", tmp_path / "tmp"
    programs.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("FAKE_SSH_LOG", str(log))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def make(script: str) -> Path:
        program = programs / "ssh"
        program.write_text(script)
        program.chmod(0o755)
        return log

    return make


@pytest.fixture
def left_over(tmp_path: Path) -> Callable[[], list[Path]]:
    """Returns what is left in the directory for temporary files."""
    return lambda: list((tmp_path / "tmp").iterdir())


def ssh(engine_url: str) -> Endpoint:
    return find(f"ssh://me@far:2222{engine_url.removeprefix('unix://')}")


def test_through_a_tunnel_all_is_as_without(
    fake_ssh: FakeSsh, engine_url: str, left_over: Callable[[], list[Path]]
) -> None:
    log = fake_ssh(f"#!{sys.executable}\n{FORWARD}")
    engine = Engine(ssh(engine_url))
    assert "ApiVersion" in engine.get("/version")
    with engine.api() as api:
        assert api.ping()
    stream = engine.stream("/events?since=1")
    stream.close()
    [called] = log.read_text().splitlines()
    for words in ("'-N'", "'BatchMode=yes'", "'-p', '2222', '--', 'me@far'"):
        assert words in called
    assert engine.docker("ps") == ("docker", "--host", engine.endpoint.url, "ps")
    assert engine._tunnel is not None
    process = engine._tunnel._ssh
    assert len(left_over()) == 1
    engine.close()
    assert process.poll() is not None
    assert left_over() == []


def test_a_tunnel_that_broke_is_dug_anew(fake_ssh: FakeSsh, engine_url: str) -> None:
    log = fake_ssh(f"#!{sys.executable}\n{FORWARD}")
    engine = Engine(ssh(engine_url))
    engine.get("/version")
    assert engine._tunnel is not None
    engine._tunnel._ssh.kill()
    engine._tunnel._ssh.wait()
    assert "ApiVersion" in engine.get("/version")
    assert len(log.read_text().splitlines()) == 2
    engine.close()


def test_what_ssh_says_is_told(fake_ssh: FakeSsh, engine_url: str, left_over: Callable[[], list[Path]]) -> None:
    fake_ssh("#!/bin/sh\necho Warning: added. >&2\necho 'me@far: Permission denied (publickey).' >&2\nexit 255\n")
    engine = Engine(ssh(engine_url))
    with pytest.raises(EngineError) as error:
        engine.get("/version")
    assert error.value.what.startswith("ssh to me@far failed: me@far: Permission denied (publickey).")
    assert "ssh me@far docker version" in error.value.advice
    assert left_over() == []


def test_without_an_ssh_program_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_ssh: FakeSsh, left_over: Callable[[], list[Path]]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    engine = Engine(find("ssh://far"))
    for ask in (lambda: engine.get("/version"), lambda: engine.stream("/events")):
        with pytest.raises(EngineError, match="ssh cannot be run: No such file or directory") as error:
            ask()
        assert "openssh-client" in error.value.advice
    assert left_over() == []


def test_an_ssh_that_takes_too_long_is_a_time_out(
    fake_ssh: FakeSsh, monkeypatch: pytest.MonkeyPatch, left_over: Callable[[], list[Path]]
) -> None:
    fake_ssh("#!/bin/sh\nexec sleep 1000\n")
    monkeypatch.setattr(connect, "SSH_SECONDS", 0.2)
    with pytest.raises(EngineError) as error:
        Engine(find("ssh://far")).get("/version")
    assert error.value.kind == "timeout"
    assert left_over() == []


def test_leaving_does_not_wait_for_ssh(fake_ssh: FakeSsh, left_over: Callable[[], list[Path]]) -> None:
    fake_ssh("#!/bin/sh\nexec sleep 1000\n")
    engine = Engine(find("ssh://far"))
    errors: list[EngineError] = []

    def ask() -> None:
        try:
            engine.get("/version")
        except EngineError as error:
            errors.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    eventually(left_over)
    began = time.monotonic()
    engine.close()
    asking.join(3)
    assert time.monotonic() - began < 3
    assert "given up" in errors[0].what
    assert left_over() == []
    with pytest.raises(EngineError, match="was left"):  # and no new tunnel is dug
        engine.get("/version")


def test_leaving_does_not_wait_for_a_hung_engine(proxy: Proxy) -> None:
    proxy.instead["/version"] = None
    engine = Engine(find(proxy.url))

    def ask() -> None:
        with pytest.raises(EngineError), engine.api() as api:
            api.ping()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    eventually(lambda: proxy.asked("/version"))
    began = time.monotonic()
    engine.close()
    assert time.monotonic() - began < 1
    proxy.close()
    asking.join(5)
    assert not asking.is_alive()


def test_whatever_the_library_raises_is_an_error_of_ours(engine: Engine, proxy: Proxy) -> None:
    with pytest.raises(EngineError) as missing, engine.api() as api:
        api.inspect_container("0" * 64)
    assert missing.value.kind == "missing"
    assert "The container has been removed." in missing.value.what
    other = Engine(find(proxy.url))
    proxy.close()
    with pytest.raises(EngineError) as gone, other.api() as api:
        api.ping()
    assert gone.value.kind == "unreachable"
    with pytest.raises(KeyError), engine.api():  # a mistake of ours is none of the engine's
        raise KeyError("x")


def test_an_engine_that_is_too_old_says_so_in_our_words(proxy: Proxy) -> None:
    proxy.instead["/version"] = answer(b'{"ApiVersion": "1.12", "Version": "1.0.0"}')
    with pytest.raises(EngineError) as error, Engine(find(proxy.url)).api() as api:
        api.ping()
    assert "no common API version" in error.value.advice


def test_with_an_engine_that_was_replaced_by_an_older_one_a_version_is_agreed_on_anew(proxy: Proxy) -> None:
    engine = Engine(find(proxy.url))
    with engine.api() as api:
        api.ping()
    text = '{"message": "client version 1.99 is too new. Maximum supported API version is 1.41"}'
    proxy.spoil("/containers/x/json", Fault(status="400 Bad Request", text=text))
    with pytest.raises(EngineError, match="too new") as error, engine.api() as api:
        api.inspect_container("x")
    assert "no common API version" in error.value.advice
    proxy.mend()
    asked = len(proxy.asked("/version"))
    with engine.api() as api:
        api.ping()
    assert len(proxy.asked("/version")) == asked + 1
    engine.close()


def test_the_client_is_made_once(engine: Engine) -> None:
    with engine.api() as one, engine.api() as other:
        assert one is other


def test_a_client_is_not_kept_whose_tunnel_was_dug_anew_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dug:
        is_alive = True

        def __init__(self, path: str) -> None:
            self.endpoint = Endpoint(f"unix://{path}", "")

    engine = Engine(Endpoint("ssh://nowhere.invalid", ""))
    monkeypatch.setattr(engine, "_tunnel", Dug("/first"))
    made: list[str] = []

    def make(where: Endpoint) -> object:
        made.append(where.url)
        if len(made) == 1:
            monkeypatch.setattr(engine, "_tunnel", Dug("/second"))
        return object()

    monkeypatch.setattr(client, "_api_client", make)
    first = engine._client()
    second = engine._client()
    assert first is not second
    assert engine._client() is second
    assert made == ["unix:///first", "unix:///second"]


@pytest.fixture
def contexts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs the real ``docker context`` on a configuration of its own."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("DOCKER_HOST")

    def docker(*words: str) -> None:
        subprocess.run(["docker", "context", *words], check=True, capture_output=True)

    return docker


def told_by_the_cli(*words: str) -> str:
    done = subprocess.run(["docker", *words, "context", "inspect"], check=True, capture_output=True, text=True)
    return str(json.loads(done.stdout)[0]["Endpoints"]["docker"]["Host"])


def test_the_clis_own_contexts_are_understood(
    contexts: Callable[..., None], engine_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts("create", "here", "--docker", f"host={engine_url}")
    contexts("create", "far_1.x", "--docker", "host=ssh://me@far")
    assert find(context="here").url == engine_url
    assert find(context="far_1.x").url == "ssh://me@far"
    assert find().url == told_by_the_cli()
    contexts("use", "here")
    assert find().url == told_by_the_cli() == engine_url
    assert "ApiVersion" in Engine(find()).get("/version")
    monkeypatch.setenv("DOCKER_CONTEXT", "far_1.x")
    assert find().url == told_by_the_cli() == "ssh://me@far"
    monkeypatch.setenv("DOCKER_HOST", "unix:///by/env")
    assert find().url == told_by_the_cli() == "unix:///by/env"
    assert find(context="default").url == told_by_the_cli("--context=default") == "unix:///by/env"


def test_the_clis_own_tls_files_are_found(contexts: Callable[..., None], tmp_path: Path) -> None:
    pem = tmp_path / "x.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x"
    words += f" -keyout {pem} -out {pem}.crt"
    subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    contexts("create", "safe", "--docker", f"host=tcp://safe:2376,ca={pem}.crt,cert={pem}.crt,key={pem}")
    tls = find(context="safe").tls
    assert isinstance(tls, Tls)
    assert Path(tls.ca).read_text() == Path(tls.cert).read_text() == Path(f"{pem}.crt").read_text()
    assert Path(tls.key).read_text() == pem.read_text()
    assert tls.verify
    tls.context()


def test_an_engine_that_answers_a_ping_is_0_and_silent(
    engine_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--host", engine_url, "--ping"]) == 0
    assert capsys.readouterr() == ("", "")
