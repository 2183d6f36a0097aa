"""What the app does otherwise than Textual."""

from __future__ import annotations

import time

import pytest
from textual.notifications import Notification

from cdbg_tui.tui.driver import Terminal
from cdbg_tui.tui.thrifty import COMES_SECONDS, ThriftyApp


@pytest.mark.parametrize("seconds", [-1.0, -0.00005, 0.0, 1e-9])
async def test_a_timer_whose_time_is_over_goes_off_once(seconds: float) -> None:
    app = ThriftyApp()
    gone_off: list[float] = []
    async with app.run_test() as pilot:
        app.set_timer(seconds, lambda: gone_off.append(seconds))
        while not gone_off:
            await pilot.pause(0.01)
        await pilot.pause(0.2)
    assert gone_off == [seconds]


async def test_a_toast_that_is_over_as_it_is_shown_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notification, "time_left", -0.00005)
    monkeypatch.setattr(Notification, "has_expired", False)
    app = ThriftyApp()
    async with app.run_test(notifications=True) as pilot:
        app.notify("just now")
        await pilot.pause(0.2)
        assert app.is_running


def test_a_key_is_coming_from_when_it_is_read_until_it_has_come() -> None:
    app = ThriftyApp()
    assert not app.key_is_coming
    driver = app._driver = Terminal.__new__(Terminal)
    driver.read_at = time.monotonic() + 60
    assert app.key_is_coming
    app.touched_at = driver.read_at
    assert not app.key_is_coming
    app.touched_at, driver.read_at = 0.0, time.monotonic() - 2 * COMES_SECONDS
    assert not app.key_is_coming
