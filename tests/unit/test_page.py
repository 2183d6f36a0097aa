"""What a file view shows of text and bytes, and what a search finds in it."""

from __future__ import annotations

import tracemalloc

import pytest

from cdbg_tui.model.hexdump import HexPage, dumped
from cdbg_tui.model.page import Ends, TextPage, shown_text, text_page
from cdbg_tui.model.search import query
from cdbg_tui.model.tempname import LONGEST, safe_name


def whole(data: bytes) -> Ends:
    return Ends(data, b"", len(data))


def texts(page: TextPage) -> list[str]:
    return [page[index].text for index in range(len(page))]


def test_lines_are_numbered_and_their_ends_are_left_out() -> None:
    page = text_page(whole(b"a\r\n\tb\nc"), "utf-8")
    assert texts(page) == ["a", "        b", "c"]
    assert [page[index].number for index in range(3)] == ["1", "2", "3"]
    assert page[1].original == "\tb"


def test_lines_of_an_end_count_from_the_last() -> None:
    page = text_page(Ends(b"a\nb\n", b"rest\nx\ny\n", 1 << 30), "utf-8")
    assert [page[index].number for index in range(len(page))] == ["1", "2", "", "-3", "-2", "-1"]
    assert "1.0 GiB between are not shown" in page[2].text
    assert page.unsearched == "the middle was not searched"


def test_millions_of_empty_lines_take_no_object_each() -> None:
    tracemalloc.start()
    try:
        page = text_page(whole(b"\n" * (4 << 20)), "utf-8")
        assert len(page) == 4 << 20
        assert page[(4 << 20) - 1].number == f"{4 << 20}"
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()


def test_an_end_in_utf_16_is_read_from_a_whole_letter_on() -> None:
    data = "".join(f"line {number}\n" for number in range(100)).encode("utf-16")
    page = text_page(Ends(data[:40], data[-41:], len(data)), "utf-16")
    assert page[len(page) - 1].text == "line 99"
    assert page[0].text == "line 0"


def test_nothing_in_a_line_acts() -> None:
    assert shown_text("a\x1b]52;c;aGk=\x07b\x00\u202e[/]\tc") == "ab\ufffd\ufffd[/] c"


def test_hits_are_in_order_and_not_in_our_own_words() -> None:
    page = text_page(Ends(b"not now\nnot\n", b"x\nnot\n", 1 << 20), "utf-8")
    assert [(hit.line, hit.start) for hit in page.find(query("not"))] == [(0, 0), (1, 0), (4, 0)]


@pytest.mark.parametrize(
    ("wanted", "line"),
    [("  b", 1), ("b", 4), ("dd", 3), ("a\n", 0), ("nothing", None), ("", None)],
)
def test_a_line_is_found_as_it_is_else_bare_else_inside(wanted: str, line: int | None) -> None:
    assert text_page(whole(b"a\n  b\nc\nxddx\n   b \n"), "utf-8").locate(wanted) == line


def test_only_the_hits_of_a_part_are_marked() -> None:
    page = text_page(whole(b"ab ab ab\nab\n"), "utf-8")
    hits = page.find(query("ab"))
    assert list(page.marks(0, hits, 0, 8)) == [(0, 0, 2), (1, 3, 5), (2, 6, 8)]
    assert list(page.marks(0, hits, 4, 6)) == [(1, 3, 5)]
    assert list(page.marks(1, hits, 0, 2)) == [(3, 0, 2)]


# Bytes


def test_a_row_is_that_of_hexdump() -> None:
    row = dumped(b"\x7fELF\x02\x01\x01\0abcdefgh")
    assert row == "7f 45 4c 46 02 01 01 00  61 62 63 64 65 66 67 68  |.ELF....abcdefgh|"
    assert dumped(b"\x1b\xff") == "1b ff".ljust(50) + "|..|"


def test_offsets_are_true_at_the_end_of_a_big_file() -> None:
    page = HexPage(Ends(bytes(32), bytes(range(40)), 1000))
    rows = [page[index] for index in range(len(page))]
    assert [row.number for row in rows] == ["00000000", "00000010", "", "000003c0", "000003d0", "000003e0"]
    assert rows[2].role == "note"
    assert rows[3].text.startswith("00 01 02")
    assert rows[5].text.startswith("20 21")


def test_offsets_at_the_end_begin_with_a_whole_row() -> None:
    page = HexPage(Ends(bytes(16), bytes(range(20)), 1005))
    assert page[2].number == "000003e0"
    assert page[2].text.startswith("07 08")
    assert len(page) == 3


@pytest.mark.parametrize(
    ("wanted", "found"), [("rld, th", "rld, th"), ("RLD", ""), ("72 6c 64", "rld"), ("RlD", "")]
)
def test_text_and_figures_are_found_across_rows(wanted: str, found: str) -> None:
    page = HexPage(whole(b"\x7fELF hello world, this is some text"))
    hits = page.find(query(wanted))
    letters = ""
    for index in range(len(page)):
        row = page[index].text
        letters += "".join(
            row[start:end] for _, start, end in page.marks(index, hits, 0, len(row)) if start > row.index("|")
        )
    assert letters == found


def test_both_figures_and_letters_of_a_hit_are_marked() -> None:
    page = HexPage(whole(b"0123456789abcdef"))
    hits = page.find(query("789"))
    row = page[0].text
    assert [row[start:end] for _, start, end in page.marks(0, hits, 0, len(row))] == ["37  38 39", "789"]


# Names for copies


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/app.log", "app.log"),
        ("/a/-rf", "rf"),
        ("/a/+cmd", "_cmd"),
        ("/a/x;$(reboot)\n.sh", "x___reboot__.sh"),
        ("/a/\x1b]0;x\x07", "__0_x_"),
        ("/a/..", "file"),
        ("/", "file"),
        ("/a/" + "x" * 251 + ".log", "x" * (LONGEST - 4) + ".log"),
    ],
)
def test_a_name_is_safe_on_a_command_line(path: str, name: str) -> None:
    assert safe_name(path) == name
