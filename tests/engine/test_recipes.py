"""Recipes and captures, really run: what they see, and that whatever ends them leaves nothing but the file."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from cdbg_tui.engine import leftovers
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.tools import Ground, Shelf, alive, find_ground, pid_inside
from cdbg_tui.sessions.capture import Bounds, capture_plan
from cdbg_tui.sessions.plan import Plan
from cdbg_tui.sessions.recipes import RECIPES, TOOLS, Subject, Way, command_line, main_process, recipe_plan
from cdbg_tui.sessions.recording import End, Recorded, Recording
from tests import toolbox
from tests.support import LABEL, Docker, Run, eventually

IMAGE = "cdbg-test-toolbox:latest"
WITHOUT_SHELL = "cdbg-test-tcpdump:latest"
BY_ID = {recipe.id: recipe for recipe in RECIPES}
ASKS = "while :; do wget -q -O /dev/null http://127.0.0.1:8099/the-one-asked-for; sleep 0.2; done"
SERVES = "while :; do echo 'HTTP/1.0 200 OK' | nc -l -p 8099 >/dev/null; done & " + ASKS
"""It asks itself over and over, in a network without any other host."""
WAYS = (Way.HOST, Way.EXEC, Way.SIDECAR)


@pytest.fixture(autouse=True)
def _nothing_is_left(engine: Engine) -> Iterator[None]:
    before = {(one.kind, one.id) for one in leftovers.left_behind(engine)}
    yield
    eventually(lambda: not [one for one in leftovers.left_behind(engine) if (one.kind, one.id) not in before])


@pytest.fixture(scope="module")
def box(docker: Docker, engine_url: str) -> str:
    """A toolbox image with what this machine has."""
    toolbox.needed("strace", "tcpdump", "ip")
    return toolbox.make(docker, engine_url, IMAGE, "strace", "tcpdump", "ip")


@pytest.fixture
def asker(run: Run, box: str) -> str:
    """A container that has the tools itself, and asks itself over HTTP."""
    return run("sh", "-c", SERVES, image=box, options=["--network", "none"])


def ground_of(engine: Engine, container: str, image: str = IMAGE) -> Ground:
    return find_ground(engine, container, TOOLS, image, Shelf())


def reachable(ground: Ground, way: Way) -> None:
    """Skip where this machine cannot go that way; the engine's own ways always can."""
    if way is Way.HOST and not (ground.is_local and ground.is_root):
        pytest.skip("the engine's containers are not this machine's, or we are not root")


def plan_of(engine: Engine, ground: Ground, way: Way, into: Path, expression: str = "") -> Plan:
    made = capture_plan(ground, engine.docker, way=way, suffix="t3st", into=str(into), expression=expression)
    assert isinstance(made, Plan), made
    return made


def processes(docker: Docker, container: str) -> str:
    return docker("top", container, "-eo", "pid,args").stdout


