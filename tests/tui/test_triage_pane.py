"""The triage in the dashboard: in the list for all, in its pane for the selected one, with its checklist."""

from __future__ import annotations

import secrets
import threading

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.network import knock
from cdbg_tui.tui.screens.choose import Choose
from cdbg_tui.tui.screens.confirm import Confirm
from tests.support import Run
from tests.tui.opened import NARROW, WIDE, Opened, opened
from tests.tui.test_dashboard import EVIL, FOREVER, UNSAFE, only

SERVER = ("sh", "-c", "echo serving; exec httpd -f -p 127.0.0.1:8080")


@pytest.fixture
def mark() -> str:
    """A word that is in the names of this test's containers only."""
    return f"t{secrets.token_hex(3)}"


def whole(seen: Opened) -> bool:
    """Tell whether the diagnosis of the selected container is complete."""
    return "closer" not in str(seen.app.dashboard.pane(4).border_subtitle)


async def test_the_list_names_the_cause_of_each_without_a_key_being_pressed(
    engine: Engine, run: Run, mark: str
) -> None:
    run("sh", "-c", "echo 'FATAL: DATABASE_URL is not set' >&2; exit 1", name=f"{mark}-lacks")
    run(*SERVER, name=f"{mark}-alone", options=("--publish=127.0.0.1::8080",))
    run(*FOREVER, name=f"{mark}-well")
    async with opened(engine) as seen:
        await only(seen, mark)
        for name, word in {"lacks": "variable missing · 1", "alone": "loopback only"}.items():
            await seen.until(lambda name=name, word=word: word in seen.row_of(f"{mark}-{name}"))  # type: ignore[misc]
        assert "● " in seen.row_of(f"{mark}-well")
        assert "1 suffering" in seen.rows[0]
        await only(seen, "loopback")
        await seen.until(lambda: not seen.row_of(f"{mark}-well"))
        assert seen.row_of(f"{mark}-alone")


async def test_a_container_that_dies_gets_its_cause_in_the_list(engine: Engine, run: Run, mark: str) -> None:
    run("sh", "-c", "sleep 1; echo 'bind: Address already in use'; exit 1", name=f"{mark}-dies")
    async with opened(engine) as seen:
        await only(seen, mark)
        await seen.until(lambda: "port conflict · 1" in seen.row_of(f"{mark}-dies"))


async def test_the_pane_shows_proof_and_next_step_and_the_copy_menu_has_its_commands(
    engine: Engine, run: Run, mark: str
) -> None:
    run("sh", "-c", "while :; do :; done", name=f"{mark}-busy", options=("--cpus=0.1",))
    command = f"update --cpus 0.2 {mark}-busy"
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-busy")
        await seen.until(lambda: command in " ".join(seen.diagnosis.split()))
        assert "of the enforcement periods" in seen.diagnosis
        await seen.press("y")
        await seen.until(lambda: isinstance(seen.app.screen, Choose))
        await seen.until(lambda: "give it more CPU" in seen.text and f"0.2 {mark}-busy" in seen.text)


async def test_of_a_calm_one_that_nobody_chose_it_says_what_its_state_tells_until_a_key(
    engine: Engine, run: Run, mark: str
) -> None:
    run(*FOREVER, name=f"{mark}-calm")
    async with opened(engine, later=60) as seen:
        pane = seen.app.dashboard.pane(4)
        await seen.until(lambda: "a key looks closer" in str(pane.border_subtitle))
        assert "nothing is wrong by its state and its meters" in seen.diagnosis
        assert "looking…" not in seen.diagnosis
        await seen.press("k")
        await seen.until(lambda: whole(seen))
        assert "nothing is wrong that can be seen" in seen.diagnosis


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_its_checklist_asks_before_it_connects(
    engine: Engine, run: Run, mark: str, size: tuple[int, int]
) -> None:
    run(*SERVER, name=f"{mark}-alone", options=("--publish=127.0.0.1::8080",))
    async with opened(engine, size) as seen:
        await seen.go_to(f"{mark}-alone")
        await seen.until(lambda: whole(seen) and "listens on" in seen.diagnosis)
        await seen.press("4", "t")
        await seen.until(lambda: "Does it listen where others can reach it?" in seen.diagnosis)
        assert "not asked" in seen.diagnosis
        await seen.press("T")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm))
        assert f"{mark}-alone" in seen.text
        await seen.press("y")
        await seen.until(lambda: "127.0.0.1:8080 accepted the connection" in seen.diagnosis)
        await seen.press("t")
        await seen.until(lambda: "proof" in seen.diagnosis)


async def test_what_fails_for_one_is_not_told_of_the_next(
    engine: Engine, run: Run, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go = threading.Event(), threading.Event()

    def fail(_engine: Engine, _evidence: Evidence) -> knock.Attempts:
        asked.set()
        assert go.wait(20)
        raise EngineError("refused", "The first cannot be connected to.")

    monkeypatch.setattr(knock, "connections", fail)
    run(*SERVER, name=f"{mark}-first", options=("--publish=127.0.0.1::8080",))
    run(*FOREVER, name=f"{mark}-second")
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-first")
        await seen.until(lambda: whole(seen) and "listens on" in seen.diagnosis)
        await seen.press("4", "T")
        await seen.until(lambda: isinstance(seen.app.screen, Confirm))
        await seen.press("y")
        await seen.until(asked.is_set)
        await seen.press("1", "j")
        await seen.until(
            lambda: f"triage · {mark}-second" in seen.text and "yes" in seen.diagnosis and whole(seen)
        )
        go.set()
        await seen.until(lambda: not [one for one in threading.enumerate() if one.name == "ask connect"])
        await seen.pilot.pause()
        assert "cannot be connected" not in seen.text
        assert "yes" in seen.diagnosis


async def test_what_a_dead_one_said_neither_acts_nor_breaks_anything(engine: Engine, run: Run, mark: str) -> None:
    run("sh", "-c", 'printf "%b" "$0" >&2; exit 1', f"ERROR: {EVIL} failed\n", name=f"{mark}-evil")
    async with opened(engine) as seen:
        await seen.go_to(f"{mark}-evil")
        await seen.until(lambda: whole(seen) and "proof" in seen.diagnosis)
        await seen.press("4", "t")
        await seen.until(lambda: "Is its log free of trouble?" in seen.diagnosis)
        assert not any(UNSAFE.search(row) for row in seen.rows)
        assert seen.app.is_running
