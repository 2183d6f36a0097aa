"""How much more may be written: an archive is as long as somebody else wants, and a full disk harms everybody."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.units import size

SPARED_BYTES = 64 << 20
SPARED_FILES = 1_000
"""Left to others on a disk; of a small one, a twentieth."""
BLOCK = 4096
"""What the least file takes, its entry in its directory with it."""
_ASK_AGAIN_BYTES = 8 << 20
_ASK_AGAIN_FILES = 1_000
"""Others write as well: after so much, it is asked anew what is left."""


class Room:
    """What is left to write on the disk that a directory is on; counted down, and asked for anew."""

    def __init__(self, where: Path, ask: Callable[[str], os.statvfs_result] = os.statvfs) -> None:
        """Look at the disk that *where* is on.

        Raises:
            EngineError: there is none left.
            OSError: it cannot be looked at.
        """
        self._where = where
        self._ask = ask
        self._bytes = self._files = 0
        self._taken_bytes = self._taken_files = 0
        self._look(0, 0)

    def take(self, count: int, files: int = 0) -> None:
        """Claim the room for *count* bytes and *files* new names that are about to be written.

        Raises:
            EngineError: there is not as much.
            OSError: the disk cannot be looked at.
        """
        self._taken_bytes += count
        self._taken_files += files
        is_near = self._taken_bytes > self._bytes or self._taken_files > self._files
        if is_near or self._taken_bytes > _ASK_AGAIN_BYTES or self._taken_files > _ASK_AGAIN_FILES:
            self._look(count, files)

    def _look(self, count: int, files: int) -> None:
        """Ask what is left, and whether there is room for *count* bytes and *files* names in it."""
        disk = self._ask(os.fspath(self._where))
        free = disk.f_bavail * disk.f_frsize
        spared = min(SPARED_BYTES, disk.f_blocks * disk.f_frsize // 20)
        self._bytes = free - spared
        # Some file systems do not count them: there the bytes are the bound.
        spared_files = min(SPARED_FILES, disk.f_files // 20)
        self._files = disk.f_favail - spared_files if disk.f_files else 1 << 62
        self._taken_bytes, self._taken_files = count, files
        if count >= self._bytes:
            raise self._full(f"of {size(free)} that are free, {size(spared)} are")
        if files >= self._files:
            raise self._full(f"of {disk.f_favail:,} files that can be added, {spared_files:,} are")

    def _full(self, words: str) -> EngineError:
        sentence = f"There is no room for it in {self._where}: {words} left to others."
        return EngineError("refused", sentence, "Make room, or choose another place.")
