"""Whatever anybody writes, what is shown of it acts on no terminal and has the width that it is taken to have.

The examples are the same each time; ``CDBG_FUZZ=20`` tries others, and twenty times as many.
"""

from __future__ import annotations

import re
import shlex
import string
import struct
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from cdbg_tui.engine.copying import _parts, leads_out
from cdbg_tui.model.container import Container, Health, Port, State
from cdbg_tui.model.details import hidden_words, nodes, search
from cdbg_tui.model.file import File
from cdbg_tui.model.filediff import Version, diff_page
from cdbg_tui.model.filetype import file_type
from cdbg_tui.model.hexdump import HexPage
from cdbg_tui.model.log import STDERR, STDOUT, Frames, plain_text
from cdbg_tui.model.masking import Masks, visible
from cdbg_tui.model.page import Ends, text_page
from cdbg_tui.model.process import Process, tree
from cdbg_tui.model.query import Row, matches, rows
from cdbg_tui.model.quoting import quoted
from cdbg_tui.model.search import query
from cdbg_tui.model.template import go_template
from cdbg_tui.model.tempname import LONGEST, safe_name
from cdbg_tui.model.text import MASK, clean, is_safe, one_line
from cdbg_tui.sessions.plan import Plan
from cdbg_tui.triage.word import word
from cdbg_tui.tui import clipboard
from cdbg_tui.tui.cells import fit, shorten
from cdbg_tui.tui.paint import ansi, plain
from cdbg_tui.tui.panes.container_line import heading, layout, line
from cdbg_tui.tui.panes.processes import columns_for, process_line, titles
from cdbg_tui.tui.screens.prose import prose
from cdbg_tui.tui.widgets.log_lines import coloured_text, shown_text
from cdbg_tui.tui.widgets.log_rows import breaks, height
from cdbg_tui.tui.widgets.page_rows import row_starts
from tests.hostile import SEQUENCES, acting, as_bytes, examples, strays, texts

SGR = re.compile(r"\x1b\[[0-9;:]{0,64}m")
WIDTHS = st.integers(0, 60)


@examples(600)
@given(texts())
def test_nothing_that_acts_is_left(text: str) -> None:
    shown, line = clean(text), one_line(text)
    assert acting(shown.replace("\t", "")) == []
    assert acting(line) == []
    assert line.isprintable() or cell_len(line)  # what is not printable has at least a place
    assert clean(shown) == shown
    assert one_line(line) == line
    coloured = clean(text, keep_sgr=True)
    assert acting(SGR.sub("", coloured).replace("\t", "")) == []
    assert SGR.sub("", coloured) == shown
    assert clean(coloured, keep_sgr=True) == coloured
    if is_safe(text):
        assert not acting(re.sub("[\t\n]", "", text))


@examples(200)
@given(texts())
def test_what_is_painted_is_what_was_cleaned_and_nothing_in_it_is_markup(text: str) -> None:
    shown = clean(text)
    content = plain(text)
    assert content.plain == shown
    assert not content.spans
    assert content.cell_length == cell_len(shown)
    assert acting(prose(text).plain.replace("\n", "").replace("\t", "")) == []
    assembled = Content.assemble("a ", (one_line(text), "bold"), plain(text))
    assert assembled.plain == f"a {one_line(text)}{shown}"
    coloured = ansi(text)
    assert acting(coloured.plain.replace("\n", "").replace("\t", "")) == []
    assert not [
        span for span in coloured.spans if getattr(span.style, "link", None) or getattr(span.style, "meta", None)
    ]


@examples(200)
@given(texts(), WIDTHS, st.booleans())
def test_a_cell_is_as_wide_as_it_was_told_to_be(text: str, width: int, right: bool) -> None:
    cell = fit(text, width, right=right)
    assert cell_len(cell) == width
    assert acting(cell) == []
    assert "\n" not in cell
    assert "\t" not in cell
    assert cell_len(shorten(one_line(text), width)) <= width


@examples(200)
@given(texts(), texts(), texts(), st.sampled_from(State), st.integers(66, 200))
def test_the_lines_of_the_list_stay_in_their_columns(
    name: str, image: str, label: str, state: State, width: int
) -> None:
    ports = (Port(80, "tcp", 8080), Port(53, "udp", 5353))
    labels = {"com.docker.compose.project": label, name: image}
    one = Container(
        "ab" * 32,
        name,
        image,
        state,
        created=0.0,
        since=1.0,
        exit_code=1,
        ports=ports,
        health=Health.UNHEALTHY,
        labels=labels,
    )
    made = rows([one, one], order=lambda container: container.name)
    assert made
    widths = layout(width)
    for row in [*made, Row("", one, beside=label)]:
        if row.container is None:
            cells = heading(row, width)
            assert cell_len("".join(cell.text for cell in cells)) <= width
        else:
            cells = line(row, widths, None, word(one), 100.0, "  ")
            assert cell_len("".join(cell.text for cell in cells)) == sum(widths.values())
        assert acting("".join(cell.text for cell in cells)) == []
    matches(one, name)
    matches(one, f"label:{label}={image}")


