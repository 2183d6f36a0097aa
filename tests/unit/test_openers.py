"""Which program opens a copy of a file: the user's own, by words and never by a shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdbg_tui.tui.copying_out import openers


@pytest.fixture
def path(tmp_path: Path) -> str:
    for name in ("bat", "vi", "less", "more", "my editor"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return str(tmp_path)


def test_pager_and_editor_are_both_offered(path: str) -> None:
    found = openers({"PATH": path, "PAGER": "bat -p", "EDITOR": "vi", "VISUAL": "'my editor' --wait"})
    assert found == [("$PAGER", ("bat", "-p")), ("$VISUAL", ("my editor", "--wait"))]


def test_what_is_not_there_is_passed_over(path: str) -> None:
    assert openers({"PATH": path, "PAGER": "no-such", "VISUAL": "'open quote", "EDITOR": "vi -R"}) == [
        ("$EDITOR", ("vi", "-R"))
    ]


def test_a_pager_that_does_not_page_is_passed_over(path: str) -> None:
    (Path(path) / "cat").write_text("#!/bin/sh\n")
    (Path(path) / "cat").chmod(0o755)
    for pager in ("cat", f"{path}/cat"):
        assert openers({"PATH": path, "PAGER": pager}) == [("less", ("less",))]
        assert openers({"PATH": path, "PAGER": pager, "EDITOR": "vi"}) == [("$EDITOR", ("vi",))]


def test_nothing_in_the_words_is_run_by_a_shell(path: str) -> None:
    assert openers({"PATH": path, "PAGER": "less $(reboot); id"}) == [("$PAGER", ("less", "$(reboot);", "id"))]


def test_without_either_it_is_less_or_else_more(path: str) -> None:
    assert openers({"PATH": path}) == [("less", ("less",))]
    (Path(path) / "less").unlink()
    assert openers({"PATH": path}) == [("more", ("more",))]
    assert openers({"PATH": "/nowhere"}) == []
