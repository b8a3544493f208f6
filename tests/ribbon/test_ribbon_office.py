"""End to end without Excel: a button of the workbook -> VBA -> Shell -> Python -> the open workbook's sheets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from office import Office, is_there, started

from recon.flow.login import login
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
GOLDEN = Path(__file__).parent / "golden"
SHEETS = (
    "tblSuggestions",
    "tblExceptions",
    "tblAllocations",
    "tblBank",
    "tblOpenItems",
    "tblProblems",
    "tblRunLog",
)
REPORTS = (
    "Ageing",
    "Ageing by customer",
    "Ageing by invoice date",
    "Unapplied cash",
    "Exception codes",
    "Match quality",
    "Run control",
    "Late payment",
    "Late payment debts",
    "Chase list",
    "Chase list items",
    "Legal",
    "Claims that end",
    "Cash forecast",
    "Ledger check",
)
Rows = dict[str, dict[str, Any]]
Golden = Callable[[Path, str], None]


def press(office: Office, button: str, starting: str = "Starting ...") -> str:
    """Press a button; what the status cell says in the end."""
    script, said = office.take(["press", button], ["status", starting, SECONDS])
    assert script.startswith("vnd.sun.star.script:ReconProject.ReconButtons.Recon")
    return str(said)


def table(office: Office, name: str) -> Rows:
    """A table's rows by their line."""
    (cells,) = office.take(["table", name])
    rows = [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]
    return {row["Line id"]: row for row in rows if row["Line id"]}


def reported(office: Office, folder: Path) -> str:
    """The report sheets as text, without what hangs on the moment, the folder and the person."""
    parts = []
    for name, cells in zip(REPORTS, office.take(*(["used", name] for name in REPORTS)), strict=True):
        rows = ["\t".join(json.dumps(value, ensure_ascii=False) for value in row) for row in cells]
        parts.append("\n".join([f"== {name}", *rows]))
    text = re.sub(r"\d{8}T\d{12,}-[0-9a-f]{8}", "RUN", "\n".join(parts) + "\n")
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "MOMENT", text)
    return text.replace(f'"{login()}"', '"ME"').replace(folder.as_posix(), "FOLDER")


