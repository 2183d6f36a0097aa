"""The walls of the house: imports go only down ``tui, cli -> commands -> sessions, triage -> engine -> model``."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cdbg_tui
from cdbg_tui.tui.wishes import WISHES, granted

ROOT = Path(cdbg_tui.__file__).parent
HEAVY = ("textual", "docker", "psutil", "python_on_whales", "pyperclip", "requests")
ALLOWED = {
    "model": {"model"},
    "engine": {"engine", "model"},
    "sessions": {"sessions", "engine", "model"},
    "triage": {"triage", "engine", "model"},
    "commands": {"commands", "config", "sessions", "triage", "engine", "model"},
}
"""Which rooms of the package may be entered from a room."""
ONLY_IN_FUNCTIONS = {"docker", "psutil", "python_on_whales", "pyperclip", "requests"}


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full names of what is imported anywhere below *tree*."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide from where to where"
            # `from cdbg_tui import engine` enters the room as well.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def loaded_at_once(tree: ast.Module) -> Iterator[str]:
    """Yield what is imported when the module is, leaving out functions and ``if TYPE_CHECKING``."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(node)
        else:
            waiting += ast.iter_child_nodes(node)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules(room: str = "") -> list[Path]:
    found = sorted((ROOT / room).rglob("*.py"))
    assert found
    return found


def rooms(tree: ast.Module) -> set[str]:
    """Return the parts of this package that *tree* enters."""
    names = (name.split(".") for name in imports(tree))
    return {parts[1] for parts in names if parts[0] == ROOT.name and len(parts) > 1}


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_enters_only_those_below_it(room: str) -> None:
    for path in modules(room):
        assert rooms(parse(path)) <= ALLOWED[room] | {"__version__"}, path


@pytest.mark.parametrize("room", ALLOWED)
def test_no_room_below_the_screen_knows_textual(room: str) -> None:
    for path in modules(room):
        assert not {name.split(".")[0] for name in imports(parse(path))} & {"textual", "rich"}, path


def test_the_model_needs_the_standard_library_only() -> None:
    for path in modules("model"):
        outside = {name.split(".")[0] for name in imports(parse(path))} - {ROOT.name}
        assert outside <= sys.stdlib_module_names, path


def test_heavy_libraries_are_imported_in_functions_that_use_them() -> None:
    for path in modules():
        at_once = {name.split(".")[0] for name in loaded_at_once(parse(path))}
        assert not at_once & ONLY_IN_FUNCTIONS, path


def test_the_command_line_loads_nothing_heavy() -> None:
    code = "import sys, cdbg_tui.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert {"cdbg_tui.cli"} <= set(done.stdout.split())
    assert not set(done.stdout.split()) & set(HEAVY)


def test_the_dashboard_opens_without_what_only_some_key_needs() -> None:
    code = "import sys, cdbg_tui.tui.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "cdbg_tui.tui.app" in loaded
    assert not loaded & (ONLY_IN_FUNCTIONS | {"logging.handlers", "sqlite3", "tarfile", "pygments", "markdown_it"})
    assert not [name for name in loaded if name.startswith("cdbg_tui.commands")]


def test_every_wish_is_granted() -> None:
    assert all(callable(granted(wish)) for wish in WISHES)
