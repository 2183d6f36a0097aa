"""The conditions under which a container ran, as options of ``docker run``: a rerun without them may not fail.

Every field of the engine's HostConfig (API 1.41 to 1.51) is decided here: carried over, told as not copied, or
deliberately left, as something that a shell on a copy must not have. A field of a later engine is told.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdbg_tui.engine.freezing import policy_of

_DEFAULT_SHM = 64 << 20

_SCALARS = {
    "CpuShares": ("--cpu-shares", "CPU limits"),
    "CpuPeriod": ("--cpu-period", "CPU limits"),
    "CpuQuota": ("--cpu-quota", "CPU limits"),
    "CpuRealtimePeriod": ("--cpu-rt-period", "CPU limits"),
    "CpuRealtimeRuntime": ("--cpu-rt-runtime", "CPU limits"),
    "CpusetCpus": ("--cpuset-cpus", "CPU limits"),
    "CpusetMems": ("--cpuset-mems", "CPU limits"),
    "Memory": ("--memory", "memory limits"),
    "MemoryReservation": ("--memory-reservation", "memory limits"),
    "MemorySwap": ("--memory-swap", "memory limits"),
    "MemorySwappiness": ("--memory-swappiness", "memory limits"),
    "PidsLimit": ("--pids-limit", "process limit"),
    "BlkioWeight": ("--blkio-weight", "disk limits"),
    "OomScoreAdj": ("--oom-score-adj", "OOM score"),
    "CgroupParent": ("--cgroup-parent", "cgroup"),
}
_LISTS = {
    "CapAdd": ("--cap-add", "capabilities"),
    "CapDrop": ("--cap-drop", "capabilities"),
    "GroupAdd": ("--group-add", "groups"),
    "DeviceCgroupRules": ("--device-cgroup-rule", "devices"),
}
_FLAGS = {
    "Privileged": ("--privileged", "privileges"),
    "OomKillDisable": ("--oom-kill-disable", "OOM setting"),
    "Init": ("--init", "init"),
}
_MAPPINGS = {
    "StorageOpt": ("--storage-opt", "storage options"),
    "Annotations": ("--annotation", "annotations"),
}
_DEVICE_RATES = {
    "BlkioDeviceReadBps": "--device-read-bps",
    "BlkioDeviceWriteBps": "--device-write-bps",
    "BlkioDeviceReadIOps": "--device-read-iops",
    "BlkioDeviceWriteIOps": "--device-write-iops",
}
_NAMING = {
    "ExtraHosts": ("--add-host", "extra hosts"),
    "Dns": ("--dns", "DNS"),
    "DnsSearch": ("--dns-search", "DNS"),
    "DnsOptions": ("--dns-option", "DNS"),
}
_HOST_NAMESPACES = {
    "PidMode": ("--pid", "PID"),
    "IpcMode": ("--ipc", "IPC"),
    "UTSMode": ("--uts", "UTS"),
    "UsernsMode": ("--userns", "user"),
    "CgroupnsMode": ("--cgroupns", "cgroup"),
}
_BY_HAND = frozenset({
    "NanoCpus", "ShmSize", "Ulimits", "BlkioWeightDevice", "ReadonlyRootfs", "SecurityOpt", "MaskedPaths",
    "ReadonlyPaths", "Devices", "DeviceRequests", "Sysctls", "Runtime",
})  # fmt: skip
_ELSEWHERE = frozenset({"Binds", "Mounts", "VolumesFrom", "VolumeDriver", "Tmpfs", "NetworkMode"})
"""Decided where storage and networks are."""
_NEVER = frozenset({"RestartPolicy", "PortBindings", "PublishAllPorts", "AutoRemove", "Links", "LogConfig"})
"""The copy must not be taken for the original, go on without its shell, or write to its log."""
_WITHOUT_EFFECT = frozenset({
    "ContainerIDFile", "ConsoleSize", "Cgroup", "Isolation", "CpuCount", "CpuPercent", "IOMaximumIOps",
    "IOMaximumBandwidth",
})  # fmt: skip
"""Of the command line that made it, or of Windows only."""

_DEFAULT_RUNTIMES = ("", "runc", "io.containerd.runc.v2")
_LOGS_LIKE_ANY = ("", "json-file", "local")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Options for a copy, and in words what they carry over and what they do not."""

    options: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


