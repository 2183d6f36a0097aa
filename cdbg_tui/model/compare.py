"""Two containers, or a container and its image, compared by meaning: what differs, and what only looks so."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdbg_tui.model.around import Json
from cdbg_tui.model.details import Entry, hidden_words, leaf, step
from cdbg_tui.model.units import exact_span, percent, size

SECTIONS = (
    "process",
    "image",
    "environment",
    "labels",
    "ports",
    "networks",
    "mounts",
    "health check",
    "limits and rights",
    "settings",
    "state",
    "of the engine",
)

NOISE_WORDS = "ids, times, PIDs, addresses, sandbox keys, the engine's paths"


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of one side: how it is shown, and whether it differs between any two containers."""

    section: str
    key: str
    entry: Entry
    is_noise: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One thing on both sides; a side that has no such thing is None."""

    section: str
    key: str
    left: Entry | None
    right: Entry | None
    is_noise: bool = False

    @property
    def differs(self) -> bool:
        """Whether both sides say something else."""
        return (self.left and self.left.value) != (self.right and self.right.value)


def containers(left: Json, right: Json) -> tuple[Row, ...]:
    """Return everything of two inspected containers side by side, in the order of the sections."""
    return _paired(facts(left), facts(right))


def with_image(details: Json, image: Json) -> tuple[Row, ...]:
    """Return what an image says beside what a container made of it says: the image is the left side."""
    left, right = (_shared(one.get("Config") or {}) for one in (image, details))
    return _paired(facts({"Config": left}), facts({"Config": right}, str(details.get("Id") or "")))


def _shared(config: Json) -> dict[str, Any]:
    """Return what an image and a container may both say: on older engines, an image keeps more than is its own."""
    return {key: value for key, value in config.items() if key not in _OF_NO_IMAGE}


_OF_NO_IMAGE = ("Hostname", "Domainname", "Image", "AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce")


def differences(rows: tuple[Row, ...], *, everything: bool = False) -> tuple[Row, ...]:
    """Return the rows that differ and mean something, or all of them."""
    return rows if everything else tuple(row for row in rows if row.differs and not row.is_noise)


def _paired(left: dict[tuple[str, str], Fact], right: dict[tuple[str, str], Fact]) -> tuple[Row, ...]:
    rows = []
    for place in dict.fromkeys([*left, *right]):
        one, other = left.get(place), right.get(place)
        noise = all(side.is_noise for side in (one, other) if side)
        rows.append(Row(*place, one.entry if one else None, other.entry if other else None, noise))
    rows.sort(key=lambda row: SECTIONS.index(row.section))
    return tuple(rows)


# One side


def facts(details: Json, own_id: str = "") -> dict[tuple[str, str], Fact]:
    """Return what *details* say, by section and key. What is not set is left out, however the engine says so."""
    own_id = own_id or str(details.get("Id") or "")
    found = (_named(fact, own_id) for fact in _facts(details, own_id))
    return {(fact.section, fact.key): fact for fact in found}


def _named(fact: Fact, own_id: str) -> Fact:
    """Take as noise what holds nothing but the container's own id: a path below it, a host name made of it."""
    value = fact.entry.value or ""
    is_own = bool(own_id) and (own_id in value or value == own_id[:12])
    return Fact(fact.section, fact.key, fact.entry, fact.is_noise or is_own)


def _facts(details: Json, own_id: str) -> Iterator[Fact]:
    config, host = details.get("Config") or {}, details.get("HostConfig") or {}
    settings = details.get("NetworkSettings") or {}
    yield from _process(details, config)
    yield from _environment(config)
    for key, value in (config.get("Labels") or {}).items():
        yield Fact("labels", str(key), leaf(str(key), str(value), step(".Config.Labels", str(key))))
    yield from _ports(config, host, settings)
    for name, network in (settings.get("Networks") or {}).items():
        yield from _network(str(name), network or {}, own_id)
    yield from _mounts(details, host)
    yield from _health_check(config.get("Healthcheck") or {})
    yield from _rest("limits and rights", host, ".HostConfig", _HOST_ELSEWHERE)
    yield from _rest("settings", config, ".Config", _CONFIG_ELSEWHERE)
    yield from _rest("state", details.get("State") or {}, ".State", ("Health",))
    health = ((details.get("State") or {}).get("Health") or {}).get("Status")
    if health and health != "none":
        yield Fact("state", "Health", Entry("Health", str(health), path=".State.Health.Status"))
    yield from _rest("of the engine", settings, ".NetworkSettings", ("Networks", "Ports"))
    yield from _rest("of the engine", details, "", _TOP_ELSEWHERE)


