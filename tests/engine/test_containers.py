"""The list of containers, kept true by events, on a real engine and with its connection cut."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdbg_tui.engine import cgroups, containers, control, stream
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.containers import MOST_EVENTS_OF_ONE, Changed, Listed, Lost, News, Watch
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.threads import side_by_side
from cdbg_tui.model.container import Container, Health, State
from tests.engine.proxy import Fault, Proxy, answer
from tests.support import IMAGE, LABEL, Docker, Run, eventually

FOREVER = ("sleep", "1000")
THREADS = {"watch_follow", "watch_look", "watch_listen_for_life"}


class Seen:
    """What a watch has told, and the list as somebody who followed it has it."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.news: list[News] = []
        self.rows: dict[str, Container] = {}

    def take(self, news: News) -> None:
        self.news.append(news)
        match news:
            case Listed(listed):
                self.rows = {one.id: one for one in listed}
            case Changed(changed, gone):
                self.rows |= {one.id: one for one in changed}
                for one in gone:
                    self.rows.pop(one, None)

    def count(self, kind: type[News]) -> int:
        return sum(isinstance(one, kind) for one in self.news)

    def lost(self) -> list[Lost]:
        return [one for one in self.news if isinstance(one, Lost)]

    def becomes(self, container: str, fits: Callable[[Container], bool], seconds: float = 10) -> Container:
        return (
            eventually(
                lambda: next((one for one in (self.rows.get(container),) if one and fits(one)), None), seconds
            )
            or (self.rows[container])
        )


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "CURIOUS_AFTER", 0.0)
    # A loaded machine is no engine with thousands of stopped containers.
    monkeypatch.setattr(containers, "HASTE_SECONDS", 60.0)


@pytest.fixture
def watch(proxy: Proxy) -> Iterator[Callable[[], Seen]]:
    """Starts a watch through the proxy; the answer is complete when the list is there."""
    made: list[Seen] = []

    def start() -> Seen:
        watch = Watch(Engine(find(proxy.url)))
        seen = Seen(watch)
        made.append(seen)
        watch.start()
        watch.listen(seen.take)
        return seen

    yield start
    for seen in made:
        seen.watch.close()


def follows(seen: Seen, proxy: Proxy) -> Seen:
    """Wait until the list is there, the events are followed and the first looks are taken."""
    eventually(lambda: seen.count(Listed) and proxy.asked("/events"))
    eventually(lambda: not seen.watch._curious)
    return seen


@pytest.fixture
def seen(watch: Callable[[], Seen], proxy: Proxy) -> Seen:
    return follows(watch(), proxy)


def test_the_list_is_the_first_news_and_has_all(engine: Engine, run: Run, watch: Callable[[], Seen]) -> None:
    up, dead = run(*FOREVER), run("sh", "-c", "exit 3")
    eventually(lambda: not engine.get(f"/containers/{dead}/json")["State"]["Running"])
    seen = watch()
    eventually(lambda: seen.news)
    assert isinstance(seen.news[0], Listed)
    assert seen.rows[up].state is State.RUNNING
    assert (seen.rows[dead].state, seen.rows[dead].exit_code) == (State.EXITED, 3)


