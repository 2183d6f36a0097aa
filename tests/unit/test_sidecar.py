"""Plans of sidecars: what they share with their target, what their profile shows them, and what they say of it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.model.rights import CAPABILITIES, DEFAULT, Rights, configured, from_status, ids, sees
from cdbg_tui.sessions import recent
from cdbg_tui.sessions.life import Life, ending
from cdbg_tui.sessions.plan import Plan, Refusal, outcome
from cdbg_tui.sessions.profiles import BY_NAME, GENERAL, NOBODY, PROFILES, own_user
from cdbg_tui.sessions.sidecar import Toolbox, Wishes, needs_rights, reach, sidecar_plan

ID = "0123456789ab" + "c" * 52
OTHER = "9876543210fe" + "d" * 52
NETSHOOT = Toolbox("nicolaka/netshoot")
ROOT = Rights(0, 0, DEFAULT)
APP = Rights(1000, 1000)


def docker(*words: str) -> tuple[str, ...]:
    return ("docker", "--host", "unix:///e.sock", *words)


def details(status: str = "running", **more: Any) -> dict[str, Any]:
    """An inspection, with *more* of its top-level fields."""
    return {
        "Id": ID,
        "Name": "/web-1",
        "Created": "2026-01-01T00:00:00Z",
        "State": {"Status": status, "Pid": 4711, "StartedAt": "2026-01-01T00:00:01Z"},
        "Config": {"Image": "web:1", "Labels": {}},
        "HostConfig": {"NetworkMode": "default"},
        **more,
    }


def planned(inspected: Mapping[str, Any] | None = None, toolbox: Toolbox = NETSHOOT, **more: Any) -> Plan:
    rights = more.pop("rights", None)
    plan = sidecar_plan(inspected or details(), docker, toolbox, "beef", Wishes(**more), rights)
    assert isinstance(plan, Plan), plan
    return plan


def values_of(argv: tuple[str, ...], option: str) -> list[str]:
    return [after for word, after in pairwise(argv) if word == option]


class TestPlan:
    def test_joins_the_namespaces_and_is_removed_by_the_engine(self) -> None:
        plan = planned()
        assert {"--rm", "-it"} <= set(plan.argv)
        assert values_of(plan.argv, "--pid") == [f"container:{ID[:12]}"]
        assert values_of(plan.argv, "--network") == [f"container:{ID[:12]}"]
        assert values_of(plan.argv, "--cap-add") == ["SYS_PTRACE"]
        assert values_of(plan.argv, "--name") == ["cdbg-web-1-beef"]
        assert set(values_of(plan.argv, "--label")) == {"dev.cdbg.session=sidecar", f"dev.cdbg.target={ID}"}
        assert values_of(plan.argv, "--user") == ["0"]
        assert not {"--privileged", "--volumes-from", "--ipc", "--tmpfs"} & set(plan.argv)
        assert plan.commands() == shlex.join(plan.argv)

    def test_the_banner_names_where_files_and_variables_are(self) -> None:
        plan = planned()
        assert any("/target (/proc/1/root); its variables: . /target.env" in line for line in plan.banner)
        assert plan.argv[-1].startswith("p=/proc/1\nt=/target; ln -sfn $p/root $t\n")

    @pytest.mark.parametrize("profile", PROFILES, ids=lambda one: one.name)
    @pytest.mark.parametrize("rights", [None, ROOT, APP])
    def test_the_banner_has_six_lines_at_most(self, profile: Any, rights: Rights | None) -> None:
        paused = details("paused", HostConfig={"IpcMode": "shareable"})
        toolbox = Toolbox("nicolaka/netshoot", note="It is for arm64.")
        plan = planned(paused, toolbox, profile=profile, volumes=True, ipc=True, rights=rights)
        assert len(plan.banner) <= 6
        assert any("frozen" in line for line in plan.banner)
        assert profile.name in plan.banner[0]

    def test_a_target_in_the_hosts_pid_namespace_has_its_own_number(self) -> None:
        plan = planned(details(HostConfig={"PidMode": "host"}))
        assert plan.argv[-1].startswith("p=/proc/4711\n")
        assert any("/proc/4711/root" in line for line in plan.banner)

    def test_a_target_in_another_containers_pid_namespace_is_searched_for(self) -> None:
        plan = planned(details(HostConfig={"PidMode": f"container:{OTHER}"}))
        assert f"*{ID}*)" in plan.argv[-1]
        assert any("/proc/N/root" in line for line in plan.banner)

    def test_the_image_is_pulled_first_only_when_told(self) -> None:
        assert planned().pull == ()
        plan = planned(pull=True)
        assert plan.pull == docker("pull", "nicolaka/netshoot")
        assert plan.commands().startswith("docker --host unix:///e.sock pull nicolaka/netshoot &&\n")

    def test_confinement_that_would_hide_the_target_is_lifted(self) -> None:
        assert "apparmor=unconfined" not in planned(details(AppArmorProfile="docker-default")).argv
        assert "apparmor=unconfined" in planned(details(AppArmorProfile="mine")).argv
        own_users = details(HostConfig={"UsernsMode": "host"})
        assert values_of(planned(own_users).argv, "--userns") == ["host"]

    def test_restricted_keeps_its_confinement_and_says_what_that_hides(self) -> None:
        plan = planned(details(AppArmorProfile="mine"), profile=BY_NAME["restricted"], rights=APP)
        assert "apparmor=unconfined" not in plan.argv
        assert any("another AppArmor profile (mine)" in line for line in plan.banner)

    @pytest.mark.parametrize(
        ("mode", "word"),
        [("shareable", f"container:{ID[:12]}"), ("host", "host"), (f"container:{OTHER}", f"container:{OTHER}")],
    )
    def test_ipc_is_shared_where_the_target_shares_it(self, mode: str, word: str) -> None:
        plan = planned(details(HostConfig={"IpcMode": mode}), ipc=True)
        assert values_of(plan.argv, "--ipc") == [word]

    @pytest.mark.parametrize("mode", ["private", "none", ""])
    def test_ipc_of_its_own_is_refused(self, mode: str) -> None:
        refusal = sidecar_plan(details(HostConfig={"IpcMode": mode}), docker, NETSHOOT, "beef", Wishes(ipc=True))
        assert isinstance(refusal, Refusal)
        assert "--ipc shareable" in refusal.sentence

    def test_volumes_are_mounted_by_choice(self) -> None:
        assert values_of(planned(volumes=True).argv, "--volumes-from") == [ID[:12]]

    def test_a_command_stands_in_the_stead_of_the_shell(self) -> None:
        plan = planned(command=("ss", "-tlnp"), terminal=False)
        assert plan.argv[-3:] == ("sidecar", "ss", "-tlnp")
        assert plan.argv[-4].endswith('\nexec "$@"')
        assert "-i" in plan.argv
        assert "-it" not in plan.argv

    def test_the_targets_root_needs_a_static_busybox_and_root(self) -> None:
        static = Toolbox("busybox", static="/bin/busybox")
        assert "/bin/busybox chroot $p/root" in planned(toolbox=static, stands_in_root=True).argv[-1]
        for toolbox, wishes in (
            (NETSHOOT, Wishes(stands_in_root=True)),
            (static, Wishes(stands_in_root=True, user="1000")),
            (static, Wishes(stands_in_root=True, profile=BY_NAME["restricted"])),
        ):
            assert isinstance(sidecar_plan(details(), docker, toolbox, "beef", wishes), Refusal)

    @pytest.mark.parametrize(
        ("status", "key"), [("exited", "c"), ("created", "c"), ("restarting", "c"), ("removing", "")]
    )
    def test_what_has_no_namespaces_is_refused(self, status: str, key: str) -> None:
        refusal = sidecar_plan(details(status), docker, NETSHOOT, "beef")
        assert isinstance(refusal, Refusal)
        assert refusal.key == key


class TestProfiles:
    def test_are_those_of_kubectl_debug_and_the_general_one_comes_first(self) -> None:
        assert [one.name for one in PROFILES] == ["general", "netadmin", "sysadmin", "privileged", "restricted"]

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("general", ("--cap-add", "SYS_PTRACE")),
            ("netadmin", ("--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW")),
            ("sysadmin", ("--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE")),
            ("privileged", ("--privileged",)),
            ("restricted", ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")),
        ],
    )
    def test_give_these_rights_and_no_more(self, name: str, words: tuple[str, ...]) -> None:
        assert BY_NAME[name].options() == words

    def test_restricted_is_never_root_unless_told(self) -> None:
        restricted = BY_NAME["restricted"]
        assert own_user(restricted, APP) == "1000:1000"
        assert [own_user(restricted, one) for one in (None, ROOT, Rights(None, None))] == [NOBODY] * 3
        plan = planned(profile=restricted, rights=APP)
        assert values_of(plan.argv, "--user") == ["1000:1000"]
        assert values_of(plan.argv, "--tmpfs") == ["/tmp"]
        assert any("in /tmp/target (" in line for line in plan.banner)

    @pytest.mark.parametrize(
        ("name", "user", "target", "seen"),
        [
            ("general", "0", APP, True),
            ("general", "0", Rights(0, 0, frozenset(CAPABILITIES)), True),
            ("general", "1000:1000", APP, True),
            ("general", "1000:1000", ROOT, False),
            ("general", "1000", APP, None),  # its group is the toolbox's to say
            ("general", "1001", APP, False),
            ("netadmin", "0", ROOT, True),
            ("netadmin", "0", Rights(0, 0), True),
            ("netadmin", "0", APP, False),
            ("netadmin", "0", Rights(0, 0, DEFAULT | {"SYS_ADMIN"}), False),
            ("sysadmin", "0", APP, True),
            ("privileged", "0", APP, True),
            ("restricted", "1000:1000", APP, True),
            ("restricted", "0", Rights(0, 0), True),
            ("restricted", "0", ROOT, False),
            ("restricted", NOBODY, ROOT, False),
            ("netadmin", "0", Rights(None, None), None),
            ("general", "app", APP, None),
        ],
    )
    def test_what_is_seen_follows_the_rule_of_ptrace(
        self, name: str, user: str, target: Rights, seen: bool | None
    ) -> None:
        told, why = reach(details(), BY_NAME[name], user, target)
        assert told is seen
        assert bool(why) == (seen is False)

    def test_what_stays_out_of_reach_is_said_with_what_helps(self) -> None:
        plan = planned(profile=BY_NAME["netadmin"], rights=APP)
        assert any("stay out of reach: it runs as uid 1000" in line for line in plan.banner)
        assert any("general sees them" in line for line in plan.banner)
        more = Rights(0, 0, DEFAULT | {"NET_ADMIN", "SYS_ADMIN"})
        assert any(
            "lacks (SYS_ADMIN)" in line for line in planned(profile=BY_NAME["netadmin"], rights=more).banner
        )

    def test_the_target_is_looked_at_only_where_it_matters(self) -> None:
        assert not needs_rights(Wishes())
        assert not needs_rights(Wishes(profile=BY_NAME["sysadmin"]))
        for wishes in (
            Wishes(user="1000"), Wishes(profile=BY_NAME["netadmin"]), Wishes(profile=BY_NAME["restricted"])
        ):  # fmt: skip
            assert needs_rights(wishes)
        assert GENERAL in PROFILES


class TestRights:
    def test_ids_are_found_as_the_engine_finds_them(self) -> None:
        known = "root:x:0:0::/:/bin/sh\n\nbroken\napp:x:1000:100:::\nodd:x:x:1:::\n"
        group = "staff:x:50:\n"
        assert ids("") == (0, 0)
        assert ids("1000") == (1000, 0)
        assert ids("1000", known) == (1000, 100)
        assert ids("app", known) == (1000, 100)
        assert ids("app:staff", known, group) == (1000, 50)
        assert ids("1000:7") == (1000, 7)
        assert ids("app") == (None, None)
        assert ids("odd", known) == (None, None)
        assert ids("root:nogroup") == (0, None)

    def test_only_root_is_permitted_what_its_container_has(self) -> None:
        host = {"CapAdd": ["CAP_NET_ADMIN"], "CapDrop": ["KILL"]}
        assert configured(details(HostConfig=host)).capabilities == DEFAULT - {"KILL"} | {"NET_ADMIN"}
        user = details(HostConfig=host, Config={"User": "1000:1000"})
        assert configured(user) == APP
        assert configured(details(HostConfig={"CapDrop": ["ALL"]})).capabilities == frozenset()
        everything = frozenset(CAPABILITIES)
        assert configured(details(HostConfig={"Privileged": True})).capabilities == everything
        assert configured(details(HostConfig={"CapAdd": ["ALL"], "CapDrop": ["KILL"]})).capabilities == (
            everything - {"KILL"}
        )

    def test_the_kernel_tells_them_bit_by_bit(self) -> None:
        status = "Name:\tsleep\nUid:\t0\t0\t0\t0\nGid:\t5\t5\t5\t5\nCapPrm:\t00000000a80425fb\n"
        assert from_status(status) == Rights(0, 5, DEFAULT)
        half_way = from_status(status.replace("0\t0\t0\t0", "0\t33\t0\t33"))
        assert half_way is not None
        assert half_way.uid is None
        assert from_status("Name:\tsleep\n") is None

    def test_what_is_not_known_is_not_claimed(self) -> None:
        assert sees(ROOT, Rights(None, None)) is None
        assert sees(Rights(0, 0, frozenset({"SYS_PTRACE"})), Rights(None, None)) is True


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_variables_of_any_kind_can_be_sourced(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell}")
    values: dict[str, bytes] = {
        "PLAIN": b"plain",
        "QUOTES": b"it's \"q\" $HOME `x` \\ '''",
        "LINES": b"one\ntwo\n\n",
        "FIRST": b"\nthree",
        "CONTROL": b"\x01\x02\x1b[31m\x7f",
        "EMPTY": b"",
        "EQUALS": b"a=b=c",
        "UTF": "ünï漢".encode(),
        "LATIN": b"\xff\xfe",
        "OPTION": b"-n",
        "b": b"a name that the script itself uses",
    }
    odd = {"a.b": "no name", "UID": "5", "PROMPT_COMMAND": "echo run", "1X": "no name", "X; echo run": "no name"}
    words = [f"{name}={value}" for name, value in odd.items()]
    environ = b"".join(name.encode() + b"=" + value + b"\0" for name, value in values.items()) + b"".join(
        word.encode() + b"\0" for word in [*words, "PATH=/its/own:/bin"]
    )
    (tmp_path / "environ").write_bytes(environ)
    script = planned().argv[-1].split("\n{", 1)[1].split("\n} 2>/dev/null", 1)[0]
    names = " ".join(values)
    shown = (
        f"p={shlex.quote(str(tmp_path))} t={shlex.quote(str(tmp_path / 'out'))}\n{script}\n"
        f'. "$t.env"\nfor n in {names} PATH; do eval "printf \'%s\\\\000\' \\"\\$$n\\""; done'
    )
    inner = [program, "sh"] if shell == "busybox" else [program]
    done = subprocess.run([*inner, "-c", shown], capture_output=True, check=True, env={"PATH": "/usr/bin:/bin"})
    found = done.stdout.split(b"\0")
    assert found[:-1] == [*values.values(), b"/usr/bin:/bin:/its/own:/bin"]
    assert done.stderr == b""


class TestEnding:
    LIFE = Life("web-1", "2026-01-01T00:00:01Z", docker("inspect", ID))

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ('{"Status":"running","StartedAt":"2026-01-01T00:00:01Z","FinishedAt":""}', ""),
            (
                '{"Status":"running","StartedAt":"2026-01-01T00:05:00Z","FinishedAt":"2026-01-01T00:04:59Z"}',
                "web-1 restarted at ",
            ),
            (
                '{"Status":"restarting","StartedAt":"2026-01-01T00:00:01Z","FinishedAt":"2026-01-01T00:04:59Z"}',
                "web-1 restarted at ",
            ),
            (
                '{"Status":"exited","StartedAt":"2026-01-01T00:00:01Z","FinishedAt":"2026-01-01T00:04:59Z"}',
                "web-1 ended at ",
            ),
            ("", ""),
            ("[]", ""),
            ("no JSON", ""),
        ],
    )
    def test_tells_what_became_of_the_target(self, state: str, words: str) -> None:
        told = ending(self.LIFE, state.encode())
        assert told.startswith(words)
        assert bool(told) == bool(words)

    def test_stands_in_the_outcome(self) -> None:
        line = outcome(planned(), 137, 12.0, "web-1 ended at 14:02:11: its namespaces are gone")
        assert line.startswith("sidecar of web-1 was ended after 12 s: web-1 ended at 14:02:11")


class TestRecent:
    def test_the_last_used_comes_first_and_nobody_else_may_read_it(self, tmp_path: Path) -> None:
        folder = tmp_path / "state"
        assert recent.used(folder) == ()
        for number in range(12):
            recent.remember(folder, recent.Used(f"image-{number}", f"id-{number}", "/bin/sh"))
        recent.remember(folder, recent.Used("image-5", "id-55", "/bin/ash"))
        assert [one.image for one in recent.used(folder)][:3] == ["image-5", "image-11", "image-10"]
        assert len(recent.used(folder)) == recent.REMEMBERED
        assert recent.shells(folder)["id-55"] == "/bin/ash"
        assert (folder / recent.FILE).stat().st_mode & 0o777 == 0o600
        assert [one.name for one in folder.iterdir()] == [recent.FILE]

    @pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"image": 1}]', "[[]]"])
    def test_a_file_that_says_something_else_is_as_none(self, tmp_path: Path, text: str) -> None:
        (tmp_path / recent.FILE).write_text(text)
        assert recent.used(tmp_path) == ()
        recent.remember(tmp_path, recent.Used("a", "b", "c"))
        assert len(recent.used(tmp_path)) == 1

    def test_a_folder_that_cannot_be_written_is_no_trouble(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        recent.remember(tmp_path / "file", recent.Used("a", "b", "c"))
        assert recent.used(tmp_path / "file") == ()
