"""Which files may tell why a container ended."""

from __future__ import annotations

import pytest

from cdbg_tui.model.file import File, FileKind
from cdbg_tui.model.reasons import candidates, reason, telling


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/srv/hs_err_pid12.log", "JVM fatal error log"),
        ("/core", "core file"),
        ("/tmp/core.1234", "core file"),
        ("/var/crash/core.java.77", "core file"),
        ("/app/vgcore.12", "core file"),
        ("/opt/a.dmp", "crash dump"),
        ("/app/java_pid1.hprof", "heap dump"),
        ("/app/erl_crash.dump", "Erlang crash dump"),
        ("/app/report.20261125.124800.1.0.001.json", "Node.js diagnostic report"),
        ("/root/.npm/_logs/2026-11-25T10_00_00_000Z-debug-0.log", "log of a failure"),
        ("/app/npm-debug.log", "log of a failure"),
        ("/srv/app.err", "error log"),
        ("/var/log/nginx/error.log", "error log"),
        ("/var/log/app/error.log.1", "error log"),
        ("/var/log/app.log", "log"),
        ("/usr/local/app/logs/today", "log"),
        ("/var/log/messages", "log"),
        ("/run/nginx.pid", "pid file"),
        ("/data/postmaster.lock", "lock file"),
        ("/data/.lock", "lock file"),
    ],
)
def test_a_file_that_looks_like_a_reason_says_which(path: str, word: str) -> None:
    found = reason(path)
    assert found is not None
    assert found.word == word


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/var/log/dpkg.log",
        "/var/log/apt/history.log",
        "/var/log/app.log.2.gz",
        "/app/node_modules/a/error.log",
        "/app/package-lock.json",
        "/app/yarn.lock",
        "/var/lib/dpkg/lock",
        "/usr/share/doc/core",
        "/app/core.py",
        "/app/errors.go",
        "/etc/.pwd.lock",
        "/var/log/wtmp",
    ],
)
def test_what_a_package_manager_writes_is_no_reason(path: str) -> None:
    assert reason(path) is None


def test_only_text_is_read_for_lines() -> None:
    paths = ("/var/log/app.log", "/srv/hs_err_pid1.log", "/core.12", "/run/a.pid")
    assert [path for path, why in candidates(paths).items() if why.is_text] == list(paths[:2])


def written(path: str, size: int, when: float, kind: FileKind = FileKind.REGULAR) -> tuple[str, File]:
    """Return what is known of a file."""
    return path, File(path, kind, size, uid=0, modified=when)


def test_the_likeliest_reason_comes_first() -> None:
    files = dict(
        [
            written("/a.log", 10, 100.0),
            written("/b.log", 10, 995.0),
            written("/old.err", 10, 100.0),
            written("/core.1", 10, 100.0),
            written("/empty.err", 0, 999.0),
            written("/run/a.pid", 0, 100.0),
            written("/logs/dir.log", 0, 999.0, FileKind.DIRECTORY),
        ]
    )
    found = candidates([*files, "/etc/hosts"])
    assert telling(found, files.get, 1000.0) == ["/core.1", "/b.log", "/old.err", "/a.log", "/run/a.pid"]
    assert telling(found, files.get, 1000.0, most=1) == ["/core.1"]


def test_what_is_not_known_yet_is_ranked_by_its_name() -> None:
    assert telling(candidates(["/a.log", "/core.1"]), lambda _: None) == ["/core.1", "/a.log"]
