"""All that is known of an image once it has been read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdbg_tui.model.culprits import Culprit, culprits
from cdbg_tui.model.layers import WHITEOUT, Image
from cdbg_tui.model.stacking import Change, Gone, compare
from cdbg_tui.model.waste import Offender, Waste, weigh

MOST_OFFENDERS = 1000


@dataclass(frozen=True, slots=True)
class Copy:
    """A path in one layer: *size* bytes, or None where the layer deletes it."""

    layer: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """An image, what each layer did, dive's figures, and what to do about them."""

    image: Image
    changes: Sequence[Change]
    waste: Waste
    culprits: tuple[Culprit, ...]
    offenders: tuple[tuple[Offender, tuple[Copy, ...]], ...]
    """The worst of dive's, those of 0 bytes left out, each with the layers that it is in."""
    directories: tuple[tuple[int, Gone], ...]
    """Directories that a layer, by its number, deleted whole, the largest first: dive does not count them."""

    @property
    def unseen(self) -> int:
        """Bytes that no container of the image sees: deleted, or overwritten, by later layers.

        Dive's wasted bytes are others: they count all copies of a path, the visible one too, but not
        directories that were deleted whole.
        """
        return sum(change.hides for change in self.changes)


def analyse(image: Image) -> Analysis:
    """Compare the layers of an image and weigh them. It takes seconds where there are many files."""
    changes = compare(image.layers)
    waste = weigh([layer.files for layer in image.layers])
    offenders = [one for one in waste.offenders[:MOST_OFFENDERS] if one.size]
    copies = _copies(image, {one.path.lstrip("/") for one in offenders})
    gone = [
        (number, one)
        for number, change in enumerate(changes)
        for one in change.gone
        if one.is_directory and one.size
    ]
    gone.sort(key=lambda pair: (-pair[1].size, pair[1].path))
    return Analysis(
        image,
        changes,
        waste,
        culprits(image, changes),
        tuple((one, tuple(copies.get(one.path.lstrip("/"), ()))) for one in offenders),
        tuple(gone[:MOST_OFFENDERS]),
    )


def _copies(image: Image, wanted: set[str]) -> dict[str, list[Copy]]:
    found: dict[str, list[Copy]] = {}
    for number, layer in enumerate(image.layers):
        for index, path in enumerate(layer.files.paths):
            if path in wanted:
                found.setdefault(path, []).append(Copy(number, layer.files.sizes[index]))
            elif WHITEOUT in path:
                above, _, name = path.rpartition("/")
                deleted = f"{above}/{name.removeprefix(WHITEOUT)}".lstrip("/")
                if name.startswith(WHITEOUT) and deleted in wanted:
                    found.setdefault(deleted, []).append(Copy(number, None))
    return found
