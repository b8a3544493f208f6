"""Month-end inputs of a folder: what is read, what is told, and what the store knows besides."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from flow_cases import Desk, recon

from recon import model
from recon.flow import month, settings
from recon.model import CASES, MONTH_TABLES, PROMISES, QUERIES, Kind


def told(read: month.Month) -> list[tuple[str, str]]:
    return [(one.code, Path(one.where).name) for one in read.problems]


def test_a_folder_is_read_file_by_file(desk: Desk) -> None:
    desk.put("month/limits.csv", "customer_id,credit_limit\nC1,40000\n")
    desk.put("month/limits-2.csv", "customer_id,credit_limit\nC2,nothing\nC3,5\n")
    desk.put("month/limits-copy.csv", "customer_id,credit_limit\nC1,40000\n")
    desk.put("month/gl.csv", "a,b\n1,2\n")
    desk.put("month/bank.csv", "booking_date,amount,narrative\n2026-03-01,1.00,X\n")
    desk.put("month/.hidden.csv", "a,b\n")
    desk.put("month/columns.txt", "what the columns hold")
    read = month.read(desk.root / "month")
    assert list(read.frames) == [Kind.LIMITS]
    assert sorted(read.frames[Kind.LIMITS]["customer_id"]) == ["C1", "C3"]
    assert told(read) == [
        ("report-unused", "bank.csv"),
        ("report-unused", "gl.csv"),
        ("file-twice", "limits.csv"),
        ("value-amount", "limits-2.csv:2"),
    ]


def test_templates_are_read_and_give_nothing_until_they_are_filled(desk: Desk) -> None:
    folder = desk.root / "month"
    ran = recon("excel", "new", "--data", folder)
    assert (ran.code, ran.err) == (0, "")
    assert {path.stem for path in folder.iterdir()} == {*MONTH_TABLES, "columns", "customers"}
    heading = (folder / "customers" / "successions.csv").read_text(encoding="utf-8")
    assert heading == "customer_id,successor_id,effective,kind,place,evidence,confirmed_by\n"
    assert not list(desk.root.glob("*.xlsm"))
    read = month.read(folder)
    assert (dict(read.frames), read.problems) == ({}, ())
    assert {one.kind for one in read.readings} == set(MONTH_TABLES)
    explained = (folder / "columns.txt").read_text(encoding="utf-8")
    assert all(
        f"{column.name}" in explained
        for table in MONTH_TABLES.values()
        for column in table.columns
        if not column.ours
    )


def test_templates_never_write_over_a_file(desk: Desk) -> None:
    filled = desk.put("month/gl.csv", "account,period,closing\n1200,2026-03,5.00\n")
    before = filled.read_bytes()
    assert recon("excel", "new", "--data", desk.root / "month").code == 0
    assert filled.read_bytes() == before


def test_a_row_without_a_currency_takes_the_only_one_there_is(desk: Desk) -> None:
    desk.put("month/limits.csv", "customer_id,credit_limit,currency\nC1,1,\nC2,1,GBP\n")
    loaded = settings.load_rules("")[0]
    read = month.in_currency(month.read(desk.root / "month"), loaded, [])
    assert read.frames[Kind.LIMITS]["currency"].to_list() == ["GBP", "GBP"]


def test_an_amount_finer_than_its_currency_is_told_and_does_not_count(desk: Desk) -> None:
    desk.put(
        "month/limits.csv", "customer_id,credit_limit,security,currency\nC1,10.005,1.00,GBP\nC2,7,,JPY\n"
    )
    desk.put(
        "month/movements.csv",
        "date,type,amount,currency\n2026-03-02,invoice,0.1234,BHD\n2026-03-02,invoice,5.500,GBP\n",
    )
    loaded = settings.load_rules("")[0]
    read = month.in_currency(month.read(desk.root / "month"), loaded, [])
    assert read.frames[Kind.LIMITS]["credit_limit"].to_list() == ["", "7"]
    assert read.frames[Kind.MOVEMENTS]["amount"].to_list() == ["5.500"]
    assert sorted((one.code, Path(one.where).name) for one in read.problems) == [
        ("value-scale", "limits.csv:2"),
        ("value-scale", "movements.csv:2"),
    ]
    assert "`credit_limit` is finer than the smallest unit of its currency; it is left empty" in [
        one.what for one in read.problems
    ]


def cases(*rows: dict[str, str]) -> pl.DataFrame:
    blank = dict.fromkeys(CASES.names, "") | {
        "event": "opened",
        "at": "2026-03-01T10:00:00+00:00",
        "who": "anna",
    }
    frame = pl.DataFrame([blank | row for row in rows])
    return frame.with_columns(due=pl.col("due").str.to_date(strict=False)).cast(pl.Schema(CASES.outer_schema))


def outer(table: model.Table, *rows: dict[str, str]) -> pl.DataFrame:
    names = table.file_columns
    frame = pl.DataFrame(
        [{name: row.get(name, "") for name in names} for row in rows], schema=dict.fromkeys(names, pl.String)
    )
    days = [column.name for column in table.columns if column.dtype == pl.Date()]
    return frame.with_columns(pl.col(days).str.to_date(strict=False))


def test_what_store_and_file_both_know_counts_once() -> None:
    promise = {"customer_id": "C1", "item_id": "I1", "amount": "50.00", "currency": "GBP"}
    events = cases(
        {"case_id": "P-1", "kind": "promise", "due": "2026-03-20", **promise},
        {"case_id": "P-2", "kind": "promise", "due": "2026-03-25", **promise},
        {"case_id": "P-2", "kind": "promise", "event": "cancelled", "at": "2026-03-05T10:00:00+00:00"},
        {"case_id": "Q-1", "kind": "query", "item_id": "I9", "customer_id": "C9", "text": "which month?"},
    )
    file = outer(
        PROMISES,
        {"promise_id": "P-1", "customer_id": "C1", "who": "Mr Brown"},
        {**promise, "promised_date": "2026-03-25", "note": "by phone"},
        {"promise_id": "77", **promise, "promised_date": "2026-03-21"},
    )
    joined = month.with_cases({Kind.PROMISES: file}, events)
    assert joined[Kind.PROMISES].select("promise_id", "status", "note", "who").rows() == [
        ("P-1", "open", None, "anna"),
        ("P-2", "cancelled", "by phone", "anna"),
        ("77", "", "", ""),
    ]
    assert joined[Kind.QUERIES].select("query_id", "item_id", "reason", "closed").rows() == [
        ("Q-1", "I9", "which month?", None)
    ]
    assert joined[Kind.QUERIES].columns == QUERIES.names


def test_without_cases_the_files_are_as_they_are() -> None:
    file = outer(QUERIES, {"query_id": "Q-1"})
    assert month.with_cases({Kind.QUERIES: file}, CASES.empty_outside())[Kind.QUERIES].equals(file)


BANK = "line_id,account,booking_date,amount,currency,type,narrative\nL1,1,2026-03-31,1.00,GBP,BGC,X\n"
ITEMS = (
    "item_id,customer_id,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount\n"
    "I1,C1,invoice,I1,2026-03-02,2026-04-01,GBP,100.00,100.00\n"
)


def month_end(desk: Desk, invoiced: str) -> Path:
    """A store that knows 100.00 open, and the month's inputs: 60.00 before it, this much invoiced."""
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    store = desk.root / "july.db"
    assert desk.run("--store", store).code == 0
    desk.put("month/balances.csv", "date,amount\n2026-02-28,60.00\n")
    desk.put("month/movements.csv", f"date,type,amount\n2026-03-02,invoice,{invoiced}\n")
    return store


