"""Which containers a filter leaves, in which order, in which groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cdbg_tui.model.container import SESSION_LABEL, TARGET_LABEL, Container


@dataclass(slots=True)  # not frozen: thousands are made at once, and that takes three times as long
class Row:
    """A line of the list: a container, or the heading of a project (*container* is None)."""

    project: str
    container: Container | None = None
    count: int = 0
    """Of a heading: how many containers stand under it, folded or not."""
    folded: bool = False
    beside: str = ""
    """Of a session's container, which stands under its target: ``sidecar``, ``rerun``."""

    @property
    def key(self) -> str:
        """What the row is about, across changes."""
        return self.container.id if self.container else f"project {self.project}"


def matches(container: Container, text: str, verdict: str = "") -> bool:
    """Tell whether all words of *text* fit the container.

    A word fits if name, image, state, health, exit code or *verdict* contain it; ``label:key`` and
    ``label:key=value`` fit labels, ``!word`` fits where the word does not.
    """
    places = " ".join(
        (
            container.name,
            container.image,
            container.state,
            container.health,
            "" if container.exit_code is None else str(container.exit_code),
            verdict,
            container.id[:12],
        )
    ).lower()
    for word in text.lower().split():
        wanted = not word.startswith("!")
        word = word.removeprefix("!")
        if word and (_fits(container.labels, word, places) != wanted):
            return False
    return True


def _fits(labels: Mapping[str, str], word: str, places: str) -> bool:
    if not word.startswith("label:"):
        return word in places
    key, equals, value = word.removeprefix("label:").partition("=")
    return any(key in name.lower() and (not equals or value in text.lower()) for name, text in labels.items())


def rows(
    containers: Iterable[Container],
    *,
    order: Callable[[Container], object],
    backwards: bool = False,
    keep: Callable[[Container], bool] | None = None,
    folded: frozenset[str] = frozenset(),
) -> list[Row]:
    """Return the lines of the list: projects in the order of their names, then those without one.

    Where no container has a project there are no headings. *order* gives a key to sort by; None keys
    come last in either direction. What sessions made stands under its target, wherever that stands or is
    hidden, and is not counted.
    """
    return arranged(*families(containers), order=order, backwards=backwards, keep=keep, folded=folded)


def arranged(
    own: Sequence[Container],
    sessions: Mapping[str, Sequence[Container]],
    *,
    order: Callable[[Container], object],
    backwards: bool,
    keep: Callable[[Container], bool] | None,
    folded: frozenset[str],
) -> list[Row]:
    """Return the same of those that stand for themselves, and what stands beside them."""
    groups: dict[str, list[Container]] = {}
    for container in own if keep is None else filter(keep, own):
        groups.setdefault(container.project, []).append(container)
    made: list[Row] = []
    for project in sorted(groups, key=lambda name: (not name, name.lower())):
        members = _sorted(groups[project], order, backwards)
        if len(groups) > 1 or project:
            made.append(Row(project, count=len(members), folded=project in folded))
        if project not in folded:
            for container in members:
                made.append(Row(project, container))
                if container.id in sessions:
                    made += [Row(project, one, beside=_session(one)) for one in sessions[container.id]]
    return made


def families(containers: Iterable[Container]) -> tuple[list[Container], dict[str, list[Container]]]:
    """Return the containers that stand for themselves, and by their ids what sessions put beside them.

    What was put beside a session's own container belongs to the same target. One whose target is gone, or
    whose labels lead in a circle (they are anybody's), stands for itself.
    """
    known = {container.id: container for container in containers}
    if not any(SESSION_LABEL in container.labels for container in known.values()):
        return list(known.values()), {}
    own: list[Container] = []
    sessions: dict[str, list[Container]] = {}
    for container in known.values():
        target = _target(container, known)
        if target is None:
            own.append(container)
        else:
            sessions.setdefault(target, []).append(container)
    for members in sessions.values():
        members.sort(key=lambda one: (one.created, one.name.lower()))
    return own, sessions


def _target(container: Container, known: Mapping[str, Container]) -> str | None:
    """Return the id of the container under which *container* stands, None where it stands for itself."""
    passed = {container.id}
    at = container
    while (above := known.get(at.labels.get(TARGET_LABEL, ""))) and SESSION_LABEL in at.labels:
        if above.id in passed:
            return None
        passed.add(above.id)
        at = above
    return None if at is container else at.id


def _session(container: Container) -> str:
    return container.labels.get(SESSION_LABEL, "")


def _sorted(members: list[Container], order: Callable[[Container], object], backwards: bool) -> list[Container]:
    by_name = sorted(members, key=lambda one: one.name.lower())
    keyed = [(order(one), one) for one in by_name]
    known = [one for one in keyed if one[0] is not None]
    known.sort(key=lambda one: one[0], reverse=backwards)  # type: ignore[arg-type,return-value]
    return [one for _, one in known] + [one for key, one in keyed if key is None]
