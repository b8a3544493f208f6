"""What is settled, decided again: taken back, moved, posted as corrections; ledger, store and sheet agree."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from flow_cases import BANK, ITEMS, Desk, Ran, decide, recon, rows, sheet

from recon.store import Store

AUTO, PART, STRANGER, SWEEP = "120.50", "80.00", "77.70", "-500.00"


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A night of which everything is settled and posted; for one story, of which each step goes on from the last."""
    desk = Desk(tmp_path_factory.mktemp("again"))
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    assert desk.run("--book", desk.root / "book.xlsm").code == 0
    decide(desk.root / "book.xlsm", "Suggestions", {line_of(desk, PART): {"Decision": "accept"}})
    nobody = {"Decision": "on account", "Item": "C2"}
    decide(desk.root / "book.xlsm", "Exceptions", {line_of(desk, STRANGER): nobody})
    assert apply(desk).out == "2 decisions applied, 0 refused\n"
    assert post(desk).code == 0
    return desk


def line_of(desk: Desk, amount: str) -> str:
    [found] = {row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == amount}
    return found


def apply(desk: Desk) -> Ran:
    return recon("apply", "--book", desk.root / "book.xlsm", "--who", "ann")


def post(desk: Desk) -> Ran:
    book = desk.root / "book.xlsm"
    return recon(
        *("post", "--format", "generic", "--book", book, "--out", desk.root / "posted", "--who", "ben")
    )


def standing(desk: Desk) -> dict[tuple[str, str], tuple[str, str]]:
    """Allocations as the sheet shows them: (line's payer, item) -> amount, status."""
    shown = sheet(desk.root / "book.xlsm", "Allocations")
    return {(row["Payer"], row["Item id"]): (row["Amount"], row["Status"]) for row in shown}


