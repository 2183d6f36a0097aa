"""The table of causes: what a diagnosis can name, in which family, and the word that the list shows for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What kind of trouble a cause is."""

    ENDED = "How it ended"
    STARTED = "It never started, or not the right thing"
    LACKS = "What it lacks"
    RUNS = "It runs, but"
    TELL = "Worth telling"
    FINE = "Nothing is wrong"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: its id for scripts, its *word* for the list, and what it means in a sentence."""

    id: str
    family: Family
    word: str
    meaning: str


def _family(family: Family, *rows: tuple[str, str, str]) -> tuple[Cause, ...]:
    return tuple(Cause(id, family, word, meaning) for id, word, meaning in rows)  # noqa: A001 - as the field


CAUSES = (
    *_family(
        Family.ENDED,
        ("app-error", "failed", "The program reported a failure; its own words are quoted."),
        ("bad-arguments", "bad arguments", "The program does not know the arguments that it was given."),
        ("oom-killed", "OOM-killed", "The kernel killed the main process for memory."),
        ("oom-in-child", "child OOM-killed", "The kernel killed a child for memory; the container lives on."),
        ("app-oom", "out of memory", "A runtime's own heap was full; the kernel killed nothing."),
        ("sigkill-not-oom", "killed", "SIGKILL from somebody; memory was not why."),
        ("stop-timeout", "did not stop", "It did not end within its stop time-out and was killed."),
        ("ignores-sigterm", "ignores SIGTERM", "It got SIGTERM, carried on, and was killed."),
        ("segfault", "segfault", "It touched memory that is not its own (SIGSEGV)."),
        ("abort", "aborted", "It aborted itself (SIGABRT): an assertion, a corrupted heap."),
        ("sigfpe", "arithmetic error", "Impossible arithmetic, as a division by zero (SIGFPE)."),
        ("sigbus", "bus error", "It touched memory with nothing behind it (SIGBUS)."),
        ("illegal-instruction", "illegal instruction", "An instruction that this CPU does not have (SIGILL)."),
        ("killed-by-signal", "killed by signal", "Another signal ended it."),
    ),
    *_family(
        Family.STARTED,
        ("command-not-found", "command not found", "A script calls a program that the image does not have."),
        (
            "entrypoint-missing",
            "program not found",
            "The program to run, its interpreter or its loader is not there.",
        ),
        ("not-executable", "not executable", "The file to run may not be executed."),
        ("exec-format-error", "exec format error", "The kernel does not know how to run this file."),
        ("wrong-arch", "wrong architecture", "The program is for another processor."),
        ("user-not-found", "user not found", "The image does not have the user or group."),
        ("device-missing", "device missing", "The machine does not have the device or its driver."),
        ("capability-missing", "capability missing", "The kernel refuses what only a capability allows."),
        ("mount-type-mismatch", "mount mismatch", "A directory is mounted on a file, or a file on a directory."),
        ("mount-hides-files", "mount hides files", "A mount covers files of the image that are needed."),
        ("network-missing", "network missing", "Its network, or the container whose network it shares, is gone."),
        ("port-conflict", "port conflict", "Something else has the port."),
        ("removed-image", "image removed", "Its image is no longer on the engine."),
        ("start-failed", "not started", "The engine could not start it, for another reason."),
    ),
    *_family(
        Family.LACKS,
        ("missing-file-or-dir", "file missing", "A file, directory, library or module is not there."),
        ("missing-config", "config missing", "Its configuration file is not there."),
        ("config-invalid", "config invalid", "Its configuration cannot be understood."),
        ("missing-env-var", "variable missing", "An environment variable is not set."),
        ("bad-env-value", "variable invalid", "An environment variable holds what cannot be meant."),
        (
            "permission-denied-volume",
            "permission denied",
            "Its user may not use a file or a directory on a mount.",
        ),
        ("readonly-rootfs-write", "read-only root", "It writes where the file system is read-only."),
        ("disk-full", "disk full", "No space is left where it writes."),
        ("auth-failure", "login refused", "Somebody refuses its credentials."),
    ),
    *_family(
        Family.RUNS,
        ("port-mapping-mismatch", "wrong port", "It listens on another port than is published."),
        ("listens-on-loopback-only", "loopback only", "It listens on 127.0.0.1, where only itself can reach it."),
        ("port-not-published", "not published", "It listens, but no port is published to the machine."),
        ("port-blocked", "port blocked", "A firewall rule drops what is sent to it."),
        ("dns-failure", "name not found", "A host name that it needs does not resolve."),
        ("different-networks", "other network", "The container that it looks for is on another network."),
        ("dead-dependency", "dependency down", "What it depends on does not run, or does not answer."),
        ("healthcheck-failing", "unhealthy", "Its own health check fails."),
        ("restart-loop", "restart loop", "It ends again and again, and its policy starts it again."),
        ("cpu-throttled", "throttled", "Its CPU limit holds it back."),
        ("memory-near-limit", "memory full", "It uses nearly all the memory that it may."),
        ("pids-limit-hit", "pids limit", "It may not start more processes."),
        ("fd-leak", "too many files", "It holds nearly all the files open that it may."),
        ("zombie-processes", "zombies", "Its dead children are not waited for."),
        ("app-hung", "hung", "It holds its port open, and nothing in it waits for a connection."),
        ("paused", "paused", "Somebody has frozen it."),
        ("log-driver-none", "keeps no log", "Its logging driver keeps nothing that could be read."),
        ("log-flood", "log flood", "It writes more lines than anybody can read."),
    ),
    *_family(
        Family.TELL,
        ("secrets-in-env", "", "Secrets stand in its environment, where every inspect shows them."),
        ("risky-config", "", "It has more rights over its machine than a container should."),
        ("image-bloat", "", "Its image carries what a later layer deletes, or what nobody needs at run time."),
    ),
    *_family(
        Family.FINE,
        ("healthy", "", "It runs, and nothing is wrong that can be seen."),
        ("clean-exit", "finished", "It ended by itself with success."),
        ("sigterm", "terminated", "Somebody stopped it, and it ended as asked."),
        ("sigint", "interrupted", "Somebody interrupted it, as by Ctrl+C."),
        ("created", "created", "It was created, and nobody has started it."),
    ),
)
BY_ID = {cause.id: cause for cause in CAUSES}
