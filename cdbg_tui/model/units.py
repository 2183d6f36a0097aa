"""Figures and times in words: IEC units, shares of a core, relative times."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

_IEC = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SI = ("B/s", "kB/s", "MB/s", "GB/s", "TB/s")


def size(count: float) -> str:
    """Return *count* bytes in IEC units: ``63.8 MiB``."""
    return _scaled(count, 1024, _IEC)


def rate(per_second: float) -> str:
    """Return bytes a second in SI units, as networks are counted: ``1.2 kB/s``."""
    return _scaled(per_second, 1000, _SI)


def _scaled(count: float, base: int, units: tuple[str, ...]) -> str:
    step = 0
    # 999.95 would be printed as 1000.0: the next unit says it better.
    while abs(count) >= base - 0.05 and step < len(units) - 1:
        count /= base
        step += 1
    # Never more than nine cells: the columns count on it.
    return f"{count:.{0 if step == 0 or count >= 999.95 else 1}f} {units[step]}"


def percent(share: float) -> str:
    """Return a share (1.0 is the whole) as ``2.1 %``, without decimals from 100 % up."""
    return f"{share * 100:.1f} %" if abs(share) < 0.9995 else f"{share * 100:.0f} %"


def span(seconds: float) -> str:
    """Return a duration in its largest unit, as in a list: ``42 s``, ``9 min``, ``3 h``, ``6 d``."""
    seconds = max(0.0, seconds)
    for limit, unit, name in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // unit)} {name}"
    return f"{int(seconds // 86400)} d"


def exact_span(seconds: float) -> str:
    """Return a duration in its two largest units, as in details: ``3 h 12 min``, ``1.4 s``, ``380 ms``."""
    if seconds < 0:
        return "0 s"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for unit, name, below, below_name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // below
            return f"{whole // unit} {name}" + (f" {rest} {below_name}" if rest else "")
    raise AssertionError(seconds)


def clock(when: float) -> str:
    """Return an epoch time as local date and time: ``2026-11-22 14:02:11``."""
    return datetime.fromtimestamp(when).strftime("%Y-%m-%d %H:%M:%S")


_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$", re.ASCII)


def epoch(stamp: str) -> float | None:
    """Return the epoch seconds of an engine's RFC 3339 time; None for none and for the year 1.

    Engines write nanoseconds, which `datetime.fromisoformat` refuses, and ``0001-01-01T00:00:00Z`` for
    "never".
    """
    match = _RFC3339.match(stamp)
    if match is None or stamp.startswith("0001-"):
        return None
    base, fraction, zone = match.groups()
    whole = datetime.fromisoformat(base + ("+00:00" if zone == "Z" else zone)).timestamp()
    return whole + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)


def rfc3339(when: float) -> str:
    """Return an epoch time as the engine writes it, to the microsecond, in UTC."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_BARS = " ▁▂▃▄▅▆▇█"


def bars(values: Sequence[float], width: int, top: float) -> str:
    """Return the last *width* values as a line of bars, scaled so that *top* is a full cell.

    The scale is absolute: an idle container's line is flat, whatever its noise.
    """
    if width <= 0:
        return ""
    shown = values[-width:]
    ceiling = max(top, 1e-12)
    line = "".join(_BARS[0 if value <= 0 else min(8, max(1, math.ceil(value / ceiling * 8)))] for value in shown)
    return line.rjust(width)
