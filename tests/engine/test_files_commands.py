"""`cdbg diff`, `cat` and `cp` as programs, on real containers."""

from __future__ import annotations

import base64
import json
import os
import pty
import signal
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import Docker, Run, eventually

Cdbg = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def argv(engine_url: str) -> list[str]:
    return [sys.executable, "-m", "cdbg_tui", "--host", engine_url]


@pytest.fixture
def cdbg(argv: list[str]) -> Cdbg:
    """Runs the program on the test engine, without a terminal."""

    def cdbg(*words: str | bytes, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        root = Path(__file__).parent.parent.parent
        return subprocess.run(
            [*argv, *words],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(root)},
        )

    return cdbg


@pytest.fixture
def on_terminal(argv: list[str]) -> Callable[..., tuple[int, bytes]]:
    """Runs the program with a terminal as its standard output."""

    def on_terminal(*words: str) -> tuple[int, bytes]:
        ours, its = pty.openpty()
        child = subprocess.Popen(
            [*argv, *words],
            stdin=subprocess.DEVNULL,
            stdout=its,
            stderr=its,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(its)
        got = bytearray()
        try:
            while piece := os.read(ours, 65536):
                got += piece
        except OSError:  # so a terminal ends whose other side is closed
            pass
        finally:
            os.close(ours)
        return child.wait(30), bytes(got)

    return on_terminal


@pytest.fixture
def dead(run: Run, docker: Docker) -> Callable[[str], str]:
    """Makes a container that has run a script and ended."""

    def dead(script: str) -> str:
        one = run("sh", "-c", script, options=["--volume=/vol"])
        docker("wait", one)
        return one

    return dead


ODD = r"""mkdir -p /srv/a; echo one > /srv/a/f; ln -s f /srv/a/l; rm /etc/group; echo x >> /etc/passwd
    echo odd > "$(printf '/bad\377')"; echo odd > "$(printf '/a\nb\tc')"; chown 7:8 /srv/a/f; chmod 4751 /srv/a/f
    touch -d @1000000000 /srv/a/f"""


def test_diff_for_programs(dead: Callable[[str], str], cdbg: Cdbg, docker: Docker) -> None:
    one = dead(ODD)
    done = cdbg("diff", one)
    assert (done.returncode, done.stderr) == (0, b"")
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    by_path = {row[5]: row for row in rows}
    assert by_path["/srv/a/f"] == ["A", "-rwsr-x--x", "7:8", "4", "2001-09-09T01:46:40Z", "/srv/a/f"]
    assert by_path["/etc/group"] == ["D", "-", "-", "-", "-", "/etc/group"]
    assert by_path["/srv/a/l"][-1] == "f"
    assert by_path["/etc/passwd"][0] == "C"
    assert {r"$'/bad\377'", r"$'/a\nb\tc'"} <= set(by_path)
    plain = {tuple(line.split(" ", 1)) for line in docker("diff", one).stdout.splitlines() if "odd" not in line}
    assert {("A", "/srv/a/f"), ("D", "/etc/group")} <= plain
    assert {(row[0], row[5]) for row in rows if row[5].isprintable() and "$" not in row[5]} <= plain


def test_diff_as_json(dead: Callable[[str], str], cdbg: Cdbg) -> None:
    one = dead(ODD)
    done = cdbg("diff", one, "--json")
    assert done.returncode == 0
    assert done.stdout.isascii()
    made: Any = json.loads(done.stdout)
    assert list(made) == ["container", "totals", "changes", "mounts"]
    assert made["container"]["id"] == one
    changes = {change["path"]: change for change in made["changes"]}
    assert changes["/srv/a/f"] == {
        "kind": "A",
        "path": "/srv/a/f",
        "type": "file",
        "size": 4,
        "mode": "4751",
        "uid": 7,
        "gid": 8,
        "modified": "2001-09-09T01:46:40Z",
        "link": None,
    }
    assert changes["/srv/a/l"]["link"] == "f"
    assert changes["/etc/group"] == {
        **dict.fromkeys(("type", "size", "mode", "uid", "gid", "modified", "link")),
        "kind": "D",
        "path": "/etc/group",
    }
    assert base64.b64decode(changes["/bad\ufffd"]["path_base64"]) == b"/bad\xff"
    assert "path_base64" not in changes["/a\nb\tc"]
    assert [(mount["path"], mount["type"]) for mount in made["mounts"]] == [("/vol", "volume")]
    totals = made["totals"]
    assert totals["deleted"] == 1
    assert totals["added"] + totals["modified"] + totals["deleted"] == len(changes)
    assert totals["bytes"] == sum(change["size"] or 0 for change in changes.values())


def test_diff_on_a_terminal(dead: Callable[[str], str], on_terminal: Callable[..., tuple[int, bytes]]) -> None:
    one = dead(r"printf x > /$'evil\033]52;c;eA==\007'; ln -s there /link; rm /etc/group")
    status, out = on_terminal("diff", one)
    assert status == 0
    text = out.decode()
    assert "\x1b]" not in text
    assert "\x1b[32m" in text
    assert "/link -> there" in text
    assert text.rstrip().splitlines()[-1].endswith("1 deleted; 1 B")


def test_an_untouched_one(run: Run, cdbg: Cdbg, on_terminal: Callable[..., tuple[int, bytes]]) -> None:
    one = run("true", start=False)
    assert cdbg("diff", one).stdout == b""
    assert json.loads(cdbg("diff", one, "--json").stdout)["changes"] == []
    assert b"Nothing was changed." in on_terminal("diff", one)[1]


def test_cat_writes_the_bytes(dead: Callable[[str], str], cdbg: Cdbg) -> None:
    one = dead(r"printf 'a\0\377\033[2Jb' > /f; ln -s /f /l; ln -s l /m; mkdir /d; ln -s /f /d/n")
    for path in ("/f", "f", "/l", "/m", "/d/n", "/d/../f"):
        done = cdbg("cat", f"{one}:{path}")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"a\0\xff\x1b[2Jb", b"")


