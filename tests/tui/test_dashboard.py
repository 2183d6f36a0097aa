"""The dashboard on a real engine: what it shows, what its keys do, and what happens while one looks."""

from __future__ import annotations

import re
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.screen import Screen

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.model.container import State
from cdbg_tui.tui.screens.changes import Changes
from cdbg_tui.tui.screens.choose import Choose
from cdbg_tui.tui.screens.confirm import Confirm
from cdbg_tui.tui.screens.help import Help
from cdbg_tui.tui.screens.inspect import Inspect
from cdbg_tui.tui.screens.show_plan import ShowPlan
from tests.support import Docker, Run
from tests.tui.opened import NARROW, WIDE, Opened, opened

PANES = ("#containers", "#stats", "#logs", "#triage", "#processes")
FOREVER = ("sh", "-c", "trap exit TERM; echo ready; sleep 3600 & wait")
EVIL = "[/x][@click=app.quit]x[/] [red]\x1b[2J\x1b]52;c;aGk=\x07\x9b1m\u202eevil [INFO]"
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u202e]")


@pytest.fixture
def mark() -> str:
    """A word that is in the names of this test's containers only: others may use the engine too."""
    return f"t{secrets.token_hex(3)}"


async def only(seen: Opened, words: str) -> None:
    """Filter the list by *words*, as a user would."""
    await seen.press("1", "slash")
    await seen.type(words)
    await seen.press("enter")


def listed(seen: Opened) -> list[str]:
    """Return the names in the list, from the top."""
    return [row.container.name for row in seen.app.dashboard.containers.lines.rows if row.container]


# What it shows


async def test_running_and_dead_are_told_with_words_and_codes(
    engine: Engine, run: Run, docker: Docker, mark: str
) -> None:
    run(*FOREVER, name=f"{mark}-web")
    run("true", name=f"{mark}-done")
    run("sh", "-c", "exit 3", name=f"{mark}-crash")
    run("no-such-program", name=f"{mark}-typo")
    run("tail", "/dev/zero", name=f"{mark}-hog", options=("--memory=8m", "--memory-swap=8m"))
    async with opened(engine) as seen:
        await only(seen, mark)
        words = {"web": "● ", "done": "finished · 0", "crash": "failed · 3", "hog": "killed · 137"}
        for name, said in words.items():
            await seen.until(lambda name=name, said=said: said in seen.row_of(f"{mark}-{name}"))  # type: ignore[misc]
        flag = ("inspect", "-f", "{{.State.OOMKilled}}", f"{mark}-hog")
        await seen.until(
            lambda: ("OOM-killed" in seen.row_of(f"{mark}-hog")) == (docker(*flag).stdout.strip() == "true")
        )
        assert "up" in seen.row_of(f"{mark}-web")
        assert re.search(r"not found · 12\d", seen.row_of(f"{mark}-typo"))
        assert re.search(r"\d+ up · .*\d+ dead", seen.rows[0])


async def test_the_selection_fills_the_panes(engine: Engine, run: Run, mark: str) -> None:
    run("sh", "-c", "echo out; echo err >&2; sleep 3600", name=f"{mark}-a", options=("--memory=32m", "--cpus=0.5"))
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        for selector, words in {
            "#stats": "of 32.0 MiB",
            "#logs": "err",
            "#triage": "nothing is wrong",
            "#processes": "sleep 3600",
        }.items():
            await seen.until(lambda selector=selector, words=words: words in seen.inside(selector))  # type: ignore[misc]
            assert f"{mark}-a" in seen.inside(selector)
        await seen.until(lambda: "of its 0.5" in seen.inside("#stats"))
        assert sorted(seen.log) == ["err", "out"]


async def test_a_dead_one_has_its_last_words_and_its_verdict(engine: Engine, run: Run, mark: str) -> None:
    run("sh", "-c", "echo last words; exit 3", name=f"{mark}-a")
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.until(lambda: "last words" in seen.inside("#logs"))
        assert "exit code 3" in seen.inside("#triage")
        await seen.until(lambda: "not running" in seen.inside("#stats"))
        assert "It was: sh -c" in seen.inside("#processes")


