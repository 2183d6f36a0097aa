"""What images carry that nobody needs when they run, and what they should never carry: named, with the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdbg_tui.model.layers import WHITEOUT, Files, Image
from cdbg_tui.model.stacking import Change, What, what_of

WORTH = 100 << 10
"""Bytes from which on it is worth a word; a secret always is."""
MOST = 400


@dataclass(frozen=True, slots=True)
class Culprit:
    """Files of one kind that one layer brought."""

    kind: str
    title: str
    remedy: str
    path: str
    size: int
    files: int
    layer: int
    """The number of the layer that brought them, from 0."""
    hidden_by: int | None = None
    """The layer that deleted or overwrote all of them: they are in the image all the same."""
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: str
    title: str
    remedy: str
    pattern: str
    """Of directories, matched from the root on, each with a slash at its end: its group is what is named.
    Of files, matched with the name alone."""
    together: bool = False
    """Whether one layer's are one culprit, wherever they lie."""
    is_secret: bool = False
    least: int = WORTH
    unless: str = ""
    """Files whose whole path this finds are innocent."""


_HOME = r"(?:root|home/[^/]+|usr/local/share|app|usr/src/app|var/www)"
_AT_ONCE = "in the RUN that fills it, or mount it: RUN --mount=type=cache,target="
_STAGES = "Build in a stage of its own and COPY --from only the result into the last one."

