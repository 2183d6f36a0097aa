"""The three sessions, their commands really run, and what they find and leave on the engine."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.engine import files, images, inside, leftovers
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.freezing import Policies, freeze, has_ended, policy_of, put_back
from cdbg_tui.engine.remains import remains, with_strace, with_toolbox
from cdbg_tui.engine.toolbox import Strace, Toolbox, has_image_mounts
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions.conditions import DECIDED
from cdbg_tui.sessions.exec import SHELLS, exec_plan
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.rerun import AS_IT_WAS, Choices, Start, rerun_plan
from cdbg_tui.sessions.running import clean
from tests.engine.shell import Shell, opened
from tests.support import IMAGE, LABEL, Docker, Run, eventually


@pytest.fixture(autouse=True)
def _nothing_is_left(engine: Engine) -> Iterator[None]:
    before = {(one.kind, one.id) for one in leftovers.left_behind(engine)}
    yield
    assert not [one for one in leftovers.left_behind(engine) if (one.kind, one.id) not in before]


def rerun(engine: Engine, container: str, choices: Choices = AS_IT_WAS, **more: Any) -> Plan | Refusal:
    found = replace(remains(engine, container, SHELLS), **more)
    return rerun_plan(found, engine.docker, secrets.token_hex(2), choices)


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
        with opened(rerun(engine, container, Choices(as_root=True))) as shell:
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

        def left_and_ended() -> list[leftovers.LeftBehind]:
            left = [one for one in leftovers.left_behind(engine) if one.target == container]
            return [] if any(one.is_running for one in left) else left

        left = eventually(left_and_ended)
        assert [(one.kind, one.session) for one in left] == [("container", "rerun"), ("image", "rerun")]
        assert left[1].name not in {image.ref for image in images.local_images(engine)}
        assert leftovers.remove_left_behind(engine, left) == ()
        assert leftovers.remove_left_behind(engine, left) == ()


@pytest.fixture(scope="module")
def scratch(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image that holds one static program, which is no shell, and nothing else."""
    image = f"cdbg-test/scratch:{secrets.token_hex(3)}"
    maker = docker("create", "busybox:latest").stdout.strip()
    folder = tmp_path_factory.mktemp("scratch")
    docker("cp", f"{maker}:/bin/busybox", str(folder / "true"))
    docker("rm", maker)
    archive = folder / "it.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(folder / "true", "true")
    docker("import", "--change", 'ENTRYPOINT ["/true"]', str(archive), image)
    yield image
    docker("rmi", image)


