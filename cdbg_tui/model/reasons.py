"""Which files may tell why a program ended: their names, how much each kind tells, and when they were written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cdbg_tui.model.file import File, FileKind, is_known

NEAR_SECONDS = 60.0
"""What was written so shortly before the end is more likely to be about it."""
_AFTER_SECONDS = 5.0
"""The clock of files is coarser than the engine's."""
_NEARNESS = 2
"""By how many ranks that counts."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a file may tell something."""

    word: str
    rank: int
    """Less is more."""
    is_text: bool = True
    is_telling_empty: bool = False
    """Whether it is there says it, not what is in it."""


_CORE = Reason("core file", 0, is_text=False)
_DUMP = Reason("crash dump", 0, is_text=False)
_LOG = Reason("log", 4)
_NAMES: tuple[tuple[str, Reason], ...] = (
    (r"hs_err_pid.*\.log", Reason("JVM fatal error log", 0)),
    (r"javacore\..*\.txt", Reason("JVM thread dump", 1)),
    (r".*\.hprof|heapdump\..*\.phd|.*\.heapsnapshot", Reason("heap dump", 1, is_text=False)),
    (r"core(?:\.\d+)?|core\.[\w.:-]+\.\d+|(?:vg)?core\.\d+|coredump\.\d+|.*\.core", _CORE),
    (r".*\.(?:dmp|mdmp|stackdump)|core_\d+\.dmp", _DUMP),
    (r"erl_crash\.dump", Reason("Erlang crash dump", 0)),
    (r"report\.\d{8}\.\d{6}\.\d+\.\d+\.\d+\.json", Reason("Node.js diagnostic report", 0)),
    (
        r".*\.crash|(?:crash|panic|fatal)(?:[._-].*)?\.(?:log|txt|json|out)|(?:crash|panic|fatal)",
        Reason("crash report", 0),
    ),
    (r"(?:npm|yarn|pnpm|lerna)-(?:debug|error)\.log.*|.*-debug-\d+\.log", Reason("log of a failure", 2)),
    (
        r".*\.(?:err|stderr)(?:[.-]\d+)?|stderr.*|errors?(?:[._-].*)?|.*[._-]errors?(?:[._-](?:log|txt|out))?",
        Reason("error log", 2),
    ),
    (r".*\.(?:trc|trace)(?:[.-]\d+)?", Reason("trace", 3)),
    (r".*\.(?:log|out)(?:[.-]\d+)?|.*log|(?:crash|fatal).*|nohup\.out", _LOG),
    (r".*\.pid", Reason("pid file", 6, is_text=False, is_telling_empty=True)),
    (
        r".*\.(?:lock|lck)|\.?lock|LCK\.\..*|\.[\w.-]+\.lock|.*-lock",
        Reason("lock file", 6, is_text=False, is_telling_empty=True),
    ),
)
_NAMED = tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in _NAMES)
_LOG_FOLDER = re.compile(r"/(?:logs?|crash(?:es)?|errors?)/", re.IGNORECASE)
_NOT_LOGS = re.compile(
    r"""
    \.(?:gz|xz|zip|bz2|zst|lz4|so|pyc?|m?js|ts|rb|go|java|class|h|c|html?|css|md|mo|svg|png|jpe?g)$
    | \.(?:conf|cfg|ya?ml|db|sqlite\d?)$
    | ^/(?:usr|lib|lib64|bin|sbin)/(?!local/.*/logs?/)          # what packages bring
    | ^/var/(?:cache|lib/(?:dpkg|apt|rpm|apk|dnf|yum|pacman|systemd|pam))/
    | ^/var/log/(?:apt|unattended-upgrades|installer)/
    | ^/var/log/(?:dpkg|alternatives|bootstrap|fontconfig|yum|dnf.*|hawkey|pacman|apk)(?:\.log)?(?:[.-]\d+)?$
    | ^/var/log/(?:faillog|lastlog|tallylog|[bw]tmp)(?:[.-]\d+)?$
    | /(?:node_modules|site-packages|dist-packages|\.git|_cacache|__pycache__|gems)/
    | ^/(?:proc|sys|dev)/
    | /(?:package-lock\.json|(?:yarn|poetry|cargo|gemfile|composer|pdm|uv|flake|pipfile|bun)\.lock)$
    | /\.pwd\.lock$ | /changelog$ | /catalog$ | /blog$ | /dialog$
    """,
    re.VERBOSE | re.IGNORECASE,
)


def reason(path: str) -> Reason | None:
    """Return why a file of this path may tell why a program ended; None where nothing speaks for it."""
    if _NOT_LOGS.search(path):
        return None
    name = path.rpartition("/")[2]
    for pattern, found in _NAMED:
        if pattern.fullmatch(name):
            return found
    return _LOG if _LOG_FOLDER.search(path) else None


def candidates(paths: Iterable[str]) -> dict[str, Reason]:
    """Return those of *paths* that may tell something, and why."""
    return {path: why for path in paths if (why := reason(path)) is not None}


def telling(
    found: Mapping[str, Reason], known: Callable[[str], File | None], ended: float | None = None, *, most: int = 5
) -> list[str]:
    """Return those of the paths that were *found* that most likely tell why a container ended, likeliest first.

    What is *known* of a file counts: an empty log tells nothing, and one that was written within the last
    minute before it *ended* tells more.
    """
    ranks = []
    for path, why in found.items():
        rank, when = why.rank, 0.0
        file = known(path)
        if file is not None and is_known(file):
            if file.kind is not FileKind.REGULAR or not (file.size or why.is_telling_empty):
                continue
            when = file.modified
            if ended is not None and -_AFTER_SECONDS <= ended - when <= NEAR_SECONDS:
                rank -= _NEARNESS
        ranks.append((rank, -when, path))
    return [path for _, _, path in sorted(ranks)[:most]]