async def test_one_that_was_dead_before_it_was_selected_is_not_waited_for(
    engine: Engine, run: Run, docker: Docker, mark: str
) -> None:
    run("true", name=f"{mark}-a")
    docker("wait", f"{mark}-a")
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        assert seen.selected is not None
        # As the list had it a moment ago.
        seen.app.following.look_at(replace(seen.selected, state=State.RUNNING, inspected=False))
        seen.app.roster.follow()
        assert "reading the meters" in seen.inside("#stats")
        await seen.until(lambda: "not running" in seen.inside("#stats"))


# The list


async def test_the_filter_takes_names_states_codes_labels_and_their_opposites(
    engine: Engine, run: Run, mark: str
) -> None:
    run("sleep", "3600", name=f"{mark}-web", options=(f"--label=tier={mark}x",))
    run("sh", "-c", "exit 3", name=f"{mark}-crash")
    async with opened(engine) as seen:
        await seen.until(lambda: any(one.exit_code == 3 for one in seen.app.roster.containers.values()))
        for words, names in {
            f"{mark}-w": ["web"],
            f"{mark} running": ["web"],
            f"{mark} 3 failed": ["crash"],
            f"label:tier={mark}x": ["web"],
            f"{mark} !label:tier": ["crash"],
            f"{mark} !web": ["crash"],
            mark: ["crash", "web"],
        }.items():
            await only(seen, words)
            assert listed(seen) == [f"{mark}-{name}" for name in names], words
            assert f"/{words}" in seen.inside("#containers")
            await seen.press("slash", "escape")
            assert len(listed(seen)) == len(seen.app.roster.containers)
            assert f"/{words}" not in seen.inside("#containers")
        await only(seen, f"{mark} nothing-like-it")
        assert "no container fits the filter" in seen.text
        assert seen.selected is None
        await seen.press("escape")
        assert set(listed(seen)) >= {f"{mark}-web", f"{mark}-crash"}


async def test_the_list_is_ordered_by_what_is_chosen_and_the_other_way_round(
    engine: Engine, run: Run, mark: str
) -> None:
    run("sh", "-c", "exit 9", name=f"{mark}-a")
    run("sh", "-c", "exit 5", name=f"{mark}-b")
    run("sh", "-c", "exit 7", name=f"{mark}-c")
    async with opened(engine) as seen:
        await only(seen, mark)
        await seen.until(lambda: "7" in seen.row_of(f"{mark}-c"))
        assert listed(seen) == [f"{mark}-{one}" for one in "abc"]
        for expected in ("bca", "acb"):
            await seen.press("o", "end", "enter")
            assert listed(seen) == [f"{mark}-{one}" for one in expected]


async def test_the_dead_can_be_hidden(engine: Engine, run: Run, mark: str) -> None:
    run(*FOREVER, name=f"{mark}-a")
    run("true", name=f"{mark}-b")
    async with opened(engine) as seen:
        await only(seen, mark)
        await seen.until(lambda: "finished" in seen.row_of(f"{mark}-b"))
        await seen.press("h")
        assert listed(seen) == [f"{mark}-a"]
        assert "dead ones hidden" in seen.inside("#containers")
        await seen.press("h")
        assert listed(seen) == [f"{mark}-a", f"{mark}-b"]


async def test_a_compose_project_folds_and_unfolds(engine: Engine, run: Run, mark: str) -> None:
    options = (f"--label=com.docker.compose.project={mark}",)
    run(*FOREVER, name=f"{mark}-a", options=options)
    run("true", name=f"{mark}-b", options=options)
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.press("space")
        assert f"▸ {mark}  2" in seen.inside("#containers")
        assert not {f"{mark}-a", f"{mark}-b"} & set(listed(seen))
        await seen.until(lambda: "no container is selected" in seen.inside("#triage"))
        await seen.press("enter")
        assert f"▾ {mark}" in seen.inside("#containers")
        assert {f"{mark}-a", f"{mark}-b"} <= set(listed(seen))


# The panes


