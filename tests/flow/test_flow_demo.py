"""The demo: what it prints and writes, that it adds up, that it is the same each time, and how right it is."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from flow_cases import OUT_FILES, TABLES, Ran, header, recon, rows, sheet, sums, unbalanced

from recon import ingest
from recon.bench.align import align, renamed
from recon.bench.payers import Flavour
from recon.bench.sample import SIZES, sample_case
from recon.bench.score import score
from recon.model import Kind
from recon.resources import folder
from recon.rules.profile import Profile
from recon.workbook.file import FileBook

pytestmark = pytest.mark.slow

COLUMNS = {
    "allocations.csv": "line_id,item_id,amount,currency,deduction,deduction_type,status,confidence,rule,reasons",
    "exceptions.csv": "line_id,code,amount,currency,detail,alternatives",
    "lines.csv": "line_id,outcome,code,amount,currency",
    "problems.csv": "code,where,what,hint",
}
OUTCOMES = ("auto", "suggested", "exception", "not_receivable", "duplicate")


@pytest.fixture(scope="module", params=tuple(SIZES))
def flavour(request: pytest.FixtureRequest) -> Flavour:
    found: Flavour = request.param
    return found


@pytest.fixture(scope="module")
def shown(flavour: Flavour, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    out = tmp_path_factory.mktemp(flavour) / "demo"
    return out, recon("demo", "--out", out, "--story", flavour)


@pytest.fixture
def out(shown: tuple[Path, Ran]) -> Path:
    return shown[0]


@pytest.fixture
def summary(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return found


def test_it_says_what_it_did_and_where(shown: tuple[Path, Ran], flavour: Flavour) -> None:
    out, ran = shown
    assert (ran.code, ran.err) == (0, "")
    assert ["all", "bank", "lines", str(SIZES[flavour])] in [
        line.split()[:4] for line in ran.out.splitlines()
    ]
    assert "difference 0.00" in ran.out
    assert f"workbook: {out / 'recon-demo.xlsm'}" in ran.out
    assert f"recon apply --book {out / 'recon-demo.xlsm'}" in ran.out


def test_it_writes_the_files_of_the_contract(out: Path) -> None:
    ours = {"recon-demo.xlsm", "recon-demo.recon.db"}
    assert {path.name for path in out.iterdir()} == OUT_FILES | ours
    for name, columns in COLUMNS.items():
        assert ",".join(header(out / name)) == columns


def test_money_in_is_money_out(out: Path, summary: dict[str, Any]) -> None:
    assert unbalanced(out) == []
    [(currency, totals)] = summary["control_totals"].items()
    parts = [Decimal(amount) for name, amount in totals.items() if name not in ("bank_lines", "deductions")]
    assert sum(parts) == Decimal(totals["bank_lines"])
    assert totals["difference"] == "0.00"
    assert sums(rows(out / "lines.csv"), "currency") == {(currency,): Decimal(totals["bank_lines"])}


def test_the_summary_says_what_the_files_say(out: Path, summary: dict[str, Any]) -> None:
    lines, allocations = rows(out / "lines.csv"), rows(out / "allocations.csv")
    [(currency, totals)] = summary["control_totals"].items()
    by_outcome = sums(lines, "outcome")
    for outcome in OUTCOMES:
        said = summary["outcomes"][outcome]
        assert said["lines"] == sum(row["outcome"] == outcome for row in lines)
        assert Decimal(said["amount"].get(currency, "0")) == by_outcome.get((outcome,), 0)
    on_items = sums([row for row in allocations if row["item_id"]], "status")
    assert Decimal(totals["allocated_auto"]) == on_items["auto",]
    assert Decimal(totals["allocated_suggested"]) == on_items["suggested",]
    on_account = [Decimal(row["amount"]) for row in allocations if not row["item_id"]]
    assert Decimal(totals["on_account"]) == sum(on_account)
    exceptions = [Decimal(row["amount"]) for row in rows(out / "exceptions.csv")]
    assert Decimal(totals["exceptions"]) == sum(exceptions)
    assert Decimal(totals["deductions"]) == sum(Decimal(row["deduction"]) for row in allocations)
    assert summary["problems"] == len(rows(out / "problems.csv")) == 0


def test_home_and_dashboard_say_what_the_summary_says(out: Path, summary: dict[str, Any]) -> None:
    book = FileBook(out / "recon-demo.xlsm")
    state = {row[0]: row[1] for row in book.read_block("recon_state")}
    count = {name: summary["outcomes"][name]["lines"] for name in OUTCOMES}
    waiting = count["suggested"] + summary["above_ceiling"]["lines"]
    assert state["Suggestions to review"] == str(waiting)
    assert state["Exceptions to decide"] == str(count["exception"])
    assert [int(row[2]) for row in book.read_block("recon_outcomes")] == [count[name] for name in OUTCOMES]
    [(currency, totals)] = summary["control_totals"].items()
    [(shown_currency, _lines, bank, auto, _gap, suggested, held, left, aside, twice), *_] = book.read_block(
        "recon_totals"
    )
    assert shown_currency == currency
    parts = (
        "allocated_auto",
        "allocated_suggested",
        "on_account",
        "exceptions",
        "not_receivable",
        "duplicates",
    )
    there = [Decimal(text) for text in (bank, auto, suggested, held, left, aside, twice)]
    assert there == [Decimal(totals[name]) for name in ("bank_lines", *parts)]
    [tiles] = book.read_block("recon_tiles")
    assert [tiles[at] for at in (5, 7)] == [str(waiting), str(count["exception"])]
    assert Decimal(tiles[9]) == Decimal(totals["exceptions"])
    codes = [row for row in book.read_block("recon_codes") if row[0]]
    assert sum(Decimal(row[2]) for row in codes) == Decimal(totals["exceptions"])


def test_deductions_are_told_by_their_type(out: Path, summary: dict[str, Any]) -> None:
    allocations = [row for row in rows(out / "allocations.csv") if Decimal(row["deduction"] or "0")]
    [(currency, kinds)] = summary["deductions"].items()
    assert set(kinds) == {row["deduction_type"] for row in allocations}
    for kind, amount in kinds.items():
        of_kind = [Decimal(row["deduction"]) for row in allocations if row["deduction_type"] == kind]
        assert Decimal(amount) == sum(of_kind)
    net = Decimal(summary["control_totals"][currency]["deductions"])
    assert sum(map(Decimal, kinds.values())) == net


def test_its_inputs_are_the_sample_files(out: Path, summary: dict[str, Any], flavour: Flavour) -> None:
    banks = [one for one in summary["inputs"] if one["kind"] == "bank"]
    assert sum(one["rows"] for one in banks) == SIZES[flavour] == len(rows(out / "lines.csv"))
    in_files = sum(Decimal(amount) for one in banks for amount in one["sum"].values())
    assert in_files == sum(Decimal(row["amount"]) for row in rows(out / "lines.csv"))
    assert summary["as_of"] == "2026-03-31"


def test_every_bank_line_is_there_once_and_its_rows_have_one_status(out: Path) -> None:
    lines = rows(out / "lines.csv")
    outcome = {row["line_id"]: row["outcome"] for row in lines}
    assert len(outcome) == len(lines)
    for row in rows(out / "allocations.csv"):
        held = outcome[row["line_id"]] == "exception" and not row["item_id"] and row["status"] == "suggested"
        assert held or row["status"] == outcome[row["line_id"]]
        assert 0 <= float(row["confidence"]) <= 1
        assert row["reasons"]
    explained = {row["line_id"] for row in rows(out / "exceptions.csv")}
    assert {line for line, what in outcome.items() if what in ("suggested", "exception")} <= explained


def test_no_item_gets_more_than_is_open(out: Path, flavour: Flavour) -> None:
    items = {row["item_id"]: row for row in rows(folder("sample_data") / flavour / "items.csv")}
    settled: dict[str, Decimal] = {}
    for row in rows(out / "allocations.csv"):
        if row["item_id"]:
            taken = Decimal(row["amount"]) + Decimal(row["deduction"])
            settled[row["item_id"]] = settled.get(row["item_id"], Decimal(0)) + taken
    for item_id, total in settled.items():
        opened = Decimal(items[item_id]["open_amount"])
        assert total * opened >= 0, item_id
        assert abs(total) <= abs(opened), item_id


def test_the_workbook_shows_what_waits(out: Path) -> None:
    lines = rows(out / "lines.csv")
    book = out / "recon-demo.xlsm"
    suggested = {row["line_id"] for row in lines if row["outcome"] == "suggested"}
    assert suggested <= {row["Line id"] for row in sheet(book, "Suggestions")}
    exceptions = {row["line_id"] for row in lines if row["outcome"] == "exception"}
    assert {row["Line id"] for row in sheet(book, "Exceptions")} == exceptions
    assert len(sheet(book, "Bank")) == len(lines)


def test_a_second_demo_is_the_same_to_the_byte(out: Path, flavour: Flavour, tmp_path: Path) -> None:
    assert recon("demo", "--out", tmp_path / "again", "--story", flavour, "--quiet").code == 0
    for name in (*TABLES, "problems.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes(), name


def test_a_demo_over_an_old_one_begins_anew(tmp_path: Path) -> None:
    assert recon("demo", "--out", tmp_path, "--story", "india").code == 0
    first = {name: (tmp_path / name).read_bytes() for name in TABLES}
    ran = recon("demo", "--out", tmp_path, "--story", "india", "--json")
    assert {name: (tmp_path / name).read_bytes() for name in TABLES} == first
    assert ran.summary["outcomes"]["duplicate"]["lines"] == 0


def test_it_is_right(out: Path, flavour: Flavour, profiles: list[Profile]) -> None:
    case = sample_case(flavour)
    banks = sorted((folder("sample_data") / flavour / "bank").iterdir())
    read = pl.concat(
        [ingest.read(path, profiles, kind=Kind.BANK).table for path in banks], how="diagonal_relaxed"
    )
    truth = pl.read_csv(folder("sample_data") / flavour / "truth" / "truth.csv", infer_schema=False)
    ids = align(truth.with_columns(pl.col("ordinal").cast(pl.Int64)), read)
    made = [
        renamed(pl.read_csv(out / name, infer_schema=False), ids)
        for name in ("lines.csv", "allocations.csv", "exceptions.csv")
    ]
    scores = score(case, *made)
    assert scores.conserved
    # The sample's rules say nothing of closed periods and sister companies; its truth does.
    posted = scores.verdicts.filter((pl.col("outcome") == "auto") & (pl.col("fact") == ""))
    assert posted["right"].sum() >= 0.995 * posted.height
    assert scores.clean_rate >= 0.85