_TOP_ELSEWHERE = ("Config", "HostConfig", "NetworkSettings", "State", "Mounts", "Path", "Args", "Image")
_HOST_ELSEWHERE = ("Binds", "Mounts", "Tmpfs", "PortBindings")
_CONFIG_ELSEWHERE = (
    "Env",
    "Labels",
    "Healthcheck",
    "ExposedPorts",
    "Volumes",
    "Cmd",
    "Entrypoint",
    "User",
    "WorkingDir",
    "Image",
)

_NOISE = re.compile(
    r"\.Id|\.Name|\.Created|\.(?:Resolv|Hosts?|Hostname|Log)\w*Path|\.(?:Mount|Process)Label|\.ExecIDs.*"
    r"|\.GraphDriver\..*|\.Storage\..*|\.RestartCount"
    r"|\.State\.(?:StartedAt|FinishedAt|Pid)"
    r"|\.Config\.(?:Attach\w+|StdinOnce)"
    r"|\.HostConfig\.ContainerIDFile|\.HostConfig\.ConsoleSize.*"
    r"|\.NetworkSettings\.(?:Sandbox\w+|EndpointID|\w*Gateway|\w*Address|\w*PrefixLen|Secondary\w+).*"
)


def _process(details: Json, config: Json) -> Iterator[Fact]:
    if "Path" in details:
        words = [str(details.get("Path") or ""), *map(str, details.get("Args") or ())]
        yield Fact("process", "command line", _words("command line", words, ".Path"))
    for key in ("Entrypoint", "Cmd"):
        if config.get(key):
            yield Fact("process", key, _words(key, [str(word) for word in config[key]], f".Config.{key}"))
    for key in ("User", "WorkingDir"):
        if config.get(key):
            yield Fact("process", key, leaf(key, str(config[key]), f".Config.{key}"))
    if config.get("Image"):
        yield Fact("image", "name", leaf("name", str(config["Image"]), ".Config.Image"))
    if details.get("Image"):
        yield Fact("image", "id", leaf("id", str(details["Image"]), ".Image"))


def _words(key: str, words: list[str], path: str) -> Entry:
    line, cover = shlex.join(words), " ".join(hidden_words(words))
    return Entry(key, line, path=path, cover=None if cover == " ".join(words) else cover)


def _environment(config: Json) -> Iterator[Fact]:
    for index, line in enumerate(config.get("Env") or ()):
        name, _, value = str(line).partition("=")
        yield Fact("environment", name, leaf(name, value, f".Config.Env[{index}]"))


def _ports(config: Json, host: Json, settings: Json) -> Iterator[Fact]:
    bound, live = host.get("PortBindings") or {}, settings.get("Ports") or {}
    for port in dict.fromkeys([*(config.get("ExposedPorts") or {}), *bound, *live]):
        asked = [_address(one or {}) for one in bound.get(port) or ()]
        words = f"published at {', '.join(sorted(asked))}" if asked else "declared"
        path = step(".HostConfig.PortBindings" if asked else ".Config.ExposedPorts", str(port))
        yield Fact("ports", str(port), Entry(str(port), words, path=path))


def _health_check(check: Json) -> Iterator[Fact]:
    for key, value in check.items():
        path = f".Config.Healthcheck.{key}"
        if key == "Test" and value:
            yield Fact("health check", key, _words(key, [str(word) for word in value], path))
        elif value:
            # Nanoseconds, but for the number of retries.
            words = str(value) if key == "Retries" else exact_span(value / 1e9)
            yield Fact("health check", str(key), Entry(str(key), words, path=path))


def _address(binding: Json) -> str:
    host, port = binding.get("HostIp") or "", binding.get("HostPort") or "any port"
    return f"{host}:{port}" if host not in ("", "0.0.0.0", "::") else str(port)


