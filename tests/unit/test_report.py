"""What comes out of a diagnosis: the JSON document, the prose, the table."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cdbg_tui.model.container import Container, State
from cdbg_tui.model.finding import Certainty, Diagnosis, Finding, Proof, Step, Unseen, Weight
from cdbg_tui.triage.checklist import Answer, Check
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.report import Looked, Paint, as_json, cells, document, prose, summary, table, wrapped

ID = "ab" * 32
PLAIN = Paint(on=False)
OOM = Finding(
    "oom-killed",
    "OOM-killed",
    "The kernel killed the main process: it used its whole 64 MiB limit.",
    proof=(
        Proof("inspect", "State.OOMKilled = true"),
        Proof("kernel", "Memory cgroup out of memory: Killed process 4711 (java)"),
    ),
    next=(
        Step("rerun it under a shell", key="c"),
        Step("give it more", command=("docker", "update", "--memory", "128m", "api")),
    ),
)


def container(name: str = "api", state: State = State.EXITED, **others: Any) -> Container:
    return Container(ID, name, "api:1", state, **{"exit_code": 137, "restarts": 0, **others})


def looked(
    *findings: Finding, unseen: tuple[Unseen, ...] = (), state: str = "exited", name: str = "api"
) -> Looked:
    up = state == "running"
    details = {
        "Id": ID,
        "Name": f"/{name}",
        "RestartCount": 2,
        "State": {
            "Status": state,
            "ExitCode": 0 if up else 137,
            "StartedAt": "2026-11-22T14:02:11.123456789Z",
            "FinishedAt": "0001-01-01T00:00:00Z" if up else "2026-11-22T15:02:12+01:00",
        },
        "Config": {"Image": "api:1"},
    }
    evidence = Evidence(details)
    return Looked(evidence.container, evidence, Diagnosis(findings, unseen=unseen))


def told(one: Looked) -> Any:
    return json.loads(as_json(document(one)))


def lines(one: Looked, width: int = 100, checks: tuple[Check, ...] | None = None) -> list[str]:
    return list(prose(one, width=width, paint=PLAIN, checks=checks))


def test_the_document_has_these_keys_in_this_order() -> None:
    made = told(looked(OOM, unseen=(Unseen("events", "too old"),)))
    assert list(made) == ["container", "verdict", "findings", "unseen"]
    assert made["container"] == {
        "id": ID,
        "name": "api",
        "image": "api:1",
        "state": "exited",
        "exit_code": 137,
        "started": "2026-11-22T14:02:11.123457Z",
        "finished": "2026-11-22T14:02:12.000000Z",
        "restarts": 2,
        "health": None,
    }
    assert list(made["container"])[-1] == "health"
    assert made["verdict"] == {
        "cause": "oom-killed",
        "title": "OOM-killed",
        "certainty": "certain",
        "weight": "fault",
    }
    assert made["findings"] == [
        {
            "cause": "oom-killed",
            "title": "OOM-killed",
            "explanation": OOM.explanation,
            "certainty": "certain",
            "weight": "fault",
            "evidence": [{"source": one.source, "text": one.text} for one in OOM.proof],
            "next": [
                {"key": "c", "text": "rerun it under a shell"},
                {"command": ["docker", "update", "--memory", "128m", "api"], "text": "give it more"},
            ],
        }
    ]
    assert made["unseen"] == [{"source": "events", "why": "too old"}]


def test_a_running_one_with_no_finding_is_healthy_and_has_not_ended() -> None:
    made = told(looked(state="running"))
    assert (made["verdict"]["cause"], made["verdict"]["weight"]) == ("healthy", "fine")
    assert made["verdict"]["certainty"] is None
    assert (made["container"]["exit_code"], made["container"]["finished"]) == (None, None)


def test_one_that_was_not_looked_at_has_no_cause_and_says_why() -> None:
    made = told(Looked(container(), why="not looked at in time"))
    assert made["verdict"]["cause"] is None
    assert made["unseen"] == [{"source": "inspect", "why": "not looked at in time"}]


def test_a_checklist_is_part_of_the_document_only_if_asked_for() -> None:
    made = document(looked(), (Check("Is it running?", Answer.NOT_ASKED, "because"),))
    assert made["checklist"] == [{"question": "Is it running?", "answer": "not asked", "shown_by": "because"}]
    assert "checklist" not in document(looked())


def quoting(text: str) -> Finding:
    return Finding(
        "app-error",
        text,
        text,
        proof=(Proof(text, text),),
        next=(Step(text, command=("docker", "run", text)),),
    )


HOSTILE = "a\x1b[2J\x1b]52;c;aGk=\x07b\x9b31m\u202ec\x00\x7fd\te"


def test_json_is_ascii_without_control_bytes_and_keeps_the_original() -> None:
    text = as_json(document(looked(quoting(HOSTILE))))
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text)["findings"][0]["evidence"][0]["text"] == HOSTILE


def test_bytes_that_were_no_utf8_do_not_break_the_json() -> None:
    text = as_json(document(looked(quoting("bad \udcff\ud800 bytes"))))
    assert "\\ud" not in text.replace("\\ufffd", "")
    assert json.loads(text)["verdict"]["title"] == "bad \ufffd\ufffd bytes"


def test_nothing_that_acts_on_a_terminal_is_in_the_prose_or_the_table() -> None:
    one = looked(quoting(HOSTILE), unseen=(Unseen(HOSTILE, HOSTILE),))
    checks = (Check("Is it running?", Answer.NO, HOSTILE),)
    rows = table([one, Looked(container(), why=HOSTILE)], width=200, paint=PLAIN, whole_names=True)
    for line in (*lines(one), *lines(one, checks=checks), *rows):
        assert line.isprintable(), line
    assert "ab\ufffdc" in "".join(lines(one))


@pytest.mark.parametrize(
    "text",
    [
        "cannot log in at postgres://app:hunter2@db/shop",
        "started with --password=hunter2",
        "DB_PASSWORD=hunter2 is wrong",
        "DB_PASS\x1b[1mWORD=hunter2 is wrong",
    ],
)
def test_secrets_in_what_is_quoted_are_masked_in_both_outputs(text: str) -> None:
    one = looked(quoting(text), unseen=(Unseen("log", text),))
    checks = (Check("Is its log free of trouble?", Answer.NO, text),)
    shown = "\n".join((*lines(one), *lines(one, checks=checks)))
    rows = "\n".join(table([one], width=300, paint=PLAIN, whole_names=True))
    for output in (shown, rows, as_json(document(one, checks))):
        assert "hunter2" not in output
    assert "••••••" in shown


def test_the_word_after_a_secret_flag_of_a_command_is_masked() -> None:
    step = Step("try", command=("docker", "run", "api", "--password", "hunter2"))
    one = looked(Finding("app-error", "Failed", "So.", next=(step,)))
    assert "hunter2" not in "\n".join(lines(one)) + as_json(document(one))
    assert document(one)["findings"][0]["next"][0]["command"][-1] == "••••••"


def test_prose_has_the_finding_with_its_proof_and_next_steps() -> None:
    shown = lines(looked(OOM, unseen=(Unseen("events", "too old"),)))
    assert shown[0].startswith("api  exited 137 · api:1 · abababababab")
    assert re.fullmatch(r"✖ OOM-killed +certain", shown[2])
    assert len(shown[2]) == 100
    assert "  proof  inspect: State.OOMKilled = true" in shown
    assert "         kernel: Memory cgroup out of memory: Killed process 4711 (java)" in shown
    assert "  next   in cdbg, c: rerun it under a shell" in shown
    assert "         give it more: docker update --memory 128m api" in shown
    assert "  events not seen: too old" in shown


def test_prose_is_wrapped_but_a_command_is_never_broken() -> None:
    command = ("docker", "run", "--rm", *(["--volume=/a/long/path:/another"] * 4))
    words = "word " * 60
    finding = Finding("x", "Title", words, proof=(Proof("log", words),), next=(Step("go", command=command),))
    shown = lines(looked(finding), 60)
    whole = next(line for line in shown if "docker run" in line)
    assert whole.strip() == " ".join(command)
    assert all(len(line) <= 60 for line in shown if line != whole)
    assert " ".join(" ".join(shown).split()).count("word") == 120


def test_a_healthy_one_says_so_and_has_no_finding() -> None:
    assert "● It runs, and nothing is wrong that can be seen." in lines(looked(state="running"))
    assert "○ Nothing was found." in lines(looked())


def test_the_checklist_stands_in_place_of_the_findings() -> None:
    checks = (Check("Is it running?", Answer.NO, "State.Status = exited"),)
    shown = lines(looked(OOM), checks=checks)
    assert "✖ OOM-killed" in shown
    at = shown.index("✖ no         Is it running?")
    assert shown[at + 1].strip() == "State.Status = exited"
    assert not any("proof" in line for line in shown)


def test_colours_are_sgr_around_words_and_gone_where_not_wanted() -> None:
    coloured = list(prose(looked(OOM), width=100, paint=Paint(on=True)))
    assert any("\x1b[1;31m✖ OOM-killed\x1b[0m" in line for line in coloured)
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in coloured] == lines(looked(OOM))


WORSE = (
    Looked(container("a"), None, Diagnosis((Finding("clean-exit", "Finished", "", weight=Weight.FINE),))),
    Looked(container("b"), None, Diagnosis((Finding("risky-config", "Privileged", "", weight=Weight.NOTE),))),
    Looked(container("c"), why="not looked at in time"),
    Looked(container("d"), None, Diagnosis((Finding("paused", "Paused", "", weight=Weight.WARNING),))),
    Looked(container("e"), None, Diagnosis((OOM,))),
)


def test_the_table_has_a_line_each_worst_first_and_a_summary() -> None:
    *rows, empty, last = table(WORSE, width=120, paint=PLAIN, whole_names=False)
    assert [row.split()[:2] for row in rows] == [["✖", "e"], ["▲", "d"], ["?", "c"], ["◇", "b"], ["○", "a"]]
    assert "OOM-killed  kernel: Memory cgroup out of memory" in re.sub(" {2,}", "  ", rows[0])
    assert "not looked at in time" in rows[2]
    assert "Privileged" in rows[3]
    assert empty == ""
    assert last == "5 containers: 1 at fault, 1 to warn of, 1 not looked at, 1 to note, 1 with nothing wrong"


def test_what_is_only_possible_and_a_note_counts_as_nothing_wrong() -> None:
    note = Finding("risky-config", "Privileged", "", Certainty.POSSIBLE, Weight.NOTE)
    one = Looked(container(state=State.RUNNING), None, Diagnosis((note,)))
    assert summary([one]) == "1 container: 1 with nothing wrong"
    assert next(iter(table([one], width=80, paint=PLAIN, whole_names=False))).startswith("● api")


def test_no_containers_are_told_as_such() -> None:
    *_, last = table([], width=80, paint=PLAIN, whole_names=False)
    assert last == "There are no containers on this engine."


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_shortens_names_in_their_middle_for_a_terminal_and_never_for_a_program(width: int) -> None:
    name = "a-very-long-name-" * 6 + "end"
    one = Looked(container(name), None, Diagnosis((OOM,)))
    row = next(iter(table([one], width=width, paint=PLAIN, whole_names=False)))
    assert re.match(r"✖ a-ver\S*…\S*end ", row)
    assert "OOM-killed" in row
    assert name in next(iter(table([one], width=width, paint=PLAIN, whole_names=True)))


def test_columns_count_cells_not_characters() -> None:
    texts = {"一二三": 6, "abc": 3, "e\u0301": 1, "✖ a": 3}
    assert {text: cells(text) for text in texts} == texts
    assert wrapped("一二三四五六", 8) == ["一二三四", "五六"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", [""]),
        ("one two three", ["one two", "three"]),
        ("exactly8", ["exactly8"]),
        ("longerthaneight x", ["longerth", "aneight", "x"]),
        ("   ", [""]),
    ],
)
def test_wrapping_breaks_at_spaces_and_loses_no_word(text: str, made: list[str]) -> None:
    assert wrapped(text, 8) == made


def test_evidence_out_of_a_file_names_the_file() -> None:
    proof = (
        Proof("inspect", "x"),
        Proof("/log/a\x1b[2J.log:3", "FATAL: no", "/log/a\x1b[2J.log", "FATAL: no\x07"),
    )
    [finding] = told(looked(Finding("app-error", "It failed", "So.", proof=proof)))["findings"]
    assert finding["evidence"] == [
        {"source": "inspect", "text": "x"},
        {"source": "/log/a\x1b[2J.log:3", "text": "FATAL: no", "path": "/log/a\x1b[2J.log"},
    ]
