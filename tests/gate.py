"""Foreign text reaches a widget or the terminal only through `model/text.py`: ``python -m tests.gate`` checks it.

What a container or an engine says may hold escape sequences and markup. So whatever is handed to a *sink* must
be *clean*. Sinks are what paints: ``Content(…)``, ``Text(…)``, ``Segment(…)``, ``Cell(…)``, ``Static(…)`` and its
kin, ``….update(…)``, ``notify(…)``, ``border_title = …``, ``add_row(…)``, ``row.append(…, style)``; and what
writes: ``print(…)``, ``sys.stdout.write(…)``. Clean are

- literals, numbers, and what a gate returns: ``plain``, ``clean``, ``one_line``, ``fit``, ``prose``, ``ansi`` …;
- what is put together out of clean things only: f-strings, ``+``, ``join``, slices, comprehensions, names that
  are bound to nothing else, functions of the same file that return nothing else, arguments of its private
  functions that are given nothing else;
- what its annotation tells to be no plain ``str``: ``Content``, ``Text``, numbers, enumerations. Somebody else
  made that, and it was checked there.

A ``str`` that came as an argument, as an attribute, or out of another file is not. Markup that is made, not
written, is never clean. Where all that is wrong, because the words are our own, a comment ``# gate: why`` on the
line says so; passing them through a gate costs nothing and needs no comment.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAINTS = "cdbg_tui/tui/"
"""Only there are widgets; what writes is looked for elsewhere as well."""
WHERE = ("cdbg_tui/tui", "cdbg_tui/commands", "cdbg_tui/cli.py", "cdbg_tui/sessions")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GATES = _words("plain clean one_line fit ansi prose quoted visible safe_name plain_text shown_text coloured_text")
"""What they return is clean whatever they are given."""
NUMBERS = _words(
    "size rate percent span exact_span clock rfc3339 bars strftime clock_of len sum int float round abs cell_len"
)
"""What they return is made of numbers."""
PASSING = _words(
    "shorten hidden set_cell_size str list tuple sorted reversed enumerate zip filter map next iter min max set"
)
"""What they return is as clean as what they are given."""
METHODS = _words(
    "join rstrip lstrip strip ljust rjust center upper lower title capitalize removesuffix removeprefix "
    "replace split rsplit splitlines partition rpartition format expandtabs zfill casefold stylize pad_right "
    "pad_left wrap copy get values items keys divide truncate crop pop fold right_crop"
)
"""Methods whose answer is as clean as their object and what they are given."""
MEASURED = _words("ljust rjust center zfill pad_right pad_left expandtabs truncate crop right_crop")
"""Of these the methods that are given numbers."""

CONTENT = _words("Content Text Content.styled Content.assemble Text.assemble Text.styled")
RAW = _words("Segment Cell")
WIDGETS = _words(
    "Static Label Button Option TabPane Tab Collapsible Checkbox RadioButton Link Hit DiscoveryHit Markdown "
    "Digits Tooltip Placeholder SystemCommand"
)
NAMED = _words("placeholder tooltip border_title border_subtitle title sub_title label prompt")
"""Arguments and attributes that are painted."""
PAINTED = NAMED - {"title", "label", "prompt"}
"""The same as attributes of any object: these names are Textual's."""
CALLED = _words("notify add_row add_column add_option set_content write_line")
WRITTEN = _words("sys.stdout.write sys.stderr.write sys.__stderr__.write print")
SHOWN_ARGUMENTS = {"Hit": (1,), "DiscoveryHit": (0,), "Option": (0,), "Cell": (0,), "Segment": (0,), "Text": (0,)}
"""Which arguments are painted, where not all are."""
STYLED_FIRST = _words("Content.styled Text.styled Static Label Button Content TabPane")
"""Of these only the first argument is painted."""

CLEAN_TYPES = _words("Content Text TextType Strip Style Cell Segment int float bool None datetime")
NUMERIC_SPEC = re.compile(r"[^{}]*[,dfbxXeg%]$|0\d+$")
"""A ``str`` cannot be formatted by these."""
EXCUSE = re.compile(r"#\s*gate:\s*\S")
SHORT_ENOUGH = 90


