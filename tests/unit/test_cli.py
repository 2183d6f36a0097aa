"""The command line without an engine and without a terminal."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import cdbg_tui
from cdbg_tui import cli
from cdbg_tui.commands import triage as command
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.container import from_list
from cdbg_tui.model.finding import Diagnosis, Finding, Step
from cdbg_tui.triage import verdict
from cdbg_tui.triage.evidence import Evidence


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cdbg_tui", *words],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color"},
    )


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_a_quick_question_has_a_quick_answer(word: str) -> None:
    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def cost(*argv: str) -> float:
        before = cpu()
        subprocess.run([sys.executable, *argv], check=True, capture_output=True)
        return cpu() - before

    # Four times as much as Python's own start, thirteen times with Docker's library; the least of three, for the
    # machine may be busy with other things. As a ratio, since one that is half as fast is that for both.
    bare = min(cost("-c", "pass") for _ in range(3))
    ours = min(cost("-m", "cdbg_tui", word) for _ in range(3))
    assert ours < 8 * bare


def test_help_names_the_ways_to_choose_an_engine() -> None:
    done = run("--help")
    assert done.returncode == 0
    for word in ("--host", "--context", "DOCKER_HOST", "demo", "triage", "--ping"):
        assert word in done.stdout


def test_version_is_the_packages() -> None:
    assert run("--version").stdout == f"cdbg {cdbg_tui.__version__}\n"


def test_without_a_terminal_it_says_so_and_ends_with_2() -> None:
    done = run()
    assert done.returncode == 2
    assert done.stderr == (
        "cdbg: the dashboard needs a terminal: stdin, stdout and stderr must be one, and TERM name it.\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--context", "gone"],
            "cdbg: There is no context “gone” that leads to a Docker engine. docker context ls",
        ),
        (["--host", "gopher://x"], "cdbg: “gopher://x” is no address of an engine. It should look like"),
        (["--context", "gone", "--ping"], "cdbg: There is no context “gone”"),
    ],
)
def test_wrong_words_are_told_and_end_with_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert err.startswith(said)
    assert out == ""


def test_a_wrong_setting_is_told_and_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cdbg").mkdir()
    (tmp_path / "cdbg/config.toml").write_text("tolbox = 1")
    assert cli.main([]) == 2
    assert "Did you mean “toolbox”?" in capsys.readouterr().err


def test_unknown_words_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--nonsense"], ["nonsense"]):
        with pytest.raises(SystemExit) as left:
            cli.main(words)
        assert left.value.code == 2
        assert "usage: cdbg" in capsys.readouterr().err


def test_no_answer_to_a_ping_is_1_and_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--host", f"unix://{tmp_path}/none.sock", "--ping"]) == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "triage needs the NAME of a container, or --all"),
        (["api", "--all"], "triage takes a NAME or --all, not both"),
        (["--all", "--checklist"], "--checklist is for one container"),
        (["api", "--connect"], "--connect belongs to --checklist"),
    ],
)
def test_triage_says_what_is_wrong_with_its_words(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["triage", *words])
    assert left.value.code == 2
    assert f"cdbg triage: error: {said}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--host", "gopher://x", "triage", "api"],
        ["triage", "api", "--host", "gopher://x"],
        ["--host", "gopher://y", "triage", "-H", "gopher://x", "--all"],
    ],
)
def test_the_engine_may_be_named_before_or_after_the_command(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    assert "“gopher://x” is no address of an engine" in capsys.readouterr().err


def test_triage_without_an_engine_is_a_sentence_and_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--all"], ["api"], ["api", "--json"]):
        assert cli.main(["triage", *words, "--host", f"unix://{tmp_path}/none.sock"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"cdbg: There is no engine at unix://{tmp_path}/none.sock")
        assert err.count("\n") == 1


ROWS = [
    {"Id": f"{number}{'ab' * 31}c", "Names": [f"/{name}"], "State": state, "Status": status, "Image": "x:1"}
    for number, (name, state, status) in enumerate(
        [("failed", "exited", "Exited (3) 1 hour ago"), ("done", "exited", "Exited (0) 1 hour ago")]
    )
]


def details(container_id: str) -> dict[str, Any]:
    row = next(row for row in ROWS if container_id in (row["Id"], str(row["Names"][0])[1:]))
    name = str(row["Names"][0])
    return {
        "Id": row["Id"],
        "Name": name,
        "State": {
            "Status": "exited",
            "ExitCode": 3 if name == "/failed" else 0,
            "StartedAt": "2026-11-22T14:00:00Z",
            "FinishedAt": "2026-11-22T14:01:00Z",
        },
        "Config": {"Image": "x:1"},
    }


@pytest.fixture
def engine_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that has a container that failed and one that is done."""

    def get(_: Engine, path: str, **__: object) -> Any:
        if path.startswith("/containers/json"):
            return ROWS
        try:
            return details(path.split("/")[2])
        except StopIteration:
            raise EngineError("missing", "No such container.") from None

    def gather(_: Engine, container_id: str, **__: object) -> Evidence:
        return Evidence(details(container_id))

    monkeypatch.setattr(Engine, "get", get)
    monkeypatch.setattr(command, "gather", gather)


def triage(*words: str) -> int:
    return cli.main(["triage", "--host", "unix:///nonexistent/docker.sock", *words])


