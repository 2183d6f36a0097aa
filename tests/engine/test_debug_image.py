"""Debug images against a real engine: built, run in the target's place, told why not, and nothing left."""

from __future__ import annotations

import io
import re
import secrets
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cdbg_tui.engine import files, leftovers
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.debug_ground import ground, with_static
from cdbg_tui.engine.toolbox import Toolbox
from cdbg_tui.sessions.debug_image import PLAIN, Choices, Tools, debug_plan, dockerfile_of
from cdbg_tui.sessions.exec import SHELLS
from cdbg_tui.sessions.plan import Plan
from tests import toolbox
from tests.engine.shell import Shell
from tests.support import IMAGE, Docker, Run, eventually

Cdbg = Callable[..., Shell]
MANAGER = """#!/bin/sh
case "$*" in
  update) ;;
  *slow*) echo waiting; exec sleep 100 ;;
  *absent*) echo "E: Unable to locate package absent"; exit 100 ;;
  *far*) echo "W: Failed to fetch http://mirror.test/x  Temporary failure resolving 'mirror.test'"
    echo "E: Unable to locate package far"; exit 100 ;;
  *) for one; do last=$one; done
    printf '#!/bin/sh\\necho this is %s\\n' $last >/usr/bin/$last; chmod 755 /usr/bin/$last; id -u >/by ;;
esac
"""
"""As much of an apt-get as a Dockerfile asks of one: of the packages it is given, it brings the last."""


@pytest.fixture(autouse=True)
def _nothing_is_left(engine: Engine, docker: Docker) -> Iterator[None]:
    before = {(one.kind, one.id) for one in leftovers.left_behind(engine)}
    images = sorted(docker("images", "--all", "--quiet").stdout.split())
    yield
    eventually(lambda: not [one for one in leftovers.left_behind(engine) if (one.kind, one.id) not in before])
    assert sorted(docker("images", "--all", "--quiet").stdout.split()) == images


@pytest.fixture(scope="module")
def debian(docker: Docker, engine_url: str) -> Iterator[str]:
    """An image with a package manager, a user that is not root, and a variable."""
    name = f"cdbg-test/debian:{secrets.token_hex(3)}"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        release = b'NAME=Debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
        for path, content in (("usr/bin/apt-get", MANAGER.encode()), ("etc/os-release", release)):
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    maker = docker("create", IMAGE).stdout.strip()
    copied = ["docker", "--host", engine_url, "cp", "-", f"{maker}:/"]
    subprocess.run(copied, check=True, input=archive.getvalue(), capture_output=True)
    docker("commit", "--change", "USER 1000", "--change", "ENV OF=the-image", maker, name)
    docker("rm", maker)
    yield name
    docker("rmi", "--force", name)


@pytest.fixture(scope="module")
def bare(docker: Docker, engine_url: str) -> Iterator[str]:
    """An image with one static program and nothing else, as one FROM scratch."""
    name = f"cdbg-test/bare:{secrets.token_hex(3)}"
    toolbox.make(docker, engine_url, name, "true", shell=False)
    yield name
    docker("rmi", "--force", name)


@pytest.fixture(scope="module")
def tracing(docker: Docker, engine_url: str) -> str:
    """A toolbox image with a program that needs its own libraries."""
    toolbox.needed("strace", "busybox")
    return toolbox.make(docker, engine_url, "cdbg-test/tracing:1", "strace")


@pytest.fixture
def volume(docker: Docker) -> Iterator[str]:
    """A volume that ends with the test."""
    name = docker("volume", "create").stdout.strip()
    yield name
    docker("volume", "rm", "--force", name)


class TestPackages:
    def test_are_installed_as_root_and_used_as_the_target(
        self, volume: str, run: Run, debian: str, cdbg: Cdbg, tmp_path: Path, engine: Engine
    ) -> None:
        options = ["--env", "MARK=of the target", "--volume", f"{volume}:/data", "--hostname", "itself"]
        container = run("sh", "-c", "echo kept >/tmp/own; exec sleep 1000", image=debian, options=options)
        changed = eventually(lambda: files.changes(engine, container))
        kept = tmp_path / "Dockerfile"
        shell = cdbg("debug", container, "--packages", "strace,lsof", "--remove", "--save", str(kept))
        said = shell.wait_for(re.compile(r"(?s)runs on beside it.*Successfully tagged"))
        assert "Step 4/5 : RUN apt-get update" in said
        asked = "lsof; cat /by; id -u; echo $MARK $OF; hostname; ls -d /data; ls /tmp"
        assert shell.ask(asked).splitlines() == [
            "this is lsof", "0", "1000", "of the target the-image", "itself", "/data",
        ]  # fmt: skip
        assert shell.leave() == 0
        assert files.changes(engine, container) == changed
        assert kept.stat().st_mode & 0o777 == 0o600
        assert kept.read_text().startswith(f"FROM {debian}\nUSER 0\nRUN apt-get update")
        assert kept.read_text().endswith("strace lsof \\\n && rm -rf /var/lib/apt/lists/*\nUSER 1000\n")

    def test_a_failed_build_is_explained(self, run: Run, debian: str, cdbg: Cdbg) -> None:
        shell = cdbg("debug", run("true", image=debian), "--packages", "far")
        shell.wait_for(re.compile(r"E: Unable to locate package far\r+\n"))
        shell.wait_for(re.compile(r"was not started: the build cannot look its package mirror's name up"))
        shell.wait_for(re.compile(r"--tools busybox takes the static toolbox"))
        assert shell.ended() == 125

    def test_a_package_that_is_not_to_be_had_is_named_and_how_to_go_on_without(
        self, run: Run, debian: str, cdbg: Cdbg
    ) -> None:
        name = run("true", image=debian)
        shell = cdbg("debug", name, "--packages", "strace absent lsof")
        shell.wait_for(re.compile(r"the package absent is in none of its repositories"))
        shell.wait_for(re.compile(rf"cdbg debug {name} --packages 'strace lsof' leaves it out\."))
        assert shell.ended() == 125

    def test_a_build_that_is_cancelled_leaves_nothing(self, run: Run, debian: str, cdbg: Cdbg) -> None:
        shell = cdbg("debug", run("sleep", "1000", image=debian), "--packages", "slow")
        shell.wait_for(re.compile(r"waiting\r+\n"))
        shell.press_ctrl_c()
        shell.wait_for(re.compile(r"was not started: the build was interrupted"))
        assert shell.ended() == 130

    def test_of_its_files_as_they_are_now_and_kept(
        self, run: Run, debian: str, cdbg: Cdbg, engine: Engine
    ) -> None:
        container = run("sh", "-c", "echo kept >/tmp/own; exec sleep 1000", image=debian)
        eventually(lambda: files.changes(engine, container))
        shell = cdbg("debug", container, "--files", "--packages", "jq", "--root", "--keep")
        assert shell.ask("jq; cat /tmp/own; id -u") == "this is jq\nkept\n0"
        assert shell.leave() == 0
        left = [one for one in leftovers.left_behind(engine) if one.target == container]
        assert [(one.kind, one.session) for one in left] == [("container", "debug"), ("image", "debug")]
        assert leftovers.remove_left_behind(engine, left) == ()


