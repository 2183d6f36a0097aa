"""Long answers read straight from the socket, and a sentence for every way to fail."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cdbg_tui.engine import stream as streams
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint, Tls, find
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.stream import Stream, _elements, get_json, get_rows, query
from tests.engine.proxy import Proxy, answer
from tests.support import Run, eventually


def failure(url: str, tls: Tls | None = None, path: str = "/version", patience: float = 10.0) -> EngineError:
    with pytest.raises(EngineError) as error:
        get_json(Endpoint(url, "", tls), path, patience=patience)
    assert error.value.what.endswith(".")
    return error.value


def test_an_answer_is_decoded(engine_url: str) -> None:
    assert "ApiVersion" in get_json(find(engine_url), "/version")


def test_the_engines_own_clock_is_told(engine_url: str) -> None:
    stream = Stream(find(engine_url), "/version")
    assert stream.engine_time is not None
    assert abs(stream.engine_time - time.time()) < 60
    stream.close()


def test_a_stream_gives_lines_as_they_come_and_is_closed_from_another_thread(engine: Engine, run: Run) -> None:
    stream = engine.stream(query("/events", since="1.0", filters={"type": ["container"]}))
    lines: list[bytes] = []

    def read() -> None:
        for line in stream.lines():
            lines.append(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    container = run("true")
    eventually(lambda: [line for line in lines if container.encode() in line and b'"die"' in line])
    began = time.monotonic()
    stream.close()
    reader.join(5)
    assert not reader.is_alive()
    assert time.monotonic() - began < 1


class Watched(socket.socket):
    """Counts who is about to wait on it, holds each up until *go* lets one pass, and notes their numbers."""

    def __init__(self, path: str) -> None:
        super().__init__(socket.AF_UNIX)
        self.connect(path)
        self.waits, self.go = 0, threading.Semaphore(0)
        self.numbers: list[int] = []

    def recv(self, size: int, flags: int = 0) -> bytes:
        self.waits += 1
        assert self.go.acquire(timeout=10)
        self.numbers.append(self.fileno())
        return super().recv(size, flags)


@pytest.mark.parametrize("answered", [False, True], ids=["before its header", "within its body"])
def test_closing_frees_no_descriptor_on_which_another_thread_is_about_to_wait(
    engine_url: str, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    silent = query("/events", filters={"label": ["nobody-has-it"]})
    links: list[Watched] = []

    def connect(endpoint: Endpoint, timeout: float) -> socket.socket:
        links.append(Watched(endpoint.url.removeprefix("unix://")))
        return links[0]

    monkeypatch.setattr(streams, "open_socket", connect)
    born: list[Stream] = []
    ended: list[str] = []

    def read() -> None:
        try:
            ended.extend(piece.decode() for piece in Stream(find(engine_url), silent, born=born.append))
        except EngineError as error:
            ended.append(error.kind)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    eventually(lambda: links and links[0].waits == 1)
    link = links[0]
    if answered:
        link.go.release()
        eventually(lambda: link.waits == 2)
    number = link.fileno()
    born[0].close()
    assert link.fileno() == number
    link.go.release()
    reader.join(5)
    assert not reader.is_alive()
    assert set(link.numbers) == {number}
    assert link.fileno() == -1
    assert set(ended) <= {"unreachable"}  # nothing, if the header was underway before


def test_lines_are_put_together_whatever_the_pieces(tmp_path: Path) -> None:
    def trickle(link: socket.socket) -> None:
        for piece in (b"HTTP/1.0 200 OK\r", b"\nDate: x\r\n\r", b"\none\nt", b"wo\r", b"\n\n\nth", b"ree"):
            link.sendall(piece)
        link.close()

    with serving(tmp_path, trickle) as url:
        stream = Stream(Endpoint(url, ""), "/")
        assert list(stream.lines()) == [b"one", b"two", b"three"]
        assert stream.engine_time is None


def test_queries_are_escaped() -> None:
    assert query("/a b") == "/a%20b"
    made = query("/events", since="1.5", filters={"event": ["a b"]})
    assert made == "/events?since=1.5&filters=%7B%22event%22%3A+%5B%22a+b%22%5D%7D"


def test_no_socket(tmp_path: Path) -> None:
    error = failure(f"unix://{tmp_path}/none.sock")
    assert error.kind == "unreachable"
    assert error.what == f"There is no engine at unix://{tmp_path}/none.sock: the socket does not exist."
    assert "systemctl start docker" in error.advice


def test_nobody_listens(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "dead.sock"))
    dead.close()
    error = failure(f"unix://{tmp_path}/dead.sock")
    assert (error.kind, "the connection was refused" in error.what) == ("unreachable", True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "the connection was refused" in failure(f"tcp://127.0.0.1:{port}").what


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_permission_denied(tmp_path: Path, proxy: Proxy) -> None:
    path = proxy.url.removeprefix("unix://")
    os.chmod(path, 0o600)
    code = (
        "import os, sys\n"
        "from cdbg_tui.engine.connect import Endpoint\n"
        "from cdbg_tui.engine.stream import get_json\n"
        "os.chdir(os.path.dirname(sys.argv[1])); os.setgid(65534); os.setuid(65534)\n"
        "try: get_json(Endpoint('unix://' + os.path.basename(sys.argv[1]), ''), '/version')\n"
        "except Exception as error: print(error.kind, error.what, error.advice)\n"
    )
    os.chmod(tmp_path, 0o755)
    done = subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("forbidden You may not use the engine at unix://docker.sock: permission denied.")
    assert "usermod -aG docker" in done.stdout


def test_what_is_no_http(proxy: Proxy) -> None:
    for rubbish in (
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"\x15\x03\x01\0\x02",
        b"",
        b"HTTP/9 200\r\n\r\n",
        b"a" * (1 << 19),
    ):
        proxy.instead["/version"] = rubbish
        error = failure(proxy.url)
        assert error.kind == "unreachable"
        assert "its answer is no HTTP" in error.what


def test_what_is_no_json(proxy: Proxy) -> None:
    for rubbish in (b"", b"<html>", b'{"Version":', b"\xff"):
        proxy.instead["/version"] = answer(rubbish)
        assert "broke off" in failure(proxy.url).what


def rows(url: str) -> list[str]:
    return get_rows(Endpoint(url, ""), "/containers/json", lambda row: str(row["Id"]))


def test_rows_are_made_one_by_one(proxy: Proxy) -> None:
    for text in (
        b'[{"Id":"a"},{"Id":"b"}]\n',
        b' [ {"Id": "a"} ,\n {"Id": "b"}\n]',
        b'[{"Id":"a"},{"Id":"b"}]\n]',
    ):
        proxy.instead["/containers/json"] = answer(text)
        assert rows(proxy.url) == ["a", "b"]
    proxy.instead["/containers/json"] = answer(b"[]")
    assert rows(proxy.url) == []
    for text in (b'[{"Id":"\xed\xa0\x80"}]', b'[{"Id":"\\ud800"}]'):
        proxy.instead["/containers/json"] = answer(text)
        assert rows(proxy.url) == ["\ud800"]


def test_rows_come_out_whole_wherever_their_text_is_cut() -> None:
    wanted = [{"Id": "a" * 30, "Names": ["/ä, ]", '\\"']}, {}, {"Id": "b", "n": [[1, 2], {"x": -1.5e3}]}]
    for text in (json.dumps(wanted), json.dumps(wanted, indent=1) + "\n"):
        for step in range(1, len(text) + 1):
            pieces = (text[at : at + step] for at in range(0, len(text), step))
            assert list(_elements("/containers/json", pieces)) == wanted


def test_a_huge_row_is_not_gone_through_for_each_of_its_pieces() -> None:
    text = '[{"Id":"' + "a" * 4_000_000 + '"}]'
    pieces = (text[at : at + 100] for at in range(0, len(text), 100))
    began = time.process_time()
    [row] = _elements("/containers/json", pieces)
    assert len(row["Id"]) == 4_000_000
    assert time.process_time() - began < 2  # 0.1 s; 80 GB of characters otherwise


def test_rows_that_break_off_or_are_none(proxy: Proxy) -> None:
    for text, words in (
        (b"", "broke off"),
        (b"<html>", "broke off"),
        (b'[{"Id":"a"},', "broke off"),
        (b'[{"Id":"a"}', "broke off"),
        (b"[\xff]", "broke off"),
        (b"null", "no Docker Engine"),
        (b'{"message": "so"}', "no Docker Engine"),
        (b'[["Id"]]', "no Docker Engine"),
        (b"[" * 100_000, "broke off"),
    ):
        proxy.instead["/containers/json"] = answer(text)
        with pytest.raises(EngineError) as error:
            rows(proxy.url)
        assert words in error.value.what, text[:20]


def test_the_engines_own_words_are_told_with_their_kind(proxy: Proxy, engine_url: str) -> None:
    error = failure(engine_url, path="/containers/nope/json")
    assert (error.kind, error.what) == ("missing", "No such container: nope.")
    for status, kind in (
        ("403 Forbidden", "forbidden"),
        ("409 Conflict", "conflict"),
        ("500 Internal Server Error", "refused"),
    ):
        proxy.instead["/version"] = answer(b'{"message": "because."}', status)
        error = failure(proxy.url)
        assert (error.kind, error.what) == (kind, "because.")
    proxy.instead["/version"] = answer(b"in plain words.", "500 Internal Server Error")
    assert failure(proxy.url).what == "in plain words."
    proxy.instead["/version"] = answer(b'{"message": "client version 1.99 is too new."}', "400 Bad Request")
    assert "no common API version" in failure(proxy.url).advice


def test_one_that_accepts_and_never_answers(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "CONNECT_SECONDS", 0.2)
    proxy.instead["/version"] = None
    error = failure(proxy.url, patience=0.2)
    assert (error.kind, error.what) == ("timeout", f"The engine at {proxy.url} did not answer in time.")


def test_one_that_falls_silent_within_its_answer(tmp_path: Path) -> None:
    def stall(link: socket.socket) -> None:
        link.sendall(answer(b'{"half":'))
        link.recv(1)

    with serving(tmp_path, stall) as url:
        assert failure(url, patience=0.2).kind == "timeout"


def test_a_name_that_does_not_resolve() -> None:
    error = failure("tcp://no-such-host.invalid:2375")
    assert (error.kind, "does not resolve" in error.what) == ("unreachable", True)


class serving:  # noqa: N801 - used as a function
    """Serves one connection after another on a unix or TLS socket, by a function."""

    def __init__(
        self, folder: Path, serve: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
    ) -> None:
        self._serve, self._tls = serve, tls
        if tls:
            self._server = socket.create_server(("127.0.0.1", 0))
            self._url = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        else:
            self._server = socket.socket(socket.AF_UNIX)
            self._server.bind(str(folder / "served.sock"))
            self._server.listen()
            self._url = f"unix://{folder}/served.sock"

    def __enter__(self) -> str:
        threading.Thread(target=self._run, daemon=True).start()
        return self._url

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _run(self) -> None:
        while True:
            try:
                link, _ = self._server.accept()
            except OSError:
                return
            try:
                with self._tls.wrap_socket(link, server_side=True) if self._tls else link as served:
                    served.recv(65536)
                    self._serve(served)
            except OSError:
                continue


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate for 127.0.0.1, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    tls = Tls(ca=str(folder / "cert.pem"), cert=str(folder / "cert.pem"), key=str(folder / "key.pem"))
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    words += f" -addext subjectAltName=IP:127.0.0.1 -keyout {tls.key} -out {tls.cert}"
    subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    return tls


def server_context(certificate: Tls, *, ask: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate.ca)
    context.load_cert_chain(certificate.cert, certificate.key)
    context.verify_mode = ssl.CERT_REQUIRED if ask else ssl.CERT_NONE
    return context


def greet(link: socket.socket) -> None:
    link.sendall(answer(b'{"ApiVersion": "1.51"}'))


def test_an_engine_behind_tls(tmp_path: Path, certificate: Tls) -> None:
    with serving(tmp_path, greet, server_context(certificate, ask=True)) as url:
        assert get_json(Endpoint(url, "", certificate), "/version") == {"ApiVersion": "1.51"}


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path, certificate: Tls) -> None:
    with serving(tmp_path, greet, server_context(certificate, ask=False)) as url:
        error = failure(url, Tls())
        # OpenSSL's errors are numbered 1, as "permission denied" is by the kernel.
        assert error.kind == "unreachable"
        assert error.what.startswith(f"There is no safe connection to {url}: its certificate is refused")
        assert "DOCKER_CERT_PATH" in error.advice
        assert get_json(Endpoint(url, "", Tls(verify=False)), "/version")


def test_an_engine_that_wants_a_certificate_of_ours(tmp_path: Path, certificate: Tls) -> None:
    with serving(tmp_path, greet, server_context(certificate, ask=True)) as url:
        assert failure(url, Tls(ca=certificate.ca)).kind == "unreachable"


def test_certificates_that_are_none(tmp_path: Path, certificate: Tls) -> None:
    (tmp_path / "rubbish.pem").write_text("rubbish")
    with serving(tmp_path, greet, server_context(certificate, ask=False)) as url:
        for tls in (
            Tls(ca=str(tmp_path / "rubbish.pem")),
            Tls(ca=str(tmp_path / "none.pem")),
            Tls(ca=certificate.ca, cert=certificate.cert, key=str(tmp_path / "rubbish.pem")),
        ):
            error = failure(url, tls)
            assert (error.kind, "cannot be used" in error.what) == ("unreachable", True)
