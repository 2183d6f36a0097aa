"""The three sessions, their commands really run, and what they find and leave on the engine."""

from __future__ import annotations

import json
import os
import pty
import re
import secrets
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.engine import files, images, inside
from cdbg_tui.engine.client import Engine
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions.exec import SHELLS, exec_plan
from cdbg_tui.sessions.plan import Argv, Plan, Refusal
from cdbg_tui.sessions.rerun import rerun_plan
from cdbg_tui.sessions.sidecar import sidecar_plan
from cdbg_tui.tui import foreground
from tests.support import IMAGE, LABEL, Docker, Run, eventually

SECONDS = 30.0


class Shell:
    """An interactive command on a terminal of its own."""

    def __init__(self, argv: Argv) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self._seen = ""

    def ask(self, command: str) -> str:
        """Type *command* and return what it prints."""
        mark = secrets.token_hex(4)
        # Typed in two halves, so that the echo is not taken for the answer.
        self._type(f"echo '<{mark[:4]}''{mark[4:]}'; {command}; echo '{mark[:4]}''{mark[4:]}>'")
        found = self._wait(re.compile(f"<{mark}\r?\n(.*?){mark}>", re.S))
        return found[1].replace("\r\n", "\n").strip()

    def leave(self) -> int:
        """Type exit, and return the exit code of the docker command line."""
        self._type("exit")
        while True:  # it must be read, or it blocks
            try:
                if not os.read(self._master, 4096):
                    break
            except OSError:
                break
        return self._process.wait(SECONDS)

    def close(self) -> None:
        """Kill the docker command line, if it still runs; again, do nothing."""
        if self._master < 0:
            return
        self._process.kill()
        self._process.wait()
        os.close(self._master)
        self._master = -1

    def _type(self, line: str) -> None:
        os.write(self._master, line.encode() + b"\n")

    def _wait(self, pattern: re.Pattern[str]) -> re.Match[str]:
        deadline = time.monotonic() + SECONDS
        while not (found := pattern.search(self._seen)):
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"no {pattern.pattern!r} in {self._seen!r}"
            try:
                self._seen += os.read(self._master, 4096).decode("utf-8", "replace")
            except OSError:
                pytest.fail(f"ended before {pattern.pattern!r}: {self._seen}")
        self._seen = self._seen[found.end() :]
        return found


@contextmanager
def opened(plan: Plan | Refusal) -> Iterator[Shell]:
    """Run a plan's commands as the foreground does, its shell on a terminal of ours, and its clean-up."""
    assert isinstance(plan, Plan), plan
    try:
        for argv in plan.prepare:
            subprocess.run(argv, check=True, capture_output=True, text=True)
        shell = Shell(plan.argv)
        try:
            yield shell
        finally:
            shell.close()
    finally:
        assert foreground.clean(plan) == ()


@pytest.fixture(autouse=True)
def _nothing_is_left(engine: Engine) -> Iterator[None]:
    before = {(one.kind, one.id) for one in images.left_behind(engine)}
    yield
    assert not [one for one in images.left_behind(engine) if (one.kind, one.id) not in before]


def sidecar(engine: Engine, container: str) -> Plan | Refusal:
    details = files.inspect(engine, container)
    return sidecar_plan(details, engine.docker, image=IMAGE, suffix=secrets.token_hex(2))


def rerun(engine: Engine, container: str, **options: Any) -> Plan | Refusal:
    return rerun_plan(
        files.inspect(engine, container),
        engine.docker,
        shell=inside.find_shell(engine, container, SHELLS),
        networks=[network["Name"] for network in engine.get("/networks")],
        running=[row["Id"] for row in engine.get("/containers/json")],
        suffix=secrets.token_hex(2),
        **options,
    )


@pytest.fixture
def networks(docker: Docker) -> Iterator[list[str]]:
    """Two networks of our own."""
    names = [f"cdbg-test-{secrets.token_hex(3)}" for _ in range(2)]
    for name in names:
        docker("network", "create", f"--label={LABEL}=1", name)
    yield names
    # The containers on them are removed by their own fixture, before or after this one.
    for name in names:
        for row in json.loads(docker("network", "inspect", name).stdout)[0]["Containers"]:
            docker("network", "disconnect", "--force", name, row)
        docker("network", "rm", name)


