"""The measures. Each starts programs of its own and returns figures by name."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
import pyte

from tests.bench import containers
from tests.bench.program import Program, Spec
from tests.engine.proxy import Proxy

FIRST_NAME = rb"bench-\d{4}"
SETTLED = 3.0
WARM, IDLE = 30.0, 20.0
START = 5.0
PRESSES = 40
PAUSE = 0.3
"""At least so many seconds until the next press: a key that did nothing meanwhile is lost."""

Figures = dict[str, float]


def start_and_quit(spec: Spec, env: Mapping[str, str]) -> Figures:
    """Measure, in ms, how long the first name takes, and how long the program to leave."""
    with Program(spec, env) as program:
        ready = program.wait_for(FIRST_NAME)
        if ready is None:
            return {}
        time.sleep(SETTLED)
        pressed = program.press(spec.quit)
        while program.ended is None and time.monotonic() - pressed < 10:
            time.sleep(0.001)
        figures = {"start": 1000 * (ready - program.started)}
        return figures | ({"quit": 1000 * (program.ended - pressed)} if program.ended else {})


def keys(spec: Spec, env: Mapping[str, str]) -> Figures:
    """Measure, in ms, from a key to the moved row."""
    with Program(spec, env) as program:
        if program.wait_for(FIRST_NAME) is None:
            return {}
        time.sleep(SETTLED)
        return latencies("key", [answer.took for answer in moves(program)])


@dataclass(frozen=True)
class Answer:
    """What a key did, by the monotonic clock."""

    pressed: float
    shown: float | None
    """When the screen said so, None if it never did."""

    @property
    def took(self) -> float | None:
        """The seconds between."""
        return None if self.shown is None else self.shown - self.pressed


def moves(program: Program, presses: int = PRESSES) -> list[Answer]:
    """Go down and up the list, ten rows at most, so as to scroll nothing; return how each key did."""
    pressed, rows = [], min(10, presses // 2)
    for number in range(presses):
        pressed.append(program.press("down" if number % (2 * rows) < rows else "up"))
        time.sleep(PAUSE + 0.037 * (number % 7))
    screen, stream = program.screen(pressed[0])
    answers = []
    for began, following in zip(pressed, [*pressed[1:], pressed[-1] + 1], strict=True):
        before, moved = marked(screen), None
        for when, data in program.frames(began, following):
            stream.feed(data)
            if moved is None and marked(screen) != before:
                moved = when
        answers.append(Answer(began, moved))
    return answers


def marked(screen: pyte.Screen) -> list[tuple[object, ...]]:
    """Return how each line's name stands out: in one of them it does."""
    marks: list[tuple[object, ...]] = []
    for y, line in enumerate(screen.display):
        if (x := line.find("bench-")) >= 0:
            cell = screen.buffer[y][x]
            marks.append((y, cell.fg, cell.bg, cell.bold, cell.reverse))
    return marks


def latencies(name: str, took: list[float | None]) -> Figures:
    seen = sorted(1000 * one for one in took if one is not None)
    if not seen:
        return {f"{name}_lost": float(len(took))}
    last = seen[min(len(seen) - 1, round(0.95 * (len(seen) - 1)))]
    return {f"{name}_p50": statistics.median(seen), f"{name}_p95": last, f"{name}_lost": float(took.count(None))}


def idle(spec: Spec, env: Mapping[str, str], engine_root: Path) -> Figures:
    """Measure what it costs while nothing happens: CPU in % of a core, bytes a second, PSS in MiB."""
    engine = Engine(engine_root)
    base = engine.share(IDLE / 2)
    with Program(spec, env) as program:
        if program.wait_for(FIRST_NAME) is None:
            return {}
        time.sleep(WARM)
        cpu, written, began = program.cpu(), program.written, time.monotonic()
        share = engine.share(IDLE)
        seconds = time.monotonic() - began
        return {
            "idle_cpu": 100 * (program.cpu() - cpu) / seconds,
            "engine_cpu": max(0.0, share - base),
            "idle_bytes": (program.written - written) / seconds,
            "memory": program.memory(),
        }


