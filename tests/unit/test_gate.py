"""The check that foreign text is cleaned before it is painted finds what it is to find, and nothing else."""

from __future__ import annotations

import pytest

from tests.gate import WHERE, File, check, known_of, python_files

FILE = "cdbg_tui/tui/panes/made_up.py"
BREACHES = {
    "an attribute in a widget": "def f(self, container: Container):\n    return Static(container.name)",
    "an f-string in a widget": "def f(name: str):\n    return Label(f'of {name}')",
    "an argument in an update": "def f(self, text: str):\n    self.query_one('#x', Static).update(text)",
    "content of an attribute": "def f(c: Container):\n    return Content('in ') + Content(c.image)",
    "a part of what is assembled": "def f(c: Container):\n    return Content.assemble('in ', (c.image, 'bold'))",
    "a style around it": "def f(c: Container):\n    return Content.styled(c.image, 'bold')",
    "Rich's text": "def f(c: Container):\n    return Text(c.command, style='dim')",
    "appended to Rich's text": "def f(c: Container):\n    row = Text()\n    row.append(c.command)\n    return row",
    "appended with a style": "def f(row, c: Container):\n    row.append(c.command, style='dim')",
    "a toast": "def f(self, error: EngineError):\n    self.app.notify(error.what, markup=False)",
    "a toast that is parsed": "def f(self, error: EngineError):\n    self.notify(one_line(error.what))",
    "markup that is made": "def f(c: Container):\n    return Content.from_markup(f'[b]{c.name}[/b]')",
    "a border's title": "def f(self, name: str):\n    self.border_title = name",
    "a border's title, joined": "def f(self, names: list[str]):\n    self.border_subtitle = ' · '.join(names)",
    "a placeholder": "def f(c: Container):\n    return Input(placeholder=c.name)",
    "a tooltip": "def f(self, c: Container):\n    self.tooltip = c.name",
    "an option of a list": "def f(names: list[str]):\n    return [Option(name) for name in names]",
    "a row of a table": "def f(table, rows: list[str]):\n    table.add_row('x', *rows)",
    "a segment of a line": "def f(process: Process):\n    return Segment(process.command)",
    "a cell": "def f(process: Process):\n    return Cell('> ' + process.command, 'dim')",
    "by way of a name": (
        "def f(c: Container):\n    words = plain('a')\n    words = c.name\n    return Static(words)"
    ),
    "by way of a loop": (
        "def f(labels: dict[str, str]):\n    for key, value in labels.items():\n        yield Static(value)"
    ),
    "by way of a list": (
        "def f(c: Container):\n    lines = []\n    lines.append(c.name)\n    return Content('\\n'.join(lines))"
    ),
    "by way of a function": "def _g(c):\n    return c.name\ndef f(c: Container):\n    return Static(_g(c))",
    "by way of an argument": (
        "def _g(text: str):\n    return Static(text)\ndef f(c: Container):\n    return _g(c.name)"
    ),
    "handed on": (
        "def _g(text: str):\n    return Static(text)\ndef f(rows: list[str]):\n    return list(map(_g, rows))"
    ),
    "cut": "def f(c: Container):\n    return Static(c.name[:20])",
    "cleaned in one branch only": "def f(c: Container):\n    return Static(plain(c.name) if c.is_up else c.name)",
    "an excuse without a reason": "def f(c: Container):\n    return Static(c.name)  # gate:",
    "printed": "def f(error: Exception):\n    print(f'cdbg: {error}')",
    "written": "def f(error: Exception):\n    sys.stderr.write(str(error) + '\\n')",
}
FINE = {
    "a literal": "Static('words')",
    "through a gate": "def f(c: Container):\n    return Static(plain(c.name))",
    "put together": "def f(c: Container):\n    return Content('in ') + plain(c.name)",
    "a number": "def f(count: int):\n    return Content(f'{count} of {count + 1:,}')",
    "formatted as a number": "def f(x):\n    return Content(f'{x:,} files, {x:.0f}')",
    "content that was made elsewhere": "def f(self, title: Content):\n    self.border_title = title",
    "content that is kept": (
        "class A:\n    def __init__(self, t: Content):\n        self._t = t\n    def f(self):\n"
        "        return Static(self._t)"
    ),
    "an enumeration": "class K(StrEnum):\n    A = 'a'\ndef f(k: K):\n    return Content(k.value)",
    "a constant": "WORDS = {'a': 'b'}\ndef f(key: str):\n    return Content(WORDS[key])",
    "a private function's argument": (
        "def _g(text: str):\n    return Static(text)\ndef f():\n    return _g('words')"
    ),
    "a dict": (
        "def f(known: dict[str, int], c: Container):\n    found = dict[str, str]()\n"
        "    found.update({c.name: c.id})"
    ),
    "an excuse": "def f(c: Container):\n    return Static(c.name)  # gate: it is a figure",
    "a cell's own text": "def f(cells: list[Cell]):\n    return [Segment(cell.text) for cell in cells]",
    "gathered": (
        "def f(names: list[str]):\n    lines = [plain('head')]\n    lines += [plain(n) for n in names]\n"
        "    return Content('\\n').join(lines)"
    ),
}


def breaches(source: str) -> list[str]:
    file = File(FILE, source, known_of([]))
    known = known_of([file.tree])
    return [str(one) for one in File(FILE, source, known).breaches()]


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found(name: str) -> None:
    assert len(breaches(BREACHES[name])) == 1, breaches(BREACHES[name])


@pytest.mark.parametrize("name", FINE)
def test_no_false_alarm(name: str) -> None:
    assert breaches(FINE[name]) == []


def test_the_program_has_none() -> None:
    assert check(python_files(*WHERE)) == []
