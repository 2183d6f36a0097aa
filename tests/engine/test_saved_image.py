"""Images built for the purpose on a real engine, read by its save stream; and streams no engine would send."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cdbg_tui.engine import saved_image
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.progress import Progress
from cdbg_tui.model.analysis import Analysis, analyse
from cdbg_tui.model.layers import NO_HISTORY
from cdbg_tui.model.stacking import What
from cdbg_tui.model.waste import Offender
from tests.support import LABEL, Docker, eventually

Build = Callable[..., str]

DOCKERFILE = f"""\
FROM busybox:latest
RUN mkdir -p /t/dir /t/again && head -c 3000 /dev/zero > /t/twice && head -c 500 /dev/zero > /t/gone \\
    && head -c 700 /dev/zero > /t/mode && head -c 1000 /dev/zero > /t/dir/a && head -c 2000 /dev/zero > /t/dir/b \\
    && head -c 900 /dev/zero > /t/again/old && head -c 800 /dev/zero > /t/one && ln /t/one /t/other \\
    && mkdir /t/was && head -c 600 /dev/zero > /t/was/in
RUN head -c 1000 /dev/zero > /t/twice
RUN head -c 2000 /dev/zero > /t/twice && rm /t/gone && chmod 700 /t/mode
ENV SOMETHING=1
RUN rm -r /t/dir && rm -r /t/again && mkdir /t/again && head -c 50 /dev/zero > /t/again/new
RUN rm -r /t/was && head -c 10 /dev/zero > /t/was && rm /t/one
LABEL {LABEL}=1
"""


@pytest.fixture(scope="module")
def build(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """Builds images that are removed after the tests."""
    made: list[str] = []

    def build(name: str, dockerfile: str, **files: bytes) -> str:
        context = tmp_path_factory.mktemp("image")
        (context / "Dockerfile").write_text(dockerfile)
        for file, content in files.items():
            (context / file).write_bytes(content)
        docker("build", "--quiet", "--tag", name, str(context))
        made.append(name)
        return name

    yield build
    for name in made:
        docker("rmi", "--force", name, check=False)


@pytest.fixture(scope="module")
def purpose(build: Build) -> str:
    """An image with each way to waste space."""
    return build("cdbg-test/purpose:1", DOCKERFILE)


def looked(engine: Engine, name: str, progress: Progress | None = None) -> Analysis:
    details = saved_image.inspect(engine, name)
    return analyse(saved_image.read(engine, details, progress))


def test_waste_is_what_one_works_out_by_hand(engine: Engine, purpose: str) -> None:
    seen = looked(engine, purpose)
    offenders = {one.path: one for one in seen.waste.offenders if one.path.startswith("/t/") and one.size}
    assert offenders == {
        "/t/twice": Offender("/t/twice", 6000, 3),
        "/t/gone": Offender("/t/gone", 500, 2),
        "/t/mode": Offender("/t/mode", 1400, 2),
        "/t/one": Offender("/t/one", 800, 2),
    }
    base = seen.image.layers[0].size
    own = {"/t/dir/a": 1000, "/t/dir/b": 2000, "/t/again/old": 900, "/t/again/new": 50, "/t/was/in": 600}
    # Besides what is met once: dir, deleted whole, is 3000 more on both sides; was is a file of 10 in its place.
    once = base + sum(own.values()) + 3000 + 10
    least, all_copies = 1000 + 0 + 700 + 0, 6000 + 500 + 1400 + 800
    assert seen.waste.wasted == all_copies
    assert seen.waste.efficiency == pytest.approx((once + least) / (once + all_copies))
    assert seen.waste.user_size == all_copies + sum(own.values()) + 10
    # Overwritten 3000 + 1000 + 700, deleted 500 + 3000 + 900 + 600 + 800.
    assert seen.unseen == 10_500


def test_each_layer_tells_what_it_did(engine: Engine, purpose: str) -> None:
    seen = looked(engine, purpose)
    did = [{what.value: count for what, count in change.counts.items() if count} for change in seen.changes[1:]]
    assert [layer.instruction.split(" ")[0] for layer in seen.image.layers[1:]] == ["RUN"] * 5
    assert did[0]["A"] == 9  # twice gone mode a b old one other in
    assert did[1] == {"M": 1}
    assert did[2] == {"M": 2, "D": 1}
    assert did[3] == {"A": 1, "D": 3}
    assert did[4] == {"M": 1, "D": 1}
    assert seen.changes[4].bytes[What.DELETED] == 3900
    texts = [step.instruction for step, number in seen.image.steps if number is None and step is not None]
    assert "ENV SOMETHING=1" in texts
    assert [one.path for _, one in seen.directories] == ["t/dir", "t/again/old"][:1]


def test_history_is_that_of_the_image(engine: Engine, purpose: str) -> None:
    image = looked(engine, purpose).image
    assert image.is_whole
    assert image.names == (purpose,)
    assert image.platform.startswith("linux/")
    assert "&& ln /t/one /t/other" in image.layers[1].instruction


def test_progress_is_counted(engine: Engine, purpose: str) -> None:
    progress = Progress()
    image = looked(engine, purpose, progress).image
    assert progress.files >= sum(len(layer.files) for layer in image.layers)
    assert progress.bytes > image.size


def test_an_imported_image_has_layers_without_instruction(engine: Engine) -> None:
    image = looked(engine, "busybox:latest").image
    assert image.layers[0].instruction == NO_HISTORY or "mported" in image.layers[0].instruction


def test_layers_that_are_the_same_are_read_from_one(engine: Engine, build: Build) -> None:
    # COPY of the same file twice makes two layers with one digest; old engines save the second as a link.
    name = build("cdbg-test/same:1", "FROM busybox:latest\nCOPY a /a\nRUN rm /a\nCOPY a /a\n", a=b"x" * 4096)
    seen = looked(engine, name)
    assert [layer.size for layer in seen.image.layers[1:]] == [4096, 0, 4096]
    assert [(one.path, one.size, one.count) for one in seen.waste.offenders] == [("/a", 8192, 3)]


def test_an_image_that_is_not_there_is_missing(engine: Engine) -> None:
    for name in ("no-such-image", "../containers/json", "a//b", "x?y", ""):
        with pytest.raises(EngineError) as caught:
            saved_image.inspect(engine, name)
        assert caught.value.kind == "missing"


def test_cancelling_ends_the_reading_at_once(engine: Engine, build: Build) -> None:
    name = build("cdbg-test/large:1", "FROM busybox:latest\nRUN head -c 200000000 /dev/urandom > /large\n")
    details, progress = saved_image.inspect(engine, name), Progress()
    ended: list[BaseException] = []

    def read() -> None:
        try:
            saved_image.read(engine, details, progress)
        except EngineError as error:
            ended.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    eventually(lambda: progress.bytes or not reader.is_alive(), 30)
    progress.cancel()
    reader.join(5)
    assert not reader.is_alive()
    # On a fast machine all of it may have come before.
    assert progress.bytes >= 200_000_000 or [getattr(one, "kind", "") for one in ended] == ["cancelled"]


# What no engine sends


Part = tuple[str, bytes]


class _Replay:
    """An engine that answers a save with these bytes, and keeps whether the stream was closed."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.closed = False

    def stream(self, _path: str, *, born: Callable[[_Replay], None], **_: Any) -> _Replay:
        born(self)
        return self

    def __iter__(self) -> Iterator[bytes]:
        return (self.body[at : at + 3000] for at in range(0, len(self.body), 3000))

    def close(self) -> None:
        self.closed = True


