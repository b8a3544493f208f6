"""Each suggestion and exception says what it was weighed against, in ids and amounts; alternatives are whole."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
from match_cases import Told, item, line, rules_of, run, tables_of

from recon.decide.known import parts_of
from recon.match.explain import reasons as evidence
from recon.match.explain.words import MT_OF_RULE, WORDS_OF_EVIDENCE
from recon.model import PAID
from recon.rules.schema import Rules

KENT = {"customer_id": "K21", "name": "Kent County Council", "aliases": "KENT CC"}
ESSEX = {"customer_id": "K9", "name": "Essex County Council", "aliases": "ESSEX CC"}


def detail(told: Told, line_id: str, code: str) -> str:
    rows = told.exceptions.filter((told.exceptions["line_id"] == line_id) & (told.exceptions["code"] == code))
    return str(rows["detail"].item())


def reason(told: Told, line_id: str) -> str:
    return str(told.allocations.filter(told.allocations["line_id"] == line_id)["reasons"][0])


def alternatives(told: Told, line_id: str) -> list[str]:
    rows = told.exceptions.filter(told.exceptions["line_id"] == line_id)
    return [part for part in str(rows["alternatives"][0]).split(" | ") if part]


def test_two_sets_that_add_up_are_both_shown_and_counted() -> None:
    ledger = [
        item(f"INV-{n}", "K21", amount)
        for n, amount in enumerate(["400.00", "500.00", "600.00", "300.00"], 371)
    ]
    told = run(tables_of([line("L1", "KENT CC", "900.00")], ledger, [KENT]))
    assert told.outcome("L1") == "exception"
    assert alternatives(told, "L1") == ["INV-371 400.00 + INV-372 500.00", "INV-373 600.00 + INV-374 300.00"]
    assert detail(told, "L1", "EX-ITEM") == "several readings are as good: 2 sets of the payer's items add up"


def test_the_items_of_every_reading_are_named() -> None:
    ledger = [
        item(f"INV-{n}", "K21", amount) for n, amount in enumerate(["700.00", "200.00", "150.00", "50.00"], 1)
    ]
    more = [item("INV-5", "K21", "120.00"), item("INV-6", "K21", "80.00")]
    told = run(tables_of([line("L1", "KENT CC", "900.00")], ledger + more, [KENT]))
    shown = alternatives(told, "L1")
    assert all("INV-1 700.00" in one for one in shown)
    assert "INV-1" in (
        detail(told, "L1", "EX-ITEM") if told.outcome("L1") == "exception" else reason(told, "L1")
    )


def test_an_alternative_has_its_deductions_and_can_be_read_back() -> None:
    taxed = KENT | {"tax_profile": "TDS 10%; TDS 2%"}
    ledger = [
        item("INV-1", "K21", "1000.00", net_amount="1000.00", doc_no="AB-1001"),
        item("INV-2", "K21", "900.00", doc_no="AB-1002", net_amount="900.00"),
    ]
    told = run(tables_of([line("L1", "KENT CC AB-1001 OR AB-1002", "900.00")], ledger, [taxed]))
    assert told.outcome("L1") == "suggested"
    shown = [*alternatives(told, "L1"), reason(told, "L1")]
    deducted = [one for one in shown if "INV-1 900.00 less 100.00 TDS" in one]
    assert deducted or told.deducted("L1") == {("INV-1", "TDS"): 100}
    for one in alternatives(told, "L1"):
        assert parts_of(one), one


def test_an_alternative_does_not_hold_what_another_line_is_given() -> None:
    ledger = [item("A", "K21", "50.00", doc_no="INV-001"), item("B", "K9", "50.00", doc_no="INV-001")]
    lines = [line("L1", "STRANGER INV-001", "50.00"), line("L2", "ESSEX CC INV-001", "50.00")]
    alone = run(tables_of(lines[:1], ledger, [KENT, ESSEX]))
    assert sorted([*alone.paid("L1"), *(text.split(" ")[0] for text in alternatives(alone, "L1"))]) == [
        "A",
        "B",
    ]
    both = run(tables_of(lines, ledger, [KENT, ESSEX]))
    assert both.outcome("L2") == "auto"
    assert both.paid("L2").keys() == {"B"}
    assert alternatives(both, "L1") == []


def test_the_runner_up_and_its_margin_are_told() -> None:
    ledger = [item("A", "K21", "50.00", doc_no="INV-001"), item("B", "K9", "50.00", doc_no="INV-001")]
    known = run(tables_of([line("L1", "KENT CC INV-001", "50.00")], ledger, [KENT, ESSEX]))
    assert "to the next reading: B 50.00" in reason(known, "L1")
    unknown = run(tables_of([line("L1", "STRANGER INV-001", "50.00")], ledger, [KENT, ESSEX]))
    assert "1 other reading as good: B 50.00" in reason(unknown, "L1")


def test_what_speaks_against_a_proposal_is_said() -> None:
    told = run(
        tables_of(
            [line("L1", "ESSEX CC INV-1042", "50.00")], [item("INV-1042", "K21", "50.00")], [KENT, ESSEX]
        )
    )
    assert "against it: payer and item belong to different customers (-3.0)" in reason(told, "L1")
    assert "the payer is K9; the items are of K21" in detail(told, "L1", "EX-XCUST")


def test_a_remittance_that_is_not_the_cash_says_both_totals() -> None:
    advice = {
        "remittance_id": "R",
        "payment_reference": "451800",
        "payment_amount": "10000.00",
        "currency": "GBP",
    }
    rows = [
        advice | {"doc_no": "INV-390", "paid_amount": "6000.00"},
        advice | {"doc_no": "INV-391", "paid_amount": "4000.00"},
    ]
    ledger = [item("INV-390", "K21", "6000.00"), item("INV-391", "K21", "4000.00")]
    told = run(tables_of([line("L1", "STRANGER 451800", "9500.00")], ledger, [KENT], rows))
    assert detail(told, "L1", "EX-REMSUM").endswith(
        ": the remittance says 10000.00, 9500.00 was paid: 500.00 less"
    )


def test_a_double_payment_names_the_first() -> None:
    lines = [
        line("L1", "KENT CC INV-1042", "50.00", booking_date="2026-03-09"),
        line("L2", "KENT CC INV-1042", "50.00", booking_date="2026-03-10"),
    ]
    told = run(tables_of(lines, [item("INV-1042", "K21", "50.00"), item("INV-7", "K21", "9.00")], [KENT]))
    assert "INV-1042 is paid by line L1 of 2026-03-09" in detail(told, "L2", "EX-DUPPAY")


def test_an_expired_name_says_whose_it_was_and_until_when() -> None:
    alias = {
        "alias": "NHS FRIMLEY ICB",
        "customer_id": "K21",
        "valid_from": "2020-01-01",
        "valid_to": "2026-02-28",
    }
    told = run(
        tables_of(
            [line("L1", "NHS FRIMLEY ICB", "50.00")], [item("INV-1", "K21", "50.00")], [KENT], aliases=[alias]
        )
    )
    assert "it is a name of K21 until 2026-02-28" in detail(told, "L1", "EX-ALIASEXP")


def test_a_near_name_names_the_customer() -> None:
    herts = {"customer_id": "K60", "name": "NHS Hertfordshire"}
    told = run(
        tables_of([line("L1", "NHS HEREFORDSHIRE", "50.00")], [item("INV-1", "K60", "50.00")], [herts])
    )
    code = next(code for code in told.codes("L1") if code == "EX-NEAR")
    assert "nearest: K60 (" in detail(told, "L1", code)


def test_short_and_over_say_by_how_much() -> None:
    ledger = [item("INV-1042", "K21", "500.00"), item("INV-1043", "K21", "300.00")]
    lines = [line("L1", "KENT CC INV-1042", "380.00"), line("L2", "KENT CC INV-1043", "345.00")]
    told = run(tables_of(lines, ledger, [KENT]))
    assert "120.00 stays open" in detail(told, "L1", "EX-SHORT")
    assert "45.00 more than is open" in detail(told, "L2", "EX-OVER")


def test_nothing_that_fits_names_what_was_nearest() -> None:
    ledger = [item("INV-571", "K21", "1000.00"), item("INV-572", "K21", "1200.00")]
    told = run(tables_of([line("L1", "KENT CC", "1750.00")], ledger, [KENT]))
    assert detail(told, "L1", "EX-NOITEM").endswith(
        "nearest: INV-572 has 1200.00 open (550.00 less), INV-571 has 1000.00 open (750.00 less)"
    )
    stranger = run(tables_of([line("L1", "R PATEL", "1000.00")], ledger, [KENT]))
    assert "nothing but the amount speaks for INV-571 of K21" in detail(stranger, "L1", "EX-UNID")


def test_no_detail_holds_text_of_the_bank_line() -> None:
    told = run(
        tables_of(
            [line("L1", "KENT CC QQTOPSECRET", "17.00"), line("L2", "QQTOPSECRET INV-1", "3.00")],
            [item("INV-1", "K21", "9.00")],
            [KENT],
        )
    )
    for frame in (told.exceptions, told.allocations):
        assert "QQTOPSECRET" not in frame.write_csv()


def test_money_held_on_account_is_held_for_the_payer() -> None:
    ledger = [item("INV-571", "K21", "1000.00"), item("INV-572", "K21", "1200.00")]
    rows = [
        line("L1", "KENT CC", "1750.00"),
        line("L2", "R PATEL", "99.00"),
        line("L3", "KENT CC INV-571", "1010.00"),
    ]
    told = run(tables_of(rows, ledger, [KENT]))
    held = told.allocations.select("line_id", "item_id", "customer_id").rows()
    assert ("L1", "", "K21") in held
    assert [row for row in held if row[0] == "L2"] == []
    assert [row[2] for row in held if row[0] == "L3"] == ["K21", "K21"]


def test_an_exact_advice_of_a_name_within_the_text_is_proposed() -> None:
    harbour = {"customer_id": "K7", "name": "Harbour View Nurseries"}
    head = {"remittance_id": "R2", "payer": "Harbour View Nurseries", "payment_date": "2026-03-10"}
    head |= {"payment_reference": "HV55501", "payment_amount": "2880.00", "currency": "GBP"}
    rows = [head | {"doc_no": f"INV-{n}", "paid_amount": "1440.00"} for n in (2017, 2018)]
    ledger = [item("INV-2017", "K7", "1440.00"), item("INV-2018", "K7", "1440.00")]
    for text in ("HARBOUR VIEW NURSERIES RA PAYMENT", "OF HARBOUR VIEW NURSERIES GROUNDS"):
        told = run(tables_of([line("L1", text, "2880.00")], ledger, [harbour], rows))
        assert told.paid("L1").keys() == {"INV-2017", "INV-2018"}, text
    assert told.outcome("L1") == "suggested"
    assert told.codes("L1") == ["EX-NEAR"]
    other = [row | {"payer": "Somebody Else"} for row in rows]
    assert run(tables_of([line("L1", text, "2880.00")], ledger, [harbour], other)).paid("L1") == {}


def test_one_reading_is_not_called_several() -> None:
    tables = tables_of([line("L1", "KENT CC INV-1", "50.00")], [item("INV-1", "K21", "50.00")], [KENT])
    assert run(tables).outcome("L1") == "auto"
    told = run(tables, _kept("reference"))
    assert told.outcome("L1") == "suggested"
    assert detail(told, "L1", "EX-ITEM").startswith("your rules keep this kind of evidence for a person")
    assert "several" not in reason(told, "L1")


def _kept(rule: str) -> Rules:
    """The rules, with one kind of evidence for a person."""
    evidence = rules_of().evidence
    kept = getattr(evidence, rule).model_copy(update={"auto": False})
    return rules_of().model_copy(update={"evidence": evidence.model_copy(update={rule: kept})})


def test_a_refund_is_worded_by_the_sign() -> None:
    ledger = [item("INV-1", "K21", "50.00")]
    told = run(tables_of([line("L1", "KENT CC INV-1", "5000.00")], ledger, [KENT]))
    assert detail(told, "L1", "EX-REFUND").startswith("many times what is open")


def test_a_near_name_below_the_rules_bar_is_an_alternative() -> None:
    green = {"customer_id": "K1", "name": "Greenfield Stores Ltd"}
    rules = rules_of("uk_care")
    tables = tables_of(
        [line("L1", "GREENFIALT STORES LTD", "777.00")],
        [item("INV-8", "K1", "777.00"), item("INV-9", "K1", "5.00")],
        [green],
    )
    told = run(tables, rules)
    assert told.outcome("L1") == "exception"
    assert "alike, the rules need 95)" in detail(told, "L1", "EX-NEAR")
    assert detail(told, "L1", "EX-UNID").startswith("nobody's confirmed name")
    assert alternatives(told, "L1") == ["INV-8 777.00"]
    assert parts_of("INV-8 777.00")


def test_a_part_payment_and_a_stated_reason_are_said() -> None:
    ledger = [item("INV-1", "K21", "1800.00"), item("INV-2", "K9", "2400.00")]
    advice = {"remittance_id": "R1", "payment_reference": "451823", "payment_amount": "2350.00"}
    advice |= {"currency": "GBP", "doc_no": "INV-2", "gross_amount": "2400.00", "paid_amount": "2350.00"}
    advice |= {"deduction_amount": "50.00", "deduction_type": "damaged goods"}
    lines = [line("L1", "KENT CC INV-1 PART PAYMENT", "600.00"), line("L2", "ESSEX CC 451823", "2350.00")]
    told = run(tables_of(lines, ledger, [KENT, ESSEX], [advice]))
    assert detail(told, "L1", "EX-SHORT").startswith("less than is open; the text says part payment: 1200.00")
    assert "INV-2: 50.00 damaged goods" in detail(told, "L2", "EX-DISPUTE")


def test_no_item_of_the_amount_is_not_nothing_open() -> None:
    one = run(tables_of([line("L1", "KENT CC", "17.00")], [item("INV-1", "K21", "99.00")], [KENT]))
    assert detail(one, "L1", "EX-NOITEM").startswith("no open item of that amount: nearest: INV-1")
    none = run(tables_of([line("L1", "KENT CC", "17.00")], [item("INV-1", "K9", "99.00")], [KENT, ESSEX]))
    assert detail(none, "L1", "EX-NOITEM") == "the payer has nothing open"


def test_a_strangers_document_is_mentioned() -> None:
    acme = {"customer_id": "K1", "name": "Acme Care Ltd"}
    ledger = [item("INV-1042", "K9", "100.00"), item("INV-7", "K1", "42.00")]
    told = run(tables_of([line("L1", "ACME CARE LTD INV-1042", "500.00")], ledger, [acme, ESSEX]))
    assert told.outcome("L1") == "exception"
    assert told.codes("L1")[:2] == ["EX-XCUST", "EX-OVER"]
    assert "the payer is K1; the items are of K9" in detail(told, "L1", "EX-XCUST")
    assert "400.00 more than is open" in detail(told, "L1", "EX-OVER")


def test_a_double_payment_across_runs_says_so() -> None:
    ledger = [item("INV-1", "K21", "50.00") | {"open_amount": "0.00"}, item("INV-2", "K21", "9.00")]
    lines = [line("L1", "KENT CC INV-1", "50.00"), line("L2", "KENT CC", "50.00")]
    told = run(tables_of(lines, ledger, [KENT]))
    assert "INV-1 of K21, in an earlier run" in detail(told, "L1", "EX-DUPPAY")
    assert detail(told, "L2", "EX-DUPPAY").endswith("paid in an earlier run: INV-1")
    paid = pl.DataFrame(
        [("INV-1", "E-7", date(2026, 2, 3)), ("INV-2", "E-8", date(2026, 2, 4))],
        schema=PAID.inner_schema,
        orient="row",
    )
    known = run(replace(tables_of(lines, ledger, [KENT]), paid=paid))
    first = "INV-1 of K21, in an earlier run by line E-7 of 2026-02-03"
    assert first in detail(known, "L1", "EX-DUPPAY")
    assert detail(known, "L2", "EX-DUPPAY").endswith("earlier run: INV-1 by line E-7 of 2026-02-03")


def test_each_evidence_code_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(MT-[A-Z0-9]+)` \| (.+?) \|$", page, flags=re.MULTILINE))
    assert rows == dict(WORDS_OF_EVIDENCE)
    source = (Path(evidence.__file__)).read_text(encoding="utf-8")
    assert set(re.findall(r"MT-[A-Z0-9]+", source)) | set(MT_OF_RULE.values()) == set(WORDS_OF_EVIDENCE)
