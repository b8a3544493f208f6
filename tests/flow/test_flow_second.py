"""Above a person's limit a decision waits on the sheets until a second person decides the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_cases import BANK, ITEMS, Desk, decide, recon, rows, sheet

LIMITS = """extends: default
authority:
  people:
    ann: {by_hand: 50.00}
"""
MOVED = {"Decision": "allocate", "New item": "INV-1003 60.00; on account 17.70"}


def test_two_people_and_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    desk.put("limits.yaml", LIMITS)
    book = tmp_path / "book.xlsm"
    assert desk.run("--book", book, "--rules", tmp_path / "limits.yaml").code == 0
    [line] = {row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == "77.70"}

    def apply(who: str) -> str:
        monkeypatch.setattr("recon.flow.review.login", lambda: who)
        return recon("apply", "--book", book).out

    def row(name: str) -> dict[str, str]:
        [found] = [row for row in sheet(book, name) if row["Line id"] == line]
        return found

    decide(book, "Exceptions", {line: {"Decision": "on account", "Item": "C2", "Note": "they rang"}})
    assert apply("ann") == "0 decisions applied, 0 refused, 1 for a second person\n"
    waits = row("Exceptions")
    assert waits["Result"].startswith("waits for a second person: above ann's limit of 50.00 GBP")
    assert (waits["Decision"], waits["Item"], waits["Decided by"]) == ("on account", "C2", "ann")
    # Whoever else presses the button has not approved it: the row says that ann decides.
    assert apply("ben") == "0 decisions applied, 0 refused, 1 for a second person\n"
    assert (
        recon("run", "--bank", tmp_path / "bank.csv", "--items", tmp_path / "items.csv", "--book", book).code
        == 0
    )
    assert row("Exceptions")["Result"].startswith("waits for a second person: on account by ann, ")
    desk.run("--book", book, "--rules", tmp_path / "limits.yaml")
    decide(book, "Exceptions", {line: {"Decided by": "ben"}})
    monkeypatch.setattr("recon.flow.review.login", lambda: "ann")
    same = recon("apply", "--book", book, "--who", "ben").out
    assert same == "0 decisions applied, 0 refused, 1 for a second person\n", "another name on the same login"
    assert apply("ben") == "1 decision applied, 0 refused\n"
    assert row("Exceptions")["Result"] == "accepted: on account, 77.70; ben approved what ann decided"

    # The same for what is settled; the posting file names both.
    decide(book, "Allocations", {line: MOVED | {"Note": "no, for that invoice"}})
    assert apply("ann") == "0 decisions applied, 0 refused, 1 for a second person\n"
    assert row("Allocations")["New item"] == MOVED["New item"]
    decide(book, "Allocations", {line: {"Decided by": "ben"}})
    assert apply("ben") == "1 decision applied, 0 refused\n"
    out = tmp_path / "posted"
    assert recon("post", "--format", "generic", "--book", book, "--out", out, "--who", "ann").code == 0
    legs = [leg for path in out.glob("*.csv") for leg in rows(path) if leg["bank_line_id"] == line]
    assert {(leg["prepared_by"], leg["approved_by"]) for leg in legs} == {("ann", "ben")}
    assert {leg["applied_to_item"] for leg in legs if leg["credit"]} == {"INV-1003", ""}
