"""Sessions on an engine that maps users: root in its containers is nobody on the machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from tests.engine.own_engine import OwnEngine, own_engine
from tests.engine.shell import Shell
from tests.engine.test_matrix import made, try_out
from tests.matrix import SESSIONS, SHELL, TARGETS, Target
from tests.support import IMAGE

Cdbg = Callable[..., Shell]


@pytest.fixture(scope="module")
def mapping() -> Iterator[OwnEngine]:
    """An engine that maps users."""
    with own_engine(CDBG_ENGINE_REMAP="1") as one:
        yield one


@pytest.fixture(scope="module")
def engine_url(mapping: OwnEngine) -> str:
    """Where `cdbg` looks."""
    return mapping.url


@pytest.fixture(scope="module")
def engine(mapping: OwnEngine) -> Iterator[Engine]:
    """The same, as the program speaks to it."""
    engine = Engine(find(host=mapping.url))
    yield engine
    engine.close()


@pytest.fixture(
    scope="module", params=[one for one in TARGETS if one.maps_users], ids=lambda target: str(target.id)
)
def target(request: pytest.FixtureRequest, mapping: OwnEngine) -> Iterator[tuple[Target, str]]:
    """A container that runs, and one that has ended."""
    with made(request.param, mapping.docker, {SHELL: IMAGE}) as container:
        yield request.param, container


@pytest.mark.parametrize("session", [session.id for session in SESSIONS])
def test_a_session_works_or_is_refused_before_anything_is_made(
    session: str, target: tuple[Target, str], engine: Engine, cdbg: Cdbg, mapping: OwnEngine
) -> None:
    one, container = target
    if session == "exec" and one.state == "running":
        assert "0     100000" in mapping.docker("exec", container, "cat", "/proc/self/uid_map").stdout
    try_out(session, one, container, engine, cdbg, mapping.docker)


def test_a_debug_image_is_built_and_run_and_a_privileged_sidecar_refused(cdbg: Cdbg, mapping: OwnEngine) -> None:
    with made(Target("", "", command=("sleep", "1000")), mapping.docker, {SHELL: IMAGE}) as container:
        images = mapping.docker("images", "--all", "--quiet").stdout
        shell = cdbg("debug", container, "--remove")
        assert shell.ask("ls /.cdbg/bin/vi; id -u") == "/.cdbg/bin/vi\n0"
        assert shell.leave() == 0
        assert mapping.docker("images", "--all", "--quiet").stdout == images
        shell = cdbg("sidecar", container, "--profile", "privileged")
        shell.wait_for(re.compile(r"cdbg: This engine maps users \(userns-remap\): nothing is privileged"))
        assert shell.ended() == 125
