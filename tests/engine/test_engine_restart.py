"""The engine restarts in the middle of a sidecar: on an engine of its own, for all others need theirs."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator

import pytest

from cdbg_tui.engine import files, leftovers
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from tests.engine.own_engine import OwnEngine, own_engine
from tests.engine.shell import Shell
from tests.support import IMAGE, eventually


@pytest.fixture(scope="module")
def mortal() -> Iterator[OwnEngine]:
    """An engine that may be killed."""
    with own_engine() as made:
        yield made


@pytest.fixture
def engine_url(mortal: OwnEngine) -> str:
    """Where `cdbg` looks."""
    return mortal.url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_sidecar_ends_with_a_sentence_and_nothing_is_left_when_it_is_back(
    mortal: OwnEngine, cdbg: Callable[..., Shell], number: signal.Signals
) -> None:
    program = "trap 'exit 0' TERM; echo kept >/own; while :; do sleep 1; done"
    target = mortal.docker("run", "--detach", IMAGE, "sh", "-c", program).stdout.strip()
    engine = Engine(find(host=mortal.url))
    try:
        before = eventually(lambda: files.changes(engine, target))
        shell = cdbg("sidecar", target)
        assert shell.ask("cat /target/own") == "kept"
        assert [one.session for one in leftovers.left_behind(engine)] == ["sidecar"]
        mortal.end(number)
        shell.wait_for(re.compile(r"was ended after .*: .*(the engine does not answer any more|ended)"))
        assert shell.ended() != 0
        mortal.ask("start")
        # Killed, it finds out when it comes back that there are containers to be removed.
        assert leftovers.remove_left_behind(engine, leftovers.left_behind(engine)) == ()
        assert leftovers.left_behind(engine) == ()
        assert files.changes(engine, target) == before
    finally:
        engine.close()
