"""Which modes a terminal is in after all that was written to it, from the bytes: no emulator knows them all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_PRIVATE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KITTY_PUSH, _KITTY_POP = re.compile(rb"\x1b\[>[0-9;]*u"), re.compile(rb"\x1b\[<[0-9;]*u")
_SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
_AS_IT_BEGINS = {7: True, 25: True}
"""Lines are wrapped, the cursor is shown; every other mode is off."""


@dataclass
class Modes:
    """The terminal's modes that differ from those that it begins with."""

    private: dict[int, bool] = field(default_factory=dict)
    """By DEC's numbers: 1049 the alternate screen, 25 the cursor, 1000-1006 the mouse, 2004 pastes, 1004 focus."""
    kitty: int = 0
    """How many key protocols were switched on and not off."""
    is_coloured: bool = False

    @property
    def are_as_they_began(self) -> bool:
        """Tell whether nothing is left of what was written."""
        return not self.private and not self.kitty and not self.is_coloured


def modes_after(raw: bytes) -> Modes:
    """Return the modes that *raw* leaves a terminal in."""
    last = {int(n): match[2] == b"h" for match in _PRIVATE.finditer(raw) for n in match[1].split(b";")}
    styles = [match[1] for match in _SGR.finditer(raw)]
    return Modes(
        {number: on for number, on in last.items() if on != _AS_IT_BEGINS.get(number, False)},
        max(0, len(_KITTY_PUSH.findall(raw)) - len(_KITTY_POP.findall(raw))),
        bool(styles) and styles[-1] not in (b"", b"0"),
    )
