"""Instructions out of what builders write into the history."""

from __future__ import annotations

import pytest

from cdbg_tui.model.instruction import arguments, laid_out, readable
from cdbg_tui.model.text import MASK


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'),
        ("/bin/sh -c #(nop) ADD file:abc in / ", "ADD file:abc in /"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN |2 A=1 B=two words /bin/sh -c make all # buildkit", "RUN make all"),
        ("|1 A=1 /bin/sh -c make all", "RUN make all"),
        ("/bin/bash -o pipefail -c curl x | sh", "RUN curl x | sh"),
        ("SHELL [/bin/bash -c]", "SHELL [/bin/bash -c]"),
        ("COPY /a /b # buildkit", "COPY /a /b"),
        ("ENV PATH=/usr/bin:/bin", "ENV PATH=/usr/bin:/bin"),
        ("RUN /bin/sh -c a \\\n    && b \t\t c", "RUN a && b c"),
        ("", ""),
        ("bazel build ...", "bazel build ..."),
    ],
)
def test_the_instruction_is_as_one_writes_it(written: str, read: str) -> None:
    assert readable(written) == read


def test_secrets_are_masked() -> None:
    assert readable("ENV DB_PASSWORD=hunter2") == f"ENV DB_PASSWORD={MASK}"
    assert arguments("|1 TOKEN=abc /bin/sh -c make") == f"TOKEN={MASK}"
    assert arguments("/bin/sh -c make") == ""


def test_each_command_of_a_chain_has_a_line() -> None:
    assert laid_out("RUN a && b || c; d") == ["RUN a", "    && b", "    || c;", "    d"]
    assert laid_out("ENV A=a && b") == ["ENV A=a && b"]
