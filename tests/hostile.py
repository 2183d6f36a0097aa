"""Somebody else's text at its worst: the corpus that every part is shown, and how long it is tried.

What is generated is the same in each run, so that no test fails by chance. ``CDBG_FUZZ=20`` tries other
texts, and twenty times as many: ``CDBG_FUZZ=20 make test ARGS="-k hostile"``.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

Test = TypeVar("Test", bound=Callable[..., object])

MARKER = "PWNED"
"""Stands in every payload: it may be read on the screen, and never within an escape sequence."""

MARKUP = (
    "[/x]",
    "[/]",
    "[",
    "[red",
    "[red]red[/red]",
    "[INFO] [a[0]] [/usr/bin]",
    "[@click=app.quit]PWNED[/]",
    "[@click=app.quit]",
    "[link=https://x.invalid/PWNED]y[/link]",
    "$name $foreground [$accent]x[/]",
    "\\[x] \\\\[/y]",
    ":smile: [on red]x",
)
SEQUENCES = (
    "\x1b[2J",
    "\x1b[31mred\x1b[0m",
    "\x1b[31",
    "\x1b[",
    "\x1b",
    "\x1bc",
    "\x1b#8",
    "\x1b(0lqk",
    "\x1b]0;PWNED\x07",
    "\x1b]0;PWNED\x1b\\",
    "\x1b]2;PWNED",
    "\x1b]8;;https://x.invalid/PWNED\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;UFdORUQ=\x07",
    "\x1b]52;c;UFdORUQ=",
    "\x1bPq#0;2;0;0;0PWNED\x1b\\",
    "\x1bP+q544e",
    "\x1b_GPWNED\x1b\\",
    "\x1b^PWNED\x1b\\",
    "\x1bXPWNED\x1b\\",
    "\x1b[?1047l\x1b[?9h\x1b[?1005h",
    "\x1b[6n\x1b[c\x1b[>c",
    "\x1b[20;20H\x1b[1000C",
    "\x1b[38;2;1;2;3mrgb\x1b[48;5;9mx",
    "\x1b[" + "9;" * 200 + "m",
    "\x1b[99999999999999999999C",
    "\x1b\x1b[31m[\x1b[0mA",
    "\x1b[3\x1b[31m1m",
    "a\x1b[0 q\x1b[!p\x1b[?5h",
    "\x9b31mred\x9b0m",
    "\x9b2J",
    "\x9d0;PWNED\x9c",
    "\x9d52;c;UFdORUQ=\x07",
    "\x90qPWNED\x9c",
    "\x9fPWNED\x9c\x98x\x9c\x9ey\x9c",
    "\x84\x85\x88\x8d\x8e\x8f",
)
CHARACTERS = (
    "\x00",
    "a\x00b",
    "\x07\x08\x0b\x0c\x0e\x0f",
    "\x7f",
    "50%\r100%\rdone",
    "one\r\ntwo\n\nthree\n",
    "\ttab\t\tbed\t",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
    "\N{LEFT-TO-RIGHT ISOLATE}x\N{POP DIRECTIONAL ISOLATE}\N{RIGHT-TO-LEFT MARK}",
    "\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u061c",
    "zero\u200bwidth\u200d\u200c\u2060\ufeff\u00ad",
    "line\u2028para\u2029next\x85nel",
    "\udcff\udc1b\ud800",
    "\U000e0041\U000e007f\ufff9x\ufffa\ufffb",
    "\ufffd\uffff\U0010ffff\ue000",
)
WIDE = (
    "👨‍👩‍👧‍👦 family",
    "🇩🇪🏳️‍🌈👍🏽❤️❤1️⃣",
    "Z̸̢̛̗͇̱͍̮̫̦͖̺̈́̌́͐a̵̡̛͙͎l̴g̷o",
    "e" + "\u0301" * 60,
    "\u0301\u0308leading",
    "漢字かな交じり文、ｶﾞ",
    "漢" * 200,
    "a" * 39 + "漢",
    "שלום עולם مرحبا",
    "\u115f\u1160\u3164\uffa0\u2800",
    "ﷺ﷽𒐫",
    "\u0e33\u0ecd\u0915\u094d\u0937",
)
PLAIN = (
    "",
    " ",
    "-rf",
    "--help",
    "$(reboot)",
    "`id`; | & > x",
    "'\"",
    "..",
    "../../etc/passwd",
    "~root",
    "%s %d {0}",
)
CORPUS = (*MARKUP, *SEQUENCES, *CHARACTERS, *WIDE, *PLAIN)

FACTOR = int(os.environ.get("CDBG_FUZZ", "1"))


def examples(count: int) -> Callable[[Test], Test]:
    """Try *count* examples, the same ones each time; with CDBG_FUZZ others, and more."""
    return settings(
        max_examples=count * FACTOR,
        derandomize=FACTOR == 1,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


_PIECES = st.one_of(
    st.sampled_from(CORPUS),
    st.text(st.sampled_from("\x1b\x9b\x9d\x07\x9c[]()\\;:?0123456789mMHJKhl <>=/@\r\n\tPWx\x00"), max_size=12),
    st.text(max_size=12),
    st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Me", "Lo", "So")), max_size=8),
)


def texts(most: int = 6) -> st.SearchStrategy[str]:
    """Foreign text: pieces of the corpus put together, cut apart, and what nobody thought of."""
    return st.lists(_PIECES, max_size=most).map("".join)


def as_bytes() -> st.SearchStrategy[bytes]:
    """Foreign bytes: such text encoded in one way or the other, and no text at all."""
    encoded = st.tuples(texts(), st.sampled_from(("utf-8", "latin-1", "utf-16-le"))).map(
        lambda one: one[0].encode(one[1], "replace")
    )
    return st.one_of(
        texts().map(lambda text: text.encode("utf-8", "surrogatepass")),
        encoded,
        st.binary(max_size=40),
        st.tuples(encoded, st.binary(max_size=6)).map(b"".join),
    )


def acting(text: str) -> list[str]:
    """Return the characters of *text* that act on a terminal, hide, or reorder what is around them."""
    return [repr(one) for one in text if _acts(one)]


def _acts(one: str) -> bool:
    # Soft hyphens, joiners, tags and bidi controls are all of the category Cf; private use is not invisible.
    return unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") and one not in _HARMLESS


# Signs of scripts that have the category of the invisible ones, and are seen.
_HARMLESS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd") | {
    chr(code) for code in (*range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B))
}


_EXPECTED = re.compile(
    r"""
      \x1b\[ [0-9;:]* m                    # colours and weights
    | \x1b\[ \d{1,3} ; \d{1,3} H           # to a place on the screen
    | \x1b\[ J                            # clear below the cursor, after the last frame
    | (?<= \x1b\[\?25l ) \x1b\[2J         # clear all, before the first
    | \r?\n (?= \x1b\[ )                  # between rows of which each is told its place
    | \x1b\[ \? (?: 7 | 25 | 100[02346] | 101[56] | 1049 | 2004 | 2026 | 2031 | 2048 ) [hl]
    | \x1b\[ \? (?: 2026 | 2048 ) \$p      # can it update at once, and tell its size
    | \x1b\[ (?: > \d\d? | < ) u            # keys that can be told apart, and back
    | \x1b\] 22 ; [a-z-]* \x07             # the shape of the pointer
    """,
    re.VERBOSE,
)
"""All that Textual and the list before it write to a terminal besides text; nothing else is theirs."""


def strays(written: str) -> list[str]:
    """Return what there is in *written* that acts on a terminal and that this program does not write by itself."""
    found: list[str] = []
    end = 0
    for match in _EXPECTED.finditer(written):
        if MARKER in match[0]:
            found.append(repr(match[0]))
        if acting(written[end : match.start()]):
            found.append(repr(written[max(0, end - 20) : match.start() + 20]))
        end = match.end()
    if acting(written[end:].replace("\r\n", "")):
        found.append(repr(written[end:][:200]))
    return found