class TestStaticTools:
    def test_in_an_image_that_has_nothing(
        self, volume: str, run: Run, bare: str, cdbg: Cdbg, docker: Docker
    ) -> None:
        options = ["--volume", f"{volume}:/data:ro", "--user", "1000", "--read-only", "--network", "none"]
        container = run("/usr/bin/true", image=bare, options=[*options, "--env", "MARK=of the target"])
        docker("wait", container)
        shell = cdbg("debug", container, "--remove")
        asked = "echo $MARK; id -u; ls -l /proc/net >/dev/null && ip link | grep -c mtu; touch /x /data/x 2>&1"
        assert shell.ask(asked).splitlines() == [
            "of the target", "1000", "1",
            "touch: /x: Read-only file system", "touch: /data/x: Read-only file system",
        ]  # fmt: skip
        shell.leave()

    def test_with_those_of_a_toolbox_image(self, run: Run, bare: str, tracing: str, cdbg: Cdbg) -> None:
        container = run("/usr/bin/true", image=bare)
        shell = cdbg("debug", container, "--image", tracing, "--strace", "--remove")
        shell.wait_for(re.compile(r'execve\("/usr/bin/true"'))
        shell.wait_for(re.compile(r"it ended with status 0"))
        assert shell.ask("strace -V | head -1 | cut -c1-6") == "strace"
        assert shell.leave() == 0

    def test_where_the_image_is_gone(self, run: Run, docker: Docker, cdbg: Cdbg) -> None:
        image = f"cdbg-test/gone:{secrets.token_hex(3)}"
        maker = docker("create", IMAGE).stdout.strip()
        docker("commit", "--message", "to be removed", maker, image)
        docker("rm", maker)
        container = run("sh", "-c", "echo kept >/own", image=image, options=["--env", "MARK=of the target"])
        docker("wait", container)
        docker("rmi", "--force", image)
        shell = cdbg("debug", container, "--remove")
        assert shell.ask("cat /own; echo $MARK; ls /.cdbg/bin/vi") == "kept\nof the target\n/.cdbg/bin/vi"
        assert shell.leave() == 0

    def test_of_this_machine(self, run: Run, bare: str, engine: Engine, tmp_path: Path) -> None:
        found = with_static(engine, ground(engine, run("/usr/bin/true", image=bare), SHELLS, ""), "")
        busybox = tmp_path / "busybox"
        busybox.write_bytes(Path(toolbox.path_of("busybox")).read_bytes())
        busybox.chmod(0o755)
        found = replace(found, found=replace(found.found, toolbox=Toolbox(str(busybox))))
        plan = debug_plan(found, engine.docker, secrets.token_hex(2), Choices(tools=Tools.BUSYBOX))
        assert isinstance(plan, Plan)
        # As it is pasted, without a terminal.
        command = plan.commands().replace("run -it", "run -i")
        done = subprocess.run(["sh"], input=command.replace(" ash", ""), capture_output=True, text=True)
        assert "Successfully tagged" in done.stdout, done
        assert done.stdout.index("Successfully tagged") < done.stdout.index("Untagged")


def test_the_way_is_found_by_reading(run: Run, debian: str, bare: str, engine: Engine) -> None:
    found = ground(engine, run("true", image=debian), SHELLS, IMAGE)
    assert found.manager is not None
    assert (found.manager.name, found.system) == ("apt-get", "Debian GNU/Linux 12 (bookworm)")
    assert (found.image, found.user, "OF=the-image" in found.env) == (debian, "1000", True)
    found = ground(engine, run("/usr/bin/true", image=bare), SHELLS, IMAGE)
    assert found.manager is None
    assert found.found.toolbox is not None


def test_a_name_that_means_another_image_by_now_is_not_taken(
    run: Run, docker: Docker, engine: Engine, bare: str
) -> None:
    name = f"cdbg-test/moved:{secrets.token_hex(3)}"
    docker("tag", IMAGE, name)
    container = run("true", image=name)
    docker("tag", bare, name)
    try:
        text = dockerfile_of(ground(engine, container, SHELLS, ""), "ab12", PLAIN)
    finally:
        docker("rmi", name)
    of = docker("inspect", "--format", "{{.Image}}", container).stdout.strip()
    assert isinstance(text, str)
    assert text.startswith(f"FROM {of}\n")
