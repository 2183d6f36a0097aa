"""The test engine, and containers on it.

The engine is that of CDBG_TEST_HOST, or else a private one, which is started on first use and
stopped at the end unless it ran before or CDBG_KEEP_ENGINE is set. Where tests run side by side
each worker has an engine of its own.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cdbg_tui.engine import debug, gate
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from tests.engine.proxy import Proxy
from tests.support import IMAGE, LABEL, PRIVATE_ENGINE, Docker, Run

# What forgets to name its engine must not reach the user's.
os.environ["DOCKER_HOST"] = "unix:///nonexistent/docker.sock"
os.environ.pop("DOCKER_CONTEXT", None)
# readline sets them for the workers; a program that finds them does not look how large its terminal is.
for size in ("COLUMNS", "LINES"):
    os.environ.pop(size, None)
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["CDBG_ENGINE_ROOT"] = f"{os.environ.get('CDBG_ENGINE_ROOT', '/tmp/cdbg-engine')}-{worker}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a unit test that wants an engine: they are to run anywhere, in milliseconds."""
    unit = Path(__file__).parent / "unit"
    for item in items:
        if unit in item.path.parents and "engine_url" in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(f"{item.nodeid} wants an engine: it belongs below tests/engine")


@pytest.fixture(scope="session", autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the program writes for itself is not the user's."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(autouse=True)
def _as_it_began() -> Iterator[None]:
    """What --read-only shuts and --debug opens is so for a process, which here runs the program many times."""
    yield
    gate.reopen()
    debug.log.propagate = True
    for handler in debug.log.handlers[:]:
        if isinstance(handler, logging.FileHandler):  # not pytest's own
            debug.log.removeHandler(handler)
            handler.close()


@pytest.fixture(scope="session")
def engine_url() -> Iterator[str]:
    """The URL of the engine to test with."""
    if host := os.environ.get("CDBG_TEST_HOST"):
        yield host
        return
    ran_before = _private_engine("status").returncode == 0
    started = _private_engine("start")
    if started.returncode:
        pytest.exit(f"There is no engine to test with.\n{started.stderr}", returncode=1)
    yield started.stdout.strip()
    if not ran_before and not os.environ.get("CDBG_KEEP_ENGINE"):
        _private_engine("stop")


def _private_engine(word: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PRIVATE_ENGINE, word],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def proxy(tmp_path: Path, engine_url: str) -> Iterator[Proxy]:
    """A proxy before the test engine: it counts what is asked, and can spoil the answers."""
    made = Proxy(tmp_path / "docker.sock", engine_url)
    made.open()
    yield made
    made.close()
    made.mend()  # what stalls holds its connection


@pytest.fixture(scope="session")
def engine(engine_url: str) -> Iterator[Engine]:
    """The test engine, as the program speaks to it."""
    engine = Engine(find(host=engine_url))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def docker(engine_url: str) -> Docker:
    """The docker command line on the test engine."""

    def docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["docker", "--host", engine_url, *words],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if check and done.returncode:
            pytest.fail(f"docker {' '.join(words)}: {done.stderr or done.stdout}")
        return done

    return docker


@pytest.fixture
def run(docker: Docker) -> Iterator[Run]:
    """Makes containers that are removed after the test, with their anonymous volumes."""
    made: list[str] = []

    def run(
        *command: str,
        name: str | None = None,
        options: Sequence[str] = (),
        image: str = IMAGE,
        start: bool = True,
    ) -> str:
        words = [f"--label={LABEL}=1", *([f"--name={name}"] if name else []), *options]
        container = docker("create", *words, image, *command).stdout.strip()
        made.append(container)
        if start:
            docker("start", container, check=False)
        return container

    yield run
    if made:
        docker("rm", "--force", "--volumes", *made, check=False)