Item = tuple[tuple[str, ...], str, str]
"""Options, what they carry over, what cannot be; each may be empty."""


def conditions(
    host: Mapping[str, Any],
    config: Mapping[str, Any],
    container_id: str,
    *,
    running: Collection[str],
    own_network: bool,
    writable_root: bool = False,
) -> Conditions:
    """Return the conditions in an inspected HostConfig and Config.

    *running* are the ids of running containers: only their namespaces can be joined. Without a network of its
    own, a container has the names of another, and the engine refuses to be told them.
    """
    items = [*_limits(host), *_rights(host, writable_root=writable_root), *_namespaces(host, running)]
    items += _naming(host, config, container_id, own_network=own_network)
    items += _without(host)
    return Conditions(
        options=tuple(word for options, _, _ in items for word in options),
        copied=tuple(dict.fromkeys(copied for _, copied, _ in items if copied)),
        left=tuple(dict.fromkeys(left for _, _, left in items if left)),
    )


def _limits(host: Mapping[str, Any]) -> Iterator[Item]:
    for key, (option, word) in _SCALARS.items():
        value = host.get(key)
        # -1 is a limit that was lifted; only that of the swap is not what a new container has anyway.
        if value not in (None, 0, "") and (value != -1 or key in ("MemorySwap", "OomScoreAdj")):
            yield (option, str(value)), word, ""
    if host.get("NanoCpus"):
        yield ("--cpus", f"{host['NanoCpus'] / 1e9:.9f}".rstrip("0").rstrip(".")), "CPU limits", ""
    if host.get("ShmSize") not in (None, 0, _DEFAULT_SHM):
        yield ("--shm-size", str(host["ShmSize"])), "shared memory", ""
    for limit in host.get("Ulimits") or ():
        yield ("--ulimit", f"{limit['Name']}={limit['Soft']}:{limit['Hard']}"), "ulimits", ""
    for one in host.get("BlkioWeightDevice") or ():
        yield ("--blkio-weight-device", f"{one['Path']}:{one['Weight']}"), "disk limits", ""
    for key, option in _DEVICE_RATES.items():
        for one in host.get(key) or ():
            yield (option, f"{one['Path']}:{one['Rate']}"), "disk limits", ""
    for key, (option, word) in _MAPPINGS.items():
        for name, value in (host.get(key) or {}).items():
            yield (option, f"{name}={value}"), word, ""


def _rights(host: Mapping[str, Any], *, writable_root: bool) -> Iterator[Item]:
    for key, (option, word) in _FLAGS.items():
        if host.get(key):
            yield (option,), word, ""
    if host.get("ReadonlyRootfs"):
        yield ((), "", "its read-only root") if writable_root else (("--read-only",), "read-only root", "")
    yield from _listed(host, _LISTS)
    for option in host.get("SecurityOpt") or ():
        if option.startswith(("seccomp={", "seccomp:{")):
            # The engine keeps a profile as JSON, the CLI takes only the path of a file.
            yield (), "", "its seccomp profile"
        else:
            yield ("--security-opt", option), "security options", ""
    # Of a privileged container they are null; empty, they were asked for.
    if host.get("MaskedPaths") == [] and host.get("ReadonlyPaths") == [] and not host.get("Privileged"):
        yield ("--security-opt", "systempaths=unconfined"), "security options", ""
    for device in host.get("Devices") or ():
        parts = (device["PathOnHost"], device["PathInContainer"], device["CgroupPermissions"])
        yield ("--device", ":".join(parts)), "devices", ""
    for request in host.get("DeviceRequests") or ():
        yield from _requested(request)
    if host.get("Runtime") not in (None, *_DEFAULT_RUNTIMES):
        yield ("--runtime", str(host["Runtime"])), "runtime", ""


