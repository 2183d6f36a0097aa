"""Every session on every kind of container: it works, or is refused with a sentence before anything is made."""

from __future__ import annotations

import io
import os
import re
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from cdbg_tui.engine import files, leftovers
from cdbg_tui.engine.client import Engine
from cdbg_tui.model.container import from_inspect
from tests import toolbox
from tests.engine.shell import Shell
from tests.matrix import DYNAMIC, SESSIONS, SHELL, STATIC, TARGETS, Target
from tests.support import IMAGE, LABEL, Docker, eventually

REFUSED = 125


@pytest.fixture(scope="module")
def images(docker: Docker, engine_url: str) -> Iterator[dict[str, str]]:
    """An image with a shell, one with a program and its libraries, and one with a static program."""
    toolbox.needed("busybox", "sleep")
    suffix = secrets.token_hex(3)
    dynamic = toolbox.make(docker, engine_url, f"cdbg-test/dynamic:{suffix}", "sleep", shell=False)
    static = f"cdbg-test/static:{suffix}"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        # By this name, a busybox is a sleep and no shell.
        tar.add(shutil.which("busybox") or "", "sleep")
    subprocess.run(
        ["docker", "--host", engine_url, "import", "-", static],
        check=True,
        input=archive.getvalue(),
        capture_output=True,
    )
    yield {SHELL: IMAGE, STATIC: static, DYNAMIC: dynamic}
    docker("rmi", "--force", dynamic, static, check=False)


@pytest.fixture(
    scope="module", params=[one for one in TARGETS if not one.maps_users], ids=lambda target: str(target.id)
)
def target(request: pytest.FixtureRequest, docker: Docker, images: dict[str, str]) -> Iterator[tuple[Target, str]]:
    """A container of each kind, in its state."""
    with made(request.param, docker, images) as container:
        yield request.param, container


@contextmanager
def made(one: Target, docker: Docker, images: Mapping[str, str]) -> Iterator[str]:
    """Make the container *one* and yield its id."""
    all_made: list[str] = []
    image = images[one.image]
    if one.state == "no image":
        image = f"cdbg-test/gone:{secrets.token_hex(3)}"
        # An image of its own: one that merely has another name would still be there.
        maker = docker("create", IMAGE).stdout.strip()
        docker("commit", "--message", "to be removed", maker, image)
        docker("rm", maker)
    options = list(one.options)
    if "container:OTHER" in options:
        all_made.append(docker("run", "--detach", f"--label={LABEL}=1", IMAGE, "sleep", "1000").stdout.strip())
        options[options.index("container:OTHER")] = f"container:{all_made[0]}"
    all_made.append(docker("create", f"--label={LABEL}=1", *options, image, *one.command).stdout.strip())
    try:
        _bring_to(one.state, docker, all_made[-1], image)
        yield all_made[-1]
    finally:
        docker("rm", "--force", "--volumes", *all_made)


def _bring_to(state: str, docker: Docker, container: str, image: str) -> None:
    if state != "created":
        docker("start", container)
    if state == "paused":
        docker("pause", container)
    elif state == "restarting":
        # The pause between two starts doubles each time: after the sixth it is several seconds long.
        eventually(lambda: _in_a_long_pause(docker, container), 60)
    elif state in ("exited", "no image"):
        docker("wait", container)
    if state == "no image":
        docker("rmi", "--force", image)


def _in_a_long_pause(docker: Docker, container: str) -> bool:
    told = docker("inspect", "--format", "{{.RestartCount}} {{.State.Status}}", container).stdout.split()
    return int(told[0]) >= 8 and told[1] == "restarting"


def works(session: str, one: Target, container: str, engine: Engine, cdbg: Callable[..., Shell]) -> None:
    """Have the session, and see that it is what it is to be."""
    match session:
        case "exec":
            shell = cdbg("exec", container)
            assert shell.ask("echo $((6*7))") == "42"
            assert shell.leave() == 0
        case "sidecar":
            shell = cdbg("sidecar", container)
            assert shell.ask("ls /target/ >/dev/null && echo seen") == "seen"
            assert shell.leave() == 0
        case "attach":
            shell = cdbg("attach", container)
            shell.wait_for(re.compile(r"^tick\r" if one.image == SHELL else r"\$ docker .* attach ", re.M))
            shell.press(b"\x1d" if "--tty" in one.options else b"\x03")
            shell.wait_for(re.compile("it runs on"))
            assert shell.ended() == 0
            assert from_inspect(files.inspect(engine, container)).state == "running"
        case "nsenter":
            pid = files.inspect(engine, container)["State"]["Pid"]
            shell = cdbg("nsenter", container)
            assert shell.ask("readlink /proc/self/ns/net") == os.readlink(f"/proc/{pid}/ns/net")
            assert shell.leave() == 0
        case "rerun":
            shell = cdbg("rerun", container, "--remove")
            assert shell.ask("echo $((6*7))") == "42"
            assert shell.leave() == 0
        case _:
            raise AssertionError(f"nobody knows how to try {session}")


def things(docker: Docker) -> set[str]:
    """Return the ids of all containers, images and volumes."""
    listed = (("ps", "--all"), ("images", "--all"), ("volume", "ls"))
    return {line for words in listed for line in docker(*words, "--quiet").stdout.split()}


@pytest.mark.parametrize("session", [session.id for session in SESSIONS])
def test_a_session_works_or_is_refused_before_anything_is_made(
    session: str, target: tuple[Target, str], engine: Engine, cdbg: Callable[..., Shell], docker: Docker
) -> None:
    try_out(session, *target, engine, cdbg, docker)


def try_out(
    session: str, one: Target, container: str, engine: Engine, cdbg: Callable[..., Shell], docker: Docker
) -> None:
    """Have a session, or see it refused; either way nothing is left, and nothing changed."""
    if session == "nsenter" and os.geteuid() != 0:
        pytest.skip("host tools take root")
    labelled = {item.id for item in leftovers.left_behind(engine)}
    changed = docker("diff", container).stdout
    words = one.refused.get(session)
    if words is None:
        works(session, one, container, engine, cdbg)
    else:
        known = things(docker)
        shell = cdbg(session, container)
        shell.wait_for(re.compile(rf"cdbg: .*{re.escape(words)}.*\r?\n"))
        assert shell.ended() == REFUSED
        assert things(docker) == known
    assert docker("diff", container).stdout == changed
    eventually(lambda: {item.id for item in leftovers.left_behind(engine)} <= labelled)
