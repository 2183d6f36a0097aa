"""Real fates of real containers, and the cause that is found for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.containers import Listed, News, Watch
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.finding import Diagnosis
from cdbg_tui.triage.gather import gather
from cdbg_tui.triage.verdict import diagnose
from cdbg_tui.triage.word import word
from tests.support import Docker, Run, eventually

DEAF = ("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
EATER = ("sh", "-c", "x=x; while :; do x=$x$x; done")


@pytest.fixture
def watch(engine: Engine) -> Iterator[Watch]:
    watch = Watch(engine)
    news: list[News] = []
    watch.listen(news.append)
    watch.start()
    eventually(lambda: any(isinstance(one, Listed) for one in news))
    yield watch
    watch.close()


@pytest.fixture
def verdict(engine: Engine, watch: Watch) -> Callable[[str], tuple[str, str]]:
    """Returns the cause that is found for a container once it does not run, and the list's word for it."""

    def verdict(one: str) -> tuple[str, str]:
        eventually(lambda: not engine.get(f"/containers/{one}/json")["State"]["Running"], 20)

        def heard() -> bool:
            actions = [event.action for event in watch.events_of(one)]
            return "die" in actions or "start" not in actions

        eventually(heard)
        evidence = gather(engine, one, watch.events_of(one), None)
        return diagnose(evidence).findings[0].cause, word(evidence.container).text

    return verdict


Verdict = Callable[[str], tuple[str, str]]


@pytest.mark.parametrize(
    ("script", "cause", "said"),
    [
        ("exit 0", "clean-exit", "finished"),
        ("exit 3", "app-error", "failed"),
        ("nonesuch", "command-not-found", "command not found"),
        ("/etc/passwd", "not-executable", "not executable"),
        ("kill -SEGV $$", "segfault", "segfault"),
        ("kill -ABRT $$", "abort", "aborted"),
    ],
)
def test_how_a_process_ends_by_itself(run: Run, verdict: Verdict, script: str, cause: str, said: str) -> None:
    # With an init, for process 1 is deaf to signals that it has not asked for.
    assert verdict(run("sh", "-c", script, options=["--init"])) == (cause, said)


def test_out_of_memory(run: Run, verdict: Verdict) -> None:
    one = run(*EATER, options=["--memory=16m", "--memory-swap=16m"])
    assert verdict(one) == ("oom-killed", "OOM-killed")


def test_stopped_by_somebody(run: Run, verdict: Verdict, docker: Docker) -> None:
    one = run("sleep", "1000", options=["--init"])
    docker("stop", one)
    assert verdict(one) == ("sigterm", "terminated")


def test_killed_when_it_did_not_stop_in_time(run: Run, verdict: Verdict, docker: Docker) -> None:
    one = run(*DEAF)
    docker("stop", "--time=1", one)
    assert verdict(one) == ("stop-timeout", "killed")


def test_killed_by_somebody(run: Run, verdict: Verdict, docker: Docker) -> None:
    one = run("sleep", "1000")
    docker("kill", one)
    assert verdict(one) == ("sigkill-not-oom", "killed")


@pytest.mark.parametrize(
    ("command", "options", "cause", "said"),
    [
        ("/nonesuch", [], "entrypoint-missing", "program not found"),
        ("/etc/passwd", [], "not-executable", "not executable"),
        ("true", ["--user=nobody-at-all"], "user-not-found", "not started"),
        ("true", ["--device=/dev/nonesuch"], "device-missing", "not started"),
    ],
)
def test_what_never_came_to_life(
    run: Run, verdict: Verdict, command: str, options: list[str], cause: str, said: str
) -> None:
    assert verdict(run(command, options=options)) == (cause, said)


@pytest.mark.parametrize("code", [0, 5])
def test_what_cannot_be_started_again(
    engine: Engine, run: Run, verdict: Verdict, docker: Docker, code: int
) -> None:
    network = f"cdbg-t-net-{code}"
    docker("network", "create", "--label=dev.cdbg.test=1", network)
    try:
        one = run("sh", "-c", f"exit {code}", options=[f"--network={network}"])
        verdict(one)
    finally:
        docker("network", "rm", network)
    docker("start", one, check=False)
    found = look(engine, one)
    assert found.cause == "network-missing"
    assert network in found.findings[0].title


def test_an_alias_of_a_dead_one_is_known(engine: Engine, run: Run, docker: Docker) -> None:
    network = "cdbg-t-net-alias"
    docker("network", "create", "--label=dev.cdbg.test=1", network)
    try:
        store = run(
            "sh", "-c", "exit 2", name="cdbg-t-7f3a", options=[f"--network={network}", "--network-alias=store"]
        )
        one = run("sh", "-c", "echo 'lookup store: no such host'; exit 1", options=[f"--network={network}"])
        docker("wait", store, one)
        found = look(engine, one)
    finally:
        docker("rm", "--force", store, one)
        docker("network", "rm", network)
    assert found.cause == "dead-dependency"
    assert "cdbg-t-7f3a" in found.findings[0].explanation


def look(engine: Engine, one: str) -> Diagnosis:
    return diagnose(gather(engine, one, (), None))


def test_a_restart_loop(engine: Engine, run: Run) -> None:
    one = run("sh", "-c", "exit 1", options=["--restart=always"])
    eventually(lambda: "restart-loop" in [finding.cause for finding in look(engine, one).findings])


def test_a_failing_health_check_with_its_words(engine: Engine, run: Run) -> None:
    check = ["--health-cmd=echo no answer; false", "--health-interval=0.1s", "--health-retries=1"]
    one = run("sleep", "1000", options=check)
    [finding] = eventually(lambda: look(engine, one).findings)
    assert finding.cause == "healthcheck-failing"
    assert "no answer" in [proof.text for proof in finding.proof]


def test_paused_and_calm(engine: Engine, run: Run, docker: Docker) -> None:
    one = run("sleep", "1000")
    assert look(engine, one).findings == ()
    docker("pause", one)
    assert [finding.cause for finding in look(engine, one).findings] == ["paused"]
    docker("unpause", one)


def test_what_was_not_seen_is_named(engine: Engine, run: Run) -> None:
    one = run("sh", "-c", "exit 1", options=["--log-driver=none"])
    eventually(lambda: not engine.get(f"/containers/{one}/json")["State"]["Running"])
    [unseen] = look(engine, one).unseen
    assert (unseen.source, "none" in unseen.why) == ("log", True)


def test_one_that_is_gone_is_an_error(engine: Engine) -> None:
    with pytest.raises(EngineError) as error:
        gather(engine, "0" * 64, (), None)
    assert error.value.kind == "missing"
