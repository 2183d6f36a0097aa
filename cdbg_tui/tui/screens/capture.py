"""A capture while it runs: how many packets, how fast, the last of them; then what to open it with."""

from __future__ import annotations

import shlex
import socket
import time
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import rate, size
from cdbg_tui.sessions.recording import Recorded, Recording, packets
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.messages import CopyWanted
from cdbg_tui.tui.screens.over import Over

TELL_SECONDS = 0.3
_RATE_SECONDS = 2.0
_CLEAN_UP_SECONDS = 5.0
_WAITING = "no packet so far"
_READS = "wireshark -k -i -"
_MOST_SHOWN = 12


class CaptureScreen(Over[None]):
    """Shows *recording*, which somebody else runs; leaving it while it runs stops it first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop", "stop"),
        Binding("escape,q,enter", "leave", "stop, then close"),
        Binding("y", "copy('open')", "copy the command that opens it"),
        Binding("ctrl+y", "copy('command')", "copy the command line"),
    ]
    DEFAULT_CSS = """
    CaptureScreen .capture--packets { height: auto; margin: 1 0; color: $foreground-muted; }
    """

    def __init__(self, name: str, recording: Recording, words: str, streams: Sequence[str]) -> None:
        """*name* is the container's, *words* say by which way and with which filter it is captured.

        *streams* is the command line that writes the same to its standard output.
        """
        super().__init__(classes="dialog")
        self._target = name
        self._recording = recording
        self._words = words
        self._streams = shlex.join(streams)
        self._read: list[tuple[float, int, int]] = []
        self._is_stopping = False
        self._recorded: Recorded | None = None
        self._told = Static(classes="dialog--text")
        self._packets = Static(classes="capture--packets")
        self._below = Static(classes="dialog--command")

    def compose(self) -> ComposeResult:
        """Lay out the figures, the last packets, and the file."""
        with Vertical(classes="dialog--box") as box:
            box.border_title = Content("packets of ") + plain(self._target)
            box.border_subtitle = "s stops · esc stops and closes · ctrl+y copies the command"
            yield self._told
            yield self._packets
            yield self._below

    def on_mount(self) -> None:
        """Begin to tell."""
        # As wide at every moment: what is in it changes three times a second.
        box = self.query_one(".dialog--box")
        box.styles.width, box.styles.max_width = "94%", 100
        self._below.update(plain(one_line(self._recording.plan.into)))
        self.set_interval(TELL_SECONDS, self.tell)
        self.tell()

    def tell(self) -> None:
        """Show how far it is."""
        if self._recorded is not None:
            return
        recording = self._recording
        lines = [plain(self._words, "$foreground-muted")]
        if self._is_stopping:
            lines.insert(0, Content("stopping …"))
        elif not recording.began:
            lines.insert(0, Content("tcpdump starts …"))
        else:
            lines.insert(0, plain(self._figures(recording)))
        self._told.update(Content("\n").join(lines))
        self._packets.update(self._last(recording))

    def _figures(self, recording: Recording) -> str:
        now = time.monotonic()
        self._read.append((now, recording.packets, recording.bytes))
        while len(self._read) > 2 and self._read[1][0] < now - _RATE_SECONDS:
            del self._read[0]
        since, count, length = self._read[0]
        gone = now - since
        pace = (recording.packets - count) / gone if gone else 0.0
        flow = (recording.bytes - length) / gone if gone else 0.0
        bounds = recording.bounds
        words = [
            f"{packets(recording.packets)}{f' of {bounds.packets:,}' if bounds.packets else ''}",
            f"{size(recording.bytes)}{f' of {size(bounds.bytes)}' if bounds.bytes else ''}",
            f"{pace:.0f}/s  {rate(flow)}",
            f"{_clock(now - recording.began)}{f' of {_clock(bounds.seconds)}' if bounds.seconds else ''}",
        ]
        return "  ·  ".join(words)

    def _last(self, recording: Recording) -> Content:
        width = max(20, self._packets.content_size.width)
        # The frame and the lines around them want the rest.
        shown = recording.last[-max(1, min(_MOST_SHOWN, self.size.height - 18)) :]
        if not shown:
            return Content(_WAITING)
        lines = []
        for when, line in shown:
            stamp = f"{time.strftime('%H:%M:%S', time.localtime(when))}.{int(when % 1 * 1000):03d}"
            lines.append(plain(set_cell_size(f"{stamp}  {one_line(line)}", width).rstrip()))
        lines += [Content(" ")] * (_MOST_SHOWN - len(lines)) if self.size.height > _MOST_SHOWN + 18 else []
        return Content("\n").join(lines)

    def ended(self, recorded: Recorded) -> None:
        """Show what came of it, and what opens the file."""
        self._recorded = recorded
        box = self.query_one(".dialog--box")
        box.border_subtitle = "y copies · esc closes" if recorded.path else "esc closes"
        style = "" if recorded.is_well else "$text-warning" if recorded.path else "$text-error"
        lines = [plain(one_line(recorded.line), style), plain(self._words, "$foreground-muted")]
        self._told.update(Content("\n").join(lines))
        self._packets.update(self._last(self._recording))
        self._packets.display = bool(recorded.path)
        if recorded.path:
            pieces = [plain(self.opens)]
            for words, command in (("live, here", self.live), ("live, from another machine", self.far)):
                pieces += [plain(f"{words}:", "$foreground-muted"), plain(command)]
            self._below.update(Content("\n").join(pieces))
        else:
            self._below.update(plain(one_line(shlex.join(self._recording.plan.argv))))

    @property
    def opens(self) -> str:
        """The command that opens the file."""
        return shlex.join(("wireshark", "-r", self._recording.plan.into))

    @property
    def live(self) -> str:
        """The command that shows the same in wireshark while it happens."""
        return f"{self._streams} | {_READS}"

    @property
    def far(self) -> str:
        """The same for a machine that has wireshark, where this one has none."""
        return f"ssh {socket.gethostname()} {self._streams} | {_READS}"

    def failed(self, words: str) -> None:
        """Say why there is none."""
        self._told.update(plain(words, "$text-error"))
        self._packets.display = False
        self._below.update(plain(one_line(shlex.join(self._recording.plan.argv))))
        self.query_one(".dialog--box").border_subtitle = "esc closes"

    def action_stop(self) -> None:
        """End it; its file stays."""
        self._recording.stop()
        if not self._recording.finished.is_set():
            self._is_stopping = True
            self.tell()

    def action_leave(self) -> None:
        """Close, when nothing runs any more; until then, end it."""
        if self._recording.finished.is_set():
            self.dismiss(None)
        elif not self._is_stopping:
            self.action_stop()

    def action_copy(self, what: str) -> None:
        """Ask for a command to be copied."""
        if what == "command":
            self.post_message(CopyWanted(self._recording.plan.commands(), "the command line"))
        elif self._recorded is not None and self._recorded.path:
            self.post_message(CopyWanted(self.opens, "the command that opens it"))

    def on_unmount(self) -> None:
        """Where the program is left in the middle of it, let it end in order first."""
        self._recording.stop()
        self._recording.finished.wait(_CLEAN_UP_SECONDS)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
