"""What each layer did to those below, worked out by hand; history; and the tree of a layer."""

from __future__ import annotations

from typing import Any

import pytest

from cdbg_tui.model.analysis import analyse
from cdbg_tui.model.layers import NO_HISTORY, Step
from cdbg_tui.model.layertree import DEEPEST, LayerTree, Shown
from cdbg_tui.model.stacking import Gone, What, compare, difference, what_of
from tests.unit.layered import files, image


def done(*layers: Any) -> list[dict[str, str]]:
    """Return what each layer did, by path."""
    made = image(*layers)
    found = []
    for layer, change in zip(made.layers, compare(made.layers), strict=True):
        row = {
            path: what.value for index, path in enumerate(layer.files.paths) if (what := what_of(change, index))
        }
        row |= {gone.path: "D" for gone in change.gone}
        found.append(row)
    return found


def test_files_are_added_modified_and_deleted() -> None:
    assert done(files(("d/", 0), ("d/a", 1), ("b", 2)), files(("d/", 0), ("d/a", 3), (".wh.b", 0))) == [
        {"d": "A", "d/a": "A", "b": "A"},
        {"d/a": "M", "b": "D"},
    ]


def test_a_directory_is_modified_by_its_mode_only() -> None:
    assert done(files(("d/", 0)), files(("d/", 0)), files(("d/", 0), mode=0o700)) == [{"d": "A"}, {}, {"d": "M"}]


def test_a_deleted_directory_takes_along_what_is_below_it() -> None:
    made = image(files(("d/", 0), ("d/e/", 0), ("d/e/a", 10), ("d/b", 5)), files((".wh.d", 0)))
    changes = compare(made.layers)
    assert changes[1].gone == [Gone("d", 15, 2, 0, is_directory=True)]
    assert changes[1].counts == {What.ADDED: 0, What.MODIFIED: 0, What.DELETED: 2}
    assert changes[1].hides == 15
    assert list(changes[0].hidden_by) == [1, 1, 1, 1]


def test_an_opaque_directory_hides_what_was_in_it_and_modifies_what_it_brings_again() -> None:
    made = image(
        files(("d/", 0), ("d/a", 10), ("d/sub/", 0), ("d/sub/b", 5)),
        files(("d/", 0), ("d/.wh..wh..opq", 0), ("d/a", 7)),
    )
    changes = compare(made.layers)
    assert changes[1].gone == [Gone("d/sub", 5, 1, 0, is_directory=True)]
    assert [what_of(changes[1], index) for index in range(3)] == [None, None, What.MODIFIED]
    assert changes[1].before[2] == 10
    assert changes[1].hides == 15


def test_whiteouts_act_on_lower_layers_only() -> None:
    assert done(files(("a", 1)), files((".wh.a", 0), ("a", 2))) == [{"a": "A"}, {"a": "M"}]
    assert done(files(("a", 1)), files((".wh.b", 0))) == [{"a": "A"}, {}]


def test_a_file_in_the_place_of_a_directory_hides_what_was_below() -> None:
    made = image(files(("d/", 0), ("d/a", 10)), files(("d", 3)), files(("d/", 0), ("d/b", 1)))
    changes = compare(made.layers)
    assert what_of(changes[1], 0) is What.MODIFIED
    assert changes[1].hides == 10
    assert list(changes[0].hidden_by) == [1, 1]
    assert list(changes[1].hidden_by) == [2]


def test_what_a_later_layer_brings_back_is_added_anew() -> None:
    assert done(files(("a", 1)), files((".wh.a", 0)), files(("a", 1)))[2] == {"a": "A"}


def test_a_path_that_a_layer_names_twice_counts_once() -> None:
    made = image(files(("a", 1), ("a", 2)))
    change = compare(made.layers)[0]
    assert change.counts[What.ADDED] == 1
    assert change.hides == 0
    assert made.size == 3


def test_differences_are_told_in_words() -> None:
    made = image(files(("a", 5), modified=9), files(("a", 5), mode=0o755, modified=9))
    changes = compare(made.layers)
    assert difference(made, changes, 1, 0) == "mode 0644 before, its content copied for that"
    assert difference(made, changes, 0, 0) == ""


