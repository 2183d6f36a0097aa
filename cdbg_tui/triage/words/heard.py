"""How loud a line is: read out of a program's own way of logging, without a word about what it means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from cdbg_tui.triage.evidence import Line

LOOKED_AT = 250
"""Of each source, only so many last lines are read: what stands before them did not end anything."""
QUIET_LINE = 0.25
"""What a line of debug or info counts for in the distance of another from the end."""
_HEAD, _TAIL = 900, 300


class Level(IntEnum):
    """How loud a line is meant to be."""

    QUIET = 0
    """Debug, info, notice."""
    WARNING = 1
    PLAIN = 2
    """No word about it."""
    ERROR = 3
    FATAL = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """One line as it is to be understood."""

    line: Line
    text: str
    """What it says, of a JSON line its message and error; bounded."""
    level: Level
    after: float
    """How many telling lines of the same source follow it."""
    is_detail: bool = False
    """A frame of a stack, a continued line, a farewell: it belongs to a line before it."""
    above: str = ""
    """The line before it."""
    carries_on: bool = False
    """Whether it says that the program goes on all the same."""


def hear(lines: Iterable[Line]) -> tuple[Heard, ...]:
    """Return *lines* with their levels and distances from the end of their source, oldest first."""
    sources: dict[str, list[Line]] = {}
    for line in lines:
        if line.text and not line.text.isspace():
            sources.setdefault(line.source, []).append(line)
    return tuple(heard for source in sources.values() for heard in _hear_source(source[-LOOKED_AT:]))


def _hear_source(lines: Sequence[Line]) -> Iterator[Heard]:
    read = list(_read(lines))
    after = 0.0
    whole: list[Heard] = []
    for line, text, level, detail, above in reversed(read):
        carries_on = _CARRIES_ON.search(text) is not None
        whole.append(Heard(line, text, level, after, detail, above, carries_on))
        if not detail:
            after += 1.0 if level is not Level.QUIET else QUIET_LINE
    return reversed(whole)


def _read(lines: Sequence[Line]) -> Iterator[tuple[Line, str, Level, bool, str]]:
    in_traceback = awaits_message = False
    above = ""
    for line in lines:
        text, level = _understood(line.text)
        detail = level < Level.ERROR and _DETAIL.search(text) is not None
        if in_traceback and not detail:
            # The first line of a Python traceback that is not indented is the exception, whatever its name.
            level, in_traceback = max(level, Level.ERROR), False
        if awaits_message:
            level, detail, awaits_message = Level.FATAL, False, False
        if _TRACEBACK.search(text):
            in_traceback, detail = True, True
        if _RUST_PANIC.search(text):
            awaits_message = True
        yield line, text, level, detail, above
        above = text


def bounded(text: str) -> str:
    """Return *text*, of a very long one its beginning and its end."""
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]} … {text[-_TAIL:]}"


def _understood(text: str) -> tuple[str, Level]:
    if text.lstrip().startswith("{") and (parsed := _parsed(text)):
        return parsed
    # Of logfmt the quotes inside a quoted message.
    text = bounded(text).replace('\\"', '"')
    return text, level_of(text)


_LEVEL_KEYS = ("level", "severity", "lvl", "log.level", "levelname", "loglevel", "@l", "s", "severityText")
_MESSAGE_KEYS = ("message", "msg", "@m", "@mt", "event", "text", "log", "body", "short_message", "MESSAGE")
_ERROR_KEYS = (
    *("error", "err", "exception", "@x", "cause", "reason", "detail", "stack_trace", "exc_info", "attr"),
    *("error.message", "error.stack_trace"),
)
_CAUSED = re.compile(r"Caused by: ([^\n]{1,300})")
_PINO = {10: Level.QUIET, 20: Level.QUIET, 30: Level.QUIET, 40: Level.WARNING, 50: Level.ERROR, 60: Level.FATAL}


def _parsed(text: str) -> tuple[str, Level] | None:
    """Return what a JSON log line says; None where it is none."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    said = [_flat(record[key]) for key in (*_MESSAGE_KEYS, *_ERROR_KEYS) if record.get(key)]
    if not said:
        return None
    whole = bounded(": ".join(part for part in said if part))
    if isinstance(record.get("log"), Mapping):
        record = {**record, **record["log"]}
    given = next((record[key] for key in _LEVEL_KEYS if key in record), None)
    if isinstance(given, int) and not isinstance(given, bool):
        return whole, _PINO.get(given, Level.PLAIN)
    level = _WORDS.get(str(given).lower()) if isinstance(given, str) else None
    return whole, level if level is not None else level_of(whole)


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        known = ("message", "msg", "error", "errmsg", "type", "code", "path")
        return ": ".join(str(value[key]) for key in known if isinstance(value.get(key), str | int))
    if isinstance(value, list):
        return "; ".join(str(part) for part in value[:5] if isinstance(part, str))
    # Of a whole stack in one value, the innermost cause tells most.
    return causes[-1] if isinstance(value, str) and (causes := _CAUSED.findall(value)) else str(value)


