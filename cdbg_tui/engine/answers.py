"""What an engine's answers look like, checked before anybody takes them apart: something else may answer there."""

from __future__ import annotations

import re
from typing import Any

from cdbg_tui.engine.errors import EngineError

_LISTS = re.compile(r"/(containers/json|images/json|networks|containers/[^/]+/changes|images/.+/history)\b(?!/)")
_CONTAINER = re.compile(r"/containers/[^/?]+/json")
_OBJECTS_IN_IT = ("State", "Config", "HostConfig", "NetworkSettings")


def checked(path: str, answer: Any) -> Any:
    """Return the decoded *answer* to a GET of *path* if it has the shape that it is documented to have.

    Raises:
        EngineError: it has not.
    """
    bare = path.partition("?")[0]
    if _LISTS.fullmatch(bare):
        # An untouched container is answered with null.
        rows = [] if answer is None and not bare.startswith("/containers/json") else answer
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return rows
    elif isinstance(answer, dict) and (not _CONTAINER.fullmatch(bare) or _is_container(answer)):
        return answer
    raise EngineError(
        "refused",
        f"What answers {bare} is no Docker Engine, or none that cdbg understands.",
        "Check the address, and whether a proxy stands between.",
        "it answers rubbish",
    )


def _is_container(answer: dict[str, Any]) -> bool:
    objects = (answer.get(name) for name in _OBJECTS_IN_IT)
    return isinstance(answer.get("Id"), str) and all(one is None or isinstance(one, dict) for one in objects)
