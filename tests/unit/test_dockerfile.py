"""Dockerfiles of debug images: by each package manager, with static tools, labelled; and why a build failed."""

from __future__ import annotations

import pytest

from cdbg_tui.engine.build import why
from cdbg_tui.model import dockerfile
from cdbg_tui.model.dockerfile import Carried, Static, labelled, trouble
from cdbg_tui.model.packages import BY_NAME, MANAGERS, system_in, unlike_a_package

RUNS = {
    "apk": "RUN apk add --no-cache \\\n      jq gdb",
    "apt-get": (
        "RUN apt-get update \\\n && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends"
        " \\\n      jq gdb \\\n && rm -rf /var/lib/apt/lists/*"
    ),
    "dnf": ("RUN dnf install --assumeyes --setopt=install_weak_deps=False \\\n      jq gdb \\\n && dnf clean all"),
    "microdnf": (
        "RUN microdnf install --assumeyes --setopt=install_weak_deps=0 \\\n      jq gdb \\\n && microdnf clean all"
    ),
    "yum": "RUN yum install --assumeyes \\\n      jq gdb \\\n && yum clean all",
    "zypper": ("RUN zypper --non-interactive install --no-recommends \\\n      jq gdb \\\n && zypper clean --all"),
    "pacman": (
        "RUN pacman --sync --refresh --noconfirm --needed \\\n      jq gdb \\\n && rm -rf /var/cache/pacman/pkg"
    ),
}


@pytest.mark.parametrize("name", [one.name for one in MANAGERS])
def test_packages_are_installed_as_root_for_the_user_that_was(name: str) -> None:
    text = dockerfile.with_packages("shop/api:3", BY_NAME[name], ["jq", "gdb"], "app")
    assert text == f"FROM shop/api:3\nUSER 0\n{RUNS[name]}\nUSER app\n"


@pytest.mark.parametrize("user", ["", "0", "root", "0:0"])
def test_root_stays_root(user: str) -> None:
    text = dockerfile.with_packages("api", BY_NAME["apk"], ["jq"], user)
    assert "USER" not in text


def test_a_user_that_would_be_another_line_is_left_out() -> None:
    text = dockerfile.with_packages("api", BY_NAME["apk"], ["jq"], "app\nRUN evil")
    assert text.splitlines()[-1].strip() == "jq"


def test_every_manager_has_packages_that_are_names() -> None:
    for manager in MANAGERS:
        assert manager.packages
        assert unlike_a_package(manager.packages) == ""


@pytest.mark.parametrize("word", ["jq;reboot", "$(id)", "-o", "a b", "a\nb", "`x`", "a>b", ""])
def test_what_a_shell_would_act_on_is_no_package(word: str) -> None:
    assert unlike_a_package(["jq", word]) == word


@pytest.mark.parametrize("word", ["g++", "libc6-dbg", "curl=7.88.1-10", "jq@edge", "python3.11", "@tools"])
def test_versions_and_repositories_may_be_named(word: str) -> None:
    assert unlike_a_package([word]) == ("@tools" if word == "@tools" else "")


def test_the_system_is_named_as_it_names_itself() -> None:
    assert (
        system_in('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n') == "Debian GNU/Linux 12 (bookworm)"
    )
    assert system_in("PRETTY_NAME=Arch\n") == "Arch"
    assert system_in("ID=x\n") == ""


def test_static_tools_take_neither_a_shell_nor_a_network() -> None:
    text = dockerfile.with_busybox("api", Static("busybox:musl", "/bin/busybox"), "1000")
    assert text == (
        "FROM api\nUSER 0\nCOPY --from=busybox:musl /bin/busybox /.cdbg/bin/busybox\n"
        'RUN ["/.cdbg/bin/busybox", "--install", "-s", "/.cdbg/bin"]\nUSER 1000\n'
    )


def test_programs_of_a_toolbox_are_started_by_their_own_loader() -> None:
    starts = {"strace": ("/.cdbg/toolbox/lib/ld.so", "--library-path", "/.cdbg/toolbox/lib", "/x/strace")}
    text = dockerfile.with_toolbox("api", Static("box", "/bin/busybox"), Carried("tools:1", starts))
    assert "COPY --from=tools:1 / /.cdbg/toolbox/\n" in text
    assert 'exec /.cdbg/toolbox/lib/ld.so --library-path /.cdbg/toolbox/lib /x/strace "$@"' in text


