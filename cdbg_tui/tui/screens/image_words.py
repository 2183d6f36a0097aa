"""What the screen of an image says in words: its head, and the whole of what the cursor is on."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from cdbg_tui.model.analysis import Analysis
from cdbg_tui.model.culprits import Culprit
from cdbg_tui.model.file import FileKind
from cdbg_tui.model.instruction import arguments, laid_out
from cdbg_tui.model.layers import NO_HISTORY, Files, Step
from cdbg_tui.model.layertree import Branch, LayerTree
from cdbg_tui.model.stacking import Gone, What, difference
from cdbg_tui.model.text import one_line
from cdbg_tui.model.units import clock, percent, size
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.image_lines import Row, by_layer

LONGEST_READING = 20_000
MUTED = "$foreground-muted"
COLOURS = {What.ADDED: "$text-success", What.MODIFIED: "$text-warning", What.DELETED: "$text-error"}
VIEWS = ("layers", "waste", "culprits")


def facts(title: Content, analysis: Analysis, *, is_wide: bool) -> list[Content]:
    """Return the lines above the views: which image, how large, how efficient; less where it is narrow."""
    image, waste = analysis.image, analysis.waste
    known = [image.id.removeprefix("sha256:")[:12]]
    if is_wide:
        known.append(one_line(image.platform))
        known += [f"made {clock(image.created)}"] if image.created is not None else []
    figures = [
        Content(f"{size(waste.size)} in {len(image.layers)} layers"),
        Content.assemble("efficiency ", (percent(waste.efficiency), f"bold {_judged(waste.efficiency)}")),
        Content.assemble("wasted ", (size(waste.wasted), "bold" if waste.wasted else "")),
    ]
    share = waste.user_share
    if is_wide:
        if share is not None and waste.wasted:
            figures[-1] += Content(f", {percent(share)} of all above layer 1")
        seen = f"{size(analysis.unseen)} that no container sees" if analysis.unseen else "all of it is seen"
        figures.append(Content(seen))
    lines = [
        Content("   ").join([title, plain(" · ".join(filter(None, known)), MUTED)]),
        Content(" · ").join(figures),
    ]
    if not image.is_whole and image.layers:
        told = sum(layer.step is not None for layer in image.layers)
        lines.append(plain(f"history of {told} of {len(image.layers)} layers: it may be another's", MUTED))
    return lines


def tabs(analysis: Analysis, view: str) -> Content:
    """Return the views with how much is in each."""
    counts = {
        "layers": len(analysis.image.layers),
        "waste": len(analysis.offenders) + len(analysis.directories),
        "culprits": len(analysis.culprits),
    }
    return Content("  ").join(
        [
            Content.styled(f" {number} {name} {counts[name]:,} ", "reverse bold" if name == view else MUTED)
            for number, name in enumerate(VIEWS, 1)
        ]
    )


def title(analysis: Analysis, tree: LayerTree, hidden: frozenset[What]) -> Content:
    """Return what stands above the tree: which layer, and what it did."""
    change = analysis.changes[tree.shown.number]
    pieces = [
        Content.assemble(
            (f"{what.value} ", f"bold {COLOURS[what]}" if what not in hidden else MUTED),
            (
                f"{change.counts[what]:,} {what.word} {size(change.bytes[what])}"
                + (" (hidden)" if what in hidden else ""),
                MUTED if what in hidden else "",
            ),
        )
        for what in What
        if change.counts[what]
    ]
    words = Content(" · ").join(pieces) if pieces else Content.styled("nothing changed", MUTED)
    upto = "all files up to layer" if tree.shown.everything else "layer"
    if not tree.is_shown(tree.root) and pieces:
        words = words + Content.styled("   all hidden: a, m and d show them", MUTED)
    return Content.styled(f"{upto} {tree.shown.number + 1}  ", "bold") + words


def about(analysis: Analysis, row: Row) -> Content:
    """Return the whole of a row of a list."""
    match row.about:
        case Culprit() as culprit:
            return _about_culprit(analysis, culprit)
        case Gone():
            words = [f"{row.path}: {size(row.about.size)} in {row.about.files:,} files"]
            words.append(f"brought by {by_layer(analysis.image, row.layer or 0)}")
            words.append(f"deleted by {by_layer(analysis.image, row.by or 0)}")
            return _lines(words)
        case Step() | None:
            return _about_layer(analysis, row)
        case _:
            words = [row.path]
            for copy in row.copies:
                what = "deleted" if copy.size is None else size(copy.size)
                words.append(f"{what:>10}  {by_layer(analysis.image, copy.layer)}")
            return _lines(words)


def _about_layer(analysis: Analysis, row: Row) -> Content:
    step = row.about if isinstance(row.about, Step) else None
    facts = [f"layer {row.layer + 1}" if row.layer is not None else "no layer"]
    digest = ""
    if row.layer is not None:
        layer, change = analysis.image.layers[row.layer], analysis.changes[row.layer]
        digest = one_line(layer.digest)
        facts.append(f"{size(layer.size)} in {len(layer.files):,} entries")
        if change.hides:
            facts.append(f"hides {size(change.hides)} of lower layers")
    if step is not None and step.created is not None:
        facts.append(clock(step.created))
    lines = [plain(" · ".join(facts), MUTED)]
    instruction = step.instruction if step is not None else NO_HISTORY
    lines += [plain(one_line(line)) for line in laid_out(instruction or NO_HISTORY)]
    if step is not None and (given := arguments(step.original)):
        lines.append(plain(f"build arguments: {one_line(given)}", MUTED))
    if step is not None and step.comment.strip() not in ("", instruction):
        lines.append(plain(one_line(step.comment), MUTED))
    if digest:
        lines.append(plain(digest, MUTED))
    return Content("\n").join(lines)


def _about_culprit(analysis: Analysis, one: Culprit) -> Content:
    lines = [
        Content.assemble(plain(one_line(one.path), "bold"), plain(f"  {one_line(one.title)}", "$text-warning")),
        Content.assemble(("instead  ", MUTED), plain(one.remedy)),
        Content.assemble(("brought by ", MUTED), plain(one_line(by_layer(analysis.image, one.layer)))),
    ]
    if one.hidden_by is not None:
        lines.append(
            Content.assemble(
                ("deleted by ", MUTED),
                plain(one_line(by_layer(analysis.image, one.hidden_by))),
                ("; whoever has the image has it still", "$text-error" if one.is_secret else MUTED),
            )
        )
    return Content("\n").join(lines)


def about_file(analysis: Analysis, item: Branch, shown_layer: int) -> Content:
    """Return the whole path of a file in the tree, what it is, and what became of it."""
    words = []
    if item.gone is not None:
        words.append(f"deleted: {size(item.gone.size)} in {item.gone.files:,} files")
        words.append(f"brought by {by_layer(analysis.image, max(0, item.gone.brought_by))}")
    elif item.layer >= 0:
        files = analysis.image.layers[item.layer].files
        words.append(_described(files, item.index))
        if item.what is What.MODIFIED:
            was = analysis.changes[item.layer].before[item.index]
            before = "" if files.is_directory(item.index) else f", {size(was)} before"
            differs = difference(analysis.image, analysis.changes, item.layer, item.index)
            words.append(f"modified{before}" + (f", {differs}" if differs else ""))
        elif item.what is None and item.layer != shown_layer:
            words.append(by_layer(analysis.image, item.layer))
        hidden_by = analysis.changes[item.layer].hidden_by[item.index]
        if hidden_by >= 0:
            words.append(f"hidden by {by_layer(analysis.image, hidden_by)}")
    if item.children:
        words.append(f"{size(item.size)}: {counted(item.counts)}")
    return Content("\n").join(
        [plain(one_line(item.path), "bold"), plain(one_line(" · ".join(words))[:LONGEST_READING], MUTED)]
    )


def counted(counts: Sequence[int]) -> str:
    """Return how many were added, modified and deleted, in words."""
    names = (*(what.word for what in What), "unchanged")
    return ", ".join(f"{count:,} {name}" for count, name in zip(counts, names, strict=False) if count)


def _judged(efficiency: float) -> str:
    """Return the colour of an efficiency; dive's CI fails below 0.9."""
    return "$text-success" if efficiency >= 0.9 else "$text-warning" if efficiency >= 0.7 else "$text-error"


def _described(files: Files, index: int) -> str:
    kind = _KINDS.get(files.flags[index], FileKind.REGULAR)
    owner = f"{files.uids[index]}:{files.gids[index]}"
    words = f"{kind.word} · mode {files.modes[index]:04o} · owner {owner}"
    if kind is FileKind.REGULAR:
        words = f"{size(files.sizes[index])} · {words}"
    link = files.links.get(index)
    if link is None:
        return words
    return f"{words} → {link}" if kind is FileKind.LINK else f"{words} · the same file as /{link.lstrip('/')}"


_KINDS = {
    ord("2"): FileKind.LINK,
    ord("3"): FileKind.CHARACTER,
    ord("4"): FileKind.BLOCK,
    ord("5"): FileKind.DIRECTORY,
    ord("6"): FileKind.FIFO,
}


def _lines(words: Sequence[str]) -> Content:
    first, *rest = words
    return Content("\n").join([plain(one_line(first), "bold"), *(plain(one_line(line), MUTED) for line in rest)])
