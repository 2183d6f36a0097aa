"""What cdbg writes for itself: files and folders for the user alone, whatever the umask says."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


def folder(path: Path) -> Path:
    """Make a folder of cdbg's own, if need be, and close it to others.

    Raises:
        OSError: it cannot be made, or is somebody else's.
    """
    path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o777 != _FOLDER_MODE:
        path.chmod(_FOLDER_MODE)
    return path


def opened(path: Path) -> IO[bytes]:
    """Make a new file, and return it open for writing; what is there already is neither followed nor overwritten.

    Raises:
        OSError: it cannot be made, or there is something of that name.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    os.fchmod(descriptor, _FILE_MODE)
    return os.fdopen(descriptor, "wb")


def write(path: Path, text: str) -> None:
    """Write a file in a folder of cdbg's own; it is whole, or as it was before.

    Raises:
        OSError: it cannot be written.
    """
    draft = folder(path.parent) / f".{path.name}.{secrets.token_hex(4)}"
    try:
        with opened(draft) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


_unfinished: set[str] = set()


@contextlib.contextmanager
def until_exit(path: str) -> Iterator[None]:
    """Lend a temporary file: gone after the block, and also if the program ends in the middle of it.

    What works in a daemon thread is not told that the program ends.
    """
    _unfinished.add(path)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        _unfinished.discard(path)


@atexit.register
def _remove_unfinished() -> None:
    for path in list(_unfinished):
        with contextlib.suppress(OSError):
            os.unlink(path)
