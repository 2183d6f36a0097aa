"""Images for tests, out of a few words a file."""

from __future__ import annotations

from collections.abc import Sequence

from cdbg_tui.model.layers import Files, Image, Step, told

Entry = tuple[str, int] | tuple[str, int, str]
"""Path, size and type flag; a path that ends with a slash is a directory."""


def files(*entries: Entry, mode: int = 0o644, modified: int = 0) -> Files:
    """Return a layer's files."""
    made = Files()
    for path, size, *flag in entries:
        kind = flag[0] if flag else "5" if path.endswith("/") else "0"
        made.add(path, size, kind, mode=mode, modified=modified)
    return made


def image(*layers: Files, history: Sequence[Step] | None = None) -> Image:
    """Return an image; without *history*, each layer was brought by ``RUN n``."""
    if history is None:
        history = [Step(f"RUN {number}") for number, _ in enumerate(layers, 1)]
    made, steps = told(history, [(f"sha256:{number}", one) for number, one in enumerate(layers, 1)])
    return Image("sha256:" + "ab" * 32, ("shop/api:1",), made, steps)
