"""The tree of processes, and their lines."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from cdbg_tui.engine.processes import from_top
from cdbg_tui.model.process import DEEPEST, Process, tree
from cdbg_tui.tui.panes.processes import columns_for, process_line, titles


def process(pid: int, parent: int, command: str = "x", state: str = "S") -> Process:
    return Process(pid, parent, pid - 100, "root", state, 0.5, 2048, 1, 60.0, command)


def drawn(*processes: Process) -> list[tuple[str, int]]:
    return [(branch.lines, branch.process.pid) for branch in tree(processes)]


def test_parents_stand_before_their_children_and_strokes_lead_to_them() -> None:
    family = [process(104, 103), process(101, 50), process(103, 101), process(105, 101), process(102, 101)]
    assert drawn(*family) == [("", 101), ("├─", 102), ("├─", 103), ("│ └─", 104), ("└─", 105)]


def test_what_was_started_beside_the_main_process_is_a_root_of_its_own() -> None:
    assert drawn(process(200, 60), process(101, 50), process(201, 200)) == [("", 101), ("", 200), ("└─", 201)]


def test_siblings_stand_in_order_of_their_pids() -> None:
    made = [process(101, 1), *(process(pid, 101) for pid in (130, 110, 120))]
    assert [pid for _, pid in drawn(*made)] == [101, 110, 120, 130]


def test_a_process_that_is_its_own_parent_is_a_root() -> None:
    assert drawn(process(1, 1)) == [("", 1)]


def test_a_chain_deeper_than_python_recurses_is_drawn_whole() -> None:
    chain = [process(pid, pid - 1) for pid in range(1000, 6000)]
    branches = tree(chain)
    assert [branch.process.pid for branch in branches] == list(range(1000, 6000))
    assert branches[-1].depth == 4999
    assert max(len(branch.lines) for branch in branches) <= 2 * DEEPEST + 2


@pytest.mark.parametrize("width", [40, 60, 83, 84, 120])
@pytest.mark.parametrize(
    "command",
    ["sh", "漢字" * 40, "\x1b]52;c;x\x07evil\n[red]" + "x" * 300, ""],
    ids=["short", "wide", "hostile", "empty"],
)
def test_a_line_has_the_same_columns_whatever_the_process(width: int, command: str) -> None:
    branches = tree([process(4_000_000, 1, command, "Z"), process(4_000_001, 4_000_000, command)])
    columns = columns_for(branches, narrow=width < 84)
    head = "".join(cell.text for cell in titles(columns)[:-1])
    for branch in branches:
        cells = process_line(branch, width, columns)
        text = "".join(cell.text for cell in cells)
        assert cell_len("".join(cell.text for cell in cells[:-2])) == cell_len(head)
        assert cell_len(text) <= max(width, cell_len(head) + len(branch.lines))
        assert text.isprintable()


def test_a_zombie_is_named_and_coloured() -> None:
    [branch] = tree([process(101, 1, "[sleep]", "Z")])
    cells = process_line(branch, 120, columns_for([branch], narrow=False))
    assert [cell.role for cell in cells if "zombie" in cell.text] == ["bad"]


def test_the_deepest_branches_still_make_a_line() -> None:
    chain = [process(pid, pid - 1, "sh -c a fork") for pid in range(1000, 1200)]
    for branch in tree(chain):
        for width in (40, 84):
            columns = columns_for([branch], narrow=width < 84)
            assert "".join(cell.text for cell in process_line(branch, width, columns)).isprintable()


def test_the_engines_top_is_read_by_its_titles() -> None:
    answer = {
        "Titles": ["PID", "PPID", "USER", "STAT", "%CPU", "RSS", "NLWP", "ELAPSED", "COMMAND"],
        "Processes": [
            ["4711", "4690", "root", "Ss", "12.5", "1024", "3", "2-03:04:05", "java -jar a b"],
            ["4712", "4711", "1000", "Z+", "0.0", "0", "1", "00:07", "[sh] <defunct>"],
        ],
    }
    java, shell = from_top(answer)
    assert java == Process(
        4711, 4690, None, "root", "S", 0.125, 1024**2, 3, 2 * 86400 + 3 * 3600 + 4 * 60 + 5, "java -jar a b"
    )
    assert (shell.state, shell.age, shell.user) == ("Z", 7.0, "1000")


def test_a_strange_ps_leaves_gaps_and_no_error() -> None:
    assert from_top({}) == ()
    assert from_top({"Titles": None, "Processes": None}) == ()
    [one] = from_top({"Titles": ["PID", "COMMAND"], "Processes": [["7", "sh"]]})
    assert one == Process(7, 0, None, "", "S", None, None, None, None, "sh")
