"""Which host could not be reached, and how: read out of log lines in the words of any runtime.

Three tables do the work: what failed connections are called, where the address stands in the sentences
that are widely known, and what an address looks like anywhere else. The lines are hostile: each is looked
at near its complaint only, and every repeat is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cdbg_tui.triage.evidence import Line


class Kind(StrEnum):
    """How a host was not reached."""

    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    FAILED = "failed"
    """The line does not say how: it waits for somebody, or could not connect."""


@dataclass(frozen=True, slots=True)
class Unreached:
    """A host that could not be reached; *host* is empty where the lines name none."""

    kind: Kind
    host: str
    port: int | None
    line: Line
    sure: bool = True
    """Whether the line speaks of a host for certain: one also waits for jobs, and resolves modules."""


COMPLAINTS: tuple[tuple[Kind, str], ...] = (
    # getaddrinfo(3) of glibc and of musl, and of the BSDs
    (Kind.UNRESOLVED, "name or service not known"),
    (Kind.UNRESOLVED, "temporary failure in name resolution"),
    (Kind.UNRESOLVED, "no address associated with"),
    (Kind.UNRESOLVED, "name does not resolve"),
    (Kind.UNRESOLVED, "nodename nor servname"),
    (Kind.UNRESOLVED, "name has no usable address"),
    (Kind.UNRESOLVED, "non-recoverable failure in name resolution"),
    (Kind.UNRESOLVED, "failed to lookup address"),  # Rust
    (Kind.UNRESOLVED, "no such host"),  # Go, .NET
    (Kind.UNRESOLVED, "on 127.0.0.11:53"),  # Go, of Docker's own name server
    (Kind.UNRESOLVED, "enotfound"),  # Node
    (Kind.UNRESOLVED, "eai_again"),
    (Kind.UNRESOLVED, "eai_noname"),
    (Kind.UNRESOLVED, "eai_nodata"),
    (Kind.UNRESOLVED, "gaierror"),  # Python
    (Kind.UNRESOLVED, "nameresolutionerror"),
    (Kind.UNRESOLVED, "unknownhost"),  # JVM
    (Kind.UNRESOLVED, "unknown host"),
    (Kind.UNRESOLVED, "unresolvedaddress"),
    (Kind.UNRESOLVED, "nxdomain"),  # DNS tools, Erlang
    (Kind.UNRESOLVED, "non-existing domain"),
    (Kind.UNRESOLVED, "try again"),  # musl's word for EAI_AGAIN
    (Kind.UNRESOLVED, "resource temporarily unavailable ("),  # .NET's for it
    (Kind.UNRESOLVED, "could not be resolved"),
    (Kind.UNRESOLVED, "could not resolve"),  # curl, ssh, apt
    (Kind.UNRESOLVED, "couldn't resolve"),
    (Kind.UNRESOLVED, "can't resolve"),
    (Kind.UNRESOLVED, "cannot resolve"),
    (Kind.UNRESOLVED, "unable to resolve"),
    (Kind.UNRESOLVED, "failed to resolve"),
    (Kind.UNRESOLVED, "failure resolving"),
    (Kind.UNRESOLVED, "failed resolving"),
    (Kind.UNRESOLVED, "error resolving"),
    (Kind.UNRESOLVED, "does not resolve"),
    (Kind.UNRESOLVED, "name resolution fail"),
    (Kind.UNRESOLVED, "dns resolution fail"),
    (Kind.UNRESOLVED, "dns lookup fail"),
    (Kind.UNRESOLVED, "address resolution fail"),
    (Kind.UNRESOLVED, "hostname resolving error"),
    (Kind.UNRESOLVED, "could not translate host name"),  # libpq
    (Kind.UNRESOLVED, "unknown mysql server host"),
    (Kind.UNRESOLVED, "unknown server host"),
    (Kind.UNRESOLVED, "getaddrinfo failed"),  # PHP, Windows
    (Kind.UNRESOLVED, "bad address '"),  # busybox; without the quote it is EFAULT
    (Kind.UNRESOLVED, "host not found"),  # nginx, boost
    (Kind.UNRESOLVED, "hostname not found"),
    (Kind.UNRESOLVED, "host name not found"),
    (Kind.REFUSED, "connection refused"),
    (Kind.REFUSED, "connectionrefused"),
    (Kind.REFUSED, "connection was refused"),
    (Kind.REFUSED, "refused the connection"),
    (Kind.REFUSED, "refused connection"),
    (Kind.REFUSED, "refused to connect"),
    (Kind.REFUSED, "econnrefused"),
    (Kind.REFUSED, "actively refused"),  # .NET
    (Kind.REFUSED, "connect call failed"),  # Python's asyncio
    (Kind.REFUSED, "errno=111"),
    (Kind.REFUSED, "errno 111"),
    (Kind.REFUSED, "connect error: 111"),
    (Kind.REFUSED, "refused. check that the hostname"),  # pgjdbc
    (Kind.REFUSED, "(111)"),  # MySQL's clients
    (Kind.REFUSED, "(115)"),
    (Kind.UNREACHABLE, "no route to host"),
    (Kind.UNREACHABLE, "noroutetohost"),
    (Kind.UNREACHABLE, "ehostunreach"),
    (Kind.UNREACHABLE, "enetunreach"),
    (Kind.UNREACHABLE, "network is unreachable"),
    (Kind.UNREACHABLE, "host is unreachable"),
    (Kind.UNREACHABLE, "network unreachable"),
    (Kind.UNREACHABLE, "host unreachable"),
    (Kind.TIMEOUT, "timed out"),
    (Kind.TIMEOUT, "etimedout"),
    (Kind.TIMEOUT, "esockettimedout"),
    (Kind.TIMEOUT, "i/o timeout"),
    (Kind.TIMEOUT, "timeout"),
    (Kind.TIMEOUT, "deadline exceeded"),
    (Kind.TIMEOUT, "deadline has elapsed"),
    (Kind.TIMEOUT, "no response from"),
    (Kind.TIMEOUT, "did not answer"),
    (Kind.TIMEOUT, "not answering"),
    (Kind.TIMEOUT, "did not respond"),
    (Kind.TIMEOUT, "not responding"),
    (Kind.FAILED, "connect"),
    (Kind.FAILED, "- no response"),  # pg_isready
    (Kind.FAILED, "cannot reach"),
    (Kind.FAILED, "can't reach"),
    (Kind.FAILED, "could not reach"),
    (Kind.FAILED, "unable to reach"),
    (Kind.FAILED, "failed to reach"),
    (Kind.FAILED, "could not contact"),
    (Kind.FAILED, "cannot contact"),
    (Kind.FAILED, "can't contact"),
    (Kind.FAILED, "unable to contact"),
    (Kind.FAILED, "failed to contact"),
    (Kind.FAILED, "not reachable"),
    (Kind.FAILED, "unreachable"),
    (Kind.FAILED, "is unavailable"),
    (Kind.FAILED, "is not available"),
    (Kind.FAILED, "not ready"),
    (Kind.FAILED, "is down"),
    (Kind.FAILED, "waiting for "),
    (Kind.FAILED, "waiting on "),
)
"""What it is called, in lower case; the first that is found in a line decides."""

_CONNECT_FAILS = re.compile(
    r"\b(?:fail\w*|could ?n[o']t|can(?:not|'t| not)|unable|error\w*|refus\w*|not)\b[^\n]{0,40}"
    r"\bconnect(?:ing|ion|ed)?\b"
    r"|\bconnect(?:ing|ion)?\b[^\n]{0,120}\b(?:fail\w*|error|lost|refused|unavailable|not be)\b",
    re.IGNORECASE,
)
"""How it is said that a connection could not be made, if not how it failed."""
_REACHED = re.compile(
    r"authenticat|password|access denied|permission|denied|too many|does not exist|certificate"
    r"|unauthori[sz]ed|forbidden|\blogin\b|credential|NOAUTH|WRONGPASS|handshake|\bSSL\b|\bTLS\b|accept",
    re.IGNORECASE,
)
"""What only somebody says who was reached."""
_CONNECTS = re.compile(
    r"connect|dial|socket|\btcp\b|server|upstream|reach|waiting|://|broker|\bget |\bpost ", re.IGNORECASE
)
"""What a line must say besides, if it says that something took too long: so do queries and jobs."""

_ASKS_A_NAME = re.compile(r"lookup|getaddrinfo|resolv|host ?name|\bdns\b", re.IGNORECASE)
_OF_ANYTHING = re.compile(r"\bresolv(?:e|ing)\b", re.IGNORECASE)
_OF_HOSTS = re.compile(
    r"host|\bdns\b|address|server|broker|proxy|upstream|getaddrinfo|name resolution|name or service"
    r"|domain|endpoint|://|:\d{2,5}\b|lookup",
    re.IGNORECASE,
)
"""What a line must say besides, if it says that something does not resolve: so do modules and variables."""

_NAME = r"[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_])?"
_HOST = rf"(?P<host>{_NAME}|\[[0-9a-f:.%]{{2,60}}\])"
_PORT = r"(?P<port>\d{1,5})"
_OPEN, _CLOSE = r"""['"`‘“\[(]?""", r"""['"`’”\])]?"""

PLACES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf'\bupstream:? "(?:[a-z]{{2,9}}://)?{_HOST}(?::{_PORT})?',  # nginx
        rf"\blookup {_HOST}(?= on |:|\b)",  # Go
        rf"\bhost {_HOST} not found",  # Postfix
        rf'server at "{_HOST}"(?: \([^)]{{1,60}}\))?, port {_PORT}',  # libpq since 14
        rf'running on host "{_HOST}"',  # libpq before
        rf'translate host name "{_HOST}"',
        rf"`host={_HOST} ",  # pgx
        rf"\bdial (?:tcp|udp)[46]? {_HOST}:{_PORT}",  # Go
        rf"\b(?:ENOTFOUND|EAI_AGAIN) {_HOST}(?::{_PORT})?",  # Node
        rf"\bconnect E[A-Z]{{5,15}} (?P<host>[0-9a-f:]{{2,40}}|{_NAME}):{_PORT}\b",
        rf"\bUnknownHost(?:Exception|Error)?:? (?:failed to resolve )?{_OPEN}{_HOST}",  # JVM
        rf"\b{_HOST}/(?:<unresolved>|[0-9.]{{7,15}}|\[?[0-9a-f:]{{2,40}}\]?):{_PORT}\b",
        rf"[ (]/(?P<host>[0-9.]{{7,15}}):{_PORT}\b",
        rf"\bConnection to {_HOST}:{_PORT} refused",
        rf"\bserver (?:host|on) '{_HOST}(?::{_PORT})?'",  # MySQL, MariaDB
        rf"\bbad address '{_HOST}(?::{_PORT})?'",  # busybox
        rf"\bremote host \({_HOST}\)",
        rf"\bHost=['\"]?{_HOST}['\"]?, ?port=['\"]?{_PORT}",  # urllib3
        rf"\b(?:to|for) {_OPEN}{_HOST}{_CLOSE},? (?:\([^)]{{1,60}}\) )?port {_PORT}",  # curl, nc, Ruby
        rf"\b{_HOST} \([0-9.]{{7,15}}:{_PORT}\)",  # busybox nc
        rf"\b{_HOST} \({_NAME}\)\|[0-9.]{{7,15}}\|:{_PORT}",  # GNU wget
        rf"/dev/(?:tcp|udp)/{_HOST}/{_PORT}",  # bash
        rf"\[(?P<host>[0-9.]{{7,15}})\] {_PORT} \(",  # netcat
        rf'\bgetaddrinfo (?:for )?(?:host )?"?{_HOST}"?(?: port {_PORT}| failed)',
        rf"\bserver can't find {_HOST}:",  # nslookup
        rf"\b{_HOST} could not be resolved",  # nginx, of a variable
        rf"""[({{\[]['"]{_HOST}['"], ?{_PORT}\b""",  # a pair of Python's or Erlang's
        rf"\bfor target (?:dns:)?/{{0,3}}{_HOST}:{_PORT}",  # gRPC
        rf'\bhost name: Just "{_HOST}"',  # Haskell
        rf"\bunknown host:? {_OPEN}{_HOST}",
        rf"\bDNS lookup failure for: {_HOST}",  # Apache
        r"\bresolv(?:e|ing)(?: the)?(?: (?:host ?name|host|name|proxy|server|broker|upstream|address|domain))"
        rf"{{0,2}}(?: address)?:? {_OPEN}{_HOST}{_CLOSE}(?::{_PORT})?",
    )
)
"""Where the address stands in sentences that are widely known, the surest first."""

