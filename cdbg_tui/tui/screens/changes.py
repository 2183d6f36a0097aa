"""The screen of changed files: what a container added, modified and deleted, as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from cdbg_tui.model.change import Change, Kind, Node
from cdbg_tui.model.changetree import ChangeTree
from cdbg_tui.model.container import Mount
from cdbg_tui.model.text import one_line
from cdbg_tui.tui.paint import plain, shorten
from cdbg_tui.tui.screens.browse import Browse
from cdbg_tui.tui.screens.messages import ChangesWanted, CopyWanted
from cdbg_tui.tui.screens.prose import prose
from cdbg_tui.tui.screens.tree import LazyTree

_COLOURS = {Kind.ADDED: "$text-success", Kind.MODIFIED: "$text-warning", Kind.DELETED: "$text-error"}
_ORDER = (Kind.ADDED, Kind.MODIFIED, Kind.DELETED)


class ChangesTree(LazyTree[Node]):
    """The tree of changed paths."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tree--hit",
        "tree--dim",
        *(f"changes--{kind.word}" for kind in Kind),
    }

    def __init__(self, changes: ChangeTree) -> None:
        super().__init__(changes.root)
        self.changes = changes

    def offspring(self, item: Node) -> Sequence[Node]:
        """Return the changed paths directly below."""
        return self.changes.below(item)

    def has_offspring(self, item: Node) -> bool:
        """Tell whether it is a directory that holds changes."""
        return bool(item.children)

    def paint(self, item: Node, width: int) -> Text:
        """Return the row: the letter of ``docker diff``, the name, and words for both."""
        mount = self.changes.mount(item)
        if item.children:
            words = "" if item is self.changes.root else _counted(self.changes, item, _ORDER)
            name, style = one_line(item.name) + "/", self.style("tree--dim")
        else:
            words = item.kind.word if item.kind else ""
            name = one_line(item.name)
            style = self.style(f"changes--{words}")
        if mount is not None:
            words, style = f"mount point: {_mounted(mount)}", self.style("tree--dim")
        letter = f"{item.kind.letter} " if item.kind else ""
        room = width - len(letter) - len(words) - 2
        if room < min(12, len(name)):
            words, room = "", width - len(letter)
        row = Text(letter + shorten(name, room), style=style, no_wrap=True, end="")
        return row.append(f"  {words}" if words else "", style=self.style("tree--dim"))


