"""Plans of the three sessions: the command lines, what is refused, and how an end is told."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
from itertools import pairwise
from typing import Any

import pytest

from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.conditions import conditions
from cdbg_tui.sessions.exec import exec_plan
from cdbg_tui.sessions.plan import Plan, Refusal, failed, image_name, outcome
from cdbg_tui.sessions.rerun import rerun_plan
from cdbg_tui.sessions.sidecar import sidecar_plan

ID = "0123456789ab" + "c" * 52
SH, BASH, BUSYBOX = "/bin/sh", "/bin/bash", "/busybox/busybox"
OTHER = "9876543210fe" + "d" * 52


def docker(*words: str) -> tuple[str, ...]:
    return ("docker", "--host", "unix:///e.sock", *words)


def container(state: State = State.RUNNING, **more: Any) -> Container:
    return Container(ID, "web-1", "web:1", state, **more)


def details(status: str = "exited", **more: Any) -> dict[str, Any]:
    """An inspection, with *more* of its top-level fields."""
    return {
        "Id": ID,
        "Name": "/web-1",
        "Created": "2026-01-01T00:00:00Z",
        "Path": "/app/run",
        "Args": ["--say", "it's $HOME"],
        "State": {"Status": status, "Pid": 4711 if status == "running" else 0},
        "Config": {"Image": "web:1", "Hostname": ID[:12], "Labels": {}},
        "HostConfig": {"NetworkMode": "default"},
        "NetworkSettings": {"Networks": {"bridge": {}}},
        "Mounts": [],
        **more,
    }


def rerun(inspected: dict[str, Any], **more: Any) -> Plan:
    facts: dict[str, Any] = {
        "shell": SH,
        "networks": ("bridge", "front", "back"),
        "running": (),
        "suffix": "beef",
    }
    plan = rerun_plan(inspected, docker, **(facts | more))
    assert isinstance(plan, Plan)
    return plan


def sidecar(inspected: dict[str, Any], **more: Any) -> Plan:
    facts: dict[str, Any] = {"image": "nicolaka/netshoot", "suffix": "beef"}
    plan = sidecar_plan(inspected, docker, **(facts | more))
    assert isinstance(plan, Plan)
    return plan


def values_of(argv: tuple[str, ...], option: str) -> list[str]:
    return [after for word, after in pairwise(argv) if word == option]


class TestExec:
    def test_is_one_docker_exec_on_the_engine_in_use(self) -> None:
        plan = exec_plan(container(), docker, shell=BASH)
        assert isinstance(plan, Plan)
        assert plan.argv[:5] == ("docker", "--host", "unix:///e.sock", "exec", "-it")
        assert plan.argv[-2:] == (ID[:12], "/bin/bash")
        assert not plan.prepare
        assert not plan.cleanup

    def test_takes_user_directory_and_a_command_as_typed(self) -> None:
        plan = exec_plan(container(), docker, shell=None, user="root", workdir="/a b", command="ls -l 'x y'")
        assert isinstance(plan, Plan)
        assert values_of(plan.argv, "--user") == ["root"]
        assert values_of(plan.argv, "--workdir") == ["/a b"]
        assert plan.argv[-4:] == (ID[:12], "ls", "-l", "x y")
        assert plan.title == "ls in web-1 as root"

    def test_a_bare_busybox_is_told_to_be_a_shell(self) -> None:
        plan = exec_plan(container(), docker, shell=BUSYBOX)
        assert isinstance(plan, Plan)
        assert plan.argv[-2:] == ("/busybox/busybox", "sh")

    def test_ctrl_p_is_left_to_the_shell(self) -> None:
        plan = exec_plan(container(), docker, shell=SH)
        assert isinstance(plan, Plan)
        assert "ctrl-p" not in "".join(values_of(plan.argv, "--detach-keys"))

    @pytest.mark.parametrize(
        ("state", "key"),
        [
            (State.PAUSED, "x"),
            (State.EXITED, "c"),
            (State.CREATED, "c"),
            (State.RESTARTING, "c"),
            (State.DEAD, ""),
            (State.REMOVING, ""),
        ],
    )
    def test_what_cannot_be_entered_names_the_key_that_helps(self, state: State, key: str) -> None:
        refusal = exec_plan(container(state), docker, shell=SH)
        assert isinstance(refusal, Refusal)
        assert "web-1" in refusal.sentence
        assert refusal.key == key
        assert bool(refusal.key_text) == bool(key)

    def test_without_a_shell_a_sidecar_helps(self) -> None:
        refusal = exec_plan(container(), docker, shell=None)
        assert isinstance(refusal, Refusal)
        assert refusal.key == "s"

    def test_a_command_with_an_open_quote_is_a_sentence(self) -> None:
        assert isinstance(exec_plan(container(), docker, shell=SH, command="ls '"), Refusal)


class TestSidecar:
    def test_joins_the_namespaces_and_is_removed_by_the_engine(self) -> None:
        plan = sidecar(details("running"))
        assert {"--rm", "-it"} <= set(plan.argv)
        assert values_of(plan.argv, "--pid") == [f"container:{ID[:12]}"]
        assert values_of(plan.argv, "--network") == [f"container:{ID[:12]}"]
        assert values_of(plan.argv, "--cap-add") == ["SYS_PTRACE"]
        assert values_of(plan.argv, "--name") == ["cdbg-web-1-beef"]
        assert set(values_of(plan.argv, "--label")) == {"dev.cdbg.session=sidecar", f"dev.cdbg.target={ID}"}
        assert "--privileged" not in plan.argv
        assert plan.commands() == shlex.join(plan.argv)

    def test_the_banner_names_where_the_targets_files_are(self) -> None:
        plan = sidecar(details("running"))
        assert any("/target (/proc/1/root)" in line for line in plan.banner)
        assert plan.argv[-1].startswith("ln -sfn /proc/1/root /target; ")

    def test_a_target_in_the_hosts_pid_namespace_has_its_own_number(self) -> None:
        plan = sidecar(details("running", HostConfig={"PidMode": "host"}))
        assert "/proc/4711/root" in plan.argv[-1]
        assert any("/proc/4711/root" in line for line in plan.banner)

    def test_a_target_in_another_containers_pid_namespace_is_searched_for(self) -> None:
        plan = sidecar(details("running", HostConfig={"PidMode": f"container:{OTHER}"}))
        assert f"grep -ls {ID} /proc/[0-9]*/cgroup" in plan.argv[-1]
        assert "/proc/1/root" not in plan.argv[-1]

    def test_a_paused_target_can_be_looked_at_and_is_said_to_be_frozen(self) -> None:
        assert any("frozen" in line for line in sidecar(details("paused")).banner)

    def test_the_image_is_pulled_first_only_when_told(self) -> None:
        assert sidecar(details("running")).pull == ()
        plan = sidecar(details("running"), pull=True)
        assert plan.pull == docker("pull", "nicolaka/netshoot")
        assert plan.commands().startswith("docker --host unix:///e.sock pull nicolaka/netshoot &&\n")

    def test_confinement_that_would_hide_the_target_is_lifted(self) -> None:
        assert "apparmor=unconfined" not in sidecar(details("running", AppArmorProfile="docker-default")).argv
        assert "apparmor=unconfined" in sidecar(details("running", AppArmorProfile="mine")).argv
        own_users = details("running", HostConfig={"UsernsMode": "host"})
        assert values_of(sidecar(own_users).argv, "--userns") == ["host"]

    @pytest.mark.parametrize(
        ("status", "key"), [("exited", "c"), ("created", "c"), ("restarting", "c"), ("removing", "")]
    )
    def test_what_has_no_namespaces_is_refused(self, status: str, key: str) -> None:
        refusal = sidecar_plan(details(status), docker, image="x", suffix="beef")
        assert isinstance(refusal, Refusal)
        assert refusal.key == key


class TestRerun:
    def test_commits_then_runs_a_shell_and_removes_both(self) -> None:
        plan = rerun(details())
        assert plan.prepare == (
            docker(
                "commit", "--change", f"LABEL dev.cdbg.session=rerun dev.cdbg.target={ID}",
                ID[:12], "cdbg-rerun/web-1:beef",
            ),
        )  # fmt: skip
        assert plan.argv[3:5] == ("run", "-it")
        assert plan.argv[-3:] == ("--entrypoint", "/bin/sh", "cdbg-rerun/web-1:beef")
        assert plan.cleanup == (
            docker("rm", "--force", "cdbg-web-1-beef"),
            docker("rmi", "cdbg-rerun/web-1:beef"),
        )
        assert plan.asks_to_keep
        assert "cdbg-web-1-beef" in plan.kept
        assert "cdbg-rerun/web-1:beef" in plan.kept

    def test_never_has_restart_policy_ports_health_check_or_volumes_removed(self) -> None:
        inspected = details(
            HostConfig={
                "NetworkMode": "default",
                "RestartPolicy": {"Name": "always"},
                "PortBindings": {"80/tcp": [{"HostPort": "8080"}]},
                "PublishAllPorts": True,
            }
        )
        plan = rerun(inspected)
        forbidden = {"--restart", "-p", "-P", "--publish", "--publish-all", "--rm", "-v", "--volumes"}
        for argv in (*plan.prepare, plan.argv, *plan.cleanup):
            assert not forbidden & set(argv)
        assert "--no-healthcheck" in plan.argv

    def test_compose_labels_are_emptied_and_strange_ones_cannot_add_instructions(self) -> None:
        labels = {
            "com.docker.compose.project": "shop",
            "com.docker.compose.x\nUSER root": "",
            "com.docker.compose.a b": "",
            "mine": "stays",
        }
        change = values_of(rerun(details(Config={"Labels": labels})).prepare[0], "--change")
        assert change == [f"LABEL dev.cdbg.session=rerun dev.cdbg.target={ID} com.docker.compose.project="]

    def test_the_original_command_is_shown_and_ready_to_run(self) -> None:
        plan = rerun(details())
        command = "/app/run --say 'it'\"'\"'s $HOME'"
        assert values_of(plan.argv, "--env") == [f"CDBG_COMMAND={command}"]
        assert f"It was: {command}" in plan.banner
        assert any('eval "$CDBG_COMMAND"' in line for line in plan.banner)

    def test_further_networks_are_connected_before_it_starts(self) -> None:
        networks: dict[str, Any] = {"Networks": {"back": {}, "front": {}}}
        plan = rerun(details(HostConfig={"NetworkMode": "front"}, NetworkSettings=networks))
        create, *connects = plan.prepare[1:]
        assert create[3:5] == ("create", "-it")
        assert values_of(create, "--network") == ["front"]
        assert connects == [docker("network", "connect", "back", "cdbg-web-1-beef")]
        assert plan.argv[3:5] == ("start", "-ai")
        assert plan.argv[-1] == "cdbg-web-1-beef"

    def test_networks_that_are_gone_are_left_out_and_named(self) -> None:
        networks: dict[str, Any] = {"Networks": {"gone": {}, "back": {}}}
        plan = rerun(details(HostConfig={"NetworkMode": "gone"}, NetworkSettings=networks))
        assert values_of(plan.argv, "--network") == ["back"]
        assert any("gone" in line for line in plan.banner)

    def test_without_any_of_its_networks_it_has_none_rather_than_another(self) -> None:
        networks: dict[str, Any] = {"Networks": {"gone": {}}}
        plan = rerun(details(HostConfig={"NetworkMode": "gone"}, NetworkSettings=networks))
        assert values_of(plan.argv, "--network") == ["none"]

    @pytest.mark.parametrize("mode", ["host", "none"])
    def test_host_and_none_stay(self, mode: str) -> None:
        plan = rerun(details(HostConfig={"NetworkMode": mode}, NetworkSettings={"Networks": {mode: {}}}))
        assert values_of(plan.argv, "--network") == [mode]

    def test_another_containers_network_is_joined_only_while_that_runs(self) -> None:
        inspected = details(HostConfig={"NetworkMode": f"container:{OTHER}"}, NetworkSettings={})
        assert values_of(rerun(inspected, running=[OTHER]).argv, "--network") == [f"container:{OTHER[:12]}"]
        plan = rerun(inspected)
        assert values_of(plan.argv, "--network") == ["none"]
        assert any(OTHER[:12] in line for line in plan.banner)

    def test_volumes_and_binds_come_from_the_dead_and_tmpfs_anew(self) -> None:
        mounts = [{"Type": "volume", "Name": "v", "Source": "/var/v", "Destination": "/data", "RW": True}]
        host = {"NetworkMode": "default", "Tmpfs": {"/run": "size=1m", "/tmp": ""}}
        plan = rerun(details(Mounts=mounts, HostConfig=host))
        assert values_of(plan.argv, "--volumes-from") == [ID[:12]]
        assert values_of(plan.argv, "--tmpfs") == ["/run:size=1m", "/tmp"]

    def test_beside_a_tmpfs_mount_each_volume_is_mounted_by_itself(self) -> None:
        mounts = [
            {"Type": "volume", "Name": "v", "Source": "/var/v", "Destination": "/data", "RW": False},
            {"Type": "bind", "Source": "/a,b", "Destination": "/bind", "RW": True},
            {"Type": "tmpfs", "Source": "", "Destination": "/t", "RW": True},
        ]
        tmpfs = {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1000, "Mode": 0o1777}}
        plan = rerun(details(Mounts=mounts, HostConfig={"NetworkMode": "default", "Mounts": [tmpfs]}))
        assert "--volumes-from" not in plan.argv
        assert values_of(plan.argv, "--mount") == [
            "type=volume,source=v,target=/data,readonly",
            'type=bind,"source=/a,b",target=/bind',
            "type=tmpfs,target=/t,tmpfs-size=1000,tmpfs-mode=1777",
        ]

    def test_a_kind_of_mount_that_cannot_be_had_again_is_named(self) -> None:
        plan = rerun(details(Mounts=[{"Type": "image", "Destination": "/tools"}]))
        assert "Left out: the image mounted at /tools." in plan.banner

    def test_its_own_user_unless_told(self) -> None:
        assert "--user" not in rerun(details()).argv
        assert values_of(rerun(details(), user="root").argv, "--user") == ["root"]

    @pytest.mark.parametrize(
        ("status", "key"), [("running", "e"), ("paused", "s"), ("removing", ""), ("dead", "")]
    )
    def test_what_is_not_dead_is_refused(self, status: str, key: str) -> None:
        refusal = rerun_plan(details(status), docker, shell=SH, networks=(), running=(), suffix="beef")
        assert isinstance(refusal, Refusal)
        assert refusal.key == key

    def test_without_a_shell_its_changes_can_still_be_seen(self) -> None:
        refusal = rerun_plan(details(), docker, shell=None, networks=(), running=(), suffix="beef")
        assert isinstance(refusal, Refusal)
        assert refusal.key == "d"

    def test_between_restarts_it_can_be_had_and_says_that_they_go_on(self) -> None:
        assert "It goes on restarting meanwhile." in rerun(details("restarting")).banner

    @pytest.mark.parametrize(
        ("name", "image"), [("Shop__Web..1", "shop-web-1"), ("a-_b", "a-b"), ("___", "fallback")]
    )
    def test_any_container_name_becomes_one_that_an_image_may_have(self, name: str, image: str) -> None:
        assert image_name(name, "fallback") == image


class TestConditions:
    def test_limits_rights_and_names_are_the_same(self) -> None:
        host = {
            "Memory": 67108864,
            "MemorySwap": -1,
            "NanoCpus": 1500000000,
            "PidsLimit": 20,
            "ShmSize": 1 << 20,
            "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}],
            "Privileged": True,
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges", 'seccomp={"a":1}'],
            "Devices": [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}],
            "ExtraHosts": ["db:10.0.0.1"],
            "Sysctls": {"net.core.somaxconn": "10"},
        }
        words = conditions(host, {"Hostname": "web"}, ID, own_network=True)
        assert shlex.join(words) == (
            "--memory 67108864 --memory-swap -1 --pids-limit 20 --cpus 1.5 --shm-size 1048576 "
            "--ulimit nofile=10:20 --privileged --read-only --cap-drop ALL "
            "--security-opt no-new-privileges --device /dev/a:/dev/b:r --hostname web "
            "--add-host db:10.0.0.1 --sysctl net.core.somaxconn=10"
        )

    def test_nothing_is_said_about_a_container_like_any_other(self) -> None:
        host = {"Memory": 0, "PidsLimit": -1, "ShmSize": 64 << 20, "CapAdd": None, "CpuQuota": 0}
        assert conditions(host, {"Hostname": ID[:12]}, ID, own_network=True) == ()

    def test_names_are_not_given_where_the_network_is_anothers(self) -> None:
        host = {"ExtraHosts": ["db:10.0.0.1"]}
        assert conditions(host, {"Hostname": "web"}, ID, own_network=False) == ()


class TestCommands:
    @pytest.mark.parametrize("fails", [False, True])
    def test_what_is_copied_is_one_command_that_a_shell_runs_in_that_order(self, *, fails: bool) -> None:
        end = ("false",) if fails else ("echo", "it's argv")
        plan = Plan(
            "x",
            end,
            pull=("echo", "pull"),
            prepare=(("echo", "prepare"),),
            cleanup=(("echo", "clean"),),
        )
        sh = shutil.which("sh")
        assert sh
        done = subprocess.run([sh, "-c", plan.commands()], check=False, capture_output=True, text=True)
        expected = ["pull", "prepare", *([] if fails else ["it's argv"]), "clean"]
        assert done.stdout.splitlines() == expected


class TestOutcome:
    PLAN = Plan("shell in web-1", ("docker", "exec"))

    @pytest.mark.parametrize(
        ("result", "seconds", "line"),
        [
            (0, 12.4, "shell in web-1 left after 12 s"),
            (0, 192, "shell in web-1 left after 3 min 12 s"),
            (3, 2, "shell in web-1 left after 2 s with status 3"),
            (130, 2, "shell in web-1 left after 2 s with 130 (Ctrl+C)"),
            (127, 9, "shell in web-1 left after 9 s with 127 (its last command was not found)"),
            (127, 0.1, "shell in web-1 did not start: its command was not found (127)"),
            (126, 0.1, "shell in web-1 did not start: its command cannot be executed (126)"),
            (125, 9, "shell in web-1 did not start: docker itself failed (125)"),
            (143, 5, "shell in web-1 was ended by SIGTERM after 5 s (143)"),
        ],
    )
    def test_is_one_line_in_words(self, result: int, seconds: float, line: str) -> None:
        assert outcome(self.PLAN, result, seconds) == line

    def test_a_kill_says_that_the_container_may_have_ended(self) -> None:
        assert "its container ended" in outcome(self.PLAN, 137, 5)

    def test_a_killed_command_line_warns_that_its_child_may_still_run(self) -> None:
        line = outcome(self.PLAN, -signal.SIGKILL, 5)
        assert "SIGKILL" in line
        assert "may still run" in line

    def test_a_program_that_did_not_start_is_told(self) -> None:
        line = outcome(self.PLAN, FileNotFoundError(2, "No such file or directory"), 0)
        assert line == "shell in web-1: docker could not be started: No such file or directory"

    def test_only_what_never_was_a_session_counts_as_failed(self) -> None:
        assert failed(125, 60)
        assert failed(127, 0.2)
        assert failed(-9, 60)
        assert failed(OSError(), 0)
        assert not failed(127, 60)
        assert not failed(1, 0.2)
        assert not failed(137, 60)
