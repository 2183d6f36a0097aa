"""The checklist: each question with yes, no or unseen, and the line that shows it."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from typing import Any

import pytest

from cdbg_tui.model.container import COMPOSE_PROJECT, Container, from_list
from cdbg_tui.model.finding import Diagnosis, Finding, Proof, Unseen, Weight
from cdbg_tui.model.process import Process
from cdbg_tui.model.program import Program
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.socket import Socket
from cdbg_tui.triage.checklist import Answer, Check, checklist
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.network.knock import Attempt, Attempts, Target, attempt, inside_targets, outside_targets

NEVER = "0001-01-01T00:00:00Z"
NOTHING = Diagnosis()
LISTENS, REACHABLE = "Does something in it listen?", "Does it listen where others can reach it?"
MAPPING, FIREWALL = "Is the port mapping right on both sides?", "Is no firewall rule in the way?"
SIBLINGS, NETWORKS = "Do its siblings live?", "Is it on the same networks as they are?"
INSIDE, OUTSIDE = "Does it answer inside its own network namespace?", "Does it answer from the host?"
ENDED, LOG = "Did it end as it should, if it ended?", "Is its log free of trouble?"
PROGRAM, MEMORY = "Is its program there, and can it be executed?", "Has it memory enough?"


def evidence(
    status: str = "running",
    code: int = 0,
    *,
    ports: dict[str, Any] | None = None,
    networks: tuple[str, ...] = ("bridge",),
    labels: dict[str, str] | None = None,
    host: dict[str, Any] | None = None,
    state: dict[str, Any] | None = None,
    **known: Any,
) -> Evidence:
    up = status in ("running", "paused")
    details = {
        "Id": "ab" * 32,
        "Name": "/api",
        "Path": "serve",
        "State": {
            "Status": status,
            "ExitCode": code,
            "Pid": 4711 if up else 0,
            "StartedAt": "2026-11-22T14:00:00Z",
            "FinishedAt": NEVER if up else "2026-11-22T14:01:00Z",
            **(state or {}),
        },
        "Config": {"Image": "api:1", "Labels": labels or {}},
        "HostConfig": {"NetworkMode": networks[0], **(host or {})},
        "NetworkSettings": {"Ports": ports or {}, "Networks": {name: {} for name in networks}},
    }
    return Evidence(details, **known)


def published(private: str = "80/tcp", public: str = "8080", address: str = "0.0.0.0") -> dict[str, Any]:
    return {private: [{"HostIp": address, "HostPort": public}]}


def found(cause: str, *proof: Proof) -> Diagnosis:
    return Diagnosis((Finding(cause, cause.title(), "It is so.", proof=proof),))


def ask(
    question: str, seen: Evidence, diagnosis: Diagnosis = NOTHING, attempts: Attempts | None = None
) -> tuple[str, str]:
    [check] = [one for one in checklist(seen, diagnosis, attempts) if one.question == question]
    return check.answer.value, check.shown_by


ON_80 = (Socket("tcp", "0.0.0.0", 80),)
ON_3000 = (Socket("tcp", "::", 3000),)
LOOPBACK = (Socket("tcp", "127.0.0.1", 80),)
NAME_SERVER = Socket("tcp", "127.0.0.11", 41234)


@pytest.mark.parametrize("status", ["running", "exited", "created", "paused", "restarting", "dead"])
def test_every_question_is_asked_of_every_container_and_has_an_answer_with_a_line(status: str) -> None:
    checks = checklist(evidence(status), NOTHING)
    assert len({one.question for one in checks}) == len(checks) == 20
    assert all(isinstance(one, Check) and one.shown_by for one in checks)


def test_a_dead_one_does_not_run_listen_or_answer() -> None:
    dead = evidence("exited", 137)
    assert ask("Is it running?", dead)[0] == "no"
    for question in (LISTENS, REACHABLE, INSIDE, OUTSIDE):
        assert ask(question, dead) == ("no", "it does not run")
    assert ask(MAPPING, dead)[0] == "unseen"


def test_how_it_ended_explains_the_exit_code() -> None:
    answer, shown = ask(ENDED, evidence("exited", 139), found("segfault"))
    assert answer == "no"
    assert shown.startswith("exit code 139: ")
    assert "SIGSEGV" in shown
    calm = Diagnosis((Finding("clean-exit", "Finished", "", weight=Weight.FINE),))
    assert ask(ENDED, evidence("exited", 0), calm)[0] == "yes"
    assert ask(ENDED, evidence()) == ("yes", "it has not ended")


def test_one_that_never_started_shows_the_engines_words() -> None:
    seen = evidence("created", 127, state={"StartedAt": NEVER, "Error": "no such file"})
    assert ask(ENDED, seen) == ("no", "State.Error = no such file")
    never = evidence("created", state={"StartedAt": NEVER})
    assert ask(ENDED, never) == ("no", "it was never started")


def test_the_log_is_told_by_what_a_finding_quotes_else_by_its_last_line() -> None:
    seen = evidence(log=(Line("first"), Line("last")))
    assert ask(LOG, seen)[0] == "yes"
    assert ask(LOG, seen)[1].endswith("its last line: last")
    blamed = found("app-error", Proof("inspect", "ExitCode"), Proof("log", "KeyError: 'x'"))
    assert ask(LOG, seen, blamed) == ("no", "log: KeyError: 'x'")
    kernel = found("port-not-published", Proof("/proc/net", "listens on 0.0.0.0:80"))
    assert ask(LOG, seen, kernel)[0] == "yes"
    in_file = found("app-error", Proof("/var/log/app.log:3", "boom"))
    assert ask(LOG, seen, in_file) == ("no", "/var/log/app.log:3: boom")


def test_a_log_that_could_not_be_read_is_unseen_with_the_reason_and_that_of_the_kernel_is_another() -> None:
    unseen = (Unseen("kernel log", "may not be read"), Unseen("log", "its driver keeps none"))
    assert ask(LOG, evidence(unseen=unseen)) == ("unseen", "its driver keeps none")
    assert ask(LOG, evidence(unseen=unseen[:1])) == ("yes", "it has written nothing")


@pytest.mark.parametrize(
    ("program", "answer", "words"),
    [
        (Program("/app", machine="amd64"), "yes", "/app, for amd64"),
        (Program("/app", exists=False), "no", "is not there"),
        (Program("/app", is_directory=True), "no", "is a directory"),
        (Program("/app", executable=False), "no", "may not be executed"),
        (Program("/app", machine="arm64"), "no", "is for arm64, and the engine's machine is amd64"),
        (Program("/app", interpreter="/bin/bash", interpreter_exists=False), "no", "needs /bin/bash"),
        (Program("/app", interpreter="/bin/sh\r", is_script=True, has_crlf=True), "no", "as on Windows"),
        (None, "unseen", "was not read"),
    ],
)
def test_the_program_of_a_dead_one(program: Program | None, answer: str, words: str) -> None:
    told = ask(PROGRAM, evidence("exited", 127, program=program, machine="amd64"))
    assert told[0] == answer
    assert words in told[1]


def test_the_program_of_a_running_one_is_there() -> None:
    assert ask(PROGRAM, evidence(program=None)) == ("yes", "it runs as process 4711 of the engine's machine")


@pytest.mark.parametrize(
    ("question", "cause"),
    [
        ("Are its arguments and environment right?", "missing-env-var"),
        ("Are its files and mounts right?", "mount-hides-files"),
        ("May its user do what it does?", "user-not-found"),
        (MEMORY, "oom-killed"),
        ("Has it CPU enough?", "cpu-throttled"),
        ("May it start more processes?", "pids-limit-hit"),
        ("May it open more files?", "fd-leak"),
        (FIREWALL, "port-blocked"),
        (SIBLINGS, "dead-dependency"),
        (NETWORKS, "different-networks"),
        ("Do the names that it looks for resolve?", "dns-failure"),
    ],
)
def test_what_a_finding_says_is_a_no_with_its_most_telling_proof(question: str, cause: str) -> None:
    blamed = found(cause, Proof("inspect", "plain"), Proof("log", "telling"))
    assert ask(question, evidence(), blamed) == ("no", f"{cause.title()}: telling")
    assert ask(question, evidence(), NOTHING)[0] != "no"


def test_memory_is_told_by_the_meters_and_unseen_without_them() -> None:
    used = Usage(memory=32 << 20, memory_limit=64 << 20)
    assert ask(MEMORY, evidence(usage=used)) == ("yes", "it uses 32.0 MiB of 64.0 MiB")
    unseen = (Unseen("meters", "not on this machine"),)
    assert ask(MEMORY, evidence(unseen=unseen)) == ("unseen", "not on this machine")
    assert ask(MEMORY, evidence("exited", state={"OOMKilled": True}))[0] == "no"


def test_what_listens_is_named_and_by_whom_where_there_is_no_doubt() -> None:
    one = Process(4711, 1, 1, "root", "S", None, None, 1, 1.0, "python app.py")
    assert ask(LISTENS, evidence(sockets=ON_80, processes=(one,))) == ("yes", "0.0.0.0:80, by python app.py")
    two = (one, replace(one, pid=4712))
    assert ask(LISTENS, evidence(sockets=ON_80, processes=two)) == ("yes", "0.0.0.0:80")
    assert ask(LISTENS, evidence(sockets=()))[0] == "no"
    assert ask(LISTENS, evidence())[0] == "unseen"


def test_dockers_own_name_server_is_not_the_containers() -> None:
    assert ask(LISTENS, evidence(sockets=(NAME_SERVER,)))[0] == "no"
    assert ask(REACHABLE, evidence(sockets=(NAME_SERVER,))) == ("no", "nothing listens")


def test_loopback_only_is_where_nobody_else_can_reach_it() -> None:
    assert ask(REACHABLE, evidence(sockets=LOOPBACK)) == ("no", "only on loopback: 127.0.0.1:80")
    assert ask(REACHABLE, evidence(sockets=(*LOOPBACK, *ON_3000))) == ("yes", "[::]:3000")


@pytest.mark.parametrize(
    ("ports", "sockets", "answer", "words"),
    [
        (published(), ON_80, "yes", "8080→80: 0.0.0.0:80 listens"),
        (published(), ON_3000, "no", "8080→80: nothing listens on 80; what listens: [::]:3000"),
        (published(), (), "no", "what listens: nothing"),
        (published(), LOOPBACK, "no", "where only the container itself can reach it"),
        (published("80/udp"), ON_80, "no", "nothing listens on 80"),
        (published(), None, "unseen", "published are 8080→80"),
        ({}, ON_80, "no", "0.0.0.0:80 listens, and no port is published"),
        ({}, LOOPBACK, "yes", "no port is published"),
        ({}, None, "unseen", "no port is published"),
    ],
)
def test_the_mapping_on_both_sides(
    ports: dict[str, Any], sockets: tuple[Socket, ...] | None, answer: str, words: str
) -> None:
    told = ask(MAPPING, evidence(ports=ports, sockets=sockets))
    assert told[0] == answer
    assert words in told[1]


def test_on_the_hosts_network_nothing_needs_to_be_published() -> None:
    assert ask(MAPPING, evidence(networks=("host",), sockets=ON_80))[0] == "yes"


def test_a_firewall_that_was_not_read_is_unseen() -> None:
    assert ask(FIREWALL, evidence())[0] == "unseen"
    assert ask(FIREWALL, evidence(firewall=("*filter", "COMMIT")))[0] == "yes"


def neighbour(name: str, state: str = "running", status: str = "Up 2 hours", **row: Any) -> Container:
    networks: dict[str, Any] = {network: {} for network in row.pop("networks", ("shop",))}
    full = {"Id": name * 8, "Names": [f"/{name}"], "State": state, "Status": status, **row}
    return from_list({**full, "NetworkSettings": {"Networks": networks}}, 0.0)


def test_siblings_are_those_of_its_networks_or_project_and_a_finished_one_is_no_trouble() -> None:
    db = neighbour("db")
    done = neighbour("migrate", "exited", "Exited (0) 2 hours ago")
    dead = neighbour("cache", "exited", "Exited (1) 2 hours ago")
    stranger = neighbour("other", "exited", "Exited (1) 2 hours ago", networks=("bridge",))
    on_shop = evidence(networks=("shop",), neighbours=(db, done, stranger))
    assert ask(SIBLINGS, on_shop) == ("yes", "db running, migrate exited (0)")
    assert ask(SIBLINGS, replace(on_shop, neighbours=(db, dead))) == ("no", "cache exited (1)")
    # Everything is on the default bridge: that makes nobody a sibling.
    assert ask(SIBLINGS, evidence(neighbours=(stranger,)))[1].startswith("it has none")
    assert ask(SIBLINGS, evidence())[0] == "unseen"


def test_one_of_the_project_on_another_network_is_named() -> None:
    project = {COMPOSE_PROJECT: "shop"}
    apart = neighbour("db", networks=("back",), Labels=project)
    seen = evidence(networks=("front",), labels=project, neighbours=(apart,))
    assert ask(NETWORKS, seen) == ("no", "it is on front; db on back")
    near = neighbour("db", networks=("back", "front"), Labels=project)
    assert ask(NETWORKS, replace(seen, neighbours=(near,))) == ("yes", "it is on front")


def test_what_touches_is_not_asked_unless_wanted() -> None:
    for question in (INSIDE, OUTSIDE):
        answer, shown = ask(question, evidence(ports=published()))
        assert answer == Answer.NOT_ASKED.value
        assert "--connect" in shown


@pytest.mark.parametrize(
    ("answers", "answer"),
    [((True,), "yes"), ((True, False), "no"), ((None,), "unseen"), ((None, True), "yes"), ((), "unseen")],
)
def test_what_was_tried_is_told_with_its_words(answers: tuple[bool | None, ...], answer: str) -> None:
    tried = tuple(Attempt(f"127.0.0.1:{n}", one, "said so") for n, one in enumerate(answers))
    told = ask(OUTSIDE, evidence(), attempts=Attempts(outside=tried))
    assert told[0] == answer
    assert told[1].count("said so") == len(answers)
    assert ask(INSIDE, evidence(), attempts=Attempts(inside=tried))[0] == answer


@pytest.mark.parametrize(
    ("address", "place", "target"),
    [
        ("0.0.0.0", "local", "127.0.0.1:8080"),
        ("::", "local", "127.0.0.1:8080"),
        ("127.0.0.1", "local", "127.0.0.1:8080"),
        ("10.0.0.5", "local", "10.0.0.5:8080"),
        ("0.0.0.0", "build-1", "build-1:8080"),
    ],
)
def test_the_host_is_tried_where_the_port_is_published(address: str, place: str, target: str) -> None:
    seen = evidence(ports={**published(address=address), **published("53/udp", "53"), "90/tcp": None})
    assert [str(one) for one in outside_targets(seen.container, place)] == [target]


def test_inside_the_ports_that_it_should_serve_are_tried_where_they_are_bound() -> None:
    assert [str(one) for one in inside_targets(evidence(ports=published()))] == ["127.0.0.1:80"]
    # Many a container has no IPv6 at all, and what is bound to :: takes IPv4 as well.
    at_six = evidence(ports=published("3000/tcp"), sockets=ON_3000)
    assert [str(one) for one in inside_targets(at_six)] == ["127.0.0.1:3000"]
    at_its_own = evidence(ports=published(), sockets=(Socket("tcp", "172.17.0.2", 80),))
    assert [str(one) for one in inside_targets(at_its_own)] == ["172.17.0.2:80"]
    assert [str(one) for one in inside_targets(evidence(sockets=ON_80))] == ["127.0.0.1:80"]
    assert inside_targets(evidence()) == ()


def test_a_connection_is_told_as_what_came_of_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = Target("127.0.0.1", server.getsockname()[1])
        assert attempt(target) == Attempt(str(target), True, "accepted the connection")
    gone = attempt(target)
    assert gone.answered is False
    assert "Connection refused" in gone.words


def test_one_that_accepts_and_closes_at_once_is_a_proxy_with_nothing_behind_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = Target("127.0.0.1", server.getsockname()[1])

        def hang_up_twice() -> None:
            for _ in range(2):
                server.accept()[0].close()

        thread = threading.Thread(target=hang_up_twice)
        thread.start()
        assert attempt(target).answered is False
        assert attempt(target, proxied=False).answered is True
        thread.join()
