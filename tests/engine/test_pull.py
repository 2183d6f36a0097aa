"""Pulls that fail against a registry that refuses, told by what the engine says of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.pull import why
from cdbg_tui.sessions.pulling import pull
from tests.support import PRIVATE_ENGINE


@pytest.fixture(scope="module")
def registry(engine_url: str) -> Iterator[str]:
    """Where the engine finds the registry."""
    if os.environ.get("CDBG_TEST_HOST"):
        pytest.skip("a registry can only be put beside the private engine")
    process = subprocess.Popen(
        [PRIVATE_ENGINE, "exec", sys.executable, "-m", "tests.engine.registry"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield f"127.0.0.1:{process.stdout.readline().strip()}"
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    ("repository", "kind"),
    [
        ("limited", "rate limit"),
        ("private", "login"),
        ("denied", "denied"),
        ("missing", "missing"),
        ("broken", "registry"),
        ("elsewhere", "platform"),
    ],
)
def test_a_refusal_is_explained(
    engine: Engine, registry: str, repository: str, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    complaint = pull(engine.docker("pull", f"{registry}/{repository}/x:1"), told.append)
    said = capfd.readouterr().err
    failure = why(said)
    assert failure is not None, said
    assert failure.kind == kind, said
    assert complaint == f"{failure.what}: {failure.advice}"
    assert not told


def test_nobody_at_all_is_no_network(engine: Engine) -> None:
    assert pull(engine.docker("pull", "127.0.0.1:1/x/y:1"), lambda _: None).startswith(
        "the engine cannot reach the registry"
    )


def test_a_silent_registry_is_given_up(engine: Engine, registry: str) -> None:
    began = time.monotonic()
    complaint = pull(engine.docker("pull", f"{registry}/silent/x:1"), lambda _: None, silent=1.0)
    assert complaint.startswith("the registry was silent for 1 s")
    assert time.monotonic() - began < 8


def test_ctrl_c_cancels(engine: Engine, registry: str) -> None:
    argv = engine.docker("pull", f"{registry}/silent/x:1")
    program = (
        "import json, sys; from cdbg_tui.sessions.pulling import pull; from cdbg_tui.sessions.running import *\n"
    )
    program += "with signals_for_the_child(): print(pull(tuple(sys.argv[1:]), print), flush=True)"
    ours = subprocess.Popen(
        [sys.executable, "-c", program, *argv], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    watch = threading.Timer(30, ours.kill)
    watch.start()
    try:
        assert ours.stdout is not None
        assert "has not answered yet" in ours.stdout.readline()
        os.killpg(ours.pid, signal.SIGINT)
        assert ours.stdout.readline() == "the pull was interrupted\n"
    finally:
        ours.wait()
        watch.cancel()