class TestLabels:
    def test_are_in_every_stage_from_its_beginning(self) -> None:
        text = "# FROM nothing\nFROM a AS one\nRUN x\nfrom b\nRUN echo \\\n  FROM \\\n  c\n"
        assert labelled(text, ["k=v", "l=w"]) == (
            "# FROM nothing\nFROM a AS one\nLABEL k=v l=w\nRUN x\nfrom b\nLABEL k=v l=w\n"
            "RUN echo \\\n  FROM \\\n  c\n"
        )

    def test_stand_behind_a_from_of_several_lines(self) -> None:
        assert labelled("FROM \\\n  a\nRUN x\n", ["k=v"]) == "FROM \\\n  a\nLABEL k=v\nRUN x\n"


def test_what_cannot_be_built_is_told_before() -> None:
    assert trouble("FROM a\n\tRUN x\n") == ""
    assert "no FROM" in trouble("RUN x\n")
    assert "no FROM" in trouble("")
    assert "control characters" in trouble("FROM a\x1b[2J\n")


@pytest.mark.parametrize("name", ["a b", "a\nb", "$x", "", "-x", "a#b"])
def test_not_everything_is_a_name_in_a_dockerfile(name: str) -> None:
    assert not dockerfile.can_stand(name)
    assert dockerfile.can_stand("registry.example:5000/shop/api:3@sha256:ab")


CODE = "The command '/bin/sh -c x' returned a non-zero code: 100"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("W: Temporary failure resolving 'packages.example'\nE: Unable to locate package x", "no name"),
        (
            "WARNING: fetching https://dl-cdn: DNS: transient error (try again later)\nx (no such package)",
            "no name",
        ),
        ("Curl error (6): Couldn't resolve host name for https://mirrors", "no name"),
        ("Could not connect to packages.example:80 - connect (111: Connection refused)", "no network"),
        ("temporary error (try again later)\nERROR: unable to select packages:", "no network"),
        ("E: The repository 'http://deb buster Release' does not have a Release file.", "mirror"),
        ("Could not retrieve mirrorlist http://mirrorlist.centos.org", "mirror"),
        ("error: failed retrieving file 'core.db' from mirror : The requested URL returned error: 404", "mirror"),
        (
            "[a|http://a] Valid metadata not found at specified URL\nRepository type can't be determined.\n"
            "No provider of 'strace' found.",
            "mirror",
        ),
        ("Cannot prepare internal mirrorlist: No URLs in mirrorlist\nNo match for argument: gdb", "mirror"),
        (
            "Curl error (7): Could not connect to server for http://m [Failed to connect],"
            "Cannot prepare internal mirrorlist: No URLs in mirrorlist\nNo match for argument: gdb",
            "no network",
        ),
        (
            "WARNING: fetching https://m/alpine/v3.9/main: remote server returned error (try 'apk update')\n"
            "ERROR: unable to select packages:\n  gdb (no such package):",
            "mirror",
        ),
        ("ERROR: gdb-16.3-r0: package mentioned in index not found (try 'apk update')", "mirror"),
        (
            "WARNING: fetching http://m/v3.1/main: No such file or directory\nERROR: unable to select packages:\n"
            "  gdb (no such package):\n    required by: world[gdb]",
            "mirror",
        ),
        ("ERROR: gdb-16.3-r0: network connection aborted", "no network"),
        (
            "WARNING: fetching https://m/main: network error (check Internet connection and firewall)"
            "\nERROR: unable to select packages:\n  gdb (no such package):",
            "no network",
        ),
        (
            "WARNING: opening https://m/main: could not connect to server (check repositories file)\n"
            "ERROR: unable to select packages:\n  gdb (no such package):",
            "no network",
        ),
        (
            "WARNING: fetching https://m/main: UNTRUSTED signature\nERROR: unable to select packages:\n"
            "  gdb (no such package):",
            "signature",
        ),
        ("ERROR: Unable to lock database: Permission denied\nERROR: Failed to open apk database", "rights"),
        ("E: Unable to locate package gbd", "package"),
        ("ERROR: unable to select packages:\n  gbd (no such package):", "package"),
        ("ERROR: unsatisfiable constraints:\n  gbd (missing):\n    required by: world[gbd]", "package"),
        ("Error: Unable to find a match: gbd", "package"),
        ("E: Version '9.9' for 'strace' was not found", "package"),
        (
            "The following packages have unmet dependencies:\n needy : Depends: x but it is not installable",
            "conflict",
        ),
        (
            "Error: \n Problem: conflicting requests\n  - nothing provides x >= 3 needed by needy-1.0-1.x86_64",
            "conflict",
        ),
        (
            "ERROR: unable to select packages:\n  so:libx.so.1 (no such package):\n"
            "    required by: needy-1-r0[so:libx.so.1]",
            "conflict",
        ),
        ("ERROR: unable to select packages:\n  strace-6.6-r0:\n    breaks: world[strace=9.9]", "conflict"),
        ("error: failed to prepare transaction (could not satisfy dependencies)", "conflict"),
        (
            'Transaction failed: Signature verification failed.\nOpenPGP check for package "strace" has failed',
            "signature",
        ),
        (
            " - Signature verification failed for repomd.xml\nNo provider of 'strace' found.",
            "signature",
        ),
        (
            "You have enabled checking of packages via GPG keys. This is a good thing.\nmirrorlist: \ntimeout: 30",
            "signature",
        ),
        ("Curl error (77): Problem with the SSL CA cert (path? access rights?) for https://m", "tls"),
        ("W: GPG error: http://deb InRelease: NO_PUBKEY 0E98404D386FA1D9", "signature"),
        ("SSL certificate problem: self-signed certificate in certificate chain", "tls"),
        ("E: Could not open lock file - open (13: Permission denied), are you root?", "rights"),
        ("write /x: no space left on device", "disk"),
        ("standard_init_linux.go:228: exec user process caused: exec format error", "platform"),
        ("nothing that anybody knows", "command"),
    ],
)
def test_a_failed_command_of_a_build_is_explained(said: str, kind: str) -> None:
    found = why(f"Step 3/4 : RUN x\n{said}\n{CODE}\n")
    assert found is not None
    assert found.kind == kind
    assert found.what
    assert found.advice


