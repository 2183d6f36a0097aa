"""Logs of real containers: followed, earlier, saved, and those that cannot be read."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.logs import LogTail, earlier, save
from cdbg_tui.model.log import STDERR, STDOUT, LogBatch, parse, stamp_of
from tests.support import Docker, Run, eventually


class Taker:
    """Takes batches as the dashboard does, and remembers them."""

    def __init__(self) -> None:
        self.batches: list[LogBatch] = []
        self.times: list[float] = []

    def __call__(self, batch: LogBatch) -> None:
        self.times.append(time.monotonic())
        self.batches.append(batch)
        batch.taken()

    @property
    def records(self) -> list[bytes]:
        return [record for batch in self.batches for record in batch.records]

    @property
    def texts(self) -> list[str]:
        return [parse(record).text for record in self.records]

    @property
    def has_ended(self) -> bool:
        return bool(self.batches) and self.batches[-1].ended


Follow = Callable[..., tuple[LogTail, Taker]]


@pytest.fixture
def follow(engine: Engine) -> Iterator[Follow]:
    """Opens tails that are closed after the test."""
    tails: list[LogTail] = []

    def follow(container: str, **options: object) -> tuple[LogTail, Taker]:
        taker = Taker()
        tty = bool(options.pop("tty", False))
        tail = LogTail(engine, container, tty, taker, **options)  # type: ignore[arg-type]
        tails.append(tail)
        return tail, taker

    yield follow
    for tail in tails:
        tail.close()


def numbered(count: int) -> str:
    return f"i=0; while [ $i -lt {count} ]; do i=$((i+1)); echo line $i; done"


def test_the_last_lines_come_at_once(run: Run, follow: Follow, docker: Docker) -> None:
    container = run("sh", "-c", f"{numbered(500)}; sleep 60")
    eventually(lambda: "line 500" in docker("logs", "--tail=1", container).stdout)
    started = time.monotonic()
    _, taker = follow(container, tail=100)
    eventually(lambda: taker.batches)
    assert taker.times[0] - started < 0.5
    assert taker.batches[0].first
    assert not taker.batches[0].ended
    assert taker.texts == [f"line {one}" for one in range(401, 501)]


def test_a_growing_log_is_followed_to_its_end(run: Run, follow: Follow) -> None:
    container = run("sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo $i; usleep 150000; done")
    _, taker = follow(container)
    eventually(lambda: taker.has_ended)
    assert taker.texts == list("12345678")
    assert len(taker.batches) > 3
    assert [batch.first for batch in taker.batches] == [True] + [False] * (len(taker.batches) - 1)
    assert taker.batches[-1].problem == ""


def test_batches_come_at_most_ten_times_a_second(run: Run, follow: Follow) -> None:
    container = run("sh", "-c", "i=0; while [ $i -lt 150 ]; do i=$((i+1)); echo $i; usleep 7000; done")
    _, taker = follow(container)
    eventually(lambda: taker.has_ended)
    gaps = [later - sooner for sooner, later in zip(taker.times, taker.times[1:], strict=False)]
    assert len(gaps) > 5
    assert min(gaps) > 0.09


def test_an_empty_log_is_told_from_one_that_is_still_loading(run: Run, follow: Follow) -> None:
    _, running = follow(run("sleep", "60"))
    eventually(lambda: running.batches)
    assert running.batches[0] == LogBatch([], first=True)
    _, never_started = follow(run("true", start=False))
    eventually(lambda: never_started.has_ended)
    assert never_started.batches == [LogBatch([], first=True), LogBatch([], ended=True)]


def test_stdout_and_stderr_are_told_apart(run: Run, follow: Follow) -> None:
    _, taker = follow(run("sh", "-c", "echo out; usleep 50000; echo err >&2"))
    eventually(lambda: taker.has_ended)
    assert [(record[0], parse(record).text) for record in taker.records] == [
        (STDOUT, "out"),
        (STDERR, "err"),
    ]


def test_a_tty_is_read_without_frames(run: Run, follow: Follow) -> None:
    _, taker = follow(run("sh", "-c", "echo out; echo err >&2; printf 'a\\rb\\n$ '", options=["-t"]), tty=True)
    eventually(lambda: taker.has_ended)
    assert taker.texts == ["out", "err", "a\rb", "$ "]
    assert all(stamp_of(record) for record in taker.records)


@pytest.mark.parametrize("driver", ["json-file", "local"])
@pytest.mark.parametrize("tty", [False, True])
def test_a_line_longer_than_a_record_is_one_line(run: Run, follow: Follow, driver: str, tty: bool) -> None:
    write = "printf 'start '; head -c 40000 /dev/zero | tr '\\0' x; echo ' end'; echo next"
    options = ["--log-driver", driver, *(["-t"] if tty else [])]
    _, taker = follow(run("sh", "-c", write, options=options), tty=tty)
    eventually(lambda: taker.has_ended)
    assert taker.texts == ["start " + "x" * 40000 + " end", "next"]


def test_a_line_of_a_megabyte_is_cut_and_says_so(run: Run, follow: Follow) -> None:
    write = "head -c 1048576 /dev/zero | tr '\\0' x; echo; echo next"
    _, taker = follow(run("sh", "-c", write))
    eventually(lambda: taker.has_ended)
    assert taker.texts[0].endswith("xxx …[line cut]")
    assert len(taker.texts[0]) < 70_000
    assert taker.texts[1] == "next"


@pytest.mark.parametrize("driver", ["json-file", "local"])
def test_bytes_that_are_no_utf8_are_replaced(run: Run, follow: Follow, driver: str) -> None:
    write = "printf 'bad \\377\\376\\n'; printf 'caf\\303'; usleep 100000; printf '\\251\\n'"
    container = run("sh", "-c", write, options=["--log-driver", driver])
    _, taker = follow(container)
    eventually(lambda: taker.has_ended)
    assert taker.texts == ["bad \ufffd\ufffd", "café"]


@pytest.mark.parametrize("tty", [False, True])
def test_the_last_words_without_a_line_break_are_not_lost(
    run: Run, follow: Follow, docker: Docker, tty: bool
) -> None:
    write = "echo one; usleep 30000; printf 'last words'"
    container = run("sh", "-c", write, options=["-t"] if tty else [], start=False)
    for _ in range(8):
        docker("start", container)
        _, taker = follow(container, tty=tty, tail=1)
        eventually(lambda taker=taker: taker.has_ended)  # type: ignore[misc]
        assert taker.texts[-1] == "last words"
        assert taker.texts.count("one") <= 1


@pytest.mark.parametrize("tty", [False, True])
def test_a_restart_is_taken_up_without_repeating_or_losing_a_line(
    run: Run, follow: Follow, docker: Docker, tty: bool
) -> None:
    write = "echo one; echo two; printf '$ '"
    container = run("sh", "-c", write, options=["-t"] if tty else [])
    _, before = follow(container, tty=tty)
    eventually(lambda: before.has_ended)
    docker("start", container)
    _, after = follow(container, tty=tty, after=before.records[-256:], tail=100_000)
    eventually(lambda: after.has_ended)
    assert before.texts == after.texts == ["one", "two", "$ "]
    assert stamp_of(after.records[0]) > stamp_of(before.records[-1])


def test_only_the_lines_since_a_time_are_asked_for(run: Run, follow: Follow) -> None:
    container = run("sh", "-c", "echo old; sleep 2; echo new")
    _, every = follow(container)
    eventually(lambda: every.has_ended)
    between = parse(every.records[1]).time
    assert between
    _, recent = follow(container, since=between - 1)
    eventually(lambda: recent.has_ended)
    assert recent.texts == ["new"]


def test_lines_outside_what_was_asked_for_do_not_come_at_the_end(run: Run, follow: Follow, docker: Docker) -> None:
    container = run("sh", "-c", "echo old; echo older")
    docker("wait", container)
    _, none = follow(container, tail=0)
    _, recent = follow(container, since=time.time() + 60)
    _, last = follow(container, tail=1)
    eventually(lambda: none.has_ended and recent.has_ended and last.has_ended)
    assert (none.texts, recent.texts, last.texts) == ([], [], ["older"])


def test_closing_ends_at_once_and_nothing_comes_after(run: Run, follow: Follow) -> None:
    tail, taker = follow(run("sh", "-c", "while :; do echo tick; usleep 10000; done"))
    eventually(lambda: len(taker.batches) > 2)
    started = time.monotonic()
    tail.close()
    assert time.monotonic() - started < 0.1
    count = len(taker.batches)
    eventually(lambda: not [one for one in threading.enumerate() if one.name.startswith("log-")], 2)
    assert len(taker.batches) <= count + 1


def test_who_takes_nothing_is_sent_no_more(run: Run, engine: Engine) -> None:
    batches: list[LogBatch] = []
    container = run("sh", "-c", "while :; do echo tick; usleep 10000; done")
    tail = LogTail(engine, container, False, batches.append)
    try:
        eventually(lambda: len(batches) == 2)
        written = len(batches[0].records) + len(batches[1].records)
        reader = Taker()
        second = LogTail(engine, container, False, reader)
        eventually(lambda: len(reader.records) > written + 50)
        assert len(batches) == 2
        batches[0].taken()
        eventually(lambda: len(batches) == 3)
        assert len(batches[2].records) > 30
        written = len(reader.records)
        eventually(lambda: len(reader.records) > written + 50)
        second.close()
    finally:
        tail.close()
    # What is left is taken by nobody: who was about to deliver more must not wait for that.
    eventually(lambda: not [one for one in threading.enumerate() if one.name.startswith("log-")])


def test_earlier_pages_join_without_gap_or_repetition(
    run: Run, engine: Engine, follow: Follow, docker: Docker
) -> None:
    container = run("sh", "-c", f"{numbered(950)}; while :; do echo more; usleep 20000; done")
    eventually(lambda: "more" in docker("logs", container).stdout)
    _, taker = follow(container, tail=100)
    eventually(lambda: taker.batches)
    records = list(taker.records)
    pages = 0
    while page := earlier(engine, container, False, stamp_of(records[0]), len(records), 300):
        assert len(page) <= 300
        records = page + records
        pages += 1
    texts = [parse(record).text for record in records]
    assert texts[:950] == [f"line {one}" for one in range(1, 951)]
    assert set(texts[950:]) == {"more"}
    assert pages == 4 or pages == 3


@pytest.mark.parametrize("tty", [False, True])
def test_earlier_lines_are_found_behind_lines_of_many_records(run: Run, engine: Engine, tty: bool) -> None:
    long = "head -c 400000 /dev/zero | tr '\\0' x; echo;"
    container = run("sh", "-c", f"{numbered(30)}; {long} {long} echo last", options=["-t"] if tty else [])
    taker = Taker()
    tail = LogTail(engine, container, tty, taker)
    eventually(lambda: taker.has_ended)
    tail.close()
    page = earlier(engine, container, tty, stamp_of(taker.records[-1]), 1, 10)
    assert page == taker.records[-11:-1]
    first = stamp_of(taker.records[0])
    assert earlier(engine, container, tty, first, len(taker.records), 10) == []


def test_a_driver_that_keeps_nothing_is_named_with_what_to_do(run: Run, follow: Follow) -> None:
    _, taker = follow(run("sh", "-c", "echo hi; sleep 60", options=["--log-driver", "none"]))
    eventually(lambda: taker.has_ended)
    [batch] = taker.batches
    assert batch.problem == "This container keeps no log: its logging driver is “none”."
    assert "json-file" in batch.advice


def test_a_driver_that_sends_elsewhere_is_named_with_the_place(
    run: Run, follow: Follow, engine: Engine, tmp_path: Path
) -> None:
    options = ["--log-driver", "syslog", "--log-opt", "syslog-address=udp://127.0.0.1:5555"]
    container = run("sleep", "60", options=[*options, "--log-opt", "cache-disabled=true"])
    _, taker = follow(container)
    eventually(lambda: taker.has_ended)
    assert "“syslog”" in taker.batches[0].problem
    assert "udp://127.0.0.1:5555" in taker.batches[0].problem
    with pytest.raises(EngineError, match="syslog"):
        save(engine, container, False, tmp_path / "log")
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_is_gone_is_a_problem_and_not_an_end(follow: Follow) -> None:
    _, taker = follow("0" * 64)
    eventually(lambda: taker.has_ended)
    assert "The container has been removed." in taker.batches[0].problem


def test_a_saved_log_holds_the_bytes_that_were_written(
    run: Run, engine: Engine, docker: Docker, tmp_path: Path
) -> None:
    write = "printf '\\033[31mred\\033[0m\\r\\n'; head -c 40000 /dev/zero | tr '\\0' x; echo; printf end"
    container = run("sh", "-c", write)
    docker("wait", container)
    path, told = tmp_path / "api.log", list[int]()
    written = save(engine, container, False, path, on_progress=told.append)
    expected = b"\x1b[31mred\x1b[0m\r\n" + b"x" * 40000 + b"\nend"
    assert path.read_bytes() == expected
    assert written == told[-1] == len(expected)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["api.log"]


def test_a_saved_log_has_one_stamp_a_line(run: Run, engine: Engine, docker: Docker, tmp_path: Path) -> None:
    container = run("sh", "-c", "head -c 40000 /dev/zero | tr '\\0' x; echo; printf end")
    docker("wait", container)
    docker("start", "--attach", container)
    path = tmp_path / "api.log"
    save(engine, container, False, path, timestamps=True)
    lines = path.read_bytes().split(b"\n")
    assert [line[31:] for line in lines] == [b"x" * 40000, b"end", b"x" * 40000, b"end"]
    assert all(stamp_of(b"\x01" + line) for line in lines)


def test_saving_overwrites_nothing_unasked(run: Run, engine: Engine, docker: Docker, tmp_path: Path) -> None:
    container = run("echo", "hi")
    docker("wait", container)
    path = tmp_path / "api.log"
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        save(engine, container, False, path)
    assert path.read_text() == "precious"
    save(engine, container, False, path, overwrite=True)
    assert path.read_text() == "hi\n"


def test_saving_that_is_cancelled_leaves_nothing(run: Run, engine: Engine, docker: Docker, tmp_path: Path) -> None:
    container = run("echo", "hi")
    docker("wait", container)
    cancelled = threading.Event()
    cancelled.set()
    assert save(engine, container, False, tmp_path / "api.log", cancelled=cancelled) is None
    assert list(tmp_path.iterdir()) == []
