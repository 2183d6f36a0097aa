"""How it ended, in its own words: causes that only the program itself, or its shell, can tell."""

from __future__ import annotations

import re
import shlex

from cdbg_tui.model.details import hidden_words
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step
from cdbg_tui.model.text import MASK, is_secret_name
from cdbg_tui.model.units import size
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.exits import explain
from cdbg_tui.triage.rules.lacks import LOOK_INSIDE, certainty, quoted
from cdbg_tui.triage.words.meant import DEFAULT_CAPABILITIES, dropped_capabilities, is_root, user_of
from cdbg_tui.triage.words.said import Said, ended_by_itself, last_words, said, told


def _code(evidence: Evidence) -> Proof:
    return Proof("inspect", f"State.ExitCode = {evidence.exit_code}")


def command_not_found(evidence: Evidence) -> Finding | None:
    """A script or a program calls another that the image does not have."""
    one = told(evidence, "command-not-found")
    if one is None:
        return None
    name = one.groups.get("word", "").strip("‘’'\"`")
    words = f"It calls {name}, which is not in the image, or not in its PATH."
    if "�" in name or "\\r" in one.text or not name:
        words = "It calls a program whose name ends in a carriage return: the script has Windows line ends (CRLF)."
        name = name.strip("�") or "A command"
    elif name.startswith("/"):
        words = f"It calls {name}, and there is no such program."
    proof = (quoted(one), _code(evidence))
    sure = certainty(one, is_borne_out=evidence.exit_code == 127)
    steps = (Step(f"install {name} in the image, or correct the PATH"), LOOK_INSIDE[1])
    return Finding("command-not-found", f"{name}: command not found", words, sure, proof=proof, next=steps)


def not_executable(evidence: Evidence) -> Finding | None:
    """A script calls a file that may not be executed."""
    one = told(evidence, "not-executable")
    if one is None or "path" not in one.groups:
        return None
    path = one.groups["path"]
    words = f"It calls {path}, which is there, but its user ({user_of(evidence)}) may not execute it."
    steps = (Step(f"chmod +x {path} in the image"), LOOK_INSIDE[1])
    proof = (quoted(one), _code(evidence))
    return Finding("not-executable", f"{path} is not executable", words, certainty(one), proof=proof, next=steps)


def port_conflict_inside(evidence: Evidence) -> Finding | None:
    """The program finds the port that it wants taken."""
    one = told(evidence, "port-conflict")
    if one is None:
        return None
    port = one.groups.get("port") or _port_near(one, evidence)
    what = f"port {port}" if port else "its port"
    mode = str(evidence.host.get("NetworkMode") or "")
    words = f"It wants to listen on {what}, and something else does already"
    proof = [quoted(one)]
    steps = [Step("rerun it under a shell and see who listens", key="c")]
    if mode == "host":
        words += ": it shares the machine's network, so that may be any program of the machine."
        proof.append(Proof("inspect", "HostConfig.NetworkMode = host"))
        if port:
            steps.insert(0, Step("see who has it", command=("sudo", "ss", "-ltnp", f"sport = :{port}")))
    elif mode.startswith("container:"):
        words += f": it shares the network of {mode.removeprefix('container:')[:12]}, which has it."
        proof.append(Proof("inspect", f"HostConfig.NetworkMode = {mode}"))
    else:
        words += " in the same container: it has a network of its own, so it started two servers on one port."
    title = f"Port {port} is already in use" if port else "Its port is already in use"
    return Finding("port-conflict", title, words, certainty(one), proof=tuple(proof), next=tuple(steps))


_PORT = re.compile(r"(?:\bport[ :=]{1,3}|(?<=[\d\]*]):|\bport: )(\d{2,5})\b|\bon (\d{2,5})\b", re.IGNORECASE)


