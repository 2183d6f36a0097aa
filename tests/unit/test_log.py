"""Frames to lines, whatever way the stream is cut; what is shown of a line; what a search finds in it."""

from __future__ import annotations

import struct
import time

import pytest

from cdbg_tui.model.log import (
    LONGEST_LINE,
    STDERR,
    STDOUT,
    SYSTEM,
    Frames,
    parse,
    plain_text,
    split_frames,
    stamp_of,
    visible,
)
from cdbg_tui.model.search import query
from cdbg_tui.tui.widgets.log_lines import Lines, coloured_text, search, shown_text
from cdbg_tui.tui.widgets.log_rows import Layout, Rows, breaks, height

AT = [b"2026-11-22T15:21:0%d.123456789Z " % second for second in range(10)]


def frame(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(payload)) + payload


def lines_of(data: bytes, *, tty: bool, cut: int | None = None) -> list[bytes]:
    frames = Frames(tty=tty)
    pieces = [data] if cut is None else [data[:cut], data[cut:]]
    lines = [line for piece in pieces for line in frames.feed(piece)]
    return lines + frames.end()


FRAMED = b"".join(
    (
        frame(STDOUT, AT[1] + b"one\n"),
        frame(STDERR, AT[1] + b"wrong\r\n"),
        frame(STDOUT, AT[2] + b"long "),
        frame(STDERR, AT[3] + b"between\n"),
        frame(STDOUT, AT[2] + b"caf\xc3\xa9\n"),
        frame(STDOUT, AT[4] + b"\n"),
        frame(STDOUT, AT[5] + b"$ "),
        frame(STDOUT, AT[6] + b"again\n"),
        frame(STDOUT, AT[7] + b"unfinished"),
    )
)
LINES = [
    b"\x01" + AT[1] + b"one",
    b"\x02" + AT[1] + b"wrong",
    b"\x02" + AT[3] + b"between",
    b"\x01" + AT[2] + b"long caf\xc3\xa9",
    b"\x01" + AT[4],
    b"\x01" + AT[5] + b"$ ",
    b"\x01" + AT[6] + b"again",
    b"\x01" + AT[7] + b"unfinished",
]


def test_frames_become_lines_wherever_the_stream_is_cut() -> None:
    for cut in range(len(FRAMED) + 1):
        assert lines_of(FRAMED, tty=False, cut=cut) == LINES, cut
    frames = Frames(tty=False)
    one_by_one = [line for byte in FRAMED for line in frames.feed(bytes((byte,)))]
    assert one_by_one + frames.end() == LINES


def test_a_tty_stream_becomes_lines_wherever_it_is_cut() -> None:
    data = AT[1] + b"one\r\n" + AT[2] + b"a\rb\r\n" + AT[3] + b"$ "
    expected = [b"\x01" + AT[1] + b"one", b"\x01" + AT[2] + b"a\rb", b"\x01" + AT[3] + b"$ "]
    for cut in range(len(data) + 1):
        assert lines_of(data, tty=True, cut=cut) == expected, cut


def test_in_a_tty_stream_the_stamps_inside_a_line_tell_pieces_from_new_lines() -> None:
    own = b"ts=" + AT[0] + b"level=info"
    data = AT[1] + b"long " + AT[1] + b"line\n" + AT[2] + b"$ " + AT[4] + own + b"\n"
    assert lines_of(data, tty=True) == [
        b"\x01" + AT[1] + b"long line",
        b"\x01" + AT[2] + b"$ ",
        b"\x01" + AT[4] + own,
    ]


@pytest.mark.parametrize("tty", [False, True])
def test_a_line_without_end_is_bounded_and_says_that_it_was_cut(tty: bool) -> None:
    frames, piece = Frames(tty=tty), b"x" * 16384
    assert frames.feed(AT[1] if tty else frame(STDOUT, AT[1] + piece)) == []
    for _ in range(100):
        assert frames.feed(piece if tty else frame(STDOUT, AT[1] + piece)) == []
    end = b"\n" if tty else frame(STDOUT, AT[1] + b"\n")
    [line] = frames.feed(end)
    assert len(line) < LONGEST_LINE + 100
    assert parse(line).text.endswith("x …[line cut]")
    following = AT[2] + b"next\n"
    assert frames.feed(following if tty else frame(STDOUT, following)) == [b"\x01" + AT[2] + b"next"]


