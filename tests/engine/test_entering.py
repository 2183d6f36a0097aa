"""What is found out, by reading alone, before somebody enters a container."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cdbg_tui.engine import files, inside
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.host import host_view, is_still
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions.exec import SHELLS, exec_plan
from tests.engine.shell import opened
from tests.support import Docker, Run

ROOT = Path(__file__).parents[2]
NOLOGIN = "app:x:1000:1000::/nonexistent:/usr/sbin/nologin"


def cdbg(engine_url: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "cdbg_tui", "--host", engine_url, *words]
    return subprocess.run(argv, check=False, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=60)


class TestShell:
    @pytest.mark.parametrize("user", ["4711", "4711:4711", "1000", "app"])
    def test_is_had_without_a_passwd_entry_and_with_nologin(
        self, engine: Engine, run: Run, docker: Docker, tmp_path: Path, user: str
    ) -> None:
        passwd = tmp_path / "passwd"
        passwd.write_text(f"root:x:0:0:root:/root:/bin/sh\n{NOLOGIN}\n")
        container = run("sleep", "1000", options=["--user", user, "--volume", f"{passwd}:/etc/passwd:ro"])
        target = from_inspect(files.inspect(engine, container))
        found = inside.find_shell(engine, container, SHELLS)
        with opened(exec_plan(target, engine.docker, shell=found)) as shell:
            assert shell.ask("id -u") == ("1000" if user == "app" else user.partition(":")[0])
            assert shell.leave() == 0

    def test_to_look_leaves_no_trace(self, engine: Engine, run: Run, docker: Docker) -> None:
        container = run("sleep", "1000")
        before = docker("inspect", container).stdout, docker("diff", container).stdout
        assert inside.find_shell(engine, container, SHELLS)
        assert "root" in inside.users(engine, container)
        assert (docker("inspect", container).stdout, docker("diff", container).stdout) == before

    def test_a_user_that_the_engine_would_not_find_is_refused_before(
        self, engine: Engine, engine_url: str, run: Run
    ) -> None:
        container = run("sleep", "1000")
        target = from_inspect(files.inspect(engine, container))
        done = cdbg(engine_url, "exec", container, "-u", "nosuch")
        assert done.returncode == 125
        assert done.stderr.startswith(f"cdbg: {target.name} has no user “nosuch”: it knows root, ")


class TestCommand:
    def test_a_pipe_goes_through_and_the_status_is_the_commands(self, engine_url: str, run: Run) -> None:
        container = run("sleep", "1000")
        done = cdbg(engine_url, "exec", container, "--", "sh", "-c", "cat; exit 7", stdin="one\ntwo\n")
        assert (done.returncode, done.stdout, done.stderr) == (7, "one\ntwo\n", "")

    def test_without_a_command_the_shell_reads_the_pipe(self, engine_url: str, run: Run) -> None:
        container = run("sleep", "1000")
        done = cdbg(engine_url, "exec", container, "-e", "A=b c", stdin='echo "<$A>"\n')
        assert (done.returncode, done.stdout) == (0, "<b c>\n")

    def test_printed_is_what_would_be_run_and_nothing_is(self, engine_url: str, run: Run, docker: Docker) -> None:
        container = run("sleep", "1000")
        done = cdbg(engine_url, "exec", container, "--print", "--", "touch", "/made")
        printed = done.stdout.strip()
        assert docker("diff", container).stdout == ""
        subprocess.run(["sh", "-c", printed], check=True)
        assert docker("diff", container).stdout == "A /made\n"

    def test_attached_to_by_a_pipe_it_gets_what_comes_in_and_tells_its_status(
        self, engine_url: str, run: Run
    ) -> None:
        container = run("sh", "-c", "read x; echo got $x; exit 4", options=["--interactive"])
        done = cdbg(engine_url, "attach", container, stdin="hello\n")
        assert (done.returncode, done.stdout) == (4, "got hello\n")


class TestHost:
    @pytest.fixture(autouse=True)
    def _as_root(self, engine: Engine) -> None:
        if os.geteuid() != 0 or not engine.endpoint.is_unix:
            pytest.skip("host tools take root and an engine of this machine")

    def test_the_process_is_known_until_it_ends(self, engine: Engine, run: Run, docker: Docker) -> None:
        container = run("sleep", "1000")
        found = host_view(engine, files.inspect(engine, container))
        assert (found.trouble, found.has_rights) == ("", True)
        assert Path(f"/proc/{found.pid}/comm").read_text() == "sleep\n"
        assert "net" not in found.shared
        assert is_still(engine, container, found)
        docker("restart", "--time", "0", container)
        assert not is_still(engine, container, found)
        docker("rm", "--force", container)
        assert not is_still(engine, container, found)

    def test_a_process_of_somebody_else_is_not_taken_for_the_containers(self, engine: Engine, run: Run) -> None:
        details = files.inspect(engine, run("sleep", "1000"))
        details["State"]["Pid"] = os.getpid()
        assert "is not seen here" in host_view(engine, details).trouble

    def test_without_a_cgroup_of_its_own_it_is_known_by_its_root(self, engine: Engine, run: Run) -> None:
        details = files.inspect(engine, run("sleep", "1000"))
        if "UpperDir" not in (details.get("GraphDriver") or {}).get("Data", {}):
            pytest.skip("the engine does not tell of its layers")
        # As of a rootless engine on a machine with cgroups of version 1.
        details["Id"] = "0" * 64
        assert host_view(engine, details).trouble == ""

    def test_an_engine_elsewhere_is_told(self, engine: Engine, run: Run) -> None:
        details = files.inspect(engine, run("sleep", "1000"))
        elsewhere = Engine(Endpoint("tcp://192.0.2.1:2375", "--host"))
        assert "needs" not in host_view(engine, details).trouble
        assert host_view(elsewhere, details).trouble.startswith("Host tools need an engine of this machine")

    def test_a_command_of_this_machine_sees_the_containers_addresses(
        self, engine: Engine, engine_url: str, run: Run
    ) -> None:
        container = run("sleep", "1000")
        networks = files.inspect(engine, container)["NetworkSettings"]["Networks"]
        done = cdbg(engine_url, "nsenter", container, "--", "cat", "/proc/net/fib_trie")
        assert (done.returncode, done.stderr) == (0, "")
        assert next(iter(networks.values()))["IPAddress"] in done.stdout
