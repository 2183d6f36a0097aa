"""It started the wrong thing, or could not: what the program is that its command line names.

Where the runtime fails after the container has begun, its words are in the log, State.Error is empty, and the
exit code is 1 (20.10) or 255.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import replace

from cdbg_tui.model.finding import Finding, Proof, Step
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.rules.started import NEXT, found, start_error, with_steps
from cdbg_tui.triage.words.said import told

_NOT_FOUND = re.compile(
    r'exec: "?(?P<program>[^":]+)"?: (?:stat [^:]+: )?(?:no such file or directory|executable file not found)'
    r'|executable file .?(?P<crun>[^`\'"]+).? not found in \$PATH'
)
_LOG_EXEC = re.compile(
    r"^exec (?P<program>\S.{0,500}): (?P<why>no such file or directory|exec format error|permission denied)$"
    r"|exec user process caused:? \"?(?P<old>no such file or directory|exec format error|permission denied)"
)
_OF_RUNTIME = (1, 255, 126, 127, 128)
"""Exit codes of a runtime that could not run the program in the container that it had already begun."""


def exec_failure(evidence: Evidence) -> tuple[str, Proof] | None:
    """Return why the kernel refused to run the program, and where that stands; None where it did not."""
    error = start_error(evidence)
    for why in ("exec format error", "permission denied", "no such file or directory"):
        if error and re.search(rf"exec[: ].{{0,500}}{why}", error):
            return why, Proof("inspect", f"State.Error = {error}")
    if evidence.exit_code in _OF_RUNTIME and evidence.log:
        line = evidence.log[-1]
        if match := _LOG_EXEC.search(line.text):
            return match["why"] or match["old"], line.proof
    return None


def entrypoint_missing(evidence: Evidence) -> Finding | None:
    """The program is not there, or what it needs to be run: its interpreter or loader."""
    error, program = start_error(evidence), evidence.program
    if match := _NOT_FOUND.search(error):
        name = match["program"] or match["crun"]
        if hides := _hiding(evidence, name):
            return hides
        where = "" if "/" in name else " in any directory of its PATH"
        steps = (Step("see which command it was given", key="i"), Step("look for it in its files", key="d"))
        words = f"There is no {name}{where} in the image."
        return with_steps(found(evidence, "entrypoint-missing", f"{name} not found", words), *steps)
    failure = exec_failure(evidence)
    if failure is None or failure[0] != "no such file or directory":
        return None
    if program is None or not program.exists:
        name = program.path if program else evidence.command[0]
        return _hiding(evidence, name) or found(
            evidence, "entrypoint-missing", f"{name} not found", f"There is no {name} in the image.", failure[1]
        )
    needs = program.interpreter or "its interpreter"
    if program.has_crlf:
        words = (
            f"{program.path} begins with “#!{needs}” and ends its lines as on Windows (CR LF): the kernel looks "
            f"for a program whose name ends in a carriage return."
        )
        return found(evidence, "entrypoint-missing", "Script with Windows line ends", words, failure[1])
    kind = "interpreter" if program.is_script else "loader"
    words = f"{program.path} is there, but its {kind} {needs} is not; the message means that one."
    return found(evidence, "entrypoint-missing", f"Its {kind} {needs} is missing", words, failure[1])


def _hiding(evidence: Evidence, path: str) -> Finding | None:
    """Tell of a mount that covers a file which the image's own command names, and which so was there."""
    folder = str(evidence.config.get("WorkingDir") or "/")
    full = posixpath.normpath(posixpath.join(folder, path))
    mount = evidence.mount_of(full) if "/" in full.strip("/") or "/" in path else None
    own = (evidence.image or {}).get("Config") or {}
    words = [*(own.get("Entrypoint") or ()), *(own.get("Cmd") or ())]
    is_own = any(path in word or posixpath.join(folder, word) == full for word in words)
    if mount is None or not is_own:
        return None
    source = mount.name or mount.source or mount.kind
    return found(
        evidence,
        "mount-hides-files",
        f"The mount on {mount.target} hides {path}",
        f"{mount.kind} {source} is mounted over {mount.target}, where the image has {path}: "
        "only what is in the mount can be seen there.",
        Proof("inspect", f"mount {source} → {mount.target}"),
        Proof("image", f"its command: {' '.join(words)}"),
    )


_SCRIPT_MISSING = re.compile(
    r"can't open (?:file )?'(?P<python>/[^']{1,500})'|Cannot find module '(?P<node>/[^']{1,500})'|"
    r"Unable to access jarfile (?P<jar>\S{1,500})|can't open '?(?P<sh>/[^'\s]{1,500})'?: No such file|"
    r"Could not open input file: (?P<php>\S{1,500})|No such file or directory -- (?P<ruby>\S{1,500})|"
    r"[Cc]ould not (?:find|open) (?:script|file) '?(?P<other>/[^'\s]{1,500})'?|"
    r"^\S{1,40}: (?:line )?(?:\d+: )?(?P<shell>/[^:\s]{1,500}): (?:not found|No such file or directory)"
)


def mount_hides_script(evidence: Evidence) -> Finding | None:
    """The interpreter runs, and the script that the image's command names lies under a mount."""
    if not evidence.has_failed:
        return None
    for line in reversed(evidence.log[-20:]):
        if match := _SCRIPT_MISSING.search(line.text):
            path = next(group for group in match.groups() if group)
            hides = _hiding(evidence, path)
            if hides is not None:
                return replace(hides, proof=(line.proof, *hides.proof))
    return None


