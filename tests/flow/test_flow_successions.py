"""The mergers of April 2026 in a night's files: who pays whose items, what waits, and how reports tell it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from flow_cases import Desk, Row, decide, recon, rows

BANK = """line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative
L1,20-00-00 12345678,2026-04-20,4200.00,GBP,BGC,NHS NORFOLK AND SUFFOLK ICB,INV-1,
L2,20-00-00 12345678,2026-04-20,310.40,GBP,BGC,NHS NORFOLK AND WAVENEY ICB,INV-3,
L3,20-00-00 12345678,2026-04-21,871.15,GBP,BGC,NHS ESSEX ICB,,
L4,20-00-00 12345678,2026-04-21,615.25,GBP,BGC,NHS ESSEX ICB,,
L5,20-00-00 12345678,2026-04-22,99.99,GBP,BGC,NHS NORFOLK AND SUFFOLK ICB,INV-6,
"""
_HEAD = "item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount"
ITEMS = f"""{_HEAD},contract_id
1,QMM,NHS Norfolk and Waveney ICB,invoice,INV-1,2026-03-01,2026-03-31,GBP,4200.00,4200.00,
2,QMM,NHS Norfolk and Waveney ICB,invoice,INV-2,2026-03-01,2026-03-31,GBP,150.00,150.00,
3,QNS,NHS Norfolk and Suffolk ICB,invoice,INV-3,2026-04-02,2026-05-02,GBP,310.40,310.40,
4,QJG,NHS Suffolk and North East Essex ICB,invoice,INV-4,2026-03-01,2026-03-31,GBP,871.15,871.15,
5,QJG,NHS Suffolk and North East Essex ICB,invoice,INV-5,2026-03-01,2026-03-31,GBP,615.25,615.25,COLCHESTER
6,QJG,NHS Suffolk and North East Essex ICB,invoice,INV-6,2026-03-01,2026-03-31,GBP,99.99,99.99,
7,QJG,NHS Suffolk and North East Essex ICB,invoice,INV-7,2026-03-01,2026-03-31,GBP,20.00,20.00,ipswich
"""
CUSTOMERS = """customer_id,name,terms_days
QMM,NHS Norfolk and Waveney ICB,30
QJG,NHS Suffolk and North East Essex ICB,30
QNS,NHS Norfolk and Suffolk ICB,30
QES,NHS Essex ICB,30
"""
SUCCESSIONS = """customer_id,successor_id,effective,kind,place,evidence,confirmed_by
QMM,QNS,2026-04-01,merger,,The order of 2026,J. Patel
QJG,QES,2026-04-01,split,COLCHESTER,Transfer schedule,J. Patel
QJG,QNS,2026-04-01,split,IPSWICH,Transfer schedule,J. Patel
"""
ALIASES = """alias,customer_id,valid_from,valid_to,source
NORFOLK CCG,QMM,,,J. Patel
WAVENEY,QMM,,2026-03-31,J. Patel
"""


def night(desk: Desk, successions: str = SUCCESSIONS, out: str = "out") -> Desk:
    """A run of the night with these successions; its store is `OUT.db`."""
    for name, content in {"bank.csv": BANK, "items.csv": ITEMS}.items():
        desk.put(name, content)
    for name, content in {"customers": CUSTOMERS, "aliases": ALIASES, "successions": successions}.items():
        path = desk.put(f"{out}-masters/{name}.csv", content)
        if not content:
            path.unlink()
    masters = desk.root / f"{out}-masters"
    ran = desk.run("--customers", masters, "--store", desk.root / f"{out}.db", "--quiet", out=out)
    assert ran.code == 0, ran.err
    return desk


def report(desk: Desk, *names: str, out: str = "out", store: str = "out.db", data: str = "") -> Path:
    folder = desk.root / f"{out}-reports"
    more = ("--data", desk.root / data) if data else ()
    ran = recon(
        "report", *names, "--store", desk.root / store, "--out", folder, "--as-of", "2026-04-30", *more
    )
    assert ran.code == 0, ran
    return folder


def one(table: list[Row], line_id: str) -> Row:
    (found,) = [row for row in table if row["line_id"] == line_id]
    return found


def test_who_pays_whose_items(desk: Desk) -> None:
    night(desk)
    outcomes = {row["line_id"]: row["outcome"] for row in desk.rows("lines.csv")}
    assert outcomes == {"L1": "auto", "L2": "auto", "L3": "suggested", "L4": "auto", "L5": "auto"}
    paid = desk.rows("allocations.csv")
    assert {row["line_id"]: row["item_id"] for row in paid} == {
        "L1": "1",
        "L2": "3",
        "L3": "4",
        "L4": "5",
        "L5": "6",
    }
    assert "customer QMM is since 2026-04-01 part of customer QNS" in one(paid, "L1")["reasons"]
    assert "its place is with QES" in one(paid, "L4")["reasons"]
    waits = [row for row in desk.rows("exceptions.csv") if row["code"] == "EX-SUCC"]
    assert [(row["line_id"], row["detail"]) for row in waits] == [
        ("L3", "who came after is not clear: customer QJG was split on 2026-04-01 between QES and QNS")
    ]


def test_before_its_day_a_succession_is_as_none(desk: Desk) -> None:
    night(desk, SUCCESSIONS.replace("2026-04-01", "2026-04-23"))
    night(desk, "", out="without")
    assert desk.tables() == desk.tables("without")


def test_the_order_of_its_rows_says_nothing(desk: Desk) -> None:
    head, *body = SUCCESSIONS.splitlines()
    night(desk)
    night(desk, "\n".join([head, *reversed(body)]) + "\n", out="other")
    assert desk.tables() == desk.tables("other")


def test_a_run_performed_again_gives_the_same_bytes(desk: Desk) -> None:
    night(desk)
    ran = recon("audit", "reperform", "--store", desk.root / "out.db", "--out", desk.root / "again")
    assert (ran.code, "all as then" in ran.out) == (0, True)
    assert desk.tables("again") == desk.tables()


def test_what_contradicts_itself_is_told_with_file_and_row(desk: Desk) -> None:
    night(desk, SUCCESSIONS + "QMM,QES,2026-04-01,merger,,,\nQES,QXX,2027-04-01,rename,,,\n")
    told = [(row["code"], Path(row["where"]).name) for row in desk.rows("problems.csv")]
    assert told == [
        ("succession-unclear", "successions.csv:5"),
        ("succession-unclear", "successions.csv:2"),
        ("succession-unknown", "successions.csv:6"),
    ]


def test_reports_tell_everything_under_the_successor(desk: Desk) -> None:
    night(desk)
    made = report(desk, "ageing", "data_quality")
    named = {
        row["customer_id"]: row["customer_name"]
        for row in rows(made / "report_ageing.csv")
        if row["customer_id"]
    }
    assert named["QNS"] == "NHS Norfolk and Suffolk ICB"
    assert "QMM" not in named
    checks = {row["check"]: row for row in rows(made / "report_data_quality_rows.csv")}
    assert checks["abolished"]["detail"] == "open on QMM, which is QNS since 2026-04-01"
    assert checks["abolished"]["item_id"] == "2"
    assert checks["divided"]["detail"] == "open on QJG, which was split between QES and QNS on 2026-04-01"
    assert (checks["alias_past"]["reference"], checks["alias_past"]["customer_id"]) == ("NORFOLK CCG", "QMM")


def _month(desk: Desk) -> None:
    desk.put(
        "month/limits.csv",
        "customer_id,segment,credit_limit,currency\nQNS,NHS,100.00,GBP\nQMM,NHS,9000.00,GBP\n",
    )


@pytest.mark.parametrize("day", ["2026-04-01", "2026-05-01"])
def test_a_successors_exposure_has_its_predecessors_from_the_day_on(desk: Desk, day: str) -> None:
    night(desk, SUCCESSIONS.replace("2026-04-01", day))
    _month(desk)
    made = report(desk, "exposure", data="month")
    by_group = {row["group"]: row for row in rows(made / "report_exposure.csv") if row["group"]}
    if day == "2026-05-01":
        assert {"QMM", "QJG"} <= set(by_group)
        return
    # 150.00 of QMM and 20.00 of QJG's Ipswich; the limit of QMM was not given to QNS.
    assert (by_group["QNS"]["exposure"], by_group["QNS"]["over"], "QMM" in by_group) == (
        "170.00",
        "70.00",
        False,
    )
    told = list(csv.DictReader((made / "problems.csv").read_text("utf-8").splitlines()))
    assert "limits of customer QMM" in [row["where"] for row in told if row["code"] == "report-data"]


def test_a_statement_goes_to_the_successor(desk: Desk) -> None:
    night(desk)
    out = desk.root / "letters"
    ran = recon(
        "letters", "--statements", "--out", out, "--store", desk.root / "out.db", "--as-of", "2026-04-30"
    )
    assert ran.code == 0, ran
    sent = {row["customer_id"]: row["balance"] for row in rows(out / "letters.csv")}
    assert sent["QNS"] == "170.00"
    assert "QMM" not in sent
    (letter,) = out.glob("QNS*.html")
    text = letter.read_text(encoding="utf-8")
    assert ("NHS Norfolk and Suffolk ICB" in text, "Waveney" in text, "INV-2" in text) == (True, False, True)


BUREAU = "HILLTOP BUREAU"
_PAID = "line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative\n"


def _paid(desk: Desk, name: str, *lines: tuple[str, str, str]) -> dict[str, str]:
    """A night in which the bureau pays lines of (id, day, amount): the outcome of each."""
    body = [f"{one},20-00-00 12345678,{day},{amount},GBP,BGC,{BUREAU},,CARE" for one, day, amount in lines]
    desk.put("bank.csv", _PAID + "\n".join(body) + "\n")
    desk.put("items.csv", ITEMS)
    for table, content in {"customers": CUSTOMERS, "successions": SUCCESSIONS}.items():
        desk.put(f"masters/{table}.csv", content)
    book = ("--customers", desk.root / "masters", "--book", desk.root / "book.xlsm", "--quiet")
    assert desk.run(*book, out=name).code == 0
    return {row["line_id"]: row["outcome"] for row in desk.rows("lines.csv", name)}


def _allocate(desk: Desk, *lines: tuple[str, str, str]) -> None:
    typed = {one: {"Decision": "allocate", "Item": item, "Amount": amount} for one, item, amount in lines}
    decide(desk.root / "book.xlsm", "Exceptions", typed)
    told = recon("apply", "--book", desk.root / "book.xlsm", "--who", "anna")
    assert f"{len(lines)} decision{'s'[: len(lines) != 1]} applied, 0 refused" in told.out, told


def _alias(desk: Desk) -> dict[str, Any]:
    told = json.loads(recon("learn", "list", "--book", desk.root / "book.xlsm", "--json").out)
    (found,) = [row for row in told if row["kind"] == "alias"]
    return found  # type: ignore[no-any-return]  # JSON


def test_decisions_on_the_body_before_and_after_teach_one_thing(desk: Desk) -> None:
    _paid(desk, "one", ("L1", "2026-03-30", "150.00"), ("L2", "2026-04-20", "310.40"))
    _allocate(desk, ("L1", "INV-2", "150.00"), ("L2", "INV-3", "310.40"))
    alias = _alias(desk)
    assert (alias["meaning"], alias["state"], alias["lines"], alias["against"]) == ("QNS", "suggested", 2, "")


def test_what_the_predecessor_taught_is_the_successors_from_the_day_on(desk: Desk) -> None:
    _paid(desk, "one", ("L1", "2026-03-27", "150.00"), ("L2", "2026-03-30", "4200.00"))
    _allocate(desk, ("L1", "INV-2", "150.00"), ("L2", "INV-1", "4200.00"))
    alias = _alias(desk)
    assert (alias["meaning"], alias["lines"]) == ("QMM", 2), "the merger is of April"
    told = recon("learn", "accept", alias["id"], "--book", desk.root / "book.xlsm", "--who", "bea")
    assert told.code == 0, told
    assert _paid(desk, "two", ("L3", "2026-04-20", "310.40")) == {"L3": "auto"}
    assert one(desk.rows("allocations.csv", "two"), "L3")["item_id"] == "3"
    assert recon("apply", "--book", desk.root / "book.xlsm", "--who", "anna").code == 0
    alias = _alias(desk)
    assert (alias["meaning"], alias["state"], alias["against"]) == ("QMM", "accepted", "")
