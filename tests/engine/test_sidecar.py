"""Sidecars beside targets of every kind: what each profile sees there, what is left of them, how they end."""

from __future__ import annotations

import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cdbg_tui.engine import files, images, inside, leftovers
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.rights import rights
from cdbg_tui.engine.toolbox import candidates
from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.sessions.beside import planned, read_for
from cdbg_tui.sessions.life import what_ended
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.profiles import BY_NAME, own_user
from cdbg_tui.sessions.running import on_terminal, quietly, signals_for_the_child
from cdbg_tui.sessions.sidecar import PLAIN, Wishes, reach, sidecar_refusal
from tests.engine.shell import opened
from tests.support import IMAGE, Docker, Run, eventually

BARE = "cdbg-test/one-program:1"
SEES = (
    'r=; [ -e "$1/bin/busybox" ] || [ -e "$1/app" ] && r="$r files"; '
    'grep -q "^export MARK=\'of the target\'" "$1.env" && r="$r variables"; echo "saw$r"'
)


def _of(container: str, engine: Engine) -> list[leftovers.LeftBehind]:
    return [one for one in leftovers.left_behind(engine) if one.target == container]


@pytest.fixture(autouse=True)
def _nothing_is_left(engine: Engine) -> Iterator[None]:
    before = {(one.kind, one.id) for one in leftovers.left_behind(engine)}
    yield
    eventually(lambda: not [one for one in leftovers.left_behind(engine) if (one.kind, one.id) not in before])


