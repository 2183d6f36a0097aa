"""Draws the pictures in screenshots/: the real program, on the demo's containers, with keys pressed.

On the engine of CDBG_TEST_HOST, or else on a private one that is made for it and removed after. It does not
begin on an engine that has containers.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from cdbg_tui import demo
from cdbg_tui.demo_cast import PARTS
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.tui.app import CdbgApp
from cdbg_tui.tui.panes.logs import LogsPane
from cdbg_tui.tui.panes.processes import ProcessesPane
from cdbg_tui.tui.screens.file_view import FileView
from cdbg_tui.tui.viewing import Target, view
from tests.support import PRIVATE_ENGINE
from tests.tui.opened import NARROW, WIDE, Opened, opened

FOLDER = Path(__file__).parent.parent / "screenshots"
MIDDLE = (120, 32)
FATES_SECONDS = 120
SAMPLES = 16
"""So many readings of the meters make bars worth a picture."""

FONT = '"Fira Code", "DejaVu Sans Mono", monospace'


def main() -> None:
    """Draw all pictures."""
    with engine_url() as url:
        engine = Engine(find(env={"DOCKER_HOST": url}))
        try:
            refuse_company(engine)
            try:
                demo.up(engine, say)
                asyncio.run(draw(engine))
            finally:
                demo.down(engine)
        finally:
            engine.close()


@contextmanager
def engine_url() -> Iterator[str]:
    """The engine to draw on.

    A private one has a directory that was made for it, whatever CDBG_ENGINE_ROOT says: it is removed at
    the end, and that must never be the engine of somebody else.
    """
    if host := os.environ.get("CDBG_TEST_HOST"):
        yield host
        return
    with tempfile.TemporaryDirectory(prefix="cdbg-screenshots-", ignore_cleanup_errors=True) as root:
        own = {**os.environ, "CDBG_ENGINE_ROOT": root}
        try:
            started = subprocess.run(
                [PRIVATE_ENGINE, "start"], env=own, stdout=subprocess.PIPE, text=True, check=False
            )
            url = started.stdout.strip()
            if started.returncode or url != f"unix://{root}/docker.sock":
                sys.exit("There is no engine to draw on.")
            yield url
        finally:
            subprocess.run([PRIVATE_ENGINE, "remove"], env=own, check=True)


def refuse_company(engine: Engine) -> None:
    """End if the engine has containers: they would be in the pictures, or be a demo that somebody looks at."""
    with engine.api() as api:
        there = [one["Names"][0][1:] for one in api.containers(all=True)]
    if there:
        sys.exit(f"The engine has {len(there)} containers, such as {there[0]}: name one that is empty.")


def say(words: str) -> None:
    """Tell what is being done."""
    print(words, flush=True)  # noqa: T201


def fated(app: CdbgApp) -> bool:
    """Tell whether every container of the demo has met its fate."""
    by_name = {one.name: one for one in app.roster.containers.values()}
    if len(by_name) < len(PARTS):
        return False
    return (
        by_name["demo-shop-api-1"].oom_killed
        and by_name["demo-shop-web-1"].health == "healthy"
        and by_name["demo-migrate"].exit_code == 127
        and by_name["demo-invoice-import"].exit_code == 1
        and by_name["demo-backup"].exit_code == 0
        and (by_name["demo-mailer"].restarts or 0) >= 5
        and by_name["demo-search"].health == "unhealthy"
        and by_name["demo-cache"].state == "paused"
        and by_name["demo-shop-queue-1"].id in app.roster.usages
    )


@asynccontextmanager
async def stage(engine: Engine, size: tuple[int, int]) -> AsyncIterator[Opened]:
    """Open the dashboard in a terminal of *size*, and wait until the fates are true."""
    async with opened(engine, size, notifications=False) as seen:
        await seen.until(lambda: fated(seen.app), FATES_SECONDS)
        yield seen


# The pictures


async def draw(engine: Engine) -> None:
    """Draw all pictures, each size in an app of its own."""
    async with stage(engine, WIDE) as seen:
        await draw_dashboard(seen)
    async with stage(engine, NARROW) as seen:
        await draw_narrow(seen)
    async with stage(engine, MIDDLE) as seen:
        await draw_logs(seen)
        await draw_changes(seen)
        await draw_file(seen)
        await draw_inspect(seen)
        await draw_rerun(seen)
    async with stage(engine, (160, 40)) as seen:
        await draw_help(seen)
    with wasteful_container(engine):
        async with opened(engine, (140, 32), notifications=False) as seen:
            await draw_image(seen)


async def draw_dashboard(seen: Opened) -> None:
    """All five panes, on a worker that its CPU limit holds back."""
    await seen.go_to("demo-shop-queue-1")
    app = seen.app
    processes = app.dashboard.query_one(ProcessesPane)
    logs = app.dashboard.query_one(LogsPane).view

    def is_telling() -> bool:
        history = app.roster.histories.get(seen.selected.id) if seen.selected else None
        return bool(
            history
            and len(history) >= SAMPLES
            and logs.kept >= logs.size.height
            and "Throttled" in seen.diagnosis
            and "throttled" in seen.row_of("demo-shop-queue-1")
            and len(processes.lines.branches) >= 4
        )

    await seen.until(is_telling, FATES_SECONDS)
    save(app, "dashboard")


async def draw_narrow(seen: Opened) -> None:
    """The list and the triage of what ran out of memory."""
    await seen.go_to("demo-shop-api-1")
    await seen.press("4", "1")
    await seen.until(lambda: "OOM-killed   certain" in seen.text)
    save(seen.app, "narrow")


async def draw_logs(seen: Opened) -> None:
    """A log that has the whole screen, with times and a search."""
    logs = seen.app.dashboard.query_one(LogsPane).view
    await seen.go_to("demo-shop-queue-1")
    await seen.until(lambda: len(seen.log) > MIDDLE[1], FATES_SECONDS)
    await seen.press("enter")
    await seen.until(lambda: logs.has_focus)
    await seen.press("t", "slash", *"error", "enter")
    await seen.until(lambda: "/error" in seen.text and "paused" in seen.text)
    save(seen.app, "logs")
    await seen.press("escape", "escape")


async def draw_changes(seen: Opened) -> None:
    """The files of a crash whose reason is only in one of them."""
    await seen.go_to("demo-invoice-import")
    await seen.press("d")
    await seen.until(lambda: "what may tell why" in seen.text and "before its end" in seen.text)
    save(seen.app, "changes")
    await seen.press("escape", "escape")


async def draw_file(seen: Opened) -> None:
    """The script that ended in an error, searched for where it says so."""
    await seen.go_to("demo-invoice-import")
    assert seen.selected is not None
    view(seen.app, Target(seen.selected.id, seen.selected.name, "/srv/importer/run"))
    await seen.until(lambda: isinstance(seen.app.screen, FileView) and bool(seen.app.screen.view._colours))
    await seen.press("slash", *"error", "enter")
    await seen.until(lambda: "1 of" in seen.text)
    save(seen.app, "file")
    await seen.press("escape", "escape")


async def draw_inspect(seen: Opened) -> None:
    """What people ask of a container, its secrets masked; and what run has changed of its image."""
    await seen.go_to("demo-shop-api-1")
    await seen.press("i")
    await seen.until(lambda: "secrets are masked" in seen.text)
    await seen.until(lambda: "given at run" in seen.text and "looking…" not in seen.text)
    await seen.press("slash", *"payment", "enter")
    await seen.until(lambda: "1 of" in seen.text)
    save(seen.app, "inspect")
    await seen.press("escape", "3")
    await seen.until(lambda: "which run made" in seen.text)
    await seen.press("j", "j", "j")
    save(seen.app, "compare")
    await seen.press("escape")


async def draw_rerun(seen: Opened) -> None:
    """What a rerun would do, before it is done."""
    await seen.go_to("demo-shop-api-1")
    await seen.press("c")
    await seen.until(lambda: "docker commit" in seen.text)
    save(seen.app, "rerun")
    await seen.press("escape")


WASTEFUL = """\
FROM busybox:latest
RUN mkdir -p /app /var/lib/apt/lists && head -c 31457280 /dev/urandom > /app/measurements.csv
RUN head -c 8000000 /dev/urandom > /var/lib/apt/lists/mirror.example_main_Packages
ENV MODEL=/app/model.bin
RUN head -c 2500000 /app/measurements.csv > /app/model.bin && echo registry-token > /app/.npmrc
RUN chmod 600 /app/model.bin && rm /app/measurements.csv /app/.npmrc
CMD ["serve", "--model", "/app/model.bin"]
"""


@contextmanager
def wasteful_container(engine: Engine) -> Iterator[None]:
    """Lend a container of an image that carries what it does not need."""
    name, image = "forecast", "shop/forecast:2.1"
    docker = ("docker", "--host", engine.endpoint.url)
    subprocess.run(
        [*docker, "build", "--quiet", "--tag", image, "-"],
        input=WASTEFUL,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        subprocess.run([*docker, "create", "--name", name, image], check=True, stdout=subprocess.DEVNULL)
        yield
    finally:
        subprocess.run([*docker, "rm", "--force", name], check=False, stdout=subprocess.DEVNULL)
        subprocess.run([*docker, "rmi", "--force", image], check=False, stdout=subprocess.DEVNULL)


async def draw_image(seen: Opened) -> None:
    """The layers of an image, one of which deletes what another brought."""
    await seen.go_to("forecast")
    await seen.press("I")
    await seen.until(lambda: "in 5 layers" in seen.text and "layer 1 " in seen.text)
    await seen.press("j", "j", "j", "j", "j")
    await seen.until(lambda: "deleted 30.0 MiB" in seen.text)
    save(seen.app, "image")
    await seen.press("escape")


async def draw_help(seen: Opened) -> None:
    """All keys."""
    await seen.go_to("demo-shop-web-1")
    await seen.press("question_mark")
    await seen.until(lambda: "Leave cdbg" in seen.text)
    save(seen.app, "help")
    await seen.press("escape")


def save(app: CdbgApp, name: str) -> None:
    """Write what is on the screen as a picture that loads nothing when it is looked at."""
    say(f"screenshots/{name}.svg")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.svg").write_text(self_contained(app.export_screenshot(title="cdbg")), encoding="utf-8")


def self_contained(svg: str) -> str:
    """Return the picture without fonts out of the net; with those that have every glyph, if they are there."""
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    svg = re.sub(r"font-family: Fira Code, monospace", f"font-family: {FONT}", svg)
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


if __name__ == "__main__":
    main()