def _port_near(one: Said, evidence: Evidence) -> str:
    """Return the port that the telling line or the lines around it speak of."""
    lines = [line for line in evidence.words if line.source == one.line.source]
    at = next((index for index, line in enumerate(lines) if line is one.line), 0)
    around = [one.line, *lines[at + 1 : at + 16], *reversed(lines[max(0, at - 4) : at])]
    found = (_PORT.search(line.text[:400]) for line in around)
    return next((match[1] or match[2] for match in found if match), "")


_SETTINGS = (
    ("JVM", "raise the heap: -e JAVA_TOOL_OPTIONS=-Xmx…"),
    ("Node", "raise the heap: -e NODE_OPTIONS=--max-old-space-size=…"),
    ("PHP", "raise memory_limit in php.ini"),
    (".NET", "raise the heap: -e DOTNET_GCHeapHardLimit=…"),
    ("Go", "see GOMEMLIMIT and the ulimits of the container"),
)


def app_oom(evidence: Evidence) -> Finding | None:
    """A runtime's own heap is full, or malloc() was refused; the kernel killed nothing."""
    one = told(evidence, "app-oom")
    if one is None:
        return None
    runtime = one.phrase.says
    words = f"The program ran out of memory by its own account ({runtime}); the kernel killed nothing."
    proof = [quoted(one), Proof("inspect", "State.OOMKilled = false"), _code(evidence)]
    allowed = one.groups.get("value", "")
    if allowed.isdigit():
        words += f" Its own limit is {size(int(allowed))}."
    if setting := _heap_setting(evidence):
        words += f" It was given {setting}."
        proof.append(Proof("inspect", setting))
    if limit := int(evidence.host.get("Memory") or 0):
        words += f" The container may use {size(limit)}."
        proof.append(Proof("inspect", f"memory limit {size(limit)}"))
    advice = next(
        (text for name, text in _SETTINGS if runtime.startswith(name)), "give it more memory, or less to do"
    )
    certain = certainty(one, is_borne_out=one.phrase.rank == 3)
    steps = (Step(advice), LOOK_INSIDE[1])
    return Finding("app-oom", f"Out of memory ({runtime})", words, certain, proof=tuple(proof), next=steps)


_HEAP = re.compile(
    r"(?<![\w-])(?:-Xmx\w{1,12}|-XX:MaxRAMPercentage=[\d.]{1,6}|--max[-_]old[-_]space[-_]size=\d{1,8}|GOMEMLIMIT=\w{1,12}"
    r"|-M \d{1,9}|memory_limit=\w{1,12})"
)


def _heap_setting(evidence: Evidence) -> str:
    """Return how large a heap its command line or its environment allows; empty where neither says."""
    given = (*evidence.command, *(f"{name}={value}" for name, value in evidence.environment.items()))
    found = (_HEAP.search(text) for text in given)
    return next((match[0] for match in found if match), "")


def bad_arguments(evidence: Evidence) -> Finding | None:
    """The program does not know the arguments that it was given."""
    one = told(evidence, "bad-arguments")
    if one is None:
        return None
    word = _hidden_word(one.groups.get("word", ""), evidence)
    what = f"“{word}”" if word else "its arguments"
    words = f"It does not understand {what}, and says how it is to be used." if one.phrase.rank == 1 else ""
    words = words or f"It does not understand {what}."
    own = [str(part) for part in evidence.config.get("Entrypoint") or ()]
    command = shlex.join(hidden_words(list(evidence.command)))
    if one.is_borne_out:
        words += " That is a word of the command line that the container was made with."
        if own and word not in own:
            words += f" Words after the image's name are arguments for its entrypoint ({own[0]})."
    steps = [Step("see its command line", key="i")]
    if own and one.is_borne_out:
        steps.append(Step("to run another program than the image's own: docker run --entrypoint …"))
    proof = (quoted(one), Proof("inspect", f"command: {command}"), _code(evidence))
    title = f"Does not know {what}" if word else "Wrong arguments"
    return Finding("bad-arguments", title, words, certainty(one), proof=proof, next=tuple(steps))


def _hidden_word(word: str, evidence: Evidence) -> str:
    name, equals, _ = word.partition("=")
    return f"{name}={MASK}" if equals and is_secret_name(name) else _hide(word, evidence)


