"""What a log is asked for, and what comes back: shared by following, paging and saving."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, engine_errors
from cdbg_tui.engine.stream import query
from cdbg_tui.model.log import SYSTEM, Frames, stamp_of
from cdbg_tui.model.units import epoch

READ_SECONDS = 30.0
"""The longest silence in an answer that has an end."""


def unreadable(engine: Engine, container_id: str) -> EngineError:
    """Return what to say of a log whose driver cannot be read: which driver, and where the lines are."""
    inspected = engine.get(f"/containers/{container_id}/json")
    config = (inspected.get("HostConfig") or {}).get("LogConfig") or {}
    driver = str(config.get("Type") or "unknown")
    options = config.get("Config") or {}
    if driver == "none":
        return EngineError(
            "refused",
            "This container keeps no log: its logging driver is “none”.",
            "Recreate it with --log-driver json-file or local.",
        )
    address = next((f" ({value})" for name, value in options.items() if "address" in name), "")
    cache = ", or without its option cache-disabled" if options.get("cache-disabled") else ""
    return EngineError(
        "refused",
        f"This log cannot be read here: the logging driver “{driver}” sends it elsewhere{address}.",
        f"Read it there, or recreate the container with --log-driver json-file or local{cache}.",
    )


def is_unreadable(error: EngineError) -> bool:
    """Tell whether the engine said that the logging driver keeps nothing to read."""
    return "does not support reading" in error.what


def read_records(engine: Engine, path: str, tty: bool) -> Iterator[bytes]:
    """Yield the kept lines of an answer that has an end."""
    frames = Frames(tty=tty)
    with contextlib.closing(engine.stream(path, patience=READ_SECONDS)) as stream:
        for piece in stream:
            with engine_errors(engine.endpoint.url):
                records = frames.feed(piece)
            yield from checked(records)
        if frames.is_torn:
            raise torn()
        yield from checked(frames.end())


def checked(records: list[bytes]) -> list[bytes]:
    """Return *records*, or raise what the engine says among them."""
    for record in records:
        if record[0] == SYSTEM:
            raise broken(record[1:])
    return records


def broken(said: bytes) -> EngineError:
    """Return the error that the engine's own stream of a log tells of."""
    return EngineError(
        "refused",
        f"The engine could not read on in this log: {said.decode('utf-8', 'replace').strip()}",
        "Its file may be damaged; what follows can be read with a later time window.",
    )


def torn() -> EngineError:
    """Return the error of a log that ended within a line."""
    return EngineError("unreachable", "The engine broke off in the middle of the log.", "Try again.")


def latest(records: Sequence[bytes]) -> Counter[bytes]:
    """Return the records that a log asked for from the last of their stamps on would repeat."""
    last = max(map(stamp_of, records), default=b"")
    return Counter(record for record in records if stamp_of(record) >= last)


def since_params(since: float | None, after: Sequence[bytes]) -> dict[str, str]:
    """Return the query's words for a time, or for the last stamp of the records *after* which to go on."""
    last = max(map(stamp_of, after), default=b"")
    if last:
        return {"since": exact_seconds(last)}
    return {"since": f"{since:.9f}"} if since is not None else {}


def exact_seconds(stamp: bytes, *, later: float = 0) -> str:
    """Return a stamp as the engine takes it in a query: seconds and all nine digits of the fraction."""
    text = stamp.decode("ascii")
    digits = text.partition(".")[2].rstrip("Z")[:9] if "." in text else ""
    fraction = digits if digits.isdigit() else "0"
    whole = int(epoch(text) or 0)
    nanos = int(fraction.ljust(9, "0")) + round(later * 1e9)
    return f"{whole + nanos // 10**9}.{nanos % 10**9:09d}"


def log_path(container_id: str, **params: str | int) -> str:
    """Return what to ask for: both streams with stamps unless *params* say otherwise."""
    wanted: dict[str, str | int] = {"stdout": 1, "stderr": 1, "timestamps": 1, **params}
    return query(f"/containers/{container_id}/logs", **wanted)
