"""`cdbg triage` as a program, on real containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.model.units import epoch
from tests.support import PRIVATE_ENGINE, Docker, Run, eventually

Triage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def triage(engine_url: str) -> Triage:
    """Runs the program on the test engine, without a terminal."""

    def triage(*words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*before, sys.executable, "-m", "cdbg_tui", "triage", *words, "--host", engine_url],
            check=False,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    return triage


@pytest.fixture
def ended(engine: Engine) -> Callable[[str], str]:
    """Waits until a container does not run any more, and returns its id."""

    def ended(one: str) -> str:
        eventually(lambda: not engine.get(f"/containers/{one}/json")["State"]["Running"], 20)
        return one

    return ended


def document(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_a_dead_one_in_json_is_1(run: Run, ended: Callable[[str], str], triage: Triage) -> None:
    one = ended(run("sh", "-c", "echo going down; exit 3", name="cdbg-t-triage-dead"))
    done = triage("cdbg-t-triage-dead", "--json")
    assert done.returncode == 1
    made = document(done)
    assert made["container"]["id"] == one
    assert made["container"]["exit_code"] == 3
    # In no order: the engine may stamp an end some milliseconds before the start of a very short run.
    assert all(epoch(made["container"][key]) for key in ("started", "finished"))
    assert made["verdict"]["cause"] == made["findings"][0]["cause"] == "app-error"
    assert made["findings"][0]["evidence"]


def test_a_calm_one_is_0_and_healthy(run: Run, triage: Triage) -> None:
    one = run("sleep", "1000", options=["--init"])
    done = triage(one, "--json")
    assert document(done)["verdict"]["cause"] == "healthy"
    assert done.returncode == 0


def test_name_id_and_the_beginning_of_an_id_are_the_same_container(
    run: Run, ended: Callable[[str], str], triage: Triage
) -> None:
    one = ended(run("true", name="cdbg-t-triage-named"))
    for word in ("cdbg-t-triage-named", one, one[:14]):
        assert document(triage(word, "--json"))["container"]["id"] == one


def test_a_missing_one_is_2_with_a_sentence_and_the_near_name(run: Run, triage: Triage) -> None:
    run("true", name="cdbg-t-triage-present", start=False)
    done = triage("cdbg-t-triage-presnt")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "cdbg: There is no container “cdbg-t-triage-presnt”. Did you mean “cdbg-t-triage-present”?\n"
    )


def test_prose_for_a_person(run: Run, ended: Callable[[str], str], triage: Triage) -> None:
    ended(run("sh", "-c", "exit 3", name="cdbg-t-triage-prose"))
    done = triage("cdbg-t-triage-prose")
    assert done.returncode == 1
    assert done.stdout.startswith("cdbg-t-triage-prose  exited 3 · ")
    assert "proof  " in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_all_has_each_container_once_and_in_json_one_document_a_line(
    run: Run, ended: Callable[[str], str], triage: Triage, docker: Docker
) -> None:
    ended(run("sh", "-c", "exit 3", name="cdbg-t-triage-all-dead"))
    run("sleep", "1000", options=["--init"], name="cdbg-t-triage-all-well")
    done = triage("--all", "--json")
    assert done.returncode == 1
    causes = {
        made["container"]["name"]: made["verdict"]["cause"] for made in map(json.loads, done.stdout.splitlines())
    }
    listed = docker("ps", "--all", "--format", "{{.Names}}").stdout.split()
    assert sorted(causes) == sorted(listed)
    assert causes["cdbg-t-triage-all-dead"] == "app-error"
    assert causes["cdbg-t-triage-all-well"] == "healthy"

    *rows, _, summary = triage("--all").stdout.splitlines()
    assert len(rows) == len(listed)
    [dead] = [number for number, row in enumerate(rows) if "cdbg-t-triage-all-dead" in row]
    [well] = [number for number, row in enumerate(rows) if "cdbg-t-triage-all-well" in row]
    assert dead < well
    assert summary.startswith(f"{len(listed)} containers: ")


@pytest.mark.parametrize("words", [["--all", "--json"], ["--all"]])
def test_a_reader_that_has_seen_enough_is_no_failure(run: Run, engine_url: str, words: list[str]) -> None:
    for number in range(3):
        run("true", name=f"cdbg-t-triage-pipe-{number}", start=False)
    reading, writing = os.pipe()
    os.close(reading)  # gone before the first line is written, as a quick ``head`` is
    argv = [sys.executable, "-m", "cdbg_tui", "--host", engine_url, "triage", *words]
    try:
        done = subprocess.run(argv, check=False, stdout=writing, stderr=subprocess.PIPE, timeout=60)
    finally:
        os.close(writing)
    assert done.stderr == b""
    assert done.returncode in (0, 1)


def test_the_checklist_answers_every_question_and_touches_nothing_unasked(run: Run, triage: Triage) -> None:
    one = run("httpd", "-f", "-p", "8000", options=["--init"])
    made = document(triage(one, "--checklist", "--json"))
    answers = {check["question"]: check["answer"] for check in made["checklist"]}
    assert answers["Is it running?"] == "yes"
    assert answers["Does it answer from the host?"] == "not asked"
    assert set(answers.values()) <= {"yes", "no", "unseen", "not asked"}
    shown = triage(one, "--checklist").stdout
    assert all(question in shown for question in answers)


@pytest.mark.skipif(
    bool(os.environ.get("CDBG_TEST_HOST")) or os.geteuid() != 0,
    reason="published ports are reached in the private engine's network, namespaces are entered by root",
)
def test_with_connect_the_port_is_tried_from_both_sides(run: Run, triage: Triage, engine: Engine) -> None:
    def tried(one: str) -> dict[str, str]:
        done = triage(one, "--checklist", "--connect", "--json", before=(str(PRIVATE_ENGINE), "exec"))
        return {check["question"]: check["answer"] for check in document(done)["checklist"][-2:]}

    inside, outside = "Does it answer inside its own network namespace?", "Does it answer from the host?"
    serve = ("httpd", "-f", "-p", "8000")
    right = run(*serve, options=["--init", "--publish=8000"])
    wrong = run(*serve, options=["--init", "--publish=9000"])
    eventually(lambda: tried(right) == {inside: "yes", outside: "yes"})
    assert tried(wrong) == {inside: "no", outside: "no"}


def test_one_dead_container_takes_less_than_a_second(
    run: Run, ended: Callable[[str], str], triage: Triage
) -> None:
    one = ended(run("sh", "-c", "seq 1000; exit 3"))

    def took(work: Callable[[], Any]) -> float:
        began = time.monotonic()
        work()
        return time.monotonic() - began

    def empty() -> None:
        subprocess.run([sys.executable, "-c", ""], check=True)

    assert triage(one).returncode == 1
    # By the start of an interpreter, which takes 20 ms where a second is a second. Machines are slow, or busy, now
    # and then: what needs longer never takes less.
    second = 1.0 / 0.020 * min(took(empty) for _ in range(5))
    assert any(took(lambda: triage(one)) < second for _ in range(15))


def test_looking_is_reading_only(engine_url: str, run: Run, ended: Callable[[str], str], triage: Triage) -> None:
    one = ended(run("sh", "-c", "exit 3"))
    engine = Engine(find(host=engine_url))
    try:
        began = engine.get(f"/containers/{one}/json")
        since = time.time()
        triage(one)
        triage(one, "--checklist")
        stream = engine.stream(f"/events?since={since:.6f}&until={time.time():.6f}", patience=10)
        heard = [json.loads(line) for line in stream.lines()]
        stream.close()
        # Its death may only now be told; to read a file is an event, too.
        actions = {event["Action"] for event in heard if event.get("id") == one}
        assert actions <= {"die", "archive-path"}
        assert engine.get(f"/containers/{one}/json") == began
    finally:
        engine.close()
