"""Evidence of real containers: what is read of which, what is not, and what fails alone."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.container import COMPOSE_PROJECT
from cdbg_tui.model.event import Event
from cdbg_tui.model.finding import Weight
from cdbg_tui.triage import sources
from cdbg_tui.triage.gather import gather, look_closer
from cdbg_tui.triage.rounds import Judged, Rounds, same_life
from cdbg_tui.triage.shared import Shared
from cdbg_tui.triage.sources import Place, Source
from tests.engine.proxy import Proxy
from tests.support import Docker, Run, eventually

HIDDEN_REASON = "mkdir -p /var/log/shop; echo 'open /srv/pages: gone' > /var/log/shop/error.log; exit 4"


def test_the_reason_of_a_dead_one_is_found_in_its_files(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sh", "-c", HIDDEN_REASON)
    docker("wait", one)
    seen = gather(engine, one)
    assert [(line.where, line.text) for line in seen.files] == [
        ("/var/log/shop/error.log:1", "open /srv/pages: gone")
    ]
    assert {"/var/log/shop/error.log"} <= {change.path for change in seen.changes or ()}
    assert seen.program is not None
    assert seen.program.path == "/bin/sh"
    assert {"die"} <= {event.action for event in seen.events}


def test_a_line_of_a_file_keeps_its_number_and_its_bytes(engine: Engine, run: Run, docker: Docker) -> None:
    script = r"printf 'one\n\n\n\033[31mFATAL\033[0m: caf\351 is closed\r\n' > /error.log; exit 4"
    one = run("sh", "-c", script)
    docker("wait", one)
    last = gather(engine, one).files[-1]
    assert (last.where, last.text) == ("/error.log:4", "FATAL: caf\ufffd is closed")
    assert last.proof.path == "/error.log"
    assert last.proof.line == "\x1b[31mFATAL\x1b[0m: caf\udce9 is closed\r"


def test_a_running_one_is_seen_from_outside(engine: Engine, run: Run) -> None:
    one = run("sh", "-c", "echo hello; exec httpd -f -p 8080", options=["--memory=64m"])
    eventually(lambda: [str(socket) for socket in gather(engine, one).sockets or ()] == ["[::]:8080"])
    seen = gather(engine, one)
    assert [line.text for line in seen.log] == ["hello"]
    assert [process.command for process in seen.processes or ()] == ["httpd -f -p 8080"]
    assert seen.usage is not None
    assert seen.usage.memory_limit == 64 << 20
    assert seen.waits is not None
    assert set(seen.waits.calls) <= {"accept", "poll", "select"}
    assert seen.image is not None
    assert not seen.image_is_gone


def test_nothing_is_read_of_one_that_ended_well_but_its_words(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("echo", "done")
    docker("wait", one)
    seen = gather(engine, one)
    assert [line.text for line in seen.log] == ["done"]
    assert (seen.changes, seen.processes, seen.sockets, seen.program) == (None, None, None, None)


def test_it_becomes_clearer_step_by_step(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sh", "-c", HIDDEN_REASON)
    docker("wait", one)
    first, *_, last = look_closer(engine, one)
    assert (first.exit_code, first.log, first.files) == (4, (), ())
    assert last.files


def test_a_source_that_fails_or_is_late_is_named_and_hides_no_other(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = threading.Event()

    def broken(_: Place) -> sources.Fields:
        raise EngineError("refused", "the log is torn")

    def late(_: Place) -> sources.Fields:
        stuck.wait()
        return {}

    monkeypatch.setattr("cdbg_tui.triage.gather.SECONDS", 0.5)
    monkeypatch.setattr(
        "cdbg_tui.triage.gather.SOURCES",
        (Source("log", broken), Source("files", late), Source("other containers", sources.neighbours)),
    )
    seen = gather(engine, run("true"))
    stuck.set()
    assert {(one.source, one.why) for one in seen.unseen} == {
        ("log", "the log is torn"),
        ("files", "no answer within 0 s"),
    }
    assert seen.neighbours is not None


def test_a_dead_sibling_that_was_put_on_another_network_is_found_there(
    engine: Engine, network: str, run: Run, docker: Docker
) -> None:
    project = f"--label={COMPOSE_PROJECT}=cdbg-t"
    one = run("sleep", "1000", options=[project, f"--network={network}"])
    dead = run("true", options=[project], start=False)
    known = Shared(engine).containers()
    docker("network", "connect", network, dead)
    seen = gather(engine, one, shared=Shared(engine, containers=lambda: known))
    [sibling] = [other for other in seen.neighbours or () if other.id == dead]
    assert set(sibling.networks) == {"bridge", network}


def test_a_log_without_end_is_counted(engine: Engine, run: Run) -> None:
    one = run("sh", "-c", "while :; do echo again; done")
    eventually(lambda: (gather(engine, one).log_rate or 0) > 1000)


def test_what_is_the_same_for_all_is_asked_for_once(
    engine_url: str, run: Run, docker: Docker, tmp_path: Path
) -> None:
    ones = [run("sh", "-c", "exit 3") for _ in range(3)]
    docker("wait", *ones)
    proxy = Proxy(tmp_path / "proxy.sock", engine_url)
    proxy.open()
    try:
        engine = Engine(find(host=proxy.url))
        shared = Shared(engine)
        for one in ones:
            gather(engine, one, shared=shared)
        engine.close()
    finally:
        proxy.close()
    asked = [path.partition("?")[0] for path in proxy.paths]
    assert [asked.count(path) for path in ("/containers/json", "/networks", "/events", "/version")] == [1, 1, 1, 1]
    assert sum(path.startswith("/images/") for path in asked) == 1


def test_reading_disturbs_nothing(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sh", "-c", HIDDEN_REASON)
    docker("wait", one)
    gather(engine, one)
    heard = {event.action for event in Shared(engine).events() if event.id == one}
    assert heard == {"create", "start", "die"}


@pytest.fixture
def rounds(engine: Engine) -> Iterator[tuple[Rounds, list[Judged]]]:
    found: list[Judged] = []
    rounds = Rounds(engine, lambda _: (), found.append)
    rounds.start()
    yield rounds, found
    rounds.close()


def test_each_is_looked_at_once_in_each_of_its_lives(
    engine: Engine, run: Run, docker: Docker, rounds: tuple[Rounds, list[Judged]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdbg_tui.triage.rounds.AGAIN_SECONDS", 0.0)
    going, found = rounds
    one = run("sh", "-c", "exit 3")
    docker("wait", one)
    container = gather(engine, one).container
    going.want(container, soon=True)
    eventually(lambda: len(found) == 1)
    going.want(container, soon=True)
    docker("start", one)
    docker("wait", one)
    again = gather(engine, one).container
    assert not same_life(container, again)
    going.want(again, soon=True)
    eventually(lambda: len(found) == 2)
    assert [judged.diagnosis.verdict.weight for judged in found if judged.diagnosis.verdict] == [Weight.FAULT] * 2


def test_one_that_could_not_be_looked_at_is_looked_at_when_it_is_wanted_again(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdbg_tui.triage.rounds.AGAIN_SECONDS", 0.0)
    container = gather(engine, run("sh", "-c", "exit 3")).container
    found: list[Judged] = []
    away = Engine(find(host="unix:///nonexistent/docker.sock"))
    rounds = Rounds(away, lambda _: (), found.append)
    rounds.start()
    rounds.want(container, soon=True)
    eventually(lambda: rounds.is_at_rest)
    rounds._engine = engine
    rounds.want(container, soon=True)
    eventually(lambda: found)
    rounds.close()


def test_paused_rounds_begin_nothing(engine: Engine, run: Run, rounds: tuple[Rounds, list[Judged]]) -> None:
    going, found = rounds
    going.pause()
    going.want(gather(engine, run("true")).container, soon=True)
    going.want(gather(engine, run("true")).container, soon=True)
    assert found == []
    going.resume()
    eventually(lambda: len(found) == 2)


def test_closed_rounds_leave_no_thread(engine: Engine) -> None:
    before = set(threading.enumerate())
    rounds = Rounds(engine, lambda _: (), lambda _: None)
    rounds.start()
    started = set(threading.enumerate()) - before
    rounds.close()
    for thread in started:
        thread.join(2)
    assert not any(thread.is_alive() for thread in started)


def test_what_shows_no_trouble_waits_and_trouble_overtakes_it(
    engine: Engine, run: Run, rounds: tuple[Rounds, list[Judged]]
) -> None:
    going, found = rounds
    calm = [gather(engine, run("sleep", "600")).container for _ in range(2)]
    for container in calm:
        going.want(container, soon=False)
    trouble = gather(engine, run("sh", "-c", "exit 3")).container
    going.want(trouble, soon=True)
    going.want(calm[1], soon=True)
    eventually(lambda: len(found) == 2)
    assert {judged.container.id for judged in found} == {trouble.id, calm[1].id}
    assert not going.is_at_rest


def test_what_can_wait_waits_no_longer_once_somebody_is_there(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdbg_tui.triage.rounds.GIVE_WAY_SECONDS", 0.1)
    found: list[Judged] = []
    going = Rounds(engine, lambda _: (), found.append)
    going.start()
    first, second = (gather(engine, run("sleep", "600")).container for _ in range(2))
    going.want(first, soon=False)
    assert not going.is_at_rest
    going.give_way()
    going.want(second, soon=False)
    eventually(lambda: {judged.container.id for judged in found} == {first.id, second.id})
    going.close()


def test_what_is_gone_takes_no_turn_of_those_that_wait(
    engine: Engine, run: Run, rounds: tuple[Rounds, list[Judged]]
) -> None:
    going, found = rounds
    going.pause()
    going.give_way()
    calm = gather(engine, run("sleep", "600")).container
    for number in range(1000):
        going.want(replace(calm, id=str(number)), soon=False)
        going.forget(str(number))
    going.want(calm, soon=False)
    going.resume()
    eventually(lambda: [judged.container.id for judged in found] == [calm.id])
    assert going.is_at_rest


def test_what_can_wait_gives_way_to_keys_and_trouble_does_not(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LATER_SECONDS", "LATER_PACE"):
        monkeypatch.setattr(f"cdbg_tui.triage.rounds.{name}", 0.0)
    monkeypatch.setattr("cdbg_tui.triage.rounds.GIVE_WAY_SECONDS", 60.0)
    found: list[Judged] = []
    going = Rounds(engine, lambda _: (), found.append)
    going.start()
    calm = gather(engine, run("sleep", "600")).container
    trouble = gather(engine, run("sh", "-c", "exit 3")).container
    going.give_way()
    going.want(calm, soon=False)
    going.want(trouble, soon=True)
    eventually(lambda: [judged.container.id for judged in found] == [trouble.id])
    assert not going.is_at_rest
    monkeypatch.setattr("cdbg_tui.triage.rounds.GIVE_WAY_SECONDS", 0.0)
    going.give_way()
    going.want(calm, soon=True)
    eventually(lambda: len(found) == 2)
    going.close()


def test_while_keys_are_pressed_trouble_is_looked_at_one_by_one(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdbg_tui.triage.rounds.GIVE_WAY_SECONDS", 60.0)
    inside: list[str] = []
    have_met = threading.Event()

    def events_of(container_id: str) -> tuple[Event, ...]:
        inside.append(container_id)
        if len(inside) > 1:
            have_met.set()
        have_met.wait(0.05)  # for another one, which must not come
        inside.remove(container_id)
        return ()

    found: list[Judged] = []
    going = Rounds(engine, events_of, found.append)
    troubles = [gather(engine, run("sh", "-c", "exit 3")).container for _ in range(6)]
    going.give_way()
    for one in troubles:
        going.want(one, soon=True)
    going.start()
    eventually(lambda: len(found) == len(troubles))
    assert not have_met.is_set()
    going.close()


def test_what_was_known_of_one_container_is_let_go_before_the_next_is_waited_for(engine: Engine, run: Run) -> None:
    one = gather(engine, run("sh", "-c", "exit 3")).container
    known = tuple(Event(1.0, "start", one.id) for _ in range(3))
    held = sys.getrefcount(known)
    found: list[Judged] = []
    going = Rounds(engine, lambda _: known, found.append)
    going.start()
    going.want(one, soon=True)
    eventually(lambda: len(found) == 1 and going.is_at_rest)
    eventually(lambda: sys.getrefcount(known) == held)
    going.close()
