"""Where a file could be read with another sign, day or amount, it is asked, and each answer reads it so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_ingest_guess import choice, proposal, read

from recon.ingest.guess_choices import Sure
from recon.model import Kind

Write = Callable[[str, "str | bytes"], Path]
OPEN = "Customer No,Invoice No,Invoice Date,Due Date,Outstanding\n"


def asked(path: Path, **said: str) -> dict[str, list[str]]:
    """Key of each question -> its answers; none of these has a default."""
    questions = proposal(path, **said).questions
    return {one.key: [option.value for option in one.options] for one in questions}


@pytest.mark.parametrize(
    ("text", "as_written"),
    [
        (
            (
                "Date,Details,Debit,Credit,Balance\n13/03/2026,CHQ,100,,5100.00\n14/03/2026,ICB,,700,4400.00\n"
                "15/03/2026,RENT,250,,4650.00\n"
            ),
            ["-100", "700", "-250"],
        ),
        (
            (
                "Date,Details,Debit,Credit,Balance,Dr/Cr\n13/03/2026,CHQ,100,,5100.00,Dr\n"
                "14/03/2026,ICB,,700,4400.00,Dr\n15/03/2026,RENT,250,,4650.00,Dr\n"
            ),
            ["-100", "700", "-250"],
        ),
        (
            (
                "Date,Details,Amount,Dr/Cr,Balance\n13/03/2026,CHQ,100,DR,5100.00\n14/03/2026,ICB,700,CR,4400.00\n"
                "15/03/2026,RENT,250,DR,4650.00\n"
            ),
            ["-100", "700", "-250"],
        ),
        (
            (
                "Date,Details,Amount,Balance\n13/03/2026,CHQ,-100,5100.00\n14/03/2026,ICB,700,4400.00\n"
                "15/03/2026,RENT,-250,4650.00\n"
            ),
            ["-100", "700", "-250"],
        ),
        (
            "Date,Details,Paid out,Paid in,Balance\n13/03/2026,A,100,,100\n14/03/2026,B,,40,60\n",
            ["-100", "40"],
        ),
    ],
    ids=["pair", "balance-with-side", "sides", "signed", "one-step"],
)
def test_a_balance_against_the_columns_may_be_an_overdraft(
    text: str, as_written: list[str], write: Write
) -> None:
    path = write("overdraft.csv", text)
    assert asked(path) == {"sign": ["as_written", "turned"]}
    assert choice(proposal(path), "sign").sure is Sure.ASSUMED
    straight = read(path, sign="as_written")
    assert straight.table["amount"].to_list() == as_written
    assert straight.statements[0].foots is not False  # its balance has no sign: it is not used
    turned = read(path, sign="turned")
    flipped = [one[1:] if one.startswith("-") else f"-{one}" for one in as_written]
    assert turned.table["amount"].to_list() == flipped
    assert turned.statements[0].foots


def test_the_order_of_few_or_unsorted_days_is_asked_for(write: Write) -> None:
    days = ("01/06/2026", "02/03/2026", "03/05/2026")
    lines = "".join(f"C1,I{at},{day},{day},{at}0.50\n" for at, day in enumerate(days, 1))
    assert asked(write("items.csv", OPEN + lines)) == {"dates": ["%d/%m/%Y", "%m/%d/%Y"]}
    many = [
        f"{at // 4 + 1:02d}/{at % 4 * 3 + 1:02d}/2026" for at in range(12)
    ]  # in order, if months come first
    lines = "".join(f"C1,I{at},{day},{day},{at}0.50\n" for at, day in enumerate(many, 1))
    assert "dates" in asked(write("items.csv", OPEN + lines))


def test_an_odd_word_among_the_sides_is_asked_for(write: Write) -> None:
    lines = "".join(f"{day}/03/2026,CR,A{day},5.00\n" for day in range(13, 23))
    path = write("sides.csv", f"Date,Type,Narrative,Amount\n{lines}25/03/2026,BGC,ICB,500.00\n")
    assert asked(path) == {"credit_words": ["CR", "CR;BGC"]}
    assert read(path, credit_words="CR;BGC").table["amount"].to_list()[-1] == "500.00"
    assert read(path, credit_words="CR").table["amount"].to_list()[-1] == "-500.00"


def test_a_reversal_among_debits_leaves_the_credits_what_they_are(write: Write) -> None:
    path = write(
        "rev.csv",
        "Date,Details,Debit,Credit\n13/03/2026,A,100.00,\n14/03/2026,B,-50.00,\n15/03/2026,ICB,,700.00\n",
    )
    assert read(path).table["amount"].to_list() == ["-100.00", "50.00", "700.00"]


def test_a_lone_debit_is_money_out_and_asked_for_with_a_minus_in_it(write: Write) -> None:
    lone = write("lone.csv", "Date,Details,Paid Out\n13/03/2026,A,45.00\n14/03/2026,B,20.00\n")
    assert asked(lone) == {}
    assert read(lone).table["amount"].to_list() == ["-45.00", "-20.00"]
    mixed = write("mixed.csv", "Date,Details,Paid Out\n13/03/2026,A,45.00\n14/03/2026,B,-20.00\n")
    assert asked(mixed) == {"sign": ["as_written", "turned"]}
    assert read(mixed, sign="turned").table["amount"].to_list() == ["45.00", "-20.00"]


def test_a_type_of_document_that_nobody_knows_is_asked_for(write: Write) -> None:
    head = "Customer No,Invoice No,Doc Type,Invoice Date,Due Date,Outstanding\n"
    head += "C1,I1,Invoice,13/06/2026,13/07/2026,100.00\n"
    known = write("known.csv", head + "C1,X2,Cr Note,14/06/2026,,40.00\nC1,X3,Rcpt,14/06/2026,,30.00\n")
    assert asked(known) == {}
    assert read(known).table["open_amount"].to_list() == ["100.00", "-40.00", "-30.00"]
    path = write("own.csv", head + "C1,X2,Our Own,14/06/2026,,40.00\n")
    assert asked(path) == {"doc_type:Our_Own": ["invoice", "credit_note", "debit_note", "on_account"]}
    said = {"doc_type:Our_Own": "credit_note"}
    assert asked(path, **said) == {}
    assert read(path, **said).table["open_amount"].to_list() == ["100.00", "-40.00"]


@pytest.mark.parametrize("amounts", [("100.00", "40.00 Cr"), ("100.00 Dr", "40.00"), ("70.00", "40.00Cr")])
def test_amounts_of_which_some_have_a_side_are_not_guessed(amounts: tuple[str, str], write: Write) -> None:
    lines = "".join(f"C1,I{at},13/06/2026,13/07/2026,{one}\n" for at, one in enumerate(amounts))
    found = proposal(write("half.csv", OPEN + lines))
    assert found.profile is None
    assert "`Outstanding` has both" in found.lacking[0]


def test_a_running_balance_is_not_what_is_open_of_an_item(write: Write) -> None:
    text = (
        "Customer No,Invoice No,Invoice Date,Due Date,Debit,Credit,Balance\n"
        "C1,I1,13/06/2026,13/07/2026,100.00,,100.00\n"
        "C1,I2,13/06/2026,13/07/2026,70.00,,170.00\nC1,X2,14/06/2026,15/07/2026,,40.00,130.00\n"
    )
    path = write("account.csv", text)
    assert set(asked(path)["kind"]) >= {"bank", "items"}
    assert proposal(path, kind="items").lacking == ("open_amount",)
    assert proposal(path, kind="items", open_amount="Balance").profile is not None


def test_the_whole_amount_is_not_taken_for_what_is_open_where_some_is_paid(write: Write) -> None:
    head = "Customer No,Invoice No,Invoice Date,Due Date,Amount"
    path = write(
        "paid.csv", f"{head},Paid\nC1,I1,13/06/2026,13/07/2026,100.00,60.00\nC1,I2,13/06/2026,,70.00,0.00\n"
    )
    assert asked(path) == {"open_amount": ["Amount", "Paid"]}
    plain = proposal(write("plain.csv", f"{head}\nC1,I1,13/06/2026,13/07/2026,100.00\n"))
    assert plain.questions == ()
    assert choice(plain, "open_amount").sure is Sure.ASSUMED


def test_a_mark_that_may_be_thousands_or_decimals_is_asked_for(write: Write) -> None:
    head = "Customer No,Invoice No,Invoice Date,Currency,Outstanding\n"
    lines = "C1,I1,13/06/2026,{0},1.250\nC2,I2,14/06/2026,{0},12.500\n"
    dinars = write("dinars.csv", head + lines.format("KWD"))
    assert read(dinars).table["open_amount"].to_list() == ["1.250", "12.500"]
    assert choice(proposal(dinars), "decimal").sure is Sure.LIKELY
    assert read(write("euro.csv", head + lines.format("EUR"))).table["open_amount"].to_list() == [
        "1250",
        "12500",
    ]
    unsaid = write("unsaid.csv", head.replace("Currency", "Terms") + lines.format("net"))
    assert asked(unsaid) == {"decimal": [".", ","]}
    assert read(unsaid, decimal=".").table["open_amount"].to_list() == ["1.250", "12.500"]


@pytest.mark.parametrize("rest", ["B CARE,14/03/2026,-5.00,z\n", ""])
def test_a_payers_name_becomes_no_pattern(rest: str, write: Write) -> None:
    head = "Payer,Date,Amount,Narrative\nA CARE,13/03/2026,10.00,x\nC CARE,13/03/2026,-10.00,x\n"
    found = proposal(write("march.csv", f"{head}NORTHSIDE CARE HOMES LTD,pending,20.00,y\n{rest}"))
    assert found.profile is not None
    assert (found.profile.skip, found.profile.ends) == ((), ())


def test_a_single_word_that_ends_a_table_is_no_beginning_of_a_name(write: Write) -> None:
    head = "Payer,Date,Amount,Narrative\nA CARE,13/03/2026,10.00,x\nC CARE,13/03/2026,-10.00,x\n"
    named = proposal(write("march.csv", f"{head}Note Care Ltd,pending,,y\n"))
    assert named.profile is not None
    assert named.profile.ends == ()
    noted = proposal(write("march.csv", f"{head}Note: nothing here is proved,,,\n"))
    assert noted.profile is not None
    assert noted.profile.ends == (r"(?i)^\W*note\s*(?:[:*].*)?$",)


def test_a_balance_that_does_not_hold_is_told_and_the_sign_asked_for(write: Write) -> None:
    path = write(
        "fee.csv",
        "Date,Narrative,Amount,Fee,Balance\n13/03/2026,A,100.00,1.00,1099.00\n14/03/2026,B,-50.00,0.50,1048.50\n"
        "15/03/2026,C,20.00,0.20,1068.30\n",
    )
    assert asked(path) == {"sign": ["as_written", "turned"]}
    assert choice(proposal(path), "sign").why == "the balance `Balance` does not hold"


def test_an_advice_without_a_column_of_what_is_paid_is_asked_for_its_kind(write: Write) -> None:
    path = write(
        "march.csv",
        "Remittance Advice\nInvoice No,Invoice Date,Amount,TDS\nINV1,13/06/2026,1000.00,100.00\n"
        "INV2,13/06/2026,500.00,50.00\n",
    )
    assert set(asked(path)["kind"]) == {"items", "remittance"}
    assert read(path, kind="remittance", paid_amount="Amount").kind is Kind.REMITTANCE
