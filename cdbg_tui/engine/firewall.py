"""The packet filter of the machine that this program runs on, where that is the engine's."""

from __future__ import annotations

import os
import subprocess

from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.gate import reading

SECONDS = 2.0
_COMMAND = ("iptables-save", "-c")
_FOLDERS = "/usr/sbin:/sbin"
"""Where it lies, and where the PATH of an ordinary user does not lead."""


def rules() -> tuple[str, ...]:
    """Return all rules, with their packet counters, as ``iptables-save -c`` writes them. It only reads.

    Raises:
        EngineError: there is no such program, it may not be used, or it takes too long.
    """
    path = f"{os.environ.get('PATH', os.defpath)}:{_FOLDERS}"
    try:
        with reading():
            done = subprocess.run(
                _COMMAND,
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                env={"PATH": path, "LC_ALL": "C"},
            )
    except FileNotFoundError:
        raise EngineError(
            "missing", "There is no iptables-save on this machine to read its firewall with."
        ) from None
    except subprocess.TimeoutExpired:
        raise EngineError("timeout", f"iptables-save did not end within {SECONDS:g} s.") from None
    except OSError as error:
        raise EngineError("refused", f"iptables-save could not be run: {error.strerror}.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise EngineError("forbidden", f"The firewall's rules could not be read: {said[0]}", "Run cdbg with sudo.")
    return tuple(done.stdout.decode("utf-8", "replace").splitlines())


def is_here(address: str) -> bool:
    """Tell whether an IP address, as a container's gateway, is one of this network namespace's own."""
    import psutil

    try:
        interfaces = psutil.net_if_addrs()
    except OSError:
        return False
    return any(one.address.partition("%")[0] == address for rows in interfaces.values() for one in rows)
