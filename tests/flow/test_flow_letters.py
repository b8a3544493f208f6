"""`recon letters`: who gets one, what stands in it, and a template of the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_cases import Desk, recon, rows

BANK = """line_id,account,booking_date,amount,currency,type,counterparty,reference,narrative
L1,20-00-00 12345678,2026-03-31,10.00,GBP,BGC,WHO IS THIS,,
"""
_HEAD = (
    "item_id,customer_id,customer_name,doc_type,doc_no,po_no,service_user_ref,issue_date,due_date,currency"
)
ITEMS = f"""{_HEAD},amount,open_amount,dispute
1,C1,<b>North & Co</b>,invoice,INV-1,PO 7,SU-SECRET,2026-02-01,2026-03-20,GBP,1200.50,1200.50,
2,C1,<b>North & Co</b>,invoice,INV-2,,SU-SECRET,2026-03-15,2026-04-30,GBP,80.00,80.00,
3,C1,<b>North & Co</b>,credit_note,CN-1,,,2026-03-16,,GBP,-200.50,-200.50,
4,../C2,=South,invoice,INV-3,,,2026-02-01,2026-03-21,GBP,70.00,70.00,yes
5,C3,West,invoice,INV-4,,,2025-11-01,2025-12-01,GBP,30.00,30.00,
"""
RULES = """extends: uk_care
credit:
  letters:
    sender: [Oak Care Ltd, "1 High Street"]
    pay_to: ["Oak Care Ltd 20-00-00 12345678"]
"""


@pytest.fixture
def made(desk: Desk) -> Desk:
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    desk.put("rules.yaml", RULES)
    store = desk.root / "store.db"
    given = ("--bank", desk.root / "bank.csv", "--items", desk.root / "items.csv", "--store", store)
    assert recon("run", *given, "--rules", desk.root / "rules.yaml", "--quiet").code == 0
    return desk


def letters(desk: Desk, *more: object) -> Path:
    ran = recon("letters", "--out", desk.root / "out", "--store", desk.root / "store.db", *more)
    assert ran.code == 0, ran
    return desk.root / "out"


def test_a_reminder_for_whom_the_list_has_one_today(made: Desk) -> None:
    out = letters(made)
    # C2 is disputed, and C3 is a case for people: a legal review is no letter.
    assert [
        (row["customer_id"], row["step"], row["asked"], row["balance"]) for row in rows(out / "letters.csv")
    ] == [("C1", "second reminder", "1000.00", "1080.00")]
    text = (out / "C1_GBP_second-reminder.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;North &amp; Co&lt;/b&gt;" in text
    assert "<b>North" not in text
    assert "SU-SECRET" not in text
    for said in (
        "GBP 1,000.00 is overdue",
        "INV-1",
        "PO 7",
        "20/03/2026",
        "1,200.50",
        "-200.50",
        "Oak Care Ltd",
    ):
        assert said in text


def test_statements_for_all_with_names_that_are_no_paths(made: Desk) -> None:
    out = letters(made, "--statements")
    assert sorted(path.name for path in out.iterdir()) == [
        "C1_GBP_statement.html",
        "C2_GBP_statement.html",
        "C3_GBP_statement.html",
        "letters.csv",
    ]
    assert [row["name"] for row in rows(out / "letters.csv")] == ["'=South", "<b>North & Co</b>", "West"]
    assert "Please pay</th>" not in (out / "C3_GBP_statement.html").read_text(encoding="utf-8")


def test_what_should_be_seen_before_letters_are_posted(made: Desk) -> None:
    """Letters of an earlier time in the folder, and letters that don't say whom to pay."""
    given = ("--out", made.root / "out", "--store", made.root / "store.db")
    letters(made, "--statements")
    ran = recon("letters", *given, "--rules", "uk_care")
    assert "3 other letters are in the folder, too, as C1_GBP_statement.html" in ran.err
    assert "the letters do not say who sends them, or where to pay" in ran.err
    ran = recon("letters", *given, "--customer", "c3")
    assert (ran.code, "there is no customer c3" in ran.err, "did you mean C3" in ran.err) == (2, True, True)


def test_one_customer_and_a_template_of_ones_own(made: Desk) -> None:
    made.put("own.html", "{{ letter.name }} owes {{ letter.balance | money }} on {{ letter.as_of | day }}\n")
    out = letters(made, "--statements", "--customer", "C3", "--template", made.root / "own.html")
    assert (out / "C3_GBP_statement.html").read_text(encoding="utf-8") == "West owes 30.00 on 31/03/2026\n"
    assert len(rows(out / "letters.csv")) == 1


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("line\n{% for %}", "own.html: line 2: "),
        ("one\ntwo {{ letter.nme }}", "line 2: letter has no attribute 'nme'"),
        ("{% include 'x' %}", "own.html: "),
        ("{{ ''.__class__.__mro__ }}", "is unsafe"),
    ],
)
def test_what_is_wrong_with_a_template_is_told(made: Desk, template: str, what: str) -> None:
    made.put("own.html", template)
    given = ("--out", made.root / "out", "--store", made.root / "store.db", "--statements")
    ran = recon("letters", *given, "--template", made.root / "own.html")
    assert ran.code == 2
    assert what in ran.err
    assert not list((made.root / "out").glob("*.html"))
