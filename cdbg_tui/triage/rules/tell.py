"""Worth telling: what works, and is a risk, a waste or a surprise all the same."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.model.text import is_secret_name, masked
from cdbg_tui.model.units import size
from cdbg_tui.triage.evidence import Evidence


def removed_image(evidence: Evidence) -> Finding | None:
    """Its image is no longer on the engine."""
    if not evidence.image_is_gone:
        return None
    name, container = evidence.config.get("Image") or "", evidence.container
    return Finding(
        "removed-image",
        "Its image was removed",
        f"The image {name} that it was made of is not on the engine any more: it can be started again, but "
        "never be made anew.",
        weight=Weight.WARNING,
        proof=(
            Proof("inspect", f"Image = {evidence.details.get('Image')}"),
            Proof("image", "No such image"),
        ),
        next=(Step("keep what it is", command=("docker", "commit", container.name, f"{container.name}:saved")),),
    )


_NO_VALUE = re.compile(
    r"_(?:FILE|PATH|DIR|HEADER|NAME|TTL|EXPIRY|EXPIRES|TIMEOUT|ALGORITHM|ISSUER|TYPE|LENGTH|ENABLED|MODE|COUNT|POLICY)$",
    re.IGNORECASE,
)
"""Ends of names that speak of a secret and do not hold it."""
_NO_SECRET = re.compile(r"^(?:|true|false|yes|no|none|null|\d{1,4}|/[\w./-]*)$", re.I)


def secrets_in_env(evidence: Evidence) -> Finding | None:
    """Secrets stand in its environment. Their values are never part of the finding."""
    found = [
        name
        for name, value in evidence.environment.items()
        if (is_secret_name(name) and not _NO_VALUE.search(name) and not _NO_SECRET.match(value))
        or masked("", value) != value  # a password in a URL
    ]
    if not found:
        return None
    lines = ((evidence.image or {}).get("Config") or {}).get("Env") or ()
    baked = {line.partition("=")[0] for line in lines} & set(found)
    names = ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")
    words = f"{names} can be read by whoever may inspect the container"
    words += f"; {', '.join(sorted(baked))} by whoever has the image." if baked else "."
    return Finding(
        "secrets-in-env",
        "Secrets in its environment",
        words,
        Certainty.LIKELY,
        Weight.NOTE,
        tuple(Proof("image" if name in baked else "inspect", f"{name}=••••••") for name in found[:6]),
        (Step("give them as files (docker secrets, a mounted file)"),),
    )


_ENGINE_SOCKET = re.compile(r"/(?:docker|containerd/containerd|podman/podman|crio/crio)\.sock$")
_HOST_FOLDERS = (
    "/",
    "/etc",
    "/boot",
    "/root",
    "/proc",
    "/sys",
    "/dev",
    "/var/lib/docker",
    "/usr",
    "/var/run",
    "/run",
)
_STRONG = {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF", "SYS_BOOT"}


def _risks(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield what gives it rights over its machine: in words, and as the setting that does."""
    host = evidence.host
    if host.get("Privileged"):
        yield "it is privileged", "HostConfig.Privileged = true"
    for mount in evidence.mounts:
        if _ENGINE_SOCKET.search(mount.source):
            yield "it can command the engine through its socket", f"mount {mount.source} → {mount.target}"
        elif mount.kind == "bind" and mount.writable and (mount.source.rstrip("/") or "/") in _HOST_FOLDERS:
            yield f"it can write to {mount.source} of the machine", f"mount {mount.source} → {mount.target}"
    caps = {str(cap).removeprefix("CAP_").upper() for cap in host.get("CapAdd") or ()} & _STRONG
    if caps:
        yield (
            f"it has the capabilities {', '.join(sorted(caps))}",
            f"HostConfig.CapAdd = {', '.join(sorted(caps))}",
        )
    if host.get("PidMode") == "host":
        yield "it sees the machine's processes", "HostConfig.PidMode = host"
    for option in host.get("SecurityOpt") or ():
        if re.search(r"(?:seccomp|apparmor)[=:]unconfined|label[=:]disable", option):
            yield f"{re.split('[=:]', option)[0]} does not confine it", f"HostConfig.SecurityOpt = {option}"


def risky_config(evidence: Evidence) -> Finding | None:
    """It has more rights over its machine than a container should."""
    found = list(_risks(evidence))
    if not found:
        return None
    words = "; ".join(words for words, _ in found)
    return Finding(
        "risky-config",
        "Rights over its machine",
        f"{words[0].upper()}{words[1:]}.",
        Certainty.CERTAIN,
        Weight.NOTE,
        tuple(Proof("inspect", setting) for _, setting in found),
        (Step("take away what it does not need"),),
    )