_URL = re.compile(rf"\b[a-z][a-z0-9+.-]{{1,20}}://(?:[^\s/@\"']{{1,200}}@)?{_HOST}(?::{_PORT})?", re.IGNORECASE)
_ADDRESS = re.compile(rf"(?:(?<=->)|(?<![\w./:>-])){_HOST}:{_PORT}(?![\w.]\w|:\d)", re.IGNORECASE)
_BEFORE = re.compile(
    rf"[\w)\]]:? {_OPEN}{_HOST}{_CLOSE}: "
    r"(?:\[?errno:? -?\d{1,5}\]?:? ?|error:? |getaddrinfo:? |connect:? ){0,2}$",
    re.IGNORECASE,
)
"""A name right before the complaint: ``ping: db: Name or service not known``."""
_QUOTED = re.compile(rf"""["'`‘“(]{_HOST}(?::{_PORT})?["'`’”)]""", re.IGNORECASE)
_SPOKEN = re.compile(
    r"\b(?:connect(?:ing|ion)?|reach(?:ing)?|dial(?:l?ing)?|contact(?:ing)?|resolv(?:e|ing)|look(?:ing)? ?up"
    r"|ping(?:ing)?|waiting|host(?: ?name)?|server|broker|upstream|backend|database|address|name|peer|node)"
    r"(?: (?:to|at|with|for|on|the|host|hostname|server|broker|database|name|address|upstream"
    r"|backend|service)){0,3}"
    rf"[:=]?(?: |(?<=[:=])){_OPEN}{_HOST}{_CLOSE}(?::{_PORT}\b)?",
    re.IGNORECASE,
)
"""A name after a word of contact: ``cannot reach broker queue-1``."""

