"""`recon report`: a night, a decision, a posting, and what the files and sheets say of them; and what is refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from flow_cases import Desk, decide, header, recon, rows, sheet

from recon import flow, reports
from recon.model import MONTH_TABLES
from recon.workbook.file import FileBook
from recon.workbook.package import Package

GOLDEN = Path(__file__).parent / "reports"
# Line by line: an invoice paid, one paid in part, cash of a stranger, an advance of a known customer, a sweep.
BANK = """line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative
L1,20-00-00 12345678,2026-03-02,120.50,GBP,BGC,NORTHSIDE CARE LTD,INV-1001,THANK YOU
L2,20-00-00 12345678,2026-03-03,80.00,GBP,BGC,NORTHSIDE CARE LTD,INV-1002,PART OF IT
L3,20-00-00 12345678,2026-02-20,77.70,GBP,BGC,WHO IS THIS,,SOMETHING ELSE
L4,20-00-00 12345678,2026-03-05,-500.00,GBP,TFR,OWN ACCOUNT,,TREASURY SWEEP
"""
_HEAD = "item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount"
ITEMS = f"""{_HEAD},group_id,dispute
INV-1001,C1,Northside Care Ltd,invoice,INV-1001,2026-02-01,2026-03-01,GBP,120.50,120.50,G1,
INV-1002,C1,Northside Care Ltd,invoice,INV-1002,2026-02-02,2026-02-16,GBP,100.00,100.00,G1,
INV-1003,C2,Southside Care Ltd,invoice,INV-1003,2025-11-03,2025-12-03,GBP,60.00,60.00,G1,25.00
CN-1,C2,Southside Care Ltd,credit_note,CN-1,2026-02-25,,GBP,-10.00,-10.00,G1,
OA-1,C3,=Westside & Sons,on_account,OA-1,2026-01-31,,GBP,-30.00,-30.00,,
INV-1004,C3,=Westside & Sons,invoice,INV-1004,2026-03-01,2026-03-31,JPY,5000,5000,,
"""
LATER = "INV-1005,C2,Southside Care Ltd,invoice,INV-1005,2026-03-04,2026-04-03,GBP,8.00,8.00,,\n"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night in july.xlsm: L1 is settled by rule, L2 accepted by a person and L3 put on account of C3."""
    made = Desk(tmp_path_factory.mktemp("night"))
    made.put("bank.csv", BANK)
    made.put("items.csv", ITEMS)
    book = made.root / "july.xlsm"
    assert made.run("--book", book, out="").code == 0
    decide(book, "Suggestions", {"L2": {"Decision": "accept"}})
    decide(book, "Exceptions", {"L3": {"Decision": "on account", "Item": "C3"}})
    assert recon("apply", "--book", book, "--who", "anna").code == 0
    return made.root


@pytest.fixture
def story(desk: Desk, night: Path) -> Desk:
    """The desk as it is after that night."""
    shutil.copytree(night, desk.root, dirs_exist_ok=True)
    return desk


def test_the_files_of_a_night(story: Desk, night: Path, golden: Callable[[Path, str], None]) -> None:
    book = story.root / "july.xlsm"
    assert (
        recon(
            "post", "--format", "generic", "--out", story.root / "post", "--book", book, "--who", "ben"
        ).code
        == 0
    )
    ran = recon("report", "all", "--book", book, "--out", story.root / "out")
    assert (ran.code, ran.err) == (0, "")
    able = [name for name in reports.REPORTS if (story.root / "out" / f"report_{name}.csv").exists()]
    assert ran.out.splitlines()[0] == f"{len(able)} reports as at 2026-03-05: {', '.join(able)}"
    assert {"ageing", "unapplied", "exceptions", "quality", "run_control", "late_payment"} <= set(able)
    assert "provision" not in able
    told = []
    for path in sorted((story.root / "out").iterdir()):
        text = path.read_text(encoding="utf-8").replace(night.as_posix(), "FOLDER")
        text = re.sub(r"\d{8}T\d{12}-[0-9a-f]{8}", "RUN", text)
        text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "MOMENT", text)
        text = re.sub(r"(?m)(?<=,)[0-9a-f]{16}$|(?<=^MOMENT,)[^,]+(?=,2026)", "X", text)
        told.append(f"== {path.name}\n{text}")
    golden(GOLDEN / "files.txt", "\n".join(told))


