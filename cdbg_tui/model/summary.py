"""What people ask of inspect, drawn together in their words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from cdbg_tui.model.around import Around, Json
from cdbg_tui.model.container import Container, State, from_inspect
from cdbg_tui.model.details import Entry, arguments, hidden_words, leaf, step
from cdbg_tui.model.probes import health
from cdbg_tui.model.reachable import branch, mounted, networks, ports
from cdbg_tui.model.text import MASK
from cdbg_tui.model.units import clock, epoch, exact_span, percent, size, span

AT_RUN, OF_IMAGE = "given at run", "from the image"


def summary(details: Json, around: Around | None = None) -> tuple[Entry, ...]:
    """Return the answers to the usual questions about an inspected container.

    *around* is what has been read besides; what is not there yet is said to be missing.
    """
    around = around or Around()
    config, host = details.get("Config") or {}, details.get("HostConfig") or {}
    built = (around.image or {}).get("Config") or {}
    container = from_inspect(details)

    def origin(key: str) -> str:
        if around.image is None or not config.get(key):
            return ""
        return OF_IMAGE if config.get(key) == built.get(key) else AT_RUN

    found = [
        replace(command_line(details), note=_origin_of_command(config, around)),
        image(details, around),
        leaf("state", _state(details, container), ".State"),
        replace(leaf("user", config.get("User") or "not set: root", ".Config.User"), note=origin("User")),
        replace(
            leaf("directory", config.get("WorkingDir") or "not set: /", ".Config.WorkingDir"),
            note=origin("WorkingDir"),
        ),
        ports(details, container, around),
        networks(details, around),
        mounted(details, around),
        leaf("limits", _limits(host) or "none", ".HostConfig"),
        leaf("privileges", _privileges(host), ".HostConfig"),
        leaf("restart policy", _restarts(details, host), ".HostConfig.RestartPolicy"),
        health(details),
        branch("environment", environment(config, built, around), ".Config.Env"),
        branch("labels", labels(config, built, around), ".Config.Labels"),
        leaf("log driver", (host.get("LogConfig") or {}).get("Type") or "", ".HostConfig.LogConfig"),
    ]
    if container.error:
        found.insert(3, leaf("engine's error", container.error, ".State.Error"))
    return tuple(found)


def environment(config: Json, built: Json, around: Around) -> list[Entry]:
    """Return the variables, those given at run first, each with where it comes from."""
    of_image = _pairs(built.get("Env") or ())
    found = []
    for index, line in enumerate(config.get("Env") or ()):
        name, _, value = str(line).partition("=")
        note = "" if around.image is None else _origin(name, value, of_image)
        found.append(replace(leaf(name, value, f".Config.Env[{index}]"), note=note))
    found.sort(key=lambda entry: entry.note == OF_IMAGE)
    return found


def labels(config: Json, built: Json, around: Around) -> list[Entry]:
    """Return the labels, those given at run first, each with where it comes from."""
    of_image = {str(key): str(value) for key, value in (built.get("Labels") or {}).items()}
    found = []
    for key, value in (config.get("Labels") or {}).items():
        note = "" if around.image is None else _origin(str(key), str(value), of_image)
        found.append(replace(leaf(str(key), str(value), step(".Config.Labels", str(key))), note=note))
    found.sort(key=lambda entry: entry.note == OF_IMAGE)
    return found


def _pairs(lines: Sequence[str]) -> dict[str, str]:
    parts = (str(line).partition("=") for line in lines)
    return {name: value for name, _, value in parts}


def _origin(name: str, value: str, of_image: dict[str, str]) -> str:
    if name not in of_image:
        return AT_RUN
    if of_image[name] == value:
        return OF_IMAGE
    before = leaf(name, of_image[name]).shown(revealed=False)
    return f"{AT_RUN}; the image has {before or 'nothing in it'}"


def _origin_of_command(config: Json, around: Around) -> str:
    if around.image is None:
        return ""
    built = around.image.get("Config") or {}
    changed = [
        word
        for word, key in (("entrypoint", "Entrypoint"), ("arguments", "Cmd"))
        if (config.get(key) or None) != (built.get(key) or None)
    ]
    return f"{' and '.join(changed)} {AT_RUN}" if changed else OF_IMAGE


def image(details: Json, around: Around) -> Entry:
    """Return the image's name, its id and digests, and how old it is."""
    config = details.get("Config") or {}
    name, path = _image(details, config), ".Config.Image"
    known = around.image
    if known is None:
        return replace(leaf("image", name, path), note=around.missing("image"))
    rows = [leaf("id", str(details.get("Image") or ""), ".Image")]
    rows += [leaf("digest", str(one)) for one in known.get("RepoDigests") or ()]
    rows = rows if len(rows) > 1 else [*rows, Entry("digest", "none: it was not pulled from a registry")]
    when = epoch(known.get("Created") or "")
    made = f"{clock(when)}, {span(around.now - when)} ago" if when else "not told"
    rows.append(leaf("built", made))
    platform = "/".join(str(known[key]) for key in ("Os", "Architecture", "Variant") if known.get(key))
    rows.append(leaf("platform", f"{platform}, {size(known.get('Size') or 0)}"))
    own = [row for row in around.rows or () if row.get("Id") == details["Id"]]
    has_moved = own and str(own[0].get("Image") or "").startswith("sha256:") and not name.startswith("sha256:")
    note = "its name means another image by now, or none" if has_moved else ""
    return Entry("image", name, tuple(rows), path, note=note)