async def test_a_wide_terminal_shows_five_panes_and_a_narrow_one_the_list_and_one_more(
    engine: Engine, run: Run, mark: str
) -> None:
    run(*FOREVER, name=f"{mark}-a")

    def in_view(seen: Opened) -> list[str]:
        return [pane for pane in PANES if seen.inside(pane)]

    async with opened(engine, WIDE) as seen:
        await seen.go_to(f"{mark}-a")
        assert in_view(seen) == list(PANES)
        await seen.pilot.resize_terminal(*NARROW)
        await seen.until(lambda: in_view(seen) == ["#containers", "#logs"])
        for key, pane in (("2", "#stats"), ("4", "#triage"), ("5", "#processes"), ("3", "#logs")):
            await seen.press(key)
            await seen.until(lambda pane=pane: in_view(seen) == ["#containers", pane])  # type: ignore[misc]
        await seen.press("5")
        await seen.until(lambda: "sleep 3600" in seen.inside("#processes"))
        await seen.pilot.resize_terminal(*WIDE)
        await seen.until(lambda: in_view(seen) == list(PANES))
    async with opened(engine, NARROW) as seen:
        assert in_view(seen) == ["#containers", "#logs"]


async def test_a_pane_is_zoomed_and_given_back(engine: Engine, run: Run, mark: str) -> None:
    run(*FOREVER, name=f"{mark}-a")
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.press("4", "z")
        await seen.until(lambda: not seen.inside("#containers"))
        assert len(seen.inside("#triage").splitlines()[0]) == WIDE[0]
        await seen.press("escape")
        await seen.until(lambda: all(seen.inside(pane) for pane in PANES))
        await seen.press("z")
        await seen.until(lambda: not seen.inside("#triage"))
        await seen.press("z")
        await seen.until(lambda: all(seen.inside(pane) for pane in PANES))
        await seen.press("enter")
        await seen.until(lambda: not seen.inside("#containers") and "ready" in seen.inside("#logs"))


# What happens while one looks


async def test_a_death_is_seen_where_one_looks_without_a_key(
    engine: Engine, run: Run, docker: Docker, mark: str
) -> None:
    one = run(*FOREVER, name=f"{mark}-a")
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.until(lambda: "sleep 3600" in seen.inside("#processes"))
        docker("kill", one)
        await seen.until(lambda: "137" in seen.row_of(f"{mark}-a"))
        await seen.until(lambda: "137" in seen.diagnosis)
        await seen.until(lambda: "not running" in seen.inside("#processes"))
        await seen.until(lambda: "not running" in seen.inside("#stats"))
        await seen.until(lambda: "ended" in seen.inside("#logs"))
        assert seen.log == ["ready"]


async def test_the_log_goes_on_in_the_next_life_without_repeating_the_last(
    engine: Engine, run: Run, docker: Docker, mark: str
) -> None:
    script = "date +%s%N; for i in 1 2 3 4 5; do echo line $i; done; trap exit TERM; sleep 3600 & wait"
    one = run("sh", "-c", script, name=f"{mark}-a")
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.until(lambda: len(seen.log) == 6)
        docker("kill", one)
        await seen.until(lambda: "ended" in seen.inside("#logs"))
        docker("start", one)
        await seen.until(lambda: "following" in seen.inside("#logs"))
        await seen.until(lambda: len(seen.log) >= 12)
        wanted = docker("logs", one).stdout.splitlines()
        assert len(wanted) == 12
        await seen.until(lambda: seen.log == wanted)
        assert "up" in seen.row_of(f"{mark}-a")
        await seen.until(lambda: "sleep 3600" in seen.inside("#processes"))


async def test_the_log_goes_on_through_a_restart_by_hand(
    engine: Engine, run: Run, docker: Docker, mark: str
) -> None:
    one = run("sh", "-c", "echo born; exec sleep 3600", name=f"{mark}-a", options=["--stop-signal=KILL"])
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.until(lambda: seen.log == ["born"])
        docker("restart", one)
        await seen.until(lambda: seen.log == ["born", "born"])


