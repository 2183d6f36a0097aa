"""Signals that ask the program to leave: noted, or turned into an exit, and their handlers put back."""

from __future__ import annotations

import os
import signal

import pytest

from cdbg_tui.sessions.signals import signals_as_exit, signals_noted

SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted_and_handed_to_who_comes_later(number: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in SIGNALS]
    heard: list[int] = []
    with signals_noted() as asked:
        assert asked.status == 0
        send(number)
        assert asked.status == 128 + number
        asked.hand_to(heard.append)
        assert heard == [128 + number]
        with pytest.raises(SystemExit) as ended:
            send(signal.SIGTERM)
        assert ended.value.code == 128 + signal.SIGTERM
        assert heard == [128 + number]
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_who_is_there_already_hears_it_at_once() -> None:
    heard: list[int] = []
    with signals_noted() as asked:
        asked.hand_to(heard.append)
        assert heard == []
        send(signal.SIGHUP)
    assert heard == [128 + signal.SIGHUP]


def test_an_exit_within_what_is_noted_is_its_own() -> None:
    with signals_noted() as asked:
        with pytest.raises(SystemExit), signals_as_exit():
            send(signal.SIGTERM)
        assert asked.status == 0
        send(signal.SIGTERM)
        assert asked.status == 128 + signal.SIGTERM
