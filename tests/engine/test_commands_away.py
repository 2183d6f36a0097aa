"""The command line on an engine that goes away: a sentence and a status, soon, and never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdbg_tui import cli
from tests.engine.impatience import impatience
from tests.engine.proxy import Fault, Proxy
from tests.support import Run

NAME = "cdbg-t-away"
FAULTS = {
    "cut": Fault(cuts=True, after=2),
    "hung": Fault(stalls=True),
    "garbled": Fault(garbles=True),
    "error": Fault(status="500 Internal Server Error", text='{"message": "layer does not exist"}'),
    "wrong shape": Fault(status="200 OK", text="[[]]"),
    "another program": Fault(status="200 OK", text="<html>It works!</html>"),
}
COMMANDS = {
    "triage": (f"triage {NAME}", "/json"),
    "triage --all": ("triage --all", "/containers/json"),
    "diff": (f"diff {NAME}", "/changes"),
    "cat": (f"cat {NAME}:/etc/passwd", "/archive"),
    "cp": (f"cp {NAME}:/etc/passwd copied", "/archive"),
    "cp to a pipe": (f"cp {NAME}:/etc -", "/archive"),
    "exec": (f"exec --print {NAME}", "/json"),
    "attach": (f"attach --print {NAME}", "/json"),
    "nsenter": (f"nsenter --print {NAME} -- true", "/json"),
    "rerun": (f"rerun --print {NAME}", "/networks"),
    "sidecar": (f"sidecar --print --image busybox {NAME}", "/json"),
    "image": (f"image {NAME}", "/get"),
    "report": (f"report {NAME} -o report.tar.gz", "/json"),
    "pcap": (f"pcap --print {NAME}", "/json"),
}
"""What is typed, and the part of the path of a request that it rests on."""


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_typed_ends_with_a_sentence_and_a_status(
    command: str,
    proxy: Proxy,
    run: Run,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_dead = command == "rerun"
    run(*(("true",) if is_dead else ("sleep", "1000")), name=NAME, options=["--interactive"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    words, part = COMMANDS[command]
    for what, fault in FAULTS.items():
        with impatience():
            proxy.spoil(part, fault)
            began = time.monotonic()
            status = cli.main(["--host", proxy.url, *words.split()])
            took = time.monotonic() - began
            proxy.mend()
        said = capfd.readouterr().err
        assert status in (1, 2, 125), (what, said)
        assert said.startswith("cdbg: "), what
        assert said.count("\n") == 1, said
        assert took < 10, what
    assert sorted(path.name for path in tmp_path.iterdir()) == ["docker.sock"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_may_not_use_the_engine_is_told_so(proxy: Proxy) -> None:
    path = proxy.url.removeprefix("unix://")
    os.chmod(path, 0)
    # Loaded first: where this lies, somebody else may not read.
    code = (
        "import os, sys, cdbg_tui.commands.triage, cdbg_tui.config\nfrom cdbg_tui import cli\n"
        "os.chdir(os.path.dirname(sys.argv[1])); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(cli.main(['--host', 'unix://' + os.path.basename(sys.argv[1]), 'triage', '--all']))"
    )
    os.chmod(os.path.dirname(path), 0o755)
    done = subprocess.run([sys.executable, "-c", code, path], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("cdbg: You may not use the engine at unix://docker.sock: permission denied.")
    assert "usermod -aG docker" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_signal_ends_one_that_waits_for_a_hung_engine(number: signal.Signals, proxy: Proxy) -> None:
    proxy.spoil("/", Fault(stalls=True))
    argv = [sys.executable, "-m", "cdbg_tui", "--host", proxy.url, "diff", NAME]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as program:
        deadline = time.monotonic() + 20
        while not proxy.paths:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        began = time.monotonic()
        program.send_signal(number)
        _, said = program.communicate(timeout=20)
    assert program.returncode == 128 + number
    assert time.monotonic() - began < 3
    assert said == ""
