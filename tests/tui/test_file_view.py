"""The view of one file on a real engine: big, sparse, binary, changed, deleted, led elsewhere, hostile."""

from __future__ import annotations

import re
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.image_files import ImageFiles
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.change import Kind
from cdbg_tui.tui import copying_out
from cdbg_tui.tui.screens.file_view import FileView
from cdbg_tui.tui.screens.form import Form
from cdbg_tui.tui.screens.listing import ListingView
from cdbg_tui.tui.screens.progress import ProgressBox
from cdbg_tui.tui.viewing import Target, view
from tests.support import IMAGE, LABEL, Docker, Run, eventually
from tests.tui.opened import NARROW, Opened, opened

UNSAFE = {chr(code) for code in (*range(32), *range(127, 160), 0x202E)}
BIG_LINES = 1_000_000

MAKE = rf"""
mkdir -p /w/many && cd /w
yes 'the same fifty bytes in every line of this big log' | head -n {BIG_LINES} > big.log
echo 'ERROR the reason stands at its end' >> big.log
dd if=/dev/zero of=sparse bs=1 count=0 seek=1073741824 2>/dev/null
printf 'import os\n\n# a comment\ndef main() -> None:\n\treturn "text"\n' > prog.py
printf '\033]52;c;aGk=\007\033[31mred\033[0m [/x] \342\200\256evil\r\nsecond\n' > hostile
printf '\033]0;x\007' > '[b]x'
echo odd > "$(printf 'inv\377\nalid')"
mkfifo pipe && mknod device c 1 3
ln -s ../../../../etc/shadow up && ln -s ring ring && ln -s /etc/passwd users && ln -s / root
cp /bin/busybox program
head -c 1000000 /dev/zero | tr '\0' 'x' > oneline
printf 'end\n' >> oneline
for i in $(seq 300); do echo "file $i" > many/$i; done
echo 'changed:x:0:0::/:/bin/false' >> /etc/passwd
chmod 600 /etc/group
rm /etc/shadow
"""


IMAGE_FILES = """
mkdir -p /etc && cd /etc
echo 'root:x:0:0:root:/root:/bin/sh' | tee passwd > shadow
echo 'root:x:0' > group
"""


class Box:
    """A dead container with all kinds of files, and its image's own."""

    def __init__(self, container: str, image: ImageFiles) -> None:
        self.id = container
        self.image = image

    def target(self, path: str, change: Kind | None = None, line: str = "") -> Target:
        """One of its files."""
        return Target(self.id, "box", path, change, self.image, line)


@pytest.fixture(scope="module")
def box(engine: Engine, docker: Docker) -> Iterator[Box]:
    def ran(image: str, script: str) -> str:
        container = docker("create", f"--label={LABEL}=1", image, "sh", "-c", script).stdout.strip()
        docker("start", "--attach", container)
        return container

    first = ran(IMAGE, IMAGE_FILES)
    image = docker("commit", first).stdout.strip()
    container = ran(image, MAKE)
    files = ImageFiles(engine, image, container)
    yield Box(container, files)
    files.close()
    docker("rm", "--force", "--volumes", first, container)
    docker("rmi", image)


def figures(what: str, first: float, last: float) -> None:
    """Tell what was measured, to whom looks at what the tests print."""
    sys.stdout.write(f"\n{what}: first screen {first:.2f} s, both ends {last:.2f} s\n")


async def shown(seen: Opened, target: Target, words: str) -> FileView:
    """Open the view of a file, and wait until *words* are on the screen."""
    view(seen.app, target)
    await seen.until(lambda: isinstance(seen.app.screen, FileView))
    screen = seen.app.screen
    assert isinstance(screen, FileView)
    await seen.until(lambda: words in seen.text)
    return screen


async def entry(seen: Opened) -> Input:
    """Wait for a form, and return the line in which its value is entered."""
    await seen.until(lambda: isinstance(seen.app.screen, Form) and bool(seen.app.screen.query(Input)))
    return seen.app.screen.query_one(Input)


