"""Containers that are hard to walk through, each opened, read, copied out and brought back under a shell."""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cdbg_tui.engine import files, leftovers
from cdbg_tui.engine.archive import listing
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.contents import contents
from cdbg_tui.engine.copying import copy_out
from cdbg_tui.engine.image_files import image_container
from cdbg_tui.engine.metadata import metadata
from cdbg_tui.engine.remains import remains
from cdbg_tui.model.change import Kind
from cdbg_tui.model.file import File, FileKind
from cdbg_tui.model.filetree import FileTree
from cdbg_tui.sessions.exec import SHELLS
from cdbg_tui.sessions.rerun import rerun_plan
from tests.engine.shell import opened
from tests.support import Docker, Run, eventually

MIB = 1 << 20
ERROR = '[emerg] 1#1: open() "/run/webd/webd.pid" failed (2: No such file or directory)'


@dataclass(frozen=True)
class Case:
    """A fate: what it runs, what then must have been changed, what is read and copied, and what a shell sees."""

    script: str
    changed: Mapping[str, Kind]
    read: str
    content: bytes
    copy: str
    ask: str
    answer: str
    options: tuple[str, ...] = ()
    image: str = "busybox:latest"
    left_out: frozenset[str] = field(default_factory=frozenset)


CASES = {
    "huge-diff": Case(
        "mkdir /spool; i=0; while [ $i -lt 20000 ]; do : > /spool/msg-$i; i=$((i+1)); done; echo end > /spool/end",
        {"/spool": Kind.ADDED, "/spool/msg-19999": Kind.ADDED},
        "/spool/end",
        b"end\n",
        "/spool",
        "ls /spool | wc -l",
        "20001",
    ),
    "binary-diff": Case(
        "cp /bin/uname /u; printf PATCHED >> /u; mv /u /bin/uname; rm /etc/passwd; chmod 700 /tmp; "
        "head -c 3000 /dev/zero > /new.bin",
        {"/bin/uname": Kind.MODIFIED, "/etc/passwd": Kind.DELETED, "/new.bin": Kind.ADDED, "/tmp": Kind.MODIFIED},
        "/new.bin",
        bytes(3000),
        "/bin/uname",
        "tail -c 7 /bin/uname; ls -ld /tmp /etc/passwd 2>&1 | cut -c1-10",
        "PATCHEDls: /etc/p\ndrwx------",
    ),
    "symlink-escape": Case(
        "mkdir -p /out/sub; cd /out; echo real > report.txt; ln -s /etc/passwd passwd; ln -s / sub/root; "
        "ln -s ../../../../../../etc/shadow up; ln -s loop loop; ln report.txt hard.txt; mkfifo pipe",
        {"/out/passwd": Kind.ADDED, "/out/pipe": Kind.ADDED, "/out/sub/root": Kind.ADDED},
        "/out/report.txt",
        b"real\n",
        "/out",
        "readlink /out/up",
        "../../../../../../etc/shadow",
        left_out=frozenset({"passwd", "root", "up", "pipe"}),
    ),
    "sparse-bomb": Case(
        "mkdir /data; truncate -s 1G /data/core.img; echo tiny > /data/tiny.txt",
        {"/data/core.img": Kind.ADDED},
        "/data/tiny.txt",
        b"tiny\n",
        "/data",
        "stat -c %s /data/core.img",
        str(1 << 30),
    ),
    "hostile": Case(
        r"""mkdir /h; cd /h; echo x > "$(printf 'a\nb')"; echo x > "$(printf '\033]52;c;eA==\007')"; """
        r"""echo x > '[bold]'; """
        r"""printf '\033[2J[bold]\000\377' > evil; echo x > -rf""",
        {"/h/[bold]": Kind.ADDED, "/h/-rf": Kind.ADDED},
        "/h/evil",
        b"\x1b[2J[bold]\x00\xff",
        "/h",
        "ls /h | wc -l",
        "5",
    ),
    "missing-dir-hidden-log": Case(
        f"mkdir -p /var/log/webd; echo '{ERROR}' > /var/log/webd/error.log; exit 1",
        {"/var/log/webd/error.log": Kind.ADDED},
        "/var/log/webd/error.log",
        ERROR.encode() + b"\n",
        "/var/log/webd",
        "mkdir -p /run/webd && ls -d /run/webd",
        "/run/webd",
    ),
    "volumes": Case(
        "echo x > /data/x; echo w > /root-file; echo z > /scratch/z",
        {"/root-file": Kind.ADDED},
        "/data/x",
        b"x\n",
        "/data",
        "cat /data/x; ls /scratch | wc -l",
        "x\n0",
        options=("--volume=/data", "--tmpfs=/scratch"),
    ),
}


