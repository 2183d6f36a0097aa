"""The README's tables, made from the program's own; ``python -m tests.readme_tables`` writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from cdbg_tui.triage.causes import CAUSES
from cdbg_tui.tui.screens.dashboard import help_groups
from tests.matrix import SESSIONS, TARGETS

README = Path(__file__).parent.parent / "README.md"


def keys() -> str:
    """Return the keys in Markdown: a row a key, under the headings of the help screen."""
    lines = ["| where | key | does |", "|---|---|---|"]
    for group, rows in help_groups():
        for number, (key, words) in enumerate(rows):
            shown = " ".join(f"`{one}`" for one in key.split())
            lines.append(f"| {'' if number else group} | {shown} | {_cell(words)} |")
    return "\n".join(lines) + "\n"


def causes() -> str:
    """Return the causes in Markdown: a row a cause, by family."""
    lines = ["| kind | cause | means |", "|---|---|---|"]
    before = None
    for cause in CAUSES:
        kind = "" if cause.family is before else cause.family.value
        before = cause.family
        lines.append(f"| {kind} | `{cause.id}` | {_cell(cause.meaning)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def matrix() -> str:
    """Return in Markdown which session can be had of which container: a row a container."""
    lines = ["| container | " + " | ".join(session.words for session in SESSIONS) + " |"]
    lines.append("|---" * (len(SESSIONS) + 1) + "|")
    for target in TARGETS:
        cells = (target.refused.get(session.id, "✔") for session in SESSIONS)
        lines.append(f"| {_cell(target.words)} | " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


TABLES: dict[str, Callable[[], str]] = {"keys": keys, "causes": causes, "matrix": matrix}
"""By the word in the marks between which each stands."""


def _between(name: str) -> re.Pattern[str]:
    return re.compile(f"(?<=<!-- {name} -->\n).*(?=<!-- end of {name} -->)", re.DOTALL)


def table_in(text: str, name: str) -> str:
    """Return what stands between the marks of a table in a README."""
    found = _between(name).search(text)
    return found[0] if found else ""


def main() -> None:
    """Write the tables into the README."""
    text = README.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        text = _between(name).sub(table().replace("\\", r"\\"), text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
