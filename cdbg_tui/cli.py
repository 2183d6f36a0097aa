"""The command line: opens the dashboard, or does one thing without it.

Nothing heavy is imported before it is needed: ``--version`` answers at once, and the engine is asked for
its containers while Textual is being loaded.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdbg_tui import crash
from cdbg_tui.commands.arguments import misasked, parser
from cdbg_tui.model.text import one_line

if TYPE_CHECKING:
    import argparse

    from cdbg_tui.config import Config
    from cdbg_tui.engine.connect import Endpoint

COMMANDS = (
    "triage",
    "diff",
    "cat",
    "cp",
    "exec",
    "attach",
    "nsenter",
    "rerun",
    "debug",
    "sidecar",
    "image",
    "report",
    "pcap",
)
"""Those that need no dashboard: each is a module of `cdbg_tui.commands`."""
LOOKING = ("triage", "diff", "cat", "cp", "image", "report")
"""Of these, those that only look: all others are refused by --read-only."""
REFUSED = 125


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 well, 1 it failed, 2 wrong usage.

    Commands may say otherwise in their help. Ctrl+C ends it with 130, also while it is being loaded.
    """
    try:
        crash.watch()
        return _run(argv)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001 - what nobody has thought of
        print(one_line(f"cdbg: {crash.told(error, crash.report(error, 'on the command line'))}."), file=sys.stderr)
        return 1


def _run(argv: Sequence[str] | None) -> int:
    options = parser().parse_args(argv)
    if wrong := misasked(options):
        options.complain(wrong)
    from cdbg_tui.config import Config, ConfigError
    from cdbg_tui.engine.connect import find
    from cdbg_tui.engine.errors import EngineError

    config = Config()
    try:
        if options.debug:
            _write_log()
        endpoint = find(options.host, options.context)
        if options.ping:
            return _ping(endpoint)
        crash.know("engine", lambda: endpoint.url.partition("://")[0])
        config = _settled(options)
        if why := _refusal(options):
            print(one_line(f"cdbg: {why}"), file=sys.stderr)
            return REFUSED
        if options.command in COMMANDS:
            crash.note(f"cdbg {options.command}")
            command = importlib.import_module(f"cdbg_tui.commands.{options.command}")
            return int(command.main(endpoint, options))
    except (EngineError, ConfigError) as error:
        advice = getattr(error, "advice", "")
        print(one_line(f"cdbg: {error} {advice}".rstrip()), file=sys.stderr)
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


def _write_log() -> None:
    from cdbg_tui.config import ConfigError

    try:
        from cdbg_tui import debugging

        debugging.listen()
    except OSError as error:
        raise ConfigError(f"the log of --debug cannot be written: {error}") from error


def _settled(options: argparse.Namespace) -> Config:
    """Return the settings, and shut the gate if that is wanted.

    Raises:
        ConfigError: they cannot be read. Who only looks at something goes on without them, and may not change
            anything: that might be what they say.
    """
    from cdbg_tui.config import Config, ConfigError, load
    from cdbg_tui.engine import gate

    try:
        config = load()
    except ConfigError:
        if options.command not in LOOKING:
            raise
        gate.shut("the settings file cannot be read, which may forbid it")
        config = Config()
    if options.only_reads:
        gate.shut(gate.BY_FLAG)
    elif config.read_only:
        gate.shut(gate.BY_SETTING)
    return config


def _refusal(options: argparse.Namespace) -> str:
    """Return why a command is refused before it has begun: it is there to change or run something."""
    from cdbg_tui.engine import gate

    only_tells = getattr(options, "print", False) or getattr(options, "dockerfile", False)
    if options.command in (None, *LOOKING) or only_tells:
        return ""
    why = gate.shut_by()
    return why and f"{options.command} is refused: {why}."


def dashboard(endpoint: Endpoint, config: Config) -> int:
    """Open the dashboard; return when the user leaves it."""
    from cdbg_tui.config import ConfigError
    from cdbg_tui.engine.client import Engine
    from cdbg_tui.engine.containers import Watch
    from cdbg_tui.sessions.signals import signals_noted
    from cdbg_tui.tui import hangup
    from cdbg_tui.tui.prelude import Prelude

    hangup.watch()
    gc.disable()  # until the first picture stands: nothing of what is loaded is garbage
    engine = Engine(endpoint)
    prelude = Prelude(endpoint, config.theme)
    watch = Watch(engine, early=prelude.hear)
    try:
        with signals_noted() as asked:
            with prelude:
                watch.start()  # its answer comes, and is painted, while Textual is being imported
                from cdbg_tui.tui.app import CdbgApp
                from cdbg_tui.tui.garbage import tend

                app = CdbgApp(engine, watch, config, settled=lambda: tend(app), asked=asked)
                prelude.wait()
            try:
                if not asked.status:
                    app.run()
            finally:
                if not app.has_begun:
                    prelude.take_down()
        # The cursor is back where it stood before; what sessions wrote may be below it, and would be torn.
        sys.stderr.write("\x1b[J")
        if app.failure:
            sys.stderr.write(one_line(f"cdbg: {app.failure}.") + "\n")
        sys.stderr.flush()
        return app.return_code or asked.status
    except ConfigError as error:
        print(one_line(f"cdbg: {error}"), file=sys.stderr)
        return 2
    finally:
        gc.enable()
        watch.close()
        engine.close()


def _demo(endpoint: Endpoint, config: Config) -> int:
    from cdbg_tui import demo
    from cdbg_tui.engine.errors import EngineError

    try:
        return demo.main(endpoint, lambda where: dashboard(where, config))
    except EngineError as error:
        print(one_line(f"cdbg: {error} {error.advice}".rstrip()), file=sys.stderr)
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
