"""Plans that enter a running container: what they run, what they tell before, and whom they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from cdbg_tui.engine.host import NAMESPACES, HostView
from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.attach import attach_plan, takes_input
from cdbg_tui.sessions.exec import exec_plan
from cdbg_tui.sessions.nsenter import nsenter_plan
from cdbg_tui.sessions.plan import Plan, Refusal

ID = "0123456789abcdef"
ROOT = HostView(4711, 99, has_rights=True, shared=frozenset({"user"}))


def docker(*words: str) -> tuple[str, ...]:
    return ("docker", *words)


def details(status: str = "running", *, stdin: bool = False, tty: bool = False, **config: Any) -> dict[str, Any]:
    return {
        "Id": ID,
        "Name": "/web-1",
        "Path": "serve",
        "Args": ["--now"],
        "State": {"Status": status, "Pid": 4711 if status in ("running", "paused") else 0},
        "Config": {"OpenStdin": stdin, "Tty": tty, **config},
    }


def running() -> Container:
    return Container(ID, "web-1", "shop/web:1", State.RUNNING)


class TestExec:
    def plan(self, **more: Any) -> Plan | Refusal:
        return exec_plan(running(), docker, **{"shell": "/bin/sh", **more})

    def test_takes_variables_and_capabilities(self) -> None:
        made = self.plan(variables="A=1 B='x y' HOME", privileged=True, command="env")
        assert isinstance(made, Plan)
        words = " ".join(made.argv)
        assert "--env A=1 --env B=x y --env HOME --privileged 0123456789ab env" in words

    def test_a_secret_variable_is_run_and_masked_where_it_is_shown(self) -> None:
        made = self.plan(variables="DB_PASSWORD=hunter2")
        assert isinstance(made, Plan)
        assert "hunter2" in made.commands()
        assert "hunter2" not in made.shown()

    @pytest.mark.parametrize("variables", ["=x", "'a b=c'", "A='"])
    def test_what_is_no_variable_is_a_sentence(self, variables: str) -> None:
        assert isinstance(self.plan(variables=variables), Refusal)

    @pytest.mark.parametrize("user", ["", "app", "app:staff", "4711", "4711:0", "0"])
    def test_a_user_that_it_knows_and_any_number_is_taken(self, user: str) -> None:
        assert isinstance(self.plan(user=user, users=("root", "app")), Plan)

    def test_a_name_that_it_does_not_know_is_refused_with_those_that_it_does(self) -> None:
        made = self.plan(user="nosuch", users=("root", "app"))
        assert made == Refusal(
            "web-1 has no user “nosuch”: it knows root, app. A number does everywhere, as 0 or 1000:1000."
        )
        made = self.plan(user="root", users=())
        assert isinstance(made, Refusal)
        assert "it has no /etc/passwd" in made.sentence

    def test_without_a_terminal_there_is_none_inside(self) -> None:
        made = self.plan(command=("cat", "/etc/hosts"), tty=False)
        assert isinstance(made, Plan)
        assert made.argv == ("docker", "exec", "-i", "0123456789ab", "cat", "/etc/hosts")


class TestAttach:
    def plan(self, **more: Any) -> Plan:
        made = attach_plan(details(**more), docker)
        assert isinstance(made, Plan), made
        return made

    def test_with_a_terminal_each_key_is_the_programs_and_one_leaves(self) -> None:
        made = self.plan(stdin=True, tty=True)
        assert made.argv == (
            "docker", "attach", "--detach-keys", "ctrl-]", "--sig-proxy=false", "0123456789ab",
        )  # fmt: skip
        told = " ".join(made.banner)
        assert "Ctrl+C, too" in told
        assert "Ctrl+] leaves" in told
        assert "serve --now" in told
        assert not made.ends_on_ctrl_c
        assert takes_input(details(stdin=True))

    def test_without_a_terminal_ctrl_c_leaves_and_is_not_passed_on(self) -> None:
        made = self.plan(stdin=True)
        assert made.argv == ("docker", "attach", "--sig-proxy=false", "0123456789ab")
        told = " ".join(made.banner)
        assert "Ctrl+C leaves, and is not passed on" in told
        assert "Ctrl+]" not in told
        assert made.ends_on_ctrl_c
        assert "Ctrl+D" not in told
        assert "Ctrl+D ends its input, for good." in " ".join(self.plan(stdin=True, StdinOnce=True).banner)

    @pytest.mark.parametrize("tty", [False, True])
    def test_without_input_it_says_that_there_is_only_output(self, *, tty: bool) -> None:
        made = self.plan(tty=tty)
        assert "--no-stdin" in made.argv
        assert "Output only" in made.banner[0]
        assert made.ends_on_ctrl_c
        assert not takes_input(details(tty=tty))

    def test_a_pipe_on_this_side_is_not_given_to_a_terminal_on_the_other(self) -> None:
        made = attach_plan(details(stdin=True, tty=True), docker, tty=False)
        assert isinstance(made, Plan)
        assert "--no-stdin" in made.argv
        made = attach_plan(details(stdin=True), docker, tty=False)
        assert isinstance(made, Plan)
        assert "--no-stdin" not in made.argv

    @pytest.mark.parametrize(
        ("status", "key"),
        [("paused", "x"), ("restarting", "c"), ("created", "x"), ("exited", "c"), ("removing", ""), ("dead", "")],
    )
    def test_what_cannot_be_attached_to_names_the_key_that_helps(self, status: str, key: str) -> None:
        made = attach_plan(details(status), docker)
        assert isinstance(made, Refusal)
        assert made.key == key
        assert made.sentence.startswith("web-1 ")


class TestHostTools:
    def plan(self, found: HostView = ROOT, status: str = "running", **more: Any) -> Plan | Refusal:
        return nsenter_plan(details(status), found, **{"shell": "/bin/bash", "inside": "/bin/ash", **more})

    def argv(self, **more: Any) -> str:
        made = self.plan(**more)
        assert isinstance(made, Plan), made
        assert made.is_local
        return " ".join(made.argv)

    def test_this_machines_shell_in_its_network(self) -> None:
        assert self.argv() == "nsenter --target 4711 --net -- /bin/bash"

    def test_a_command_with_its_own_options(self) -> None:
        assert self.argv(command="tcpdump -ni any") == "nsenter --target 4711 --net -- tcpdump -ni any"

    def test_namespaces_by_name_in_whatever_order(self) -> None:
        assert self.argv(namespaces="pid, net mount", command="ps") == (
            "nsenter --target 4711 --net --pid --mount -- ps"
        )
        assert self.argv(namespaces="all", command="ps").count("--") == len(NAMESPACES) - 1 + 2
        assert "--user" not in self.argv(namespaces="all", command="ps")

    def test_with_its_files_the_shell_is_its_own(self) -> None:
        assert self.argv(namespaces="mnt").endswith("--mount -- /bin/ash")
        made = self.plan(namespaces="mnt", inside=None)
        assert isinstance(made, Refusal)
        assert "web-1 has no shell" in made.sentence

    def test_sudo_by_choice(self) -> None:
        assert self.argv(found=HostView(4711, 99, has_sudo=True), sudo=True).startswith("sudo nsenter ")

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"found": HostView(trouble="It is elsewhere.")}, "It is elsewhere."),
            ({"found": HostView(4711, 99)}, "takes root (CAP_SYS_ADMIN, CAP_SYS_PTRACE): start cdbg as root."),
            ({"found": HostView(4711, 99, has_sudo=True)}, "choose sudo, or start cdbg as root."),
            ({"namespaces": "nett"}, "“nett” is no namespace: there are net, pid, mnt"),
            ({"namespaces": " , "}, "Name a namespace"),
            ({"namespaces": "net,user"}, "has the user namespace of this machine"),
            ({"command": "ls '"}, "The command cannot be read"),
            ({"status": "exited"}, "web-1 does not run"),
            ({"status": "restarting"}, "between two restarts"),
        ],
    )
    def test_what_cannot_be_is_a_sentence(self, more: dict[str, Any], said: str) -> None:
        made = self.plan(**more)
        assert isinstance(made, Refusal)
        assert said in made.sentence

    def test_tells_what_is_not_its_own_and_what_still_shows_the_machine(self) -> None:
        made = self.plan(found=HostView(4711, 99, has_rights=True, shared=frozenset({"net"})), status="paused")
        assert isinstance(made, Plan)
        assert "web-1 has no net namespace of its own: that is the machine's." in made.banner
        assert "web-1 is paused: its processes are there, and frozen." in made.banner
        made = self.plan(namespaces="pid")
        assert isinstance(made, Plan)
        assert any("that takes “mnt” as well" in line for line in made.banner)
