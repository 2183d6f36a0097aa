"""What listens in real containers, and the firewall of the engine's machine."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest

from cdbg_tui.engine import firewall, sockets
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.socket import Socket
from tests.support import PRIVATE_ENGINE, Docker, Run, eventually

SERVER = ("sh", "-c", "httpd -f -p 127.0.0.1:8081 & exec httpd -f -p 8080")


def pid_of(docker: Docker, container: str) -> int:
    return int(docker("inspect", "--format", "{{.State.Pid}}", container).stdout)


def test_what_listens_in_a_containers_network(run: Run, docker: Docker) -> None:
    pid = pid_of(docker, run(*SERVER, options=["--network=none"]))
    eventually(lambda: len(sockets.waiting(pid)) == 2)
    assert set(sockets.waiting(pid)) <= {
        Socket("tcp", "127.0.0.1", 8081),
        Socket("tcp", "::", 8080),
        Socket("tcp", "0.0.0.0", 8080),
    }


def test_a_process_that_is_gone_is_an_error() -> None:
    with pytest.raises(OSError, match="No such"):
        sockets.waiting(2**22 + 1)


def test_the_firewall_is_read_with_its_counters(docker: Docker) -> None:
    # In the engine's own network namespace, where a program beside the engine would be.
    done = subprocess.run(
        [PRIVATE_ENGINE, "exec", "iptables-save", "-c"], check=True, capture_output=True, text=True
    )
    assert any(line.startswith("[") and "-A FORWARD -j DOCKER-USER" in line for line in done.stdout.splitlines())


def test_a_firewall_that_cannot_be_read_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firewall, "_COMMAND", ("no-such-program",))
    with pytest.raises(EngineError, match="no iptables-save"):
        firewall.rules()
    monkeypatch.setattr(firewall, "_COMMAND", ("sh", "-c", "echo not permitted >&2; exit 4"))
    with pytest.raises(EngineError, match="not permitted"):
        firewall.rules()
    monkeypatch.setattr(firewall, "_COMMAND", ("sleep", "9"))
    monkeypatch.setattr(firewall, "SECONDS", 0.1)
    with pytest.raises(EngineError, match="did not end"):
        firewall.rules()


def test_rules_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firewall, "_COMMAND", ("printf", "*filter\\n[0:0] -A INPUT -j DROP\\n"))
    assert firewall.rules() == ("*filter", "[0:0] -A INPUT -j DROP")


def test_addresses_that_are_here_and_elsewhere() -> None:
    assert firewall.is_here("127.0.0.1")
    assert not firewall.is_here("203.0.113.77")


def test_who_has_a_port_of_this_machine_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = [one for one in sockets.holders() if (one.port, one.protocol) == (port, "tcp")]
    assert [one.pid for one in found] == [os.getpid()]
