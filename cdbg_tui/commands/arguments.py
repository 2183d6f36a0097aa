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

DEBUG = """\
Builds an image FROM a container's own, with tools, and runs a shell of it in the container's place, under the
conditions that it has or had. The tools are packages, where its image has a package manager; else a static busybox
is copied in and, if it is here, what the toolbox image has. What it makes is removed when the shell ends, or kept
if you say so.

exit status: the shell's; 125 it could not be had, 130 interrupted before it began"""

SIDECAR = """\
Runs a shell, or COMMAND, in a toolbox container in the PID and network namespaces of a running one. Its files are
in /target, its variables in /target.env; nothing is written into it, and the toolbox is removed at the end.

exit status: the shell's or COMMAND's; 125 it could not be had, 130 interrupted before it began"""

EXEC = """\
Opens the best shell that a running container has, found by looking at its files, or runs COMMAND in it. On a
terminal that is a session as in the dashboard; COMMAND, or a pipe, has the words of docker only.

exit status: that of the shell or COMMAND; 125 it could not be had"""

ATTACH = """\
Attaches to the main process of a running container. Signals are not passed on, and how to leave is told first:
Ctrl+] where each key goes to the program, else Ctrl+C.

exit status: 0 you left and it runs on; else that of the container; 125 it could not be had"""

NSENTER = """\
Runs this machine's shell, or COMMAND, in namespaces of a running container of this machine, as in
cdbg nsenter web --namespaces net -- tcpdump -ni any. It takes root.

exit status: that of the shell or COMMAND; 125 it could not be had"""

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

PCAP = """\
Captures a container's packets with tcpdump in its network namespace: this machine's, if it runs the container and
you are root, else the container's own, else by a sidecar of the toolbox image. The file is written on this side,
whole packets only, and never over another one. FILTER is pcap-filter(7): 'tcp port 80 and not host 10.0.0.1'.

exit status: 0 a bound was reached or you ended it, and there is a file; 1 something else ended it (what came until
then is kept); 125 it could not begin"""

EPILOG = """\
The engine is chosen as the docker command does it: --host, --context, DOCKER_HOST, DOCKER_CONTEXT, then the
current context. Settings are read from ~/.config/cdbg/config.toml."""

_READ_ONLY = "refuse whatever changes or runs something, in the dashboard and on the command line"

# argparse has no public name for it.
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


class _Parser(argparse.ArgumentParser):
    """The parser of one command; where that takes ``words``, what follows ``--`` is them, and nothing of ours."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Parse; argparse itself, when options stand between, takes words that come last for none."""
        words = list(args or ())
        if not any(action.dest == "words" for action in self._actions) or "--" not in words:
            return super().parse_known_args(args, namespace)
        at = words.index("--")
        found, unknown = super().parse_known_args(words[:at], namespace)
        found.words = [*found.words, *words[at + 1 :]]
        return found, unknown


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
    made.add_argument("--read-only", dest="only_reads", action="store_true", help=_READ_ONLY)
    made.add_argument("--debug", action="store_true", help="write a log of what cdbg does to the state directory")
    commands: _Commands = made.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    commands.add_parser(
        "demo",
        help="make a handful of containers with typical fates, open the dashboard, remove them on leaving",
    )
    for add in (
        _triage,
        _diff,
        _cat,
        _cp,
        _exec,
        _attach,
        _nsenter,
        _rerun,
        _debug,
        _sidecar,
        _image,
        _report,
        _pcap,
    ):
        add(commands)
    for name, command in commands.choices.items():
        # Not given here, what was given before the command holds.
        _choose_engine(command, default=argparse.SUPPRESS)
        if name not in ("rerun", "debug"):  # whose own --read-only is about volumes
            command.add_argument(
                "--read-only", dest="only_reads", action="store_true", default=argparse.SUPPRESS, help=_READ_ONLY
            )
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


