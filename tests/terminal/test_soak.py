"""Weeks in half a minute: the short form of ``make soak``."""

from __future__ import annotations

from tests.engine.own_engine import own_engine
from tests.soak.__main__ import SHORT, faults, soak, table
from tests.soak.watched import Reading

LOG_MEGABYTES = 35.0
"""What a kept log may take: in so short a time it is still filling."""


def test_nothing_grows_while_containers_are_born_and_die_logs_flood_and_events_storm() -> None:
    with own_engine() as own:
        readings, life = soak(own, SHORT)
    assert len(readings) >= 3, table(readings)
    # How long a key takes depends on what else this machine does: the long form looks at that.
    grown = [fault for fault in faults(readings, LOG_MEGABYTES) if not fault.startswith("keys")]
    assert not grown, table(readings)
    assert life.births > 20


def test_what_grows_is_found() -> None:
    flat = [Reading(float(at), 50.0, 14, 30, 40.0) for at in range(9)]
    assert not faults(flat)
    assert "memory" in faults([*flat[:6], *[Reading(0.0, 60.0, 14, 30, 40.0)] * 3])[0]
    assert "threads" in faults([*flat[:6], *[Reading(0.0, 50.0, 20, 30, 40.0)] * 3])[0]
    assert "slower" in faults([*flat[:6], *[Reading(0.0, 50.0, 14, 30, 400.0)] * 3])[0]