class Changes(Browse[Node]):
    """What one container changed on disk. It opens empty; `show` or `fail` says what came of asking."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "toggle_kind('ADDED')", "added"),
        Binding("m,c", "toggle_kind('MODIFIED')", "modified", key_display="m"),
        Binding("d", "toggle_kind('DELETED')", "deleted"),
        Binding("r", "again", "again"),
    ]

    def __init__(self, container_id: str, name: str, mounts: Iterable[Mount] = ()) -> None:
        self.container_id = container_id
        self._container = name
        self._mounts = tuple(mounts)
        self._changes = ChangeTree(())
        self._is_known = False
        self._is_laid_out = False
        self._note = plain("asking the engine what was changed …", "$foreground-muted")
        self._view = ChangesTree(self._changes)
        super().__init__(self._view)

    def compose(self) -> ComposeResult:
        """Put a note where the tree will be."""
        yield from super().compose()
        yield Static(self._note, classes="changes--note")

    def on_mount(self) -> None:
        """Show what may have arrived before the screen was there."""
        self._is_laid_out = True
        self._renew()

    def show(self, changes: Iterable[Change]) -> None:
        """Show *changes*; what was open and where the cursor stood stays."""
        hidden = self._changes.hidden
        self._changes = ChangeTree(changes, self._mounts)
        self._changes.hidden = hidden
        self._note, self._is_known = Content(""), True
        if self._is_laid_out:
            self._renew()

    def fail(self, sentence: str) -> None:
        """Say why there is nothing to show."""
        self._changes = ChangeTree((), self._mounts)
        self._note, self._is_known = prose(sentence, "$text-error"), False
        if self._is_laid_out:
            self._renew()

    def _renew(self) -> None:
        view = self._view
        opened, at = {node.path for node in view.opened()}, [node.path for node in view.trail()]
        view.changes, view.root.data = self._changes, self._changes.root
        nodes = {node.path: node for node in self._changes.directories()}
        found = [nodes[path] for path in at[:-1] if path in nodes]
        if at:
            above = found[-1] if found else self._changes.root
            found += [node for node in self._changes.below(above) if node.path == at[-1]]
        view.refill((nodes[path] for path in opened if path in nodes), found)
        self._tell()
        self.search_again()

    def _tell(self) -> None:
        some = self._changes.is_shown(self._changes.root)
        note = self._note
        if not some and not note.plain:
            everything = any(self._changes.totals.values())
            note = plain(_ALL_HIDDEN if everything else _NOTHING, "$foreground-muted")
        self._view.display = some
        line = self.query_one(".changes--note", Static)
        line.display = not some
        self.query_one(".browse--reading").display = some
        line.update(note)
        if some:
            self._view.focus()
        self.renew_head()

    def head(self) -> Content:
        """Return whose changes, how many of each kind, and what was not compared."""
        title = Content.assemble(
            ("changed files of ", "$foreground-muted"), plain(one_line(self._container), "bold")
        )
        counted = []
        for kind in _ORDER:
            number = f"{self._changes.totals.get(kind, 0):,}"
            if kind in self._changes.hidden:
                counted.append(Content.styled(f"{number} {kind.word} (hidden)", "$foreground-muted"))
            else:
                counted.append(
                    Content.assemble((f"{kind.letter} ", f"bold {_COLOURS[kind]}"), f"{number} {kind.word}")
                )
        lines = [Content("    ").join([title, Content(" · ").join(counted)])]
        if not self._is_known:
            lines = [title]
        if self._mounts:
            named = ", ".join(f"{one_line(m.target)} ({one_line(m.kind)})" for m in self._mounts)
            lines.append(plain(f"not compared, being mounts: {named}", "$foreground-muted"))
        return Content("\n").join(lines)

    def find(self, text: str) -> Sequence[Sequence[Node]]:
        """Return the paths that *text* finds."""
        return self._changes.search(text)

    def copied(self, item: Node) -> CopyWanted:
        """Return the path as it is, not as it is shown."""
        return CopyWanted(item.path, "the path")

    def reading(self, item: Node) -> Content:
        """Return the whole path, and what became of it."""
        mount = self._changes.mount(item)
        if mount is not None:
            words = f"mount point: {_mounted(mount)}"
        elif item.children:
            words = _counted(self._changes, item, _ORDER)
        else:
            words = item.kind.word if item.kind else ""
        return Content.assemble(plain(one_line(item.path)), (f"  {words}", "$foreground-muted"))

    def action_toggle_kind(self, kind: str) -> None:
        """Hide a kind of change, or show it again."""
        self._changes.toggle(Kind[kind])
        self._renew()

    def action_again(self) -> None:
        """Ask for the changes to be read again."""
        self._note = plain("asking the engine again …", "$foreground-muted")
        self.query_one(".browse--reading", Static).update(self._note)
        self.post_message(ChangesWanted(self.container_id))


_NOTHING = "Nothing was changed on disk since the container was made from its image."
_ALL_HIDDEN = "Every kind of change is hidden: a, m and d show them again."


def _counted(changes: ChangeTree, node: Node, kinds: Iterable[Kind]) -> str:
    counts = changes.counts(node)
    return ", ".join(
        f"{counts[kind]:,} {kind.word}" for kind in kinds if counts[kind] and kind not in changes.hidden
    )


def _mounted(mount: Mount) -> str:
    source = one_line(mount.name[:24] or mount.source)
    return f"{one_line(mount.kind)} {source}".rstrip() + ("" if mount.writable else ", read-only")
