"""Spark itself, with processes of its own on this machine: the same lines, allocations and exceptions."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flow_cases import Desk, recon

from recon.bench.generate import generate
from recon.flow import bench, cluster, settings, spread
from recon.flow.bench import tables_of
from recon.flow.cluster import Cluster
from recon.match import settle
from recon.match.prepare.clean import clean
from recon.problems import ReconError

MASTER = "local-cluster[2,1,1024]"  # two executors of one processor, each a process, as on two machines
there = importlib.util.find_spec("pyspark") is not None and (
    os.environ.get("JAVA_HOME") or shutil.which("java")
)
pytestmark = [pytest.mark.spark, pytest.mark.skipif(not there, reason="needs recon[spark] and Java")]


@pytest.fixture(scope="module")
def spark() -> Iterator[Cluster]:
    with cluster.opened(MASTER) as made:
        assert made
        yield made


def test_parts_come_back_in_order_from_processes_with_one_thread_each(spark: Cluster) -> None:
    assert list(spark.distribute(str, range(9), 2)) == list("012345678")
    assert list(spark.distribute(len, [], 2)) == []
    here = os.getpid()
    pids = set(spark.distribute(eval, ["(__import__('time').sleep(1), __import__('os').getpid())[1]"] * 4, 2))
    assert len(pids) == 2
    assert here not in pids
    assert list(spark.distribute(eval, ["__import__('polars').thread_pool_size()"], 2)) == [1]


def test_parts_are_taken_as_they_are_needed(spark: Cluster) -> None:
    taken = []

    def parts() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    made = spark.distribute(str, parts(), 2)
    assert next(made) == "0"
    assert len(taken) <= 2 * cluster.AHEAD
    made.close()  # type: ignore[attr-defined] # a generator


def test_work_that_breaks_off_says_where(spark: Cluster) -> None:
    with pytest.raises(RuntimeError, match="ValueError: invalid literal"):
        list(spark.distribute(int, ["1", "x", "3"], 2))
    assert list(spark.distribute(int, ["4"], 2)) == [4]  # and the cluster goes on


def test_other_versions_on_a_machine_are_refused(spark: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "versions", lambda: "recon 0.0.0")
    with pytest.raises(ReconError) as caught:
        list(spark.distribute(str, [1], 2))
    assert caught.value.problems[0].code == "cluster-failed"
    assert caught.value.problems[0].what.endswith("here it is recon 0.0.0")


def test_the_engine_makes_the_same_there_as_here(spark: Cluster) -> None:
    case = generate("uk", 1500, 8)
    rules, _path = settings.load_rules("uk_care")
    ready = clean(tables_of(case), rules)
    counts: list[int] = []

    def counted(work: Callable[[Any], Any], parts: Iterable[Any], workers: int) -> Iterator[Any]:
        several = list(parts)
        counts.append(len(several))
        return spark.distribute(work, several, workers)

    here = settle(ready, rules)
    there = settle(ready, rules, 2, 600, counted)
    assert len(counts) == 2
    assert min(counts) >= 5
    assert here.allocations.height > 500
    for name in ("lines", "allocations", "exceptions"):
        assert getattr(there, name).equals(getattr(here, name)), name
    assert there.problems == here.problems


def test_a_run_writes_the_same_bytes(desk: Desk, spark: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bank lines and open items are read by Spark, too: by names with a scheme."""
    bench.write_data(generate("uk", 1000, 9), desk.root / "uk")
    monkeypatch.setattr(spread, "LINES_APART", (200, 200))
    monkeypatch.setattr(cluster, "Cluster", lambda _master: spark)
    monkeypatch.setattr(spark, "close", lambda: None)  # one for all tests of this file: it starts slowly
    folder = desk.root / "uk"

    def ran(out: str, named: Callable[[Path], str], *more: str) -> None:
        inputs = ("--bank", named(folder / "bank_lines.csv"), "--items", named(folder / "items.csv"))
        others = ("--remittance", folder / "remittances.csv", "--customers", folder / "customers")
        made = recon("run", *inputs, *others, "--rules", "uk_care", "--out", desk.root / out, *more)
        assert made.code == 0, made.err

    ran("here", str)
    ran("there", lambda path: f"file://{path.as_posix()}", "--cluster", MASTER, "--parquet")
    here, there = desk.tables("here"), desk.tables("there")
    assert there == here
    assert here["allocations.csv"].count(b"\n") > 300


def test_files_that_are_not_there_are_none(spark: Cluster, tmp_path: Path) -> None:
    assert list(spark.files(f"file://{tmp_path.as_posix()}/none.csv")) == []
    assert list(spark.files(f"file://{tmp_path.as_posix()}/none*")) == []
    with pytest.raises(ReconError) as caught:
        list(spark.files("nowhere://bucket/night.csv"))
    problem = caught.value.problems[0]
    assert (problem.code, problem.where) == ("file-unreadable", "nowhere://bucket/night.csv")
