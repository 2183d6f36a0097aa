"""A debug image by keys alone in a real terminal: edited, failed, had by the static toolbox, and gone again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import IMAGE, Docker, Run, eventually
from tests.terminal.dashboard import Open, leaves_well


@pytest.fixture
def far_from_its_packages(docker: Docker, run: Run, tmp_path: Path) -> Iterator[str]:
    """A dead container of an image whose package manager reaches nothing."""
    image = f"cdbg-test/far:{secrets.token_hex(3)}"
    program = tmp_path / "root" / "sbin" / "apk"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "fetch http://mirror.test: temporary error (try again later)"\nexit 3\n')
    program.chmod(0o755)
    maker = docker("create", IMAGE).stdout.strip()
    docker("cp", f"{tmp_path}/root/.", f"{maker}:/")
    docker("commit", maker, image)
    docker("rm", maker)
    docker(
        "wait", run("sh", "-c", "exit 3", name="cdbg-t-far", image=image, options=["--env", "MARK=the target's"])
    )
    yield "cdbg-t-far"
    docker("rm", "--force", "cdbg-t-far")
    docker("rmi", "--force", image)


def test_from_the_key_to_a_shell_and_back(
    cdbg: Open, far_from_its_packages: str, left_behind: Callable[[], str], tmp_path: Path
) -> None:
    terminal = cdbg(far_from_its_packages)
    terminal.keys("B")
    terminal.wait_for("RUN apk add --no-cache")
    terminal.keys("e")
    terminal.wait_for("esc ends editing")
    terminal.type("# of my own")
    terminal.keys("Escape")
    terminal.wait_for("enter builds")
    terminal.keys("s")
    terminal.wait_for("to file")
    terminal.keys("C-u")
    terminal.type(str(tmp_path / "kept"))
    terminal.wait_for(re.compile("The Dockerfile is in"))
    assert (tmp_path / "kept").read_text().startswith("# of my own\nFROM cdbg-test/far:")
    terminal.wait_for("enter builds")
    terminal.keys("Enter")
    screen = terminal.wait_for("It was not built: the build cannot reach its package mirror")
    assert "temporary error (try again later)" in screen
    assert "# of my own" in screen
    assert left_behind() == ""
    terminal.keys("t")
    terminal.wait_for("COPY --from=")
    terminal.keys("Enter")
    terminal.wait_for("/ #")
    terminal.type("echo $MARK; ls /.cdbg/bin/vi")
    terminal.wait_for(re.compile(r"^the target's\n/\.cdbg/bin/vi$", re.MULTILINE))
    assert "cdbg-debug/cdbg-t-far" in left_behind()
    terminal.type("exit")
    terminal.wait_for("remove what it made?")
    terminal.keys("y")
    eventually(lambda: left_behind() == "", 20)
    leaves_well(terminal)
