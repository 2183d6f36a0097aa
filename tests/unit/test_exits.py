"""What an exit code means, and who set it."""

from __future__ import annotations

import pytest

from cdbg_tui.triage.exits import explain, never_started, signal_name


@pytest.mark.parametrize(
    ("code", "word", "signal", "set_by"),
    [
        (0, "finished", "", "the process"),
        (1, "failed", "", "the process"),
        (2, "failed", "", "the process"),
        (3, "failed", "", "the process"),
        (125, "docker failed", "", "the docker CLI"),
        (126, "not executable", "", "a shell in the container"),
        (127, "command not found", "", "a shell in the container"),
        (128, "failed", "", "the process"),
        (130, "interrupted", "SIGINT", "the kernel"),
        (134, "aborted", "SIGABRT", "the kernel"),
        (135, "bus error", "SIGBUS", "the kernel"),
        (136, "arithmetic error", "SIGFPE", "the kernel"),
        (137, "killed", "SIGKILL", "the kernel"),
        (139, "segfault", "SIGSEGV", "the kernel"),
        (143, "terminated", "SIGTERM", "the kernel"),
        (159, "forbidden call", "SIGSYS", "the kernel"),
        (163, "failed", "", "the process"),
        (200, "failed", "", "the process"),
        (255, "failed", "", "the process"),
        (-1, "failed", "", "the process"),
    ],
)
def test_each_code_has_a_word_and_who_set_it(code: int, word: str, signal: str, set_by: str) -> None:
    told = explain(code)
    assert (told.code, told.word, told.signal) == (code, word, signal)
    assert told.set_by.startswith(set_by)


@pytest.mark.parametrize("code", range(-1, 256))
def test_every_code_is_explained_in_a_sentence_and_a_short_word(code: int) -> None:
    for told in (explain(code), never_started(code)):
        assert told.meaning.endswith(".")
        assert 0 < len(told.word) <= 22


def test_a_signal_without_a_word_of_its_own_is_still_named() -> None:
    told = explain(128 + 16)
    assert (told.signal, told.word) == ("SIGSTKFLT", "ended by SIGSTKFLT")


def test_the_engines_own_codes_are_other_ones_than_a_shells() -> None:
    assert never_started(127).word == "program not found"
    assert never_started(126).word == "not executable"
    assert never_started(128).set_by == "the engine"
    assert never_started(0).word == "not started"


def test_no_signal_has_no_name() -> None:
    assert [signal_name(n) for n in (9, 15, 0, -1, 35, 127)] == ["SIGKILL", "SIGTERM", "", "", "", ""]