def test_cat_on_a_terminal_is_clean(
    dead: Callable[[str], str], on_terminal: Callable[..., tuple[int, bytes]]
) -> None:
    one = dead(r"printf '\033[31mred\033[0m \033]0;title\007\033[2Jend\r\nlast' > /f")
    status, out = on_terminal("cat", f"{one}:/f")
    assert status == 0
    assert out == b"\x1b[31mred\x1b[0m end\r\nlast\x1b[m"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/etc", "/etc is a directory, and has no text to be shown. cdbg cp copies it."),
        ("/pipe", "/pipe is a named pipe, and has no text to be shown."),
        ("/null", "/null is a character device, and has no text to be shown."),
        ("/srv/nme", "There is nothing at /srv/nme in the container. Did you mean “/srv/name”?"),
        ("/name", "There is nothing at /name in the container. Did you mean “/srv/name”?"),
        ("/ring", "There is nothing at /ring in the container."),
        ("/dangling", "/dangling is a link to /srv/nme, where there is nothing. Did you mean “/srv/name”?"),
        (
            "/etc/group",
            "There is nothing at /etc/group in the container. "
            "It was deleted: with --image you get it as the image has it.",
        ),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_1(
    dead: Callable[[str], str], cdbg: Cdbg, path: str, said: str
) -> None:
    script = "mkfifo /pipe; mknod /null c 1 3; mkdir /srv; echo x > /srv/name; rm /etc/group; "
    script += "ln -s ring /ring; ln -s srv/nme /dangling"
    done = cdbg("cat", f"{dead(script)}:{path}")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"cdbg: {said}\n"


def test_wrong_words(run: Run, cdbg: Cdbg, tmp_path: Path) -> None:
    one = run("true", start=False, name="cdbg-t-files-there")
    for words, said in (
        (["cat", one], "is not NAME:PATH"),
        (["cat", "cdbg-t-files-ther:/f"], "Did you mean “cdbg-t-files-there”?"),
        (["cp", str(tmp_path), f"{one}:/x"], "copies out of containers only. docker cp copies into one."),
        (["cp", f"{one}:/etc/passwd", f"{tmp_path}/none/"], "There is no directory"),
        (["diff", "no/such"], "There is no container “no/such”."),
    ):
        done = cdbg(*words)
        assert done.returncode == 1
        assert said in done.stderr.decode()
    assert cdbg("cp", f"{one}:/x").returncode == 2


def test_the_image_has_what_was_deleted(
    dead: Callable[[str], str], cdbg: Cdbg, docker: Docker, tmp_path: Path
) -> None:
    one = dead("rm /etc/group; echo changed > /etc/passwd")
    before = docker("ps", "-aq").stdout
    now, then = cdbg("cat", f"{one}:/etc/passwd"), cdbg("cat", "--image", f"{one}:/etc/passwd")
    assert now.stdout == b"changed\n"
    assert then.stdout.startswith(b"root:")
    assert cdbg("cp", "--image", f"{one}:/etc/group", str(tmp_path)).returncode == 0
    assert (tmp_path / "group").read_bytes().startswith(b"root:")
    missing = cdbg("cat", "--image", f"{one}:/none")
    assert (missing.returncode, missing.stderr.decode()) == (1, "cdbg: There is nothing at /none in the image.\n")
    assert docker("ps", "-aq").stdout == before


