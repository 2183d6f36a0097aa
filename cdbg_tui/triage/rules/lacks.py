"""What it lacks: a file, a setting, a right, room, somebody's trust; told by the last words of one that failed."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from cdbg_tui.model.container import Mount
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step
from cdbg_tui.model.text import MASK, is_secret_name, masked
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.words.meant import absolute, is_root, user_of
from cdbg_tui.triage.words.said import Said, told

LOOK_INSIDE = (Step("see what it changed on disk", key="d"), Step("rerun it under a shell", key="c"))
SEE_ENVIRONMENT = Step("see the environment that it was given", key="i")


def quoted(one: Said) -> Proof:
    """Return the line that tells it, and where it stands."""
    return one.line.proof


def certainty(one: Said, *, is_borne_out: bool = False) -> Certainty:
    """Return how sure a line makes: certain if the rest of the evidence says the same, little if it only warns."""
    if not one.is_loud:
        return Certainty.POSSIBLE
    return Certainty.CERTAIN if one.is_borne_out or is_borne_out else Certainty.LIKELY


def _found(one: Said, title: str, words: str, sure: Certainty, proof: Iterable[Proof], *steps: Step) -> Finding:
    return Finding(one.cause, title, words, sure, proof=(quoted(one), *proof), next=steps)


def _path(one: Said, evidence: Evidence) -> str:
    """Return the path that is spoken of, from the root; empty where there is none."""
    path = one.groups.get("path", "")
    return absolute(path, evidence) if path else ""


def _on(mount: Mount | None) -> str:
    """Say what a mount is made of, in a few words."""
    if mount is None:
        return ""
    if mount.kind == "tmpfs":
        return f"the tmpfs at {mount.target}"
    if mount.kind == "volume":
        return f"the volume {mount.name or mount.source} at {mount.target}"
    return f"{mount.source} of the machine, mounted at {mount.target}"


def _mount_proof(mount: Mount) -> Proof:
    source = mount.name or mount.source or mount.kind
    return Proof("inspect", f"mount {source} -> {mount.target} ({'rw' if mount.writable else 'ro'})")


# --- files ------------------------------------------------------------------------------------------------------


def missing_file_or_dir(evidence: Evidence) -> Finding | None:
    """A file, directory, library or module is not there."""
    one = told(evidence, "missing-file-or-dir")
    if one is None:
        return None
    what, title = _missing(one, evidence)
    path = _path(one, evidence)
    mount = evidence.mount_of(path) if path else None
    words = f"It needs {what}, which is not there."
    proof: list[Proof] = []
    if mount is not None:
        words += f" It should lie on {_on(mount)}."
        proof.append(_mount_proof(mount))
    elif path and path != one.groups.get("path"):
        words += f" The path is relative to its working directory, {evidence.config.get('WorkingDir') or '/'}."
    return _found(one, title, words, certainty(one), proof, *LOOK_INSIDE)


def _missing(one: Said, evidence: Evidence) -> tuple[str, str]:
    groups = one.groups
    if lib := groups.get("lib"):
        return f"the shared library {lib}", f"{lib} is missing"
    if module := groups.get("module"):
        return f"the module {module} ({one.phrase.says})", f"Module {module} is missing"
    path = _path(one, evidence)
    if not path:
        return "a file or a directory", "A file is missing"
    if ".so" in posixpath.basename(path):
        return f"the shared library {path}", f"{path} is missing"
    is_directory = path.endswith("/") or "directory" in one.text.lower().replace("no such file or directory", "")
    kind = "the directory" if is_directory else "the file"
    folder = posixpath.dirname(path)
    if not is_directory and _creates(one.text) and folder not in ("/", ""):
        return f"a directory for {path}: {folder}", f"{folder} does not exist"
    return f"{kind} {path}", f"{path} is missing"


def _creates(text: str) -> bool:
    low = text.lower()
    return any(word in low for word in ("creat", "writ", ".pid", ".lock", ".sock", "mkdir"))


def mount_of_wrong_kind(evidence: Evidence) -> Finding | None:
    """It reads a file where a directory is mounted: the engine makes one where the source of -v is missing."""
    one = told(evidence, "mount-type-mismatch")
    path = _path(one, evidence) if one else ""
    mount = evidence.mount_of(path) if path else None
    if one is None or mount is None or mount.target.rstrip("/") != path.rstrip("/"):
        return None
    words = (
        f"It reads {path} as a file, and {mount.source} on the machine, which is mounted there, is a directory. "
        "The engine makes one where the source of -v does not exist."
    )
    step = Step(f"remove the directory {mount.source}, put the file there, and make the container anew")
    sure = certainty(one, is_borne_out=True)
    return _found(one, f"{path} is a directory", words, sure, (_mount_proof(mount),), step)


def missing_config(evidence: Evidence) -> Finding | None:
    """Its configuration file is not there."""
    one = told(evidence, "missing-config")
    if one is None:
        return None
    path = _path(one, evidence)
    name = path or "its configuration file"
    words = f"It reads its configuration from {name}, and there is no such file."
    mount = evidence.mount_of(path) if path else None
    proof = []
    if mount is not None:
        words += f" That lies on {_on(mount)}."
        proof.append(_mount_proof(mount))
        step = Step(f"put the file where the mount has its source: {mount.source or mount.name or mount.kind}")
    elif path:
        words += " Nothing is mounted there."
        proof.append(Proof("inspect", f"no mount on {path}"))
        step = Step(f"mount it: docker run -v /path/on/the/machine:{path}:ro …")
    else:
        step = Step("see its mounts and its command line", key="i")
    title = f"{path} is missing" if path else "No configuration file"
    sure = certainty(one, is_borne_out=bool(path) and mount is None)
    return _found(one, title, words, sure, proof, step, LOOK_INSIDE[0])


def config_invalid(evidence: Evidence) -> Finding | None:
    """Its configuration cannot be understood."""
    one = told(evidence, "config-invalid")
    if one is None:
        return None
    path = _path(one, evidence)
    number = one.groups.get("number", "")
    where = (f"{path}, line {number}" if path else f"line {number}") if number else path
    words = (
        f"It cannot make sense of its configuration{f' ({where})' if where else ''}; its own words say of what."
    )
    mount = evidence.mount_of(path) if path else None
    proof = []
    if mount is not None:
        words += f" The file comes from {_on(mount)}."
        proof.append(_mount_proof(mount))
    steps = [LOOK_INSIDE[0]]
    if path:
        name = evidence.container.name
        steps.insert(0, Step("read the file", command=("docker", "cp", f"{name}:{path}", ".")))
    short = posixpath.basename(path)
    title = f"Invalid configuration{f': {short}' if short else ''}{f' line {number}' if number else ''}"
    return _found(one, title, words, certainty(one, is_borne_out=one.phrase.rank == 3), proof, *steps)


# --- variables --------------------------------------------------------------------------------------------------


def missing_env_var(evidence: Evidence) -> Finding | None:
    """An environment variable is not set."""
    one = told(evidence, "missing-env-var")
    if one is None:
        return None
    name = one.groups["name"]
    is_empty = name in evidence.environment
    how = "is empty" if is_empty else "is not set"
    words = f"It wants the environment variable {name}, which {how} in this container."
    proof = [Proof("inspect", f"Config.Env: {name} {'is empty' if is_empty else 'is not there'}")]
    alike = _alike(name, evidence.environment)
    if alike and not is_empty:
        words += f" It has {alike}: is that meant?"
        proof.append(Proof("inspect", f"Config.Env has {alike}"))
    step = Step(f"run it with -e {name}=…")
    return _found(one, f"{name} {how}", words, certainty(one), proof, SEE_ENVIRONMENT, step)


def _alike(name: str, names: Iterable[str]) -> str:
    """Return the variable that differs from *name* in nothing but case, separators and a prefix or suffix."""
    plain = name.replace("_", "").lower()
    for other in names:
        theirs = other.replace("_", "").lower()
        if other != name and len(theirs) > 4 and (theirs == plain or plain in theirs or theirs in plain):
            return other
    return ""


def bad_env_value(evidence: Evidence) -> Finding | None:
    """An environment variable holds what cannot be meant."""
    one = told(evidence, "bad-env-value")
    if one is None:
        return None
    name = one.groups["name"]
    held = evidence.environment.get(name)
    shown = masked(name, held or "")
    proof = [Proof("inspect", f"Config.Env: {name}={shown}")] if held else []
    if held is None:
        words = f"It cannot use the value of {name}, which is not set for the container, but somewhere inside."
    elif shown == MASK or is_secret_name(name):
        words = f"It cannot use the value of {name}; the value is hidden here, as its name speaks of a secret."
    else:
        words = f"It cannot use the value of {name}, which is “{shown}”."
    step = Step(f"run it with another value: -e {name}=…")
    title = f"{name} has an invalid value"
    return _found(one, title, words, certainty(one), proof, SEE_ENVIRONMENT, step)


# --- rights and room --------------------------------------------------------------------------------------------


def permission_denied_volume(evidence: Evidence) -> Finding | None:
    """Its user may not use a file or a directory on a mount."""
    one = told(evidence, "permission-denied-volume")
    if one is None:
        return None
    path = _path(one, evidence)
    mount = evidence.mount_of(path)
    user = user_of(evidence)
    who = f"user {evidence.config.get('User')}" if not is_root(evidence) else "root"
    words = f"It runs as {who} and may not use {path}, which lies on {_on(mount)}."
    if is_root(evidence):
        words += " Root is refused by what lies behind the mount: NFS root_squash, SELinux or a read-only source."
    proof = [Proof("inspect", f"Config.User = {evidence.config.get('User') or '(root)'}")]
    if mount is None:
        return _found(one, f"Permission denied: {path}", words, certainty(one), proof, *LOOK_INSIDE)
    proof.append(_mount_proof(mount))
    return _found(
        one,
        f"Permission denied: {path}",
        words,
        certainty(one, is_borne_out=not is_root(evidence)),
        proof,
        *_give_access(mount, user, evidence),
        LOOK_INSIDE[1],
    )


def _give_access(mount: Mount, user: str, evidence: Evidence) -> tuple[Step, ...]:
    if is_root(evidence):
        return (Step("look at the owner, mode and label of the mount's source on the machine"),)
    if mount.kind == "tmpfs":
        return (Step(f"mount it for that user: --tmpfs {mount.target}:mode=1777"),)
    owner = str(evidence.config.get("User"))
    image = str(evidence.config.get("Image") or "")
    if mount.kind == "volume" and mount.name and image:
        argv = ("docker", "run", "--rm", "--user", "0", "--entrypoint", "chown", "-v", f"{mount.name}:/mnt", image)
        return (Step(f"give the volume to {owner}", command=(*argv, "-R", owner, "/mnt")),)
    if mount.source and owner.replace(":", "").isdigit():
        return (Step(f"give it to {owner}", command=("sudo", "chown", "-R", owner, mount.source)),)
    return (Step(f"let {user} use the mount's source: its numeric id has to own it on the machine"),)


def readonly_rootfs_write(evidence: Evidence) -> Finding | None:
    """It writes where the file system is read-only."""
    one = told(evidence, "readonly-rootfs-write")
    if one is None:
        return None
    path = _path(one, evidence)
    mount = evidence.mount_of(path) if path else None
    is_root_fs = bool(evidence.host.get("ReadonlyRootfs"))
    what = path or "a file"
    title = f"{path} is read-only" if path else "Read-only file system"
    if mount is not None and not mount.writable:
        words = f"It writes {what}, which lies on {_on(mount)}, and that is mounted read-only."
        step = Step("mount it without :ro, or let it write elsewhere")
        return _found(one, title, words, certainty(one, is_borne_out=True), [_mount_proof(mount)], step)
    if path.startswith(("/proc/", "/sys/")):
        words = f"It writes {what}, which the engine mounts read-only for all but privileged containers."
        return _found(one, title, words, certainty(one), (), Step("set it with docker run --sysctl …"))
    if is_root_fs:
        words = f"It writes {what}, and its root file system is read-only (--read-only)."
        folder = posixpath.dirname(path) if path else "/tmp"  # noqa: S108 - a path in the container
        step = Step(f"give it a place to write: --tmpfs {folder} or -v …:{folder}")
        proof = [Proof("inspect", "HostConfig.ReadonlyRootfs = true")]
        return _found(one, title, words, certainty(one, is_borne_out=True), proof, step, LOOK_INSIDE[0])
    locked = next((each for each in evidence.mounts if not each.writable), None)
    words = f"It writes {what}, and the kernel says that the file system is read-only."
    if locked is not None and not path:
        words += f" Mounted read-only: {_on(locked)}."
        return _found(one, title, words, certainty(one), [_mount_proof(locked)], *LOOK_INSIDE)
    words += " The container itself was not asked to be: the machine's disk may have been remounted after errors."
    return _found(one, title, words, certainty(one), (), *LOOK_INSIDE)


def disk_full(evidence: Evidence) -> Finding | None:
    """No space is left where it writes."""
    one = told(evidence, "disk-full")
    if one is None:
        return None
    shared = "shared memory" in one.text.lower() or one.groups.get("path", "").startswith("/dev/shm")  # noqa: S108
    if shared:
        size = int(evidence.host.get("ShmSize") or 0) // 1024**2 or 64
        words = f"Its shared memory (/dev/shm) of {size} MiB is full."
        proof = [Proof("inspect", f"HostConfig.ShmSize = {evidence.host.get('ShmSize')}")]
        step = Step("give it more: --shm-size 256m")
        return _found(one, "Shared memory is full", words, certainty(one, is_borne_out=True), proof, step)
    path = _path(one, evidence)
    mount = evidence.mount_of(path) if path else _only_sized_tmpfs(evidence)
    options = str((evidence.host.get("Tmpfs") or {}).get(mount.target, "")) if mount else ""
    limit = next((part[5:] for part in options.split(",") if part.startswith("size=")), "")
    if mount is not None and mount.kind == "tmpfs":
        words = f"{_on(mount)[0].upper()}{_on(mount)[1:]} is full" + (f": it holds {limit}." if limit else ".")
        proof = [Proof("inspect", f"HostConfig.Tmpfs {mount.target} = {options or '(default size)'}")]
        step = Step(f"make it larger: --tmpfs {mount.target}:size=…")
        return _found(one, f"{mount.target} is full", words, certainty(one, is_borne_out=True), proof, step)
    disk = Step("see what takes the engine's space", command=("docker", "system", "df"))
    if mount is not None:
        words = f"No space is left on {_on(mount)}."
        title = f"{mount.target} is full"
        return _found(one, title, words, certainty(one), [_mount_proof(mount)], disk)
    limit = str((evidence.host.get("StorageOpt") or {}).get("size") or "")
    if limit:
        words = f"Its own layer may hold {limit} (--storage-opt), and is full."
        proof = [Proof("inspect", f"HostConfig.StorageOpt size = {limit}")]
        return _found(one, "Its layer is full", words, certainty(one, is_borne_out=True), proof, LOOK_INSIDE[0])
    words = f"No space is left for {one.groups.get('path') or 'what it writes'}"
    if path != one.groups.get("path") and evidence.mounts:
        # Relative, or none: it may have gone to another directory since.
        where = ", ".join(mount.target for mount in evidence.mounts)
        words += f": what is mounted at {where} is full, or the disk of the engine's machine."
        return _found(one, "No space is left", words, certainty(one), map(_mount_proof, evidence.mounts), disk)
    words += ": the disk of the engine's machine is full."
    return _found(one, "The disk is full", words, certainty(one), (), disk, LOOK_INSIDE[0])


def _only_sized_tmpfs(evidence: Evidence) -> Mount | None:
    sized = [mount for mount in evidence.mounts if mount.kind == "tmpfs"]
    return sized[0] if len(sized) == 1 else None


def auth_failure(evidence: Evidence) -> Finding | None:
    """Somebody refuses its credentials."""
    one = told(evidence, "auth-failure")
    if one is None:
        return None
    user = one.groups.get("value", "")
    account = f" of user “{user}”" if user and not is_secret_name(user) else ""
    words = f"Its credentials{account} were refused ({one.phrase.says})."
    names = [name for name, value in evidence.environment.items() if value and is_secret_name(name)]
    proof = [Proof("inspect", f"Config.Env: {name}={MASK}") for name in names[:3]]
    if names:
        words += f" It was given {', '.join(names[:3])}."
    elif evidence.environment:
        words += " None of its variables looks like a password or a token."
    title = f"Login refused{f' for {user}' if account else ''}"
    sure = certainty(one, is_borne_out=one.phrase.rank == 3)
    return _found(one, title, words, sure, proof, SEE_ENVIRONMENT, Step("try the login from a toolbox", key="s"))


RULES = (
    missing_file_or_dir,
    mount_of_wrong_kind,
    missing_config,
    config_invalid,
    missing_env_var,
    bad_env_value,
    permission_denied_volume,
    readonly_rootfs_write,
    disk_full,
    auth_failure,
)