_NO_HOSTS = re.compile(
    r"\d{4}-\d\d-\d\d.*|resolution|problem|call|information|exceptions?|just|a|address|after|again|an|and|any|are|as|at|attempt|back|be|been|before|but|by|"
    r"cannot|client|closed|code|connect|connection|could|database|did|does|down|errno|error|"
    r"establish|established|exception|exit|failed|failure|for|found|from|has|have|host|hostname|"
    r"http|https|id|in|into|is|it|its|level|line|local|lost|name|none|not|null|of|on|or|"
    r"peer|pid|pool|port|refused|remote|reset|retry|retrying|server|service|should|socket|"
    r"status|still|string|tcp|the|then|there|this|thread|time|timed|timeout|to|took|udp|"
    r"unable|unavailable|undefined|unknown|up|upstream|uri|url|via|was|were|while|will|with|"
    r"within"
)
"""Words of such sentences that are no names."""
_FILES = re.compile(
    r"\.(?:go|pyx?|[cm]?[jt]sx?|java|rb|php|c|cc|cpp|h|hpp|rs|kt|scala|exs?|erl|cs|lua|p[lm]|swift|clj|vue|sh"
    r"|ya?ml|json|conf|log)$"
)
"""A place in a source file, ``main.go:23``, looks like an address."""
_NEAR = 300
"""So many characters on either side of a complaint are looked at."""
_FRAME = re.compile(r"\s{1,12}at \S")
"""A frame of a stack, as Node and the JVM print it: its places in files look like addresses."""
_BACK, _ON = 3, 2
"""So many lines before and after a complaint that names no host may name it."""
_HOST_FIELD = re.compile(rf"""\b(?:host(?:name)?|address)['"]?[:=] ?['"]?{_HOST}['"]?""", re.IGNORECASE)
"""Node prints the fields of an error on lines of their own: ``hostname: 'db'``."""
_PORT_FIELD = re.compile(r"""\bport['"]?[ :=]{1,2}['"]?(?P<port>\d{1,5})\b""", re.IGNORECASE)
_RESOLVERS = ("127.0.0.11", "127.0.0.53")
"""Name servers on the way to a host: Docker's own, systemd's."""
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def unreached(lines: Sequence[Line]) -> tuple[Unreached, ...]:
    """Return what *lines* say could not be reached, in their order: one for each line that complains."""
    found = []
    for index, line in enumerate(lines):
        text = line.text.replace('\\"', '"')
        complaint = _complaint(text)
        if complaint is None:
            continue
        kind, start, end = complaint
        place = _place(text[max(0, start - _NEAR) : start], text[start : end + _NEAR])
        if place is None and kind is not Kind.FAILED:
            around = [*reversed(lines[max(0, index - _BACK) : index]), *lines[index + 1 : index + 1 + _ON]]
            told = (one.text[: 2 * _NEAR].replace('\\"', '"') for one in around if not _FRAME.match(one.text))
            near = map(_named, told)
            place = next((one for one in near if one), None)
        host, port = place or ("", None)
        found.append(
            Unreached(kind, host, port, line, _speaks_of_a_host(kind, text[max(0, start - _NEAR) : end + _NEAR]))
        )
    return tuple(found)


