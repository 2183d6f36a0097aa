"""An engine of a test's own, which may be killed, or is another than the one that all others share."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support import PRIVATE_ENGINE, eventually


@dataclass(frozen=True)
class OwnEngine:
    """A private engine below *root*."""

    root: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"unix://{self.root}/docker.sock"

    def ask(self, word: str) -> None:
        """Run ``private-engine WORD``."""
        env = {**os.environ, **self.settings, "CDBG_ENGINE_ROOT": str(self.root)}
        done = subprocess.run(
            [PRIVATE_ENGINE, word], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def end(self, number: signal.Signals) -> None:
        """Send its daemon a signal that ends it, and wait until it has."""
        pid = int((self.root / "docker.pid").read_text())
        os.kill(pid, number)
        eventually(lambda: not _lives(pid), 20)
        # Its containerd ends with it. The next one would take that for alive as long as nobody has reaped it.
        (self.root / "exec/containerd/containerd.pid").unlink(missing_ok=True)

    def docker(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the docker command line on it."""
        argv = ["docker", "--host", self.url, *words]
        return subprocess.run(argv, check=check, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def _lives(pid: int) -> bool:
    try:
        # Nobody may be there to reap what this machine's first process has inherited.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def own_engine(**settings: str) -> Iterator[OwnEngine]:
    """Start one with these variables, and remove it; where another's is to be tested with, skip."""
    if os.environ.get("CDBG_TEST_HOST"):
        pytest.skip("the engine to test with is somebody's")
    made = OwnEngine(Path(tempfile.mkdtemp(prefix="cdbg-engine-")), settings)
    try:
        made.ask("start")
        yield made
    finally:
        made.ask("remove")
