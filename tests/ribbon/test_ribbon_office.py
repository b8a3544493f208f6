"""End to end without Excel: a button of the workbook -> VBA -> Shell -> Python -> the open workbook's sheets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from office import Office, is_there, started

from recon.workbook.file import new_book

pytestmark = [
    pytest.mark.libreoffice,
    pytest.mark.skipif(not is_there(), reason="needs LibreOffice and its Python bridge (python3-uno)"),
]

BANK = """line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative
L1,GB00TEST,2026-10-05,120.50,GBP,BGC,NORTHSIDE CARE LTD,INV-1001,THANK YOU
L2,GB00TEST,2026-10-06,80.00,GBP,BGC,NORTHSIDE CARE LTD,INV-1002,PART OF IT
L3,GB00TEST,2026-10-07,55.00,GBP,BGC,NOBODY KNOWN,00123,=1+1
"""
ITEMS = """item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount
INV-1001,C1,Northside Care Ltd,invoice,INV-1001,2026-09-01,2026-10-01,GBP,120.50,120.50
INV-1002,C1,Northside Care Ltd,invoice,INV-1002,2026-09-02,2026-10-02,GBP,100.00,100.00
"""
SECONDS = 90
Rows = dict[str, dict[str, Any]]


def press(office: Office, button: str) -> str:
    """Press a button; what the status cell says in the end."""
    script, said = office.take(["press", button], ["status", "Starting ...", SECONDS])
    assert script.startswith("vnd.sun.star.script:ReconProject.ReconButtons.Recon")
    return str(said)


def table(office: Office, name: str) -> Rows:
    """A table's rows by their first cell."""
    (cells,) = office.take(["table", name])
    return {row[0]: dict(zip(cells[0], row, strict=True)) for row in cells[1:] if row[0]}


def test_the_buttons_match_take_decisions_post_and_refresh(tmp_path: Path) -> None:
    path = tmp_path / "AR Recon Ü.xlsm"
    new_book(path, sys.executable)
    (tmp_path / "bank.csv").write_text(BANK, encoding="utf-8")
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    with started(tmp_path) as office:
        assert office.take(["open", str(path)]) == [True]

        said = press(office, "Match")
        assert said.startswith("Home, Inputs: nothing is filled in for: Bank files, Open items.")

        office.take(["name", "recon_inputs", 0, "bank.csv"], ["name", "recon_inputs", 1, "items.csv"])
        said = press(office, "Match")
        assert said == "3 bank lines: 1 matched automatically, 1 suggestion and 1 exception to review."
        bank = table(office, "tblBank")
        assert [row["Amount"] for row in bank.values()] == [120.5, 80.0, 55.0]
        assert (bank["L3"]["Narrative"], bank["L3"]["Reference"]) == ("=1+1", "00123")
        assert bank["L1"]["Outcome"] == "Matched automatically"
        assert table(office, "tblSuggestions")["L2"]["Proposed items"] == "INV-1002 80.00"
        office.take(["type", "Suggestions", "P4", "accept"], ["type", "Exceptions", "R4", "called them"])

        said = press(office, "Apply decisions")
        assert said == "1 decision applied, 0 refused."
        assert table(office, "tblSuggestions")["L2"]["Result"].startswith("accept")
        assert table(office, "tblExceptions")["L3"]["Note"] == "called them"

        said = press(office, "Post")
        assert said.startswith("2 bank lines posted into ")
        assert len(list(tmp_path.glob("posting-generic-*.csv"))) == 1

        said = press(office, "Refresh")
        assert said == "The sheets show what is recorded."
        assert table(office, "tblSuggestions") == {}
        assert table(office, "tblExceptions")["L3"]["Note"] == "called them"
        assert not list(tmp_path.glob("*.log"))
