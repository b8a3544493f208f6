"""Queries and promises: from the sheet and the command into the store, their clock, and what they hold up."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from unittest import mock

import polars as pl
import pytest
from flow_cases import Desk, decide, recon, rows, sheet

from recon import flow, promise
from recon.decide import cases
from recon.flow import working_days
from recon.model import CASES
from recon.rules.cases import Cases
from recon.store import Store
from recon.workbook.file import FileBook

ENGLAND, INDIA = Cases(), Cases(calendar="IN", levels=(3, 6, 9))
AT = "2026-03-30T09:00:00+00:00"  # Monday; Friday 3 April and Monday 6 April are holidays in England


def _at(moment: str) -> mock._patch[mock.MagicMock]:
    """What the clock says."""
    return mock.patch("recon.flow.moments.now", return_value=moment)


def _events(*said: dict[str, object]) -> pl.DataFrame:
    full = [{name: one.get(name, "" if name != "due" else None) for name in CASES.names} for one in said]
    return pl.DataFrame(full, schema=CASES.outer_schema)


@pytest.mark.parametrize(
    ("rules", "last", "days"),
    [
        (ENGLAND, "2026-03-30", 0),
        (ENGLAND, "2026-03-31", 1),
        (ENGLAND, "2026-04-05", 3),  # Good Friday and the weekend count for nothing
        (ENGLAND, "2026-04-07", 4),
        (Cases(calendar="GB-SCT"), "2026-04-07", 5),  # Easter Monday is none in Scotland
        (Cases(closed=("2026-03-31",)), "2026-04-07", 3),
        (INDIA, "2026-04-07", 4),  # 31 March is Mahavir Jayanti, Good Friday is a holiday, Easter Monday none
        (ENGLAND, "2026-03-01", 0),
    ],
)
def test_the_clock_counts_working_days_of_the_calendar(rules: Cases, last: str, days: int) -> None:
    free = working_days.free(rules, date(2026, 4, 7))
    counted = promise.working_days(pl.lit(date(2026, 3, 30)), pl.lit(date.fromisoformat(last)), free)
    assert pl.select(counted).item() == days


@pytest.mark.parametrize(
    ("age", "amount", "level"), [(4, 1, 0), (5, 1, 1), (10, 1, 2), (99, 1, 3), (0, 500, 3)]
)
def test_a_query_climbs_with_its_age_and_starts_high_with_its_amount(
    age: int, amount: int, level: int
) -> None:
    frame = pl.DataFrame({"age": [age], "amount_minor": [amount], "currency": ["GBP"]})
    assert (
        frame.select(
            promise.levels(pl.col("age"), pl.col("amount_minor"), ENGLAND.levels, pl.lit(500))
        ).item()
        == level
    )


def test_a_query_that_is_opened_again_keeps_its_first_day_and_its_last_owner() -> None:
    asked = {"case_id": "Q-1", "kind": "query", "item_id": "A", "who": "ann"}
    events = _events(
        {**asked, "event": "opened", "owner": "bob", "at": AT, "text": "first"},
        {**asked, "event": "answered", "at": "2026-04-01T09:00:00+00:00", "text": "second"},
        {**asked, "event": "opened", "owner": "eve", "at": "2026-04-02T09:00:00+00:00", "text": "third"},
    )
    now = cases.state(events).row(0, named=True)
    assert (now["state"], now["opened_at"], now["owner"], now["text"], now["last_text"]) == (
        "open", AT, "eve", "first", "third",
    )  # fmt: skip


PROMISED = {"kind": "promise", "event": "opened", "customer_id": "C1", "currency": "GBP", "at": AT}


@pytest.mark.parametrize(
    ("day", "came", "as_of", "outcome"),
    [
        ("2026-04-02", 10_000, "2026-04-02", "kept"),
        ("2026-04-08", 10_000, "2026-04-09", "kept"),  # two working days of grace, over Easter
        ("2026-04-09", 10_000, "2026-04-09", "broken"),
        ("2026-03-29", 10_000, "2026-04-09", "broken"),  # before it was made
        ("2026-04-02", 9_900, "2026-04-09", "kept"),
        ("2026-04-02", 9_899, "2026-04-09", "part_kept"),
        ("2026-04-02", 4_999, "2026-04-09", "broken"),
        ("2026-04-02", 4_999, "2026-04-08", "open"),
    ],
)
def test_a_promise_is_kept_by_what_came_after_it_and_in_time(
    day: str, came: int, as_of: str, outcome: str
) -> None:
    due = date(
        2026, 4, 3
    )  # Good Friday: it rolls to Tuesday 7 April, and two days of grace would be Thursday
    case = cases.state(_events({**PROMISED, "case_id": "P-1", "due": date(2026, 4, 2)})).with_columns(
        amount_minor=pl.lit(10_000, pl.Int64)
    )
    receipts = pl.DataFrame(
        {
            "customer_id": ["C1"],
            "currency": ["GBP"],
            "booking_date": [date.fromisoformat(day)],
            "amount_minor": [came],
        }
    )
    free = working_days.free(ENGLAND, due)
    told = cases.promises(case, receipts, date.fromisoformat(as_of), ENGLAND, free)
    assert (told["outcome"][0], told["last_day"][0]) == (outcome, date(2026, 4, 8))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("cases"))
    desk.put("bank.csv", BANK_1)
    desk.put("later.csv", BANK_2)
    desk.put("items.csv", ITEMS)
    assert desk.run("--book", desk.root / "book.xlsm").code == 0
    return desk


BANK_1 = """account,booking_date,amount,currency,type,counterparty,reference,narrative
20-00-00 12345678,2026-03-30,80.00,GBP,BGC,NORTHSIDE CARE LTD,INV-1002,PART OF IT
"""
BANK_2 = """account,booking_date,amount,currency,type,counterparty,reference,narrative
20-00-00 12345678,2026-04-01,120.50,GBP,BGC,NORTHSIDE CARE LTD,INV-1001,THANK YOU
20-00-00 12345678,2026-04-01,60.00,GBP,BGC,SOUTHSIDE CARE LTD,INV-1003,THANK YOU
"""
ITEMS = """item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount
V1,C1,Northside Care Ltd,invoice,INV-1001,2026-02-01,2026-03-01,GBP,120.50,120.50
V2,C1,Northside Care Ltd,invoice,INV-1002,2026-02-02,2026-03-02,GBP,100.00,100.00
V3,C2,Southside Care Ltd,invoice,INV-1003,2026-02-03,2026-03-03,GBP,60.00,60.00
"""


def test_a_kill_between_a_decision_and_its_query_leaves_neither_or_both(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.put("bank.csv", BANK_1)
    desk.put("items.csv", ITEMS)
    book = desk.root / "book.xlsm"
    assert desk.run("--book", book).code == 0
    (line,) = [row["line_id"] for row in desk.rows("lines.csv")]
    name = next(name for name in ("Suggestions", "Exceptions") if sheet(book, name))
    decide(book, name, {line: {"Decision": "query", "Note": "why short?"}})
    with (
        mock.patch("recon.store.cases.append", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        flow.collect(book, who="anna")
    with Store.open(str(book.with_name("book.recon.db"))) as store:
        assert (store.decided().height, store.cases().height) == (0, 0)
    assert flow.collect(book, who="anna").accepted == 1
    with Store.open(str(book.with_name("book.recon.db"))) as store:
        assert (store.decided()["decision"].to_list(), store.cases()["line_id"].to_list()) == (
            ["query"],
            [line],
        )
        assert store.verify().breaks == ()


def _queries(book: Path) -> list[list[str]]:
    """What the sheet Queries says: case, and what to do next."""
    cells = FileBook(book).read_page("queries", 20, 2)
    head = next(at for at, row in enumerate(cells) if row[0] == "Case")
    return [row[:2] for row in cells[head + 1 :] if row[0]]


def test_a_query_holds_its_item_up_until_it_is_closed(made: Desk, tmp_path: Path) -> None:
    book, out = made.root / "book.xlsm", made.root / "out"
    (line,) = [row["line_id"] for row in rows(out / "lines.csv")]
    name = next(name for name in ("Suggestions", "Exceptions") if sheet(book, name))
    decide(book, name, {line: {"Decision": "query", "Note": "why short?"}})
    with _at(AT):
        assert recon("apply", "--book", book).code == 0
        assert _queries(book) == [["Q-1", "answer by 2026-04-08: nobody yet"]]
        opened = recon("case", "open", "query", "--item", "INV-1001", "--owner", "site", "--book", book)
        assert (opened.code, opened.out) == (0, "Q-2 is open\n")
        promised = ("case", "open", "promise", "--customer", "C2", "--amount", "60.00", "--currency", "GBP")
        assert recon(*promised, "--due", "2026-04-02", "--book", book).code == 0
        assert recon(*promised, "--book", book).code == 2  # no day
        assert recon("case", "open", "query", "--item", "INV-9", "--book", book).code == 2
        other = recon("case", "open", "query", "--item", "INV-1001", "--customer", "C2", "--book", book)
        assert other.code == 2
        assert "INV-1001 is not of customer C2: it is of C1" in " ".join(other.err.split())
        assert recon("case", "open", "note", "--customer", "C9", "--book", book).code == 2
    store = made.root / "book.recon.db"
    assert made.run("--store", store, bank=("later.csv",), out="held").code == 0
    told = {row["amount"]: row["outcome"] for row in made.rows("lines.csv", "held")}
    assert told == {"120.50": "suggested", "60.00": "auto"}
    assert recon("audit", "reperform", "--store", store).code == 0

    with _at("2026-04-09T12:00:00+00:00"):
        assert recon("case", "list", "--book", book, "--out", tmp_path).code == 0
    listed = {row["case_id"]: row for row in rows(tmp_path / "cases.csv")}
    assert {name: (row["state"], row["working_days"], row["level"]) for name, row in listed.items()} == {
        "Q-1": ("open", "6", "1"), "Q-2": ("open", "6", "1"), "P-1": ("kept", "", ""),
    }  # fmt: skip
    assert listed["Q-2"]["next"] == "escalate to level 1: site had until 2026-04-08"
    assert (listed["Q-1"]["line_id"], listed["Q-1"]["text"], listed["Q-2"]["item_id"]) == (
        line,
        "why short?",
        "V1",
    )
    page = FileBook(book).read_page("queries", 12, 6)
    assert ["Q-2", "escalate to level 1: site had until 2026-04-08", "1", "site"] in [row[:4] for row in page]

    assert recon("case", "say", "Q-2", "answered", "--text", "rate agreed", "--store", store).code == 0
    assert recon("case", "say", "Q-2", "answered", "--store", store).code == 2  # it is, already
    assert recon("case", "say", "Q-2", "closed", "--store", store).code == 0
    with _at("2026-04-09T12:00:00+00:00"):
        flow.refresh(book)
    assert [name for name, then in _queries(book) if then.startswith(("answer", "escalate"))] == ["Q-1"]
    assert made.run("--store", store, bank=("later.csv",), out="free").code == 0
    assert {row["outcome"] for row in made.rows("lines.csv", "free") if row["amount"] == "120.50"} == {"auto"}
    assert json.loads(recon("audit", "verify", "--store", store, "--json").out)["whole"]

    steps = recon("audit", "trail", line, "--store", store, "--json").summary["steps"]
    [asked] = [
        step for step in steps if step["what"].startswith("query ") and step["detail"].startswith("Q-1")
    ]
    assert (asked["note"], asked["line_id"]) == ("why short?", line)
    assert asked["link"] > max(step["link"] for step in steps if step["what"] == "decided")
    steps = recon("audit", "trail", "INV-1001", "--store", store, "--json").summary["steps"]
    said = [(step["what"], step["note"]) for step in steps if step["what"].startswith("query ")]
    assert said == [("query opened", ""), ("query answered", "rate agreed"), ("query closed", "")]


def test_a_promise_is_judged_by_what_was_read_and_not_by_todays_clock(tmp_path: Path) -> None:
    """The bank was read up to Monday 30 March: whether Thursday's money came is not known on 9 April."""
    desk = Desk(tmp_path)
    desk.put("bank.csv", BANK_1)
    desk.put("items.csv", ITEMS)
    store = desk.root / "s.db"
    assert desk.run("--store", store).code == 0
    promised = ("case", "open", "promise", "--customer", "C2", "--amount", "60.00", "--currency", "GBP")
    with _at(AT):
        assert recon(*promised, "--due", "2026-04-02", "--store", store).code == 0

    def told(*more: object) -> tuple[str, str]:
        with _at("2026-04-09T12:00:00+00:00"):
            assert recon("case", "list", "--store", store, "--out", tmp_path, *more).code == 0
        (row,) = rows(tmp_path / "cases.csv")
        return row["state"], row["next"]

    assert told() == ("open", "read the bank up to 2026-04-08: it is not known yet what came")
    assert told("--as-of", "2026-04-09")[0] == "broken"
    later = BANK_2.splitlines()[0] + "\n20-00-00 12345678,2026-04-09,1.00,GBP,BGC,WHO IS THIS,,ELSE\n"
    desk.put("bank.csv", later)
    assert desk.run("--store", store).code == 0
    assert told() == ("broken", "chase: the promise for 2026-04-02 was not kept")
