"""What the dashboard may cost: counted, not timed, so that a slow machine is none the worse for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdbg_tui.engine.containers import CLOCK_MARGIN
from tests.engine.proxy import Proxy
from tests.support import Run, eventually
from tests.terminal.recorder import Recorder

REQUESTS_AT_START = 6
BYTES_A_SECOND = 3000
"""While containers are so young that their ages count the seconds; later it is a tenth of that."""

QUIET_SECONDS = 3.0
"""Between the start and what waits for the fifteenth second."""


@pytest.fixture
def a_dozen(run: Run) -> None:
    """Containers that have been there for a while."""
    for number in range(12):
        run("sleep", "1000", name=f"cdbg-t-{number:02}")
    run("true", name="cdbg-t-done")
    made = time.monotonic()
    # What has just happened is looked at, however little may be asked.
    eventually(lambda: time.monotonic() - made > CLOCK_MARGIN + 1)


@pytest.fixture
def dashboard(a_dozen: None, proxy: Proxy, tmp_path: Path) -> Iterator[Recorder]:
    """The program on an engine that is asked through the proxy."""
    env = {
        "DOCKER_HOST": proxy.url,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    with Recorder([sys.executable, "-m", "cdbg_tui"], (160, 45), env) as one:
        yield one


def is_about(one: Recorder, name: str) -> bool:
    return f"processes · {name}" in "\n".join(one.screen().display)


def read_for(one: Recorder, seconds: float) -> None:
    until = time.monotonic() + seconds
    one.read_until(lambda: time.monotonic() >= until)


def rests(proxy: Proxy) -> bool:
    """Wait until no request has come for a second; tell whether any had."""
    count, since = len(proxy.paths), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.05)
        if len(proxy.paths) != count:
            count, since = len(proxy.paths), time.monotonic()
    return bool(count)


def test_it_asks_little_at_the_start_and_nothing_while_idle_and_draws_what_changed(
    proxy: Proxy, dashboard: Recorder
) -> None:
    began = time.monotonic()
    dashboard.read_until(lambda: is_about(dashboard, "cdbg-t-00"))
    assert rests(proxy)
    at_start = list(proxy.paths)
    assert len(at_start) <= REQUESTS_AT_START, "\n".join(at_start)
    read_for(dashboard, 2)  # the first figures come
    written = len(dashboard.raw)
    read_for(dashboard, QUIET_SECONDS)
    assert len(dashboard.raw) - written < BYTES_A_SECOND * QUIET_SECONDS
    if time.monotonic() - began < 13:
        assert proxy.paths == at_start