_DIRECTORIES = (
    _Rule(
        "apt-lists",
        "package lists of apt",
        "End the RUN that has apt-get update with: && rm -rf /var/lib/apt/lists/*",
        r"(var/lib/apt/lists)/",
    ),
    _Rule(
        "apt-cache",
        "packages that apt downloaded",
        f"apt-get clean {_AT_ONCE}/var/cache/apt",
        r"(var/cache/apt)/",
    ),
    _Rule("apk-cache", "package cache of apk", "apk add --no-cache", r"(var/cache/apk|etc/apk/cache)/"),
    _Rule(
        "yum-cache",
        "package cache of yum, dnf or zypper",
        f"dnf clean all (yum, zypper clean) {_AT_ONCE}/var/cache/dnf",
        r"(var/cache/(?:yum|dnf|libdnf5|zypp))/",
    ),
    _Rule(
        "pip-cache",
        "package cache of pip, uv, poetry or conda",
        "pip install --no-cache-dir; uv --no-cache; poetry cache clear; conda clean -afy, each in the same RUN.",
        rf"({_HOME}/\.cache/(?:pip|uv|pypoetry|pdm|pipenv)|opt/(?:mini|ana)?conda3?/pkgs)/",
    ),
    _Rule(
        "npm-cache",
        "package cache of npm, yarn or pnpm",
        f"npm cache clean --force (yarn cache clean) {_AT_ONCE}/root/.npm",
        rf"({_HOME}/(?:\.npm/_cacache|\.cache/yarn|\.yarn/(?:berry/)?cache|\.local/share/pnpm/store))/",
    ),
    _Rule(
        "java-cache",
        "repository of Maven, or cache of Gradle",
        f"{_STAGES} In it: RUN --mount=type=cache,target=/root/.m2",
        rf"({_HOME}/(?:\.m2/repository|\.gradle/(?:caches|wrapper|daemon)))/",
    ),
    _Rule(
        "go-cache",
        "modules and build cache of Go",
        f"{_STAGES} In it: RUN --mount=type=cache,target=/go/pkg/mod",
        rf"((?:{_HOME}/)?go/pkg/mod|{_HOME}/\.cache/go-build)/",
    ),
    _Rule(
        "cargo-cache",
        "registry and build output of Cargo",
        f"{_STAGES} In it: RUN --mount=type=cache,target=/usr/local/cargo/registry",
        rf"((?:{_HOME}/)?(?:usr/local/)?\.?cargo/(?:registry|git)|.*?/target/(?:debug|release)/(?:deps|build|incremental))/",
    ),
    _Rule(
        "gem-cache",
        "package cache of RubyGems, Bundler or Composer",
        "gem and bundle leave it: rm -rf the cache directory in the same RUN; composer install --no-cache.",
        rf"((?:.*/)?(?:gems|bundle)/(?:ruby/)?[^/]*/?cache|{_HOME}/\.(?:cache/composer|composer/cache))/",
    ),
    _Rule(
        "git",
        "a Git repository",
        "Write .git into .dockerignore, or COPY only what is needed.",
        r"((?:.*?/)?\.git)/",
        least=1,
    ),
    _Rule(
        "node-dev",
        "development dependencies in node_modules",
        "npm ci --omit=dev (yarn install --production), in a stage of its own if the build needs them.",
        r"((?:.*?/)?node_modules)/(?:typescript|eslint|prettier|jest|mocha|chai|webpack|rollup|vite|vitest|nodemon|"
        r"ts-node|karma|cypress|playwright(?:-core)?|puppeteer|@types|@babel/core|@jest|@typescript-eslint|sass|"
        r"electron|storybook|@storybook|esbuild|@esbuild|husky|lerna|nyc)/",
    ),
    _Rule(
        "build-tools",
        "compilers, headers and build tools",
        _STAGES,
        r"(usr/(?:lib|libexec|local/lib)/gcc(?:-[\w-]+)?|usr/lib/llvm-?[\d.]*|usr/(?:local/)?include|"
        r"usr/local/go/(?:pkg|src|bin)|usr/local/(?:rustup|cargo/bin)|root/\.(?:rustup|cargo/bin)|"
        r"usr/share/(?:cmake|autoconf|automake|perl/5[\d.]*/Test)[\w.-]*)/",
    ),
    _Rule(
        "pycache",
        "compiled Python",
        "PYTHONDONTWRITEBYTECODE=1, or pip install --no-compile: unless the start-up time matters.",
        r"((?:.*?/)?__pycache__)/",
        together=True,
        least=2 << 20,
    ),
    _Rule(
        "test-data",
        "tests and their data",
        "Leave them out with .dockerignore, or delete them in the RUN that installs the package.",
        r"((?:.*?/)?(?:tests?|__tests__|testdata|fixtures|spec/fixtures))/",
        together=True,
        least=1 << 20,
    ),
    _Rule(
        "docs",
        "documentation",
        "apt-get install --no-install-recommends, and /etc/dpkg/dpkg.cfg.d with path-exclude=/usr/share/doc/*; "
        "dnf --nodocs; apk leaves it out.",
        r"(usr/(?:local/)?share/(?:doc|man|info|gtk-doc))/",
        least=1 << 20,
    ),
    _Rule(
        "locales",
        "translations",
        "/etc/dpkg/dpkg.cfg.d with path-exclude=/usr/share/locale/*, or delete them in the RUN that brings them.",
        r"(usr/share/(?:locale|i18n))/",
        least=4 << 20,
    ),
    _Rule("temporary", "temporary files", "Delete them in the RUN that makes them.", r"((?:var/)?tmp)/"),
    _Rule("logs", "log files", "Delete them in the RUN that writes them.", r"(var/log)/"),
)

