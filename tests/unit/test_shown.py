"""The tree of a tab of the diff browser."""

from __future__ import annotations

from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.model.file import File, FileKind
from cdbg_tui.model.filetree import FileTree, weights
from cdbg_tui.model.shown import DEEPEST, Order, Shown

CHANGES = [
    Change("/etc", Kind.MODIFIED),
    Change("/etc/new", Kind.ADDED),
    Change("/etc/passwd", Kind.MODIFIED),
    Change("/zoo", Kind.ADDED),
    Change("/srv", Kind.ADDED),
    Change("/srv/data", Kind.ADDED),
    Change("/usr/bin/gone", Kind.DELETED),
]


def known(path: str, size: int = 0, when: float = 1.0) -> File:
    """Return a file of which everything is known."""
    return File(path, size=size, uid=0, gid=0, modified=when)


def whole(*files: File, mounts: tuple[Mount, ...] = ()) -> Shown:
    """Return a whole file system."""
    tree = FileTree(files)
    return Shown(tree, {}, mounts, weights(tree))


def test_a_whole_file_system_counts_what_was_changed_below_its_directories() -> None:
    changes = Shown.of_changes(CHANGES)
    tree = FileTree([known("/etc/new"), known("/etc/passwd"), known("/etc/hosts")])
    kinds = {path: kind for path, kind in changes.kinds.items() if kind is not Kind.DELETED}
    shown = Shown(tree, kinds, (), weights(tree), changes.all_counts)
    assert shown.counts("/etc") == {Kind.ADDED: 1, Kind.MODIFIED: 1, Kind.DELETED: 0}
    assert shown.counts("/etc/hosts") == {Kind.ADDED: 0, Kind.MODIFIED: 0, Kind.DELETED: 0}
    assert shown.kind("/etc/new") is Kind.ADDED


def test_directories_come_first_then_names() -> None:
    assert Shown.of_changes(CHANGES).below("/") == ["/etc", "/srv", "/usr", "/zoo"]


def test_directories_that_hold_changes_are_not_counted() -> None:
    shown = Shown.of_changes(CHANGES)
    assert shown.totals == {Kind.ADDED: 3, Kind.MODIFIED: 1, Kind.DELETED: 1}
    assert shown.counts("/etc") == {Kind.ADDED: 1, Kind.MODIFIED: 1, Kind.DELETED: 0}


def test_a_hidden_kind_takes_along_the_directories_that_only_lead_to_it() -> None:
    shown = Shown.of_changes(CHANGES)
    shown.toggle(Kind.ADDED)
    assert shown.below("/") == ["/etc", "/usr"]
    assert shown.below("/etc") == ["/etc/passwd"]
    assert shown.trail("/etc/new") == ["/etc"]
    shown.toggle(Kind.ADDED)
    assert shown.below("/") == ["/etc", "/srv", "/usr", "/zoo"]


def test_search_finds_names_and_with_a_slash_paths() -> None:
    shown = Shown.of_changes(CHANGES)
    assert shown.search("GONE") == [["/usr", "/usr/bin", "/usr/bin/gone"]]
    assert shown.search("etc/p") == [["/etc", "/etc/passwd"]]
    assert shown.search("etc/q") == shown.search("") == []
    shown.toggle(Kind.DELETED)
    assert shown.search("gone") == []


def test_hits_come_in_the_order_in_which_they_stand() -> None:
    shown = Shown.of_changes(Change(path, Kind.ADDED) for path in ("/z.x", "/b/x", "/a/d/x", "/a/x"))
    assert [trail[-1] for trail in shown.search("x")] == ["/a/d/x", "/a/x", "/b/x", "/z.x"]


def test_sizes_and_times_are_summed_up_as_they_become_known() -> None:
    shown = Shown.of_changes(CHANGES)
    assert shown.size("/etc") is None
    shown.learn({"/etc/new": known("/etc/new", 10, 5.0), "/not/told": known("/not/told", 99)})
    shown.learn({"/etc/passwd": known("/etc/passwd", 7, 9.0)})
    assert (shown.size("/etc"), shown.modified("/etc")) == (17, 9.0)
    assert shown.size("/") == 17
    assert shown.bytes == {Kind.ADDED: 10, Kind.MODIFIED: 7, Kind.DELETED: 0}
    shown.learn({"/etc/passwd": known("/etc/passwd", 8, 9.0)})
    assert shown.size("/") == 18


