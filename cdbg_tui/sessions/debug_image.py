"""A debug image: the target's own image and tools, built, and run in the target's place under its conditions."""

from __future__ import annotations

import re
import shlex
import tempfile
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from cdbg_tui.engine import private
from cdbg_tui.engine.debug_ground import Ground
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.model import dockerfile
from cdbg_tui.model.container import BUILD_LABEL, Container, State, from_inspect
from cdbg_tui.model.packages import unlike_a_package
from cdbg_tui.sessions.copies import Copy, Differences, command_of, copy_of, told
from cdbg_tui.sessions.exec import shell_argv
from cdbg_tui.sessions.plan import (
    SESSION_LABEL,
    TARGET_LABEL,
    Argv,
    Build,
    Docker,
    Plan,
    Refusal,
    image_name,
    object_name,
)
from cdbg_tui.sessions.rerun import files_as_image
from cdbg_tui.sessions.tools import by_loader, traced

REPOSITORY = "cdbg-debug"
SESSION = "debug"
# BuildKit keeps a cache that carries no labels, and a command line without buildx has no BuildKit.
_BUILDER = ("env", "DOCKER_BUILDKIT=0")


class Tools(StrEnum):
    """Where the tools come from."""

    PACKAGES = "packages"
    """The image's own package manager, by the network."""
    BUSYBOX = "busybox"
    """A static busybox, copied in."""
    TOOLBOX = "toolbox"
    """That, and the programs of the toolbox image with their libraries, copied in."""


class Base(StrEnum):
    """What the image is made from."""

    IMAGE = "image"
    """The target's image."""
    FILES = "files"
    """The target's files as they are now: a commit."""


class Start(StrEnum):
    """What is started in it."""

    SHELL = "shell"
    ORIGINAL = "original"
    """The original command, then a shell."""
    STRACE = "strace"
    """The same under strace."""


@dataclass(frozen=True, slots=True)
class Choices(Differences):
    """What is put into the image, and how it is run."""

    base: Base = Base.IMAGE
    tools: Tools | None = None
    """The best that there is, where it is not said."""
    packages: tuple[str, ...] = ()
    """Those of the package manager's table, where there are none."""
    start: Start = Start.SHELL


PLAIN = Choices()


def tools_of(ground: Ground, choices: Choices) -> Tools:
    """Return where the tools come from: packages where they can be had, or else all that can be copied."""
    if choices.tools is not None:
        return choices.tools
    if ground.manager is not None:
        return Tools.PACKAGES
    return Tools.TOOLBOX if ground.carried and ground.found.toolbox else Tools.BUSYBOX


def debug_refusal(target: Container) -> Refusal | None:
    """Say why there can be no debug image of *target* in its state; None if there can."""
    if target.state in (State.REMOVING, State.DEAD):
        return Refusal(f"{target.name} is being removed: its files are going.")
    return None


def dockerfile_of(ground: Ground, suffix: str, choices: Choices = PLAIN) -> str | Refusal:
    """Return the Dockerfile that is built where nobody edits it; *suffix* is that of the plan."""
    target = from_inspect(ground.found.details)
    if refusal := debug_refusal(target) or _lacking(target, ground, choices):
        return refusal
    base, user = _base(ground, suffix, choices)
    tools = tools_of(ground, choices)
    if tools is Tools.PACKAGES and ground.manager:
        packages = choices.packages or ground.manager.packages
        return dockerfile.with_packages(base, ground.manager, packages, user)
    static = _static(ground, suffix)
    if tools is Tools.TOOLBOX:
        starts = {name: by_loader(one) for name, one in ground.carried.items()}
        return dockerfile.with_toolbox(base, static, dockerfile.Carried(ground.toolbox, starts), user)
    return dockerfile.with_busybox(base, static, user)


