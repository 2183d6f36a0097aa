"""Why a pull failed, from its last words, and what to do: a table."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PullFailure:
    """One reason: *what* went wrong and what to do about it, as sentences."""

    kind: str
    what: str
    advice: str


# In order: the first whose words are there. A registry that hides what it has says "denied" for both.
_FAILURES = (
    (
        r"toomanyrequests|too many requests|rate limit|\b429\b",
        PullFailure(
            "rate limit",
            "the registry has had too many pulls from here",
            "docker login raises the limit; or wait, or use a mirror or a local image",
        ),
    ),
    (
        r"no matching manifest|does not match the specified platform|cannot be used on this platform"
        r"|no match for platform|image operating system .* cannot be used",
        PullFailure(
            "platform",
            "the image is not made for this engine's processor or system",
            "choose an image that is, or a tag of it that is",
        ),
    ),
    (
        r"no space left on device|disk quota exceeded",
        PullFailure(
            "disk", "the engine's disk is full", "docker system df shows by what, docker system prune frees"
        ),
    ),
    (
        r"pull access denied|requested access to the resource is denied|insufficient_scope|\bdenied\b",
        PullFailure(
            "denied",
            "there is no such repository, or it needs a login that may read it",
            "check the name; docker login, then try again",
        ),
    ),
    (
        r"login prior to pull|interactive login|unauthorized"
        r"|authentication required|no basic auth credentials|incorrect username or password|\b401\b",
        PullFailure("login", "the registry wants a login", "docker login REGISTRY, then try again"),
    ),
    (
        r"manifest unknown|manifest for .* not found|not found: manifest|name unknown|repository .* not found"
        r"|repository does not exist|\bnot found\b|\b404\b",
        PullFailure("missing", "the registry has no such image or tag", "check its name and tag"),
    ),
    (
        r"invalid reference format|repository name must be lowercase|invalid repository name",
        PullFailure("name", "that is no name of an image", "a name is REGISTRY/REPOSITORY:TAG, in lower case"),
    ),
    (
        r"x509|certificate|tls: |server gave HTTP response to HTTPS client|first record does not look like a TLS",
        PullFailure(
            "tls",
            "there is no safe connection to the registry",
            "its CA belongs into /etc/docker/certs.d/REGISTRY/ca.crt on the engine's machine; one without TLS into"
            " insecure-registries of its daemon.json",
        ),
    ),
    (
        r"proxyconnect|\bproxy\b",
        PullFailure(
            "proxy",
            "the engine's proxy does not let it through",
            "check HTTPS_PROXY of the engine (docker info), not of this shell",
        ),
    ),
    (
        r"no such host|lookup .*(i/o timeout|server misbehaving|unreachable|refused)|temporary failure in name"
        r"|dial udp|read udp",
        PullFailure(
            "no name",
            "the engine cannot look the registry's name up: it has no network or no DNS",
            "choose a local image, or docker load one that was saved elsewhere",
        ),
    ),
    (
        r"connection refused|connection reset|no route to host|network is unreachable|i/o timeout|timed? ?out"
        r"|Client\.Timeout|context deadline exceeded|\bEOF\b|handshake timeout",
        PullFailure(
            "no network",
            "the engine cannot reach the registry",
            "choose a local image, or docker load one that was saved elsewhere",
        ),
    ),
    (
        r"50[0234] |internal server error|bad gateway|service unavailable",
        PullFailure("registry", "the registry itself fails", "try again later, or use a mirror"),
    ),
    (
        r"cannot connect to the docker daemon|is the docker daemon running",
        PullFailure("engine", "the engine does not answer", "check that it runs"),
    ),
)


def why(said: str) -> PullFailure | None:
    """Return why a pull failed, by what ``docker pull`` wrote; None where that is not known."""
    return next(
        (failure for pattern, failure in _FAILURES if re.search(pattern, said, re.IGNORECASE | re.DOTALL)), None
    )