def test_what_is_no_frame_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(ValueError, match="no frames"):
        Frames(tty=False).feed(b"$ ls -l /some/where\r\n")


def test_the_engines_own_word_keeps_its_stream() -> None:
    assert lines_of(frame(SYSTEM, b"Error grabbing logs"), tty=False) == [b"\x03Error grabbing logs"]


def test_frames_are_split_with_the_rest_left_for_the_next_piece() -> None:
    data = frame(STDOUT, b"a") + frame(STDERR, b"bc")
    assert split_frames(data[:-1]) == ([(STDOUT, b"a")], frame(STDERR, b"bc")[:-1])
    assert split_frames(data) == ([(STDOUT, b"a"), (STDERR, b"bc")], b"")


def test_stamps_sort_as_their_times_do() -> None:
    records = [b"\x01" + stamp + b"text" for stamp in AT]
    assert sorted(map(stamp_of, records)) == [stamp.strip() for stamp in AT]
    assert parse(records[0]).time == pytest.approx(1795360860.123457, abs=1e-6)
    assert stamp_of(b"\x01no stamp") == b""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10%\r50%\r100%", "100%"),
        ("done\r", "done"),
        ("\x1b[32mgo\r10%\r\x1b[1m20%", "\x1b[32m\x1b[1m20%"),
        ("plain", "plain"),
        ("\r", ""),
    ],
)
def test_a_line_that_returns_shows_what_a_terminal_leaves_standing(text: str, expected: str) -> None:
    assert visible(text) == expected