_INSTALLED = {
    "node_modules": re.compile(r"\b(?:npm (?:ci|i|install)|yarn(?: install)?|pnpm (?:i|install))\b"),
    "vendor": re.compile(r"\bcomposer (?:install|update)\b"),
}
"""Folders beside a program into which its image installs what it needs."""


def mount_hides_modules(evidence: Evidence) -> Finding | None:
    """A module is missing that the image installed beside the program, where a mount lies now."""
    one = told(evidence, "missing-file-or-dir")
    if one is None:
        return None
    is_node = "module" in one.groups and one.phrase.says == "Node"
    kind = "node_modules" if is_node else "vendor" if "/vendor/" in one.groups.get("path", "") else ""
    folder = posixpath.join(str(evidence.config.get("WorkingDir") or "/"), kind)
    mount = evidence.mount_of(folder) if kind else None
    install = _INSTALLED.get(kind)
    layer = next((one for one in evidence.layers if install and install.search(one.instruction)), None)
    if mount is None or layer is None or mount.target.rstrip("/") == folder:
        return None
    return replace(
        found(
            evidence,
            "mount-hides-files",
            f"The mount on {mount.target} hides {kind}",
            f"The image installed {kind} into {folder}; {mount.source or mount.name}, mounted over it, has none.",
            one.line.proof,
            Proof("inspect", f"mount {mount.source or mount.name} → {mount.target}"),
            Proof("image history", layer.instruction[:200]),
            certain=False,
        ),
        next=(Step(f"keep the image's own by a volume of its own: -v {folder}"), Step("rerun it", key="c")),
    )


def not_executable(evidence: Evidence) -> Finding | None:
    """The program is there and may not be executed, or is a directory."""
    error, program = start_error(evidence), evidence.program
    failure = exec_failure(evidence)
    is_directory = re.search(r"exec: .{1,500}: is a directory", error)
    if not is_directory and (failure is None or failure[0] != "permission denied"):
        return None
    name = program.path if program else evidence.command[0]
    proof = () if error or failure is None else (failure[1],)
    if is_directory or (program and program.is_directory):
        return found(evidence, "not-executable", f"{name} is a directory", f"{name} is no program.", *proof)
    mount = evidence.mount_of(name)
    if program and program.executable:
        user = evidence.config.get("User") or "root"
        words = f"The user {user} may not execute {name}, or may not enter a directory above it."
        if mount:
            words += f" It lies on the mount {mount.target}, which may be mounted noexec."
    else:
        words = f"{name} lacks the x bit: chmod +x it in the image" + (f" or in {mount.source}." if mount else ".")
    return found(evidence, "not-executable", f"{name} is not executable", words, *proof)


def wrong_architecture(evidence: Evidence) -> Finding | None:
    """The program or the whole image is for another processor."""
    failure, program, machine = exec_failure(evidence), evidence.program, evidence.machine
    said = failure and failure[0] == "exec format error"
    emulated = next((line for line in evidence.log[-5:] if _QEMU.search(line.text)), None)
    if not machine or not (said or emulated):
        return None
    proof = [failure[1]] if failure else []
    proof += [emulated.proof] if emulated else []
    built_for = str((evidence.image or {}).get("Architecture") or "")
    if program and program.machine not in ("", machine):
        words = f"{program.path} is for {program.machine}; the engine's machine is {machine}."
        proof.append(Proof("program", f"{program.path}: ELF for {program.machine}"))
    elif built_for not in ("", machine):
        words = f"The image is built for {built_for}; the engine's machine is {machine}."
        proof.append(Proof("image", f"Architecture = {built_for}"))
    else:
        return None
    steps = (Step(f"build or pull it for linux/{machine}"), *NEXT[:1])
    finding = found(evidence, "wrong-arch", "Built for another processor", words, *_once(evidence, proof))
    return with_steps(finding, *steps)


_QEMU = re.compile(r"^qemu-\w+: Could not open|^rosetta error:")


def _once(evidence: Evidence, proof: list[Proof]) -> list[Proof]:
    """Leave out State.Error, which every finding of this file quotes first."""
    return [one for one in proof if not (start_error(evidence) and one.text.startswith("State.Error"))]


_SCRIPT_FORMAT = re.compile(r": [Ee]xec format error$|cannot execute binary file")


def exec_format_error(evidence: Evidence) -> Finding | None:
    """The kernel does not know how to run the file: a script without ``#!``, or no program at all."""
    failure, program = exec_failure(evidence), evidence.program
    if wrong_architecture(evidence):
        return None
    if failure is None or failure[0] != "exec format error":
        line = next((one for one in evidence.log[-2:] if _SCRIPT_FORMAT.search(one.text)), None)
        if line is None or not evidence.has_failed:
            return None
        words = (
            "A file that the program runs is no program for this machine: another format, or another processor."
        )
        return found(evidence, "exec-format-error", "Exec format error", words, line.proof, certain=False)
    name = program.path if program else evidence.command[0]
    if program and program.is_empty:
        words = f"{name} is an empty file: there is nothing to run."
    elif program and program.is_text:
        words = f"{name} is text without a first line “#!/bin/sh”: the kernel does not know what is to run it."
    else:
        words = f"{name} is in no format that this kernel runs."
    return found(evidence, "exec-format-error", "Exec format error", words, *_once(evidence, [failure[1]]))


RULES: tuple[Callable[[Evidence], Finding | None], ...] = (
    wrong_architecture,
    entrypoint_missing,
    mount_hides_script,
    mount_hides_modules,
    not_executable,
    exec_format_error,
)