@pytest.fixture(scope="module")
def bare(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image with one static program and nothing else, as one FROM scratch."""
    tree = tmp_path_factory.mktemp("bare")
    maker = docker("create", IMAGE, "true").stdout.strip()
    docker("cp", f"{maker}:/bin/busybox", str(tree / "sleep"))
    docker("rm", maker)
    (tree / "app").write_text("")
    archive = tree.with_suffix(".tar")
    subprocess.run(["tar", "-C", str(tree), "-cf", str(archive), "."], check=True)
    docker("import", str(archive), BARE)
    yield BARE
    docker("rmi", "--force", BARE, check=False)


def plan_of(engine: Engine, container: str, tmp_path: Path, wishes: Wishes = PLAIN, image: str = IMAGE) -> Plan:
    found = read_for(engine, container, image, wishes, tmp_path)
    made = planned(found, engine.docker, image, secrets.token_hex(2), wishes)
    assert isinstance(made, Plan), made
    return made


def answer(plan: Plan) -> tuple[str, int]:
    done = subprocess.run(plan.argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr, done.returncode


TARGETS: dict[str, tuple[str, ...]] = {
    "root": (),
    "user": ("--user", "1000"),
    "named-user": ("--user", "app"),
    "no-capability": ("--cap-drop", "ALL"),
    "user-no-capability": ("--user", "1000:1000", "--cap-drop", "ALL"),
    "more-capabilities": ("--cap-add", "NET_ADMIN", "--cap-add", "SYS_ADMIN"),
    "no-new-privileges": ("--user", "1000", "--security-opt", "no-new-privileges"),
    "read-only": ("--read-only",),
    "host-pid": ("--pid", "host"),
    "host-network": ("--network", "host"),
    "no-network": ("--network", "none"),
    "tty": ("--tty",),
}


class TestMatrix:
    @pytest.mark.parametrize("profile", ["general", "netadmin", "sysadmin", "restricted"])
    @pytest.mark.parametrize("target", TARGETS)
    def test_what_was_foretold_is_what_is_seen(
        self, engine: Engine, run: Run, tmp_path: Path, target: str, profile: str
    ) -> None:
        container = run("sleep", "4711", options=["--env", "MARK=of the target", *TARGETS[target]])
        before = files.changes(engine, container)
        details = files.inspect(engine, container)
        who = rights(engine, details)
        wishes = Wishes(profile=BY_NAME[profile], terminal=False)
        user = own_user(wishes.profile, who)
        place = "/target" if user == "0" else "/tmp/target"
        plan = plan_of(engine, container, tmp_path, replace(wishes, command=("sh", "-c", SEES, "sh", place)))
        seen, why = reach(details, wishes.profile, user, who)
        said, status = answer(plan)
        assert status == 0, said
        assert seen is not None
        assert said == ("saw files variables\n" if seen else "saw\n"), why
        if profile in ("general", "sysadmin"):
            assert seen
        if not seen:
            assert any("stay out of reach" in line for line in plan.banner)
        assert files.changes(engine, container) == before

    @pytest.mark.parametrize("options", [(), ("--user", "1000"), ("--read-only", "--cap-drop", "ALL")])
    def test_one_without_a_shell_or_anything_else(
        self, engine: Engine, run: Run, bare: str, tmp_path: Path, options: Sequence[str]
    ) -> None:
        container = run("/sleep", "4711", image=bare, options=["--env", "MARK=of the target", *options])
        before = files.changes(engine, container)
        wishes = Wishes(command=("sh", "-c", SEES, "sh", "/target"), terminal=False)
        assert answer(plan_of(engine, container, tmp_path, wishes)) == ("saw files variables\n", 0)
        assert files.changes(engine, container) == before

    def test_one_in_anothers_pid_namespace(self, engine: Engine, run: Run, tmp_path: Path) -> None:
        first = run("sleep", "1000")
        options = ["--pid", f"container:{first}", "--env", "MARK=of the target"]
        container = run("sh", "-c", "echo found > /tmp/it; exec sleep 4711", options=options)
        with opened(plan_of(engine, container, tmp_path)) as shell:
            assert shell.ask("cat /target/tmp/it; . /target.env; echo $MARK") == "found\nof the target"
            assert shell.leave() == 0

    def test_one_in_anothers_network(self, engine: Engine, run: Run, tmp_path: Path) -> None:
        first = run("sleep", "1000")
        container = run("sleep", "1000", options=["--network", f"container:{first}"])
        ask = Wishes(command=("ip", "-4", "-o", "addr", "show", "eth0"), terminal=False)
        expected, _ = answer(plan_of(engine, first, tmp_path, ask))
        assert "inet 172." in expected
        assert answer(plan_of(engine, container, tmp_path, ask)) == (expected, 0)

    def test_a_paused_one(self, engine: Engine, run: Run, docker: Docker, tmp_path: Path) -> None:
        container = run("sh", "-c", "echo found > /it; exec sleep 1000")
        eventually(lambda: inside.look(engine, container, "/it"))
        docker("pause", container)
        with opened(plan_of(engine, container, tmp_path)) as shell:
            assert shell.ask("cat /target/it") == "found"
            assert shell.leave() == 0

    def test_one_whose_image_was_removed(
        self, engine: Engine, run: Run, docker: Docker, bare: str, tmp_path: Path
    ) -> None:
        docker("tag", bare, "cdbg-test/gone:1")
        container = run("/sleep", "4711", image="cdbg-test/gone:1")
        docker("rmi", "--force", "cdbg-test/gone:1")
        wishes = Wishes(command=("ls", "/target/"), terminal=False)
        said, status = answer(plan_of(engine, container, tmp_path, wishes))
        assert status == 0
        assert "app" in said.split()

    def test_the_dead_are_refused_before_anything_is_made(self, engine: Engine, run: Run, docker: Docker) -> None:
        ended, unstarted = run("true"), run("sleep", "1", start=False)
        looping = run("false", options=["--restart", "always"])
        docker("wait", ended)

        def between_two_starts() -> Container | None:
            seen = from_inspect(files.inspect(engine, looping))
            return seen if seen.state is State.RESTARTING else None

        dead = [from_inspect(files.inspect(engine, one)) for one in (ended, unstarted)]
        for container in (*dead, eventually(between_two_starts)):
            assert container is not None
            refusal = sidecar_refusal(container)
            assert isinstance(refusal, Refusal)
            assert refusal.key == "c"

    def test_a_privileged_one_sees_all(self, engine: Engine, run: Run, tmp_path: Path) -> None:
        container = run("sleep", "1000", options=["--user", "1000", "--env", "MARK=of the target"])
        wishes = Wishes(profile=BY_NAME["privileged"], command=("sh", "-c", SEES, "sh", "/target"), terminal=False)
        said, _ = answer(plan_of(engine, container, tmp_path, wishes))
        if "unable to apply caps" in said:
            pytest.skip("this engine may not give what it does not have itself")
        assert said == "saw files variables\n"


class TestChoices:
    def test_stands_in_the_targets_root_with_the_toolbox_at_hand(
        self, engine: Engine, run: Run, bare: str, tmp_path: Path
    ) -> None:
        container = run(
            "/sleep", "4711", image=bare, options=["--user", "1000", "--env", "MARK=of the target", "--read-only"]
        )
        with opened(plan_of(engine, container, tmp_path, Wishes(stands_in_root=True))) as shell:
            assert shell.ask("echo /app*; echo $MARK; pwd; id -u") == "/app\nof the target\n/\n0"
            assert shell.ask("tac /proc/1/comm") == "sleep"
            assert shell.leave() == 0
        assert files.changes(engine, container) == []

    def test_volumes_are_there_and_outlive_the_sidecar(
        self, engine: Engine, run: Run, docker: Docker, tmp_path: Path
    ) -> None:
        container = run("sh", "-c", "echo kept > /data/it; exec sleep 1000", options=["--volume", "/data"])
        eventually(lambda: inside.look(engine, container, "/data/it"))
        wishes = Wishes(volumes=True, command=("cat", "/data/it"), terminal=False)
        plan = plan_of(engine, container, tmp_path, wishes)
        assert answer(plan) == ("kept\n", 0)
        assert quietly(plan) == 0
        assert docker("exec", container, "cat", "/data/it").stdout == "kept\n"

    @pytest.mark.parametrize("mode", ["shareable", "host"])
    def test_ipc_is_that_of_the_target(self, engine: Engine, run: Run, tmp_path: Path, mode: str) -> None:
        container = run("sleep", "1000", options=["--ipc", mode])
        same = "[ $(readlink /proc/self/ns/ipc) = $(readlink /proc/1/ns/ipc) ]"
        wishes = Wishes(ipc=True, command=("sh", "-c", same), terminal=False)
        assert answer(plan_of(engine, container, tmp_path, wishes)) == ("", 0)

    def test_the_rights_of_a_name_are_looked_up_in_its_own_files(self, engine: Engine, run: Run) -> None:
        details = files.inspect(engine, run("sleep", "1000", options=["--user", "app"]))
        far_away = {**details, "State": {**details["State"], "Pid": 0}}
        for inspected in (details, far_away):
            found = rights(engine, inspected)
            assert (found.uid, found.gid, found.capabilities) == (1000, 1000, frozenset())

    def test_an_image_without_a_shell_is_no_toolbox(
        self, engine: Engine, run: Run, bare: str, tmp_path: Path
    ) -> None:
        found = read_for(engine, run("sleep", "1000"), bare, PLAIN, tmp_path)
        refusal = planned(found, engine.docker, bare, "beef", PLAIN)
        assert isinstance(refusal, Refusal)
        assert "has no shell" in refusal.sentence

    def test_local_toolboxes_are_found_with_shell_and_static_busybox(self, engine: Engine, bare: str) -> None:
        before = {row["Id"] for row in engine.get("/containers/json?all=1")}
        found = {one.image.ref: one for one in candidates(engine)}
        assert (found[IMAGE].shell, found[IMAGE].static) == ("/bin/sh", "/bin/busybox")
        assert bare not in found
        assert {row["Id"] for row in engine.get("/containers/json?all=1")} <= before
        assert images.known(engine, "cdbg-test/no-such-image:1") is None


class TestEnds:
    @pytest.mark.parametrize("how", ["exit", "command line killed", "ctrl-c and exit"])
    def test_nothing_is_left(self, engine: Engine, run: Run, tmp_path: Path, how: str) -> None:
        container = run("sleep", "1000")
        before = files.changes(engine, container)
        with opened(plan_of(engine, container, tmp_path)) as shell:
            assert shell.ask("echo up") == "up"
            # The engine's list is a little behind: at first it was only created.
            eventually(lambda: [one.is_running for one in _of(container, engine)] == [True])
            if how == "command line killed":
                shell.close()
            elif how == "exit":
                assert shell.leave() == 0
            else:
                shell.press_ctrl_c()
                assert shell.leave() == 130
        assert container not in {one.target for one in leftovers.left_behind(engine)}
        assert files.changes(engine, container) == before

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("restart", "--time", "0"), "restarted at"),
            (("kill",), "ended at"),
            (("rm", "--force"), "was removed"),
        ],
    )
    def test_the_end_of_its_target_is_told(
        self, engine: Engine, run: Run, docker: Docker, tmp_path: Path, words: tuple[str, ...], told: str
    ) -> None:
        container = run("sleep", "1000", name=f"cdbg-t-{secrets.token_hex(3)}")
        up = Wishes(command=("sh", "-c", "echo up; exec sleep 1000"), terminal=False)
        plan = plan_of(engine, container, tmp_path, up)
        with subprocess.Popen(plan.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            docker(*words, container)
            assert process.wait(30) == 137
        assert plan.life is not None
        # By now the restart is over, and the removal too.
        assert told in what_ended(plan.life)

    def test_its_own_end_by_a_kill_is_not_put_to_the_target(
        self, engine: Engine, run: Run, tmp_path: Path
    ) -> None:
        container = run("sleep", "1000")
        plan = plan_of(engine, container, tmp_path, Wishes(command=("sh", "-c", "kill -9 $$"), terminal=False))
        with signals_for_the_child() as interrupted:
            outcome = on_terminal(plan, interrupted, waits=False)
        assert outcome.status == 137
        assert "namespaces are gone" not in outcome.line


def test_the_preflight_is_not_felt(engine: Engine, run: Run, tmp_path: Path) -> None:
    container = run("sleep", "1000")
    plan_of(engine, container, tmp_path)  # what is imported, it has by now
    took = []
    for _ in range(9):
        began = time.perf_counter()
        plan_of(engine, container, tmp_path)
        took.append(time.perf_counter() - began)
    assert sorted(took)[4] < 0.15


def test_an_interrupted_command_line_leaves_nothing(engine: Engine, run: Run, tmp_path: Path) -> None:
    container = run("sleep", "1000")
    plan = plan_of(engine, container, tmp_path, Wishes(command=("sleep", "1000"), terminal=False))
    program = (
        "import sys, json; from cdbg_tui.sessions.plan import Plan; from cdbg_tui.sessions.running import quietly;"
        "plan = json.loads(sys.argv[1]); sys.exit(quietly(Plan('it', tuple(plan[0]), cleanup=(tuple(plan[1]),))))"
    )
    import json
    import sys

    words = json.dumps([plan.argv, plan.cleanup[0]])
    ours = subprocess.Popen(
        [sys.executable, "-c", program, words], stdin=subprocess.DEVNULL, start_new_session=True
    )
    watch = threading.Timer(30, ours.kill)
    watch.start()
    try:
        eventually(lambda: any(one.is_running for one in leftovers.left_behind(engine) if one.target == container))
        import os

        os.killpg(ours.pid, signal.SIGINT)
        ours.wait()
    finally:
        watch.cancel()
    assert container not in {one.target for one in leftovers.left_behind(engine)}
