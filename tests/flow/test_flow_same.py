"""The same input gives the same bytes in whatever order it comes; nothing that comes twice counts twice."""

from __future__ import annotations

import json
from random import Random

import pytest
from flow_cases import BANK, ITEMS, Desk, Ran, recon, rows, unbalanced

MORE_BANK = """account,booking_date,amount,currency,type,counterparty,reference,narrative
20-00-00 12345678,2026-03-06,60.00,GBP,BGC,SOUTHSIDE CARE LTD,INV-1003,
20-00-00 12345678,2026-03-06,10.00,GBP,BGC,WHO IS THIS,,SOMETHING ELSE
20-00-00 12345678,2026-03-06,10.00,GBP,BGC,WHO IS THIS,,SOMETHING ELSE
20-00-00 12345678,2026-03-07,220.50,GBP,BGC,NORTHSIDE CARE LTD,,INV-1001 AND INV-1002
"""
NUMBERED = "line_id,account,booking_date,amount,currency,reference,counterparty\n"


def shuffled(text: str, seed: int) -> str:
    head, *body = text.splitlines()
    Random(seed).shuffle(body)  # noqa: S311 - any order will do
    return "\n".join([head, *body]) + "\n"


def codes(desk: Desk, out: str = "out") -> list[tuple[str, str, str]]:
    return sorted((row["amount"], row["outcome"], row["code"]) for row in desk.rows("lines.csv", out))


def told(ran: Ran, desk: Desk) -> set[str]:
    assert ran.code == 0, ran.err
    return {row["code"] for row in desk.rows("problems.csv")}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_order_of_rows_and_files_says_nothing(desk: Desk, seed: int) -> None:
    desk.put("more.csv", MORE_BANK)
    assert desk.run(bank=["bank.csv", "more.csv"]).code == 0
    desk.put("bank.csv", shuffled(BANK, seed))
    desk.put("more.csv", shuffled(MORE_BANK, seed))
    desk.put("items.csv", shuffled(ITEMS, seed))
    assert desk.run(bank=["more.csv", "bank.csv"], out="other").code == 0
    assert desk.tables("other") == desk.tables("out")
    assert unbalanced(desk.root / "out") == []


@pytest.mark.slow
def test_one_file_or_two_is_the_same(desk: Desk) -> None:
    desk.put("more.csv", MORE_BANK)
    desk.put("whole.csv", BANK + MORE_BANK.split("\n", 1)[1])
    desk.run(bank=["bank.csv", "more.csv"])
    desk.run(bank=["whole.csv"], out="other")
    assert desk.tables("other") == desk.tables("out")


