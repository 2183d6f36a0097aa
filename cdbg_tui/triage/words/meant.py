"""What a phrase means in this container: on a mount, as root, of a set variable it tells another cause."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.words.heard import Heard
from cdbg_tui.triage.words.phrases import BAD_VALUE, DENIED, NOT_PERMITTED, OPERATIONS, Phrase


@dataclass(frozen=True, slots=True)
class Meaning:
    """The cause that a phrase tells of one container, and the parts of it that could be made sense of."""

    cause: str
    groups: Mapping[str, str] = field(default_factory=dict)
    is_borne_out: bool = False
    """Whether the rest of the evidence says the same."""


_Groups = Mapping[str, str]


def meant(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    """Return what *phrase* means on this line of this container; None where it means nothing."""
    reader = _READERS.get(phrase.cause)
    return reader(phrase, groups, heard, evidence) if reader else Meaning(phrase.cause, _with_path(groups))


# --- paths ------------------------------------------------------------------------------------------------------


def absolute(path: str, evidence: Evidence) -> str:
    """Return *path* from the root; a relative one begins at the container's working directory."""
    return posixpath.normpath(posixpath.join(evidence.config.get("WorkingDir") or "/", path))


def is_root(evidence: Evidence) -> bool:
    """Tell whether it runs as root, as far as its configuration says."""
    return user_of(evidence) in ("root", "0")


def user_of(evidence: Evidence) -> str:
    """Return its user without the group: ``root`` where none is configured."""
    return str(evidence.config.get("User") or "root").partition(":")[0]


_CONFIG_WORD = re.compile(r"config|\bconf\b|\bcfg\b|settings?\b", re.IGNORECASE)
_CONFIG_FILE = re.compile(
    r"\.(?:ya?ml|toml|ini|conf|cfg|cnf|config|properties|env|hcl)$|/\.env[\w.]*$|^\.env", re.IGNORECASE
)
_NO_CONFIG = re.compile(
    r"\.(?:pem|crt|key|cert|so[\w.]*|jar|py|js|sh|sock|pid|lock|log|db|tmp|html?|node)$|/(?:passwd|group)$"
)
_NAMED_CONFIG = re.compile(
    r"(?<![^\s'\"`(\[=:,])([^\s'\"`:,()\[\]=]{1,200}\.(?:ya?ml|json|toml|ini|conf|cfg|cnf|xml|hcl|properties|env))\b"
)
_LINE_NUMBER = re.compile(
    r"\bline(?:Number)?[: #]{1,2}(\d{1,7})\b|(?<=[A-Za-z_]):(\d{1,6})(?=[:\s\])]|$)|\((\d{1,6}):\d{1,5}\)"
)


def is_config(path: str, text: str) -> bool:
    """Tell whether a path looks like that of a configuration file, on its own or by the words around it."""
    if _NO_CONFIG.search(path):
        return False
    if _CONFIG_FILE.search(path) or path.startswith("/etc/") or _CONFIG_WORD.search(path):
        return True
    return (path.endswith((".json", ".xml")) and _CONFIG_WORD.search(text) is not None) or bool(
        path and re.search(r"\bconfig(?:uration)?(?: file)?\b", text, re.IGNORECASE)
    )


_NO_PATH = re.compile(r"(?:Error|Exception|Failure)$|^(?:\d[\d.]*|-.*|.*://.*)$")
_BARE_FILE = re.compile(r"\.\w{1,10}$")


def _with_path(groups: _Groups) -> dict[str, str]:
    """Return *groups* without a path that is none: a bare word, an option, the name of an exception."""
    path = groups.get("path", "").rstrip(".,;)")
    kept = {name: value for name, value in groups.items() if name != "path"}
    if path and not _NO_PATH.search(path) and ("/" in path or _BARE_FILE.search(path)):
        kept["path"] = path
    return kept


_DEVICE = re.compile(r"/dev/(?!std|fd|shm|tcp|udp|mqueue|log\b)")