@examples(200)
@given(st.lists(st.tuples(texts(3), texts(2)), min_size=1, max_size=4), st.integers(30, 160))
def test_the_lines_of_the_processes_stay_in_their_columns(said: list[tuple[str, str]], width: int) -> None:
    branches = tree(
        Process(number + 1, number, None, user, "S", 0.5, 1 << 20, 3, 60.0, command)
        for number, (command, user) in enumerate(said)
    )
    columns = columns_for(branches, narrow=width < 80)
    head = cell_len("".join(cell.text for cell in titles(columns)[:-1]))
    for branch in branches:
        cells = process_line(branch, width, columns)
        assert acting("".join(cell.text for cell in cells)) == []
        assert cell_len("".join(cell.text for cell in cells[: len(columns)])) == head
        assert cell_len("".join(cell.text for cell in cells)) <= max(width, head + cell_len(branch.lines))


def record(stream: int, body: bytes) -> bytes:
    framed = b"2026-11-22T15:21:01.123456789Z " + body + b"\n"
    return struct.pack(">BxxxL", stream, len(framed)) + framed


@examples(200)
@given(
    st.lists(st.tuples(st.sampled_from((STDOUT, STDERR)), as_bytes()), max_size=5),
    st.integers(1, 40),
    st.booleans(),
)
def test_a_log_of_whatever_bytes(said: list[tuple[int, bytes]], width: int, tty: bool) -> None:
    frames = Frames(tty=tty)
    data = b"".join(record(*one) for one in said)
    kept = [one for at in range(0, len(data), 50) for one in frames.feed(data[at : at + 50])] + frames.end()
    for one in kept:
        text = plain_text(one)
        assert acting(text) == []
        shown = shown_text(one, timestamps=True)
        assert acting(shown) == []
        painted = coloured_text(one)
        assert painted.plain == shown_text(one)
        starts = breaks(shown, width)
        parts = [shown[a:b] for a, b in zip(starts, [*starts[1:], len(shown)], strict=True)]
        assert "".join(parts) == shown
        assert height(shown, width) == len(parts)
        assert all(cell_len(part) <= max(width, 2) for part in parts)
        assert len(painted.divide(breaks(painted.plain, width)[1:])) == len(breaks(painted.plain, width))


@examples(200)
@given(as_bytes(), as_bytes(), st.integers(1, 60))
def test_a_file_of_whatever_bytes(old: bytes, new: bytes, width: int) -> None:
    ends = Ends(new, b"", len(new))
    kind = file_type(new)
    pages = [HexPage(ends), diff_page(Version(File("/f"), Ends(old, b"", len(old))), Version(File("/f"), ends))]
    pages += [
        text_page(ends, kind.encoding or "utf-8"),
        text_page(Ends(old, new, len(old) + len(new) + 99), "utf-8"),
    ]
    for page in pages:
        for number in range(len(page)):
            one = page[number]
            assert acting(one.text + one.number) == []
            starts = row_starts(one.text, width)
            parts = [one.text[a:b] for a, b in zip(starts, [*starts[1:], len(one.text)], strict=True)]
            assert "".join(parts) == one.text
            assert all(cell_len(part) <= max(width, 2) for part in parts)
        page.find(query(clean(new.decode("utf-8", "replace"))[:20]))