class Breach(NamedTuple):
    """Where something reaches a sink that nothing has cleaned."""

    path: str
    line: int
    sink: str
    text: str

    def __str__(self) -> str:
        text = self.text if len(self.text) <= SHORT_ENOUGH else self.text[: SHORT_ENOUGH - 1] + "…"
        return (
            f"{self.path}:{self.line}: {self.sink} is given `{text}`, which no gate of model/text.py has cleaned"
        )


class Known(NamedTuple):
    """What is known of all files: which attributes, and which functions' answers, are clean by their type."""

    attributes: frozenset[str]
    functions: frozenset[str]
    types: frozenset[str]


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` of a name or attribute; of what else, its last part only."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = dotted(node.value)
        return f"{above}.{node.attr}" if above else node.attr
    return ""


def known_of(trees: Iterable[ast.Module]) -> Known:
    """Learn from the annotations of classes and functions in all *trees*."""
    nodes = [node for tree in trees for node in _definitions(tree)]
    enums = {
        one.name
        for one in nodes
        if isinstance(one, ast.ClassDef) and any("Enum" in dotted(base) for base in one.bases)
    }
    types = frozenset(CLEAN_TYPES | enums)
    attributes, functions = dict[str, bool](), dict[str, bool]()
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            for name, is_clean in attributes_of(node, types):
                attributes[name] = attributes.get(name, True) and is_clean
        else:
            functions[node.name] = functions.get(node.name, True) and is_clean_type(node.returns, types)
    # An enumeration's value is a word of ours.
    good = {name for name, is_clean in attributes.items() if is_clean} | {"value"}
    return Known(frozenset(good), frozenset(name for name, is_clean in functions.items() if is_clean), types)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(tree: ast.Module) -> Iterator[ast.ClassDef | Function]:
    todo: list[ast.AST] = [tree]
    while todo:
        for node in getattr(todo.pop(), "body", ()):
            if isinstance(node, ast.ClassDef | Function):
                yield node
            if isinstance(node, ast.stmt) and not isinstance(node, ast.Expr | ast.Assign | ast.Return):
                todo.append(node)


def attributes_of(node: ast.ClassDef, types: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Yield the attributes of a class, each with whether its type leaves no room for foreign text."""
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            yield one.target.id, is_clean_type(one.annotation, types)
        elif isinstance(one, Function):
            if any(dotted(by).endswith("property") for by in one.decorator_list):
                yield one.name, is_clean_type(one.returns, types)
            for name, annotation in _kept_arguments(one):
                yield name, is_clean_type(annotation, types)


def _kept_arguments(function: Function) -> Iterator[tuple[str, ast.AST | None]]:
    """Yield the attributes that a method annotates, or makes of its arguments, with the annotations of those."""
    arguments = {one.arg: one.annotation for one in (*function.args.args, *function.args.kwonlyargs)}
    for node in own(function):
        if isinstance(node, ast.AnnAssign) and dotted(node.target).startswith("self."):
            yield dotted(node.target).removeprefix("self."), node.annotation
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            for name, value in _self_targets(target, node.value):
                if isinstance(value, ast.Name) and value.id in arguments:
                    yield name, arguments[value.id]


def _self_targets(target: ast.AST, value: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _self_targets(one, other)
    elif (name := dotted(target)).startswith("self.") and name.count(".") == 1:
        yield name.removeprefix("self."), value


def is_clean_type(node: ast.AST | None, types: frozenset[str]) -> bool:
    """Tell whether an annotation leaves no room for a plain ``str``."""
    match node:
        case ast.Constant(value=None):
            return True
        case ast.Constant(value=str(text)):
            return is_clean_type(ast.parse(text, mode="eval").body, types)
        case ast.Name() | ast.Attribute():
            return dotted(node).rpartition(".")[2] in types
        case ast.BinOp(left=left, right=right):
            return is_clean_type(left, types) and is_clean_type(right, types)
        case ast.Subscript(value=value, slice=inner):
            outer = dotted(value).rpartition(".")[2]
            if outer == "Literal":
                return True
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if outer in ("dict", "Mapping"):
                parts = parts[1:]
            if outer in _HOLDERS:
                return all(is_ellipsis(part) or is_clean_type(part, types) for part in parts)
            return outer in types
    return False


_HOLDERS = {
    *(
        "list",
        "tuple",
        "Sequence",
        "Iterable",
        "Iterator",
        "set",
        "frozenset",
        "dict",
        "Mapping",
        "Optional",
        "ClassVar",
    ),
    *("reactive", "var", "Collection", "deque"),
}


def is_ellipsis(node: ast.AST) -> bool:
    """Tell whether a node is ``...``."""
    return isinstance(node, ast.Constant) and node.value is ...


class Argument(NamedTuple):
    """An argument of a function that is called in its own file only."""

    function: Function
    name: str


Value = ast.AST | Argument | bool


class Scope:
    """What names are bound to in one function, or in the file."""

    def __init__(self, node: ast.AST, above: Scope | None, file: File) -> None:
        self.node = node
        self.above = above
        self.file = file

    @cached_property
    def bound(self) -> Mapping[str, list[Value]]:
        """All that each name is bound to: expressions, or for arguments and the like whether they are clean."""
        found: dict[str, list[Value]] = {}
        if isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            arguments = self.node.args
            for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                is_clean = one.arg == "self" or is_clean_type(one.annotation, self.file.known.types)
                found[one.arg] = [is_clean]
                if not is_clean and isinstance(self.node, Function) and self._is_private(self.node):
                    found[one.arg] = [Argument(self.node, one.arg)]
            for other in (arguments.vararg, arguments.kwarg):
                if other is not None:
                    found[other.arg] = [is_clean_type(other.annotation, self.file.known.types)]
        for node in own(self.node):
            for name, value in _bindings(node):
                found.setdefault(name, []).append(value)
        return found

    def _is_private(self, function: Function) -> bool:
        is_within = self.above is not None and isinstance(self.above.node, Function)
        return is_within or (function.name.startswith("_") and not function.name.startswith("__"))


def own(top: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes of a function, or of a file, that are not those of a function within it."""
    todo = list(ast.iter_child_nodes(top))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            todo += ast.iter_child_nodes(node)


def _bindings(node: ast.AST) -> Iterator[tuple[str, Value]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _targets(target, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            yield name, value
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            yield from _targets(target, value)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.withitem(context_expr=value, optional_vars=target) if target is not None:
            yield from _targets(target, value)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, False
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend" | "appendleft"), args=args
        ):
            for one in args:
                yield name, one
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="insert"), args=[_, one]):
            yield name, one


def _targets(target: ast.AST, value: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match target:
        case ast.Name(id=name):
            yield name, value
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            values = (
                value.elts if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(parts) else None
            )
            for number, part in enumerate(parts):
                yield from _targets(part, values[number] if values else value)
        case ast.Starred(value=part):
            yield from _targets(part, value)
        case ast.Subscript(value=ast.Name(id=name)):
            yield name, value


class File:
    """One file and the breaches in it."""

    def __init__(self, path: str, source: str, known: Known, tree: ast.Module | None = None) -> None:
        self.path = path
        self.paints = path.startswith(PAINTS)
        self.lines = source.splitlines()
        self.known = known
        self.tree = tree or ast.parse(source)
        self.attributes: dict[str, bool] = {}
        """Those of the classes in this file, which come before others of the same name."""
        for node in _definitions(self.tree):
            if isinstance(node, ast.ClassDef):
                for name, is_clean in attributes_of(node, known.types):
                    self.attributes[name] = self.attributes.get(name, True) and is_clean
        self.scope = Scope(self.tree, None, self)
        self.functions = {
            node.name: node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef) and sum(1 for _ in ast.walk(node)) < 4_000
        }
        self._scopes: dict[ast.AST, Scope] = {self.tree: self.scope}
        self._asked: set[tuple[ast.AST, str]] = set()

    def breaches(self) -> Iterator[Breach]:
        """Yield what is wrong."""
        yield from self._within(self.tree, self.scope)

    def _within(self, top: ast.AST, scope: Scope) -> Iterator[Breach]:
        for node in own(top):
            yield from self._at(node, scope)
            if isinstance(node, ast.ClassDef):
                yield from self._within(node, Scope(node, scope, self))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                yield from self._within(node, self._scope(node, scope))

    def _scope(self, node: ast.AST, above: Scope) -> Scope:
        if node not in self._scopes:
            self._scopes[node] = Scope(node, above, self)
        return self._scopes[node]

    def _at(self, node: ast.AST, scope: Scope) -> Iterator[Breach]:
        for sink, value in sinks(node, scope):
            if not self.is_clean(value, scope) and not self._is_excused(node):
                yield Breach(self.path, getattr(value, "lineno", 0), sink, ast.unparse(value))

    def _is_excused(self, node: ast.AST) -> bool:
        first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", None) or getattr(node, "lineno", 1)
        return any(EXCUSE.search(line) for line in self.lines[first - 1 : last])

    # What is clean

    def is_clean(self, node: ast.AST, scope: Scope) -> bool:
        """Tell whether nothing foreign can be in *node*."""
        match node:
            case ast.Constant() | ast.Compare() | ast.UnaryOp(op=ast.Not()) | ast.Slice() | ast.Lambda():
                return True
            case ast.JoinedStr(values=parts):
                return all(self.is_clean(part, scope) for part in parts)
            case ast.FormattedValue(value=value, format_spec=spec):
                return is_numeric(spec) or self.is_clean(value, scope)
            case ast.BinOp(op=ast.Mult(), left=left, right=right):
                return self.is_clean(left, scope) or self.is_clean(right, scope)
            case ast.BinOp(left=left, right=right):
                # To a number only a number can be added.
                return (self.is_clean(left, scope) and self.is_clean(right, scope)) or is_number(left, right)
            case ast.UnaryOp(operand=one) | ast.Starred(value=one) | ast.NamedExpr(value=one):
                return self.is_clean(one, scope)
            case ast.IfExp(body=one, orelse=other):
                return self.is_clean(one, scope) and self.is_clean(other, scope)
            case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return all(self.is_clean(part, scope) for part in parts)
            case ast.Dict(values=parts):
                return all(self.is_clean(part, scope) for part in parts)
            case ast.GeneratorExp(elt=one) | ast.ListComp(elt=one) | ast.SetComp(elt=one):
                return self.is_clean(one, scope)
            case ast.DictComp(value=one):
                return self.is_clean(one, scope)
            case ast.Subscript(value=value):
                return self.is_clean(value, scope)
            case ast.Name(id=name):
                return self._is_clean_name(name, scope)
            case ast.Attribute(value=value, attr=name):
                if self.attributes.get(name, name in self.known.attributes) or name.lstrip("_").isupper():
                    return True
                if name in self.functions and self._is_property(self.functions[name]):
                    return self._returns_clean(self.functions[name])
                # The parts of what is clean are: a cell's text, an enumeration's words.
                return dotted(value) not in ("self", "cls") and self.is_clean(value, scope)
            case ast.Call():
                return self._is_clean_call(node, scope)
        return False

    def _is_clean_name(self, name: str, scope: Scope) -> bool:
        at: Scope | None = scope
        while at is not None:
            values = at.bound.get(name)
            if values is not None and not isinstance(at.node, ast.ClassDef):
                break
            at = at.above
        else:
            # Imported or built in: our constants are, and enumerations that are gone through.
            return name.lstrip("_").isupper() or name in self.known.types
        assert at is not None
        if (at.node, name) in self._asked:
            return True  # what else it is bound to decides
        self._asked.add((at.node, name))
        try:
            return all(self._is_clean_value(value, at) for value in values)
        finally:
            self._asked.discard((at.node, name))

    def _is_clean_value(self, value: Value, scope: Scope) -> bool:
        if isinstance(value, Argument):
            return self._is_given_clean(value)
        return value if isinstance(value, bool) else self.is_clean(value, scope)

    @cached_property
    def _calls(self) -> Mapping[str, list[tuple[ast.Call, Scope]]]:
        """All calls in the file by the last part of their name."""
        found: dict[str, list[tuple[ast.Call, Scope]]] = {}
        todo: list[tuple[ast.AST, Scope]] = [(self.tree, self.scope)]
        while todo:
            top, scope = todo.pop()
            for node in own(top):
                if isinstance(node, ast.Call):
                    found.setdefault(dotted(node.func).rpartition(".")[2], []).append((node, scope))
                elif isinstance(node, Function | ast.Lambda | ast.ClassDef):
                    todo.append((node, self._scope(node, scope)))
        return found

    @cached_property
    def _uses(self) -> Mapping[str, int]:
        """How often each name is read in the file."""
        return Counter(
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load)
        )

    def _is_given_clean(self, argument: Argument) -> bool:
        """Tell whether all who call a function give it something clean; one that is handed on may get anything."""
        function, name = argument
        calls = self._calls.get(function.name, [])
        if not calls or len(calls) != self._uses[function.name]:
            return False
        names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        if names and names[0] in ("self", "cls"):
            del names[0]
        for call, scope in calls:
            if any(isinstance(one, ast.Starred) for one in call.args) or any(
                one.arg is None for one in call.keywords
            ):
                return False
            given = dict(zip(names, call.args, strict=False)) | {one.arg: one.value for one in call.keywords}
            if name in given and not self.is_clean(given[name], scope):
                return False
        return True

    def _is_clean_call(self, node: ast.Call, scope: Scope) -> bool:
        name = dotted(node.func)
        last = name.rpartition(".")[2]
        given = [*node.args, *(one.value for one in node.keywords)]
        if last in GATES or last in NUMBERS or name in CONTENT or name in RAW:
            return True  # the maker of content is itself a sink
        if last == "map" and node.args and dotted(node.args[0]) in GATES | NUMBERS:
            return True
        if isinstance(node.func, ast.Attribute) and last in METHODS:
            given = [] if last in MEASURED else given
            return self.is_clean(node.func.value, scope) and all(self.is_clean(one, scope) for one in given)
        if last in PASSING and not (isinstance(node.func, ast.Attribute) and last not in METHODS):
            return all(self.is_clean(one, scope) or dotted(one) in GATES | {"None"} for one in given)
        function = self.functions.get(last)
        if function is not None and is_clean_type(function.returns, self.known.types):
            return True
        if last in self.known.functions or last in self.known.types:
            return True
        return function is not None and self._returns_clean(function)

    @staticmethod
    def _is_property(function: ast.FunctionDef) -> bool:
        return any(dotted(one).endswith("property") for one in function.decorator_list)

    def _returns_clean(self, function: ast.FunctionDef) -> bool:
        if (function, "") in self._asked:
            return True
        self._asked.add((function, ""))
        try:
            scope = self._scope(function, self.scope)
            answers = [
                one.value for one in own(function) if isinstance(one, ast.Return | ast.Yield | ast.YieldFrom)
            ]
            return bool(answers) and all(one is None or self.is_clean(one, scope) for one in answers)
        finally:
            self._asked.discard((function, ""))


def is_number(*nodes: ast.AST) -> bool:
    """Tell whether any of these is a number that is written as such."""
    return any(isinstance(one, ast.Constant) and isinstance(one.value, int | float) for one in nodes)


def is_numeric(spec: ast.AST | None) -> bool:
    """Tell whether what is formatted like this is a number: of a text it would be an error."""
    if not isinstance(spec, ast.JoinedStr):
        return False
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in spec.values)
    return NUMERIC_SPEC.fullmatch(text) is not None


def sinks(node: ast.AST, scope: Scope) -> Iterator[tuple[str, ast.AST]]:
    """Yield what a node paints or writes, with the name of the sink."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr in PAINTED:
                    yield f".{target.attr} =", value
        case ast.Call():
            yield from _called(node, scope)


def _called(node: ast.Call, scope: Scope) -> Iterator[tuple[str, ast.AST]]:
    name = dotted(node.func)
    last = name.rpartition(".")[2]
    if name in WRITTEN:
        yield from ((f"{name}(…)", one) for one in node.args)
    elif scope.file.paints:
        yield from _painted(node, name, last, scope)


def _painted(node: ast.Call, name: str, last: str, scope: Scope) -> Iterator[tuple[str, ast.AST]]:
    if last == "from_markup":
        # What is inserted by name is not parsed; the pattern itself must be written here.
        for one in node.args[:1]:
            if not isinstance(one, ast.Constant):
                yield "markup", ast.Name("markup that is made", ast.Load(), lineno=one.lineno)
        return
    if name in CONTENT | RAW or (last in WIDGETS and last not in scope.file.known.types):
        painted = SHOWN_ARGUMENTS.get(last, (0,) if name in STYLED_FIRST else range(len(node.args)))
        for number in painted:
            if number < len(node.args):
                one = node.args[number]
                # Text and its style.
                is_pair = name.endswith("assemble") and isinstance(one, ast.Tuple) and len(one.elts) == 2
                yield f"{name}(…)", one.elts[0] if is_pair and isinstance(one, ast.Tuple) else one
        yield from ((f"{one.arg}=", one.value) for one in node.keywords if one.arg in (*NAMED, "content", "text"))
    elif last in CALLED:
        yield from ((f"{last}(…)", one) for one in node.args)
        if last == "notify" and not _is_unparsed(node):
            yield "notify(…) without markup=False", ast.Name("its text", ast.Load(), lineno=node.lineno)
    elif last == "update" and isinstance(node.func, ast.Attribute):
        if not _is_mapping(node, node.func.value, scope):
            yield from ((".update(…)", one) for one in node.args)
            yield from ((".update(…)", one.value) for one in node.keywords if one.arg == "content")
    elif last == "append" and isinstance(node.func, ast.Attribute):
        if _is_styled(node) or _is_text(node.func.value, scope):
            yield ".append(…)", node.args[0]
    else:
        yield from ((f"{one.arg}=", one.value) for one in node.keywords if one.arg in PAINTED)


def _is_styled(node: ast.Call) -> bool:
    if any(one.arg == "style" for one in node.keywords):
        return True
    return len(node.args) == 2 and not isinstance(node.args[1], ast.List | ast.ListComp)


def _is_unparsed(node: ast.Call) -> bool:
    written = all(isinstance(one, ast.Constant) for one in node.args)
    told = {one.arg: one.value for one in node.keywords}.get("markup")
    return written or (isinstance(told, ast.Constant) and told.value is False)


def _is_mapping(node: ast.Call, owner: ast.AST, scope: Scope) -> bool:
    """Tell whether ``update`` is that of a dict or a set rather than a widget's."""
    if len(node.args) != 1:
        return not any(one.arg == "content" for one in node.keywords)
    if isinstance(node.args[0], _MAPPINGS) or isinstance(getattr(node.args[0], "op", None), ast.BitOr):
        return True
    return any(_makes_mapping(one) for one in _bound(owner, scope))


_MAPPINGS = (ast.Dict, ast.DictComp, ast.Set, ast.GeneratorExp, ast.SetComp)


def _makes_mapping(node: Value) -> bool:
    if isinstance(node, ast.Call):
        made = node.func.value if isinstance(node.func, ast.Subscript) else node.func
        return dotted(made) in ("dict", "set", "OrderedDict", "Counter", "defaultdict")
    return isinstance(node, _MAPPINGS)


def _bound(node: ast.AST, scope: Scope | None) -> Iterator[Value]:
    while scope is not None and isinstance(node, ast.Name):
        if node.id in scope.bound:
            yield from scope.bound[node.id]
            return
        scope = scope.above


def _is_text(node: ast.AST, scope: Scope) -> bool:
    makers = ("Text", "Text.assemble", "ansi")
    return any(isinstance(one, ast.Call) and dotted(one.func) in makers for one in _bound(node, scope))


def python_files(*where: str) -> list[Path]:
    """Return the files in these places below the root."""
    found: list[Path] = []
    for one in where:
        found += [ROOT / one] if one.endswith(".py") else sorted((ROOT / one).rglob("*.py"))
    return found


def check(files: Iterable[Path]) -> list[Breach]:
    """Return all breaches in *files*."""
    sources = {path: path.read_text(encoding="utf-8") for path in {*python_files("cdbg_tui"), *files}}
    trees = {path: ast.parse(source) for path, source in sources.items()}
    known = known_of(trees.values())
    return [
        breach
        for path in files
        for breach in File(str(path.relative_to(ROOT)), sources[path], known, trees[path]).breaches()
    ]


def main() -> int:
    """Tell all breaches, and return the exit status."""
    found = check(python_files(*WHERE))
    for breach in found:
        sys.stdout.write(f"{breach}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
