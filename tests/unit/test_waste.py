"""Efficiency and waste against figures worked out by hand, by dive's rules."""

from __future__ import annotations

import pytest

from cdbg_tui.model.waste import Offender, weigh
from tests.unit.layered import files


def test_nothing_is_efficient() -> None:
    waste = weigh([])
    assert (waste.efficiency, waste.wasted, waste.size, waste.user_share) == (1.0, 0, 0, None)


def test_a_file_overwritten_twice_counts_with_all_its_copies() -> None:
    waste = weigh([files(("a", 100), ("b", 50)), files(("a", 60)), files(("a", 80))])
    # a: 60 at least, of 240; b: 50 of 50.
    assert waste.efficiency == pytest.approx(110 / 290)
    assert waste.offenders == (Offender("/a", 240, 3),)
    assert (waste.wasted, waste.size, waste.user_size) == (240, 290, 140)
    assert waste.user_share == pytest.approx(240 / 140)


def test_a_deleted_file_needs_nothing_and_wastes_all() -> None:
    waste = weigh([files(("a", 100), ("b", 50)), files((".wh.a", 0))])
    assert waste.efficiency == pytest.approx(50 / 150)
    assert waste.offenders == (Offender("/a", 100, 2),)


def test_a_directory_deleted_whole_is_not_wasted_but_weighs_once_more() -> None:
    waste = weigh([files(("d/", 0), ("d/a", 100), ("d/b", 50)), files((".wh.d", 0))])
    # d was no leaf: met once, with 150 both ways; a and b as they are.
    assert waste.efficiency == 1.0
    assert (waste.offenders, waste.wasted) == ((), 0)


def test_a_directory_that_no_archive_named_weighs_nothing_when_deleted() -> None:
    named = weigh([files(("d/", 0), ("d/a", 100)), files((".wh.d", 0)), files(("d/", 0), ("d/a", 100))])
    unnamed = weigh([files(("d/a", 100)), files((".wh.d", 0)), files(("d/", 0), ("d/a", 100))])
    assert named.efficiency == pytest.approx((100 + 100) / (200 + 100))
    assert unnamed.efficiency == pytest.approx(100 / 200)


def test_what_an_opaque_directory_hides_is_neither_deleted_nor_wasted() -> None:
    waste = weigh([files(("d/", 0), ("d/a", 100)), files(("d/", 0), ("d/.wh..wh..opq", 0), ("d/b", 40))])
    assert (waste.efficiency, waste.wasted) == (1.0, 0)


def test_a_changed_mode_copies_the_whole_file() -> None:
    waste = weigh([files(("a", 100)), files(("a", 100), mode=0o755)])
    assert waste.efficiency == 0.5
    assert waste.wasted == 200


def test_hard_links_have_the_size_of_their_header() -> None:
    waste = weigh([files(("a", 100), ("b", 0, "1")), files((".wh.a", 0)), files(("b", 70))])
    # a: 0 of 100; b: 0 of 0 + 70.
    assert waste.efficiency == 0.0
    assert waste.wasted == 170


def test_a_file_in_the_place_of_a_directory_keeps_what_was_below_for_dive() -> None:
    waste = weigh([files(("d/", 0), ("d/a", 100)), files(("d", 30)), files((".wh.d", 0))])
    # d is a file by now, so its whiteout is of size 0: 0 of 30, met twice.
    assert waste.efficiency == pytest.approx(100 / 130)
    assert waste.offenders == (Offender("/d", 30, 2),)


def test_a_whiteout_of_nothing_ends_the_look_at_its_layer() -> None:
    waste = weigh([files(("a", 100)), files((".wh.nothing", 0), ("a", 100), ("z", 7))])
    # Names are in order: a before it is .wh.nothing's, which comes first of all. -1 is its least size.
    assert waste.efficiency == pytest.approx((100 - 1) / 100)
    assert waste.size == 207


def test_empty_directories_that_are_met_again_are_offenders_of_nothing() -> None:
    waste = weigh([files(("d/", 0)), files(("d/", 0), mode=0o700)])
    assert waste.efficiency == 1.0
    assert waste.offenders == (Offender("/d", 0, 2),)


def test_paths_of_any_depth_and_kind_are_survived() -> None:
    deep = "a/" * 2000 + "f"
    waste = weigh([files((deep, 5), ("../up", 1), ("/abs", 1), ("./x/../y", 1)), files((deep, 5), ("y", 1))])
    assert {one.path for one in waste.offenders} == {f"/{deep}", "/y"}
