"""``cdbg demo``: containers with the fates that containers have, to look at and to learn on.

Everything that it makes is labelled, and gone when it ends.
"""

from __future__ import annotations

import io
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from cdbg_tui.demo_cast import FILES, PARTS, Part
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import Endpoint
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model.container import COMPOSE_PROJECT, COMPOSE_SERVICE
from cdbg_tui.model.text import clean
from cdbg_tui.sessions.signals import signals_as_exit, signals_later

LABEL = "dev.cdbg.demo"
OWNER = "dev.cdbg.demo.owner"
PROJECT = "shop"
NETWORK = "demo-shop"
BUSYBOX = "busybox:latest"
OWN_BUSYBOX = "demo-busybox:latest"
ADVICE = "Pull busybox:latest where the engine runs, or install busybox-static, and try again."

_OURS = {"label": f"{LABEL}=1"}
_AT_ONCE = 5


def main(endpoint: Endpoint, dashboard: Callable[[Endpoint], int]) -> int:
    """Run *dashboard* on the demo's containers and return its exit code; they are removed in any case."""
    engine = Engine(endpoint)
    try:
        with signals_as_exit():
            try:
                up(engine, lambda words: print(words, flush=True))
                return dashboard(endpoint)
            finally:
                # Ctrl+C once more would leave half of them behind.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                with signals_later():
                    down(engine)
                print("Nothing of the demo is left.", flush=True)
    except EngineError as error:
        print(clean(f"cdbg demo: {error.what} {error.advice}".strip()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        engine.close()


def up(engine: Engine, say: Callable[[str], None]) -> None:
    """Make the demo's containers and start them, without waiting for their fates.

    Raises:
        EngineError: a name that it needs is taken, there is no image to be had, or the engine says no.
    """
    _refuse_a_second_demo(engine)
    down(engine)
    _refuse_taken_names(engine)
    base = _base_image(engine, say)
    say(f"Starting {len(PARTS)} containers …")
    _make_images(engine, base)
    with engine.api() as api:
        api.create_network(NETWORK, driver="bridge", labels=_labels(compose=True))
    _side_by_side(lambda part: _start(engine, part), PARTS)


def _refuse_a_second_demo(engine: Engine) -> None:
    """Leave a demo alone whose program still runs; what a dead one left is nobody's."""
    with engine.api() as api:
        owners = {(one.get("Labels") or {}).get(OWNER) for one in api.containers(all=True, filters=_OURS)}
    for owner in owners - {_owner()}:
        pid, _, host = (owner or "").partition("@")
        if pid.isdigit() and host == socket.gethostname() and Path(f"/proc/{pid}").exists():
            raise EngineError(
                "conflict",
                f"A demo runs already on {engine.endpoint.url}: process {pid}.",
                "Leave that one first, or open the dashboard beside it with cdbg.",
            )


def _owner() -> str:
    return f"{os.getpid()}@{socket.gethostname()}"


def down(engine: Engine) -> None:
    """Remove everything that this demo or an earlier one has made."""

    failures: list[EngineError] = []

    def remove(container: str) -> None:
        try:
            with _missing_is_fine(), engine.api() as api:
                api.remove_container(container, v=True, force=True)
        except EngineError as error:  # the others are to go all the same
            failures.append(error)

    with engine.api() as api:
        _side_by_side(remove, [one["Id"] for one in api.containers(all=True, filters=_OURS)])
        if failures:
            raise failures[0]
        networks = [one["Id"] for one in api.networks(filters=_OURS)]
        images = [(one.get("RepoTags") or [], one["Id"]) for one in api.images(filters=_OURS)]
    for network in networks:
        with _missing_is_fine(), engine.api() as api:
            api.remove_network(network)
    # Nameless ones first, they may be children; then by name, so that a parent goes with its last child.
    for tags, image in sorted(images):
        for name in [tag for tag in tags if tag != "<none>:<none>"] or [image]:
            with _missing_is_fine(), engine.api() as api:
                api.remove_image(name, force=True)


@contextmanager
def _missing_is_fine() -> Iterator[None]:
    """Let pass that what is to be removed is gone, or being removed, already."""
    try:
        yield
    except EngineError as error:
        if error.kind != "missing" and "already in progress" not in error.what:
            raise


def _side_by_side(do: Callable[..., None], what: Iterable[object]) -> None:
    """Call *do* with each of *what*, a few at a time; after an error or Ctrl+C no more are begun."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(do, what):
            pass


def _refuse_taken_names(engine: Engine) -> None:
    """Refuse to begin where something that is not the demo's has one of its names."""
    with engine.api() as api:
        containers = {name[1:] for one in api.containers(all=True) for name in one["Names"] or ()}
        networks = {one["Name"] for one in api.networks()}
        images = {tag for one in api.images() for tag in one.get("RepoTags") or ()}
    wanted = {part.name for part in PARTS}
    for kind, taken in (
        ("container", containers & wanted),
        ("network", networks & {NETWORK}),
        ("image", images & {OWN_BUSYBOX, *(part.image for part in PARTS)}),
    ):
        if taken:
            raise EngineError(
                "conflict",
                f"There is a {kind} {min(taken)} that the demo did not make.",
                f"Rename or remove it, then try again: the demo needs that name for a {kind} of its own.",
            )


def _base_image(engine: Engine, say: Callable[[str], None]) -> str:
    """Return the name of an image with busybox: what is there, or is pulled, or made of this machine's."""
    with engine.api() as api:
        if api.images(BUSYBOX):
            return BUSYBOX
        say(f"Pulling {BUSYBOX} …")
        try:
            repository, _, tag = BUSYBOX.partition(":")
            answers = list(api.pull(repository, tag=tag, stream=True, decode=True))
            failure = next((one["error"] for one in answers if "error" in one), "")
        except Exception as error:  # noqa: BLE001 - whatever the reason, there is another way
            failure = str(error)
        if not failure:
            return BUSYBOX
        machine = api.info().get("Architecture")
    say("It cannot be pulled: making an image from this machine's busybox …")
    program = _static_busybox()
    if program is None or machine != platform.machine():
        raise EngineError("missing", f"There is no image to make the demo of: {failure}.", ADVICE)
    _import(engine, program)
    return OWN_BUSYBOX


def _static_busybox() -> Path | None:
    """Return this machine's busybox if it needs no libraries, which the image would not have."""
    path = shutil.which("busybox")
    if path is None or shutil.which("ldd") is None:
        return None
    ldd = subprocess.run(["ldd", path], check=False, capture_output=True, text=True)
    return Path(path) if ldd.returncode or "statically linked" in ldd.stdout else None


def _import(engine: Engine, program: Path) -> None:
    """Import an image of nothing but busybox and links to it."""
    applets = subprocess.run([program, "--list"], check=True, capture_output=True, text=True)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add(tar, "bin/busybox", program.read_bytes(), 0o755)
        for applet in set(applets.stdout.split()) - {"busybox"}:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        tmp = tarfile.TarInfo("tmp")
        tmp.type, tmp.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(tmp)
        _add(tar, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", 0o644)
        _add(tar, "etc/group", b"root:x:0:\n", 0o644)
    repository, _, tag = OWN_BUSYBOX.partition(":")
    with engine.api() as api:
        api.import_image_from_data(
            buffer.getvalue(),
            repository=repository,
            tag=tag,
            changes=["ENV PATH=/bin:/sbin:/usr/bin:/usr/sbin", f"LABEL {LABEL}=1"],
        )


def _add(tar: tarfile.TarFile, path: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _make_images(engine: Engine, base: str) -> None:
    """Put the demo's programs on top of *base*, under every image name that its containers have."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in FILES.items():
            _add(tar, path, text.encode(), 0o755 if text.startswith("#!") else 0o644)
    names = sorted({part.image for part in PARTS})
    with engine.api() as api:
        draft = api.create_container(base, ["sh"], labels=_labels())["Id"]
        api.put_archive(draft, "/", buffer.getvalue())
        image = api.commit(draft, message="demo")["Id"]
        for name in names:
            repository, _, tag = name.partition(":")
            api.tag(image, repository, tag)
        api.remove_container(draft, v=True)


def _start(engine: Engine, part: Part) -> None:
    """Create and start one container, as Compose would if it has a service."""
    with engine.api() as api:
        container = api.create_container(
            part.image,
            list(part.command),
            name=part.name,
            environment=list(part.environment),
            user=part.user or None,
            volumes=[part.volume] if part.volume else None,
            ports=[part.port] if part.port else None,
            labels=_labels(part.service, compose=bool(part.service)),
            healthcheck=_probe(part) if part.probe else None,
            host_config=api.create_host_config(
                network_mode=NETWORK if part.service else "bridge",
                port_bindings={part.port: ("127.0.0.1",)} if part.port else None,
                nano_cpus=int(part.cpus * 1e9) or None,
                mem_limit=part.memory or None,
                memswap_limit=part.memory or None,
                restart_policy={"Name": "on-failure", "MaximumRetryCount": part.retries} if part.retries else None,
            ),
            networking_config={"EndpointsConfig": {NETWORK: api.create_endpoint_config(aliases=[part.service])}}
            if part.service
            else None,
        )["Id"]
        api.start(container)
        if part.paused:
            api.pause(container)


def _probe(part: Part) -> dict[str, object]:
    second = 1_000_000_000
    return {
        "test": ["CMD-SHELL", part.probe],
        "interval": part.probe_seconds * second,
        "timeout": 2 * second,
        "retries": 2,
    }


def _labels(service: str = "", *, compose: bool = False) -> dict[str, str]:
    labels = {LABEL: "1", OWNER: _owner()}
    if compose:
        labels[COMPOSE_PROJECT] = PROJECT
    if service:
        labels |= {
            COMPOSE_SERVICE: service,
            "com.docker.compose.container-number": "1",
            "com.docker.compose.oneoff": "False",
        }
    return labels