@pytest.fixture(scope="module")
def straced(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image with this machine's strace, its loader and its libraries."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("this machine has no strace")
    folder = tmp_path_factory.mktemp("strace")
    needed = re.findall(r"(/\S+)", subprocess.run(["ldd", strace], capture_output=True, text=True).stdout)
    archive = folder / "it.tar"
    maker = docker("create", IMAGE).stdout.strip()
    docker("export", "--output", str(archive), maker)
    docker("rm", maker)
    with tarfile.open(archive, "a") as tar:
        for path in (strace, *needed):
            tar.add(os.path.realpath(path), path)
    image = f"cdbg-test/strace:{secrets.token_hex(3)}"
    docker("import", "--change", "ENV PATH=/bin", str(archive), image)
    yield image
    docker("rmi", image)


def copy_of(engine: Engine, plan: Plan | Refusal) -> dict[str, Any]:
    assert isinstance(plan, Plan)
    return files.inspect(engine, plan.cleanup[0][-1])


class TestToolbox:
    @pytest.mark.parametrize(
        "options",
        [(), ("--user", "1000", "--cap-drop", "ALL"), ("--read-only", "--user", "1000:7")],
        ids=["plain", "unprivileged", "read-only"],
    )
    @pytest.mark.parametrize("way", ["mounted", "volume", "copied"])
    def test_what_has_no_shell_gets_one(
        self, engine: Engine, run: Run, docker: Docker, scratch: str, options: tuple[str, ...], way: str
    ) -> None:
        container = run("--flag", image=scratch, options=options)
        docker("wait", container)
        found = remains(engine, container, SHELLS)
        assert found.shell is None
        assert found.toolbox is not None
        if way == "mounted" and not found.image_mounts:
            pytest.skip("this engine mounts no images")
        if way == "copied":
            path = shutil.which("busybox")
            assert path
            found = replace(found, toolbox=Toolbox(os.path.realpath(path)))
        plan = rerun_plan(replace(found, image_mounts=way == "mounted"), engine.docker, secrets.token_hex(2))
        with opened(plan) as shell:
            assert {"true", ".cdbg", "proc"} <= set(shell.ask("ls -A /").split())
            assert "sh" in shell.ask("ps | head -3")
            assert shell.ask("command -v vi awk").splitlines()
            assert shell.ask('echo "$CDBG_COMMAND"') == "/true --flag"
            assert shell.ask('eval "$CDBG_COMMAND"; echo $?') == "0"
            host = copy_of(engine, plan)["HostConfig"]
            assert host["ReadonlyRootfs"] == ("--read-only" in options)
            assert shell.leave() == 0

    def test_nothing_of_it_is_in_the_committed_image(
        self, engine: Engine, run: Run, docker: Docker, scratch: str
    ) -> None:
        container = run(image=scratch)
        docker("wait", container)
        plan = rerun(engine, container)
        with opened(plan) as shell:
            shell.ask("ls /")
            assert isinstance(plan, Plan)
            with images.probe(engine, plan.cleanup[1][-1]) as probe:
                assert inside.look(engine, probe, "/.cdbg") is None
                assert inside.look(engine, probe, "/true") is not None

    def test_it_can_be_chosen_over_a_shell_of_its_own(self, engine: Engine, run: Run, docker: Docker) -> None:
        container = run("true")
        docker("wait", container)
        found = with_toolbox(engine, remains(engine, container, SHELLS))
        plan = rerun_plan(found, engine.docker, secrets.token_hex(2), Choices(start=Start.TOOLBOX))
        with opened(plan) as shell:
            assert shell.ask("readlink /proc/$$/exe").startswith("/.cdbg/box")

    def test_an_image_without_a_static_one_is_none(self, engine: Engine, scratch: str) -> None:
        with images.probe(engine, scratch) as probe:
            assert with_toolbox(engine, remains(engine, probe, SHELLS), scratch).toolbox is None


class TestStrace:
    def test_without_one_the_reason_is_told(self, engine: Engine, run: Run, docker: Docker) -> None:
        container = run("true")
        docker("wait", container)
        found = with_strace(engine, remains(engine, container, SHELLS), IMAGE)
        assert isinstance(found.strace, str)
        expected = "neither it nor busybox:latest" if has_image_mounts(engine) else "API 1.48"
        assert expected in found.strace

    def test_its_own_shows_the_original_command_and_a_shell_follows(
        self, engine: Engine, run: Run, docker: Docker, straced: str
    ) -> None:
        container = run("sh", "-c", "echo begun; exit 7", image=straced)
        docker("wait", container)
        found = with_strace(engine, remains(engine, container, SHELLS), IMAGE)
        assert isinstance(found.strace, Strace)
        assert found.strace.image == ""
        plan = rerun_plan(found, engine.docker, secrets.token_hex(2), Choices(start=Start.STRACE))
        with opened(plan) as shell:
            seen = shell.wait_for(re.compile(r"execve\(.*exited with 7.*it ended with status 7", re.S))
            assert "begun" in seen
            assert shell.ask("echo still here") == "still here"

    def test_ctrl_c_ends_the_original_command_and_a_shell_follows(
        self, engine: Engine, run: Run, docker: Docker, straced: str
    ) -> None:
        container = run("sleep", "1000", image=straced)
        docker("kill", container)
        found = with_strace(engine, remains(engine, container, SHELLS), IMAGE)
        plan = rerun_plan(found, engine.docker, secrets.token_hex(2), Choices(start=Start.STRACE))
        with opened(plan) as shell:
            shell.wait_for(re.compile(r"nanosleep"))
            shell.press_ctrl_c()
            shell.wait_for(re.compile(r"it ended with status \d+"))
            assert shell.ask("echo still here") == "still here"

    def test_that_of_the_toolbox_traces_what_has_nothing_at_all(
        self, engine: Engine, run: Run, docker: Docker, scratch: str, straced: str
    ) -> None:
        if not has_image_mounts(engine):
            pytest.skip("this engine mounts no images")
        container = run(image=scratch, options=["--user", "1000", "--cap-drop", "ALL"])
        docker("wait", container)
        found = with_strace(engine, remains(engine, container, SHELLS), straced)
        plan = rerun_plan(found, engine.docker, secrets.token_hex(2), Choices(start=Start.STRACE))
        with opened(plan) as shell:
            shell.wait_for(re.compile(r'execve\("/true".*exited with 0.*it ended with status 0', re.S))
            assert "true" in shell.ask("ls /").split()


class TestChoices:
    def test_volumes_network_user_and_root_as_chosen(self, engine: Engine, run: Run, docker: Docker) -> None:
        container = run("sh", "-c", "echo kept > /data/it", options=["--volume", "/data", "--user", "0"])
        docker("wait", container)
        choices = Choices(read_only_volumes=True, no_network=True, as_root=True)
        plan = rerun(engine, container, choices)
        with opened(plan) as shell:
            assert shell.ask("cat /data/it; touch /data/x 2>&1") == "kept\ntouch: /data/x: Read-only file system"
            assert shell.ask("ls /sys/class/net") == "lo"
            assert copy_of(engine, plan)["HostConfig"]["NetworkMode"] == "none"

    def test_a_root_that_it_could_not_write_is_writable_by_choice(
        self, engine: Engine, run: Run, docker: Docker
    ) -> None:
        container = run("true", options=["--read-only"])
        docker("wait", container)
        with opened(rerun(engine, container)) as shell:
            assert shell.ask("touch /x 2>&1") == "touch: /x: Read-only file system"
        with opened(rerun(engine, container, Choices(writable_root=True))) as shell:
            assert shell.ask("touch /x && echo can") == "can"


class TestTroubled:
    def test_one_whose_bind_source_is_gone_leaves_that_out_and_makes_no_directory(
        self, engine: Engine, run: Run, docker: Docker, tmp_path: Path
    ) -> None:
        lost = tmp_path / "lost"
        lost.mkdir()
        mounts = ["--mount", f"type=bind,source={lost},target=/lost", "--volume", "/data"]
        container = run("sh", "-c", "echo kept > /data/it", options=mounts)
        docker("wait", container)
        lost.rmdir()
        plan = rerun(engine, container)
        with opened(plan) as shell:
            assert shell.ask("cat /data/it") == "kept"
            assert isinstance(plan, Plan)
            assert any("mount at /lost, whose source is gone" in line for line in plan.banner)
        assert not lost.exists()

    def test_one_that_a_mount_kept_from_starting_is_entered_without_it(
        self, engine: Engine, run: Run, tmp_path: Path
    ) -> None:
        container = run("true", options=["--volume", f"{tmp_path}:/etc/passwd", "--volume", "/data"])
        assert files.inspect(engine, container)["State"]["Status"] == "created"
        plan = rerun(engine, container)
        with opened(plan) as shell:
            assert shell.ask("ls -d /data; head -n 1 /etc/passwd") == "/data\nroot:x:0:0:root:/root:/bin/sh"
            assert isinstance(plan, Plan)
            assert any("mount at /etc/passwd, which cannot be mounted there" in line for line in plan.banner)

    def test_one_whose_image_was_removed_by_force_is_exported(
        self, engine: Engine, run: Run, docker: Docker
    ) -> None:
        maker = run("sh", "-c", "echo of the image > /old")
        docker("wait", maker)
        image = f"cdbg-test/gone:{secrets.token_hex(3)}"
        docker("commit", maker, image)
        options = ["--env", 'HARD=a "b" $c', "--workdir", "/tmp", "--user", "1000"]
        container = run("sh", "-c", "echo made > /tmp/new", image=image, options=options)
        docker("wait", container)
        docker("rmi", "--force", image)
        plan = rerun(engine, container)
        assert isinstance(plan, Plan)
        with opened(plan) as shell:
            assert shell.ask('cat /old new; id -u; echo "$HARD"') == 'of the image\nmade\n1000\na "b" $c'
        assert not Path(plan.cleanup[-1][-1]).exists()

    def test_one_whose_user_its_files_do_not_know_is_entered_as_root(
        self, engine: Engine, run: Run, docker: Docker, scratch: str
    ) -> None:
        for image in (IMAGE, scratch):
            container = run("true", image=image, options=["--user", "nobody-here"])
            with opened(rerun(engine, container)) as shell:
                assert shell.ask("id -u") == "0"
        container = run("true", options=["--user", "app:no-such-group"])
        with opened(rerun(engine, container)) as shell:
            assert shell.ask("id -u") == "0"

    def test_one_whose_network_is_gone_has_none(self, engine: Engine, run: Run, docker: Docker) -> None:
        network = f"cdbg-test-{secrets.token_hex(3)}"
        docker("network", "create", network)
        container = run("true", options=["--network", network])
        docker("wait", container)
        docker("network", "rm", network)
        with opened(rerun(engine, container)) as shell:
            assert shell.ask("ls /sys/class/net") == "lo"

    def test_one_that_shared_the_network_of_another_shares_it_again_while_that_runs(
        self, engine: Engine, run: Run, docker: Docker
    ) -> None:
        other = run("sleep", "1000")
        container = run("true", options=["--network", f"container:{other}", "--ipc", "host"])
        docker("wait", container)
        with opened(rerun(engine, container)) as shell:
            assert shell.ask("hostname") == other[:12]
        docker("kill", other)
        plan = rerun(engine, container)
        with opened(plan) as shell:
            assert shell.ask("ls /sys/class/net") == "lo"

    def test_a_copy_that_cannot_start_is_told_from_a_shell_that_ended(
        self, engine: Engine, run: Run, docker: Docker, networks: list[str]
    ) -> None:
        container = run("true", options=["--network", networks[0]])
        docker("network", "connect", networks[1], container)
        docker("wait", container)
        plan = rerun(engine, container, shell="/no/such/shell")
        assert isinstance(plan, Plan)
        try:
            for argv in plan.prepare:
                subprocess.run(argv, check=True, capture_output=True)
            assert subprocess.run(plan.argv, check=False, capture_output=True).returncode == 1
            said = subprocess.run(plan.never_ran, check=True, capture_output=True, text=True).stdout
            assert said.strip() == "created"
        finally:
            assert clean(plan) == ()


class TestConditions:
    def test_every_field_of_the_engines_own_answer_is_decided(self, engine: Engine, run: Run) -> None:
        host = files.inspect(engine, run("true"))["HostConfig"]
        assert host.keys() <= DECIDED | {"KernelMemory", "KernelMemoryTCP"}

    def test_the_copy_has_the_same_conditions(self, engine: Engine, run: Run, docker: Docker) -> None:
        options = [
            "--memory", "64m", "--memory-reservation", "32m", "--cpus", "0.5", "--cpu-shares", "512",
            "--cpuset-cpus", "0", "--pids-limit", "50", "--shm-size", "1m", "--ulimit", "nofile=100:200",
            "--oom-score-adj", "300", "--init", "--cap-add", "SYS_PTRACE", "--cap-drop", "NET_RAW",
            "--group-add", "7", "--device", "/dev/null:/dev/other:r", "--device-cgroup-rule", "c 1:3 r",
            "--security-opt", "no-new-privileges", "--security-opt", "systempaths=unconfined",
            "--pid", "host", "--ipc", "host", "--hostname", "web", "--domainname", "shop",
            "--add-host", "db:10.0.0.1", "--dns", "1.1.1.1", "--dns-search", "shop", "--dns-option", "ndots:2",
            "--sysctl", "net.core.somaxconn=99", "--tmpfs", "/t:size=1m",
            "--runtime", "runc", "--log-driver", "none", "--restart", "on-failure:1", "--publish", "80",
        ]  # fmt: skip
        disks = [one.name for one in Path("/sys/block").iterdir() if Path("/dev", one.name).is_block_device()]
        options += ["--device-read-bps", f"/dev/{disks[0]}:1mb"] if disks else []
        container = run("true", options=options)
        docker("wait", container)
        plan = rerun(engine, container)
        dead = files.inspect(engine, container)
        differ = {
            "Binds", "ContainerIDFile", "LogConfig", "PortBindings", "RestartPolicy", "ConsoleSize", "VolumesFrom",
            "NetworkMode",
        }  # fmt: skip
        with opened(plan) as shell:
            assert shell.ask("echo up") == "up"
            copy = copy_of(engine, plan)
            for key, value in dead["HostConfig"].items():
                if key not in differ:
                    assert (copy["HostConfig"][key] or None) == (value or None), key
            assert copy["Config"]["Domainname"] == "shop"
            assert copy["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
            assert not copy["HostConfig"]["PortBindings"]


class TestFreezing:
    @pytest.mark.parametrize("policy", ["always", "on-failure:1000"])
    def test_a_loop_is_ended_its_corpse_kept_and_its_policy_can_be_put_back(
        self, engine: Engine, run: Run, docker: Docker, tmp_path: Path, policy: str
    ) -> None:
        container = run("sh", "-c", "echo x >> /runs; exit 7", options=["--restart", policy])
        eventually(lambda: files.inspect(engine, container)["RestartCount"] > 1)
        policies = Policies(tmp_path / "state")
        assert freeze(engine, container, policies) == policy
        assert has_ended(engine, container)
        frozen = files.inspect(engine, container)
        assert frozen["State"]["Status"] == "exited"
        assert frozen["State"]["ExitCode"] == 7
        assert policy_of(frozen) == "no"
        # As after a crash of ours: what was noted is in the file.
        again = Policies(tmp_path / "state")
        assert again.of(container) == policy
        with opened(rerun(engine, container)) as shell:
            assert int(shell.ask("wc -l < /runs")) > 1
        assert put_back(engine, container, again) == policy
        assert policy_of(files.inspect(engine, container)) == policy
        assert again.of(container) == ""

    def test_one_without_a_policy_is_left_as_it_is(self, engine: Engine, run: Run, tmp_path: Path) -> None:
        container = run("sleep", "1000")
        assert freeze(engine, container, Policies(tmp_path / "state")) == "no"
        assert not has_ended(engine, container)
        assert not (tmp_path / "state").exists()

    def test_what_cannot_be_noted_is_not_changed(self, engine: Engine, run: Run, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("a file")
        container = run("sleep", "1000", options=["--restart", "always"])
        with pytest.raises(EngineError, match="nothing was changed"):
            freeze(engine, container, Policies(tmp_path / "state"))
        assert policy_of(files.inspect(engine, container)) == "always"


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
