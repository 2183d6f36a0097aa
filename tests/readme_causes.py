"""The README's table of causes, made from the program's own; ``python -m tests.readme_causes`` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from cdbg_tui.triage.causes import CAUSES

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- causes -->", "<!-- end of causes -->"
_BETWEEN = re.compile(f"(?<={BEGIN}\n).*(?={END})", re.DOTALL)


def table() -> str:
    """Return the causes in Markdown: a row a cause, by family."""
    lines = ["| kind | cause | means |", "|---|---|---|"]
    before = None
    for cause in CAUSES:
        kind = "" if cause.family is before else cause.family.value
        before = cause.family
        lines.append(f"| {kind} | `{cause.id}` | {cause.meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def table_in(text: str) -> str:
    """Return what stands between the marks in a README."""
    found = _BETWEEN.search(text)
    return found[0] if found else ""


def main() -> None:
    """Write the table into the README."""
    text = README.read_text(encoding="utf-8")
    README.write_text(_BETWEEN.sub(lambda _: table(), text), encoding="utf-8")


if __name__ == "__main__":
    main()
