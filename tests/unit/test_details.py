"""The tree of inspect: what it holds, what it hides, how it is searched."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from cdbg_tui.model.details import (
    DEEPEST,
    Entry,
    environment,
    hidden,
    hidden_words,
    leaf,
    nodes,
    search,
)
from cdbg_tui.model.text import MASK


def at(entries: tuple[Entry, ...], *keys: str) -> Entry:
    """Return the entry that the *keys* lead to."""
    for key in keys[:-1]:
        entries = next(entry for entry in entries if entry.key == key).children
    return next(entry for entry in entries if entry.key == keys[-1])


def everything(entries: tuple[Entry, ...]) -> list[Entry]:
    """Return the entries and all below them."""
    return [found for entry in entries for found in (entry, *everything(entry.children))]


DETAILS: dict[str, Any] = {
    "Id": "abc",
    "Path": "run",
    "Args": ["--password", "hunter2", "--port", "80"],
    "RestartCount": 0,
    "Config": {
        "Tty": False,
        "Env": ["PATH=/bin", "DB_PASSWORD=hunter2", "URL=postgres://u:hunter2@db/x", "EMPTY="],
        "Labels": {"com.example.api-key": "hunter2", "com.example.team": "search"},
        "Healthcheck": {"Test": ["CMD-SHELL", "curl -u x --token hunter2 http://localhost"]},
        "Entrypoint": None,
    },
    "Mounts": [{"Source": "/a", "Destination": "/b"}],
    "Nothing": {},
}


def test_the_tree_has_the_engines_own_order_and_paths() -> None:
    tree = nodes(DETAILS)
    assert [entry.key for entry in tree] == list(DETAILS)
    assert at(tree, "Mounts", "0", "Source") == Entry("Source", "/a", path=".Mounts[0].Source")
    assert at(tree, "Config", "Labels", "com.example.team").path == ('.Config.Labels["com.example.team"]')


def test_values_that_are_no_text_are_json() -> None:
    tree = nodes(DETAILS)
    assert at(tree, "RestartCount").value == "0"
    assert at(tree, "Config", "Tty").value == "false"
    assert at(tree, "Config", "Entrypoint").value == "null"
    assert at(tree, "Nothing").value == "{}"


def test_variables_are_entries_by_name() -> None:
    env = at(nodes(DETAILS), "Config", "Env")
    assert [entry.key for entry in env.children] == ["PATH", "DB_PASSWORD", "URL", "EMPTY"]
    assert env.children[0].value == "/bin"
    assert env.children[1].path == ".Config.Env[1]"


def test_no_secret_is_shown_before_it_is_revealed() -> None:
    entries = everything(nodes(DETAILS))
    assert not any("hunter2" in entry.shown(revealed=False) for entry in entries)
    held = [entry for entry in entries if "hunter2" in (entry.value or "")]
    assert len(held) == 5
    assert all(entry.secret and entry.shown(revealed=True) == entry.value for entry in held)


def test_what_is_no_secret_is_not_masked() -> None:
    tree = nodes(DETAILS)
    for keys in (("Path",), ("Args", "3"), ("Config", "Env", "PATH"), ("Config", "Env", "EMPTY")):
        assert not at(tree, *keys).secret


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mysqld --password=s3 --port=1", f"mysqld --password={MASK} --port=1"),
        ("mysqld --password s3 --port 1", f"mysqld --password {MASK} --port 1"),
        ("PASSWORD='a b' run", f"PASSWORD={MASK} run"),
        ("export API_TOKEN=s3; go", f"export API_TOKEN={MASK}; go"),
        ("--api-key=s3", f"--api-key={MASK}"),
        ("--password --verbose", "--password --verbose"),
        ("curl http://u:s3@h/x", f"curl http://u:{MASK}@h/x"),
        ('{"password": "s3", "a": "b"}', f'{{"password": {MASK}, "a": "b"}}'),
        ("Authorization: Bearer eyJhbGciOi.x", f"Authorization: Bearer {MASK}"),
        ("docker run -p 80:80 x", "docker run -p 80:80 x"),
        ("a=b c=d", "a=b c=d"),
        ("JAVA_OPTS=-Ddb.password=s3 -Xmx1g", f"JAVA_OPTS=-Ddb.password={MASK} -Xmx1g"),
        ("helm --set=db.password=s3", f"helm --set=db.password={MASK}"),
        ("?user=me&token=s3&page=2", f"?user=me&token={MASK}&page=2"),
        ("MYSQL_PWD=s3 mysql", f"MYSQL_PWD={MASK} mysql"),
        ("", ""),
    ],
)
def test_secrets_within_text(text: str, shown: str) -> None:
    assert hidden(text) == shown


def test_the_word_after_a_secret_flag_is_masked() -> None:
    assert hidden_words(["x", "--token", "s3", "s3"]) == ["x", "--token", MASK, "s3"]
    assert hidden_words(["x", "-password", "s3"]) == ["x", "-password", MASK]
    assert hidden_words(["x", "--token", "--port", "1"]) == ["x", "--token", "--port", "1"]
    assert hidden_words(["--token"]) == ["--token"]


def test_a_variable_may_hold_equals_signs_or_none() -> None:
    one, two = environment(["A=b=c", "BARE"])
    assert (one.key, one.value) == ("A", "b=c")
    assert (two.key, two.value) == ("BARE", "")


def test_search_finds_keys_and_values_with_their_trail() -> None:
    tree = nodes(DETAILS)
    [trail] = search(tree, "DESTINATION")
    assert [entry.key for entry in trail] == ["Mounts", "0", "Destination"]
    assert [trail[-1].key for trail in search(tree, "search")] == ["com.example.team"]
    assert search(tree, "") == []
    assert search(tree, "no such thing") == []


def test_a_masked_secret_is_found_by_its_value_only_when_revealed() -> None:
    tree = nodes(DETAILS)
    assert search(tree, "hunter2") == []
    assert len(search(tree, "hunter2", revealed=True)) == 5
    assert [trail[-1].key for trail in search(tree, "db_pass")] == ["DB_PASSWORD"]


def test_nesting_without_end_is_cut_and_kept_as_json() -> None:
    deep: Any = "bottom"
    for _ in range(500):
        deep = {"a": deep}
    entries = everything(nodes({"Deep": deep}))
    assert len(entries) == DEEPEST
    assert "bottom" in (entries[-1].value or "")
    assert json.loads(entries[-1].value or "")


def test_a_value_of_a_megabyte_is_masked_in_no_time() -> None:
    began = time.process_time()
    for text in ("x", '"', "a=", "--a ", "x://", "x://y:", "a-", "-", '"a":', "password=", '"a": '):
        big = text * (1_000_000 // len(text))
        assert leaf("BIG", big).value == big
    assert time.process_time() - began < 20  # quadratic would be hours
