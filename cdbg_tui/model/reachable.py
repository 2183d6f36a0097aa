"""What a container is joined to, in words: its ports and who listens, its networks and siblings, its mounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cdbg_tui.model.around import Around, Json, Listener, name_of
from cdbg_tui.model.container import Container, Mount, Port, mounts
from cdbg_tui.model.details import Entry, leaf, step

MOST_SIBLINGS = 200
MOST_NAMED = 6
_ANY = ("", "0.0.0.0", "::")
_HEX = frozenset("0123456789abcdef")


def branch(key: str, children: list[Entry], path: str, value: str | None = None) -> Entry:
    """Return an entry for what holds *children*; one that says so where there are none."""
    if not children:
        return Entry(key, value or "none", path=path)
    return Entry(key, value, tuple(children), path)


# Ports


def ports(details: Json, container: Container, around: Around) -> Entry:
    """Return each port as host → container, with who listens there."""
    path = ".NetworkSettings.Ports"
    if container.network_mode == "host":
        return branch("ports", _unpublished(around, set()), path, "the host's own: it is on its network")
    known = container.ports if container.is_up else _asked_for(details) or container.ports
    rows = [
        Entry(_pair(port), _who(port.private, port.protocol, container, around), path=_port_path(port))
        for port in known
    ]
    rows += _unpublished(around, {(port.private, port.protocol) for port in known})
    value = None
    if not rows and container.network_mode.startswith("container:"):
        value = "those of the container whose network it is on"
    return branch("ports", rows, path, value)


def _port_path(port: Port) -> str:
    return f'.NetworkSettings.Ports["{port.private}/{port.protocol}"]'


def _pair(port: Port) -> str:
    inside = f"{port.private}/{port.protocol}"
    if not port.public:
        return f"(not published) → {inside}"
    host = f"[{port.address}]:" if ":" in port.address else f"{port.address}:"
    return f"{'' if port.address in _ANY else host}{port.public} → {inside}"


def _asked_for(details: Json) -> tuple[Port, ...]:
    """Return the ports that it is to publish: one that does not run publishes none."""
    found = []
    for key, bindings in ((details.get("HostConfig") or {}).get("PortBindings") or {}).items():
        private, _, protocol = str(key).partition("/")
        for binding in bindings or ():
            public = str((binding or {}).get("HostPort") or "0")
            if private.isdigit() and public.isdigit():
                address = str((binding or {}).get("HostIp") or "")
                found.append(Port(int(private), protocol or "tcp", int(public), address))
    return tuple(found)


def _who(private: int, protocol: str, container: Container, around: Around) -> str:
    if not container.is_up:
        return "it does not run"
    if around.listeners is None:
        return around.missing("listeners")
    here = [one for one in around.listeners if (one.socket.port, one.socket.protocol) == (private, protocol)]
    if not here:
        others = ", ".join(str(one.socket) for one in around.listeners if not one.socket.is_loopback)
        return f"nobody listens on {private}" + (f"; what listens: {others}" if others else "")
    only_inside = all(one.socket.is_loopback for one in here)
    words = ", ".join(dict.fromkeys(map(str, here)))
    return words + (": only the container itself can reach it" if only_inside else "")


def _unpublished(around: Around, known: set[tuple[int, str]]) -> list[Entry]:
    """Return the ports at which something listens, and which nobody has declared."""
    found: dict[tuple[int, str], list[Listener]] = {}
    for one in around.listeners or ():
        place = (one.socket.port, one.socket.protocol)
        if place not in known:
            found.setdefault(place, []).append(one)
    return [
        Entry(f"(not declared) → {port}/{protocol}", ", ".join(dict.fromkeys(map(str, here))))
        for (port, protocol), here in sorted(found.items())
    ]


# Networks


def networks(details: Json, around: Around) -> Entry:
    """Return the networks that it is on, with its addresses and the siblings that are on them as well."""
    mode = str((details.get("HostConfig") or {}).get("NetworkMode") or "")
    path = ".NetworkSettings.Networks"
    joined = (details.get("NetworkSettings") or {}).get("Networks") or {}
    found = [_network(str(name), network or {}, details, around) for name, network in joined.items()]
    if found:
        return branch("networks", found, path)
    if mode.startswith("container:"):
        mode = f"that of the container {_named(mode.partition(':')[2], around)}"
    return leaf("networks", mode or "none", path)


def _named(container_id: str, around: Around) -> str:
    names = (name_of(row) for row in around.rows or () if row.get("Id") == container_id)
    return next(names, container_id[:12])


def _network(name: str, network: Json, details: Json, around: Around) -> Entry:
    if name in ("host", "none"):
        return Entry(name, "the host's own" if name == "host" else "no network but loopback")
    addresses = [str(network[key]) for key in ("IPAddress", "GlobalIPv6Address") if network.get(key)]
    words = [" ".join(addresses) or "no address"]
    if network.get("Gateway"):
        words.append(f"gateway {network['Gateway']}")
    own = {str(details.get("Name") or "").removeprefix("/")}
    aliases = [
        str(alias)
        for alias in dict.fromkeys([*(network.get("Aliases") or ()), *(network.get("DNSNames") or ())])
        if alias not in details["Id"] and alias not in own
    ]
    if aliases:
        words.append(f"known as {', '.join(aliases)}")
    if around.rows is None:
        note = f"siblings: {around.missing('rows')}"
        return Entry(name, ", ".join(words), note=note)
    siblings = _siblings(name, details, around)
    note = "" if siblings else "nobody else is on it"
    if name == "bridge" and siblings:
        note = "names do not resolve on it, only addresses"
    return Entry(name, ", ".join(words), tuple(siblings), note=note)


def _siblings(name: str, details: Json, around: Around) -> list[Entry]:
    rows = []
    for row in around.others(str(details["Id"])):
        joined = (row.get("NetworkSettings") or {}).get("Networks") or {}
        if name in joined:
            address = (joined[name] or {}).get("IPAddress") or "no address"
            rows.append((row.get("State") != "running", Entry(name_of(row), f"{address}", note=_status(row))))
    rows.sort(key=lambda one: (one[0], one[1].key))
    found = [entry for _, entry in rows[:MOST_SIBLINGS]]
    if len(rows) > MOST_SIBLINGS:
        found.append(Entry("…", f"and {len(rows) - MOST_SIBLINGS:,} more"))
    return found


def _status(row: Json) -> str:
    return str(row.get("Status") or row.get("State") or "").lower()


# Mounts


def mounted(details: Json, around: Around) -> Entry:
    """Return what is mounted, from where and how, and who else uses the same."""
    options = {str(row.get("Destination")): row for row in details.get("Mounts") or ()}
    found = []
    for index, mount in enumerate(mounts(details)):
        words = [_source(mount), "read-write" if mount.writable else "read-only"]
        row = options.get(mount.target) or {}
        if row.get("Propagation") not in (None, "", "rprivate", "private"):
            words.append(str(row["Propagation"]))
        path = f".Mounts[{index}]" if mount.target in options else step(".HostConfig.Tmpfs", mount.target)
        found.append(Entry(mount.target, ", ".join(words), path=path, note=_sharers(mount, details, around)))
    found.sort(key=lambda entry: entry.key)  # the engine tells them in another order each time
    return branch("mounts", found, ".Mounts")


def _source(mount: Mount) -> str:
    if mount.kind != "volume":
        return f"{mount.kind} {mount.source}".rstrip()
    if len(mount.name) == 64 and set(mount.name) <= _HEX:
        return f"volume without a name ({mount.name[:12]})"
    return f"volume {mount.name}"


def _sharers(mount: Mount, details: Json, around: Around) -> str:
    if mount.kind not in ("volume", "bind"):
        return ""
    if around.rows is None:
        return f"who else: {around.missing('rows')}"
    found = list(_users_of(mount, around.others(str(details["Id"]))))
    if not found:
        return "nobody else uses it"
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"also used by {', '.join(found[:MOST_NAMED])}{more}"


def _users_of(mount: Mount, others: tuple[Json, ...]) -> Iterator[str]:
    for row in others:
        for theirs in row.get("Mounts") or ():
            if relation := _relation(mount, theirs):
                how = "" if theirs.get("RW", True) else ", read-only"
                state = "" if row.get("State") == "running" else f", {row.get('State')}"
                yield f"{name_of(row)} ({relation}{theirs.get('Destination')}{how}{state})"
                break


def _relation(mount: Mount, theirs: Mapping[str, Any]) -> str:
    """Return how another's mount reaches the same files, as a word before its destination; empty if not."""
    if mount.kind == "volume":
        return "at " if mount.name and theirs.get("Name") == mount.name else ""
    source = str(theirs.get("Source") or "")
    if theirs.get("Type", "bind") != "bind" or not source or not mount.source:
        return ""
    if source == mount.source:
        return "at "
    inner, outer = sorted((source, mount.source), key=len, reverse=True)
    if not inner.startswith(outer.rstrip("/") + "/"):
        return ""
    return f"{'all of ' if source == outer else ''}{source} at "