@examples(200)
@given(as_bytes())
def test_the_lines_that_are_copied_are_those_of_the_file(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    page = text_page(Ends(text.encode(), b"", len(text.encode())), "utf-8")
    assert (
        "\n".join(page[number].original for number in range(len(page)))
        == text.removesuffix("\n").replace("\r\n", "\n").removesuffix("\r")
        or "\r" in text
    )


@examples(200)
@given(texts())
@example("[@click=app.quit]x[/]")
def test_only_what_is_safe_is_copied_and_that_as_it_is(text: str) -> None:
    env = {"TERM": "xterm-256color", "PATH": "", "SSH_CONNECTION": "1"}
    written: list[str] = []
    told = clipboard.copy(text, written.append, env)
    if is_safe(text):
        assert written == [text]
        assert not acting(re.sub("[\t\n]", "", text))
    else:
        assert written == []
        assert "control characters" in told


@examples(30)
@given(st.lists(texts(3).map(lambda text: text.replace("\0", "")), max_size=20))
def test_a_quoted_name_is_the_name_to_a_shell(names: list[str]) -> None:
    words = [quoted(name) if quoted(name) != name else shlex.quote(name) for name in names]
    assert not [one for one in words if acting(one)]
    script = "".join(f"printf '%s\\0' {one}\n" for one in words).encode("utf-8", "surrogateescape")
    done = subprocess.run(["bash"], input=script, capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert done.stdout.split(b"\0")[:-1] == [b"".join(map(as_a_byte, name)) for name in names]


def as_a_byte(char: str) -> bytes:
    """Return what a letter stands for: lone surrogates for bytes that are no UTF-8, the others for themselves."""
    return char.encode("utf-8", "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass")


@examples(200)
@given(texts())
def test_a_name_for_other_programs_is_none_that_they_misread(text: str) -> None:
    name = safe_name(text)
    assert set(name) <= set(string.ascii_letters + string.digits + "._-")
    assert 0 < len(name) <= LONGEST
    assert name[0] not in "-."


@examples(200)
@given(texts(), as_bytes())
def test_in_a_report_everything_can_be_seen(text: str, data: bytes) -> None:
    assert acting(re.sub("[\t\n]", "", visible(data))) == []
    assert acting(re.sub("[\t\n]", "", visible(Masks().lines(text).encode("utf-8", "surrogatepass")))) == []


@examples(200)
@given(texts(3), texts(3))
def test_a_secret_is_masked_wherever_it_stands(before: str, after: str) -> None:
    secret = "Tr0ub4dor-and-3"  # noqa: S105 - made up
    masks = Masks({"Config": {"Env": [f"DB_PASSWORD={secret}", f"X={before}"]}})
    for text in (before + secret + after, f"{before}\n{secret}\n{after}", f"DB_PASSWORD={secret}"):
        assert secret not in masks.lines(text)
        assert secret not in clean(masks.text(text))
    split = f"{before}Tr0ub4dor\x1b[0m-and-3"
    assert secret not in clean(masks.text(split)), "an escape sequence within hides it"


@examples(200)
@given(
    st.dictionaries(
        texts(2), st.one_of(texts(2), st.lists(texts(2), max_size=2), st.none(), st.integers()), max_size=4
    )
)
def test_the_values_of_inspect(config: dict[str, object]) -> None:
    details = {"Id": "ab" * 32, "Name": "/x", "Config": config}
    todo = list(nodes(details))
    while todo:
        entry = todo.pop()
        todo += entry.children
        go_template(entry, details)
        entry.shown(revealed=False)
    search(nodes(details), next(iter(config), "x"))


@examples(200)
@given(st.lists(texts(2), min_size=1, max_size=4))
def test_a_command_is_copied_as_it_is_run(words: list[str]) -> None:
    plan = Plan("x", tuple(words))
    assert shlex.split(plan.commands()) == words
    assert len(hidden_words(words)) == len(words)
    assert MASK in plan.shown() or shlex.split(plan.shown()) == words


@examples(200)
@given(texts(4), texts(4))
def test_no_name_of_an_archive_climbs(name: str, target: str) -> None:
    parts = _parts(name)
    assert parts is None or not {"..", ".", ""} & set(parts)
    leads_out(("a", "b"), {("a", "b"): target})
    for hostile in ("../" + target, "/" + target, "x/../../../" + target):
        assert leads_out(("a",), {("a",): hostile})


@pytest.mark.parametrize(
    "sample", ["[@click=app.quit]x", "\x1b[31m", "\x1b]52;c;x", "\x1b", "\x9d0;x\x9c", "\0", "👍🏽", "e\u0301"]
)
def test_a_megabyte_on_one_line(sample: str) -> None:
    long = sample * (1_000_000 // len(sample))
    for shown in (clean(long), one_line(long)):
        assert acting(shown[:500] + shown[-500:]) == []
    assert cell_len(fit(long[:10_000], 40)) == 40
    assert acting(plain_text(b"\x01" + long.encode()[:64_000])) == []


def test_what_a_terminal_is_sent_by_data_is_told_from_what_the_program_sends() -> None:
    ours = "\x1b[?1049h\x1b[1;1H\x1b[38;2;1;2;3mtext\x1b[0m\r\n\x1b[2;1H\x1b[>1u\x1b[?2026l"
    assert strays(ours) == []
    colours = re.compile(r"(\x1b\[[0-9;]*m|[^\x1b\x80-\x9f])*")
    hostile = [one for one in SEQUENCES if not colours.fullmatch(one)]
    assert len(hostile) > 30
    for sample in hostile:
        assert strays(f"{ours}before {sample} after{ours}"), ascii(sample)