def test_those_that_run_are_told_of_while_the_whole_list_is_long_in_coming(
    run: Run, engine: Engine, proxy: Proxy, watch: Callable[[], Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "HASTE_SECONDS", 0.01)
    proxy.spoil("all=1", Fault(delay=1.0))
    up, dead = run(*FOREVER), run("true")
    eventually(lambda: not engine.get(f"/containers/{dead}/json")["State"]["Running"])
    seen = watch()
    eventually(lambda: seen.news)
    assert not seen.rows[up].is_dead
    assert dead not in seen.rows
    assert isinstance(first := seen.news[0], Listed)
    assert not first.is_whole
    eventually(lambda: dead in seen.rows)
    assert seen.count(Lost) == 0
    assert isinstance(last := seen.news[-1], Listed)
    assert last.is_whole


@pytest.mark.parametrize("ids", [[], ["ab" * 32], None], ids=["unknown", "another engine's", "too many"])
def test_those_that_run_are_told_of_where_their_ids_are_not_to_be_had(
    ids: list[str] | None, run: Run, watch: Callable[[], Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    up = run(*FOREVER)
    if ids is None:
        monkeypatch.setattr(containers, "ASKED_BY_ID", 0)
    else:
        monkeypatch.setattr(cgroups, "ids", lambda: ids)
    seen = watch()
    eventually(lambda: seen.news)
    assert not seen.rows[up].is_dead
    assert isinstance(seen.news[0], Listed)


def test_those_that_run_are_asked_for_by_their_ids(run: Run, proxy: Proxy, watch: Callable[[], Seen]) -> None:
    up = run(*FOREVER)
    assert up in cgroups.ids()
    follows(watch(), proxy)
    assert up in proxy.asked("/containers/json")[0]


def test_only_the_whole_list_is_told_of_where_it_comes_at_once(
    run: Run, engine: Engine, proxy: Proxy, watch: Callable[[], Seen]
) -> None:
    run(*FOREVER)
    seen = follows(watch(), proxy)
    assert [one.is_whole for one in seen.news if isinstance(one, Listed)] == [True]


def test_of_thousands_that_could_be_asked_about_none_is(
    run: Run, engine: Engine, proxy: Proxy, watch: Callable[[], Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "CURIOUS_MOST", 0)
    # Its own death is not to be news: the engine tells its time in whole seconds.
    monkeypatch.setattr(containers, "CLOCK_MARGIN", 0.0)
    dead = run("sh", "-c", "exit 127")
    eventually(lambda: not engine.get(f"/containers/{dead}/json")["State"]["Running"])
    died = time.monotonic()
    eventually(lambda: time.monotonic() > died + 2)
    seen = follows(watch(), proxy)
    later = run(*FOREVER)  # what happens is looked at as ever, after what there was to be curious about
    seen.becomes(later, lambda one: one.inspected)
    assert proxy.asked(f"/containers/{dead}") == []


def test_what_is_told_before_somebody_listens_is_not_lost(proxy: Proxy) -> None:
    watch = Watch(Engine(find(proxy.url)))
    watch.start()
    eventually(lambda: proxy.asked("/events"))
    seen = Seen(watch)
    watch.listen(seen.take)
    assert seen.count(Listed) == 1
    watch.close()


def test_every_change_is_told_within_two_seconds_and_without_another_list(
    seen: Seen, proxy: Proxy, run: Run, docker: Docker
) -> None:
    one = run(*FOREVER, name="cdbg-t-watched", start=False)
    assert seen.becomes(one, lambda c: c.state is State.CREATED, 2).name == "cdbg-t-watched"
    docker("start", one)
    born = seen.becomes(one, lambda c: c.state is State.RUNNING, 2)
    assert (born.inspected, born.pid > 0) == (True, True)
    docker("pause", one)
    seen.becomes(one, lambda c: c.state is State.PAUSED, 2)
    docker("unpause", one)
    seen.becomes(one, lambda c: c.state is State.RUNNING, 2)
    docker("rename", one, "cdbg-t-renamed")
    seen.becomes(one, lambda c: c.name == "cdbg-t-renamed", 2)
    docker("kill", one)
    dead = seen.becomes(one, lambda c: c.state is State.EXITED, 2)
    assert (dead.exit_code, dead.pid) == (137, 0)
    docker("rm", one)
    eventually(lambda: one not in seen.rows, 2)
    assert seen.count(Listed) == len(proxy.asked("/containers/json", "all=1")) == 1
    actions = [event.action for event in seen.watch.events_of(one)]
    assert actions == ["create", "start", "pause", "unpause", "rename", "kill", "die", "destroy"]


def test_the_networks_that_it_is_on_are_told(seen: Seen, run: Run, docker: Docker, network: str) -> None:
    one = run(*FOREVER)
    seen.becomes(one, lambda c: set(c.networks) == {"bridge"}, 2)
    docker("network", "connect", "--alias=Store", network, one)
    on_both = seen.becomes(one, lambda c: network in c.networks, 2)
    assert ("store" in on_both.names, all(on_both.networks.values())) == (True, True)
    docker("network", "disconnect", network, one)
    seen.becomes(one, lambda c: network not in c.networks, 2)
    assert [event.action for event in seen.watch.events_of(one)] == ["create", "start"]


def test_all_containers_are_known_while_the_engine_tells_of_them(
    watch: Callable[[], Seen], proxy: Proxy, run: Run, docker: Docker
) -> None:
    one = run(*FOREVER)
    proxy.spoil("/containers/json", Fault(delay=0.3))
    seen = watch()
    assert one in {container.id for container in seen.watch.containers() or ()}, "it waits for the first list"
    proxy.mend()
    follows(seen, proxy)
    assert one in {container.id for container in seen.watch.containers() or ()}
    docker("kill", one)
    dead = seen.becomes(one, lambda c: c.state is State.EXITED, 2)
    assert dead in (seen.watch.containers() or ())
    proxy.close()
    eventually(seen.lost)
    assert seen.watch.containers() is None
    proxy.open()
    eventually(lambda: seen.watch.containers() is not None)


def test_they_are_not_known_while_a_look_at_one_hangs(
    seen: Seen, proxy: Proxy, run: Run, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "BEHIND_SECONDS", 0.1)
    one = run(*FOREVER)
    seen.becomes(one, lambda c: c.state is State.RUNNING)
    proxy.spoil(one, Fault(stalls=True))
    docker("kill", one)
    eventually(lambda: seen.watch.containers() is None)
    proxy.mend()
    eventually(lambda: seen.watch.containers() is not None)
    assert seen.rows[one].state is State.EXITED


def test_a_failing_health_check_is_told(seen: Seen, run: Run, docker: Docker) -> None:
    check = ["--health-cmd=test -e /well", "--health-interval=0.2s", "--health-retries=1"]
    one = run("sh", "-c", "touch /well; sleep 1000", options=check)
    seen.becomes(one, lambda c: c.health is Health.HEALTHY)
    docker("exec", one, "rm", "/well")
    seen.becomes(one, lambda c: c.health is Health.UNHEALTHY)


def test_restarts_by_the_policy_are_counted(seen: Seen, run: Run) -> None:
    one = run("false", options=["--restart=on-failure:2"])
    dead = seen.becomes(one, lambda c: c.state is State.EXITED and c.restarts == 2)
    assert dead.exit_code == 1


def test_a_burst_of_events_ends_in_the_true_list(seen: Seen, engine: Engine) -> None:
    ids: list[str] = []

    def four_at_once(act: Callable[[str], None], items: list[str]) -> None:
        done = side_by_side(act, items, workers=4, seconds=60)
        assert [error for error in done.values() if error] == []
        assert len(done) == len(items)

    def create(name: str) -> None:
        with engine.api() as api:
            made = api.create_container(IMAGE, "true", name=name, labels={LABEL: "1"})
        ids.append(made["Id"])

    def remove(one: str) -> None:
        with engine.api() as api:
            api.remove_container(one, force=True)

    def is_true() -> bool:
        rows = engine.get("/containers/json?all=1")
        told = {one.id: (one.name, one.state.value) for one in seen.rows.values()}
        return told == {row["Id"]: (row["Names"][0][1:], row["State"]) for row in rows}

    try:
        four_at_once(create, [f"cdbg-t-burst-{number}" for number in range(60)])
        control.start(engine, ids[0])
        four_at_once(remove, ids[20:55])
        eventually(is_true)
        assert len(seen.rows.keys() & set(ids)) == 25
    finally:
        four_at_once(remove, [row["Id"] for row in engine.get("/containers/json?all=1") if row["Id"] in ids])
    eventually(lambda: not seen.rows.keys() & set(ids))


def test_nothing_calm_is_inspected_at_the_start(
    engine: Engine, run: Run, watch: Callable[[], Seen], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "ids", list)
    calm = [run(*FOREVER), run("true"), run("sh", "-c", "exit 3")]
    killed = run("sh", "-c", "kill -9 $$", options=["--init"])
    eventually(
        lambda: all(not engine.get(f"/containers/{one}/json")["State"]["Running"] for one in (*calm[1:], killed))
    )
    seen = follows(watch(), proxy)
    # 137 may have been for memory: that one is looked at.
    seen.becomes(killed, lambda c: c.inspected)
    asked = proxy.asked("/containers/")
    assert asked[:2] == ["/containers/json", "/containers/json?all=1"]
    assert not [path for path in asked for one in calm if one in path]


def test_the_events_of_before_are_remembered_but_looked_at_by_nobody(
    run: Run, watch: Callable[[], Seen], proxy: Proxy, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "CLOCK_MARGIN", -60)
    one = run(*FOREVER)
    docker("kill", one)
    seen = follows(watch(), proxy)
    eventually(lambda: "die" in [event.action for event in seen.watch.events_of(one)])
    kill = next(event for event in seen.watch.events_of(one) if event.action == "kill")
    assert kill.attributes["signal"] == "9"


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_an_engine_whose_clock_is_far_from_ours_is_followed_as_well(
    watch: Callable[[], Seen], proxy: Proxy, run: Run, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    clock = SimpleNamespace(time=lambda: time.time() + ahead, monotonic=time.monotonic)
    monkeypatch.setattr(containers, "time", clock)
    seen = follows(watch(), proxy)
    seen.becomes(run(*FOREVER), lambda c: c.state is State.RUNNING, 3)
    assert not seen.lost()


def test_a_cut_event_stream_is_told_and_mended(seen: Seen, proxy: Proxy, run: Run, docker: Docker) -> None:
    one = run(*FOREVER)
    seen.becomes(one, lambda c: c.state is State.RUNNING)
    proxy.close()
    eventually(seen.lost)
    assert seen.lost()[0].error.kind == "unreachable"
    assert seen.lost()[0].error.what.endswith(".")
    docker("kill", one)
    lists = seen.count(Listed)
    proxy.open()
    eventually(lambda: seen.count(Listed) > lists)
    # What happened meanwhile is in the list, and who did it in the events.
    assert seen.rows[one].state is State.EXITED
    eventually(lambda: "kill" in [event.action for event in seen.watch.events_of(one)])
    heard = [(event.time, event.action) for event in seen.watch.events_of(one)]
    assert len(set(heard)) == len(heard)
    docker("start", one)
    seen.becomes(one, lambda c: c.state is State.RUNNING)


def test_without_an_engine_it_says_so_and_lists_when_there_is_one(
    watch: Callable[[], Seen], proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "FIRST_RETRY", 0.1)
    proxy.close()
    seen = watch()
    eventually(lambda: len(seen.lost()) >= 3)
    first, second, third = seen.lost()[:3]
    assert first.error.what == f"There is no engine at {proxy.url}: the socket does not exist."
    assert "systemctl start docker" in first.error.advice
    assert (first.retry_in, second.retry_in, third.retry_in) == (0.1, 0.2, 0.4)
    # However long it is away: to be refused by a socket of this machine costs nothing.
    monkeypatch.setattr(containers, "NEAR_RETRY", 0.3)
    eventually(lambda: [one.retry_in for one in seen.lost()][-2:] == [0.3, 0.3])
    proxy.open()
    eventually(lambda: seen.count(Listed))


@pytest.mark.parametrize("hasten", [Watch.retry_now, Watch.glance], ids=["asked for", "by a key"])
def test_the_next_attempt_can_be_made_at_once(
    watch: Callable[[], Seen], proxy: Proxy, monkeypatch: pytest.MonkeyPatch, hasten: Callable[[Watch], None]
) -> None:
    monkeypatch.setattr(containers, "FIRST_RETRY", 60.0)
    monkeypatch.setattr(containers, "STALE_SECONDS", 0.0)
    proxy.close()
    seen = watch()
    eventually(seen.lost)
    proxy.open()
    hasten(seen.watch)
    eventually(lambda: seen.count(Listed), 3)


@pytest.mark.parametrize(
    "rubbish", [b"<html>", b"{}x", b'{"a": 1}', b"[1]", b'[{"Names": []}]', b"null", b"\xff"], ids=ascii
)
def test_a_list_that_makes_no_sense_is_told_and_asked_for_again(
    watch: Callable[[], Seen], proxy: Proxy, rubbish: bytes
) -> None:
    proxy.instead["/containers/json"] = answer(rubbish)
    seen = watch()
    assert eventually(seen.lost)[0].error.what.endswith(".")
    proxy.instead.clear()
    seen.watch.retry_now()
    eventually(lambda: seen.count(Listed))


@pytest.mark.parametrize(
    "rubbish", [b"<html>\n", b"[1]\n", b"5\n", b'{"Actor": 1}\n', b'{"timeNano": "x"}\n'], ids=ascii
)
def test_an_event_that_makes_no_sense_is_told_and_the_stream_opened_again(
    watch: Callable[[], Seen], proxy: Proxy, run: Run, rubbish: bytes
) -> None:
    proxy.instead["/events"] = answer(rubbish)
    seen = watch()
    assert "makes no sense" in eventually(seen.lost)[0].error.what
    proxy.instead.clear()
    seen.watch.retry_now()
    seen.becomes(run(*FOREVER), lambda c: c.state is State.RUNNING)


def test_events_that_come_in_another_order_than_they_happened_are_all_heard(
    watch: Callable[[], Seen], proxy: Proxy
) -> None:
    lines = [
        {"Type": "container", "Action": action, "Actor": {"ID": one}, "timeNano": time_nano}
        for action, one, time_nano in (("die", "b" * 64, 2_000_000_000), ("die", "a" * 64, 1_999_999_999))
    ]
    proxy.instead["/events"] = answer("\n".join(map(json.dumps, lines)).encode())
    seen = watch()
    eventually(seen.lost)
    assert [event.time for one in "ab" for event in seen.watch.events_of(one * 64)] == [1.999999999, 2.0]


def test_of_a_storm_of_events_about_one_container_the_last_are_handed_out(
    watch: Callable[[], Seen], proxy: Proxy
) -> None:
    line = {"Type": "container", "Action": "kill", "Actor": {"ID": "a" * 64}}
    storm = (json.dumps(line | {"timeNano": second * 1_000_000_000}) for second in range(1, 2_001))
    proxy.instead["/events"] = answer("\n".join(storm).encode())
    seen = watch()
    eventually(seen.lost)
    assert [event.time for event in seen.watch.events_of("a" * 64)] == list(
        range(2_001 - MOST_EVENTS_OF_ONE, 2_001)
    )


def test_a_container_that_cannot_be_inspected_is_taken_from_the_list(
    seen: Seen, proxy: Proxy, run: Run, docker: Docker
) -> None:
    stuck, other = run(*FOREVER, start=False), run(*FOREVER, start=False)
    seen.becomes(stuck, lambda c: c.state is State.CREATED)
    seen.becomes(other, lambda c: c.state is State.CREATED)
    proxy.instead[f"/containers/{stuck}/json"] = answer(
        b'{"message": "driver failed"}', "500 Internal Server Error"
    )
    docker("start", stuck, other)
    seen.becomes(stuck, lambda c: c.state is State.RUNNING, 3)
    seen.becomes(other, lambda c: c.state is State.RUNNING, 3)
    assert not seen.lost()


def test_a_hung_engine_is_told(watch: Callable[[], Seen], proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(Engine.rows, "__kwdefaults__", {"patience": 0.2})
    proxy.instead["/containers/json"] = None
    assert eventually(watch().lost)[0].error.kind == "timeout"


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name in THREADS}


@pytest.mark.parametrize("gone", [False, True])
def test_closing_ends_its_threads_and_its_news(
    proxy: Proxy, watch: Callable[[], Seen], run: Run, gone: bool
) -> None:
    before = threads()
    seen = watch()
    if gone:
        proxy.close()
        eventually(seen.lost)
    else:
        follows(seen, proxy)
    assert len(threads() - before) == len(THREADS)
    count = len(seen.news)
    began = time.monotonic()
    seen.watch.close()
    eventually(lambda: not threads() - before, 2)
    assert time.monotonic() - began < 1
    assert len(seen.news) == count


def test_an_engine_that_hangs_without_ending_its_events_is_told_lost(
    watch: Callable[[], Seen], proxy: Proxy, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "PING_SECONDS", 0.3)
    monkeypatch.setattr(containers, "STALE_SECONDS", 0.0)
    seen = watch()
    eventually(lambda: proxy.asked("/events"))
    seen.watch.glance()
    eventually(lambda: proxy.asked("limit=1"))
    assert not seen.lost()
    proxy.spoil("limit=1", Fault(stalls=True))
    seen.watch.glance()
    assert eventually(seen.lost)[0].error.brief == "it does not answer"
    listed = seen.count(Listed)
    proxy.mend()
    eventually(lambda: seen.count(Listed) > listed)
    container = run("sleep", "1000")
    seen.becomes(container, lambda one: one.state is State.RUNNING)


def test_a_request_that_finds_no_engine_makes_the_watch_look(watch: Callable[[], Seen], proxy: Proxy) -> None:
    seen = watch()
    eventually(lambda: proxy.asked("/events"))
    Path(proxy.url.removeprefix("unix://")).unlink()  # what is connected stays so
    with pytest.raises(EngineError):
        seen.watch._engine.get("/version")
    assert eventually(seen.lost)[0].error.brief == "its socket does not exist"


def test_a_silent_engine_is_asked_for_a_sign_of_life_now_and_then(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "QUIET_SECONDS", 0.2)
    watch = Watch(Engine(find(proxy.url)))
    watch.start()
    eventually(lambda: len(proxy.asked("limit=1")) > 1)
    watch.close()
