"""Plans of the three sessions: the command lines, what is refused, and how an end is told."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
from itertools import pairwise
from typing import Any

import pytest

from cdbg_tui.engine.remains import Remains
from cdbg_tui.engine.toolbox import Strace, Toolbox
from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.conditions import DECIDED, Conditions, conditions
from cdbg_tui.sessions.exec import exec_plan
from cdbg_tui.sessions.plan import Plan, Refusal, failed, image_name, outcome, shown
from cdbg_tui.sessions.rerun import AS_IT_WAS, Choices, Start, rerun_plan

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


def left(inspected: dict[str, Any], **more: Any) -> Remains:
    facts: dict[str, Any] = {"shell": SH, "networks": ("bridge", "front", "back")}
    return Remains(inspected, **(facts | more))


def rerun(inspected: dict[str, Any], choices: Choices = AS_IT_WAS, **more: Any) -> Plan:
    plan = rerun_plan(left(inspected, **more), docker, "beef", choices)
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

    def test_never_has_restart_policy_ports_health_check_or_volumes_removed_and_says_so(self) -> None:
        inspected = details(
            HostConfig={
                "NetworkMode": "default",
                "RestartPolicy": {"Name": "always"},
                "PortBindings": {"80/tcp": [{"HostPort": "8080"}]},
                "PublishAllPorts": True,
            },
            Config={"Healthcheck": {"Test": ["CMD", "true"]}, "Labels": {"com.docker.compose.project": "shop"}},
        )
        plan = rerun(inspected)
        forbidden = {"--restart", "-p", "-P", "--publish", "--publish-all", "--rm", "-v", "--volumes"}
        for argv in (*plan.prepare, plan.argv, *plan.cleanup):
            assert not forbidden & set(argv)
        assert "--no-healthcheck" in plan.argv
        assert "Not copied: restart policy always, published ports, health check, Compose labels." in plan.banner

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

    @pytest.mark.parametrize("args", [["--password", "hunter 2"], ["--url=x://a:hunter@b"], ["--token=hunter"]])
    def test_a_secret_of_the_command_is_masked_wherever_it_is_shown(self, args: list[str]) -> None:
        plan = rerun(details(Args=args))
        assert "hunter" in plan.commands()
        assert "hunter" not in plan.shown()
        assert "hunter" not in "\n".join(plan.banner)
        assert any("its secrets are masked here" in line for line in plan.banner)
        [variable] = values_of(plan.argv, "--env")
        assert shlex.split(variable.partition("=")[2]) == ["/app/run", *args]

    def test_a_command_that_no_line_can_hold_is_not_offered_for_pasting(self) -> None:
        banner = "\n".join(rerun(details(Args=["a\nb\x1b[2J"])).banner)
        assert "\x1b" not in banner
        assert "paste" not in banner

    def test_further_networks_are_connected_before_it_starts(self) -> None:
        networks: dict[str, Any] = {"Networks": {"back": {}, "front": {}}}
        plan = rerun(details(HostConfig={"NetworkMode": "front"}, NetworkSettings=networks))
        create, *connects = plan.prepare[1:]
        assert create[3:5] == ("create", "-it")
        assert values_of(create, "--network") == ["front"]
        assert connects == [docker("network", "connect", "back", "cdbg-web-1-beef")]
        assert plan.argv[3:5] == ("start", "-ai")
        assert plan.argv[-1] == "cdbg-web-1-beef"
        assert plan.never_ran[3] == "inspect"

    def test_networks_that_are_gone_are_left_out_and_named(self) -> None:
        networks: dict[str, Any] = {"Networks": {"gone": {}, "back": {"Aliases": ["db"]}}}
        plan = rerun(details(HostConfig={"NetworkMode": "gone"}, NetworkSettings=networks))
        assert values_of(plan.argv, "--network") == ["back"]
        assert "Not copied: network gone, which is gone, network aliases." in plan.banner

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
        assert values_of(rerun(inspected, running=(OTHER,)).argv, "--network") == [f"container:{OTHER[:12]}"]
        plan = rerun(inspected)
        assert values_of(plan.argv, "--network") == ["none"]
        assert any(OTHER[:12] in line for line in plan.banner)

    MOUNTS = (
        {"Type": "volume", "Name": "v", "Source": "/var/v", "Destination": "/data", "RW": True},
        {"Type": "bind", "Source": "/a,b", "Destination": "/bind", "RW": False},
    )

    def test_volumes_and_binds_come_from_the_dead_and_tmpfs_anew(self) -> None:
        host = {"NetworkMode": "default", "Tmpfs": {"/run": "size=1m", "/tmp": ""}}
        plan = rerun(details(Mounts=self.MOUNTS, HostConfig=host))
        assert values_of(plan.argv, "--volumes-from") == [ID[:12]]
        assert values_of(plan.argv, "--tmpfs") == ["/run:size=1m", "/tmp"]
        assert "can be written" in plan.banner[0]

    def test_volumes_are_read_only_by_choice(self) -> None:
        choices = Choices(read_only_volumes=True)
        plan = rerun(details(Mounts=self.MOUNTS), choices)
        assert values_of(plan.argv, "--volumes-from") == [f"{ID[:12]}:ro"]
        assert "can be written" not in plan.banner[0]
        tmpfs = {"Type": "tmpfs", "Source": "", "Destination": "/t", "RW": True}
        each = values_of(rerun(details(Mounts=(*self.MOUNTS, tmpfs)), choices).argv, "--mount")
        assert len(each) == 2
        assert all(one.endswith(",readonly") for one in each)

    def test_beside_a_tmpfs_mount_each_volume_is_mounted_by_itself(self) -> None:
        mounts = [*self.MOUNTS, {"Type": "tmpfs", "Source": "", "Destination": "/t", "RW": True}]
        tmpfs = {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1000, "Mode": 0o1777}}
        plan = rerun(details(Mounts=mounts, HostConfig={"NetworkMode": "default", "Mounts": [tmpfs]}))
        assert "--volumes-from" not in plan.argv
        assert values_of(plan.argv, "--mount") == [
            "type=volume,source=v,target=/data",
            'type=bind,"source=/a,b",target=/bind,readonly',
            "type=tmpfs,target=/t,tmpfs-size=1000,tmpfs-mode=1777",
        ]

    def test_a_bind_whose_source_is_gone_is_left_out_and_no_volume_made_in_its_place(self) -> None:
        plan = rerun(
            details(Mounts=self.MOUNTS, Config={"Volumes": {"/bind": {}}}), gone={"/bind": "whose source is gone"}
        )
        assert values_of(plan.argv, "--mount") == ["type=volume,source=v,target=/data"]
        assert values_of(plan.argv, "--tmpfs") == ["/bind"]
        assert "Not copied: mount at /bind, whose source is gone." in plan.banner

    def test_a_kind_of_mount_that_cannot_be_had_again_is_named(self) -> None:
        plan = rerun(details(Mounts=[{"Type": "image", "Destination": "/tools"}]))
        assert "Not copied: image at /tools." in plan.banner

    def test_its_own_user_unless_told(self) -> None:
        assert "--user" not in rerun(details()).argv
        assert values_of(rerun(details(), Choices(as_root=True)).argv, "--user") == ["0"]

    def test_a_user_that_its_files_do_not_know_becomes_root_and_is_named(self) -> None:
        plan = rerun(details(Config={"User": "app"}), unknown_user="app")
        assert values_of(plan.argv, "--user") == ["0"]
        assert "Not copied: its user (no app in its files: root instead)." in plan.banner

    def test_without_network_and_with_a_writable_root_by_choice(self) -> None:
        host = {"NetworkMode": "front", "ReadonlyRootfs": True}
        inspected = details(HostConfig=host, NetworkSettings={"Networks": {"front": {}, "back": {}}})
        plan = rerun(inspected, Choices(no_network=True, writable_root=True))
        assert values_of(plan.argv, "--network") == ["none"]
        assert "--read-only" not in plan.argv
        assert "Not copied: its networks, its read-only root." in plan.banner
        assert "--read-only" in rerun(inspected).prepare[1]

    def test_an_image_that_is_gone_is_made_of_the_exported_files(self) -> None:
        config = {"Env": ["A=b c", "API_TOKEN=hunter"], "WorkingDir": "/srv", "User": "7"}
        plan = rerun(details(Config=config), has_image=False)
        words = [argv[3] if argv[0] == "docker" else argv[0] for argv in plan.prepare]
        assert words == ["export", "import", "rm"]
        archive = plan.prepare[0][5]
        assert archive in plan.prepare[1]
        assert ("rm", "-f", archive) in plan.cleanup
        assert values_of(plan.argv, "--env")[:2] == config["Env"]
        assert values_of(plan.argv, "--workdir") == ["/srv"]
        assert values_of(plan.argv, "--user") == ["7"]
        assert "hunter" not in plan.shown()

    @pytest.mark.parametrize(
        ("status", "key"), [("running", "e"), ("paused", "s"), ("removing", ""), ("dead", "")]
    )
    def test_what_is_not_dead_is_refused(self, status: str, key: str) -> None:
        refusal = rerun_plan(left(details(status)), docker, "beef")
        assert isinstance(refusal, Refusal)
        assert refusal.key == key

    def test_between_restarts_it_can_be_had_and_says_that_they_go_on(self) -> None:
        assert "It goes on restarting meanwhile." in rerun(details("restarting")).banner

    @pytest.mark.parametrize(
        ("name", "image"), [("Shop__Web..1", "shop-web-1"), ("a-_b", "a-b"), ("___", "fallback")]
    )
    def test_any_container_name_becomes_one_that_an_image_may_have(self, name: str, image: str) -> None:
        assert image_name(name, "fallback") == image

    def test_the_banner_of_one_like_any_other_is_short(self) -> None:
        assert rerun(details()).banner == (
            "A shell on a copy of what web-1 left.",
            "Copied: environment, directory /, network bridge.",
            "It was: /app/run --say 'it'\"'\"'s $HOME'",
            'To run that again, paste it, or: eval "$CDBG_COMMAND"',
            "exit or Ctrl+D comes back; then the copy is removed, or kept if you say so.",
        )


class TestTools:
    IN_IMAGE = Toolbox("/bin/busybox", "busybox:1")

    def test_with_nothing_static_at_hand_the_sentence_says_what_helps(self) -> None:
        refusal = rerun_plan(left(details(), shell=None), docker, "beef")
        assert isinstance(refusal, Refusal)
        assert "web-1 has no shell" in refusal.sentence
        assert "docker pull busybox:musl" in refusal.sentence

    def test_an_image_is_mounted_where_that_can_be_had(self) -> None:
        plan = rerun(details(), shell=None, toolbox=self.IN_IMAGE, image_mounts=True)
        assert values_of(plan.argv, "--mount") == ["type=image,source=busybox:1,target=/.cdbg/box"]
        assert values_of(plan.argv, "--entrypoint") == ["/.cdbg/box/bin/busybox"]
        assert plan.argv[-3:-1] == ("sh", "-c")
        assert "--install -s /.cdbg/bin" in plan.argv[-1]
        assert len(plan.prepare) == 1
        assert len(plan.cleanup) == 2

    def test_elsewhere_a_labelled_volume_is_filled_from_the_image_and_removed(self) -> None:
        plan = rerun(details(), shell=None, toolbox=self.IN_IMAGE)
        _, make, fill = plan.prepare
        assert make[3:5] == ("volume", "create")
        assert "dev.cdbg.session=rerun" in make
        assert fill[-5:] == ("/bin/busybox", "busybox:1", "cp", "/bin/busybox", "/.cdbg/box/busybox")
        assert values_of(plan.argv, "--mount") == ["type=volume,source=cdbg-web-1-beef,target=/.cdbg/box"]
        assert plan.cleanup[-1] == docker("volume", "rm", "cdbg-web-1-beef")
        assert "volume cdbg-web-1-beef" in plan.kept

    def test_that_of_this_machine_is_copied_into_the_container_before_it_starts(self) -> None:
        plan = rerun(details(), shell=None, toolbox=Toolbox("/usr/bin/busybox"), image_mounts=True)
        verbs = [argv[3] for argv in plan.prepare]
        assert verbs == ["commit", "volume", "create", "cp"]
        assert plan.prepare[-1] == docker("cp", "/usr/bin/busybox", "cdbg-web-1-beef:/.cdbg/box/busybox")
        assert plan.argv[3] == "start"

    def test_the_toolboxs_shell_can_be_chosen_over_its_own(self) -> None:
        choices = Choices(start=Start.TOOLBOX)
        plan = rerun(details(), choices, toolbox=self.IN_IMAGE, image_mounts=True)
        assert values_of(plan.argv, "--entrypoint") == ["/.cdbg/box/bin/busybox"]

    def test_what_is_to_be_pulled_is_pulled_first(self) -> None:
        plan = rerun(details(), Choices(pull=True), shell=None, toolbox=self.IN_IMAGE)
        assert plan.pull == docker("pull", "busybox:1")

    def test_its_own_strace_starts_the_original_and_a_shell_follows(self) -> None:
        plan = rerun(details(), Choices(start=Start.STRACE), strace=Strace("/usr/bin/strace"))
        entry = plan.argv.index("--entrypoint") + 1
        assert plan.argv[entry] == "/bin/sh"
        assert plan.argv[-6:] == ("cdbg", "/usr/bin/strace", "-f", "/app/run", "--say", "it's $HOME")
        assert "exec /bin/sh" in plan.argv[-7]

    @pytest.mark.parametrize(
        ("loader", "machine", "path"),
        [
            ("/lib/ld-musl-mips.so.1", "mips", "/lib:/usr/lib:/lib64:/usr/lib64"),
            (
                "/lib64/ld-linux-x86-64.so.2",
                "amd64",
                "/lib64:/lib:/usr/lib:/usr/lib64:/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu",
            ),
            (
                "/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
                "arm64",
                "/usr/lib/aarch64-linux-gnu:/lib:/usr/lib:/lib64:/usr/lib64:/lib/aarch64-linux-gnu",
            ),
        ],
    )
    def test_the_toolboxs_strace_is_started_by_its_own_loader(self, loader: str, machine: str, path: str) -> None:
        strace = Strace("/usr/bin/strace", "tools:1", loader, machine)
        plan = rerun(details(), Choices(start=Start.STRACE), strace=strace)
        at = plan.argv.index("cdbg") + 1
        libraries = ":".join("/.cdbg/toolbox" + folder for folder in path.split(":"))
        assert plan.argv[at : at + 5] == (
            f"/.cdbg/toolbox{loader}",
            "--library-path",
            libraries,
            "/.cdbg/toolbox/usr/bin/strace",
            "-f",
        )
        assert "type=image,source=tools:1,target=/.cdbg/toolbox" in plan.argv

    def test_without_strace_the_reason_is_told(self) -> None:
        made = rerun_plan(left(details(), strace="it has none"), docker, "beef", Choices(start=Start.STRACE))
        assert isinstance(made, Refusal)
        assert made.sentence == "web-1 cannot be started under strace: it has none."


def same(
    host: dict[str, Any], config: dict[str, Any] | None = None, *, own_network: bool = True, **more: Any
) -> Conditions:
    facts: dict[str, Any] = {"running": (), "own_network": own_network}
    return conditions(host, config or {}, ID, **(facts | more))


class TestConditions:
    def test_limits_rights_and_names_are_the_same(self) -> None:
        host = {
            "Memory": 67108864,
            "MemorySwap": -1,
            "NanoCpus": 1500000000,
            "PidsLimit": 20,
            "ShmSize": 1 << 20,
            "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}],
            "BlkioDeviceReadBps": [{"Path": "/dev/a", "Rate": 1000}],
            "StorageOpt": {"size": "1G"},
            "Privileged": True,
            "Init": True,
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges", 'seccomp={"a":1}'],
            "Devices": [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}],
            "Runtime": "runsc",
            "PidMode": "host",
            "UTSMode": "",
            "ExtraHosts": ["db:10.0.0.1"],
            "Sysctls": {"net.core.somaxconn": "10"},
        }
        found = same(host, {"Hostname": "web", "Domainname": "shop"})
        assert shlex.join(found.options) == (
            "--memory 67108864 --memory-swap -1 --pids-limit 20 --cpus 1.5 --shm-size 1048576 "
            "--ulimit nofile=10:20 --device-read-bps /dev/a:1000 --storage-opt size=1G "
            "--privileged --init --read-only --cap-drop ALL "
            "--security-opt no-new-privileges --device /dev/a:/dev/b:r --runtime runsc --pid host "
            "--hostname web --domainname shop --add-host db:10.0.0.1 --sysctl net.core.somaxconn=10"
        )
        assert found.left == ("its seccomp profile",)
        assert {"memory limits", "CPU limits", "capabilities", "the host's PID namespace"} <= set(found.copied)

    def test_nothing_is_said_about_a_container_like_any_other(self) -> None:
        host = {
            "Memory": 0,
            "PidsLimit": -1,
            "ShmSize": 64 << 20,
            "CapAdd": None,
            "CpuQuota": 0,
            "Runtime": "runc",
            "IpcMode": "private",
            "CgroupnsMode": "private",
            "LogConfig": {"Type": "json-file"},
            "RestartPolicy": {"Name": "no"},
            "ConsoleSize": [40, 120],
            "MaskedPaths": ["/proc/asound"],
        }
        assert same(host, {"Hostname": ID[:12]}) == Conditions()

    def test_names_are_not_given_where_the_network_is_anothers(self) -> None:
        host = {"ExtraHosts": ["db:10.0.0.1"], "Sysctls": {"net.core.somaxconn": "10", "kernel.msgmax": "1"}}
        found = same(host, {"Hostname": "web"}, own_network=False)
        assert found.options == ("--sysctl", "kernel.msgmax=1")

    def test_the_hosts_uts_namespace_has_its_own_hostname(self) -> None:
        assert same({"UTSMode": "host"}, {"Hostname": "web"}).options == ("--uts", "host")

    def test_namespaces_of_another_are_joined_only_while_that_runs(self) -> None:
        host = {"PidMode": f"container:{OTHER}", "IpcMode": f"container:{OTHER}"}
        joined = same(host, running=(OTHER,))
        assert joined.options == ("--pid", f"container:{OTHER[:12]}", "--ipc", f"container:{OTHER[:12]}")
        alone = same(host)
        assert alone.options == ()
        assert len(alone.left) == 2

    def test_unmasked_paths_are_a_security_option_again(self) -> None:
        host: dict[str, Any] = {"MaskedPaths": [], "ReadonlyPaths": []}
        assert same(host).options == ("--security-opt", "systempaths=unconfined")
        assert same({**host, "Privileged": True}).options == ("--privileged",)

    @pytest.mark.parametrize(
        ("request_", "options"),
        [
            ({"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}, ("--gpus", "count=all")),
            (
                {"DeviceIDs": ["0", "1"], "Capabilities": [["utility", "gpu"]], "Driver": "nvidia"},
                ("--gpus", '"device=0,1",driver=nvidia,capabilities=utility'),
            ),
            ({"Driver": "cdi", "DeviceIDs": ["vendor.com/gpu=0"]}, ("--device", "vendor.com/gpu=0")),
            ({"Driver": "tpu", "Count": 1, "Capabilities": [["tpu"]]}, ()),
        ],
    )
    def test_requested_devices_are_requested_again(
        self, request_: dict[str, Any], options: tuple[str, ...]
    ) -> None:
        found = same({"DeviceRequests": [request_]})
        assert found.options == options
        assert bool(found.left) == (not options)

    def test_what_a_later_engine_adds_is_told(self) -> None:
        assert "TeleportMode" not in DECIDED
        assert same({"TeleportMode": "on", "OtherMode": ""}).left == ("its TeleportMode",)

    def test_log_driver_links_and_policy_are_told(self) -> None:
        host = {"LogConfig": {"Type": "syslog"}, "Links": ["/db:/web/db"], "RestartPolicy": {"Name": "always"}}
        assert same(host).left == ("restart policy always", "links", "log driver syslog")


class TestShown:
    @pytest.mark.parametrize(
        ("argv", "line"),
        [
            (("docker", "run", "--env", "DB_PASSWORD=a b"), "docker run --env DB_PASSWORD=••••••"),
            (("docker", "run", "--env", "A=--token x y"), "docker run --env 'A=--token •••••• y'"),
            (("docker", "run", "--env", "A='"), "docker run --env 'A='\"'\"''"),
        ],
    )
    def test_masks_what_variables_hold(self, argv: tuple[str, ...], line: str) -> None:
        assert shlex.split(shown(argv)) == shlex.split(line)


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
