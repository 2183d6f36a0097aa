"""Names of users and groups, as a container's own /etc/passwd and /etc/group give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdbg_tui.model.file import File


@dataclass(frozen=True, slots=True)
class Owners:
    """The names by their numbers; a number without a name stands for itself."""

    users: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)

    def of(self, file: File) -> str:
        """Return ``user:group`` of a file; empty where its source does not say."""
        if file.uid is None or file.gid is None:
            return ""
        return f"{self.users.get(file.uid, file.uid)}:{self.groups.get(file.gid, file.gid)}"


def names(table: str) -> dict[int, str]:
    """Return the names in a passwd or group file by their numbers; the first of a number holds."""
    found: dict[int, str] = {}
    for line in table.splitlines():
        name, *rest = line.split(":")
        # The number is the third field of both (passwd(5), group(5)).
        if name and len(rest) >= 2 and rest[1].isascii() and rest[1].isdigit():
            found.setdefault(int(rest[1]), name)
    return found