WASTE_FROM = 5 << 20
"""Bytes; less is not worth a word."""
CACHE_GUESS = 20 << 20
"""Bytes that a package manager's lists and caches usually take, where a layer is larger than that."""
_ADDED = re.compile(
    r"^(?:/bin/sh -c #\(nop\) )?(?:COPY|ADD) (?:--\S+ )?.*?(?: in )?(?P<path>/?[\w./-]+)\s*(?:# buildkit)?$"
)
_REMOVED = re.compile(r"\brm\s+(?:-\w+\s+)*(?P<paths>[^&|;#]+)")
_LEFT = (
    (
        re.compile(r"\bapt(?:-get)?\s.*\binstall\b"),
        re.compile(r"/var/lib/apt/lists|dist-clean"),
        "package lists of apt",
    ),
    (
        re.compile(r"\b(?:yum|dnf|microdnf)\s.*\binstall\b"),
        re.compile(r"clean all|/var/cache"),
        "caches of yum or dnf",
    ),
    (re.compile(r"\bapk\s.*\badd\b"), re.compile(r"--no-cache|/var/cache/apk"), "the index of apk"),
    (re.compile(r"\bpip3?\s+install\b"), re.compile(r"--no-cache-dir|/\.cache|PIP_NO_CACHE"), "pip's cache"),
)
_NEEDLESS = re.compile(
    r"(?:/|^|\s)(?P<what>\.git|\.svn|\.hg|var/lib/apt/lists|\.cache/pip|var/cache/(?:apt|yum|dnf))(?:/|\s|$)"
)


@dataclass(frozen=True, slots=True)
class _Waste:
    """Bytes that the image carries for nothing, why, and the instruction that added them."""

    size: int
    what: str
    instruction: str
    is_sure: bool = True
    """Whether the history itself shows it, and not only that nobody cleaned up."""


def _waste(evidence: Evidence) -> Iterator[_Waste]:
    for number, layer in enumerate(evidence.layers):
        if layer.size < WASTE_FROM:
            continue
        later = " ".join(one.instruction for one in evidence.layers[number + 1 :])
        gone = {path.strip("'\"") for match in _REMOVED.finditer(later) for path in match["paths"].split()}
        added = _ADDED.match(layer.instruction)
        if added and any(_covers(path, added["path"]) for path in gone):
            yield _Waste(layer.size, f"{added['path']}, which a later layer deletes", layer.instruction)
        elif match := _NEEDLESS.search(_without_clean_up(layer.instruction)):
            yield _Waste(layer.size, match["what"], layer.instruction)
        else:
            for install, clean, words in _LEFT:
                if install.search(layer.instruction) and not clean.search(layer.instruction):
                    yield _Waste(min(layer.size, CACHE_GUESS), words, layer.instruction, is_sure=False)
                    break


def _without_clean_up(instruction: str) -> str:
    """Leave out what the instruction itself removes."""
    return _REMOVED.sub("", instruction)


def _covers(removed: str, path: str) -> bool:
    removed, path = removed.rstrip("/*"), path.rstrip("/")
    return bool(removed) and (
        path == removed or path.startswith(removed + "/") or posixpath.dirname(removed) == path
    )


def image_bloat(evidence: Evidence) -> Finding | None:
    """Its image carries what a later layer deletes, or what nobody needs at run time."""
    found = sorted(_waste(evidence), key=lambda one: -one.size)
    total = sum(one.size for one in found)
    whole = (evidence.image or {}).get("Size") or sum(layer.size for layer in evidence.layers)
    if total < max(2 * WASTE_FROM, whole * 0.1):
        return None
    worst = "; ".join(f"{size(one.size)} of {one.what}" for one in found[:3])
    return Finding(
        "image-bloat",
        f"{size(total)} of its image are waste",
        f"Of {size(whole)}, it carries {worst}.",
        Certainty.LIKELY if any(one.is_sure for one in found) else Certainty.POSSIBLE,
        Weight.NOTE,
        tuple(Proof("image history", f"{size(one.size)}  {one.instruction[:200]}") for one in found[:4]),
        (Step("build in stages, and delete in the same RUN that adds; keep .git out with .dockerignore"),),
    )


RULES: tuple[Callable[[Evidence], Finding | None], ...] = (
    removed_image,
    secrets_in_env,
    risky_config,
    image_bloat,
)