def debug_plan(
    ground: Ground, docker: Docker, suffix: str, choices: Choices = PLAIN, edited: str = ""
) -> Plan | Refusal:
    """Plan a build and a shell on what it makes; *edited* is a Dockerfile to take in place of our own."""
    details = ground.found.details
    target = from_inspect(details)
    made = dockerfile_of(ground, suffix, choices)
    if isinstance(made, Refusal):
        return made
    text = _renewed(edited, target, suffix) or made
    if wrong := dockerfile.trouble(text):
        return Refusal(wrong)
    name = object_name(target.name, suffix)
    image = _image(target, suffix)
    labels = (f"{SESSION_LABEL}={SESSION}", f"{TARGET_LABEL}={target.id}", f"{BUILD_LABEL}={name}")
    ours = f"label={BUILD_LABEL}={name}"
    before, after = _before(ground, docker, labels, name, suffix, text)
    original = command_of(details)
    from_image = ground.found.has_image and choices.base is Base.IMAGE
    copy = copy_of(
        ground.found,
        docker,
        name,
        image,
        _start(ground, choices, original),
        choices,
        in_image=ground.found.has_image and choices.base is Base.FILES,
        known_env=ground.env if from_image else (),
    )
    return Plan(
        title=f"debug image of {target.name}",
        build=Build(
            (*_BUILDER, *docker("build", "--force-rm", "--tag", image, "-")),
            dockerfile.labelled(text, labels),
            before,
            docker("ps", "--all", "--quiet", "--filter", ours),
        ),
        argv=copy.argv,
        # Built, it needs their names no longer: all of it goes, or is kept, with the one image.
        prepare=(*after, *copy.prepare),
        cleanup=(
            docker("rm", "--force", name),
            docker("rmi", image),
            *after,
            # What a build that did not come to its end has made until then.
            docker("image", "prune", "--force", "--filter", ours),
        ),
        never_ran=copy.never_ran,
        asks_to_keep=True,
        kept=f"kept: container {name} (docker start -ai {name}), image {image}",
        banner=(
            _opening(target, ground, choices, copy, is_edited=bool(edited)),
            *told(copy, original),
            "exit or Ctrl+D comes back; then container and image are removed, or kept if you say so.",
        ),
    )


def _image(target: Container, suffix: str, part: str = "") -> str:
    return f"{REPOSITORY}/{image_name(target.name, target.id[:12])}:{suffix}{part}"


def _renewed(text: str, target: Container, suffix: str) -> str:
    """Return a Dockerfile that may have been kept from another session, with the images of this one."""
    part = re.escape(_image(target, "")) + r"[0-9a-f]+(?=-(files|busybox)\b)"
    return re.sub(part, _image(target, suffix), text)


def _base(ground: Ground, suffix: str, choices: Choices) -> tuple[str, str]:
    """Return what the image is made from, and whose user that has."""
    if ground.found.has_image and choices.base is Base.IMAGE:
        return ground.image, ground.user
    target = from_inspect(ground.found.details)
    # An export has files, and no user.
    config = ground.found.details.get("Config") or {}
    user = str(config.get("User") or "") if ground.found.has_image else ""
    return _image(target, suffix, "-files"), user


def _static(ground: Ground, suffix: str) -> dockerfile.Static:
    toolbox = ground.found.toolbox
    if toolbox is None:
        raise ValueError("there is no static busybox: that was to be refused before")
    if toolbox.image:
        return dockerfile.Static(toolbox.image, toolbox.path)
    name = toolbox.path.rpartition("/")[2]
    return dockerfile.Static(_image(from_inspect(ground.found.details), suffix, "-busybox"), f"/{name}")


def _before(
    ground: Ground, docker: Docker, labels: Argv, name: str, suffix: str, text: str
) -> tuple[tuple[Argv, ...], tuple[Argv, ...]]:
    """Return what makes the images that are for this build only, if *text* names them, and what removes them."""
    target = from_inspect(ground.found.details)
    make: list[Argv] = []
    remove: list[Argv] = []
    files = _image(target, suffix, "-files")
    if files in text:
        made, left = files_as_image(ground.found, docker, labels, name, files)
        make += made
        remove += [docker("rmi", files), *left]
    box = _image(target, suffix, "-busybox")
    if box in text and ground.found.toolbox:
        folder, _, program = ground.found.toolbox.path.rpartition("/")
        archive = f"{tempfile.gettempdir()}/{name}-busybox.tar"
        put_away = ("rm", "-f", archive)
        make.append(("tar", "--create", "--file", archive, "--directory", folder or "/", program))
        make.append(docker("import", "--change", "LABEL " + " ".join(labels), archive, box))
        make.append(put_away)
        remove += [docker("rmi", box), put_away]
    return tuple(make), tuple(remove)


