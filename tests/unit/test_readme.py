"""The README says what the program does: its keys, settings, commands and pictures."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cdbg_tui.config import Config, load
from cdbg_tui.tui.actions import ACTIONS
from tests.readme_keys import README, table, table_in

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")
PICTURES = sorted((ROOT / "screenshots").glob("*.svg"))


def test_the_table_of_keys_is_that_of_the_program() -> None:
    assert table_in(TEXT) == table(), "python -m tests.readme_keys writes it"


def test_every_action_has_a_row() -> None:
    rows = table_in(TEXT)
    for action in ACTIONS:
        assert f"| {action.words} |" in rows


def test_the_settings_shown_are_all_there_are_and_are_valid(tmp_path: Path) -> None:
    shown = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert shown
    file = tmp_path / "config.toml"
    file.write_text(shown[1], encoding="utf-8")
    settings = load(file)
    for field in fields(Config):
        name = field.name.replace("_", "-")
        assert re.search(rf"^\[?{name}\b", shown[1], re.MULTILINE), name
        if field.name != "keys":
            assert getattr(settings, field.name) == getattr(Config(), field.name), "shown are the defaults"


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
