"""Soak the program: ``python -m tests.soak [--minutes 10]``."""

from __future__ import annotations

import argparse
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.program import Program, Spec
from tests.engine.own_engine import OwnEngine, own_engine
from tests.soak import watched
from tests.soak.life import SITTER, Life
from tests.soak.watched import Reading
from tests.support import eventually

LEAST_TURNS = 3


@dataclass(frozen=True)
class Form:
    """How hard it is soaked."""

    seconds: float
    storm: int = 2_000
    """Events of a storm."""
    first_flood: str = "USR2"
    """What is kept of a log is full from the first turn on: what grows then is something else."""
    restarts: bool = True
    """Whether the engine is killed and started."""


SHORT = Form(10, storm=80, first_flood="USR1", restarts=False)


def soak(
    own: OwnEngine, form: Form, told: Callable[[Reading], None] = lambda _: None
) -> tuple[list[Reading], Life]:
    """Keep the program open while everything happens; return, and tell, what it cost at rest, turn by turn."""
    home = Path(tempfile.mkdtemp(prefix="cdbg-soak-"))
    env = {
        "DOCKER_HOST": own.url,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_STATE_HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    readings: list[Reading] = []
    try:
        with Life(own) as life, Program(Spec("cdbg", (sys.executable, "-m", "cdbg_tui")), env) as program:
            assert program.wait_for(SITTER.encode()) is not None
            watched.choose(program)
            turn = 0
            while turn < LEAST_TURNS or time.monotonic() - program.started < form.seconds:
                turn += 1
                life.flood(form.first_flood if turn == 1 else "USR1")
                watched.look_around(program)
                life.storm(form.storm)
                if turn % 2:
                    watched.shell(program)
                if form.restarts and turn % 5 == 0:
                    _restart(own, life, program)
                readings.append(watched.reading(program))
                told(readings[-1])
                watched.tidy(program)
            program.press("q")
            eventually(lambda: program.ended is not None, 5)
        assert not (crashes := list(home.rglob("crash*"))), crashes[0].read_text()
        return readings, life
    finally:
        shutil.rmtree(home)


def _restart(own: OwnEngine, life: Life, program: Program) -> None:
    """Kill the engine, and start it: the program must come back by itself."""
    began = time.monotonic()
    own.end(signal.SIGKILL)
    watched.seen_since(program, began, b"engine lost", 30)
    own.ask("start")
    life.sit()
    watched.seen_since(program, time.monotonic() - 1, SITTER.encode(), 40)


HEAD = "| after, s | memory, MiB | threads | files | key, ms |\n|---|---|---|---|---|"


def row(one: Reading) -> str:
    """Return a reading as a line of a Markdown table."""
    return f"| {one.at:.0f} | {one.memory:.1f} | {one.threads} | {one.files} | {one.key:.0f} |"


def table(readings: Sequence[Reading]) -> str:
    """Return readings as Markdown."""
    return "\n".join([HEAD, *map(row, readings)])


def faults(readings: Sequence[Reading], megabytes: float = 4.0) -> list[str]:
    """Return what grew: the last third of the readings against the one before it; the first is warm-up."""
    third = len(readings) // 3
    before, after = readings[third:-third], readings[-third:]
    found = []
    for name, grows in (("memory", megabytes), ("threads", 2.0), ("files", 2.0)):
        was, is_ = (statistics.median(getattr(one, name) for one in some) for some in (before, after))
        if is_ > was + max(grows, 0.05 * was if name == "memory" else 0):
            found.append(f"{name} grew from {was:.1f} to {is_:.1f}")
    was, is_ = (statistics.median(one.key for one in some) for some in (before, after))
    if is_ > 2 * was + 50:
        found.append(f"keys grew slower, from {was:.0f} to {is_:.0f} ms")
    return found


def main() -> int:
    """Soak, print the readings, and tell what grew."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10)
    minutes = options.parse_args().minutes
    print(HEAD, flush=True)
    with own_engine() as own:
        readings, life = soak(own, Form(60 * minutes), lambda one: print(row(one), flush=True))
    print(f"\n{life.births} containers born and gone, {life.events} more events.")
    for fault in (found := faults(readings)):
        print(f"soak: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
