"""Which engine is meant, and why: --host, --context, DOCKER_HOST, or the docker CLI's current context.

Read from the CLI's own files, without the CLI: this happens before the first frame is drawn.
Where they lie and what they hold: docker/cli, ``cli/config`` and ``cli/context/store``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cdbg_tui.engine import private
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.gate import reading

DEFAULT_SOCKET = "/var/run/docker.sock"
SSH_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Tls:
    """The PEM files that a TLS engine wants; empty where there are none."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    verify: bool = True

    def context(self) -> ssl.SSLContext:
        """Return what a socket is wrapped with.

        Raises:
            EngineError: one of the files is not there, or is no PEM file.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
            if not self.verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            if self.cert:
                context.load_cert_chain(self.cert, self.key or None)
        except OSError as error:
            files = ", ".join(file for file in (self.ca, self.cert, self.key) if file)
            raise EngineError(
                "unreachable",
                f"The TLS files {files} cannot be used: {error.strerror or error}.",
                "Put right ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH or the context.",
            ) from error
        return context


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine is, and how that was decided.

    *url* is ``unix:///path``, ``tcp://host:port`` or ``ssh://[user@]host[:port][/socket]``; *why* the
    words for the header ("context default"); *cli* the words that make the docker CLI talk to the same
    engine, none where it would anyway.
    """

    url: str
    why: str
    tls: Tls | None = None
    cli: tuple[str, ...] = ()

    @property
    def is_unix(self) -> bool:
        """Whether it is a socket of this machine (which may still lead to another, through a tunnel)."""
        return self.url.startswith("unix://")

    @property
    def place(self) -> str:
        """The machine in a word: ``local``, or the host's name."""
        return "local" if self.is_unix else urlsplit(self.url).hostname or self.url


def find(
    host: str | None = None,
    context: str | None = None,
    env: Mapping[str, str] = os.environ,
) -> Endpoint:
    """Return the engine that the docker CLI would choose with these options and environment.

    Raises:
        EngineError: the context named does not exist or its file cannot be read.
    """
    if host:
        url = _checked(host)
        return Endpoint(url, "--host", _tls_of(env, url), ("--host", url))
    if context:
        return _of_context(context, f"context {context}", env, ("--context", context))
    if env.get("DOCKER_HOST"):
        url = _checked(env["DOCKER_HOST"])
        return Endpoint(url, "DOCKER_HOST", _tls_of(env, url))
    if env.get("DOCKER_CONTEXT"):
        return _of_context(env["DOCKER_CONTEXT"], f"DOCKER_CONTEXT {env['DOCKER_CONTEXT']}", env)
    current = str(_read(_config_dir(env) / "config.json").get("currentContext") or "default")
    return _of_context(current, f"context {current}", env)


def _checked(url: str) -> str:
    if url.startswith("/"):
        return f"unix://{url}"
    if not _is_address(url):
        raise EngineError(
            "unreachable",
            f"“{url}” is no address of an engine.",
            "It should look like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host.",
        )
    return url