class TestExec:
    def test_the_shell_is_inside(self, engine: Engine, run: Run) -> None:
        container = run("sleep", "1000", options=["--user", "1000", "--workdir", "/tmp"])
        target = from_inspect(files.inspect(engine, container))
        found = inside.find_shell(engine, container, SHELLS)
        with opened(exec_plan(target, engine.docker, shell=found)) as shell:
            assert shell.ask("hostname") == container[:12]
            assert shell.ask("id -u; pwd") == "1000\n/tmp"
            assert shell.leave() == 0

    def test_user_directory_and_command_can_be_chosen(self, engine: Engine, run: Run) -> None:
        container = run("sleep", "1000", options=["--user", "1000"])
        target = from_inspect(files.inspect(engine, container))
        plan = exec_plan(target, engine.docker, shell=None, user="root", workdir="/bin", command="sh -c 'exec sh'")
        with opened(plan) as shell:
            assert shell.ask("id -u; pwd") == "0\n/bin"
            assert shell.leave() == 0


class TestSidecar:
    @pytest.mark.parametrize(
        "options",
        [
            (),
            ("--user", "1000", "--cap-drop", "ALL", "--read-only"),
            ("--network", "none"),
            ("--network", "host"),
            ("--pid", "host"),
            ("--cap-add", "NET_ADMIN", "--cap-add", "SYS_ADMIN"),
        ],
        ids=" ".join,
    )
    def test_sees_processes_and_files_from_a_root_of_its_own(
        self, engine: Engine, run: Run, options: tuple[str, ...]
    ) -> None:
        volume = ("--tmpfs", "/mark:mode=1777")
        container = run("sh", "-c", "echo found > /mark/it; exec sleep 4711", options=[*options, *volume])
        before = files.changes(engine, container)
        with opened(sidecar(engine, container)) as shell:
            assert shell.ask("cat /target/mark/it") == "found"
            assert "sleep 4711" in shell.ask("ps -o args")
            assert shell.ask("pwd; id -u") == "/\n0"
            assert shell.ask("ls -d /mark").startswith("ls: ")
            same = "test $(readlink /proc/self/ns/net) = $(readlink $(readlink /target | sed s,root$,,)ns/net)"
            assert shell.ask(f"{same} && echo the same network") == "the same network"
            assert shell.leave() == 0
        assert files.changes(engine, container) == before

    def test_finds_a_target_that_lives_in_anothers_pid_namespace(self, engine: Engine, run: Run) -> None:
        first = run("sleep", "1000")
        container = run(
            "sh", "-c", "echo found > /tmp/it; exec sleep 4711", options=["--pid", f"container:{first}"]
        )
        with opened(sidecar(engine, container)) as shell:
            assert shell.ask("cat /target/tmp/it") == "found"

    def test_joins_the_network_that_its_target_has_from_another(self, engine: Engine, run: Run) -> None:
        first = run("sleep", "1000")
        container = run("sleep", "1000", options=["--network", f"container:{first}"])
        address = "ip -4 -o addr show eth0"
        target = from_inspect(files.inspect(engine, first))
        with opened(exec_plan(target, engine.docker, shell=inside.find_shell(engine, first, SHELLS))) as shell:
            expected = shell.ask(address)
        with opened(sidecar(engine, container)) as shell:
            assert shell.ask(address) == expected

    def test_looks_at_a_paused_target(self, engine: Engine, run: Run, docker: Docker) -> None:
        container = run("sh", "-c", "echo found > /it; exec sleep 1000")
        eventually(lambda: inside.look(engine, container, "/it"))
        docker("pause", container)
        with opened(sidecar(engine, container)) as shell:
            assert shell.ask("cat /target/it") == "found"

    def test_is_removed_though_its_command_line_was_killed(self, engine: Engine, run: Run) -> None:
        container = run("sleep", "1000")
        plan = sidecar(engine, container)
        with opened(plan) as shell:
            assert shell.ask("echo up") == "up"
            eventually(
                lambda: (container, True) in {(one.target, one.is_running) for one in images.left_behind(engine)}
            )
            shell.close()
        assert container not in {one.target for one in images.left_behind(engine)}


