"""A report or advice beside the statement that has the same money is told, and nothing is left out for it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from recon import cli

REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<BACSDocument><Data><ARUDD><Header currentProcessingDate="2026-04-02"></Header>
<Advice><OriginatingAccountRecords><OriginatingAccountRecord>
<OriginatingAccount name="CARE" number="12345678" sortCode="30-00-00"/>
<ReturnedDebitItem ref="X-1" returnCode="0273" returnDescription="REFER TO PAYER" valueOf="65.00" currency="GBP">
<PayerAccount number="33445566" ref="X-1" name="A RESIDENT" sortCode="60-00-01"></PayerAccount></ReturnedDebitItem>
<ReturnedDebitItem ref="X-2" returnCode="0273" returnDescription="REFER TO PAYER" valueOf="7.00" currency="GBP">
<PayerAccount number="33445567" ref="X-2" name="B RESIDENT" sortCode="60-00-01"></PayerAccount></ReturnedDebitItem>
</OriginatingAccountRecord></OriginatingAccountRecords></Advice></ARUDD></Data></BACSDocument>
"""
HEAD = "account,booking_date,amount,currency,narrative\n"


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        # Over Easter, from Thursday to Tuesday; the account as an IBAN; amounts as they come.
        (
            ["GB29NWBK30000012345678,2026-04-07,-65,GBP,UNPAID", "30000012345678,2026-04-02,-7.0,GBP,UNPAID"],
            2,
        ),
        ([",2026-04-02,-65.00,GBP,UNPAID"], 1),  # an export that says no account
        (["30-00-00 12345678,2026-04-02,-65.00,GBP,UNPAID"] * 2, 1),  # one of the report's can be one of two
        (["30-00-00 12345678,2026-04-08,-65.00,GBP,UNPAID"], 0),  # too late
        (["30-00-00 12345678,2026-03-31,-65.00,GBP,UNPAID"], 0),  # too early
        (["30-00-00 12345679,2026-04-02,-65.00,GBP,UNPAID"], 0),  # another account
        (["CURRENT,2026-04-02,-65.00,GBP,UNPAID"], 0),
        (["30-00-00 12345678,2026-04-02,65.00,GBP,A RESIDENT X-1"], 0),  # money in
        (["30-00-00 12345678,2026-04-02,-65.00,EUR,UNPAID"], 0),
        (["30-00-00 12345678,2026-04-02,-65.01,GBP,UNPAID"], 0),
    ],
)
def test_debits_that_a_statement_has_too_are_told(tmp_path: Path, rows: list[str], count: int) -> None:
    credit = "30-00-00 12345678,2026-04-02,70.00,GBP,ACME INV-1042"
    told = _told(tmp_path, REPORT, [*rows, credit])
    assert told.height == (count > 0)
    if count:
        assert told["where"].item().endswith("arudd.xml")
        assert ("2 lines" if count > 1 else "a line") in told["what"].item()
        assert "statement.csv" in told["what"].item()
    lines = pl.read_csv(tmp_path / "out" / "lines.csv", infer_schema=False)
    assert lines.height == len(rows) + 3  # nothing is left out


def test_a_statements_line_is_no_more_than_one_of_the_reports(tmp_path: Path) -> None:
    item = REPORT[REPORT.index("<ReturnedDebitItem") : REPORT.index('<ReturnedDebitItem ref="X-2"')]
    days = [f"30-00-00 12345678,2026-04-{day:02d},-65.00,GBP,UNPAID" for day in (1, 7)]
    told = _told(tmp_path, REPORT.replace(item, item * 9), days)
    assert told["what"].item().startswith("2 lines")


@pytest.mark.parametrize("report_first", [True, False])
def test_what_an_earlier_run_read_is_told_once(tmp_path: Path, report_first: bool) -> None:
    report, statement = tmp_path / "arudd.xml", tmp_path / "statement.csv"
    report.write_text(REPORT, encoding="utf-8")
    rows = ["30-00-00 12345678,2026-04-03,-65.00,GBP,UNPAID", "30-00-00 12345678,2026-04-03,-8.00,GBP,UNPAID"]
    statement.write_text(HEAD + "\n".join([*rows, ""]), encoding="utf-8")
    first, second = (report, statement) if report_first else (statement, report)
    store = ("--store", str(tmp_path / "s.db"))
    assert _run(tmp_path, first, *store).is_empty()
    told = _run(tmp_path, second, *store)
    assert told["where"].item() == second.as_posix()
    assert f"a line of it may be in what an earlier run read ({first.as_posix()})" in told["what"].item()
    assert _run(tmp_path, first, *store).is_empty()
    assert _run(tmp_path, second, *store).is_empty()


