"""The usual culprits: found where they are, left alone where they are not, each with a remedy."""

from __future__ import annotations

import pytest

from cdbg_tui.model.analysis import analyse
from cdbg_tui.model.culprits import Culprit
from tests.unit.layered import files, image

MIB = 1 << 20


def found(*paths: str, size: int = 5 * MIB) -> list[str]:
    return [one.kind for one in analyse(image(files(*((path, size) for path in paths)))).culprits]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("var/lib/apt/lists/mirror.example_Packages", "apt-lists"),
        ("var/cache/apt/archives/x.deb", "apt-cache"),
        ("var/cache/apk/APKINDEX.tar.gz", "apk-cache"),
        ("var/cache/dnf/x.solv", "yum-cache"),
        ("root/.cache/pip/http/a", "pip-cache"),
        ("home/app/.cache/uv/a", "pip-cache"),
        ("root/.npm/_cacache/content", "npm-cache"),
        ("usr/local/share/.cache/yarn/v6/x", "npm-cache"),
        ("root/.m2/repository/org/x.jar", "java-cache"),
        ("home/gradle/.gradle/caches/x", "java-cache"),
        ("go/pkg/mod/cache/x", "go-cache"),
        ("root/.cache/go-build/x", "go-cache"),
        ("usr/local/cargo/registry/x", "cargo-cache"),
        ("src/target/release/deps/x.rlib", "cargo-cache"),
        ("app/.git/objects/pack/p.pack", "git"),
        ("app/node_modules/typescript/lib/tsc.js", "node-dev"),
        ("usr/lib/gcc/x86_64-linux-gnu/12/cc1", "build-tools"),
        ("usr/include/stdio.h", "build-tools"),
        ("usr/bin/x86_64-linux-gnu-gcc-12", "compilers"),
        ("usr/bin/make", "compilers"),
        ("usr/lib/libfoo.a", "objects"),
        ("srv/app/tests/big.json", "test-data"),
        ("usr/share/doc/x/changelog", "docs"),
        ("usr/share/locale/de/x.mo", "locales"),
        ("usr/lib/python3/__pycache__/x.pyc", "pycache"),
        ("tmp/build.log", "temporary"),
        ("var/log/dpkg.log", "logs"),
        ("app/core.4711", "core-dump"),
        ("srv/download.tar.gz", "packages"),
        ("root/.ssh/id_rsa", "secret"),
        ("root/.ssh/deploy", "secret"),
        ("app/server.pem", "secret"),
        ("root/.aws/credentials", "secret"),
        ("root/.docker/config.json", "secret"),
        ("app/.env", "secret-settings"),
        ("app/.env.production", "secret-settings"),
        ("root/.npmrc", "secret-settings"),
    ],
)
def test_each_is_found(path: str, kind: str) -> None:
    assert found(path) == [kind]


@pytest.mark.parametrize(
    "path",
    [
        "etc/ssl/certs/ca-bundle.pem",
        "usr/share/ca-certificates/x.pem",
        "usr/lib/python3/site-packages/certifi/cacert.pem",
        "root/.ssh/known_hosts",
        "root/.ssh/id_rsa.pub",
        "app/.env.example",
        "app/.gitignore",
        "app/node_modules/express/index.js",
        "app/src/core.py",
        "usr/lib/libc.so.6",
        "home/make/bin/make",
        "app/contest/data",
        "var/lib/apt/extended_states",
    ],
)
def test_the_innocent_are_left_alone(path: str) -> None:
    assert found(path) == []


def test_small_change_is_not_told_but_secrets_are() -> None:
    assert found("var/cache/apk/x", "tmp/x", size=500) == []
    assert found("root/.netrc", size=50) == ["secret"]
    assert found("root/.netrc", size=0) == []


def test_files_of_a_place_are_one_culprit_of_its_layer() -> None:
    seen = analyse(
        image(files(("a", 1)), files(("app/.git/a", 2 * MIB), ("app/.git/b/c", MIB), ("lib/.git/x", 9)))
    )
    git = [one for one in seen.culprits if one.kind == "git"]
    assert [(one.path, one.size, one.files, one.layer) for one in git] == [
        ("/app/.git", 3 * MIB, 2, 1),
        ("/lib/.git", 9, 1, 1),
    ]


def test_scattered_ones_are_told_together() -> None:
    (one,) = analyse(image(files(("usr/lib/a/__pycache__/x", 2 * MIB), ("usr/lib/b/__pycache__/y", MIB)))).culprits
    assert (one.path, one.files) == ("/usr/lib", 2)


def test_a_secret_that_was_deleted_later_is_told_to_be_there_still() -> None:
    seen = analyse(image(files(("root/.ssh/id_rsa", 2000)), files(("root/.ssh/.wh.id_rsa", 0))))
    (one,) = seen.culprits
    assert (one.kind, one.layer, one.hidden_by, one.is_secret) == ("secret", 0, 1, True)


def test_what_is_deleted_later_is_told_with_both_layers() -> None:
    seen = analyse(image(files(("d/", 0), ("d/data.bin", 30 * MIB)), files(("x", 1)), files((".wh.d", 0))))
    (one,) = seen.culprits
    assert (one.kind, one.path, one.size, one.layer, one.hidden_by) == ("deleted-later", "/d", 30 * MIB, 0, 2)


def test_files_copied_for_another_mode_are_told() -> None:
    lower = files(("app/a", 2 * MIB), ("app/b", MIB), modified=7)
    seen = analyse(image(lower, files(("app/a", 2 * MIB), ("app/b", MIB), mode=0o755, modified=7)))
    (one,) = seen.culprits
    assert (one.kind, one.path, one.size, one.files, one.layer) == ("copied-for-mode", "/app", 3 * MIB, 2, 1)
    rewritten = analyse(image(lower, files(("app/a", 2 * MIB), ("app/b", MIB), mode=0o755, modified=8)))
    assert rewritten.culprits == ()


def test_secrets_come_first_then_the_largest() -> None:
    seen = analyse(image(files(("tmp/a", MIB), ("var/log/b", 2 * MIB), ("root/.netrc", 1))))
    assert [one.kind for one in seen.culprits] == ["secret", "logs", "temporary"]


def test_every_culprit_has_a_remedy() -> None:
    seen = analyse(image(files(("tmp/a", MIB), ("root/.netrc", 1)), files(("tmp/.wh.a", 0))))
    assert seen.culprits
    assert all(isinstance(one, Culprit) and one.remedy.endswith((".", "*")) for one in seen.culprits)
