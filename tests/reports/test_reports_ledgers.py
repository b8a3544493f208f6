"""Control account and bank reconciliation: the worked figures, and defects that must show."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from report_cases import AS_AT, inputs, item, line, rows

from recon.reports import Made, bank_reconciliation, control_account
from recon.rules.schema import Rules


def entry(reference: str, amount: str, account: str = "1200", **more: Any) -> dict[str, Any]:
    return {
        "account": account,
        "date": date(2026, 3, 20),
        "reference": reference,
        "amount": amount,
        "currency": "GBP",
        **more,
    }


def movement(doc: str, kind: str, amount: str, **more: Any) -> dict[str, Any]:
    return {
        "date": date(2026, 3, 20),
        "type": kind,
        "doc_no": doc,
        "amount": amount,
        "currency": "GBP",
        **more,
    }


def gl(account: str, closing: str, kind: str, **more: str) -> dict[str, Any]:
    return {
        "account": account,
        "type": kind,
        "period": "2026-03",
        "closing": closing,
        "currency": "GBP",
        **more,
    }


def fixture_d(closing: str = "1447300.00") -> dict[str, Any]:
    """Fixture D: what explains 2,700.00 of difference; INV-1 and RC-1 are in both, one of them in two entries."""
    return {
        "open_items": [item("I-1", "C1", "2026-01-01", "2026-02-01", "1450000.00")],
        "gl": [gl("1200", closing, "control")],
        "gl_entries": [
            entry("JV-77", "-1200.00", origin="manual", text="correction"),
            entry("BATCH-9", "-2100.00", origin="cash"),
            entry("INV-1", "500.00"),
            entry("RC-1", "-60.00"),
            entry("RC-1", "-40.00"),
        ],
        "movements": [
            movement("CN-8", "credit_note", "-600.00"),
            movement("INV-1", "invoice", "500.00"),
            movement("X", "receipt", "-100.00", reference="RC-1"),
        ],
    }


def summary(made: Made) -> dict[str, tuple[int | None, str]]:
    return {row["what"]: (row["amount_minor"], row["check"]) for row in rows(made)}


def test_fixture_d() -> None:
    made = control_account.make(inputs(**fixture_d()))
    assert summary(made) == {
        "Sub-ledger": (145000000, ""),
        "General ledger, control account": (144730000, ""),
        "Difference": (270000, ""),
        "Manual journals on the control account": (120000, ""),
        "In the general ledger, not in the sub-ledger": (210000, ""),
        "In the sub-ledger, not in the general ledger": (-60000, ""),
        "Explained": (270000, ""),
        "Unexplained": (0, "agrees"),
    }
    assert [(r["kind"], r["reference"], r["effect_minor"]) for r in rows(made, "items")] == [
        ("gl_only", "BATCH-9", 210000),
        ("manual", "JV-77", 120000),
        ("sub_ledger_only", "CN-8", -60000),
        ("", "", 270000),
    ]
    assert made.problems == ()


def test_a_difference_that_rolls_on_unexplained_is_told() -> None:
    """N14."""
    made = control_account.make(inputs(**fixture_d("1447200.00")))
    assert summary(made)["Unexplained"] == (10000, "differs")
    assert made.problems[0].what.startswith("100.00 GBP of the difference")


def test_the_same_reference_with_another_amount_is_an_item() -> None:
    given = fixture_d()
    given["movements"][1]["amount"] = "512.00"
    made = control_account.make(inputs(**given))
    assert ("amount_differs", "INV-1", 1200) in [
        (r["kind"], r["reference"], r["effect_minor"]) for r in rows(made, "items")
    ]
    assert summary(made)["Unexplained"] == (-1200, "differs")


def test_a_report_after_the_close_is_told() -> None:
    """U15: a balance of another period, and one that its own movements do not make."""
    given = fixture_d()
    given["gl"] = [
        gl("1200", "1447300.00", "control", period="2026-02", opening="1.00", debits="0", credits="0")
    ]
    told = [one.what for one in control_account.make(inputs(**given)).problems]
    assert told == [
        "the general ledger has no balance of the control account for 2026-03; that of 2026-02 is taken",
        "opening, debits and credits of account 1200 miss its closing balance by 1447299.00 GBP",
    ]


def test_the_account_of_the_rules_is_the_control_account_where_the_file_names_none() -> None:
    given = fixture_d()
    name = Rules().accounts.receivables
    given["gl"] = [gl(name, "1450000.00", "")]
    made = control_account.make(inputs(**given))
    assert summary(made)["General ledger, control account"] == (145000000, "")


ACCOUNT = "20-00-00 12345678"
PLAIN = "20000012345678"


def bank(stated: str = "1070.00") -> dict[str, Any]:
    """Ledger 1,000.00; a receipt and a payment only at the bank, a receipt and a payment only in the ledger."""
    lines = [("L1", "500.00"), ("L2", "100.00"), ("L3", "-30.00"), ("L4", "7.00"), ("L5", "7.00")]
    return {
        "lines": [line(name, amount, "auto", account=ACCOUNT) for name, amount in lines],
        "statements": [{"account": ACCOUNT, "currency": "GBP", "closing": stated, "last": AS_AT}],
        "gl": [gl("1000", "1000.00", "bank", bank_account=PLAIN)],
        "gl_entries": [
            entry("L1", "500.00", "1000"),
            entry("R-1", "40.00", "1000", voucher="V1"),
            entry("P-1", "-33.00", "1000"),
            entry("", "7.00", "1000"),
        ],
    }


def test_a_bank_account_from_ledger_to_statement() -> None:
    made = bank_reconciliation.make(inputs(**bank()))
    assert summary(made) == {
        "Ledger, cash account": (100000, ""),
        "Receipts on the statement, not in the ledger": (10700, ""),
        "Receipts in the ledger, not on the statement": (-4000, ""),
        "Payments in the ledger, not on the statement": (3300, ""),
        "Payments on the statement, not in the ledger": (-3000, ""),
        "Makes": (107000, ""),
        "Statement": (107000, ""),
        "Difference": (0, "agrees"),
    }
    told = [(r["kind"], r["reference"], r["amount_minor"]) for r in rows(made, "lines")]
    assert told == [
        ("payment_not_in_ledger", "L3", -3000),
        ("payment_not_on_statement", "P-1", -3300),
        ("receipt_not_in_ledger", "L2", 10000),
        ("receipt_not_in_ledger", "L5", 700),
        ("receipt_not_on_statement", "V1 R-1", 4000),
    ]
    assert made.problems == ()


@pytest.mark.parametrize(("stated", "said"), [("1070.01", "0.01 GBP more"), ("1000.00", "70.00 GBP less")])
def test_a_statement_that_is_missed_is_told_with_size_and_side(stated: str, said: str) -> None:
    made = bank_reconciliation.make(inputs(**bank(stated)))
    assert summary(made)["Difference"][1] == "differs"
    assert made.problems[0].what == f"the statement has {said} than ledger and open lines make"


def test_without_a_balance_of_the_statement_nothing_is_claimed() -> None:
    made = bank_reconciliation.make(inputs(**bank() | {"statements": []}))
    assert summary(made)["Difference"] == (None, "not said")


def test_two_accounts_of_one_bank_account_are_one_balance() -> None:
    given = bank("150.00") | {"lines": [], "gl_entries": []}
    given["gl"] = [
        gl("1200", "100.00", "bank", bank_account=PLAIN),
        gl("1201", "50.00", "bank", bank_account=PLAIN),
    ]
    made = bank_reconciliation.make(inputs(**given))
    assert summary(made)["Ledger, cash account"] == (15000, "")
    assert summary(made)["Difference"] == (0, "agrees")


def test_an_account_of_two_currencies_has_each_entry_once() -> None:
    given = bank()
    given["gl"].append(gl("1000", "5.00", "bank", bank_account=PLAIN, currency="EUR"))
    told = rows(bank_reconciliation.make(inputs(**given)), "lines")
    assert [row["reference"] for row in told].count("V1 R-1") == 1


def test_entries_that_quote_a_line_and_come_to_it_together_answer_it() -> None:
    given = bank("1000.00") | {"lines": [line("L1", "100.00", "auto", account=ACCOUNT)]}
    given["gl_entries"] = [entry("L1", "60.00", "1000"), entry("L1", "40.00", "1000")]
    made = bank_reconciliation.make(inputs(**given))
    assert rows(made, "lines") == []
    assert summary(made)["Difference"] == (0, "agrees")


def test_an_older_statement_says_its_day() -> None:
    given = bank()
    given["statements"][0]["last"] = date(2026, 2, 28)
    assert "Statement of 28/02/2026" in summary(bank_reconciliation.make(inputs(**given)))


def test_an_account_without_statement_or_entries_is_told() -> None:
    given = bank() | {"gl_entries": []}
    given["gl"] = [gl("1000", "1.00", "bank", bank_account="99")]
    told = [(one.where, one.what) for one in bank_reconciliation.make(inputs(**given)).problems]
    assert told == [
        ("bank account 99", f"no statement of it in GBP was read; there are those of: {ACCOUNT}"),
        ("bank account 99", "no entries of it in GBP were given, so no line is held against the ledger"),
    ]


def test_the_latest_balance_is_that_of_account_and_currency() -> None:
    given = fixture_d()
    given["gl"] = [
        gl("1100", "100.00", "control"),
        gl("1100", "70.00", "control", period="2026-02", currency="EUR"),
    ]
    made = control_account.make(inputs(**given))
    balances = [row["amount_minor"] for row in rows(made) if row["what"] == "General ledger, control account"]
    assert balances == [7000, 10000]
    assert made.problems[0].what.endswith("; that of 2026-02 is taken")


def test_rows_without_a_reference_stand_alone() -> None:
    """U13: no plug."""
    given = fixture_d() | {
        "gl_entries": [entry("", "100.00"), entry("", "7.00")],
        "movements": [movement("", "invoice", "90.00")],
    }
    told = rows(control_account.make(inputs(**given)), "items")
    assert [(row["kind"], row["effect_minor"]) for row in told] == [
        ("gl_only", -10000),
        ("gl_only", -700),
        ("sub_ledger_only", 9000),
        ("", -1700),
    ]


def test_a_document_older_than_the_first_entry_of_the_month_is_an_item() -> None:
    given = fixture_d("1446800.00")
    given["movements"].append(movement("INV-0", "invoice", "500.00", date=date(2026, 3, 1)))
    given["movements"].append(movement("INV-00", "invoice", "500.00", date=date(2026, 2, 28)))
    made = control_account.make(inputs(**given))
    told = [row["reference"] for row in rows(made, "items") if row["kind"] == "sub_ledger_only"]
    assert told == ["INV-0", "CN-8"]
    assert summary(made)["Unexplained"] == (0, "agrees")