class Engine:
    """The processes of the private engine: daemon, containerd and shims name its folder in their command lines."""

    def __init__(self, root: Path) -> None:
        self._processes = [one for one in psutil.process_iter() if self._is_part(one, str(root))]

    @staticmethod
    def _is_part(process: psutil.Process, root: str) -> bool:
        try:
            return any(root in word for word in process.cmdline()) and "docker" in process.name() + "containerd"
        except psutil.Error:
            return False

    def share(self, seconds: float) -> float:
        """Return what it uses, in % of a core, over *seconds*."""
        before, began = self._cpu(), time.monotonic()
        time.sleep(seconds)
        return 100 * (self._cpu() - before) / (time.monotonic() - began)

    def _cpu(self) -> float:
        return float(sum(sum(one.cpu_times()[:2]) for one in self._processes if one.is_running()))


def requests(spec: Spec, env: Mapping[str, str]) -> Figures:
    """Count the requests of the first seconds, and those a second while idle."""
    with tempfile.TemporaryDirectory() as folder:
        proxy = Proxy(Path(folder) / "docker.sock", env["DOCKER_HOST"])
        proxy.open()
        try:
            with Program(spec, {**env, "DOCKER_HOST": proxy.url}) as program:
                time.sleep(START)
                at_start = len(proxy.paths)
                if program.ended is not None:
                    return {}
                time.sleep(WARM - START)
                before = len(proxy.paths)
                time.sleep(IDLE)
                return {"start_requests": at_start, "idle_requests": (len(proxy.paths) - before) / IDLE}
        finally:
            proxy.close()


def burst(spec: Spec, env: Mapping[str, str]) -> Figures:
    """Measure, in seconds, how long after its writing the last of many lines is shown; memory in MiB."""
    if not spec.has_logs:
        return {}
    containers.start_writer(steady=False)
    try:
        with Program(spec, env) as program:
            if program.wait_for(b"READY-42") is None:
                return {}
            time.sleep(SETTLED)
            memory, began = program.memory(), time.monotonic()
            containers.burst()
            last = f"END-{containers.BURST_LINES}"
            program.wait_for(last.encode(), 30)
            time.sleep(1)
            # The engine's clock is this machine's.
            ahead = time.time() - time.monotonic()
            written = datetime.fromisoformat(containers.last_written()[:26] + "+00:00").timestamp() - ahead
            screen, stream = program.screen(began)
            for when, data in program.frames(began):
                stream.feed(data)
                if any(last in line for line in screen.display):
                    return {"burst_lag": max(0.0, when - written), "burst_memory": program.memory() - memory}
            return {"burst_memory": program.memory() - memory}
    finally:
        containers.remove_writer()


def steady(spec: Spec, env: Mapping[str, str]) -> Figures:
    """Measure the CPU of following a steady log, in % of a core, and a panel's opening meanwhile, in ms."""
    if not spec.has_logs:
        return {}
    containers.start_writer(steady=True)
    try:
        with Program(spec, env) as program:
            if program.wait_for(rb"L\d{7}") is None:
                return {}
            time.sleep(SETTLED)
            cpu, began = program.cpu(), time.monotonic()
            time.sleep(IDLE / 2)
            figures = {"steady_cpu": 100 * (program.cpu() - cpu) / (time.monotonic() - began)}
            return figures | _panel(program)
    finally:
        containers.remove_writer()


def _panel(program: Program) -> Figures:
    key, word = program.spec.panel
    if not word:
        return {}
    presses = []
    for number in range(24):
        presses.append((program.press("esc" if number % 2 else key), number % 2 == 0))
        time.sleep(0.6 + 0.031 * (number % 5))
    took: list[float | None] = []
    screen, stream = program.screen(presses[0][0])
    for (pressed, opens), (following, _) in zip(presses, [*presses[1:], (float("inf"), True)], strict=True):
        shown = None
        for when, data in program.frames(pressed, following):
            stream.feed(data)
            if shown is None and any(word in line for line in screen.display) == opens:
                shown = when - pressed
        took.append(shown)
    return latencies("flood_key", took)
