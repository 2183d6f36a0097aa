"""What the app does otherwise than Textual."""

from __future__ import annotations

import pytest
from textual.notifications import Notification

from cdbg_tui.tui.thrifty import ThriftyApp


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
