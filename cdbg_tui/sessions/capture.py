"""Packets of a container to a file on this side: tcpdump in its network namespace, its output streamed here."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from cdbg_tui.engine.tools import GUARD, Ground
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions.plan import Docker, Plan, Refusal
from cdbg_tui.sessions.recipes import (
    CAPTURE,
    UNTIL_INPUT_ENDS,
    Way,
    beside,
    entering,
    image_for,
    main_process,
    refusal,
    ways,
)

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmg]?)(?:i?b)?", re.IGNORECASE | re.ASCII)
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(s|m|h|)", re.IGNORECASE | re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Bounds:
    """When a capture ends by itself; 0 for never."""

    packets: int = 0
    bytes: int = 0
    seconds: float = 0.0


def to_bytes(words: str) -> int:
    """Return what ``10M`` means, 0 of nothing.

    Raises:
        ValueError: it is no size.
    """
    if not words.strip():
        return 0
    found = _SIZE.fullmatch(words.strip())
    if found is None:
        raise ValueError(f"“{words}” is no size, as 10M")
    return round(float(found[1]) * _UNITS[found[2].lower()])


def to_seconds(words: str) -> float:
    """Return what ``90``, ``5m`` or ``1h`` mean, 0 of nothing.

    Raises:
        ValueError: it is no time.
    """
    if not words.strip():
        return 0.0
    found = _SPAN.fullmatch(words.strip())
    if found is None:
        raise ValueError(f"“{words}” is no time, as 90, 5m or 1h")
    return float(found[1]) * _SECONDS[found[2].lower()]


def capture_ways(ground: Ground) -> dict[Way, str]:
    """Return for each way why it cannot be gone, the least first."""
    return ways(CAPTURE, ground, main_process(ground.details))


def capture_plan(
    ground: Ground,
    docker: Docker,
    *,
    way: Way | None,
    suffix: str,
    into: str,
    expression: str = "",
    packets: int = 0,
) -> Plan | Refusal:
    """Plan a capture by *way*, or by the least that works, to the file *into*; a dash is standard output.

    *expression* is a filter as tcpdump takes it (pcap-filter(7)).
    """
    target = from_inspect(ground.details)
    if dead := refusal(target):
        return dead
    found = capture_ways(ground)
    way = way or next((one for one, why in found.items() if not why), None)
    if way is None:
        reasons = "; ".join(f"by {one}, {why}" for one, why in found.items())
        return Refusal(f"There is no tcpdump for {target.name}: {reasons}.")
    if found[way]:
        return Refusal(f"tcpdump by {way}: {found[way]}.")
    try:
        words = shlex.split(expression)
    except ValueError as error:
        return Refusal(f"The filter cannot be read: {error}.")
    tcpdump = (*shlex.split(CAPTURE.line), *(("-c", str(packets)) if packets else ()), "--", *words)
    if not words:
        tcpdump = tcpdump[:-1]
    title = f"capture of {target.name}"
    if way is Way.HOST:
        return Plan(title, (*entering(target.pid), *tcpdump), into=into, is_local=True)
    if way is Way.EXEC:
        guarded = ("sh", "-c", UNTIL_INPUT_ENDS, "sh", *tcpdump)
        return Plan(title, docker("exec", "-i", "--user", "0", target.id[:12], *guarded), into=into)
    image = image_for(CAPTURE.tool, ground)
    options, name = beside(CAPTURE, ground, main_process(ground.details), suffix)
    run = ("run", "--rm", "-i", *options, "--entrypoint")
    if ground.images[image].issuperset(GUARD):
        argv = docker(*run, "sh", image, "-c", UNTIL_INPUT_ENDS, "sh", *tcpdump)
    else:
        argv = docker(*run, tcpdump[0], image, *tcpdump[1:])
    return Plan(title, argv, into=into, cleanup=(docker("rm", "--force", name),), removes_itself=True)
