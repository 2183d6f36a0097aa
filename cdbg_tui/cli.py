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
    made.add_argument("-H", "--host", metavar="URL", help="engine to use, as unix:///path, tcp://… or ssh://…")
    made.add_argument("-c", "--context", metavar="NAME", help="context of the docker CLI to use")
    made.add_argument("--version", action="version", version=f"cdbg {__version__}")
    made.add_argument(
        "--ping", action="store_true", help="say nothing, end with 0 if the engine answers and 1 if not"
    )
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser(
        "demo",
        help="make a handful of containers with typical fates, open the dashboard, remove them on leaving",
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 well, 1 it failed, 2 wrong usage."""
    options = parser().parse_args(argv)
    from cdbg_tui.config import Config, ConfigError, load
    from cdbg_tui.engine.connect import find
    from cdbg_tui.engine.errors import EngineError

    config = Config()
    try:
        endpoint = find(options.host, options.context)
        if options.ping:
            return _ping(endpoint)
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
