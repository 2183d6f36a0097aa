"""`cdbg cat`: a file of a container, dead or alive, on standard output."""

from __future__ import annotations

import argparse
import codecs
import sys
from collections.abc import Iterable, Iterator

from cdbg_tui.commands import terminal
from cdbg_tui.commands.source import meant
from cdbg_tui.engine.archive import archive_path, opened
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.text import clean

CHUNK = 1 << 16
READ_AT_ONCE = 16 << 20
"""A file up to this size is read before any of it is written: who reads our output slowly, a pager for
instance, would else hold the container's lock on the engine meanwhile."""
LINE_LENGTH = 64 << 10
"""A longer line is cleaned piece by piece."""


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Write the file, and return the exit status."""

    def work(engine: Engine) -> int:
        with meant(engine, options) as (container_id, path, entry):
            if not entry.is_regular:
                advice = "cdbg cp copies it." if entry.is_directory else ""
                raise EngineError(
                    "refused", f"{path} is a {entry.kind.word}, and has no text to be shown.", advice
                )
            pieces = read(engine, container_id, path)
            if terminal.is_terminal():
                _show(pieces)
            else:
                terminal.write(pieces)
        return 0

    return terminal.on_engine(endpoint, work)


def read(engine: Engine, container_id: str, path: str) -> Iterator[bytes]:
    """Yield the content of a regular file, some of it at a time.

    Raises:
        EngineError: it is none, or the engine does not answer.
    """
    with opened(engine, archive_path(container_id, path)) as tar:
        member = tar.next()
        body = tar.extractfile(member) if member and member.isreg() else None
        if member is None or body is None:
            raise EngineError("refused", f"{path} is no regular file any more.")
        if member.size > READ_AT_ONCE:
            while piece := body.read(CHUNK):
                yield piece
            return
        whole = body.read()
    yield whole


def _show(pieces: Iterable[bytes]) -> None:
    keep_sgr = terminal.is_coloured()
    with terminal.read_or_not():
        for text in shown(pieces, keep_sgr=keep_sgr):
            sys.stdout.write(text)
        if keep_sgr:
            sys.stdout.write("\x1b[m")


def shown(pieces: Iterable[bytes], *, keep_sgr: bool) -> Iterator[str]:
    """Yield what a terminal may be given of a file: its lines without anything that acts on the terminal."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        for line in lines:
            yield clean(line.removesuffix("\r"), keep_sgr=keep_sgr) + "\n"
        while len(rest) > LINE_LENGTH:
            yield clean(rest[:LINE_LENGTH], keep_sgr=keep_sgr)
            rest = rest[LINE_LENGTH:]
    yield clean(rest + decoder.decode(b"", final=True), keep_sgr=keep_sgr)
