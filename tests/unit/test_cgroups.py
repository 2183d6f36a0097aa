"""Meters out of cgroup files, on trees made by hand in both versions."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cdbg_tui.engine import cgroups, meters
from cdbg_tui.engine.cgroups import find
from cdbg_tui.engine.meters import Meters, with_network
from cdbg_tui.engine.stats import from_stats, limits
from cdbg_tui.model.sample import Sample

ID = "ab" * 32


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")


V2 = {
    "cpu.stat": "usage_usec 1500000\nuser_usec 1\nnr_periods 20\nnr_throttled 5\nthrottled_usec 9\n",
    "cpu.max": "50000 100000\n",
    "memory.current": "10485760\n",
    "memory.max": "67108864\n",
    "memory.stat": "anon 1\nfile 2\ninactive_file 485760\nactive_file 3\n",
    "pids.current": "3\n",
    "pids.max": "100\n",
    "io.stat": "8:0 rbytes=4096 wbytes=100 rios=1 wios=1 dbytes=0\n8:16 rbytes=4 wbytes=1 rios=1\n7:0\n",
    "cgroup.procs": "10\n11\n",
}


@pytest.fixture
def unified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    write(tmp_path, {"cgroup.controllers": "cpu io memory pids\n"})
    return tmp_path


@pytest.fixture
def legacy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    (tmp_path / "memory").mkdir()
    return tmp_path


def sampled(container_id: str = ID) -> Sample:
    group = find(container_id)
    assert group is not None
    sample = Meters(group).sample()
    assert sample is not None
    return sample


def test_version_2(unified: Path) -> None:
    write(unified / f"system.slice/docker-{ID}.scope", V2)
    seen = sampled()
    assert seen == Sample(
        time=seen.time,
        cpu=1.5,
        cpu_limit=0.5,
        periods=20,
        throttled=5,
        memory=10_000_000,
        active_cache=3,
        memory_limit=67108864,
        pids=3,
        pids_limit=100,
        read=4100,
        written=101,
    )


def test_version_2_without_limits_and_controllers(unified: Path) -> None:
    write(unified / f"docker/{ID}", V2 | {"cpu.max": "max 100000\n", "memory.max": "max\n", "pids.max": "max\n"})
    (unified / f"docker/{ID}/io.stat").unlink()
    (unified / f"docker/{ID}/memory.current").unlink()
    seen = sampled()
    assert (seen.cpu_limit, seen.memory_limit, seen.pids_limit) == (None, None, None)
    assert (seen.read, seen.written, seen.memory) == (None, None, None)
    assert seen.cpu == 1.5


def test_version_1(legacy: Path) -> None:
    files = {
        "cpuacct": {"cpuacct.usage": "1500000000\n"},
        "cpu": {
            "cpu.cfs_quota_us": "50000\n",
            "cpu.cfs_period_us": "100000\n",
            "cpu.stat": "nr_periods 20\nnr_throttled 5\n",
        },
        "memory": {
            "memory.usage_in_bytes": "10485760\n",
            "memory.limit_in_bytes": "9223372036854771712\n",
            "memory.stat": "cache 9\ninactive_file 1\ntotal_inactive_file 485760\n",
        },
        "pids": {"pids.current": "3\n", "pids.max": "max\n"},
        "blkio": {"blkio.throttle.io_service_bytes": "8:0 Read 4096\n8:0 Write 100\n8:16 Read 4\nTotal 4200\n"},
    }
    for controller, made in files.items():
        write(legacy / controller / "docker" / ID, made)
    seen = sampled()
    assert seen == Sample(
        time=seen.time,
        cpu=1.5,
        cpu_limit=0.5,
        periods=20,
        throttled=5,
        memory=10_000_000,
        memory_limit=None,
        pids=3,
        pids_limit=None,
        read=4100,
        written=100,
    )


def test_a_group_that_went_has_no_sample(unified: Path) -> None:
    folder = unified / f"docker/{ID}"
    write(folder, V2)
    group = find(ID)
    assert group is not None
    assert group.exists
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert not group.exists
    assert Meters(group).sample(whole=True) is None
    assert group.pids() == []


@pytest.mark.parametrize("value", ["", "rubbish", "\xff"])
def test_rubbish_in_the_files_is_no_figure(unified: Path, value: str) -> None:
    folder = unified / f"docker/{ID}"
    write(folder, V2)
    for name in ("memory.current", "memory.max", "pids.current", "pids.max", "cpu.max", "memory.stat", "io.stat"):
        (folder / name).write_text(value, encoding="latin-1")
    seen = sampled()
    assert (seen.memory, seen.memory_limit, seen.pids, seen.cpu_limit, seen.cpu) == (None, None, None, None, 1.5)


def test_files_that_are_held_open_are_read_again_and_let_go(unified: Path) -> None:
    folder = unified / f"docker/{ID}"
    write(folder, V2)
    (folder / "io.stat").unlink()
    group = find(ID)
    assert group is not None
    before = len(os.listdir("/proc/self/fd"))
    held = Meters(group, held=True)
    for used in (1_500_000, 2_500_000):
        write(folder, {"cpu.stat": f"usage_usec {used}\nnr_periods 20\n", "memory.current": f"{used}\n"})
        sample = held.sample()
        assert sample is not None
        assert (sample.cpu, sample.memory, sample.read) == (used / 1e6, used - 485760, None)
    assert 0 < len(os.listdir("/proc/self/fd")) - before <= meters.FILES
    held.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_limit_that_was_changed_is_seen_at_once_in_a_whole_sample_else_later(
    unified: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = unified / f"docker/{ID}"
    write(folder, V2)
    group = find(ID)
    assert group is not None
    read = Meters(group)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def limit(*, whole: bool = False) -> int | None:
        sample = read.sample(whole=whole)
        return sample.memory_limit if sample else None

    assert limit() == 67108864
    write(folder, {"memory.max": "1000\n"})
    assert limit() == 67108864
    now[0] += meters.LIMITS_SECONDS
    assert limit() == 1000
    write(folder, {"memory.max": "2000\n"})
    assert limit(whole=True) == 2000


def test_processes_of_groups_below_belong_to_it_and_strange_ones_do_not(unified: Path) -> None:
    write(unified / f"docker/{ID}", V2)
    write(unified / f"docker/{ID}/inner/most", {"cgroup.procs": "12\n0\n"})
    group = find(ID)
    assert group is not None
    assert sorted(group.pids()) == [10, 11, 12]


def test_a_container_of_another_machine_has_no_group(unified: Path) -> None:
    assert find(ID) is None
    assert find(ID, pid=1) is None
    assert find(ID, pid=2**30) is None


def test_a_parent_of_the_users_own_is_found_by_a_process(unified: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(unified / f"my/own/{ID}", V2)
    read = cgroups._read
    told = f"1:name=systemd:/\n0::/my/own/{ID}/inner\n"
    monkeypatch.setattr(cgroups, "_read", lambda path: told if path == "/proc/77/cgroup" else read(path))
    group = find(ID, pid=77)
    assert group is not None
    assert group.path == f"my/own/{ID}"
    assert find(ID) is None


def test_the_network_is_that_of_a_process_without_its_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "Inter-|   Receive                            |  Transmit\n face |bytes packets errs drop fifo frame ...\n"
        "    lo:  999 1 0 0 0 0 0 0  999 1 0 0 0 0 0 0\n"
        "  eth0: 1000 1 0 0 0 0 0 0   50 1 0 0 0 0 0 0\n"
        "  eth1:    5 1 0 0 0 0 0 0    7 1 0 0 0 0 0 0\n"
    )
    monkeypatch.setattr(meters, "_interfaces", lambda pid: text.encode() if pid == 77 else None)
    seen = with_network(Sample(1.0), [78, 77])  # 78 has ended meanwhile
    assert (seen.received, seen.sent) == (1005, 57)
    assert with_network(Sample(1.0), [78]) == with_network(Sample(1.0), []) == Sample(1.0)


# The same meters through the engine.

STATS_V1 = {
    "read": "2026-11-22T16:14:14.657359386Z",
    "pids_stats": {"current": 1, "limit": 18446744073709551615},
    "blkio_stats": {
        "io_service_bytes_recursive": [
            {"major": 8, "minor": 0, "op": "Read", "value": 4096},
            {"major": 8, "minor": 0, "op": "Write", "value": 7},
            {"major": 8, "minor": 0, "op": "Total", "value": 4103},
            {"major": 8, "minor": 16, "op": "Read", "value": 4},
        ]
    },
    "cpu_stats": {
        "cpu_usage": {"total_usage": 1_500_000_000},
        "throttling_data": {"periods": 20, "throttled_periods": 5},
    },
    "memory_stats": {
        "usage": 327680,
        "stats": {"total_inactive_file": 7680, "inactive_file": 1},
        "limit": 33554432,
    },
    "networks": {"eth0": {"rx_bytes": 516, "tx_bytes": 1}, "eth1": {"rx_bytes": 4, "tx_bytes": 2}},
}
# Of a container that has ended; both engines answer so.
STATS_DEAD = {
    "read": "0001-01-01T00:00:00Z",
    "pids_stats": {},
    "blkio_stats": {"io_service_bytes_recursive": None},
    "cpu_stats": {"cpu_usage": {"total_usage": 0}, "throttling_data": {"periods": 0, "throttled_periods": 0}},
    "memory_stats": {},
}


def test_the_engines_stats() -> None:
    seen = from_stats(STATS_V1, 7.0)
    assert seen == Sample(
        7.0,
        cpu=1.5,
        periods=20,
        throttled=5,
        memory=320000,
        pids=1,
        received=520,
        sent=3,
        read=4100,
        written=7,
    )


def test_the_engines_stats_in_version_2() -> None:
    stats = STATS_V1 | {
        "memory_stats": {"usage": 1000, "stats": {"inactive_file": 400}},
        "pids_stats": {"current": 2, "limit": 50},
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "read", "value": 5}, {"op": "write", "value": 6}]},
        "networks": None,
    }
    seen = from_stats(stats, 7.0)
    assert seen is not None
    assert (seen.memory, seen.pids_limit, seen.read, seen.written, seen.received) == (600, 50, 5, 6, None)


def test_the_dead_have_no_sample() -> None:
    assert from_stats(STATS_DEAD, 7.0) is None
    assert from_stats({}, 7.0) is None


def test_without_a_memory_controller_the_other_figures_are_still_there() -> None:
    seen = from_stats(STATS_V1 | {"memory_stats": {}}, 7.0)
    assert seen is not None
    assert (seen.memory, seen.cpu) == (None, 1.5)


@pytest.mark.parametrize(
    ("host", "cpu", "memory"),
    [
        ({}, None, None),
        ({"NanoCpus": 1_500_000_000, "Memory": 64 << 20}, 1.5, 64 << 20),
        ({"CpuQuota": 50_000}, 0.5, None),
        ({"CpuQuota": 50_000, "CpuPeriod": 200_000}, 0.25, None),
        ({"CpuQuota": -1, "NanoCpus": 0, "Memory": 0}, None, None),
    ],
)
def test_limits_of_an_inspected_container(host: dict[str, int], cpu: float | None, memory: int | None) -> None:
    assert limits({"HostConfig": host}) == (cpu, memory)
