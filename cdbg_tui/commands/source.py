"""The file in a container, or in its image, that a command line means."""

from __future__ import annotations

import argparse
import difflib
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager

from cdbg_tui.commands.naming import place
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import changes, inspect
from cdbg_tui.engine.image_files import image_container
from cdbg_tui.engine.inside import Entry, check_is_there, follow
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.file import as_told

HINT_SECONDS = 10.0
"""A hint is not worth a longer wait."""


@contextmanager
def meant(engine: Engine, options: argparse.Namespace) -> Iterator[tuple[str, str, Entry]]:
    """Lend a container's id, the path that ``NAME:PATH`` leads to in it, and what is there.

    With ``--image`` the container is one that stands for the image of the one that is named.

    Raises:
        EngineError: there is no such container or file, with what may have been meant.
    """
    container_id, path = place(engine, options.place)
    path = posixpath.normpath(path)
    if options.image:
        image_id = str(inspect(engine, container_id).get("Image") or "")
        with image_container(engine, image_id, container_id) as stand_in:
            where, entry = follow(engine, stand_in, path)
            if entry is None:
                raise EngineError("missing", f"There is nothing at {path} in the image.")
            yield stand_in, where, entry
        return
    where, entry = follow(engine, container_id, path)
    if entry is None:
        check_is_there(engine, container_id)
        what = f"There is nothing at {path} in the container."
        if where != path:
            what = f"{path} is a link to {where}, where there is nothing."
        raise EngineError("missing", what, _hint(engine, container_id, where))
    yield container_id, where, entry


def _hint(engine: Engine, container_id: str, path: str) -> str:
    try:
        found = changes(engine, container_id, patience=HINT_SECONDS)
    except EngineError:
        return ""
    return hint(as_told(path), found)


def hint(path: str, found: list[Change]) -> str:
    """Return what a missing *path* may have been, by the changes of the container."""
    if any(one.kind is Kind.DELETED and (path + "/").startswith(one.path + "/") for one in found):
        return "It was deleted: with --image you get it as the image has it."
    there = [one.path for one in found if one.kind is not Kind.DELETED and one.path != path]
    name = posixpath.basename(path)
    near = [one for one in there if posixpath.basename(one) == name]
    beside = [one for one in there if posixpath.dirname(one) == posixpath.dirname(path)]
    near += [one for one in difflib.get_close_matches(path, beside, n=3) if one not in near]
    return f"Did you mean {', '.join(f'“{one}”' for one in near[:3])}?" if near else ""
