"""Every way in which an engine can fail to answer, as one error with a sentence and an advice."""

from __future__ import annotations

import errno
import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 1000
"""Of what the engine says, so many letters are told."""


class EngineError(Exception):
    """An engine did not do what it was asked.

    *kind* is one of ``unreachable``, ``forbidden``, ``missing``, ``conflict``, ``refused``, ``timeout``;
    *what* a sentence that says what is wrong, *advice* one that says what to do, *brief* a few words for a line
    that has no room for it.
    """

    def __init__(self, kind: str, what: str, advice: str = "", brief: str = "") -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what
        self.advice = advice
        self.brief = brief or _BRIEFLY.get(kind, "it answers with an error")


_BRIEFLY = {
    "unreachable": "it cannot be reached",
    "timeout": "it does not answer",
    "forbidden": "permission denied",
}


@contextmanager
def engine_errors(where: str) -> Iterator[None]:
    """Turn whatever docker-py, requests, urllib3 and the socket raise into an `EngineError`."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:
        raise explain(error, where) from error


def explain(error: BaseException, where: str) -> EngineError:
    """Return *error* as an `EngineError` about the engine at *where*; unknown kinds are raised again."""
    for cause in _chain(error):
        status = getattr(getattr(cause, "response", None), "status_code", None)
        if isinstance(status, int):
            return from_status(status, getattr(cause, "explanation", None) or str(cause), where)
        if isinstance(cause, TimeoutError | socket.timeout):
            return EngineError(
                "timeout",
                f"The engine at {where} did not answer in time.",
                "It may be overloaded or hung: look at its own log (journalctl -u docker).",
            )
        if isinstance(cause, ssl.SSLError):  # an OSError too, whose errno is OpenSSL's own number
            return EngineError(
                "unreachable",
                f"There is no safe connection to {where}: {_tls_words(cause)}.",
                "Check that it speaks TLS, and ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH or the context.",
            )
        if isinstance(cause, OSError) and cause.errno is not None:
            return _from_errno(cause, where)
        if type(cause).__name__ in ("ReadTimeout", "ConnectTimeout", "ReadTimeoutError"):
            return EngineError(
                "timeout",
                f"The engine at {where} did not answer in time.",
                "It may be overloaded or hung: look at its own log (journalctl -u docker).",
            )
    module = type(error).__module__.partition(".")[0]
    if type(error).__name__ == "InvalidVersion":
        return from_status(400, f"client version: {error}", where)
    if isinstance(error, ValueError | RecursionError):
        return EngineError(
            "unreachable",
            f"What answers at {where} broke off, or is no Docker Engine: {_briefly(error)}.",
            "Check that it still runs, and that the address is its own.",
            "it answers rubbish",
        )
    if isinstance(error, OSError) or module in (
        "docker",
        "requests",
        "urllib3",
        "http",
    ):
        return EngineError(
            "unreachable",
            f"The engine at {where} broke off: {error or type(error).__name__}.",
            "Check that it still runs, then retry.",
            "it broke off",
        )
    raise error


def _briefly(error: ValueError | RecursionError) -> str:
    """Return what was wrong with an answer; a decoder's own words speak of columns and offsets."""
    is_decoders = isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError)
    return "its answer is no JSON" if is_decoders else str(error)


def from_status(status: int, text: str, where: str) -> EngineError:
    """Return the error that an HTTP *status* of the engine stands for, with its own words."""
    kind = {401: "forbidden", 403: "forbidden", 404: "missing", 409: "conflict", 304: "conflict"}
    advice = ""
    if status in (401, 403):
        advice = f"The engine at {where} does not allow this to you."
    elif "client version" in text:
        advice = "Engine and cdbg speak no common API version: update the older of the two."
    words = text.strip()[:LONGEST]
    if not words or words.startswith("<"):  # a page, of a proxy before the engine
        words = f"The engine at {where} answered with HTTP status {status}"
    if _NO_SUCH_ID.match(words):
        words = "The container has been removed"
    brief = "" if kind.get(status) else f"it answers with status {status}"
    return EngineError(kind.get(status, "refused"), words if words[-1] in ".!?" else f"{words}.", advice, brief)


_NO_SUCH_ID = re.compile(r"no such container: [0-9a-f]{64}\b", re.IGNORECASE)
"""Whole ids are those of containers that were there."""


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused, {error.verify_message}"
    return (error.reason or str(error)).lower().replace("_", " ")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and what is wrapped in it: requests and urllib3 hide the OSError in their args."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        one = todo.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]


_START = "Start Docker (systemctl start docker), or name another engine with --host, --context or DOCKER_HOST."


def _from_errno(error: OSError, where: str) -> EngineError:
    if error.errno == errno.ENOENT:
        return EngineError(
            "unreachable",
            f"There is no engine at {where}: the socket does not exist.",
            _START,
            "its socket does not exist",
        )
    if error.errno == errno.ECONNREFUSED:
        return EngineError(
            "unreachable",
            f"Nothing answers at {where}: the connection was refused.",
            _START,
            "the connection is refused",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return EngineError(
            "forbidden",
            f"You may not use the engine at {where}: permission denied.",
            "Join its group (sudo usermod -aG docker $USER, then log in again), or run cdbg with sudo.",
        )
    if isinstance(error, socket.gaierror):
        return EngineError(
            "unreachable",
            f"The name in {where} does not resolve: {error.strerror}.",
            "Check the host in --host, DOCKER_HOST or the context.",
        )
    return EngineError(
        "unreachable",
        f"The engine at {where} cannot be reached: {error.strerror or error}.",
        "Check that it runs and that the address is right, then retry.",
    )


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Turn an answer that is none of the engine's into an error, lest it end a thread without a word."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(
            "refused",
            f"What the engine sent as {what} makes no sense ({type(error).__name__}: {error}).",
            "Check the address, and whether a proxy stands between.",
            "it answers rubbish",
        ) from error