_CERTIFICATES = (
    r"(?:^|/)(?:ca-certificates|certs?|certifi|pki|ca|cacert|tests?|testdata|test-data|fixtures)(?:/|\.|$)"
)
_CREDENTIALS = (
    "Give it to the build with RUN --mount=type=secret, or to the container when it runs. Once in a pushed layer "
    "it is known: change it."
)
_FILES = (
    _Rule(
        "secret",
        "a key or credentials",
        _CREDENTIALS,
        r"(?:id_(?:rsa|dsa|ecdsa|ed25519)|[\w.-]*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk)|\.netrc|\.pgpass|"
        r"\.git-credentials|\.dockerconfigjson|\.vault-token|service[-_]account[\w-]*\.json)",
        is_secret=True,
        unless=_CERTIFICATES,
    ),
    _Rule(
        "secret-settings",
        "settings that often hold secrets",
        _CREDENTIALS,
        r"(?:\.env(?!\.(?:example|sample|template|dist|test|defaults?)$)(?:\.[\w.-]+)?|\.npmrc|\.pypirc|\.htpasswd)",
        is_secret=True,
        unless=r"(?:^|/)(?:node_modules|site-packages|dist-packages|tests?|fixtures)/",
    ),
    _Rule(
        "core-dump",
        "a core dump",
        "Delete it in the RUN in which the program crashed, and find out why it did.",
        r"core(?:\.\d+)?",
    ),
    _Rule(
        "objects",
        "object files and static libraries",
        _STAGES,
        r"[^/]+\.(?:o|a|obj|lib|la)",
        together=True,
        least=1 << 20,
        unless=r"/libexec/|/gcc/",
    ),
    _Rule(
        "compilers",
        "compilers and build tools",
        _STAGES,
        r"(?:[\w-]+-linux-(?:gnu|musl)\w*-)?(?:gcc|g\+\+|c\+\+|cc|cpp|cc1|cc1plus|as|ld(?:\.\w+)?|make|cmake|ninja|clang(?:\+\+)?|"
        r"rustc|javac|lto-dump)(?:-[\d.]+)?",
        together=True,
        unless=r"^(?!(?:usr/(?:local/)?)?bin/)",
    ),
    _Rule(
        "packages",
        "packages and archives that were installed from",
        "Delete them in the RUN that unpacks them, or RUN --mount=type=bind them.",
        r"[^/]+\.(?:deb|rpm|apk|whl|tar|tgz|tar\.(?:gz|xz|bz2|zst)|zip)",
        together=True,
        least=1 << 20,
    ),
)
_PLACES = re.compile(
    r"(?:.*/)?(?:\.aws/credentials|\.docker/config\.json|\.kube/config|\.config/gcloud/[\w.-]*credentials[\w.-]*|\.azure/\w+\.json"
    r"|\.ssh/(?!authorized_keys|known_hosts|config$)[^/]+(?<!\.pub))"
)
_SECRET_PLACE = _FILES[0]

_DIRECTORY_PATTERNS = tuple((rule, re.compile(rule.pattern)) for rule in _DIRECTORIES)
_FILE_PATTERN = re.compile("|".join(f"(?P<r{number}>{rule.pattern})" for number, rule in enumerate(_FILES)))
_INNOCENT = {rule.kind: re.compile(rule.unless) for rule in _FILES if rule.unless}


def culprits(image: Image, changes: Sequence[Change]) -> tuple[Culprit, ...]:
    """Return what an image carries in vain: secrets first, then the largest."""
    found: list[Culprit] = []
    for number, layer in enumerate(image.layers):
        found += _in_layer(number, layer.files, changes[number])
        found += _deleted_later(number, changes[number])
        found += _copied_for_mode(image, changes, number)
    found.sort(key=lambda one: (not one.is_secret, -one.size, one.path))
    return tuple(found[:MOST])


class _Heap:
    """Files of one kind in one place, while they are counted."""

    __slots__ = ("files", "hidden_by", "is_seen", "path", "size")

    def __init__(self, path: str) -> None:
        self.path = path
        self.size = self.files = 0
        self.hidden_by = -1
        self.is_seen = False

    def add(self, size: int, hidden_by: int) -> None:
        self.size += size
        self.files += 1
        if hidden_by < 0:
            self.is_seen = True
        self.hidden_by = max(self.hidden_by, hidden_by)