def test_days_to_the_posting_file_are_those_of_the_store(story: Desk) -> None:
    book, out = story.root / "july.xlsm", story.root / "out"
    story.put("month/movements.csv", "date,type,amount,currency\n2026-03-02,invoice,40.00,GBP\n")
    asked = ("report", "kpis", "--book", book, "--data", story.root / "month", "--out", out)
    assert recon(*asked).code == 0
    assert rows(out / "report_kpis_lag.csv") == []
    waiting = {row["line_id"]: row["days"] for row in rows(out / "report_kpis_waiting.csv")}
    assert waiting == {"L1": "3", "L2": "2", "L3": "13"}
    post = ("post", "--format", "generic", "--out", story.root / "post", "--book", book, "--who", "ben")
    assert recon(*post).code == 0
    assert recon(*asked).code == 0
    assert rows(out / "report_kpis_waiting.csv") == []
    assert rows(out / "report_kpis_lag.csv")[-1]["lines"] == "2"  # L3 was booked in February


def test_the_balance_is_the_open_items_less_what_was_accepted(story: Desk) -> None:
    book = story.root / "july.xlsm"
    recon("report", "ageing", "--book", book, "--out", story.root / "out")
    total = [row for row in rows(story.root / "out" / "report_ageing.csv") if row["level"] == "total"]
    extract = sum(
        Decimal(row["Open amount"]) for row in sheet(book, "Open items") if row["Currency"] == "GBP"
    )
    accepted, on_account = Decimal("200.50"), Decimal("77.70")
    assert Decimal(total[0]["total"]) == extract - accepted - on_account
    assert Decimal(total[1]["total"]) == 5000
    items = rows(story.root / "out" / "report_ageing_items.csv")
    assert {row["item_id"]: row["open_amount"] for row in items if row["currency"] == "GBP"} == {
        "INV-1002": "20.00", "INV-1003": "60.00", "CN-1": "-10.00", "OA-1": "-30.00", "L3": "-77.70",
    }  # fmt: skip


def test_what_was_taken_back_is_not_matched_any_more(story: Desk) -> None:
    """L1 was settled by rule and waits again: in the rates, among the exceptions' lines, and as cash on no item."""
    book = story.root / "july.xlsm"
    decide(book, "Allocations", {"L1": {"Decision": "reject", "Note": "another Northside"}})
    assert recon("apply", "--book", book, "--who", "anna").code == 0
    assert recon("report", "quality", "unapplied", "--book", book, "--out", story.root / "out").code == 0
    found = {row["measure"]: row for row in rows(story.root / "out" / "report_quality.csv")}
    names = ("auto_match_lines", "net_auto_match_lines", "auto_precision_lines", "waiting_lines")
    assert [(found[name]["lines"], found[name]["of_lines"]) for name in names] == [
        ("1", "3"), ("0", "3"), ("0", "1"), ("1", "3"),
    ]  # fmt: skip
    held = [row for row in rows(story.root / "out" / "report_unapplied.csv") if row["reference"] == "L1"]
    assert [(row["kind"], row["amount"], row["answer"]) for row in held] == [("review", "120.50", "reject")]
    # The next run proposes it again, and somebody has to look: a code that waits.
    assert story.run("--book", book, out="").code == 0
    assert recon("report", "exceptions", "--book", book, "--out", story.root / "out").code == 0
    codes = {row["code"]: row["waiting_lines"] for row in rows(story.root / "out" / "report_exceptions.csv")}
    assert codes["EX-REJ"] == "1"


def test_cash_on_account_is_told_until_an_extract_may_have_it(story: Desk) -> None:
    """Accepted: told. Posted: still told, however often the old extract is read. A new extract: the ledger has it."""
    book = story.root / "july.xlsm"

    def told() -> list[str]:
        assert recon("report", "unapplied", "--book", book, "--out", story.root / "out").code == 0
        found = rows(story.root / "out" / "report_unapplied.csv")
        return [row["reference"] for row in found if row["kind"] == "accepted" and row["reference"]]

    assert told() == ["L3"]
    story.put("items.csv", ITEMS + LATER)  # an extract that was made before the posting
    assert story.run("--book", book, out="").code == 0
    assert told() == ["L3"]
    recon("post", "--format", "generic", "--out", story.root / "post", "--book", book, "--who", "ben")
    assert told() == ["L3"]
    assert story.run("--book", book, out="").code == 0
    assert told() == ["L3"]
    story.put("items.csv", ITEMS)  # the first one again
    assert story.run("--book", book, out="").code == 0
    assert told() == ["L3"]
    story.put("items.csv", ITEMS + LATER + "OA-7,C3,W,on_account,OA-7,2026-02-20,,GBP,-77.70,-77.70,,\n")
    assert story.run("--book", book, out="").code == 0
    assert told() == []


