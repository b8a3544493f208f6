"""A change tried beside the run: it says what it would have done, does nothing, and later decisions judge it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from flow_cases import BANK, ITEMS, Desk, decide, recon, rows

from recon.flow import shadow_page
from recon.store import Store
from recon.workbook.file import open_book

STRICT = "name: strict\nextends: default\nevidence: {reference: {auto: false}}\n"
LOOSE = "name: loose\nextends: default\nevidence: {part_payment: {auto: true}}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A night's files, and two rules files to try."""
    made = Desk(tmp_path)
    made.put("bank.csv", BANK)
    made.put("items.csv", ITEMS)
    made.put("strict.yaml", STRICT)
    made.put("loose.yaml", LOOSE)
    return made


def of(desk: Desk) -> tuple[str, Path]:
    return "--store", desk.root / "store.db"


def tried(desk: Desk, *more: object, out: str = "out") -> dict[str, Any]:
    """What the summary says of what was tried."""
    ran = desk.run(*more, "--json", out=out)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = ran.summary["shadow"]
    return found


def shares(desk: Desk, *more: object) -> dict[str, dict[str, Any]]:
    """What recon rules shadow says of each change of the last try."""
    told = recon("rules", "shadow", *of(desk), "--json", *more).summary
    return {row["change"]: row for row in told["tries"][-1]["changes"]}


def test_what_it_would_have_done_is_told_and_nothing_is_done(desk: Desk) -> None:
    assert desk.run(*of(desk), out="plain").code == 0
    beside = desk.root / "beside.db"
    facts = tried(desk, "--store", beside, "--shadow", desk.root / "strict.yaml")
    assert facts["changes"]["no longer posted"] == {"lines": 1, "amount": {"GBP": "120.50"}}
    assert facts["rules"]["name"] == "strict"
    assert desk.tables("plain") == desk.tables("out"), "the run itself is as ever"
    with Store.open(str(beside)) as store:
        assert store.accepted()["item_id"].to_list() == ["INV-1001"]
        assert store.verify().breaks == ()
    [row] = [one for one in desk.rows("shadow.csv") if one["change"] == "no longer posted"]
    assert (row["amount"], row["outcome_live"], row["outcome_shadow"]) == ("120.50", "auto", "suggested")
    assert row["items_live"] == row["items_shadow"] == "INV-1001 120.50"
    assert sum(one["lines"] for one in facts["changes"].values()) == len(desk.rows("shadow.csv"))
    told = desk.run("--shadow", desk.root / "strict.yaml", out="words").out
    assert "tried beside it, without effect: rules `strict`\n" in told
    assert "  no longer posted: 1 line, GBP 120.50\n" in told
    assert (desk.root / "words" / "shadow.csv").read_bytes() == (
        desk.root / "out" / "shadow.csv"
    ).read_bytes()


def test_the_same_rules_change_nothing(desk: Desk) -> None:
    facts = tried(desk, *of(desk), "--shadow", "default")
    assert {one["lines"] for one in facts["changes"].values()} == {0}
    assert desk.rows("shadow.csv") == []
    assert "no line came out otherwise" in recon("rules", "shadow", *of(desk)).out


def test_rules_keep_it_for_the_nights_and_their_path_is_theirs(desk: Desk) -> None:
    rules = desk.put("site/ours.yaml", "extends: default\nshadow: {rules: next.yaml}\n")
    desk.put("site/next.yaml", STRICT)
    facts = tried(desk, *of(desk), "--rules", rules)
    assert facts["rules"]["name"] == "strict"
    assert "shadow" not in desk.run("--json", out="none").summary
    assert not (desk.root / "none" / "shadow.csv").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.yaml", "there is no such rules file"),
        ("broken.yaml", "the rules that were to be tried can't be: "),
    ],
)
def test_what_can_not_be_tried_is_told_and_the_run_goes_on(desk: Desk, name: str, said: str) -> None:
    desk.put("broken.yaml", "extends: default\nthreshold: {auto: 2}\n")
    assert desk.run(*of(desk), out="plain").code == 0
    ran = desk.run("--shadow", desk.root / name, out="beside")
    assert ran.code == 0
    assert said in ran.err
    [problem] = [row for row in desk.rows("problems.csv", "beside") if row["code"] == "shadow-failed"]
    assert problem["hint"]
    assert not (desk.root / "beside" / "shadow.csv").exists()
    assert desk.tables("plain") == desk.tables("beside")


