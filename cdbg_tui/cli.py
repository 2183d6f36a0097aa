"""The command line: opens the dashboard, or does one thing without it.

Nothing heavy is imported before it is needed: ``--version`` answers at once, and the engine is asked for
its containers while Textual is being loaded.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdbg_tui import __version__

if TYPE_CHECKING:
    from cdbg_tui.config import Config
    from cdbg_tui.engine.connect import Endpoint

TRIAGE = """\
Tells why a container died, or why it does not answer. Reads only, and needs no terminal.

exit status: 0 nothing is wrong, 1 something was found, 2 could not look"""

EPILOG = """\
The engine is chosen as the docker command does it: --host, --context, DOCKER_HOST, DOCKER_CONTEXT, then the
current context. Settings are read from ~/.config/cdbg/config.toml."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
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
    demo = commands.add_parser(
        "demo",
        help="make a handful of containers with typical fates, open the dashboard, remove them on leaving",
    )
    triage = commands.add_parser(
        "triage",
        help="say why a container died or does not answer, without the dashboard",
        description=TRIAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for command in (demo, triage):
        # Not given here, what was given before the command holds.
        _choose_engine(command, default=argparse.SUPPRESS)
    triage.set_defaults(complain=triage.error)
    triage.add_argument(
        "name", nargs="?", metavar="NAME", help="a container's name, id or the beginning of its id"
    )
    triage.add_argument("--all", action="store_true", help="every container of the engine, the worst first")
    triage.add_argument("--json", action="store_true", help="one JSON document; with --all one a line")
    triage.add_argument("--checklist", action="store_true", help="every question that one asks by hand, answered")
    triage.add_argument("--connect", action="store_true", help="with --checklist: connect to its TCP ports, too")
    return made


def _choose_engine(made: argparse.ArgumentParser, default: str | None = None) -> None:
    made.add_argument(
        "-H", "--host", metavar="URL", default=default, help="engine to use, as unix:///path, tcp://… or ssh://…"
    )
    made.add_argument("-c", "--context", metavar="NAME", default=default, help="context of the docker CLI to use")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 well, 1 it failed, 2 wrong usage.

    That of ``triage`` is told by its help.
    """
    options = parser().parse_args(argv)
    if options.command == "triage" and (wrong := _misasked(options)):
        options.complain(wrong)
    from cdbg_tui.config import Config, ConfigError, load
    from cdbg_tui.engine.connect import find
    from cdbg_tui.engine.errors import EngineError

    config = Config()
    try:
        endpoint = find(options.host, options.context)
        if options.ping:
            return _ping(endpoint)
        if options.command == "triage":
            return _triage(endpoint, options)
        config = load()
    except (EngineError, ConfigError) as error:
        advice = getattr(error, "advice", "")
        print(f"cdbg: {error} {advice}".rstrip(), file=sys.stderr)
        return 2
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream.isatty() for stream in streams) or os.environ.get("TERM", "") in ("", "dumb"):
        print(
            "cdbg: the dashboard needs a terminal: stdin, stdout and stderr must be one, and TERM name it.",
            file=sys.stderr,
        )
        return 2
    if options.command == "demo":
        return _demo(endpoint, config)
    return dashboard(endpoint, config)


def dashboard(endpoint: Endpoint, config: Config) -> int:
    """Open the dashboard; return when the user leaves it."""
    from cdbg_tui.config import ConfigError
    from cdbg_tui.engine.client import Engine
    from cdbg_tui.engine.containers import Watch
    from cdbg_tui.tui import hangup

    hangup.watch()
    engine = Engine(endpoint)
    watch = Watch(engine)
    watch.start()  # its answer comes while Textual is being imported
    try:
        from cdbg_tui.tui.app import CdbgApp

        app = CdbgApp(engine, watch, config)
        app.run()
        # The cursor is back where it stood before; what sessions wrote may be below it, and would be torn.
        sys.stderr.write("\x1b[J")
        sys.stderr.flush()
        return app.return_code or 0
    except ConfigError as error:
        print(f"cdbg: {error}", file=sys.stderr)
        return 2
    finally:
        watch.close()
        engine.close()


def _misasked(options: argparse.Namespace) -> str:
    """Return what is wrong with the words after ``triage``; empty where nothing is."""
    if options.all and options.name is not None:
        return "triage takes a NAME or --all, not both"
    if not options.all and options.name is None:
        return "triage needs the NAME of a container, or --all"
    if options.all and options.checklist:
        return "--checklist is for one container"
    if options.connect and not options.checklist:
        return "--connect belongs to --checklist"
    return ""


def _triage(endpoint: Endpoint, options: argparse.Namespace) -> int:
    from cdbg_tui.triage import command

    request = command.Request(
        None if options.all else options.name, options.json, options.checklist, options.connect
    )
    return command.main(endpoint, request)


def _demo(endpoint: Endpoint, config: Config) -> int:
    from cdbg_tui import demo
    from cdbg_tui.engine.errors import EngineError

    try:
        return demo.main(endpoint, lambda where: dashboard(where, config))
    except EngineError as error:
        print(f"cdbg: {error} {error.advice}".rstrip(), file=sys.stderr)
        return 1


def _ping(endpoint: Endpoint) -> int:
    from cdbg_tui.engine.client import Engine
    from cdbg_tui.engine.errors import EngineError

    engine = Engine(endpoint)
    try:
        engine.get("/version", patience=3)
    except EngineError:
        return 1
    finally:
        engine.close()
    return 0
