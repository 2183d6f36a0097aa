"""The README says what the program does: its keys, settings, commands and pictures."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from cdbg_tui.commands.arguments import parser
from cdbg_tui.config import Config, load
from cdbg_tui.model.container import Container, State
from cdbg_tui.triage.causes import CAUSES
from cdbg_tui.triage.report import Looked, document
from cdbg_tui.tui.actions import ACTIONS
from cdbg_tui.tui.keymap import checked_commands
from tests.readme_tables import README, TABLES, table_in

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")
PICTURES = sorted((ROOT / "screenshots").glob("*.svg"))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_that_of_the_program(name: str) -> None:
    assert table_in(TEXT, name) == TABLES[name](), "python -m tests.readme_tables writes it"


def test_every_action_has_a_row() -> None:
    rows = table_in(TEXT, "keys")
    for action in ACTIONS:
        assert f"| {action.words} |" in rows


def test_every_cause_has_a_row() -> None:
    rows = table_in(TEXT, "causes")
    for cause in CAUSES:
        assert f"| `{cause.id}` | {cause.meaning} |" in rows


def test_the_json_shown_has_the_keys_of_the_programs() -> None:
    shown = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert shown
    told = json.loads(shown[1])
    made = document(Looked(Container("ab", "api", "api:1", State.EXITED)))
    assert list(told) == list(made)
    for part in ("container", "verdict"):
        assert list(told[part]) == list(made[part])
    [finding] = told["findings"]
    assert list(finding) == ["cause", "title", "explanation", "certainty", "weight", "evidence", "next"]
    assert told["verdict"]["cause"] in {cause.id for cause in CAUSES}


def test_every_triage_command_shown_is_understood() -> None:
    shown = [line.split() for line in re.findall(r"^cdbg (triage [^#\n]*)", TEXT, re.MULTILINE)]
    assert len(shown) >= 4
    for words in shown:
        assert parser().parse_args(words).command == "triage"


def test_the_settings_shown_are_all_there_are_and_are_valid(tmp_path: Path) -> None:
    shown = re.search(r"```toml\n(toolbox.*?)```", TEXT, re.DOTALL)
    assert shown
    file = tmp_path / "config.toml"
    file.write_text(shown[1], encoding="utf-8")
    settings = load(file)
    for field in fields(Config):
        name = field.name.replace("_", "-")
        assert re.search(rf"^\[{{0,2}}{name}\b", shown[1], re.MULTILINE), name
        if field.name not in ("keys", "command"):
            assert getattr(settings, field.name) == getattr(Config(), field.name), "shown are the defaults"


def test_the_commands_of_ones_own_that_are_shown_are_valid(tmp_path: Path) -> None:
    shown = re.search(r"```toml\n(\[\[command\]\].*?)```", TEXT, re.DOTALL)
    assert shown
    file = tmp_path / "config.toml"
    file.write_text(shown[1], encoding="utf-8")
    commands = load(file).command
    assert len(commands) == 3
    checked_commands(commands, {}, file)


def test_every_command_of_the_sessions_shown_is_understood() -> None:
    shown = re.findall(r"^cdbg ((?:exec|attach|nsenter|debug) [^#|>\n]*)", TEXT, re.MULTILINE)
    assert len(shown) >= 12
    for line in shown:
        words = shlex.split(line)
        assert parser().parse_args(words).command == words[0]


def test_every_make_command_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", TEXT, re.MULTILINE))
    assert named
    assert {one or other for one, other in named} <= targets


def test_every_picture_and_file_linked_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:|#)([^)]+)\)", TEXT)
    assert any(one.endswith("dashboard.svg") for one in linked)
    for one in linked:
        assert (ROOT / one).exists(), one


def test_there_are_pictures() -> None:
    assert {picture.stem for picture in PICTURES} >= {"dashboard", "narrow"}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: str(picture.stem))
def test_a_picture_loads_nothing_and_names_no_place_of_the_machine(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    assert "@font-face" not in text
    assert "url(http" not in text
    assert "<image" not in text
    assert not re.search(r"/tmp/cdbg|/(work|home|root)/|docker\.sock", text)
