"""What the programs are shown: many idle containers, a few dead ones, and one that writes."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.support import IMAGE

LABEL = "dev.cdbg.bench"
WRITER = "000-writer"
BURST_LINES = 100_000
LINES_A_SECOND = 2_000
DEAD = (0, 1, 2, 126, 127)
"""Exit codes of those that have ended."""

_LINE = 'printf "L%07d ' + "abcdefghij" * 9 + '\\n", ++n'
# The last line stands nowhere in the command, which a program may show as well.
_BURST = f'BEGIN {{ while (n < {BURST_LINES}) {_LINE}; print "END-" n }}'
_WAITING = "trap 'awk \"$0\"' USR1; echo READY-$((40+2)); while :; do sleep 0.1; done"
_STEADY = f'BEGIN {{ for (;;) {{ for (j = 0; j < {LINES_A_SECOND // 10}; j++) {_LINE}; system("sleep 0.1") }} }}'


def docker(*words: str) -> str:
    """Run the docker command line on the engine of the environment, and return what it prints."""
    return subprocess.run(("docker", *words), check=True, capture_output=True, text=True).stdout.strip()


def _run(name: str, project: str, command: Sequence[str]) -> None:
    labels = ("--label", LABEL, "--label", f"com.docker.compose.project={project}")
    docker("run", "-d", "--name", name, *labels, "--network", "none", IMAGE, *command)


def fill(running: int) -> None:
    """Have exactly *running* containers run beside the dead ones."""
    names = docker("ps", "-a", "--filter", f"label={LABEL}", "--format", "{{.Names}}").split()
    wanted: dict[str, tuple[str, ...]] = {f"bench-{i:04}": ("sleep", "1000000") for i in range(1, running + 1)}
    wanted |= {f"dead-{code:03}": ("sh", "-c", f"exit {code}") for code in DEAD}
    with ThreadPoolExecutor(8) as pool:
        too_many = [name for name in names if name not in wanted]
        list(pool.map(lambda name: docker("rm", "-f", name), too_many))
        missing = [name for name in wanted if name not in names]
        list(pool.map(lambda name: _run(name, f"p{int(name[-4:].strip('-')) % 5}", wanted[name]), missing))


def start_writer(*, steady: bool) -> None:
    """Start the container that stands first in every list: steady, or waiting for `burst`."""
    remove_writer()
    _run(WRITER, "000", ("awk", _STEADY) if steady else ("sh", "-c", _WAITING, _BURST))


def burst() -> None:
    """Have the writer write its lines."""
    docker("kill", "--signal", "USR1", WRITER)


def last_written() -> str:
    """Return the writer's last line, behind its time."""
    return docker("logs", "--timestamps", "--tail", "1", WRITER)


def remove_writer() -> None:
    """Remove the writer, if there is one."""
    subprocess.run(("docker", "rm", "-f", WRITER), check=False, capture_output=True)


def empty() -> None:
    """Remove all."""
    if ids := docker("ps", "-aq", "--filter", f"label={LABEL}").split():
        docker("rm", "-f", *ids)
