"""What is noted of frozen containers, and how a restart policy is read and written."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdbg_tui.engine.freezing import FILE, REMEMBERED, Policies, policy_of, update_words


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"Name": "always"}, "always"),
        ({"Name": "on-failure", "MaximumRetryCount": 5}, "on-failure:5"),
        ({"Name": "on-failure", "MaximumRetryCount": 0}, "on-failure"),
        ({"Name": ""}, "no"),
        (None, "no"),
    ],
)
def test_a_policy_is_told_as_the_command_line_takes_it(policy: dict[str, object] | None, words: str) -> None:
    assert policy_of({"HostConfig": {"RestartPolicy": policy}}) == words
    assert update_words(words, "api") == ("update", f"--restart={words}", "api")


def test_what_is_noted_is_there_for_the_next_program_until_it_is_forgotten(tmp_path: Path) -> None:
    Policies(tmp_path / "new" / "folder").note("a", "always")
    Policies(tmp_path / "new" / "folder").note("b", "on-failure:5")
    noted = Policies(tmp_path / "new" / "folder")
    assert (noted.of("a"), noted.of("b"), noted.of("c")) == ("always", "on-failure:5", "")
    noted.forget("a")
    noted.forget("c")
    assert (noted.of("a"), noted.of("b")) == ("", "on-failure:5")
    assert [one.name for one in (tmp_path / "new" / "folder").iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\\xff"])
def test_a_file_that_somebody_spoiled_says_nothing_and_can_be_written_again(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    noted = Policies(tmp_path)
    assert noted.of("a") == ""
    noted.note("a", "always")
    assert noted.of("a") == "always"


def test_only_the_newest_are_remembered(tmp_path: Path) -> None:
    noted = Policies(tmp_path)
    for number in range(REMEMBERED + 1):
        noted.note(str(number), "always")
    assert noted.of("0") == ""
    assert noted.of("1") == noted.of(str(REMEMBERED)) == "always"
