"""Load the program: ``python -m tests.soak.load [--running 500] [--stopped 5000]``.

Hundreds of running containers beside thousands of stopped ones, twenty logs that flood at once, storms of events:
the list is right at the end, and keys answer throughout. First it is measured what those thousands change.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.bench import measures
from tests.bench.measures import PAUSE, Answer, latencies, marked, moves
from tests.bench.program import BARE, Program, Spec
from tests.engine.own_engine import OwnEngine, own_engine
from tests.soak.life import Api, Life
from tests.support import eventually

CDBG = Spec("cdbg", (sys.executable, "-m", "cdbg_tui"))
FLOOD_LINES = 2_000
"""A second. As fast as they can, twenty writers leave two cores to nobody."""
KEY_MS = 100.0


@dataclass(frozen=True)
class Form:
    """How heavy it is."""

    running: int = 500
    stopped: int = 5_000
    floods: int = 20
    storm: int = 2_000
    """Events at once."""
    presses: int = measures.PRESSES
    """Keys while one thing happens."""
    beside_bare: bool = True
    """Whether a bare table is tried in the floods as well."""


SHORT = Form(running=30, stopped=60, floods=4, storm=160, presses=8, beside_bare=False)


class Queued(Program):
    """Knows how long its threads have waited for a processor, too: what no program can do anything about."""

    def __init__(self, spec: Spec, env: Mapping[str, str]) -> None:
        self._waits: list[tuple[float, Counter[str]]] = []
        super().__init__(spec, env)

    def _came(self, when: float, data: bytes) -> None:
        self._waits.append((when, self._waited()))
        super()._came(when, data)

    def press(self, key: str) -> float:
        """Press a key; return when."""
        waited = self._waited()
        when = super().press(key)
        self._waits.append((when, waited))
        return when

    def _waited(self) -> Counter[str]:
        # By thread. The second number is the time on a run queue, in ns: Documentation/scheduler/sched-stats.rst.
        waited: Counter[str] = Counter()
        for told in Path(f"/proc/{self.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):  # it has ended
                waited[told.parent.name] = int(told.read_text().split()[1])
        return waited

    def own(self, answer: Answer) -> float:
        """Return the seconds that a key took without the wait for a processor.

        The main thread waits for one, or for another thread that has the interpreter and waits for one. A key
        that was lost has taken as long as the next one leaves it at least.
        """
        end = answer.pressed + PAUSE if answer.shown is None else answer.shown
        began, ended = (
            next((waited for when, waited in self._waits if when >= moment), self._waits[-1][1])
            for moment in (answer.pressed, end)
        )
        return end - answer.pressed - (ended - began).total() / 1e9


@dataclass(frozen=True)
class Phase:
    """What keys took while something happened, in ms."""

    name: str
    took: Sequence[float | None]
    """By the clock, None if the key was lost."""
    own: Sequence[float]
    """Without the wait of its threads for a processor."""

    def _clocked(self, figure: str) -> float:
        figures = latencies("key", [None if one is None else one / 1000 for one in self.took])
        return figures.get(f"key_{figure}", float("inf"))

    @property
    def row(self) -> str:
        """A line of a Markdown table."""
        p50, p95, lost = map(self._clocked, ("p50", "p95", "lost"))
        longest = max((one for one in self.took if one is not None), default=float("inf"))
        own = max(self.own, default=float("inf"))
        return f"| {self.name} | {p50:.1f} | {p95:.1f} | {longest:.0f} | {own:.0f} | {lost:.0f} |"

    @property
    def faults(self) -> list[str]:
        """What should not be: a key that was lost, or answered late for no want of a processor."""
        return [
            f"{self.name}: a key {'was lost for' if took is None else 'took'} {own:.0f} ms of its own"
            for took, own in zip(self.took, self.own, strict=True)
            if own > KEY_MS
        ]

    @property
    def slow(self) -> list[str]:
        """What should not be on a machine with nothing else to do: many keys that are late by the clock."""
        p95 = self._clocked("p95")
        return [f"{self.name}: one key in twenty took {p95:.0f} ms or more"] if p95 > KEY_MS else []


HEAD = (
    "| meanwhile | key p50, ms | p95, ms | longest | … without the wait for a processor | lost |\n"
    + "|---" * 6
    + "|"
)


@dataclass(frozen=True)
class Outcome:
    """How it went."""

    phases: Sequence[Phase]
    first_name: float
    """Shown so many ms after the start."""
    memory: float
    """MiB, in the end."""
    said: tuple[int, int]
    """How many are up, and dead, in the list's words."""
    true: tuple[int, int]
    """… and in the engine's."""

    @property
    def faults(self) -> list[str]:
        """What should not be."""
        found = [fault for phase in self.phases for fault in phase.faults]
        if self.said != self.true:
            found.append(f"the list says {self.said} are up and dead, the engine {self.true}")
        return found


def fill(own: OwnEngine, running: int, stopped: int) -> None:
    """Create so many containers; a few of each hundred that stopped have failed."""
    api = Api(own)

    def run(number: int) -> None:
        api.create(f"bench-{number:05}", "sleep", "1000000")
        api.start(f"bench-{number:05}")

    def stop(number: int) -> None:
        api.create(f"old-{number:05}", "sh", "-c", f"exit {number % 3}")
        if number % 20 == 0:
            api.start(f"old-{number:05}")

    with ThreadPoolExecutor(8) as pool:
        for make, count in ((run, running), (stop, stopped)):
            list(pool.map(make, range(count)))


