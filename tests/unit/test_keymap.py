"""The actions and their keys, and the user's own keys checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdbg_tui.config import ConfigError
from cdbg_tui.model.container import Container, State
from cdbg_tui.sessions.custom import CustomCommand
from cdbg_tui.tui.actions import ACTIONS, BY_ACTION
from cdbg_tui.tui.keymap import checked_commands, checked_keymap


@pytest.mark.parametrize(
    "key",
    [
        "f2",
        "e",
        "E",
        "é",
        "ctrl+e",
        "ctrl+shift+f5",
        "alt+x",
        "slash",
        "question_mark",
        "plus",
        "comma",
        "space",
        "f1,ctrl+g",
    ],
)
def test_a_key_that_textual_knows_is_taken(key: str) -> None:
    others = {action.id: "f12" for action in ACTIONS if action.key == key}
    assert checked_keymap(others | {"shell": key})["dashboard.shell"] == key


@pytest.mark.parametrize("key", ["f99", "foo", "contrl+e", "ctrl+", "ctrl++", "ctrl-e", "e,", "hit e"])
def test_nonsense_is_no_key(key: str) -> None:
    with pytest.raises(ConfigError, match=r"keys\.shell: “.*” is no key\. Keys are named as in"):
        checked_keymap({"shell": key})


def test_an_unknown_action_is_named_with_its_likeness() -> None:
    with pytest.raises(ConfigError, match="there is no action “shel”. Did you mean “shell”?"):
        checked_keymap({"shel": "e"})
    with pytest.raises(ConfigError, match="there is no action “qqqqq”.$"):
        checked_keymap({"qqqqq": "e"})


def test_every_actions_own_key_could_be_written_in_the_settings() -> None:
    own = {action.id: action.key for action in ACTIONS}
    assert checked_keymap(own) == {f"dashboard.{name}": key for name, key in own.items()}


def test_no_two_actions_share_a_key_or_a_name() -> None:
    keys = [key for action in ACTIONS for key in action.key.split(",")]
    assert len(set(keys)) == len(keys)
    assert len({action.id for action in ACTIONS}) == len(ACTIONS) == len(BY_ACTION)


def test_every_action_becomes_a_binding_under_its_id() -> None:
    for action in ACTIONS:
        binding = action.binding
        assert (binding.id, binding.key, binding.tooltip) == (f"dashboard.{action.id}", action.key, action.words)
        assert action.label
        assert action.words[0].isupper()


@pytest.mark.parametrize(
    ("state", "ids"),
    [
        (None, set()),
        (State.RUNNING, {"shell", "shell_as", "attach", "host_tools", "sidecar", "sidecar_as"}),
        (State.PAUSED, {"host_tools", "sidecar", "sidecar_as"}),
        (State.EXITED, {"rerun", "rerun_as"}),
        (State.DEAD, {"rerun", "rerun_as"}),
        (State.CREATED, {"rerun", "rerun_as"}),
        (State.RESTARTING, {"rerun", "rerun_as"}),
        (State.REMOVING, set()),
    ],
)
def test_sessions_apply_to_the_states_that_they_can_work_on(state: State | None, ids: set[str]) -> None:
    one = None if state is None else Container("a", "a", "a", state)
    # They say themselves what keeps them from it.
    sayers = set() if one is None else {"recipes", "capture", "debug_image"}
    assert {action.id for action in ACTIONS if action.group == "Sessions" and action.applies(one)} == ids | sayers
    on_any = {action.id for action in ACTIONS if action.group in ("Look", "Act") and action.applies(one)}
    assert on_any == (set() if one is None else {"changes", "inspect", "image", "report", "control", "copy"})


def test_one_key_for_two_actions_is_refused() -> None:
    with pytest.raises(ConfigError, match="“e” is the key of both shell and sidecar"):
        checked_keymap({"sidecar": "e"})
    assert checked_keymap({"sidecar": "e", "shell": "f2"}) == {"dashboard.sidecar": "e", "dashboard.shell": "f2"}


def command(key: str, name: str = "mine") -> CustomCommand:
    return CustomCommand(name, key, ("true",))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("e", "“e” is the key of shell already."),
        ("V,e", "“e” is the key of shell already."),
        ("/", "“/” is the key of filter already."),
        ("f", "“f” is the key of “file” in the triage already."),
        ("j", "already."),
        ("g", "already."),
        ("ctrl+c", "“ctrl+c” is the key of app.interrupt already."),
        ("ctrl+q", "“ctrl+q” is the key of every screen already."),
        ("nonsense", "“nonsense” is no key. Keys are named as in f2, ctrl+e or v."),
    ],
)
def test_a_command_of_ones_own_cannot_have_a_key_that_is_taken(key: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        checked_commands([command("v", "other"), command(key)], {}, Path("/c.toml"))
    assert str(error.value).startswith("/c.toml: [[command]] “mine”: ")
    assert said in str(error.value)


def test_two_commands_cannot_have_one_key() -> None:
    with pytest.raises(ConfigError, match="“v” is the key of “other” already"):
        checked_commands([command("v", "other"), command("v")], {}, Path("/c.toml"))


def test_a_key_that_an_action_has_lost_is_free() -> None:
    checked_commands([command("e"), command("v", "other"), command("+", "plus")], {"shell": "f2"}, Path("/c.toml"))
    with pytest.raises(ConfigError, match="“f2” is the key of shell already"):
        checked_commands([command("f2")], {"shell": "f2"}, Path("/c.toml"))
