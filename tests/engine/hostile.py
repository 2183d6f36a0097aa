"""An engine that is told hostile things wherever one takes text, and tells them wherever it answers with text."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hostile import CHARACTERS, MARKUP, SEQUENCES, WIDE
from tests.support import IMAGE, Docker, Run

TEXTS = tuple(
    f"{MARKUP[number % len(MARKUP)]}{SEQUENCES[number % len(SEQUENCES)]}\n{WIDE[number % len(WIDE)][:40]}"
    f"{CHARACTERS[number % len(CHARACTERS)]}"
    for number in range(len(SEQUENCES))
)
"""What is said in turn: something of everything in each."""

_MEANT = frozenset(
    (
        *("Id", "ID", "ImageID", "Image", "Created", "StartedAt", "FinishedAt", "State", "Type", "Kind", "Driver"),
        *(
            "ApiVersion",
            "MinAPIVersion",
            "Os",
            "Arch",
            "Architecture",
            "NetworkMode",
            "PidMode",
            "IpcMode",
            "Start",
        ),
        *("End", "Action", "status", "scope", "id", "Digest", "Layers", "Destination", "Path", "Size", "IP"),
    )
)
"""What an engine cannot say otherwise without being no engine."""


class _Answer(socketserver.BaseRequestHandler):
    """Hands one request on, and says what comes back in its own way."""

    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self._handle()

    def _handle(self) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            piece = self.request.recv(65536)
            if not piece:
                return
            asked += piece
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self.server.engine)
            # One answer a connection, its end being that of the body.
            line, _, rest = asked.partition(b"\r\n")
            engine.sendall(line.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n" + rest)
            is_json = not any(word in line for word in (b"/logs", b"/archive", b"/export", b"/events", b"/get?"))
            if is_json and b"stream=1" not in line:
                self.request.sendall(self._told(engine))
                return
            while piece := engine.recv(65536):
                self.request.sendall(piece)

    def _told(self, engine: socket.socket) -> bytes:
        answer = http.client.HTTPResponse(engine)
        answer.begin()
        body = answer.read()
        with contextlib.suppress(ValueError):
            body = json.dumps(
                self.server.garnished(json.loads(body)), ensure_ascii=self.server.turn % 2 == 0
            ).encode("utf-8", "surrogatepass")
        kept = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in _OF_BODY]
        head = [f"HTTP/1.0 {answer.status} {answer.reason}", *kept, f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(head).encode("latin-1") + body


_OF_BODY = ("content-length", "transfer-encoding", "connection")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, engine: str) -> None:
        super().__init__(str(path), _Answer)
        self.engine = engine
        self.turn = 0

    def text(self) -> str:
        self.turn += 1
        # An answer of an engine is UTF-8, so a lone surrogate can only come as an escape.
        return TEXTS[self.turn % len(TEXTS)]

    def garnished(self, value: Any, key: str = "") -> Any:
        """Return *value* with something hostile in each of its strings that means nothing to a program."""
        if isinstance(value, dict):
            of_labels = key in ("Labels", "Env", "Annotations", "Options")
            return {
                name + (self.text() if of_labels and not name.startswith("com.docker") else ""): self.garnished(
                    one, name
                )
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self.garnished(one, key) for one in value]
        is_meant = key in _MEANT or value in ("running", "exited", "created", "starting", "healthy", "unhealthy")
        if not isinstance(value, str) or is_meant or not value or value.startswith("sha256:"):
            return value
        return value + self.text()


@contextlib.contextmanager
def hostile_engine(path: Path, engine_url: str) -> Iterator[str]:
    """Lend the URL of an engine that says hostile things, listening at *path*."""
    server = _Server(path, engine_url.removeprefix("unix://"))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"unix://{path}"
    finally:
        server.shutdown()
        server.server_close()


def _octal(data: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in data)


def hostile_container(run: Run, docker: Docker, name: str) -> tuple[str, str]:
    """Make containers as hostile as an engine lets them be, and return one that lives and one that died."""
    said = [text.encode("utf-8", "surrogatepass") for text in (*MARKUP, *SEQUENCES, *CHARACTERS, *WIDE)]
    said += [b"\xff\xfe not utf-8 \xc3", b"\xc3\x28\xa0\xa1", b"end \x1b[31"]
    script = ["mkdir -p /hostile", "cd /hostile"]
    for number, data in enumerate(said):
        script.append(f"printf '{_octal(data)}\\n' | tee -a all >&{1 + number % 2}")
        if b"\0" not in data and b"/" not in data and 0 < len(data) < 200:
            script.append(f"printf x > \"$(printf '{_octal(data)}.')\"")
    script.append("awk 'BEGIN { for (i = 0; i < 20000; i++) printf \"\\033[31m[/x]漢\" }' > long; cat long")
    title = _octal("[@click=app.quit]PWNED \x1b]0;PWNED\x07\x1b[2J\x9b漢 \xff".encode())
    alive = "while :; do sleep 600; done"
    probe = f"printf '{_octal(TEXTS[3].encode())}'; exit 1"
    options = [
        *(
            f"--label=key{number}{''.join(text.split())}=value{text}"
            for number, text in enumerate(_utf8(TEXTS[:20]))
        ),
        *(f"--env=E{number}={text}" for number, text in enumerate(_utf8(TEXTS))),
        f"--health-cmd={probe}",
        "--health-interval=1s",
        "--health-retries=1",
    ]
    body = "; ".join(script)
    living = run("sh", "-c", f"{body}; exec sh -c '{alive}' \"$(printf '{title}')\"", name=name, options=options)
    # Its image has a hostile history, and its error a hostile command.
    docker(
        "commit", f"--message={_utf8(TEXTS[5:6])[0]}", f"--author={_utf8(TEXTS[6:7])[0]}", living, f"{name}:made"
    )
    dead = run(
        "sh",
        "-c",
        f"{body}; echo {name} failed: $(cat all | head -c 300) >&2; exit 3",
        name=f"{name}-dead",
        options=options[:4],
        image=f"{name}:made",
    )
    run("/nowhere/\x1b]0;PWNED\x07[/x]", name=f"{name}-unstarted", image=IMAGE)
    return living, dead


def _utf8(texts: tuple[str, ...]) -> list[str]:
    """Return texts as an argument can hold them: no NUL, and no lone surrogates."""
    return [text.replace("\0", "").encode("utf-8", "ignore").decode() for text in texts]
