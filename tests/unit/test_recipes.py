"""Which way a tool goes to a process or a network, the command line that it is, and why there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdbg_tui.engine.tools import Ground
from cdbg_tui.sessions.capture import capture_plan, to_bytes, to_seconds
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.recipes import (
    CAPTURE,
    RECIPES,
    TOOLS,
    Recipe,
    Subject,
    Way,
    command_line,
    main_process,
    recipe_plan,
    ways,
)

ID = "0123456789ab" + "c" * 52
SHORT = ID[:12]
BY_ID = {recipe.id: recipe for recipe in RECIPES}
EVERYTHING = frozenset({*TOOLS, "sh", "cat", "nsenter"})


def docker(*words: str) -> tuple[str, ...]:
    return ("docker", *words)


def details(**host: Any) -> dict[str, Any]:
    return {
        "Id": ID,
        "Name": "/web",
        "Created": "2026-01-01T00:00:00Z",
        "Config": {"Image": "web:1", "ExposedPorts": {"8080/tcp": {}, "53/udp": {}}},
        "State": {"Status": "running", "Running": True, "Pid": 4711, "StartedAt": "2026-01-01T00:00:01Z"},
        "HostConfig": host,
    }


GROUND = Ground(
    details(),
    here=EVERYTHING,
    is_local=True,
    is_root=True,
    own=EVERYTHING,
    toolbox="box",
    images={"box": EVERYTHING},
    nameserver="127.0.0.11",
)
ELSEWHERE = replace(GROUND, is_local=False)
BARE = replace(ELSEWHERE, own=frozenset())
WORKER = Subject(4800, 7, "S", "/usr/bin/worker --fast")


def argv(recipe: Recipe, way: Way, ground: Ground, subject: Subject, into: str = "") -> tuple[str, ...]:
    made = recipe_plan(recipe, way, command_line(recipe, ground), ground, subject, docker, "abcd", into)
    assert isinstance(made, Plan), made
    return made.argv


def first(recipe: Recipe, ground: Ground, subject: Subject = WORKER) -> Way | None:
    return next((way for way, why in ways(recipe, ground, subject).items() if not why), None)


def test_the_least_that_works_comes_first() -> None:
    strace, ip = BY_ID["strace"], BY_ID["ip-addr"]
    assert first(strace, GROUND) is Way.HOST
    assert first(strace, ELSEWHERE) is Way.SIDECAR  # root in it may not trace
    # A tracer inside would stay if its command line were killed; a sidecar is removed.
    able = replace(ELSEWHERE, details=details(CapAdd=["SYS_PTRACE"]))
    assert first(strace, able) is Way.SIDECAR
    assert first(strace, replace(able, images={})) is Way.EXEC
    assert first(strace, replace(ELSEWHERE, details=details(Privileged=True), images={})) is Way.EXEC
    assert first(BY_ID["strace-save"], able) is Way.EXEC  # it ends with its standard input
    assert first(ip, ELSEWHERE) is Way.EXEC
    assert first(ip, BARE) is Way.SIDECAR


@pytest.mark.parametrize(
    ("ground", "way", "why"),
    [
        (ELSEWHERE, Way.HOST, "another machine runs it"),
        (replace(GROUND, here=frozenset()), Way.HOST, "this machine has no ss: install it here"),
        (replace(GROUND, here=frozenset({"ss"})), Way.HOST, "this machine has no nsenter: install it here"),
        (replace(GROUND, is_root=False), Way.HOST, "only root may: start cdbg with sudo"),
        (BARE, Way.EXEC, "it has no ss"),
        (GROUND, Way.EXEC, "root in it has no SYS_PTRACE"),
        (replace(GROUND, images={}), Way.SIDECAR, "box is not on this engine: docker pull it"),
        (replace(GROUND, images={"box": frozenset({"sh"})}), Way.SIDECAR, "box has no ss"),
    ],
)
def test_what_is_not_to_be_had_says_why(ground: Ground, way: Way, why: str) -> None:
    assert ways(BY_ID["ss"], ground, WORKER)[way] == why
    made = recipe_plan(BY_ID["ss"], way, "ss", ground, WORKER, docker, "abcd")
    assert made == Refusal(f"ss by {way}: {why}.")


def test_a_paused_one_is_not_entered_but_looked_at() -> None:
    paused = details()
    paused["State"]["Status"] = "paused"
    found = ways(BY_ID["ip-addr"], replace(GROUND, details=paused), WORKER)
    assert found == {Way.HOST: "", Way.EXEC: "it is paused: nothing can be started in it", Way.SIDECAR: ""}


@pytest.mark.parametrize("state", ["Z", "X"])
def test_of_what_has_ended_only_the_network_is_left(state: str) -> None:
    ended = replace(WORKER, state=state)
    assert set(ways(BY_ID["strace"], GROUND, ended).values()) == {"it has ended: there is nothing left to look at"}
    assert first(BY_ID["ss"], GROUND, ended) is Way.HOST


@pytest.mark.parametrize("status", ["exited", "created", "restarting", "dead", "removing"])
def test_a_dead_container_is_a_sentence(status: str) -> None:
    dead = details()
    dead["State"] = {"Status": status, "Pid": 0}
    ground = replace(GROUND, details=dead)
    made = recipe_plan(BY_ID["ss"], Way.HOST, "ss", ground, WORKER, docker, "abcd")
    assert isinstance(made, Refusal)
    assert made.sentence.startswith("web ")
    assert isinstance(capture_plan(ground, docker, way=None, suffix="abcd", into="x"), Refusal)


def test_on_this_machine_the_process_goes_by_its_number_and_the_network_by_nsenter() -> None:
    assert argv(BY_ID["strace"], Way.HOST, GROUND, WORKER) == ("strace", "-f", "-p", "4800")
    assert argv(BY_ID["gdb"], Way.HOST, GROUND, WORKER)[2:4] == ("-iex", "set sysroot /proc/4800/root")
    assert argv(BY_ID["ss"], Way.HOST, GROUND, WORKER) == (
        "nsenter", "--target", "4711", "--net", "--", "ss", "-tunap",
    )  # fmt: skip


def test_in_the_container_it_goes_by_the_number_inside() -> None:
    ground = replace(ELSEWHERE, details=details(CapAdd=["CAP_SYS_PTRACE"]))
    words = argv(BY_ID["strace"], Way.EXEC, ground, WORKER)
    assert words[:3] == ("docker", "exec", "-it")
    assert words[-5:] == (SHORT, "strace", "-f", "-p", "7")
    assert words[words.index("--user") + 1] == "0"


def test_a_sidecar_has_what_the_tool_needs_and_no_more() -> None:
    words = argv(BY_ID["strace"], Way.SIDECAR, BARE, WORKER)
    assert words[-6:] == ("--entrypoint", "strace", "box", "-f", "-p", "7")
    assert [words[i + 1] for i, word in enumerate(words) if word == "--cap-add"] == ["SYS_PTRACE"]
    assert words[words.index("--pid") + 1] == f"container:{SHORT}"
    words = argv(BY_ID["ip-addr"], Way.SIDECAR, BARE, WORKER)
    assert words[words.index("--network") + 1] == f"container:{SHORT}"
    assert not {"--pid", "--cap-add", "--user"} & set(words)


def test_a_number_that_only_the_machine_knows_is_used_on_the_machine() -> None:
    words = argv(BY_ID["strace"], Way.SIDECAR, BARE, replace(WORKER, inner=None))
    assert words[words.index("--pid") + 1] == "host"
    assert words[words.index("--userns") + 1] == "host"
    assert words[-1] == "4800"


@pytest.mark.parametrize(("mode", "inner"), [("", 1), ("host", 4711), ("container:other", None)])
def test_the_main_process_has_another_number_in_another_namespace(mode: str, inner: int | None) -> None:
    assert main_process(details(PidMode=mode)) == Subject(4711, inner)


def test_a_sidecar_is_confined_as_its_target_is() -> None:
    confined = details() | {"AppArmorProfile": "own-profile"}
    words = argv(BY_ID["strace"], Way.SIDECAR, replace(BARE, details=confined), WORKER)
    assert words[words.index("--security-opt") + 1] == "apparmor=unconfined"


def test_the_line_knows_the_container() -> None:
    assert command_line(BY_ID["dig"], GROUND) == "dig @127.0.0.11 web"
    assert command_line(BY_ID["dig"], replace(GROUND, nameserver="")) == "dig web"
    assert command_line(BY_ID["curl"], GROUND) == "curl -sv -m 10 http://localhost:8080/"


def test_the_line_is_words_and_never_a_shell() -> None:
    made = recipe_plan(BY_ID["ss"], Way.HOST, "ss -t '; rm -rf /' $(id)", GROUND, WORKER, docker, "abcd")
    assert isinstance(made, Plan)
    assert made.argv[-4:] == ("ss", "-t", "; rm -rf /", "$(id)")
    for line in ("ss 'open", "", "   "):
        assert isinstance(recipe_plan(BY_ID["ss"], Way.HOST, line, GROUND, WORKER, docker, "abcd"), Refusal)


def test_output_to_a_file_has_no_terminal_in_between() -> None:
    save = BY_ID["strace-save"]
    for way, ground in ((Way.HOST, GROUND), (Way.SIDECAR, BARE)):
        made = recipe_plan(save, way, save.line, ground, WORKER, docker, "abcd", "a b.strace")
        assert isinstance(made, Plan)
        assert not {"-t", "-it"} & set(made.argv[:4])
        assert made.commands().endswith("> 'a b.strace'")
    assert isinstance(recipe_plan(save, Way.HOST, save.line, GROUND, WORKER, docker, "abcd", " "), Refusal)


def test_a_capture_is_streamed_and_ends_with_its_standard_input() -> None:
    made = capture_plan(
        GROUND, docker, way=None, suffix="abcd", into="x.pcap", expression="tcp port 80", packets=5
    )
    assert isinstance(made, Plan)
    assert made.argv[:5] == ("nsenter", "--target", "4711", "--net", "--")
    assert made.argv[-6:] == ("-c", "5", "--", "tcp", "port", "80")
    for way in (Way.EXEC, Way.SIDECAR):
        made = capture_plan(ELSEWHERE, docker, way=way, suffix="abcd", into="x.pcap")
        assert isinstance(made, Plan)
        assert "-i" in made.argv
        assert "-it" not in made.argv
        assert any("kill -INT $$" in word for word in made.argv)
        assert bool(made.cleanup) == (way is Way.SIDECAR)
    without_shell = replace(BARE, images={"box": frozenset({"tcpdump"})})
    made = capture_plan(without_shell, docker, way=None, suffix="abcd", into="x.pcap")
    assert isinstance(made, Plan)
    assert made.argv[made.argv.index("--entrypoint") + 1] == "tcpdump"


def test_a_capture_inside_needs_raw_sockets_and_a_shell() -> None:
    subject = main_process(GROUND.details)
    assert ways(CAPTURE, ELSEWHERE, subject)[Way.EXEC] == ""
    dropped = replace(ELSEWHERE, details=details(CapDrop=["ALL"]))
    assert ways(CAPTURE, dropped, subject)[Way.EXEC] == "root in it has no NET_RAW"
    bare = replace(ELSEWHERE, own=frozenset({"tcpdump"}))
    assert ways(CAPTURE, bare, subject)[Way.EXEC] == "it has no shell to end it by"
    nothing = replace(BARE, images={})
    made = capture_plan(nothing, docker, way=None, suffix="abcd", into="x.pcap")
    assert isinstance(made, Refusal)
    assert "another machine runs it" in made.sentence
    assert "it has no tcpdump" in made.sentence
    assert "docker pull" in made.sentence


def test_a_filter_is_words_after_the_options() -> None:
    made = capture_plan(GROUND, docker, way=Way.HOST, suffix="abcd", into="x", expression="-w /etc/passwd")
    assert isinstance(made, Plan)
    assert made.argv[-3:] == ("--", "-w", "/etc/passwd")
    assert isinstance(capture_plan(GROUND, docker, way=None, suffix="a", into="x", expression="'"), Refusal)


@pytest.mark.parametrize(
    ("words", "count"), [("", 0), ("0", 0), ("500", 500), ("10k", 10240), ("1.5M", 1572864), ("1GiB", 1 << 30)]
)
def test_sizes(words: str, count: int) -> None:
    assert to_bytes(words) == count


@pytest.mark.parametrize(("words", "seconds"), [("", 0), ("90", 90), ("1.5s", 1.5), ("5m", 300), ("2h", 7200)])
def test_times(words: str, seconds: float) -> None:
    assert to_seconds(words) == seconds


@pytest.mark.parametrize("words", ["x", "-1", "3q", "1 2", "٣", "1e9", "nan"])
def test_what_is_no_size_or_time(words: str) -> None:
    for read in (to_bytes, to_seconds):
        with pytest.raises(ValueError, match="is no"):
            read(words)