def read_by_tcpdump(path: Path) -> str:
    done = subprocess.run(["tcpdump", "-nnA", "-r", path], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert b"truncated" not in done.stderr
    return done.stdout.decode("utf-8", "replace")


@contextmanager
def running(recording: Recording) -> Iterator[list[Recorded]]:
    """Have it run in the background, until the first packets are there; what came of it is in the list after."""
    came: list[Recorded] = []
    worker = threading.Thread(target=lambda: came.append(recording.run()))
    worker.start()
    try:
        eventually(lambda: recording.packets > 5 or not worker.is_alive(), 20)
        yield came
    finally:
        worker.join(20)
        recording.stop()
        assert not worker.is_alive()


# What there is to choose from


def test_tools_are_found_by_reading(engine: Engine, run: Run, docker: Docker, box: str) -> None:
    container = run("sleep", "60")
    before = docker("ps", "-aq").stdout
    ground = ground_of(engine, container)
    assert ground.images[box] >= {"strace", "tcpdump", "ip", "sh", "cat"}
    # busybox has an lsof that knows no options; its ip is as good as any.
    assert "lsof" not in ground.own
    assert {"ip", "sh", "cat"} <= ground.own
    assert docker("ps", "-aq").stdout == before
    assert docker("diff", container).stdout == ""


def test_an_image_is_looked_into_once(engine: Engine, run: Run, docker: Docker, box: str) -> None:
    container, shelf = run("sleep", "60"), Shelf()

    def probes_made() -> int:
        since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
        find_ground(engine, container, TOOLS, box, shelf)
        until = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
        happened = ("events", "--since", since, "--until", until, "--filter", "event=create")
        return docker(*happened, "--format", "{{.Actor.Attributes.name}}").stdout.count("cdbg-probe")

    assert [probes_made(), probes_made()] == [1, 0]


def test_a_number_inside_is_that_of_the_containers_own_namespace(engine: Engine, run: Run) -> None:
    container = run("sh", "-c", "sleep 61 & unshare -pf sleep 62; wait", options=["--cap-add", "SYS_ADMIN"])
    ground = ground_of(engine, container, "none")
    if not ground.is_local:
        pytest.skip("the engine's processes are not this machine's")
    main = main_process(ground.details).pid

    def found() -> dict[str, int]:
        rows = engine.get(f"/containers/{container}/top?ps_args=-wweo%20pid,args")["Processes"]
        return {row[1]: int(row[0]) for row in rows}

    eventually(lambda: "sleep 62" in found())
    assert pid_inside(main, main) == 1
    assert pid_inside(found()["sleep 61"], main) not in (None, 1)
    # 1 in the namespace that it was given, but not in the container's.
    assert pid_inside(found()["sleep 62"], main) not in (None, 1)
    assert pid_inside(2**22 + 1, main) is None


# Recipes


def other_process(engine: Engine, container: str, ground: Ground, words: str) -> Subject:
    def found() -> int:
        rows = engine.get(f"/containers/{container}/top?ps_args=-wweo%20pid,args")["Processes"]
        return next((int(row[0]) for row in rows if row[1] == words), 0)

    pid = eventually(found)
    return Subject(pid, pid_inside(pid, main_process(ground.details).pid), command=words)


TARGETS: dict[str, Sequence[str]] = {
    "root": (),
    "a user without any capability": ("--user", "1000", "--cap-drop", "ALL", "--read-only"),
    "more capabilities": ("--cap-add", "NET_ADMIN", "--cap-add", "SYS_TIME"),
    "the machine's processes": ("--pid", "host"),
    "the machine's network": ("--network", "host"),
}


@pytest.mark.parametrize("options", TARGETS.values(), ids=TARGETS.keys())
@pytest.mark.parametrize(("way", "knows_inner"), [(Way.HOST, True), (Way.SIDECAR, True), (Way.SIDECAR, False)])
def test_strace_sees_the_calls_of_the_chosen_process(
    engine: Engine,
    run: Run,
    docker: Docker,
    box: str,
    tmp_path: Path,
    way: Way,
    options: Sequence[str],
    knows_inner: bool,
) -> None:
    script = "sleep 600 & while :; do cat /etc/the-chosen-one 2>/dev/null; sleep 0.1; done & exec sleep 601"
    container = run("sh", "-c", script, options=options)
    ground = ground_of(engine, container)
    reachable(ground, way)
    subject = other_process(engine, container, ground, f"sh -c {script}")
    if not knows_inner:
        subject = Subject(subject.pid, None)
    into = tmp_path / "calls.strace"
    save = BY_ID["strace-save"]
    made = recipe_plan(save, way, save.line, ground, subject, engine.docker, "t3st", str(into))
    assert isinstance(made, Plan), made
    with into.open("wb") as file, subprocess.Popen(made.argv, stdout=file, start_new_session=True) as tool:
        eventually(lambda: b"/etc/the-chosen-one" in into.read_bytes(), 20)
        tool.send_signal(signal.SIGINT)
        tool.wait(20)
    text = into.read_text(errors="replace")
    assert "sleep 600" not in text
    assert re.search(r"clone|fork", text)
    assert docker("diff", container).stdout == ""
    eventually(lambda: "strace" not in processes(docker, container))


@pytest.mark.parametrize("way", WAYS)
def test_ip_shows_the_addresses_of_the_target(engine: Engine, asker: str, run: Run, box: str, way: Way) -> None:
    container = run("sleep", "60", image=box)
    ground = ground_of(engine, container)
    reachable(ground, way)
    address = next(iter(ground.details["NetworkSettings"]["Networks"].values()))["IPAddress"]
    ip = BY_ID["ip-addr"]
    made = recipe_plan(ip, way, command_line(ip, ground), ground, Subject(1, 1), engine.docker, "t3st")
    assert isinstance(made, Plan)
    # Without a terminal, which a test has none of.
    argv = [word for word in made.argv if word != "-it"]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    assert address in done.stdout
    assert done.stdout.count(": eth") == 1


# Captures


@pytest.mark.parametrize("way", WAYS)
def test_a_capture_holds_the_request_that_was_made(
    engine: Engine, docker: Docker, asker: str, tmp_path: Path, way: Way
) -> None:
    before, ground = processes(docker, asker), ground_of(engine, asker)
    reachable(ground, way)
    into = tmp_path / "asked.pcap"
    recording = Recording(plan_of(engine, ground, way, into, "tcp port 8099"), Bounds(), alive(engine, ground))
    with running(recording) as came:
        eventually(lambda: b"the-one-asked-for" in into.read_bytes(), 20)
        # Whole at every moment, while it is being written.
        assert "GET /the-one-asked-for" in read_by_tcpdump(into)
        assert recording.last
        recording.stop()
    [recorded] = came
    assert recorded.end is End.STOPPED
    assert recorded.is_well
    assert recorded.bytes == into.stat().st_size
    assert into.stat().st_mode & 0o777 == 0o600
    assert len(re.findall(r"^\d\d:", read_by_tcpdump(into), re.MULTILINE)) == recorded.packets
    assert "tcpdump" not in before
    assert "tcpdump" not in processes(docker, asker)
    assert docker("diff", asker).stdout == ""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("bounds", "end"),
    [(Bounds(packets=7), End.PACKETS), (Bounds(bytes=900), End.BYTES), (Bounds(seconds=1.5), End.SECONDS)],
)
def test_a_capture_ends_at_its_bound(
    engine: Engine, asker: str, tmp_path: Path, way: Way, bounds: Bounds, end: End
) -> None:
    ground, into = ground_of(engine, asker), tmp_path / "bound.pcap"
    reachable(ground, way)
    recorded = Recording(plan_of(engine, ground, way, into), bounds, alive(engine, ground)).run()
    assert recorded.end is end
    assert recorded.is_well
    read_by_tcpdump(into)
    if bounds.packets:
        assert recorded.packets == bounds.packets
    if bounds.bytes:
        assert 0 < into.stat().st_size <= bounds.bytes


