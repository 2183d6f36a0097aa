"""The README's table of keys, made from the program's own; ``python -m tests.readme_keys`` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from cdbg_tui.tui.screens.dashboard import help_groups

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- keys -->", "<!-- end of keys -->"
_BETWEEN = re.compile(f"(?<={BEGIN}\n).*(?={END})", re.DOTALL)


def table() -> str:
    """Return the keys in Markdown: a row a key, under the headings of the help screen."""
    lines = ["| where | key | does |", "|---|---|---|"]
    for group, keys in help_groups():
        for number, (key, words) in enumerate(keys):
            shown = " ".join(f"`{one}`" for one in key.split())
            lines.append(f"| {'' if number else group} | {shown} | {words.replace('|', chr(92) + '|')} |")
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