async def test_the_log_goes_on_while_other_panes_come_and_go(
    engine: Engine, run: Run, docker: Docker, mark: str
) -> None:
    script = "trap 'echo told' USR1; echo ready; while :; do sleep 3600 & wait $!; done"
    one = run("sh", "-c", script, name=f"{mark}-a")
    async with opened(engine, NARROW) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.until(lambda: seen.log == ["ready"])
        await seen.press("5")
        await seen.until(lambda: "sleep 3600" in seen.inside("#processes"))
        docker("kill", "--signal", "USR1", one)
        await seen.until(lambda: seen.log == ["ready", "told"])


async def test_when_the_selected_one_is_removed_the_next_is_selected(
    engine: Engine, run: Run, docker: Docker, mark: str
) -> None:
    for name in "abc":
        run(*FOREVER, name=f"{mark}-{name}")
    async with opened(engine) as seen:
        await only(seen, mark)
        await seen.go_to(f"{mark}-b")
        docker("rm", "--force", f"{mark}-b")
        await seen.until(lambda: listed(seen) == [f"{mark}-a", f"{mark}-c"])
        await seen.until(lambda: seen.is_about(f"{mark}-c"))
        docker("rm", "--force", f"{mark}-a", f"{mark}-c")
        await seen.until(lambda: not listed(seen))
        await seen.until(lambda: "no container is selected" in seen.inside("#triage"))


# What its keys do


async def test_stop_asks_by_name_and_then_stops(engine: Engine, run: Run, docker: Docker, mark: str) -> None:
    one = run(*FOREVER, name=f"{mark}-a")
    state = ("inspect", "--format", "{{.State.Status}}", one)
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.press("x", "t")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm))
        assert f"stop {mark}-a" in seen.text
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)
        assert docker(*state).stdout.strip() == "running"
        await seen.press("x", "t")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm))
        await seen.press("y")
        await seen.until(lambda: f"{mark}-a stopped" in seen.text)
        assert docker(*state).stdout.strip() == "exited"
        await seen.until(lambda: "○" in seen.row_of(f"{mark}-a") or "✖" in seen.row_of(f"{mark}-a"))


async def test_what_cannot_be_entered_gets_a_sentence_and_the_key_that_helps(
    engine: Engine, run: Run, docker: Docker, mark: str
) -> None:
    run("true", name=f"{mark}-dead")
    docker("pause", run(*FOREVER, name=f"{mark}-paused"))
    async with opened(engine) as seen:
        await only(seen, mark)
        await seen.go_to(f"{mark}-dead")
        await seen.until(lambda: "finished" in seen.row_of(f"{mark}-dead"))
        await seen.press("e")
        await seen.until(lambda: f"{mark}-dead does not run. c: a shell" in words_of(seen))
        await seen.go_to(f"{mark}-paused")
        await seen.press("e")
        await seen.until(lambda: "is paused: nothing can be started in it. x: unpause it." in words_of(seen))


def words_of(seen: Opened) -> str:
    """Return what the toasts say, their lines joined."""
    return " ".join(str(one.message) for one in seen.app._notifications)


@pytest.mark.parametrize(
    ("key", "screen", "words"),
    [
        ("i", Inspect, "secrets are masked"),
        ("d", Changes, "changed files of"),
        ("y", Choose, "copy ·"),
        ("question_mark", Help, "Leave cdbg"),
        ("ctrl+p", CommandPalette, "Search for commands"),
    ],
)
async def test_a_screen_opens_and_closes(
    engine: Engine, run: Run, mark: str, key: str, screen: type[Screen[object]], words: str
) -> None:
    run(*FOREVER, name=f"{mark}-a")
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-a")
        await seen.press(key)
        await seen.until(lambda: isinstance(seen.app.screen, screen) and words in seen.text)
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.app.dashboard)
        await seen.until(lambda: seen.row_of(f"{mark}-a"))


