"""MT940 and MT942: one oddity each, with the line that banks really write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import ingest
from recon.ingest import mt940_entry, mt940_text
from recon.model import Reading
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
HEAD = ":20:X\n:25:NL02ABNA0123456789\n:28C:1/1\n:60F:C260301EUR100,00\n"
TAIL = ":62F:C260301EUR100,00\n-\n"


def read(write: Write, body: str, head: str = HEAD, tail: str = TAIL) -> Reading:
    return ingest.read(write("b.sta", head + body + tail))


@pytest.mark.parametrize(
    ("line", "amount", "booking", "value", "kind"),
    [
        ("2603030303C1,25NTRFR1", "1.25", date(2026, 3, 3), date(2026, 3, 3), "NTRF"),
        ("260303D460,NTRFR1", "-460.00", date(2026, 3, 3), date(2026, 3, 3), "NTRF"),
        ("2603030303RC1027,25N068R1", "-1027.25", date(2026, 3, 3), date(2026, 3, 3), "RETURN N068"),
        ("2603030303RCR1027,25N068R1", "-1027.25", date(2026, 3, 3), date(2026, 3, 3), "RETURN N068"),
        ("2603030303RD5,00NTRFR1", "5.00", date(2026, 3, 3), date(2026, 3, 3), "RETURN NTRF"),
        ("2603030303CN0,01NTRFR1", "0.01", date(2026, 3, 3), date(2026, 3, 3), "NTRF"),
        ("260303    DD212,39NMSCR1//", "-212.39", date(2026, 3, 3), date(2026, 3, 3), "NMSC"),
        ("2603030303d5.50NTRFR1", "-5.50", date(2026, 3, 3), date(2026, 3, 3), "NTRF"),
        ("260303C000000000127,50N102R1", "127.50", date(2026, 3, 3), date(2026, 3, 3), "N102"),
        ("260303C1.234,56N102R1", "1234.56", date(2026, 3, 3), date(2026, 3, 3), "N102"),
        ("260303C,5FMSCR1", "0.50", date(2026, 3, 3), date(2026, 3, 3), "FMSC"),
        ("260303C300,00NOV R1", "300.00", date(2026, 3, 3), date(2026, 3, 3), "NOV"),
        ("2512310102C1,00NTRFR1", "1.00", date(2026, 1, 2), date(2025, 12, 31), "NTRF"),
        ("2601021231C1,00NTRFR1", "1.00", date(2025, 12, 31), date(2026, 1, 2), "NTRF"),
        ("2602300301C6,00N024R1", "6.00", date(2026, 3, 1), None, "N024"),
        ("3454543545C7,00N024R1", "7.00", date(2026, 3, 1), None, "N024"),
    ],
)
def test_a_line(write: Write, line: str, amount: str, booking: date, value: date | None, kind: str) -> None:
    reading = read(write, f":61:{line}\n")
    row = reading.table.row(0, named=True)
    assert (row["amount"], row["booking_date"], row["value_date"], row["type"]) == (
        amount,
        booking,
        value,
        kind,
    )
    assert row["reference"] == "R1"
    codes = [problem.code for problem in reading.problems if problem.code != "statement-foots-not"]
    assert codes == ([] if value else ["value-date"])


@pytest.mark.parametrize(
    ("lines", "name", "account", "reference", "narrative"),
    [
        (
            ["166?00TEXT?20EREF+A-1?21KREF+K?22SVWZ+for A?32NAME?33 TWO?31DE1"],
            "NAME TWO",
            "DE1",
            "A-1",
            "for A",
        ),
        (
            ["166?00TEXT?20SVWZ+INVOICE NUMBERS INV-10?2142 AND MORE"],
            "",
            "",
            "",
            "INVOICE NUMBERS INV-1042 AND MORE",
        ),
        (["166?00TEXT?20EREF+NOTPROVIDED?21SVWZ+x"], "", "", "NOTPROVIDED", "x"),
        (["020~00Wplata~20INV 77~32FIRMA"], "FIRMA", "", "", "INV 77"),
        (
            ["/EREF/E-1//CNTP/NL20/BANK/JANSEN BV/CITY//REMI/USTD//INV-1/"],
            "JANSEN BV",
            "NL20",
            "E-1",
            "INV-1",
        ),
        (["/ORDP//NAME/Bedrijf B.V./REMI/NR.1/2/3"], "Bedrijf B.V.", "", "", "NR.1/2/3"),
        (["/CNTP/NL20/BANK/JANSEN BV/CITY//RE", "MI/USTD//INV-1/"], "JANSEN BV", "NL20", "", "INV-1"),
        (["/TRTP/SEPA/IBAN/NL1/NAME/A B/REMI/x", "y/EREF/Z"], "A B", "NL1", "Z", "x y"),
        (["NL57ABNA0987654321 ABNANL2A J AAP INV-3"], "", "NL57ABNA0987654321", "", "ABNANL2A J AAP INV-3"),
        (
            ["free text " + "x" * 55, "y of two", "lines"],
            "",
            "",
            "",
            "free text " + "x" * 55 + "y of two lines",
        ),
        (["IBAN: NL1 NAAM: B OMSCHRIJVING: c KENMERK: d"], "B", "NL1", "d", "c"),
        ([], "", "", "", ""),
    ],
)
def test_the_dialects(lines: list[str], name: str, account: str, reference: str, narrative: str) -> None:
    said = mt940_text.details([lines])
    assert (said.name, said.account, said.reference, said.narrative) == (name, account, reference, narrative)


def test_no_reference_is_none(write: Write) -> None:
    body = ":61:2603030303C1,00NTRFNONREF//BANK1\n:86:/EREF/NOTPROVIDED//REMI/USTD//x/\n"
    row = read(write, body).table.row(0, named=True)
    assert (row["reference"], row["extra:bank_reference"], row["narrative"]) == ("", "BANK1", "x")


def test_wrappers_controls_and_blanks_round_a_message(write: Write) -> None:
    text = (
        "\x1a\ufeff{1:F01X}{2:I940X}{4:\r\n"
        + (HEAD + "  61:2603030303C1,00NTRFR1\n" + TAIL).replace("\n", "\r\n")
        + "-}\x03"
    )
    reading = ingest.read(write("b.txt", text))
    assert reading.table.height == 1
    assert [problem.code for problem in reading.problems] == ["statement-foots-not"]


def test_a_number_broken_over_the_line(write: Write) -> None:
    reading = read(write, "", head=HEAD.replace(":28C:1/1", ":28C:0000\n0"))
    assert reading.problems == ()
    assert reading.table.height == 0


def test_pages_are_one_statement_and_a_missing_one_is_found(write: Write) -> None:
    one = HEAD + ":61:2603010301C10,00NTRFA\n:62M:C260301EUR110,00\n-\n"
    two = HEAD.replace("60F", "60M").replace("100,00", "110,00") + ":61:2603010301D10,00NTRFB\n" + TAIL
    reading = ingest.read(write("b.sta", one + two))
    assert [(part.foots, part.lines) for part in reading.statements] == [(True, 2)]
    assert reading.problems == ()
    broken = ingest.read(write("c.sta", one + two.replace("110,00", "120,00")))
    assert [problem.code for problem in broken.problems] == ["statement-chain"]


def test_a_statement_that_opens_and_never_closes_foots_not(write: Write) -> None:
    """The file may be cut off in the amount of its last entry: `251,` of `25111,08`."""
    cut = read(write, ":61:2603030303C251", tail="")
    assert [one.foots for one in cut.statements] == [False]
    assert [problem.code for problem in cut.problems] == ["statement-foots-not"]
    assert "no closing one" in cut.problems[0].what


@pytest.mark.parametrize("head", [":20:B\n", ":20:B\n:25:1/2\n:28C:2\n"])
def test_a_file_that_ends_within_the_head_of_a_statement_says_so(write: Write, head: str) -> None:
    whole = ":20:A\n:25:1/2\n:28C:1\n:60F:C260302GBP1,00\n:61:2603030303C2,00NTRFX\n:62F:C260303GBP3,00\n"
    assert [one.code for one in ingest.read(write("whole.sta", whole)).problems] == []
    reading = ingest.read(write("cut.sta", whole + head))
    assert [(one.code, one.where.rpartition("/")[2]) for one in reading.problems] == [
        ("file-cut", "cut.sta:7")
    ]
    assert (reading.table.height, reading.statements[0].foots) == (1, True)


def test_a_statement_that_does_not_foot_names_the_figures(write: Write) -> None:
    reading = read(write, ":61:2603010301C10,00NTRFA\n")
    assert reading.statements[0].difference == "-10.00"
    assert "100.00 + 1 lines 10.00 is not closing 100.00; difference -10.00 EUR" in reading.problems[0].what


def test_a_statement_twice_counts_once(write: Write) -> None:
    text = HEAD + ":61:2603010301C10,00NTRFA\n:61:2603010301C10,00NTRFA\n:62F:C260301EUR120,00\n-\n"
    reading = ingest.read(write("b.sta", text + text.replace(":20:X", ":20:Y")))
    ids = reading.table["line_id"].to_list()
    assert len(ids) == 4
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]
    assert [problem.code for problem in reading.problems] == ["statement-twice"]


def test_a_lone_profile_name_keeps_the_format_out(write: Write, profiles: list[Profile]) -> None:
    path = write("b.sta", HEAD + TAIL)
    assert ingest.read(path, profiles, profile="mt940").format == "mt940"


@given(st.text(max_size=120))
def test_no_text_breaks_the_reading_of_details(text: str) -> None:
    mt940_text.details([text.split("\n")])


@given(st.text(alphabet="0123456789CDRN,./ T\n:", max_size=60))
def test_no_text_breaks_the_reading_of_an_entry(text: str) -> None:
    line, findings = mt940_entry.read(text.split("\n"), [], 1, date(2026, 3, 1))
    assert line is not None or findings


@given(st.decimals(min_value=0, max_value=10**11, places=2))
def test_amounts_round_trip(amount: Decimal) -> None:
    assert mt940_entry.number(str(amount).replace(".", ",")) == amount
    assert mt940_entry.number(str(amount)) == amount


def test_balances_in_two_currencies_foot_not(write: Write) -> None:
    entry = ":61:2603300330C500,00NTRFX//B\n:86:A"
    text = f":20:S\n:25:123\n:28C:1/1\n:60F:C260330GBP1000,00\n{entry}\n:62F:C260330EUR1500,00\n-\n"
    reading = ingest.read(write("b.sta", text))
    assert [statement.foots for statement in reading.statements] == [False]
    [problem] = reading.problems
    assert "its opening balance is in GBP, its closing balance in EUR" in problem.what
