"""Figures and times in words."""

from __future__ import annotations

import datetime

import pytest

from cdbg_tui.model.units import bars, epoch, exact_span, percent, rate, rfc3339, size, span


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (66_899_148, "63.8 MiB"),
        (999.9 * 1024, "999.9 KiB"),
        (1000 * 1024, "1000 KiB"),
        (1024 * 1024 - 1, "1.0 MiB"),
        (23.5 * 2**30, "23.5 GiB"),
    ],
)
def test_sizes_are_iec(count: float, text: str) -> None:
    assert size(count) == text


def test_a_size_never_takes_more_than_its_column() -> None:
    assert max(len(size(2**bits - back)) for bits in range(60) for back in (0, 1)) <= 9
    assert max(len(rate(10**digits - back)) for digits in range(15) for back in (0, 1)) <= 10


def test_rates_are_counted_as_networks_are() -> None:
    assert (rate(0), rate(310), rate(1200), rate(999_999)) == ("0 B/s", "310 B/s", "1.2 kB/s", "1.0 MB/s")


def test_shares_lose_their_decimals_at_the_whole() -> None:
    assert [percent(x) for x in (0, 0.021, 0.9994, 0.9996, 2)] == ["0.0 %", "2.1 %", "99.9 %", "100 %", "200 %"]


@pytest.mark.parametrize(
    ("seconds", "short", "exact"),
    [
        (-5, "0 s", "0 s"),
        (0.38, "0 s", "380 ms"),
        (1.44, "1 s", "1.4 s"),
        (59, "59 s", "59.0 s"),
        (60, "1 min", "1 min"),
        (3599, "59 min", "59 min 59 s"),
        (3600, "1 h", "1 h"),
        (11_520, "3 h", "3 h 12 min"),
        (86_399, "23 h", "23 h 59 min"),
        (6 * 86_400 + 7200, "6 d", "6 d 2 h"),
    ],
)
def test_durations_in_lists_and_in_details(seconds: float, short: str, exact: str) -> None:
    assert span(seconds) == short
    assert exact_span(seconds) == exact


def test_the_engines_times_are_understood() -> None:
    base = datetime.datetime(2026, 11, 22, 16, 14, 10, tzinfo=datetime.UTC).timestamp()
    assert epoch("2026-11-22T16:14:10Z") == base
    assert epoch("2026-11-22T16:14:10.538364633Z") == pytest.approx(base + 0.538364633)
    assert epoch("2026-11-22T17:14:10.5+01:00") == base + 0.5


@pytest.mark.parametrize("stamp", ["", "0001-01-01T00:00:00Z", "soon", "2026-11-22", "2026-11-22T16:14:10"])
def test_no_time_is_no_time(stamp: str) -> None:
    assert epoch(stamp) is None


def test_a_time_comes_back_as_the_engine_writes_it() -> None:
    assert epoch(rfc3339(1795364051.25)) == 1795364051.25


def test_bars_are_scaled_to_the_top_and_not_to_the_values() -> None:
    assert bars([0.0, 0.01, 0.5, 1.0, 2.0], 5, 1.0) == " ▁▄██"
    assert bars([0.01] * 3, 3, 1.0) == "▁▁▁"
    assert bars([1.0], 4, 1.0) == "   █"
    assert bars([0.1, 1.0], 1, 1.0) == "█"
    assert bars([1.0], 0, 1.0) == ""
    assert bars([0.0, 0.0], 2, 0.0) == "  "
