"""A file of each kind that recon reads, two broken ones and one with a password: one run, into the workbook."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import papers
import pytest
import xlsxwriter
from flow_cases import ITEMS, Desk, rows, sheet, unbalanced
from paper import Paper, pdf

SAMPLES = Path(__file__).parent.parent / "ingest"
BANK = {
    "statement.xml": "camt/statement.xml",
    "german.sta": "mt940/german.sta",
    "interim.942": "mt940/interim.942",
    "statement.bai": "bai2/statement.bai",
    "statement.ofx": "ofx/statement.ofx",
    "lloyds.csv": "profiles/lloyds.csv",
    "sbi.xls": "profiles/sbi.xls",
}
ADVICES = {
    "sbs.csv": "profiles/remit_nhs_sbs.csv",
    "advice.xml": "remt/advice.xml",
    "remittances.edi": "x12/remittances.edi",
    "remadv.edi": "edifact/remadv.edi",
}
BOOK = (Decimal("77.10"), "GBP")


def _book(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Lines")
        page.write_row(0, 0, ["booking_date", "amount", "currency", "account", "narrative"])
        page.write_row(1, 0, ["2026-03-04", str(BOOK[0]), BOOK[1], "20-00-00 77777777", "INV-7001"])


def _mail() -> bytes:
    made = EmailMessage()
    made["From"], made["Date"], made["Message-ID"] = (
        "a@payer.example",
        "Wed, 04 Mar 2026 10:00:00 +0000",
        "<1@p>",
    )
    made.set_content("Please find our advice attached.\n")
    table = b"remittance_id,payer,doc_no,paid_amount,currency\nR-9,Example Council,INV-9001,90.00,GBP\n"
    made.add_attachment(table, maintype="text", subtype="csv", filename="advice.csv")
    return bytes(made)


def _folders(desk: Desk) -> None:
    """`bank/` and `advices/` with a file of each kind; three files of them can't be read."""
    desk.put("items.csv", ITEMS)
    for folder, files in (("bank", BANK), ("advices", ADVICES)):
        (desk.root / folder).mkdir()
        for name, sample in files.items():
            shutil.copy(SAMPLES / sample, desk.root / folder / name)
    _book(desk.root / "bank" / "lines.xlsx")
    lines = [("INV-1001", "120.50"), ("INV-1002", "70.00")]
    desk.put("advices/council.pdf", papers.advice("P-770", "04/03/2026", lines, "190.50"))
    desk.put("advices/council.eml", _mail())
    desk.put("bank/picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    desk.put("bank/cut.xml", (SAMPLES / "camt/statement.xml").read_bytes()[:900])
    desk.put("advices/locked.pdf", pdf(Paper().text(40, 40, "x"), lock="x"))


def _expected(name: str, column: str) -> list[tuple[Decimal, str]]:
    """Amounts and currencies of a sample, by the table that lies beside it; what names no currency is in pounds."""
    table = rows(SAMPLES / f"{name}.table.csv")
    return [(Decimal(row[column]), row["currency"] or "GBP") for row in table if row[column]]


def _total(amounts: Sequence[tuple[Decimal, str]]) -> dict[str, Decimal]:
    made: dict[str, Decimal] = defaultdict(Decimal)
    for amount, currency in amounts:
        made[currency] += amount
    return dict(made)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, dict[str, Any]]:
    """The run of both folders into a workbook, and its summary."""
    desk = Desk(tmp_path_factory.mktemp("night"))
    _folders(desk)
    root = desk.root
    rules = desk.put("gbp.yaml", "extends: default\ncurrency: GBP\n")
    more = ("--remittance", root / "advices", "--book", root / "night.xlsm", "--rules", rules, "--json")
    ran = desk.run(*more, bank=("bank",))
    assert ran.code == 0, ran.err
    return desk, ran.summary


def test_each_file_is_read_whole_and_told_with_its_total(night: tuple[Desk, dict[str, Any]]) -> None:
    told = {Path(one["file"]).name: one for one in night[1]["inputs"]}
    assert set(told) == {*BANK, *ADVICES, "lines.xlsx", "council.pdf", "council.eml", "items.csv"}
    for files, column in ((BANK, "amount"), (ADVICES, "paid_amount")):
        for name, sample in files.items():
            wanted = _total(_expected(sample, column))
            assert told[name]["rows"] == len(rows(SAMPLES / f"{sample}.table.csv")), name
            assert {key or "GBP": Decimal(text) for key, text in told[name]["sum"].items()} == wanted, name
    assert [told[name]["rows"] for name in ("lines.xlsx", "council.pdf", "council.eml")] == [1, 2, 1]
    assert [list(told[name]["sum"].values()) for name in ("lines.xlsx", "council.pdf", "council.eml")] == [
        ["77.10"],
        ["190.50"],
        ["90.00"],
    ]
    assert {one["format"] for one in told.values()} == {
        *("camt.053", "mt940", "mt942", "bai2", "ofx", "csv", "xlsx"),
        *("remt.001", "x12", "remadv", "pdf", "mail"),
    }


def test_each_line_is_in_the_results_and_on_the_sheets(night: tuple[Desk, dict[str, Any]]) -> None:
    desk, _ = night
    wanted = sorted([pair for sample in BANK.values() for pair in _expected(sample, "amount")] + [BOOK])
    assert sorted((Decimal(row["amount"]), row["currency"]) for row in desk.rows("lines.csv")) == wanted
    shown = {(row["Line id"], Decimal(row["Amount"])) for row in sheet(desk.root / "night.xlsm", "Bank")}
    assert shown == {(row["line_id"], Decimal(row["amount"])) for row in desk.rows("lines.csv")}
    assert unbalanced(desk.root / "out") == []


def test_each_broken_file_is_on_the_problems_sheet(night: tuple[Desk, dict[str, Any]]) -> None:
    desk, _ = night
    told = {row["Where"].rsplit("/", 1)[-1]: row for row in sheet(desk.root / "night.xlsm", "Problems")}
    assert told["picture.csv"]["Code"] == "file-unknown"
    assert told["cut.xml:14"]["Code"] == "xml-broken"
    assert told["locked.pdf"]["Code"] == "file-locked"
    assert all(told[name]["What to do"] for name in ("picture.csv", "cut.xml:14", "locked.pdf"))
    assert [row["code"] for row in desk.rows("problems.csv")][:3] == [
        "xml-broken",
        "file-unknown",
        "file-locked",
    ]
