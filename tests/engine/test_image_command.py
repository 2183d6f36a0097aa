"""`cdbg image` as a program, on a real engine."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import Docker, Run, eventually

Command = Callable[..., "subprocess.CompletedProcess[str]"]
NAME = "cdbg-test/command:1"


@pytest.fixture(scope="module")
def built(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image of which half is deleted again."""
    context = tmp_path_factory.mktemp("command")
    (context / "Dockerfile").write_text(
        "FROM busybox:latest\n"
        "RUN head -c 20000000 /dev/zero > /data && mkdir /app && echo x > /app/.env\n"
        "RUN rm /data\n"
    )
    docker("build", "--quiet", "--tag", NAME, str(context))
    yield NAME
    docker("rmi", "--force", NAME, check=False)


@pytest.fixture
def image(engine_url: str) -> Command:
    """Runs the program on the test engine, without a terminal."""

    def image(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cdbg_tui", "image", *words, "--host", engine_url],
            check=False,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    return image


def test_the_report_is_for_people(image: Command, built: str) -> None:
    done = image(built)
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("3 layers", "wasted 19.1 MiB", "RUN rm /data", "/data  layers 2, 3 deleted", "instead: "):
        assert words in done.stdout
    assert "\x1b" not in done.stdout


def test_the_document_has_every_figure(image: Command, built: str) -> None:
    made = json.loads(image(built, "--json").stdout)
    assert made["image"]["names"] == [built]
    assert made["wasted"] == made["unseen"] == 20_000_000
    assert made["efficiency"] == pytest.approx((made["image"]["size"] - 20_000_000) / made["image"]["size"])
    assert made["passed"] is True
    layers = [step for step in made["steps"] if step["layer"]]
    assert [step["size"] for step in layers[1:]] == [20_000_002, 0]
    assert layers[2]["deleted"] == {"files": 1, "size": 20_000_000}
    assert made["offenders"][0]["layers"] == [
        {"layer": 2, "size": 20_000_000, "deleted": False},
        {"layer": 3, "size": None, "deleted": True},
    ]
    assert [one["kind"] for one in made["culprits"]] == ["secret-settings", "deleted-later"]


def test_too_low_an_efficiency_is_1(image: Command, built: str) -> None:
    assert image(built, "--lowest-efficiency", "0.9").returncode == 1
    assert image(built, "--lowest-efficiency", "0.01").returncode == 0
    done = image(built, "--json", "--lowest-efficiency", "0.9")
    assert done.returncode == 1
    assert json.loads(done.stdout)["passed"] is False


@pytest.mark.parametrize("share", ["1.1", "-0.1", "nan", "much"])
def test_a_share_that_is_none_is_wrong_usage(image: Command, share: str) -> None:
    done = image("busybox", f"--lowest-efficiency={share}")
    assert done.returncode == 2
    assert "--lowest-efficiency" in done.stderr


def test_a_container_stands_for_its_image(image: Command, run: Run, built: str) -> None:
    run("true", name="cdbg-t-of-image", image=built, start=False)
    made = json.loads(image("cdbg-t-of-image", "--json").stdout)
    assert made["image"]["names"] == [built]


def test_what_is_not_there_is_a_sentence_and_2(image: Command) -> None:
    for name in ("no-such-image", "../../x", "a b"):
        done = image(name)
        assert done.returncode == 2
        assert done.stderr == f"cdbg: There is neither an image nor a container “{name}”.\n"


def test_a_removed_image_is_a_sentence(image: Command, run: Run, docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox:latest\nRUN echo gone > /gone\n")
    docker("build", "--quiet", "--tag", "cdbg-test/gone:1", str(tmp_path))
    run("true", name="cdbg-t-image-gone", image="cdbg-test/gone:1", start=False)
    docker("rmi", "--force", "cdbg-test/gone:1")
    done = image("cdbg-t-image-gone")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "cdbg: The image of the container “cdbg-t-image-gone” is no longer on the engine"
    )


def test_ctrl_c_is_130() -> None:
    # Under a server that never answers, so that there is something to interrupt.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/s")
        server.listen()
        program = subprocess.Popen(
            [sys.executable, "-m", "cdbg_tui", "image", "busybox", "--host", f"unix://{folder}/s"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        asked, _ = server.accept()
        eventually(lambda: asked.recv(4096))
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=20)
        asked.close()
    assert program.returncode == 130
    assert b"Traceback" not in said
