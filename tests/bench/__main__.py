"""Measure, and print the table: ``python -m tests.bench [--sizes 50,500] [--rounds 3] [--terminal 160x45]``."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.bench import containers, measures
from tests.bench.program import BARE, Program, Spec
from tests.support import PRIVATE_ENGINE

ROWS = (
    ("start", "start to the first container name, ms", "{:.0f}"),
    ("key_p50", "key to moved row, p50, ms", "{:.1f}"),
    ("key_p95", "key to moved row, p95, ms", "{:.1f}"),
    ("start_requests", "requests of the first 5 seconds", "{:.0f}"),
    ("idle_requests", "requests while idle, a second", "{:.1f}"),
    ("idle_cpu", "own CPU while idle, % of a core", "{:.1f}"),
    ("engine_cpu", "the engine's CPU on its behalf, %", "{:.1f}"),
    ("idle_bytes", "bytes to the terminal while idle, a second", "{:.0f}"),
    ("memory", "memory (PSS), MiB", "{:.0f}"),
    ("burst_lag", "100,000 log lines: the last one shown after, s", "{:.2f}"),
    ("burst_memory", "… and memory grown, MiB", "{:.0f}"),
    ("steady_cpu", "CPU following 2,000 lines a second, %", "{:.1f}"),
    ("flood_key_p50", "… panel opened or closed meanwhile, p50, ms", "{:.0f}"),
    ("flood_key_p95", "… p95, ms", "{:.0f}"),
    ("quit", "quit, ms", "{:.0f}"),
)


def specs() -> list[Spec]:
    """Return the programs that are there."""
    bin_ = Path(sys.executable).parent
    found = [Spec("cdbg", (str(bin_ / "cdbg"),), panel=("?", "esc closes"))]
    if lazydocker := shutil.which("lazydocker", path=f"{bin_}:{os.environ['PATH']}"):
        found.insert(0, Spec("lazydocker", (lazydocker,), panel=("x", "Menu")))
    else:
        print("bench: no lazydocker on the PATH; without it.", file=sys.stderr)
    return [*found, BARE]


def measured(programs: list[Spec], env: Mapping[str, str], root: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Return the median of each figure of each program, the programs taking turns."""
    kinds: tuple[tuple[int, Callable[[Spec], measures.Figures]], ...] = (
        (rounds + 2, lambda spec: measures.start_and_quit(spec, env)),
        (rounds, lambda spec: measures.keys(spec, env)),
        (1, lambda spec: measures.requests(spec, env)),
        (1, lambda spec: measures.idle(spec, env, root)),
        (1, lambda spec: measures.burst(spec, env)),
        (1, lambda spec: measures.steady(spec, env)),
    )
    seen: dict[str, dict[str, list[float]]] = {spec.name: defaultdict(list) for spec in programs}
    for times, measure in kinds:
        for _ in range(times):
            for spec in programs:
                for name, figure in measure(spec).items():
                    seen[spec.name][name].append(figure)
    return {
        spec: {name: statistics.median(all_) for name, all_ in figures.items()} for spec, figures in seen.items()
    }


def table(size: int, figures: Mapping[str, Mapping[str, float]]) -> str:
    """Return the figures as Markdown, each with its ratio to cdbg's."""
    lines = [f"| {size} running | " + " | ".join(figures) + " |", "|---" * (len(figures) + 1) + "|"]
    for key, words, form in ROWS:
        cells = []
        ours = figures["cdbg"].get(key)
        for name, theirs in figures.items():
            cell = form.format(theirs[key]) if key in theirs else "–"
            ratio = f" (x{theirs[key] / ours:.1f})" if name != "cdbg" and ours and key in theirs else ""
            cells.append(cell + ratio)
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure on a private engine, which is left as it was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default="50,500", help="numbers of running containers")
    options.add_argument("--rounds", type=int, default=3, help="how often what is quick is measured")
    options.add_argument("--terminal", default="160x45", help="columns and rows")
    asked = options.parse_args()
    Program.columns, Program.rows = map(int, asked.terminal.split("x"))

    def engine(word: str) -> str:
        return subprocess.run([PRIVATE_ENGINE, word], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    was_there = subprocess.run([PRIVATE_ENGINE, "status"], check=False, capture_output=True).returncode == 0
    os.environ["DOCKER_HOST"] = engine("start")
    try:
        env = {"DOCKER_HOST": os.environ["DOCKER_HOST"], "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        root = Path(env["DOCKER_HOST"].removeprefix("unix://")).parent
        version = containers.docker("version", "--format", "{{.Server.Version}}")
        cores, load = os.cpu_count(), os.getloadavg()[0]
        print(f"{time.strftime('%Y-%m-%d')}, engine {version}, {cores} cores, load {load:.1f}, {asked.terminal}\n")
        for size in map(int, asked.sizes.split(",")):
            containers.fill(size)
            print(table(size, measured(specs(), env, root, asked.rounds)) + "\n", flush=True)
    finally:
        containers.remove_writer()
        containers.empty()
        if not was_there:
            engine("stop")


if __name__ == "__main__":
    main()
