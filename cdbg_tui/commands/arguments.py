"""The words of the command line. Read before anything is imported that takes time."""

from __future__ import annotations

import argparse
from typing import TypeAlias

from cdbg_tui import __version__

TRIAGE = """\
Tells why a container died, or why it does not answer. Reads only, and needs no terminal.

exit status: 0 nothing is wrong, 1 something was found, 2 could not look"""

IMAGE = """\
Reads an image through the engine's save stream and tells what each layer added, changed and removed, what is
wasted (as dive counts it), and the usual culprits with the remedy.

exit status: 0 well, 1 its efficiency is below --lowest-efficiency, 2 could not look"""

REPORT = """\
Writes triage, inspect, the last log lines, changed files, health history, events and versions of a container
into one archive. Secrets that their names, or the text around them, give away are masked. Nothing is sent."""

RERUN = """\
Commits a dead container and runs a shell on the copy, under the conditions that it had. What it makes is removed
when the shell ends, or kept if you say so.

exit status: the shell's; 125 it could not be had, 130 interrupted before it began"""

DIFF = """\
Lists what a container, dead or alive, changed on disk, as docker diff does: A added, C changed, D deleted. Into a
pipe a line a change, with tabs between kind, mode, uid:gid, bytes, time, path and, of a link, where it leads; what
is not known is “-”, and a name with unprintable characters is written as bash does: $'a\\nb'.

exit status: 0 well, 1 it failed, 130 interrupted"""

CAT = """\
Writes a file of a container, dead or alive, to standard output: its bytes, or on a terminal its lines without what
acts on a terminal. Links are followed inside the container.

exit status: 0 well, 1 there is no such file or it failed, 130 interrupted"""

CP = """\
Copies a file, or a directory with all below it, out of a container, dead or alive. A link given as PATH is
followed inside the container. Nothing is written but below DEST; devices, pipes and links that lead out of the
copy are left out, and named. Of modes, only whether the owner may execute is kept; it is all yours.

exit status: 0 well, 1 it failed or would overwrite something, 130 interrupted; then nothing is left"""

EPILOG = """\
The engine is chosen as the docker command does it: --host, --context, DOCKER_HOST, DOCKER_CONTEXT, then the
current context. Settings are read from ~/.config/cdbg/config.toml."""