def test_what_was_sent_right_before_the_stop_is_in_it(
    engine: Engine, docker: Docker, run: Run, box: str, tmp_path: Path
) -> None:
    container = run("sleep", "60", image=box)
    ground, into = ground_of(engine, container), tmp_path / "late.pcap"
    recording = Recording(plan_of(engine, ground, Way.SIDECAR, into), Bounds(), alive(engine, ground))
    came: list[Recorded] = []
    worker = threading.Thread(target=lambda: came.append(recording.run()))
    worker.start()
    try:
        eventually(lambda: recording.began, 20)
        docker("exec", container, "sh", "-c", "wget -q -O - http://127.0.0.1:8098/ 2>&1; true")
    finally:
        recording.stop()
        worker.join(20)
    assert [one.end for one in came] == [End.STOPPED]
    assert "127.0.0.1.8098" in read_by_tcpdump(into)


def test_a_target_without_anything_in_it_is_captured_from_beside(
    engine: Engine, run: Run, docker: Docker, engine_url: str, box: str, tmp_path: Path
) -> None:
    toolbox.make(docker, engine_url, WITHOUT_SHELL, "tcpdump", shell=False)
    container = run("sh", "-c", ASKS, options=["--user", "1000", "--cap-drop", "ALL", "--network", "none"])
    for image in (box, WITHOUT_SHELL):
        ground, into = ground_of(engine, container, image), tmp_path / f"{image[:12]}-{len(image)}.pcap"
        made = plan_of(engine, ground, Way.SIDECAR, into)
        recording = Recording(made, Bounds(), alive(engine, ground))
        with running(recording) as came:
            recording.stop()
        assert came[0].end is End.STOPPED
        assert "127.0.0.1.8099" in read_by_tcpdump(into)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("word", ["kill", "restart"])
