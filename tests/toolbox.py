"""A toolbox image, made of programs of this machine and the libraries that they need."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support import Docker

SHELL = ("sh", "cat", "sleep", "kill", "wget", "nc")
"""What busybox is in it."""


def needed(*programs: str) -> None:
    """Skip the test where this machine lacks one of *programs*: there is nothing to make the image of."""
    lacking = [program for program in programs if shutil.which(program) is None]
    if lacking:
        pytest.skip(f"this machine has no {', '.join(lacking)}")


def path_of(program: str) -> str:
    """Return where this machine has *program*; skip the test where it has not."""
    needed(program)
    return str(Path(shutil.which(program) or "").resolve())


def make(docker: Docker, engine_url: str, name: str, *programs: str, shell: bool = True) -> str:
    """Import an image *name* with these programs of this machine, unless it is there; return its name."""
    if docker("image", "inspect", name, check=False).returncode == 0:
        return name
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for program in programs:
            path = shutil.which(program)
            assert path is not None, f"{program} is not on this machine"
            _add(tar, f"/usr/bin/{program}", path)
            for library in _libraries(path):
                _add(tar, library, library)
        passwd = b"root:x:0:0:root:/root:/bin/sh\ntcpdump:x:100:100::/:/bin/false\n"
        _write(tar, "/etc/passwd", passwd)
        _write(tar, "/etc/group", b"root:x:0:\ntcpdump:x:100:\n")
        if shell:
            busybox = shutil.which("busybox")
            assert busybox is not None
            _add(tar, "/bin/busybox", busybox)
            for applet in SHELL:
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
    done = subprocess.run(
        ["docker", "--host", engine_url, "import", "-c", "ENV PATH=/usr/bin:/bin", "-", name],
        check=False,
        input=archive.getvalue(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return name


def _libraries(path: str) -> Iterable[str]:
    said = subprocess.run(["ldd", path], check=False, capture_output=True, text=True).stdout
    return re.findall(r"(?:=> |^\s*)(/\S+) \(0x", said, re.MULTILINE)


def _add(tar: tarfile.TarFile, name: str, path: str) -> None:
    _write(tar, name, Path(path).resolve().read_bytes(), mode=0o755)


def _write(tar: tarfile.TarFile, name: str, content: bytes, *, mode: int = 0o644) -> None:
    if name.lstrip("/") in tar.getnames():
        return
    member = tarfile.TarInfo(name.lstrip("/"))
    member.size, member.mode = len(content), mode
    tar.addfile(member, io.BytesIO(content))