def _requested(request: Mapping[str, Any]) -> Iterator[Item]:
    """Return a device request as the CLI has it: CDI devices by name, GPUs with what is wanted of them."""
    names = request.get("DeviceIDs") or ()
    if request.get("Driver") == "cdi":
        for name in names:
            yield ("--device", str(name)), "devices", ""
        return
    capabilities = [word for group in request.get("Capabilities") or () for word in group]
    if "gpu" not in capabilities:
        yield (), "", f"devices of {request.get('Driver') or 'a driver'}"
        return
    count = request.get("Count") or 0
    fields = [f"device={','.join(names)}"] if names else [f"count={'all' if count < 0 else count}"]
    if request.get("Driver"):
        fields.append(f"driver={request['Driver']}")
    if others := [word for word in capabilities if word != "gpu"]:
        fields.append(f"capabilities={','.join(others)}")
    yield ("--gpus", csv_line(*fields)), "GPUs", "options of its GPUs" if request.get("Options") else ""


def _namespaces(host: Mapping[str, Any], running: Collection[str]) -> Iterator[Item]:
    for key, (option, word) in _HOST_NAMESPACES.items():
        mode = str(host.get(key) or "")
        if mode == "host":
            # With the older cgroups, that of the host is what every container has.
            yield (option, mode), "" if key == "CgroupnsMode" else f"the host's {word} namespace", ""
        elif mode == "none" and key == "IpcMode":
            yield (option, mode), "no /dev/shm", ""
        elif mode.startswith("container:"):
            other = mode.removeprefix("container:")
            if any(one.startswith(other) for one in running):
                yield (option, f"container:{other[:12]}"), f"{other[:12]}'s {word} namespace", ""
            else:
                yield (), "", f"the {word} namespace of {other[:12]}, which does not run"


def _naming(
    host: Mapping[str, Any], config: Mapping[str, Any], container_id: str, *, own_network: bool
) -> Iterator[Item]:
    hostname = config.get("Hostname") or ""
    if own_network:
        if hostname and hostname != container_id[:12] and host.get("UTSMode") != "host":
            yield ("--hostname", hostname), "hostname", ""
        if config.get("Domainname"):
            yield ("--domainname", config["Domainname"]), "hostname", ""
        yield from _listed(host, _NAMING)
    for key, value in (host.get("Sysctls") or {}).items():
        # Those of a namespace that is not its own are not its to set.
        if own_network or not key.startswith("net."):
            yield ("--sysctl", f"{key}={value}"), "sysctls", ""


def _listed(host: Mapping[str, Any], table: Mapping[str, tuple[str, str]]) -> Iterator[Item]:
    for key, (option, word) in table.items():
        for value in host.get(key) or ():
            yield (option, value), word, ""


def _without(host: Mapping[str, Any]) -> Iterator[Item]:
    """Say what is never copied, where there is something, and what no option or nobody here knows."""
    policy = policy_of({"HostConfig": host})
    if policy != "no":
        yield (), "", f"restart policy {policy}"
    if host.get("PortBindings") or host.get("PublishAllPorts"):
        yield (), "", "published ports"
    if host.get("Links"):
        yield (), "", "links"
    driver = (host.get("LogConfig") or {}).get("Type") or ""
    if driver not in _LOGS_LIKE_ANY:
        yield (), "", f"log driver {driver}"
    for key, value in host.items():
        if value and key not in DECIDED:
            yield (), "", f"its {key}"


def csv_line(*fields: str) -> str:
    """Return *fields* as --mount and --gpus read them: comma-separated, quoted where they hold a comma."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


DECIDED = frozenset(
    {*_SCALARS, *_LISTS, *_FLAGS, *_MAPPINGS, *_DEVICE_RATES, *_NAMING, *_HOST_NAMESPACES}
    | _BY_HAND
    | _ELSEWHERE
    | _NEVER
    | _WITHOUT_EFFECT
)
"""The fields of HostConfig of which it is known here what becomes of them."""