def told(office: Office, folder: Path) -> str:
    """The sheets with tables as text; moments, run ids, the folder and who is at this computer are left out."""
    parts = []
    for name, cells in zip(SHEETS, office.take(*(["table", name] for name in SHEETS)), strict=True):
        rows = ["\t".join(json.dumps(value, ensure_ascii=False) for value in row) for row in cells]
        parts.append("\n".join([f"== {name}", *rows]))
    text = re.sub(r"\d{8}T\d{12,}-[0-9a-f]{8}", "RUN", "\n".join(parts) + "\n")
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "MOMENT", text)
    return text.replace(f'"{login()}"', '"ME"').replace(folder.as_posix(), "FOLDER")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder as people name them, with a fresh workbook and two files."""
    folder = tmp_path / "Büro Süd (März)"
    folder.mkdir()
    new_book(folder / "AR Recon Ü.xlsm", sys.executable)
    (folder / "bank.csv").write_text(BANK, encoding="utf-8")
    (folder / "items.csv").write_text(ITEMS, encoding="utf-8")
    return folder


def test_the_day_by_buttons_alone(desk: Path, tmp_path: Path, golden: Golden) -> None:
    """Import, match, decide, apply, post; one step fails and says so; what a button did can be undone."""
    with started(tmp_path) as office:
        assert office.take(["open", str(desk / "AR Recon Ü.xlsm")]) == [True]

        said = press(office, "Match")
        assert said.startswith("Home, Inputs: nothing is filled in for: Bank files, Open items.")

        office.take(["name", "recon_inputs", 0, "bank.csv"], ["name", "recon_inputs", 1, "items.csv"])
        said = press(office, "Import files")
        assert (
            said == "2 files read: 3 bank lines (GBP 255.50), 2 open items (GBP 220.50). Next, press Match."
        )
        assert table(office, "tblBank")["L1"]["Outcome"] == "Not matched yet"

        said = press(office, "Match")
        assert said == "3 bank lines: 1 matched automatically, 1 suggestion and 1 exception to review."
        matched = told(office, desk)
        golden(GOLDEN / "matched.txt", matched)
        office.take(
            ["fill", "tblSuggestions", "L2", "Decision", "accept"],
            ["fill", "tblExceptions", "L3", "Note", "called them"],
        )

        said = press(office, "Apply decisions")
        assert said == "1 decision applied, 0 refused."
        assert table(office, "tblExceptions")["L3"]["Note"] == "called them"

        assert press(office, "Undo").startswith("The sheets are as they were before")
        assert table(office, "tblSuggestions")["L2"]["Decision"] == "accept"
        assert press(office, "Undo").startswith("The sheets are as they were before")
        assert table(office, "tblSuggestions")["L2"]["Result"].startswith("accept")

        said = press(office, "Post")
        assert said.startswith("2 bank lines posted into ")
        assert len(list(desk.glob("posting-generic-*.csv"))) == 1
        assert table(office, "tblSuggestions") == {}
        assert table(office, "tblExceptions")["L3"]["Note"] == "called them"
        golden(GOLDEN / "posted.txt", told(office, desk))
        assert press(office, "Settings").startswith("The settings can be used.")

        said = press(office, "Reports")
        assert said == f"10 reports as at 07/10/2026: {', '.join(REPORTS)}."
        golden(GOLDEN / "reported.txt", reported(office, desk))
        assert not list(desk.glob("*.log"))


def test_the_same_by_job_files_where_excel_may_start_no_program(desk: Path, tmp_path: Path) -> None:
    jobs = tmp_path / "Aufträge"
    jobs.mkdir()
    with started(tmp_path) as office:
        office.take(["open", str(desk / "AR Recon Ü.xlsm")], ["name", "recon_jobs", 0, str(jobs)])
        office.take(["name", "recon_inputs", 0, "bank.csv"], ["name", "recon_inputs", 1, "items.csv"])
        waiting = "Waiting for recon excel listen ..."
        office.take(["press", "Match"])
        (job,) = jobs.glob("recon-*.job")
        assert office.take(["status", "", 2]) == [waiting]
        command = [sys.executable, "-m", "recon.cli", "excel", "listen", str(jobs), "--once"]
        ran = subprocess.run(  # noqa: S603 - the command is written here
            command, env=office.environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )
        assert ran.returncode == 0, ran.stderr
        assert not job.exists()
        (said,) = office.take(["status", waiting, SECONDS])
        assert said == "3 bank lines: 1 matched automatically, 1 suggestion and 1 exception to review."
        assert table(office, "tblSuggestions")["L2"]["Proposed items"] == "INV-1002 80.00 (due 02/10/2026)"

        office.take(["name", "recon_jobs", 0, ""])
        assert press(office, "Reports").startswith("10 reports as at 07/10/2026: Ageing, ")
        assert office.take(["formula", "Run log", 0, 99, "=$Ageing.B16"]) == ["100"]
        office.take(["fill", "tblSuggestions", "L2", "Decision", "accept"])
        press(office, "Apply decisions")
        assert press(office, "Reports").startswith("10 reports as at 07/10/2026: Ageing, ")
        # What points to a report still does, and says what it says now.
        assert office.take(["formula", "Run log", 0, 99, ""]) == ["20"]


def test_a_file_that_nobody_reads_is_answered_on_its_sheet(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECON_PROFILES", str(tmp_path / "own"))
    (desk / "neu.csv").write_text("When,What,Amount\n01/03/2026,=1+1,10.00\n02/03/2026,B,20.00\n", "utf-8")
    with started(tmp_path) as office:
        office.take(["open", str(desk / "AR Recon Ü.xlsm")], ["name", "recon_inputs", 0, "neu.csv"])
        assert press(office, "New file").startswith("neu.csv looks like bank lines.")
        (cells,) = office.take(["used", "New file"])
        (sign,) = [at for at, row in enumerate(cells) if row[0] == "sign"]
        (dates,) = [at for at, row in enumerate(cells) if row[0] == "dates"]
        assert cells[sign][2] == "", "money is never filled in"
        assert any("=1+1" in row for row in cells)
        office.take(["formula", "New file", 2, sign, "money out"])
        office.take(["formula", "New file", 2, dates, "dd/mm/yyyy"])
        assert press(office, "New file").startswith("The profile of neu.csv is saved as ")
        assert "negate: [amount]" in (tmp_path / "own" / "neu.yaml").read_text(encoding="utf-8")
        assert press(office, "New file").startswith("There is no new file: recon knows 1 file under Inputs.")