def addresses(text: str) -> tuple[tuple[str, int | None], ...]:
    """Return the hosts, and their ports, of URLs and ``host:port`` in a setting: a variable, an argument."""
    text = text[: 4 * _NEAR]
    matches = (match for pattern in (_URL, _ADDRESS) for match in pattern.finditer(text))
    return tuple(dict.fromkeys(place for match in matches if (place := _of(match))))


def is_address(host: str) -> bool:
    """Tell whether *host* is an IP address, not a name."""
    return ":" in host or _IPV4.fullmatch(host) is not None


def is_own(host: str) -> bool:
    """Tell whether *host* leads back to where it is used."""
    return host in ("localhost", "::1", "0.0.0.0", "::") or (is_address(host) and host.startswith("127."))


def mentions(text: str, name: str) -> bool:
    """Tell whether *name* stands in *text* as a word of its own, whatever the case.

    A word and a colon at the start of a line say who speaks, not of whom.
    """
    if text[: len(name) + 1].lower() == f"{name}:":
        text = text[len(name) + 1 :]
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", text[: 8 * _NEAR], re.IGNORECASE) is not None


def _complaint(text: str) -> tuple[Kind, int, int] | None:
    """Return how a line complains, and from where to where it says so."""
    lower = text.lower()
    for kind, phrase in COMPLAINTS:
        start = lower.find(phrase)
        # ENOTFOUND stands in FileNotFoundError, too.
        if start < 0 or (phrase.startswith("e") and lower[start - 1 : start].isalpha()):
            continue
        near = text[max(0, start - _NEAR) : start + _NEAR]
        if kind is Kind.TIMEOUT and not _CONNECTS.search(near) and not _ADDRESS.search(near):
            continue
        if kind is Kind.FAILED and _REACHED.search(near):
            continue
        if phrase == "connect" and not _CONNECT_FAILS.search(near):
            continue
        if phrase == "try again" and not _ASKS_A_NAME.search(near):
            continue
        if phrase.startswith("resource") and not _ADDRESS.search(text[start : start + _NEAR]):
            continue
        if phrase in ("(111)", "(115)") and "connect" not in near.lower():
            continue
        return kind, start, start + len(phrase)
    return None