def _exec(commands: _Commands) -> None:
    made = commands.add_parser(
        "exec",
        help="a shell or a command inside a running container",
        description=EXEC,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument("-u", "--user", metavar="USER", default="", help="a name that it knows, or UID[:GID]")
    made.add_argument("-w", "--workdir", metavar="DIR", default="", help="the directory to begin in")
    made.add_argument(
        "-e", "--env", metavar="NAME=VALUE", action="append", default=[], help="a variable, or several"
    )
    made.add_argument("--privileged", action="store_true", help="with all capabilities")
    made.add_argument("--print", action="store_true", help="write the command, run nothing")
    made.add_argument("words", nargs="*", metavar="-- COMMAND", help="run this instead of a shell")


def _attach(commands: _Commands) -> None:
    made = commands.add_parser(
        "attach",
        help="the input and output of a container's main process",
        description=ATTACH,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument("--print", action="store_true", help="write the command, run nothing")


def _nsenter(commands: _Commands) -> None:
    made = commands.add_parser(
        "nsenter",
        help="programs of this machine in a container's namespaces",
        description=NSENTER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument(
        "--namespaces",
        metavar="LIST",
        default="net",
        help="of net,pid,mnt,uts,ipc,user,cgroup; all for all but user (default: %(default)s)",
    )
    made.add_argument("--sudo", action="store_true", help="become root by sudo")
    made.add_argument("--print", action="store_true", help="write the command, run nothing")
    made.add_argument("words", nargs="*", metavar="-- COMMAND", help="run this instead of a shell")


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


def _debug(commands: _Commands) -> None:
    made = commands.add_parser(
        "debug",
        help="a shell of a debug image: the container's own image and tools",
        description=DEBUG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument(
        "--tools",
        choices=("packages", "busybox", "toolbox"),
        help="from where: its package manager, a static busybox, or that and the toolbox image's programs",
    )
    made.add_argument(
        "--packages", metavar="LIST", default="", help="these packages, with blanks or commas between"
    )
    made.add_argument(
        "--image", metavar="IMAGE", default="", help="the toolbox image (default: that of the settings)"
    )
    made.add_argument("--files", action="store_true", help="from its files as they are now, not from its image")
    start = made.add_mutually_exclusive_group()
    start.add_argument("--original", action="store_true", help="run its own command first, then a shell")
    start.add_argument("--strace", action="store_true", help="the same under strace")
    made.add_argument("--read-only", action="store_true", help="its volumes and binds read-only")
    made.add_argument("--no-network", action="store_true", help="run without any network; the build may have one")
    made.add_argument("--root", action="store_true", help="as root rather than its own user")
    made.add_argument("--writable", action="store_true", help="a read-only root file system writable")
    made.add_argument("--file", metavar="FILE", default="", help="build this Dockerfile; - for standard input")
    made.add_argument("--save", metavar="FILE", default="", help="write the Dockerfile to FILE, too")
    keep = made.add_mutually_exclusive_group()
    keep.add_argument("--keep", action="store_true", help="keep container and image, without asking")
    keep.add_argument("--remove", action="store_true", help="remove them, without asking")
    made.add_argument(
        "--dockerfile", action="store_true", help="write the Dockerfile to standard output, run nothing"
    )
    made.add_argument("--print", action="store_true", help="write the commands, run none of them")


def _sidecar(commands: _Commands) -> None:
    made = commands.add_parser(
        "sidecar",
        help="a toolbox beside a running container, in its namespaces",
        description=SIDECAR,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument(
        "--profile",
        choices=("general", "netadmin", "sysadmin", "privileged", "restricted"),
        default="general",
        help="what it may do, as kubectl debug names it, whose sysadmin is privileged here (default: %(default)s)",
    )
    made.add_argument("--image", metavar="IMAGE", default="", help="the toolbox (default: that of the settings)")
    made.add_argument("--volumes-from", action="store_true", help="with its volumes where it has them")
    made.add_argument("--ipc", action="store_true", help="in its IPC namespace, if it shares that")
    made.add_argument("--root", action="store_true", help="with its root, by a static busybox of the toolbox")
    made.add_argument("--user", metavar="USER", default="", help="as this user of the toolbox (default: root)")
    made.add_argument("--pull", action="store_true", help="docker pull the toolbox first")
    made.add_argument("--print", action="store_true", help="write the commands, run none of them")
    made.add_argument("words", nargs="*", metavar="-- COMMAND", help="run this instead of a shell")


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


def _pcap(commands: _Commands) -> None:
    made = commands.add_parser(
        "pcap",
        help="capture a container's packets to a .pcap file here",
        description=PCAP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _name(made)
    made.add_argument(
        "-o", "--output", metavar="FILE", default="", help="- for standard output (default: NAME-TIME.pcap)"
    )
    made.add_argument("-f", "--filter", metavar="FILTER", default="", help="which packets, as tcpdump takes it")
    made.add_argument("--packets", metavar="N", type=int, default=0, help="end after so many packets")
    made.add_argument("--bytes", metavar="N", default="", help="end before the file is larger, as 500k or 10M")
    made.add_argument("--seconds", metavar="N", default="", help="end after so long, as 90, 5m or 1h")
    made.add_argument("--by", choices=("host", "exec", "sidecar"), help="where tcpdump runs")
    made.add_argument("--print", action="store_true", help="write the command, run nothing")


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
    if options.command == "pcap" and options.packets < 0:
        return "--packets is a number above 0"
    if options.command == "image":
        lowest = options.lowest_efficiency
        if lowest is not None and not 0 <= lowest <= 1:
            return "--lowest-efficiency is a share from 0 to 1, as 0.9"
    return ""
