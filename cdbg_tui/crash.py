"""When cdbg fails all the same: a report of it in the state directory, and one sentence that names the file.

The report is to be sent to somebody else, so it holds no values: no locals, no environment, no text that was
typed, and of an exception's own words nothing that is quoted in them, unless it stands in the program's text.
Imported at the start, so what it takes to write one is loaded only then.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEPT = 10
"""Reports; the oldest give way."""
REMEMBERED = 50
LOG_LINES = 40
_OWN = "cdbg_tui"

_trail: deque[tuple[float, str]] = deque(maxlen=REMEMBERED)
_facts: dict[str, Callable[[], str]] = {}
_written: dict[tuple[str, ...], Path | None] = {}
_tell: Callable[[str], None] | None = None


def note(words: str) -> None:
    """Remember what was done, to be told in a report: a key, an action, a change of the engine's state."""
    from cdbg_tui.engine.debug import log

    _trail.append((time.time(), words))
    log.debug("%s", words)


def know(name: str, fact: Callable[[], str]) -> None:
    """Let a report tell *fact*, as it is then; it may fail."""
    _facts[name] = fact


def tell_by(tell: Callable[[str], None] | None) -> None:
    """Have what failed in the background told by *tell*, in whatever thread that is; None: on standard error."""
    global _tell
    _tell = tell


def watch() -> None:
    """Have whatever ends a thread, or fails where nobody can catch it, reported."""

    def thread(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread else "unnamed"
        if isinstance(args.exc_value, Exception):
            in_background(args.exc_value, f"in the thread “{name}”")

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        if isinstance(args.exc_value, Exception):
            in_background(args.exc_value, "where nothing could catch it")

    threading.excepthook = thread
    sys.unraisablehook = unraisable


def in_background(error: Exception, where: str) -> None:
    """Report what did not end the program, and have it told: once, however often it happens."""
    if _known(error):
        return
    words = told(error, report(error, where), goes_on=True)
    if _tell is not None:
        _tell(words)
    elif sys.__stderr__:
        sys.__stderr__.write(f"cdbg: {words}\n")


def report(error: BaseException, where: str) -> Path | None:
    """Write a report of *error*, and return where it is; None where none can be written. It never raises."""
    signature = _signature(error)
    if signature not in _written:
        _written[signature] = None
        try:
            _written[signature] = _put(_report(error, where))
        except Exception as failure:  # noqa: BLE001 - there is nobody left to tell but the log
            _log(failure, "while the report of it was written")
        _log(error, where)
    return _written[signature]


def told(error: BaseException, path: Path | None, *, goes_on: bool = False) -> str:
    """Return the sentence for the user."""
    what = f"an error of cdbg's own ({type(error).__name__})"
    then = f"{what} was caught, and it goes on" if goes_on else f"{what} ended it"
    return f"{then}; the report is {path}" if path else f"{then}, and no report of it could be written"


def _log(error: BaseException, where: str) -> None:
    from cdbg_tui.engine.debug import log

    log.debug("failed %s\n%s", where, "".join(_traceback(error)))


def _known(error: BaseException) -> bool:
    return _signature(error) in _written


def _signature(error: BaseException) -> tuple[str, ...]:
    trace, where = error.__traceback__, ("", "")
    while trace is not None:
        where = (trace.tb_frame.f_code.co_filename, str(trace.tb_lineno))
        trace = trace.tb_next
    return (type(error).__qualname__, *where)


def _put(text: str) -> Path:
    from cdbg_tui.config import state_dir
    from cdbg_tui.engine import private

    folder = state_dir()
    path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{len(_written)}.txt"
    private.write(path, text)
    for old in sorted(folder.glob("crash-*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def _report(error: BaseException, where: str) -> str:
    """Return the report; what one of its parts fails with is told in its place."""
    from cdbg_tui.model.masking import Masks

    masks = Masks(dict(os.environ))
    parts = [f"cdbg failed {where} on {time.strftime('%Y-%m-%d %H:%M:%S %z')}\n"]
    parts += [f"{name:<10} {_asked(fact)}\n" for name, fact in (("versions", _versions), *_facts.items())]
    parts += ["\nlast actions\n", *(f"  {_clock(when)} {words}\n" for when, words in tuple(_trail))]
    parts += ["\n", *_traceback(error)]
    if log := _log_lines():
        parts += ["\nthe end of the debug log\n", *log]
    return discreet(masks.lines("".join(parts)))


def discreet(text: str) -> str:
    """Return a text without the name of the user's home."""
    home = os.path.expanduser("~")
    return text.replace(home, "~") if len(home) > 1 else text


def _asked(fact: Callable[[], str]) -> str:
    try:
        return fact()
    except Exception as failure:  # noqa: BLE001 - a program that fails may not know much of itself
        return f"not known ({type(failure).__name__})"


def _clock(when: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(when)) + f".{int(when * 1000) % 1000:03}"


def _versions() -> str:
    import platform
    from importlib.metadata import version

    from cdbg_tui import __version__

    names = [name for name in ("textual", "rich", "docker", "psutil") if name in sys.modules]
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    return f"cdbg {__version__}, Python {platform.python_version()}, {platform.platform()}; {libraries or 'alone'}"


def _traceback(error: BaseException) -> Iterator[str]:
    """Yield the tracebacks of *error* and what led to it, the oldest first, as Python prints them."""
    import traceback

    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for cause in reversed(chain):
        yield "Traceback (most recent call last):\n"
        stack = traceback.extract_tb(cause.__traceback__)
        yield from traceback.format_list(stack)
        known = " ".join(frame.line or "" for frame in stack)
        yield f"{type(cause).__module__}.{type(cause).__qualname__}: {_unquoted(str(cause), known)}\n\n"
        if isinstance(cause, BaseExceptionGroup):
            for part in cause.exceptions:
                yield from _traceback(part)


def _unquoted(words: str, source: str) -> str:
    """Return an exception's words, of what is quoted in them only what is Python's or the program's own."""
    import builtins
    import re

    own = set(re.findall(r"\w+", source)) | set(vars(builtins)) | {"NoneType"}
    own |= {name for module in list(sys.modules) if module.startswith(_OWN) for name in vars(sys.modules[module])}

    def covered(match: re.Match[str]) -> str:
        quoted = match[0]
        return (
            quoted
            if quoted[1:-1] in own or quoted[1:-1] in sys.modules
            else f"{quoted[0]}…{len(quoted) - 2} characters…{quoted[-1]}"
        )

    if re.fullmatch(r"\w+", words) and words not in own:
        return f"…{len(words)} characters…"
    return re.sub(r"'[^']*'|\"[^\"]*\"|“[^”]*”|b'[^']*'", covered, words)


def _log_lines() -> list[str]:
    debugging = sys.modules.get("cdbg_tui.debugging")
    return debugging.last_lines(LOG_LINES) if debugging else []
