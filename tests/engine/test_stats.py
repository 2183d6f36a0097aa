"""The meters of real containers: from the kernel's files, and through the engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from cdbg_tui.engine import cgroups
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.meters import Meters
from cdbg_tui.engine.stats import Sweep, Sweeper, Targets, from_stats
from cdbg_tui.model.sample import Sample, Usage, usage
from tests.support import Docker, Run, eventually

BUSY = ("sh", "-c", "while :; do :; done")
FOREVER = ("sleep", "1000")
INTERVAL = 0.3


class Read:
    """What a sweeper has delivered."""

    def __init__(self, sweeper: Sweeper | None = None) -> None:
        self.sweeps: list[Sweep] = []
        self.sweeper = sweeper

    def samples(self, one: str) -> list[Sample]:
        return [sweep.samples[one] for sweep in self.sweeps if one in sweep.samples]

    def usage(self, one: str, seconds: float) -> Usage:
        """Wait until readings of a container are *seconds* apart, and return its usage between them."""

        def apart() -> bool:
            samples = self.samples(one)
            return len(samples) > 1 and samples[-1].time - samples[0].time >= seconds

        eventually(apart, 20)
        samples = self.samples(one)
        return usage(samples[0], samples[-1])


@pytest.fixture
def sweep(engine: Engine) -> Iterator[Callable[[Targets], Read]]:
    """Starts a sweeper with targets."""
    made: list[Sweeper] = []

    def start(targets: Targets) -> Read:
        read = Read()
        sweeper = Sweeper(engine, read.sweeps.append, interval=INTERVAL)
        read.sweeper = sweeper
        made.append(sweeper)
        sweeper.aim(targets)
        sweeper.start()
        return read

    yield start
    for sweeper in made:
        sweeper.close()


@pytest.fixture(params=["cgroups", "api"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the meters are read; the engine of these tests runs on this machine."""
    if request.param == "api":
        monkeypatch.setattr(cgroups, "find", lambda *_: None)
    return str(request.param)


def test_a_busy_container_with_all_limits(sweep: Callable[[Targets], Read], run: Run, source: str) -> None:
    one = run(*BUSY, options=["--cpus=0.2", "--memory=64m", "--pids-limit=50"])
    read = sweep(Targets((one,), selected=one))
    used = read.usage(one, 2)
    assert used.cpu == pytest.approx(0.2, abs=0.06)
    assert used.cpu_limit == pytest.approx(0.2)
    assert used.cpu_of_limit == pytest.approx(1.0, abs=0.3)
    assert used.throttled is not None
    assert used.throttled > 0.3
    assert used.memory is not None
    assert 0 < used.memory < 16 << 20
    assert used.memory_limit == 64 << 20
    assert (used.pids, read.sweeps[-1].source) == (1, source)
    # Engine 20.10 does not tell the limit on PIDs.
    assert used.pids_limit == 50 or source == "api"


def test_an_idle_container_without_limits(sweep: Callable[[Targets], Read], run: Run, source: str) -> None:
    one = run(*FOREVER)
    used = sweep(Targets((one,), selected=one)).usage(one, 1)
    assert used.cpu is not None
    assert used.cpu < 0.05
    assert (used.cpu_limit, used.memory_limit, used.throttled, used.pids_limit) == (None, None, None, None)
    assert used.memory is not None


def test_memory_is_counted_without_the_cache_that_can_be_taken_back(
    sweep: Callable[[Targets], Read], run: Run, docker: Docker, source: str
) -> None:
    one = run(*FOREVER)
    docker("exec", one, "dd", "if=/dev/zero", "of=/cached", "bs=1M", "count=40")
    read = sweep(Targets((one,), selected=one))
    used = read.usage(one, 0.2)
    assert used.memory is not None
    assert used.memory < 20 << 20


def test_both_ways_give_the_same_figures(engine: Engine, run: Run, docker: Docker) -> None:
    one = run(*FOREVER, options=["--memory=64m", "--cpus=0.5"])
    docker(
        "exec", one, "sh", "-c", "dd if=/dev/zero of=/x bs=1M count=8 conv=fsync; ping -c 3 -i 0.1 172.29.0.1 || :"
    )
    group = cgroups.find(one)
    assert group is not None
    files = Meters(group).sample(whole=True)
    api = from_stats(engine.get(f"/containers/{one}/stats?stream=0&one-shot=1"), time.monotonic())
    assert files is not None
    assert api is not None
    for figure in ("cpu", "memory", "pids", "received", "sent", "read", "written", "periods"):
        mine, theirs = getattr(files, figure), getattr(api, figure)
        assert mine == pytest.approx(theirs, rel=0.2, abs=1 << 20 if figure == "memory" else 2000), figure


def test_network_and_disk_are_counted(sweep: Callable[[Targets], Read], run: Run, source: str) -> None:
    work = "exec >/dev/null 2>&1; while :; do dd if=/dev/zero of=/x bs=64k count=4 conv=fsync; done"
    one, other = run("sh", "-c", work), run(*FOREVER)
    read = sweep(Targets((one, other), selected=one))
    used = read.usage(one, 1)
    assert used.received is not None
    assert used.sent is not None
    assert used.written is not None
    if source == "cgroups":
        # Counting the network takes a PID: only the selected one's is.
        assert read.samples(other)[-1].received is None