def _camt(kind: str, root: str, references: list[str]) -> str:
    """A camt message with a credit of 60.00 for each reference of the bank."""
    entries = "".join(
        f'<Ntry><Amt Ccy="GBP">60.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
        "<BookgDt><Dt>2026-04-02</Dt></BookgDt>"
        f"<AcctSvcrRef>{one}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>{one}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for one in references
    )
    account = "<Acct><Id><Othr><Id>30000012345678</Id></Othr></Id><Ccy>GBP</Ccy></Acct>"
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.02"><{root}><{_OF[root]}><Id>{kind}</Id>'
        f"{account}{entries}</{_OF[root]}></{root}></Document>"
    )


_OF = {"BkToCstmrAcctRpt": "Rpt", "BkToCstmrStmt": "Stmt"}


def test_a_line_that_came_again_is_no_other_money(tmp_path: Path) -> None:
    """A report of yesterday has X; today's statement has the same X, and Y of the same amount, which is another's."""
    report, statement = tmp_path / "052.xml", tmp_path / "053.xml"
    report.write_text(_camt("052", "BkToCstmrAcctRpt", ["X1"]), encoding="utf-8")
    store = ("--store", str(tmp_path / "s.db"))
    assert _run(tmp_path, report, *store).is_empty()
    statement.write_text(_camt("053", "BkToCstmrStmt", ["X1", "Y1"]), encoding="utf-8")
    assert _run(tmp_path, statement, *store).is_empty()


def _told(folder: Path, report: str, rows: list[str]) -> pl.DataFrame:
    """The problems of this control, from a run over a report and a statement of these rows."""
    bank = folder / "bank"
    bank.mkdir()
    (bank / "arudd.xml").write_text(report, encoding="utf-8")
    (bank / "statement.csv").write_text(HEAD + "\n".join([*rows, ""]), encoding="utf-8")
    return _run(folder, bank)


def _run(folder: Path, bank: Path, *more: str) -> pl.DataFrame:
    items = folder / "items.csv"
    items.write_text(
        "item_id,customer_id,doc_no,currency,open_amount\n1,K1,INV-1042,GBP,70.00\n", encoding="utf-8"
    )
    given = ["--bank", str(bank), "--items", str(items), "--out", str(folder / "out")]
    result = CliRunner().invoke(cli.app, ["run", *given, *more])
    assert result.exit_code == 0, result.output
    problems = pl.read_csv(folder / "out" / "problems.csv", infer_schema=False)
    return problems.filter(pl.col("code") == "advised-twice")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["GB29NWBK60161331926819,2026-03-30,500.0,GBP,BETA LTD INV-3002"], "a line of it"),
        (
            ["GB29NWBK60161331926819,2026-03-30,500.00,GBP,BETA", "31926819,2026-03-30,-20.00,GBP,FEE"],
            "2 lines of it",
        ),
        (["GB29NWBK60161331926819,2026-03-31,500.00,GBP,BETA"], ""),  # another day
        (
            ["60-16-13 31926819,2026-03-30,500.00,GBP,BETA 2"],
            "",
        ),  # written alike: another line of the account
        (["GB29NWBK60161331926810,2026-03-30,500.00,GBP,BETA"], ""),
        (["GB29NWBK60161331926819,2026-03-30,500.00,EUR,BETA"], ""),
    ],
)
def test_an_account_in_two_ways_of_writing_with_the_same_lines_is_told(
    tmp_path: Path, rows: list[str], said: str
) -> None:
    one = [
        "60-16-13 31926819,2026-03-30,500.00,GBP,BETA LTD",
        "60-16-13 31926819,2026-03-30,-20.00,GBP,CHARGES",
    ]
    for name, some in (("one.csv", one), ("other.csv", rows)):
        (tmp_path / name).write_text(HEAD + "\n".join([*some, ""]), encoding="utf-8")
    (tmp_path / "items.csv").write_text(
        "item_id,doc_no,customer_id,currency,open_amount\n1,INV-3002,C1,GBP,500.00\n", encoding="utf-8"
    )
    typed = ["run", "--items", str(tmp_path / "items.csv"), "--out", str(tmp_path / "out"), "--quiet"]
    for name in ("one.csv", "other.csv"):
        typed += ["--bank", str(tmp_path / name)]
    assert CliRunner().invoke(cli.app, typed).exit_code == 0
    told = pl.read_csv(tmp_path / "out" / "problems.csv", infer_schema=False).filter(
        pl.col("code") == "account-twice"
    )
    assert told.height == bool(said)
    if said:
        assert said in told["what"][0]
        assert "60-16-13 31926819" in told["what"][0]