def test_the_containers_end_is_the_captures_end(
    engine: Engine, docker: Docker, asker: str, tmp_path: Path, way: Way, word: str
) -> None:
    ground, into = ground_of(engine, asker), tmp_path / "ended.pcap"
    reachable(ground, way)
    recording = Recording(plan_of(engine, ground, way, into), Bounds(), alive(engine, ground))
    with running(recording) as came:
        docker(word, *(("-t", "0") if word == "restart" else ()), asker)
    assert came[0].end in (End.TARGET, End.TOOL)
    assert came[0].path == str(into)
    assert "127.0.0.1.8099" in read_by_tcpdump(into)


@pytest.mark.parametrize("way", [Way.EXEC, Way.SIDECAR])
def test_a_killed_command_line_takes_tcpdump_along(
    engine: Engine, docker: Docker, asker: str, tmp_path: Path, way: Way
) -> None:
    ground, into = ground_of(engine, asker), tmp_path / "killed.pcap"
    made = plan_of(engine, ground, way, into)
    with running(Recording(made, Bounds(), alive(engine, ground))) as came:
        _kill_child(made.argv)
    assert came[0].end is End.TOOL
    assert came[0].path == str(into)
    read_by_tcpdump(into)
    eventually(lambda: "tcpdump" not in processes(docker, asker))


def _kill_child(argv: Sequence[str]) -> None:
    """Kill the child of ours that was started with these words, and no other."""
    [pid] = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _is_ours(int(entry.name), argv)
    ]
    os.kill(pid, signal.SIGKILL)


def _is_ours(pid: int, argv: Sequence[str]) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return False
    return words == list(argv) and parent == os.getpid()


def test_what_tcpdump_refuses_is_told_in_its_words_and_makes_no_file(
    engine: Engine, asker: str, tmp_path: Path
) -> None:
    ground, into = ground_of(engine, asker), tmp_path / "refused.pcap"
    made = plan_of(engine, ground, Way.SIDECAR, into, "tcp prt 80")
    recorded = Recording(made, Bounds(), alive(engine, ground)).run()
    assert not recorded.is_well
    assert "syntax error" in recorded.line
    assert not into.exists()


def test_a_file_is_never_overwritten(engine: Engine, asker: str, tmp_path: Path) -> None:
    ground, into = ground_of(engine, asker), tmp_path / "mine.pcap"
    into.symlink_to(tmp_path / "nowhere")
    with pytest.raises(EngineError, match="not overwritten"):
        Recording(plan_of(engine, ground, Way.SIDECAR, into), Bounds(), lambda: True)


def test_a_file_that_cannot_be_made_is_told(engine: Engine, asker: str) -> None:
    ground = ground_of(engine, asker)
    made = plan_of(engine, ground, Way.SIDECAR, Path("/nonexistent/x.pcap"))
    recorded = Recording(made, Bounds(), alive(engine, ground)).run()
    assert recorded.line == "nothing was captured: it could not be written: No such file or directory"
    assert not recorded.is_well


# The command