def layer(*entries: tuple[str, int]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, size in entries:
            info = tarfile.TarInfo(name)
            info.size = size
            tar.addfile(info, io.BytesIO(b"x" * size))
    return out.getvalue()


def saved(*parts: Part, links: dict[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in parts:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return out.getvalue()


def manifest(*layers: str, config: str = "c.json") -> Part:
    return "manifest.json", json.dumps([{"Config": config, "RepoTags": ["x:1"], "Layers": layers}]).encode()


def config(**fields: Any) -> Part:
    return "c.json", json.dumps({"os": "linux", **fields}).encode()


def replayed(body: bytes) -> Analysis:
    engine: Any = _Replay(body)
    try:
        return analyse(saved_image.read(engine, {"Id": "sha256:ab", "Size": 1}))
    finally:
        assert engine.closed


def test_parts_may_come_in_any_order() -> None:
    seen = replayed(saved(manifest("b/layer.tar", "a/layer.tar"), ("a/layer.tar", layer(("y", 2))), config(),
                          ("b/layer.tar", layer(("x", 1)))))  # fmt: skip
    assert [one.files.paths for one in seen.image.layers] == [["x"], ["y"]]


def test_a_link_to_the_layer_of_another_is_followed() -> None:
    seen = replayed(
        saved(
            ("a/layer.tar", layer(("x", 1))),
            config(),
            manifest("a/layer.tar", "b/layer.tar"),
            links={"b/layer.tar": "../a/layer.tar"},
        )
    )
    assert [one.files.paths for one in seen.image.layers] == [["x"], ["x"]]


def test_gzipped_layers_are_read() -> None:
    blob = gzip.compress(layer(("x", 100_000))) + gzip.compress(b"")
    seen = replayed(saved(("blobs/sha256/1", blob), config(), manifest("blobs/sha256/1")))
    assert seen.image.size == 100_000


def test_a_gzip_bomb_takes_no_memory() -> None:
    blob = gzip.compress(layer(("x", 1)) + bytes(50 << 20))
    assert replayed(saved(("l", blob), config(), manifest("l"))).image.size == 1


def test_a_layer_in_zstd_is_refused_with_a_sentence() -> None:
    with pytest.raises(EngineError, match="zstd"):
        replayed(saved(("l", b"\x28\xb5\x2f\xfd" + bytes(600)), config(), manifest("l")))


def test_empty_layers_and_strange_parts_are_nothing() -> None:
    seen = replayed(
        saved(("l", bytes(1024)), ("VERSION", b"1.0"), ("junk", b"\xff" * 5000), config(), manifest("l"))
    )
    assert (len(seen.image.layers), seen.image.size) == (1, 0)


WHOLE = saved(("l", layer(("x", 5000))), config(), manifest("l"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "ended before its manifest"),
        (b"no tar at all" * 100, "cannot be read"),
        (WHOLE[:600], "cannot be read"),
        (WHOLE[:3000], "cannot be read"),
        (WHOLE[: 512 + len(layer(("x", 5000)))], "ended before its manifest"),
        (saved(manifest("l"), ("l", layer())), "ended before its configuration"),
        (saved(manifest("l"), config()), "lacks one of its layers"),
        (saved(config(), manifest("l"), links={"l": "l"}), "lacks one of its layers"),
        (saved(("manifest.json", b"[{]"), config()), "makes no sense"),
        (saved(("manifest.json", b"[]"), config()), "makes no sense"),
        (saved(("manifest.json", b'{"a": 1}'), config()), "makes no sense"),
        (saved(("manifest.json", b"[" * 200_000), config()), "makes no sense"),
        (saved(("l", layer()), ("c.json", b"[1]"), manifest("l")), "makes no sense"),
        (saved(("l", layer()), config(history=[1]), manifest("l")), "makes no sense"),
        (saved(("l", layer()), config(), manifest(*["l"] * 5000)), "5,000 layers"),
        (saved(("l", layer(("x" * 9000, 1))), config(), manifest("l")), "file name of 9,000"),
        (saved(("l", gzip.compress(layer(("x", 5000)))[:-20]), config(), manifest("l")), "cannot be read"),
    ],
)
def test_rubbish_is_a_sentence(body: bytes, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        replayed(body)


def test_names_of_any_kind_are_kept() -> None:
    seen = replayed(
        saved(("l", layer(("../../etc/x", 1), ("/abs", 1), ("a\nb", 1), ("\x1b[2J", 1))), config(), manifest("l"))
    )
    assert seen.image.layers[0].files.paths == ["../../etc/x", "abs", "a\nb", "\x1b[2J"]


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_image, "MOST_FILES", 3)
    with pytest.raises(EngineError, match="more than 3 files"):
        replayed(saved(("l", layer(*((str(n), 0) for n in range(5)))), config(), manifest("l")))


def test_nothing_is_put_on_disk(
    engine: Engine, purpose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    looked(engine, purpose)
    assert list(tmp_path.iterdir()) == []
