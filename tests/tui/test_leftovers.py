"""What sessions have left behind is told once after the start, and not of what may still be looked through."""

from __future__ import annotations

from cdbg_tui.engine.client import Engine
from tests.support import IMAGE, Docker, Run
from tests.tui.opened import opened

TOLD = "left behind by debug sessions: 1 container and 1 image. Ctrl+L shows and removes them."
NAMES = ("cdbg-t-left", "cdbg-t-probe")
KEPT = "cdbg-rerun/t-told:1"


async def test_what_is_left_is_counted_and_the_key_is_named(engine: Engine, run: Run, docker: Docker) -> None:
    target = run("true", name="cdbg-t-target")
    try:
        for name, session in zip(NAMES, ("rerun", "probe"), strict=True):
            docker("create", "--name", name, "--label", f"dev.cdbg.session={session}", IMAGE, "true")
        docker("commit", "--change", "LABEL dev.cdbg.session=rerun", target, KEPT)
        async with opened(engine) as seen:
            await seen.until(lambda: TOLD in [one.message for one in seen.app._notifications])
    finally:
        docker("rm", "--force", *NAMES, check=False)
        docker("rmi", "--force", KEPT, check=False)
