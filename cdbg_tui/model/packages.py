"""Package managers: where they lie in an image, how they install, and what debugging tools are called in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._:@=~/-]*", re.ASCII)
"""A package, with the version or repository that some let one ask for; nothing that a shell would act on."""


@dataclass(frozen=True, slots=True)
class Manager:
    """One package manager, with the *packages* that are installed where nobody says which."""

    name: str
    paths: tuple[str, ...]
    before: tuple[str, ...]
    install: str
    after: tuple[str, ...]
    packages: tuple[str, ...]

    def line(self, packages: Iterable[str]) -> str:
        """Return the instruction of a Dockerfile that installs *packages*."""
        wanted = f"{self.install} \\\n      {' '.join(packages)}"
        return "RUN " + " \\\n && ".join((*self.before, wanted, *self.after))


_COMMON = ("strace", "lsof", "tcpdump", "less")
# dnf and its kin come with a curl of their own, with which the package of that name is in conflict.
_RPM = (*_COMMON, "iproute", "bind-utils", "procps-ng")
_LISTS = "rm -rf /var/lib/apt/lists/*"

MANAGERS = (
    Manager("apk", ("/sbin/apk", "/usr/bin/apk"), (), "apk add --no-cache", (),
            (*_COMMON, "curl", "iproute2", "bind-tools", "procps")),
    Manager("apt-get", ("/usr/bin/apt-get",), ("apt-get update",),
            "DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends", (_LISTS,),
            (*_COMMON, "curl", "iproute2", "dnsutils", "procps")),
    Manager("dnf", ("/usr/bin/dnf",), (), "dnf install --assumeyes --setopt=install_weak_deps=False",
            ("dnf clean all",), _RPM),
    Manager("microdnf", ("/usr/bin/microdnf",), (), "microdnf install --assumeyes --setopt=install_weak_deps=0",
            ("microdnf clean all",), _RPM),
    Manager("yum", ("/usr/bin/yum",), (), "yum install --assumeyes", ("yum clean all",), _RPM),
    Manager("zypper", ("/usr/bin/zypper",), (), "zypper --non-interactive install --no-recommends",
            ("zypper clean --all",), (*_COMMON, "curl", "iproute2", "bind-utils", "procps")),
    Manager("pacman", ("/usr/bin/pacman",), (), "pacman --sync --refresh --noconfirm --needed",
            ("rm -rf /var/cache/pacman/pkg",), (*_COMMON, "curl", "iproute2", "bind", "procps-ng")),
)  # fmt: skip
"""In the order in which they are looked for: Fedora's kin have a yum that is a dnf."""
BY_NAME = {one.name: one for one in MANAGERS}


def unlike_a_package(words: Iterable[str]) -> str:
    """Return the first of *words* that is no name of a package; empty where all are."""
    return next((word for word in words if not _NAME.fullmatch(word)), "")


def system_in(os_release: str) -> str:
    """Return what /etc/os-release calls the system: ``Debian GNU/Linux 12 (bookworm)``; empty where nothing."""
    found = re.search(r"^PRETTY_NAME=(.*)$", os_release, re.MULTILINE)
    return found[1].strip().strip("\"'") if found else ""
