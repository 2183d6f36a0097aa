"""A container is removed, and another takes its name, behind a command line's back: nothing reaches it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui import cli
from cdbg_tui.engine.client import Engine
from cdbg_tui.model.container import SESSION_LABEL
from tests.support import IMAGE, Docker, Run

NAME = "a-name"
MARK = "of-the-impostor"
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("exec", NAME),
    ("exec", NAME, "--", "touch", f"/{MARK}"),
    ("attach", NAME),
    ("sidecar", NAME, "--image", IMAGE, "--", "sh", "-c", f"touch $t/{MARK}"),
    ("nsenter", NAME, "--namespaces", "mnt", "--", "touch", f"/{MARK}"),
    ("rerun", NAME, "--print"),
    ("debug", NAME, "--print"),
    ("cp", f"{NAME}:/etc", "copy"),
    ("cat", f"{NAME}:/etc/hostname"),
    ("diff", NAME),
    ("triage", NAME),
    ("image", NAME),
    ("report", NAME, "-o", "report.tar.gz"),
    ("pcap", NAME, "-o", "capture.pcap"),
)
GONE = re.compile(r"[Nn]o such container|has been removed|has ended")


@pytest.mark.parametrize("when", ["once its name is looked up", "once it is inspected"])
def test_the_name_is_looked_up_once(
    when: str,
    engine_url: str,
    run: Run,
    docker: Docker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    target = run("sleep", "1000", name=NAME)
    described = json.loads(docker("inspect", target).stdout)[0]
    docker("rm", "--force", target)
    impostor = run("sleep", "1000", name=NAME)
    get = Engine.get
    looked_up: list[str] = []

    def get_late(self: Engine, path: str, **options: Any) -> Any:
        if path.endswith(f"/containers/{NAME}/json"):
            looked_up.append(path)
            return described
        if when == "once it is inspected" and path.endswith(f"/containers/{target}/json"):
            return described
        return get(self, path, **options)

    monkeypatch.setattr(Engine, "get", get_late)
    for words in COMMANDS:
        looked_up.clear()
        status = cli.main(["--host", engine_url, *words])
        told = capfd.readouterr()
        assert len(looked_up) == 1, words
        assert impostor[:12] not in told.out + told.err
        assert not re.search(rf"(^| |:){NAME}( |$)", told.out if "--print" in words else ""), words
        if when == "once its name is looked up":
            assert status != 0, words
            assert GONE.search(told.err), words
            assert not told.out, words
            assert not list(tmp_path.iterdir()), words
    assert MARK not in docker("diff", impostor).stdout
    now = json.loads(docker("inspect", impostor).stdout)[0]
    assert not now["ExecIDs"]
    assert now["State"]["Running"]
    assert not docker("ps", "--all", "--quiet", "--filter", f"label={SESSION_LABEL}").stdout
