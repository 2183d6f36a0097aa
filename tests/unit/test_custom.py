"""Commands of the user's own: what an entry may say, when it applies, and what is put into its words."""

from __future__ import annotations

from typing import Any

import pytest

from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.custom import CustomCommand, CustomError, custom_plan, read_command
from cdbg_tui.sessions.plan import Plan, Refusal

LABELS = {"tier": "web", "com.example/db": "a 'b'; c", "dash": "--privileged", "bell": "x\x1b]0;evil\x07"}
WEB = Container("0123456789abcdef", "web-1", "shop/web:1", State.RUNNING, labels=LABELS, pid=4711)


def entry(*argv: str, **more: Any) -> dict[str, Any]:
    return {"name": "mine", "key": "v", "argv": list(argv) or ["true"], **more}


def argv(*words: str, target: Container = WEB) -> tuple[str, ...] | str:
    made = custom_plan(read_command(entry(*words)), target)
    return made.sentence if isinstance(made, Refusal) else made.argv


@pytest.mark.parametrize(
    ("word", "filled"),
    [
        ("{id}", "0123456789abcdef"),
        ("name={name}", "name=web-1"),
        ("{image}", "shop/web:1"),
        ("/proc/{pid}/{name}", "/proc/4711/web-1"),
        ("{label:com.example/db}", "a 'b'; c"),
        ("db={label:tier}{label:tier}", "db=webweb"),
        ("x{label:dash}", "x--privileged"),
        ("{{.State.Pid}}", "{{.State.Pid}}"),
        ("{{json .Mounts}} of {name}", "{{json .Mounts}} of web-1"),
        ("{ print $1 }", "{ print $1 }"),
        ("$(touch /x) `y` *", "$(touch /x) `y` *"),
    ],
)
def test_what_is_known_of_a_container_stands_in_the_word_where_it_was_written(word: str, filled: str) -> None:
    assert argv("run", word) == ("run", filled)


@pytest.mark.parametrize("word", ["{nam}", "{label}", "{label:}", "{name:x}", "{env:HOME}", "a{ID}"])
def test_an_unknown_placeholder_is_refused_when_the_settings_are_read(word: str) -> None:
    with pytest.raises(
        CustomError, match="there is no placeholder .*; there are {id}, {name}, {image}, {pid}, {la"
    ):
        read_command(entry("run", word))


def test_what_a_container_has_not_runs_nothing_and_is_named() -> None:
    assert argv("run", "{label:none}") == "mine: web-1 has no label none."
    dead = Container("ab", "job", "i", State.EXITED)
    assert argv("run", "{pid}", target=dead) == "mine: job has no pid now."


def test_a_label_can_be_neither_an_option_nor_control_characters() -> None:
    assert argv("docker", "run", "{label:dash}") == (
        "mine: the label dash of web-1 is “--privileged”: it would be an option."
    )
    assert argv("run", "{label:bell}") == "mine: the label bell of web-1 holds control characters."


@pytest.mark.parametrize(
    "words",
    [
        ["sh", "-c", "echo {label:tier}"],
        ["/bin/bash", "-lc", "echo {label:tier}"],
        ["sudo", "sh", "-c", "echo {label:tier}"],
        ["docker", "exec", "{id}", "sh", "-c", "echo {label:tier}"],
    ],
)
def test_a_label_is_never_part_of_a_script(words: list[str]) -> None:
    with pytest.raises(CustomError, match=r"a shell would run what stands in the label of {label:tier}"):
        read_command(entry(*words))


def test_a_script_gets_a_label_as_a_word_of_its_own() -> None:
    assert argv("sh", "-c", 'echo "$1" {name}', "sh", "{label:com.example/db}") == (
        "sh", "-c", 'echo "$1" web-1', "sh", "a 'b'; c",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"argv": "docker ps"}, "“argv” must be a list of words"),
        ({"argv": []}, "“argv” must be a list of words"),
        ({"argv": ["a", 1]}, "“argv” must be a list of words"),
        ({"argv": [""]}, "“argv” must be a list of words"),
        ({"name": ""}, "“name” must be a text in quotes"),
        ({"name": "a\x1b[2J"}, "“name” must be a text in quotes"),
        ({"key": 5}, "“key” must be a key's name in quotes"),
        ({"when": "up"}, "“when” must be one of"),
        ({"run": []}, "“run” must be one of"),
        ({"confirm": "yes"}, "“confirm” must be true or false"),
        ({"label": 1}, "“label” must be a text in quotes"),
        ({"shell": True}, "there is no “shell”; there are name, key, argv"),
        ({"when": "dead", "argv": ["kill", "{pid}"]}, "{pid} is that of a running container"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(more: dict[str, Any], said: str) -> None:
    with pytest.raises(CustomError) as error:
        read_command({**entry(), **more})
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("more", "state", "lacks"),
    [
        ({}, State.EXITED, ""),
        ({"when": "running"}, State.RUNNING, ""),
        ({"when": "running"}, State.EXITED, "mine is for running containers; web-1 is exited."),
        ({"when": "running"}, State.PAUSED, "mine is for running containers; web-1 is paused."),
        ({"when": "dead"}, State.EXITED, ""),
        ({"when": "dead"}, State.RUNNING, "mine is for dead containers; web-1 is running."),
        ({"label": "tier"}, State.RUNNING, ""),
        ({"label": "tier=web"}, State.RUNNING, ""),
        ({"label": "tier=db"}, State.RUNNING, "mine is for containers with the label tier=db; web-1 has it not."),
        ({"label": "none"}, State.RUNNING, "mine is for containers with the label none; web-1 has it not."),
    ],
)
def test_it_applies_where_state_and_label_are_right(more: dict[str, Any], state: State, lacks: str) -> None:
    one = Container("ab", "web-1", "i", state, labels=LABELS)
    command = read_command(entry(**more))
    assert command.lacks(one) == lacks
    made = custom_plan(command, one)
    assert (made.sentence if isinstance(made, Refusal) else "") == lacks


def test_without_a_container_nothing_applies() -> None:
    assert CustomCommand("mine", "v", ("true",)).lacks(None) == "mine: no container is selected."


def test_its_plan_is_a_program_of_this_side_whose_output_is_left_to_be_read() -> None:
    made = custom_plan(read_command(entry("docker", "top", "{id}")), WEB)
    assert isinstance(made, Plan)
    assert made.title == "mine for web-1"
    assert made.is_local
    assert made.stays
    hidden = custom_plan(read_command(entry(wait=False)), WEB)
    assert isinstance(hidden, Plan)
    assert not hidden.stays