def capability_missing(evidence: Evidence) -> Finding | None:
    """The kernel refuses what only a capability allows."""
    one = told(evidence, "capability-missing")
    if one is None:
        return None
    capability = one.groups.get("cap", "")
    dropped = dropped_capabilities(evidence)
    lost = bool(dropped & {capability, "ALL"})
    proof = [quoted(one), Proof("inspect", f"Config.User = {evidence.config.get('User') or '(root)'}")]
    needs = f"what it does needs CAP_{capability}" if capability else "what it does needs a capability"
    if dropped:
        proof.append(Proof("inspect", f"HostConfig.CapDrop = [{', '.join(sorted(dropped))}]"))
    if added := evidence.host.get("CapAdd"):
        proof.append(Proof("inspect", f"HostConfig.CapAdd = [{', '.join(map(str, added))}]"))
    if lost and is_root(evidence):
        why = f"which was taken away (--cap-drop {'ALL' if 'ALL' in dropped else capability})"
    elif not is_root(evidence):
        why = f"and it runs as user {evidence.config.get('User')}, who has none"
    elif capability and capability not in DEFAULT_CAPABILITIES:
        why = "which containers do not have unless they are given it"
    else:
        why = "or a system call that its seccomp profile forbids"
    words = f"The kernel refuses: {needs}, {why}."
    if not is_root(evidence):
        step = Step("run it as root (--user 0), or let it do without")
    else:
        step = Step(f"run it with --cap-add {capability}" if capability else "run it with --cap-add …")
    title = f"Needs CAP_{capability}" if capability else "Operation not permitted"
    sure = certainty(one, is_borne_out=lost)
    return Finding("capability-missing", title, words, sure, proof=tuple(proof), next=(step, LOOK_INSIDE[1]))


_OWN = frozenset(
    (
        *(
            "command-not-found",
            "not-executable",
            "port-conflict",
            "app-oom",
            "bad-arguments",
            "capability-missing",
        ),
        *("missing-file-or-dir", "missing-config", "config-invalid", "missing-env-var", "bad-env-value"),
        *("permission-denied-volume", "readonly-rootfs-write", "disk-full", "auth-failure"),
    )
)
"""Causes that a rule here or in `lacks` names from the same words."""


def app_error(evidence: Evidence) -> Finding | None:
    """It failed, and no better cause is told: its own words are quoted."""
    if not ended_by_itself(evidence):
        return None
    best = next(iter(said(evidence)), None)
    if best is not None and best.cause in _OWN:
        return None
    code = evidence.exit_code
    lines = last_words(evidence)
    proof = (*(line.proof for line in lines), _code(evidence))
    if not lines:
        words = f"It ended with exit code {code}, and left no word of why. {explain(code or 0).meaning}"
        title = f"Failed with exit code {code}"
        return Finding("app-error", title, words, Certainty.POSSIBLE, proof=proof, next=LOOK_INSIDE)
    quote = _hide(_short(best.line.text if best and best.cause == "app-error" else lines[0].text), evidence)
    words = f"It ended with exit code {code}. Its last telling words: “{quote}”"
    if best is not None and best.cause == "app-error" and best.groups.get("path"):
        words += f" It runs as {user_of(evidence)}, who has no right to use {best.groups['path']}."
    return Finding(
        "app-error", f"Failed: {_short(quote, 60)}", words, Certainty.LIKELY, proof=proof, next=LOOK_INSIDE
    )


def _short(text: str, most: int = 200) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _hide(text: str, evidence: Evidence) -> str:
    """Return *text* without the values of variables whose names speak of secrets."""
    for name, value in evidence.environment.items():
        if len(value) > 3 and is_secret_name(name):
            text = text.replace(value, MASK)
    return text


RULES = (
    command_not_found,
    not_executable,
    port_conflict_inside,
    app_oom,
    bad_arguments,
    capability_missing,
    app_error,
)
