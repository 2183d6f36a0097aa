"""The engine goes away while something is asked of it: each situation with each fault, through a proxy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from textual.widgets import Static

from cdbg_tui.config import Config
from cdbg_tui.engine import cgroups
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.model.container import State
from cdbg_tui.tui.widgets.headline import Headline
from tests.engine.impatience import impatience
from tests.engine.proxy import Fault, Proxy
from tests.support import Docker, Run
from tests.tui.opened import Opened, opened

FAULTS = {
    "cut in the middle": Fault(cuts=True, after=20),
    "hung": Fault(stalls=True),
    "garbled": Fault(garbles=True),
    "error": Fault(status="500 Internal Server Error", text='{"message": "layer does not exist"}'),
}
"""What can be wrong with an answer. Where only the socket is gone, nothing is asked: see the terminal test."""
SLOW = Fault(delay=0.1)
MORE_FAULTS = {
    "cut at once": Fault(cuts=True),
    "stalled in the middle": Fault(stalls=True, after=20),
    "bad gateway": Fault(status="502 Bad Gateway", text="<html><h1>502</h1></html>"),
    "forbidden": Fault(status="403 Forbidden", text='{"message": "authorization denied by plugin"}'),
    "wrong shape": Fault(status="200 OK", text="[[]]"),
    "too old": Fault(
        status="400 Bad Request",
        text='{"message": "client version 1.24 is too old. Minimum supported API version is 1.44"}',
    ),
}
"""What differs little: tried in some situations."""

ENDED = "it ended the event stream"
WORDS = (
    "answers", "answer", "broke off", "makes no sense", "does not exist", "status 502", "denied", "too old",
    "no HTTP", "read", "garbled",
)  # fmt: skip
"""One of them is in each sentence that says what is wrong."""


@asynccontextmanager
async def dashboard(proxy: Proxy) -> AsyncIterator[Opened]:
    engine = Engine(find(host=proxy.url))
    try:
        async with opened(engine) as seen:
            yield seen
    finally:
        proxy.mend()
        engine.close()


async def is_usable(seen: Opened) -> None:
    """Keys go on to move the cursor."""
    assert seen.selected is not None
    first = seen.selected.id
    await seen.press("j")
    assert seen.selected.id != first
    await seen.press("k")
    assert seen.selected.id == first


def trouble(seen: Opened) -> str:
    head = str(seen.app.dashboard.query_one(Headline).render())
    return head.partition("engine lost: ")[2].partition(";")[0]


def toasts(seen: Opened) -> str:
    return " ".join(one.message for one in seen.app._notifications)


@dataclass(frozen=True)
class Situation:
    """What is asked of the engine: *part* of its path, how that begins, where it is told of, and how it ends."""

    part: str
    begin: Callable[[Opened], Awaitable[None]]
    said: Callable[[Opened], str]
    answered: Callable[[Opened], bool]
    leave: Callable[[Opened], Awaitable[None]]
    spared: tuple[str, ...] = ()
    """Faults that mean nothing here."""


async def _look(seen: Opened) -> None:
    await seen.press("j")


async def _back(seen: Opened) -> None:
    await seen.press("k")


async def _changes(seen: Opened) -> None:
    await seen.press("d")


async def _shell(seen: Opened) -> None:
    await seen.press("E")


async def _start(seen: Opened) -> None:
    await seen.until(lambda: seen.selected is not None and seen.selected.state is State.EXITED)
    await seen.press("x", "s")


async def _escape(seen: Opened) -> None:
    while seen.app.screen is not seen.app.dashboard:
        await seen.press("escape")
    seen.app.clear_notifications()


def is_on(seen: Opened, screen: str) -> bool:
    return type(seen.app.screen).__name__ == screen


def at_witness(seen: Opened) -> bool:
    looked_at = seen.app.following.container
    return looked_at is not None and looked_at.name == "a-witness"


def diagnosis(seen: Opened) -> str:
    return seen.diagnosis if at_witness(seen) else ""


def log_is_read(seen: Opened) -> bool:
    return at_witness(seen) and "said by it" in seen.log


def log_said(seen: Opened) -> str:
    said = str(seen.app.dashboard.query_one("#log-said", Static).render())
    return said if at_witness(seen) else ""


SPOIL_A_BODY = ("cut in the middle", "garbled")
"""Of an answer that has none."""
SITUATIONS = {
    "a look": Situation("/json", _look, diagnosis, lambda seen: "created" in diagnosis(seen), _back),
    "a log": Situation("/logs", _look, log_said, log_is_read, _back),
    "a diff": Situation(
        "/changes", _changes, lambda seen: seen.text, lambda seen: "new-file" in seen.text, _escape
    ),
    "a form": Situation(
        "/archive", _shell, toasts, lambda seen: is_on(seen, "Form"), _escape, spared=SPOIL_A_BODY
    ),
    "a start": Situation(
        "/start", _start, toasts, lambda seen: "a-target started" in toasts(seen), _escape, spared=SPOIL_A_BODY
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
async def test_what_is_asked_while_the_engine_goes_away(name: str, proxy: Proxy, run: Run) -> None:
    situation = SITUATIONS[name]
    for other in ("a-target", "a-witness"):
        ends = "true" if name == "a start" else "sleep 1000"
        run("sh", "-c", f"touch /new-file; echo said by it; {ends}", name=other)
    async with dashboard(proxy) as seen:
        await seen.go_to("a-target")
        for what, fault in ((MORE_FAULTS if name == "a look" else {}) | FAULTS).items():
            if what in situation.spared:
                continue
            with impatience():
                proxy.spoil(situation.part, fault)
                await situation.begin(seen)
                await seen.until(lambda: any(word in situation.said(seen) for word in WORDS))
            await situation.leave(seen)
            await is_usable(seen)
            proxy.mend()
            await seen.until(lambda: not trouble(seen))
        # It is back, if slow.
        proxy.spoil(situation.part, SLOW)
        await situation.begin(seen)
        await seen.until(lambda: situation.answered(seen))
        await situation.leave(seen)


@pytest.mark.parametrize("part", ["/", "/events"])
async def test_the_list_while_the_engine_goes_away(part: str, proxy: Proxy, run: Run, docker: Docker) -> None:
    """The header says what is wrong; when the engine is back, the list is true and all panes are filled again."""
    for other in ("a-target", "a-witness"):
        run("sh", "-c", "echo said by it; sleep 1000", name=other)
    async with dashboard(proxy) as seen:
        await seen.go_to("a-target")
        known_as = "a-witness"
        for number, (what, fault) in enumerate((FAULTS | MORE_FAULTS).items()):
            if what in ("stalled in the middle", "bad gateway", "too old"):
                continue
            if part == "/events" and what in ("hung", "cut at once", "wrong shape"):  # these end it, as a cut does
                continue
            with impatience():
                proxy.spoil(part, fault)
                proxy.cut()
                docker("rename", known_as, f"b-{number}")
                known_as = f"b-{number}"
                # The end of the events was our doing: what is wrong is met next.
                await seen.until(lambda: trouble(seen) not in ("", "" if part == "/events" else ENDED))
                await is_usable(seen)
                if part == "/":
                    await seen.until(lambda: any(word in seen.diagnosis for word in WORDS))
            proxy.mend()
            seen.app.watcher.retry_now()
            await seen.until(lambda: not trouble(seen))
            await seen.until(lambda known_as=known_as: seen.row_of(known_as))  # type: ignore[misc]
            await seen.until(lambda: seen.is_about("a-target") and "said by it" in seen.log)


async def test_the_start_while_the_engine_is_away(proxy: Proxy, run: Run) -> None:
    run("sleep", "1000", name="a-target")
    for fault in FAULTS.values():
        proxy.spoil("/containers/json", fault)
        engine = Engine(find(host=proxy.url))
        with impatience():
            async with opened(engine) as seen:
                await seen.until(lambda: is_on(seen, "Fault") and any(word in seen.text for word in WORDS))
                proxy.mend()
                await seen.until(lambda: seen.row_of("a-target"))
        engine.close()


async def test_the_meters_while_the_engine_goes_away(
    proxy: Proxy, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they are read through the API, what fails of them is not there, and is there again afterwards."""
    monkeypatch.setattr(cgroups, "find", lambda *_: None)
    monkeypatch.setattr("cdbg_tui.engine.stats.API_SECONDS", 2.5)
    for other in ("a-target", "a-witness"):
        run("sleep", "1000", name=other)
    config = Config(stats_seconds=0.5)
    engine = Engine(find(host=proxy.url))
    async with opened(engine, config=config) as seen:
        await seen.go_to("a-target")
        for fault in (FAULTS["garbled"], MORE_FAULTS["wrong shape"]):
            proxy.spoil("/stats", fault)
            asked = len(proxy.asked("/stats"))
            await seen.until(lambda asked=asked: len(proxy.asked("/stats")) > asked)  # type: ignore[misc]
            await is_usable(seen)
            proxy.mend()
            seen.app.roster.usages.clear()
            await seen.until(
                lambda: "a-target" in {seen.app.roster.containers[one].name for one in seen.app.roster.usages}
            )
    engine.close()
