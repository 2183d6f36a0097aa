"""What is remembered of sessions: by image, the newest first, bounded, without secrets, for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdbg_tui.sessions.history import FILE, IMAGES, REMEMBERED, History


def test_the_newest_comes_first_and_nothing_twice(tmp_path: Path) -> None:
    history = History(tmp_path / "state")
    for command in ("ls", "env", "ls"):
        history.note("shop/web:1", {"command": command, "user": "", "workdir": "/srv"})
    assert history.of("shop/web:1", "command") == ("ls", "env")
    assert history.of("shop/web:1", "workdir") == ("/srv",)
    assert history.of("shop/web:1", "user") == ()
    assert history.of("other", "command") == ()


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("shop/web:1", "shop/web:2", True),
        ("shop/web", "shop/web@sha256:ab", True),
        ("host:5000/web", "host:5000/web:3", True),
        ("host:5000/web", "host:5001/web", False),
        ("sha256:ab", "sha256:cd", False),
    ],
)
def test_another_version_of_an_image_has_the_same_history(
    tmp_path: Path, one: str, other: str, *, are_same: bool
) -> None:
    History(tmp_path).note(one, {"command": "ls"})
    assert (History(tmp_path).of(other, "command") == ("ls",)) is are_same


@pytest.mark.parametrize(
    "entry",
    [
        {"variables": "API_TOKEN=hunter2"},
        {"variables": "A=1 DB_PASSWORD='hunter2 x'"},
        {"command": "mysql --password=hunter2"},
        {"command": "mysql --password hunter2"},
        {"command": "curl https://me:hunter2@example.com/"},
    ],
)
def test_what_looks_secret_is_not_written(tmp_path: Path, entry: dict[str, str]) -> None:
    History(tmp_path).note("web", {**entry, "user": "app"})
    assert "hunter2" not in (tmp_path / FILE).read_text()
    assert History(tmp_path).of("web", "user") == ("app",)
    assert not any(History(tmp_path).of("web", field) for field in entry)


def test_the_file_is_its_owners_and_bounded(tmp_path: Path) -> None:
    history = History(tmp_path)
    for number in range(REMEMBERED + 3):
        history.note("web", {"command": f"ls {number}"})
    assert len(history.of("web", "command")) == REMEMBERED
    assert history.of("web", "command")[0] == f"ls {REMEMBERED + 2}"
    for number in range(IMAGES):
        history.note(f"image{number}", {"command": "ls"})
    assert history.of("web", "command") == ()
    assert history.of(f"image{IMAGES - 1}", "command") == ("ls",)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"web": 1}', '{"web": [1, {"command": 5}]}'])
def test_a_file_that_is_none_of_ours_is_no_history(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    history = History(tmp_path)
    assert history.of("web", "command") in ((), ("5",))
    history.note("web", {"command": "ls"})
    assert history.of("web", "command")[0] == "ls"