def test_a_name_that_is_told_otherwise_is_asked_for_as_it_is() -> None:
    shown = Shown.of_changes([Change("/bad\ufffd", Kind.ADDED)])
    shown.learn({"/bad\ufffd": known("/bad\udcff", 3)})
    assert shown.real("/bad\ufffd") == "/bad\udcff"
    assert shown.size("/bad\ufffd") == 3
    everything = whole(known("/bad\udcff"))
    everything.kinds = shown.kinds
    assert everything.kind("/bad\udcff") is Kind.ADDED


def test_files_are_ordered_by_size_and_time() -> None:
    shown = whole(known("/a", 1, 30), known("/b", 3, 20), known("/c/d", 2, 10))
    assert shown.below("/") == ["/c", "/a", "/b"]
    shown.sort_by(Order.SIZE)
    assert shown.below("/") == ["/b", "/c", "/a"]
    shown.sort_by(Order.TIME)
    assert shown.below("/") == ["/a", "/b", "/c"]
    assert Order.TIME.next is Order.PATH


def test_what_was_deleted_has_the_size_that_the_image_knows() -> None:
    shown = Shown.of_changes(CHANGES)
    image = FileTree([known("/usr/bin/gone", 40)])
    shown.learn_deleted(image, weights(image))
    assert shown.size("/usr/bin/gone") == 40
    assert shown.size("/usr") is None  # nothing of it is there any more


def test_mounts_stand_in_their_place_also_where_nothing_was_changed() -> None:
    shown = Shown.of_changes(CHANGES, [Mount("volume", "", "/var/lib/data/", True, "data")])
    assert shown.trail("/var/lib/data") == ["/var", "/var/lib", "/var/lib/data"]
    mount = shown.mount("/var/lib/data")
    assert mount is not None
    assert mount.name == "data"
    assert shown.is_directory("/var/lib/data")
    shown.hidden = frozenset(Kind)
    assert shown.below("/") == ["/var"]
    assert shown.mount_above("/var/lib/data/x") == "/var/lib/data"
    assert shown.mount_above("/var/lib/database") == ""


def test_what_is_mounted_is_shown_once_it_was_entered() -> None:
    mounts = (Mount("volume", "", "/data", True), Mount("bind", "/x", "/data/in/here", False))
    shown = whole(known("/data", 0), known("/etc/f", 1), mounts=mounts)
    tree = FileTree([File("/data", FileKind.DIRECTORY, uid=0), known("/data/x", 5)])
    shown.enter("/data", tree, weights(tree))
    assert shown.below("/data") == ["/data/in", "/data/x"]
    assert shown.size("/data") == 5
    assert shown.size("/") == 1
    assert shown.search("x") == [["/data", "/data/x"]]
    assert shown.mount("/data/in/here") is not None
    assert shown.kind("/data/x") is None


def test_links_lead_where_they_lead_inside_the_container() -> None:
    shown = whole(
        known("/etc/passwd"),
        File("/up", FileKind.LINK, link="../../../etc/passwd", uid=0),
        File("/round", FileKind.LINK, link="round", uid=0),
        File("/dead", FileKind.LINK, link="/nowhere", uid=0),
    )
    found = shown.resolve("/up")
    assert found is not None
    assert found.path == "/etc/passwd"
    assert shown.resolve("/round") is shown.resolve("/dead") is None


def test_what_lies_too_deep_is_listed_flat_and_still_there() -> None:
    paths = ["/" + "/".join(["d"] * 2_000 + [name]) for name in ("one", "two")]
    shown = Shown.of_changes(Change(path, Kind.ADDED) for path in paths)
    trails = [*shown.search("one"), *shown.search("two")]
    assert [trail[-1] for trail in trails] == paths
    assert {len(trail) for trail in trails} == {DEEPEST + 1}
    assert trails[0][-1] in shown.below(trails[0][-2])
    assert shown.name(paths[0]) == "/".join(["d"] * (2_000 - DEEPEST) + ["one"])
    assert shown.totals[Kind.ADDED] == 2


def test_no_changes_are_a_tree_too() -> None:
    shown = Shown.of_changes([Change("/", Kind.MODIFIED)])
    assert shown.is_empty
    assert shown.below("/") == []
    assert shown.trail("/") == shown.trail("/etc") == []