def test_the_same_file_twice_in_one_run(desk: Desk) -> None:
    desk.put("copy.csv", BANK)
    assert told(desk.run(bank=["bank.csv", "copy.csv"]), desk) == {"file-twice"}
    again = [row for row in desk.rows("lines.csv") if row["outcome"] == "duplicate"]
    assert {row["code"] for row in again} == {"EX-DUPLINE"}
    assert sorted(row["amount"] for row in again) == ["-500.00", "120.50", "77.70", "80.00"]
    summary = json.loads((desk.root / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["control_totals"]["GBP"]["duplicates"] == "-221.80"
    assert summary["control_totals"]["GBP"]["difference"] == "0.00"


@pytest.mark.slow
def test_the_same_file_twice_proposes_the_same(desk: Desk) -> None:
    desk.put("copy.csv", BANK)
    assert desk.run("--store", "s.db", bank=["bank.csv", "copy.csv"]).code == 0
    assert desk.run(out="once").code == 0
    assert desk.tables()["allocations.csv"] == desk.tables("once")["allocations.csv"]
    assert desk.tables()["exceptions.csv"] == desk.tables("once")["exceptions.csv"]


def test_one_file_named_twice_is_read_once(desk: Desk) -> None:
    assert told(desk.run(bank=["bank.csv", "bank.csv", "ban*.csv"]), desk) == set()
    assert len(desk.rows("lines.csv")) == 4


@pytest.mark.slow
def test_overlapping_statements_count_once(desk: Desk) -> None:
    head, *body = BANK.splitlines()
    desk.put("early.csv", "\n".join([head, *body[:3]]) + "\n")
    desk.put("late.csv", "\n".join([head, *body[1:]]) + "\n")
    desk.run(bank=["early.csv", "late.csv"])
    desk.run(out="whole")
    assert desk.tables()["allocations.csv"] == desk.tables("whole")["allocations.csv"]
    assert [row for row in desk.rows("lines.csv") if row["outcome"] != "duplicate"] == desk.rows(
        "lines.csv", "whole"
    )
    assert [code for _, outcome, code in codes(desk) if outcome == "duplicate"] == ["EX-DUPLINE"] * 2


def test_two_equal_lines_are_both_kept(desk: Desk) -> None:
    desk.put("more.csv", MORE_BANK)
    desk.run(bank=["more.csv"])
    ten = [row for row in desk.rows("lines.csv") if row["amount"] == "10.00"]
    assert [row["outcome"] for row in ten] == ["exception", "exception"]
    assert len({row["line_id"] for row in ten}) == 2


@pytest.mark.slow
def test_a_run_repeated_with_a_store_settles_nothing_twice(desk: Desk) -> None:
    assert told(desk.run("--store", "s.db"), desk) == set()
    first = codes(desk)
    assert told(desk.run("--store", "s.db"), desk) == {"items-stale"}
    assert codes(desk) == [("120.50", "duplicate", "EX-IDEMP") if row[1] == "auto" else row for row in first]
    assert {row["line_id"] for row in desk.rows("allocations.csv") if row["status"] == "auto"} == set()
    ran = recon("post", "--format", "generic", "--out", "posted", "--store", "s.db", "--who", "ann")
    assert ran.code == 0, ran.err
    [journal] = (desk.root / "posted").glob("*.csv")
    assert [row["debit"] for row in rows(journal) if row["debit"]] == ["120.50"]


@pytest.mark.slow
def test_what_an_earlier_run_took_is_open_no_more(desk: Desk) -> None:
    desk.run("--store", "s.db")
    # Somebody pays INV-1001 once more, on another day.
    desk.put(
        "second.csv", "\n".join([BANK.splitlines()[0], BANK.splitlines()[1].replace("03-02", "03-09")]) + "\n"
    )
    assert "items-stale" in told(desk.run("--store", "s.db", bank=["second.csv"]), desk)
    [line] = desk.rows("lines.csv")
    assert line["outcome"] != "auto"
    assert [row for row in desk.rows("allocations.csv") if row["item_id"] == "INV-1001"] == []


# One id on two lines


@pytest.mark.slow
def test_ids_that_each_file_numbers_anew(desk: Desk) -> None:
    desk.put("a.csv", NUMBERED + "1,A,2026-03-02,120.50,GBP,INV-1001,NORTHSIDE CARE LTD\n")
    desk.put("b.csv", NUMBERED + "1,A,2026-03-03,60.00,GBP,INV-1003,SOUTHSIDE CARE LTD\n")
    ran = desk.run("--store", "s.db", bank=["a.csv", "b.csv"])
    assert told(ran, desk) == {"id-twice"}
    assert "b.csv:2" in ran.err
    assert desk.outcomes() == [("120.50", "auto"), ("60.00", "auto")]
    assert len({row["line_id"] for row in desk.rows("lines.csv")}) == 2
    for bank in (["b.csv", "a.csv"], ["b.csv"], ["a.csv"]):
        desk.run("--store", "s.db", bank=bank)
        assert {outcome for _, outcome in desk.outcomes()} == {"duplicate"}


@pytest.mark.slow
def test_an_id_that_an_earlier_run_gave_to_another_line(desk: Desk) -> None:
    desk.put("a.csv", NUMBERED + "1,A,2026-03-02,120.50,GBP,INV-1001,NORTHSIDE CARE LTD\n")
    desk.put(
        "b.csv",
        NUMBERED
        + "1,A,2026-03-03,60.00,GBP,INV-1003,SOUTHSIDE CARE LTD\n"
        + "2,A,2026-03-03,77.70,GBP,,WHO IS THIS\n",
    )
    desk.run("--store", "s.db", bank=["a.csv"])
    ran = desk.run("--store", "s.db", "--json", bank=["b.csv"])
    assert (ran.summary["lines_read"], ran.summary["lines_left_out"]) == (2, 1)
    assert ran.summary["control_totals"]["GBP"]["bank_lines"] == "77.70"
    [problem] = [row for row in desk.rows("problems.csv") if row["code"] == "id-twice"]
    assert problem["where"].endswith("b.csv:2")
    assert [row["line_id"] for row in desk.rows("lines.csv")] == ["2"]


@pytest.mark.slow
def test_a_file_of_nothing_but_such_lines_is_refused(desk: Desk) -> None:
    desk.put("a.csv", NUMBERED + "1,A,2026-03-02,120.50,GBP,INV-1001,NORTHSIDE CARE LTD\n")
    desk.put("b.csv", NUMBERED + "1,A,2026-03-03,60.00,GBP,INV-1003,SOUTHSIDE CARE LTD\n")
    desk.run("--store", "s.db", bank=["a.csv"])
    before = desk.files()
    ran = desk.run("--store", "s.db", bank=["b.csv"], out="other")
    assert ran.code == 2
    assert "b.csv:2: line 1 is another line" in ran.err
    assert desk.files() == before


def test_a_second_payment_in_a_later_run_names_the_first(desk: Desk) -> None:
    head, first = BANK.splitlines()[:2]
    desk.put("bank.csv", f"{head}\n{first}\n")
    assert desk.run("--store", "s.db").code == 0
    [paid] = desk.rows("lines.csv")
    assert paid["outcome"] == "auto"
    desk.put("bank.csv", f"{head}\n{first.replace('2026-03-02', '2026-04-01')}\n")
    assert desk.run("--store", "s.db", out="later").code == 0
    told = [row for row in desk.rows("exceptions.csv", "later") if row["code"] == "EX-DUPPAY"]
    assert [
        f"in an earlier run by line {paid['line_id']} of 2026-03-02" in row["detail"] for row in told
    ] == [True]
    assert "THANK YOU" not in told[0]["detail"]