@pytest.mark.usefixtures("engine_with_two")
@pytest.mark.parametrize(
    ("words", "status"),
    [(["done"], 0), (["failed"], 1), (["done", "--checklist"], 0), (["failed", "--checklist"], 1), (["--all"], 1)],
)
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_triage_ends_with_0_where_nothing_is_wrong_and_1_where_something_was_found(
    words: list[str], status: int, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert triage(*words, *more) == status
    out, err = capsys.readouterr()
    assert out
    assert err == ""


@pytest.mark.usefixtures("engine_with_two")
def test_triage_in_json_is_one_document_and_for_all_one_a_line_in_the_order_of_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    triage("failed", "--json", "--checklist")
    one = json.loads(capsys.readouterr().out)
    assert one["container"]["name"] == "failed"
    assert {"question", "answer", "shown_by"} == set(one["checklist"][0])
    triage("--all", "--json")
    every = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["container"]["name"] for each in every] == ["failed", "done"]
    assert "checklist" not in every[0]


@pytest.mark.usefixtures("engine_with_two")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("faild", "cdbg: There is no container “faild”. Did you mean “failed”?\n"),
        ("FAILED", "cdbg: There is no container “FAILED”. Did you mean “failed”?\n"),
        ("zebra", "cdbg: There is no container “zebra”.\n"),
        ("", "cdbg: There is no container “”.\n"),
        ("../json?all=1", "cdbg: There is no container “../json?all=1”.\n"),
        ("\x1b[2Jx\ny", "cdbg: There is no container “x⏎y”.\n"),
    ],
)
def test_one_that_is_not_there_is_one_clear_sentence_with_near_names_and_2(
    name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert triage(name) == 2
    assert capsys.readouterr() == ("", said)


@pytest.mark.usefixtures("engine_with_two")
def test_the_beginning_of_more_than_one_id_is_told_as_such(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = [{**row, "Id": f"ab{index}{'0' * 61}"} for index, row in enumerate(ROWS)]

    def get(_: Engine, path: str, **__: object) -> Any:
        if path.startswith("/containers/json"):
            return twins
        raise EngineError("refused", "Multiple IDs found with provided prefix: ab.")

    monkeypatch.setattr(Engine, "get", get)
    assert triage("ab") == 2
    assert "More than one container has an id that begins with “ab”: failed (ab0" in capsys.readouterr().err


def test_those_that_cannot_be_looked_at_are_told_and_hide_no_other(
    engine_with_two: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(_: Engine, container_id: str, **__: object) -> Evidence:
        if container_id == ROWS[0]["Id"]:
            raise EngineError("timeout", "The engine did not answer in time.")
        return Evidence(details(container_id))

    monkeypatch.setattr(command, "gather", gather)
    assert triage("--all") == 0
    out = capsys.readouterr().out
    assert "not looked at: The engine did not answer in time." in out
    assert "2 containers: 1 not looked at, 1 with nothing wrong" in out


@pytest.mark.usefixtures("engine_with_two")
@pytest.mark.parametrize(("kind", "status", "count"), [("timeout", 2, 2), ("missing", 0, 0)])
def test_all_ends_with_2_only_if_nothing_could_be_looked_at_and_leaves_out_what_was_removed(
    kind: str, status: int, count: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(_: Engine, container_id: str, **__: object) -> Evidence:
        raise EngineError(kind, "It did not answer.")

    monkeypatch.setattr(command, "gather", gather)
    assert triage("--all", "--json") == status
    assert len(capsys.readouterr().out.splitlines()) == count


def test_what_is_late_is_told_as_such_and_waits_for_nobody() -> None:
    let_go = threading.Event()
    listed = [from_list(row, 0.0) for row in ROWS]

    def look(container_id: str) -> Evidence:
        if container_id == listed[0].id:
            let_go.wait(30)
        return Evidence(details(container_id))

    engine = Engine(find(host="unix:///nonexistent/docker.sock"))
    late, done = command.looks(engine, listed, look, seconds=0.3)
    let_go.set()
    assert late.why == "not looked at in time: 0.3 s were over"
    assert done.diagnosis is not None


@pytest.mark.usefixtures("engine_with_two")
def test_commands_to_copy_reach_the_engine_that_was_asked() -> None:
    steps = (
        Step("update", command=("docker", "update", "api")),
        Step("look", command=("ls",)),
        Step("k", key="c"),
    )
    made = verdict.for_engine(Diagnosis((Finding("x", "X", "", next=steps),)), ("--context", "far"))
    assert [step.command for step in made.findings[0].next] == [
        ("docker", "--context", "far", "update", "api"),
        ("ls",),
        (),
    ]


@pytest.mark.usefixtures("engine_with_two")
def test_no_colour_is_written_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    triage("failed")
    triage("--all")
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
@pytest.mark.usefixtures("engine_with_two")
def test_a_terminal_gets_colours_unless_it_wants_none(
    env: dict[str, str],
    coloured: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    triage("failed")
    assert ("\x1b[1;31m" in capsys.readouterr().out) == coloured


def test_triage_needs_neither_textual_nor_docker() -> None:
    code = "import sys, cdbg_tui.commands.triage; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"textual", "rich", "docker", "requests", "psutil"} & set(done.stdout.split())


def test_a_setting_that_is_wrong_does_not_stop_triage(
    tmp_path: Path, engine_with_two: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cdbg").mkdir()
    (tmp_path / "cdbg/config.toml").write_text("tolbox = 1")
    assert triage("done") == 0
    assert capsys.readouterr().err == ""