def _network(name: str, network: Json, own_id: str) -> Iterator[Fact]:
    path = step(".NetworkSettings.Networks", name)
    every = [*(network.get("Aliases") or ()), *(network.get("DNSNames") or ())]
    aliases = sorted({str(one) for one in every if str(one) not in own_id or not own_id})
    words = "joined" + (f", known as {', '.join(aliases)}" if aliases else "")
    yield Fact("networks", name, Entry(name, words, path=path))
    for key, value in network.items():
        if key not in ("Aliases", "DNSNames") and (text := _text(value)):
            # What is asked for is a setting; the rest is what the engine has dealt out.
            is_asked = key in ("IPAMConfig", "Links", "DriverOpts", "GwPriority")
            yield Fact("networks", f"{name} {key}", leaf(key, text, f"{path}.{key}"), is_noise=not is_asked)


def _mounts(details: Json, host: Json) -> Iterator[Fact]:
    for index, mount in enumerate(details.get("Mounts") or ()):
        target = str(mount.get("Destination") or "")
        name = str(mount.get("Name") or "")
        source = name or str(mount.get("Source") or "")
        if re.fullmatch(r"[0-9a-f]{64}", name):
            source = "without a name"
        mode = "read-write" if mount.get("RW", True) else "read-only"
        words = f"{mount.get('Type') or 'bind'} {source}, {mode}"
        yield Fact("mounts", target, Entry(target, words, path=f".Mounts[{index}]"))
    for target, options in (host.get("Tmpfs") or {}).items():
        words = f"tmpfs {options}".rstrip()
        yield Fact("mounts", str(target), Entry(str(target), words, path=step(".HostConfig.Tmpfs", str(target))))


def _rest(section: str, values: Json, path: str, without: tuple[str, ...]) -> Iterator[Fact]:
    for key, value in values.items():
        if key not in without:
            yield from _walked(section, str(key), value, step(path, str(key)))


def _walked(section: str, key: str, value: Any, path: str) -> Iterator[Fact]:
    """Yield the values below *key*: mappings by their keys, lists by their names or as a whole."""
    if isinstance(value, Mapping):
        for below, one in value.items():
            yield from _walked(section, f"{key}.{below}".lstrip("."), one, step(path, str(below)))
        return
    if isinstance(value, list) and value and all(isinstance(one, Mapping) and one.get("Name") for one in value):
        for index, one in enumerate(value):
            told = {k: _text(v) for k, v in sorted(one.items()) if k != "Name" and _text(v)}
            rest = ", ".join(f"{k.lower()} {text}" for k, text in told.items())
            name = f"{key} {one['Name']}"
            yield Fact(section, name, leaf(name, rest or "set", f"{path}[{index}]"))
        return
    if text := _figure(key, value) or _text(value, in_order=key in _IN_ORDER):
        cover = " ".join(hidden_words([str(one) for one in value])) if isinstance(value, list) else None
        entry = leaf(key.rpartition(".")[2], text, path)
        if entry.cover is None and cover is not None and cover != " ".join(map(str, value)):
            entry = Entry(entry.key, text, path=path, cover=cover)
        yield Fact(section, key or path, entry, bool(_NOISE.fullmatch(path)))


def _figure(key: str, value: Any) -> str:
    """Return a limit as people write it; empty for what is none."""
    if not isinstance(value, int) or value <= 0:
        return ""
    if key in ("Memory", "MemorySwap", "MemoryReservation", "ShmSize"):
        return size(value)
    return f"{percent(value / 1e9)} of a core" if key == "NanoCpus" else ""


_IN_ORDER = ("Shell", "OnBuild", "Dns", "DnsSearch")
"""Lists whose order means something."""


def _text(value: Any, *, in_order: bool = False) -> str:
    """Return a value in one line, empty for every way in which an engine says that it is not set."""
    if value in (None, "", False, 0) or value == [] or value == {}:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return shlex.join(value if in_order else sorted(value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def shown(row: Row, *, revealed: bool) -> tuple[str, str]:
    """Return what both sides are shown as; that two masked secrets differ is said, not what they are."""
    left, right = (one.shown(revealed=revealed) if one else "" for one in (row.left, row.right))
    if row.left and row.right and row.differs and left == right:
        right = f"{right} (another)"
    return left, right
