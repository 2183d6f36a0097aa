"""The browsable tree of changes."""

from __future__ import annotations

from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.changetree import DEEPEST, ChangeTree
from cdbg_tui.model.container import Mount

CHANGES = [
    Change("/etc", Kind.MODIFIED),
    Change("/etc/new", Kind.ADDED),
    Change("/etc/passwd", Kind.MODIFIED),
    Change("/zoo", Kind.ADDED),
    Change("/srv", Kind.ADDED),
    Change("/srv/data", Kind.ADDED),
    Change("/usr/bin/gone", Kind.DELETED),
]


def names(tree: ChangeTree) -> list[str]:
    """Return what is shown at the top."""
    return [node.name for node in tree.below(tree.root)]


def test_directories_come_first_then_names() -> None:
    assert names(ChangeTree(CHANGES)) == ["etc", "srv", "usr", "zoo"]


def test_directories_that_hold_changes_are_not_counted() -> None:
    totals = ChangeTree(CHANGES).totals
    assert totals == {Kind.ADDED: 3, Kind.MODIFIED: 1, Kind.DELETED: 1}


def test_counts_agree_with_the_nodes_own() -> None:
    tree = ChangeTree(CHANGES)
    for node in tree.below(tree.root):
        assert tree.counts(node) == {kind: node.count(kind) for kind in Kind}


def test_a_hidden_kind_takes_along_the_directories_that_only_lead_to_it() -> None:
    tree = ChangeTree(CHANGES)
    tree.toggle(Kind.ADDED)
    assert names(tree) == ["etc", "usr"]
    assert [node.name for node in tree.below(tree.below(tree.root)[0])] == ["passwd"]
    tree.toggle(Kind.ADDED)
    assert names(tree) == ["etc", "srv", "usr", "zoo"]


def test_search_finds_names_and_with_a_slash_paths() -> None:
    tree = ChangeTree(CHANGES)
    found = [[node.name for node in trail] for trail in tree.search("GONE")]
    assert found == [["usr", "bin", "gone"]]
    assert [trail[-1].path for trail in tree.search("etc/p")] == ["/etc/passwd"]
    assert tree.search("etc/q") == tree.search("") == []


def test_search_leaves_out_what_is_hidden() -> None:
    tree = ChangeTree(CHANGES)
    tree.toggle(Kind.DELETED)
    assert tree.search("gone") == []


def test_mount_points_are_known() -> None:
    mount = Mount("volume", "", "/srv/data/", True, "data")
    tree = ChangeTree(CHANGES, [mount])
    [[_, node]] = tree.search("data")
    assert tree.mount(node) is mount
    assert tree.mount(tree.root) is None


def test_what_lies_too_deep_is_listed_flat_and_still_there() -> None:
    paths = ["/" + "/".join(["d"] * 2_000 + [name]) for name in ("one", "two")]
    tree = ChangeTree(Change(path, Kind.ADDED) for path in paths)
    trails = [*tree.search("one"), *tree.search("two")]
    assert [trail[-1].path for trail in trails] == paths
    assert {len(trail) for trail in trails} == {DEEPEST + 1}
    assert tree.totals[Kind.ADDED] == 2


def test_no_changes_are_a_tree_too() -> None:
    tree = ChangeTree([Change("/", Kind.MODIFIED)])
    assert names(tree) == []
    assert not tree.is_shown(tree.root)