def make_floods(own: OwnEngine, floods: int) -> None:
    """Create the containers whose logs will flood: each so many lines a second, in gusts."""
    api = Api(own)
    script = f"i=0; while [ $i -lt {FLOOD_LINES // 20} ]; do echo L$i {'x' * 80}; i=$((i + 1)); done; sleep 0.05"
    for number in range(floods):
        api.create(f"zflood-{number:02}", "sh", "-c", f"while :; do {script}; done")


def cost(own: OwnEngine) -> measures.Figures:
    """Measure what the program costs on the engine as it is."""
    env = {"DOCKER_HOST": own.url, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    found = measures.start_and_quit(CDBG, env) | measures.keys(CDBG, env) | measures.requests(CDBG, env)
    return found | measures.idle(CDBG, env, own.root)


def load(own: OwnEngine, form: Form, told: Callable[[Phase], None] = lambda _: None) -> Outcome:
    """Load the program on an engine that has been filled, with its floods made; tell each phase as it ends."""
    api = Api(own)
    life = Life(own)
    life.sit()
    home = Path(tempfile.mkdtemp(prefix="cdbg-load-"))
    env = {"DOCKER_HOST": own.url, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    phases: list[Phase] = []

    def phase(name: str, who: Queued, meanwhile: Callable[[], None] = lambda: None) -> Phase:
        thread = threading.Thread(target=meanwhile)
        thread.start()
        answers = moves(who, form.presses)
        thread.join()
        took = [None if answer.took is None else 1000 * answer.took for answer in answers]
        own = [1000 * who.own(answer) for answer in answers]
        told(done := Phase(name, took, own))
        return done

    try:
        with Queued(CDBG, env) as program:
            shown = program.wait_for(rb"bench-\d+")
            assert shown is not None
            _warm(program)
            phases.append(phase("nothing", program))
            phases.append(phase(f"{form.storm} events at once", program, lambda: life.storm(form.storm)))
            phases.append(phase("logs that begin to flood", program, lambda: _flood(api, form.floods)))
            phases.append(phase(f"{form.floods} logs that flood", program))
            if form.beside_bare:
                with Queued(BARE, env) as bare:
                    assert bare.wait_for(rb"bench-\d+") is not None
                    _warm(bare)
                    phase("… and the keys of a bare table", bare)
            for number in range(form.floods):
                api.remove(f"zflood-{number:02}")
            phases.append(phase(f"{form.running // 5} deaths", program, lambda: _die(api, form.running // 5)))
            deadline = time.monotonic() + 10
            while (said := counted(program)) != (true := true_count(api)) and time.monotonic() < deadline:
                time.sleep(0.2)
            return Outcome(phases, 1000 * (shown - program.started), program.memory(), said, true)
    finally:
        shutil.rmtree(home)


def _warm(program: Program) -> None:
    """Wait until a key moves the row, there and back: the first list is painted before its table is made."""
    for key in ("down", "up"):
        before = marked(program.screen()[0])
        program.press(key)
        eventually(lambda before=before: marked(program.screen()[0]) != before, 30)  # type: ignore[misc]


def counted(program: Program) -> tuple[int, int]:
    """Return how many the headline says are up, suffering ones included, and dead."""
    screen, _ = program.screen()
    numbers = {word: int(number) for number, word in re.findall(r"(\d+) (up|suffering|dead)", screen.display[0])}
    return numbers.get("up", 0) + numbers.get("suffering", 0), numbers.get("dead", 0)


def true_count(api: Api) -> tuple[int, int]:
    """Return how many the engine says are up, and are not."""
    up = [one["State"] == "running" for one in api("GET", "/containers/json?all=1")]
    return sum(up), len(up) - sum(up)


def _flood(api: Api, floods: int) -> None:
    for number in range(floods):
        api.start(f"zflood-{number:02}")


def _die(api: Api, count: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: api("POST", f"/containers/bench-{number:05}/kill"), range(count)))


def main() -> int:
    """Fill an engine, load the program, and tell whether all was well."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--running", type=int, default=Form.running)
    options.add_argument("--stopped", type=int, default=Form.stopped)
    asked = options.parse_args()
    form = Form(asked.running, asked.stopped)
    with own_engine() as own:
        fill(own, form.running, 0)
        alone = cost(own)
        fill(own, 0, form.stopped)
        beside = cost(own)
        print(f"| | {form.running} running | and {form.stopped} stopped |\n|---|---|---|")
        for name, figure in alone.items():
            print(f"| {name} | {figure:.1f} | {beside.get(name, float('nan')):.1f} |")
        make_floods(own, form.floods)
        print(f"\n{HEAD}", flush=True)
        outcome = load(own, form, lambda phase: print(phase.row, flush=True))
    print(
        f"\nfirst name after {outcome.first_name:.0f} ms; {outcome.memory:.0f} MiB;"
        f" the engine has {outcome.true} up and dead, the list says {outcome.said}"
    )
    faults = outcome.faults + [fault for phase in outcome.phases for fault in phase.slow]
    for fault in faults:
        print(f"load: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
