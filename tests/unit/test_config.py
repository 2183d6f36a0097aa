"""The settings file: what it may say, and the sentence when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdbg_tui.config import Config, ConfigError, load, path, state_dir
from cdbg_tui.sessions.custom import CustomCommand

TOP = '[[command]]\nname = "top"\nkey = "v"\nargv = ["docker", "top", "{id}"]\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == Config()
    assert load(written(tmp_path, "")) == Config()


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = """
        toolbox = "me/box"
        theme = "nord"
        stats-seconds = 1
        stats-unseen = true
        log-lines = 10
        sessions-open = "split"
        read-only = true
        [keys]
        shell = "f2"
        "pane(1)" = "f1,ctrl+g"
        [[command]]
        name = "top"
        key = "v"
        argv = ["docker", "top", "{id}"]
        when = "running"
        label = "tier=web"
        confirm = true
        run = "background"
        wait = false
    """
    keys = {"shell": "f2", "pane(1)": "f1,ctrl+g"}
    argv = ("docker", "top", "{id}")
    top = CustomCommand("top", "v", argv, "running", "tier=web", confirm=True, run="background", wait=False)
    expected = Config("me/box", "nord", 1, True, 10, keys, "split", (top,), read_only=True)
    assert load(written(tmp_path, text)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('tolbox = "x"', "there is no setting “tolbox”. Did you mean “toolbox”?"),
        (
            "zzz = 1",
            "“zzz”. Known are: toolbox, theme, stats-seconds, stats-unseen, log-lines, sessions-open, read-only,",
        ),
        ("toolbox = 5", "“toolbox” must be a text in quotes."),
        ("theme = true", "“theme” must be a text in quotes."),
        ('stats-seconds = "2"', "“stats-seconds” must be a number."),
        ("stats-seconds = true", "“stats-seconds” must be a number."),
        ("stats-seconds = 0.1", "“stats-seconds” must be at least 0.5."),
        ("stats-seconds = nan", "“stats-seconds” must be a number."),
        ("stats-seconds = -inf", "“stats-seconds” must be a number."),
        ("log-lines = 2.5", "“log-lines” must be a whole number."),
        ("log-lines = -1", "“log-lines” must be at least 10."),
        ('sessions-open = "tab"', "“sessions-open” must be one of here, split, window."),
        ("sessions-open = true", "“sessions-open” must be a text in quotes."),
        ("read-only = 1", "“read-only” must be true or false."),
        ('read-only = "yes"', "“read-only” must be true or false."),
        ("read_only = true", "there is no setting “read_only”. Did you mean “read-only”?"),
        ('keys = "e"', "“keys” must be a table."),
        ("command = 1", "“command” must be a list of tables, each headed [[command]]."),
        ("command = [1]", "[[command]] 1: it must be a table: [[command]]."),
        ("[[command]]", "[[command]] 1: “name” is missing."),
        (f'{TOP}[[command]]\nname = "two"\nargv = ["x"]', "[[command]] 2 (“two”): “key” is missing."),
        (TOP + TOP, "[[command]] 2 (“top”): there is another one of that name."),
        (TOP + "shell = true", "[[command]] 1 (“top”): there is no “shell”; there are name, key, argv, when,"),
        (TOP + 'when = "up"', '“when” must be one of "running", "dead", "any".'),
        ("[keys]\nshell = 5", "keys.shell must be a key's name in quotes."),
        ('[keys]\nshell = ""', "keys.shell must be a key's name in quotes."),
        ("toolbox =", "cannot be read: "),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_remedy(tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load(file)
    assert said in str(error.value)
    assert str(error.value).startswith(str(file))


def test_what_is_no_text_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'theme = "\xff"')
    for file in (tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load(file)


def test_the_directories_are_those_of_the_desktop_standard() -> None:
    assert path({"HOME": "/home/me"}) == Path("/home/me/.config/cdbg/config.toml")
    assert path({"HOME": "/home/me", "XDG_CONFIG_HOME": "/etc/x"}) == Path("/etc/x/cdbg/config.toml")
    assert state_dir({"HOME": "/home/me"}) == Path("/home/me/.local/state/cdbg")
    assert state_dir({"HOME": "/home/me", "XDG_STATE_HOME": "/s"}) == Path("/s/cdbg")