def _in_layer(number: int, files: Files, change: Change) -> Iterator[Culprit]:
    heaps: dict[tuple[str, str], _Heap] = {}
    rules: dict[tuple[str, str], _Rule] = {}
    known: dict[str, tuple[_Rule, str] | None] = {}
    for index, path in enumerate(files.paths):
        if files.is_directory(index):
            continue
        above, _, name = path.rpartition("/")
        if name.startswith(WHITEOUT):
            continue
        rule, place = _secret(path, name) or (None, "")
        if rule is None:
            if above not in known:
                known[above] = _directory_rule(above)
            rule, place = known[above] or _file_rule(path, name) or (None, "")
        if rule is None or (rule.is_secret and not files.sizes[index]):
            continue
        key = (rule.kind, "" if rule.together else place)
        heap = heaps.get(key)
        if heap is None:
            heap, rules[key] = _Heap(place), rule
            heaps[key] = heap
        elif rule.together and heap.path != place:
            heap.path = _common(heap.path, place)
        heap.add(files.sizes[index], change.hidden_by[index])
    for key, heap in heaps.items():
        rule = rules[key]
        if heap.size >= rule.least or rule.is_secret:
            hidden_by = None if heap.is_seen else heap.hidden_by
            yield Culprit(
                rule.kind,
                rule.title,
                rule.remedy,
                "/" + heap.path,
                heap.size,
                heap.files,
                number,
                hidden_by,
                rule.is_secret,
            )


def _secret(path: str, name: str) -> tuple[_Rule, str] | None:
    found = _file_rule(path, name)
    if found is not None and found[0].is_secret:
        return found
    return (_SECRET_PLACE, path) if "/." in path and _PLACES.fullmatch(path) else None


def _directory_rule(above: str) -> tuple[_Rule, str] | None:
    whole = above + "/"
    for rule, pattern in _DIRECTORY_PATTERNS:
        if match := pattern.match(whole):
            return rule, match[1]
    return None


def _file_rule(path: str, name: str) -> tuple[_Rule, str] | None:
    match = _FILE_PATTERN.fullmatch(name)
    if match is None or match.lastgroup is None:
        return None
    rule = _FILES[int(match.lastgroup[1:])]
    innocent = _INNOCENT.get(rule.kind)
    if innocent is not None and innocent.search(path):
        return None
    return rule, path


def _common(one: str, other: str) -> str:
    """Return the directory that two places have in common."""
    same = []
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        same.append(left)
    return "/".join(same)


def _deleted_later(number: int, change: Change) -> Iterator[Culprit]:
    for gone in change.gone:
        if gone.size >= WORTH:
            yield Culprit(
                "deleted-later",
                "deleted in a later layer",
                "Delete it in the RUN that makes it. What was COPYed: leave it out, or use it in another stage.",
                "/" + gone.path,
                gone.size,
                gone.files,
                max(0, gone.brought_by),
                number,
            )


def _copied_for_mode(image: Image, changes: Sequence[Change], number: int) -> Iterator[Culprit]:
    """Find whole files that are in a layer again because chmod or chown touched them."""
    files, change = image.layers[number].files, changes[number]
    again = {
        files.paths[index]: index
        for index in range(len(files))
        if what_of(change, index) is What.MODIFIED
        and files.sizes[index]
        and change.before[index] == files.sizes[index]
    }
    if not again:
        return
    heap: _Heap | None = None
    for below in range(number):
        was = image.layers[below].files
        for at, hidden_by in enumerate(changes[below].hidden_by):
            if hidden_by != number or (index := again.get(was.paths[at])) is None:
                continue
            meta = (files.modes[index], files.uids[index], files.gids[index])
            if files.times[index] == was.times[at] and meta != (was.modes[at], was.uids[at], was.gids[at]):
                path = files.paths[index]
                heap = heap or _Heap(path)
                heap.path = heap.path if heap.path == path else _common(heap.path, path)
                heap.add(files.sizes[index], change.hidden_by[index])
    if heap is not None and heap.size >= WORTH:
        yield Culprit(
            "copied-for-mode",
            "copied whole for another mode or owner",
            "COPY --chown=… --chmod=…, or chmod and chown in the RUN that makes the files.",
            "/" + heap.path,
            heap.size,
            heap.files,
            number,
        )
