"""Why a build failed, from its last words, and what to do: a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cdbg_tui.engine import pull
from cdbg_tui.model.packages import unlike_a_package

OFFLINE = "take the static toolbox, which needs no network"


@dataclass(frozen=True, slots=True)
class BuildFailure:
    """One reason: *what* went wrong and what to do about it, as a sentence goes on."""

    kind: str
    what: str
    advice: str
    static_helps: bool = True
    """Whether a toolbox that is copied in, and needs no packages, gets by it."""
    lacking: tuple[str, ...] = ()
    """The packages that are not to be had, where that is the reason."""


_MIRROR = BuildFailure(
    "mirror",
    "the mirrors do not have this system's packages any more: it may be past its end of life",
    f"name its archive in the Dockerfile; or {OFFLINE}",
)

_APK_LACKS = r"\((?:no such package|missing)\):(?!\s+required by: (?!world\[))"
"""A package that was asked for; where a package needs it, it is no use to take that one out of the list."""

# In order: the first whose words are there. A package manager that cannot reach its mirror goes on to say that
# it knows no such package.
_FAILURES = (
    (
        r"no space left on device|disk quota exceeded|not enough free space",
        BuildFailure(
            "disk",
            "the engine's disk is full",
            "docker system df shows by what, docker system prune frees",
            static_helps=False,
        ),
    ),
    (
        r"proxyconnect|proxy authentication required|could not resolve proxy|\b407\b.*proxy",
        BuildFailure(
            "proxy",
            "the proxy does not let it through to its packages",
            f"check the proxies of ~/.docker/config.json, which builds are given; or {OFFLINE}",
        ),
    ),
    (
        r"temporary failure (resolving|in name resolution)|could not resolve|couldn't resolve|bad address"
        r"|name or service not known|no such host|DNS:? .*(error|fail|transient)|DNS lookup|resolving timed out",
        BuildFailure(
            "no name",
            "the build cannot look its package mirror's name up, for want of a network or of DNS",
            OFFLINE,
        ),
    ),
    (
        r"NO_PUBKEY|gpg error|bad signature|untrusted signature|gpg check failed|invalid or corrupted.*signature"
        r"|signature verification failed|missing required signature|enabled checking of packages via GPG keys",
        BuildFailure(
            "signature", "the packages' signatures cannot be verified", f"bring their key along; or {OFFLINE}"
        ),
    ),
    (
        r"does not have a release file|release file .* (expired|not valid)|404 +not found|status code: 404"
        r"|returned error: 404|valid metadata not found|is no longer available|end[- ]of[- ]life"
        r"|remote server returned error|package mentioned in index not found|fetching \S+: no such file",
        _MIRROR,
    ),
    (
        r"x509|certificate|ssl (error|connect|ca cert)|tls: ",
        BuildFailure(
            "tls",
            "there is no safe connection to the package mirror",
            f"COPY its CA into the image by the Dockerfile; or {OFFLINE}",
        ),
    ),
    (
        r"connection refused|connection reset|could not connect|failed (to )?connect|unable to connect"
        r"|network is unreachable|no route to host|timed? ?out|network error|temporary error \(try again"
        r"|curl error|cannot download|failed to fetch|cannot initiate the connection|host is unreachable"
        r"|network connection aborted",
        BuildFailure("no network", "the build cannot reach its package mirror", OFFLINE),
    ),
    # dnf says so, too, where it could not reach the list of mirrors.
    (r"no urls in mirrorlist|could not retrieve mirrorlist|cannot find a valid baseurl", _MIRROR),
    (
        rf"unable to locate package|{_APK_LACKS}|no match for argument"
        r"|unable to find a match|no package .* available|has no installation candidate|target not found"
        r"|no provider of|nothing to do|error: no package matches"
        r"|could not find a repo which provides|(version|release) '.*' for '.*' was not found",
        BuildFailure(
            "package",
            "one of the packages is in none of its repositories",
            f"take it out of the list, or edit the Dockerfile; or {OFFLINE}",
        ),
    ),
    (
        r"unmet dependencies|held broken packages|resolve generated breaks|conflicting requests|nothing provides"
        r"|conflicts with|conflicting dependencies|could not satisfy dependencies|package conflicts detected"
        r"|unable to select packages|unsatisfiable constraints",
        BuildFailure(
            "conflict",
            "its packages do not go together with what is installed, or lack one that they need",
            f"take fewer of them, or edit the Dockerfile; or {OFFLINE}",
        ),
    ),
    (
        r"are you root|superuser privileges|must be run (as|with) root|permission denied|read-only file system"
        r"|operation not permitted",
        BuildFailure(
            "rights",
            "a command of the build may not do what it wants",
            f"USER 0 before it makes it root; or {OFFLINE}",
        ),
    ),
    (
        r"exec format error|does not match the (specified|detected) .*platform",
        BuildFailure(
            "platform",
            "a program of the image is for another processor than the engine's",
            "choose an image that is for this one",
            static_helps=False,
        ),
    ),
    (
        r'exec: "?[^"]*"?: (stat .*)?(no such file|executable file not found|not found in)'
        r"|: not found\n.*non-zero code: 127",
        BuildFailure("no program", "the image has not got a program that the build runs", OFFLINE),
    ),
    (
        r"unknown instruction|dockerfile parse error|failed to parse|requires at least|file with no instructions",
        BuildFailure(
            "dockerfile", "the Dockerfile cannot be read", "mend the line that it names", static_helps=False
        ),
    ),
)
_CODE = re.compile(r"returned a non-zero code: (\d+)")
_LACKING = re.compile(
    r"unable to locate package (\S+)"
    r"|package '?([^\s']+)'? has no installation candidate"
    r"|version '(?P<version>[^\s']+)' for '(?P<pinned>[^\s']+)' was not found"
    rf"|^\s*(\S+) {_APK_LACKS}"
    r"|no match for argument: (\S+)"
    r"|no package (\S+) available"
    r"|error: no package matches '([^\s']+)'"
    r"|no provider of '([^\s']+)' found"
    r"|target not found: (\S+)",
    re.IGNORECASE | re.MULTILINE,
)
"""A package that is not there, in the words of each package manager."""
_MOST_NAMED = 8
_NO_IMAGE = re.compile(r"^(pull access denied|manifest|invalid|Error response from daemon)", re.MULTILINE)


def why(said: str) -> BuildFailure | None:
    """Return why a build failed, by what ``docker build`` wrote; None where that is not known."""
    words = said if _CODE.search(said) else said[-1000:]
    if not _CODE.search(said) and _NO_IMAGE.search(words) and (failure := pull.why(words)):
        # It did not get as far as running anything: FROM or COPY names an image that is not here.
        what = f"an image that it names is not here, and {failure.what}"
        return BuildFailure(failure.kind, what, failure.advice, static_helps=False)
    for pattern, known in _FAILURES:
        if re.search(pattern, words, re.IGNORECASE):
            return _naming(known, words) if known.kind == "package" else known
    if code := _CODE.search(said):
        return BuildFailure(
            "command", f"a command of the build ended with {code[1]}", f"edit the Dockerfile; or {OFFLINE}"
        )
    return None


def _naming(known: BuildFailure, words: str) -> BuildFailure:
    """Return *known* with the packages that are said not to be there."""
    found = dict.fromkeys(
        f"{one['pinned']}={one['version']}" if one["pinned"] else next(filter(None, one.groups()))
        for one in _LACKING.finditer(words)
    )
    lacking = tuple(name for name in found if not unlike_a_package([name]))
    if not lacking:
        return known
    if len(lacking) == 1:
        return replace(known, what=f"the package {lacking[0]} is in none of its repositories", lacking=lacking)
    more = len(lacking) - _MOST_NAMED
    named = " ".join(lacking[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    what = f"these packages are in none of its repositories: {named}"
    advice = known.advice.replace("take it out", "take them out")
    return replace(known, what=what, advice=advice, lacking=lacking)
