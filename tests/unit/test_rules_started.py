"""What never started, or could not run its program: the engine's words, the runtime's, and the cause."""

# ruff: noqa: E501 - lines stand as engines write them

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdbg_tui.model.container import from_list
from cdbg_tui.model.finding import Certainty
from cdbg_tui.model.program import Program
from cdbg_tui.triage.evidence import Evidence, Layer
from tests.unit.seen import NOW, causes, evidence, findings, found

FRAMES = (
    "{}",
    "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {}: unknown",
    "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: error during container init: {}",
    "OCI runtime create failed: container_linux.go:380: starting container process caused: {}: unknown",
)


def created(error: str, code: int = 127, **more: Any) -> Evidence:
    return evidence("created", code, Error=error, **more)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ('exec: "/srv/api": stat /srv/api: no such file or directory', "entrypoint-missing"),
        ('exec: "java": executable file not found in $PATH', "entrypoint-missing"),
        ('exec: "/srv/start.sh": permission denied', "not-executable"),
        ('exec: "/srv": is a directory', "not-executable"),
        ("unable to find user deploy: no matching entries in passwd file", "user-not-found"),
        ("unable to find group ops: no matching entries in group file", "user-not-found"),
        (
            'error gathering device information while adding custom device "/dev/video3": no such file or directory',
            "device-missing",
        ),
        ('could not select device driver "" with capabilities: [[gpu]]', "device-missing"),
        (
            'error mounting "/srv/app.yml" to rootfs at "/etc/app.yml": mount src=/srv/app.yml: not a directory: '
            "Are you trying to mount a directory onto a file (or vice-versa)?",
            "mount-type-mismatch",
        ),
        ("network backend not found", "network-missing"),
        ("cannot join network namespace of a non running container: container vpn is exited", "network-missing"),
        ("Cannot link to a non running container: /db AS /web/db", "dead-dependency"),
        ("bind source path does not exist: /srv/secrets", "missing-file-or-dir"),
        ("container init was OOM-killed (memory limit too low?)", "oom-killed"),
        ("mkdir /var/lib/docker/x: no space left on device", "disk-full"),
        ("failed to set up container networking: Address already in use", "start-failed"),
        ("something that no table knows", "start-failed"),
    ],
)
def test_the_engines_words_are_understood_whatever_frames_them(frame: str, words: str, cause: str) -> None:
    seen = created(frame.format(words))
    assert causes(seen)[0] == cause
    assert words in findings(seen)[0].proof[0].text
    assert "never run" in findings(seen)[0].explanation


def test_the_name_that_is_missing_is_told() -> None:
    assert (
        "/dev/video3"
        in findings(created('custom device "/dev/video3": error gathering device information'))[0].title
    )
    assert "deploy" in findings(created("unable to find user deploy: no matching entries"))[0].title
    assert "java" in findings(created('exec: "java": executable file not found in $PATH'))[0].title


MOUNT = {"Mounts": [{"Type": "bind", "Source": "/home/me/src", "Destination": "/app", "RW": True}]}


def image(*cmd: str, entry: tuple[str, ...] = (), machine: str = "amd64") -> dict[str, Any]:
    return {"Config": {"Cmd": list(cmd), "Entrypoint": list(entry)}, "Architecture": machine}


def test_a_mount_hides_the_program_that_the_image_has() -> None:
    error = 'exec: "/app/run": stat /app/run: no such file or directory'
    own = created(error, details=MOUNT, fields={"image": image("/app/run")})
    assert causes(own)[0] == "mount-hides-files"
    assert "/home/me/src" in findings(own)[0].explanation
    # Without the mount, or where the user named the program, it is simply not there.
    assert causes(created(error, fields={"image": image("/app/run")}))[0] == "entrypoint-missing"
    assert causes(created(error, details=MOUNT, fields={"image": image("/app/serve")}))[0] == "entrypoint-missing"


@pytest.mark.parametrize(
    ("cmd", "line"),
    [
        (
            ("python", "/app/main.py"),
            "python: can't open file '/app/main.py': [Errno 2] No such file or directory",
        ),
        (("node", "server.js"), "Error: Cannot find module '/app/server.js'"),
        (("java", "-jar", "/app/shop.jar"), "Error: Unable to access jarfile /app/shop.jar"),
        (("sh", "-c", "/app/start --now"), "sh: 1: /app/start: not found"),
        (("php", "/app/worker.php"), "Could not open input file: /app/worker.php"),
    ],
)
def test_a_mount_hides_the_script_that_the_image_runs(cmd: tuple[str, ...], line: str) -> None:
    seen = evidence("exited", 1, line, config={"WorkingDir": "/app"}, details=MOUNT, fields={"image": image(*cmd)})
    assert causes(seen)[0] == "mount-hides-files"
    assert line in [proof.text for proof in findings(seen)[0].proof]
    elsewhere = replace(seen, details={**seen.details, "Mounts": []})
    assert "mount-hides-files" not in causes(elsewhere)