class TestRerun:
    def test_has_the_files_volumes_environment_user_directory_and_networks_of_the_dead(
        self, engine: Engine, run: Run, docker: Docker, networks: list[str], tmp_path: Path
    ) -> None:
        volume = f"cdbg-test-{secrets.token_hex(3)}"
        (tmp_path / "given").write_text("by the host\n")
        script = "echo made > /tmp/made; echo kept > /named/it; echo kept > /anonymous/it; exit 3"
        container = run(
            "sh", "-c", script, "it's", "$HOME",
            options=[
                "--network", networks[0], "--publish", "18999:80", "--restart", "no",
                "--label", "com.docker.compose.project=shop", "--label", "mine=stays",
                "--env", 'HARD=a "b" $c', "--user", "0:5", "--workdir", "/tmp",
                "--volume", f"{volume}:/named", "--volume", "/anonymous",
                "--volume", f"{tmp_path}:/bound:ro", "--tmpfs", "/scratch:size=1m",
                "--memory", "64m", "--cap-drop", "NET_RAW", "--hostname", "shop-web",
                "--health-cmd", "false", "--health-interval", "1s",
            ],
            start=False,
        )  # fmt: skip
        docker("network", "connect", networks[1], container)
        docker("start", container)
        docker("wait", container)
        plan = rerun(engine, container)
        assert isinstance(plan, Plan)
        with opened(plan) as shell:
            assert shell.ask("cat /tmp/made /named/it /anonymous/it /bound/given") == (
                "made\nkept\nkept\nby the host"
            )
            assert shell.ask("touch /bound/x 2>&1").endswith("Read-only file system")
            assert shell.ask('echo "$HARD"; id -u; id -g; pwd; hostname') == 'a "b" $c\n0\n5\n/tmp\nshop-web'
            assert shell.ask("grep -c ' /scratch tmpfs' /proc/mounts") == "1"
            assert shell.ask("ip -o -4 addr | grep -c eth") == "2"
            assert shell.ask('rm /tmp/made; (eval "$CDBG_COMMAND"); echo $?; cat /tmp/made') == "3\nmade"
            copy = files.inspect(engine, plan.cleanup[0][-1])
            assert set(copy["NetworkSettings"]["Networks"]) == set(networks)
            assert copy["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
            assert not copy["HostConfig"]["PortBindings"]
            assert not any(copy["NetworkSettings"]["Ports"].values())
            assert copy["Config"]["Healthcheck"]["Test"] == ["NONE"]
            assert copy["HostConfig"]["Memory"] == 64 << 20
            labels = copy["Config"]["Labels"]
            assert labels["com.docker.compose.project"] == ""
            assert labels["mine"] == "stays"
            assert labels["dev.cdbg.session"] == "rerun"
            assert labels["dev.cdbg.target"] == container
            assert shell.leave() == 0
        # The volumes are those of the dead, and outlive the copy.
        anonymous = [row["Name"] for row in files.inspect(engine, container)["Mounts"] if "Name" in row]
        for name in anonymous:
            docker("volume", "inspect", name)
        docker("rm", "--volumes", container)
        docker("volume", "rm", volume)

    def test_a_tmpfs_mount_does_not_keep_the_volumes_away(self, engine: Engine, run: Run, docker: Docker) -> None:
        container = run(
            "sh", "-c", "echo kept > /anonymous/it",
            options=["--mount", "type=tmpfs,target=/scratch,tmpfs-size=1000000", "--volume", "/anonymous"],
        )  # fmt: skip
        docker("wait", container)
        with opened(rerun(engine, container)) as shell:
            assert shell.ask("cat /anonymous/it") == "kept"
            assert shell.ask("grep -c ' /scratch tmpfs' /proc/mounts") == "1"

    def test_what_never_ran_can_be_entered(self, engine: Engine, run: Run) -> None:
        container = run("no-such-program", "--flag")
        with opened(rerun(engine, container, user="0")) as shell:
            assert shell.ask('echo "$CDBG_COMMAND"') == "no-such-program --flag"

    def test_kept_it_is_listed_with_its_target_and_can_be_removed(
        self, engine: Engine, run: Run, docker: Docker
    ) -> None:
        container = run("true")
        docker("wait", container)
        plan = rerun(engine, container)
        assert isinstance(plan, Plan)
        for argv in plan.prepare:
            subprocess.run(argv, check=True, capture_output=True)
        shell = Shell(plan.argv)
        try:
            shell.ask("echo up")
            assert shell.leave() == 0
        finally:
            shell.close()

        def left_and_ended() -> list[images.LeftBehind]:
            left = [one for one in images.left_behind(engine) if one.target == container]
            return [] if any(one.is_running for one in left) else left

        left = eventually(left_and_ended)
        assert [(one.kind, one.session) for one in left] == [("container", "rerun"), ("image", "rerun")]
        assert left[1].name not in {image.ref for image in images.local_images(engine)}
        assert images.remove_left_behind(engine, left) == ()
        assert images.remove_left_behind(engine, left) == ()


class TestInside:
    def test_a_shell_is_found_in_the_living_and_the_dead_without_a_trace(
        self, engine: Engine, run: Run, docker: Docker
    ) -> None:
        living, dead = run("sleep", "1000"), run("true")
        docker("wait", dead)
        since = docker("info", "--format", "{{json .SystemTime}}").stdout.strip().strip('"')
        for container in (living, dead):
            assert inside.find_shell(engine, container, SHELLS) == "/bin/ash"
            assert files.changes(engine, container) == []
        until = docker("info", "--format", "{{json .SystemTime}}").stdout.strip().strip('"')
        mine = [word for one in (living, dead) for word in ("--filter", f"container={one}")]
        assert docker("events", "--since", since, "--until", until, *mine).stdout == ""

    def test_what_is_no_program_is_no_shell(self, engine: Engine, run: Run) -> None:
        script = (
            "mkdir /a /a/dir; echo > /a/text; ln -s missing /a/dangling; ln -s loop /a/loop;"
            " ln -s text /a/to-text; ln -s ../../../bin/sh /a/relative; sleep 1000"
        )
        container = run("sh", "-c", script)
        eventually(lambda: inside.look(engine, container, "/a/relative"))
        for name in ("dir", "text", "dangling", "loop", "to-text", "missing", "text/below"):
            assert inside.find_shell(engine, container, [f"/a/{name}"]) is None, name
        assert inside.find_shell(engine, container, ["/a/text", "/a/relative"]) == "/a/relative"

    def test_users_are_those_of_its_passwd(self, engine: Engine, run: Run) -> None:
        script = (
            "printf 'root:x:0:0::/:/bin/sh\\n#off:x:1:1::/:/\\nbroken\\nö:x:7:7::/:/\\n' > /etc/passwd; sleep 1000"
        )
        container = run("sh", "-c", script)
        eventually(lambda: inside.users(engine, container) == ("root", "ö"))

    def test_a_container_without_passwd_has_no_users(self, engine: Engine, run: Run) -> None:
        container = run("sh", "-c", "rm -f /etc/passwd; sleep 1000")
        eventually(lambda: inside.look(engine, container, "/etc/passwd") is None)
        assert inside.users(engine, container) == ()


class TestImages:
    def test_what_is_here_is_told_from_what_is_not(self, engine: Engine) -> None:
        assert images.has_image(engine, IMAGE)
        assert not images.has_image(engine, "cdbg-test/no-such-image:1")

    def test_images_with_a_shell_are_found_and_nothing_is_left(self, engine: Engine) -> None:
        before = {row["Id"] for row in engine.get("/containers/json?all=1")}
        found = {image.ref: shell for image, shell in images.images_with_shell(engine)}
        assert found[IMAGE] == "/bin/sh"
        assert {row["Id"] for row in engine.get("/containers/json?all=1")} <= before
