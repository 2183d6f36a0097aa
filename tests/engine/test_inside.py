"""Files inside containers, running and dead, and the programs among them, read without running anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.inside import follow, look, read
from cdbg_tui.engine.program import find_program
from tests.support import Docker, Run

MADE = r"""
mkdir -p /w/dir && cd /w
printf 'one\ntwo\nthree' > text
ln -s text link; ln -s link chain; ln -s loop loop; ln -s ../../../w/text up; ln -s /nowhere broken
dd if=/dev/zero of=large bs=1M count=3 2>/dev/null; printf END >> large
mkfifo pipe
printf '#!/bin/sh\necho\n' > script; printf '#!/no/such\n' > orphan; printf '#!/bin/sh\r\n' > windows
printf 'echo\n' > plain
chmod +x script orphan windows plain
"""


@pytest.fixture
def dead(run: Run, docker: Docker) -> str:
    one = run("sh", "-c", MADE)
    assert docker("wait", one).stdout.strip() == "0"
    return one


def test_what_lies_somewhere(engine: Engine, dead: str) -> None:
    text, folder, link = (look(engine, dead, f"/w/{name}") for name in ("text", "dir", "link"))
    assert text is not None
    assert (text.size, text.is_regular, text.is_executable) == (13, True, False)
    assert folder is not None
    assert (folder.is_directory, folder.is_regular) == (True, False)
    assert link is not None
    assert (link.is_link, link.link) == (True, "/w/text")
    assert look(engine, dead, "/w/none") is None


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/w/chain", "/w/text"),
        ("/w/up", "/w/text"),
        ("/w/loop", None),
        ("/w/broken", None),
        ("/w/text/below", None),
    ],
)
def test_links_are_followed_inside_and_rings_end(
    engine: Engine, dead: str, path: str, leads_to: str | None
) -> None:
    where, entry = follow(engine, dead, path)
    assert (where if entry else None) == leads_to


def test_the_beginning_and_the_end_of_a_file(engine: Engine, dead: str) -> None:
    assert read(engine, dead, "/w/text", most=3) == b"one"
    assert read(engine, dead, "/w/text", most=100) == b"one\ntwo\nthree"
    assert read(engine, dead, "/w/text", most=5, tail=True) == b"three"
    assert read(engine, dead, "/w/large", most=4, tail=True) == b"\0END"
    assert read(engine, dead, "/w/large", most=4) == b"\0\0\0\0"


@pytest.mark.parametrize("path", ["/w/dir", "/w/pipe", "/w/link"])
def test_what_is_no_file_is_empty(engine: Engine, dead: str, path: str) -> None:
    assert read(engine, dead, path, most=10) == b""


def test_what_is_not_there_is_an_error(engine: Engine, dead: str) -> None:
    with pytest.raises(EngineError) as error:
        read(engine, dead, "/w/none", most=10)
    assert error.value.kind == "missing"


Find = Callable[..., object]


@pytest.mark.parametrize(
    ("word", "facts"),
    [
        ("sh", {"path": "/bin/sh", "machine": "amd64", "executable": True}),
        ("/w/script", {"is_script": True, "interpreter": "/bin/sh", "interpreter_exists": True}),
        ("/w/orphan", {"interpreter": "/no/such", "interpreter_exists": False}),
        ("/w/windows", {"has_crlf": True}),
        ("/w/plain", {"is_text": True, "executable": True}),
        ("/w/text", {"exists": True, "executable": False}),
        ("/w/dir", {"is_directory": True, "executable": False}),
        ("./script", {"path": "/w/script"}),
        ("/w/none", {"exists": False}),
        ("nonesuch", {"exists": False}),
    ],
)
def test_the_program_that_a_command_line_names(
    engine: Engine, dead: str, word: str, facts: dict[str, object]
) -> None:
    found = find_program(engine, dead, word, path="/nowhere:/bin", folder="/w")
    assert {name: getattr(found, name) for name in facts} == facts
