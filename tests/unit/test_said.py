"""What was said is weighed: near, loud and specific words before far, quiet and general ones; and at a bounded cost."""

# ruff: noqa: E501 - lines stand as programs write them

from __future__ import annotations

import re
import time

import pytest

from cdbg_tui.triage.causes import BY_ID
from cdbg_tui.triage.evidence import Line
from cdbg_tui.triage.words.heard import LOOKED_AT, Level, hear, level_of
from cdbg_tui.triage.words.phrases import BAD_VALUE, DENIED, NOT_PERMITTED, PHRASES
from cdbg_tui.triage.words.said import _heard, _matches, last_words, said, told
from tests.unit.seen import FINISHED, evidence

MISSING = "open /srv/in.csv: no such file or directory"


def dead(text: str, code: int = 1, **more: object) -> list[str]:
    """Return the causes that are told by *text*, best first."""
    return [one.cause for one in said(evidence("exited", code, *text.split("\n"), **more))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-01-02 03:04:05,678 - app - ERROR - no", Level.ERROR),
        ("2026-01-02T03:04:05Z  INFO app: no error here", Level.QUIET),
        ("ts=1 level=warn msg=x", Level.WARNING),
        ('time="2026" level=fatal msg="x"', Level.FATAL),
        ("nginx: [emerg] x", Level.FATAL),
        ("[error] x", Level.ERROR),
        ("FATAL:  x", Level.FATAL),
        ("LOG:  x", Level.QUIET),
        ("E0115 10:00:00.000000 1 a.go:3] x", Level.ERROR),
        ("W, [2026-01-01T00:00:00 #1]  WARN -- : x", Level.WARNING),
        ("2026-01-01T00:00:00Z E! [inputs] x", Level.ERROR),
        ("fail: Microsoft.Hosting[0]", Level.ERROR),
        ("crit: x", Level.FATAL),
        ("api: error: x", Level.ERROR),
        ("fatal: x", Level.FATAL),
        ("panic: x", Level.FATAL),
        ("ValueError: x", Level.ERROR),
        ("java.lang.IllegalStateException: x", Level.ERROR),
        ("a.rb:1:in `x': y (RuntimeError)", Level.ERROR),
        ("Retrieved with errors: 0", Level.PLAIN),
        ("done, 0 errors", Level.PLAIN),
        ("hello", Level.PLAIN),
    ],
)
def test_how_loud_a_line_is_stands_in_its_own_way_of_logging(text: str, level: Level) -> None:
    assert level_of(text) is level


@pytest.mark.parametrize(
    ("text", "level", "says"),
    [
        ('{"level":"error","msg":"a","err":"b"}', Level.ERROR, "a: b"),
        ('{"severity":"CRITICAL","message":"a"}', Level.FATAL, "a"),
        ('{"level":50,"msg":"a","err":{"type":"Error","message":"b"}}', Level.ERROR, "a: b: Error"),
        ('{"t":{},"s":"F","c":"CONTROL","msg":"a","attr":{"error":"b"}}', Level.FATAL, "a: b"),
        ('{"@l":"Warning","@m":"a"}', Level.WARNING, "a"),
        ('{"a":1}', Level.PLAIN, '{"a":1}'),
        ("{broken", Level.PLAIN, "{broken"),
        ("{" * 8000, Level.PLAIN, None),
        ('{"a":' * 2000, Level.PLAIN, None),
    ],
)
def test_a_json_line_is_read_for_its_level_message_and_error(text: str, level: Level, says: str | None) -> None:
    [heard] = hear([Line(text)])
    assert heard.level is level
    if says is not None:
        assert heard.text == says


def test_what_names_a_cause_goes_before_a_general_farewell() -> None:
    assert dead(f'level=error msg="{MISSING}"\nlevel=fatal msg="giving up"') == ["missing-file-or-dir"]
    assert dead(f"ERROR {MISSING}\nINFO a\nINFO b\nINFO c\nINFO d\nFATAL bye")[0] == "missing-file-or-dir"


def test_the_last_fatal_line_goes_before_an_early_warning() -> None:
    assert dead("WARN config.yml not found, using defaults\nINFO up\nFATAL ledger does not add up") == []
    assert dead(f"WARNING: {MISSING}\n" + "working\n" * 12 + "ERROR odd row") == []


def test_of_two_causes_the_later_and_louder_is_told() -> None:
    first = "warning: open /etc/a.yml: no such file or directory"
    assert dead(f"{first}\nFATAL: password authentication failed for user 'x'")[0] == "auth-failure"


def test_one_line_tells_one_cause_the_most_specific() -> None:
    assert dead("env: 'node': No such file or directory", 127) == ["command-not-found"]
    assert dead("listen tcp :80: bind: permission denied", host={"CapDrop": ["ALL"]}) == ["capability-missing"]
    assert dead("git@x: Permission denied (publickey).") == ["auth-failure"]


