"""`cdbg pcap`: a container's packets to a file on this side, or to standard output."""

from __future__ import annotations

import argparse
import secrets
import shlex
import sys
import threading
import time

from cdbg_tui.commands import terminal
from cdbg_tui.commands.naming import resolved
from cdbg_tui.config import load
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.tools import Shelf, alive, find_ground
from cdbg_tui.model.container import from_inspect
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import size
from cdbg_tui.sessions.capture import Bounds, capture_plan, to_bytes, to_seconds
from cdbg_tui.sessions.plan import DOCKER_FAILED, Refusal
from cdbg_tui.sessions.recipes import CAPTURE, Way, file_name
from cdbg_tui.sessions.recording import Recorded, Recording, packets

TOLD_SECONDS = 0.5
_CLEAR = "\r\x1b[K"


def main(endpoint: Endpoint, options: argparse.Namespace) -> int:
    """Capture until a bound, Ctrl+C or the container's end, and return the exit status."""
    return terminal.on_engine(endpoint, lambda engine: _capture(engine, options), failed=DOCKER_FAILED)


def _capture(engine: Engine, options: argparse.Namespace) -> int:
    try:
        bounds = Bounds(options.packets, to_bytes(options.bytes), to_seconds(options.seconds))
    except ValueError as error:
        raise EngineError("refused", f"{error}.") from error
    if options.output == "-" and terminal.is_terminal() and not options.print:
        raise EngineError(
            "refused", "Packets are no text for a terminal.", "-o FILE, or a pipe into wireshark -k -i -."
        )
    container_id = resolved(engine, options.name)
    ground = find_ground(engine, container_id, (CAPTURE.tool,), load().toolbox, Shelf())
    name = from_inspect(ground.details).name
    made = capture_plan(
        ground,
        engine.docker,
        way=Way(options.by) if options.by else None,
        suffix=secrets.token_hex(2),
        into=options.output or file_name(CAPTURE, name, time.strftime("%Y%m%d-%H%M%S")),
        expression=options.filter,
        packets=bounds.packets,
    )
    if isinstance(made, Refusal):
        terminal.complain(made.sentence)
        return DOCKER_FAILED
    if options.print:
        terminal.tell_command(made.commands())
        return 0
    recording = Recording(made, bounds, alive(engine, ground))
    recorded = _watched(recording)
    terminal.complain(recorded.line)
    if recorded.path not in ("", "-"):
        sys.stderr.write(one_line(shlex.join(("wireshark", "-r", str(recorded.path)))) + "\n")
    return 0 if recorded.is_well else 1


def _watched(recording: Recording) -> Recorded:
    """Run a capture and tell how far it is; whatever ends us lets it end in order first."""
    answer: list[Recorded] = []
    failure: list[EngineError] = []

    def run() -> None:
        try:
            answer.append(recording.run())
        except EngineError as error:
            failure.append(error)
        finally:
            done.set()

    # An event, for a `join` that Ctrl+C interrupts takes the thread to have ended.
    done = threading.Event()
    is_told = sys.stderr.isatty()
    threading.Thread(target=run, name="capture").start()
    try:
        while not done.is_set():
            try:
                if not done.wait(TOLD_SECONDS) and is_told:
                    sys.stderr.write(_CLEAR + one_line(_so_far(recording)))
                    sys.stderr.flush()
            except KeyboardInterrupt:
                recording.stop()
                if is_told:
                    sys.stderr.write(_CLEAR + one_line(_so_far(recording)))
                    sys.stderr.flush()
    finally:
        recording.stop()
        done.wait()
        if is_told:
            sys.stderr.write(_CLEAR)
    if failure:
        raise failure[0]
    return answer[0]


def _so_far(recording: Recording) -> str:
    if recording.is_stopping:
        return "stopping …"
    if not recording.began:
        return "tcpdump starts …"
    seconds = time.monotonic() - recording.began
    return f"{packets(recording.packets)}  {size(recording.bytes)}  {seconds:.0f} s  Ctrl+C ends it"