def command_line(details: Json) -> Entry:
    """Return the whole command line of the main process; its value can be pasted into a shell."""
    words = [details.get("Path") or "", *(details.get("Args") or ())]
    line, cover = shlex.join(words), shlex.join(hidden_words(words))
    # In quotes, a mask would look like a word of the command.
    cover = cover.replace(f"'{MASK}'", MASK)
    paths = [".Path", *(f".Args[{index}]" for index in range(len(words)))]
    below = [replace(entry, path=path) for entry, path in zip(arguments(words), paths, strict=False)]
    children = tuple(below) if len(words) > 1 else ()
    return Entry("command", line, children, ".Path", None if cover == line else cover)


def _image(details: Json, config: Json) -> str:
    name, digest = config.get("Image") or "", details.get("Image") or ""
    short = digest.removeprefix("sha256:")[:12]
    return f"{name}  ({short})" if name and not name.startswith(digest) and short else name or digest


def _state(details: Json, container: Container) -> str:
    state = details.get("State") or {}
    started, ended = epoch(state.get("StartedAt") or ""), epoch(state.get("FinishedAt") or "")
    if container.state is State.CREATED:
        return f"created {clock(container.created)}, never started"
    words = [str(container.state)]
    if container.exit_code is not None:
        words.append(f"exit code {container.exit_code}")
    if container.oom_killed:
        words.append("out of memory")
    if started:
        words.append(f"started {clock(started)}")
    if ended and not container.is_up:
        ran = f" after {exact_span(ended - started)}" if started else ""
        words.append(f"ended {clock(ended)}{ran}")
    if container.is_up and container.pid:
        words.append(f"PID {container.pid} on the engine's machine")
    return ", ".join(words)


def _restarts(details: Json, host: Json) -> str:
    policy = host.get("RestartPolicy") or {}
    name, most = policy.get("Name") or "no", policy.get("MaximumRetryCount") or 0
    words = "never" if name == "no" else name + (f", at most {most} times" if most else "")
    count = details.get("RestartCount") or 0
    return f"{words}; restarted {count} times" if count else words


def _limits(host: Json) -> str:
    words = []
    if host.get("Memory"):
        words.append(f"memory {size(host['Memory'])}")
        swap = (host.get("MemorySwap") or 0) - host["Memory"]
        words += [f"swap {size(swap)}"] if swap > 0 else []
    if host.get("NanoCpus"):
        words.append(f"CPU {percent(host['NanoCpus'] / 1e9)} of a core")
    elif (host.get("CpuQuota") or 0) > 0:
        share = host["CpuQuota"] / (host.get("CpuPeriod") or 100_000)
        words.append(f"CPU {percent(share)} of a core")
    if host.get("CpusetCpus"):
        words.append(f"CPUs {host['CpusetCpus']}")
    if (host.get("PidsLimit") or 0) > 0:
        words.append(f"{host['PidsLimit']} processes")
    for limit in host.get("Ulimits") or ():
        words.append(f"{limit.get('Name')} {limit.get('Soft')}:{limit.get('Hard')}")
    return ", ".join(words)


def _privileges(host: Json) -> str:
    words = ["privileged"] if host.get("Privileged") else []
    words += [f"+{name}" for name in host.get("CapAdd") or ()]
    words += [f"-{name}" for name in host.get("CapDrop") or ()]
    words += host.get("SecurityOpt") or ()
    words += ["read-only root"] if host.get("ReadonlyRootfs") else []
    for key, name in (("PidMode", "PID"), ("IpcMode", "IPC"), ("UTSMode", "UTS")):
        if (host.get(key) or "") == "host":
            words.append(f"the host's {name} namespace")
    return ", ".join(words) or "the engine's default"