def test_an_engine_that_breaks_off_on_it_stops_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from recon.flow import shadow  # noqa: PLC0415 - as the flow loads it

    def broken(*_: object) -> None:
        raise AssertionError("NORTHSIDE CARE LTD")

    monkeypatch.setattr(shadow, "_rows", broken)
    ran = desk.run("--shadow", desk.root / "loose.yaml")
    assert ran.code == 0
    assert "what was to be tried broke off (AssertionError); the run itself is as ever" in ran.err
    assert "NORTHSIDE" not in ran.err


def test_later_decisions_say_how_right_it_would_have_been(desk: Desk) -> None:
    book = desk.root / "book.xlsm"
    store = ("--store", desk.root / "book.recon.db")
    facts = tried(desk, "--book", book, "--shadow", desk.root / "loose.yaml")
    assert facts["changes"]["newly posted"] == {"lines": 1, "amount": {"GBP": "80.00"}}
    page = [row[0] for row in open_book(book).read_page(shadow_page.KEY, 40, 10)]
    assert "newly posted" in page

    def share() -> dict[str, Any]:
        told = recon("rules", "shadow", *store, "--json").summary
        [row] = [one for one in told["tries"][0]["changes"] if one["change"] == "newly posted"]
        return dict(row)

    assert (share()["undecided"]["lines"], share()["precision"]) == (1, None)
    [line] = [row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == "80.00"]
    decide(book, "Suggestions", {line: {"Decision": "accept"}})
    assert recon("apply", "--book", book, "--who", "ann").code == 0
    assert (share()["right"], share()["precision"]) == ({"lines": 1, "amount": {"GBP": "80.00"}}, 1.0)
    assert share()["lower"] == pytest.approx(0.2065, abs=0.001)
    words = recon("rules", "shadow", "--book", book).out
    assert "rules `loose`: 1 run, as of 2026-03-05 to 2026-03-05" in words
    assert "    right of those decided: 100.0%, at least 20.7%" in words

    decide(
        book, "Allocations", {line: {"Decision": "allocate", "New item": "INV-1003 60.00; on account 20.00"}}
    )
    assert recon("apply", "--book", book, "--who", "ann").code == 0
    assert share()["wrong"]["lines"] == 1, "it was moved since"
    out = desk.root / "judged"
    assert recon("rules", "shadow", *store, "--out", out).code == 0
    [row] = [one for one in rows(out / "shadow.csv") if one["change"] == "newly posted"]
    assert (row["verdict"], row["decision"], row["rules"]) == ("wrong", "allocate", "loose")
    assert json.loads((out / "shadow.json").read_text(encoding="utf-8"))["tries"][0]["runs"] == 1
    assert recon("audit", "verify", *store).code == 0
    assert recon("audit", "reperform", *store).code == 0


def test_a_line_of_two_nights_counts_once_and_each_try_for_itself(desk: Desk) -> None:
    for name in ("loose", "loose", "strict"):
        tried(desk, *of(desk), "--shadow", desk.root / f"{name}.yaml")
    told = recon("rules", "shadow", *of(desk), "--json", "--all").summary["tries"]
    assert [(one["rules"]["name"], one["runs"]) for one in told] == [("loose", 2), ("strict", 1)]
    assert [row["lines"] for row in told[0]["changes"] if row["change"] == "newly posted"] == [1]
    assert len(recon("rules", "shadow", *of(desk), "--json").summary["tries"]) == 1


def test_what_is_changed_beside_recon_is_seen(desk: Desk) -> None:
    tried(desk, *of(desk), "--shadow", desk.root / "strict.yaml")
    with sqlite3.connect(desk.root / "store.db") as raw:
        raw.execute("UPDATE shadow_proposals SET change = 'newly posted'")
    raw.close()
    with Store.open(str(desk.root / "store.db")) as store:
        assert store.verify().breaks == (
            "link 1 (run 1): a row of shadow_proposals is not as it was written",
        )


def test_where_nothing_was_tried_there_is_nothing_to_judge(desk: Desk) -> None:
    assert desk.run(*of(desk)).code == 0
    ran = recon("rules", "shadow", *of(desk))
    assert (ran.code, ran.out) == (2, "")
    assert "nothing was tried beside a run yet" in ran.err
    assert recon("rules", "shadow").code == 2
