"""Why pulls fail: the words of engines, old and new, and what is made of them."""

from __future__ import annotations

import pytest

from cdbg_tui.engine.pull import why

WORDS = [
    ("rate limit", "Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may"
     " increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit"),
    ("rate limit", "error pulling image configuration: received unexpected HTTP status: 429 Too Many Requests"),
    ("denied", "Error response from daemon: pull access denied for nope/none, repository does not exist or may"
     " require 'docker login': denied: requested access to the resource is denied"),
    ("denied", "Error response from daemon: Head \"https://ghcr.io/v2/a/b/manifests/1\": denied"),
    ("login", "Error response from daemon: Get \"https://r.example/v2/\": unauthorized: authentication required"),
    ("login", "Error: Cannot perform an interactive login from a non TTY device"),
    ("login", "Head \"https://1.dkr.ecr.amazonaws.com/v2/x/manifests/1\": no basic auth"
     " credentials"),
    ("missing", "manifest for busybox:nope not found: manifest unknown: manifest unknown"),
    ("missing", "Error response from daemon: failed to resolve reference \"docker.io/library/busybox:nope\":"
     " docker.io/library/busybox:nope: not found"),
    ("missing", "Error response from daemon: repository r.example/x not found: name unknown"),
    ("platform", "Error response from daemon: no matching manifest for linux/amd64 in the manifest list entries"),
    ("platform", "no match for platform in manifest: not found"),
    ("disk", "failed to register layer: write /usr/lib/x: no space left on device"),
    ("name", "invalid reference format: repository name must be lowercase"),
    ("tls", "Get \"https://r.example/v2/\": x509: certificate signed by unknown authority"),
    ("tls", "Get \"https://r:5000/v2/\": http: server gave HTTP response to HTTPS client"),
    ("proxy", "Get \"https://registry-1.docker.io/v2/\": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect:"
     " connection refused"),
    ("no name", "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 10.0.0.53:53:"
     " read udp 10.0.0.2:52920->10.0.0.53:53: i/o timeout"),
    ("no name", "dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution"),
    ("no name", "dial tcp: lookup r.example on 127.0.0.53:53: no such host"),
    ("no name", "dial tcp: lookup registry-1.docker.io on 10.255.255.53:53: dial udp 10.255.255.53:53: connect:"
     " network is unreachable"),
    ("no network", "Get \"https://10.88.0.1/v2/\": net/http: request canceled while waiting for connection"
     " (Client.Timeout exceeded while awaiting headers)"),
    ("no network", "Get \"https://10.88.0.1/v2/\": context deadline exceeded"),
    ("no network", "dial tcp 10.88.0.1:443: connect: network is unreachable"),
    ("no network", "dial tcp 127.0.0.1:1: connect: connection refused"),
    ("no network", "net/http: TLS handshake timeout"),
    ("registry", "received unexpected HTTP status: 503 Service Unavailable"),
    ("engine", "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "said"), WORDS)
def test_the_words_are_known(kind: str, said: str) -> None:
    failure = why(f"Using default tag: latest\n{said}\n")
    assert failure is not None
    assert failure.kind == kind
    assert failure.what
    assert failure.advice


def test_other_words_are_not_guessed_at() -> None:
    assert why("Using default tag: latest\nsomething else went wrong\n") is None
    assert why("") is None
