"""An image's layers out of the engine's save stream: read once, as it comes, never put on disk.

Layers come before the manifest that says which they are, in whatever order. Engines up to 24 write
``<id>/layer.tar``, some of them links to another's, and ``<id>.json``; later ones an OCI layout, with
everything in ``blobs/sha256/``, layers gzipped perhaps where the containerd store keeps them. So what comes is
told by how it begins, and only what headers say of files is kept.
"""

from __future__ import annotations

import json
import posixpath
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.engine.progress import Progress
from cdbg_tui.engine.stream import query
from cdbg_tui.engine.tar_headers import (
    BLOCK,
    HARD_LINK,
    REGULAR,
    SYMBOLIC_LINK,
    DamagedTarError,
    Header,
    Source,
    headers,
    is_header,
)
from cdbg_tui.model.layers import Files, Image, Step, told
from cdbg_tui.model.units import epoch

SILENCE_SECONDS = 1800.0
"""Engines up to 24 write all layers to their own disk before the first byte comes, silent meanwhile."""
MOST_FILES = 2_000_000
MOST_NAMES = 256 << 20
"""Bytes of all file names: with them, what can be kept of an image is bounded."""
MOST_LAYERS = 1000
"""An engine allows 127."""
LONGEST_PATH = 4096
"""No engine could unpack a longer one."""
LONGEST_JSON = 16 << 20
MOST_JSON = 64 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 18
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}", re.ASCII)


def inspect(engine: Engine, name: str) -> dict[str, Any]:
    """Return what the engine says of the image that is called *name*, or has that id.

    Raises:
        EngineError: there is none, or the engine does not answer.
    """
    if not _REFERENCE.fullmatch(name) or ".." in name or "//" in name:
        raise EngineError("missing", f"There is no image “{name}”.")
    found = engine.get(query(f"/images/{name}/json"))
    with understood("description of an image"):
        details: dict[str, Any] = found | {"Id": str(found["Id"]), "Size": int(found.get("Size") or 0)}
    return details


def read(engine: Engine, details: Mapping[str, Any], progress: Progress | None = None) -> Image:
    """Read an image; *details* is what `inspect` said of it, *progress* counts the bytes and can cancel.

    Raises:
        EngineError: the image was removed, what comes is damaged or too much, the engine does not answer,
            or it was cancelled.
    """
    progress = progress or Progress()
    try:
        with progress.reading(engine, query(f"/images/{details['Id']}/get"), patience=SILENCE_SECONDS) as stream:
            saved = _Saved(progress)
            saved.read(Source(_counted(stream, progress)))
    except (DamagedTarError, zlib.error) as error:
        progress.check()
        raise EngineError("refused", f"The engine's copy of the image cannot be read: {error}.") from error
    return saved.image(details)


def _counted(pieces: Iterable[bytes], progress: Progress) -> Iterator[bytes]:
    for piece in pieces:
        progress.bytes += len(piece)
        yield piece


