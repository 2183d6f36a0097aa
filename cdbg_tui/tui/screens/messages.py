"""What screens ask of the app, in past-tense facts: they know neither clipboard nor engine."""

from __future__ import annotations

from textual.message import Message


class CopyWanted(Message):
    """The user wants *text* on the clipboard; *what* names it in the toast ("the command line")."""

    def __init__(self, text: str, what: str = "") -> None:
        self.text = text
        self.what = what
        super().__init__()


class RetryWanted(Message):
    """The user wants the engine to be tried again now."""
