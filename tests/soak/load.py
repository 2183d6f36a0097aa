"""Load the program: ``python -m tests.soak.load [--running 500] [--stopped 5000]``.

Hundreds of running containers beside thousands of stopped ones, twenty logs that flood at once, storms of events:
the list is right at the end, and keys answer throughout. First it is measured what those thousands change.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench import measures
from tests.bench.measures import latencies, moves
from tests.bench.program import BARE, Program, Spec
from tests.engine.own_engine import OwnEngine, own_engine
from tests.soak.life import Api, Life

CDBG = Spec("cdbg", (sys.executable, "-m", "cdbg_tui"))
FLOODS = 20
FLOOD_LINES = 2_000
"""A second. As fast as they can, twenty writers leave two cores to nobody."""
STORM = 2_000
KEY_MS = 100.0


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


def make_floods(own: OwnEngine) -> None:
    """Create the containers whose logs will flood: each so many lines a second, in gusts."""
    api = Api(own)
    script = f"i=0; while [ $i -lt {FLOOD_LINES // 20} ]; do echo L$i {'x' * 80}; i=$((i + 1)); done; sleep 0.05"
    for number in range(FLOODS):
        api.create(f"zflood-{number:02}", "sh", "-c", f"while :; do {script}; done")


def cost(own: OwnEngine) -> measures.Figures:
    """Measure what the program costs on the engine as it is."""
    env = {"DOCKER_HOST": own.url, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    found = measures.start_and_quit(CDBG, env) | measures.keys(CDBG, env) | measures.requests(CDBG, env)
    return found | measures.idle(CDBG, env, own.root)


def counted(program: Program) -> tuple[int, int]:
    """Return how many the headline says are up, suffering ones included, and dead."""
    screen, _ = program.screen()
    head = screen.display[0]
    numbers = {word: int(number) for number, word in re.findall(r"(\d+) (up|suffering|dead)", head)}
    return numbers.get("up", 0) + numbers.get("suffering", 0), numbers.get("dead", 0)


def load(own: OwnEngine, running: int, stopped: int) -> bool:
    """Load the program, print what keys took, and tell whether all was well."""
    api = Api(own)
    life = Life(own)
    life.sit()
    home = Path(tempfile.mkdtemp(prefix="cdbg-load-"))
    env = {"DOCKER_HOST": own.url, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    is_well = True

    def phase(name: str, meanwhile: Callable[[], None], who: Program | None = None) -> None:
        nonlocal is_well
        thread = threading.Thread(target=meanwhile)
        thread.start()
        took = moves(who or program)
        figures, longest = latencies("key", took), max((1000 * one for one in took if one), default=0.0)
        thread.join()
        p50, p95, lost = (figures.get(f"key_{one}", float("inf")) for one in ("p50", "p95", "lost"))
        print(f"| {name} | {p50:.1f} | {p95:.1f} | {longest:.0f} | {lost:.0f} |", flush=True)
        is_well = is_well and (who is not None or (p95 < KEY_MS and not lost))

    try:
        print("| meanwhile | key p50, ms | p95, ms | longest | lost |\n|---|---|---|---|---|")
        with Program(CDBG, env) as program:
            began, shown = program.started, program.wait_for(rb"bench-\d+")
            assert shown is not None
            time.sleep(10)
            phase("nothing", lambda: None)
            phase(f"{STORM} events at once", lambda: life.storm(STORM))
            phase("logs that begin to flood", lambda: _flood(api))
            phase(f"{FLOODS} logs that flood", lambda: None)
            with Program(BARE, env) as bare:
                assert bare.wait_for(rb"bench-\d+") is not None
                phase("… and the keys of a bare table", lambda: None, bare)
            for number in range(FLOODS):
                api.remove(f"zflood-{number:02}")
            phase(f"{running // 5} deaths", lambda: _die(api, running // 5))
            time.sleep(8)
            up = len(api("GET", "/containers/json"))
            said = counted(program)
            print(
                f"\nfirst name after {1000 * (shown - began):.0f} ms; {program.memory():.0f} MiB;"
                f" the engine has {up} up, the list says {said[0]} up and {said[1]} dead"
            )
            is_well = is_well and said[0] == up
        return is_well
    finally:
        shutil.rmtree(home)


def _flood(api: Api) -> None:
    for number in range(FLOODS):
        api.start(f"zflood-{number:02}")


def _die(api: Api, count: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: api("POST", f"/containers/bench-{number:05}/kill"), range(count)))


def main() -> int:
    """Fill an engine, load the program, and tell whether all was well."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--running", type=int, default=500)
    options.add_argument("--stopped", type=int, default=5000)
    asked = options.parse_args()
    with own_engine() as own:
        fill(own, asked.running, 0)
        alone = cost(own)
        fill(own, 0, asked.stopped)
        beside = cost(own)
        print(f"| | {asked.running} running | and {asked.stopped} stopped |\n|---|---|---|")
        for name, figure in alone.items():
            print(f"| {name} | {figure:.1f} | {beside.get(name, float('nan')):.1f} |")
        print(flush=True)
        make_floods(own)
        return 0 if load(own, asked.running, asked.stopped) else 1


if __name__ == "__main__":
    sys.exit(main())
