"""Rates between two readings of the meters."""

from __future__ import annotations

import pytest

from cdbg_tui.model.sample import History, Sample, Usage, usage


def test_rates_are_what_grew_between_two_readings() -> None:
    before = Sample(10.0, cpu=1.0, received=1000, sent=0, read=0, written=4096)
    after = Sample(12.0, cpu=2.0, cpu_limit=0.5, received=3000, sent=10, read=0, written=8192, memory=5)
    now = usage(before, after)
    assert (now.cpu, now.cpu_of_limit) == (0.5, 1.0)
    assert (now.received, now.sent, now.read, now.written) == (1000.0, 5.0, 0.0, 2048.0)
    assert now.memory == 5


def test_one_reading_has_levels_but_no_rates() -> None:
    now = usage(None, Sample(10.0, cpu=1.0, memory=50, memory_limit=100, pids=3, received=5))
    assert now == Usage(memory=50, memory_limit=100, pids=3)
    assert now.memory_of_limit == 0.5


def test_a_counter_that_shrank_belongs_to_a_new_life() -> None:
    now = usage(Sample(1.0, cpu=9.0, received=9), Sample(2.0, cpu=0.5, received=10))
    assert now.cpu is None
    assert now.received == 1.0


def test_two_readings_at_the_same_time_have_no_rate() -> None:
    assert usage(Sample(1.0, cpu=1.0), Sample(1.0, cpu=2.0)).cpu is None


@pytest.mark.parametrize(
    ("periods", "throttled", "share"),
    [((0, 20), (0, 5), 0.25), ((10, 10), (5, 5), 0.0), ((0, 4), (0, 5), 1.0), ((9, 2), (9, 2), 0.0)],
)
def test_throttled_is_a_share_of_the_enforcement_periods(
    periods: tuple[int, int], throttled: tuple[int, int], share: float
) -> None:
    before = Sample(1.0, cpu_limit=1.0, periods=periods[0], throttled=throttled[0])
    after = Sample(2.0, cpu_limit=1.0, periods=periods[1], throttled=throttled[1])
    assert usage(before, after).throttled == share


def test_without_a_cpu_limit_nothing_is_throttled() -> None:
    now = usage(Sample(1.0, periods=0, throttled=0), Sample(2.0, periods=9, throttled=9))
    assert now.throttled is None


def test_unknown_figures_stay_unknown() -> None:
    assert usage(Sample(1.0), Sample(2.0)) == Usage()
    assert Usage(cpu=1.0).cpu_of_limit is None
    assert Usage(memory=1, memory_limit=0).memory_of_limit is None


def test_a_history_is_bounded_and_in_order() -> None:
    history = History(length=3)
    assert history.last is None
    for second in range(5):
        history.add(Sample(float(second), cpu=float(second * second)))
    assert list(history.series("cpu")) == [3.0, 5.0, 7.0]
    assert list(history.series("memory")) == [0.0, 0.0, 0.0]
    assert history.last is not None
    assert history.last.cpu == 7.0