def test_unseen_are_the_bytes_of_what_is_deleted_or_overwritten_once_each() -> None:
    seen = analyse(image(files(("a", 10), ("b", 5)), files(("a", 7)), files((".wh.a", 0))))
    assert seen.unseen == 17
    assert seen.waste.wasted == 17


# History


def test_history_goes_to_the_layers_in_order() -> None:
    made = image(
        files(("a", 1)),
        files(("b", 1)),
        history=[Step("ADD a"), Step("ENV x=1", is_empty=True), Step("/bin/sh -c make")],
    )
    assert [number for _, number in made.steps] == [0, None, 1]
    assert [layer.instruction for layer in made.layers] == ["ADD a", "RUN make"]


def test_layers_without_history_say_so() -> None:
    made = image(files(("a", 1)), files(("b", 1)), history=[Step("ADD a")])
    assert [layer.instruction for layer in made.layers] == ["ADD a", NO_HISTORY]
    assert made.steps[1] == (None, 1)


def test_more_history_than_layers_loses_none() -> None:
    made = image(files(("a", 1)), history=[Step("ADD a"), Step("RUN b")])
    assert [number for _, number in made.steps] == [0, None]


# The tree


def tree(*layers: Any, number: int = -1, everything: bool = False) -> LayerTree:
    made = image(*layers)
    return LayerTree(made, compare(made.layers), Shown(number % len(layers), everything))


def rows(shown: LayerTree) -> list[str]:
    found = []
    todo = [(0, node) for node in reversed(shown.below(shown.root))]
    while todo:
        depth, node = todo.pop()
        found.append(f"{'  ' * depth}{node.what.value if node.what else ' '} {node.name} {node.size}")
        todo += [(depth + 1, child) for child in reversed(shown.below(node))]
    return found


LAYERS = (
    files(("d/", 0), ("d/a", 10), ("d/b", 5), ("c", 1)),
    files(("d/", 0), ("d/.wh.b", 0), ("d/a", 7), ("e", 2)),
)


def test_the_tree_shows_what_a_layer_did() -> None:
    shown = tree(*LAYERS)
    assert rows(shown) == ["  d 12", "  M a 7", "  D b 5", "A e 2"]
    assert shown.root.counts == (1, 1, 1, 0)


def test_the_tree_shows_all_files_up_to_a_layer() -> None:
    assert rows(tree(*LAYERS, everything=True)) == ["  d 12", "  M a 7", "  D b 5", "  c 1", "A e 2"]


def test_kinds_can_be_hidden_and_the_largest_be_first() -> None:
    shown = tree(*LAYERS)
    shown.toggle(What.MODIFIED)
    shown.toggle(What.ADDED)
    assert rows(shown) == ["  d 12", "  D b 5"]
    shown.toggle(What.DELETED)
    assert not shown.is_shown(shown.root)
    by_size = tree(files(("a", 1), ("b", 2), ("c/", 0), ("c/x", 3)))
    by_size.order(by_size=True)
    assert [row.strip() for row in rows(by_size)] == ["A c 3", "A x 3", "A b 2", "A a 1"]


def test_search_finds_names_and_with_a_slash_paths() -> None:
    shown = tree(*LAYERS)
    assert [trail[-1].path for trail in shown.search("A")] == ["/d/a"]
    assert [trail[-1].path for trail in shown.search("d/")] == ["/d/a", "/d/b"]
    assert shown.search("") == []
    assert [node.name for node in shown.trail("/d/b/none")] == ["d", "b"]


def test_endless_paths_are_flat_in_the_end() -> None:
    shown = tree(files(("x/" * 3000 + "f", 4)))
    depth, node = 0, shown.root
    while node.children:
        depth, node = depth + 1, next(iter(node.children.values()))
    assert depth == DEEPEST + 1
    assert node.path == "/" + "x/" * 3000 + "f"


@pytest.mark.parametrize("name", ["..", "../../etc/passwd", "/etc/passwd", "./etc/passwd", "//etc/passwd"])
def test_any_way_to_write_a_path_is_one_place_in_the_tree(name: str) -> None:
    assert tree(files((name, 1))).root.counts == (1, 0, 0, 0)
