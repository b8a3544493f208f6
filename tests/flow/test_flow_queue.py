"""Sheets that would be too long: the review sheets are a queue of the largest, and nothing is dropped silently."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import polars as pl
import pytest
from flow_cases import Desk, decide, recon, sheet

from recon.flow import queue

HEAD = "line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative\n"


def _frame(amounts: list[str | None], days: list[str]) -> pl.DataFrame:
    ids = [f"L{number}" for number in range(len(amounts))]
    return pl.DataFrame(
        {"Line id": ids, "Line amount": amounts, "Date": days}, schema_overrides={"Line amount": pl.String}
    )


@pytest.mark.parametrize(
    ("decided", "shown"),
    [
        (frozenset[str](), ["L1", "L3"]),
        (frozenset({"L4"}), ["L1", "L4"]),
        (frozenset({"L0", "L4", "L2"}), ["L0", "L2", "L4"]),
    ],
)
def test_the_largest_the_oldest_and_the_decided_are_shown(decided: frozenset[str], shown: list[str]) -> None:
    frame = _frame(["9.00", "-100.00", "20.00", "20.00", None], ["3", "1", "2", "1", "1"])
    with mock.patch.object(queue, "REVIEW_MAX", 2):
        made, problems = queue.fitting({"Exceptions": frame}, decided)
    assert made["Exceptions"]["Line id"].to_list() == shown
    assert [problem.code for problem in problems] == ["sheet-rows"]
    assert f"shows {len(shown)} of 5 rows" in problems[0].what


def test_a_list_shows_what_people_look_up() -> None:
    frame = pl.DataFrame({"Line id": ["a", "b", "c"]})
    with mock.patch.object(queue, "LIST_MAX", 2):
        made, problems = queue.fitting({"Bank": frame, "Open items": frame, "Rules": frame.head(2)})
    assert {name: one["Line id"].to_list() for name, one in made.items()} == {
        "Bank": ["b", "c"],
        "Open items": ["a", "b"],
        "Rules": ["a", "b"],
    }
    assert [problem.where for problem in problems] == ["Bank", "Open items"]


def test_the_next_come_up_when_the_first_are_decided(desk: Desk, tmp_path: Path) -> None:
    book = tmp_path / "b.xlsm"
    lines = [
        f"X{n},20-00-00 12345678,2026-03-0{n},{n}00.00,GBP,BGC,WHO IS THIS,,UNKNOWN" for n in range(1, 6)
    ]
    desk.put("bank.csv", HEAD + "\n".join(lines) + "\n")
    with mock.patch.object(queue, "REVIEW_MAX", 2):
        assert desk.run("--book", book).code == 0
        assert [row["Line id"] for row in sheet(book, "Exceptions")] == ["X4", "X5"]
        assert "the sheet shows 2 of 5 rows" in str(sheet(book, "Problems"))
        assert "sheet-rows" in {row["code"] for row in desk.rows("problems.csv")}
        assert len(desk.rows("exceptions.csv")) == 5
        decide(book, "Exceptions", {"X5": {"Decision": "not receivable"}})
        assert recon("apply", "--book", book).code == 0
        told = {row["Line id"]: row["Result"] for row in sheet(book, "Exceptions")}
        assert set(told) == {"X4", "X5"}
        assert told["X5"] == "recorded: not receivable", "what happened is seen once more"
        decide(book, "Exceptions", {"X4": {"Decision": "park"}})
        desk.put(
            "bank.csv", HEAD + "\n".join([*lines, lines[0].replace("X1", "X9").replace("100.00", "9000.00")])
        )
        assert desk.run("--book", book).code == 0
        kept = {row["Line id"]: row["Decision"] for row in sheet(book, "Exceptions")}
    assert kept["X4"] == "park", "a decision that is typed and not applied stays on the sheet"
    assert set(kept) == {"X4", "X9"}
