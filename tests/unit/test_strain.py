"""What a machine that is busy with other things looks like from within."""

from __future__ import annotations

import subprocess
import sys

from cdbg_tui.tui.strain import RELIEVED, Strain


def test_without_work_nothing_is_strained() -> None:
    assert Strain().factor == 1.0
    assert not Strain().is_high


def test_work_that_takes_its_time_and_no_more_is_no_strain() -> None:
    strain = Strain()
    for _ in range(20):
        strain.note(0.012, 0.010)
    assert round(strain.factor, 2) == 1.2
    assert not strain.is_high


def test_several_threads_at_once_are_no_strain() -> None:
    strain = Strain()
    strain.note(0.010, 0.020)
    assert strain.factor == 1.0


def test_one_bad_moment_is_forgotten_and_bad_times_are_not() -> None:
    strain = Strain()
    for _ in range(20):
        strain.note(0.011, 0.010)
    strain.note(0.050, 0.010)
    assert not strain.is_high
    for _ in range(10):
        strain.note(0.050, 0.010)
    while strain.factor >= RELIEVED:
        assert strain.is_high
        strain.note(0.010, 0.010)
    assert not strain.is_high


def test_what_waits_for_others_is_strained() -> None:
    strain = Strain()
    with strain.noted():
        subprocess.run([sys.executable, "-c", ""], check=True)
    assert strain.is_high