def test_without_a_network_nothing_goes_through_it(sweep: Callable[[Targets], Read], run: Run) -> None:
    one = run(*FOREVER, options=["--network=none"])
    used = sweep(Targets((one,), selected=one)).usage(one, 0.5)
    assert (used.received, used.sent) == (0.0, 0.0)


def test_through_the_engine_only_what_can_be_seen_is_read(
    sweep: Callable[[Targets], Read], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "find", lambda *_: None)
    seen, selected, hidden = run(*FOREVER), run(*FOREVER), run(*FOREVER)
    read = sweep(Targets((seen, selected, hidden), visible=frozenset({seen}), selected=selected))
    eventually(lambda: len(read.sweeps) >= 2)
    assert all(set(one.samples) == {seen, selected} for one in read.sweeps)


def test_through_the_files_all_that_run_are_read(sweep: Callable[[Targets], Read], run: Run) -> None:
    running = tuple(run(*FOREVER) for _ in range(3))
    read = sweep(Targets(running))
    eventually(lambda: read.sweeps)
    assert set(read.sweeps[0].samples) == set(running)


def test_one_that_ends_is_missing_and_the_others_are_not(
    sweep: Callable[[Targets], Read], run: Run, docker: Docker, source: str
) -> None:
    dying, living = run(*FOREVER), run(*FOREVER)
    read = sweep(Targets((dying, living), visible=frozenset({dying, living})))
    eventually(lambda: read.samples(dying))
    docker("kill", dying)
    eventually(lambda: read.sweeps and set(read.sweeps[-1].samples) == {living})


def test_a_limit_that_is_changed_meanwhile_is_seen(
    sweep: Callable[[Targets], Read], run: Run, docker: Docker, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdbg_tui.engine.stats.LIMITS_SECONDS", 0.5)
    one = run(*FOREVER, options=["--cpus=0.5"])
    read = sweep(Targets((one,), selected=one))
    eventually(lambda: read.samples(one) and read.samples(one)[-1].cpu_limit == 0.5)
    docker("update", "--cpus=1.5", one)
    eventually(lambda: read.samples(one)[-1].cpu_limit == 1.5)


def test_a_newly_selected_container_is_read_at_once(engine: Engine, run: Run) -> None:
    one = run(*FOREVER)
    sweeps: list[Sweep] = []
    sweeper = Sweeper(engine, sweeps.append, interval=60)
    sweeper.aim(Targets((one,)))
    sweeper.start()
    eventually(lambda: sweeps)
    sweeper.aim(Targets((one,), selected=one))
    eventually(lambda: len(sweeps) == 2, 2)
    assert sweeps[1].samples[one].received is not None
    sweeper.close()


def test_the_newly_selected_is_read_alone_and_all_at_their_time(engine: Engine, run: Run) -> None:
    one, other = run(*FOREVER), run(*FOREVER)
    read = Read()
    sweeper = Sweeper(engine, read.sweeps.append, interval=1.0)
    sweeper.aim(Targets((one, other), frozenset({one, other}), one))
    sweeper.start()
    eventually(lambda: read.sweeps, 2)
    for selected in (other, one) * 4:
        count = len(read.sweeps)
        sweeper.aim(Targets((one, other), frozenset({one, other}), selected))
        eventually(lambda before=count: len(read.sweeps) > before, 2)  # type: ignore[misc]
    eventually(lambda: sum(sweep.is_whole for sweep in read.sweeps) > 2, 5)
    sweeper.close()
    for sweep in read.sweeps:
        assert len(sweep.samples) == (2 if sweep.is_whole else 1)
    assert any(not sweep.is_whole for sweep in read.sweeps)
    wholes = [min(sample.time for sample in sweep.samples.values()) for sweep in read.sweeps if sweep.is_whole]
    assert min(after - before for before, after in pairwise(wholes)) > 0.45


def test_paused_it_reads_nothing_and_resumed_it_reads_at_once(engine: Engine, run: Run) -> None:
    one = run(*FOREVER)
    read = Read()
    sweeper = Sweeper(engine, read.sweeps.append, interval=60)
    sweeper.pause()
    sweeper.aim(Targets((one,)))
    sweeper.start()
    thread = next(thread for thread in threading.enumerate() if thread.name == "stats" and thread.is_alive())
    thread.join(0.3)
    assert read.sweeps == []
    sweeper.resume()
    eventually(lambda: read.sweeps, 2)
    sweeper.close()


@pytest.mark.parametrize("paused", [False, True])
def test_closing_ends_the_thread(engine: Engine, run: Run, paused: bool) -> None:
    before = set(threading.enumerate())
    sweeper = Sweeper(engine, lambda _: None, interval=60)
    if paused:
        sweeper.pause()
    sweeper.aim(Targets((run(*FOREVER),)))
    sweeper.start()
    [thread] = [one for one in set(threading.enumerate()) - before if one.name == "stats"]
    sweeper.close()
    thread.join(2)
    assert not thread.is_alive()