@pytest.fixture
def cdbg(engine_url: str, box: str, tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Starts `cdbg pcap`, in a directory and with settings of its own."""
    config = tmp_path / "config" / "cdbg"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f'toolbox = "{box}"\n')
    env = {**os.environ, "XDG_CONFIG_HOME": str(config.parent)}

    def start(*words: str, under: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*under, sys.executable, "-m", "cdbg_tui", "--host", engine_url, "pcap", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=env | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )

    return start


Start = Callable[..., "subprocess.Popen[bytes]"]


def test_pcap_ends_at_a_bound_and_says_how_to_open_it(cdbg: Start, asker: str, tmp_path: Path) -> None:
    for way in ("exec", "sidecar"):
        done = cdbg(asker, "--packets", "5", "-f", "tcp port 8099", "-o", f"{way}.pcap", "--by", way)
        _, said = done.communicate(timeout=30)
        assert done.returncode == 0, said
        assert said.decode().splitlines() == [
            f"cdbg: {said.decode().partition(': ')[2].splitlines()[0]}",
            f"wireshark -r {way}.pcap",
        ]
        assert b"5 packets" in said
        assert "8099" in read_by_tcpdump(tmp_path / f"{way}.pcap")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)]
)
@pytest.mark.parametrize("way", WAYS)
def test_whatever_ends_pcap_leaves_a_file_that_can_be_read_and_nothing_else(
    engine: Engine, docker: Docker, cdbg: Start, asker: str, tmp_path: Path, way: Way, number: int, status: int
) -> None:
    reachable(ground_of(engine, asker), way)
    into = tmp_path / "x.pcap"
    with cdbg(asker, "-o", str(into), "--by", way) as tool:
        eventually(lambda: into.exists() and into.stat().st_size > 500, 30)
        tool.send_signal(number)
        tool.communicate(timeout=30)
    assert tool.returncode == status
    assert "127.0.0.1.8099" in read_by_tcpdump(into)
    eventually(lambda: "tcpdump" not in processes(docker, asker))
    assert docker("diff", asker).stdout == ""


def test_a_full_disk_leaves_whole_packets(cdbg: Start, asker: str, tmp_path: Path) -> None:
    # As long as a file may be: what would be longer is written in part, and then fails.
    tool = cdbg(asker, "-o", "x.pcap", "--by", "exec", under=["prlimit", "--fsize=1001"])
    _, said = tool.communicate(timeout=30)
    assert tool.returncode == 1
    assert b"it could not be written: File too large" in said
    assert 100 < (tmp_path / "x.pcap").stat().st_size <= 1001
    assert "127.0.0.1.8099" in read_by_tcpdump(tmp_path / "x.pcap")


def test_pcap_streams_into_a_pipe_until_its_reader_ends(cdbg: Start, asker: str) -> None:
    with cdbg(asker, "-o", "-") as tool:
        with subprocess.Popen(
            ["tcpdump", "-nn", "-c", "3", "-r", "-"], stdin=tool.stdout, stdout=subprocess.PIPE
        ) as reader:
            assert tool.stdout is not None
            tool.stdout.close()
            text, _ = reader.communicate(timeout=30)
        tool.wait(30)
        assert tool.stderr is not None
        said = tool.stderr.read()
    assert text.count(b"127.0.0.1.8099") == 3
    assert tool.returncode == 0, said


def test_pcap_prints_its_command_and_runs_nothing(cdbg: Start, docker: Docker, asker: str, tmp_path: Path) -> None:
    before = docker("ps", "-aq").stdout
    tool = cdbg(asker, "--print", "--by", "sidecar", "-o", "x.pcap", "-f", "udp")
    out, _ = tool.communicate(timeout=30)
    assert tool.returncode == 0
    assert f"--network container:{asker[:12]}" in out.decode()
    assert out.decode().endswith("tcpdump -i any -n -U -B 16384 -w - -- udp > x.pcap\n")
    assert docker("ps", "-aq").stdout == before
    assert not (tmp_path / "x.pcap").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--bytes", "much"], "is no size"), (["--seconds", "x"], "is no time"), (["-f", "'"], "cannot be read")],
)
def test_pcap_refuses_what_it_does_not_understand(cdbg: Start, asker: str, words: list[str], said: str) -> None:
    tool = cdbg(asker, *words)
    _, complaint = tool.communicate(timeout=30)
    assert tool.returncode == 125
    assert said in complaint.decode()


def test_pcap_of_a_dead_one_is_a_sentence(cdbg: Start, run: Run) -> None:
    container = run("true", options=[f"--label={LABEL}=dead"])
    tool = cdbg(container)
    _, complaint = tool.communicate(timeout=30)
    assert tool.returncode == 125
    assert "does not run: it has no process to look at" in complaint.decode()
