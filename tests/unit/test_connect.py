"""Which engine is meant, and why; what is said when the words make no sense."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import DEFAULT_SOCKET, Endpoint, Tls, find
from cdbg_tui.engine.errors import EngineError

DEFAULT = f"unix://{DEFAULT_SOCKET}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return an empty configuration directory of the docker CLI."""
    folder = tmp_path / "docker"
    folder.mkdir()
    return folder


def env(config: Path, **others: str) -> dict[str, str]:
    return {"HOME": "/nonexistent", "DOCKER_CONFIG": str(config), **others}


def make_context(config: Path, name: str, docker: Any, tls: tuple[str, ...] = ()) -> Path:
    """Write a context as the docker CLI does; return the folder of its TLS files."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta, files = config / "contexts/meta" / digest, config / "contexts/tls" / digest / "docker"
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": docker}}))
    if tls:
        files.mkdir(parents=True)
        for file in tls:
            (files / f"{file}.pem").write_text("")
    return files


def use(config: Path, name: str) -> None:
    (config / "config.json").write_text(json.dumps({"currentContext": name, "auths": {}}))


def test_without_anything_it_is_the_default_context(config: Path) -> None:
    assert find(env=env(config)) == Endpoint(DEFAULT, "context default")
    assert find(env={"HOME": str(config)}) == Endpoint(DEFAULT, "context default")


def test_the_current_context_of_the_cli(config: Path) -> None:
    make_context(config, "far", {"Host": "ssh://me@far.example:2222", "SkipTLSVerify": False})
    use(config, "far")
    found = find(env=env(config))
    assert found == Endpoint("ssh://me@far.example:2222", "context far")
    assert found.place == "far.example"


def test_each_way_to_say_it_comes_before_the_next(config: Path) -> None:
    for name in ("current", "by-env", "by-option"):
        make_context(config, name, {"Host": f"tcp://{name}:2375"})
    use(config, "current")
    words = {"DOCKER_CONTEXT": "by-env", "DOCKER_HOST": "tcp://host:2375"}
    assert find("tcp://x:1", "by-option", env(config, **words)).url == "tcp://x:1"
    assert find(None, "by-option", env(config, **words)).url == "tcp://by-option:2375"
    assert find(env=env(config, **words)).url == "tcp://host:2375"
    assert find(env=env(config, DOCKER_CONTEXT="by-env")).url == "tcp://by-env:2375"
    assert find(env=env(config)).url == "tcp://current:2375"


def test_the_header_learns_why_and_the_docker_command_how(config: Path) -> None:
    make_context(config, "far", {"Host": "tcp://far:2375"})
    by_option = find(context="far", env=env(config))
    assert (by_option.why, by_option.cli) == ("context far", ("--context", "far"))
    by_env = find(env=env(config, DOCKER_CONTEXT="far"))
    assert (by_env.why, by_env.cli) == ("DOCKER_CONTEXT far", ())
    by_host = find(env=env(config, DOCKER_HOST="tcp://h:1"))
    assert (by_host.why, by_host.cli) == ("DOCKER_HOST", ())
    by_path = find("/run/docker.sock", env=env(config))
    assert (by_path.url, by_path.why) == ("unix:///run/docker.sock", "--host")
    # The docker command takes no bare path.
    assert Engine(by_path).docker("ps") == ("docker", "--host", "unix:///run/docker.sock", "ps")


def test_the_default_context_is_what_docker_host_says_as_for_the_cli(config: Path) -> None:
    words = env(config, DOCKER_HOST="tcp://h:1")
    assert find(context="default", env=words) == Endpoint(
        "tcp://h:1", "context default", cli=("--context", "default")
    )
    assert find(context="default", env=env(config)).url == DEFAULT


def test_a_context_brings_its_tls_files(config: Path) -> None:
    files = make_context(config, "safe", {"Host": "tcp://safe:2376"}, ("ca", "cert", "key"))
    assert find(context="safe", env=env(config)).tls == Tls(
        str(files / "ca.pem"), str(files / "cert.pem"), str(files / "key.pem"), True
    )
    files = make_context(config, "half", {"Host": "tcp://half:2376"}, ("ca",))
    assert find(context="half", env=env(config)).tls == Tls(ca=str(files / "ca.pem"))
    make_context(config, "blind", {"Host": "tcp://blind:2376", "SkipTLSVerify": True})
    assert find(context="blind", env=env(config)).tls == Tls(verify=False)
    make_context(config, "plain", {"Host": "tcp://plain:2375"})
    assert find(context="plain", env=env(config)).tls is None


def test_tls_by_environment(config: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    words = {"DOCKER_HOST": "tcp://h:2376", "DOCKER_CERT_PATH": str(tmp_path)}
    ca = str(tmp_path / "ca.pem")
    assert find(env=env(config, DOCKER_TLS_VERIFY="1", **words)).tls == Tls(ca=ca)
    assert find(env=env(config, **words)).tls == Tls(ca=ca, verify=False)
    assert find(env=env(config, DOCKER_HOST="tcp://h:2375")).tls is None
    assert find("unix:///x", env=env(config, DOCKER_TLS_VERIFY="1", **words)).tls is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host",
        "host:2375",
        "host",
        "unix://",
        "tcp://",
        "ssh://",
        "ssh://me@",
        "tcp://host:port",
        "tcp://host:99999",
        "tcp://host:0",
        "tcp://[::1:2375",
        "://",
        " ",
    ],
)
def test_what_is_no_address_is_told_with_examples(config: Path, url: str) -> None:
    with pytest.raises(EngineError) as error:
        find(url, env=env(config))
    assert error.value.what == f"“{url}” is no address of an engine."
    assert "unix:///var/run/docker.sock" in error.value.advice


@pytest.mark.parametrize(
    "url", ["tcp://host", "tcp://[::1]:2375", "ssh://me@host:22/run/docker.sock", "https://host"]
)
def test_addresses_of_all_kinds_are_taken(config: Path, url: str) -> None:
    assert find(url, env=env(config)).url == url


@pytest.mark.parametrize("name", ["gone", "../../etc", "", "kube"])
def test_an_unknown_context_is_named(config: Path, name: str) -> None:
    make_context(config, "kube", {})
    use(config, name or "gone")
    with pytest.raises(EngineError) as error:
        find(env=env(config))
    assert error.value.what == f"There is no context “{name or 'gone'}” that leads to a Docker engine."
    assert "docker context ls" in error.value.advice


@pytest.mark.parametrize("rubbish", [b"{", b"\xff\xfe", b"", b'{"currentContext": '])
def test_rubbish_in_the_clis_settings_is_told_with_the_file(config: Path, rubbish: bytes) -> None:
    (config / "config.json").write_bytes(rubbish)
    with pytest.raises(EngineError) as error:
        find(env=env(config))
    assert f"file {config / 'config.json'} cannot be read" in error.value.what
    # Whoever names the engine needs no settings.
    assert find("unix:///x", env=env(config)).url == "unix:///x"


@pytest.mark.parametrize("odd", ["[]", "null", "5", '{"currentContext": null}', '{"currentContext": ""}'])
def test_settings_that_name_no_context_mean_the_default_one(config: Path, odd: str) -> None:
    (config / "config.json").write_text(odd)
    assert find(env=env(config)).url == DEFAULT


@pytest.mark.parametrize(
    "meta", ["[]", '{"Endpoints": []}', '{"Endpoints": {"docker": "x"}}', '{"Endpoints": null}']
)
def test_rubbish_in_a_context_is_no_context(config: Path, meta: str) -> None:
    make_context(config, "odd", {})
    digest = hashlib.sha256(b"odd").hexdigest()
    (config / "contexts/meta" / digest / "meta.json").write_text(meta)
    with pytest.raises(EngineError, match="There is no context “odd”"):
        find(context="odd", env=env(config))


def test_a_local_socket_is_local() -> None:
    assert Endpoint("unix:///x", "").place == "local"
    assert Endpoint("tcp://[::1]:2375", "").place == "::1"
