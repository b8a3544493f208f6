"""A person's name on a bank line: the audit pack, masked sheets, erasure; and that it stands nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from flow_cases import BANK, Desk, decide, recon, rows, sheet

from recon import flow
from recon.workbook.columns import RULES as SHEET
from recon.workbook.file import FileBook

# A person pays, a customer is a person, a line has an NHS number; words that stand nowhere else.
PERSONS = """20-00-00 12345678,2026-03-06,60.00,GBP,BGC,MRS W QUARTERMAINE,INV-1003,QUARTERMAINE BED 4
20-00-00 12345678,2026-03-07,33.30,GBP,FPI,,,NHS NO 943 476 5919 ELDERFLOWER T CARE FEES
"""
ITEMS = """item_id,service_user_ref,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,\
open_amount
INV-1001,,C1,Northside Care Ltd,invoice,INV-1001,2026-02-01,2026-03-01,GBP,120.50,120.50
INV-1002,,C1,Northside Care Ltd,invoice,INV-1002,2026-02-02,2026-03-02,GBP,100.00,100.00
INV-1003,SU-7,C2,Winifred Quartermaine,invoice,INV-1003,2026-02-03,2026-03-03,GBP,60.00,60.00
"""
OWES = "INV-1004,SU-7,C2,Winifred Quartermaine,invoice,INV-1004,2026-02-04,2026-03-04,GBP,9.00,9.00\n"
NAMES = ("QUARTERMAINE", "ELDERFLOWER", "WINIFRED", "943 476 5919")
RULES = "extends: default\nname: home\nprivacy:\n  masked_sheets: true\n  keep_years: 6\n"


def names_in(text: str) -> list[str]:
    return [name for name in NAMES if name in text.upper()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A run with masked sheets, a decision on one of them, a posting file."""
    made = Desk(tmp_path_factory.mktemp("privacy"))
    made.put("bank.csv", BANK + PERSONS)
    made.put("items.csv", ITEMS)
    made.put("home.yaml", RULES)
    book = made.root / "book.xlsm"
    assert made.run("--book", book, "--rules", made.root / "home.yaml").code == 0
    by_amount = {row["Line amount"]: row["Line id"] for row in sheet(book, "Exceptions")}
    decide(
        book, "Exceptions", {by_amount["33.30"]: {"Decision": "on account", "Note": "asked T Elderflower"}}
    )
    assert recon("apply", "--book", book).code == 0
    assert recon("post", "--format", "generic", "--out", made.root / "posted", "--book", book).code == 0
    return made


def _line(desk: Desk, amount: str) -> str:
    return next(row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == amount)


def test_masked_sheets_show_no_name_and_their_decisions_count(desk: Desk) -> None:
    book = desk.root / "book.xlsm"
    for name in ("Suggestions", "Exceptions", "Allocations", "Bank", "Open items", "Customers", "Run log"):
        assert names_in(json.dumps(sheet(book, name))) == [], name
    told = {row["Amount"]: (row["Counterparty"], row["Narrative"]) for row in sheet(book, "Bank")}
    payer, narrative = told["60.00"]
    assert payer.startswith("[person ")
    assert narrative == f"{payer} BED 4"
    assert told["120.50"][0] == "NORTHSIDE CARE LTD"
    assert recon("apply", "--book", book).code == 0  # the sheets are written anew, without the rules of a run
    assert names_in(json.dumps(sheet(book, "Bank"))) == []


