"""The command line without an engine and without a terminal."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import cdbg_tui
from cdbg_tui import cli


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cdbg_tui", *words],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color"},
    )


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_a_quick_question_has_a_quick_answer(word: str) -> None:
    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def cost(*argv: str) -> float:
        before = cpu()
        subprocess.run([sys.executable, *argv], check=True, capture_output=True)
        return cpu() - before

    # Beyond Python's own start; the least of three, for the machine may be busy with other things.
    bare = min(cost("-c", "pass") for _ in range(3))
    ours = min(cost("-m", "cdbg_tui", word) for _ in range(3))
    assert ours - bare < 0.1


def test_help_names_the_ways_to_choose_an_engine() -> None:
    done = run("--help")
    assert done.returncode == 0
    for word in ("--host", "--context", "DOCKER_HOST", "demo", "--ping"):
        assert word in done.stdout


def test_version_is_the_packages() -> None:
    assert run("--version").stdout == f"cdbg {cdbg_tui.__version__}\n"


def test_without_a_terminal_it_says_so_and_ends_with_2() -> None:
    done = run()
    assert done.returncode == 2
    assert done.stderr == (
        "cdbg: the dashboard needs a terminal: stdin, stdout and stderr must be one, and TERM name it.\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--context", "gone"],
            "cdbg: There is no context “gone” that leads to a Docker engine. docker context ls",
        ),
        (["--host", "gopher://x"], "cdbg: “gopher://x” is no address of an engine. It should look like"),
        (["--context", "gone", "--ping"], "cdbg: There is no context “gone”"),
    ],
)
def test_wrong_words_are_told_and_end_with_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert err.startswith(said)
    assert out == ""


def test_a_wrong_setting_is_told_and_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cdbg").mkdir()
    (tmp_path / "cdbg/config.toml").write_text("tolbox = 1")
    assert cli.main([]) == 2
    assert "Did you mean “toolbox”?" in capsys.readouterr().err


def test_unknown_words_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--nonsense"], ["nonsense"]):
        with pytest.raises(SystemExit) as left:
            cli.main(words)
        assert left.value.code == 2
        assert "usage: cdbg" in capsys.readouterr().err


def test_no_answer_to_a_ping_is_1_and_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--host", f"unix://{tmp_path}/none.sock", "--ping"]) == 1
    assert capsys.readouterr() == ("", "")
