"""Object storage and Parquet, and what is said where Spark is not there; none of it starts Spark."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from flow_cases import BANK, TABLES, Desk, recon

from recon.flow import cluster, spread


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """PySpark as if it were installed, and no Java."""
    module = ModuleType("pyspark")
    module.__spec__ = ModuleSpec("pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark", module)
    monkeypatch.setenv("JAVA_HOME", "no-java-here")


def test_a_cluster_without_pyspark_is_told_before_anything_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    ran = desk.run("--cluster", "local[2]", bank=["not-there.csv"])
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.splitlines() == [
        "--cluster: PySpark is not installed",
        '    install it with: pip install "recon[spark]"',
    ]
    assert not (desk.root / "out").exists()


@pytest.mark.usefixtures("installed")
def test_a_cluster_without_java_is_told(desk: Desk) -> None:
    ran = desk.run("--cluster", "local[2]")
    assert ran.code == 3
    assert "Spark needs Java, and there is none" in ran.err
    assert "JAVA_HOME" in ran.err


def test_without_a_cluster_pyspark_is_not_asked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert desk.run().code == 0


def test_object_storage_without_a_cluster_is_told_by_its_name(desk: Desk) -> None:
    there = ("--items", desk.root / "items.csv", "--out", desk.root / "out")
    ran = recon("run", "--bank", "s3a://bank/night/", *there)
    assert ran.code == 2
    assert ran.err.startswith("s3a://bank/night/: files on object storage are read by Spark")


class Storage(cluster.Cluster):
    """Object storage that holds two files; no Spark."""

    def __init__(self, _master: str) -> None:
        """There is nothing to start."""

    def files(self, name: str) -> Iterator[tuple[str, bytes]]:
        held = ("s3a://night/in/a.csv", "s3a://night/in/../../../up.csv")
        return ((uri, BANK.encode()) for uri in held if uri == name)

    def distribute(self, work, parts, _workers):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201 - as its own
        return map(work, parts)

    @property
    def slots(self) -> int:
        return 3


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "Cluster", Storage)


def far(desk: Desk, *names: str) -> tuple[object, ...]:
    items = ("--items", desk.root / "items.csv", "--out", desk.root / "far", "--cluster", "local[2]")
    return ("run", "--bank", *names, *items)


@pytest.mark.usefixtures("storage")
def test_files_on_object_storage_are_read_like_others_and_keep_their_names(desk: Desk) -> None:
    assert desk.run("--json").code == 0
    ran = recon(*far(desk, "s3a://night/in/a.csv"), "--json")
    assert ran.code == 0, ran.err
    assert ran.summary["inputs"][0]["file"] == "s3a://night/in/a.csv"
    assert desk.tables("far") == desk.tables("out")


@pytest.mark.usefixtures("storage")
def test_what_is_wrong_on_object_storage_is_told_by_its_name(desk: Desk) -> None:
    missing = recon(*far(desk, "s3a://night/in/none.csv"))
    assert (missing.code, missing.err.splitlines()[0]) == (
        2,
        "s3a://night/in/none.csv: there is no such file",
    )
    one_of_two = recon(*far(desk, "s3a://night/in/a.csv", "s3a://night/none.csv"))
    assert one_of_two.code == 0, one_of_two.err
    assert [row["where"] for row in desk.rows("problems.csv", "far")] == ["s3a://night/none.csv"]
    up = recon(*far(desk, "s3a://night/in/../../../up.csv"))
    assert up.code == 2
    assert "its name leads elsewhere" in up.err


def test_parquet_has_the_same_rows_as_csv(desk: Desk) -> None:
    assert desk.run("--parquet").code == 0
    for name in (*TABLES, "problems.csv"):
        made = pl.read_parquet((desk.root / "out" / name).with_suffix(".parquet"))
        as_text = made.select(pl.all().cast(pl.String)).fill_null("")
        assert as_text.equals(pl.read_csv(desk.root / "out" / name, infer_schema=False).fill_null("")), name
    allocations = pl.read_parquet(desk.root / "out" / "allocations.parquet")
    assert allocations.schema["amount"] == pl.String
    assert allocations.schema["confidence"] == pl.Float64


def test_only_who_asks_gets_parquet(desk: Desk) -> None:
    assert desk.run().code == 0
    assert list(Path(desk.root / "out").glob("*.parquet")) == []


@pytest.mark.parametrize(
    ("lines", "workers", "each"),
    [(400, 4, 2_000), (100_000, 4, 12_500), (10_000_000, 4, 25_000), (0, 1, 2_000)],
)
def test_each_worker_of_a_cluster_gets_two_parts_that_are_worth_it(
    lines: int, workers: int, each: int
) -> None:
    assert spread.lines_apart(lines, workers) == each * workers
