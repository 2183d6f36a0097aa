"""A file beside its version in the image: what differs in its lines, its bytes, its mode, owner and time."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdbg_tui.model.file import File
from cdbg_tui.model.filetype import decoded, file_type
from cdbg_tui.model.hexdump import ROW, dumped
from cdbg_tui.model.page import Ends, Line, TextPage, note, page_of, shown_text
from cdbg_tui.model.units import size

MOST_BYTES = 2 << 20
MOST_LINES = 20_000
"""Of either version, without the lines that are alike at both ends: comparing more would take too long."""
AROUND = 3
_NO_END = "\\ No newline at end of file"
_PLACES = 8
"""So many stretches of different bytes are shown of files that are no text."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a file, with its bytes as far as they are here."""

    file: File
    ends: Ends


def diff_page(old: Version, new: Version) -> TextPage:
    """Return what differs between the image's version and the container's."""
    lines = [note(words) for words in _about(old.file, new.file)]
    if old.file.kind is not new.file.kind:
        lines.insert(0, note(f"It was a {old.file.kind.word}, and is a {new.file.kind.word} now."))
    elif old.file.link != new.file.link:
        lines += (Line(f"-{shown_text(old.file.link)}", old.file.link, role="removed"),)
        lines += (Line(f"+{shown_text(new.file.link)}", new.file.link, role="added"),)
    else:
        lines += _contents(old.ends, new.ends, bool(lines))
    return page_of(lines)


def _about(old: File, new: File) -> Iterator[str]:
    if old.mode != new.mode:
        yield f"mode: {old.permissions} → {new.permissions}"
    if (old.uid, old.gid) != (new.uid, new.gid):
        yield f"owner: {old.uid}:{old.gid} → {new.uid}:{new.gid}"
    if old.modified != new.modified:
        yield f"time: {_time(old.modified)} → {_time(new.modified)}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def _contents(old: Ends, new: Ends, is_touched: bool) -> Iterator[Line]:
    if old.size == new.size and not old.missing and old.head == new.head:
        why = "its mode, owner or time is all that changed." if is_touched else "it was only touched."
        yield note(f"The content is the same: {why}")
        return
    if old.size != new.size:
        yield note(f"size: {size(old.size)} → {size(new.size)}")
    kinds = file_type(old.head), file_type(new.head)
    if not all(kind.is_text for kind in kinds):
        yield from _binary(old, new)
    elif old.missing or new.missing or max(old.size, new.size) > MOST_BYTES:
        yield note(f"Too big to be compared line by line: {size(MOST_BYTES)} of each are the most.")
        yield from _binary(old, new)
    else:
        texts = [decoded(ends.head, kind.encoding) for ends, kind in zip((old, new), kinds, strict=True)]
        yield from _unified(*texts)


def _unified(old: str, new: str) -> Iterator[Line]:
    """Yield the lines of a unified diff, without the names of the files, which are in the head."""
    old_lines, new_lines = old.split("\n"), new.split("\n")
    same = 0
    for before, after in zip(old_lines, new_lines, strict=False):
        if before != after:
            break
        same += 1
    ends = 0
    for before, after in zip(reversed(old_lines[same:]), reversed(new_lines[same:]), strict=False):
        if before != after:
            break
        ends += 1
    if max(len(old_lines), len(new_lines)) - same - ends > MOST_LINES:
        yield note(f"More than {MOST_LINES:,} lines differ: too many to be compared.")
        return
    if old.count("\r\n") != new.count("\r\n") and old.replace("\r\n", "\n") == new.replace("\r\n", "\n"):
        yield note("Only the ends of lines differ: ␍ marks those of Windows (CRLF).")
    # What is alike at both ends costs nothing, but for what is shown around the first and the last place.
    skip = max(0, same - AROUND)
    keep = max(0, ends - AROUND)
    a, b = (_with_ends(lines[skip : len(lines) - keep], keep > 0) for lines in (old_lines, new_lines))
    for line in difflib.unified_diff(a, b, n=AROUND, lineterm=""):
        if line.startswith(("--- ", "+++ ")) and not line[4:].strip():
            continue
        yield from _diff_line(line, skip)


def _with_ends(lines: Sequence[str], has_more: bool) -> list[str]:
    """Return lines that differ if one of them has no newline at its end and the other has."""
    if has_more:
        return list(lines)
    whole, last = lines[:-1], lines[-1]
    return [*whole, last + "\n" + _NO_END] if last else list(whole)


def _diff_line(line: str, skip: int) -> Iterator[Line]:
    if line.startswith("@@"):
        yield Line(_moved(line, skip), _moved(line, skip), role="place")
        return
    text, _, missing = line.partition("\n")
    role = {"+": "added", "-": "removed"}.get(text[:1], "")
    shown = text.removesuffix("\r")
    yield Line(shown_text(shown) + ("␍" if shown != text else ""), text, role=role)
    if missing:
        yield Line(missing, missing, role="place")


def _moved(place: str, skip: int) -> str:
    """Return ``@@ -1,3 +1,4 @@`` with the lines counted that were not compared."""
    words = []
    for word in place.split():
        if word[0] in "+-":
            start, comma, count = word[1:].partition(",")
            word = f"{word[0]}{int(start) + skip}{comma}{count}"
        words.append(word)
    return " ".join(words)


def _binary(old: Ends, new: Ends) -> Iterator[Line]:
    """Yield the first rows of bytes that differ, as far as both versions are here from their beginnings."""
    shared = min(len(old.head), len(new.head))
    if old.head[:shared] == new.head[:shared]:
        if old.missing or new.missing:
            yield note(f"The first {size(shared)} are the same.")
        elif old.size < new.size:
            yield note(f"The image's version is its beginning: {size(new.size - old.size)} were added at the end.")
        else:
            yield note(f"It is the beginning of the image's version: {size(old.size - new.size)} are gone.")
        return
    places = 0
    for at in range(0, shared, ROW):
        before, after = old.head[at : at + ROW], new.head[at : at + ROW]
        if before == after:
            continue
        if not places:
            first = next(i for i, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
            yield note(f"The first byte that differs is at {at + first:,} (0x{at + first:x}).")
        places += 1
        if places > _PLACES:
            yield note("… and so on")
            return
        yield from (
            Line(f"{sign}{at:08x}  {dumped(data)}", dumped(data), role=role)
            for sign, data, role in (("-", before, "removed"), ("+", after, "added"))
        )