def test_cash_on_account_that_was_keyed_by_hand_too_is_told(story: Desk) -> None:
    """Accepted, not posted, and in the next extract under a number of the ledger's: it would count twice."""
    book = story.root / "july.xlsm"
    other = "OA-8,C3,W,on_account,OA-8,2026-02-20,,GBP,-77.71,-77.71,,\n"
    story.put("items.csv", ITEMS + other + "OA-7,C3,W,on_account,OA-7,2026-02-20,,GBP,-77.70,-77.70,,\n")
    assert story.run("--book", book, out="").code == 0
    (said,) = [one for one in problems(story) if one["code"] == "report-twice"]
    assert said["where"] == "bank line L3"
    assert said["what"].startswith("77.70 GBP was accepted on account")
    assert "item OA-7 " in said["what"]


def problems(story: Desk, *more: str) -> list[dict[str, str]]:
    ran = recon("report", "ageing", "--book", story.root / "july.xlsm", "--json", *more)
    assert ran.code == 0, ran.err
    found: list[dict[str, str]] = json.loads(ran.out)["problems"]
    return found


def test_an_extract_that_lacks_what_was_accepted_before_it_is_told(story: Desk) -> None:
    book = story.root / "july.xlsm"
    assert problems(story) == [], "the extract is older than what was accepted"
    assert story.run("--book", book, out="").code == 0
    (said,) = problems(story)
    assert said["code"] == "items-stale"
    assert "INV-1002 (100.00, now 20.00)" in said["what"]


def test_a_day_of_the_past_is_told(story: Desk) -> None:
    (said,) = problems(story, "--as-of", "2026-02-19")
    assert (said["code"], said["where"]) == ("report-day", "--as-of 2026-02-19")
    assert "dated later, and in it: 2 of the open items, 1 of the receipts on account" in said["what"]
    shown = cells(story.root / "july.xlsm", "Ageing by customer")
    assert shown[2][0].startswith("As at 19/02/2026, out of what is known to 05/03/2026.")
    assert problems(story, "--as-of", "2026-03-05") == problems(story, "--as-of", "2026-04-30") == []


@pytest.mark.parametrize(
    ("said", "disputed"),
    [("£50", "50.00"), ('"1.000,00"', "1000.00"), ('"1,000.00"', "1000.00"), ("40.5", "40.50"),
     ("yes", "1500.00"), ("no", "0.00"), ('"1,2,3"', "1500.00")],
)  # fmt: skip
def test_what_is_disputed_is_read_as_amounts_are_written(desk: Desk, said: str, disputed: str) -> None:
    desk.put("bank.csv", BANK)
    item = f"I,C1,N,invoice,I,2026-02-01,2026-03-01,GBP,1500.00,1500.00,,{said}\n"
    desk.put("items.csv", f"{_HEAD},group_id,dispute\n{item}")
    store = desk.root / "a.db"
    assert desk.run("--store", store, out="").code == 0
    assert recon("report", "ageing", "--store", store, "--out", desk.root / "out").code == 0
    assert rows(desk.root / "out" / "report_ageing_items.csv")[0]["disputed"] == disputed


def test_the_sheets_say_what_the_files_say(story: Desk) -> None:
    book = story.root / "july.xlsm"
    assert recon("report", "all", "--book", book, "--out", story.root / "out").code == 0
    shown = cells(book, "Ageing by customer")
    titles = [title.split("\n")[0] for title in shown[4]]
    assert titles[:4] == ["Currency", "Group", "Customer", "Name"]
    found = [dict(zip(titles, row, strict=True)) for row in shown[5:]]
    file = rows(story.root / "out" / "report_ageing.csv")
    assert [row["Name"] for row in found] == [row["customer_name"].removeprefix("'") for row in file]
    for one, other in (
        ("Balance", "total"),
        ("Unapplied cash", "unapplied"),
        ("of which disputed", "disputed"),
    ):
        assert [Decimal(row[one]) for row in found] == [Decimal(row[other]) for row in file]
    assert found[-1]["Name"] == "Total JPY"
    assert "=Westside & Sons" in {row["Name"] for row in found}, "a name is text on the sheet"
    assert "'=Westside & Sons" in {row["customer_name"] for row in file}, "and no formula in the file"


