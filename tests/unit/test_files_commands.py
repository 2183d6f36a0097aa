"""What `cdbg diff`, `cat` and `cp` say, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cdbg_tui.commands.arguments import parser
from cdbg_tui.commands.cat import LINE_LENGTH, shown
from cdbg_tui.commands.cp import MOST_NAMED, told
from cdbg_tui.commands.diff import columns, document, for_a_person, totals
from cdbg_tui.commands.source import hint
from cdbg_tui.engine.copying import Copied
from cdbg_tui.model.change import Change, Kind
from cdbg_tui.model.container import Mount
from cdbg_tui.model.file import File, FileKind
from cdbg_tui.triage.report import Paint, as_json


@pytest.mark.parametrize("name", ["/a\tb", "/a\nb", "/\x1b[2J", "/bad\udcff", "/\u2028x"])
def test_a_change_is_one_line_of_columns_whatever_its_names_are(name: str) -> None:
    for row in (
        (Change("/told", Kind.ADDED), File(name, FileKind.LINK, 0, 0o777, 0, 0, 1.0, link=name)),
        (Change("/told", Kind.ADDED), None),
    ):
        line = columns(row)
        assert line.replace("\t", "").isprintable()
        assert len(line.split("\t")) == (7 if row[1] else 6)
    [shown_line, *_] = for_a_person([(Change("/t", Kind.ADDED), File(name))], (), Paint(on=False))
    assert shown_line.isprintable()


def test_what_is_not_known_of_a_file_is_told_so() -> None:
    row = (Change("/s", Kind.ADDED), File("/s", FileKind.SOCKET, mode=0o755))
    assert columns(row) == "A\tsrwxr-xr-x\t-\t0\t-\t/s"
    [change] = document({"Id": "c"}, [row])["changes"]
    assert (change["type"], change["uid"], change["modified"]) == ("socket", None, None)


def test_a_further_name_takes_no_room() -> None:
    rows = [
        (Change("/a", Kind.ADDED), File("/a", size=10)),
        (Change("/b", Kind.MODIFIED), File("/b", size=10, same_as="/a")),
        (Change("/c", Kind.DELETED), None),
    ]
    assert totals(rows) == {"added": 1, "modified": 1, "deleted": 1, "bytes": 10}


def test_the_document_can_be_written_with_any_name() -> None:
    row = (Change("/\ufffd", Kind.ADDED), File("/\udcff", FileKind.LINK, link="\udcfe"))
    made = document({"Id": "c", "Name": "/api"}, [row])
    assert as_json(made).isascii()
    [change] = made["changes"]
    assert (change["path"], change["path_base64"]) == ("/\ufffd", "L/8=")
    assert (change["link"], change["link_base64"]) == ("\ufffd", "/g==")


def test_a_mount_point_says_what_is_mounted() -> None:
    row = (Change("/data", Kind.ADDED), None)
    [line, *_] = for_a_person([row], [Mount("volume", "", "/data", True, name="shop-data")], Paint(on=False))
    assert line.endswith("/data  (mounted: shop-data)")


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 1000])
def test_a_file_on_a_terminal_is_cleaned_however_it_comes(cut: int) -> None:
    data = "häßlich\r\n\x1b[1mbold\x1b[m\n\x1b]52;c;x\x07\x1b[2Jend".encode() + b"\xff\n\nlast"
    pieces = [data[at : at + cut] for at in range(0, len(data), cut)]
    assert "".join(shown(pieces, keep_sgr=False)) == "häßlich\nbold\nend\ufffd\n\nlast"
    assert "".join(shown(pieces, keep_sgr=True)) == "häßlich\n\x1b[1mbold\x1b[m\nend\ufffd\n\nlast"


def test_a_line_without_an_end_is_not_kept() -> None:
    given = 0

    def pieces() -> Iterator[bytes]:
        nonlocal given
        for _ in range(100):
            given += LINE_LENGTH
            yield b"x" * LINE_LENGTH

    came = 0
    for text in shown(pieces(), keep_sgr=False):
        came += len(text)
        assert len(text) <= LINE_LENGTH
        assert given - came <= 2 * LINE_LENGTH
    assert came == given == 100 * LINE_LENGTH


def test_what_was_left_out_is_named_up_to_a_number() -> None:
    copied = Copied(Path("there\x1b[2J"), 1, 1)
    for number in range(MOST_NAMED + 5):
        copied.leave_out(f"f{number}", "no")
    lines = list(told(copied))
    assert lines[0] == "1 file, 1 B, copied to there"
    assert lines[-2:] == [f"left out: f{MOST_NAMED - 1}: no", "left out: 5 more"]


CHANGES = [
    Change("/etc", Kind.MODIFIED),
    Change("/etc/app.conf", Kind.ADDED),
    Change("/etc/old", Kind.DELETED),
    Change("/srv/data", Kind.ADDED),
]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/etc/old", "It was deleted: with --image you get it as the image has it."),
        ("/etc/old/below", "It was deleted: with --image you get it as the image has it."),
        ("/etc/older", ""),
        ("/etc/ap.conf", "Did you mean “/etc/app.conf”?"),
        ("/data", "Did you mean “/srv/data”?"),
        ("/nothing/like/it", ""),
    ],
)
def test_what_a_missing_file_may_have_been(path: str, said: str) -> None:
    assert hint(path, CHANGES) == said


def test_the_words_are_understood() -> None:
    read = parser().parse_args
    assert read(["diff", "api", "--json"]).json
    assert read(["cat", "--image", "api:/f"]).image
    options = read(["cp", "--force", "api:/f", "-"])
    assert (options.destination, options.force, options.image) == ("-", True, False)
