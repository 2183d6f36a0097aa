"""The lines of the meters, and their words where a figure is not to be had."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from cdbg_tui.model.container import Container, State
from cdbg_tui.model.sample import History, Sample
from cdbg_tui.tui.panes.stats import meters


def container(state: State = State.RUNNING, network: str = "bridge") -> Container:
    return Container("ab" * 32, "api", "api:1", state, network_mode=network)


def history(*samples: Sample) -> History:
    made = History()
    for sample in samples:
        made.add(sample)
    return made


def lines(one: Container | None, seen: History | None, width: int = 100) -> list[str]:
    return ["".join(cell.text for cell in line) for line in meters(one, seen, width)]


FIRST = Sample(
    1.0,
    cpu=0.0,
    cpu_limit=0.5,
    periods=0,
    throttled=0,
    memory=32 << 20,
    memory_limit=64 << 20,
    pids=7,
    pids_limit=100,
)
SECOND = Sample(
    2.0,
    cpu=0.5,
    cpu_limit=0.5,
    periods=10,
    throttled=5,
    memory=48 << 20,
    memory_limit=64 << 20,
    pids=8,
    pids_limit=100,
    received=1200,
    sent=310,
    read=0,
    written=4_100_000,
)


def test_all_meters_of_a_limited_container() -> None:
    third = Sample(
        3.0, cpu=1.0, cpu_limit=0.5, periods=20, throttled=10, received=2400, sent=620, read=0, written=8_200_000
    )
    cpu, throttled, _, network, disk, _ = lines(container(), history(FIRST, SECOND, third))
    assert cpu.endswith("50.0 % of a core, 100 % of its 0.5")
    assert throttled.endswith("50.0 % of periods")
    assert "↓ 1.2 kB/s   ↑ 310 B/s" in network
    assert "read 0 B/s   written 4.1 MB/s" in disk
    _, _, memory, _, _, processes = lines(container(), history(FIRST, SECOND))
    assert memory.endswith("48.0 MiB of 64.0 MiB, 75.0 %")
    assert processes.endswith("8 of at most 100")


def test_without_limits_it_says_so() -> None:
    seen = history(Sample(1.0, cpu=0.0, memory=1 << 20, pids=1), Sample(2.0, cpu=2.0, memory=1 << 20, pids=1))
    cpu, throttled, memory, _, _, processes = lines(container(), seen)
    assert cpu.endswith("200 % of a core, no limit")
    assert throttled.endswith("never: no CPU limit")
    assert memory.endswith("1.0 MiB, no limit")
    assert processes.endswith("1, no limit")


def test_before_the_second_reading_rates_are_being_measured() -> None:
    cpu, throttled, memory, network, disk, _ = lines(container(), history(FIRST))
    for line in (cpu, throttled, network, disk):
        assert line.endswith("measuring…")
    assert "32.0 MiB of 64.0 MiB" in memory


def test_what_the_kernel_does_not_tell_is_named() -> None:
    _, _, memory, _, _, processes = lines(container(), history(Sample(1.0, cpu=1.0)))
    assert memory.endswith("not to be had: no memory cgroup")
    assert processes.endswith("not to be had: no pids cgroup")


@pytest.mark.parametrize(("network", "words"), [("host", "host's own network"), ("none", "it has no network")])
def test_a_network_that_is_not_its_own_is_not_counted(network: str, words: str) -> None:
    assert words in lines(container(network=network), history(FIRST, SECOND))[3]


@pytest.mark.parametrize("state", [State.EXITED, State.CREATED, State.DEAD, State.RESTARTING])
def test_what_does_not_run_uses_nothing(state: State) -> None:
    [line] = lines(container(state), history(FIRST, SECOND))
    assert line.startswith(f"not running ({state.value})")


def test_nothing_selected_and_nothing_read_yet() -> None:
    assert lines(None, None) == ["no container is selected"]
    assert lines(container(), None) == lines(container(), History()) == ["reading the meters…"]


@pytest.mark.parametrize("width", [58, 60, 80, 100, 200])
def test_the_lines_fit(width: int) -> None:
    for line in lines(container(), history(FIRST, SECOND), max(width, 70)):
        assert cell_len(line) <= max(width, 70)