SCRIPT = Program("/srv/start", interpreter="/bin/bash", interpreter_exists=False, is_script=True)


@pytest.mark.parametrize("code", [1, 255])
@pytest.mark.parametrize(
    ("line", "program", "cause", "told"),
    [
        (
            "exec /srv/start: exec format error",
            Program("/srv/start", is_text=True),
            "exec-format-error",
            "#!/bin/sh",
        ),
        ("exec /srv/start: exec format error", Program("/srv/start", machine="arm64"), "wrong-arch", "arm64"),
        ("exec /srv/start: no such file or directory", SCRIPT, "entrypoint-missing", "/bin/bash"),
        (
            "exec /srv/start: no such file or directory",
            replace(SCRIPT, interpreter="/bin/sh\r", has_crlf=True),
            "entrypoint-missing",
            "Windows",
        ),
        (
            "exec /srv/start: no such file or directory",
            Program(
                "/srv/start", machine="amd64", interpreter="/lib/ld-musl-x86_64.so.1", interpreter_exists=False
            ),
            "entrypoint-missing",
            "loader /lib/ld-musl",
        ),
        (
            "standard_init_linux.go:228: exec user process caused: exec format error",
            Program("/srv/start", machine="arm"),
            "wrong-arch",
            "arm",
        ),
        ("exec /srv/start: permission denied", Program("/srv/start", executable=False), "not-executable", "x bit"),
    ],
)
def test_a_runtime_that_failed_in_the_container_is_told_by_its_log(
    code: int, line: str, program: Program, cause: str, told: str
) -> None:
    seen = evidence("exited", code, line, fields={"program": program, "machine": "amd64"})
    verdict = findings(seen)[0]
    assert (verdict.cause, verdict.certainty) == (cause, Certainty.CERTAIN)
    assert told in f"{verdict.title} {verdict.explanation}"
    assert line in [proof.text for proof in verdict.proof]


def test_an_image_for_another_processor() -> None:
    fields = {"program": Program("/bin/sh", machine="amd64"), "machine": "amd64", "image": image(machine="arm64")}
    seen = evidence("exited", 1, "exec /bin/sh: exec format error", fields=fields)
    assert "built for arm64" in findings(seen)[0].explanation


def test_a_program_that_calls_one_for_another_machine() -> None:
    seen = evidence("exited", 126, "/srv/run: line 3: /srv/tool: cannot execute binary file: Exec format error")
    assert causes(seen)[0] == "exec-format-error"


def test_words_of_the_program_itself_are_no_runtimes() -> None:
    assert "exec-format-error" not in causes(
        evidence("exited", 1, "reading plugin: exec format error ignored", "bad row")
    )
    assert "entrypoint-missing" not in causes(evidence("exited", 3, "exec /x: no such file or directory"))


def test_whose_network_it_shares_is_named() -> None:
    row = {"Id": "cd" * 32, "Names": ["/vpn"], "State": "exited", "Status": "Exited (0) 1 hour ago"}
    error = "cannot join network of a non running container: " + "cd" * 32
    seen = created(
        error, 128, host={"NetworkMode": "container:" + "cd" * 32}, fields={"neighbours": (from_list(row, NOW),)}
    )
    assert "vpn, which is exited" in found(seen, "network-missing").explanation
    gone = created(error, 128, host={"NetworkMode": "container:" + "cd" * 32}, fields={"neighbours": ()})
    assert "is gone" in found(gone, "network-missing").explanation


def test_a_network_that_is_gone_comes_with_the_command_that_makes_it() -> None:
    seen = created("network 83f1c3a not found", 128, host={"NetworkMode": "backend"})
    assert found(seen, "network-missing").next[0].command == ("docker", "network", "create", "backend")


def test_a_mount_over_the_program_hides_what_the_image_installed_beside_it() -> None:
    line = "Error: Cannot find module 'express'"
    layers = (Layer("RUN /bin/sh -c npm ci --omit=dev # buildkit", 30 << 20),)
    where: dict[str, Any] = {"config": {"WorkingDir": "/app"}, "details": MOUNT}
    seen = evidence("exited", 1, line, **where, fields={"layers": layers})
    assert causes(seen)[0] == "mount-hides-files"
    assert "/home/me/src" in findings(seen)[0].explanation
    assert causes(evidence("exited", 1, line, **where))[0] == "missing-file-or-dir"
    assert causes(evidence("exited", 1, line, fields={"layers": layers}))[0] == "missing-file-or-dir"
