"""Sidecars: from a key to a plan, at once or after choices, with a pull where the image is not here."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.content import Content

from cdbg_tui.config import state_dir
from cdbg_tui.engine import files
from cdbg_tui.engine.beside import Ground
from cdbg_tui.engine.rights import rights
from cdbg_tui.engine.toolbox import Candidate, candidates
from cdbg_tui.model.container import Container
from cdbg_tui.model.rights import Rights
from cdbg_tui.sessions import recent
from cdbg_tui.sessions.beside import planned, read_for, remember
from cdbg_tui.sessions.plan import Plan, Refusal
from cdbg_tui.sessions.profiles import BY_NAME, GENERAL, own_user
from cdbg_tui.sessions.sidecar import PLAIN, Toolbox, Wishes, shares_ipc, sidecar_plan, sidecar_refusal
from cdbg_tui.tui.launching import launch, prepared, refuse
from cdbg_tui.tui.paint import plain
from cdbg_tui.tui.screens.choose import Choice, Choose
from cdbg_tui.tui.screens.form import Field, Form

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

NO, YES = "no", "yes"
OWN, TARGETS = "the toolbox's", "the target's"
APART, SHARED = "its own", "the target's"
MOST_OFFERED = 6


def sidecar(app: CdbgApp, container: Container | None) -> None:
    """Put the configured toolbox beside a container; ask first if its image is not here."""
    if container is None:
        return
    if refusal := sidecar_refusal(container):
        refuse(app, refusal)
    else:
        _start(app, container.id, app.config.toolbox, PLAIN)


def _start(app: CdbgApp, container_id: str, image: str, wishes: Wishes) -> None:
    def ready(found: Ground) -> None:
        if found.image is None and not wishes.pull:
            _choose_toolbox(app, container_id, image, wishes)
            return
        made = planned(found, app.engine.docker, image, secrets.token_hex(2), wishes)
        if not isinstance(made, Refusal):
            remember(found, image, state_dir())
        launch(app, made)

    prepared(app, lambda: read_for(app.engine, container_id, image, wishes, state_dir()), ready)


def _choose_toolbox(app: CdbgApp, container_id: str, image: str, wishes: Wishes) -> None:
    """Offer to pull the toolbox, or to use an image with a shell that is here already."""

    def ask(found: tuple[Candidate, ...]) -> None:
        pull = Choice("pull", Content("pull ") + plain(image), "p", Content("docker pull shows its progress"))
        here = [
            Choice(f"{number}", Content("use ") + plain(one.image.ref), "", plain(one.shell))
            for number, one in enumerate(found)
        ]
        title = plain(f"the toolbox image {image} is not on this engine")

        def chosen(choice: str | None) -> None:
            if choice == "pull":
                _start(app, container_id, image, replace(wishes, pull=True))
            elif choice is not None:
                _start(app, container_id, found[int(choice)].image.ref, wishes)

        app.push_screen(Choose(title, [pull, *here]), chosen)

    app.say(f"{image} is not here: looking for local images with a shell…")
    prepared(app, lambda: candidates(app.engine), ask)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the form of a sidecar is made from."""

    details: Mapping[str, Any]
    rights: Rights
    images: tuple[Candidate, ...]
    used: tuple[str, ...]
    """Image names: the configured one, then those that were used."""

    @property
    def names(self) -> tuple[str, ...]:
        """The images to choose from, in the order in which they are likely."""
        tagged = {f"{name}:latest": name for name in self.used}
        return tuple(
            dict.fromkeys((*self.used, *(tagged.get(one.image.ref, one.image.ref) for one in self.images)))
        )


def sidecar_as(app: CdbgApp, container: Container | None) -> None:
    """Ask for profile, image and what the two share, then put it beside."""
    if container is None:
        return
    if refusal := sidecar_refusal(container):
        refuse(app, refusal)
        return

    def read() -> Offer:
        details = files.inspect(app.engine, container.id)
        used = (app.config.toolbox, *(one.image for one in recent.used(state_dir())))
        return Offer(details, rights(app.engine, details), candidates(app.engine), used)

    prepared(app, read, partial(_ask, app, container))


def _ask(app: CdbgApp, container: Container, offer: Offer) -> None:
    suffix = secrets.token_hex(2)

    def words(values: dict[str, str], say: Callable[[Plan], str]) -> str:
        made = previewed(offer, values, app.engine.docker, suffix)
        return made.sentence if isinstance(made, Refusal) else say(made)

    def told(made: Plan) -> str:
        return "\n".join((*made.banner[:-1], made.shown()))

    def chosen(values: dict[str, str] | None) -> None:
        if values is not None:
            _start(app, container.id, values["image"].strip(), wished(values))

    title = Content("sidecar of ") + plain(container.name_and_id)
    app.push_screen(
        Form(title, fields(offer), partial(words, say=told), partial(words, say=Plan.commands)), chosen
    )


def fields(offer: Offer) -> tuple[Field, ...]:
    """Return what can be chosen, and why some of it cannot be had."""
    here = {one.image.ref for one in offer.images}
    image = next((name for name in offer.used if name in here or f"{name}:latest" in here), "")
    has_volumes = bool(offer.details.get("Mounts"))
    private = {} if shares_ipc(offer.details) else {SHARED: "started without --ipc shareable"}
    return (
        Field("profile", "profile", "", tuple(BY_NAME), fixed=True),
        Field(
            "image",
            "image",
            image or offer.used[0],
            offer.names[:MOST_OFFERED],
            "any image; one that is not here can be pulled",
        ),
        Field("root", "root", "", (OWN, TARGETS), fixed=True),
        Field(
            "volumes",
            "its volumes",
            "",
            (NO, YES),
            fixed=True,
            disabled={} if has_volumes else {YES: "it has none"},
        ),
        Field("ipc", "IPC", "", (APART, SHARED), fixed=True, disabled=private),
        Field("user", "user", "", (), f"root; under restricted {own_user(BY_NAME['restricted'], offer.rights)}"),
    )


def wished(values: Mapping[str, str]) -> Wishes:
    """Return what was chosen in the form."""
    return Wishes(
        profile=BY_NAME.get(values["profile"], GENERAL),
        user=values["user"].strip(),
        volumes=values["volumes"] == YES,
        ipc=values["ipc"] == SHARED,
        stands_in_root=values["root"] == TARGETS,
    )


def previewed(offer: Offer, values: Mapping[str, str], docker: Callable[..., Any], suffix: str) -> Plan | Refusal:
    """Return the plan as far as it is known before the image is looked into."""
    wishes, image = wished(values), values["image"].strip()
    if not image:
        return Refusal("Name an image.")
    known = next((one for one in offer.images if one.image.ref in (image, f"{image}:latest")), None)
    wishes = replace(wishes, user=wishes.user or own_user(wishes.profile, offer.rights))
    if known is None:
        toolbox = Toolbox(
            image, note=f"{image} is not known to have a shell: it is looked into, or pulled, first."
        )
    else:
        toolbox = Toolbox(image, known.shell, known.static)
    return sidecar_plan(offer.details, docker, toolbox, suffix, wishes, offer.rights)