_WORDS = {
    **dict.fromkeys(
        ("trace", "debug", "info", "notice", "verbose", "log", "i", "d", "inf", "dbg", "trc"), Level.QUIET
    ),
    **dict.fromkeys(("information", "informational", "note", "hint", "detail", "statement"), Level.QUIET),
    **dict.fromkeys(("warn", "warning", "w", "wrn"), Level.WARNING),
    **dict.fromkeys(("error", "err", "e", "severe", "fail", "eror", "failure"), Level.ERROR),
    **dict.fromkeys(("fatal", "critical", "crit", "panic", "emerg", "emergency", "alert"), Level.FATAL),
    **dict.fromkeys(("f", "ftl", "dpanic", "c"), Level.FATAL),
}
_NAMES = r"TRACE|DEBUG|INFO|NOTICE|VERBOSE|WARN|WARNING|ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|PANIC|EMERG|ALERT"
_KEYED = re.compile(
    rf"""\b(?:level|lvl|severity|loglevel)["']?[=:] ?["']?({_NAMES}|INFORMATION)\b""", re.IGNORECASE
)
_UPPER = re.compile(
    rf"(?<![\w/.=-])({_NAMES}|LOG|HINT|DETAIL|STATEMENT|Error|Warning|Fatal)(?=[\]\s:)|>,]|$)(?! \d)"
)
_MARKED = re.compile(rf"[\[:(<|]({_NAMES}|note)[\])>|]", re.IGNORECASE)
_PREFIXED = re.compile(
    r"^(?:[^\s:]{1,60}:? ){0,4}?(trace|debug|dbug|info|notice|warn|warning|fail|error|err|fatal|crit|critical"
    r"|panic|alert|emerg)(?: error)?: ",
    re.IGNORECASE,
)
_GLOG = re.compile(r"^([IWEF])\d{4} \d\d:")
_RUBY = re.compile(r"^([DIWEF]), \[")
_TELEGRAF = re.compile(r"(?:^|\s)([DIWEF])! ")
_WORST = re.compile(
    r"^(?:panic: |fatal error: |Fatal error|FATAL|PHP Fatal error|Exception in thread|Unhandled exception"
    r"|Uncaught |Unhandled |\[?\d{0,6}:?\d{0,40}:?\w{0,10}:?0x[0-9a-f]{1,16}\] FATAL|terminate called"
    r"|APPLICATION FAILED|\s{0,4}what\(\): |\*\*\* FATAL|thread '[^']{0,80}' (?:\(\d{1,9}\) )?panicked"
    r"|error: uncaught|\*\* \(|!!! )",
)
_EXCEPTION = re.compile(
    r"^(?:Caused by: |\[cause\]: |Uncaught |Unhandled | ---> |error: )?"
    r"(?:[A-Za-z_][\w$]{0,80}[.:/]{1,2}){0,12}[A-Za-z_]\w{0,80}(?:Error|Exception|Failure|Fault|Interrupt|Exit)"
    r"(?: \[[A-Z_]{1,60}\])?(?:: |$)|^Error: "
    r"|\((?:[A-Z]\w{0,60}::){0,5}[A-Z]\w{0,60}(?:Error|Exception|NotFound)\)$"
    r"|\((?:Errno::E[A-Z]{1,20})\)$|^Caused by: ",
)
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
_RUST_PANIC = re.compile(r"panicked at [^'\n]{1,300}:\d{1,7}:\d{1,5}:$")
_DETAIL = re.compile(
    r"^(?:\s{2,}|\t|npm (?:ERR!|error|notice)|Node\.js v\d|note: run with|goroutine \d|exit status \d|#\d{1,3} "
    r"|\.\.\. \d{1,4} (?:more|common)|created by |Stack trace:|stack backtrace:|During handling of"
    r"|The above (?:exception|error)|Emitted 'error'|[\w./*-]{1,160}\([^\n]{0,300}\)$|[{}\])]{1,3};?$|\^+$"
    r"|node:\w[\w/]{0,60}:\d{1,7}$|throw |error Command failed|info Visit https|Hint: |Usage:|usage:)"
    r"|^make(?:\[\d\])?: \*\*\*|A complete log of this run",
)


_CARRIES_ON = re.compile(
    r"\b(?:us(?:e|ing) (?:the )?(?:built-?in |internal )?default|default(?:s| values?)? (?:will be |are |is )?used"
    r"|fall(?:ing)? ?back|retrying|will retry|retry in|trying again|try again in|ignor(?:ed|ing)|skipp(?:ed|ing)"
    r"|continuing|carrying on|non-fatal|not fatal|will be created|creating (?:it|one|a new|default)|reconnecting"
    r"|attempt \d{1,5}(?:/| of )\d|(?<!not )optional|disabl(?:ed|ing)|deprecated)\b",
    re.IGNORECASE,
)


def level_of(text: str) -> Level:
    """Return how loud a line is, from its own words about it; `Level.PLAIN` where it has none."""
    head = text[:240]
    if _WORST.search(head):
        return Level.FATAL
    for pattern in (_KEYED, _GLOG, _RUBY, _TELEGRAF, _MARKED, _UPPER, _PREFIXED):
        found = pattern.search(head)
        if found and (level := _WORDS.get(found[1].lower().replace("dbug", "debug"))) is not None:
            return level
    return Level.ERROR if _EXCEPTION.search(text) else Level.PLAIN