class _Saved:
    """What a save stream holds, by its names."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._layers: dict[str, Files] = {}
        self._refused: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._json: dict[str, bytes] = {}
        self._kept = 0
        self._names = 0

    def read(self, source: Source) -> None:
        for header in headers(source):
            name = posixpath.normpath(header.name)
            if len(self._links) + len(self._layers) + len(self._json) > 10 * MOST_LAYERS:
                raise DamagedTarError("it has more parts than any image has layers")
            if header.flag in (SYMBOLIC_LINK, HARD_LINK):
                above = posixpath.dirname(name) if header.flag == SYMBOLIC_LINK else ""
                self._links[name] = posixpath.normpath(posixpath.join(above, header.link))
            elif header.flag == REGULAR and header.stored:
                self._read_part(name, header, source)

    def _read_part(self, name: str, header: Header, source: Source) -> None:
        begin = source.peek(min(BLOCK, header.stored))
        if begin.startswith(_GZIP):
            self._read_layer(name, Source(_unzipped(source.part(header.stored))))
        elif begin.startswith(_ZSTD):
            self._refused[name] = "a layer is compressed with zstd, which cdbg cannot read"
        elif is_header(begin):
            self._read_layer(name, Source(source.part(header.stored)))
        elif begin.lstrip()[:1] in (b"{", b"[") and header.stored <= LONGEST_JSON:
            self._kept += header.stored
            if self._kept > MOST_JSON:
                raise DamagedTarError("its descriptions are longer than those of any image")
            self._json[name] = source.read(header.stored)

    def _read_layer(self, name: str, source: Source) -> None:
        files = self._layers[name] = Files()
        for header in headers(source):
            self._progress.files += 1
            self._names += len(header.name)
            if self._progress.files > MOST_FILES or self._names > MOST_NAMES:
                raise DamagedTarError(f"it has more than {MOST_FILES:,} files, or endless names")
            if len(header.name) > LONGEST_PATH:
                raise DamagedTarError(f"a file name of {len(header.name):,} characters")
            files.add(
                header.name,
                header.size,
                header.flag.decode("latin-1"),
                mode=header.mode,
                uid=header.uid,
                gid=header.gid,
                modified=header.modified,
                link=header.link,
            )

    def image(self, details: Mapping[str, Any]) -> Image:
        manifest = self._decoded("manifest.json")
        with understood("manifest of an image"):
            first, *_ = manifest
            config_name, layers = str(first["Config"]), [str(one) for one in first.get("Layers") or ()]
            tags = [str(one) for one in first.get("RepoTags") or details.get("RepoTags") or ()]
        if len(layers) > MOST_LAYERS:
            raise EngineError("refused", f"The image says that it has {len(layers):,} layers.")
        config = self._decoded(posixpath.normpath(config_name))
        with understood("configuration of an image"):
            steps = [_step(one) for one in config.get("history") or ()]
            digests = [str(one) for one in (config.get("rootfs") or {}).get("diff_ids") or ()]
            platform = "/".join(str(config[key]) for key in ("os", "architecture") if config.get(key))
            created = epoch(str(config.get("created") or ""))
        found = [self._layer(name) for name in layers]
        if sum(map(len, found)) > 2 * MOST_FILES:
            raise EngineError("refused", "The image names the same layers again and again.")
        digests += [""] * (len(found) - len(digests))
        told_layers, told_steps = told(steps, list(zip(digests, found, strict=False)))
        return Image(
            id=str(details["Id"]),
            names=tuple(tags),
            layers=told_layers,
            steps=told_steps,
            created=created,
            platform=platform,
            is_whole=sum(not one.is_empty for one in steps) == len(found),
        )

    def _decoded(self, name: str) -> Any:
        content = self._json.get(name)
        if content is None:
            raise EngineError("refused", f"The engine's copy of the image ended before its {_called(name)} came.")
        with understood(_called(name)):
            try:
                return json.loads(content)
            except RecursionError as error:
                raise ValueError("endlessly nested") from error

    def _layer(self, name: str) -> Files:
        name = posixpath.normpath(name)
        for _ in range(8):
            if name in self._layers or name not in self._links:
                break
            name = self._links[name]
        if name in self._refused:
            raise EngineError(
                "refused",
                f"The image cannot be read: {self._refused[name]}.",
                "docker save and dive read it, or an engine without the containerd image store.",
            )
        if name not in self._layers:
            raise EngineError("refused", "The engine's copy of the image lacks one of its layers.")
        return self._layers[name]


def _called(name: str) -> str:
    return "manifest" if name == "manifest.json" else "configuration"


def _step(row: Mapping[str, Any]) -> Step:
    return Step(
        str(row.get("created_by") or ""),
        epoch(str(row.get("created") or "")),
        str(row.get("comment") or ""),
        bool(row.get("empty_layer")),
    )


def _unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what gzipped pieces hold, never more than a chunk at once, whatever they blow up to."""
    unzip = zlib.decompressobj(31)
    for piece in pieces:
        waiting = piece
        while waiting:
            if unzip.eof:  # members one after the other are one file
                if waiting[:2] != _GZIP:
                    return
                unzip = zlib.decompressobj(31)
            yield unzip.decompress(waiting, _CHUNK)
            waiting = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
    while more := unzip.decompress(unzip.unconsumed_tail, _CHUNK):
        yield more
    if not unzip.eof:
        raise DamagedTarError("a gzipped layer ends too early")
