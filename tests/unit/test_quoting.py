"""Names as one word of a line, losing nothing."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from cdbg_tui.model.file import known_time
from cdbg_tui.model.quoting import quoted


@pytest.mark.parametrize("name", ["/srv/a b", "/häßlich", "/日本", "/it's", "/back\\slash", "", "/$HOME"])
def test_what_can_be_seen_is_as_it_is(name: str) -> None:
    assert quoted(name) == name


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("/a\nb", r"$'/a\nb'"),
        ("/a\tb'c\\d", r"$'/a\tb\'c\\d'"),
        ("/\x1b[2J", r"$'/\033[2J'"),
        ("/bad\udcff", r"$'/bad\377'"),
        ("/\u202egpj", r"$'/\342\200\256gpj'"),
        ("/\u200b", r"$'/\342\200\213'"),
        ("$'x'", r"$'$\'x\''"),
    ],
)
def test_all_else_is_written_as_bash_does_and_can_be_read_back(name: str, word: str) -> None:
    assert quoted(name) == word
    assert word.isprintable()
    if bash := shutil.which("bash"):
        done = subprocess.run([bash, "-c", f"printf %s {word}"], check=True, capture_output=True)
        assert done.stdout == name.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("absurd", [float("inf"), float("-inf"), float("nan"), 1e300, 1 << 62, -(1 << 62)])
def test_a_time_of_no_calendar_is_not_known(absurd: float) -> None:
    assert known_time(absurd) == 0
    assert known_time(-5) == -5
    assert known_time(1_000_000_000) == 1_000_000_000
