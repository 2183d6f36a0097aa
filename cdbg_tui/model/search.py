"""What is looked for in a text, as less and vim take it: smart case, a regular expression where it is one."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPED = re.compile(r"\\.")


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled pattern; *is_literal* where it was no regular expression and is taken as it stands."""

    text: str
    regex: re.Pattern[str]
    is_literal: bool = False
    is_inverse: bool = False

    def keeps(self, line: str) -> bool:
        """Tell whether a filter of this pattern lets *line* through."""
        return (self.regex.search(line) is None) == self.is_inverse

    def hits(self, line: str) -> list[tuple[int, int]]:
        """Return where the pattern stands in *line*; places where it matches nothing are no hits."""
        spans = (match.span() for match in self.regex.finditer(line))
        return [(start, end) for start, end in spans if end > start]


def query(text: str, *, is_filter: bool = False) -> Query:
    """Compile what was typed: case counts once it holds a capital; a filter's leading ``!`` inverts it."""
    is_inverse = is_filter and text.startswith("!")
    pattern = text[1:] if is_inverse else text
    # The capital in \S or \W is no capital.
    flags = 0 if _ESCAPED.sub("", pattern) != _ESCAPED.sub("", pattern).lower() else re.IGNORECASE
    try:
        return Query(text, re.compile(pattern, flags), is_inverse=is_inverse)
    except (re.error, OverflowError, RecursionError):
        return Query(text, re.compile(re.escape(pattern), flags), True, is_inverse)
