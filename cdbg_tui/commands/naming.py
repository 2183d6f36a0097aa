"""Which container is meant by the words of a command line."""

from __future__ import annotations

import re
import time

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.model.container import Container, from_list

_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]*", re.ASCII)
"""What the engine allows as a name; anything else must not become part of a path."""


def resolved(engine: Engine, name: str) -> str:
    """Return the id of the container that is called *name*, or whose id begins so.

    Raises:
        EngineError: there is none, with what may have been meant; or the engine does not answer.
    """
    if not _NAME.fullmatch(name):
        raise _no_such(engine, name)
    try:
        details = engine.get(f"/containers/{name.removeprefix('/')}/json")
    except EngineError as error:
        if error.kind in ("missing", "refused"):  # refused: the beginning of more than one id
            raise _no_such(engine, name) from error
        raise
    with understood("description of a container"):
        return str(details["Id"])


def place(engine: Engine, words: str) -> tuple[str, str]:
    """Return the container's id and the absolute path that ``NAME:PATH`` means.

    Raises:
        EngineError: it is no such pair of words, there is no such container, or the engine does not answer.
    """
    name, colon, path = words.partition(":")
    if not colon or not name or not path:
        raise EngineError("refused", f"“{words}” is not NAME:PATH, as web-1:/var/log/app.log.")
    return resolved(engine, name), "/" + path.lstrip("/")


def _no_such(engine: Engine, name: str) -> EngineError:
    known_ones = listed(engine)
    same = [one for one in known_ones if name and one.id.startswith(name)]
    if len(same) > 1:
        ids = ", ".join(f"{one.name} ({one.id[:12]})" for one in same[:5])
        return EngineError("missing", f"More than one container has an id that begins with “{name}”: {ids}.")
    import difflib

    known = {one.name.lower(): one.name for one in known_ones}
    near = difflib.get_close_matches(name.lower(), known, n=3)
    near += [low for low in known if name and name.lower() in low and low not in near]
    advice = f"Did you mean {', '.join(f'“{known[low]}”' for low in near[:3])}?" if near else ""
    return EngineError("missing", f"There is no container “{name}”.", advice)


def listed(engine: Engine) -> list[Container]:
    """Return all containers of the engine, as it lists them.

    Raises:
        EngineError: the engine does not answer.
    """
    rows = engine.get("/containers/json?all=1")
    now = time.time()
    with understood("list of containers"):
        return [from_list(row, now) for row in rows]
