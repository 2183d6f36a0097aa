"""`cdbg report` as a program, on real containers: what is in the archive, and what is nowhere in it."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cdbg_tui.commands import dossier
from cdbg_tui.commands.dossier import Dossier
from cdbg_tui.commands.report import write
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.connect import find
from cdbg_tui.engine.errors import EngineError
from tests.engine.proxy import Proxy
from tests.support import Docker, Run, eventually

Report = Callable[..., "subprocess.CompletedProcess[bytes]"]
MEMBERS = {
    "README.txt",
    "triage.txt",
    "triage.json",
    "summary.txt",
    "siblings.txt",
    "inspect.json",
    "image.json",
    "log.txt",
    "diff.txt",
    "health.txt",
    "events.txt",
    "versions.json",
}
PLANTED = (
    "envS3cretValue",
    "urlS3cretValue",
    "argS3cretValue",
    "labelS3cretValue",
    "probeS3cretValue",
    "logS3cretValue",
)


@pytest.fixture
def report(engine_url: str, tmp_path: Path) -> Report:
    """Runs the program on the test engine in an empty directory, without a terminal."""

    def report(*words: str, host: str = engine_url) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "cdbg_tui", "report", *words, "--host", host],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=90,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )

    return report


@pytest.fixture
def planted(run: Run, engine: Engine) -> str:
    """A container that has secrets in every place, and says them."""
    script = (
        "echo connecting to postgres://me:urlS3cretValue@db/x; echo the password is envS3cretValue;"
        "echo '{\"password\": \"logS3cretValue\"}'; printf 'bad \\377\\376 \\033[31mred\\n' >&2;"
        "echo 'PASS\\033[0mWORD=logS3cretValue'; touch /envS3cretValue /changed; exec sleep 1000"
    )
    options = [
        *(
            "--env",
            "DB_PASSWORD=envS3cretValue",
            "--env",
            "URL=amqp://u:urlS3cretValue@mq/",
            "--env",
            "PLAIN=visible",
        ),
        *(
            "--label",
            "api.token=labelS3cretValue",
            "--label",
            "team=shop",
            "--env",
            "HTTPS_PROXY=http://p:urlS3cretValue@x",
        ),
        *(
            "--health-cmd",
            "echo labelS3cretValue; echo --token probeS3cretValue; exit 3",
            "--health-interval",
            "1s",
        ),
    ]
    one = run("sh", "-c", script, "--password", "argS3cretValue", name="cdbg-t-report", options=options)
    eventually(lambda: (engine.get(f"/containers/{one}/json")["State"].get("Health") or {}).get("Log"), 20)
    return one


def unpacked(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        names = archive.getnames()
        assert len({name.partition("/")[0] for name in names}) == 1
        assert all(member.isreg() and member.mode == 0o600 for member in archive.getmembers())
        return {name.partition("/")[2]: (archive.extractfile(name) or io.BytesIO()).read() for name in names}


@pytest.mark.usefixtures("planted")
def test_no_planted_secret_is_anywhere_in_it(report: Report, tmp_path: Path) -> None:
    done = report("cdbg-t-report")
    assert (done.returncode, done.stderr) == (0, b"")
    [path] = tmp_path.glob("*.tar.gz")
    assert re.fullmatch(r"cdbg-t-report-\d{8}-\d{6}\.tar\.gz", path.name)
    assert str(path).encode() in done.stdout
    assert b"Look through it" in done.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = unpacked(path.read_bytes())
    assert set(found) == MEMBERS
    for name, data in found.items():
        for secret in PLANTED:
            assert secret.encode() not in data, f"{secret} in {name}"
        text = data.decode("utf-8")
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text), name
        if name.endswith(".json"):
            json.loads(text)


def test_it_holds_what_it_says(report: Report, planted: str, tmp_path: Path) -> None:
    assert report(planted[:12], "-o", "a.tar.gz").returncode == 0
    found = {name: data.decode() for name, data in unpacked((tmp_path / "a.tar.gz").read_bytes()).items()}
    inspect = json.loads(found["inspect.json"])
    assert inspect["Id"] == planted
    assert "PLAIN=visible" in inspect["Config"]["Env"]
    assert inspect["Config"]["Labels"]["team"] == "shop"
    assert json.loads(found["image.json"])["Id"] == inspect["Image"]
    assert "A /changed" in found["diff.txt"].splitlines()
    assert re.search(r"^\d{4}-\d\d-\d\dT\S+Z out connecting to postgres://me:••••••@db/x$", found["log.txt"], re.M)
    assert re.search(r"Z err bad .*\\x1b\[31mred$", found["log.txt"], re.M)
    assert "the password is ••••••" in found["log.txt"]
    assert re.search(r"\d ms +3  ••••••$", found["health.txt"], re.M)
    assert "--token ••••••" in found["health.txt"]
    assert re.search(r"^\d{4}\S+Z container start ", found["events.txt"], re.M)
    assert "256" in found["events.txt"]
    triage = json.loads(found["triage.json"])
    assert triage["container"]["id"] == planted
    assert len(triage["checklist"]) > 10
    assert "Is it running?" in found["triage.txt"]
    versions = json.loads(found["versions.json"])
    assert {"cdbg", "python", "engine", "info"} <= set(versions)
    assert not {"RegistryConfig", "HttpProxy", "HttpsProxy", "Labels"} & set(versions["info"])
    for name in MEMBERS - {"README.txt"}:
        assert name in found["README.txt"]
    assert "Not in here" not in found["README.txt"]


def test_an_existing_file_is_never_overwritten(report: Report, run: Run, tmp_path: Path) -> None:
    run("true", name="cdbg-t-report-twice")
    (tmp_path / "mine").write_text("mine")
    done = report("cdbg-t-report-twice", "-o", "mine")
    assert done.returncode == 1
    assert b"exists, and is not overwritten" in done.stderr
    assert (tmp_path / "mine").read_text() == "mine"
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert report("cdbg-t-report-twice", "-o", "dangling").returncode == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "mine"]


def test_a_directory_is_written_into_and_one_that_is_missing_is_named(
    report: Report, run: Run, tmp_path: Path
) -> None:
    run("true", name="cdbg-t-report-dir")
    (tmp_path / "there").mkdir()
    assert report("cdbg-t-report-dir", "-o", "there").returncode == 0
    [path] = (tmp_path / "there").iterdir()
    assert path.name.startswith("cdbg-t-report-dir-")
    done = report("cdbg-t-report-dir", "-o", "missing/x.tar.gz")
    assert done.returncode == 1
    assert b"There is no directory" in done.stderr


def test_standard_output_has_the_archive_and_nothing_else(report: Report, run: Run, tmp_path: Path) -> None:
    run("true", name="cdbg-t-report-out")
    done = report("cdbg-t-report-out", "-o", "-")
    assert done.returncode == 0
    assert "README.txt" in unpacked(done.stdout)
    assert b"written to standard output" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_such_container_is_a_sentence(report: Report) -> None:
    done = report("cdbg-t-nobody")
    assert done.returncode == 1
    assert b"There is no container" in done.stderr


def test_a_source_that_hangs_or_fails_is_named_and_holds_up_nothing(
    run: Run, engine_url: str, docker: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossier, "SECONDS", 12.0)  # triage takes up to 8
    one = run("sh", "-c", "echo hello; exit 3", options=["--log-driver", "none"])
    eventually(lambda: docker("inspect", "--format", "{{.State.Status}}", one).stdout.strip() == "exited")
    proxy = Proxy(tmp_path / "p.sock", engine_url)
    proxy.instead["/changes"] = None
    proxy.open()
    engine = Engine(find(host=proxy.url))
    began = time.monotonic()
    try:
        path, made = write(engine, one, str(tmp_path / "a.tar.gz"))
    finally:
        engine.close()
        proxy.close()
    assert time.monotonic() - began < 25
    assert set(made.missing) == {"diff.txt", "log.txt"}
    found = unpacked(path.read_bytes())
    assert {"inspect.json", "triage.txt"} <= set(found)
    assert not {"diff.txt", "log.txt"} & set(found)
    readme = found["README.txt"].decode()
    assert re.search(r"^  diff\.txt +(?:no answer within|The engine)", readme, re.M)
    assert "keeps no log: its logging driver is “none”" in readme


def test_a_file_that_comes_to_be_meanwhile_is_not_overwritten(
    run: Run, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run("true")
    final = tmp_path / "a.tar.gz"

    def slowly(engine: Engine, container_id: str) -> Dossier:
        made = dossier.collect(engine, container_id)
        final.write_text("theirs")
        return made

    monkeypatch.setattr("cdbg_tui.commands.report.collect", slowly)
    with pytest.raises(EngineError, match="is not overwritten"):
        write(engine, one, str(final))
    assert final.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [final]


def test_a_log_and_a_diff_without_end_are_cut_and_say_so(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossier, "LOG_BYTES", 2000)
    monkeypatch.setattr(dossier, "MOST_CHANGES", 5)
    one = run("sh", "-c", "for i in $(seq 100); do echo line $i; touch /f$i; done")
    eventually(lambda: engine.get(f"/containers/{one}/json")["State"]["Status"] == "exited")
    texts = dossier.collect(engine, one).texts
    head, *lines = texts["log.txt"].splitlines()
    assert "only the last 2.0 KiB of them" in head
    assert lines[-1].endswith(" out line 100")
    assert sum(len(line) + 1 for line in lines) <= 2000
    assert len(texts["diff.txt"].splitlines()) == 6
    assert "and 95 more: docker diff" in texts["diff.txt"]
