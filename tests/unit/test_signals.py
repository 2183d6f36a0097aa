"""Signals that ask the program to leave: noted, or turned into an exit, and their handlers put back."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from cdbg_tui.sessions.signals import signals_as_exit, signals_later, signals_noted

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


def test_one_end_of_a_terminal_counts_once_however_many_tell_of_it() -> None:
    heard: list[int] = []
    with signals_noted() as asked:
        asked.hand_to(heard.append)
        send(signal.SIGHUP)
        send(signal.SIGHUP)
        assert heard == [128 + signal.SIGHUP]

    def leave() -> None:
        try:
            send(signal.SIGHUP)
        finally:
            send(signal.SIGHUP)
            heard.append(0)

    with pytest.raises(SystemExit), signals_as_exit():
        leave()
    assert heard[-1] == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_what_must_not_be_cut_short_is_not_though_another_thread_takes_the_signal(number: signal.Signals) -> None:
    over = threading.Event()
    other = threading.Thread(target=over.wait, daemon=True)
    other.start()
    done: list[str] = []

    def work() -> None:
        with signals_later():
            send(number)
            done.append("all")
        done.append("more")

    with pytest.raises(SystemExit) as ended, signals_as_exit():
        work()
    over.set()
    other.join()
    assert done == ["all"]
    assert ended.value.code == 128 + number


def test_in_another_thread_nothing_has_to_wait() -> None:
    done: list[str] = []

    def work() -> None:
        with signals_later():
            done.append("all")

    other = threading.Thread(target=work)
    other.start()
    other.join()
    assert done == ["all"]