def cells(book: Path, name: str) -> list[list[str]]:
    """A sheet's cells as text, row by row, from the first to the last that holds anything."""
    import openpyxl  # noqa: PLC0415 - the second reader, for this alone

    found = openpyxl.load_workbook(book, data_only=True)[name]
    return [["" if cell is None else str(cell) for cell in row] for row in found.iter_rows(values_only=True)]


def test_the_same_again_is_the_same_bytes(story: Desk) -> None:
    book = story.root / "july.xlsm"
    made = []
    for _ in range(2):
        assert recon("report", "all", "--book", book, "--out", story.root / "out").code == 0
        files = {path.name: path.read_bytes() for path in (story.root / "out").iterdir()}
        package = Package(book.read_bytes())
        made.append((files, {name: package.read(name) for name in package.names}))
    assert made[0] == made[1]


def test_each_report_by_its_name_and_only_that(story: Desk) -> None:
    of_the_store = [name for name, one in reports.REPORTS.items() if not set(one.needs) & set(MONTH_TABLES)]
    assert "ageing" in of_the_store
    for name in of_the_store:
        out = story.root / name
        ran = recon("report", name, "--store", story.root / "july.recon.db", "--out", out)
        assert ran.code == 0, ran.err
        assert all(path.name.startswith(f"report_{name}") for path in out.iterdir())
        assert header(out / f"report_{name}.csv")