async def test_a_text_has_line_numbers_colours_and_what_it_is(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        screen = await shown(seen, box.target("/w/prog.py", Kind.ADDED), "4  def main() -> None:")
        assert "/w/prog.py  in box, added" in seen.rows[0]
        assert re.search(r"-rw-r--r--  0:0  \d+ B  \d{4}-.*text, 5 lines", seen.rows[1])
        assert "5          return" in seen.text
        for y in range(5):
            assert all(
                segment.style and segment.style.bgcolor for segment in screen.view.render_line(y) if segment.text
            )
        await seen.until(lambda: screen.view._colours)
        strip = screen.view.render_line(3)
        keyword = next(segment for segment in strip if segment.text == "def")
        plain = next(segment for segment in strip if segment.text.startswith("("))
        assert keyword.style is not None
        assert plain.style is not None
        assert keyword.style.color != plain.style.color


async def test_a_big_log_opens_at_its_end_soon(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        started = time.monotonic()
        screen = await shown(seen, box.target("/w/big.log"), "the same fifty bytes")
        first = time.monotonic() - started
        await seen.until(lambda: "-1  ERROR the reason stands at its end" in seen.text)
        last = time.monotonic() - started
        figures("50 MB log", first, last)
        assert first < 10
        assert last < 30
        await seen.until(lambda: screen.view.current == len(screen.view.page) - 1)
        await seen.press("g")
        await seen.until(lambda: "1  the same fifty bytes" in seen.text)
        await seen.press("slash")
        await seen.type("between are")
        await seen.until(lambda: "not found · the middle was not searched" in seen.text)
        await seen.type("\x7f" * 11 + "error\r")
        await seen.until(lambda: "1 of 1 · n N" in seen.text)
        assert "ERROR the reason" in seen.text


async def test_of_a_sparse_gigabyte_the_beginning_is_there_at_once(engine: Engine, box: Box) -> None:
    async with opened(engine, NARROW) as seen:
        started = time.monotonic()
        screen = await shown(seen, box.target("/w/sparse"), "00000000  00 00")
        first = time.monotonic() - started
        assert screen.is_reading
        await seen.until(lambda: not screen.is_reading, 60)
        figures("1 GiB sparse", first, time.monotonic() - started)
        assert first < 10
        await seen.press("G")
        await seen.until(lambda: "3ffffff0  00 00" in seen.text)


async def test_escape_ends_a_long_reading_and_keeps_its_beginning(
    engine: Engine, box: Box, run: Run, docker: Docker
) -> None:
    # Longer than any test waits: it is still read when somebody presses a key.
    container = run("sh", "-c", "dd if=/dev/zero of=/endless bs=1 count=0 seek=68719476736")
    eventually(lambda: docker("inspect", "--format", "{{.State.Status}}", container).stdout == "exited\n")
    async with opened(engine) as seen:
        screen = await shown(seen, Target(container, "endless", "/endless", None, box.image), "00000000  00 00")
        await seen.until(lambda: "esc ends it" in seen.text)
        await seen.press("escape")
        await seen.until(lambda: "only its beginning is shown" in seen.text)
        assert screen.is_current
        await seen.press("G")
        await seen.until(lambda: "after this are not shown" in seen.text)
        await seen.press("escape")
        assert not screen.is_current


async def test_a_program_is_named_and_shown_as_bytes_and_as_text(engine: Engine, box: Box) -> None:
    async with opened(engine, NARROW) as seen:
        await shown(seen, box.target("/w/program"), "|.ELF")
        assert "ELF program for " in seen.text
        await seen.press("x")
        await seen.until(lambda: re.search(r"1  .ELF", seen.text))
        assert "|.ELF" not in seen.text
        await seen.press("x")
        await seen.until(lambda: "|.ELF" in seen.text)
        await seen.press("slash")
        await seen.type("7f 45 4c 46\r")
        await seen.until(lambda: "1 of " in seen.text)


async def test_a_changed_file_stands_beside_the_images(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        await shown(seen, box.target("/etc/passwd", Kind.MODIFIED), "changed:x:0:0")
        await seen.press("tab")
        await seen.until(lambda: "+changed:x:0:0::/:/bin/false" in seen.text)
        assert " root:x:0:0" not in seen.text or "@@" in seen.text
        await seen.press("tab")
        await seen.until(lambda: "root:x:0:0" in seen.text and "@@" not in seen.text)
        assert "changed:x:0:0" not in seen.text
        await seen.press("tab")
        await seen.until(lambda: "changed:x:0:0" in seen.text)


async def test_a_changed_mode_is_told_as_all_that_changed(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        await shown(seen, box.target("/etc/group", Kind.MODIFIED), "root:x:0")
        await seen.press("shift+tab", "shift+tab")
        await seen.until(lambda: "→ -rw-------" in seen.text)
        assert "The content is the same" in seen.text


async def test_of_a_deleted_file_the_images_version_is_shown(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        await shown(seen, box.target("/etc/shadow", Kind.DELETED), "root:")
        assert "The container deleted it: this is the image's version." in seen.text


async def test_a_removed_image_is_a_sentence(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        gone = Target(box.id, "box", "/etc/shadow", Kind.DELETED, ImageFiles(engine, "sha256:" + "0" * 64, box.id))
        await shown(seen, gone, "The image is no longer on the engine.")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/w/pipe", "It is a named pipe"),
        ("/w/up", "It is a link to /etc/shadow, and the container has nothing there."),
        ("/w/ring", "or it is a link that leads in a circle"),
        ("/w/root", "It is a directory."),
        ("/w/none", "There is nothing at /w/none"),
        ("/w/users", "/w/users → /etc/passwd"),
        ("/w/device", "It is a character device"),
    ],
)
async def test_what_has_no_content_is_a_sentence(engine: Engine, box: Box, path: str, words: str) -> None:
    async with opened(engine) as seen:
        await shown(seen, box.target(path), words)


async def test_nothing_in_a_hostile_file_acts(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        screen = await shown(seen, box.target("/w/hostile"), "red [/x]")
        assert not UNSAFE & set("".join(seen.rows))
        red = next(segment for segment in screen.view.render_line(0) if segment.text.startswith("red"))
        assert red.style is not None
        assert red.style.color is not None
        await seen.press("y")
        await seen.until(lambda: "not copied: it holds control characters" in seen.text)


async def test_a_file_whose_name_is_markup_is_shown(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        await shown(seen, box.target("/w/[b]x"), "/w/[b]x  in box")
        await seen.until(lambda: "no newline at its end" in seen.text)
        assert not UNSAFE & set("".join(seen.rows))


async def test_a_name_that_is_no_text_is_shown_all_the_same(engine: Engine, box: Box, tmp_path: Path) -> None:
    async with opened(engine) as seen:
        await shown(seen, box.target("/w/inv\udcff\nalid"), "1  odd")
        assert "/w/inv\ufffd⏎alid" in seen.text
        await seen.press("ctrl+s")
        (await entry(seen)).value = str(tmp_path)
        await seen.press("ctrl+y")
        await seen.until(lambda: "not copied: it holds control characters" in seen.text)
        await seen.press("enter")
        # Engine 20.10 makes an empty archive of such a name; 28 makes one of it.
        answers = ("no archive of a file whose name is no UTF-8", "1 file, 4 B, written to")
        answer = await seen.until(lambda: [one for one in answers if one in " ".join(seen.text.split())])
        made = [one.name for one in tmp_path.iterdir()]
        assert made == ([] if answer == [answers[0]] else ["inv\udcff\nalid"])
        assert not UNSAFE & set("".join(seen.rows))


async def test_a_line_is_gone_to_and_a_missing_one_is_told(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        screen = await shown(seen, box.target("/w/many/7", line="file 7"), "file 7")
        await seen.until(lambda: screen.view.current == 0)
        await seen.press("escape")
        line = "ERROR the reason stands at its end"
        screen = await shown(seen, box.target("/w/big.log", line=line), "-1  ERROR")
        await seen.until(lambda: screen.view.page[screen.view.current].original == line)
        await seen.press("escape")
        await shown(seen, box.target("/w/prog.py", line="nowhere"), "The line that was looked for is not")


async def test_a_megabyte_in_one_line_wraps_and_is_gone_through_at_once(engine: Engine, box: Box) -> None:
    async with opened(engine, NARROW) as seen:
        screen = await shown(seen, box.target("/w/oneline"), "1  xxxxx")
        started = time.process_time()
        await seen.press("w", "G")
        await seen.until(lambda: "xend" in seen.text)
        assert screen.view.count > 10_000
        await seen.press("w", "slash", *"xend", "enter")
        await seen.until(lambda: "1 of 1" in seen.text and "xend" in seen.text.replace("/ xend", ""))
        assert time.process_time() - started < 4


# Out of it


async def test_a_directory_is_copied_where_the_user_says(engine: Engine, box: Box, tmp_path: Path) -> None:
    async with opened(engine) as seen:
        copying_out.copy_out(seen.app, box.id, "box", "/w")
        line = await entry(seen)
        line.value = str(tmp_path)
        await seen.until(lambda: f"{tmp_path}/w" in re.sub(r"[│\s]", "", seen.text))
        command = f"docker --host {engine.endpoint.url} cp {box.id[:12]}:/w"
        await seen.until(lambda: command in " ".join(re.sub("[│|]", " ", seen.text).split()))
        line.value = str(tmp_path / "new")
        await seen.press("enter")
        await seen.until(lambda: "left out" in seen.text, 60)
        assert "pipe: a named pipe" in seen.text
        assert (tmp_path / "new/many/300").read_text() == "file 300\n"
        assert not (tmp_path / "new/up").exists()
        assert [one.name for one in tmp_path.iterdir()] == ["new"]
        await seen.press("escape")
        assert seen.app.screen is seen.app.dashboard


async def test_a_file_that_exists_is_asked_about(engine: Engine, box: Box, tmp_path: Path) -> None:
    (tmp_path / "7").write_text("mine")
    async with opened(engine) as seen:
        for keys, kept in ((("n",), "mine"), (("y",), "file 7\n")):
            copying_out.copy_out(seen.app, box.id, "box", "/w/many/7")
            (await entry(seen)).value = str(tmp_path)
            await seen.press("enter")
            await seen.until(lambda: "Overwrite it?" in seen.text)
            await seen.press(*keys)
            await seen.until(lambda kept=kept: (tmp_path / "7").read_text() == kept)  # type: ignore[misc]
        await seen.until(lambda: "1 file, 7 B, written to" in seen.text)


@pytest.fixture
def slow_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies that last longer than a test needs to look at them."""
    check = Progress.check

    def slow(progress: Progress) -> None:
        time.sleep(0.005)
        check(progress)

    monkeypatch.setattr(Progress, "check", slow)


@pytest.mark.usefixtures("slow_copies")
async def test_a_cancelled_copy_leaves_nothing(engine: Engine, box: Box, tmp_path: Path) -> None:
    async with opened(engine) as seen:
        copying_out.copy_out(seen.app, box.id, "box", "/w/sparse")
        (await entry(seen)).value = str(tmp_path)
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, ProgressBox) and "MiB" in seen.text)
        await seen.press("escape")
        await seen.until(lambda: "cancelled: nothing was written" in seen.text)
        assert seen.app.screen is seen.app.dashboard
        assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("slow_copies")
async def test_leaving_the_program_amid_a_copy_leaves_nothing(engine: Engine, box: Box, tmp_path: Path) -> None:
    async with opened(engine) as seen:
        copying_out.copy_out(seen.app, box.id, "box", "/w/sparse")
        (await entry(seen)).value = str(tmp_path)
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, ProgressBox) and "MiB" in seen.text)
    assert list(tmp_path.iterdir()) == []


async def test_no_place_that_is_typed_does_harm(engine: Engine, box: Box) -> None:
    async with opened(engine) as seen:
        copying_out.copy_out(seen.app, box.id, "box", "/w/many/7")
        line = await entry(seen)
        for typed, words in (
            ("~nobody-of-that-name/x", "there is no such user"),
            ("/no/such/folder/7", "No such file or directory"),
        ):
            line.value = typed
            await seen.until(lambda words=words: words in " ".join(re.sub("[│|]", " ", seen.text).split()))  # type: ignore[misc]
        await seen.press("enter")
        await seen.until(lambda: "cannot be written: No such file or directory" in seen.text)
        assert seen.app.screen is seen.app.dashboard
        copying_out.copy_out(seen.app, box.id, "box", "/w/many/7")
        (await entry(seen)).value = "x" * 300
        await seen.press("enter")
        await seen.until(lambda: "File name too long" in " ".join(re.sub("[│|▌]", " ", seen.text).split()))


async def test_the_whole_of_it_becomes_a_tar(engine: Engine, run: Run, docker: Docker, tmp_path: Path) -> None:
    container = run("sh", "-c", "echo hi > /hello")
    eventually(lambda: docker("inspect", "--format", "{{.State.Status}}", container).stdout == "exited\n")
    async with opened(engine) as seen:
        copying_out.export(seen.app, container, "a-1")
        await seen.press("t")
        line = await entry(seen)
        assert re.fullmatch(r"a-1-\d{8}-\d{6}\.tar", line.value)
        await seen.until(lambda: "are free there" in seen.text)
        line.value = str(tmp_path / "all.tar")
        await seen.press("enter")
        await seen.until(lambda: "1 file, " in seen.text, 60)
    with tarfile.open(tmp_path / "all.tar") as archive:
        assert archive.extractfile("hello").read() == b"hi\n"  # type: ignore[union-attr]


async def test_the_whole_of_it_is_listed_searched_and_saved(engine: Engine, box: Box, tmp_path: Path) -> None:
    async with opened(engine) as seen:
        copying_out.export(seen.app, box.id, "box")
        await seen.press("l")
        await seen.until(lambda: isinstance(seen.app.screen, ListingView), 60)
        await seen.press("slash", *"many/300", "enter")
        await seen.until(lambda: re.search(r"-rw-r--r-- 0/0 +9 \d{4}-\d\d-\d\d \d\d:\d\d /w/many/300", seen.text))
        await seen.press("ctrl+s")
        (await entry(seen)).value = str(tmp_path / "list.txt")
        await seen.press("enter")
        await seen.until(lambda: (tmp_path / "list.txt").exists())
        assert " /w/up -> ../../../../etc/shadow\n" in (tmp_path / "list.txt").read_text()