def test_the_pack_tells_the_whole_way_masked_and_the_same_twice(desk: Desk) -> None:
    book, line = desk.root / "book.xlsm", _line(desk, "33.30")
    for out in ("pack", "again"):
        assert recon("audit", "trail", line, "--book", book, "--out", desk.root / out).code == 0
    files = sorted(path.name for path in (desk.root / "pack").iterdir())
    assert files == [
        "inputs.csv",
        "items.csv",
        "lines.csv",
        "links.csv",
        "manifest.json",
        "steps.csv",
        "trail.html",
    ]
    for name in files:
        text = (desk.root / "pack" / name).read_bytes()
        assert names_in(text.decode()) == [], name
        assert text == (desk.root / "again" / name).read_bytes(), name
    steps = rows(desk.root / "pack" / "steps.csv")
    done = [step["what"] for step in steps]
    assert (done[:3], done[-3:]) == (
        ["run", "read", "proposed: exception"],
        ["decided", "accepted", "posted"],
    )
    assert [int(step["link"]) for step in steps] == sorted(int(step["link"]) for step in steps)
    assert all(step["link_hash"] for step in steps)
    decided = next(step for step in steps if step["what"] == "decided")
    assert decided["note"].startswith("asked [person")
    manifest = json.loads((desk.root / "pack" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["about"], manifest["masked"], manifest["chain"]["breaks"]) == ("line", True, [])


@pytest.mark.parametrize("what", ["run", "item", "document", "batch", "person"])
def test_a_pack_is_found_by_whatever_names_it(desk: Desk, what: str) -> None:
    book = desk.root / "book.xlsm"
    summary = json.loads((desk.root / "out" / "summary.json").read_text(encoding="utf-8"))
    batch = next((desk.root / "posted").glob("posting-*B-*.csv")).stem.removeprefix("posting-generic-")
    whole = json.loads(recon("audit", "trail", summary["run_id"], "--book", book, "--json").out)
    who = next(step["who"] for step in whole["steps"] if step["what"] == "decided")
    word = {
        "run": summary["run_id"], "item": "INV-1001", "document": "INV-1001", "batch": batch, "person": who,
    }[what]  # fmt: skip
    told = json.loads(recon("audit", "trail", word, "--book", book, "--json").out)
    assert told["about"] == {"document": "item", "batch": "batch"}.get(what, what)
    done = [step["what"] for step in told["steps"]]
    if what == "person":
        assert {step["who"] for step in told["steps"]} == {who}
        assert {"run", "decided", "posted"} <= set(done)
    else:
        assert {"read", "accepted", "posted"} <= set(done)


def test_what_is_not_there_is_an_error_with_what_is_near(desk: Desk) -> None:
    line = _line(desk, "60.00")
    told = recon("audit", "trail", line[:-2] + "9", "--book", desk.root / "book.xlsm")
    assert told.code == 2
    assert line in told.err


def test_names_are_shown_on_request_and_that_is_noted(desk: Desk) -> None:
    book, line = desk.root / "book.xlsm", _line(desk, "60.00")
    assert recon("audit", "trail", line, "--book", book, "--out", desk.root / "bare", "--unmask").code == 0
    assert "QUARTERMAINE" in (desk.root / "bare" / "trail.html").read_text(encoding="utf-8")
    assert recon("audit", "verify", "--book", book).code == 0


def test_nothing_of_a_person_is_in_any_log_problem_or_summary(desk: Desk) -> None:
    """Cells that can't be read, and lines left out, are told by their place and never by their text."""
    bad = (
        "account,booking_date,amount,currency,type,counterparty,reference,narrative\n"
        "A,2026-13-41,1.00,GBP,BGC,WINIFRED QUARTERMAINE,ELDERFLOWER,943 476 5919\n"
        "A,2026-03-01,QUARTERMAINE,GBP,BGC,WINIFRED,X,ELDERFLOWER\n"
        "A,ELDERFLOWER,1.00,GBP,BGC,WINIFRED QUARTERMAINE\n"
        "A,2026-03-02,1.00,GBP,WINIFRED,ELDERFLOWER,=HYPERLINK(943 476 5919),X\n"
        "A,2026-03-03,5.00,GBP,BGC,WINIFRED QUARTERMAINE,ELDERFLOWER,943 476 5919\n"
    )
    mt940 = (
        ":20:NIGHT\n:25:200000/12345678\n:28C:1/1\n:60F:C260301GBP1000,00\n:61:260302WINIFRED QUARTERMAINE\n"
        ":86:ELDERFLOWER\n:99X:QUARTERMAINE\n:61:2603020302C60,00NTRFELDERFLOWER//B1\n:86:WINIFRED\n"
        ":62F:C260302GBP5000,00\n-\n"
    )
    items = (
        ITEMS + "INV-9,,C9,Winifred Quartermaine,bill,ELDERFLOWER,QUARTERMAINE,2026-02-02,GBP,WINIFRED,X\n"
    )
    desk.put("bad/bad.csv", bad)
    desk.put("bad/bad.sta", mt940)
    desk.put("bad/items.csv", items)
    given = (
        "--bank",
        desk.root / "bad/bad.csv",
        desk.root / "bad/bad.sta",
        "--items",
        desk.root / "bad/items.csv",
    )
    told = recon("run", *given, "--out", desk.root / "bad/out")
    assert told.code == 0, told.err
    problems = (desk.root / "bad/out/problems.csv").read_text(encoding="utf-8")
    assert problems.count("\n") > 5
    summary = (desk.root / "bad/out/summary.json").read_text(encoding="utf-8")
    said = "".join((desk.root / "bad/out" / name).read_text(encoding="utf-8") for name in ("exceptions.csv",))
    for text in (problems, summary, said, told.out, told.err):
        assert names_in(text) == []
    read = recon("read", desk.root / "bad/bad.csv", desk.root / "bad/bad.sta", "--json")
    assert names_in(json.dumps([one["problems"] for one in json.loads(read.out)]) + read.err) == []


def test_a_line_is_erased_on_request_and_the_chain_says_so(desk: Desk, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    store.write_bytes((desk.root / "book.recon.db").read_bytes())
    asked = ("audit", "erase", "--line", _line(desk, "33.30"), "--store", store)
    assert recon(*asked).code == 2  # no reason
    assert recon("audit", "erase", "--line", "L-none", "--why", "request", "--store", store).code == 2
    assert recon(*asked, "--why", "request of 1 April").code == 0
    told = recon("audit", "verify", "--store", store)
    assert (told.code, "as noted" in told.out, "request of 1 April" in told.out) == (0, True, True)
    assert b"ELDERFLOWER" not in store.read_bytes().upper()
    again = json.loads(
        recon("audit", "trail", _line(desk, "33.30"), "--store", store, "--unmask", "--json").out
    )
    assert [step["what"] for step in again["steps"]][-3:] == ["decided", "accepted", "posted"]
    waits = recon("audit", "erase", "--reference", "SU-7", "--why", "request of 2 April", "--store", store)
    assert (waits.code, "INV-1003 is in what the last run read" in " ".join(waits.out.split())) == (1, True)


def test_what_was_kept_long_enough_is_listed_and_goes_when_applied(desk: Desk, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    store.write_bytes((desk.root / "book.recon.db").read_bytes())
    due = ("audit", "retention", "--store", store)
    assert "0 settled lines from before 2020-03-07" in recon(*due).out
    listed = recon(*due, "--as-of", "2032-03-08").out
    assert _line(desk, "33.30") in listed
    assert recon(*due, "--as-of", "2032-03-08").out == listed  # a list changes nothing
    assert "rows erased" in recon(*due, "--as-of", "2032-03-08", "--apply").out
    assert "0 settled lines" in recon(*due, "--as-of", "2032-03-08").out
    assert recon("audit", "verify", "--store", store).code == 0


PLAIN = "extends: default\nname: home\nprivacy:\n  keep_years: 6\n"


def _typed_over(book: Path) -> None:
    """`no` typed on the sheet Rules, into every cell that says whether names are masked."""
    shown = FileBook(book).peek(SHEET.name)
    rule, value = (SHEET.by_key[key].title for key in ("rule", "value"))
    is_it = pl.col(rule) == "privacy.masked_sheets"
    over = shown.with_columns(pl.when(is_it).then(pl.lit("no")).otherwise(pl.col(value)).alias(value))
    assert not over.equals(shown)
    FileBook(book).write({SHEET.name: over.select(SHEET.titles)})


def test_what_is_typed_on_rules_unmasks_nothing(desk: Desk) -> None:
    book = desk.root / "typed.xlsm"
    store = desk.root / "typed.db"
    asked = ("--book", book, "--store", store)
    assert desk.run(*asked, "--rules", desk.root / "home.yaml").code == 0
    _typed_over(book)
    flow.refresh(book, str(store))
    for name in ("Bank", "Open items", "Allocations", "Exceptions"):
        assert names_in(json.dumps(sheet(book, name))) == [], name


def test_of_two_workbooks_on_one_store_each_is_as_its_own_last_run_says(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.put("bank.csv", BANK + PERSONS)
    desk.put("items.csv", ITEMS + OWES)
    desk.put("home.yaml", RULES)
    one, other, store = desk.root / "one.xlsm", desk.root / "other.xlsm", desk.root / "both.db"
    plain = desk.put("plain.yaml", PLAIN)
    assert desk.run("--book", one, "--store", store, "--rules", desk.root / "home.yaml").code == 0
    assert desk.run("--book", other, "--store", store, "--rules", plain).code == 0
    moved = desk.root / "moved.xlsm"
    moved.write_bytes(other.read_bytes())

    def shown() -> list[bool]:
        for book in (one, other, moved):
            flow.refresh(book, str(store))
        return [bool(names_in(json.dumps(sheet(book, "Bank")))) for book in (one, other, moved)]

    # Where no run into a workbook is known, the store's strictest counts.
    assert shown() == [False, True, False]
    for book, is_masked in ((one, True), (other, False)):
        assert recon("report", "ageing", "--book", book, "--store", store).code == 0
        page = FileBook(book).read_page("ageing_by_customer", 30, 12)
        assert page
        assert (names_in(json.dumps(page)) == []) is is_masked, page
    assert desk.run("--book", one, "--store", store, "--rules", plain).code == 0
    assert desk.run("--book", moved, "--store", store, "--rules", plain).code == 0
    assert shown() == [True, True, True]