@pytest.fixture(autouse=True)
def _nothing_is_left(engine: Engine) -> Iterator[None]:
    before = {one.id for one in leftovers.left_behind(engine)}
    yield
    assert not {one.id for one in leftovers.left_behind(engine)} - before


def dead(run: Run, docker: Docker, case: Case) -> str:
    container = run("sh", "-c", case.script, options=case.options, image=case.image)
    eventually(lambda: docker("inspect", "-f", "{{.State.Running}}", container).stdout.strip() == "false", 60)
    return container


@pytest.mark.parametrize("name", CASES)
def test_is_opened_read_copied_out_and_brought_back(
    name: str, engine: Engine, run: Run, docker: Docker, tmp_path: Path
) -> None:
    case = CASES[name]
    container = dead(run, docker, case)
    before = set(docker("diff", container).stdout.splitlines())

    changes = {change.path: change.kind for change in files.changes(engine, container)}
    assert case.changed.items() <= changes.items()
    known: dict[str, File] = {}
    details = files.inspect(engine, container)
    for batch in metadata(engine, details, files.changes(engine, container)):
        known.update(batch)
    for path, kind in case.changed.items():
        assert kind is Kind.DELETED or known[path].modified > 0

    tree = listing(engine, container).tree
    assert all(tree.get(path) for path, kind in case.changed.items() if kind is not Kind.DELETED)

    whole = contents(engine, container, case.read)
    assert whole.head == case.content

    copied = copy_out(engine, container, case.copy, tmp_path)
    assert copied.path == tmp_path / case.copy.rpartition("/")[2]
    assert {words.partition(": ")[0].rpartition("/")[2] for words in copied.left_out} == case.left_out
    for file in [copied.path, *copied.path.rglob("*")]:
        assert os.path.realpath(file).startswith(str(tmp_path) + "/")
        assert not stat.S_IMODE(file.lstat().st_mode) & 0o7077 or file.is_symlink()

    with opened(rerun_plan(remains(engine, container, SHELLS), engine.docker, secrets.token_hex(2))) as shell:
        assert shell.ask(case.ask) == case.answer
        assert shell.leave() == 0
    assert set(docker("diff", container).stdout.splitlines()) == before


def test_twenty_thousand_changes_are_known_soon_after_the_engine_has_told_them(
    engine: Engine, run: Run, docker: Docker
) -> None:
    container = dead(run, docker, CASES["huge-diff"])
    details, changes = files.inspect(engine, container), files.changes(engine, container)
    assert len(changes) == 20_002
    started = time.process_time()
    first = next(iter(metadata(engine, details, changes)))
    # The machine may be busy with other things: what is bounded is our own work.
    assert time.process_time() - started < 1
    assert first


def test_a_sparse_file_stays_sparse_in_its_copy_and_small_in_memory(
    engine: Engine, run: Run, docker: Docker, tmp_path: Path
) -> None:
    container = dead(run, docker, CASES["sparse-bomb"])
    ends = contents(engine, container, "/data/core.img")
    assert len(ends.head) + len(ends.tail) <= 4 * MIB
    assert ends.skipped == (1 << 30) - len(ends.head) - len(ends.tail)
    copied = copy_out(engine, container, "/data/core.img", tmp_path)
    found = copied.path.stat()
    assert found.st_size == 1 << 30
    assert found.st_blocks * 512 < MIB


def test_of_what_was_deleted_the_image_has_the_copy(engine: Engine, run: Run, docker: Docker) -> None:
    container = dead(run, docker, CASES["binary-diff"])
    details = files.inspect(engine, container)
    with image_container(engine, details["Image"], container) as image:
        assert contents(engine, image, "/etc/passwd").head.startswith(b"root:x:0:0:")


def test_links_are_followed_inside_the_containers_own_root(engine: Engine, run: Run, docker: Docker) -> None:
    container = dead(run, docker, CASES["symlink-escape"])
    tree: FileTree = listing(engine, container).tree
    passwd = tree.resolve("/out/sub/root/out/passwd")
    assert passwd is not None
    assert (passwd.path, passwd.kind) == ("/etc/passwd", FileKind.REGULAR)
    assert tree.resolve("/out/up") is None
    assert tree.resolve("/out/loop") is None
