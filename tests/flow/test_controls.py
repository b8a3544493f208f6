"""The controls of docs/controls.md that no other test shows, each by its id."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from flow_cases import BANK, ITEMS, Desk, decide, recon, rows
from story_checks import lines_are_whole
from story_ledger import debit

from recon.model import View
from recon.store import Store

SWEEP, PART, WHOLE, STRANGER = "-500.00", "80.00", "120.50", "77.70"


@dataclass(frozen=True)
class Night:
    """A night, reviewed by ann and posted by ben, of which ben has taken a line back; the tests only look at it."""

    desk: Desk
    before: View  # as it was when the first file was posted
    given: dict[str, str]  # files and digests, before anything was done
    after: dict[str, str]

    @property
    def book(self) -> Path:
        return self.desk.root / "book.xlsm"

    def view(self) -> View:
        return view_of(self.desk)

    def line_of(self, amount: str) -> str:
        return line_of(self.desk, amount)

    def legs(self) -> list[dict[str, str]]:
        return [leg for path in sorted((self.desk.root / "posted").glob("*.csv")) for leg in rows(path)]


def view_of(desk: Desk) -> View:
    with Store.open(str(desk.root / "book.recon.db")) as store:
        return store.current()


def line_of(desk: Desk, amount: str) -> str:
    [found] = {row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == amount}
    return found


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    desk = Desk(tmp_path_factory.mktemp("night"))
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    given = desk.files()
    book = desk.root / "book.xlsm"
    assert desk.run("--book", book).code == 0

    def apply(who: str) -> str:
        return recon("apply", "--book", book, "--who", who).out

    def post(who: str) -> None:
        assert (
            recon(
                "post", "--format", "generic", "--book", book, "--out", desk.root / "posted", "--who", who
            ).code
            == 0
        )

    too_much = {"Decision": "allocate", "Item": "INV-1003", "Amount": "77.70"}
    decide(book, "Exceptions", {line_of(desk, STRANGER): too_much})
    assert apply("ann") == "0 decisions applied, 1 refused\n"
    decide(
        book, "Exceptions", {line_of(desk, STRANGER): {"Decision": "on account", "Item": "C2", "Amount": ""}}
    )
    # Somebody types over what recon wrote: another item, and more money.
    typed_over = {"Proposed items": "INV-1001 100.00", "Allocated": "100.00", "Line amount": "100.00"}
    decide(book, "Suggestions", {line_of(desk, PART): {"Decision": "accept"} | typed_over})
    assert apply("ann") == "2 decisions applied, 0 refused\n"
    post("ben")
    before = view_of(desk)
    decide(book, "Allocations", {line_of(desk, WHOLE): {"Decision": "reject", "Note": "another Northside"}})
    assert apply("ben") == "1 decision applied, 0 refused\n"
    # A later night: the correction is of its day.
    desk.put("later.csv", BANK.splitlines()[0] + "\nA 1,2026-04-07,5.00,GBP,BGC,SOMEBODY,,\n")
    assert desk.run("--book", book, bank=["later.csv"], out="later").code == 0
    post("ann")
    return Night(desk, before, given, desk.files())


def test_c01_no_file_that_was_given_is_ever_written(night: Night) -> None:
    assert {name: night.after[name] for name in night.given} == night.given


def test_c03_every_run_keeps_the_rules_it_ran_with(night: Night) -> None:
    with Store.open(str(night.desk.root / "book.recon.db")) as store:
        runs = store.runs()
    assert runs["rules_digest"].n_unique() == 1
    for kept in runs["rules"]:
        assert {"authority", "controls"} <= json.loads(kept).keys()


def test_c04_each_file_is_told_with_digest_rows_and_total(night: Night) -> None:
    summary = json.loads((night.desk.root / "out" / "summary.json").read_text(encoding="utf-8"))
    told = {Path(one["file"]).name: (one["sha256"], one["rows"]) for one in summary["inputs"]}
    assert told == {"bank.csv": (night.given["bank.csv"], 4), "items.csv": (night.given["items.csv"], 3)}
    assert [one["sum"] for one in summary["inputs"]] == [{"GBP": "-221.80"}, {"GBP": "280.50"}]


def test_c06_every_line_ends_in_exactly_one_outcome(night: Night) -> None:
    counts = Counter(row["line_id"] for row in night.desk.rows("lines.csv"))
    assert set(counts.values()) == {1}
    assert len(counts) == len(BANK.splitlines()) - 1
    lines_are_whole(night.view())


def test_c07_an_item_gets_no_more_than_is_open(night: Night) -> None:
    refused = night.view().decided.filter(pl.col("result") == "refused")
    assert refused["why"].to_list() == ["item INV-1003 has 60.00 open, the decision would settle 77.70"]
    given: dict[str, Decimal] = {}
    for leg in night.legs():
        given[leg["applied_to_item"]] = given.get(leg["applied_to_item"], Decimal(0)) - debit(leg)
    assert {item: amount for item, amount in given.items() if item and amount} == {
        "INV-1002": Decimal("80.00")
    }


def test_c08_a_receipt_is_of_the_banks_day_and_a_correction_of_its_own(night: Night) -> None:
    whole = [
        (leg["posting_date"], leg["debit"], leg["credit"])
        for leg in night.legs()
        if night.line_of(WHOLE) == leg["bank_line_id"]
    ]
    assert sorted(whole) == [
        ("2026-03-02", "", "120.50"),
        ("2026-03-02", "120.50", ""),
        ("2026-04-07", "", "120.50"),
        ("2026-04-07", "120.50", ""),
    ]


def test_c09_a_correction_is_a_new_row_and_leaves_the_old_ones(night: Night) -> None:
    before, after = night.before.accepted, night.view().accepted
    assert after.head(before.height).equals(before)
    [counter] = after.tail(after.height - before.height).to_dicts()
    assert (counter["amount"], counter["decision"], counter["accepted_by"]) == ("-120.50", "reject", "ben")
    assert recon("audit", "verify", "--book", night.book).code == 0


def test_c10_the_last_run_comes_out_the_same_again(night: Night) -> None:
    assert recon("audit", "reperform", "--book", night.book).code == 0


def test_c19_money_out_is_never_posted(night: Night) -> None:
    assert night.line_of(SWEEP) not in {leg["bank_line_id"] for leg in night.legs()}
    assert night.line_of(SWEEP) not in set(night.view().accepted["line_id"])


def test_c20_what_was_given_elsewhere_stays_with_who_and_why(night: Night) -> None:
    [moved] = night.view().decided.filter(pl.col("decision") == "reject").to_dicts()
    assert (moved["decided_by"], moved["note"], moved["result"]) == ("ben", "another Northside", "accepted")
    told = recon(
        "audit", "trail", night.line_of(WHOLE), "--book", night.book, "--out", night.desk.root / "pack"
    )
    assert told.code == 0
    assert "another Northside" in (night.desk.root / "pack" / "trail.html").read_text(encoding="utf-8")


def test_c21_what_is_typed_over_a_proposal_changes_nothing(night: Night) -> None:
    [taken] = night.view().accepted.filter(pl.col("line_id") == night.line_of(PART)).to_dicts()
    assert (taken["item_id"], taken["amount"]) == ("INV-1002", "80.00")


def test_c23_no_line_is_kept_or_posted_twice(night: Night) -> None:
    lines = night.view().lines["line_id"]
    assert lines.is_unique().all()
    posted = [
        (leg["bank_line_id"], leg["account"], leg["applied_to_item"], leg["debit"], leg["credit"])
        for leg in night.legs()
    ]
    assert len(posted) == len(set(posted))
