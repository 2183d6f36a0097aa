"""`cdbg report`: everything there is to know about a container, in one archive for a colleague or a ticket."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import secrets
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from cdbg_tui.commands import terminal
from cdbg_tui.commands.dossier import Dossier, collect
from cdbg_tui.commands.naming import resolved
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.tempname import safe_name
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size

WARNING = "Look through it before you send it on: a secret that nothing gives away as one is still in it."
STDOUT = "-"
WRONG_USAGE = 2


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Write the report, and return the exit status: 0 written, 1 it failed, 2 wrong usage."""
    output = options.output or ""
    if output == STDOUT and sys.stdout.isatty():
        terminal.complain("an archive is not written to a terminal: redirect standard output, or name a FILE.")
        return WRONG_USAGE

    def work(engine: Engine) -> int:
        container_id = resolved(engine, options.name)
        if output == STDOUT:
            data = packed(collect(engine, container_id), time.time())
            with terminal.read_or_not():
                sys.stdout.buffer.write(data)
            _tell(f"{size(len(data))} written to standard output.", sys.stderr)
            return 0
        written, dossier = write(engine, container_id, output)
        with terminal.read_or_not():
            _tell(f"{size(written.stat().st_size)} written to {written}", sys.stdout)
            for name, why in sorted(dossier.missing.items()):
                _tell(f"not in it: {name}: {why}", sys.stdout)
            _tell(WARNING, sys.stdout)
        return 0

    return terminal.on_engine(endpoint, work)


def _tell(words: str, where: TextIO) -> None:
    where.write(one_line(words) + "\n")
    where.flush()


def default_name(name: str, now: float) -> str:
    """Return what a report is called where nobody says otherwise."""
    return f"{safe_name(name)}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}.tar.gz"


def write(engine: Engine, container_id: str, output: str) -> tuple[Path, Dossier]:
    """Write the report to *output*, a file that is not there yet, or into the directory of that name.

    Raises:
        EngineError: the container cannot be inspected, or the file cannot be made.
    """
    now = time.time()
    with _said():
        place = Path(output).expanduser().absolute() if output else Path.cwd()
        path = None if place.is_dir() else place
        if path is not None and (path.exists() or path.is_symlink()):
            raise _exists(path)
        if not (path or place / "x").parent.is_dir():
            raise EngineError("refused", f"There is no directory {(path or place).parent}.")
    dossier = collect(engine, container_id)
    with _said():
        final = path or place / default_name(dossier.name, now)
        _put(final, packed(dossier, now))
    return final, dossier


@contextlib.contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise _exists(Path(error.filename2 or error.filename)) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: ~somebody who is not there
        what = getattr(error, "filename", "") or "it failed"
        raise EngineError("refused", f"{what}: {getattr(error, 'strerror', '') or error}.") from error


def _exists(path: Path) -> EngineError:
    return EngineError("conflict", f"{path} exists, and is not overwritten.", "Name another FILE.")


def _put(final: Path, data: bytes) -> None:
    """Make *final* appear whole, for its owner only, and never in the place of another file."""
    part = final.with_name(f".{final.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, final)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if final.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final)) from None
            part.rename(final)
    finally:
        part.unlink(missing_ok=True)


def packed(dossier: Dossier, now: float) -> bytes:
    """Return the archive: one directory, named as the file is, its files readable by the owner only."""
    folder = default_name(dossier.name, now).removesuffix(".tar.gz")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in dossier.texts.items():
            data = text.encode("utf-8", "backslashreplace")
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(now), 0o600
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
