"""The wiring: what engine threads tell reaches the panes, what panes ask reaches the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.binding import Binding, BindingType
from textual.events import Event, InputEvent, Key, MouseDown, MouseMove, Paste
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from cdbg_tui import crash
from cdbg_tui.config import Config
from cdbg_tui.config import path as settings_file
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.containers import Changed, Listed, Lost, Watch
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.gate import shut_by
from cdbg_tui.engine.stats import Sweeper
from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.signals import Asked
from cdbg_tui.triage.rounds import LATER_SECONDS, Rounds
from cdbg_tui.tui import failing
from cdbg_tui.tui.actions import BY_ACTION
from cdbg_tui.tui.asking import Asking
from cdbg_tui.tui.following import Following
from cdbg_tui.tui.judging import Judging
from cdbg_tui.tui.keymap import checked_commands, checked_keymap, checked_theme
from cdbg_tui.tui.keystrokes import KeyFollowed, Keystrokes
from cdbg_tui.tui.leaving import on_stop, stop, when_asked
from cdbg_tui.tui.messages import (
    Answered,
    ContainerJudged,
    EngineTold,
    LogRead,
    MetersRead,
    PanesShown,
    ProcessesListed,
    Settled,
    Wished,
)
from cdbg_tui.tui.palette import ActionProvider
from cdbg_tui.tui.panes.logs import LogsPane
from cdbg_tui.tui.panes.processes import ProcessesPane
from cdbg_tui.tui.panes.triage import TriagePane
from cdbg_tui.tui.roster import Roster
from cdbg_tui.tui.screens.dashboard import Dashboard
from cdbg_tui.tui.screens.fault import Fault
from cdbg_tui.tui.screens.messages import CopyWanted, RetryWanted
from cdbg_tui.tui.screens.sparing import Sparing
from cdbg_tui.tui.sight import Sight
from cdbg_tui.tui.thrifty import ThriftyApp
from cdbg_tui.tui.widgets.headline import Headline

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cdbg_tui.model.analysis import Analysis

AGES_SECONDS = 5.0
ROUNDS_SECONDS = 1.0
"""After the start: the first picture, and the selected container, come first."""
AHEAD_SECONDS = 2.0
"""After the start, and after the last key, that is drawn which a key may ask for."""
LEFTOVERS_SECONDS = 25.0
"""After the first list, it is looked for what sessions left behind: nobody waits for that."""
BACK_SECONDS = 0.5
"""After an engine is back, what hung or broke off meanwhile is asked for again."""


class CdbgApp(ThriftyApp):
    """The dashboard on one engine."""

    TITLE = "cdbg"
    CSS_PATH: ClassVar[list[str]] = ["cdbg.tcss", "screens/screens.tcss"]  # type: ignore[assignment]
    COMMANDS = ThriftyApp.COMMANDS | {ActionProvider}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "background", show=False, priority=True),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
    ]

    def __init__(
        self,
        engine: Engine,
        watch: Watch,
        config: Config,
        *,
        clock: Callable[[], float] = time.time,
        settled: Callable[[], None] = lambda: None,
        asked: Asked | None = None,
    ) -> None:
        """Take over *watch*, which may have begun to listen; call *settled* once the first picture stands.

        A signal that *asked* has noted makes it leave.

        Raises:
            ConfigError: the settings name a theme, an action or a key that does not exist.
        """
        super().__init__()
        self._keymap = checked_keymap(config.keys)
        checked_commands(config.command, config.keys, settings_file())
        checked_theme(config.theme, self.available_themes)
        self.engine = engine
        self.watcher = watch
        self.config = config
        self.now = clock
        self._when_settled = settled
        self._asked = asked or Asked()
        self.typed_at = 0.0
        """When the last key was pressed, by the monotonic clock."""
        self._key_is_away = False
        """Whether a key is on its way through the widgets."""
        self.asking = Asking(self)
        self.keystrokes = Keystrokes(self, self._deliver)
        self._unshown = ExitStack()
        """What keeps the first frames from the terminal."""
        self._fault: Fault | None = None
        self._was_listed = self._is_lost = False
        self.sweeper = Sweeper(engine, lambda sweep: self.tell(MetersRead(sweep)), interval=config.stats_seconds)
        self.rounds = Rounds(
            engine, watch.events_of, lambda found: self.tell(ContainerJudged(found)), containers=watch.containers
        )
        self.judging = Judging(self)
        self.roster = Roster(self)
        self.dashboard = Dashboard(engine.endpoint, config.command)
        self.following = Following(self)
        self.sight = Sight(self)
        self.sessions_open = config.sessions_open
        """Where the next session opens: one of `sessions.places.PLACES`."""
        self.last_command = ""
        """The command line of the last session, to be copied."""
        self.is_away = False
        """Whether somebody else has the terminal."""
        self.has_begun = False
        """Whether it has taken the terminal, which it gives back then."""
        self.failure = ""
        """What ended the app though it should not, and where the report of it is: a sentence for the user."""
        self.images_read: dict[str, Analysis] = {}
        """The last images that were looked into, by their id."""

    def get_default_screen(self) -> Screen[None]:
        """Begin with the panes."""
        return self.dashboard

    def on_mount(self) -> None:
        """Take the user's settings."""
        self.has_begun = True
        if self.watcher.has_news:
            # The list is on the terminal: no empty panes in its place until they have it.
            self._unshown.enter_context(self.batch_update())
        failing.watch(self)
        on_stop(self)
        self.theme = self.config.theme
        self.set_keymap(self._keymap)
        for number, command in enumerate(self.config.command):
            self.bind(command.key, f"custom({number})", description=command.name, show=False)

    def on_ready(self) -> None:
        """Begin to hear from the engine, now that there is something to show it on."""
        when_asked(self, self._asked)  # not before: half of the panes would be missed by the other half
        self.watcher.listen(lambda news: self.tell(EngineTold(news)))
        # Behind what the engine has told so far: keys that were typed ahead find the list that they are for.
        self.call_later(self._show)
        self.call_later(self.keystrokes.open)
        self.sweeper.start()
        self.set_timer(ROUNDS_SECONDS, self._when_settled)
        self.set_timer(ROUNDS_SECONDS, self.rounds.start)
        self.set_timer(LATER_SECONDS, self.following.look_whole)
        self.set_timer(AHEAD_SECONDS, self._draw_ahead)
        self.set_interval(AGES_SECONDS, self.roster.tick)

    def _show(self) -> None:
        self._unshown.close()
        self.screen.refresh()

    async def _draw_ahead(self) -> None:
        is_at_rest = time.monotonic() - self.typed_at >= AHEAD_SECONDS and not self.is_away
        if is_at_rest and self.screen is self.dashboard:
            await self.dashboard.draw_keys()
        else:
            self.set_timer(AHEAD_SECONDS, self._draw_ahead)

    async def on_event(self, event: Event) -> None:
        """Handle an event; keys one after the other."""
        if isinstance(event, Key | MouseDown) and not event.is_forwarded:
            self.typed_at = time.monotonic()
            failing.note_input(self, event)
            self.rounds.give_way()
            self.watcher.glance()
            self.following.look_whole()
        if isinstance(event, Key) and not event.is_forwarded:
            await self.keystrokes.typed(event)
            return
        if isinstance(event, MouseMove):
            # It owes no echo, and leaves the one that a key before it is owed.
            self.touched_at = time.monotonic()
        elif isinstance(event, InputEvent | Paste):
            self.touched(owes_echo=not self.keystrokes.more_wait)
        if isinstance(event, Key):
            # It has come back from the widgets: what it does is done now.
            self._key_is_away = False
        await super().on_event(event)

    async def _deliver(self, key: Key) -> None:
        self.typed_at, self._key_is_away = time.monotonic(), True
        await super().on_event(key)

    @on(KeyFollowed)
    async def _key_followed(self, event: KeyFollowed) -> None:
        if self._key_is_away:
            # A widget has kept the key to itself, or it was done with before it went there.
            self._key_is_away = False
            self.touched(owes_echo=not self.keystrokes.more_wait)
            if isinstance(self.screen, Sparing):
                self.screen.echo()
        await self.keystrokes.followed(event)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Lend the terminal to somebody else."""
        with super().suspend():
            self.is_away = True
            try:
                yield
            finally:
                self.is_away = False

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save a picture of the screen: for the user alone, as all that is written here."""
        from cdbg_tui.tui.copying import save_picture

        save_picture(self, path)
        return None

    def action_background(self) -> None:
        """Leave the terminal to the shell until it brings the app back."""
        stop(self)

    async def action_interrupt(self) -> None:
        """Copy what is selected; or else leave the panes, and whatever is open over them as Esc does."""
        focused, screen = self.focused, self.screen
        if selected := getattr(focused, "selected_text", "") or screen.get_selected_text():
            self.copy_to_clipboard(selected)
        elif screen is self._fault or (screen is self.dashboard and not isinstance(focused, Input)):
            await self.action_quit()
        else:
            await self._deliver(Key("escape", None))

    def _handle_exception(self, error: Exception) -> None:
        """Leave at once, as Textual does; its traceback would print what variables hold, so there is a report."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            self.failure = crash.told(error, crash.report(error, "in the dashboard"))
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """Leave at once; Textual calls this for what fails in the thread that reads the terminal."""
        self._handle_exception(failing.of_textuals(renderables))

    def on_unmount(self) -> None:
        """Close every stream; what still waits for the engine is a daemon thread, and is left behind."""
        self.sweeper.close()
        self.rounds.close()
        self.following.close()
        self.watcher.close()

    def on_app_blur(self) -> None:
        """See from time to time whether the panes are still in view."""
        self.sight.blurred()

    def on_app_focus(self) -> None:
        """Go on with what had rested."""
        self.sight.focused()

    def tell(self, message: Message) -> None:
        """Post a message, from whatever thread."""
        self.post_message(message)

    def say(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        """Show a toast; the text may be foreign."""
        self.notify(one_line(text), severity=severity, markup=False, timeout=8 if severity == "error" else 5)

    # The engine

    @on(EngineTold)
    def _told(self, event: EngineTold) -> None:
        if not self.dashboard.is_running:  # the app is leaving
            return
        match event.news:
            case Listed(containers, is_whole):
                crash.note(f"engine listed {len(containers)} containers")
                self._answers()
                self.roster.listed(containers, is_whole=is_whole)
            case Changed(containers, gone):
                self.roster.changed(containers, gone)
            case Lost(error, retry_in):
                crash.note(f"engine lost ({error.kind}), tried again in {retry_in:.0f} s")
                self._lost(error, retry_in)

    def _answers(self) -> None:
        self.dashboard.query_one(Headline).show_trouble("")
        if self._is_lost:
            self._is_lost = False
            # When what it tells of the time between has been heard, and the list is up to date.
            self.set_timer(BACK_SECONDS, self.following.take_up)
            self._ask_version()  # it may be another engine than before
        if not self._was_listed:
            self._was_listed = True
            self.set_timer(LEFTOVERS_SECONDS, self._tell_leftovers)
            self._ask_version()
        if self._fault is not None:
            # A palette or a dialog may stand on it.
            while self.screen is not self.dashboard and len(self.screen_stack) > 1:
                self.pop_screen()
            self._fault = None

    def _tell_leftovers(self) -> None:
        from cdbg_tui.tui import leftovers

        leftovers.tell(self)

    def _lost(self, error: EngineError, retry_in: float) -> None:
        self.dashboard.query_one(Headline).show_trouble(f"engine lost: {error.brief}; trying again")
        if self._was_listed:
            if not self._is_lost:
                self.say(f"{error.what} {error.advice}", "error")
            self._is_lost = True
            return
        if self._fault is None:
            where = self.engine.endpoint
            self._fault = Fault(error.what, error.advice, where.url, where.why)
            self.push_screen(self._fault)
        self._fault.show(error.what, error.advice)
        self._fault.retry_in(retry_in)

    @on(RetryWanted)
    def _retry(self) -> None:
        self.watcher.retry_now()

    def _ask_version(self) -> None:
        self.asking.ask("version", self._read_version, self._show_version, lambda _: None)

    def _read_version(self) -> tuple[str, int]:
        info = self.engine.get("/info")
        return str(info.get("ServerVersion") or ""), int(info.get("MemTotal") or 0)

    def _show_version(self, answer: tuple[str, int]) -> None:
        crash.know("engine", lambda: f"{answer[0]}, {self.engine.endpoint.url.partition('://')[0]}")
        self.dashboard.query_one(Headline).show_engine(*answer)

    # What was found of each, and what it uses

    @on(ContainerJudged)
    def _container_judged(self, event: ContainerJudged) -> None:
        self.roster.judged(event.judged.container, event.judged.diagnosis)

    @on(MetersRead)
    def _meters_read(self, event: MetersRead) -> None:
        if self.dashboard.is_running:
            self.roster.metered(event.sweep)

    # The selected container

    @on(PanesShown)
    def _panes_shown(self) -> None:
        self.sight.changed()
        self.following.look_at_processes()

    @on(TriagePane.ConnectWanted)
    def _connect_wanted(self) -> None:
        self.post_message(Wished("connect", self.following.container))

    @on(LogsPane.WindowChosen)
    def _window_chosen(self) -> None:
        self.following.reopen_log()

    @on(LogsPane.EarlierWanted)
    def _earlier_wanted(self, event: LogsPane.EarlierWanted) -> None:
        self.following.load_earlier(event.first, event.have)

    @on(LogsPane.SaveWanted)
    def _save_wanted(self) -> None:
        self.post_message(Wished("save_log", self.following.container))

    @on(TriagePane.FileWanted)
    def _proof_wanted(self, event: TriagePane.FileWanted) -> None:
        from cdbg_tui.tui.browsing import open_file

        open_file(self, self.following.container, event.path, event.line)

    @on(ProcessesPane.ToolsWanted)
    def _tools_wanted(self, event: ProcessesPane.ToolsWanted) -> None:
        from cdbg_tui.tui.recipes import recipes

        recipes(self, self.following.container, event.process)

    @on(Settled)
    def _settled(self, event: Settled) -> None:
        self.following.look_at(event.container)
        self.roster.follow()

    @on(LogRead)
    def _log_read(self, event: LogRead) -> None:
        self.following.log_read(event)

    @on(ProcessesListed)
    def _processes_listed(self, event: ProcessesListed) -> None:
        self.following.processes_listed(event)

    @on(Answered)
    def _answered(self, event: Answered) -> None:
        self.asking.answered(event)

    # The clipboard

    @on(CopyWanted)
    def _copy_wanted(self, event: CopyWanted) -> None:
        self._copy(event.text, event.what)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy what was selected with the mouse, by the best route there is."""
        self._copy(text, "the selection")

    def _copy(self, text: str, what: str) -> None:
        if not text:
            return
        from cdbg_tui.tui.copying import copy

        copy(self, text, what)

    def write_osc52(self, text: str) -> None:
        """Let the terminal itself set the clipboard."""
        super().copy_to_clipboard(text)

    # Wishes

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keep the user's own keys to the panes: other screens have keys of their own."""
        return action != "custom" or self.screen is self.dashboard

    def action_custom(self, number: int) -> None:
        """Run a command of the user's own for the selected container."""
        from cdbg_tui.tui.custom import run_command

        run_command(self, self.config.command[number], self.dashboard.selected)

    @on(Wished)
    def _wished(self, event: Wished) -> None:
        crash.note(f"wish {event.what}")
        action = BY_ACTION.get(f"wish('{event.what}')")
        if action is not None and action.changes and (why := shut_by()):
            self.say(f"“{action.label}” does nothing: {why}.", "warning")
            return
        # With it come the dialogs: not before the first of them is wanted.
        from cdbg_tui.tui.wishes import granted

        granted(event.what)(self, event.container)