HOSTILE = [
    b"\x1b]52;c;aGk=\x07copied",
    b"\x1b[2Jcleared",
    b"\x1b[31mred\x1b[0m\tand\x1b[",
    b"\xc2\x9b2Jc1",
    b"\x1bc\x00\x07\x08\x7fbell",
    b"[/x][red]evil[@click=app.quit]x[/]",
    b"\xe2\x80\xaeesrever \xff\xfe",
    b"10%\r\x1b[32m20%\tx",
    "日本語\x1b[1m太\tい".encode(),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_drawn_is_what_is_searched_and_holds_no_control(text: bytes) -> None:
    record = b"\x01" + AT[1] + text
    assert coloured_text(record).plain == shown_text(record)
    assert all(character.isprintable() or character == "�" for character in shown_text(record))


def test_colours_are_kept() -> None:
    assert coloured_text(b"\x01" + AT[1] + b"\x1b[31mred\x1b[0m plain").spans


def test_a_long_line_is_shown_in_part_and_says_how_much_is_left() -> None:
    shown = shown_text(b"\x01" + AT[1] + b"x" * 20_000)
    assert len(shown) < 8_300
    assert shown.endswith("x …[11808 more characters]")


def test_case_counts_once_the_pattern_has_a_capital() -> None:
    assert query("error").hits("an Error") == [(3, 8)]
    assert query("Error").hits("an error") == []
    assert query(r"\S+").hits("ab") == [(0, 2)]
    assert query(r"\Serror").hits("xERROR") == [(0, 6)]


def test_a_pattern_that_is_no_regular_expression_is_taken_as_it_stands() -> None:
    pattern = query("a[")
    assert pattern.is_literal
    assert pattern.hits("xa[") == [(1, 3)]
    assert not query("a[0-9]").is_literal


def test_a_filter_may_be_inverse_and_a_search_may_not() -> None:
    assert query("!tick", is_filter=True).keeps("tock")
    assert not query("!tick", is_filter=True).keeps("tick")
    assert query("!tick").hits("!tick") == [(0, 5)]
    assert query("x*").hits("ab") == []


def numbered(*texts: str) -> Lines:
    lines = Lines(most=100)
    lines.append([b"\x01" + AT[1] + text.encode() for text in texts])
    return lines


def test_lines_keep_their_numbers_while_others_go_and_come() -> None:
    lines = Lines(most=5)
    lines.append([b"\x01%d" % one for one in range(8)])
    assert (lines.first, lines.end, lines[3], lines.is_full) == (3, 8, b"\x013", True)
    lines = Lines(most=5)
    lines.append([b"\x01a", b"\x01b"])
    lines.prepend([b"\x01%d" % one for one in range(8)])
    assert [lines[number] for number in range(lines.first, lines.end)] == [
        b"\x015",
        b"\x016",
        b"\x017",
        b"\x01a",
        b"\x01b",
    ]
    assert lines[0] == b"\x01a"
    lines.prepend([b"\x01x"])
    assert len(lines) == 5


def test_long_lines_are_bounded_by_their_bytes() -> None:
    lines = Lines(most=1000, most_bytes=1000)
    for _ in range(50):
        lines.append([b"x" * 100])
    assert len(lines) == 10


def test_wrapping_counts_cells_and_every_row_fits() -> None:
    assert breaks("abcdefgh", 3) == [0, 3, 6]
    assert breaks("", 3) == [0]
    assert breaks("日本語日本", 5) == [0, 2, 4]
    for text in ("", "a", "abc", "abcd", "日本語日本", "é" * 7, "a日b本c"):
        assert height(text, 3) == len(breaks(text, 3))


def test_rows_do_not_move_when_others_come_above_or_go() -> None:
    rows = Rows()
    rows.append([10, 11, 12], [1, 3, 2])
    row = rows.row_of(11) + 2
    assert rows.at(row) == (11, 2)
    rows.prepend([7, 9], [2, 5])
    rows.append([13])
    assert rows.at(row) == (11, 2)
    assert rows.bottom - rows.top == 14
    rows.trim(11)
    assert rows.at(row) == (11, 2)
    assert rows.at(rows.top) == (11, 0)
    assert (len(rows), rows.count_from(12)) == (3, 2)


def test_a_layout_made_in_slices_is_that_made_at_once() -> None:
    lines = numbered(*(f"line {one} " * one for one in range(60)))
    keeps = query("!line 7", is_filter=True)
    whole = Layout(lines, lines.end, keeps=keeps, width=20)
    assert whole.fill(time.perf_counter() + 60)
    sliced = Layout(lines, 30, keeps=keeps, width=20)
    while not sliced.fill(0):
        pass
    heights = [
        [one.rows.row_of(number + 1) - one.rows.row_of(number) for number in range(60)] for one in (whole, sliced)
    ]
    assert heights[0] == heights[1]
    assert heights[0][7] == 0
    assert len(sliced.rows) == 59
    assert sliced.rows.at(sliced.rows.row_of(30)) == (30, 0)


def found(lines: Lines, number: int, after: int | None = None, *, backwards: bool = False) -> object:
    every = search(lines, query("x"), query("!no", is_filter=True), number, after, backwards=backwards)
    for hit in every:
        if hit is not None:
            return hit.number, hit.index, hit.went_round
    return None


def test_a_search_goes_from_hit_to_hit_and_round_the_end() -> None:
    lines = numbered("x", "a x x", "no x", "b", "x")
    assert found(lines, 0) == (0, 0, False)
    assert found(lines, 0, 0) == (1, 0, False)
    assert found(lines, 1, 0) == (1, 1, False)
    assert found(lines, 1, 1) == (4, 0, False)
    assert found(lines, 4, 0) == (0, 0, True)
    assert found(lines, 0, 0, backwards=True) == (4, 0, True)
    assert found(lines, 4, 0, backwards=True) == (1, 1, False)
    assert found(numbered("a", "b"), 1) is None
    assert found(numbered("x"), 0, 0) == (0, 0, True)


def test_plain_text_has_neither_colours_nor_tabs() -> None:
    assert plain_text(b"\x01" + AT[1] + b"\x1b[31ma\x1b[0m\tb") == "a       b"