def _start(ground: Ground, choices: Choices, original: Argv) -> Argv:
    """Return the words that are started, the first of which is the entrypoint."""
    is_static = tools_of(ground, choices) is not Tools.PACKAGES
    shell = shell_argv(ground.found.shell) if ground.found.shell else (dockerfile.BUSYBOX, "sh")
    script, words = f"exec {shlex.join(shell)}", ()
    if choices.start is not Start.SHELL:
        before = ("strace", "-f") if choices.start is Start.STRACE else ()
        script, words = traced(shell), ("cdbg", *before, *original)
    elif not is_static:
        return shell
    if is_static:
        script = f"PATH=$PATH:{dockerfile.BIN}; export PATH; {script}"
    return (*shell, "-c", script, *words)


def _lacking(target: Container, ground: Ground, choices: Choices) -> Refusal | None:
    tools = tools_of(ground, choices)
    if tools is Tools.PACKAGES:
        if ground.manager is None:
            return Refusal(f"{target.name} has no package manager that is known: take the static toolbox.")
        if wrong := unlike_a_package(choices.packages):
            return Refusal(f"{wrong} is no name of a package.")
        return None
    if ground.found.toolbox is None:
        lack = "" if ground.manager else "has no package manager, and "
        return Refusal(
            f"{target.name} {lack or 'gets no toolbox: '}there is no static busybox on this engine or machine to"
            " bring in: docker pull busybox:musl fetches one."
        )
    if tools is Tools.TOOLBOX and not ground.carried:
        return Refusal(f"{ground.toolbox or 'The toolbox image'} is not here, or has no programs to bring in.")
    if choices.start is Start.STRACE and (tools is Tools.BUSYBOX or "strace" not in ground.carried):
        return Refusal("There is no strace in it: packages or a toolbox image that has it bring one.")
    return None


def _opening(target: Container, ground: Ground, choices: Choices, copy: Copy, *, is_edited: bool) -> str:
    first = {
        Start.SHELL: "A shell",
        Start.ORIGINAL: "The original command, then a shell,",
        Start.STRACE: "The original command under strace, then a shell,",
    }[choices.start]
    whose = " as root" if choices.as_root else ""
    what = f"the {'image' if choices.base is Base.IMAGE else 'files'} of {target.name}"
    if not ground.found.has_image:
        what = f"the files of {target.name}, whose image is gone,"
    of = f", of {ground.system}" if ground.system else ""
    tools = {
        Tools.PACKAGES: f"packages by {ground.manager.name if ground.manager else ''}{of}",
        Tools.BUSYBOX: f"a static busybox, in {dockerfile.BIN}, last on the PATH",
        Tools.TOOLBOX: f"the programs of {ground.toolbox}, in {dockerfile.BIN}, last on the PATH",
    }[tools_of(ground, choices)]
    added = "what your Dockerfile adds" if is_edited else tools
    beside = f" {target.name} runs on beside it." if target.is_up else ""
    volumes = " Its volumes are the real ones, and can be written." if copy.writes else ""
    return f"{first}{whose} on {what} with {added}.{beside}{volumes}"


def save(path: Path, text: str) -> None:
    """Write a Dockerfile for the user alone, and never over another file.

    Raises:
        EngineError: there is one of that name, or it cannot be written.
    """
    try:
        with private.opened(path) as file:
            file.write(text.encode())
    except FileExistsError as error:
        raise EngineError("conflict", f"{path} exists, and is not overwritten.", "Choose another name.") from error
    except OSError as error:
        raise EngineError("refused", f"{path} cannot be written: {error.strerror or error}.") from error


def offline(choices: Choices, ground: Ground) -> Choices:
    """Return *choices* with tools that need no network."""
    return replace(choices, tools=Tools.TOOLBOX if ground.carried else Tools.BUSYBOX)