def test_a_report_of_the_inputs_and_a_break_that_strict_turns_into_an_exit_code(desk: Desk) -> None:
    store = month_end(desk, "40.00")
    command = (
        "report",
        "roll_forward",
        "--store",
        store,
        "--out",
        desk.root / "out",
        "--data",
        desk.root / "month",
    )
    ran = recon(*command, "--strict")
    assert (ran.code, ran.err) == (0, "")
    text = (desk.root / "out" / "report_roll_forward.csv").read_text(encoding="utf-8")
    assert "total,GBP,,Difference,,0.00,agrees" in text
    desk.put("month/movements.csv", "date,type,amount\n2026-03-02,invoice,39.99\n")
    ran = recon(*command)
    assert ran.code == 0
    assert "the ledger has 0.01 GBP more open than opening and movements make" in ran.err
    assert recon(*command, "--strict").code == 1


def test_a_report_whose_input_can_not_be_read_says_why(desk: Desk) -> None:
    store = month_end(desk, "40.00")
    desk.put("month/balances.csv", "date,sum\n2026-02-28,60.00\n")
    ran = recon(
        "report", "roll_forward", "--store", store, "--out", desk.root / "out", "--data", desk.root / "month"
    )
    assert ran.code == 2
    assert "the report needs balances, and nothing gives that" in ran.err
    assert "the heading lacks `amount`" in ran.err
    assert not (desk.root / "out" / "report_roll_forward.csv").exists()


def test_a_run_reads_and_checks_them_with_the_rest(desk: Desk) -> None:
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    desk.put("month/limits.csv", "customer_id,credit_limit\nC1,much\n")
    ran = desk.run("--data", desk.root / "month")
    assert ran.code == 0
    assert [(row["code"], Path(row["where"]).name) for row in desk.rows("problems.csv")] == [
        ("value-amount", "limits.csv:2")
    ]
    assert desk.run("--data", desk.root / "none").code == 2
