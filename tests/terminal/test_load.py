"""Load: the short form of ``python -m tests.soak.load``."""

from __future__ import annotations

from tests.engine.own_engine import own_engine
from tests.soak.load import SHORT, Outcome, Phase, fill, load, make_floods

TRIES = 3
"""What listens to the terminal, the disk and other machines hold a key up as well: one load must be without."""


def test_keys_answer_and_the_list_is_right_while_logs_flood_events_storm_and_many_die() -> None:
    for _ in range(TRIES):
        with own_engine() as own:
            fill(own, SHORT.running, SHORT.stopped)
            make_floods(own, SHORT.floods)
            outcome = load(own, SHORT)
        dead = SHORT.stopped + SHORT.running // 5
        assert outcome.said == outcome.true == (1 + SHORT.running - SHORT.running // 5, dead)  # and the sitter
        if not outcome.faults:
            return
    raise AssertionError("\n".join([*outcome.faults, *(phase.row for phase in outcome.phases)]))


def test_a_late_key_a_lost_one_and_a_wrong_list_are_found() -> None:
    quick, queued = Phase("rest", [5.0, 9.0], [5.0, 9.0]), Phase("crowd", [5.0, 150.0], [5.0, 20.0])
    assert not Outcome([quick, queued], 200.0, 50.0, (4, 2), (4, 2)).faults
    assert not quick.slow
    assert len(queued.slow) == 1
    late, lost = Phase("storm", [5.0, 150.0], [5.0, 120.0]), Phase("flood", [5.0, None], [5.0, 290.0])
    found = Outcome([late, lost], 200.0, 50.0, (4, 2), (4, 3)).faults
    assert [fault.split(":")[0] for fault in found[:2]] == ["storm", "flood"]
    assert len(found) == 3