async def test_foreign_text_neither_acts_nor_breaks_anything(engine: Engine, run: Run, mark: str) -> None:
    options = (
        f"--label=com.docker.compose.project={mark}{EVIL}",
        f"--label=evil{EVIL}={EVIL}",
        f"--env=EVIL={EVIL}",
        f"--env=AUTH_TOKEN={EVIL}",
        "--health-cmd=printf '%s' \"$EVIL\"; touch /tmp/\"$(printf '\\033[2J')\"; false",
        "--health-interval=1s",
        "--health-retries=1",
    )
    script = 'printf "%s\\n" "$EVIL"; printf "%s\\n" "$EVIL" >&2; trap exit TERM; sleep 3600 & wait'
    run("sh", "-c", script, EVIL, name=f"{mark}-up", options=options)
    run(
        "sh",
        "-c",
        'printf "%s\\n" "$EVIL" | tee /tmp/"$(echo "$EVIL" | tr / _)"; exit 3',
        EVIL,
        name=f"{mark}-dead",
        options=options,
    )
    async with opened(engine) as seen:

        def is_harmless() -> bool:
            found = [row for row in seen.rows if UNSAFE.search(row)]
            assert not found, found
            return True

        await only(seen, mark)
        await seen.go_to(f"{mark}-up")
        await seen.until(lambda: "unhealthy" in seen.row_of(f"{mark}-up"))
        await seen.until(lambda: "evil" in seen.inside("#logs") and is_harmless())
        await seen.until(lambda: "probe" in seen.diagnosis and "sleep" in seen.inside("#processes"))
        for number in "12345":
            await seen.press(number, "z")
            assert is_harmless()
            await seen.press("escape")
        keys = {"i": Inspect, "d": Changes, "y": Choose, "x": Choose, "ctrl+p": CommandPalette}
        for name, more in ((f"{mark}-up", {}), (f"{mark}-dead", {"c": ShowPlan})):
            await seen.go_to(name)
            for key, screen in {**keys, **more}.items():
                await seen.press(key)
                await seen.until(lambda screen=screen: isinstance(seen.app.screen, screen))  # type: ignore[misc]
                await seen.press("z") if key in "id" else await seen.pilot.pause()
                assert is_harmless()
                while seen.app.screen is not seen.app.dashboard:
                    await seen.press("escape")
        assert is_harmless()


# What it costs


class Proxy:
    """A socket before the engine's that notes what is asked."""

    def __init__(self, engine: str, path: Path) -> None:
        self.asked: list[str] = []
        self._engine = engine.removeprefix("unix://")
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(self._engine)
                for source, target, notes in ((client, engine, True), (engine, client, False)):
                    threading.Thread(target=self._pass, args=(source, target, notes), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, notes: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                if notes:
                    self.asked += re.findall(r"^(?:GET|HEAD|POST|PUT|DELETE) \S+", piece.decode("latin-1"), re.M)
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no further connections."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@contextmanager
def proxied(engine_url: str, path: Path) -> Iterator[tuple[Engine, Proxy]]:
    """Put a proxy before a local engine."""
    proxy = Proxy(engine_url, path)
    engine = Engine(find(host=f"unix://{path}"))
    try:
        yield engine, proxy
    finally:
        engine.close()
        proxy.close()


async def test_a_local_engine_is_asked_nothing_while_nothing_happens(
    engine_url: str, run: Run, mark: str, tmp_path: Path
) -> None:
    if not engine_url.startswith("unix://"):
        pytest.skip("an engine elsewhere is asked for its meters")
    one = run(*FOREVER, name=f"{mark}-a")
    with proxied(engine_url, tmp_path / "docker.sock") as (engine, proxy):
        async with opened(engine) as seen:
            await only(seen, mark)
            await seen.go_to(f"{mark}-a")
            await seen.until(lambda: "sleep 3600" in seen.inside("#processes"))
            await seen.until(lambda: "of a core" in seen.inside("#stats") and "Docker" in seen.rows[0])
            assert any("/events" in asked for asked in proxy.asked)

            def sweeps() -> int:
                history = seen.app.roster.histories.get(one)
                return len(history) if history else 0

            await seen.until(lambda: seen.app.rounds.is_at_rest, 60)
            # All looks took the others from those that are followed.
            assert len([asked for asked in proxy.asked if "/containers/json?all=1" in asked]) == 1
            # Others may use the engine: what their containers do is asked for, one inspection each.
            foreign = re.compile(r"/containers/(?!" + one + r")[0-9a-f]{64}/json")
            before, swept = len(proxy.asked), sweeps()
            await seen.until(lambda: sweeps() >= swept + 2)
            assert [asked for asked in proxy.asked[before:] if not foreign.search(asked)] == []