# argparse has no public name for it.
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; *command* of what it reads is None for the dashboard."""
    made = argparse.ArgumentParser(
        prog="cdbg",
        description="A dashboard for debugging containers: why they died, what they left, a session one key away.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _choose_engine(made)
    made.add_argument("--version", action="version", version=f"cdbg {__version__}")
    made.add_argument(
        "--ping", action="store_true", help="say nothing, end with 0 if the engine answers and 1 if not"
    )
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser(
        "demo",
        help="make a handful of containers with typical fates, open the dashboard, remove them on leaving",
    )
    for add in (_triage, _diff, _cat, _cp, _rerun, _image, _report):
        add(commands)
    for command in commands.choices.values():
        # Not given here, what was given before the command holds.
        _choose_engine(command, default=argparse.SUPPRESS)
        command.set_defaults(complain=command.error)
    return made


def _choose_engine(made: argparse.ArgumentParser, default: str | None = None) -> None:
    made.add_argument(
        "-H", "--host", metavar="URL", default=default, help="engine to use, as unix:///path, tcp://… or ssh://…"
    )
    made.add_argument("-c", "--context", metavar="NAME", default=default, help="context of the docker CLI to use")


def _name(made: argparse.ArgumentParser, *, optional: bool = False) -> None:
    made.add_argument(
        "name",
        nargs="?" if optional else None,
        metavar="NAME",
        help="a container's name, id or the beginning of its id",
    )


def _triage(commands: _Commands) -> None:
    made = commands.add_parser(
        "triage",
        help="say why a container died or does not answer, without the dashboard",
        description=TRIAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made, optional=True)
    made.add_argument("--all", action="store_true", help="every container of the engine, the worst first")
    made.add_argument("--json", action="store_true", help="one JSON document; with --all one a line")
    made.add_argument("--checklist", action="store_true", help="every question that one asks by hand, answered")
    made.add_argument("--connect", action="store_true", help="with --checklist: connect to its TCP ports, too")


def _diff(commands: _Commands) -> None:
    made = commands.add_parser(
        "diff",
        help="what a container, dead or alive, changed on disk, with sizes and owners",
        description=DIFF,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument("--json", action="store_true", help="one JSON document")


def _cat(commands: _Commands) -> None:
    made = commands.add_parser(
        "cat",
        help="write a file of a container, dead or alive, to standard output",
        description=CAT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("place", metavar="NAME:PATH", help="the container and the file in it")
    _of_image(made)


def _cp(commands: _Commands) -> None:
    made = commands.add_parser(
        "cp",
        help="copy a file or directory out of a container, dead or alive",
        description=CP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("place", metavar="NAME:PATH", help="the container and what to copy of it")
    made.add_argument(
        "destination", metavar="DEST", help="a directory, or the new name of the copy; - for a tar archive"
    )
    made.add_argument("--force", action="store_true", help="overwrite a file that has the name of the copy")
    _of_image(made)


def _of_image(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--image", action="store_true", help="as the container's image has it, deleted or changed since"
    )


def _rerun(commands: _Commands) -> None:
    made = commands.add_parser(
        "rerun",
        help="a shell on what a dead container left: commit, run, clean up",
        description=RERUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument("--read-only", action="store_true", help="its volumes and binds read-only")
    made.add_argument("--no-network", action="store_true", help="without any network")
    made.add_argument("--root", action="store_true", help="as root rather than its own user")
    made.add_argument(
        "--writable", action="store_true", help="a root file system that it could not write, writable"
    )
    start = made.add_mutually_exclusive_group()
    start.add_argument(
        "--strace", action="store_true", help="start the original command under strace, then a shell"
    )
    start.add_argument("--toolbox-shell", action="store_true", help="the shell of a static busybox, not its own")
    made.add_argument("--busybox", metavar="IMAGE", default="", help="image with a static busybox to bring in")
    made.add_argument(
        "--freeze", action="store_true", help="if it restarts in a loop: its restart policy off, first"
    )
    keep = made.add_mutually_exclusive_group()
    keep.add_argument("--keep", action="store_true", help="keep container and image, without asking")
    keep.add_argument("--remove", action="store_true", help="remove them, without asking")
    made.add_argument("--print", action="store_true", help="write the commands, run none of them")


def _image(commands: _Commands) -> None:
    made = commands.add_parser(
        "image",
        help="the layers of an image, what each added, and what they waste",
        description=IMAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("name", metavar="NAME", help="an image, or a container, whose image is meant")
    made.add_argument("--json", action="store_true", help="one JSON document")
    made.add_argument(
        "--lowest-efficiency",
        type=float,
        metavar="SHARE",
        help="end with 1 if the image's efficiency is below this share, as 0.9",
    )


def _report(commands: _Commands) -> None:
    made = commands.add_parser(
        "report",
        help="one archive for a colleague or a ticket: all there is to know",
        description=REPORT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the archive to write, or a directory for it; - for standard output (default: NAME-TIME.tar.gz)",
    )


def misasked(options: argparse.Namespace) -> str:
    """Return what is wrong with words that argparse let pass; empty where nothing is."""
    if options.command == "triage":
        if options.all and options.name is not None:
            return "triage takes a NAME or --all, not both"
        if not options.all and options.name is None:
            return "triage needs the NAME of a container, or --all"
        if options.all and options.checklist:
            return "--checklist is for one container"
        if options.connect and not options.checklist:
            return "--connect belongs to --checklist"
    if options.command == "image":
        lowest = options.lowest_efficiency
        if lowest is not None and not 0 <= lowest <= 1:
            return "--lowest-efficiency is a share from 0 to 1, as 0.9"
    return ""