def ledger(folder: Path) -> dict[tuple[str, str], Decimal]:
    """What all posting files together give to each account and item; debits are positive."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for path in sorted(folder.glob("*.csv")):
        for leg in rows(path):
            key = (leg["account"] if leg["account"].startswith("20") else "ledger", leg["applied_to_item"])
            found[key] += Decimal(leg["debit"] or 0) - Decimal(leg["credit"] or 0)
    return {key: amount for key, amount in found.items() if amount}


def test_what_is_settled_is_decided_again(settled: Desk) -> None:
    _the_sheet_shows_what_is_accepted(settled)
    _what_can_not_be_done_again_is_refused_and_nothing_happens(settled)
    _a_line_is_taken_back_another_moved_and_the_ledger_follows(settled)
    _what_was_taken_back_is_never_accepted_by_rule_but_by_a_person(settled)
    _who_decides_on_an_old_sheet_is_refused(settled)


def _the_sheet_shows_what_is_accepted(settled: Desk) -> None:
    assert standing(settled) == {
        ("NORTHSIDE CARE LTD", "INV-1001"): ("120.50", "auto"),
        ("NORTHSIDE CARE LTD", "INV-1002"): ("80.00", "accepted"),
        ("WHO IS THIS", ""): ("77.70", "accepted"),
    }


def _what_can_not_be_done_again_is_refused_and_nothing_happens(settled: Desk) -> None:
    book = settled.root / "book.xlsm"
    again = {
        line_of(settled, AUTO): {"Decision": "reject", "New item": "INV-1003"},
        line_of(settled, PART): {"Decision": "allocate", "New item": "INV-1003", "New amount": "80.00"},
        line_of(settled, STRANGER): {"Decision": "write off", "New amount": "1"},
    }
    before = standing(settled)
    decide(book, "Allocations", again)
    ran = apply(settled)
    assert ran.out == "0 decisions applied, 3 refused\n"
    assert "`reject` takes the whole line back, and no item" in ran.err
    assert "item INV-1003 has 60.00 open, the decision would settle 80.00" in ran.err
    assert "this decision is for lines that wait" in ran.err
    assert standing(settled) == before
    why = {row["Line id"]: row["Result"] for row in sheet(book, "Allocations")}
    assert why[line_of(settled, PART)].startswith("refused: item INV-1003 has 60.00 open")
    assert post(settled).code == 0
    assert {row["Line id"]: row["Result"] for row in sheet(book, "Allocations")} == why, "still to be mended"
    decide(book, "Allocations", {line: dict.fromkeys(cells, "") for line, cells in again.items()})


def _a_line_is_taken_back_another_moved_and_the_ledger_follows(settled: Desk) -> None:
    book = settled.root / "book.xlsm"
    auto, stranger = line_of(settled, AUTO), line_of(settled, STRANGER)
    moved = {"Decision": "allocate", "New item": "INV-1003 60.00; on account 17.70", "Note": "they called"}
    wrong = {"Decision": "reject", "Note": "another Northside"}
    decide(book, "Allocations", {auto: wrong, stranger: moved})
    ran = apply(settled)
    assert (ran.code, ran.out) == (0, "2 decisions applied, 0 refused\n"), ran.err
    told = {row["Line id"]: row["Result"] for row in sheet(book, "Allocations") if row["Result"]}
    assert told == {stranger: "accepted: moved, 77.70"}, (
        "what was refused before and then emptied says nothing"
    )
    for name in ("Suggestions", "Exceptions"):
        assert stranger not in {row["Line id"] for row in sheet(book, name)}, "it was settled, and is"
    assert standing(settled)["WHO IS THIS", "INV-1003"] == ("60.00", "accepted")
    assert standing(settled)["WHO IS THIS", ""] == ("17.70", "accepted")
    [waits] = [row for row in sheet(book, "Suggestions") if row["Line id"] == auto]
    assert waits["Result"] == "accepted: taken back, 120.50; the line waits again"
    assert apply(settled).out == "0 decisions applied, 0 refused\n", "once is enough"

    assert post(settled).code == 0
    assert ledger(settled.root / "posted") == {
        ("20-00-00 12345678", ""): Decimal("157.70"),
        ("ledger", "INV-1002"): Decimal("-80.00"),
        ("ledger", "INV-1003"): Decimal("-60.00"),
        ("ledger", ""): Decimal("-17.70"),
    }
    controls = {path: path.read_bytes() for path in (settled.root / "posted").glob("*-controls.txt")}
    for path in controls:
        path.unlink()
    assert "nothing new is accepted" in post(settled).out
    [again] = (settled.root / "posted").glob("*-controls.txt")
    assert again.read_bytes() == controls[again], "the last file comes with its controls again"


def _what_was_taken_back_is_never_accepted_by_rule_but_by_a_person(settled: Desk) -> None:
    book, auto = settled.root / "book.xlsm", line_of(settled, AUTO)
    assert settled.run("--book", book).code == 0
    assert ("120.50", "suggested") in settled.outcomes(), "somebody rejected that payer and customer"
    with Store.open(str(book.with_name("book.recon.db"))) as store:
        assert auto not in store.settled_lines()
        assert store.unposted().is_empty()
    decide(book, "Suggestions", {auto: {"Decision": "accept"}})
    assert apply(settled).out == "1 decision applied, 0 refused\n"
    # Accepted and taken back before anything was posted: there is nothing to post.
    decide(book, "Allocations", {auto: {"Decision": "reject", "Note": "no, wait"}})
    assert apply(settled).out == "1 decision applied, 0 refused\n"
    assert "nothing new is accepted" in post(settled).out
    decide(book, "Suggestions", {auto: {"Decision": "accept", "Note": "yes"}})
    assert apply(settled).out == "1 decision applied, 0 refused\n"
    assert post(settled).code == 0
    found = ledger(settled.root / "posted")
    assert found["ledger", "INV-1001"] == Decimal("-120.50")
    assert found["20-00-00 12345678", ""] == Decimal("278.20")
    assert recon("audit", "verify", "--book", book).code == 0


def _who_decides_on_an_old_sheet_is_refused(settled: Desk) -> None:
    book, stranger = settled.root / "book.xlsm", line_of(settled, STRANGER)
    decide(book, "Allocations", {stranger: {"Decision": "on account"}})
    old = book.read_bytes()
    assert apply(settled).out == "1 decision applied, 0 refused\n"
    book.write_bytes(old)  # somebody else's copy
    decide(book, "Allocations", {stranger: {"Decision": "reject"}})
    ran = apply(settled)
    assert ran.out == "0 decisions applied, 1 refused\n"
    assert "what is settled changed since you saw it" in ran.err