@pytest.mark.parametrize(
    "said",
    [
        "E: Unable to locate package gbd\nE: Package 'jqq' has no installation candidate",
        "No match for argument: gbd\nNo match for argument: jqq\nError: Unable to find a match: gbd jqq",
        "error: No package matches 'gbd'\nerror: No package matches 'jqq'",
        "No package gbd available.\nNo package jqq available.\nError: Nothing to do",
        "  gbd (no such package):\n    required by: world[gbd]\n  jqq (no such package):",
        "'gbd' not found in package names. Trying capabilities.\nNo provider of 'gbd' found.\n"
        "No provider of 'jqq' found.",
        "error: target not found: gbd\nerror: target not found: jqq",
    ],
)
def test_the_packages_that_are_not_to_be_had_are_named(said: str) -> None:
    found = why(f"{said}\n{CODE}\n")
    assert found is not None
    assert found.lacking == ("gbd", "jqq")
    assert found.what == "these packages are in none of its repositories: gbd jqq"
    assert found.advice.startswith("take them out of the list")


def test_a_version_that_is_not_to_be_had_is_named_as_it_was_asked_for() -> None:
    found = why(f"E: Version '9.9' for 'strace' was not found\n{CODE}\n")
    assert found is not None
    assert found.lacking == ("strace=9.9",)


def test_what_is_no_name_of_a_package_is_not_told_as_one() -> None:
    found = why(f"error: target not found: \x1b[2J\n{CODE}\n")
    assert found is not None
    assert (found.kind, found.lacking) == ("package", ())
    assert found.what == "one of the packages is in none of its repositories"


def test_of_many_packages_that_are_not_to_be_had_some_are_named() -> None:
    said = "\n".join(f"E: Unable to locate package p{number}" for number in range(10))
    found = why(f"{said}\n{CODE}\n")
    assert found is not None
    assert found.what.endswith(": p0 p1 p2 p3 p4 p5 p6 p7 and 2 more")
    assert len(found.lacking) == 10


@pytest.mark.parametrize(
    ("said", "kind", "helps"),
    [
        (
            "Error response from daemon: dockerfile parse error line 3: unknown instruction: RUNN",
            "dockerfile",
            False,
        ),
        (
            "pull access denied for nosuch, repository does not exist or may require 'docker login'",
            "denied",
            False,
        ),
        (
            'OCI runtime create failed: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown',
            "no program",
            True,
        ),
    ],
)
def test_a_build_that_came_to_no_command_is_explained(said: str, kind: str, helps: bool) -> None:
    found = why(f"Step 1/4 : FROM x\n{said}\n")
    assert found is not None
    assert (found.kind, found.static_helps) == (kind, helps)


def test_what_nobody_knows_is_not_explained() -> None:
    assert why("Step 1/4 : FROM x\nquite another thing\n") is None
