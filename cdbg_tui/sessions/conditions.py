"""The conditions under which a container ran, as options of ``docker run``: a rerun without them may not fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_DEFAULT_SHM = 64 << 20

_SCALARS = {
    "Memory": "--memory",
    "MemorySwap": "--memory-swap",
    "CpuPeriod": "--cpu-period",
    "CpuQuota": "--cpu-quota",
    "CpusetCpus": "--cpuset-cpus",
    "PidsLimit": "--pids-limit",
}
_LISTS = {"CapAdd": "--cap-add", "CapDrop": "--cap-drop", "GroupAdd": "--group-add"}
_NAMING = {
    "ExtraHosts": "--add-host",
    "Dns": "--dns",
    "DnsSearch": "--dns-search",
    "DnsOptions": "--dns-option",
}


def conditions(
    host: Mapping[str, Any], config: Mapping[str, Any], container_id: str, *, own_network: bool
) -> tuple[str, ...]:
    """Return the options for limits, rights, devices and naming, out of an inspected HostConfig and Config.

    Without a network of its own, a container has the names of another, and the engine refuses to be told them.
    """
    words = [*_limits(host), *_rights(host)]
    if own_network:
        words += _naming(host, config, container_id)
    return tuple(words)


def _limits(host: Mapping[str, Any]) -> Iterator[str]:
    for key, option in _SCALARS.items():
        value = host.get(key)
        # -1 is a limit that was lifted; only that of the swap is not what a new container has anyway.
        if value not in (None, 0, "") and (value != -1 or key == "MemorySwap"):
            yield from (option, str(value))
    if host.get("NanoCpus"):
        yield from ("--cpus", f"{host['NanoCpus'] / 1e9:g}")
    if host.get("ShmSize") not in (None, 0, _DEFAULT_SHM):
        yield from ("--shm-size", str(host["ShmSize"]))
    for limit in host.get("Ulimits") or ():
        yield from ("--ulimit", f"{limit['Name']}={limit['Soft']}:{limit['Hard']}")


def _rights(host: Mapping[str, Any]) -> Iterator[str]:
    if host.get("Privileged"):
        yield "--privileged"
    if host.get("ReadonlyRootfs"):
        yield "--read-only"
    yield from _listed(host, _LISTS)
    for option in host.get("SecurityOpt") or ():
        # The engine keeps a seccomp profile as JSON, the CLI takes only the path of a file.
        if not option.startswith(("seccomp={", "seccomp:{")):
            yield from ("--security-opt", option)
    for device in host.get("Devices") or ():
        parts = (device["PathOnHost"], device["PathInContainer"], device["CgroupPermissions"])
        yield from ("--device", ":".join(parts))


def _naming(host: Mapping[str, Any], config: Mapping[str, Any], container_id: str) -> Iterator[str]:
    hostname = config.get("Hostname") or ""
    if hostname and hostname != container_id[:12]:
        yield from ("--hostname", hostname)
    yield from _listed(host, _NAMING)
    for key, value in (host.get("Sysctls") or {}).items():
        yield from ("--sysctl", f"{key}={value}")


def _listed(host: Mapping[str, Any], table: Mapping[str, str]) -> Iterator[str]:
    for key, option in table.items():
        for value in host.get(key) or ():
            yield from (option, value)
