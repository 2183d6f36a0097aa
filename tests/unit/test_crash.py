"""What is written when the program fails, what is not, and the log that tells how it came to that."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdbg_tui import crash, debugging
from cdbg_tui.engine import private
from cdbg_tui.engine.debug import log
from cdbg_tui.model.masking import Masks

SECRET = "hunter2-the-secret"  # noqa: S105


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The state directory of a program that has just begun."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("DEPLOY_TOKEN", SECRET)
    for kept in (crash._trail, crash._facts, crash._written):
        kept.clear()
    hooks = threading.excepthook, sys.unraisablehook
    yield tmp_path / "cdbg"
    threading.excepthook, sys.unraisablehook = hooks
    crash.tell_by(None)
    for handler in log.handlers[:]:
        log.removeHandler(handler)
        handler.close()


def caught(words: str) -> Exception:
    """Return an error that was raised while a variable held a secret."""
    password = SECRET
    try:
        raise ValueError(words + password[:0])
    except ValueError as error:
        return error


def report(error: Exception) -> str:
    path = crash.report(error, "in a test")
    assert path is not None
    return path.read_text()


def test_what_is_done_while_it_is_written_does_not_lose_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def clock(_when: float) -> str:
        crash.note("something else")
        return "now"

    monkeypatch.setattr(crash, "_clock", clock)
    crash.note("one thing")
    crash.note("another")
    text = report(caught("bad"))
    assert "now one thing" in text
    assert "now another" in text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"bad value '{SECRET}'", "bad value '…18 characters…'"),
        (f'bad value "{SECRET}"', 'bad value "…18 characters…"'),
        (f"“{SECRET}” is none", "“…18 characters…” is none"),
        (SECRET, ""),
        ("s3cret", "…6 characters…"),
        (f"password={SECRET}", "password="),
        ("'NoneType' object has no attribute 'words'", "'NoneType' object has no attribute 'words'"),
        ("https://me:letmein@example.org/", "https://me:"),
    ],
)
def test_of_an_errors_words_no_value_is_told(said: str, kept: str) -> None:
    text = report(caught(said))
    assert kept in text.rpartition("ValueError: ")[2]
    assert SECRET not in text
    assert "letmein" not in text
    assert "s3cret" not in text


def test_what_led_to_it_is_told_too_and_groups_are_opened() -> None:
    try:
        try:
            dict[str, str]()["State"]
        except KeyError as first:
            raise ExceptionGroup("two", [caught("a part")]) from first
    except ExceptionGroup as error:
        text = report(error)
    assert text.index("KeyError: 'State'") < text.index("ExceptionGroup: two") < text.index("ValueError: a part")


def test_what_cannot_be_told_of_itself_hides_nothing_else() -> None:
    crash.know("engine", lambda: str(1 // 0))
    crash.note("key x on Dashboard")
    text = report(caught("well"))
    assert "engine     not known (ZeroDivisionError)" in text
    assert "key x on Dashboard" in text


def test_the_last_ten_are_kept_and_the_last_fifty_actions(state: Path) -> None:
    for number in range(crash.REMEMBERED + 5):
        crash.note(f"action {number}.")
    state.mkdir(mode=0o755)
    for number in range(15):
        crash._written.clear()
        (state / f"crash-20200101-0000{number:02}-1-1.txt").write_text("old")
    text = report(caught("the newest"))
    assert len(list(state.glob("crash-*"))) == crash.KEPT
    assert "action 5." in text
    assert "action 4." not in text
    assert state.stat().st_mode & 0o777 == 0o700


def test_one_that_happens_again_is_reported_once() -> None:
    said: list[str] = []
    crash.tell_by(said.append)
    for _ in range(3):
        crash.in_background(caught("again"), "somewhere")
    assert len(said) == 1
    assert "an error of cdbg's own (ValueError) was caught, and it goes on; the report is /" in said[0]


def test_where_no_report_can_be_written_that_is_said(state: Path) -> None:
    state.parent.joinpath("cdbg").write_text("a file in its place")
    error = caught("x")
    assert crash.told(error, crash.report(error, "in a test")).endswith("no report of it could be written")


def test_a_thread_that_fails_is_reported(capsys: pytest.CaptureFixture[str], state: Path) -> None:
    crash.watch()
    thread = threading.Thread(target=dict[str, str]().__getitem__, args=("x",), name="worker")
    thread.start()
    thread.join()
    [path] = state.glob("crash-*")
    assert "in the thread “worker”" in path.read_text()
    leaves = threading.Thread(target=lambda: sys.exit(3))  # that is how a thread may end
    leaves.start()
    leaves.join()
    assert len(list(state.glob("crash-*"))) == 1


def test_the_log_rotates_is_private_and_masks(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debugging, "MOST_BYTES", 3000)
    monkeypatch.setattr(debugging, "_MASKS", Masks(dict(os.environ)))
    before = os.umask(0)
    try:
        debugging.listen()
        for number in range(300):
            log.debug("GET /x?token=%s %s \x1b]52;c;aGk=\x07 is line %d", SECRET, {"PASSWORD": "letmein"}, number)
    finally:
        os.umask(before)
    files = sorted(state.glob("debug.log*"))
    assert len(files) == debugging.MOST_FILES
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.stat().st_size <= 3000
        text = file.read_text()
        assert SECRET not in text
        assert "\x1b" not in text
    assert debugging.last_lines(2)[-1].endswith(" is line 299\n")
    assert log.level == logging.DEBUG


def test_the_log_is_in_no_other_ones_file(state: Path) -> None:
    state.mkdir()
    (state / "debug.log").symlink_to(state / "elsewhere")
    with pytest.raises(OSError, match="debug.log"):
        debugging.listen()


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_own_files_are_for_the_user_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    before = os.umask(umask)
    try:
        private.write(tmp_path / "new" / "file", "one")
        private.write(tmp_path / "open" / "file", "one")
        private.write(tmp_path / "open" / "file", "two")
    finally:
        os.umask(before)
    for folder in ("new", "open"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
        assert (tmp_path / folder / "file").stat().st_mode & 0o777 == 0o600
        assert [path.name for path in (tmp_path / folder).iterdir()] == ["file"]
    assert (tmp_path / "open" / "file").read_text() == "two"


def test_a_temporary_file_is_gone_after_the_block_and_at_the_programs_end(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.touch()
    other.touch()
    with private.until_exit(str(other)):
        with private.until_exit(str(one)):
            pass
        assert not one.exists()
        assert other.exists()
        private._remove_unfinished()
        assert not other.exists()


def test_what_only_a_failure_needs_is_not_loaded_with_the_dashboard() -> None:
    code = "import sys, cdbg_tui.cli, cdbg_tui.tui.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "cdbg_tui.crash" in loaded
    assert not loaded & {"cdbg_tui.debugging", "logging.handlers", "cdbg_tui.model.masking", "importlib.metadata"}
