"""The loop: propose, decide in the workbook, apply, post; and everything a second time."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from flow_cases import BANK, ITEMS, Desk, Ran, copied, decide, recon, rows, sheet, sums

from recon import flow
from recon.flow.login import login
from recon.workbook.file import FileBook

# One night on a workbook: proposals made, nothing decided yet. Made once and copied, since it takes a while.
PARKED = "20-00-00 12345678,2026-03-06,33.00,GBP,BGC,ANOTHER STRANGER,,WHATEVER\n"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("night"))
    desk.put("bank.csv", BANK + PARKED)
    desk.put("items.csv", ITEMS)
    assert desk.run("--book", desk.root / "book.xlsm").code == 0
    return desk.root


@pytest.fixture
def office(night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return copied(night, tmp_path, monkeypatch)


def slow(*values: object) -> ParameterSet:
    return pytest.param(*values, marks=pytest.mark.slow)


def line_of(desk: Desk, amount: str) -> str:
    [found] = {row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == amount}
    return found


def apply(*more: object) -> Ran:
    return recon("apply", "--book", "book.xlsm", "--who", "ann", *more)


def post(*more: object) -> Ran:
    return recon(
        "post", "--format", "generic", "--book", "book.xlsm", "--out", "posted", "--who", "ben", *more
    )


def results(desk: Desk, name: str) -> dict[str, str]:
    return {row["Line id"]: row["Result"] for row in sheet(desk.root / "book.xlsm", name)}


def journal(desk: Desk) -> list[dict[str, str]]:
    return [row for path in sorted((desk.root / "posted").glob("*.csv")) for row in rows(path)]


@pytest.mark.slow
def test_decisions_are_applied_or_refused_with_a_reason(office: Desk) -> None:
    part, stranger = line_of(office, "80.00"), line_of(office, "77.70")
    decide(
        office.root / "book.xlsm", "Suggestions", {part: {"Decision": "accept", "Note": "rest comes later"}}
    )
    decide(
        office.root / "book.xlsm",
        "Exceptions",
        {stranger: {"Decision": "allocate", "Item": "INV-1003", "Amount": "77.70"}},
    )
    ran = apply()
    assert (ran.code, ran.out) == (0, "1 decision applied, 1 refused\n")
    assert "Exceptions!4: " in ran.err
    assert "item INV-1003 has 60.00 open, the decision would settle 77.70" in ran.err
    assert results(office, "Suggestions") == {part: "accepted: 1 item, 80.00"}
    refused = results(office, "Exceptions")[stranger]
    assert refused == "refused: item INV-1003 has 60.00 open, the decision would settle 77.70"
    [typed] = [row for row in sheet(office.root / "book.xlsm", "Exceptions") if row["Line id"] == stranger]
    assert (typed["Decision"], typed["Item"], typed["Amount"]) == ("allocate", "INV-1003", "77.70")

    # The reviewer thinks again; the other line waits for somebody's answer.
    mended = {"Decision": "on account", "Item": "C2", "Amount": ""}
    waiting = {line_of(office, "33.00"): {"Decision": "park", "Note": "asked the bank"}}
    decide(office.root / "book.xlsm", "Exceptions", {stranger: mended, **waiting})
    ran = apply()
    assert (ran.code, ran.out, ran.err) == (0, "2 decisions applied, 0 refused\n", "")
    assert results(office, "Exceptions")[stranger].startswith("accepted: on account, 77.70")
    again = apply()
    assert again.out in ("0 decisions applied, 0 refused\n", "1 decision applied, 0 refused\n")

    # What is accepted is posted once, and balances.
    assert post().code == 0
    legs = journal(office)
    debit = [Decimal(leg["debit"]) for leg in legs if leg["debit"]]
    credit = [Decimal(leg["credit"]) for leg in legs if leg["credit"]]
    assert sum(debit) == sum(credit) == Decimal("278.20")
    assert {leg["bank_line_id"] for leg in legs} == {line_of(office, "120.50"), part, stranger}
    assert {leg["applied_to_item"] for leg in legs} == {"", "INV-1001", "INV-1002"}
    [on_account] = [leg for leg in legs if leg["customer_id"] == "C2"]
    assert on_account["credit"] == "77.70"
    files = office.files()
    assert "nothing new is accepted" in post().out
    assert office.files() == files

    # The next night has the same lines and one more.
    new = "20-00-00 12345678,2026-03-09,60.00,GBP,BGC,SOUTHSIDE CARE LTD,INV-1003,\n"
    office.put("bank.csv", BANK + PARKED + new)
    assert office.run("--book", "book.xlsm").code == 0
    assert office.outcomes() == [
        ("-500.00", "not_receivable"),
        ("120.50", "duplicate"),
        ("33.00", "exception"),
        ("60.00", "auto"),
        ("77.70", "duplicate"),
        ("80.00", "duplicate"),
    ]
    assert list(results(office, "Exceptions")) == [line_of(office, "33.00")]
    assert post().code == 0
    posted = journal(office)
    assert len(posted) == len(legs) + 2
    assert sum(Decimal(leg["debit"] or "0") for leg in posted) == Decimal("338.20")


@pytest.mark.slow
def test_applying_twice_changes_nothing(office: Desk) -> None:
    part = line_of(office, "80.00")
    decide(office.root / "book.xlsm", "Suggestions", {part: {"Decision": "accept"}})
    shutil.copyfile("book.xlsm", "decided.xlsm")
    assert apply().out == "1 decision applied, 0 refused\n"
    post()
    before = journal(office)
    # The reviewer's copy with the decision still in it, applied once more.
    shutil.copyfile("decided.xlsm", "book.xlsm")
    ran = apply()
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "1 decision applied, 0 refused\n"
    assert "nothing new is accepted" in post().out
    assert journal(office) == before


@pytest.mark.slow
def test_a_decision_on_a_row_that_changed_is_refused(office: Desk) -> None:
    """The proposal in the store is another one by now; the workbook still shows the old one."""
    part = line_of(office, "80.00")
    decide(office.root / "book.xlsm", "Suggestions", {part: {"Decision": "accept"}})
    office.put("items.csv", ITEMS.replace("100.00,100.00", "80.00,80.00"))
    assert office.run("--store", "book.recon.db", out="later").code == 0
    ran = apply()
    assert ran.out == "0 decisions applied, 1 refused\n"
    assert "settled already" in ran.err or "this proposal changed since you saw it" in ran.err
    post()
    assert sum(Decimal(leg["debit"] or "0") for leg in journal(office) if leg["bank_line_id"] == part) == 80


@pytest.mark.slow
def test_a_decision_on_a_suggestion_that_changed_is_refused(office: Desk) -> None:
    part = line_of(office, "80.00")
    decide(office.root / "book.xlsm", "Suggestions", {part: {"Decision": "accept"}})
    office.put("items.csv", ITEMS.replace("INV-1002", "INV-1002X").replace("100.00,100.00", "90.00,90.00"))
    assert office.run("--store", "book.recon.db", out="later").code == 0
    ran = apply()
    assert ran.out == "0 decisions applied, 1 refused\n"
    assert "this proposal changed since you saw it; press Refresh" in ran.err
    left = results(office, "Suggestions") | results(office, "Exceptions")
    assert left[part].startswith("refused: this proposal changed since you saw it")


@pytest.mark.parametrize(
    ("typed", "said", "left"),
    [
        ({"Decision": "perhaps"}, "the decision is none that there is", "perhaps"),
        slow({"Decision": "accept alternative"}, "without the alternative's number", "accept alternative"),
        slow({"Decision": "allocate"}, "`allocate` without an item", "allocate"),
        slow({"Decision": "allocate", "Item": "X", "Amount": "much"}, "the amount is no amount", "allocate"),
        slow({"Decision": "accept", "Row hash": ""}, "lost its line id or its fingerprint", ""),
        slow({"Decision": "accept", "Row hash": "0" * 16}, "this proposal changed since you saw it", ""),
    ],
)
def test_a_decision_that_can_not_be_taken(office: Desk, typed: dict[str, str], said: str, left: str) -> None:
    """The sheet says why; what was typed stays to be mended, unless the row is no longer what was seen."""
    decide(office.root / "book.xlsm", "Suggestions", {line_of(office, "80.00"): typed})
    ran = apply()
    assert (ran.code, ran.out) == (0, "0 decisions applied, 1 refused\n")
    assert said in ran.err
    assert "Suggestions!4" in ran.err
    [row] = sheet(office.root / "book.xlsm", "Suggestions")
    assert row["Result"].startswith("refused: ")
    assert said in row["Result"]
    assert row["Decision"] == left
    assert row["Row hash"] not in ("", typed.get("Row hash"))


def test_strict_says_by_its_exit_code_that_a_decision_was_refused(office: Desk) -> None:
    book = office.root / "book.xlsm"
    stranger = line_of(office, "77.70")
    decide(book, "Exceptions", {stranger: {"Decision": "allocate", "Item": "INV-1003", "Amount": "77.70"}})
    ran = apply("--strict")
    assert (ran.code, ran.out) == (1, "0 decisions applied, 1 refused\n")
    decide(book, "Exceptions", {stranger: {"Decision": "park", "Item": "", "Amount": ""}})
    ran = apply("--strict")
    assert (ran.code, ran.out) == (0, "1 decision applied, 0 refused\n")


def _two_by_hand(office: Desk) -> list[str]:
    """Two lines above the ceiling that ann allocated by hand; one that a rule settled."""
    office.put("strict.yaml", "extends: default\nname: strict\ncontrols: {hand_post_ceiling: 50}\n")
    assert office.run("--book", "book.xlsm", "--rules", "strict.yaml").code == 0
    stranger, part = line_of(office, "77.70"), line_of(office, "80.00")
    decide(office.root / "book.xlsm", "Exceptions", {stranger: {"Decision": "on account", "Item": "C2"}})
    by_hand = {"Decision": "allocate", "Item": "INV-1002", "Amount": "80.00"}
    decide(office.root / "book.xlsm", "Suggestions", {part: by_hand})
    assert apply().out == "2 decisions applied, 0 refused\n"
    return [stranger, part]


def test_what_a_second_person_has_to_post_is_left_out_and_the_rest_is_posted(office: Desk) -> None:
    """Whoever allocated a large line by hand does not post it; somebody else does."""
    by_hand = _two_by_hand(office)
    ran = post("--who", "Ann")
    assert ran.code == 0
    assert {leg["bank_line_id"] for leg in journal(office)} == {line_of(office, "120.50")}
    assert "2 bank lines are not in the file: who allocated by hand does not approve it, too" in ran.err
    assert "somebody other than ann has to post: recon post ... --who NAME" in ran.err
    assert "allocated by hand: " in ran.err
    # There is nothing else any more: the control fails, and nothing is written.
    before = office.files()
    ran = post("--who", "Ann")
    assert (ran.code, ran.out) == (2, "")
    assert "posting control `journals that a second person must approve`: expected 0, found 2" in ran.err
    assert office.files() == before, "the store and the folder are as they were"
    ran = post()
    assert (ran.code, ran.err) == (0, "")
    legs = [leg for leg in journal(office) if leg["bank_line_id"] in by_hand and leg["account"] == "1100"]
    assert {(leg["bank_line_id"], leg["approved_by"]) for leg in legs} <= {(line, "ben") for line in by_hand}


def test_a_made_up_name_posts_nothing_of_its_own_login(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recon.flow.review.login", lambda: "shared")
    _two_by_hand(office)
    assert post("--who", "ben").code == 0
    assert {leg["bank_line_id"] for leg in journal(office)} == {line_of(office, "120.50")}
    ran = post("--who", "ben")
    assert ran.code == 2
    assert "on a login of their own" in ran.err
    monkeypatch.setattr("recon.flow.review.login", lambda: "bens")
    assert post("--who", "ben").code == 0


@pytest.mark.slow
def test_nothing_decided_is_nothing_done(office: Desk) -> None:
    assert apply().out == "0 decisions applied, 0 refused\n"
    assert post().code == 0
    assert {leg["bank_line_id"] for leg in journal(office)} == {line_of(office, "120.50")}


@pytest.mark.slow
def test_a_typed_decision_stays_through_a_run_or_is_told(office: Desk) -> None:
    """Match before Apply: what was typed is kept where the row is the same."""
    part = line_of(office, "80.00")
    decide(office.root / "book.xlsm", "Suggestions", {part: {"Decision": "accept", "Note": "=1+1"}})
    assert office.run("--book", "book.xlsm").code == 0
    [row] = sheet(office.root / "book.xlsm", "Suggestions")
    assert (row["Decision"], row["Note"]) == ("accept", "=1+1")
    assert apply().out == "1 decision applied, 0 refused\n"


@pytest.mark.slow
def test_above_the_ceiling_a_second_person_accepts(desk: Desk) -> None:
    desk.put("low.yaml", "extends: default\ncontrols:\n  auto_post_ceiling: 100.00\n")
    ran = desk.run("--book", "book.xlsm", "--rules", "low.yaml")
    assert ran.code == 0
    assert "1 automatic line waits on Suggestions for a second person" in ran.out
    big = line_of(desk, "120.50")
    assert big in results(desk, "Suggestions")
    assert post().out == "nothing is accepted that could be posted\n"
    assert not (desk.root / "posted").exists()
    decide(desk.root / "book.xlsm", "Suggestions", {big: {"Decision": "accept"}})
    assert apply().out == "1 decision applied, 0 refused\n"
    assert post().code == 0
    assert sums([{"amount": leg["debit"] or "0", **leg} for leg in journal(desk)], "bank_line_id") == {
        (big,): Decimal("120.50")
    }


@pytest.mark.slow
def test_what_is_typed_and_not_applied_keeps_the_rules_from_accepting(desk: Desk) -> None:
    """Match before Apply, and the rules now would post the line that somebody is about to reject."""
    desk.put("low.yaml", "extends: default\ncontrols:\n  auto_post_ceiling: 100.00\n")
    assert desk.run("--book", "book.xlsm", "--rules", "low.yaml").code == 0
    big = line_of(desk, "120.50")
    decide(desk.root / "book.xlsm", "Suggestions", {big: {"Decision": "reject", "Note": "not theirs"}})
    assert desk.run("--book", "book.xlsm").code == 0
    assert post().out == "nothing is accepted that could be posted\n"
    assert [row["Decision"] for row in sheet(desk.root / "book.xlsm", "Suggestions") if row["Line id"] == big]
    assert apply().out == "1 decision applied, 0 refused\n"
    assert post().out == "nothing is accepted that could be posted\n"


HOW_TO_BANK = """line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative
TWO,20-00-00 12345678,2026-03-02,160.00,GBP,BGC,WHO IS THIS,,SOMETHING
SHORT,20-00-00 12345678,2026-03-03,95.00,GBP,BGC,WHO IS THIS,,SOMETHING ELSE
HELD,20-00-00 12345678,2026-03-04,77.70,GBP,BGC,WHO IS THIS,,ANOTHER
ASKED,20-00-00 12345678,2026-03-05,33.33,GBP,BGC,WHO IS THIS,,YET ANOTHER
WRONG,20-00-00 12345678,2026-03-06,11.11,GBP,BGC,WHO IS THIS,,THE LAST
"""
HOW_TO_ITEMS = """item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount
INV-1,C1,Northside Care Ltd,invoice,INV-1,2026-02-01,2026-03-01,GBP,120.00,120.00
INV-2,C1,Northside Care Ltd,invoice,INV-2,2026-02-01,2026-03-01,GBP,40.00,40.00
INV-3,C2,Southside Care Ltd,invoice,INV-3,2026-02-03,2026-03-03,GBP,100.00,100.00
"""


@pytest.mark.slow
def test_the_decisions_that_the_page_about_excel_shows(desk: Desk) -> None:
    """docs/excel.md, How to decide: each kind of decision as it is typed there."""
    desk.put("bank.csv", HOW_TO_BANK)
    desk.put("items.csv", HOW_TO_ITEMS)
    assert desk.run("--book", "book.xlsm").code == 0
    assert set(results(desk, "Exceptions")) == {"TWO", "SHORT", "HELD", "ASKED", "WRONG"}
    typed = {
        "TWO": {"Decision": "allocate", "Item": "INV-1 120.00; INV-2 40.00"},
        "SHORT": {"Decision": "write off", "Item": "INV-3", "Amount": "5.00", "Note": "bank charge, agreed"},
        "HELD": {"Decision": "on account", "Item": "C2", "Note": "advance"},
        "ASKED": {"Decision": "query", "Note": "asked the payer on 4 March"},
        "WRONG": {"Decision": "reject", "Note": "not ours"},
    }
    decide(desk.root / "book.xlsm", "Exceptions", typed)
    ran = apply("--strict")
    assert (ran.code, ran.out, ran.err) == (0, "5 decisions applied, 0 refused\n", "")
    home = dict(FileBook(desk.root / "book.xlsm").read_block("recon_state"))
    assert (home["As of"], home["Exceptions to decide"], home["Bank lines"]) == ("2026-03-06", "2", "5")
    told = {line: text.partition(" by ")[0] for line, text in results(desk, "Exceptions").items()}
    assert told == {
        "TWO": "accepted: 2 items, 160.00",
        "SHORT": "accepted: 1 item, 95.00; 5.00 given up",
        "HELD": "accepted: on account, 77.70",
        "ASKED": "recorded: query",
        "WRONG": "recorded: reject",
    }
    assert post().code == 0
    to = {
        (leg["bank_line_id"], leg["account"], leg["applied_to_item"]): leg["debit"] or f"-{leg['credit']}"
        for leg in journal(desk)
        if leg["account"] != "20-00-00 12345678"
    }
    assert to == {
        ("TWO", "receivables", "INV-1"): "-120.00",
        ("TWO", "receivables", "INV-2"): "-40.00",
        ("SHORT", "write_off", ""): "5.00",
        ("SHORT", "receivables", "INV-3"): "-100.00",
        ("HELD", "receivables", ""): "-77.70",
    }


def test_who_did_what_stays_to_be_seen(desk: Desk) -> None:
    """What a person answered stands beside its line until it is settled; the log knows who ran and who posted."""
    desk.put("bank.csv", HOW_TO_BANK)
    desk.put("items.csv", HOW_TO_ITEMS)
    book = desk.root / "book.xlsm"
    assert desk.run("--book", "book.xlsm").code == 0
    typed = {
        "ASKED": {"Decision": "query", "Note": "asked on 4 March", "Decided by": "ann"},
        "WRONG": {"Decision": "park", "Decided by": "bob"},
        "HELD": {"Decision": "on account", "Item": "C2", "Decided by": "ann"},
    }
    decide(book, "Exceptions", typed)
    assert apply("--strict").code == 0
    home = dict(FileBook(book).read_block("recon_state"))
    assert (home["Parked, asked or rejected"], home["Accepted, not yet posted"]) == ("2", "1")
    assert post().code == 0
    assert flow.refresh(book) == ()
    told = results(desk, "Exceptions")
    assert {line: said.partition(",")[0] for line, said in told.items()} == {
        "ASKED": "recorded: query by ann",
        "WRONG": "recorded: park by bob",
        "SHORT": "",
        "TWO": "",
    }
    assert told["ASKED"].endswith(": asked on 4 March")
    assert "Accepted, not yet posted" not in dict(FileBook(book).read_block("recon_state"))
    log = [(row["Event"], row["Who"]) for row in sheet(book, "Run log")]
    assert sorted(log) == sorted(
        [("run", login()), ("post", "ben"), ("query", "ann"), ("park", "bob"), ("on account", "ann")]
    )


@pytest.mark.slow
def test_the_demo_goes_all_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    demo = Desk(tmp_path)
    assert recon("demo", "--out", "out").code == 0
    book = demo.root / "out" / "recon-demo.xlsm"
    waiting = sheet(book, "Suggestions")
    decide(book, "Suggestions", {row["Line id"]: {"Decision": "accept"} for row in waiting[:10]})
    said = recon("apply", "--book", book, "--who", "ann")
    assert said.code == 0
    done = {row["Line id"]: row["Result"] for row in sheet(book, "Suggestions") if row["Result"]}
    assert set(done) == {row["Line id"] for row in waiting[:10]}
    assert all(text.startswith(("accepted: ", "refused: ")) for text in done.values())
    ran = recon("post", "--format", "generic", "--book", book, "--out", "posted", "--who", "ben")
    assert ran.code == 0
    legs = journal(demo)
    for name in sorted({leg["journal_no"] for leg in legs}):
        of_line = [leg for leg in legs if leg["journal_no"] == name]
        assert sum(Decimal(leg["debit"] or "0") for leg in of_line) == sum(
            Decimal(leg["credit"] or "0") for leg in of_line
        )
    accepted = {line for line, text in done.items() if text.startswith("accepted: ")}
    assert accepted
    assert accepted == set(done) & {leg["bank_line_id"] for leg in legs}


def test_what_is_typed_beside_a_decision_that_takes_nothing_is_refused(desk: Desk) -> None:
    desk.put("bank.csv", HOW_TO_BANK)
    desk.put("items.csv", HOW_TO_ITEMS)
    book = desk.root / "book.xlsm"
    assert desk.run("--book", "book.xlsm").code == 0
    typed = {
        "HELD": {"Decision": "on account", "Item": "C2", "Amount": "1.00"},
        "WRONG": {"Decision": "not receivable", "Item": "INV-1"},
        "SHORT": {"Decision": "allocate", "Item": "INV-3", "Amount": "£95.00"},
    }
    decide(book, "Exceptions", typed)
    ran = apply()
    assert ran.out == "1 decision applied, 2 refused\n"
    told = results(desk, "Exceptions")
    assert told["SHORT"] == "accepted: 1 item, 95.00"
    assert told["HELD"] == "refused: `on account` takes the whole line, and no amount"
    assert told["WRONG"] == "refused: this decision takes no item and no amount of yours"
    assert post().code == 0
    state = dict(FileBook(book).read_block("recon_state"))
    assert "Accepted, not yet posted" not in state, "the workbook shows what was posted"
    bank = {row["Line id"]: row["Outcome"] for row in sheet(book, "Bank")}
    assert (bank["SHORT"], bank["HELD"]) == ("Decided", "Exception")
    (desk.root / "~$book.xlsm").write_bytes(b"")
    assert (post().code, "open in Excel" in post().err) == (3, True)
