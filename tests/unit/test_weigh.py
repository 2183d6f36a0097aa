"""Which of several findings is the verdict."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import pytest

from cdbg_tui.model.finding import Certainty, Diagnosis, Finding, Proof, Weight
from cdbg_tui.triage.causes import CAUSES
from cdbg_tui.triage.weigh import ORDER, weighed


def finding(cause: str, weight: Weight = Weight.FAULT, certainty: Certainty = Certainty.CERTAIN) -> Finding:
    return Finding(cause, f"Title of {cause}", "words.", certainty, weight, (Proof("log", cause),))


def order(*findings: Finding) -> list[str]:
    return [one.cause for one in weighed(findings)]


def test_every_cause_has_a_place() -> None:
    assert sorted(chain.from_iterable(ORDER)) == sorted(cause.id for cause in CAUSES)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("oom-killed", "restart-loop"),
        ("restart-loop", "missing-env-var"),
        ("oom-killed", "app-oom"),
        ("missing-config", "app-error"),
        ("log-driver-none", "app-error"),
        ("dead-dependency", "healthcheck-failing"),
        ("app-hung", "healthcheck-failing"),
        ("removed-image", "clean-exit"),
    ],
)
def test_the_cause_goes_before_what_came_of_it(first: str, second: str) -> None:
    assert order(finding(second), finding(first)) == [first, second]


def test_what_is_wrong_goes_before_what_is_fine_and_that_before_what_is_worth_telling() -> None:
    fine, note = finding("clean-exit", Weight.FINE), finding("secrets-in-env", Weight.NOTE)
    assert order(note, fine, finding("removed-image", Weight.WARNING)) == [
        "removed-image",
        "clean-exit",
        "secrets-in-env",
    ]


def test_what_is_only_possible_goes_after_what_is_likely() -> None:
    vague = finding("port-mapping-mismatch", certainty=Certainty.POSSIBLE)
    assert order(vague, finding("healthcheck-failing")) == ["healthcheck-failing", "port-mapping-mismatch"]


def test_a_cause_stands_there_once_as_sure_as_it_is() -> None:
    [one] = weighed([finding("sigkill-not-oom", certainty=Certainty.LIKELY), finding("sigkill-not-oom")])
    assert one.certainty is Certainty.CERTAIN


def test_a_failure_that_quotes_what_another_one_does_says_nothing_more() -> None:
    line = Proof("log", "open /srv/x: no such file")
    missing, failed = finding("missing-config"), finding("app-error", certainty=Certainty.LIKELY)
    same = (line, Proof("inspect", "State.ExitCode = 1"))
    assert order(replace(missing, proof=same), replace(failed, proof=same)) == ["missing-config"]
    assert order(missing, failed) == ["missing-config", "app-error"]


def test_a_loop_says_of_what() -> None:
    loop, reason = weighed([finding("missing-config"), finding("restart-loop")])
    assert "Of what: Title of missing-config" in loop.explanation
    assert Proof("log", "missing-config") in loop.proof
    assert reason.cause == "missing-config"


def test_a_possible_note_is_no_verdict() -> None:
    vague = Diagnosis((finding("port-not-published", Weight.NOTE, Certainty.POSSIBLE),))
    assert (vague.verdict, vague.cause, vague.is_wrong) == (None, "healthy", False)
    sure = Diagnosis((finding("risky-config", Weight.NOTE),))
    assert (sure.cause, sure.is_wrong) == ("risky-config", True)
    well = Diagnosis((finding("sigterm", Weight.FINE),))
    assert (well.cause, well.is_wrong) == ("sigterm", False)
