"""The program that a container's command line names, found as the runtime finds it, without running it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.inside import follow, read
from cdbg_tui.model.program import HEAD_BYTES, Program, identify

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where the engine looks if the image sets no PATH (moby, oci/defaults)."""


def find_program(engine: Engine, container_id: str, word: str, *, path: str = "", folder: str = "/") -> Program:
    """Return what *word*, the first of a command line, leads to in a container.

    *path* is its PATH, *folder* its working directory. What cannot be found is named as it was asked for.

    Raises:
        EngineError: the engine cannot be asked.
    """
    seen: Program | None = None
    for candidate in _candidates(word, path or DEFAULT_PATH, folder or "/"):
        where, entry = follow(engine, container_id, candidate)
        if entry is None:
            continue
        if entry.is_directory or not entry.is_regular:
            found = Program(candidate, is_directory=entry.is_directory, executable=False)
        else:
            head = read(engine, container_id, where, most=HEAD_BYTES)
            found = _with_interpreter(
                engine, container_id, identify(candidate, head, executable=entry.is_executable)
            )
        if found.executable:
            return found
        seen = seen or found
    return seen or Program(word, exists=False, executable=False)


def _candidates(word: str, path: str, folder: str) -> Sequence[str]:
    if "/" in word:
        return [posixpath.normpath(posixpath.join(folder, word))]
    return [posixpath.join(place, word) for place in path.split(":") if place.startswith("/")]


def _with_interpreter(engine: Engine, container_id: str, program: Program) -> Program:
    if not program.interpreter.startswith("/"):
        return program
    _, entry = follow(engine, container_id, program.interpreter)
    return replace(program, interpreter_exists=entry is not None)