def test_words_of_carrying_on_take_the_weight_of_a_reason() -> None:
    assert dead(f"{MISSING}; skipping\nok") == []
    assert dead(f"{MISSING}, will be created") == []
    assert dead("The configuration file 'a.json' was not found and is not optional.") == ["missing-config"]


def test_what_was_said_long_before_the_end_is_no_reason() -> None:
    line = Line(MISSING, time=FINISHED - 5000)
    after = tuple(Line(f"request {n}", time=FINISHED - 1) for n in range(3))
    assert said(evidence("exited", 1, fields={"log": (line, *after)})) == ()


def test_each_source_has_an_end_of_its_own() -> None:
    log = tuple(Line(f"working {n}") for n in range(40))
    files = (Line(MISSING, "/var/log/a.log", 1),)
    [one] = said(evidence("exited", 1, fields={"log": log, "files": files}))
    assert one.line.where == "/var/log/a.log:1"


def test_frames_of_a_stack_do_not_push_their_error_away() -> None:
    frames = "\n".join(f"\tat a.b.C.d(C.java:{n})" for n in range(60))
    assert dead(f"Caused by: java.io.FileNotFoundException: /srv/x (No such file or directory)\n{frames}") == [
        "missing-file-or-dir"
    ]


def test_told_answers_for_the_best_cause_only() -> None:
    seen = evidence("exited", 1, "FATAL: QUEUE_URL is not set")
    one = told(seen, "missing-env-var")
    assert one is not None
    assert one.groups["name"] == "QUEUE_URL"
    assert told(seen, "auth-failure", "disk-full") is None


@pytest.mark.parametrize(
    ("status", "code", "sent"),
    [("running", 0, []), ("exited", 0, []), ("exited", 143, []), ("exited", 137, []), ("exited", 1, [15])],
)
def test_nothing_is_told_of_one_that_runs_or_was_ended(status: str, code: int, sent: list[int]) -> None:
    assert said(evidence(status, code, MISSING, sent=sent)) == ()


def test_an_abort_is_explained_by_what_the_runtime_said() -> None:
    text = "terminate called after throwing an instance of 'E'\n  what():  cannot open /srv/x: No such file or directory"
    assert dead(text, 139) == ["missing-file-or-dir"]
    assert dead(MISSING, 139) == []


def test_last_words_are_the_line_that_says_most_and_its_neighbours() -> None:
    seen = evidence("exited", 1, "INFO up", "ERROR row 7 is odd", "INFO x", "FATAL aborted", "INFO bye")
    assert [line.text for line in last_words(seen)] == ["FATAL aborted", "ERROR row 7 is odd"]
    assert last_words(evidence("exited", 1)) == ()
    assert [line.text for line in last_words(evidence("exited", 1, "a", "b", "", "  "))] == ["b"]


def test_every_phrase_tells_a_cause_of_the_table_and_can_be_found_by_its_hints() -> None:
    for phrase in PHRASES:
        assert phrase.cause in {*BY_ID, BAD_VALUE, DENIED, NOT_PERMITTED}
        assert phrase.says
        assert phrase.hints
        assert all(hint and hint == hint.lower() for hint in phrase.hints)
        assert phrase.rank in (1, 2, 3)


def test_no_pattern_repeats_without_a_bound() -> None:
    for phrase in PHRASES:
        bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "x", phrase.pattern.pattern)
        assert "*" not in bare, bare
        assert "+" not in bare, bare


HOSTILE = (
    "/" * 8000,
    "/a " * 2700,
    "' \"" * 2700,
    "A_" * 4000,
    "no such file or directory " * 300,
    "permission denied: /" * 400,
    "invalid unknown " * 500,
    "address already in use " * 350,
    "KeyError: '" * 700,
    "config: " * 1000,
    "at.b(" * 1600,
    "a.b:" * 2000,
    "Error: " * 1100,
    "is not set missing required " * 280,
    "{" * 8000,
    '{"msg":"' + "open /" * 1300 + '"}',
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_line_costs_no_more_than_an_honest_one(text: str) -> None:
    said(evidence("exited", 1, text))  # the patterns that it wants are compiled now
    _matches.cache_clear()
    _heard.cache_clear()
    began = time.process_time()
    said(evidence("exited", 1, text))
    last_words(evidence("exited", 1, text))
    assert time.process_time() - began < 0.5


def test_only_the_last_lines_are_read_and_few_of_them_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0

    class Counted:
        def search(self, text: str) -> None:
            nonlocal tried
            tried += 1

    monkeypatch.setattr("cdbg_tui.triage.words.phrases._compiled", lambda _: Counted())
    lines = [f"2026-01-02 03:04:05 INFO request {n} from 10.0.0.7 served in {n} ms, 200 OK" for n in range(1000)]
    assert said(evidence("exited", 1, *lines)) == ()
    assert tried <= LOOKED_AT
