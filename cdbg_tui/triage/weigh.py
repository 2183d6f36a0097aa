"""Which finding is the verdict: the one place where causes are weighed against one another.

The verdict is the cause that explains what an engineer sees. A cause that names its reason goes before one
that only names what came of it, what the kernel or the engine has certified before what a log says, and what
is sure before what is not. What is merely worth telling comes last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cdbg_tui.model.finding import Certainty, Finding, Weight

ORDER: tuple[tuple[str, ...], ...] = (
    # Frozen: nothing else of it can be judged.
    ("paused",),
    # It was never started as it should be; the engine's own words say why.
    ("wrong-arch", "mount-hides-files", "entrypoint-missing", "not-executable", "exec-format-error"),
    ("user-not-found", "device-missing", "mount-type-mismatch", "network-missing"),
    # The kernel killed it, or it crashed: certain, and before any loop that follows.
    ("oom-killed",),
    ("app-oom",),
    ("segfault", "sigfpe", "sigbus", "illegal-instruction", "killed-by-signal"),
    # What an engineer sees of a loop is the loop; what it is made of stands below.
    ("restart-loop",),
    # Somebody ended it.
    ("ignores-sigterm", "stop-timeout", "sigkill-not-oom"),
    # The program said what it lacks.
    ("port-conflict", "disk-full", "readonly-rootfs-write", "capability-missing"),
    ("permission-denied-volume", "auth-failure", "missing-env-var", "bad-env-value"),
    ("different-networks", "dead-dependency", "dns-failure"),
    ("config-invalid", "missing-config", "command-not-found", "missing-file-or-dir", "bad-arguments"),
    ("start-failed",),
    # How runtimes end after an error that they have told above.
    ("abort",),
    # It runs, and something in it or around it does not.
    ("oom-in-child", "pids-limit-hit", "fd-leak", "app-hung"),
    ("port-blocked", "listens-on-loopback-only", "port-mapping-mismatch"),
    ("healthcheck-failing",),
    ("cpu-throttled", "memory-near-limit", "zombie-processes", "log-flood"),
    # Nothing could be read of why, or only that it failed.
    ("log-driver-none",),
    ("app-error",),
    # It ended well; only its image is gone.
    ("removed-image",),
    ("clean-exit", "sigterm", "sigint", "created"),
    ("risky-config", "secrets-in-env", "image-bloat", "port-not-published", "healthy"),
)
_STARTS = (*ORDER[1], *ORDER[2], "port-conflict")
_PLACE = {cause: place for place, causes in enumerate(ORDER) for cause in causes}
_BY_CODE = ("app-error", "command-not-found", "not-executable")
"""What an exit code alone may stand for: better than nothing."""
_LOWER = {Weight.FAULT: 0, Weight.WARNING: 0, Weight.FINE: 1, Weight.NOTE: 2}
_DOUBT = {Certainty.CERTAIN: 0, Certainty.LIKELY: 1, Certainty.POSSIBLE: 2}


def weighed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return *findings* in order, the verdict first, each cause once: the surest that was found of it."""
    kept: dict[str, Finding] = {}
    for finding in sorted(findings, key=_key):
        kept.setdefault(finding.cause, finding)
    if any(cause in kept for cause in _STARTS):
        kept.pop("start-failed", None)  # it says no more than that something stood in the way
    if _says_nothing_more(kept.get("app-error"), kept.values()):
        del kept["app-error"]
    return _told_of_a_loop(tuple(kept.values()))


def _says_nothing_more(failed: Finding | None, findings: Iterable[Finding]) -> bool:
    """Tell whether a failure without a kind is explained by another finding, or quotes what that one does."""
    others = [one for one in findings if one.weight is Weight.FAULT and one.cause not in _OF_ANY_KIND]
    if failed is None or not others:
        return False
    quoted = {proof for one in others for proof in one.proof if proof.source != "inspect"}
    return failed.certainty is Certainty.POSSIBLE or bool(quoted & set(failed.proof))


_OF_ANY_KIND = ("app-error", "restart-loop", "start-failed")


def _key(finding: Finding) -> tuple[int, bool, int, int]:
    is_vague = finding.certainty is Certainty.POSSIBLE and finding.cause not in _BY_CODE
    return _LOWER[finding.weight], is_vague, _PLACE[finding.cause], _DOUBT[finding.certainty]


def _told_of_a_loop(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Let a restart loop say of what it is."""
    reason = next((one for one in findings if one.weight is Weight.FAULT and one.cause != "restart-loop"), None)
    if reason is None:
        return findings
    words = f" Of what: {reason.title}."
    return tuple(
        replace(one, explanation=one.explanation + words, proof=(*one.proof, *reason.proof[:2]))
        if one.cause == "restart-loop"
        else one
        for one in findings
    )