def _is_address(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    if scheme == "unix":
        return bool(rest)
    try:
        parts = urlsplit(url)
        return scheme in ("tcp", "ssh", "http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        return False


def _config_dir(env: Mapping[str, str]) -> Path:
    return Path(env.get("DOCKER_CONFIG") or Path(env.get("HOME") or "~").expanduser() / ".docker")


def _read(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise EngineError(
            "unreachable",
            f"The docker CLI's file {path} cannot be read: {error}.",
            "Repair it, or name the engine with --host.",
        ) from error
    return value if isinstance(value, dict) else {}


def _tls_of(env: Mapping[str, str], url: str) -> Tls | None:
    """Return the TLS files of ``DOCKER_TLS_VERIFY`` and ``DOCKER_CERT_PATH``, as the CLI reads them."""
    if not url.startswith(("tcp://", "https://")):
        return None
    verify = bool(env.get("DOCKER_TLS_VERIFY"))
    if not (verify or env.get("DOCKER_CERT_PATH") or url.startswith("https://")):
        return None
    folder = Path(env.get("DOCKER_CERT_PATH") or _config_dir(env))
    return _tls_in(folder, verify=verify)


def _tls_in(folder: Path, *, verify: bool) -> Tls:
    ca, cert, key = (
        str(path) if (path := folder / f"{name}.pem").exists() else "" for name in ("ca", "cert", "key")
    )
    return Tls(ca, cert, key, verify)


def _of_context(name: str, why: str, env: Mapping[str, str], cli: tuple[str, ...] = ()) -> Endpoint:
    if name == "default":
        # The CLI's default context is whatever DOCKER_HOST says.
        url = _checked(env.get("DOCKER_HOST") or f"unix://{DEFAULT_SOCKET}")
        return Endpoint(url, why, _tls_of(env, url), cli)
    digest = hashlib.sha256(name.encode()).hexdigest()
    store = _config_dir(env) / "contexts"
    meta = _read(store / "meta" / digest / "meta.json")
    endpoints = meta.get("Endpoints")
    docker = endpoints.get("docker") if isinstance(endpoints, dict) else None
    if not isinstance(docker, dict) or not docker.get("Host"):
        raise EngineError(
            "unreachable",
            f"There is no context “{name}” that leads to a Docker engine.",
            "docker context ls shows those that there are; --context or --host chooses one.",
        )
    files = store / "tls" / digest / "docker"
    tls = None
    if files.is_dir() or docker.get("SkipTLSVerify"):
        tls = _tls_in(files, verify=not docker.get("SkipTLSVerify"))
    return Endpoint(_checked(str(docker["Host"])), why, tls, cli)


def open_socket(endpoint: Endpoint, timeout: float) -> socket.socket:
    """Connect to a unix, tcp or TLS *endpoint*; *timeout* in seconds, for connecting and each read.

    Raises:
        OSError: it cannot be reached.
    """
    if endpoint.is_unix:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.settimeout(timeout)
            link.connect(endpoint.url.removeprefix("unix://"))
        except BaseException:
            link.close()
            raise
        return link
    parts = urlsplit(endpoint.url)
    port = parts.port or (2376 if endpoint.tls else 2375)
    link = socket.create_connection((parts.hostname or "", port), timeout)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if endpoint.tls is None:
        return link
    return endpoint.tls.context().wrap_socket(link, server_hostname=parts.hostname)


class Tunnel:
    """``ssh -L`` from a socket in a private directory to the engine's socket on another machine.

    The ssh program is the user's, so are its keys, agent, jump hosts and known hosts; docker-py's own
    ssh cannot close its streams.
    """

    def __init__(self, endpoint: Endpoint, given_up: threading.Event) -> None:
        """Dig, which may take as long as ssh does; setting *given_up* ends it at once.

        Raises:
            EngineError: ssh failed, is not there, or was given up.
        """
        parts = urlsplit(endpoint.url)
        remote = parts.path if len(parts.path) > 1 else DEFAULT_SOCKET
        where = f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname)
        self._folder = tempfile.mkdtemp(prefix="cdbg-ssh-")
        path = f"{self._folder}/docker.sock"
        argv = ["ssh", "-N", "-T", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes"]
        argv += ["-o", "ServerAliveInterval=15", "-L", f"{path}:{remote}"]
        argv += ["-p", str(parts.port)] if parts.port else []
        try:
            # A file, for ssh complains of each connection that failed and nobody empties a pipe.
            with reading(), private.opened(Path(self._folder, "said")) as said:
                # A session of its own: Ctrl+C in a child on our terminal must not cut the tunnel.
                self._ssh = subprocess.Popen(
                    [*argv, "--", where],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise EngineError(
                "unreachable",
                f"ssh cannot be run: {error.strerror or error}.",
                "Install an ssh client (openssh-client), or name another engine with --host.",
            ) from error
        self.endpoint = Endpoint(f"unix://{path}", endpoint.why, None, endpoint.cli)
        try:
            self._wait(path, where, given_up)
        except BaseException:
            self.close()
            raise

    def _wait(self, path: str, where: str, given_up: threading.Event) -> None:
        deadline = time.monotonic() + SSH_SECONDS
        while time.monotonic() < deadline and not given_up.is_set():
            with contextlib.suppress(OSError):
                open_socket(Endpoint(f"unix://{path}", ""), 1).close()
                return
            try:
                self._ssh.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            said = Path(self._folder, "said").read_bytes().decode(errors="replace")
            raise EngineError(
                "unreachable",
                f"ssh to {where} failed: {(said.strip() or 'no reason given').splitlines()[-1]}.",
                f"Try by hand: ssh {where} docker version. No password can be asked for here: use a key.",
            )
        if given_up.is_set():
            raise EngineError("unreachable", f"ssh to {where} was given up.")
        raise EngineError("timeout", f"ssh to {where} took longer than {SSH_SECONDS:.0f} s.", "Check the network.")

    @property
    def is_alive(self) -> bool:
        """Whether ssh still runs."""
        return self._ssh.poll() is None

    def close(self) -> None:
        """End ssh and remove the socket."""
        self._ssh.terminate()
        try:
            self._ssh.wait(2)
        except subprocess.TimeoutExpired:
            self._ssh.kill()
            self._ssh.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