def _speaks_of_a_host(kind: Kind, text: str) -> bool:
    return kind not in (Kind.UNRESOLVED, Kind.FAILED) or (
        kind is Kind.UNRESOLVED and (_OF_HOSTS.search(text) is not None or not _OF_ANYTHING.search(text))
    )


def _place(before: str, after: str) -> tuple[str, int | None] | None:
    """Return the host and port that a complaint is about: *before* is the text up to it, *after* the rest."""
    text = before + after
    if place := next((place for pattern in PLACES for place in _places(pattern, text)), None):
        return _with_port(place, text)
    if place := next(_places(_URL, text), None):
        return place
    near = [*reversed([*_places(_ADDRESS, before)]), *_places(_ADDRESS, after)]
    # A name tells more than the address that it once led to.
    if place := next((place for place in near if not is_address(place[0])), next(iter(near), None)):
        return place
    for pattern, where in ((_BEFORE, before), (_SPOKEN, text), (_QUOTED, after)):
        if place := next(_places(pattern, where), None):
            return _with_port(place, text)
    return next(((match[0], None) for match in _IPV4.finditer(text) if match[0] not in _RESOLVERS), None)


def _named(text: str) -> tuple[str, int | None] | None:
    """Return the host that a line next to a complaint speaks of."""
    patterns = (*PLACES, _URL, _ADDRESS, _SPOKEN) if _CONNECTS.search(text) else (*PLACES, _HOST_FIELD)
    place = next((place for pattern in patterns for place in _places(pattern, text)), None)
    return _with_port(place, text) if place else None


def _places(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int | None]]:
    return (place for match in pattern.finditer(text) if (place := _of(match)))


def _of(match: re.Match[str]) -> tuple[str, int | None] | None:
    """Return a match as host and port; None where it is an ordinary word, a number or a place in a file."""
    groups = match.groupdict()
    host, port = groups["host"].strip("[].").lower(), int(groups.get("port") or 0)
    if _NO_HOSTS.fullmatch(host) or host in _RESOLVERS or _FILES.search(host) or port > 65535:
        return None
    if not re.search(r"[a-z]", host) and not is_address(host):
        return None
    return host, port or None


def _with_port(place: tuple[str, int | None], text: str) -> tuple[str, int | None]:
    """Add the port that a sentence names apart from the host."""
    if place[1] is not None:
        return place
    if (match := _PORT_FIELD.search(text)) and 0 < int(match["port"]) <= 65535:
        return place[0], int(match["port"])
    resolved = (port for host, port in _places(_ADDRESS, text) if is_address(host))
    return place[0], next(resolved, None)
