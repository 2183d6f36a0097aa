"""The gate for foreign text lets nothing through that could act on a terminal."""

from __future__ import annotations

import random
import re
import time
import unicodedata

import pytest

from cdbg_tui.model.text import MASK, REPLACEMENT, clean, is_safe, is_secret_name, masked, one_line
from cdbg_tui.tui.paint import ansi

ESC = "\x1b"
SEQUENCES = {
    "clear the screen": f"{ESC}[2J",
    "move the cursor": f"{ESC}[10;20H",
    "hide the cursor": f"{ESC}[?25l",
    "CSI with an intermediate": f"{ESC}[4 q",
    "CSI cut off": f"{ESC}[12;",
    "8-bit CSI": "\x9b2J",
    "8-bit CSI cut off": "\x9b",
    "title by OSC and BEL": f"{ESC}]0;owned\x07",
    "title by OSC and ST": f"{ESC}]0;owned{ESC}\\",
    "title by OSC and 8-bit ST": f"{ESC}]0;owned\x9c",
    "clipboard": f"{ESC}]52;c;b3duZWQ=\x07",
    "clipboard cut off": f"{ESC}]52;c;b3duZWQ=",
    "8-bit OSC": "\x9d52;c;b3duZWQ=\x07",
    "DCS": f"{ESC}P+q544e{ESC}\\",
    "DCS cut off": f"{ESC}P+q544e",
    "8-bit DCS": "\x90+q544e\x9c",
    "APC": f"{ESC}_Gf=100;AAAA{ESC}\\",
    "PM": f"{ESC}^words{ESC}\\",
    "SOS": f"{ESC}Xwords{ESC}\\",
    "8-bit SOS, PM, APC": "\x98a\x9c\x9eb\x9c\x9fc\x9c",
    "full reset": f"{ESC}c",
    "save the cursor": f"{ESC}7",
    "character set": f"{ESC}(0",
    "lone ESC": ESC,
    "ESC before ESC": f"{ESC}{ESC}",
}
CHARACTERS = {
    "NUL": "\0",
    "BEL": "\a",
    "backspace": "\b",
    "line feed": "\n",
    "vertical tab": "\v",
    "carriage return": "\r",
    "shift out": "\x0e",
    "DEL": "\x7f",
    "C1 index": "\x84",
    "8-bit ST": "\x9c",
    "right to left override": "\u202e",
    "left to right isolate": "\u2066",
    "right to left mark": "\u200f",
    "Arabic letter mark": "\u061c",
    "soft hyphen": "\u00ad",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "line separator": "\u2028",
    "annotation anchor": "\ufff9",
    "lone surrogate": "\udcff",
    "tag": "\U000e0041",
}
SGR = re.compile(r"\x1b\[[0-9;:]*m")


