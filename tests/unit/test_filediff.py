"""What differs between a file and its version in the image."""

from __future__ import annotations

import dataclasses
import time

import pytest

from cdbg_tui.model.file import File, FileKind
from cdbg_tui.model.filediff import MOST_LINES, Version, diff_page
from cdbg_tui.model.page import Ends


def version(data: bytes, **fields: object) -> Version:
    return Version(dataclasses.replace(File("/x", size=len(data)), **fields), Ends(data, b"", len(data)))  # type: ignore[arg-type]


def rows(old: Version, new: Version) -> list[str]:
    page = diff_page(old, new)
    return [page[index].text for index in range(len(page))]


def test_lines_that_differ_stand_in_a_unified_diff() -> None:
    lines = [b"%d\n" % number for number in range(1000)]
    changed = [*lines[:500], b"five hundred\n", *lines[501:]]
    found = rows(version(b"".join(lines)), version(b"".join(changed)))
    assert found[1:] == ["@@ -498,7 +498,7 @@", *(f" {n}" for n in (497, 498, 499)), "-500", "+five hundred",
                         *(f" {n}" for n in (501, 502, 503))]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"a\nb", b"a\nb\n", ["@@ -1,2 +1,2 @@", " a", "-b", "\\ No newline at end of file", "+b"]),
        (b"", b"x\n", ["@@ -0,0 +1 @@", "+x"]),
        (b"x\n", b"", ["@@ -1 +0,0 @@", "-x"]),
        (b"a\nb\n", b"a\r\nb\r\n", ["Only the ends of lines differ", "+a␍", "+b␍"]),
        (b"a\n", b"a\n", ["The content is the same: it was only touched."]),
        (b"\0a", b"\0b", ["The first byte that differs is at 1 (0x1).", "-00000000  00 61", "+00000000  00 62"]),
        (b"\0a", b"\0ab", ["The image's version is its beginning: 1 B were added at the end."]),
        (b"\0ab", b"\0a", ["It is the beginning of the image's version: 1 B are gone."]),
        (b"a\n", b"\x1b[31mb\x07[/x]\n", ["-a", "+b\ufffd[/x]"]),
    ],
)  # fmt: skip
def test_what_differs_is_said(old: bytes, new: bytes, words: list[str]) -> None:
    text = "\n".join(rows(version(old), version(new)))
    for part in words:
        assert part in text


def test_mode_owner_and_time_are_told_where_they_are_all_that_changed() -> None:
    found = rows(version(b"a", mode=0o644, uid=0, gid=0), version(b"a", mode=0o600, uid=5, gid=0, modified=1e9))
    assert found[:2] == ["mode: -rw-r--r-- → -rw-------", "owner: 0:0 → 5:0"]
    assert found[2].startswith("time: ")
    assert found[3] == "The content is the same: its mode, owner or time is all that changed."


def test_another_kind_and_another_link_are_told() -> None:
    link = version(b"", kind=FileKind.LINK, link="/a")
    assert rows(version(b"x"), link)[0] == "It was a file, and is a symbolic link now."
    assert rows(link, version(b"", kind=FileKind.LINK, link="/b\x1b[2J")) == ["-/a", "+/b"]


def test_too_much_is_said_to_be_too_much() -> None:
    big = Version(File("/x", size=1 << 30), Ends(b"a\n" * 100, b"", 1 << 30))
    found = rows(version(b"a\n" * 100), big)
    assert "Too big to be compared line by line" in found[1]
    assert found[2] == "The first 200 B are the same."
    many = [b"%d\n" % number for number in range(MOST_LINES + 2)]
    found = rows(version(b"".join(many)), version(b"".join(reversed(many))))
    assert f"More than {MOST_LINES:,} lines differ" in found[-1]


def test_lines_added_at_the_end_of_many_are_found_at_once() -> None:
    lines = b"".join(b"line %d\n" % number for number in range(100_000))
    started = time.perf_counter()
    found = rows(version(lines), version(lines + b"the reason\n"))
    assert found[-1] == "+the reason"
    assert time.perf_counter() - started < 2
