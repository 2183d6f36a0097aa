"""`c` and `C` in the dashboard, where the engine has nothing static to bring in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdbg_tui.engine import remains
from cdbg_tui.engine.client import Engine
from cdbg_tui.tui.screens.form import Form
from cdbg_tui.tui.screens.show_plan import ShowPlan
from tests.support import Docker, Run
from tests.tui.opened import opened


@pytest.fixture
def bare(docker: Docker, run: Run, tmp_path: Path) -> Iterator[str]:
    """A dead container without any file but its program."""
    (tmp_path / "program").write_bytes(b"")
    archive = tmp_path / "root.tar"
    subprocess.run(["tar", "-C", str(tmp_path), "-cf", str(archive), "program"], check=True)
    docker("import", str(archive), "cdbg-test/empty:1")
    run("/program", name="cdbg-t-empty", image="cdbg-test/empty:1")
    yield "cdbg-t-empty"
    docker("rm", "-f", "cdbg-t-empty", check=False)
    docker("rmi", "cdbg-test/empty:1")


@pytest.mark.parametrize(("key", "screen"), [("c", ShowPlan), ("C", Form)])
async def test_a_static_busybox_is_pulled_on_a_key(
    engine: Engine, bare: str, monkeypatch: pytest.MonkeyPatch, key: str, screen: type
) -> None:
    # No engine of the tests is without one, and neither is the machine.
    monkeypatch.setattr(remains, "find_toolbox", lambda _engine, _wanted="": None)
    async with opened(engine) as seen:
        await seen.go_to(bare)
        await seen.press(key)
        await seen.until(lambda: "no static busybox is at hand" in seen.text)
        await seen.press("p")
        await seen.until(lambda: isinstance(seen.app.screen, screen))
        await seen.until(lambda: "pull busybox:musl" in seen.text)