BIG = "dd if=/dev/zero of=/big bs=1 count=0 seek=1G"


def test_a_gibibyte_passes_in_little_memory(dead: Callable[[str], str], argv: list[str]) -> None:
    one = dead(BIG)
    with subprocess.Popen([*argv, "cat", f"{one}:/big"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        count = peak = 0
        while piece := child.stdout.read(1 << 20):
            count += len(piece)
            if count == 1 << 29:
                status = Path(f"/proc/{child.pid}/status").read_text()
                peak = int(status.partition("VmHWM:")[2].split()[0])
        assert child.wait(10) == 0
    assert count == 1 << 30
    assert 0 < peak < 80 << 10


@pytest.mark.parametrize("what", ["big", "small"])
def test_a_reader_that_has_seen_enough_is_no_failure(
    dead: Callable[[str], str], argv: list[str], what: str
) -> None:
    one = dead(BIG + "; seq 1000000 > /small")
    with subprocess.Popen(
        [*argv, "cat", f"{one}:/{what}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.read(10)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(10) == 0


def test_a_slow_reader_of_a_usual_file_does_not_hold_up_the_engine(
    dead: Callable[[str], str], argv: list[str], docker: Docker
) -> None:
    one = dead("seq 1000000 > /small")
    with subprocess.Popen([*argv, "cat", f"{one}:/small"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.read(10)
        began = time.monotonic()
        docker("inspect", one)
        assert time.monotonic() - began < 5
        child.kill()


@pytest.mark.parametrize("words", ["cat {}:/f", "diff {}", "diff --json {}", "image {}", "report {} -o -"])
def test_no_room_on_standard_output_is_told(dead: Callable[[str], str], argv: list[str], words: str) -> None:
    one = dead("seq 100 > /f")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*argv, *words.format(one).split()], check=False, stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == (2 if words.startswith("image") else 1)
    assert done.stderr == b"cdbg: Standard output cannot be written: No space left on device.\n"


def test_cp_tells_what_it_wrote(dead: Callable[[str], str], cdbg: Cdbg, tmp_path: Path) -> None:
    one = dead("mkdir /d; echo one > /d/f; mkfifo /d/p; ln -s /etc /d/out; chmod 4777 /d/f")
    done = cdbg("cp", f"{one}:/d", "copy", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().splitlines() == [
        "1 file, 4 B, copied to copy",
        "left out: d/p: a named pipe",
        "left out: d/out: a link to /etc, out of the copy",
    ]
    assert (tmp_path / "copy/f").read_text() == "one\n"
    assert stat.S_IMODE((tmp_path / "copy/f").stat().st_mode) == 0o700
    again = cdbg("cp", f"{one}:/d/f", "copy", cwd=tmp_path)
    assert again.returncode == 1
    assert again.stderr.decode() == "cdbg: copy/f exists. Choose another name, or have it overwritten.\n"
    assert cdbg("cp", "--force", f"{one}:/d/f", "copy", cwd=tmp_path).returncode == 0


def test_cp_writes_an_archive(
    dead: Callable[[str], str], cdbg: Cdbg, tmp_path: Path, on_terminal: Callable[..., tuple[int, bytes]]
) -> None:
    one = dead("mkdir /d; echo one > /d/f")
    done = cdbg("cp", f"{one}:/d", "-")
    assert done.returncode == 0
    (tmp_path / "d.tar").write_bytes(done.stdout)
    with tarfile.open(tmp_path / "d.tar") as tar:
        assert tar.getnames() == ["d", "d/f"]
    status, out = on_terminal("cp", f"{one}:/d", "-")
    assert status == 1
    assert out.startswith(b"cdbg: Standard output is a terminal, and no place for an archive.")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_ended_in_the_middle_it_leaves_nothing(
    dead: Callable[[str], str], argv: list[str], tmp_path: Path, docker: Docker, number: int, status: int
) -> None:
    one = dead("dd if=/dev/zero of=/big bs=1 count=0 seek=20G")
    before = docker("ps", "-aq").stdout
    with subprocess.Popen([*argv, "cp", f"{one}:/big", str(tmp_path)], stderr=subprocess.PIPE) as child:
        assert child.stderr is not None
        eventually(lambda: list(tmp_path.glob(".cdbg-copy-*/new")))
        child.send_signal(number)
        assert child.wait(10) == status
        assert child.stderr.read() == b""
    assert not list(tmp_path.iterdir())
    assert docker("ps", "-aq").stdout == before
