"""What people ask of inspect, drawn together in their words and put before the rest."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cdbg_tui.model.container import Container, State, from_inspect, mounts
from cdbg_tui.model.details import Entry, arguments, environment, hidden_words, leaf
from cdbg_tui.model.text import MASK
from cdbg_tui.model.units import clock, epoch, exact_span, percent, size

Json = Mapping[str, Any]


def summary(details: Json) -> tuple[Entry, ...]:
    """Return the answers to the usual questions about an inspected container."""
    config, host = details.get("Config") or {}, details.get("HostConfig") or {}
    container = from_inspect(details)
    found = [
        command_line(details),
        leaf("image", _image(details, config), ".Config.Image"),
        leaf("state", _state(details, container), ".State"),
        leaf("restart policy", _restarts(details, host), ".HostConfig.RestartPolicy"),
        _many("ports", map(str, container.ports), ".NetworkSettings.Ports"),
        _mounts(details),
        _networks(details, host),
        leaf("limits", _limits(host) or "none", ".HostConfig"),
        leaf("privileges", _privileges(host), ".HostConfig"),
        leaf("user", config.get("User") or "not set: root", ".Config.User"),
        leaf("directory", config.get("WorkingDir") or "not set: /", ".Config.WorkingDir"),
        _health(details, config),
        leaf("log driver", (host.get("LogConfig") or {}).get("Type") or "", ".HostConfig.LogConfig"),
        _branch("environment", environment(config.get("Env") or ()), ".Config.Env"),
    ]
    if container.error:
        found.insert(3, leaf("engine's error", container.error, ".State.Error"))
    return tuple(found)


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


def _branch(key: str, children: Sequence[Entry], path: str) -> Entry:
    if not children:
        return Entry(key, "none", path=path)
    return Entry(key, None, tuple(children), path)


def _many(key: str, values: Iterator[str], path: str) -> Entry:
    return leaf(key, ", ".join(values) or "none", path)


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


def _mounts(details: Json) -> Entry:
    found = []
    for mount in mounts(details):
        source = mount.name[:24] or mount.source
        words = f"{mount.kind} {source}".rstrip() + ("" if mount.writable else ", read-only")
        found.append(leaf(mount.target, words))
    return _branch("mounts", found, ".Mounts")


def _networks(details: Json, host: Json) -> Entry:
    mode = host.get("NetworkMode") or ""
    path = ".NetworkSettings.Networks"
    found = []
    for name, network in ((details.get("NetworkSettings") or {}).get("Networks") or {}).items():
        network = network or {}
        address = network.get("IPAddress") or "no address"
        gateway = f", gateway {network['Gateway']}" if network.get("Gateway") else ""
        others = [alias for alias in network.get("Aliases") or () if alias not in details["Id"]]
        called = f", known as {', '.join(others)}" if others else ""
        found.append(leaf(str(name), address + gateway + called))
    if not found:
        return leaf("networks", mode or "none", path)
    return _branch("networks", found, path)


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


def _health(details: Json, config: Json) -> Entry:
    check = config.get("Healthcheck") or {}
    test = check.get("Test") or []
    health = (details.get("State") or {}).get("Health") or {}
    if not test or test == ["NONE"]:
        return Entry("health", "no health check", path=".State.Health")
    words = test[1:] if test[0] in ("CMD", "CMD-SHELL") else test
    line, cover = " ".join(words), " ".join(hidden_words(words))
    found = [Entry("test", line, path=".Config.Healthcheck.Test", cover=None if cover == line else cover)]
    for index, probe in enumerate(health.get("Log") or ()):
        when = epoch(probe.get("Start") or "")
        at = f".State.Health.Log[{index}].Output"
        said = (probe.get("Output") or "").strip() or "(no output)"
        found.append(leaf(clock(when) if when else str(index), f"{probe.get('ExitCode')}: {said}", at))
    streak = health.get("FailingStreak") or 0
    status = health.get("Status") or "not checked yet"
    value = status + (f", {streak} failures in a row" if streak else "")
    return Entry("health", value, tuple(found), ".State.Health")
