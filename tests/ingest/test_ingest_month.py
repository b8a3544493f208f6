"""Month-end inputs: told by their names, read as all files are, and nothing of them lost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon import ingest
from recon.ingest import month_sheets, standard
from recon.model import MONTH_TABLES, TABLES_OF, Kind, Reading
from recon.problems import ReconError

GL = "account,type,period,opening,debits,credits,closing,currency\n"


def reading(folder: Path, name: str, text: str, kind: Kind | None = None) -> Reading:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return ingest.read(path, kind=kind)


@pytest.mark.parametrize("kind", MONTH_TABLES)
def test_every_kind_is_known_by_its_name_and_its_headings(kind: Kind, tmp_path: Path) -> None:
    columns = TABLES_OF[kind].file_columns
    found = reading(tmp_path, f"{kind}-2026-03.csv", f"{','.join(columns)}\n")
    assert (found.kind, found.problems, found.table.height) == (kind, (), 0)
    assert [name for name in found.table.columns if name in columns] == columns


@pytest.mark.parametrize(
    ("stem", "kind"),
    [
        ("gl", Kind.GL),
        ("GL entries March", Kind.GL_ENTRIES),
        ("gl-2026-03", Kind.GL),
        ("Customer-statement_C300", Kind.CUSTOMER_STATEMENT),
        ("glossary", None),
        ("limit", None),
        ("", None),
    ],
)
def test_names(stem: str, kind: Kind | None) -> None:
    assert standard.month_kind(stem) is kind


def test_other_headings_under_such_a_name_are_what_they_are(tmp_path: Path) -> None:
    bank = "line_id,account,booking_date,amount,currency,type,narrative\nL1,1,2026-03-01,1.00,GBP,BGC,X\n"
    assert reading(tmp_path, "movements.csv", bank).kind is Kind.BANK
    items = (
        "item_id,customer_id,doc_no,due_date,currency,amount,open_amount\nI1,C1,I1,2026-03-01,GBP,1.00,1.00\n"
    )
    assert reading(tmp_path, "promises.csv", items).kind is Kind.ITEMS


def test_a_file_that_lacks_what_its_name_needs_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReconError) as told:
        reading(tmp_path, "gl.csv", "account,period,balance\n1200,2026-03,5.00\n")
    (problem,) = told.value.problems
    assert (problem.code, problem.what) == (
        "column-missing",
        "the heading lacks `closing`, which profile standard (gl) needs",
    )


def test_wrong_cells_are_problems_with_their_line(tmp_path: Path) -> None:
    rows = [
        "1200,Control,2026-03,10.00,5.00,3.00,12.00,GBP",
        "1200,wages,2026-03,10.00,5.00,3.00,12.00,GBP",
        "1200,control,2026-03,ten,5.00,3.00,12.00,GBP",
        "1200,control,2026-03,10.00,5.00,3.00,,GBP",
        ",control,2026-03,10.00,5.00,3.00,12.00,GBP",
    ]
    found = reading(tmp_path, "gl.csv", GL + "\n".join(rows) + "\n")
    assert found.table["type"].to_list() == ["control", ""]
    assert [(one.where.rsplit(":", 1)[-1], one.code, one.what) for one in found.problems] == [
        ("3", "value-word", "type is no word that is known there; it is left empty"),
        ("4", "value-amount", "`opening` is no amount that can be read; the row was left out"),
        ("5", "value-missing", "the row has no closing; it was left out"),
        ("6", "value-missing", "the row has no account; it was left out"),
    ]
    assert found.problems[0].hint == "words: control, bank, allowance"


def test_a_word_that_a_row_needs_takes_the_row_with_it(tmp_path: Path) -> None:
    text = "date,type,amount\n2026-03-01,Credit Note,-5.00\n2026-03-01,gift,1.00\n"
    found = reading(tmp_path, "movements.csv", text)
    assert found.table["type"].to_list() == ["credit_note"]
    assert [one.what for one in found.problems] == [
        "type is no word that is known there; the row was left out"
    ]


def test_per_cents(tmp_path: Path) -> None:
    text = "bucket,rate\nnot_due,0.4\ndays_1_30,12.5%\ndays_31_60,half\n"
    found = reading(tmp_path, "loss_history.csv", text)
    assert found.table["rate"].to_list() == ["0.4", "12.5", ""]
    assert [(one.code, one.what) for one in found.problems] == [
        ("value-amount", "rate is no number of per cent; it is left empty")
    ]


CELLS = st.sampled_from(
    ["", "1.00", "-2", "x", "2026-03-01", "31/31/2026", "control", "invoice", "1e9", "=1+1", "5%"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_rows_in_are_rows_out_and_problems(tmp_path: Path, data: st.DataObject) -> None:
    """Every row is in the table, or a problem names its line; blank rows are no rows."""
    kind = data.draw(st.sampled_from(list(MONTH_TABLES)))
    columns = TABLES_OF[kind].file_columns
    rows = data.draw(st.lists(st.tuples(*[CELLS] * len(columns)), max_size=4))
    text = "\n".join([",".join(columns), *(",".join(row) for row in rows)]) + "\n"
    found = reading(tmp_path, f"{kind}.csv", text)
    said = {int(one.where.rsplit(":", 1)[-1]) for one in found.problems}
    out = set(found.table["position"])
    assert out | said >= {at for at, row in enumerate(rows, 2) if any(row)}
    assert found.table.height == len(out)


def test_sheets_of_a_workbook(tmp_path: Path) -> None:
    import openpyxl  # noqa: PLC0415 - slow to load

    book = openpyxl.Workbook()
    book.active.title = "Limits"
    for row in (["customer_id", "credit_limit", "currency"], ["C1", 40000, "GBP"], ["C2", "much", "GBP"]):
        book.active.append(row)
    queries = book.create_sheet("Queries")
    for row in (["query_id", "opened"], ["7", dt.date(2026, 3, 1)]):
        queries.append(row)
    book.create_sheet("Promises").append(["what I promised", "to whom"])
    book.create_sheet("Notes").append(["query_id", "opened"])
    path = tmp_path / "july.xlsx"
    book.save(path)
    readings, problems = month_sheets.read(path)
    assert [(one.kind, one.table.height) for one in readings] == [(Kind.LIMITS, 1), (Kind.QUERIES, 1)]
    assert readings[0].problems[0].where.endswith("july.xlsx!Limits:3")
    assert problems == []


def test_a_sheet_in_which_a_needed_column_is_missing_is_told(tmp_path: Path) -> None:
    import openpyxl  # noqa: PLC0415 - slow to load

    book = openpyxl.Workbook()
    book.active.title = "gl"
    book.active.append(["account", "period", "balance"])
    path = tmp_path / "july.xlsx"
    book.save(path)
    readings, problems = month_sheets.read(path)
    assert readings == []
    assert [one.code for one in problems] == ["column-missing"]


def test_parquet_is_read_as_well(tmp_path: Path) -> None:
    frame = pl.DataFrame({"date": ["2026-02-28"], "amount": ["1300000.00"], "currency": ["GBP"]})
    frame.write_parquet(tmp_path / "balances.parquet")
    found = ingest.read(tmp_path / "balances.parquet")
    assert (found.kind, found.table["amount"].to_list()) == (Kind.BALANCES, ["1300000.00"])


@pytest.mark.parametrize(
    ("days", "read"),
    [
        (["05/03/2026", "31/03/2026"], [dt.date(2026, 3, 5), dt.date(2026, 3, 31)]),
        (["3/5/2026", "3/31/2026"], [dt.date(2026, 3, 5), dt.date(2026, 3, 31)]),
        (["05/03/2026", "06/03/2026"], []),  # it may be either
        (["31/03/2026", "03/31/2026"], []),  # it is neither
        (["31/03/2026", "2026-03-31"], [dt.date(2026, 3, 31)]),  # not all of one kind: only the standard's
    ],
)
def test_days_as_excel_saves_them_where_they_can_only_be_read_one_way(
    days: list[str], read: list[dt.date], tmp_path: Path
) -> None:
    text = "date,type,amount,currency\n" + "".join(f"{day},invoice,1.00,GBP\n" for day in days)
    found = reading(tmp_path, "movements.csv", text)
    assert found.table["date"].to_list() == read
    assert len(found.problems) == len(days) - len(read)


def test_one_comma_is_refused_with_what_to_write(tmp_path: Path) -> None:
    rows = [
        '1200,control,2026-03,"1,00,000",5.00,3.00,12.00,GBP',
        '1200,control,2026-03,,5.00,3.00,"100,000",GBP',
    ]
    found = reading(tmp_path, "gl.csv", GL + "\n".join(rows) + "\n")
    assert found.table["opening"].to_list() == ["100000"]
    [problem] = found.problems
    assert (problem.code, problem.where.rsplit(":", 1)[-1]) == ("value-amount", "3")
    assert problem.hint == "one comma may mark thousands or decimals: write 100000.00 for a hundred thousand"
