"""The files of images, and that nothing is left of looking at them."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect
from cdbg_tui.engine.image_files import ImageFiles, image_container
from cdbg_tui.engine.inside import look
from tests.engine.archives import Tar
from tests.support import IMAGE, LABEL, Docker, Run


@pytest.fixture(autouse=True)
def nothing_is_left(docker: Docker) -> Iterator[None]:
    def probes() -> list[str]:
        return docker("ps", "-aq", "--filter", "label=dev.cdbg.session=probe").stdout.split()

    before = probes()
    yield
    assert probes() == before


def test_a_deleted_file_is_still_in_the_image(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("rm", "/etc/passwd")
    docker("wait", one)
    assert look(engine, one, "/etc/passwd") is None
    files = ImageFiles(engine, inspect(engine, one)["Image"], one)
    stand_in = files.container()
    assert files.container() == stand_in
    assert look(engine, stand_in, "/etc/passwd") is not None
    details = inspect(engine, stand_in)
    assert details["State"]["Status"] == "created"
    assert details["Config"]["Labels"]["dev.cdbg.target"] == one
    files.close()
    files.close()
    with pytest.raises(EngineError, match="left"):
        files.container()


def test_never_asked_for_it_makes_nothing(engine: Engine, docker: Docker) -> None:
    before = docker("ps", "-aq").stdout
    ImageFiles(engine, IMAGE).close()
    assert docker("ps", "-aq").stdout == before


def test_an_image_without_a_command_or_a_volume_of_its_own(engine: Engine, run: Run, docker: Docker) -> None:
    source = run("true", start=False)
    made = docker("commit", "--change", "CMD []", "--change", "VOLUME /kept", f"--change=LABEL {LABEL}=1", source)
    image = made.stdout.strip()
    volumes = docker("volume", "ls", "-q").stdout
    try:
        with image_container(engine, image) as stand_in:
            assert look(engine, stand_in, "/bin/sh") is not None
    finally:
        docker("rmi", image)
    assert docker("volume", "ls", "-q").stdout == volumes


def test_an_image_for_another_platform_without_any_setting(engine: Engine, docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "i.tar").write_bytes(Tar().directory("etc").file("etc/here", b"x").whole())
    foreign = "s390x" if platform.machine() != "s390x" else "arm64"
    words = ("--platform", f"linux/{foreign}", f"--change=LABEL {LABEL}=1")
    image = docker("import", *words, str(tmp_path / "i.tar")).stdout.strip()
    try:
        with image_container(engine, image) as stand_in:
            assert look(engine, stand_in, "/etc/here") is not None
    finally:
        docker("rmi", image)


def test_an_image_that_is_gone_is_told(engine: Engine) -> None:
    with pytest.raises(EngineError) as error, image_container(engine, "sha256:" + "0" * 64):
        pass
    assert (error.value.kind, error.value.what) == ("missing", "The image is no longer on the engine.")


def test_it_is_removed_when_the_reading_fails(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), image_container(engine, IMAGE):
        raise ZeroDivisionError


def test_a_stand_in_that_somebody_removed_is_no_failure_of_the_reader(engine: Engine, docker: Docker) -> None:
    files = ImageFiles(engine, IMAGE)
    docker("rm", files.container())
    files.close()
