"""A container's health check, and its history as a table."""

from __future__ import annotations

from collections.abc import Iterator

from cdbg_tui.model.around import Json
from cdbg_tui.model.details import Entry, hidden_words, leaf
from cdbg_tui.model.units import clock, epoch, exact_span

NO_OUTPUT = "(no output)"


def health(details: Json) -> Entry:
    """Return the check, how often it runs, and what the last probes said: a row each, its lines below it."""
    check = (details.get("Config") or {}).get("Healthcheck") or {}
    test = [str(word) for word in check.get("Test") or ()]
    known = (details.get("State") or {}).get("Health") or {}
    if not test or test == ["NONE"]:
        return Entry("health", "no health check", path=".State.Health")
    words = test[1:] if test[0] in ("CMD", "CMD-SHELL") else test
    line, cover = " ".join(words), " ".join(hidden_words(words))
    rows = [
        Entry("test", line, path=".Config.Healthcheck.Test", cover=None if cover == line else cover),
        Entry("timing", timing(check), path=".Config.Healthcheck"),
    ]
    probes = list(_probes(known))
    if probes:
        rows += [Entry(_columns("began", "took", "exit"), note="output"), *probes]
    streak = known.get("FailingStreak") or 0
    status = known.get("Status") or "not checked yet"
    value = status + (f", {streak} failures in a row" if streak else "")
    return Entry("health", value, tuple(rows), ".State.Health")


def timing(check: Json) -> str:
    """Return how often the check runs, and when it counts; zeros stand for the engine's defaults."""
    every = (check.get("Interval") or 30e9) / 1e9
    timeout = (check.get("Timeout") or 30e9) / 1e9
    words = f"every {exact_span(every)}, timeout {exact_span(timeout)}, {_retries(check.get('Retries') or 3)}"
    grace = (check.get("StartPeriod") or 0) / 1e9
    return words + (f", not counted in the first {exact_span(grace)}" if grace else "")


def _retries(count: int) -> str:
    return f"{count} {'retry' if count == 1 else 'retries'}"


def _probes(known: Json) -> Iterator[Entry]:
    for index, probe in enumerate(known.get("Log") or ()):
        began, ended = epoch(probe.get("Start") or ""), epoch(probe.get("End") or "")
        took = exact_span(ended - began) if began and ended else ""
        key = _columns(clock(began) if began else str(index), took, str(probe.get("ExitCode")))
        said = str(probe.get("Output") or "").strip()
        lines = said.splitlines()
        below = [leaf(str(number), line) for number, line in enumerate(lines, 1)] if len(lines) > 1 else []
        row = leaf(key, said or NO_OUTPUT, f".State.Health.Log[{index}].Output")
        yield Entry(key, row.value, tuple(below), row.path, row.cover)


def _columns(began: str, took: str, code: str) -> str:
    return f"{began:<19}  {took:>8}  {code:>4}"
