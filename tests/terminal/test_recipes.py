"""Recipes and captures in the whole program: from the key to what is seen, and back."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import toolbox
from tests.support import Docker, Run, eventually
from tests.terminal.conftest import Session
from tests.terminal.dashboard import Open, leaves_well
from tests.terminal.tmux import Tmux

BOX = "cdbg-test-toolbox:latest"
SETTINGS = f'toolbox = "{BOX}"\n'
ASKS = (
    "while :; do wget -q -O /dev/null http://127.0.0.1:8099/; cat /etc/the-chosen-one; sleep 0.2; done 2>/dev/null"
)


@pytest.fixture(scope="module")
def box(docker: Docker, engine_url: str) -> str:
    """A toolbox image with what this machine has."""
    toolbox.needed("strace", "tcpdump", "ip")
    return toolbox.make(docker, engine_url, BOX, "strace", "tcpdump", "ip")


def choose(terminal: Tmux, recipe: str) -> None:
    """Choose a recipe of the menu, which is open, and be in its form."""
    terminal.wait_for("type to filter")
    terminal.type(recipe, enter=False)
    terminal.wait_for(re.compile(rf"│  {recipe} +│[\s\S]*│  {recipe}  "))
    terminal.keys("Enter")
    terminal.wait_for(f"─ {recipe} on ")


def by_sidecar(terminal: Tmux) -> None:
    """Choose the sidecar in the field that has the focus; a target without tools leaves the host beside it."""
    terminal.keys("Right")
    terminal.wait_for("docker run")


def unfolded(terminal: Tmux) -> str:
    """Return the screen without any space: a long path is folded somewhere."""
    return re.sub(r"\s", "", terminal.screen())


def test_strace_of_the_process_under_the_cursor(
    cdbg: Open, run: Run, docker: Docker, box: str, left_behind: Callable[[], str]
) -> None:
    container = run("sh", "-c", f"sleep 611 & {ASKS}", name="cdbg-test-traced")
    terminal = cdbg("cdbg-test-traced", settings=SETTINGS)
    terminal.keys("5", "z")
    terminal.wait_for(re.compile(r"\bsh -c sleep 611"))
    terminal.keys("t")
    terminal.wait_for("process 1, sh, of cdbg-test-traced")
    choose(terminal, "strace")
    terminal.keys("Tab")
    by_sidecar(terminal)
    terminal.keys("Enter")
    terminal.wait_for("/etc/the-chosen-one", 30)
    terminal.keys("C-c")
    terminal.wait_for("Press Enter to go back")
    assert not left_behind()
    terminal.keys("Enter")
    terminal.wait_for(re.compile(r"▌ strace on 1 in cdbg-test-traced left after .* with 130 \(Ctrl\+C\)"))
    assert docker("diff", container).stdout == ""
    leaves_well(terminal)


def test_ip_shows_the_targets_address_until_it_has_been_read(
    cdbg: Open, run: Run, docker: Docker, box: str
) -> None:
    container = run("sleep", "600", name="cdbg-test-addressed")
    where = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    address = docker("inspect", "--format", where, container).stdout.strip()
    terminal = cdbg("cdbg-test-addressed", settings=SETTINGS)
    terminal.keys("t")
    choose(terminal, "ip-addr")
    terminal.keys("Enter")
    terminal.wait_for(f"inet {address}/", 30)
    terminal.wait_for("Press Enter to go back")
    terminal.keys("Enter")
    terminal.wait_for(re.compile(r"▌ ip in cdbg-test-addressed left after"))
    leaves_well(terminal)


def test_a_capture_is_counted_stopped_and_can_be_read(
    cdbg: Open, run: Run, docker: Docker, box: str, tmp_path: Path, left_behind: Callable[[], str]
) -> None:
    container = run("sh", "-c", ASKS, name="cdbg-test-captured")
    into = tmp_path / "taken.pcap"
    terminal = cdbg("cdbg-test-captured", settings=SETTINGS)
    terminal.keys("p")
    terminal.wait_for("capture packets of cdbg-test-captured")
    terminal.type("tcp port 8099", enter=False)
    terminal.keys("Tab", "End", "C-u")
    terminal.type(str(into), enter=False)
    terminal.keys("Tab", "Tab", "Tab", "Tab")
    by_sidecar(terminal)
    terminal.keys("Enter")
    terminal.wait_for(re.compile(r"\d\d packets .*of 100\.0 MiB"), 30)
    terminal.wait_for(re.compile(r"127\.0\.0\.1:\d+ → 127\.0\.0\.1:8099 tcp \[S\]"))
    terminal.keys("s")
    terminal.wait_for("wireshark -r")
    told = terminal.wait_for(re.compile(r"[\d,]+ packets, [\s\S]*: stopped"))
    assert not left_behind()
    read = subprocess.run(["tcpdump", "-nn", "-r", into], check=True, capture_output=True, text=True).stdout
    assert f"{len(read.splitlines()):,} packets" in told
    assert "127.0.0.1.8099" in read
    assert docker("diff", container).stdout == ""
    terminal.keys("Escape")
    eventually(lambda: "wireshark" not in terminal.screen())
    leaves_well(terminal)


@pytest.mark.parametrize("way", ["q", "signal"])
def test_leaving_in_the_middle_of_a_capture_leaves_whole_packets(
    cdbg: Open, run: Run, box: str, tmp_path: Path, left_behind: Callable[[], str], way: str
) -> None:
    run("sh", "-c", ASKS, name="cdbg-test-left", options=["--cap-drop", "NET_RAW"])
    into = tmp_path / "left.pcap"
    terminal = cdbg("cdbg-test-left", settings=SETTINGS)
    terminal.keys("p")
    terminal.wait_for("capture packets of cdbg-test-left")
    terminal.keys("Tab", "End", "C-u")
    terminal.type(str(into), enter=False)
    terminal.keys("Tab", "Tab", "Tab", "Tab")
    by_sidecar(terminal)
    terminal.keys("Enter")
    eventually(lambda: into.exists() and into.stat().st_size > 500, 30)
    if way == "signal":
        done = subprocess.run(
            ["pgrep", "-P", terminal.flag("pane_pid"), "-f", "cdbg_tui"],
            capture_output=True,
            text=True,
            check=True,
        )
        subprocess.run(["kill", "-TERM", *done.stdout.split()], check=True)
    else:
        terminal.keys("C-q")
    terminal.wait_for("[left ")
    eventually(lambda: not left_behind(), 20)
    done = subprocess.run(["tcpdump", "-nn", "-r", into], check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "truncated" not in done.stderr
    assert "127.0.0.1.8099" in done.stdout


def test_a_dead_one_is_a_sentence(cdbg: Open, run: Run) -> None:
    run("true", name="cdbg-test-ended")
    terminal = cdbg("cdbg-test-ended", settings=SETTINGS)
    for key in ("t", "p"):
        terminal.keys(key)
        terminal.wait_for("it has no process to look at")


def test_what_a_tool_printed_stays_until_it_was_read_and_its_output_is_in_a_file(
    session: Session, tmp_path: Path
) -> None:
    into = tmp_path / "out put.txt"
    terminal = session("sh", "-c", "echo $((6*7)); seq 200 >&2; exec sleep 1000", into=str(into), stays=True)
    terminal.keys("r")
    terminal.wait_for(re.compile(r"^200$", re.MULTILINE))
    terminal.keys("C-c")
    terminal.wait_for("Press Enter")
    shown = unfolded(terminal)
    assert "byCtrl+C;3B" in shown
    # Below what was printed, not over it.
    assert re.search(r"199200(\^C)?thesessionleftafter", shown)
    assert into.read_text() == "42\n"
    assert into.stat().st_mode & 0o777 == 0o600
    terminal.keys("Enter")
    terminal.wait_for("[information] the session left after")


def test_a_file_is_not_written_over_and_an_empty_one_not_left(session: Session, tmp_path: Path) -> None:
    into = tmp_path / "mine.txt"
    terminal = session("sh", "-c", "exec sleep 0.1", into=str(into), stays=True)
    terminal.keys("r")
    terminal.wait_for("it wrote nothing. Press Enter")
    assert not into.exists()
    into.write_text("mine")
    terminal.keys("Enter")
    terminal.wait_for("[information]")
    terminal.keys("r")
    eventually(lambda: "istherealready,andisnotoverwritten" in unfolded(terminal))
    assert into.read_text() == "mine"