def acts(text: str) -> list[str]:
    """Return the characters of *text* that could act on a terminal."""
    return [one for one in text if one != "\t" and unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_vanishes_whole(name: str) -> None:
    hostile = SEQUENCES[name]
    # What comes after a cut-off sequence is either text or part of it: on the next line it is text again.
    assert acts(clean(f"before{hostile}")) == []
    assert clean(f"before{hostile}") == "before"
    assert clean(f"before{hostile}", keep_sgr=True) == "before"
    assert clean(f"{hostile}\nafter").endswith("\ufffdafter")


@pytest.mark.parametrize("name", CHARACTERS)
def test_a_character_that_acts_is_replaced_in_its_place(name: str) -> None:
    hostile = CHARACTERS[name]
    assert clean(f"a{hostile}b") == f"a{REPLACEMENT}b"
    assert clean(f"a{hostile}b", keep_sgr=True) == f"a{REPLACEMENT}b"
    assert not is_safe(f"a{hostile}b") or hostile == "\n"


def test_plain_text_passes_unchanged() -> None:
    for text in ("", "plain", "tab\there", "naïve Ünï 漢字 → 🐳", "[/x] [red]markup[/] is text", "a" * 100_000):
        assert clean(text) == text
        assert clean(text, keep_sgr=True) == text
        assert is_safe(text)


def test_colours_are_kept_only_when_asked_for_and_in_their_7_bit_form() -> None:
    text = "\x1b[1;31mred\x9b0m \x1b[38:2::1:2:3mtrue\x1b[m \x1b[2Jgone \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\"
    assert clean(text) == "red true gone link"
    kept = "\x1b[1;31mred\x1b[0m \x1b[38:2::1:2:3mtrue\x1b[m gone link"
    assert clean(text, keep_sgr=True) == kept


def test_removing_one_sequence_makes_no_new_one() -> None:
    for inner in SEQUENCES.values():
        for outer in (f"{ESC}{inner}[2J", f"{ESC}[{inner}2J", f"{ESC}]{inner}52;c;x\x07", f"\x9b{inner}2J"):
            assert acts(clean(outer)) == []
            assert acts(SGR.sub("", clean(outer, keep_sgr=True))) == []


def test_nothing_that_acts_survives_any_mixture() -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same mixtures each time
    parts = [
        *SEQUENCES.values(),
        *CHARACTERS.values(),
        "text",
        "\t",
        "漢",
        "m",
        "[",
        "]",
        "\\",
        ";",
        "31",
        "\x1b[31m",
    ]
    for _ in range(5000):
        text = "".join(chance.choices(parts, k=chance.randint(1, 8)))
        for mixture in (text, text[: chance.randint(0, len(text))], text[chance.randint(0, len(text)) :]):
            assert acts(clean(mixture)) == [], ascii(mixture)
            assert acts(one_line(mixture)) == [], ascii(mixture)
            assert "\t" not in one_line(mixture)
            assert acts(SGR.sub("", clean(mixture, keep_sgr=True))) == [], ascii(mixture)
            assert clean(clean(mixture)) == clean(mixture), ascii(mixture)


def test_every_character_alone_is_harmless() -> None:
    # Number signs of Arabic and Syriac are "format characters" that are seen.
    seen = {*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2}
    for code in {*range(0x3000), *range(0xD800, 0xE000), *range(0xFE00, 0x10000), *range(0xE0000, 0xE0200)} - seen:
        assert acts(clean(f"a{chr(code)}b")) == [], hex(code)


def test_endless_numbers_in_a_colour_are_no_colour() -> None:
    # Python refuses to read numbers of more than 4300 digits, and with it the reader of the colours.
    hostile = f"\x1b[{'1' * 5000}mtext"
    assert clean(hostile, keep_sgr=True) == "text"
    assert ansi(hostile).plain == "text"


def test_hostile_lengths_cost_no_more_than_their_length() -> None:
    began = time.process_time()
    for unit in ("\x1b[", "\x9b", "\x1b]", "\x1b[1;", "\x1b ", "\x9d;", "1;"):
        clean(unit * 50_000, keep_sgr=True)
        clean("\x1b[" + unit * 50_000)
    for text in ("a" * 300_000, "http://" * 40_000, "a://b:" * 50_000, "a://:" + "x" * 300_000):
        masked("TEXT", text)
    assert time.process_time() - began < 2


def test_one_line_shows_breaks_and_tabs_as_symbols() -> None:
    assert one_line("a\nb\tc\r\nd") == "a⏎b→c⏎d"
    assert one_line("a\rb") == f"a{REPLACEMENT}b"


def test_a_sequence_cut_off_on_one_line_does_not_hide_the_next() -> None:
    assert one_line("first\x1b]0;\nOOM killed it") == "first⏎OOM killed it"


def test_only_text_may_be_copied() -> None:
    assert is_safe("docker run \\\n\t--rm busybox")
    assert not is_safe("rm -rf x\x1b[1A\x1b[2K")
    assert not is_safe("x\rdocker ps")


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "MYSQL_ROOT_PASSWORD",
        "PGPASSWORD",
        "MYSQL_PWD",
        "db_passwd",
        "PASSPHRASE",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "STRIPE_API_KEY",
        "APIKEY",
        "SSH_PRIVATE_KEY",
        "ENCRYPTION_KEY",
        "SENTRY_DSN",
        "BASIC_AUTH",
        "GOOGLE_CREDENTIALS",
    ],
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)
    assert masked(name, "hunter2") == MASK
    assert masked(name, "") == ""


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "AUTHOR", "KEYBOARD", "LANG", "HOSTNAME", "KEYS_FROM", "VERSION"]
)
def test_other_names_are_left_alone(name: str) -> None:
    assert not is_secret_name(name)
    assert masked(name, "hunter2") == "hunter2"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://app:hunter2@db:5432/x", f"postgres://app:{MASK}@db:5432/x"),
        ("redis://:hunter2@cache/0", f"redis://:{MASK}@cache/0"),
        ("amqp://u:p@ss@mq/v", f"amqp://u:{MASK}@mq/v"),
        ("jdbc:mysql://u:pw@h/d and http://a:b@c", f"jdbc:mysql://u:{MASK}@h/d and http://a:{MASK}@c"),
        ("http://host:8080/path@home", "http://host:8080/path@home"),
        ("mail me@home", "mail me@home"),
    ],
)
def test_passwords_in_urls_are_masked_whatever_the_name(url: str, shown: str) -> None:
    assert masked("DATABASE_URL", url) == shown
