"""Each suggestion and exception says what it was weighed against, in ids and amounts; alternatives are whole."""

from __future__ import annotations

from match_cases import Told, item, line, run, tables_of

from recon.decide.known import parts_of

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