def _file(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    kept = _with_path(groups)
    path = kept.get("path", "")
    if path and is_config(path, heard.text):
        return Meaning("missing-config", kept)
    if _DEVICE.match(path):
        return Meaning("device-missing", kept)
    return Meaning("missing-file-or-dir", kept)


def _config(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    """Take a parser's complaint for one about configuration only where something near speaks of that."""
    if phrase.rank == 1 and not _speaks_of_config(heard, evidence):
        return None
    kept = _with_path({("path" if name == "file" else name): value for name, value in groups.items()})
    if "path" not in kept and (named := _NAMED_CONFIG.search(heard.text)):
        kept["path"] = named[1]
    if "number" not in kept and (line := _LINE_NUMBER.search(heard.text)):
        kept["number"] = next(part for part in line.groups() if part)
    return Meaning("config-invalid", kept)


def _speaks_of_config(heard: Heard, evidence: Evidence) -> bool:
    if _CONFIG_WORD.search(heard.text) or _NAMED_CONFIG.search(heard.text):
        return True
    lines = [line for line in evidence.words if line.source == heard.line.source]
    at = next((index for index, line in enumerate(lines) if line is heard.line), 0)
    return any(_CONFIG_WORD.search(line.text[:400]) for line in lines[max(0, at - 12) : at + 4])


# --- variables --------------------------------------------------------------------------------------------------

_OF_ENVIRONMENT = re.compile(
    r"\benv\b|environ|variable|\bvars?\b|unbound|parameter n|KeyError|key not found", re.IGNORECASE
)
_PLAINLY_UNSET = re.compile(
    r"(?:not|un)[ -]?set\b|not (?:defined|provided|configured|specified)|be (?:set|defined|provided)"
)
_NO_VARIABLE = re.compile(
    r"^(?:ERR_|E[A-Z]{3,12}$|SQL|HTTP|ERROR$|FATAL$|WARN|INFO$|DEBUG$|CRITICAL$|PANIC$|EMERG$|ALERT$|NOTICE$|TLS$|SSL$"
    r"|JSON$|YAML$|TOML$|XML$|TCP$|UDP$|DNS$|FILE$|NOT_|UTF|ASCII$|GET$|POST$|PUT$|TABLE$|NULL$|TRUE$|FALSE$|ID$|CAP_)"
    r"|_(?:ERROR|EXCEPTION|FAILED|FAILURE|FOUND|REFUSED|DENIED)$"
)


def _variable(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    name = groups.get("name", "")
    if not name and phrase.says == "pydantic":
        name = heard.above.strip().upper() if heard.above.strip().isidentifier() else ""
    if phrase.says == "Laravel":
        name = "APP_KEY"
    if not name:
        return None
    if not name.isupper():
        # A lower-case name is a script's own variable, unless the environment spells it so.
        if name not in evidence.environment:
            return None
    elif not _may_be_variable(name, phrase, heard.text):
        return None
    if evidence.environment.get(name):
        return Meaning("bad-env-value", {"name": name, "value": evidence.environment[name]}, is_borne_out=True)
    sure = "_" in name or phrase.rank == 3 or _speaks_of_variables(heard.text)
    return Meaning("missing-env-var", {"name": name}, is_borne_out=sure)


def _may_be_variable(name: str, phrase: Phrase, text: str) -> bool:
    if _NO_VARIABLE.search(name):
        return False
    if "_" in name or phrase.rank == 3:
        return True
    return _speaks_of_variables(text)


def _speaks_of_variables(text: str) -> bool:
    return _OF_ENVIRONMENT.search(text) is not None or _PLAINLY_UNSET.search(text) is not None


_NOTHING = re.compile(r"\b(?:undefined|null|None|nil|NaN|empty|blank)\b|''|\"\"")


def _bad_variable(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    name = groups["name"]
    if evidence.environment.get(name):
        return Meaning("bad-env-value", {"name": name, "value": evidence.environment[name]}, is_borne_out=True)
    if not _may_be_variable(name, phrase, heard.text) or not ("_" in name or _OF_ENVIRONMENT.search(heard.text)):
        return None
    if _NOTHING.search(heard.text) or name in evidence.environment:
        return Meaning("missing-env-var", {"name": name}, is_borne_out=True)
    return Meaning("bad-env-value", groups) if groups.get("value") else None


_SOMEBODY_ELSE = re.compile(
    r"\bhost\b|resolve|lookup|connect|refused|\blog ?in\b|password|\busers?\b|authenticat|no such", re.IGNORECASE
)
_NEVER = ("PATH", "HOME", "HOSTNAME", "PWD", "SHLVL", "TERM", "LANG", "_")


def _value(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    """Take a value that somebody complains of for that of a variable, if one holds it."""
    value = groups.get("value", "").strip()
    if phrase.rank == 1 and (_SOMEBODY_ELSE.search(heard.text) or value in evidence.command):
        return None
    variables = {n: v for n, v in evidence.environment.items() if n not in _NEVER}
    if not value:
        empty = [name for name, held in variables.items() if not held]
        return Meaning("missing-env-var", {"name": empty[0]}, is_borne_out=True) if len(empty) == 1 else None
    holders = [name for name, held in variables.items() if held.strip() == value]
    named = [name for name in holders if _is_named(name, heard.text)]
    if named or (holders and len(value) > 1):
        return Meaning("bad-env-value", {"name": (named or holders)[0], "value": value}, is_borne_out=True)
    part = value.strip(":/")
    within = [name for name, held in variables.items() if len(part) > 2 and part in re.split(r"[:/@?&=,; ]", held)]
    if within and phrase.rank > 1:
        return Meaning("bad-env-value", {"name": within[0], "value": value}, is_borne_out=len(within) == 1)
    return None


def _is_named(name: str, text: str) -> bool:
    low = text.lower()
    return any(len(word) > 2 and word in low for word in name.lower().split("_"))


# --- rights -----------------------------------------------------------------------------------------------------

DEFAULT_CAPABILITIES = frozenset(
    (
        *("CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP"),
        *("SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"),
    )
)
"""What Docker leaves to a container's root unless it is told otherwise (docs.docker.com, “runtime privilege”)."""


def capability_for(text: str) -> str:
    """Return the capability that the operation named in *text* needs; empty where none is known."""
    return next((capability for pattern, capability in OPERATIONS if pattern.search(text)), "")


def has_capability(capability: str, evidence: Evidence) -> bool:
    """Tell whether the main process holds *capability*: a user other than root holds none."""
    host = evidence.host
    if not is_root(evidence):
        return False
    added = {str(name).upper().removeprefix("CAP_") for name in host.get("CapAdd") or ()}
    dropped = dropped_capabilities(evidence)
    if host.get("Privileged") or capability in added:
        return True
    if "ALL" in added:
        return capability not in dropped
    return capability in DEFAULT_CAPABILITIES and not dropped & {capability, "ALL"}


def dropped_capabilities(evidence: Evidence) -> frozenset[str]:
    """Return what its configuration takes away: ``ALL``, ``CHOWN``."""
    return frozenset(str(name).upper().removeprefix("CAP_") for name in evidence.host.get("CapDrop") or ())


def _denied(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    kept = _with_path(groups)
    # Only root holds the right to pass by permissions, and only as long as nobody takes it away.
    if is_root(evidence) and not has_capability("DAC_OVERRIDE", evidence):
        return Meaning("capability-missing", {**kept, "cap": "DAC_OVERRIDE"}, is_borne_out=True)
    if "path" in kept:
        on_mount = evidence.mount_of(absolute(kept["path"], evidence)) is not None
        return Meaning("permission-denied-volume" if on_mount else "app-error", kept, is_borne_out=on_mount)
    if len(evidence.mounts) == 1:
        return Meaning("permission-denied-volume", {**kept, "path": evidence.mounts[0].target})
    return Meaning("app-error", kept)


def _not_permitted(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    kept = _with_path(groups)
    capability = groups.get("cap", "").upper().removeprefix("CAP_") or capability_for(heard.text)
    if capability in ("CHOWN", "FOWNER") and "path" in kept:
        lacks = is_root(evidence) and not has_capability(capability, evidence)
        if not lacks and evidence.mount_of(absolute(kept["path"], evidence)):
            return Meaning("permission-denied-volume", kept, is_borne_out=True)
    if capability == "NET_BIND_SERVICE" and int(kept.get("port", "0")) >= 1024:
        return Meaning("app-error", kept)
    if capability:
        if has_capability(capability, evidence):
            return None
        return Meaning("capability-missing", {**kept, "cap": capability}, is_borne_out=True)
    if dropped_capabilities(evidence) or not is_root(evidence) or "permitted" in heard.text.lower():
        return Meaning("capability-missing", kept)
    return None


# --- the rest ---------------------------------------------------------------------------------------------------


def _memory(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    return None if evidence.was_out_of_memory else Meaning(phrase.cause, groups)


def _unrunnable(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    return Meaning(phrase.cause, groups) if evidence.exit_code == 126 else None


USAGE_CODES = (2, 64, 129)
"""Codes that programs choose for wrong arguments: by custom 2, EX_USAGE of sysexits.h, git and some others."""
_USAGE = re.compile(r"^\W{0,3}usage\b|--help\b|see help|for (?:more )?help|for usage", re.IGNORECASE)


def _arguments(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    word = groups.get("word", "").rstrip(".,:;'\"")
    kept = {**groups, "word": word} if word else dict(groups)
    given = {part for arg in evidence.command[1:] for part in (arg, arg.partition("=")[0], *arg.split())}
    if word and word in given | {part.lstrip("-") for part in given}:
        return Meaning(phrase.cause, kept, is_borne_out=True)
    if phrase.rank == 1 and evidence.exit_code not in (1, *USAGE_CODES):
        return None
    if phrase.says != "programs" or phrase.rank == 1 or evidence.exit_code in USAGE_CODES:
        return Meaning(phrase.cause, kept)
    usage = any(_USAGE.search(line.text[:200]) for line in evidence.words[-30:])
    return Meaning(phrase.cause, kept) if usage else None


_Reader = Callable[[Phrase, _Groups, Heard, Evidence], Meaning | None]


def _processes(phrase: Phrase, groups: _Groups, heard: Heard, evidence: Evidence) -> Meaning | None:
    """Take a refused thread for what it is where a limit is known, and not for the lack of memory it is called."""
    limited = (evidence.host.get("PidsLimit") or 0) > 0
    ulimits = {str(limit.get("Name")) for limit in evidence.host.get("Ulimits") or ()}
    return Meaning(phrase.cause, groups, is_borne_out=limited or "nproc" in ulimits)


_READERS: Mapping[str, _Reader] = {
    "missing-file-or-dir": _file,
    "config-invalid": _config,
    "missing-env-var": _variable,
    "bad-env-value": _bad_variable,
    BAD_VALUE: _value,
    DENIED: _denied,
    NOT_PERMITTED: _not_permitted,
    "app-oom": _memory,
    "pids-limit-hit": _processes,
    "not-executable": _unrunnable,
    "bad-arguments": _arguments,
}