def test_another_day_and_other_rules(story: Desk) -> None:
    rules = story.put(
        "other.yaml", "extends: default\nreports: {ageing: {buckets: [45], treatment: own_date}}\n"
    )
    out = story.root / "out"
    ran = recon(
        "report", "ageing", "--store", story.root / "july.recon.db", "--out", out,
        "--as-of", "2026-04-02", "--rules", rules, "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    said = json.loads(ran.out)
    assert (said["as_of"], said["reports"], said["sheets"]) == ("2026-04-02", ["ageing"], [])
    (row,) = [
        row for row in rows(out / "report_ageing.csv") if (row["level"], row["currency"]) == ("total", "GBP")
    ]
    # INV-1002 is due 45 days ago; CN-1 and L3 count by their own dates, OA-1 is 61 days old, INV-1003 120.
    assert {name: row[name] for name in ("not_due", "days_1_45", "over_45", "credits", "unapplied", "total")} == {
        "not_due": "0.00", "days_1_45": "-67.70", "over_45": "30.00",
        "credits": "0.00", "unapplied": "0.00", "total": "-37.70",
    }  # fmt: skip


def test_what_can_not_be_reported_is_refused_and_nothing_is_written(story: Desk) -> None:
    book, out = story.root / "july.xlsm", story.root / "none"
    before = story.files()
    for arguments, code, said in (
        (("agein", "--book", book), 2, "there is no report `agein`"),
        (("all",), 2, "nothing says which store to report on"),
        (("all", "--book", story.root / "august.xlsm"), 3, "there is no such workbook"),
        (("all", "--store", story.root / "nothing.db"), 3, "there is no such store"),
        (("all", "--book", book, "--data", story.root / "nowhere"), 2, "there is no such folder"),
        (("all", "--book", book, "--rules", "unknown"), 2, "there is no such rules file"),
    ):
        ran = recon("report", *arguments, "--out", out)
        assert (ran.code, said in ran.err) == (code, True), ran.err
    assert "did you mean ageing?" in recon("report", "agein", "--book", book).err
    assert story.files() == before


def test_a_store_without_a_run_has_nothing_to_report(desk: Desk) -> None:
    from recon.store import Store  # noqa: PLC0415 - here alone

    Store.open(str(desk.root / "empty.db")).close()
    ran = recon("report", "all", "--store", desk.root / "empty.db")
    assert ran.code == 2
    assert "no run is finished in this store" in ran.err


def test_a_file_that_no_report_takes_is_told(story: Desk) -> None:
    story.put("month/census.csv", "a,b\n")
    ran = recon("report", "ageing", "--book", story.root / "july.xlsm", "--data", story.root / "month")
    assert ran.code == 0
    assert "census.csv: no report takes this file" in ran.err


def test_a_report_that_lacks_its_inputs_is_told(story: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """All others are made; by its name alone it is refused."""
    lacking = reports.Report("census", "Census", "Beds.", ("census", "contracts"), lambda _: reports.Made(()))
    monkeypatch.setattr(reports, "REPORTS", {"census": lacking, **reports.REPORTS})
    store = story.root / "july.recon.db"
    (story.root / "month").mkdir()
    data = ("--data", story.root / "month")
    assert "census" not in recon("report", "all", "--store", store, "--out", story.root / "out").err
    ran = recon("report", "all", "--store", store, "--out", story.root / "out", *data)
    assert ran.code == 0
    assert "census: the report needs census, contracts, and nothing gives that" in ran.err
    assert (story.root / "out" / "report_ageing.csv").exists()
    assert recon("report", "census", "ageing", "--store", store, "--out", story.root / "none").code == 2
    assert not (story.root / "none").exists()


def test_without_a_workbook_the_files_go_where_those_of_a_run_go(story: Desk) -> None:
    assert recon("report", "quality", "--store", story.root / "july.recon.db").code == 0
    assert (flow.OUT_DEFAULT / "report_quality.csv").exists()


def test_rates_are_of_what_really_happened(story: Desk) -> None:
    recon("report", "quality", "--store", story.root / "july.recon.db", "--out", story.root / "out")
    found = {
        row["measure"]: (row["lines"], row["of_lines"])
        for row in rows(story.root / "out" / "report_quality.csv")
    }
    assert found["auto_match_lines"] == ("1", "3")
    assert found["assisted_lines"] == ("1", "2")
    assert found["waiting_lines"] == ("0", "3")


def test_a_long_report_shows_its_first_rows_and_all_totals(story: Desk) -> None:
    book = story.root / "july.xlsm"
    rules = story.put("short.yaml", "extends: default\nlimits: {rows_shown: 2}\n")
    assert recon("report", "ageing", "--book", book, "--rules", rules, "--out", story.root / "out").code == 0
    shown = cells(book, "Ageing by customer")
    assert shown[3][0].startswith("By customer and due date: the first 2 of 7 rows, and all totals;")
    assert [row[3] for row in shown if row[3].startswith("Total")] == ["Total GBP", "Total JPY"]
    assert len(rows(story.root / "out" / "report_ageing.csv")) == 7


def test_the_book_is_read_as_before(story: Desk) -> None:
    """Report sheets are no tables of ours: decisions, reading and a further run go on beside them."""
    book = story.root / "july.xlsm"
    recon("report", "all", "--book", book)
    assert story.run("--book", book, out="").code == 0
    assert FileBook(book).read("Bank").height == 4
    names = [one.name for one in Package(book.read_bytes()).sheets()]
    assert names[11:14] == ["Run log", "Ageing", "Ageing by customer"]


MOVED = """date,type,customer_id,doc_no,applied_to,amount,currency
2026-03-02,invoice,C1,INV-1001,,120.50,GBP
2026-03-05,receipt,C1,,INV-1001,-20.00,GBP
"""


def test_no_pack_shows_the_figures_of_another_day(story: Desk) -> None:
    """Without --data *Management* can't be made: of the same day it stays, of another its sheet is emptied."""
    book = story.root / "july.xlsm"
    (story.root / "data").mkdir()
    story.put("data/movements.csv", MOVED)
    day, later = ("--as-of", "2026-03-31"), ("--as-of", "2026-04-30")
    assert recon("report", "all", "--book", book, "--data", story.root / "data", *day).code == 0
    full = cells(book, "Management")
    assert recon("report", "all", "--book", book, *day).code == 0
    assert recon("report", "ageing", "--book", book, *later).code == 0
    assert cells(book, "Management") == full, "of the same day; and one report is no pack"
    ran = recon("report", "all", "--book", book, "--out", story.root / "out", *later)
    assert ran.code == 0, ran.err
    told = [row for row in rows(story.root / "out" / "problems.csv") if row["code"] == "report-emptied"]
    assert "Management" in {row["where"] for row in told}
    assert all("its sheet was of 31/03/2026 and is emptied" in row["what"] for row in told)
    empty = cells(book, "Management")
    assert empty[0][0] == "Management: not made as at 30/04/2026"
    assert "was of 31/03/2026" in empty[2][0]
    assert len(empty) == 3
    assert "Management" not in ran.out.partition("Ageing")[0], "it is none of the sheets that were made"
    assert all("31/03/2026" not in str(cells(book, name)[:4]) for name in ("Ageing", "Legal"))
    assert recon("report", "all", "--book", book, "--data", story.root / "data", *later).code == 0
    assert cells(book, "Management")[0][0] == "Management", "and it comes again on its sheet"
    assert len(cells(book, "Management")) >= len(full)
