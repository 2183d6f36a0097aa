"""What every screen of ours is: painted once where Textual paints several times.

Until a dialog stands, Textual lays it out two or three times and paints it and all that is below it as often; and
while it stands, all of what is below again for each figure that changes there. That is two thirds of the time
between a key and the next one that can be answered.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar, Self, TypeVar

from textual import events
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets._toast import ToastRack

from cdbg_tui.tui.compositor import SparingCompositor
from cdbg_tui.tui.strain import Strain
from cdbg_tui.tui.thrifty import ThriftyApp

Result = TypeVar("Result")

PART_CELLS = 1_600
"""A fifth of a large screen: where the machine leaves little time, a key need not wait for more to be painted."""

NEWS_SECONDS = 0.05
"""Between two paintings of what nobody has pressed a key for."""
MORE_SECONDS = 0.1
"""How long to wait for more of it: a selected container tells six things of itself in a fifth of a second, most of
which lay the screen out."""
SETTLED_SECONDS = 0.001
"""So long after a screen has come to light Textual has told of all that has to be painted for that."""
ECHO_SECONDS = 0.1
"""So long after a key, or a turn of the wheel, what changes is its doing, and is painted as soon as can be."""


class Sparing(Screen[Result]):
    """A screen that does nothing twice."""

    COMPOSITOR: ClassVar[type[SparingCompositor]] = SparingCompositor
    _compositor: SparingCompositor

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._compositor = self.COMPOSITOR()
        self._styled_for: tuple[object, ...] = ()
        """What the app looked like when this was on the terminal last."""
        self._news_from = 0.0
        """When news may be painted again, by the monotonic clock."""
        self.strain = Strain()
        """What its painting tells of the machine."""
        self._has_painted = False
        self._resumed_at = 0.0
        """When it came to light, by the monotonic clock: by a key, which is painted as what one does."""

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Paint anew; a new layout paints what it has moved, and nothing else has changed by it."""
        return super().refresh(*regions, repaint=repaint and not layout, layout=layout, recompose=recompose)

    def echo(self) -> None:
        """Paint at once the first of what a key has changed, if there is something and it is owed."""
        app = self.app
        is_due = self._layout_required or self._scroll_required or self._repaint_required or self._dirty_widgets
        is_owed = isinstance(app, ThriftyApp) and app.owes_echo
        if is_due and is_owed and self.is_current and not app._batch_count:  # noqa: SLF001
            self._owe_no_echo()
            self._on_timer_update()

    def _owe_no_echo(self) -> None:
        if isinstance(self.app, ThriftyApp):
            self.app.owes_echo = False

    async def _on_idle(self, event: events.Idle) -> None:
        # Textual's own, which follows, leaves it to a timer that goes off sixty times a second: where news have
        # just been painted, a key would wait for that.
        self.echo()

    def _on_timer_update(self) -> None:
        # Until this has done its work it is called sixty times a second.
        self._has_painted = False
        if self._may_paint:
            self._news_from = time.monotonic() + NEWS_SECONDS
            if self._repaint_required:
                # Textual takes that for all of the screen; it may be a few places, of what is below.
                self._compositor.update_widgets(self._dirty_widgets)
            with self.strain.noted():
                super()._on_timer_update()
        is_left = self._compositor._dirty_regions and not self._has_painted  # noqa: SLF001
        if is_left and self.is_current and not self.app._batch_count:  # noqa: SLF001
            # Textual takes all that has changed for painted; what waits for its time is not.
            waiting = self._dirty_widgets.copy()
            self._compositor_refresh()
            self._dirty_widgets |= waiting

    @property
    def _may_paint(self) -> bool:
        app, now = self.app, time.monotonic()
        if not isinstance(app, ThriftyApp) or now < max(self._resumed_at, app.touched_at) + ECHO_SECONDS:
            return True
        return now >= self._news_from and not app.key_is_coming

    def wait_for_more(self) -> None:
        """Paint what changes now together with what comes in the next moment."""
        self._news_from = time.monotonic() + MORE_SECONDS

    def _paint_resumed(self) -> None:
        if self._repaint_required:
            self._on_timer_update()

    def _screen_resized(self, size: Size) -> None:
        # It was laid out when it was shown; of the same size it hears once more.
        if size != self._compositor.size:
            super()._screen_resized(size)

    def _on_screen_suspend(self) -> None:
        # Textual has it painted as a whole when another one comes over it.
        self._need_not_be_painted()

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        event.prevent_default()  # Textual's own, which is called here, would follow
        size = self.app.size
        is_new = self._size != size
        look = self._look
        # What is new has its styles since it was mounted, unless it brought some; an installed one is as it left.
        if look == self._styled_for or not (self._styled_for or self.CSS or self.css_path):
            event.refresh_styles = False
        self._styled_for = look
        super()._on_screen_resume(event)
        self._resumed_at = time.monotonic()
        self._owe_no_echo()
        self.set_timer(SETTLED_SECONDS, self._paint_resumed)
        if is_new and self._compositor.size == size and not self.app._batch_count:  # noqa: SLF001
            self._need_not_be_painted()

    @property
    def _look(self) -> tuple[object, ...]:
        return self.app.theme, self.app.app_focus

    def draw_ahead(self) -> None:
        """Lay out and draw what is mounted and was never shown: its widgets keep their lines."""
        self._styled_for = self._look
        self._refresh_layout(self.app.size)
        self._compositor.render_strips()

    def _extend_compose(self, widgets: list[Widget]) -> None:
        super()._extend_compose(widgets)
        for widget in widgets:
            if isinstance(widget, ToastRack):
                # As its style sheet has it: told again when the screen is shown, it would be laid out again.
                widget.display = False

    def _need_not_be_painted(self) -> None:
        self._repaint_required = False
        self._exchange_repaint_regions()

    def _compositor_refresh(self) -> None:
        app, dirty = self.app, self._compositor._dirty_regions  # noqa: SLF001
        self._has_painted = True
        if self is app.screen or self not in app._background_screens:  # noqa: SLF001
            self._compositor.cells_at_once = PART_CELLS if self.strain.is_high else None
            super()._compositor_refresh()
            if dirty:
                self._update_timer.resume()
            return
        if dirty:
            top = app.screen._compositor  # noqa: SLF001
            seen = top.uncovered(dirty) if isinstance(top, SparingCompositor) else dirty
            if seen:
                app.screen.refresh(*seen)
            dirty.clear()
            self._dirty_widgets.clear()
