"""Names of users and groups."""

from __future__ import annotations

from cdbg_tui.model.file import File
from cdbg_tui.model.owners import Owners, names

TABLE = "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n# a comment\nbroken\n:x:7:\nweb:x:33:33::/:\nx:x:²:1\n"


def test_a_number_has_the_first_name_that_is_given_to_it() -> None:
    assert names(TABLE) == {0: "root", 33: "web"}


def test_a_number_without_a_name_stands_for_itself() -> None:
    owners = Owners(names(TABLE), {})
    assert owners.of(File("/a", uid=33, gid=5)) == "web:5"
    assert owners.of(File("/a")) == ""
