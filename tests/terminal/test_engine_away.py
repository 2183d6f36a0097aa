"""The real program while the real engine, one of its own, hangs, is killed, restarted, and loses its socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pyte
import pytest

from tests.engine.test_client import FORWARD
from tests.support import IMAGE, PRIVATE_ENGINE, Run, eventually
from tests.terminal.recorder import Recorder

SIZE = (160, 45)
KEY_SECONDS = 1.0
"""No key takes longer, whatever the engine does; on an idle machine they take 5 to 30 ms."""
QUIT_SECONDS = 2.0
"""Nor leaving: about half a second on an idle machine."""


class OwnEngine:
    """A second engine, to be maltreated."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.socket = root / "docker.sock"
        self.url = f"unix://{self.socket}"

    def do(self, word: str) -> None:
        """Start, stop or remove it."""
        env = {**os.environ, "CDBG_ENGINE_ROOT": str(self.root)}
        # Twice: one that was killed may take longer to come up again than it gives itself.
        for _ in range(2):
            done = subprocess.run([PRIVATE_ENGINE, word], check=False, capture_output=True, text=True, env=env)
            if done.returncode == 0:
                return
        pytest.fail(done.stderr)

    def docker(self, *words: str) -> str:
        """Run the docker command line on it."""
        argv = ["docker", "--host", self.url, *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    def run(self, name: str) -> None:
        """Run a container that ends at once when it is told to."""
        self.docker("run", "-d", "--name", name, "--stop-signal", "KILL", IMAGE, "sleep", "1000")

    def send(self, number: signal.Signals) -> None:
        """Send its daemon a signal."""
        os.kill(int((self.root / "docker.pid").read_text()), number)

    def processes(self) -> list[psutil.Process]:
        """Return what belongs to it: its daemons, and what keeps its containers."""
        sign = f"{self.root}/"
        with_words = ((one, one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"]))
        return [one for one, words in with_words if any(sign in word for word in words)]


@pytest.fixture
def own() -> Iterator[OwnEngine]:
    """An engine that only this test uses, with some containers. Its path is short: a socket's must be."""
    if os.environ.get("CDBG_TEST_HOST") or os.geteuid() or shutil.which("dockerd") is None:
        pytest.skip("it takes an engine of its own, and so root and dockerd")
    engine = OwnEngine(Path(f"/tmp/cdbg-away-{os.getpid()}"))
    engine.do("start")
    try:
        for name in ("a-first", "b-second", "c-third"):
            engine.run(name)
        yield engine
    finally:
        for process in engine.processes():
            with contextlib.suppress(psutil.NoSuchProcess):  # a container's keeper ends when its container has
                process.resume()
        engine.do("remove")
        for process in engine.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                for one in process.children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        one.kill()
                process.kill()


def environment(home: Path, engine: str) -> dict[str, str]:
    """Return what keeps the user's own settings out of reach."""
    return {
        "DOCKER_HOST": engine,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "TERM": "xterm-256color",
    }


class Seen:
    """The dashboard as its terminal shows it."""

    def __init__(self, program: Recorder) -> None:
        self._program = program
        self._screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0

    @property
    def text(self) -> str:
        new, self._fed = self._program.chunks[self._fed :], len(self._program.chunks)
        self._stream.feed(b"".join(new))
        return "\n".join(self._screen.display)

    @property
    def trouble(self) -> str:
        return self.text.partition("\n")[0].partition("engine lost: ")[2].partition(";")[0]

    def until(self, condition: Callable[[], object], typing: str = "") -> None:
        """Read until *condition* holds; *typing* is typed every two seconds, as one does who is not heard."""
        typed = 0.0

        def holds() -> bool:
            nonlocal typed
            if typing and not condition() and time.monotonic() - typed > 2:
                typed = time.monotonic()
                self._program.type(typing)
            return bool(condition())

        self._program.read_until(holds)

    def slowest(self, keys: str) -> float:
        """Press *keys* one after the other, and return how long the slowest took to change the screen."""
        times = []
        for key in keys:
            before, began = len(self._program.chunks), time.monotonic()
            self._program.type(key)
            self._program.read_until(lambda before=before: len(self._program.chunks) > before)  # type: ignore[misc]
            times.append(time.monotonic() - began)
        return max(times)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_tunnel_ends_with_the_program(number: signal.Signals, engine_url: str, tmp_path: Path, run: Run) -> None:
    run("sleep", "1000")
    (tmp_path / "tmp").mkdir()
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!{sys.executable}\n{FORWARD}")
    ssh.chmod(0o755)
    env = environment(tmp_path, f"ssh://me@far{engine_url.removeprefix('unix://')}") | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TMPDIR": str(tmp_path / "tmp"),
        "FAKE_SSH_LOG": str(tmp_path / "calls"),
    }
    with Recorder([sys.executable, "-m", "cdbg_tui"], SIZE, env) as program:
        seen = Seen(program)
        seen.until(lambda: " up · " in seen.text and "triage · " in seen.text)
        [tunnel] = [one for one in psutil.process_iter(["cmdline"]) if str(ssh) in (one.info["cmdline"] or ())]
        program.send(number)
        assert program.wait() == 128 + number
    eventually(lambda: not tunnel.is_running())
    assert list((tmp_path / "tmp").iterdir()) == []


def test_through_all_that_an_engine_can_do(own: OwnEngine, tmp_path: Path) -> None:
    with Recorder([sys.executable, "-m", "cdbg_tui"], SIZE, environment(tmp_path, own.url)) as program:
        seen = Seen(program)
        seen.until(lambda: "3 up" in seen.text and "created" in seen.text)

        # It hangs: keys are answered, it is said, and over when it goes on.
        own.send(signal.SIGSTOP)
        assert seen.slowest("jkjkjk") < KEY_SECONDS
        seen.until(lambda: seen.trouble == "it does not answer")
        assert seen.slowest("jkjkjk") < KEY_SECONDS
        own.send(signal.SIGCONT)
        seen.until(lambda: not seen.trouble)
        own.docker("rename", "b-second", "b-renamed")
        seen.until(lambda: "b-renamed" in seen.text)

        # It hangs during a session, which can be left all the same.
        program.type("e")
        seen.until(lambda: "/ #" in seen.text)
        # docker's command line tells the engine the terminal's size first, and until then hears no key.
        program.type("until stty size | grep '45 160'; do :; done\r")
        seen.until(lambda: "\n45 160" in seen.text)
        own.send(signal.SIGSTOP)
        seen.until(lambda: "1 containers" in seen.text and "shell in" in seen.text, typing="\x00\x1f")
        own.send(signal.SIGCONT)
        seen.until(lambda: not seen.trouble)

        # It is killed, and started again: what it no longer runs is dead.
        own.send(signal.SIGKILL)
        seen.until(lambda: seen.trouble)
        assert seen.slowest("jkjkjk") < KEY_SECONDS
        seen.until(lambda: seen.trouble == "the connection is refused")
        own.do("start")
        seen.until(lambda: not seen.trouble and "3 dead" in seen.text)

        # Its socket is removed, though what is connected stays so.
        own.socket.rename(own.root / "hidden")
        program.type("j")
        seen.until(lambda: seen.trouble == "its socket does not exist")
        (own.root / "hidden").rename(own.socket)
        seen.until(lambda: not seen.trouble)

        # It is stopped, as for an upgrade, and comes back with other containers.
        own.docker("rm", "c-third")
        own.run("d-fourth")
        seen.until(lambda: "d-fourth" in seen.text and "c-third" not in seen.text)
        own.do("stop")
        seen.until(lambda: seen.trouble == "its socket does not exist")
        own.do("start")
        own.run("e-fifth")
        seen.until(lambda: not seen.trouble and "e-fifth" in seen.text)

        # It hangs for good, something is asked of it, and q is pressed.
        own.send(signal.SIGSTOP)
        program.type("jk")
        began = time.monotonic()
        program.type("q")
        assert program.wait() == 0
        assert time.monotonic() - began < QUIT_SECONDS
        assert program.settings() == program.settings_before
